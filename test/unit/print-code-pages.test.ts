import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codePages, encodeIn, pageHas } from '../../electron/core/printing/code-pages.ts';
import { PROFILES } from '../../electron/core/printing/profiles.ts';
import { codePage } from '../printer/code-pages.ts';

/** Beside tables that are not ours: the decoders of the web standard, and the consortium's where it has none. */
const TABLES = codePages().map((page) => [page, codePage(page)] as const);

describe.each(TABLES)('%s', (page, table) => {
  it('has every character of the upper half where the standard puts it', () => {
    for (const [i, character] of Array.from(table).entries()) {
      // Bytes that mean nothing, or a control character.
      if (/[\p{Cc}\p{Cf}\ufffd]/u.test(character)) continue;
      expect([character, encodeIn(page, character)?.[0]]).toEqual([character, 0x80 + i]);
    }
  });
  it('has the printable half of ASCII where it is', () => {
    for (let byte = 0x20; byte < 0x7f; byte += 1) {
      expect([...(encodeIn(page, String.fromCodePoint(byte)) ?? [])]).toEqual([byte]);
    }
  });
  it('has nothing else: what it cannot say is null, never a question mark', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const known = Array.from(text).every(
          (c) => (c >= ' ' && c <= '~') || (table.includes(c) && !/[\p{Cc}\p{Cf}\ufffd]/u.test(c)),
        );
        const bytes = encodeIn(page, text);
        expect(bytes !== null).toBe(known);
        if (bytes) {
          const back = [...bytes].map((b) => (b < 0x80 ? String.fromCodePoint(b) : table[b - 0x80])).join('');
          expect(back).toBe(text);
        }
      }),
    );
  });
});

describe('a code page', () => {
  it('gives no byte that a printer would obey', () => {
    for (const page of codePages()) {
      for (let code = 0; code < 0x20; code += 1) expect(encodeIn(page, String.fromCharCode(code))).toBeNull();
      expect(encodeIn(page, '\u007f')).toBeNull();
      expect(encodeIn(page, 'А\u001bВ')).toBeNull();
    }
  });
  it('is there for every printer that we know of', () => {
    const wanted = Object.values(PROFILES).flatMap(({ codePages: pages }) => Object.keys(pages));
    expect(wanted.filter((page) => !codePages().includes(page))).toEqual([]);
  });
  it('knows which letters it lacks: those of Tatar in 866, the rouble everywhere', () => {
    expect(pageHas('cp866', 'Ё')).toBe(true);
    expect(pageHas('cp866', 'ә')).toBe(false);
    expect(pageHas('kz1048', 'ә')).toBe(true);
    expect(pageHas('kz1048', 'җ')).toBe(false);
    for (const page of codePages()) expect(pageHas(page, '₽')).toBe(false);
  });
  it('that nobody knows is said so', () => {
    expect(() => encodeIn('cp932', 'А')).toThrow(/cp932 is not known/);
    expect(() => pageHas('toString', 'А')).toThrow(RangeError);
  });
});
