import { ThermalPrinter } from 'node-thermal-printer';
import { create as createQr } from 'qrcode';
import { encodeIn } from '../code-pages.ts';
import type { JobOptions } from '../dialect.ts';
import type { PaperOp, TextRun } from '../paper-ops.ts';

/** What all dialects do alike with text and codes: what may be said, and no command that is in force already. */

type Line = Extract<PaperOp, { op: 'line' }>;

/**
 * The part of node-thermal-printer that is right in its types: it builds bytes. Its transports call a ticket printed when
 * the kernel has its bytes, its `cut()` wastes 34 mm of paper, its `print()` leaves the code page that was set.
 */
export type Encoder = Pick<
  ThermalPrinter,
  'add' | 'getBuffer' | 'bold' | 'invert' | 'alignLeft' | 'alignCenter' | 'alignRight' | 'printQR'
> & { initHardware(): void };

// Its types ask for a transport, its code does not; without one nothing can be sent past our spool.
const NewEncoder = ThermalPrinter as unknown as new (config: { type: string }) => Encoder;

/** A new one for each job: the library's buffer is never emptied. */
export const newEncoder = (type: string): Encoder => new NewEncoder({ type });

/** Dots of a character of the usual type; how many fit a row is `Math.floor(width / CHARACTER)`. */
const CHARACTER = 12;
const LARGEST = 8;
/** More fits no paper in modules that can be read; and lengths are bytes that must not make a command with one another. */
const LONGEST_CODE = 700;
const LARGEST_MODULE = 8;

/** @throws RangeError for characters that the page does not have, or that are commands. */
export const textBytes = (text: string, page: JobOptions['codePage']): Uint8Array => {
  const bytes = page ? encodeIn(page.page, text) : /^[\x20-\x7e]*$/.test(text) ? Buffer.from(text, 'latin1') : null;
  if (!bytes || bytes.some((byte) => byte < 0x20 || byte === 0x7f))
    throw new RangeError(`not all of a text is in the page ${page?.page ?? 'ascii'}`);
  return bytes;
};

const times = (value: number | undefined): number => {
  const size = value ?? 1;
  if (!Number.isInteger(size) || size < 1 || size > LARGEST) throw new RangeError(`type ${size} times as large`);
  return size;
};

/** What a dialect's type can be. Each adds its bytes to the job. */
export interface TypeCommands {
  align(to: Line['align']): void;
  bold(on: boolean): void;
  inverse(on: boolean): void;
  /** Times the usual size, 1 to 8. */
  size(wide: number, high: number): void;
  text(bytes: Uint8Array): void;
  newLine(): void;
}

/** Sets lines; what is in force already is not said again. At the start all is as after a reset. */
export const typesetter = (commands: TypeCommands, options: Pick<JobOptions, 'codePage' | 'width'>) => {
  const columns = Math.floor(options.width / CHARACTER);
  let align: Line['align'] = 'left';
  let now = { bold: false, inverse: false, wide: 1, high: 1 };

  const aligned = (to: Line['align']): void => {
    if (to !== align) commands.align(to);
    align = to;
  };
  const run = (one: TextRun): void => {
    const before = now;
    now = { bold: one.bold ?? false, inverse: one.inverse ?? false, wide: times(one.wide), high: times(one.high) };
    if (now.bold !== before.bold) commands.bold(now.bold);
    if (now.inverse !== before.inverse) commands.inverse(now.inverse);
    if (now.wide !== before.wide || now.high !== before.high) commands.size(now.wide, now.high);
    commands.text(textBytes(one.text, options.codePage));
  };
  return {
    aligned,
    /** @throws RangeError for a line that is wider than the paper, whose end would land on the next line. */
    line: ({ runs, align: to }: Line): void => {
      const needed = runs.reduce((sum, one) => sum + Array.from(one.text).length * times(one.wide), 0);
      if (needed > columns) throw new RangeError(`a line of ${needed} columns for paper of ${columns}`);
      aligned(to);
      runs.forEach(run);
      commands.newLine();
    },
  };
};

/** @throws RangeError for a code that a printer would not print, which it would not tell. */
export const checkCode = ({ text, moduleDots }: Extract<PaperOp, { op: 'qr' }>, width: number): void => {
  // Lengths are counted in bytes by the printer and in characters by the library: the same for ASCII only.
  if (!/^[\x20-\x7e]+$/.test(text) || text.length > LONGEST_CODE)
    throw new RangeError(`a code holds 1 to ${LONGEST_CODE} characters of ASCII`);
  if (!Number.isInteger(moduleDots) || moduleDots < 1 || moduleDots > LARGEST_MODULE)
    throw new RangeError(`modules of ${moduleDots} dots`);
  const { size } = createQr(text, { errorCorrectionLevel: 'M' }).modules;
  if (size * moduleDots > width) throw new RangeError(`a code of ${size * moduleDots} dots for paper of ${width}`);
};

/** @returns the same white in steps that fit a byte. @throws RangeError for what is no number of dots */
export const feedSteps = (dots: number): number[] => {
  if (!Number.isInteger(dots) || dots < 0) throw new RangeError(`${dots} dots of white`);
  const steps: number[] = [];
  for (let left = dots; left > 0; left -= 255) steps.push(Math.min(left, 255));
  return steps;
};
