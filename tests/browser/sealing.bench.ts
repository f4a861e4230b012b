/**
 * Sealing and opening through the page's own worker, beside the browser's bare AES-GCM at the same segment size with the same number in flight.
 *
 * Everything runs in the page as the server serves it. The worker is started and answered the way web/src/worker/conversation.ts does it, but
 * that what it writes is counted and dropped, as the bare engine's output is; sealing is measured once more with it kept as one Blob, which is
 * what is opened afterwards. The bare figure is taken inside such a worker, and so is that of a script which reads the same file in the same way,
 * encrypts each segment and hands it over, and does nothing else of what makes a container: what the browser itself takes for a file.
 * Prints `bench: {"what", "value", "note", "against"}` lines in MB/s for satchel-bench.
 */
import type { Page, Worker } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { test } from './fixture';

const MEBIBYTES = Number(process.env['SATCHEL_BENCH_MIB'] ?? '256');
const RUNS = Number(process.env['SATCHEL_BENCH_RUNS'] ?? '3');
/** FLOE's segment less nonce, tag and length: what one call of the browser's engine gets (docs/format.md, section 5). */
const SEGMENT_BYTES = 262_112;
/** client-wasm/src/engine.rs, `in_flight`; a file's segments go by eight, so it has up to sixteen. To the bare engine more make no difference. */
const IN_FLIGHT = 4;
/** Where a file's bytes are: what a person picked lies on the disk; what the page made, or a phone's picture that was re-encoded, in the browser's memory. */
const SOURCES = ['a Blob', 'the disk'] as const;
const PASSPHRASE = 'correct horse battery staple bench';

test('the speed of sealing in this browser', async ({ page, server }) => {
  await watchWorkers(page);
  await page.goto(server.origin, { waitUntil: 'networkidle' });
  await page.getByLabel('Also ask for a passphrase').check();
  await page.waitForFunction(() => 'satchelModule' in globalThis);
  const noise = test.info().outputPath('noise.bin');
  await writeNoise(noise);

  for (const source of SOURCES) {
    const bare = { seal: [] as number[], open: [] as number[] };
    const plain: number[] = [];
    const ours = { seal: [] as Took[], keep: [] as Took[], open: [] as Took[] };
    await (source === 'a Blob' ? makeBlob(page) : choose(page, noise, 'satchelDocument'));
    // Taken in turns, so that what else the machine does meanwhile meets all of them.
    for (let run = 0; run < RUNS; run += 1) {
      await page.requestGC();
      const idle = await idleWorker(page);
      const asked = { mib: MEBIBYTES, segment: SEGMENT_BYTES, inFlight: IN_FLIGHT };
      bare.seal.push(await idle.evaluate(bareSeconds, { verb: 'encrypt', ...asked } as const));
      bare.open.push(await idle.evaluate(bareSeconds, { verb: 'decrypt', ...asked } as const));
      await page.requestGC();
      await idle.evaluate(readAndEncrypt, asked);
      plain.push(await page.evaluate(plainSeconds));
      const once = async (operation: 'sealFile' | 'openFile', keep = false): Promise<Took> => {
        // What an earlier run left is not this one's to collect; and the browser's room for Blobs is soon full of it.
        await page.requestGC();
        return page.evaluate(operate, { operation, keep, passphrase: PASSPHRASE });
      };
      ours.seal.push(await once('sealFile'));
      ours.keep.push(await once('sealFile', true));
      if (source === 'the disk') await saveSealed(page, test.info().outputPath('noise.satchel'));
      ours.open.push(await once('openFile'));
      await page.evaluate(() => {
        (globalThis as unknown as Bench).satchelSealed = new Blob();
      });
    }

    const note = `${RUNS} runs of ${MEBIBYTES} MiB`;
    const steady = 'from the first content that comes out to the end';
    for (const verb of ['seal', 'open'] as const) {
      const limit = `Chromium: WebCrypto alone, ${verb}, beside ${source}`;
      const name = `Chromium: the page's worker, ${verb}, from ${source}`;
      tell(limit, megabytesPerSecond(median(bare[verb])), `${IN_FLIGHT} segments in flight, ${note}`);
      if (verb === 'seal') tell(`Chromium: WebCrypto fed from ${source}, handed over`, megabytesPerSecond(median(plain)), note, limit);
      tell(`${name}, with its start and Argon2id`, megabytesPerSecond(median(ours[verb].map(({ seconds }) => seconds))), note, limit);
      tell(name, median(ours[verb].map((took) => took.steady)), steady, limit);
      if (verb === 'seal') tell(`${name}, into a Blob`, median(ours.keep.map((took) => took.steady)), steady, limit);
    }
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

async function writeNoise(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let mib = 0; mib < MEBIBYTES; mib += 1) file.write(randomBytes(1 << 20));
  await new Promise((resolve) => file.end(resolve));
}

/** Noise that the browser keeps in memory. */
async function makeBlob(page: Page): Promise<void> {
  await page.evaluate((mib) => {
    const pieces = Array.from({ length: mib }, () => {
      const piece = new Uint8Array(1 << 20);
      for (let at = 0; at < piece.length; at += 65_536) crypto.getRandomValues(piece.subarray(at, at + 65_536));
      return new Blob([piece]);
    });
    (globalThis as unknown as Bench).satchelDocument = new File(pieces, 'noise.bin');
  }, MEBIBYTES);
}

/** A file on the disk, as a person chooses one. */
async function choose(page: Page, path: string, name: 'satchelDocument' | 'satchelSealed'): Promise<void> {
  const input = await page.evaluateHandle(() => Object.assign(document.createElement('input'), { type: 'file' }));
  await input.setInputFiles(path);
  await input.evaluate((element, as) => void Object.assign(globalThis, { [as]: element.files?.[0] }), name);
}

/** What was sealed into a Blob, saved to the disk and chosen from there. */
async function saveSealed(page: Page, path: string): Promise<void> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.evaluate(() => {
      const bench = globalThis as unknown as Bench;
      const href = URL.createObjectURL(bench.satchelSealed);
      Object.assign(document.createElement('a'), { href, download: 'noise.satchel' }).click();
      bench.satchelSealed = new Blob();
    }),
  ]);
  await download.saveAs(path);
  await choose(page, path, 'satchelSealed');
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

/** Has the worker wait for a file, and then read, encrypt and hand over: pieces of `inFlight` segments, two ahead, as client-wasm/src/files.rs does it. */
function readAndEncrypt(asked: { segment: number; inFlight: number }): void {
  const { segment, inFlight } = asked;
  addEventListener('message', async ({ data }: MessageEvent<{ readonly plain?: File }>) => {
    const file = data.plain;
    if (file === undefined) return;
    const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
    const begun = performance.now();
    const reader = file.stream().getReader({ mode: 'byob' });
    const coming: Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>>[] = [];
    const going: { readonly made: Promise<ArrayBuffer[]>; readonly room: ArrayBuffer }[] = [];
    let askedFor = 0;
    const ask = (room: ArrayBuffer): void => {
      const min = Math.min(room.byteLength, file.size - askedFor);
      askedFor += min;
      if (min > 0) coming.push(reader.read(new Uint8Array(room, 0, min), { min } as never) as never);
    };
    const land = async ({ made, room }: (typeof going)[number]): Promise<void> => {
      const sealed = await made;
      ask(room);
      globalThis.postMessage({ plain: sealed }, { transfer: sealed });
    };
    for (let ahead = 0; ahead < 3; ahead += 1) ask(new ArrayBuffer(inFlight * segment));
    for (let next = coming.shift(); next !== undefined; next = coming.shift()) {
      const { value } = await next;
      if (value === undefined) break;
      const made: Promise<ArrayBuffer>[] = [];
      for (let at = 0; at < value.length; at += segment) {
        const how = { name: 'AES-GCM', iv: new Uint8Array(12), additionalData: new Uint8Array(9), tagLength: 128 };
        made.push(crypto.subtle.encrypt(how, key, value.subarray(at, at + segment)));
      }
      going.push({ made: Promise.all(made), room: value.buffer });
      if (going.length > 1) await land(going.shift()!);
    }
    for (const last of going) await land(last);
    globalThis.postMessage({ plainSeconds: (performance.now() - begun) / 1000 });
  });
}

/** Rejects when less came out than went in. */
function plainSeconds(): Promise<number> {
  const { satchelIdle: worker, satchelDocument: file } = globalThis as unknown as Bench;
  let bytes = 0;
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      for (const part of data.plain ?? []) bytes += part.byteLength;
      if (data.plainSeconds === undefined) return;
      worker.terminate();
      if (bytes < file.size) return reject(new Error(`${bytes} bytes of ${file.size} came out`));
      resolve(data.plainSeconds);
    };
    worker.postMessage({ plain: file });
  });
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
