import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatTicketNumber,
  isSkipped,
  overflowNumber,
  parseTicketNumber,
  SERIES,
  ticketKind,
  type TicketNumber,
} from '../../shared/domain/ticket-number.ts';

const ticket: fc.Arbitrary<TicketNumber> = fc.record({
  series: fc.constantFrom(...SERIES),
  number: fc.oneof(
    fc.integer({ min: 1, max: 999 }),
    fc
      .tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 999 }))
      .map(([slot, n]) => overflowNumber(slot, n)),
  ),
});

describe('ticketKind', () => {
  it.each([
    [1, 'online'],
    [699, 'online'],
    [700, 'reserve'],
    [999, 'reserve'],
    [1001, 'overflow'],
    [99_999, 'overflow'],
  ])('%d is %s', (number, kind) => {
    expect(ticketKind(number)).toBe(kind);
  });

  it.each([0, -1, 1000, 2000, 100_000, 100_001, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (number) => {
    expect(() => ticketKind(number)).toThrow(RangeError);
    expect(() => formatTicketNumber({ series: 'A', number }, 'latn')).toThrow('a ticket number is');
  });
});

describe('overflowNumber', () => {
  it('joins slot and count', () => {
    expect(overflowNumber(7, 12)).toBe(7012);
    expect(overflowNumber(1, 1)).toBe(1001);
    expect(overflowNumber(99, 999)).toBe(99_999);
  });

  it.each([
    [0, 1],
    [100, 1],
    [1, 0],
    [1, 1000],
    [1.5, 1],
    [1, Number.NaN],
  ])('refuses slot %d with count %d', (slot, n) => {
    expect(() => overflowNumber(slot, n)).toThrow(RangeError);
  });
});

describe('formatTicketNumber', () => {
  it('writes what the screens and the paper show', () => {
    expect(formatTicketNumber({ series: 'A', number: 47 }, 'cyrl')).toBe('\u0410\u00a0047');
    expect(formatTicketNumber({ series: 'A', number: 47 }, 'latn')).toBe('A\u00a0047');
    expect(formatTicketNumber({ series: 'X', number: 7012 }, 'cyrl')).toBe('\u0425\u00a007\u00a0012');
    expect(formatTicketNumber({ series: 'K', number: 99_999 }, 'latn')).toBe('K\u00a099\u00a0999');
  });

  it('has a letter of each script for every series', () => {
    const letters = (script: 'cyrl' | 'latn') =>
      SERIES.map((series) => formatTicketNumber({ series, number: 1 }, script)[0]);
    expect(letters('latn').join('')).toBe('ABEKMHPCTYX');
    expect(letters('cyrl').join('')).toBe('\u0410\u0412\u0415\u041a\u041c\u041d\u0420\u0421\u0422\u0423\u0425');
  });
});

describe('parseTicketNumber', () => {
  it('reads back whatever is written, in any case and with any spaces', () => {
    fc.assert(
      fc.property(ticket, fc.constantFrom<'cyrl' | 'latn'>('cyrl', 'latn'), (given, script) => {
        const text = formatTicketNumber(given, script);
        for (const typed of [
          text,
          text.toLowerCase(),
          text.replaceAll('\u00a0', ''),
          ` ${text.replaceAll('\u00a0', '-')}\n`,
        ]) {
          expect(parseTicketNumber(typed)).toEqual(given);
        }
      }),
    );
  });

  it.each([
    ['а47', { series: 'A', number: 47 }],
    ['K 7', { series: 'K', number: 7 }],
    ['т 007', { series: 'T', number: 7 }],
    ['y07012', { series: 'Y', number: 7012 }],
  ])('reads %j as staff type it', (text, number) => {
    expect(parseTicketNumber(text)).toEqual(number);
  });

  it.each([
    '',
    'А',
    '047',
    'А 000',
    'А 7012',
    'А 07 000',
    'А 00 012',
    'А 123456',
    'Б 047',
    'Z 047',
    'О 047',
    'АА 047',
    'А 04x',
    'А ٠٤٧',
  ])('refuses %j', (text) => {
    expect(parseTicketNumber(text)).toBeNull();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...Array.from('АA 0179-')) })),
        (text) => {
          const parsed = parseTicketNumber(text);
          expect(parsed === null || ticketKind(parsed.number) !== undefined).toBe(true);
        },
      ),
    );
    expect(parseTicketNumber(`А${' '.repeat(1_000_000)}047`)).toBeNull();
  });
});

describe('isSkipped', () => {
  it('leaves 666 out, also as the end of an overflow number', () => {
    expect([665, 666, 667, 7666, 6660].map((number) => isSkipped(number))).toEqual([false, true, false, true, false]);
  });

  it("takes an office's own list", () => {
    expect(isSkipped(666, [])).toBe(false);
    expect(isSkipped(13, [13, 113])).toBe(true);
    expect(isSkipped(5013, [5013])).toBe(true);
    expect(isSkipped(6013, [5013])).toBe(false);
  });
});
