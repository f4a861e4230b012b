/**
 * dist/ -> dist/page-manifest.json: every file of the page with its length and hash, and what built it. The last step of the build.
 * server/build.rs and cli/build.rs take it in, `satchel verify-server` compares; docs/operations.md says how it is laid out.
 * It does not name itself. Nothing in it depends on when, where or by whom it was written.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const json = (path) => JSON.parse(readFileSync(at(path), 'utf8'));
const NAME = 'page-manifest.json';
/** What has a say in the bytes of the page, beside Node itself. */
const TOOLS = ['binaryen', 'svelte', 'vite'];

const described = (path) => {
  const bytes = readFileSync(path);
  return { bytes: bytes.length, sha384: createHash('sha384').update(bytes).digest('base64') };
};

/** By code units, which for these names is by bytes: no locale has a say. */
const sorted = (names) => [...names].sort((a, b) => (a < b ? -1 : Number(a > b)));

function filesBelow(folder) {
  const entries = readdirSync(at(`dist/${folder}`), { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? filesBelow(`${folder}${entry.name}/`) : [`${folder}${entry.name}`]));
}

function toolchain() {
  const installed = TOOLS.map((name) => [name, json(`node_modules/${name}/package.json`).version]);
  const all = { ...json('src/gen/toolchain.json'), ...Object.fromEntries(installed), node: process.version.slice(1) };
  return Object.fromEntries(sorted(Object.keys(all)).map((name) => [name, all[name]]));
}

/** One line for each file, so that two manifests are compared by eye. */
function object(entries, indent) {
  const lines = entries.map(([name, value]) => `${indent}  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

const files = sorted(filesBelow('')).filter((name) => name !== NAME);
const letter = at('dist-letter/letter.html');
const parts = [
  `  "version": ${JSON.stringify(json('package.json').version)}`,
  `  "toolchain": ${object(Object.entries(toolchain()), '  ')}`,
  `  "files": ${object(files.map((name) => [`/${name}`, described(at(`dist/${name}`))]), '  ')}`,
  ...(existsSync(letter) ? [`  "letter": ${JSON.stringify(described(letter))}`] : []),
];
const text = `{\n${parts.join(',\n')}\n}\n`;
JSON.parse(text);
writeFileSync(at(`dist/${NAME}`), text);
