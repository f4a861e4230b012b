/** The same tests in Firefox, which geckodriver starts and Playwright drives over WebDriver BiDi (firefox/bridge.mjs). */
import { defineConfig } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import base from './playwright.config';

/** Each flow of making and opening. Not here: what is measured in Chromium alone, or asked of its own network log. Single tests are left out by firefox/left-out.ts. */
const SPECS = ['command-line', 'focus', 'hostile', 'insecure', 'invite', 'keeping', 'keyboard', 'languages', 'links', 'local', 'offline', 'once', 'panic', 'passphrase', 'private', 'reading', 'receipt', 'several', 'sharing', 'traces', 'views', 'wasm-off'];

export default defineConfig({
  ...base,
  testMatch: SPECS.map((name) => `${name}.spec.ts`),
  outputDir: '../../target/browser-tests-firefox',
  // What goes in and out of the page goes over one more program here.
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    ...base.use,
    browserName: 'firefox',
    channel: 'moz-firefox',
    permissions: [],
    launchOptions: { executablePath: fileURLToPath(new URL('firefox/bridge.mjs', import.meta.url)) },
  },
});
