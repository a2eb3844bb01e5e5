import type { TicketBitmap } from '../../ports.ts';

/** What every dialect does with a picture before it is its own bytes. */

/** White runs from here on are fed, not sent; shorter ones are not worth the head stopping. */
const MIN_FEED_ROWS = 12;

/** Rows of a picture: to print, or white to feed. */
export interface RowRun {
  from: number;
  rows: number;
  blank: boolean;
}

/** A byte and those that make a command with it which a printer obeys at once, wherever they stand. */
export type RealTime = readonly (readonly [lead: number, seconds: readonly number[]])[];

/** @throws RangeError when the picture's size and its bytes do not agree, or it is not as wide as the paper. */
export const checkBitmap = ({ width, height, bits }: TicketBitmap, paperWidth: number): void => {
  const rowBytes = width / 8;
  if (!Number.isInteger(rowBytes) || rowBytes < 1 || rowBytes > 0xff || bits.length !== rowBytes * height)
    throw new RangeError(`a picture of ${width} x ${height} dots has ${rowBytes * height} bytes, not ${bits.length}`);
  if (width !== paperWidth) throw new RangeError(`a picture ${width} dots wide for paper of ${paperWidth}`);
};

const rowIsBlank = (bitmap: TicketBitmap, row: number): boolean => {
  const rowBytes = bitmap.width / 8;
  for (let at = row * rowBytes; at < (row + 1) * rowBytes; at += 1) if (bitmap.bits[at] !== 0) return false;
  return true;
};

/** @returns the picture as rows to print and white to feed, from top to bottom without a gap. */
export const rowRuns = (bitmap: TicketBitmap): RowRun[] => {
  const found: RowRun[] = [];
  for (let row = 0; row < bitmap.height; row += 1) {
    const blank = rowIsBlank(bitmap, row);
    const last = found.at(-1);
    if (last?.blank === blank) last.rows += 1;
    else found.push({ from: row, rows: 1, blank });
  }
  const merged: RowRun[] = [];
  for (const run of found) {
    const blank = run.blank && run.rows >= MIN_FEED_ROWS;
    const last = merged.at(-1);
    if (last && !last.blank && !blank) last.rows += run.rows;
    else merged.push({ ...run, blank });
  }
  return merged;
};

/**
 * Takes every real-time command out of picture data, in place: makers' references warn that a printer executes them there
 * too. One dot is blackened beside a black one, which nobody sees.
 */
export const defuse = (data: Uint8Array, realTime: RealTime): void => {
  for (let at = 0; at + 1 < data.length; at += 1) {
    const byte = data[at] ?? 0;
    const next = data[at + 1] ?? 0;
    if (realTime.some(([lead, seconds]) => byte === lead && seconds.includes(next))) data[at] = byte | (byte >> 1);
  }
};
