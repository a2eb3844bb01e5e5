import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composePaper } from '../../electron/core/printing/paper-model.ts';
import { DEFAULT_TEMPLATE, readTemplate, type TicketTemplate } from '../../electron/core/printing/template.ts';
import { textTicket } from '../../electron/core/printing/text-ticket.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import type { TicketContent } from '../../electron/core/ports.ts';
import { OWN_TEMPLATE, SAMPLES } from '../tools/ticket-samples.ts';

/** The template of the ticket as data: what an office may change, and what it cannot. */

const renderer = createTicketRenderer(bundledFonts());
const ticket = (name: string): TicketContent => {
  const found = SAMPLES[name];
  if (found?.kind !== 'ticket') throw new Error(`no ticket ${name}`);
  return found;
};
const booking = ticket('booking');
const kinds = (content: TicketContent, template: TicketTemplate): string[] =>
  composePaper(content, template).blocks.map(({ block }) => block);
const problems = (json: unknown): string[] => {
  const read = readTemplate(json);
  return read.ok ? [] : read.problems.map(({ ru }) => ru);
};
const without = (...left: string[]) => ({
  ...DEFAULT_TEMPLATE,
  sections: DEFAULT_TEMPLATE.sections.filter(({ section }) => !left.includes(section)),
});
const plus = (...more: unknown[]) => ({ ...DEFAULT_TEMPLATE, sections: [...DEFAULT_TEMPLATE.sections, ...more] });

describe('a template that comes from the centre', () => {
  it.each([
    ['the one we ship', DEFAULT_TEMPLATE],
    ['one of an office', OWN_TEMPLATE],
    ['the least there is', { ...DEFAULT_TEMPLATE, sections: [{ section: 'qr' }, { section: 'number' }] }],
  ])('is read: %s', (_, template) => {
    expect(readTemplate(JSON.parse(JSON.stringify(template)))).toEqual({ ok: true, template });
  });

  it('cannot leave out the number or the code', () => {
    expect(problems(without('number'))).toEqual(['На талоне нет части «номер»: без неё он бесполезен']);
    expect(problems(without('qr', 'number'))).toHaveLength(2);
  });
  it('has every part once, and up to four texts of its own', () => {
    expect(problems(plus({ section: 'qr' }))).toEqual(['Часть «QR-код» стоит дважды']);
    const text = { section: 'text', size: 'small', text: { ru: 'Обед с 13 до 14' } };
    expect(problems(plus(text, text, text, text))).toEqual([]);
    expect(problems(plus(text, text, text, text, text))).toEqual(['Своих текстов больше, чем 4']);
  });
  it.each([
    ['a part that there is not', plus({ section: 'advert' }), 'Часть 12: такой части талона нет'],
    [
      'words without Russian',
      plus({ section: 'text', size: 'small', text: { en: 'Hello' } }),
      'Часть 12 («свой текст»): значение не того вида',
    ],
    [
      'Russian that is empty',
      plus({ section: 'text', size: 'small', text: { ru: ' ' } }),
      'Часть 12 («свой текст»): русский текст пуст',
    ],
    [
      'words that are endless',
      plus({ section: 'text', size: 'small', text: { ru: 'а'.repeat(301) } }),
      'Часть 12 («свой текст»): больше 300',
    ],
    [
      'a language that is none',
      plus({ section: 'text', size: 'small', text: { ru: 'а', English: 'a' } }),
      'Часть 12 («свой текст»): язык обозначают двумя-тремя буквами: ru, tt',
    ],
    ['something unknown', { ...DEFAULT_TEMPLATE, colour: 'red' }, 'Шаблон талона: лишнее: colour'],
    ['another version', { ...DEFAULT_TEMPLATE, version: 2 }, 'Шаблон талона: version: значение не того вида'],
    [
      'a sign that is no path',
      { ...DEFAULT_TEMPLATE, logo: { path: 'M0 0 <script>', box: 24, drawn: 'lines' } },
      'Шаблон талона: logo.path: это не путь SVG: команды и числа',
    ],
    ['no object', 'ticket', 'Шаблон талона: значение не того вида'],
  ])('is refused in words: %s', (_, json, words) => {
    expect(problems(json)).toEqual([words]);
  });
  it('is read without an exception whatever it is, and what is read can be printed', () => {
    const some = fc.oneof(
      fc.json().map((text): unknown => JSON.parse(text)),
      fc
        .record({ sections: fc.shuffledSubarray(OWN_TEMPLATE.sections), bilingual: fc.boolean() })
        .map((change) => ({ ...OWN_TEMPLATE, ...change })),
    );
    fc.assert(
      fc.property(some, (json) => {
        const read = readTemplate(json);
        if (!read.ok) {
          expect(read.problems.length).toBeGreaterThan(0);
          return;
        }
        const content = { ...booking, provisional: true, late: true };
        expect(kinds(content, read.template).filter((kind) => kind === 'number' || kind === 'code')).toHaveLength(2);
        expect(renderer.draw(content, 384, read.template).height).toBeGreaterThan(300);
        expect(textTicket(content, read.template, { page: 'cp866', width: 384 })).not.toBeNull();
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});

describe('a template', () => {
  it('says which parts there are and in which order', () => {
    expect(kinds(booking, DEFAULT_TEMPLATE)).toEqual(['head', 'number', 'service', 'rows', 'code']);
    expect(kinds(booking, OWN_TEMPLATE)).toEqual([
      'logo',
      'text',
      'service',
      'number',
      'head',
      'rows',
      'code',
      'papers',
      'text',
    ]);
  });
  it('has words of its own in the language of the visitor, in Russian where it lacks that', () => {
    const texts = (language: string): string[] =>
      composePaper({ ...booking, language }, OWN_TEMPLATE).blocks.flatMap((block) => {
        if (block.block === 'text') return [block.text];
        if (block.block === 'number') return [block.label];
        return block.block === 'code' ? [block.footer ?? ''] : [];
      });
    expect(texts('uz')).toEqual([
      'Xush kelibsiz!',
      'Navbatdagi raqam',
      'Talonni qabul oxirigacha saqlang.',
      'Maʼlumot: 8 800 555-35-35',
    ]);
    expect(texts('ky')[0]).toBe('Добро пожаловать!');
  });
  it('cannot take away what the staff must see: a copy, not confirmed, late', () => {
    const least: TicketTemplate = { ...DEFAULT_TEMPLATE, sections: [{ section: 'qr' }, { section: 'number' }] };
    const content = { ...booking, copy: 1, provisional: true, late: true };
    expect(kinds(content, least)).toEqual(['copy', 'code', 'number', 'mark', 'warning']);
    expect(kinds(content, DEFAULT_TEMPLATE)).toEqual([
      'copy',
      'head',
      'number',
      'service',
      'mark',
      'warning',
      'rows',
      'code',
    ]);
  });
  it('of one language keeps the names of the staff off, but not the marks that they must read', () => {
    const content = { ...booking, language: 'en', copy: 1, provisional: true };
    const { blocks } = composePaper(content, { ...DEFAULT_TEMPLATE, bilingual: false });
    expect(blocks.find(({ block }) => block === 'service')).toMatchObject({ staffName: null });
    expect(blocks.find(({ block }) => block === 'copy')).toMatchObject({ text: 'COPY / ПОВТОР №\u00a01 · 10:24' });
    expect(blocks.find(({ block }) => block === 'mark')).toMatchObject({
      headings: ['Not confirmed yet', 'Не подтверждено'],
    });
  });
  it('without windows does not name them beside the services either', () => {
    const several = ticket('several');
    const places = (template: TicketTemplate) =>
      composePaper(several, template).blocks.flatMap((b) =>
        b.block === 'services' ? b.items.map((i) => i.place) : [],
      );
    expect(places(DEFAULT_TEMPLATE)).toEqual(['зал А, окна 1–4', 'зал А, окна 5–7', 'зал Б, окна 1–3']);
    expect(places(without('window'))).toEqual([null, null, null]);
  });
  it('draws a sign of the office inside its place only', () => {
    const wild = { path: 'M-900-900L900 900L900-900Z', box: 24, drawn: 'filled' as const };
    const drawn = renderer.draw(booking, 576, { ...DEFAULT_TEMPLATE, logo: wild });
    expect(drawn.height).toBe(renderer.draw(booking, 576).height);
    const row = (y: number) => drawn.bits.subarray(y * 72, y * 72 + 12).some((byte) => byte !== 0);
    expect([0, 40, 80].some(row)).toBe(false);
  });
});
