import { crc32, deflateSync, inflateSync } from 'node:zlib';
import type { TicketBitmap } from '../../electron/core/ports.ts';

/** Pictures of papers as PNG files of one bit a dot: small enough to be kept in the repository, and exact. */

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const made = Buffer.alloc(body.length + 8);
  made.writeUInt32BE(data.length, 0);
  body.copy(made, 4);
  made.writeUInt32BE(crc32(body), body.length + 4);
  return made;
};

/** Black on white, a pixel a dot. The width is a multiple of 8. */
export const bitmapPng = ({ width, height, bits }: TicketBitmap): Buffer => {
  const rowBytes = width / 8;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // One bit a pixel, grey: 0 is black.
  header[8] = 1;
  const rows = Buffer.alloc((rowBytes + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let at = 0; at < rowBytes; at += 1) rows[y * (rowBytes + 1) + 1 + at] = ~(bits[y * rowBytes + at] ?? 0) & 0xff;
  }
  const packed = deflateSync(rows, { level: 9 });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', new Uint8Array())]);
};

/** Reads what `bitmapPng` wrote. @throws Error for any other PNG. */
export const readBitmapPng = (png: Buffer): TicketBitmap => {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const other = !png.subarray(0, 8).equals(SIGNATURE) || png[24] !== 1 || png[25] !== 0 || width % 8 !== 0;
  if (other || png.toString('latin1', 37, 41) !== 'IDAT') throw new Error('not a picture of one bit a dot');
  const rows = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const rowBytes = width / 8;
  const bits = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y += 1) {
    if (rows[y * (rowBytes + 1)] !== 0) throw new Error('a filtered row');
    for (let at = 0; at < rowBytes; at += 1) bits[y * rowBytes + at] = ~(rows[y * (rowBytes + 1) + 1 + at] ?? 0) & 0xff;
  }
  return { width, height, bits };
};
