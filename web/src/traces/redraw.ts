/** A picture drawn anew: its pixels in a new file, and nothing else of the old one. */
import type { SourceFile } from '../vault';

/** Quality of a new JPEG or WebP. */
const QUALITY = 0.92;
/** Largest picture that is drawn anew, in pixels: phones refuse larger canvases, and give an empty one. */
const PIXELS_MAX = 64_000_000;

const KINDS: readonly (readonly [string, string])[] = [
  ['\xff\xd8\xff', 'image/jpeg'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['RIFF', 'image/webp'],
];

export type Redrawn = { readonly state: 'redrawn'; readonly source: SourceFile } | { readonly state: 'failed' };

/** Whether `redraw` knows how: JPEG, PNG and WebP that do not move. */
export async function canRedraw({ file }: SourceFile): Promise<boolean> {
  return (await typeOf(file)) !== undefined && canvasTells();
}

/** The same picture under the same path. A browser that would draw something else (Tor Browser's canvas, unasked) is found out beforehand. */
export async function redraw(source: SourceFile): Promise<Redrawn> {
  const type = await typeOf(source.file);
  if (type === undefined || !canvasTells()) return { state: 'failed' };
  try {
    const picture = await createImageBitmap(source.file);
    const { width, height } = picture;
    if (width * height > PIXELS_MAX) return { state: 'failed' };
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    canvas.getContext('2d')?.drawImage(picture, 0, 0);
    picture.close();
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, QUALITY));
    if (blob === null || blob.type !== type) return { state: 'failed' };
    return { state: 'redrawn', source: { path: source.path, file: new File([blob], source.file.name, { type }) } };
  } catch {
    return { state: 'failed' };
  }
}

async function typeOf(file: File): Promise<string | undefined> {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 4096).arrayBuffer()));
  const type = KINDS.find(([begins]) => head.startsWith(begins))?.[1];
  if (type === 'image/webp' && (!head.startsWith('WEBP', 8) || head.includes('ANIM'))) return undefined;
  return type === 'image/png' && head.includes('acTL') ? undefined : type;
}

/** False where the browser gives other pixels than were drawn, so that nobody is told apart by them. */
function canvasTells(): boolean {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 4, height: 4 });
  const context = canvas.getContext('2d');
  if (context === null) return false;
  const drawn = Array.from({ length: 16 }, (_, at) => [(at * 53) % 256, (at * 101) % 256, (at * 17) % 256, 255]).flat();
  context.putImageData(new ImageData(new Uint8ClampedArray(drawn), 4, 4), 0, 0);
  const read = context.getImageData(0, 0, 4, 4).data;
  return drawn.every((value, at) => read[at] === value);
}
