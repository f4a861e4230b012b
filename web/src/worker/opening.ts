/** The operations that hand content over: opening, and sealing into a file. A piece of its own: who shares needs neither. */
import { VaultError } from '../failure';
import type { Engine, Entry, Manifest, Opened, Received, Sink, Watch } from '../vault';
import { Conversation } from './conversation';
import { forgetLease, loadLease, saveLease } from './leases';
import type { Calls } from './protocol';
import { orUnwritable, targetOf } from './targets';
import type { Target } from './targets';

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
        write: async (parts) => {
          await this.#targets.at(-1)?.target.write(parts);
          return parts.length === 1 ? parts[0]?.buffer : undefined;
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
    const sink = await orUnwritable(this.#sinkFor?.(entry) ?? 'skip');
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
