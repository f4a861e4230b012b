/** Pictures of every view, compared with looks/references: `cargo xtask screenshots`, and with `--update` it takes them anew. */
import { defineConfig } from '@playwright/test';
import { CHROMIUM_ENVIRONMENT } from './browser';
import { fontsOnly } from './looks/fonts';
import base from './playwright.config';

export default defineConfig({
  ...base,
  testDir: 'looks',
  testMatch: '*.looks.ts',
  outputDir: '../../target/screenshots',
  snapshotPathTemplate: '{testDir}/references/{arg}{ext}',
  // A picture that is missing is a fault, not an occasion to take it.
  updateSnapshots: process.env['SATCHEL_UPDATE_SCREENSHOTS'] === undefined ? 'none' : 'changed',
  expect: {
    ...base.expect,
    // found.looks.ts shows what this lets pass, and what not.
    toMatchSnapshot: { threshold: 0.15, maxDiffPixels: 40 },
  },
  use: {
    ...base.use,
    timezoneId: 'UTC',
    launchOptions: { ...base.use?.launchOptions, env: { ...CHROMIUM_ENVIRONMENT, FONTCONFIG_FILE: fontsOnly() } },
  },
});
