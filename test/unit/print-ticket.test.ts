import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { beforeAll, describe, expect, it } from 'vitest';
import { isBlack, toBitmap } from '../../electron/core/printing/bitmap.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { fit, textWidth, wrap } from '../../electron/core/printing/typeset.ts';
import type { Printable, TicketBitmap, TicketContent } from '../../electron/core/ports.ts';
import { SERIES, formatTicketNumber } from '../../shared/domain/ticket-number.ts';
import { bitmapPng } from '../tools/one-bit-png.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';

const renderer = createTicketRenderer(bundledFonts());
const names = Object.keys(SAMPLES);
const any = (name: string): Printable => {
  const found = SAMPLES[name];
  if (!found) throw new Error(`no sample ${name}`);
  return found;
};
const sample = (name: string): TicketContent => {
  const found = any(name);
  if (found.kind !== 'ticket') throw new Error(`${name} is no ticket`);
  return found;
};
const coded = names.filter((name) => any(name).qr !== null);
const DOTS_PER_MM = 8;
/** What nobody will meet on one ticket: allowed to be long, since nothing may be left out. */
const HARD = ['long-names', 'five-services', 'claim-long', 'slip-services'];

/** Runs of rows that have ink, as [first, last]. */
const inkRows = (bitmap: TicketBitmap): [number, number][] => {
  const runs: [number, number][] = [];
  for (let y = 0; y < bitmap.height; y += 1) {
    let ink = false;
    for (let x = 0; x < bitmap.width && !ink; x += 1) ink = isBlack(bitmap, x, y);
    const last = runs.at(-1);
    if (ink && last && last[1] === y - 1) last[1] = y;
    else if (ink) runs.push([y, y]);
  }
  return runs;
};
/** The number is the highest thing in lines of text: rows of its first column of ink, which is the letter. */
const numberHeight = (bitmap: TicketBitmap): number => {
  const tallest = inkRows(bitmap)
    .map(([from, to]): [number, number] => [from, to])
    .sort((a, b) => b[1] - b[0] - (a[1] - a[0]))[0];
  if (!tallest) return 0;
  const [from, to] = tallest;
  // The letter: from the left edge of the ink to the first empty column.
  let left = 0;
  const column = (x: number) => {
    for (let y = from; y <= to; y += 1) if (isBlack(bitmap, x, y)) return true;
    return false;
  };
  while (left < bitmap.width && !column(left)) left += 1;
  let right = left;
  while (right < bitmap.width && column(right)) right += 1;
  let top = to;
  let bottom = from;
  for (let y = from; y <= to; y += 1) {
    for (let x = left; x < right; x += 1) {
      if (!isBlack(bitmap, x, y)) continue;
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return bottom - top + 1;
};

/** Nothing stands in the outermost columns, below the bar of a copy. */
const expectMargins = (bitmap: TicketBitmap, from: number): void => {
  let ink = 0;
  for (let y = from; y < bitmap.height; y += 1) {
    for (const x of [0, 1, bitmap.width - 2, bitmap.width - 1]) if (isBlack(bitmap, x, y)) ink += 1;
  }
  expect(ink).toBe(0);
};

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const bytes = readFileSync(wasm);
  await prepareZXingModule({
    overrides: { wasmBinary: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    fireImmediately: true,
  });
});

describe.each([576, 384, 512, 640])('a ticket %i dots wide', (width) => {
  it.each(coded)('%s: its code reads back, in place, with its quiet zone, 20 mm or more', async (name) => {
    const content = any(name);
    const bitmap = renderer.draw(content, width);
    const found = await readBarcodes(new Uint8Array(bitmapPng(bitmap)), { formats: ['QRCode'], tryHarder: true });
    expect(found.map((code) => code.text)).toEqual([content.qr]);
    const corners = found[0]?.position;
    if (!corners) throw new Error('no position');
    const xs = Object.values(corners).map((p) => p.x);
    const ys = Object.values(corners).map((p) => p.y);
    const [left, right] = [Math.round(Math.min(...xs)), Math.round(Math.max(...xs))];
    const [top, bottom] = [Math.round(Math.min(...ys)), Math.round(Math.max(...ys))];
    expect(right - left).toBeGreaterThanOrEqual(20 * DOTS_PER_MM - 4);
    // 29 characters make a symbol of 25 modules, the 154 of a confirmation one of 41.
    const module = Math.round((right - left) / (content.kind === 'ticket' ? 25 : 41));
    const least = content.kind === 'ticket' ? 7 : width >= 512 ? 6 : 5;
    expect(module).toBeGreaterThanOrEqual(least);
    const quiet = 4 * module - 3;
    expect(left).toBeGreaterThanOrEqual(quiet);
    for (let y = top - quiet; y < bottom + quiet; y += 1) {
      for (let x = left - quiet; x < left - 3; x += 1) expect(isBlack(bitmap, x, y)).toBe(false);
      for (let x = right + 4; x < right + quiet - 4; x += 1) expect(isBlack(bitmap, x, y)).toBe(false);
    }
  });

  it.each(names)('%s: is neither wasteful nor clipped', (name) => {
    const bitmap = renderer.draw(any(name), width);
    expect(bitmap.width).toBe(width);
    expect(bitmap.bits).toHaveLength((width / 8) * bitmap.height);
    const mm = bitmap.height / DOTS_PER_MM;
    expect(mm).toBeGreaterThan(85);
    expect(mm).toBeLessThan(HARD.includes(name) ? 200 : 165);
    const rows = inkRows(bitmap);
    expect(bitmap.height - 1 - (rows.at(-1)?.[1] ?? 0)).toBeLessThan(45);
    expectMargins(bitmap, any(name).copy > 0 ? 54 : 0);
  });

  it('is drawn the same every time', () => {
    expect(renderer.draw(sample('booking'), width)).toEqual(renderer.draw(sample('booking'), width));
  });
});

describe('the number', () => {
  const plain = { ...sample('booking'), papers: [] };

  it.each(SERIES.map((series) => formatTicketNumber({ series, number: 888 }, 'cyrl')))(
    '%s is 18 mm high on paper of 80 mm and of 58 mm',
    (number) => {
      for (const width of [576, 512, 640, 384]) {
        expect(numberHeight(renderer.draw({ ...plain, number }, width))).toBeGreaterThanOrEqual(18 * DOTS_PER_MM);
      }
    },
  );
  it('of five digits stands on two lines, each as high', () => {
    const number = formatTicketNumber({ series: 'A', number: 7012 }, 'cyrl');
    const bitmap = renderer.draw({ ...plain, number }, 576);
    const high = inkRows(bitmap).filter(([from, to]) => to - from + 1 >= 18 * DOTS_PER_MM && to - from < 160);
    expect(high).toHaveLength(2);
    expect(numberHeight(bitmap)).toBeGreaterThanOrEqual(18 * DOTS_PER_MM);
  });
});

describe('what is on it', () => {
  it('begins a copy with a black bar over the whole width', () => {
    const bitmap = renderer.draw(sample('copy'), 576);
    for (const x of [0, 8, 567, 575]) expect(isBlack(bitmap, x, 4)).toBe(true);
    expect(isBlack(renderer.draw(sample('booking'), 576), 0, 4)).toBe(false);
  });
  it('shows the time of the office, not of the machine', () => {
    const there = renderer.draw({ ...sample('booking'), timeZone: 'Asia/Kamchatka' }, 576);
    expect(there).not.toEqual(renderer.draw(sample('booking'), 576));
  });
  it('counts the papers it has no room for', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ ru: `документ номер ${i + 1}` }));
    const bitmap = renderer.draw({ ...sample('booking'), papers: many }, 576);
    expect(bitmap.height / DOTS_PER_MM).toBeLessThan(145);
  });
});

describe('whatever the centre sends', () => {
  const awkward = fc.constantFrom(
    'в на с по д. № ул. к и о '.repeat(12),
    'Щ'.repeat(300),
    'ООО-'.repeat(80),
    'имя\nв\tдве\r\nстроки',
    ' ',
    '\u00a0'.repeat(40),
    'مركز الخدمات 政务服务中心 Հայ',
  );
  const words = fc
    .oneof(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 }), awkward)
    .map((ru) => ({ ru, en: `${ru} EN` }));
  const name = fc.record({
    office: words,
    officeSubtitle: words,
    papers: fc.array(words, { maxLength: 8 }),
    copy: fc.integer({ min: 0, max: 12 }),
    language: fc.constantFrom('ru', 'en', 'tt', 'ar', 'zh', 'de', ''),
    staffLanguage: fc.constantFrom('ru', 'en'),
  });
  const ticket: fc.Arbitrary<Printable> = fc
    .tuple(
      name,
      fc.record({
        stations: fc.array(fc.record({ service: words, place: fc.option(words) }), { maxLength: 5 }),
        priority: fc.option(
          fc.record({
            name: words,
            level: fc.constantFrom('first', 'out-of-turn'),
            confirmed: fc.boolean(),
            document: fc.option(words),
          }),
        ),
        wait: fc.option(fc.record({ ahead: fc.nat(9999), fromMinutes: fc.nat(600), toMinutes: fc.nat(600) })),
        startsAt: fc.option(fc.date({ noInvalidDate: true }).map(Number)),
        late: fc.boolean(),
        provisional: fc.boolean(),
      }),
    )
    .map(([paper, own]) => ({ ...sample('booking'), ...paper, ...own }));
  const slip: fc.Arbitrary<Printable> = fc
    .tuple(
      name,
      fc.record({
        services: fc.array(words, { maxLength: 5 }),
        address: words,
        bookingNumber: fc.option(fc.constant('7K4M-2Q9X')),
        confirmed: fc.boolean(),
        qr: fc.option(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 200 })),
      }),
    )
    .map(([paper, own]) => ({ ...any('slip'), ...paper, ...own }) as Printable);

  it('is drawn inside the paper, however long its names are, and cut short before it is endless', () => {
    fc.assert(
      fc.property(fc.oneof(ticket, slip), fc.constantFrom(384, 576), (content, width) => {
        const bitmap = renderer.draw(content, width);
        expect(bitmap.bits).toHaveLength((width / 8) * bitmap.height);
        expect(bitmap.height / DOTS_PER_MM).toBeLessThan(400);
        expectMargins(bitmap, content.copy > 0 ? 54 : 0);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

describe('what it refuses', () => {
  it.each([0, 100, 380, 577, 2000, Number.NaN])('a width of %s dots', (width) => {
    expect(() => renderer.draw(sample('booking'), width)).toThrow(RangeError);
  });
  it('a code that would be too small to read', () => {
    expect(() => renderer.draw({ ...sample('booking'), qr: 'X'.repeat(1500) }, 384)).toThrow(/does not fit/);
  });
  it('fonts that are not there', () => {
    expect(() => createTicketRenderer([])).toThrow(/no fonts/);
    expect(() => createTicketRenderer(['/nowhere/at-all.ttf'])).toThrow(/cannot be read/);
    expect(() => createTicketRenderer([import.meta.filename])).toThrow(/not a font/);
  });
});

describe('typesetting', () => {
  const style = { weight: 500, size: 24 };
  it('never makes a line wider than asked and loses no word', () => {
    const text = 'Государственная регистрация прав на недвижимое имущество и сделок с ним';
    for (let width = 60; width < 600; width += 37) {
      const { lines, broken } = wrap(text, width, style);
      for (const line of lines) expect(textWidth(line, style)).toBeLessThanOrEqual(width);
      expect(lines.join(broken ? '' : ' ').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }
  });
  it('shrinks before it cuts, and says so when it cuts', () => {
    const options = { weight: 700, sizes: [30, 24, 20], maxLines: 2 };
    expect(fit('Паспорт', 300, options)).toEqual({
      lines: ['Паспорт'],
      size: 30,
      cut: false,
      broken: false,
    });
    const cut = fit('очень длинное название услуги '.repeat(8), 300, options);
    expect(cut).toMatchObject({ size: 20, cut: true });
    expect(cut.lines.at(-1)).toMatch(/…$/);
  });
  it('breaks a word that is too long at its hyphen', () => {
    const { lines, broken } = wrap('Петропавловск-Камчатский', 200, style);
    expect(lines).toEqual(['Петропавловск-', 'Камчатский']);
    expect(broken).toBe(true);
  });
  it('leaves no preposition or abbreviation alone at the end of a line', () => {
    const text = 'Регистрация по месту жительства: ул. Садовая, д. 14, кв. 7';
    for (let width = 200; width < 700; width += 13) {
      const { lines, cut } = fit(text, width, { weight: 500, sizes: [24], maxLines: 9, even: false });
      expect(cut).toBe(false);
      for (const line of lines) expect(line).not.toMatch(/(^|\s)(по|ул\.|д\.|кв\.)$/);
      expect(lines.join(' ').replaceAll('\u00a0', ' ')).toBe(text);
    }
  });
  it('keeps a no-break space together', () => {
    expect(wrap('окна\u00a04', 10_000, style).lines).toEqual(['окна\u00a04']);
  });
});

describe('toBitmap', () => {
  it('makes a dot of every pixel darker than the middle', () => {
    const rgba = new Uint8Array(8 * 4).fill(255);
    rgba.set([0, 0, 0], 0);
    rgba.set([127, 127, 127], 4);
    rgba.set([128, 128, 128], 8);
    expect([...toBitmap(rgba, 8, 1).bits]).toEqual([0b1100_0000]);
  });
});
