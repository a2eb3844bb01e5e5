import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { toCsv, type Cell } from '../../shared/domain/csv.ts';

/** Tables for spreadsheets: what is written can be read again, and nothing of it is a formula. */

const BOM = '\uFEFF';

/** A reader of RFC 4180, as plain as can be. */
const readCsv = (text: string, separator: string): string[][] => {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let n = BOM.length; n < text.length; n += 1) {
    const c = text.charAt(n);
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text.charAt(n + 1) === '"') {
        cell += '"';
        n += 1;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === separator) {
      row.push(cell);
      cell = '';
    } else if (c === '\r' && text.charAt(n + 1) === '\n') {
      rows.push([...row, cell]);
      row = [];
      cell = '';
      n += 1;
    } else cell += c;
  }
  return rows;
};

it('begins with a byte order mark and ends each line with CRLF', () => {
  expect(toCsv([['а', 'б'], ['в']], 'ru')).toBe(`${BOM}а;б\r\nв\r\n`);
  expect(toCsv([], 'ru')).toBe(BOM);
});

it('has what a spreadsheet of the language expects between cells and in numbers', () => {
  const rows = [['x', 1.5, 2, null, -3.25]];
  expect(toCsv(rows, 'ru')).toBe(`${BOM}x;1,5;2;;-3,25\r\n`);
  expect(toCsv(rows, 'en')).toBe(`${BOM}x,1.5,2,,-3.25\r\n`);
});

it('quotes only what needs it: the separator of this language, quotes and line breaks', () => {
  expect(toCsv([['a,b', 'a;b', 'a"b', 'a\nb']], 'ru')).toBe(`${BOM}a,b;"a;b";"a""b";"a\nb"\r\n`);
  expect(toCsv([['a,b', 'a;b']], 'en')).toBe(`${BOM}"a,b",a;b\r\n`);
});

it.each(['=1+1', '+7 916 123-45-67', '-2', '@SUM(A1)', '\t=1', '\r=1'])('makes no formula of %j', (text) => {
  expect(readCsv(toCsv([[text]], 'ru'), ';')).toEqual([[`'${text}`]]);
});

it('leaves numbers that are below zero alone, since nobody wrote them', () => {
  expect(toCsv([[-2]], 'en')).toBe(`${BOM}-2\r\n`);
});

it('can be read again, whatever stands in it', () => {
  const nasty = fc.string({ unit: fc.constantFrom('"', ';', ',', '\r', '\n', '=', '@', "'", ' ', 'я', 'z', '🙂') });
  const cell: fc.Arbitrary<Cell> = fc.oneof(nasty, fc.integer(), fc.constant(null));
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
      fc.constantFrom('ru' as const, 'en' as const),
      (rows, language) => {
        const read = readCsv(toCsv(rows, language), language === 'ru' ? ';' : ',');
        expect(read.map((row) => row.length)).toEqual(rows.map((row) => row.length));
        for (const [n, row] of rows.entries())
          for (const [m, written] of row.entries()) {
            const found = read[n]?.[m] ?? '';
            const plain = String(written ?? '');
            expect([plain, `'${plain}`]).toContain(found);
            if (typeof written === 'string') expect(found).not.toMatch(/^[=+\-@\t\r]/);
          }
      },
    ),
  );
});
