/** Files that tell more than one sees, made here: photographs with EXIF, a PDF with an author, an office file with names in it. */
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import type { Upload } from './people';

export const PLACE = '52.5163, 13.3777';
export const CAMERA = 'Fairphone FP5';
const LATITUDE = [52, 30, 58.68];
const LONGITUDE = [13, 22, 39.72];

type Value = string | number | readonly number[];

/** Pixels as the browser packs them. */
async function packed(page: Page, type: string, width: number, height: number): Promise<Buffer> {
  const url = await page.evaluate(
    ([type, width, height]) => {
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width, height });
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('no canvas');
      context.fillStyle = 'teal';
      context.fillRect(0, 0, width, height);
      context.fillStyle = 'orange';
      context.fillRect(0, 0, width / 2, height / 4);
      return canvas.toDataURL(type, 0.9);
    },
    [type, width, height] as const,
  );
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
}

/** Camera, time, place, and that the picture lies on its side. */
export function exif(): Buffer {
  const dms = (values: readonly number[]): Buffer =>
    Buffer.concat(values.map((value) => Buffer.concat([long(Math.round(value * 100)), long(100)])));
  const first = entries(8, [
    [0x010f, CAMERA.split(' ')[0] ?? ''],
    [0x0110, CAMERA.split(' ')[1] ?? ''],
    [0x0112, 6],
    [0x0132, '2026:11:02 18:04:11'],
    [0x8825, [0]],
  ]);
  const place = 8 + first.length;
  first.writeUInt32LE(place, first.lastIndexOf(Buffer.from([0x25, 0x88])) + 8);
  const gps = entries(place, [[0x0001, 'N'], [0x0002, dms(LATITUDE)], [0x0003, 'E'], [0x0004, dms(LONGITUDE)]]);
  return Buffer.concat([Buffer.from('II*\0'), long(8), first, gps]);
}

/** One directory of TIFF, little-endian: strings, one short, one long, or fractions. */
function entries(at: number, list: readonly (readonly [number, Value | Buffer])[]): Buffer {
  const head = Buffer.alloc(2 + list.length * 12 + 4);
  head.writeUInt16LE(list.length, 0);
  let behind = Buffer.alloc(0);
  for (const [index, [tag, value]] of list.entries()) {
    const [type, count, bytes] = encoded(value);
    const place = 2 + index * 12;
    head.writeUInt16LE(tag, place);
    head.writeUInt16LE(type, place + 2);
    head.writeUInt32LE(count, place + 4);
    if (bytes.length <= 4) {
      bytes.copy(head, place + 8);
      continue;
    }
    head.writeUInt32LE(at + head.length + behind.length, place + 8);
    behind = Buffer.concat([behind, bytes, Buffer.alloc(bytes.length % 2)]);
  }
  return Buffer.concat([head, behind]);
}

function encoded(value: Value | Buffer): [type: number, count: number, bytes: Buffer] {
  if (Buffer.isBuffer(value)) return [5, value.length / 8, value];
  if (typeof value === 'string') return [2, value.length + 1, Buffer.from(`${value}\0`)];
  if (typeof value === 'number') return [3, 1, Buffer.from([value, 0])];
  return [4, 1, long(value[0] ?? 0)];
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export async function jpeg(page: Page, name = 'picket.jpg', behind = Buffer.alloc(0)): Promise<Upload> {
  const plain = await packed(page, 'image/jpeg', 320, 200);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif()]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length + 2);
  const buffer = Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, body, plain.subarray(2), behind]);
  return { name, mimeType: 'image/jpeg', buffer };
}

export async function png(page: Page, name = 'screen.png'): Promise<Upload> {
  const plain = await packed(page, 'image/png', 320, 200);
  const behindHead = 33;
  const buffer = Buffer.concat([plain.subarray(0, behindHead), chunk('eXIf', exif()), chunk('tEXt', Buffer.from('Author\0Anna Muster')), plain.subarray(behindHead)]);
  return { name, mimeType: 'image/png', buffer };
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export async function webp(page: Page, name = 'hall.webp'): Promise<Upload> {
  const plain = await packed(page, 'image/webp', 320, 200);
  const extended = plain.subarray(12, 16).toString() === 'VP8X';
  const head = extended ? plain.subarray(12, 30) : riff('VP8X', Buffer.from([0, 0, 0, 0, 319 & 255, 319 >> 8, 0, 199, 0, 0]));
  const withExif = Buffer.from(head);
  withExif[8] = (head[8] ?? 0) | 8;
  const body = Buffer.concat([Buffer.from('WEBP'), withExif, plain.subarray(extended ? 30 : 12), riff('EXIF', exif())]);
  return { name, mimeType: 'image/webp', buffer: Buffer.concat([Buffer.from('RIFF'), long(body.length), body]) };
}

function riff(type: string, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from(type), long(content.length), content, Buffer.alloc(content.length % 2)]);
}

/** Its fields stand packed in an object stream, as most programs write them. */
export function authoredPdf(name = 'minutes.pdf'): Upload {
  const object = '1 0 << /Author <FEFF0041006E006E00610020017D> /Producer (Writer \\(suite\\)) /CreationDate (D:20261102180411) >>';
  const stream = deflateSync(Buffer.from(object));
  const head = `%PDF-1.5\n5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Length ${stream.length} /Filter /FlateDecode >>\nstream\n`;
  const tail = '\nendstream\nendobj\n%%EOF\n9 0 obj\n<< /Type /Annot /Subtype /Text /Contents (not this) >>\nendobj\n%%EOF\n';
  return { name, mimeType: 'application/pdf', buffer: Buffer.concat([Buffer.from(head), stream, Buffer.from(tail)]) };
}

/** Parts that unpack to 100 MB in all, from a hundredth of that. */
export function swollen(name = 'swollen.docx'): Upload {
  const part = `<w:document>${'a'.repeat(20_000_000)}</w:document>`;
  const names = ['word/document.xml', 'word/comments.xml', 'word/footnotes.xml', 'word/people.xml', 'content.xml'];
  return { ...docx(name), buffer: zip({ '[Content_Types].xml': '<Types/>', ...Object.fromEntries(names.map((each) => [each, part])) }) };
}

export function docx(name = 'letter.docx'): Upload {
  const core = '<cp:coreProperties><dc:creator>Anna &amp; Ben</dc:creator><cp:lastModifiedBy>Chris</cp:lastModifiedBy></cp:coreProperties>';
  const app = '<Properties><Application>Writer</Application><Company>Harbour Ltd</Company></Properties>';
  const body = '<w:document><w:body><w:ins w:id="1" w:author="Dana"><w:r/></w:ins></w:body></w:document>';
  const mimeType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  return { name, mimeType, buffer: zip({ '[Content_Types].xml': '<Types/>', 'docProps/core.xml': core, 'docProps/app.xml': app, 'word/document.xml': body }) };
}

function zip(parts: Record<string, string>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(parts)) {
    const [raw, label] = [Buffer.from(text), Buffer.from(name)];
    const body = deflateRawSync(raw);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(raw), 10);
    fields.writeUInt32LE(body.length, 14);
    fields.writeUInt32LE(raw.length, 18);
    fields.writeUInt16LE(label.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    local.push(Buffer.from('PK\x03\x04'), fields, label, body);
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), fields, place, label);
    at += 30 + label.length + body.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(parts).length, 4);
  end.writeUInt16LE(Object.keys(parts).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06'), end]);
}
