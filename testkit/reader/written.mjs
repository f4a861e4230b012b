// The reader over what the command line writes, in every form that it has: `node testkit/reader/written.mjs SATCHEL`, the program to run.
// Exit code 1 when one fails.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { Rejected, from, sha256 } from './bytes.mjs';
import { opened } from './open.mjs';

const satchel = argv[2];
if (!satchel) {
  console.error('usage: written.mjs SATCHEL');
  process.exit(2);
}
const desk = mkdtempSync(join(tmpdir(), 'satchel-written-'));
const at = (...parts) => join(desk, ...parts);
const read = (...parts) => readFileSync(at(...parts));
const text = (...parts) => read(...parts).toString('utf8');
const run = (args, input) => execFileSync(satchel, args, { cwd: desk, input: input ?? '', maxBuffer: 2 ** 26, stdio: ['pipe', 'pipe', 'ignore'] });

const equal = (what, got, expected) => {
  if (got !== expected) throw new Error(`${what}: ${got} instead of ${expected}`);
};
// The entries as lines; what is expected is [name, content], a folder's name ending in `/`.
const listed = (entries) => entries.map(({ name, content }) => `${name ?? '-'} ${content.length} ${sha256(content).toString('hex')}`).sort().join('\n');
function opens(file, pairs, ...expected) {
  const members = opened(file, pairs).map(listed).sort();
  equal('entries', members.join('\n\n'), expected.map((pairsOf) => listed(pairsOf.map(([name, content]) => ({ name, content })))).sort().join('\n\n'));
}
function refuses(file, pairs, verdict) {
  try {
    opened(file, pairs);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return equal('verdict', error.message, verdict);
  }
  throw new Error(`it opened, instead of ${verdict}`);
}

// Three segments of bytes that are not all alike.
const plan = Buffer.from(Array.from({ length: 600_000 }, (_, index) => (index * 7 + (index >> 9)) & 0xff));
const note = from('Встреча в шесть.\n');
const WORDS = 'Ночная смена';
const passphrase = ['passphrase', WORDS];

function prepare() {
  writeFileSync(at('plan.bin'), plan);
  writeFileSync(at('words'), `${WORDS}\n`);
  writeFileSync(at('others'), 'another one\n');
  mkdirSync(at('plans', 'spring'), { recursive: true });
  mkdirSync(at('plans', 'empty'));
  writeFileSync(at('plans', 'spring', 'встреча.txt'), note);
  writeFileSync(at('plans', 'nothing'), '');
  for (const who of ['ana', 'bo', 'kitchen', 'care', 'stranger']) writeFileSync(at(`${who}.pub`), run(['keygen', '-o', `${who}.key`]));
  writeFileSync(at('committee.txt'), `# the committee\n${text('ana.pub')}\n${text('bo.pub')}`);
}
const identity = (who) => ['identity', text(`${who}.key`)];
const PLAN = ['plan.bin', plan];

const CHECKS = {
  'a file under a passphrase': () => {
    run(['encrypt', 'plan.bin', '-o', 'passphrase.satchel', '--passphrase-file', 'words']);
    opens(read('passphrase.satchel'), [passphrase], [PLAN]);
    refuses(read('passphrase.satchel'), [['passphrase', 'another one']], 'wrong_key');
  },
  'a folder sealed to recipients': () => {
    run(['encrypt', 'plans', '-R', 'committee.txt', '-r', text('care.pub').trim(), '-o', 'recipients.satchel']);
    const plans = [['plans/empty/', from('')], ['plans/nothing', from('')], ['plans/spring/встреча.txt', note]];
    for (const who of ['ana', 'bo', 'care']) opens(read('recipients.satchel'), [identity(who)], plans);
    refuses(read('recipients.satchel'), [identity('stranger')], 'wrong_key');
  },
  'standard input, its length unknown': () => {
    writeFileSync(at('stream.satchel'), run(['encrypt', '-r', text('ana.pub').trim()], plan));
    opens(read('stream.satchel'), [identity('ana')], [[undefined, plan]]);
  },
  'nothing at all': () => {
    writeFileSync(at('nothing.satchel'), run(['encrypt', '-r', text('ana.pub').trim()], ''));
    opens(read('nothing.satchel'), [identity('ana')], [[undefined, from('')]]);
  },
  'a key that is sealed itself': () => {
    const recipient = run(['keygen', '-o', 'sealed.key', '--passphrase-file', 'words']).toString().trim();
    run(['encrypt', 'plan.bin', '-r', recipient, '-o', 'by-sealed.satchel']);
    const [[{ content }]] = opened(read('sealed.key'), [passphrase]);
    opens(read('by-sealed.satchel'), [['identity', content.toString()]], [PLAN]);
  },
  'recovery shares, three of five, as code and as words': () => {
    run(['encrypt', 'plan.bin', '-r', text('ana.pub').trim(), '-o', 'shared.satchel']);
    run(['split', 'shared.satchel', '-k', '3', '-n', '5', '-o', 'shares', '-i', 'ana.key']);
    const shares = readdirSync(at('shares')).filter((name) => name.endsWith('.txt')).sort().map((name) => ['share', text('shares', name)]);
    equal('shares', shares.length, 5);
    for (let one = 0; one < 5; one++) for (let two = one + 1; two < 5; two++) {
      for (let three = two + 1; three < 5; three++) opens(read('shared.satchel'), [shares[one], shares[two], shares[three]], [PLAN]);
      refuses(read('shared.satchel'), [shares[one], shares[two]], 'too_few_shares');
    }
    opens(read('shared.satchel'), [identity('ana')], [PLAN]);
  },
  'what was rekeyed twice': () => {
    run(['encrypt', 'plan.bin', '-o', 'rekeyed.satchel', '--passphrase-file', 'words']);
    run(['rekey', 'rekeyed.satchel', '--passphrase-file', 'words', '--add-passphrase-file', 'others']);
    for (const words of [WORDS, 'another one']) opens(read('rekeyed.satchel'), [['passphrase', words]], [PLAN]);
    run(['rekey', 'rekeyed.satchel', '--passphrase-file', 'words', '--remove-this']);
    opens(read('rekeyed.satchel'), [['passphrase', 'another one']], [PLAN]);
    refuses(read('rekeyed.satchel'), [passphrase], 'wrong_key');
  },
  'more recipients than there was room for': () => {
    run(['encrypt', 'plan.bin', '-r', text('ana.pub').trim(), '-o', 'grown.satchel']);
    const many = Array.from({ length: 20 }, () => run(['keygen']).toString());
    writeFileSync(at('many.txt'), many.map((key) => key.match(/age1pq1\S+/)[0]).join('\n'));
    run(['rekey', 'grown.satchel', '-i', 'ana.key', '-R', 'many.txt']);
    for (const key of [text('ana.key'), many[0], many[19]]) opens(read('grown.satchel'), [['identity', key]], [PLAN]);
  },
  'a member list by department': () => {
    writeFileSync(at('members.csv'), '\ufeffName;Department\r\n"Müller; Jo";Kitchen\r\nIvan;Care\r\n夜;Kitchen\r\n');
    writeFileSync(at('to.toml'), 'committee = ["ana.pub"]\n[departments]\nKitchen = "kitchen.pub"\nCare = "care.pub"\n');
    run(['encrypt', 'members.csv', '--split-by', 'Department', '--to', 'to.toml', '-o', 'members.satchel']);
    const contents = (who) => opened(read('members.satchel'), [identity(who)]).flat().map(({ content }) => content.toString()).sort().join('|');
    const [kitchen, care] = ['\ufeffName;Department\r\n"Müller; Jo";Kitchen\r\n夜;Kitchen\r\n', '\ufeffName;Department\r\nIvan;Care\r\n'];
    equal('of the kitchen', contents('kitchen'), kitchen);
    equal('of care', contents('care'), care);
    equal('of the committee', contents('ana'), [kitchen, care].sort().join('|'));
    refuses(read('members.satchel'), [identity('stranger')], 'wrong_key');
  },
  'a letter': () => {
    run(['encrypt', 'plan.bin', '--html', 'letter.html', '--passphrase-file', 'words']);
    opens(read('letter.html'), [passphrase], [PLAN]);
  },
};

let [passed, failed] = [0, 0];
try {
  prepare();
  for (const [what, check] of Object.entries(CHECKS)) {
    let answer = 'ok';
    try {
      check();
      passed++;
    } catch (error) {
      failed++;
      answer = String(error.stack);
    }
    console.log(`${answer === 'ok' ? 'ok  ' : 'FAIL'}  written: ${what}${answer === 'ok' ? '' : `  ${answer}`}`);
  }
} finally {
  rmSync(desk, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed || !passed ? 1 : 0;
