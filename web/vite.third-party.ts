/** No package comes into the page that public/third-party.txt (third-party.mjs) does not name with its licence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { packagesOf, unnamed } from './bundled.mjs';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Vite's name for it, and our own line in its place (vite.config.ts). */
const OURS = '\0vite/preload-helper.js';

/** To be put before what changes the bundle. */
export function named(): Plugin {
  return {
    name: 'satchel-third-party',
    apply: 'build',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const packages = packagesOf(chunks.flatMap(({ modules }) => Object.keys(modules).filter((id) => id !== OURS && (modules[id]?.renderedLength ?? 0) > 0)));
      const versioned = packages.map(({ name, folder = at(`node_modules/${name}`) }) => {
        const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
        return { name, version };
      });
      const missing = unnamed(versioned, readFileSync(at('public/third-party.txt'), 'utf8'));
      if (missing.length > 0) this.error(`public/third-party.txt does not name ${missing.join(', ')}: cargo xtask licences`);
    },
  };
}
