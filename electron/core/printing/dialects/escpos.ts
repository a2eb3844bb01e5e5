import type { TicketBitmap } from '../../ports.ts';
import type { JobOptions } from '../dialect.ts';
import type { PaperOp } from '../paper-ops.ts';
import { checkBitmap, defuse, type RealTime, rowRuns } from './raster.ts';
import { checkCode, feedSteps, newEncoder, typesetter } from './type.ts';

/** The bytes of a job in ESC/POS, as Epson, its clones and Custom understand them. */

const ESC = 0x1b;
const GS = 0x1d;
/** Rows of one raster command: larger ones do not fit the memory of small printers. */
const BAND_ROWS = 256;
/** From line to line in dots of 1/203 inch: a character of 24 and some white. */
const LINE_DOTS = 30;
/** From the head to where paper is cut or torn (15 mm), where no command knows it. */
export const TEAR_DOTS = 120;

/** `DLE EOT`, `DLE ENQ` and `DLE DC4`. */
export const ESCPOS_REAL_TIME: RealTime = [[0x10, [0x04, 0x05, 0x14]]];

/**
 * Packs a picture into `GS v 0` bands of at most 256 rows; white is fed with `ESC J`. White at the end is fed too.
 * @returns bytes that hold no real-time command.
 * @throws RangeError when the picture's size and its bytes do not agree.
 */
export const packRaster = (bitmap: TicketBitmap, realTime: RealTime = ESCPOS_REAL_TIME): Uint8Array => {
  checkBitmap(bitmap, bitmap.width);
  const rowBytes = bitmap.width / 8;
  const parts: Uint8Array[] = [];
  for (const run of rowRuns(bitmap)) {
    if (run.blank) {
      for (let left = run.rows; left > 0; left -= 255) parts.push(Uint8Array.of(ESC, 0x4a, Math.min(left, 255)));
      continue;
    }
    for (let row = run.from; row < run.from + run.rows; row += BAND_ROWS) {
      const rows = Math.min(BAND_ROWS, run.from + run.rows - row);
      const data = bitmap.bits.slice(row * rowBytes, (row + rows) * rowBytes);
      defuse(data, realTime);
      parts.push(Uint8Array.of(GS, 0x76, 0x30, 0, rowBytes, 0, rows & 0xff, rows >> 8), data);
    }
  }
  return Buffer.concat(parts);
};

/** Where the dialects of ESC/POS differ. */
export interface EscPosForm {
  /** Type of node-thermal-printer. */
  type: string;
  /** Right after the reset. */
  first: readonly number[];
  /** Feeds to the cutter and cuts. */
  cut: readonly number[];
  /** Makes it tell of changes by itself; empty when it is better not asked. */
  tellChanges: readonly number[];
  /** Knows `GS ( H`. */
  processId: boolean;
  realTime: RealTime;
}

/**
 * The whole job.
 * @throws RangeError for what cannot be said; see Dialect.job
 */
export const escposJob = (form: EscPosForm, ops: readonly PaperOp[], options: JobOptions): Uint8Array => {
  const encoder = newEncoder(form.type);
  const add = (...bytes: number[]): void => {
    encoder.add(Buffer.from(bytes));
  };
  const feed = (dots: number): void => {
    for (const step of feedSteps(dots)) add(ESC, 0x4a, step);
  };
  // Also throws away whatever an older printer made of a request for confirmation that it did not know.
  encoder.initHardware();
  add(...form.first);
  // Before the paper, so that it is already in force when that ends in the middle of it.
  if (options.tellChanges) add(...form.tellChanges);
  // Vertical steps of 1/203 inch: the same white on printers whose own step is 1/180 or 1/400.
  add(GS, 0x50, 203, 203);
  if (ops.some(({ op }) => op === 'line')) {
    // Once: a page that changes in the middle is how mojibake comes about.
    if (options.codePage) add(ESC, 0x74, options.codePage.number);
    add(ESC, 0x33, LINE_DOTS);
  }
  const type = typesetter(
    {
      align: (to) => {
        if (to === 'center') encoder.alignCenter();
        else if (to === 'right') encoder.alignRight();
        else encoder.alignLeft();
      },
      bold: (on) => encoder.bold(on),
      inverse: (on) => encoder.invert(on),
      // Width in the high half; the library's setTextSize() has them the wrong way round.
      size: (wide, high) => add(GS, 0x21, ((wide - 1) << 4) | (high - 1)),
      text: (bytes) => encoder.add(Buffer.from(bytes)),
      newLine: () => add(0x0a),
    },
    options,
  );
  for (const op of ops) {
    if (op.op === 'line') type.line(op);
    else if (op.op === 'feed') feed(op.dots);
    else if (op.op === 'raster') {
      checkBitmap(op.bitmap, options.width);
      type.aligned('left');
      encoder.add(Buffer.from(packRaster(op.bitmap, form.realTime)));
    } else {
      checkCode(op, options.width);
      type.aligned('center');
      encoder.printQR(op.text, { model: 2, cellSize: op.moduleDots, correction: 'M' });
    }
  }
  if (options.cutter) add(...form.cut);
  else feed(TEAR_DOTS);
  if (options.processId !== null && form.processId) {
    if (!/^[\x20-\x7e]{4}$/.test(options.processId))
      throw new RangeError('a process id is four printable ASCII characters');
    add(GS, 0x28, 0x48, 6, 0, 0x30, 0x30, ...Buffer.from(options.processId, 'latin1'));
  }
  if (options.fence) add(GS, 0x72, 1);
  return new Uint8Array(encoder.getBuffer());
};
