/**
 * The service worker of who keeps the page for use without a connection: /service-worker.js. It stands in a browser only after a person asked for it
 * (src/local/keeping.ts), and does three things (docs/decisions/0024-kept-for-offline.md):
 *
 * - It keeps every file of one version of the page, each checked against its hash, or none. Nothing else is ever kept: what to keep is a list that the
 *   build wrote, and no request of a page has a say in it.
 * - The page itself is always asked of the server. Any answer of the server's is handed on as it is; only where there is none at all, /kept.html is shown: the
 *   same program, which then seals and opens files of this device and knows no other view. What that page loads lies below kept/ and comes from here alone.
 * - A piece that a page of the server's names comes from the server, and where the connection went meanwhile from here: its name is its hash.
 *
 * Whatever else a page asks for (the API above all) never passes through here. Addresses of navigations have the link's secret in them: nothing but the path
 * is looked at, and no address is kept, said or sent on.
 */
declare const self: ServiceWorkerGlobalScope;
/** Every file that is kept, with its sha384 in base64. */
declare const FILES: Readonly<Record<string, string>>;
/** Another one for other FILES. */
declare const VERSION: string;

/** Said once: where a build's constant is used, all of it is put in. */
const KEPT = FILES;
const PAGE = 'kept.html';
const PIECES = 'kept/';
const BASE = new URL('./', self.location.href);
/** Caches are the origin's, and several servers may stand on one. */
const OURS = `satchel ${BASE.pathname} `;
const NAME = OURS + VERSION;
/** Of the way here, not of the file. */
const PASSING = ['connection', 'content-encoding', 'content-length', 'date', 'keep-alive', 'transfer-encoding', 'vary'];

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(begin()));
self.addEventListener('fetch', (event) => {
  const answer = answerTo(event.request);
  if (answer !== undefined) event.respondWith(answer);
});

/** All of this version, or an error and nothing: what was kept before stays in its place then. */
async function keep(): Promise<void> {
  const before = await caches.has(NAME);
  try {
    const cache = await caches.open(NAME);
    await Promise.all(Object.keys(KEPT).map(async (path) => cache.put(addressOf(path), await fetched(path))));
  } catch (error) {
    if (!before) await caches.delete(NAME);
    throw error;
  }
  await self.skipWaiting();
}

async function begin(): Promise<void> {
  const others = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== NAME);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Nothing: the browser goes on as if this were not here. */
function answerTo(request: Request): Promise<Response> | undefined {
  const path = pathOf(request.url);
  if (request.method !== 'GET' || path === undefined) return undefined;
  if (request.destination === 'document') return path === '' ? ofServer(request, whole) : undefined;
  if (path.startsWith(PIECES)) return alone(path.slice(PIECES.length));
  // The page that asked compares with the hash itself, and other bytes are no broken connection.
  if (path.startsWith('assets/') && Object.hasOwn(KEPT, path)) return ofServer(new Request(request, { integrity: '' }), () => kept(path));
  return undefined;
}

/** The server's answer, whatever it is; `instead` only where there is none. */
async function ofServer(request: Request, instead: () => Promise<Response | undefined>): Promise<Response> {
  try {
    return await fetch(request);
  } catch (broken) {
    const found = await instead();
    if (found === undefined) throw broken;
    return found;
  }
}

async function alone(path: string): Promise<Response> {
  return (await kept(path)) ?? Response.error();
}

/** The page, where all that it may come to load is there too. */
async function whole(): Promise<Response | undefined> {
  const all = await Promise.all(Object.keys(KEPT).map(kept));
  return all.includes(undefined) ? undefined : kept(PAGE);
}

/** A file as it was kept; nothing where it is missing, or is not what it was. */
async function kept(path: string): Promise<Response | undefined> {
  // Not by opening the cache, which would make one again after somebody removed it.
  const found = await caches.match(addressOf(path), { cacheName: NAME });
  if (found === undefined || !Object.hasOwn(KEPT, path)) return undefined;
  const bytes = await found.arrayBuffer();
  return (await hashOf(bytes)) === KEPT[path] ? new Response(bytes, { headers: found.headers }) : undefined;
}

/** From the server, with all the headers that protect the page. The browser's own copy does, unless it is damaged. */
async function fetched(path: string): Promise<Response> {
  for (const cache of ['default', 'reload'] as const) {
    const answer = await fetch(addressOf(path), { cache, redirect: 'error' });
    const bytes = await answer.arrayBuffer();
    if (answer.status === 200 && (await hashOf(bytes)) === KEPT[path]) return new Response(bytes, { headers: lasting(answer.headers) });
  }
  throw new TypeError('not the page that this belongs to');
}

function lasting(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of PASSING) kept.delete(name);
  return kept;
}

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-384', bytes))));
}

function addressOf(path: string): string {
  return new URL(path, BASE).href;
}

/** Below the page's own folder; nothing of the rest of the address. */
function pathOf(address: string): string | undefined {
  const { origin, pathname } = new URL(address);
  return origin === BASE.origin && pathname.startsWith(BASE.pathname) ? pathname.slice(BASE.pathname.length) : undefined;
}
export {};
