/** What happens in the middle of opening: the network goes away, the server is started anew, another tab is there at the same moment. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from './fixture';
import { follow, pressOpen, readText, share } from './people';
import { startServer, type Server } from './server';
import { wireTo } from './wire';

const FILE = { name: 'film.bin', mimeType: 'application/octet-stream', buffer: randomBytes(12_000_000) };
/** In the middle of the file. */
const CUT_AFTER = 5_000_000;

const MEANWHILE = {
  'the network comes back': () => Promise.resolve(),
  'the server was started anew': (server: Server) => server.restart(),
} as const;

for (const [happens, meanwhile] of Object.entries(MEANWHILE)) {
  test(`a download that is cut goes on where it was when ${happens}, and uses up one read`, async ({ browser }) => {
    const server = await startServer();
    const wire = await wireTo(server.origin);
    const context = await browser.newContext({ acceptDownloads: true, locale: 'en-GB' });
    const page = await context.newPage();
    const { link } = await share(page, { ...server, origin: wire.origin }, { files: [FILE] });
    await follow(page, link);
    const cut = wire.cutAfter(CUT_AFTER);
    await pressOpen(page);
    await cut;
    await expect(page.getByText('Waiting for the network. It goes on by itself').first()).toBeVisible();
    await meanwhile(server);
    wire.mend();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save film.bin' }).click()]);
    expect(hashOf(await readFile(await download.path()))).toBe(hashOf(FILE.buffer));
    await expect(page.getByText('This is gone now.').first()).toBeVisible();
    expect(wire.asked.filter((request) => request.includes('/claim'))).toHaveLength(1);
    const [again = ''] = wire.asked.filter((request) => request.includes('/content'));
    const from = Number(/bytes=(\d+)-/.exec(again)?.[1]);
    expect(from).toBeGreaterThan(CUT_AFTER / 2);
    expect(from).toBeLessThanOrEqual(CUT_AFTER);
    await context.close();
    await wire.close();
    await server.stop();
  });
}

test('of two tabs that open the same link at the same moment one has it, and the other is told so', async ({ page, server, watched }) => {
  const { link } = await share(page, server, { text: 'for one of you' });
  const first = await watched.newVisitor();
  const tabs = [first, await first.context().newPage()];
  for (const tab of tabs) {
    await follow(tab, link);
    // Or else the other has pressed before this one asked how the link stands.
    await expect(tab.getByRole('button', { name: 'Open it' })).toBeVisible();
  }
  await Promise.all(tabs.map(pressOpen));
  const refused = /This was already opened|Somebody is opening this now/;
  await Promise.all(tabs.map((tab) => expect(tab.getByRole('heading', { name: /The text|This was already|Somebody is/ })).toBeVisible()));
  const headings = await Promise.all(tabs.map((tab) => tab.getByRole('heading', { level: 1 }).textContent()));
  expect(headings.filter((heading) => refused.test(heading ?? ''))).toHaveLength(1);
  const winner = tabs[refused.test(headings[0] ?? '') ? 1 : 0];
  expect(winner && (await readText(winner))).toBe('for one of you');
});

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
