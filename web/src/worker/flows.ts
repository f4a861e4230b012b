/** Sharing, and what a tab has claimed before. What opens, and seals into a file, is in `opening`. */
import type { LinkState, Unfinished, Watch } from '../vault';
import { Conversation, runOnce } from './conversation';
import { forgetLease, keptLeases } from './leases';
import type { Calls } from './protocol';

/** Shares; an upload that was begun and then aborted is burned, so that nothing waits on the server for its 24 hours to pass. */
export async function shareDocument<T>(args: unknown, watch: Watch): Promise<T> {
  let begun: string | undefined;
  const answers = {
    uploadBegun: ({ receipt }: Calls['uploadBegun']['args']): undefined => {
      begun = receipt;
    },
  };
  try {
    return await new Conversation<T>('share', args, { answers, ...watch }).done;
  } catch (error) {
    // Whatever failed, its link was never shown to anybody. The burn is a courtesy: nobody waits for it.
    if (begun !== undefined) runOnce('burnBegun', { receipt: begun }, {}).catch(() => undefined);
    throw error;
  }
}

/** What became of the read that this tab has not finished, asked with the probe token that was kept. */
export async function stateOfKept(signal: AbortSignal | undefined): Promise<Unfinished | null> {
  const kept = keptLeases().at(-1);
  if (kept === undefined) return null;
  const state = await runOnce<LinkState>('probeKept', { id: kept.id, probe: kept.probe }, { signal });
  return { state };
}

/** Forgets every lease of this tab. */
export function forgetKept(): void {
  for (const { id } of keptLeases()) forgetLease(id);
}
