import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { beforeAll, describe, expect, it } from 'vitest';
import { isBlack } from '../../electron/core/printing/bitmap.ts';
import { PAPER_LANGUAGES } from '../../electron/core/printing/labels.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import type { TicketBitmap } from '../../electron/core/ports.ts';
import { bitmapPng, readBitmapPng } from '../tools/one-bit-png.ts';
import { GOLDEN_FOLDER, GOLDENS } from '../tools/ticket-goldens.ts';

/**
 * Pictures of tickets that were looked at and found good. After a change of the look: `npm run ticket -- --goldens`, look
 * at each of them, and commit them with the change.
 */

const renderer = createTicketRenderer(bundledFonts());
const DOTS_PER_MM = 8;
/** Another processor may round the edge of a letter the other way; a digit differs by hundreds of dots. */
const ROUNDING = 12;

const kept = (name: string): TicketBitmap => readBitmapPng(readFileSync(path.join(GOLDEN_FOLDER, `${name}.png`)));

const different = (a: TicketBitmap, b: TicketBitmap): number => {
  let dots = 0;
  for (let at = 0; at < a.bits.length; at += 1) {
    let bits = (a.bits[at] ?? 0) ^ (b.bits[at] ?? 0);
    for (; bits !== 0; bits &= bits - 1) dots += 1;
  }
  return dots;
};

/**
 * Heights of the letters that are 12 mm or more: runs of rows with ink in the column through a digit's body. The longest
 * run of a column inside the highest bands of ink is the height of that band's tallest stroke.
 */
const bandHeights = (bitmap: TicketBitmap): number[] => {
  const bands: [number, number][] = [];
  for (let y = 0; y < bitmap.height; y += 1) {
    let ink = false;
    for (let x = 0; x < bitmap.width && !ink; x += 1) ink = isBlack(bitmap, x, y);
    const last = bands.at(-1);
    if (ink && last && last[1] === y - 1) last[1] = y;
    else if (ink) bands.push([y, y]);
  }
  return bands.map(([from, to]) => to - from + 1);
};

beforeAll(async () => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  await prepareZXingModule({
    overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) },
    fireImmediately: true,
  });
});

it('are 24 tickets, every language on both papers among them, and no file too many', () => {
  const names = GOLDENS.map(({ name }) => name);
  expect(names).toHaveLength(24);
  for (const language of PAPER_LANGUAGES) {
    expect(names).toEqual(expect.arrayContaining([`booking-${language}-576`, `booking-${language}-384`]));
  }
  const files = readdirSync(GOLDEN_FOLDER).filter((file) => file.endsWith('.png'));
  expect(files.toSorted()).toEqual(names.map((name) => `${name}.png`).toSorted());
});

describe.each(GOLDENS.map((golden) => [golden.name, golden] as const))('%s', (name, { content, width, template }) => {
  const drawn = renderer.draw(content, width, template);

  it('is drawn as it was when it was looked at', () => {
    const golden = kept(name);
    expect([drawn.width, drawn.height]).toEqual([golden.width, golden.height]);
    expect(different(drawn, golden)).toBeLessThanOrEqual(ROUNDING);
  });
  it('has a code that reads back from the picture', async () => {
    const file = readFileSync(path.join(GOLDEN_FOLDER, `${name}.png`));
    const found = await readBarcodes(new Uint8Array(file), { formats: ['QRCode'], tryHarder: true });
    expect(found.map((code) => code.text)).toEqual([content.qr]);
  });
  it('has a number of 18 mm', () => {
    // Rows that belong to the number: a band of ink between white rows, as high as nothing else but the code.
    const code = 7 * 25;
    const high = bandHeights(drawn).filter((rows) => rows >= 18 * DOTS_PER_MM && rows < code - 5);
    expect(high.length).toBe(content.kind === 'ticket' && content.number.split('\u00a0').length > 2 ? 2 : 1);
  });
});

it('a picture of one bit a dot is read as it was written', () => {
  const bitmap = renderer.draw(GOLDENS[0]?.content as never, 384);
  expect(readBitmapPng(bitmapPng(bitmap))).toEqual(bitmap);
  expect(() => readBitmapPng(Buffer.alloc(100))).toThrow(/one bit/);
});
