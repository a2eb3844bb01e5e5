import fc from 'fast-check';
import type { TicketBitmap } from '../../electron/core/ports.ts';

/** How many pairs of bytes in a job a printer would obey at once, wherever they stand. */
export const realTime = (
  bytes: Uint8Array,
  pairs: readonly (readonly [lead: number, seconds: readonly number[]])[] = [[0x10, [0x04, 0x05, 0x14]]],
): number => {
  let hits = 0;
  bytes.forEach((byte, i) => {
    if (pairs.some(([lead, seconds]) => byte === lead && seconds.includes(bytes[i + 1] ?? -1))) hits += 1;
  });
  return hits;
};

/** Pictures with much white and many of the bytes that matter. */
export const bitmaps = (bytes: readonly number[] = [0x10, 0x04, 0x05, 0x14, 0x00, 0xff]): fc.Arbitrary<TicketBitmap> =>
  fc
    .record({
      rowBytes: fc.integer({ min: 1, max: 72 }),
      rows: fc.array(
        fc.oneof(
          { weight: 3, arbitrary: fc.constant<readonly number[]>([0]) },
          { weight: 2, arbitrary: fc.array(fc.constantFrom(...bytes), { minLength: 1, maxLength: 9 }) },
          fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 9 }),
        ),
        { maxLength: 40 },
      ),
      repeat: fc.integer({ min: 1, max: 30 }),
    })
    .map(({ rowBytes, rows, repeat }): TicketBitmap => {
      const all = rows.flatMap((row) => Array.from({ length: repeat }, () => row));
      const bits = new Uint8Array(rowBytes * all.length);
      all.forEach((row, y) => {
        for (let i = 0; i < rowBytes; i += 1) bits[y * rowBytes + i] = row[i % row.length] ?? 0;
      });
      return { width: rowBytes * 8, height: all.length, bits };
    });
