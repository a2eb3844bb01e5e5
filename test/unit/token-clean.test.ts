import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanScan, MAX_CODE_TEXT, unrussian } from '../../shared/token/clean.ts';
import { typedInRussian } from '../tools/golden-ez1.ts';

/** What Caps Lock does to the letters that a keyboard gives. */
const capsLock = (text: string): string =>
  Array.from(text, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');

describe('unrussian', () => {
  it('puts back every character that a scanner types', () => {
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
    expect(unrussian(typedInRussian(printable))).toBe(printable);
  });

  it('puts back a link', () => {
    expect(unrussian('реезыЖ..учфьздуюкг.Й.EZ1?ф=1')).toBe('https://example.ru/Q/EZ1&a=1');
  });

  it('leaves what it does not know', () => {
    expect(unrussian('12-34 日本 ї')).toBe('12-34 日本 ї');
  });
});

describe('cleanScan', () => {
  it.each([
    ['nothing', '', ''],
    ['white space', ' \t\u00a0\u3000EZ1ABC\u2028 ', 'EZ1ABC'],
    ['CR LF', 'EZ1ABC\r\n', 'EZ1ABC'],
    ['STX and ETX', '\u0002EZ1ABC\u0003', 'EZ1ABC'],
    ['NUL, GS, EOT and C1 controls', '\u0000\u001dEZ1ABC\u0004\u0085\u009f', 'EZ1ABC'],
    ['a byte order mark and zero-width characters', '\ufeff\u200bEZ1ABC\u200e', 'EZ1ABC'],
    ['AIM identifier of QR, model 2', ']Q1EZ1ABC', 'EZ1ABC'],
    ['AIM identifier of QR, model 1', ']Q0EZ1ABC', 'EZ1ABC'],
    ['AIM identifier of Data Matrix', ']d1EZ1ABC', 'EZ1ABC'],
    ['AIM identifier of Code 128', ']C0B7K4Q2M9', 'B7K4Q2M9'],
    ['ECI', '\\000026EZ1ABC', 'EZ1ABC'],
    ['two ECIs', '\\000003\\000026EZ1ABC', 'EZ1ABC'],
    ['all together', '\u0002 ]Q2\\000026 EZ1ABC\u0003\r\n', 'EZ1ABC'],
    ['an identifier and nothing else', ']Q1', ''],
    ['Russian layout', 'УЯ1ФИС', 'EZ1ABC'],
    ['Russian layout, Caps Lock', 'уя1фис', 'ez1abc'],
    ['Russian layout, AIM identifier', 'ъЙ1УЯ1ФИС', 'EZ1ABC'],
    ['Russian layout, AIM identifier, Caps Lock', 'Ъй1уя1фис', 'EZ1ABC'],
    ['Russian layout, ECI', '\\000026УЯ1ФИС\r', 'EZ1ABC'],
    ['Russian layout, a link', 'реезыЖ..ф.и', 'https://a/b'],
    ['Russian layout, a link, Caps Lock', 'РЕЕЗЫж..ф.и', 'https://A/B'],
  ])('takes off %s', (_name, text, clean) => {
    expect(cleanScan(text)).toBe(clean);
  });

  it.each([
    ['inner white space and controls', 'A B\u001dC'],
    ['a booking number with Cyrillic look-alikes', 'ВАЕК-МНРС'],
    ['a Russian text', 'Здравствуйте'],
    ['a link with Russian words', 'https://example.ru/запись'],
    ['Cyrillic among Latin letters', 'УЯ1ABC'],
    ['a bracket that begins no identifier', ']-1'],
    ['a backslash that begins no ECI', '\\00002'],
  ])('leaves %s', (_name, text) => {
    expect(cleanScan(text)).toBe(text);
  });

  it('never looks past the 200th character', () => {
    expect(cleanScan('A'.repeat(5000))).toHaveLength(MAX_CODE_TEXT);
    expect(cleanScan(`${' '.repeat(MAX_CODE_TEXT)}EZ1`)).toBe('');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 200, maxLength: 260 }), fc.string(), (text, more) => {
        expect(cleanScan(text + more)).toBe(cleanScan(text));
      }),
    );
  });

  it('never throws, and leaves no edge to take off', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...Array.from('ъЪЙ1]Q\\0уЯ \r')) })),
        (text) => {
          const clean = cleanScan(text);
          expect(clean.trim()).toBe(clean);
        },
      ),
    );
  });

  it('gives the same key text whatever layout and Caps Lock did to a token', () => {
    const symbols = fc.string({
      unit: fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')),
      maxLength: 150,
    });
    fc.assert(
      fc.property(symbols, (body) => {
        const text = `EZ1${body}`;
        for (const typed of [text, capsLock(text), typedInRussian(text), capsLock(typedInRussian(text))]) {
          expect(cleanScan(typed).toUpperCase()).toBe(text);
          expect(cleanScan(`\u0002${typed}\r\n`).toUpperCase()).toBe(text);
        }
      }),
    );
  });
});
