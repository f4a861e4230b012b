// Foreign tus clients put real containers on a server, cut off in the middle, and `satchel get` opens what they put there:
// `node tests/clients/run.mjs SATCHEL SATCHEL_SERVER [PYTHON]`, a Python that has tuspy. Exit code 1 when one fails.

import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { derive, parseLink } from '../../testkit/reader/link.mjs';
import { Line } from './line.mjs';

const [, , satchel, satchelServer, python] = argv;
if (!satchelServer) {
  console.error('usage: run.mjs SATCHEL SATCHEL_SERVER [PYTHON]');
  process.exit(2);
}
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const JS = [execPath, here('upload.mjs')];
const PY = python && [python, here('upload.py')];
const FILE_LEN = 3_000_000;
const rounds = process.env.SATCHEL_LONG ? 25 : 1;
const desk = mkdtempSync(join(tmpdir(), 'satchel-clients-'));
const text = (bytes) => Buffer.from(bytes).toString('base64url');
const run = (...args) => execFileSync(satchel, args, { cwd: desk, env: { ...process.env, HOME: desk }, stdio: ['ignore', 'pipe', 'pipe'] });
const need = (right, what) => {
  if (!right) throw new Error(what);
};

async function serve(data) {
  mkdirSync(data, { recursive: true });
  const server = spawn(satchelServer, ['serve', '--listen', '127.0.0.1:0', '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface(server.stdout), 'line');
  server.url = /http:\/\/[\d.:]+/.exec(line)[0];
  server.port = Number(new URL(server.url).port);
  return server;
}

async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

// A container that `satchel share` made, its link, and the tokens that a new creator of it would have.
async function sealed(origin, number) {
  const content = randomBytes(FILE_LEN);
  const name = `plan-${number}.bin`;
  writeFileSync(join(desk, name), content);
  const { link } = JSON.parse(run('share', name, '--server', origin.url, '--json'));
  const fragment = new URL(link).hash;
  const { id, probeToken, claimToken } = derive(parseLink(fragment.slice(1)));
  const headers = { Authorization: `Bearer ${text(claimToken)}`, 'Satchel-Probe': text(probeToken), 'Satchel-Lease': text(randomBytes(32)) };
  const answer = await fetch(`${origin.url}/api/v1/pastes/${text(id)}/claim`, { method: 'POST', headers });
  need(answer.ok, `the claim: ${answer.status}`);
  const container = Buffer.from(await answer.arrayBuffer());
  const [token, hash] = [randomBytes(32), (bytes) => text(createHash('sha256').update(bytes).digest())];
  const hashes = { probe: hash(probeToken), claim: hash(claimToken), receipt: hash(token) };
  const metadata = { id: text(id), ...hashes, expires_in: '3600', reads: '1' };
  return { content, container, fragment, token: text(token), metadata };
}

class Upload {
  constructor(client, line, document, options) {
    const file = join(desk, `${document.metadata.id}.satchel`);
    const [urls, plan] = [`${file}.urls`, `${file}.plan`];
    writeFileSync(file, document.container);
    const { token, metadata } = document;
    const chunk = document.container.length;
    writeFileSync(plan, JSON.stringify({ endpoint: `${line.url}/api/v1/pastes`, file, urls, token, metadata, chunk, duringCreation: false, retries: 0, ...options }));
    this.command = [...client, plan];
  }

  start() {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { cwd: here('.'), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += bytes));
    child.done = once(child, 'close').then(([code]) => need(code === 0 && /^uploaded$/m.test(said), `the client ended with ${code}: ${said}`));
    child.done.catch(() => {});
    return child;
  }
}

const anywhere = (container) => 100_000 + Math.floor(Math.random() * (container.length - 200_000));
const resumed = ({ asked }, len) => {
  need(asked.filter(({ method }) => method === 'POST').length === 1, 'it was created once');
  need(asked.some(({ method, offset }) => method === 'PATCH' && offset > 0 && offset < len), 'it went on in the middle');
};

// The client is killed while it sends; another process of it finds the URL that the first one kept.
async function killed(client, line, document, options) {
  const upload = new Upload(client, line, document, options);
  const cut = line.cutAfter(anywhere(document.container));
  const first = upload.start();
  await Promise.race([cut, first.done.then(() => need(false, 'it was not cut'))]);
  await end(first, 'SIGKILL');
  const before = line.asked.length;
  await upload.start().done;
  need(line.asked[before]?.method === 'HEAD', 'the new process asks where the upload stands');
  resumed(line, document.container.length);
}

// The connection is cut twice under one client, which goes on by itself.
async function cut(client, line, document, options) {
  const third = Math.floor(document.container.length / 3);
  let again;
  const first = line.cutAfter(third).then(() => (again = line.cutAfter(third)));
  await new Upload(client, line, document, { retries: 5, ...options }).start().done;
  await first;
  await again;
  resumed(line, document.container.length);
}

// The server is killed while the client sends, and started again on what is left of it.
async function crashed(client, line, document, options) {
  const upload = new Upload(client, line, document, { retries: 60, ...options });
  const half = line.cutAfter(anywhere(document.container));
  const { done } = upload.start();
  await Promise.race([half, done.then(() => need(false, 'it was not cut'))]);
  await end(target, 'SIGKILL');
  target = await serve(join(desk, 'target'));
  line.to = target.port;
  await done;
  resumed(line, document.container.length);
}

const WAYS = [
  ['tus-js-client, killed in one long request', JS, killed, {}],
  ['tus-js-client, cut twice in chunks of 256 KiB, the first with the creation', JS, cut, { chunk: 262_144, duringCreation: true }],
  ['tus-js-client, its server killed', JS, crashed, { chunk: 500_000 }],
  ['tuspy, killed in one long request', PY, killed, {}],
  ['tuspy, cut twice in chunks of 700,000 bytes', PY, cut, { chunk: 700_000 }],
  ['tuspy, its server killed', PY, crashed, { chunk: 500_000 }],
];

let [passed, failed, skipped, opened] = [0, 0, 0, { tuspy: 0, 'tus-js-client': 0 }];
const origin = await serve(join(desk, 'origin'));
let target = await serve(join(desk, 'target'));

async function attempt(what, client, interrupt, options, number) {
  const document = await sealed(origin, number);
  const line = await new Line(target.port).open();
  try {
    await interrupt(client, line, document, options);
  } finally {
    line.close();
  }
  run('get', `${target.url}/${document.fragment}`, '-o', `opened-${number}`);
  need(readFileSync(join(desk, `opened-${number}`)).equals(document.content), 'other bytes came out');
  opened[what.split(',')[0]]++;
}

try {
  for (const [at, [what, client, interrupt, options]] of WAYS.entries()) {
    if (!client) {
      skipped++;
      console.log(`skip  ${what}: no Python`);
      continue;
    }
    let answer = 'ok';
    try {
      for (let round = 0; round < rounds; round++) await attempt(what, client, interrupt, options, at * rounds + round);
      passed++;
    } catch (error) {
      failed++;
      answer = String(error.stack) + String(error.stderr ?? '');
    }
    console.log(`${answer === 'ok' ? 'ok  ' : 'FAIL'}  ${what}${answer === 'ok' ? '' : `  ${answer}`}`);
  }
} finally {
  for (const server of [origin, target]) await end(server, 'SIGTERM');
  rmSync(desk, { recursive: true });
}
for (const [client, count] of Object.entries(opened)) {
  if (count) console.log(`figure: containers uploaded by ${client}, interrupted, that satchel get opened: ${count} of ${3 * rounds}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed || !passed ? 1 : 0;
