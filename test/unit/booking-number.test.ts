import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBookingNumber, makeBookingNumber, parseBookingNumber } from '../../shared/domain/booking-number.ts';

const ALPHABET = Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
const MAX = 2 ** 35 - 1;
const value = fc.oneof(
  fc.constantFrom(0, 1, 31, 32, 2 ** 31, 2 ** 32, MAX),
  fc.maxSafeNat().map((n) => n % (MAX + 1)),
);
const valid = (symbols: readonly string[]): boolean => parseBookingNumber(symbols.join('')).ok;
const replaced = (symbols: readonly string[], at: number, symbol: string): string[] => symbols.with(at, symbol);

describe('makeBookingNumber', () => {
  it('gives known numbers', () => {
    // Worked out by hand: alpha = 2, so a data symbol 1 in the places 0 ... 6 weighs 2, 4, 8, 16, 5, 10, 20.
    expect(makeBookingNumber(0)).toBe('00000000');
    expect(makeBookingNumber(1)).toBe('0000001M');
    expect(makeBookingNumber(32)).toBe('0000010A');
    expect(makeBookingNumber(32 ** 2)).toBe('00001005');
    expect(makeBookingNumber(32 ** 6)).toBe('10000002');
    expect(makeBookingNumber(MAX)).toMatch(/^Z{7}.$/);
  });

  it('gives a different number for each value, which is read back', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const number = makeBookingNumber(a);
        expect(number).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
        expect(parseBookingNumber(number)).toEqual({ ok: true, number });
        expect(number === makeBookingNumber(b)).toBe(a === b);
      }),
    );
  });

  it.each([-1, 2 ** 35, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (bad) => {
    expect(() => makeBookingNumber(bad)).toThrow(RangeError);
  });
});

describe('the check symbol', () => {
  // The code is linear: an error is noticed in every number if it is noticed in 00000000.
  it('notices each of the 248 wrong symbols', () => {
    const zero = Array.from('00000000');
    const missed = zero.flatMap((_, at) => ALPHABET.slice(1).filter((symbol) => valid(replaced(zero, at, symbol))));
    expect(missed).toEqual([]);
  });

  it('notices each swap of two symbols: all pairs of places, all differences', () => {
    const missed: string[] = [];
    for (let a = 0; a < 8; a += 1) {
      for (let b = a + 1; b < 8; b += 1) {
        // A swap of x and y adds the same difference in both places.
        for (const symbol of ALPHABET.slice(1)) {
          const error = replaced(replaced(Array.from('00000000'), a, symbol), b, symbol);
          if (valid(error)) missed.push(error.join(''));
        }
      }
    }
    expect(missed).toEqual([]);
  });

  it('notices all of them in any number, said without linearity', () => {
    fc.assert(
      fc.property(value, (n) => {
        const symbols = Array.from(makeBookingNumber(n));
        const accepted = new Set<string>();
        for (const [a, symbol] of symbols.entries()) {
          for (const other of ALPHABET) {
            const changed = replaced(symbols, a, other);
            if (valid(changed)) accepted.add(changed.join(''));
          }
          for (const [b, other] of symbols.entries()) {
            const swapped = replaced(replaced(symbols, a, other), b, symbol);
            if (valid(swapped)) accepted.add(swapped.join(''));
          }
        }
        expect([...accepted]).toEqual([symbols.join('')]);
      }),
      { numRuns: 50 },
    );
  });

  it('lets one in 32 of all other texts pass', () => {
    const passed = ALPHABET.flatMap((a) => ALPHABET.map((b) => `7K3M2Q${a}${b}`)).filter(
      (text) => parseBookingNumber(text).ok,
    );
    expect(passed).toHaveLength(32);
  });
});

describe('parseBookingNumber', () => {
  const number = makeBookingNumber(0x1_2345_6789);
  const ones = makeBookingNumber(32 ** 6 + 32 ** 3);

  it.each([
    ['the canonical form', number, number],
    ['a dash', formatBookingNumber(number), number],
    ['lower case', number.toLowerCase(), number],
    [
      'spaces, en dash, no-break hyphen, no-break space',
      ` ${number.slice(0, 2)}–${number.slice(2, 5)}\u2011\u00a0${number.slice(5)}\r\n`,
      number,
    ],
    ['I, l and O', ones.replaceAll('0', 'O').replace('1', 'I').replace('1', 'l'), ones],
    ['о and О of Cyrillic', ones.replace('0', 'о').replace('0', 'О'), ones],
  ])('reads %s', (_name, text, expected) => {
    expect(parseBookingNumber(text)).toEqual({ ok: true, number: expected });
  });

  it('reads every Cyrillic letter that looks like a Latin one, in both cases', () => {
    const pairs = ['АA', 'ВB', 'ЕE', 'КK', 'МM', 'НH', 'О0', 'РP', 'СC', 'ТT', 'УY', 'ХX'];
    for (const [cyrillic = '', latin = ''] of pairs.map((pair) => Array.from(pair))) {
      const known = makeBookingNumber(ALPHABET.indexOf(latin) * 32 ** 6);
      expect(parseBookingNumber(cyrillic + known.slice(1))).toEqual({ ok: true, number: known });
      expect(parseBookingNumber(cyrillic.toLowerCase() + known.slice(1))).toEqual({ ok: true, number: known });
    }
  });

  it.each([
    ['nothing', ''],
    ['dashes only', '--------'],
    ['seven symbols', number.slice(1)],
    ['nine symbols', `${number}0`],
    ['U, which is not in the alphabet', `U${number.slice(1)}`],
    ['a Cyrillic letter like no Latin one', `Ф${number.slice(1)}`],
    ['a dot', `${number}.`],
    ['U+017F, S in upper case', `\u017f${number.slice(1)}`],
    ['an emoji', '\u{1f600}'.repeat(4)],
    ['a number behind 200 spaces', ' '.repeat(200) + number],
  ])('finds the wrong shape of %s', (_name, text) => {
    expect(parseBookingNumber(text)).toEqual({ ok: false, reason: 'shape' });
  });

  it('tells a mistyped number from another kind of text', () => {
    const mistyped = (number.startsWith('0') ? '1' : '0') + number.slice(1);
    expect(parseBookingNumber(mistyped)).toEqual({ ok: false, reason: 'check' });
  });

  it('never throws, and gives only numbers that read as themselves', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...ALPHABET, '-', ' ', 'О'), minLength: 7, maxLength: 10 }),
    );
    fc.assert(
      fc.property(text, (typed) => {
        const parsed = parseBookingNumber(typed);
        expect(parsed.ok ? parseBookingNumber(parsed.number) : parsed).toEqual(parsed);
      }),
    );
  });
});
