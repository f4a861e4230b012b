/**
 * Integrity for all that the page loads, written into index.html once all files lie on disk, so that what was hashed is what is served: on the tags that
 * load something at once, and in a list of what is loaded later (src/later.ts). No file holds another's hash but index.html: there is no circle.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';
import { restNames } from './vite.words.ts';

/** Tags of index.html that load something a browser checks against an `integrity` attribute. */
const LOADING_TAG = /<(?:script|link rel="(?:stylesheet|modulepreload)")(?=\s)[^>]*?\s(?:src|href)="\.?\/?([^"]+)"/g;
const FOLDER = 'assets';

/** The server's Integrity-Policy refuses a script without it. */
export function integrity(): Plugin {
  return {
    name: 'satchel-integrity',
    apply: 'build',
    async writeBundle({ dir = 'dist' }, bundle) {
      const page = join(dir, 'index.html');
      const html = await readFile(page, 'utf8');
      // What everybody fetches names some fifty files: with sha256 it is 700 bytes lighter, and a second preimage is out of reach all the same.
      const hashOf = async (file: string): Promise<string> =>
        `integrity="sha256-${createHash('sha256').update(await readFile(join(dir, file))).digest('base64')}"`;
      const atOnce = new Map<string, string>();
      for (const [tag, file = ''] of html.matchAll(LOADING_TAG)) atOnce.set(file, `${tag} ${await hashOf(file)}`);
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const problem = problemOf(chunks, new Set(atOnce.keys()));
      if (problem !== undefined) this.error(problem);
      const elsewhere = new Set(await restNames());
      const later = (await readdir(join(dir, FOLDER))).filter((name) => !elsewhere.has(name)).map((name) => `${FOLDER}/${name}`).filter((file) => !atOnce.has(file));
      const list: string[] = [];
      for (const file of later.sort()) {
        const needs = neededBy(file, chunks, atOnce);
        list.push(`    <link rel="later" href="./${file}" ${await hashOf(file)}${needs.length === 0 ? '' : ` data-needs="${needs.join(' ')}"`} />\n`);
      }
      const tags = [...atOnce.values()];
      await writeFile(page, html.replaceAll(LOADING_TAG, () => tags.shift() ?? '').replace('  </head>', `${list.join('')}  </head>`));
    },
  };
}

/** What src/later.ts can't do. */
function problemOf(chunks: readonly Rolldown.OutputChunk[], atOnce: ReadonlySet<string>): string | undefined {
  if (atOnce.size === 0) return 'index.html names no script';
  for (const chunk of chunks.filter(({ fileName }) => atOnce.has(fileName))) {
    const bare = chunk.imports.find((file) => !atOnce.has(file));
    if (bare !== undefined) return `${chunk.fileName} imports ${bare}, which would come without integrity`;
  }
  const names = chunks.filter(({ isDynamicEntry }) => isDynamicEntry).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `two pieces are called ${twice}`;
}

/** What `file` imports, and what that imports, beside what is loaded at once: each behind all that it imports itself. */
function neededBy(file: string, chunks: readonly Rolldown.OutputChunk[], atOnce: ReadonlyMap<string, string>): string[] {
  const seen = new Set([file]);
  const needed: string[] = [];
  const visit = (each: string): void => {
    for (const next of chunks.find(({ fileName }) => fileName === each)?.imports ?? []) {
      if (atOnce.has(next) || seen.has(next)) continue;
      seen.add(next);
      visit(next);
      needed.push(next);
    }
  };
  visit(file);
  return needed.map((each) => `./${each}`);
}
