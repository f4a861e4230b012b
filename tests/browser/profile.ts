/** A browser with a profile on disk, as a person has one. */
import { chromium, firefox, type BrowserContext } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, chromiumPath } from './browser';
import { test } from './fixture';

/** Milliseconds that one step may take, so that the one that hangs is named. */
const STEP = 20_000;

/** The browser's own part: where it does not come up, or down, nothing is said about the page. Seen on one machine, at every try; on others never. */
export async function browsers<T>(part: Promise<T>): Promise<T> {
  return part.catch((error: unknown) => {
    const why = `this browser does not come up or down with a profile on disk: ${String(error).split('\n')[0]}`;
    console.log(`skipped: ${why}`);
    test.skip(true, why);
    throw error;
  });
}

/** With a profile on disk and windows like a person's: Playwright's own options open none and forget all. */
export async function start(profile: string, ...more: string[]): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: false,
    // Whatever the machine speaks: the page is asked for by its English words.
    args: ['--headless=new', '--lang=en-GB', ...CHROMIUM_ARGS, ...more],
    ignoreDefaultArgs: ['--no-startup-window', 'about:blank'],
    env: CHROMIUM_ENVIRONMENT,
    acceptDownloads: true,
    timeout: STEP,
  });
  // The runner bounds what its own contexts wait for, and names it. This one it does not know.
  context.setDefaultTimeout(STEP);
  return context;
}

/** In the browser that runs the tests, whichever it is; `secret` opens nothing but private windows. */
export async function startAny(browserName: string, profile: string, secret: boolean): Promise<BrowserContext> {
  if (browserName === 'chromium') return start(profile, ...(secret ? ['--incognito'] : []));
  const bridge = fileURLToPath(new URL('firefox/bridge.mjs', import.meta.url));
  const env = { ...process.env, ...(secret ? { SATCHEL_FIREFOX_PRIVATE: '1' } : {}) };
  const context = await firefox.launchPersistentContext(profile, { channel: 'moz-firefox', executablePath: bridge, env, locale: 'en-GB', timeout: 3 * STEP });
  context.setDefaultTimeout(STEP);
  return context;
}

/** Ends the browser as a person does, by its last window. One that does not end in time is named, and ended by the runner. */
export async function closed(context: BrowserContext): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('the browser did not close')), STEP)));
  await Promise.race([context.close(), late]).finally(() => clearTimeout(timer));
}
