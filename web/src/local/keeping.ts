/**
 * Keeping the page for use without a connection: its public files and nothing else, by a service worker (kept/worker.ts) that is registered when a person asks
 * for it and at no other time, because it stays in the browser and says that this server was visited.
 */
import { scriptUrl } from '../worker/url';

/** `refused`: this server's operator does not want it. `failed`: not all of the page came, or there is no room for it. */
export type Outcome = 'kept' | 'refused' | 'failed';

const BASE = new URL('.', document.baseURI);
/** As kept/worker.ts names what it keeps. */
const OURS = `satchel ${BASE.pathname} `;

/** Private windows and Tor Browser may have no service workers, pages without TLS have none. */
export function isAble(): boolean {
  return 'serviceWorker' in navigator && 'caches' in globalThis;
}

/** Whether something of the page is on this device. Where it is, a newer page takes its place. */
export async function isKept(): Promise<boolean> {
  const registration = await ours();
  registration?.update().catch(() => undefined);
  const kept = registration !== undefined || (await names()).length > 0;
  if (kept) offerApp();
  return kept;
}

/** Keeps all of the page or nothing. */
export async function keep(): Promise<Outcome> {
  const script = new URL('service-worker.js', BASE).href;
  try {
    const registration = await navigator.serviceWorker.register(scriptUrl(script, [script]), { updateViaCache: 'none' });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    if (worker !== null && (await begins(worker)) && (await names()).length > 0 && (await ours()) !== undefined) {
      offerApp();
      return 'kept';
    }
  } catch {
    // As below: whatever came is of no use.
  }
  await remove();
  return (await isRefused(script)) ? 'refused' : 'failed';
}

/** Whether the server gives a browser what only takes away. That goes at once, and a browser may never tell how far it had got. */
async function isRefused(script: string): Promise<boolean> {
  try {
    const answers = [fetch(script, { headers: { 'Service-Worker': 'script' } }), fetch(new URL('service-worker-off.js', BASE))];
    const [given, off] = await Promise.all(answers.map(async (answer) => (await answer).text()));
    return given === off;
  } catch {
    return false;
  }
}

/** Takes all of it away: the service worker first, so that it keeps nothing more. */
export async function remove(): Promise<void> {
  document.querySelector('link[rel="manifest"]')?.remove();
  await (await ours())?.unregister();
  for (const name of await names()) await caches.delete(name);
}

/** Only what is of this folder: another server may stand beside it. */
async function ours(): Promise<ServiceWorkerRegistration | undefined> {
  const registration = await navigator.serviceWorker.getRegistration();
  return registration?.scope === BASE.href ? registration : undefined;
}

async function names(): Promise<string[]> {
  return (await caches.keys()).filter((name) => name.startsWith(OURS));
}

/** Whether it got as far as beginning, which takes that it has all that it wants to keep. One that only takes things away ends with that. */
function begins(worker: ServiceWorker): Promise<boolean> {
  return new Promise((resolve) => {
    let began = false;
    const look = (): void => {
      began ||= worker.state === 'activating' || worker.state === 'activated';
      if (worker.state === 'activated' || worker.state === 'redundant') resolve(began);
    };
    worker.addEventListener('statechange', look);
    look();
  });
}

/** From here on the browser offers to install the page. Before, it would be an app that does not start without a connection. */
function offerApp(): void {
  if (document.querySelector('link[rel="manifest"]') !== null) return;
  document.head.append(Object.assign(document.createElement('link'), { rel: 'manifest', href: new URL('app.webmanifest', BASE).href }));
}
