import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createCanvas } from '@napi-rs/canvas';
import { isBlack } from '../../electron/core/printing/bitmap.ts';
import { ticketBytes } from '../../electron/core/printing/escpos.ts';
import { bundledFonts } from '../../electron/core/printing/fonts.ts';
import { createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import type { TicketBitmap } from '../../electron/core/ports.ts';
import { SAMPLES } from './ticket-samples.ts';

/** `npm run ticket`: the bytes of a sample ticket as they would go to the printer, and a picture of it. */

const WIDTHS = ['576', '384'] as const;
const MODES = ['raster'] as const;

const USAGE = `Writes the bytes of a sample ticket, ready for a printer:

  npm run ticket -- --sample booking --width 576 --mode raster --out ticket.bin [--png ticket.png]

  --sample  ${Object.keys(SAMPLES).join(' | ')} (booking)
  --width   ${WIDTHS.join(' | ')} dots: paper of 80 or 58 mm (576)
  --mode    ${MODES.join(' | ')}
  --out     file for the bytes; try it with: nc PRINTER 9100 < ticket.bin
  --png     file for a picture of the ticket
  --help`;

/** @returns the ticket as a black-and-white PNG, a pixel for each dot. */
export const bitmapPng = (bitmap: TicketBitmap): Buffer => {
  const canvas = createCanvas(bitmap.width, bitmap.height);
  const ctx = canvas.getContext('2d');
  const image = ctx.createImageData(bitmap.width, bitmap.height);
  for (let y = 0; y < bitmap.height; y += 1) {
    for (let x = 0; x < bitmap.width; x += 1) {
      const at = (y * bitmap.width + x) * 4;
      image.data.fill(isBlack(bitmap, x, y) ? 0 : 255, at, at + 3);
      image.data[at + 3] = 255;
    }
  }
  ctx.putImageData(image, 0, 0);
  return canvas.toBuffer('image/png');
};

const oneOf = <T extends string>(option: string, value: string, allowed: readonly T[]): T => {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new RangeError(`--${option} ${value} is not known; it may be ${allowed.join(', ')}`);
  return found;
};

const write = (file: string, bytes: Uint8Array): void => {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, bytes);
};

const main = (args: string[]): void => {
  const { values } = parseArgs({
    args,
    options: {
      sample: { type: 'string', default: 'booking' },
      width: { type: 'string', default: '576' },
      mode: { type: 'string', default: 'raster' },
      out: { type: 'string' },
      png: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const sample = SAMPLES[oneOf('sample', values.sample, Object.keys(SAMPLES))];
  const width = Number(oneOf('width', values.width, WIDTHS));
  oneOf('mode', values.mode, MODES);
  if (!sample) return;
  if (values.out === undefined && values.png === undefined)
    throw new RangeError('say where to write: --out FILE or --png FILE');
  const bitmap = createTicketRenderer(bundledFonts()).draw(sample, width);
  const bytes = ticketBytes(bitmap, { confirm: null, fence: false });
  if (values.out !== undefined) write(values.out, bytes);
  if (values.png !== undefined) write(values.png, bitmapPng(bitmap));
  console.log(
    `${values.sample}: ${bitmap.width} x ${bitmap.height} dots, ${(bitmap.height / 8).toFixed(1)} mm, ${bytes.length} bytes`,
  );
};

if (import.meta.main) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  }
}
