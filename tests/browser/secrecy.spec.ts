/** Where a link must not be: in no request, worker, console line, error or storage, and nothing goes to another host. */
import { chromium, type BrowserContext, type Page } from '@playwright/test';
import { CHROMIUM_ENVIRONMENT, chromiumPath } from './browser';
import { csv } from './documents';
import { expect, test } from './fixture';
import { follow, pressOpen, readText, saveFile, share } from './people';
import { record } from './recorder';
import { formsOf, textForms, within, type Form } from './secrets';

/** What Chromium asks by itself, for its own updates, accounts and forms, with any page: no request of ours, and looked through for the link all the same. */
const BROWSERS_OWN = /^(update|accounts|content-autofill|optimizationguide-pa|redirector\.gvt1|edgedl\.me\.gvt1|clients2|www)\.(googleapis|google|gvt1)?\.?com(:443)?$/;
const TEXT = 'The strike fund holds eleven weeks. 罢工基金';

/** All that a page keeps in the browser, and what it is called there. */
function kept(page: Page): Promise<string> {
  return page.evaluate(async () => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), await caches.keys(), document.cookie, history.state, name, document.title, document.referrer, location.href,
    performance.getEntriesByType('resource').map((entry) => entry.name), (await navigator.serviceWorker?.getRegistrations?.())?.map(({ scope }) => scope) ?? [],
  ]));
}

test('from sharing to burning no link, passphrase or text goes anywhere, and nobody but the server is asked', async ({ server }) => {
  test.slow();
  const recorder = await record(server.origin);
  // Everything goes through the recorder, what is for this machine too.
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    env: CHROMIUM_ENVIRONMENT,
    proxy: { server: recorder.address, bypass: '<-loopback>' },
  });
  const said: string[] = [];
  const visitor = async (): Promise<Page> => {
    const context = await browser.newContext({ locale: 'en-GB' });
    listen(context, said);
    return context.newPage();
  };
  const [maker, reader] = [await visitor(), await visitor()];
  const keptByAll: string[] = [];
  const look = async (...pages: Page[]): Promise<void> => {
    for (const page of pages) keptByAll.push(await kept(page));
  };

  const locked = await share(maker, server, { text: TEXT, passphrase: 'generated' });
  await look(maker);
  await follow(reader, locked.link);
  await reader.getByLabel('Passphrase', { exact: true }).fill('not this one');
  await pressOpen(reader);
  await expect(reader.getByText('That passphrase is wrong.').first()).toBeVisible();
  await look(maker, reader);
  await reader.getByLabel('Passphrase', { exact: true }).fill(locked.passphrase ?? '');
  await pressOpen(reader);
  expect(await readText(reader)).toBe(TEXT);
  await look(maker, reader);

  const file = csv('strike fund.csv');
  const open = await share(maker, server, { files: [file] });
  await follow(reader, open.link.slice(0, -2));
  await expect(reader.getByText('The link is cut or mistyped.').first()).toBeVisible();
  await reader.getByLabel('Link or receipt').fill(open.link);
  await reader.getByRole('button', { name: 'Look at it' }).click();
  await pressOpen(reader);
  await expect(reader.getByRole('heading', { name: 'The file' })).toBeVisible();
  // Between claim and saving the tab keeps what it needs to go on.
  await look(maker, reader);
  expect(keptByAll.at(-1)).toContain('satchel-lease-');
  await saveFile(reader, file.name);
  await follow(reader, open.receipt);
  await expect(reader.getByRole('heading', { name: 'It was opened' })).toBeVisible();
  const last = await share(maker, server, { text: TEXT });
  await maker.getByRole('button', { name: 'Look at it now' }).click();
  await maker.getByRole('button', { name: 'Burn it now' }).click();
  await maker.getByRole('button', { name: 'Yes, burn it' }).click();
  await expect(maker.getByRole('heading', { name: 'You burned it' })).toBeVisible();
  await follow(reader, last.link);
  await expect(reader.getByRole('heading', { name: 'This was burned' })).toBeVisible();
  await look(maker, reader);

  const links: Form[] = [locked.link, open.link, last.link, open.receipt, last.receipt].flatMap(formsOf);
  const forms = [...links, ...textForms('the passphrase', locked.passphrase ?? ''), ...textForms('the text', TEXT), ...textForms('the name', file.name)];
  const sent = recorder.sent();
  expect(sent.toString('latin1')).toMatch(/POST http:\/\/127\.0\.0\.1:\d+\/api\/v1\/pastes\/[\w-]{22}\/claim\n/);
  expect(within(sent, forms), 'sent').toEqual([]);
  expect([...recorder.hosts].filter((host) => !BROWSERS_OWN.test(host)), 'asked').toEqual([new URL(server.origin).host]);
  expect(within(Buffer.from(said.join('\n')), forms), 'workers, console lines and errors').toEqual([]);
  expect(said.some((line) => line.startsWith('worker '))).toBe(true);
  expect(within(Buffer.from(keptByAll.join('\n')), forms), 'storage').toEqual([]);

  // And all of this would have been seen.
  const leaky = await visitor();
  const fragment = last.link.split('#')[1] ?? '';
  await leaky.goto(`http://elsewhere.example/?${fragment}`);
  expect(within(recorder.sent(), forms)).toContain('the fragment');
  expect([...recorder.hosts]).toContain('elsewhere.example');
  await leaky.goto(server.origin);
  await leaky.evaluate((text) => {
    console.log(text);
    localStorage.setItem('x', text);
  }, fragment);
  expect(within(Buffer.from(await kept(leaky)), forms)).toContain('the fragment');
  await expect.poll(() => within(Buffer.from(said.join('\n')), forms)).toContain('the fragment');
  await browser.close();
  await recorder.stop();
});

/** What is said or named while the page works. */
function listen(context: BrowserContext, said: string[]): void {
  context.on('console', (message) => said.push(`console ${message.text()} ${message.location().url}`));
  context.on('weberror', (error) => said.push(`error ${error.error().stack ?? error.error().message}`));
  context.on('page', (page) => page.on('worker', (worker) => said.push(`worker ${worker.url()}`)));
}
