/** The operations that are more than one question and one answer: sharing, opening, and sealing into a file. */
import { VaultError } from '../failure';
import type { Engine, Entry, LinkState, Manifest, Opened, Received, Sink, Unfinished, Watch } from '../vault';
import { Conversation, runOnce } from './conversation';
import { forgetLease, keptLeases, loadLease, saveLease } from './leases';
import type { Calls } from './protocol';
import { refusedAs, targetOf } from './targets';
import type { Target } from './targets';

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
    if (begun !== undefined) runOnce('burn', { receipt: begun }, {}).catch(() => undefined);
    throw error;
  }
}

/** Seals into a stream, or into a Blob. */
export async function sealIntoFile(
  args: unknown,
  sink: WritableStream<Uint8Array<ArrayBuffer>> | undefined,
  watch: Watch,
): Promise<{ content: Blob | null; size: number; engine: Engine }> {
  const target = targetOf(sink ?? 'blob');
  const answers = {
    write: async (parts: Calls['write']['args']): Promise<undefined> => {
      await target.write(parts);
    },
  };
  try {
    const sealed = await new Conversation<{ size: number; engine: Engine }>('sealFile', args, { answers, ...watch }).done;
    return { content: await target.finish(), ...sealed };
  } catch (error) {
    await target.discard();
    throw error;
  }
}

/** Opens a paste or a file up to its manifest; the worker then waits for `receive`. */
export function openDocument(operation: 'open' | 'openFile', args: unknown, watch: Watch): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const opening: Opening = new Opening(operation, args, watch, () => resolve(opening));
    // Later failures reach the page through `receive` and `confirm`; rejecting what is resolved does nothing.
    opening.failed.catch(reject);
  });
}

type Settle<T> = { readonly promise: Promise<T>; readonly resolve: (value: T) => void; readonly reject: (error: unknown) => void };

function settle<T>(): Settle<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

class Opening implements Opened {
  manifest!: Manifest;
  engine!: Engine;
  readsLeft: number | null = null;
  readonly #conversation: Conversation<undefined>;
  readonly #wanted = settle<undefined>();
  readonly #received = settle<Received[]>();
  readonly #confirmed = settle<undefined>();
  #sinkFor: ((entry: Entry) => Sink | Promise<Sink>) | undefined;
  #targets: { readonly entry: Entry; readonly target: Target }[] = [];
  #verified = false;

  constructor(operation: 'open' | 'openFile', args: unknown, watch: Watch, onManifest: () => void) {
    this.#conversation = new Conversation(operation, args, {
      ...watch,
      answers: {
        saveLease,
        loadLease: ({ id }) => loadLease(id),
        forgetLease: ({ id }) => forgetLease(id),
        manifest: (found) => {
          ({ manifest: this.manifest, engine: this.engine, readsLeft: this.readsLeft } = found);
          onManifest();
          return this.#wanted.promise;
        },
        entry: ({ index }) => this.#begin(index),
        write: async (parts): Promise<undefined> => {
          await this.#targets.at(-1)?.target.write(parts);
        },
        verified: () => this.#handOver(),
      },
    });
    this.#conversation.done.catch(async (error: unknown) => {
      if (!this.#verified) await Promise.all(this.#targets.map(({ target }) => target.discard()));
      this.#received.reject(error);
    });
  }

  /** Rejects when the operation fails before it is through. */
  get failed(): Promise<unknown> {
    return this.#conversation.done;
  }

  receive(sinkFor: (entry: Entry) => Sink | Promise<Sink> = () => 'blob'): Promise<Received[]> {
    if (this.#sinkFor === undefined) {
      this.#sinkFor = sinkFor;
      this.#wanted.resolve(undefined);
    }
    return this.#received.promise;
  }

  async confirm(): Promise<void> {
    if (!this.#verified) throw new VaultError({ code: 'aborted' });
    this.#confirmed.resolve(undefined);
    await this.#conversation.done;
  }

  close(): void {
    this.#conversation.end({ code: 'aborted' });
  }

  async #begin(index: number): Promise<boolean> {
    const entry = this.manifest.entries[index];
    if (entry === undefined) throw new VaultError({ code: 'crashed' });
    const sink = await refusedAs('aborted', this.#sinkFor?.(entry) ?? 'skip');
    this.#targets.push({ entry, target: targetOf(sink) });
    return sink !== 'skip';
  }

  async #handOver(): Promise<undefined> {
    const received: Received[] = [];
    for (const { entry, target } of this.#targets) received.push({ entry, content: await target.finish() });
    this.#verified = true;
    this.#received.resolve(received);
    return this.#confirmed.promise;
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
