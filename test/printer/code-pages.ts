import { WRITTEN_PAGES } from './code-page-tables.ts';

/** What the bytes 0x80..0xFF mean in one code page: a string of exactly 128 characters. */
export type HighHalf = string;

/** The pages that the runtime decodes by itself, by the names of printers. */
const DECODED: Readonly<Record<string, string>> = {
  cp866: 'ibm866',
  cp874: 'windows-874',
  cp1250: 'windows-1250',
  cp1251: 'windows-1251',
  cp1252: 'windows-1252',
  cp1253: 'windows-1253',
  cp1254: 'windows-1254',
  cp1255: 'windows-1255',
  cp1256: 'windows-1256',
  cp1257: 'windows-1257',
  cp1258: 'windows-1258',
  'iso8859-2': 'iso-8859-2',
  'iso8859-3': 'iso-8859-3',
  'iso8859-4': 'iso-8859-4',
  'iso8859-5': 'iso-8859-5',
  'iso8859-6': 'iso-8859-6',
  'iso8859-7': 'iso-8859-7',
  'iso8859-8': 'iso-8859-8',
  'iso8859-9': 'windows-1254',
  'iso8859-15': 'iso-8859-15',
};

const NOTHING = '\ufffd'.repeat(128);
const made = new Map<string, HighHalf>();

function decoded(label: string): HighHalf {
  const bytes = Uint8Array.from({ length: 128 }, (_, index) => 0x80 + index);
  return new TextDecoder(label).decode(bytes);
}

function make(name: string): HighHalf {
  const written = WRITTEN_PAGES[name];
  if (written !== undefined) return written;
  // 858 is 850 with the euro sign where that has a dotless i.
  if (name === 'cp858') return (WRITTEN_PAGES['cp850'] ?? NOTHING).replace('ı', '€');
  const label = DECODED[name];
  if (label !== undefined) return decoded(label);
  // A page that the printer has and this one's letters are not known of: nothing legible, as with any wrong page.
  if (name === 'other') return NOTHING;
  throw new RangeError(`code page ${name}: its letters are not known`);
}

/**
 * The upper half of a code page by its name (`cp866`, `kz1048`, `other`...).
 * @throws {RangeError} for a name that is not known.
 */
export function codePage(name: string): HighHalf {
  const known = made.get(name);
  if (known !== undefined) return known;
  const page = make(name);
  made.set(name, page);
  return page;
}

/** One byte of text as the character it prints as under `page`. */
export function decodeByte(page: HighHalf, byte: number): string {
  return byte < 0x80 ? String.fromCodePoint(byte) : page.charAt(byte - 0x80);
}

/** Two bytes of GBK as the character they print as in the Chinese mode of clones. */
export function decodeChinese(first: number, second: number): string {
  const text = new TextDecoder('gbk').decode(Uint8Array.of(first, second));
  return Array.from(text).length === 1 ? text : '\ufffd';
}

type Pages = ReadonlyMap<number, string>;

function numbered(pages: Readonly<Record<number, string>>): Pages {
  return new Map(Object.entries(pages).map(([number, name]) => [Number(number), name]));
}

/** Pages by the number of `ESC t n` (Epson, ESC/POS command reference, TM-T20II). */
export const EPSON_PAGES: Pages = numbered({
  0: 'cp437',
  1: 'other',
  2: 'cp850',
  3: 'cp860',
  4: 'cp863',
  5: 'cp865',
  11: 'other',
  12: 'other',
  13: 'cp857',
  14: 'cp737',
  15: 'iso8859-7',
  16: 'cp1252',
  17: 'cp866',
  18: 'cp852',
  19: 'cp858',
  33: 'cp775',
  34: 'cp855',
  35: 'cp861',
  36: 'cp862',
  37: 'cp864',
  38: 'cp869',
  39: 'iso8859-2',
  40: 'iso8859-15',
  44: 'cp1125',
  45: 'cp1250',
  46: 'cp1251',
  47: 'cp1253',
  48: 'cp1254',
  49: 'cp1255',
  50: 'cp1256',
  51: 'cp1257',
  52: 'cp1258',
  53: 'kz1048',
});

/** Rongta RP326, and those that are the same under other names (receipt-print-hq/escpos-printer-db, RP326.yml). */
export const RONGTA_PAGES: Pages = numbered({
  0: 'cp437',
  1: 'other',
  2: 'cp850',
  3: 'cp860',
  4: 'cp863',
  5: 'cp865',
  6: 'cp1251',
  7: 'cp866',
  8: 'other',
  9: 'other',
  10: 'other',
  15: 'cp862',
  16: 'cp1252',
  17: 'cp1253',
  18: 'cp852',
  19: 'cp858',
  20: 'other',
  21: 'other',
  22: 'other',
  23: 'cp1252',
  24: 'cp737',
  25: 'cp1257',
  26: 'other',
  27: 'other',
  28: 'cp855',
  29: 'cp857',
  30: 'cp1250',
  31: 'cp775',
  32: 'cp1254',
  33: 'cp1255',
  34: 'cp1256',
  35: 'cp1258',
  36: 'iso8859-2',
  37: 'iso8859-3',
  38: 'iso8859-4',
  39: 'iso8859-5',
  40: 'iso8859-6',
  41: 'iso8859-7',
  42: 'iso8859-8',
  43: 'iso8859-9',
  44: 'iso8859-15',
  45: 'other',
  46: 'cp856',
  47: 'cp874',
});

/** Pages by the number of `ESC GS t n` (Star, STAR Line Mode Command Specifications, 3-3-1). */
export const STAR_PAGES: Pages = numbered({
  0: 'cp437',
  1: 'cp437',
  2: 'other',
  3: 'cp437',
  4: 'cp858',
  5: 'cp852',
  6: 'cp860',
  7: 'cp861',
  8: 'cp863',
  9: 'cp865',
  10: 'cp866',
  11: 'cp855',
  12: 'cp857',
  13: 'cp862',
  14: 'cp864',
  15: 'cp737',
  16: 'other',
  17: 'cp869',
  18: 'other',
  19: 'other',
  20: 'other',
  21: 'cp874',
  32: 'cp1252',
  33: 'cp1250',
  34: 'cp1251',
});

/** Custom KPM210/216, user manual, `ESC t`: nothing Cyrillic is documented. */
export const CUSTOM_PAGES: Pages = numbered({
  0: 'cp437',
  2: 'cp850',
  3: 'cp860',
  4: 'cp863',
  5: 'cp865',
  19: 'cp858',
});
