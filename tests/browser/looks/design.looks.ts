/** The page that shows what the look is made of (web/design): that it shows all of it, and how it looks on devices that ask for something else. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixture';
import { PROJECT } from '../server';
import { pictured } from './camera';

const WEB = join(PROJECT, 'web');
const BUILT = join(PROJECT, 'target', 'design');

/** From the folder, in the place of the server: it serves no such page. */
async function shown(page: Page, origin: string): Promise<void> {
  execFileSync(process.execPath, [join(WEB, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--config', 'vite.design.config.ts', '--logLevel', 'error'], { cwd: WEB });
  await page.route(`${origin}/design/**`, (route) => route.fulfill({ path: join(BUILT, new URL(route.request().url()).pathname.replace('/design/', '')) }));
  await page.goto(`${origin}/design/index.html`);
}

test('all that the look is made of, in each mode', async ({ page, server }) => {
  await shown(page, server.origin);
  await pictured(page, server.origin, 'design');
  await page.emulateMedia({ contrast: 'more' });
  await pictured(page, server.origin, 'design-contrast');
  await page.emulateMedia({ contrast: null, forcedColors: 'active' });
  await pictured(page, server.origin, 'design-forced');
});

/** Parts of the page itself, or of a text that is read: not of the look. */
const ELSEWHERE = /^(?:alone|view|brand|content|dropping|skip|unseen|visually-hidden|handle|link|stack|to-print|taken|qr|code.*|line|lines|block|numbered|wrapped|align-.*|host|picture|table-scroll)$/;

test('every class of the look is on its page', () => {
  const folder = join(WEB, 'src', 'design');
  const styles = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').replace(/\/\*[^]*?\*\//g, '').replace(/\{[^{}]*\}/g, '{}'));
  const classes = new Set(styles.join('\n').match(/\.[a-z][\w-]*(?=[^{};]*[{,])/g)?.map((name) => name.slice(1)));
  const html = readFileSync(join(WEB, 'design', 'index.html'), 'utf8');
  const there = new Set([...html.matchAll(/class="([^"]+)"/g)].flatMap(([, names = '']) => names.split(' ')));
  expect(classes.size).toBeGreaterThan(20);
  expect([...classes].filter((name) => !there.has(name) && !ELSEWHERE.test(name))).toEqual([]);
});
