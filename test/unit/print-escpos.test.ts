import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TicketBitmap } from '../../electron/core/ports.ts';
import type { JobOptions } from '../../electron/core/printing/dialect.ts';
import { epson, processId } from '../../electron/core/printing/dialects/epson.ts';
import { packRaster } from '../../electron/core/printing/dialects/escpos.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { bitmaps, realTime } from '../tools/print-bitmaps.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';

/** Undoes packRaster, strictly: only the commands it may use, in the form it may use them. */
const unpack = (bytes: Uint8Array, rowBytes: number): { rows: Uint8Array[]; bands: number[] } => {
  const rows: Uint8Array[] = [];
  const bands: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === 0x1b) {
      expect(bytes[at + 1]).toBe(0x4a);
      for (let n = bytes[at + 2] ?? 0; n > 0; n -= 1) rows.push(new Uint8Array(rowBytes));
      at += 3;
      continue;
    }
    expect(Array.from(bytes.subarray(at, at + 6))).toEqual([0x1d, 0x76, 0x30, 0, rowBytes, 0]);
    const count = (bytes[at + 6] ?? 0) + 256 * (bytes[at + 7] ?? 0);
    bands.push(count);
    at += 8;
    for (let row = 0; row < count; row += 1, at += rowBytes) rows.push(bytes.slice(at, at + rowBytes));
  }
  return { rows, bands };
};

describe('packRaster', () => {
  it('gives the same picture back, but for dots that defuse a real-time command', () => {
    fc.assert(
      fc.property(bitmaps(), (bitmap) => {
        const packed = packRaster(bitmap);
        expect(realTime(packed)).toBe(0);
        const rowBytes = bitmap.width / 8;
        const { rows, bands } = unpack(packed, rowBytes);
        expect(rows).toHaveLength(bitmap.height);
        for (const count of bands) expect(count).toBeLessThanOrEqual(256);
        rows.forEach((row, y) => {
          row.forEach((byte, i) => {
            const at = y * rowBytes + i;
            const before = bitmap.bits[at] ?? 0;
            const dangerous = before === 0x10 && [0x04, 0x05, 0x14].includes(bitmap.bits[at + 1] ?? 0);
            if (byte !== before)
              expect({ before, byte, dangerous }).toEqual({ before: 0x10, byte: 0x18, dangerous: true });
          });
        });
      }),
      { numRuns: 150 },
    );
  });
  it('does not change the picture it was given', () => {
    const bits = Uint8Array.of(0x10, 0x04);
    packRaster({ width: 16, height: 1, bits });
    expect([...bits]).toEqual([0x10, 0x04]);
  });
  it('feeds white instead of sending it', () => {
    const bits = new Uint8Array(72 * 1000);
    bits[0] = 0x80;
    bits[bits.length - 1] = 1;
    expect(packRaster({ width: 576, height: 1000, bits }).length).toBeLessThan(200);
  });
  it.each([
    { width: 12, height: 1, bits: new Uint8Array(1) },
    { width: 16, height: 2, bits: new Uint8Array(3) },
    { width: 8 * 256, height: 1, bits: new Uint8Array(256) },
  ])('refuses a picture of impossible size: $width x $height', (bitmap) => {
    expect(() => packRaster(bitmap)).toThrow(RangeError);
  });
});

describe("a job for Epson's", () => {
  const bitmap: TicketBitmap = { width: 8, height: 1, bits: Uint8Array.of(0xaa) };
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const job = (picture: TicketBitmap, options: Partial<JobOptions> = {}): Uint8Array =>
    epson.job([{ op: 'raster', bitmap: picture }], {
      processId: null,
      fence: false,
      tellChanges: false,
      codePage: null,
      width: picture.width,
      cutter: true,
      ...options,
    });

  it('resets, prints, cuts, and asks to be answered, in this order', () => {
    expect(hex(job(bitmap, { processId: 'a~ 9', fence: true, tellChanges: true }))).toBe(
      [
        '1b40',
        '1d610e',
        '1d50cbcb',
        '1d763000',
        '01000100',
        'aa',
        '1d564200',
        '1d2848060030',
        '30617e2039',
        '1d7201',
      ].join(''),
    );
  });
  it('asks for nothing when nothing is wanted', () => {
    expect(hex(job(bitmap))).toBe('1b401d50cbcb1d76300001000100aa1d564200');
  });
  it.each(['', 'abc', 'abcde', 'ab\u0000d', 'аbcd'])('refuses the process id %j', (id) => {
    expect(() => job(bitmap, { processId: id })).toThrow(RangeError);
  });
  it('carries no real-time command in any sample', () => {
    const renderer = createTicketRenderer(bundledFonts());
    for (const content of Object.values(SAMPLES)) {
      for (const width of [576, 384]) {
        expect(realTime(job(renderer.draw(content, width), { processId: 'zzzz', fence: true }))).toBe(0);
      }
    }
  });
});

describe('processId', () => {
  it('is four printable characters, another one for each of 95^4 numbers, and then begins anew', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 95 ** 4 * 3 }), (n) => {
        expect(processId(n)).toMatch(/^[\x20-\x7e]{4}$/);
        expect(processId(n)).not.toBe(processId(n + 1));
        expect(processId(n + 95 ** 4)).toBe(processId(n));
      }),
    );
    expect([processId(0), processId(95 ** 4 - 1)]).toEqual(['    ', '~~~~']);
  });
});
