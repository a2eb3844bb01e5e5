/**
 * Booking numbers, the short name of a booking for people: eight symbols of Crockford's base32, written `XXXX-XXXX`.
 * Seven symbols carry 35 bits, the last one is a check symbol.
 *
 * The check: symbols are elements of GF(2^5) with x^5 + x^2 + 1; the sum of all symbols, each times its own power of
 * alpha (data symbol i times alpha^(i+1), the check symbol times 1), is zero. The weights differ and none is zero, so
 * every single wrong symbol and every swap of two symbols, next to each other or not, is noticed.
 */

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DATA_SYMBOLS = 7;
const VALUES = 32 ** DATA_SYMBOLS;
/** The length that is looked at: hostile text costs no more. */
const MAX_TEXT = 200;

/** alpha^0 ... alpha^7: doubling, reduced by x^5 + x^2 + 1 (0b100101). */
const WEIGHTS: readonly number[] = Array.from({ length: DATA_SYMBOLS }).reduce<number[]>(
  (powers) => {
    const doubled = (powers.at(-1) ?? 1) << 1;
    return [...powers, doubled & 32 ? doubled ^ 0b100101 : doubled];
  },
  [1],
);

/** Every accepted character -> its value: either case, O as 0, I and L as 1, and the Cyrillic letters that look alike. */
const SYMBOL_OF: ReadonlyMap<string, number> = new Map(
  [
    ...Array.from(ALPHABET, (symbol) => [symbol, symbol] as const),
    ...Array.from('OILАВЕКМНОРСТУХ', (typed, i) => [typed, '011ABEKMH0PCTYX'.charAt(i)] as const),
  ].flatMap(([typed, symbol]): [string, number][] => [
    [typed, ALPHABET.indexOf(symbol)],
    [typed.toLowerCase(), ALPHABET.indexOf(symbol)],
  ]),
);

/** White space and every kind of dash (hyphens U+2010-2015, minus U+2212, soft hyphen). */
const SEPARATOR = /[\s\-\u00ad\u2010-\u2015\u2212]/;

const times = (a: number, b: number): number => {
  let product = 0;
  let factor = a;
  for (let rest = b; rest > 0; rest >>= 1) {
    if (rest & 1) product ^= factor;
    factor <<= 1;
    if (factor & 32) factor ^= 0b100101;
  }
  return product;
};

const checkOf = (data: readonly number[]): number =>
  data.reduce((sum, symbol, i) => sum ^ times(symbol, WEIGHTS[i + 1] ?? 0), 0);

const write = (symbols: readonly number[]): string => symbols.map((symbol) => ALPHABET.charAt(symbol)).join('');

/**
 * @param value a whole number of 35 bits; to be unguessable it must be random.
 * @returns its canonical booking number, eight symbols without a dash. @throws RangeError for any other value.
 */
export const makeBookingNumber = (value: number): string => {
  if (!Number.isInteger(value) || value < 0 || value >= VALUES) {
    throw new RangeError(`a booking number is made from a whole number of 35 bits, not from ${value}`);
  }
  const data: number[] = [];
  for (let rest = value; data.length < DATA_SYMBOLS; rest = Math.floor(rest / 32)) data.unshift(rest % 32);
  return write([...data, checkOf(data)]);
};

/** `shape`: not eight symbols of the alphabet. `check`: eight symbols, but mistyped. */
export type ParsedBookingNumber = { ok: true; number: string } | { ok: false; reason: 'shape' | 'check' };

/**
 * Reads a booking number as people type it: any case, spaces and dashes anywhere, O for 0, I or L for 1, and Cyrillic
 * letters in place of the Latin ones that look the same. Looks at the first 200 characters only. Never throws.
 *
 * @returns the canonical form, eight symbols without a dash.
 */
export const parseBookingNumber = (text: string): ParsedBookingNumber => {
  const symbols: number[] = [];
  for (const typed of text.slice(0, MAX_TEXT)) {
    if (SEPARATOR.test(typed)) continue;
    const symbol = SYMBOL_OF.get(typed);
    if (symbol === undefined || symbols.length > DATA_SYMBOLS) return { ok: false, reason: 'shape' };
    symbols.push(symbol);
  }
  if (symbols.length !== DATA_SYMBOLS + 1) return { ok: false, reason: 'shape' };
  const data = symbols.slice(0, DATA_SYMBOLS);
  if (symbols[DATA_SYMBOLS] !== checkOf(data)) return { ok: false, reason: 'check' };
  return { ok: true, number: write(symbols) };
};

/** @returns a canonical booking number as people read it, `XXXX-XXXX`. */
export const formatBookingNumber = (number: string): string => `${number.slice(0, 4)}-${number.slice(4)}`;
