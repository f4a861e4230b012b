/**
 * Sealing and opening through the page's own worker, beside the browser's bare AES-GCM at the same segment size with the same number in flight.
 *
 * Everything runs in the page as the server serves it. The worker is started and answered the way web/src/worker/conversation.ts does it, but
 * that what it writes is counted and dropped, as the bare engine's output is; sealing is measured once more with it kept as one Blob, which is
 * what is opened afterwards. The bare figure is taken inside such a worker.
 * Prints `bench: {"what", "value", "note", "against"}` lines in MB/s for satchel-bench.
 */
import type { Page, Worker } from '@playwright/test';
import { test } from './fixture';

const MEBIBYTES = Number(process.env['SATCHEL_BENCH_MIB'] ?? '256');
const RUNS = Number(process.env['SATCHEL_BENCH_RUNS'] ?? '3');
/** FLOE's segment less nonce, tag and length: what one call of the browser's engine gets (docs/format.md, section 5). */
const SEGMENT_BYTES = 262_112;
/** client-wasm/src/engine.rs, `in_flight`; a file's segments go by eight, so it has up to sixteen. To the bare engine more make no difference. */
const IN_FLIGHT = 4;
const PASSPHRASE = 'correct horse battery staple bench';

test('the speed of sealing in this browser', async ({ page, server }) => {
  await watchWorkers(page);
  await page.goto(server.origin, { waitUntil: 'networkidle' });
  await page.getByLabel('Also ask for a passphrase').check();
  await page.waitForFunction(() => 'satchelModule' in globalThis);
  await makeDocument(page);

  const bare = { seal: [] as number[], open: [] as number[] };
  const ours = { seal: [] as Took[], keep: [] as Took[], open: [] as Took[] };
  // Taken in turns, so that what else the machine does meanwhile meets all of them.
  for (let run = 0; run < RUNS; run += 1) {
    await page.requestGC();
    const idle = await idleWorker(page);
    const asked = { mib: MEBIBYTES, segment: SEGMENT_BYTES, inFlight: IN_FLIGHT };
    bare.seal.push(await idle.evaluate(bareSeconds, { verb: 'encrypt', ...asked } as const));
    bare.open.push(await idle.evaluate(bareSeconds, { verb: 'decrypt', ...asked } as const));
    await page.evaluate(() => (globalThis as unknown as Bench).satchelIdle.terminate());
    const once = async (operation: 'sealFile' | 'openFile', keep = false): Promise<Took> => {
      // What an earlier run left is not this one's to collect; and the browser's room for Blobs is soon full of it.
      await page.requestGC();
      return page.evaluate(operate, { operation, keep, passphrase: PASSPHRASE });
    };
    ours.seal.push(await once('sealFile'));
    ours.keep.push(await once('sealFile', true));
    ours.open.push(await once('openFile'));
    await page.evaluate(() => {
      (globalThis as unknown as Bench).satchelSealed = new Blob();
    });
  }

  for (const verb of ['seal', 'open'] as const) {
    const limit = `Chromium: WebCrypto alone, ${verb}`;
    const note = `${RUNS} runs of ${MEBIBYTES} MiB`;
    tell(limit, megabytesPerSecond(median(bare[verb])), `${IN_FLIGHT} segments in flight, ${note}`);
    tell(`Chromium: the page's worker, ${verb}, with its start and Argon2id`, megabytesPerSecond(median(ours[verb].map(({ seconds }) => seconds))), note, limit);
    const steady = 'from the first content that comes out to the end';
    tell(`Chromium: the page's worker, ${verb}`, median(ours[verb].map(({ steady }) => steady)), steady, limit);
    if (verb === 'open') continue;
    tell("Chromium: the page's worker, seal, into a Blob", median(ours.keep.map(({ steady }) => steady)), steady, limit);
  }

  function megabytesPerSecond(seconds: number): number {
    return (MEBIBYTES * 1.048576) / seconds;
  }
});

function tell(what: string, value: number, note: string, against?: string): void {
  console.log(`bench: ${JSON.stringify({ what, value, note, against })}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/* ---------------------------------------------------------------- in the page */

/** What these functions leave in the page's global scope for one another. */
interface Bench {
  satchelWorkerUrl: string;
  satchelModule: WebAssembly.Module;
  satchelIdle: globalThis.Worker;
  satchelDocument: File;
  satchelSealed: Blob;
}

interface Took {
  /** From start to end. */
  readonly seconds: number;
  /** MB/s from the first message with content to the end. */
  readonly steady: number;
}

/**
 * The address of a worker is a TrustedScriptURL that only the page can make, and its WebAssembly comes with a hash: both are taken from the worker that the
 * page starts for a passphrase, which does all that the page can do.
 */
async function watchWorkers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const Real = globalThis.Worker;
    globalThis.Worker = class extends Real {
      readonly #url: string | URL;

      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.#url = url;
      }

      override postMessage(message: { readonly module?: WebAssembly.Module }, options?: StructuredSerializeOptions | Transferable[]): void {
        if (message.module !== undefined && String(this.#url).includes('everything')) {
          Object.assign(globalThis, { satchelWorkerUrl: this.#url, satchelModule: message.module });
        }
        super.postMessage(message, options as StructuredSerializeOptions);
      }
    };
  });
}

/** A file of noise, as a Blob of the browser's: where the bytes of a file that a person chose come from, too. */
async function makeDocument(page: Page): Promise<void> {
  await page.evaluate((mib) => {
    const bench = globalThis as unknown as Bench;
    const pieces = Array.from({ length: mib }, () => {
      const piece = new Uint8Array(1 << 20);
      for (let at = 0; at < piece.length; at += 65_536) crypto.getRandomValues(piece.subarray(at, at + 65_536));
      return new Blob([piece]);
    });
    bench.satchelDocument = new File(pieces, 'noise.bin');
    bench.satchelSealed = new Blob();
  }, MEBIBYTES);
}

/** A worker of the page's that was asked for nothing yet. */
async function idleWorker(page: Page): Promise<Worker> {
  const [worker] = await Promise.all([
    page.waitForEvent('worker'),
    page.evaluate(() => {
      const bench = globalThis as unknown as Bench;
      bench.satchelIdle = new Worker(bench.satchelWorkerUrl, { type: 'module', name: 'idle' });
    }),
  ]);
  return worker;
}

/** Seconds for `mib` through `crypto.subtle`, with `inFlight` calls on their way at any time. */
async function bareSeconds(asked: { verb: 'encrypt' | 'decrypt'; mib: number; segment: number; inFlight: number }): Promise<number> {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const how = { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: new Uint8Array(9), tagLength: 128 };
  const plain = new Uint8Array(asked.segment);
  const input = asked.verb === 'encrypt' ? plain : await crypto.subtle.encrypt(how, key, plain);
  let left = Math.ceil((asked.mib * 1_048_576) / asked.segment);
  const begun = performance.now();
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await crypto.subtle[asked.verb](how, key, input);
    }
  };
  await Promise.all(Array.from({ length: asked.inFlight }, lane));
  return (performance.now() - begun) / 1000;
}

/** What one operation takes in a fresh worker; rejects when less came out than went in. */
function operate(asked: { operation: 'sealFile' | 'openFile'; keep: boolean; passphrase: string }): Promise<Took> {
  const bench = globalThis as unknown as Bench;
  const { operation, keep, passphrase } = asked;
  const file = bench.satchelDocument;
  const args =
    operation === 'sealFile' ? { document: { files: [{ file, path: file.name }] }, passphrase } : { file: bench.satchelSealed, key: { passphrase } };
  return new Promise((resolve, reject) => {
    const pieces: Blob[] = [];
    let bytes = 0;
    let first: { readonly at: number; readonly bytes: number } | undefined;
    const begun = performance.now();
    const worker = new Worker(bench.satchelWorkerUrl, { type: 'module', name: `satchel-${operation}` });
    worker.onerror = () => reject(new Error('the worker died'));
    worker.onmessage = ({ data }) => {
      if (data.kind === 'call') {
        let value: unknown = data.name === 'entry' ? true : undefined;
        const back: ArrayBuffer[] = [];
        if (data.name === 'write') {
          for (const part of data.args) bytes += part.byteLength;
          first ??= { at: performance.now(), bytes };
          if (keep) pieces.push(new Blob(data.args));
          // As web/src/worker/opening.ts does it.
          if (operation === 'openFile') back.push((value = data.args[0].buffer) as ArrayBuffer);
        }
        worker.postMessage({ kind: 'reply', call: data.call, value }, back);
      } else if (data.kind === 'done') {
        const now = performance.now();
        worker.terminate();
        if (keep) bench.satchelSealed = new Blob(pieces);
        if (bytes < file.size || first === undefined) return reject(new Error(`${bytes} bytes of ${file.size} came out`));
        resolve({ seconds: (now - begun) / 1000, steady: (bytes - first.bytes) / 1000 / (now - first.at) });
      } else if (data.kind === 'failed') {
        reject(new Error(JSON.stringify(data.failure)));
      }
    };
    worker.postMessage({ kind: 'start', module: bench.satchelModule, operation, base: document.baseURI.replace(/\/$/, ''), args });
  });
}
