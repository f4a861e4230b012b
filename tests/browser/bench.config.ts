/** The measurement of the page, run by `cargo xtask bench`: one browser, nothing beside it. */
import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

export default defineConfig({ ...tests, testMatch: '*.bench.ts', workers: 1, timeout: 600_000 });
