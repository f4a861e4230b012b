/** Photographs: what their metadata tells. Reads the metadata alone, never the pixels. */
import ExifReader from 'exifreader';
import { Traces, type Look } from './finding';

type Group = Record<string, { readonly description?: unknown } | undefined>;

/** As the formats write them, but for spaces and strokes. */
const CAMERA = ['Make', 'Model', 'LensModel'];
const SERIAL = ['BodySerialNumber', 'CameraOwnerName', 'LensSerialNumber', 'SerialNumber', 'ImageUniqueID'];
const PERSON = ['Artist', 'Copyright', 'XPAuthor', 'Byline', 'WriterEditor', 'Author', 'creator'];
const COMMENT = ['ImageDescription', 'UserComment', 'XPComment', 'XPSubject', 'XPKeywords', 'XPTitle', 'CaptionAbstract', 'Keywords', 'Comment', 'Description', 'Title'];
const TIME = ['DateTimeOriginal', 'DateTimeDigitized', 'DateTime', 'DateCreated', 'CreationTime'];
const PROGRAM = ['Software', 'ProcessingSoftware', 'HostComputer', 'CreatorTool'];
/** Structure that any picture has, and that tells of nobody. */
const PLAIN_GROUPS = new Set(['file', 'jfif', 'pngFile', 'png', 'riff', 'gif', 'icc', 'composite']);

/** JPEG, PNG, WebP, HEIC, AVIF and TIFF. */
export function lookAtPicture(bytes: ArrayBuffer): Look {
  const traces = new Traces();
  let tags: Record<string, unknown>;
  try {
    tags = ExifReader.load(bytes, { expanded: true, includeUnknown: true }) as Record<string, unknown>;
  } catch {
    // Metadata that this reader cannot make out may well be made out by another.
    return lookBehind(bytes, traces).look(false);
  }
  const groups = Object.entries(tags).filter((entry): entry is [string, Group] => typeof entry[1] === 'object' && entry[1] !== null);
  lookForPlace(tags, traces);
  for (const [, named] of groups) {
    const group: Group = Object.fromEntries(Object.entries(named).map(([name, tag]) => [name.replaceAll(/[^A-Za-z]/g, ''), tag]));
    const said = (names: readonly string[]): string[] => names.flatMap((name) => textOf(group[name]?.description));
    const camera = said(CAMERA);
    if (camera.length > 0) traces.add('camera', [...new Set(camera)].join(' '));
    for (const value of said(SERIAL)) traces.add('camera', value);
    for (const value of said(PERSON)) traces.add('person', value);
    for (const value of said(COMMENT)) traces.add('comment', value);
    const [time] = said(TIME);
    traces.addSome('time', time?.replace(/^(\d{4}):(\d\d):/, '$1-$2-'));
    for (const value of said(PROGRAM)) traces.add('program', value);
  }
  if (tags['Thumbnail'] !== undefined) traces.add('thumbnail');
  const others = groups.filter(([name, group]) => !PLAIN_GROUPS.has(name) && Object.keys(group).length > 0);
  if (traces.look().state === 'none' && others.length > 0) traces.add('other');
  return lookBehind(bytes, traces).look();
}

/** The place as EXIF has it, or as an edited picture's XMP does. */
function lookForPlace(tags: Record<string, unknown>, traces: Traces): void {
  const gps = tags['gps'] as { Latitude?: number; Longitude?: number } | undefined;
  if (typeof gps?.Latitude === 'number' && typeof gps.Longitude === 'number') {
    return traces.add('place', `${gps.Latitude.toFixed(4)}, ${gps.Longitude.toFixed(4)}`);
  }
  const names = Object.values(tags).flatMap((group) => (typeof group === 'object' && group !== null ? Object.keys(group) : []));
  if (gps !== undefined || names.some((name) => /^GPS(?:Latitude|Longitude|Dest)/.test(name))) traces.add('place');
  else if (names.some((name) => /^(?:City|Sub-location|Country|Province)/.test(name))) traces.add('place');
}

/** XMP that stands anywhere, and what was hung on behind a JPEG's end: some cameras keep a video or a second picture there. */
function lookBehind(bytes: ArrayBuffer, traces: Traces): Traces {
  const all = new Uint8Array(bytes);
  const text = new TextDecoder('latin1').decode(all.subarray(0, 1 << 20));
  if (/exif:GPSL(?:at|ong)itude/.test(text)) traces.add('place');
  for (const [, name] of text.matchAll(/<dc:creator>\s*<rdf:Seq>\s*<rdf:li>([^<]{1,200})</g)) traces.addSome('person', name);
  if (text.includes('<x:xmpmeta') && traces.look().state === 'none') traces.add('other');
  if (all[0] === 0xff && all[1] === 0xd8) {
    const end = all.lastIndexOf(0xd9);
    if (end > 0 && all[end - 1] === 0xff && all.length - end > 1024) traces.add('behind');
  }
  return traces;
}

function textOf(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  const text = value.replaceAll('\0', '').trim();
  return text === '' || text === '[Unicode encoded text]' ? [] : [text];
}
