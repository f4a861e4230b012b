/**
 * Which program an operation needs, and how it comes: WebAssembly fetched by the page with the hash that index.html names, compiled once, and handed to
 * each worker. The first view needs the small one alone. Where the browser runs no WebAssembly, the worker's script is all of it
 * (docs/decisions/0021-without-webassembly.md).
 */
import { VaultError } from '../failure';
import everythingWasm from '../gen/dist/everything.wasm?url';
import sharingWasm from '../gen/dist/sharing.wasm?url';
import { fetchChecked } from '../later';
import { engine } from '../vault';
import { runsWebAssembly } from './ability';
import everythingFile from './everything.ts?worker&url';
import type { OperationName } from './protocol';
import sharingFile from './sharing.ts?worker&url';
import translatedFile from './translated.ts?worker&url';
import { scriptUrl } from './url';

interface Program {
  /** The worker's. */
  readonly script: string;
  readonly wasm?: string;
}

const EVERYTHING: Program = { script: everythingFile, wasm: everythingWasm };
const SHARING: Program = { script: sharingFile, wasm: sharingWasm };
const TRANSLATED: Program = { script: translatedFile };
const SCRIPTS = [EVERYTHING.script, SHARING.script, TRANSLATED.script];

/** What is here, or on its way. */
const coming = new Map<Program, Promise<WebAssembly.Module | undefined>>();

/** A worker for the operation, and the module that it is to run. Rejects with `network`, `page_changed` or `no_worker`. */
export async function workerFor(operation: OperationName, args: unknown): Promise<{ worker: Worker; module: WebAssembly.Module | undefined }> {
  const program = programFor(operation, args);
  const module = coming.get(program) ?? arrive(program);
  coming.set(program, module);
  // What did not come is asked for again the next time.
  module.catch(() => coming.delete(program));
  const arrived = await module;
  try {
    const worker = new Worker(scriptUrl(program.script, SCRIPTS), { type: 'module', name: `satchel-${operation}` });
    return { worker, module: arrived };
  } catch {
    throw new VaultError({ code: 'no_worker' });
  }
}

/** The small one has a slow AES: without the browser's, it is of no use. What is here already is taken before anything is fetched. */
function programFor(operation: OperationName, args: unknown): Program {
  if (!runsWebAssembly) return TRANSLATED;
  const able = operation === 'serverConfig' || operation === 'burnBegun' || (operation === 'share' && isPlain(args));
  return able && engine() === 'webcrypto' && !coming.has(EVERYTHING) ? SHARING : EVERYTHING;
}

/** Nothing but a link: client-wasm/src/sharing.rs refuses what it can't do. */
function isPlain(args: unknown): boolean {
  const { passphrase, invite, panic, links } = args as Readonly<Record<string, unknown>>;
  return [passphrase, invite, panic, links].every((each) => each === undefined);
}

/**
 * No browser checks a worker's script against a hash. Fetched with one just before, it is the browser's copy that the worker starts from: a file that
 * was damaged, or is of another version, is noticed; a server that lies to workers alone is not (docs/decisions/0015-in-pieces.md).
 */
async function arrive({ script, wasm }: Program): Promise<WebAssembly.Module | undefined> {
  const [module] = await Promise.all([wasm === undefined ? undefined : compiled(wasm), fetchChecked(script).then((response) => response.arrayBuffer())]);
  return module;
}

async function compiled(wasm: string): Promise<WebAssembly.Module> {
  const response = await fetchChecked(wasm);
  try {
    return await WebAssembly.compileStreaming(response);
  } catch {
    throw new VaultError({ code: 'no_worker' });
  }
}
