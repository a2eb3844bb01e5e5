import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIn, pageHas } from '../../electron/core/printing/code-pages.ts';
import { PAPER_LANGUAGES, ticketLabels } from '../../electron/core/printing/labels.ts';
import type { PaperOp } from '../../electron/core/printing/paper-ops.ts';
import { DEFAULT_TEMPLATE } from '../../electron/core/printing/template.ts';
import { textTicket } from '../../electron/core/printing/text-ticket.ts';
import { balanceText, inPage, wrapText } from '../../electron/core/printing/text-wrap.ts';
import type { Printable, TicketContent } from '../../electron/core/ports.ts';
import { codePage, decodeByte } from '../printer/code-pages.ts';
import { jobBytes, profileNamed, textJob } from '../tools/ticket-bytes.ts';
import { OWN_TEMPLATE, SAMPLES } from '../tools/ticket-samples.ts';

/** Papers in the printer's own type: every character in the page, every line on the paper, nothing cut. */

const WIDTHS = [576, 512, 640, 384];
const sample = (name: string): Printable => {
  const found = SAMPLES[name];
  if (!found) throw new Error(`no sample ${name}`);
  return found;
};
const booking = sample('booking') as TicketContent;
const set = (content: Printable, page = 'cp866', width = 576): PaperOp[] => {
  const ops = textTicket(content, DEFAULT_TEMPLATE, { page, width });
  if (!ops) throw new Error(`not in ${page}`);
  return ops;
};
const texts = (ops: readonly PaperOp[]): string[] =>
  ops.flatMap((op) => (op.op === 'line' ? [op.runs.map((run) => run.text).join('')] : []));
const whole = (ops: readonly PaperOp[]): string => texts(ops).join(' ').replaceAll(/\s+/g, ' ');

/** What a printer would print for these bytes, by tables that are not ours. */
const printed = (page: string, bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => decodeByte(codePage(page), byte)).join('');

/** @returns what would not stand on the paper as it was meant. */
const faults = (ops: readonly PaperOp[], page: string, width: number): string[] => {
  const columns = Math.floor(width / 12);
  return ops.flatMap((op) => {
    if (op.op === 'qr') return op.moduleDots * 25 <= width ? [] : ['a code wider than the paper'];
    if (op.op !== 'line') return [];
    const taken = op.runs.reduce((sum, run) => sum + run.text.length * (run.wide ?? 1), 0);
    const wide = taken <= columns ? [] : [`${taken} columns of ${columns}: ${op.runs.map((run) => run.text).join('')}`];
    const wrong = op.runs.filter((run) => {
      const bytes = encodeIn(page, run.text);
      return bytes === null || printed(page, bytes) !== run.text;
    });
    return [...wide, ...wrong.map((run) => `not in the page: ${run.text}`)];
  });
};

describe.each(['cp866', 'cp1251', 'cp855', 'cp1125', 'kz1048'])('every sample in Russian, in %s,', (page) => {
  it.each(Object.keys(SAMPLES))('%s: all characters come out as they are, on every width', (name) => {
    for (const width of WIDTHS) {
      expect(faults(set({ ...sample(name), language: 'ru' }, page, width), page, width)).toEqual([]);
    }
  });
});

/** Bytes behind the first two of the commands that a job in text has; codes say their length themselves. */
const LENGTHS: Readonly<Record<string, number>> = {
  '1b40': 0,
  '1b74': 1,
  '1b33': 1,
  '1b4a': 1,
  '1b61': 1,
  '1b45': 1,
  '1d42': 1,
  '1d21': 1,
  '1d50': 2,
  '1d56': 2,
};
/** Reads a job as a printer does: commands away, the rest by a table that is not ours. */
const readJob = (bytes: Uint8Array, page: string): { number: number; lines: string[]; codes: string[] } => {
  const [lines, codes] = [[''], [] as string[]];
  let number = -1;
  for (let at = 0; at < bytes.length;) {
    const [byte = 0, next = 0] = [bytes[at], bytes[at + 1]];
    const name = Buffer.of(byte, next).toString('hex');
    if (name === '1d28') {
      const length = (bytes[at + 3] ?? 0) + 256 * (bytes[at + 4] ?? 0);
      const body = bytes.subarray(at + 5, at + 5 + length);
      if (body[1] === 80) codes.push(Buffer.from(body.subarray(3)).toString('latin1'));
      at += 5 + length;
    } else if (name in LENGTHS) {
      if (name === '1b74') number = bytes[at + 2] ?? -1;
      at += 2 + (LENGTHS[name] ?? 0);
    } else if (byte === 0x0a) {
      lines.push('');
      at += 1;
    } else {
      if (byte < 0x20) throw new Error(`command ${name} at ${at}`);
      lines.push(`${lines.pop() ?? ''}${printed(page, Uint8Array.of(byte))}`);
      at += 1;
    }
  }
  return { number, lines: lines.slice(0, -1), codes };
};

describe.each([
  ['cp866', 17],
  ['cp1251', 46],
  ['kz1048', 53],
  ['cp855', 34],
  ['cp1125', 44],
])('the bytes of a job in %s', (page, number) => {
  it.each(Object.keys(SAMPLES))('%s: are the text, letter for letter, under the page that is chosen once', (name) => {
    const content = { ...sample(name), language: 'ru' };
    const epson = profileNamed('epson');
    const job = textJob(content, DEFAULT_TEMPLATE, { profile: epson, width: 576, page });
    const read = readJob(jobBytes(epson, job), page);
    expect(read.number).toBe(number);
    expect(read.lines).toEqual(texts(job.ops));
    expect(read.codes).toEqual(content.qr === null ? [] : [content.qr]);
    expect(read.lines.join('')).not.toMatch(/[?\ufffd]/);
  });
});

describe('a language', () => {
  const can = (language: string, page: string): boolean =>
    textTicket({ ...booking, language }, DEFAULT_TEMPLATE, { page, width: 576 }) !== null;

  it('that the page lacks a letter of is drawn instead', () => {
    const able = (page: string) => PAPER_LANGUAGES.filter((language) => can(language, page));
    expect(able('cp866')).toEqual(['ru', 'en', 'uz']);
    expect(able('cp1251')).toEqual(['ru', 'en', 'uz']);
    expect(able('kz1048')).toEqual(['ru', 'en', 'tt', 'uz', 'ky']);
    // It lacks one letter of Tatar: a ticket with that letter is drawn.
    expect(
      textTicket({ ...booking, language: 'tt', late: true }, DEFAULT_TEMPLATE, { page: 'kz1048', width: 576 }),
    ).toBeNull();
    expect(able('cp437')).toEqual([]);
  });
  it('of the staff counts too', () => {
    const english = {
      ...booking,
      language: 'en',
      stations: [{ service: { ru: 'Passport' }, place: null }],
      copy: 1,
      papers: [],
    };
    const plain = { ...english, office: { ru: 'Office' }, officeSubtitle: { ru: 'Centre' }, number: 'A\u00a0047' };
    const on = (staffLanguage: string) =>
      textTicket({ ...plain, staffLanguage }, DEFAULT_TEMPLATE, { page: 'cp437', width: 576 });
    expect(on('en')).not.toBeNull();
    expect(on('ru')).toBeNull();
  });
  it('is never half in the page: one strange letter anywhere, and there is no text', () => {
    const places: Partial<TicketContent>[] = [
      { office: { ru: 'Үзәк' } },
      { number: 'Җ\u00a0047' },
      { stations: [{ service: { ru: 'Паспорт 中' }, place: null }] },
      { papers: [{ ru: 'Հ' }] },
      { qr: 'QR-КОД' },
      { priority: { name: { ru: '😀' }, level: 'first', confirmed: true, document: null } },
    ];
    for (const change of places) {
      expect(textTicket({ ...booking, ...change }, DEFAULT_TEMPLATE, { page: 'cp866', width: 576 })).toBeNull();
    }
  });
});

describe('a ticket in text', () => {
  it('says what the drawn one says', () => {
    const all = whole(set({ ...booking, late: true, provisional: true }));
    const { late, notConfirmed, notConfirmedNote, yourNumber, footer } = ticketLabels('ru');
    for (const words of [
      'Мои документы Центральный район',
      yourNumber,
      'А 047',
      'Паспорт гражданина РФ',
      notConfirmed,
      notConfirmedNote,
      late,
      'Запись на 10:30',
      'Куда зал Б, окна 4-7',
      'Перед вами 2 человека',
      'Ждать 5-10 минут',
      'С собой * паспорт, который меняете * две фотографии 35x45',
      footer,
      '21.11.2026 10:24',
    ]) {
      expect(all).toContain(words);
    }
  });
  it('has its number as large as the paper is wide, in one piece', () => {
    const number = (text: string, width: number) =>
      set({ ...booking, number: text }, 'cp866', width)
        .filter((op) => op.op === 'line' && (op.runs[0]?.high ?? 1) > 2)
        .map((op) =>
          op.op === 'line' ? op.runs.map(({ text: t, wide, high }) => `${t}:${wide}x${high}`).join('') : '',
        );
    expect(number('А\u00a0047', 576)).toEqual(['А:8x8 :4x8047:8x8']);
    expect(number('А\u00a0047', 384)).toEqual(['А:7x8 :4x8047:7x8']);
    expect(number('А\u00a007\u00a0012', 576)).toEqual(['А:8x8 :4x807:8x8', '012:8x8']);
  });
  it('begins a copy with a bar in white on black over the whole width', () => {
    const [first] = set({ ...booking, copy: 2 });
    expect(first).toEqual({
      op: 'line',
      runs: [{ text: `${' '.repeat(15)}ПОВТОР № 2 · 10:24${' '.repeat(15)}`.slice(0, 48), bold: true, inverse: true }],
      align: 'left',
    });
  });
  it('leaves the code to the printer, 20 mm or more, with its quiet zone', () => {
    for (const width of WIDTHS) {
      const ops = set(booking, 'cp866', width);
      const at = ops.findIndex(({ op }) => op === 'qr');
      const code = ops[at];
      if (code?.op !== 'qr') throw new Error('no code');
      expect(code.text).toBe(booking.qr);
      expect(code.moduleDots * 25).toBeGreaterThanOrEqual(160);
      expect([ops[at - 1], ops[at + 1]]).toEqual([
        { op: 'feed', dots: 4 * code.moduleDots },
        { op: 'feed', dots: 4 * code.moduleDots },
      ]);
    }
  });
  it('takes the template of the office', () => {
    const own = textTicket(booking, OWN_TEMPLATE, { page: 'cp866', width: 576 });
    expect(whole(own ?? [])).toMatch(/^Добро пожаловать! Паспорт гражданина РФ Номер в очереди А 047 Мои документы/);
  });
  it('is a few hundred bytes', () => {
    const bytes = texts(set(booking)).join('').length;
    expect(bytes).toBeLessThan(600);
  });
  it('is drawn instead where nobody knows the page', () => {
    expect(textTicket(booking, DEFAULT_TEMPLATE, { page: 'cp9999', width: 576 })).toBeNull();
  });
  it('is drawn instead where its code would be too small', () => {
    expect(textTicket({ ...booking, qr: 'a'.repeat(900) }, DEFAULT_TEMPLATE, { page: 'cp866', width: 384 })).toBeNull();
  });

  const awkward = fc.constantFrom(
    'Щ'.repeat(300),
    'ООО-'.repeat(70),
    'имя\nв\tдве\r\nстроки \u001b@ \u0010\u0004\u0001',
    'в на с по д. № ул. к и о '.repeat(12),
    '\u00a0'.repeat(40),
    `слово${'\u00a0слово'.repeat(40)}`,
    ' ',
  );
  const words = fc
    .oneof(
      fc.string({ unit: fc.constantFrom(...Array.from('абвгдЁё №«»—–≈₽…×’ \u00a0-')), minLength: 1, maxLength: 200 }),
      awkward,
    )
    .map((ru) => ({ ru }));
  it('is on the paper and holds no command, however long its names are', () => {
    const content = fc.record({
      office: words,
      officeSubtitle: words,
      papers: fc.array(words, { maxLength: 9 }),
      stations: fc.array(fc.record({ service: words, place: fc.option(words) }), { maxLength: 5 }),
      copy: fc.integer({ min: 0, max: 12 }),
      wait: fc.option(fc.record({ ahead: fc.nat(9999), fromMinutes: fc.nat(600), toMinutes: fc.nat(600) })),
    });
    fc.assert(
      fc.property(content, fc.constantFrom(...WIDTHS), (change, width) => {
        expect(faults(set({ ...booking, ...change }, 'cp866', width), 'cp866', width)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a character that the page lacks', () => {
  it.each([
    ['cp866', '≈ 5 ₽ — «да»', '~ 5 руб. - "да"'],
    ['cp1251', '≈ 5 ₽ — «да» …', '~ 5 руб. — «да» …'],
    ['cp866', '35×45 · Oʻzbek', "35x45 · O'zbek"],
    ['cp855', '«№ 7» · 5', '«№ 7» - 5'],
    ['cp437', '«No» № 7', '«No» No. 7'],
  ])('has a neighbour in %s: %s', (page, text, said) => expect(inPage(page, text)).toBe(said));
  it('has none, and then nothing is said', () => {
    for (const text of ['ә', '中', '😀', 'é']) expect(inPage('cp866', text)).toBeNull();
  });
  it('is never replaced by a question mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('cp866', 'cp1251', 'kz1048'), (text, page) => {
        const said = inPage(page, text);
        if (said === null) return;
        const marks = (s: string): number => s.split('?').length;
        expect(marks(said)).toBe(marks(text.normalize('NFC')));
        for (const one of said) expect(one === '\u00a0' || pageHas(page, one)).toBe(true);
      }),
    );
  });
});

describe('lines of characters', () => {
  it('are never too long and lose no word', () => {
    const text = 'Государственная регистрация прав на недвижимое имущество, д. 14, окна 4-7';
    for (let columns = 16; columns < 90; columns += 1) {
      for (const lines of [wrapText(text, columns), balanceText(text, columns)]) {
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
        expect(lines.join(' ')).toBe(text);
        expect(lines.some((line) => /\s(на|д\.)$/.test(line))).toBe(false);
      }
      expect(balanceText(text, columns)).toHaveLength(wrapText(text, columns).length);
    }
  });
  it('break a word that is longer than they are, after its hyphen if it has one', () => {
    expect(wrapText('Петропавловск-Камчатский', 16)).toEqual(['Петропавловск-', 'Камчатский']);
    expect(wrapText('Щ'.repeat(20), 8)).toEqual(['Щ'.repeat(8), 'Щ'.repeat(8), 'Щ'.repeat(4)]);
  });
});
