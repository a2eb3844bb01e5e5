import { ThermalPrinter, types } from 'node-thermal-printer';
import type { TicketBitmap } from '../ports.ts';

/**
 * The bytes of a ticket in ESC/POS. node-thermal-printer 4.6 builds the stream and nothing else: its transports call a
 * ticket printed when the kernel has its bytes, its `cut()` wastes 34 mm of paper, and its raster code makes an object for
 * every dot.
 */

/** `ESC @` also throws away whatever an older printer made of a request for confirmation that it did not know. */
const GS = 0x1d;
const ESC = 0x1b;
/** Rows of one raster command: larger ones do not fit the memory of small printers. */
const BAND_ROWS = 256;
/** White runs from here on are fed, not sent; shorter ones are not worth the head stopping. */
const MIN_FEED_ROWS = 12;
/** Two bytes that a printer obeys at once wherever they stand, also inside a picture: DLE and one of these. */
const DLE = 0x10;
const REAL_TIME = new Set([0x04, 0x05, 0x14]);

const rowIsBlank = (bitmap: TicketBitmap, row: number): boolean => {
  const rowBytes = bitmap.width / 8;
  for (let at = row * rowBytes; at < (row + 1) * rowBytes; at += 1) if (bitmap.bits[at] !== 0) return false;
  return true;
};

interface Run {
  from: number;
  rows: number;
  blank: boolean;
}

/** Cuts the picture into bands to print and white to feed, from top to bottom without a gap. */
const runs = (bitmap: TicketBitmap): Run[] => {
  const found: Run[] = [];
  for (let row = 0; row < bitmap.height; row += 1) {
    const blank = rowIsBlank(bitmap, row);
    const last = found.at(-1);
    if (last?.blank === blank) last.rows += 1;
    else found.push({ from: row, rows: 1, blank });
  }
  const merged: Run[] = [];
  for (const run of found) {
    const blank = run.blank && run.rows >= MIN_FEED_ROWS;
    const last = merged.at(-1);
    if (last && !last.blank && !blank) last.rows += run.rows;
    else merged.push({ ...run, blank });
  }
  return merged;
};

/**
 * Takes every real-time command (`DLE EOT`, `DLE ENQ`, `DLE DC4`) out of picture data: Epson's reference warns that a
 * printer executes them there too. One dot is blackened beside a black one, which nobody sees.
 */
const defuse = (data: Uint8Array): void => {
  for (let at = 0; at + 1 < data.length; at += 1) {
    if (data[at] === DLE && REAL_TIME.has(data[at + 1] ?? 0)) data[at] = DLE | (DLE >> 1);
  }
};

/**
 * Packs a picture into `GS v 0` bands of at most 256 rows; white is fed with `ESC J`. White at the end is fed too.
 * @returns bytes that hold no real-time command.
 * @throws RangeError when the picture's size and its bytes do not agree.
 */
export const packRaster = (bitmap: TicketBitmap): Uint8Array => {
  const { width, height, bits } = bitmap;
  const rowBytes = width / 8;
  if (!Number.isInteger(rowBytes) || rowBytes < 1 || rowBytes > 0xff || bits.length !== rowBytes * height) {
    throw new RangeError(`a picture of ${width} x ${height} dots has ${rowBytes * height} bytes, not ${bits.length}`);
  }
  const parts: Uint8Array[] = [];
  for (const run of runs(bitmap)) {
    if (run.blank) {
      for (let left = run.rows; left > 0; left -= 255) parts.push(Uint8Array.of(ESC, 0x4a, Math.min(left, 255)));
      continue;
    }
    for (let row = run.from; row < run.from + run.rows; row += BAND_ROWS) {
      const rows = Math.min(BAND_ROWS, run.from + run.rows - row);
      const data = bits.slice(row * rowBytes, (row + rows) * rowBytes);
      defuse(data);
      parts.push(Uint8Array.of(GS, 0x76, 0x30, 0, rowBytes, 0, rows & 0xff, rows >> 8), data);
    }
  }
  return Buffer.concat(parts);
};

/** Four printable characters that the printer answers with when it has printed what stands before them. */
export interface Confirm {
  processId: string;
}

export interface TicketBytesOptions {
  /** `GS ( H` function 48, or null for printers that do not know it. */
  confirm: Confirm | null;
  /** `GS r 1` as the last command: its answer says that everything before it was processed. */
  fence: boolean;
  /** `GS a`: let the printer tell of changes by itself. Its answers are four bytes. */
  tellChanges?: boolean;
}

type Encoder = Pick<ThermalPrinter, 'add' | 'getBuffer' | 'append'> & { initHardware(): void };
// Its types ask for a transport, its code does not; without one nothing can be sent past our spool.
const NewEncoder = ThermalPrinter as unknown as new (config: { type: string }) => Encoder;

/**
 * The whole job. A new encoder for each: the library's buffer is never emptied.
 * @throws RangeError for a process id that is not four characters of 0x20-0x7E.
 */
export const ticketBytes = (bitmap: TicketBitmap, options: TicketBytesOptions): Uint8Array => {
  const encoder = new NewEncoder({ type: types.EPSON });
  const add = (...bytes: number[]) => encoder.add(Buffer.from(bytes));
  encoder.initHardware();
  // Online, error and paper. Before the picture, so that it is already in force when the paper ends in the middle of it.
  if (options.tellChanges) add(GS, 0x61, 0x0e);
  // Vertical steps of 1/203 inch: the same white on printers whose own step is 1/180 or 1/360.
  add(GS, 0x50, 203, 203);
  encoder.add(Buffer.from(packRaster(bitmap)));
  // Feed to the cutter and cut partially, without the blank lines of the library's cut().
  add(GS, 0x56, 66, 0);
  if (options.confirm) {
    const id = options.confirm.processId;
    if (!/^[\x20-\x7e]{4}$/.test(id)) throw new RangeError('a process id is four printable ASCII characters');
    add(GS, 0x28, 0x48, 6, 0, 0x30, 0x30, ...Buffer.from(id, 'latin1'));
  }
  if (options.fence) add(GS, 0x72, 1);
  return new Uint8Array(encoder.getBuffer());
};
