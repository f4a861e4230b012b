/** The measurement of the page, run by `cargo xtask bench`: one browser, whole, nothing beside it. */
import { defineConfig } from '@playwright/test';
import { chromiumPath } from './browser';
import tests from './playwright.config';

export default defineConfig({
  ...tests,
  testMatch: '*.bench.ts',
  workers: 1,
  timeout: 600_000,
  use: { ...tests.use, launchOptions: { ...tests.use?.launchOptions, executablePath: chromiumPath() } },
});
