/** The page's first code: takes the link out of the address bar before anything else runs, then shows the page. */
import './page.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { takeFromAddressBar } from './address';

const arrived = takeFromAddressBar();
const target = document.getElementById('page');
if (target !== null) mount(App, { target, props: { arrived } });
