/**
 * Whose work is in Satchel's programs and page beside its own: by name, version and terms. third-party.mjs writes the words of their licences, sbom.mjs a list
 * for machines.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
/** What people get, and the machine for which it is asked what goes into it. */
export const PROGRAMS = [
  { crate: 'satchel', called: 'command line', platform: 'x86_64-unknown-linux-gnu' },
  { crate: 'satchel-server', called: 'server', platform: 'x86_64-unknown-linux-gnu' },
  { crate: 'satchel-client-wasm', called: 'page', platform: 'wasm32-unknown-unknown' },
];
/** Of what only builds the page, what goes into it. */
const BUILT_IN = ['svelte', 'esm-env', 'clsx', 'rolldown'];
/** Of what the page depends on, what does not: types, and the command line of a library. */
const LEFT_OUT = ['@types/hast', '@types/unist', 'argparse'];

/** Every crate that is linked into one of the programs: not what builds them, tests them or only runs in the compiler. */
export function crates() {
  const found = new Map();
  for (const { crate, called, platform } of PROGRAMS) {
    const asked = ['metadata', '--format-version', '1', '--locked', '--filter-platform', platform];
    const { packages, resolve } = JSON.parse(execFileSync(process.env['CARGO'] ?? 'cargo', asked, { cwd: at('..'), maxBuffer: 1 << 28, encoding: 'utf8' }));
    const byId = new Map(packages.map((each) => [each.id, each]));
    const nodes = new Map(resolve.nodes.map((each) => [each.id, each]));
    const seen = new Set();
    const visit = (id) => {
      const { name, version, source, license, repository, manifest_path: manifest, authors, targets } = byId.get(id);
      if (seen.has(id) || targets.some(({ kind }) => kind.includes('proc-macro'))) return;
      seen.add(id);
      for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
      if (source === null) return;
      const before = found.get(id) ?? { name, version, terms: license, from: repository ?? '', folder: dirname(manifest), owner: authors.join(', '), parts: [] };
      found.set(id, { ...before, parts: [...before.parts, called] });
    };
    visit(packages.find((each) => each.name === crate && each.source === null).id);
  }
  return [...found.values()];
}

/** What the page is built with and carries along. */
export function packages() {
  const { packages: all } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
  const names = Object.entries(all).map(([path, { dev }]) => ({ name: path.replace('node_modules/', ''), dev: dev === true }));
  const wanted = names.filter(({ name, dev }) => name !== '' && (!dev || BUILT_IN.includes(name)) && !LEFT_OUT.includes(name));
  return wanted.map(({ name }) => {
    const folder = at(`node_modules/${name}`);
    const { version, license, repository, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const from = addressOf(typeof repository === 'string' ? repository : (repository?.url ?? ''));
    return { name, version, terms: license, from, folder, owner: typeof author === 'string' ? author : (author?.name ?? ''), parts: ['page'] };
  });
}

/** npm takes `git+https://…`, `git://…` and `owner/name` as well. */
function addressOf(repository) {
  const address = repository.replace(/^git\+|\.git$/g, '').replace(/^(?:git|ssh):\/\/(?:git@)?/, 'https://');
  return address.replace(/^(?:github:)?([\w.-]+\/[\w.-]+)$/, 'https://github.com/$1');
}
