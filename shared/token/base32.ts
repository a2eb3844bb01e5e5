/** The base32 alphabet of RFC 4648, section 6. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Code unit -> 5-bit value. A table instead of `toUpperCase`, which would also let in characters that merely become
 * ASCII letters (U+017F becomes S, U+0131 becomes I).
 */
const VALUES: ReadonlyMap<number, number> = new Map(
  Array.from(ALPHABET).flatMap((symbol, value): [number, number][] => [
    [symbol.charCodeAt(0), value],
    [symbol.toLowerCase().charCodeAt(0), value],
  ]),
);

/** @returns `bytes` as upper-case base32 of RFC 4648 without padding. */
export const encodeBase32 = (bytes: Uint8Array): string => {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((buffer >>> bits) & 31);
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET.charAt((buffer << (5 - bits)) & 31) : text;
};

/**
 * Reads base32 of RFC 4648 without padding, in either case. Strict: one byte string has one spelling, apart from case.
 *
 * @returns null for any other character (also padding and spaces), for a length that no whole number of bytes gives,
 * and when unused bits at the end are not zero. Never throws.
 */
export const decodeBase32 = (text: string): Uint8Array | null => {
  const size = Math.floor((text.length * 5) / 8);
  if (Math.ceil((size * 8) / 5) !== text.length) return null;
  const bytes = new Uint8Array(size);
  let at = 0;
  let buffer = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i += 1) {
    const value = VALUES.get(text.charCodeAt(i));
    if (value === undefined) return null;
    buffer = (buffer << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at] = buffer >>> bits;
      at += 1;
      buffer &= (1 << bits) - 1;
    }
  }
  return buffer === 0 ? bytes : null;
};
