/** Sharing, and what a tab has claimed before. What opens, and seals into a file, is in `opening`. */
import { VaultError } from '../failure';
import type { LinkState, Noting, Unfinished, Watch } from '../vault';
import { base, Conversation, runOnce } from './conversation';
import { forgetLease, keptLeases } from './leases';
import type { Calls } from './protocol';

/** Shares; an upload that was begun and then aborted is burned, so that nothing waits on the server for its 24 hours to pass. */
export async function shareDocument<T>(args: unknown, { note, ...watch }: Watch & { readonly note?: Noting | undefined }): Promise<T> {
  let begun: string | undefined;
  let over = false;
  const answers = {
    async uploadBegun({ receipt }: Calls['uploadBegun']['args']): Promise<undefined> {
      try {
        await note?.begun(`${base()}/#${receipt}`);
        // It may have been given up meanwhile.
        if (over) note?.gone();
        else begun = receipt;
      } catch {
        sharing.end({ code: 'aborted' });
      }
    },
  };
  const sharing = new Conversation<T>('share', args, { answers, ...watch });
  try {
    return await sharing.done;
  } catch (error) {
    // Whatever failed, its link was never shown to anybody. The burn is a courtesy: nobody waits for it.
    if (begun !== undefined) void burnBegun(begun).then((gone) => gone && note?.gone());
    throw error;
  } finally {
    over = true;
  }
}

/** Whether the server has nothing of it. */
function burnBegun(receipt: string): Promise<boolean> {
  return runOnce('burnBegun', { receipt }, {}).then(
    () => true,
    (error: unknown) => error instanceof VaultError && error.failure.code === 'not_found',
  );
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
