import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { charactersOf } from '../../electron/core/printing/font-cmap.ts';
import { bundledFonts, drawable, loadFonts, missingGlyphs, pickDrawable } from '../../electron/core/printing/fonts.ts';
import { PAPER_LANGUAGES, type TicketLabels, ticketLabels } from '../../electron/core/printing/labels.ts';
import { createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { wrap } from '../../electron/core/printing/typeset.ts';
import type { TicketBitmap, TicketContent } from '../../electron/core/ports.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';

/** Papers in eight languages: that their words are there, and that every letter of them is drawn with our own type. */

const renderer = createTicketRenderer(bundledFonts());
const booking = SAMPLES['booking'] as TicketContent;
const draw = (change: Partial<TicketContent>): TicketBitmap => renderer.draw({ ...booking, ...change }, 576);

/** Everything a paper can say in a language. */
const wordsOf = (labels: TicketLabels): string[] => {
  const days = Array.from({ length: 7 }, (_, i) => ({
    year: 2026,
    month: 1 + i,
    day: 1 + i,
    weekday: i,
    time: '10:00',
  }));
  const months = Array.from({ length: 12 }, (_, i) => ({
    year: 2026,
    month: i + 1,
    day: 20,
    weekday: 1,
    time: '10:00',
  }));
  const counts = [0, 1, 2, 3, 5, 11, 21, 100];
  const waits = [
    [0, 5],
    [0, 20],
    [5, 10],
    [20, 21],
    [60, 90],
    [95, 150],
    [60, 120],
    [10, 100],
    [120, 120],
  ] as const;
  const said = Object.values(labels).flatMap((value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    return typeof value === 'object' && value !== null ? Object.values(value as Record<string, string>) : [];
  });
  return [
    ...said,
    ...[...days, ...months].flatMap((wall) => [labels.date(wall), labels.day(wall)]),
    ...counts.flatMap((n) => [labels.people(n), labels.more(n)]),
    ...waits.map(([from, to]) => labels.minutes(from, to)),
    labels.arriveFrom('10:00'),
  ];
};

describe.each(PAPER_LANGUAGES)('%s', (language) => {
  const labels = ticketLabels(language);
  const words = wordsOf(labels);

  it('has every word, none of them broken', () => {
    expect(labels.language).toBe(language);
    for (const word of words) {
      expect(word).not.toMatch(/undefined|null|NaN|\s\s/);
      expect(word.trim()).not.toBe('');
    }
  });
  it('is drawn with the type we ship, to the last letter', () => {
    expect(missingGlyphs(words.join(''))).toEqual([]);
  });
  it('is another language: no words but names of things are those of Russian or English', () => {
    const others = PAPER_LANGUAGES.filter((one) => one !== language);
    const same = (one: string) => wordsOf(ticketLabels(one)).filter((word) => words.includes(word));
    for (const other of others) {
      // Counted figures, dates and «Адрес», «ТАКРОР» are written alike in kin.
      expect(same(other).filter((word) => word.length > 16)).toEqual([]);
    }
  });
  it('looks different on paper', () => {
    const others = PAPER_LANGUAGES.filter((one) => one !== language);
    for (const other of others) expect(draw({ language })).not.toEqual(draw({ language: other }));
  });
});

describe('figures', () => {
  it.each([
    ['tt', '5–10 минут', '20 минутка кадәр', '5 минуттан азрак', '1,5–2,5 сәгать', '2 сәгатькә кадәр'],
    ['uz', '5–10 daqiqa', '20 daqiqagacha', '5 daqiqadan kam', '1,5–2,5 soat', '2 soatgacha'],
    ['tg', '5–10 дақиқа', 'то 20 дақиқа', 'камтар аз 5 дақиқа', '1,5–2,5 соат', 'то 2 соат'],
    ['ky', '5–10 мүнөт', '20 мүнөткө чейин', '5 мүнөттөн аз', '1,5–2,5 саат', '2 саатка чейин'],
    ['zh', '5–10 分钟', '最多 20 分钟', '不到 5 分钟', '1.5–2.5 小时', '最多 2 小时'],
    ['ar', 'من 5 إلى 10 دقائق', 'حتى 20 دقيقة', 'أقل من 5 دقائق', 'من 1.5 إلى 2.5 ساعة', 'حتى ساعتين'],
  ])('of a wait in %s', (language, ...words) => {
    const { minutes } = ticketLabels(language);
    const said = [minutes(5, 10), minutes(0, 20), minutes(0, 5), minutes(95, 150), minutes(20, 100)];
    expect(said.map((text) => text.replaceAll('\u00a0', ' '))).toEqual(words);
  });
  it('of people in Arabic bend as the grammar has it', () => {
    const { people } = ticketLabels('ar');
    expect([0, 1, 2, 3, 11, 100].map((n) => people(n).replaceAll('\u00a0', ' '))).toEqual([
      'لا أحد',
      'شخص واحد',
      'شخصان',
      '3 أشخاص',
      '11 شخصًا',
      '100 شخص',
    ]);
  });
});

describe('a letter that no type of ours has', () => {
  loadFonts(bundledFonts());

  it('is known before it is drawn', () => {
    expect(missingGlyphs('Талон № 7 · талоны — 5 ₽ ≈ 10 ‰')).toEqual([]);
    expect(missingGlyphs('Հայերեն и ไทย 😀')).toEqual([...new Set('Հայերենไทย😀')]);
    expect(missingGlyphs('您好 مرحبًا')).toEqual([]);
  });
  it('sends the paper back to Russian, and is left out of Russian, never a box', () => {
    expect(pickDrawable({ ru: 'Паспорт', hy: 'Անձնագիր' }, 'hy')).toBe('Паспорт');
    expect(drawable('Паспорт 😀 РФ')).toBe('Паспорт  РФ');
    const stations = (ru: string) => [{ service: { ru }, place: null }];
    expect(draw({ stations: stations('Паспорт Հ РФ') })).toEqual(draw({ stations: stations('Паспорт РФ') }));
  });
  it('does not matter where it has no ink', () => {
    expect(drawable('4\u2060–\u20607\u200b\ufeff')).toBe('4–7');
    expect(drawable('Oʻzbek и\u0306')).toBe('O‘zbek й');
  });
  it('does not depend on what other papers have needed', () => {
    // Noto Sans SC has Greek, Golos has not: that Chinese was drawn before must not let it in.
    draw({ language: 'zh' });
    const golos = charactersOf(readFileSync(bundledFonts()[1] ?? ''));
    const han = charactersOf(
      readFileSync(
        createRequire(import.meta.url).resolve('@expo-google-fonts/noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf'),
      ),
    );
    const onlyThere = [...han]
      .filter((code) => !golos.has(code) && code < 0x2000)
      .map((code) => String.fromCodePoint(code));
    expect(onlyThere.length).toBeGreaterThan(150);
    // All but a few that are the same character as another (NFC).
    expect(missingGlyphs(onlyThere.join('')).length).toBeGreaterThan(150);
  });
});

describe('Arabic', () => {
  /** Ink left and right of the middle, in rows. */
  const sides = (bitmap: TicketBitmap, from: number, to: number): [number, number] => {
    const ink: [number, number] = [0, 0];
    for (let y = from; y < to; y += 1) {
      for (let x = 0; x < bitmap.width; x += 1) {
        const black = ((bitmap.bits[(y * bitmap.width) / 8 + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) !== 0;
        if (black) ink[x < bitmap.width / 2 ? 0 : 1] += 1;
      }
    }
    return ink;
  };

  it('is laid out from right to left: the code stands on the right', () => {
    const [arabic, russian] = [draw({ language: 'ar', papers: [] }), draw({ papers: [] })];
    const low = (bitmap: TicketBitmap) => sides(bitmap, bitmap.height - 220, bitmap.height - 60);
    expect(low(arabic)[1]).toBeGreaterThan(low(arabic)[0] * 2);
    expect(low(russian)[0]).toBeGreaterThan(low(russian)[1] * 2);
  });
  it('is shaped: letters join, so a word is narrower than its letters apart', () => {
    const { lines } = wrap('موعدكم', 1000, { weight: 500, size: 40 });
    expect(lines).toEqual(['موعدكم']);
    const joined = draw({ language: 'ar', stations: [{ service: { ru: 'x', ar: 'بببب' }, place: null }] });
    const apart = draw({
      language: 'ar',
      stations: [{ service: { ru: 'x', ar: 'ب\u200cب\u200cب\u200cب' }, place: null }],
    });
    expect(joined).not.toEqual(apart);
  });
});

describe('Chinese', () => {
  const style = { weight: 500, size: 24 };
  it('is broken between characters, but not before a full stop nor after a bracket', () => {
    const text = '请在取号后留意显示屏（大厅内）和语音叫号，谢谢。';
    for (let width = 80; width < 500; width += 11) {
      const { lines, broken } = wrap(text, width, style);
      expect(broken).toBe(false);
      expect(lines.join('')).toBe(text);
      for (const line of lines) expect(line).not.toMatch(/^[，。）]|（$/);
    }
  });
  it('keeps a word of another script in one piece', () => {
    for (const line of wrap('俄罗斯 Gosuslugi 门户网站的预约', 130, style).lines)
      expect(line).not.toMatch(/^suslugi|Gosus$/);
  });
});
