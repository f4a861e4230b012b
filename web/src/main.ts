/** The page's first code: takes the link out of the address bar before anything else runs, gets the words, then shows the page. */
import './design/index.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { takeFromAddressBar } from './address';
import { begin } from './text/language.svelte';

let arrived = takeFromAddressBar();
/** A link may come while the words do: the page itself listens only once it is there. */
const again = (): void => void (arrived = takeFromAddressBar() ?? arrived);
addEventListener('hashchange', again);
const target = document.getElementById('page');
/** What index.html says when no words came. It says it itself, for nothing else can be counted on then. */
const wordless = document.getElementById('wordless');

async function show(): Promise<void> {
  const spoken = await begin();
  if (wordless !== null) wordless.hidden = spoken;
  if (target === null) return;
  target.hidden = !spoken;
  if (!spoken) return;
  removeEventListener('hashchange', again);
  again();
  mount(App, { target, props: { arrived } });
}

// Not a reload: the link is in this page's memory alone.
wordless?.querySelector('button')?.addEventListener('click', () => void show());
void show();
