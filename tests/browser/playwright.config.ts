/** Browser tests: each worker has its own server, its own data folder and its own browser. */
import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGS, CHROMIUM_ENVIRONMENT, shellPath } from './browser';

export default defineConfig({
  testDir: '.',
  // Another browser's, with a configuration of its own.
  testIgnore: '**/webkit/**',
  outputDir: '../../target/browser-tests',
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  // One more try where nobody is there to look; what needed it is counted as flaky and shown at the end.
  retries: process.env['CI'] === undefined ? 0 : 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  // The full counts and sizes run with `cargo xtask test --long`, which sets SATCHEL_LONG.
  ...(process.env['SATCHEL_LONG'] === undefined ? { grepInvert: /@long/ } : {}),
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: shellPath(), args: CHROMIUM_ARGS, env: CHROMIUM_ENVIRONMENT },
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    acceptDownloads: true,
    permissions: ['clipboard-write'],
  },
});
