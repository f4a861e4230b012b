/** The end of what was opened: a new page takes the place of this one, whose memory, workers, frames and Blobs go with it. */
import { tick } from 'svelte';

/** What a place in the history was for, in `history.state`, where it outlives a reload: nothing of a link, and no storage. */
export type Came = 'link' | 'receipt' | 'gone' | 'closed';

/** In the other views: what is to be taken along, what was opened, what runs, and what a link leads to. */
const ELSEWHERE = 'main [hidden] :is([readonly], .outcome, progress, .facts)';

/** Whether nothing else on this page would be lost with it. */
function isAlone(): boolean {
  return document.querySelector(ELSEWHERE) === null && dispatchEvent(new Event('beforeunload', { cancelable: true }));
}

/**
 * Leaves the page for a new one at the same place, where there is one to be had and nothing else would be lost. Otherwise what was opened is off the page already,
 * and the browser has its memory back when it wants it. `fragment` is what the new one begins with; empty for what `history.state` says.
 */
export async function renewPage(fragment: string): Promise<void> {
  await tick();
  if (!isAlone()) return;
  const answered = await fetch('.', { method: 'HEAD' }).catch(() => null);
  // Something else may have been begun meanwhile.
  if (!answered?.ok || !isAlone()) return;
  if (fragment !== '') history.replaceState(null, '', fragment);
  location.reload();
}
