/** Files of this device: as one view of the page, and as the whole page where the server can't be reached. One piece, so that index.html names one file. */
export { default as Kept } from './Kept.svelte';
export { default } from './Local.svelte';
