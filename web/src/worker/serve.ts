/** The worker's side: runs the one operation it is asked for, and speaks with the page meanwhile. */
import type { Failure } from '../failure';
import type { CallName, Calls, FromWorker, ToWorker } from './protocol';

type Start = Extract<ToWorker, { kind: 'start' }>;

const scope = globalThis as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};

/* ---------------------------------------------------------------- asking the page */

type Pending = { readonly resolve: (value: unknown) => void; readonly reject: (failure: Failure) => void };
const pending = new Map<number, Pending>();
let calls = 0;
/** Ends a pause between two tries. */
let wake = (): void => undefined;

function ask<N extends CallName>(name: N, args: Calls[N]['args'], transfer: Transferable[] = []): Promise<Calls[N]['reply']> {
  calls += 1;
  const call = calls;
  scope.postMessage({ kind: 'call', call, name, args }, transfer);
  return new Promise((resolve, reject) => {
    pending.set(call, { resolve: resolve as (value: unknown) => void, reject });
  });
}

/** `done` and `total` are bytes, or what web/src/vault.ts says of the stage. */
function tellProgress(stage: string, done: number, total: number): void {
  scope.postMessage({ kind: 'progress', progress: { stage, done, total } as never });
}

const HUNDREDTHS = 100;
/** Links for which the passphrase was worked in, and all of them. */
let derived: readonly [number, number] = [0, 1];

/** client-wasm counts links, where there are several. */
function tell(stage: string, done: number, total: number): void {
  if (stage !== 'deriving') return tellProgress(stage, done, total);
  derived = total === 0 ? [0, 1] : [done, total];
  tellProgress(stage, done * HUNDREDTHS, total * HUNDREDTHS);
}

/** Hundredths of the one derivation that runs now. */
export function tellDerived(hundredths: number): void {
  const [done, total] = derived;
  tellProgress('deriving', done * HUNDREDTHS + hundredths, total * HUNDREDTHS);
}

/** What client-wasm calls; client-wasm/src/page.rs declares the same. */
const page = {
  progress: tell,
  saveLease: (id: string, probe: string, lease: string) => ask('saveLease', { id, probe, lease }),
  loadLease: (id: string) => ask('loadLease', { id }),
  forgetLease: (id: string) => ask('forgetLease', { id }),
  uploadBegun: (receipt: string) => ask('uploadBegun', { receipt }),
  manifest: (found: Calls['manifest']['args']) => ask('manifest', found),
  entry: (index: number) => ask('entry', { index }),
  write: (parts: Uint8Array<ArrayBuffer>[]) => ask('write', parts, [...new Set(parts.map((part) => part.buffer))]),
  verified: () => ask('verified', undefined),
  pause: (millis: number) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      setTimeout(resolve, millis);
    }),
};

/* ---------------------------------------------------------------- running */

/** What wasm-bindgen made around client-wasm. */
export interface Program {
  /** Nothing is handed over where it was translated to JavaScript. */
  readonly begin: (module: WebAssembly.Module | undefined) => unknown;
  readonly run: (operation: string, base: string, args: unknown, page: unknown) => Promise<unknown>;
}

async function run(program: Program, start: Start): Promise<FromWorker> {
  try {
    program.begin(start.module);
  } catch {
    return { kind: 'failed', failure: { code: 'no_worker' } };
  }
  try {
    return { kind: 'done', value: await program.run(start.operation, start.base, start.args, page) };
  } catch (failure) {
    return { kind: 'failed', failure: isFailure(failure) ? failure : { code: 'crashed' } };
  }
}

/** client-wasm rejects with failures; a trap (a bug, or no memory) is something else. */
function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && !(value instanceof Error) && 'code' in value;
}

/** Waits for the operation that `program` is to run. */
export function serve(program: Program): void {
  scope.onmessage = ({ data }) => {
    if (data.kind === 'start') {
      void run(program, data).then((message) => scope.postMessage(message));
      return;
    }
    if (data.kind === 'wake') return wake();
    const waiting = pending.get(data.call);
    pending.delete(data.call);
    if (data.kind === 'reply') waiting?.resolve(data.value);
    else waiting?.reject(data.failure);
  };
}
