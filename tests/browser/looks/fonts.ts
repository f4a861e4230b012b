/**
 * The same letters on every machine: the browser that takes pictures sees the fonts of one npm package, whose lock file names their bytes, and no others.
 * So a picture changes with the page and hardly with the machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PROJECT } from '../server';

/** Writes a configuration for fontconfig that knows nothing else, and gives its path. `hints`: how letters are fitted to pixels. */
export function fontsOnly(hints: 'hintnone' | 'hintslight' | 'hintfull' = 'hintnone'): string {
  const folder = join(PROJECT, 'target', 'screenshots-fonts');
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const path = join(folder, `${hints}.conf`);
  mkdirSync(folder, { recursive: true });
  const alias = (family: string, font: string): string =>
    `<match target="pattern"><test name="family"><string>${family}</string></test><edit name="family" mode="assign" binding="strong"><string>${font}</string></edit></match>`;
  writeFileSync(
    path,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<dir>${fonts}</dir><cachedir>${join(folder, 'cache')}</cachedir>
${['system-ui', 'sans-serif', 'Roboto', 'Noto Sans', 'Helvetica Neue', 'Segoe UI'].map((family) => alias(family, 'DejaVu Sans')).join('\n')}
${['monospace', 'ui-monospace'].map((family) => alias(family, 'DejaVu Sans Mono')).join('\n')}
<match target="font"><edit name="antialias"><bool>true</bool></edit><edit name="hinting"><bool>${hints !== 'hintnone'}</bool></edit><edit name="hintstyle"><const>${hints}</const></edit><edit name="rgba"><const>none</const></edit></match>
</fontconfig>
`,
  );
  return path;
}
