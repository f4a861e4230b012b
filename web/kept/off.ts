/**
 * What takes the place of a service worker and goes, with all that was kept: /service-worker-off.js. The server answers with it where its operator switched
 * the keeping off, and for any service worker that is not ours.
 */
declare const self: ServiceWorkerGlobalScope;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(leave()));

async function leave(): Promise<void> {
  const ours = `satchel ${new URL(self.registration.scope).pathname} `;
  await Promise.all((await caches.keys()).filter((name) => name.startsWith(ours)).map((name) => caches.delete(name)));
  await self.registration.unregister();
}

export {};
