/** The page's first code: takes the link out of the address bar before anything else runs, gets the words, then shows the page. */
import './design/index.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { takeFromAddressBar } from './address';
import { pieces } from './pieces';
import { begin } from './text/language.svelte';

let arrived = takeFromAddressBar();
/** A link may come while the words do: the page itself listens only once it is there. */
const again = (): void => void (arrived = takeFromAddressBar() ?? arrived);
addEventListener('hashchange', again);
const target = document.getElementById('page');
/** What index.html says when no words came. It says it itself, for nothing else can be counted on then. */
const wordless = document.getElementById('wordless');

async function show(): Promise<void> {
  let Root;
  try {
    // kept.html is this page as a device keeps it (kept/build.mjs). It has files of that device and no other view.
    if (await begin()) Root = target?.className ? (await pieces.local.load()).Kept : App;
  } catch {
    // Like words that did not come.
  }
  if (wordless !== null) wordless.hidden = Root !== undefined;
  if (target === null) return;
  target.hidden = !Root;
  if (!Root) return;
  removeEventListener('hashchange', again);
  again();
  mount(Root, { target, props: { arrived } });
}

// Not a reload: the link is in this page's memory alone.
wordless?.querySelector('button')?.addEventListener('click', () => void show());
void show();
