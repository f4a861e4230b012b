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
  use: {
    ...base.use,
    timezoneId: 'UTC',
    launchOptions: { ...base.use?.launchOptions, env: { ...CHROMIUM_ENVIRONMENT, FONTCONFIG_FILE: fontsOnly() } },
  },
});
