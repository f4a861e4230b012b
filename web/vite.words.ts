/** Puts the words that the first view does not need beside the other files of the page (split-words.mjs). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';

const REST = fileURLToPath(new URL('src/gen/words/rest', import.meta.url));

/** Their names: the first words of each language name them, and no other file does. */
export function restNames(): Promise<string[]> {
  return readdir(REST);
}

export function restOfWords(): Plugin {
  return {
    name: 'satchel-words',
    apply: 'build',
    async generateBundle() {
      for (const name of await restNames()) this.emitFile({ type: 'asset', fileName: `assets/${name}`, source: await readFile(join(REST, name)) });
    },
  };
}
