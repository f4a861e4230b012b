/** What is left on the disk by a private window, and by one that is not. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { held } from './disk';
import { expect, test } from './fixture';
import { follow, pressOpen, readText, share } from './people';
import { browsers, closed, startAny } from './profile';
import { formsOf, textForms, type Form } from './secrets';

const TEXT = 'The strike fund holds eleven weeks. 罢工基金';

test('no file of the profile holds the link or the text that a private window made and opened, and of a plain one some do', async ({ server, browserName }, info) => {
  test.slow();
  /** Makes and opens in a browser with that profile, until it is closed. */
  const live = async (profile: string, hidden: boolean): Promise<Form[]> => {
    const context = await browsers(startAny(browserName, profile, hidden));
    const [page = await context.newPage()] = context.pages();
    const { link, receipt } = await share(page, server, { text: TEXT });
    await follow(page, link);
    await pressOpen(page);
    expect(await readText(page)).toBe(TEXT);
    await expect(page.getByText('This is gone now.').first()).toBeVisible();
    // Followed, so that the address was in the bar, as a link's was.
    await follow(page, receipt);
    await expect(page.getByRole('heading', { name: 'It was opened' })).toBeVisible();
    await browsers(closed(context));
    return [...formsOf(link), ...formsOf(receipt), ...textForms('the text', TEXT)];
  };

  const secret = info.outputPath('private');
  const forms = await live(secret, true);
  const kept = await held(secret, forms);
  expect(kept.found).toEqual([]);
  expect(kept.files, 'files that were looked through').toBeGreaterThan(10);

  // And it would have been seen: where the window is not private, by the same search.
  const plain = info.outputPath('plain');
  const seen = await held(plain, await live(plain, false));
  expect(seen.found.filter((each) => each.endsWith(': the fragment')), 'in a plain profile').not.toEqual([]);
  console.log(`a plain profile of ${browserName} keeps: ${seen.found.join('; ')}`);
  const control = join(secret, 'control');
  await mkdir(control);
  const [fragment, wide] = forms;
  await writeFile(join(control, 'wide'), Buffer.concat([Buffer.from('x'), wide!.bytes]));
  await writeFile(join(control, 'packed'), Buffer.concat([Buffer.from('x'), gzipSync(fragment!.bytes), Buffer.from('x')]));
  expect((await held(secret, forms)).found).toEqual(expect.arrayContaining(['control/wide: the fragment in UTF-16', 'control/packed: the fragment']));
});
