/** Robots: whatever fetches a link without a person who presses uses nothing up. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { promisify } from 'node:util';
import { expect, test } from './fixture';
import { follow } from './people';
import { program, type Server } from './server';

const run = promisify(execFile);
const LONG = process.env['SATCHEL_LONG'] !== undefined;
const VISITS = LONG ? 1000 : 100;

/** Link previews of messengers and networks, search engines, mail filters, archives. */
const ROBOTS: readonly string[] = [
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)', 'WhatsApp/2.23.20.0', 'TelegramBot (like TwitterBot)', 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'Slack-ImgProxy (+https://api.slack.com/robots)', 'Twitterbot/1.0', 'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)',
  'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)', 'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5', 'Signal-Desktop-like link preview', 'Viber/19.0', 'SnapchatAds/1.0',
  'Mastodon/4.2.0 (http.rb/5.1.1; +https://mastodon.example/)', 'Synapse (bot; +https://github.com/matrix-org/synapse)', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)', 'Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)', 'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 SafeLinks', 'Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)',
];
/** What else is tried without being named by the page. */
const GUESSED = ['/favicon.ico', '/robots.txt', '/apple-touch-icon.png', '/oembed?format=json', '/.well-known/security.txt', '/sitemap.xml'];

interface Answer {
  readonly status: number;
  readonly body: string;
}

function fetched(url: string, agent: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { method, headers: { 'user-agent': agent, accept: '*/*' } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (bytes: Buffer) => void parts.push(bytes));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
    });
    asked.on('error', reject);
  });
}

/** As the server has it. */
async function state(receipt: string): Promise<unknown> {
  return JSON.parse((await run(program('SATCHEL_CLI_BIN', 'satchel'), ['status', receipt, '--json'])).stdout);
}

/** Made in the terminal: nobody ever opened a page for it. */
async function paste(server: Server, path: string): Promise<{ link: string; receipt: string }> {
  await writeFile(path, 'for a person');
  const { stdout } = await run(program('SATCHEL_CLI_BIN', 'satchel'), ['share', path, '--server', server.origin, '--json']);
  return JSON.parse(stdout) as { link: string; receipt: string };
}

test(`20 kinds of robots come ${VISITS} times, take all that a preview takes, and open nothing`, async ({ server }, info) => {
  test.setTimeout(300_000);
  const { link, receipt } = await paste(server, info.outputPath('paste.txt'));
  const fragment = link.split('#')[1] ?? '';
  // What is sent of a link: nothing behind the #, but for those who write it otherwise.
  const spellings = ['/', `/%23${fragment}`, `/?utm_source=x&url=%2523${fragment}`];
  expect(ROBOTS).toHaveLength(20);
  for (let visit = 0; visit < VISITS; visit += 1) {
    const agent = ROBOTS[visit % ROBOTS.length] ?? '';
    const page = await fetched(server.origin + (spellings[visit % spellings.length] ?? '/'), agent);
    expect(page.status).toBe(200);
    // A preview has a title and a picture to show, and none of it is about this paste.
    expect(page.body).toContain('<title>Satchel</title>');
    expect(page.body).not.toContain(fragment);
    const named = [...page.body.matchAll(/(?:href|src|content)="(\.?\/[^"]+)"/g)].map(([, path]) => new URL(path ?? '', server.origin).href);
    // Everything once for each robot; after that, what every visit begins with.
    for (const url of visit < ROBOTS.length ? named : named.slice(0, 2)) expect((await fetched(url, agent)).status).toBe(200);
    await fetched(server.origin + (GUESSED[visit % GUESSED.length] ?? ''), agent);
    await fetched(server.origin, agent, 'HEAD');
  }
  expect(await state(receipt)).toMatchObject({ state: 'stored', reads_left: 1, reads_used: 0, leases_running: 0, wrong_tries: 0 });
});

test('a browser that comes with the whole link, runs the page and waits presses nothing, and opens nothing', async ({ server, watched }, info) => {
  test.slow();
  const { link, receipt } = await paste(server, info.outputPath('paste.txt'));
  for (const agent of [ROBOTS[0] ?? '', ROBOTS[14] ?? '']) {
    const robot = await watched.newVisitor({ userAgent: agent });
    const asked: string[] = [];
    robot.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    if (!LONG) await robot.clock.install();
    await follow(robot, link);
    await expect(robot.getByRole('heading', { name: 'This opens once' })).toBeVisible();
    // Half a minute of the page's own clock; of a real one where there is time.
    if (LONG) await robot.waitForTimeout(30_000);
    else await robot.clock.runFor(30_000);
    await robot.mouse.move(200, 300);
    await robot.mouse.wheel(0, 2000);
    await robot.waitForLoadState('networkidle');
    expect(asked.filter((line) => /claim|content|confirm/.test(line))).toEqual([]);
    expect(asked.some((line) => line.endsWith('/probe'))).toBe(true);
  }
  expect(await state(receipt)).toMatchObject({ state: 'stored', reads_left: 1, reads_used: 0, leases_running: 0, wrong_tries: 0 });
});
