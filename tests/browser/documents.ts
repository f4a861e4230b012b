/** Real documents, made here: a PDF, a table, a picture, a text in three scripts. */
import { deflateSync } from 'node:zlib';
import { crc32 } from 'node:zlib';
import type { Page } from '@playwright/test';
import type { Upload } from './people';

export const THREE_SCRIPTS = 'We meet on Thursday at six.\nВстречаемся в четверг в шесть.\nניפגש ביום חמישי בשש. <b>&amp;</b> "\u{1f9f3}"';

/** A PDF of one page with a correct cross-reference table. */
export function pdf(name = 'demands.pdf'): Upload {
  const text = 'BT /F1 24 Tf 72 720 Td (Bargaining demands) Tj ET';
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const at = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const start = body.length;
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return { name, mimeType: 'application/pdf', buffer: Buffer.from(body, 'latin1') };
}

export function csv(name = 'members.csv'): Upload {
  const rows = Array.from({ length: 500 }, (_, row) => `${row},"Member, ${row}",Зал ${row % 7}\r\n`);
  return { name, mimeType: 'text/csv', buffer: Buffer.from(`no,name,hall\r\n${rows.join('')}`) };
}

/** A picture with a gradient, so that it is neither empty nor one colour. */
export function png(name = 'board.png', side = 320): Upload {
  const rows = Buffer.alloc(side * (1 + side * 3));
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const at = y * (1 + side * 3) + 1 + x * 3;
      rows[at] = 20 + ((x * 180) / side);
      rows[at + 1] = 92 + ((y * 120) / side);
      rows[at + 2] = 120;
    }
  }
  const size = Buffer.alloc(13);
  size.writeUInt32BE(side, 0);
  size.writeUInt32BE(side, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const content = Buffer.concat([signature, chunk('IHDR', size), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
  return { name, mimeType: 'image/png', buffer: content };
}

/** Half a second of a sine. */
export function wav(name = 'bell.wav'): Upload {
  const rate = 8000;
  const samples = Buffer.from(Array.from({ length: rate / 2 }, (_, at) => 128 + Math.round(100 * Math.sin((at * 440 * 2 * Math.PI) / rate))));
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate, 28);
  header.writeUInt16LE(1, 32);
  header.writeUInt16LE(8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(samples.length, 40);
  return { name, mimeType: 'audio/wav', buffer: Buffer.concat([header, samples]) };
}

/** A video of 64 by 48, recorded by the browser of `page`. */
export async function webm(page: Page, name = 'hall.webm'): Promise<Upload> {
  const bytes = await page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 48 });
    const drawing = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: 'video/webm' });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => void parts.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    for (let frame = 0; frame < 10; frame += 1) {
      drawing?.fillRect(frame * 4, 0, 4, 48);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  });
  return { name, mimeType: 'video/webm', buffer: Buffer.from(bytes) };
}

/** A page of the web with a script, as mail. */
export function mhtml(name: string): Upload {
  const lines = ['From: <x>', 'Subject: x', 'MIME-Version: 1.0', 'Content-Type: multipart/related; boundary="b"', '', '--b', 'Content-Type: text/html', 'Content-Location: http://x/',
    '', '<script>alert(1)</script>', '--b--', ''];
  return { name, mimeType: 'multipart/related', buffer: Buffer.from(lines.join('\r\n')) };
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
