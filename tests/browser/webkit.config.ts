/** The main flows in WebKit, as Debian has it (webkit2gtk-driver). It speaks plain WebDriver, which Playwright does not: webkit/driver.ts does. */
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'webkit',
  outputDir: '../../target/browser-tests-webkit',
  // One driver has one browser.
  workers: 1,
  forbidOnly: true,
  retries: process.env['CI'] === undefined ? 0 : 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
});
