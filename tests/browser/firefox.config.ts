/** The same tests in Firefox, which geckodriver starts and Playwright drives over WebDriver BiDi (firefox/bridge.mjs). */
import { defineConfig } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import base from './playwright.config';

export default defineConfig({
  ...base,
  outputDir: '../../target/browser-tests-firefox',
  use: {
    ...base.use,
    browserName: 'firefox',
    channel: 'moz-firefox',
    permissions: [],
    launchOptions: { executablePath: fileURLToPath(new URL('firefox/bridge.mjs', import.meta.url)) },
  },
});
