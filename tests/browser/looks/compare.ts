/**
 * Whether two pictures show the same, as an eye from afar says: not pixel by pixel, but by the average of small squares. Edges of letters, which each version
 * of a font or a browser draws a little otherwise, come out even; a button that is not there, another colour or a moved line does not (found.looks.ts).
 */
import sharp from 'sharp';

/**
 * Side of a square in pixels of the picture, and how far its average may be away in the channel where it is furthest, of 255. Measured: with the letters
 * fitted to pixels, which ours are not, the squares of the make view are away by up to 16 and 6; a button that is taken out by 81 and 41.
 */
const SQUARES = [{ side: 4, away: 20 }, { side: 8, away: 8 }] as const;

export interface Difference {
  /** For a person. */
  readonly what: string;
  /** What was seen, with red over the squares that differ. */
  readonly marked: Buffer;
}

/** Both are PNG. Null where they show the same. */
export async function difference(reference: Buffer, seen: Buffer): Promise<Difference | null> {
  const [wanted, { width, height }] = await Promise.all([sharp(reference).metadata(), sharp(seen).metadata()]);
  if (wanted.width !== width || wanted.height !== height) {
    return { what: `it is ${width} by ${height} pixels, not ${wanted.width} by ${wanted.height}`, marked: seen };
  }
  for (const { side, away } of SQUARES) {
    const columns = Math.ceil(width / side);
    const rows = Math.ceil(height / side);
    const [before, after] = await Promise.all([averages(reference, columns, rows), averages(seen, columns, rows)]);
    const red = Buffer.alloc(columns * rows * 4);
    let count = 0;
    for (let square = 0; square < columns * rows; square += 1) {
      const furthest = Math.max(...[0, 1, 2].map((channel) => Math.abs((before[square * 3 + channel] ?? 0) - (after[square * 3 + channel] ?? 0))));
      if (furthest <= away) continue;
      count += 1;
      red.set([255, 0, 0, 128], square * 4);
    }
    if (count === 0) continue;
    const over = await sharp(red, { raw: { width: columns, height: rows, channels: 4 } }).resize(width, height, { fit: 'fill', kernel: 'nearest' }).png().toBuffer();
    return { what: `${count} of ${columns * rows} squares differ by more than ${away} of 255`, marked: await sharp(seen).composite([{ input: over }]).png().toBuffer() };
  }
  return null;
}

/** Red, green and blue of each square. */
function averages(picture: Buffer, columns: number, rows: number): Promise<Buffer> {
  return sharp(picture).toColourspace('srgb').removeAlpha().resize(columns, rows, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
}
