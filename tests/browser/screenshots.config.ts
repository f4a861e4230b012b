/** Pictures of every view, compared with looks/references: `cargo xtask screenshots`, and with `--update` it takes them anew. */
import { defineConfig } from '@playwright/test';
import { CHROMIUM_ENVIRONMENT, chromiumPath } from './browser';
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
    // Its letters are drawn otherwise without windows.
    launchOptions: { ...base.use?.launchOptions, executablePath: chromiumPath(), env: { ...CHROMIUM_ENVIRONMENT, FONTCONFIG_FILE: fontsOnly() } },
  },
});
