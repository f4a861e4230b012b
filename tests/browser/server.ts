/** A real satchel-server on a free port of loopback, with a data folder of its own that goes with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface Server {
  /** `http://127.0.0.1:PORT`, where the page is. */
  readonly origin: string;
  /** Its data folder, for an operator's commands. */
  readonly data: string;
  /** Ends it and starts it anew, with the same data, under the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Ends the process and keeps the data; `begin` starts it again on the same port. */
  end(): Promise<void>;
  begin(): Promise<void>;
}

/** A program of this project: named by `variable`, or the debug build. */
export function program(variable: string, name: string): string {
  const path = process.env[variable] ?? join(PROJECT, 'target', 'debug', name);
  if (!existsSync(path)) throw new Error(`${path} is missing: cargo build, or name it in ${variable}`);
  return path;
}

/** Starts one, where another one was before if `port` says so, and waits until it says that it is ready. */
export async function startServer(options: readonly string[] = [], port?: number): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'satchel-browser-'));
  const data = join(folder, 'data');
  const origin = `http://127.0.0.1:${port ?? (await freePort())}`;
  const args = ['serve', '--listen', origin.slice('http://'.length), '--data', data, ...options];
  let end = await running(args);
  return {
    origin,
    data,
    end: () => end(),
    async begin() {
      end = await running(args);
    },
    async restart() {
      await end();
      end = await running(args);
    },
    async stop() {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One that somebody else started, in a container for one: it is used, and left as it is. */
export function foreignServer(origin: string): Server {
  const refuse = (): Promise<void> => Promise.reject(new Error(`${origin} was not started by the tests`));
  return { origin, data: '', end: refuse, begin: refuse, restart: refuse, stop: () => Promise.resolve() };
}

/** One process; gives what ends it. */
async function running(args: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn(program('SATCHEL_SERVER_BIN', 'satchel-server'), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  const gone = once(child, 'exit');
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), gone.then(() => false)]);
  if (!ready) throw new Error(`the server did not start: ${said}`);
  child.stdout.resume();
  return async () => {
    child.kill('SIGTERM');
    await gone;
  };
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
