/**
 * What every test stands on: a server per worker, and browser contexts that are watched. A test fails when any page of it broke the
 * Content-Security-Policy, asked another host for anything, or threw what nobody caught.
 */
import { test as base, expect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { LEFT_OUT } from './firefox/left-out';
import { foreignServer, startServer, type Server } from './server';

interface Watched {
  /** A new person: nothing shared with the others. */
  newVisitor(options?: Parameters<Browser['newContext']>[0]): Promise<Page>;
}

export const test = base.extend<{ watched: Watched; page: Page; leftOut: void }, { server: Server }>({
  leftOut: [
    async ({ browserName }, use, { title }) => {
      const why = LEFT_OUT.find(([pattern]) => pattern.test(title))?.[1];
      base.skip(browserName === 'firefox' && why !== undefined, `skipped in Firefox: ${why}`);
      await use();
    },
    { auto: true },
  ],

  server: [
    async ({}, use) => {
      const named = process.env['SATCHEL_ORIGIN'];
      const server = named === undefined ? await startServer(SERVER_OPTIONS) : foreignServer(named);
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],

  watched: async ({ browser, server, contextOptions, viewport }, use) => {
    const faults: string[] = [];
    const contexts: BrowserContext[] = [];
    await use({
      async newVisitor(options = {}) {
        const context = await browser.newContext({ ...contextOptions, viewport, permissions: browser.browserType().name() === 'chromium' ? ['clipboard-write'] : [], ...options });
        contexts.push(context);
        await watch(context, server.origin, faults);
        return context.newPage();
      },
    });
    for (const context of contexts) await context.close();
    expect(faults, 'violations, foreign requests and uncaught errors').toEqual([]);
  },

  page: async ({ watched }, use) => {
    await use(await watched.newVisitor());
  },
});

export { expect };

/** Many tests, one address: the limit on uploads per minute is tested elsewhere. */
const SERVER_OPTIONS: readonly string[] = ['--uploads-per-minute', '100000'];

async function watch(context: BrowserContext, origin: string, faults: string[]): Promise<void> {
  await context.exposeBinding('reportViolation', (_source, violation: string) => void faults.push(violation));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const report = (globalThis as unknown as { reportViolation: (violation: string) => void }).reportViolation;
      report(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
    });
  });
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (!['blob:', 'data:', 'about:'].includes(url.protocol) && url.origin !== origin) faults.push(`a request to ${url.origin}`);
  });
  context.on('console', (message) => {
    if (/content.security.policy|integrity|trusted ?type/i.test(message.text())) faults.push(message.text());
  });
  context.on('weberror', (error) => faults.push(`uncaught: ${error.error().message}`));
}
