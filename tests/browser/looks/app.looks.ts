/** The pictures that a device shows for the app (web/public/app-*.png) are drawn from the mark, icon.svg; `cargo xtask screenshots --update` draws them anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from '../fixture';
import { PROJECT } from '../server';
import { UPDATING } from './camera';

const PUBLIC = join(PROJECT, 'web', 'public');
const MARK = readFileSync(join(PUBLIC, 'icon.svg'), 'utf8');
/** Side of what the mark is drawn in, in units of its own. */
const SIDE = 32;
/** Of 255, in the channel and the pixel where it is furthest: another version of what draws may round otherwise. */
const AWAY = 6;

interface Icon {
  readonly src: string;
  readonly sizes: string;
  readonly type: string;
  readonly purpose: string;
}

/** With the ground to the edges, and the mark in the middle, where no device cuts: within 40 % of the side. https://www.w3.org/TR/appmanifest/#icon-masks */
function maskable(svg: string): string {
  const [, head, ground, mark] = /^(<svg[^>]*>)(<rect[^>]*>)(.*)<\/svg>\s*$/s.exec(svg) ?? [];
  if (head === undefined || ground === undefined || mark === undefined) throw new Error('the mark is no longer a ground and what stands on it');
  return `${head}${ground.replace(/ rx="[^"]*"/, '')}<g transform="translate(${SIDE / 8} ${SIDE / 8}) scale(0.75)">${mark}</g></svg>`;
}

function drawn(svg: string, side: number): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: (72 * side) / SIDE }).resize(side, side).png({ compressionLevel: 9 }).toBuffer();
}

async function furthest(one: Buffer, other: Buffer): Promise<number> {
  const [a, b] = await Promise.all([one, other].map((picture) => sharp(picture).toColourspace('srgb').ensureAlpha().raw().toBuffer()));
  if (a === undefined || b === undefined || a.length !== b.length) return 255;
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0);
}

test('each picture of the app is its mark', async () => {
  const { icons } = JSON.parse(readFileSync(join(PUBLIC, 'app.webmanifest'), 'utf8')) as { icons: Icon[] };
  const pictures = icons.filter(({ type }) => type === 'image/png');
  expect(pictures.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual(['192x192 any', '512x512 any', '512x512 maskable']);
  for (const { src, sizes, purpose } of pictures) {
    const path = join(PUBLIC, src);
    const draw = (mark: string): Promise<Buffer> => drawn(purpose === 'maskable' ? maskable(mark) : mark, Number.parseInt(sizes, 10));
    const wanted = await draw(MARK);
    if (UPDATING && (await furthest(readFileSync(path), wanted)) > AWAY) writeFileSync(path, wanted);
    const there = readFileSync(path);
    expect(await furthest(there, wanted), `${src}: cargo xtask screenshots --update`).toBeLessThanOrEqual(AWAY);
    // Of another mark it would be another.
    expect(await furthest(there, await draw(MARK.replace('M7 8h18', 'M7 9h18')))).toBeGreaterThan(AWAY);
    expect(await furthest(there, await draw(MARK.replace('#0d5c55', '#0d5c65')))).toBeGreaterThan(AWAY);
  }
});
