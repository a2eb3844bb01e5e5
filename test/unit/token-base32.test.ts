import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase32, encodeBase32 } from '../../shared/token/base32.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

describe('base32', () => {
  // RFC 4648, section 10, without the padding.
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('writes and reads the example %j of the RFC', (plain, coded) => {
    expect(encodeBase32(ascii(plain))).toBe(coded);
    expect(decodeBase32(coded)).toEqual(ascii(plain));
    expect(decodeBase32(coded.toLowerCase())).toEqual(ascii(plain));
  });

  it('gives back every byte string', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['a length that cannot be', 'A'],
    ['three symbols', 'AAA'],
    ['six symbols', 'AAAAAA'],
    ['padding', 'MY======'],
    ['a space', 'MZXW6 TB'],
    ['the digit 0', 'M0'],
    ['the digit 1', 'M1'],
    ['the digit 8', 'MZXW68TB'],
    ['U+017F, S in upper case', 'MZXW6\u017fTB'],
    ['U+0131, I in upper case', 'MZXW6\u0131TB'],
    ['a Cyrillic letter', 'MZXW6\u0410TB'],
    ['a surrogate pair', 'MZXW6Y\u{1f600}'],
  ])('refuses %s', (_name, text) => {
    expect(decodeBase32(text)).toBeNull();
  });

  it('refuses unused bits that are not zero: MY is the only spelling of "f"', () => {
    const spellings = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', (symbol) => `M${symbol}`);
    expect(spellings.filter((text) => decodeBase32(text)?.[0] === 0x66)).toEqual(['MY']);
  });

  it('reads a text only if writing its bytes gives that text', () => {
    const symbols = fc.string({ unit: fc.constantFrom(...Array.from('ABCYZ27abz018=-')), maxLength: 24 });
    fc.assert(
      fc.property(fc.oneof(symbols, fc.string({ unit: 'binary' })), (text) => {
        const bytes = decodeBase32(text);
        expect(bytes === null || encodeBase32(bytes) === text.toUpperCase()).toBe(true);
      }),
    );
  });
});
