/** How a paste or a link stands, in a few words. */
import { receipt as words } from '../text/later';
import type { ReceiptState } from '../vault';

export function titleOf(state: ReceiptState): string {
  if (state.state === 'uploading') return words.uploading;
  if (state.state === 'burned') return words.burned[state.burned ?? 'demand'];
  if (state.leasesRunning > 0) return words.running;
  return state.readsLeft !== null && state.readsLeft < state.reads ? words.partly : words.stored;
}
