/** One worker from start to end: starts it, answers its calls, passes its progress on, and terminates it. */
import { VaultError } from '../failure';
import type { Failure } from '../failure';
import type { Progress } from '../vault';
import type { CallName, Calls, FromWorker, OperationName, ToWorker } from './protocol';
import { loadLease } from './leases';
import { workerFor } from './programs';

/** Answers to the worker's calls; one that is missing is a bug and ends the conversation. */
export type Answers = { [N in CallName]?: (args: Calls[N]['args']) => Calls[N]['reply'] | Promise<Calls[N]['reply']> };

export interface ConversationOptions {
  readonly answers?: Answers | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** BASE: the folder of the page, without the last slash. Links are `BASE/#...`, the API is `BASE/api/...`. */
export function base(): string {
  return new URL('.', document.baseURI).href.replace(/\/$/, '');
}

export class Conversation<T> {
  /** What the operation gives; rejects with a VaultError. */
  readonly done: Promise<T>;
  #worker: Worker | undefined;
  readonly #options: ConversationOptions;
  #resolve!: (value: T) => void;
  #reject!: (error: VaultError) => void;
  #ended = false;

  constructor(operation: OperationName, args: unknown, options: ConversationOptions) {
    this.#options = options;
    this.done = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (options.signal?.aborted === true) {
      this.end({ code: 'aborted' });
      return;
    }
    options.signal?.addEventListener('abort', this.#abort);
    void this.#start(operation, args);
  }

  /** Ends the worker; where the operation is not done, it fails with `failure`. */
  end(failure: Failure): void {
    this.#finish(() => this.#reject(new VaultError(failure)));
  }

  async #start(operation: OperationName, args: unknown): Promise<void> {
    try {
      const { worker, module } = await workerFor(operation, args);
      if (this.#ended) return worker.terminate();
      this.#worker = worker;
      worker.onmessage = (event: MessageEvent<FromWorker>) => void this.#hear(event.data);
      // Without a message of its own the worker died before or outside of the operation.
      worker.onerror = () => this.end({ code: 'no_worker' });
      worker.onmessageerror = () => this.end({ code: 'crashed' });
      this.#say({ kind: 'start', module, operation, base: base(), args });
      addEventListener('online', this.#wake);
      document.addEventListener('visibilitychange', this.#wake);
    } catch (error) {
      this.end(error instanceof VaultError ? error.failure : { code: 'crashed' });
    }
  }

  /** A phone stops the clocks of what it puts to sleep, and a wait may be long. */
  readonly #wake = (): void => this.#say({ kind: 'wake' });

  readonly #abort = (): void => this.end({ code: 'aborted' });

  #finish(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.signal?.removeEventListener('abort', this.#abort);
    removeEventListener('online', this.#wake);
    document.removeEventListener('visibilitychange', this.#wake);
    this.#worker?.terminate();
    settle();
  }

  #say(message: ToWorker): void {
    const memory = message.kind === 'reply' && message.value instanceof ArrayBuffer ? [message.value] : [];
    this.#worker?.postMessage(message, memory);
  }

  async #hear(message: FromWorker): Promise<void> {
    switch (message.kind) {
      case 'progress':
        this.#options.onProgress?.(message.progress);
        return;
      case 'done':
        this.#finish(() => this.#resolve(message.value as T));
        return;
      case 'failed':
        this.end(message.failure);
        return;
      case 'call':
        try {
          const value = await this.#answer(message.name, message.args);
          if (!this.#ended) this.#say({ kind: 'reply', call: message.call, value });
        } catch (error) {
          const failure: Failure = error instanceof VaultError ? error.failure : { code: 'crashed' };
          if (!this.#ended) this.#say({ kind: 'refusal', call: message.call, failure });
        }
    }
  }

  #answer<N extends CallName>(name: N, args: unknown): Calls[N]['reply'] | Promise<Calls[N]['reply']> {
    const answer = this.#options.answers?.[name];
    if (answer === undefined) throw new VaultError({ code: 'crashed' });
    return answer(args as Calls[N]['args']);
  }
}

/** An operation that gives one answer. */
export function runOnce<T>(operation: OperationName, args: unknown, options: ConversationOptions): Promise<T> {
  return new Conversation<T>(operation, args, { answers: { loadLease: ({ id }) => loadLease(id) }, ...options }).done;
}
