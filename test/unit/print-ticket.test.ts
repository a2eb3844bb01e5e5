import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { beforeAll, describe, expect, it } from 'vitest';
import { isBlack, toBitmap } from '../../electron/core/printing/bitmap.ts';
import { ticketLabels } from '../../electron/core/printing/labels.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { fit, textWidth, wrap } from '../../electron/core/printing/typeset.ts';
import type { Printable, TicketBitmap, TicketContent } from '../../electron/core/ports.ts';
import { SERIES, formatTicketNumber } from '../../shared/domain/ticket-number.ts';
import { bitmapPng } from '../tools/ticket.ts';
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

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  const bytes = readFileSync(wasm);
  await prepareZXingModule({
    overrides: { wasmBinary: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    fireImmediately: true,
  });
});

describe.each([576, 384])('a ticket %i dots wide', (width) => {
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
    expect(module).toBeGreaterThanOrEqual(width === 576 ? 5 : 4);
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
    expect(mm).toBeLessThan(name === 'long-names' ? 185 : 150);
    const rows = inkRows(bitmap);
    expect(bitmap.height - 1 - (rows.at(-1)?.[1] ?? 0)).toBeLessThan(45);
    if (any(name).copy === 0) {
      for (let y = 0; y < bitmap.height; y += 1) {
        for (const x of [0, 1, width - 2, width - 1]) expect(isBlack(bitmap, x, y)).toBe(false);
      }
    }
  });

  it('is drawn the same every time', () => {
    expect(renderer.draw(sample('booking'), width)).toEqual(renderer.draw(sample('booking'), width));
  });
});

describe('the number', () => {
  const plain = { ...sample('booking'), papers: [] };

  it.each(SERIES.map((series) => formatTicketNumber({ series, number: 888 }, 'cyrl')))(
    '%s is 18 mm high on paper of 80 mm',
    (number) => {
      expect(numberHeight(renderer.draw({ ...plain, number }, 576))).toBeGreaterThanOrEqual(18 * DOTS_PER_MM);
    },
  );
  it('of five digits stands on two lines, each as high', () => {
    const number = formatTicketNumber({ series: 'A', number: 7012 }, 'cyrl');
    const bitmap = renderer.draw({ ...plain, number }, 576);
    const high = inkRows(bitmap).filter(([from, to]) => to - from + 1 >= 18 * DOTS_PER_MM && to - from < 160);
    expect(high).toHaveLength(2);
    expect(numberHeight(bitmap)).toBeGreaterThanOrEqual(18 * DOTS_PER_MM);
  });
  it('fills the width of narrow paper', () => {
    expect(numberHeight(renderer.draw({ ...plain, number: 'А\u00a0047' }, 384))).toBeGreaterThan(12 * DOTS_PER_MM);
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
  it('falls back to Russian for a language Talon is not written in', () => {
    expect(ticketLabels('tt')).toBe(ticketLabels('ru'));
    expect(ticketLabels('en-US').yourNumber).toBe('Your number');
    expect(ticketLabels('en').copy(1, '10:24')).toContain('ПОВТОР');
  });
  it('counts the papers it has no room for', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({ ru: `документ номер ${i + 1}` }));
    const bitmap = renderer.draw({ ...sample('booking'), papers: many }, 576);
    expect(bitmap.height / DOTS_PER_MM).toBeLessThan(145);
    expect(ticketLabels('ru').more(17)).toBe('и ещё: 17');
  });
});

describe('what a visitor without a booking reads', () => {
  const labels = ticketLabels('ru');
  it.each([
    [0, 'никого'],
    [1, '1 человек'],
    [2, '2 человека'],
    [5, '5 человек'],
    [11, '11 человек'],
    [22, '22 человека'],
    [101, '101 человек'],
  ])('%i ahead: %s', (count, words) => expect(labels.people(count)).toBe(words));
  it.each([
    [0, 5, 'до 5 минут'],
    [15, 25, '15–25 минут'],
    [60, 90, '1–1,5 часа'],
    [50, 110, '50–110 минут'],
    [90, 120, '1,5–2 часа'],
  ])('%i to %i minutes: %s', (from, to, words) => expect(labels.minutes(from, to)).toBe(words));

  it('has no wait on a copy, and none where nothing is known', () => {
    const booking = sample('booking');
    const bare = renderer.draw({ ...booking, wait: null }, 576);
    expect(renderer.draw(booking, 576).height).toBeGreaterThan(bare.height);
    const copy = { ...booking, copy: 1 };
    expect(renderer.draw(copy, 576)).toEqual(renderer.draw({ ...copy, wait: null }, 576));
  });
  it('names each station and place of a visit with several services', () => {
    const several = sample('several');
    const one = renderer.draw({ ...several, stations: several.stations.slice(0, 2) }, 576);
    expect(renderer.draw(several, 576).height).toBeGreaterThan(one.height);
  });
  it('speaks to the staff in their language too', () => {
    const english = { ...sample('booking'), language: 'en' };
    const alone = renderer.draw({ ...english, staffLanguage: 'en' }, 576);
    expect(renderer.draw(english, 576).height).toBeGreaterThan(alone.height);
  });
});

describe('whatever the centre sends', () => {
  it('is drawn, however long its names are', () => {
    const words = fc.string({ maxLength: 300, minLength: 1 }).map((ru) => ({ ru }));
    fc.assert(
      fc.property(
        fc.array(fc.record({ service: words, place: fc.option(words) }), { minLength: 1, maxLength: 5 }),
        words,
        fc.constantFrom(384, 576),
        (stations, name, width) => {
          const content: TicketContent = {
            ...sample('claim'),
            stations,
            priority: { name, level: 'first', confirmed: false, document: name },
          };
          const bitmap = renderer.draw(content, width);
          expect(bitmap.bits).toHaveLength((width / 8) * bitmap.height);
        },
      ),
      { numRuns: 40 },
    );
  });
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
    expect(fit('Паспорт', 300, options)).toEqual({ lines: ['Паспорт'], size: 30, cut: false });
    const cut = fit('очень длинное название услуги '.repeat(8), 300, options);
    expect(cut).toMatchObject({ size: 20, cut: true });
    expect(cut.lines.at(-1)).toMatch(/…$/);
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
