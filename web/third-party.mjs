/**
 * public/third-party.txt: whose work is in Satchel's programs and page beside its own, with the words of each licence. `cargo xtask licences` writes it; with
 * `--check` it only says that it is no longer right. vite.third-party.ts sees to it that nothing comes into the page that is not named there.
 *
 * Cargo and the lock file say what is there, and each package's own files what its terms are. Of a package that may be had under MIT among others, MIT is what
 * we took: one text instead of two, and the shortest.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crates, packages, PROGRAMS } from './built-in.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const OUT = at('public/third-party.txt');
const PAPERS = /^(?:licen[sc]e|copying|copyright|notice|unlicense)/i;
const RULE = '='.repeat(100);
/** Where a package has no paper of its own: the text of the licence that it names. */
const STANDARD = {
  MIT: (owner) => `MIT License

Copyright (c) ${owner}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`,
};
/** Packages without a paper whose text stands with another one of the same repository. */
const SAME_PAPER = { 'alloc-stdlib': 'alloc-no-stdlib' };

function papersOf({ name, folder, terms, owner }, all) {
  const names = readdirSync(folder).filter((file) => PAPERS.test(file) && statSync(join(folder, file)).isFile()).sort();
  const choice = /\bMIT\b/.test(terms) && !/\bAND\b/.test(terms);
  const mit = names.filter((file) => /mit/i.test(file));
  const taken = choice && mit.length > 0 ? [...mit, ...names.filter((file) => /^notice/i.test(file))] : names;
  if (taken.length > 0) return taken.map((file) => tidy(readFileSync(join(folder, file), 'utf8')));
  const like = all.find((each) => each.name === SAME_PAPER[name]);
  if (like !== undefined) return papersOf(like, all);
  if (!choice || owner === '') throw new Error(`${name} has no paper that says its terms (${terms}): web/third-party.mjs`);
  return [STANDARD.MIT(owner)];
}

function tidy(text) {
  return text.replace(/\r\n?/g, '\n').replace(/[ \t]+$/gm, '').trim();
}

/** By code units: no locale has a say. */
const sorted = (lines) => [...lines].sort((a, b) => (a < b ? -1 : Number(a > b)));

function written() {
  const std = { name: 'the standard library of Rust', version: '', terms: 'MIT OR Apache-2.0', from: 'https://github.com/rust-lang/rust', parts: PROGRAMS.map(({ called }) => called) };
  const all = [...crates(), ...packages()];
  const byText = new Map([[STANDARD.MIT('The Rust Project Contributors'), [std]]]);
  for (const each of all) for (const text of papersOf(each, all)) byText.set(text, [...(byText.get(text) ?? []), each]);
  const line = ({ name, version, terms, from, parts }) => `${[name, version].filter(Boolean).join(' ')} (${parts.join(', ')}): ${terms}${from === '' ? '' : `, ${from}`}`;
  const blocks = [...byText].map(([text, owners]) => `${sorted(new Set(owners.map(line))).join('\n')}\n\n${text}`);
  return `Satchel's programs and its page have the work of others in them. What follows is whose it is, in which of them, and on which terms; where it can be had is named with each,
and it is in Satchel as it is there. SQLite, which the server has in it, is in the public domain. Satchel itself is MIT OR Apache-2.0.

${RULE}\n${sorted(blocks).join(`\n\n${RULE}\n`)}\n`;
}

const text = written();
if (process.argv.includes('--check')) {
  if (!existsSync(OUT) || readFileSync(OUT, 'utf8') !== text) {
    console.error('web/public/third-party.txt does not name what is built in now: cargo xtask licences');
    process.exit(1);
  }
} else {
  writeFileSync(OUT, text);
}
