import iconv from 'iconv-lite';

/**
 * Code pages of printers, by name: what a byte from 0x80 on prints as. Which number a page has differs from maker to
 * maker and stands in their profiles. Only characters with ink are in a page: a control byte inside of a name is a command.
 */

/** Our names, and those of the library's tables. RK1048 is the national name of KZ-1048. */
const PAGES: Readonly<Record<string, string>> = {
  cp437: 'cp437',
  cp737: 'cp737',
  cp775: 'cp775',
  cp850: 'cp850',
  cp852: 'cp852',
  cp855: 'cp855',
  cp857: 'cp857',
  cp858: 'cp858',
  cp860: 'cp860',
  cp862: 'cp862',
  cp863: 'cp863',
  cp865: 'cp865',
  cp866: 'cp866',
  cp1125: 'cp1125',
  cp1250: 'cp1250',
  cp1251: 'cp1251',
  cp1252: 'cp1252',
  cp1253: 'cp1253',
  cp1254: 'cp1254',
  cp1257: 'cp1257',
  kz1048: 'rk1048',
};

/** @returns the names of the pages that there are. */
export const codePages = (): string[] => Object.keys(PAGES);

const NO_INK = /[\p{Cc}\p{Cf}\p{Co}\ufffd]/u;
const made = new Map<string, ReadonlyMap<string, number>>();

const pageOf = (page: string): ReadonlyMap<string, number> => {
  const known = made.get(page);
  if (known) return known;
  const name = Object.hasOwn(PAGES, page) ? PAGES[page] : undefined;
  if (name === undefined)
    throw new RangeError(`the code page ${page} is not known; there are ${codePages().join(', ')}`);
  const bytes = new Map<string, number>();
  for (let byte = 0x20; byte < 0x7f; byte += 1) bytes.set(String.fromCodePoint(byte), byte);
  for (let byte = 0x80; byte <= 0xff; byte += 1) {
    const character = iconv.decode(Buffer.of(byte), name);
    if (!NO_INK.test(character) && !bytes.has(character)) bytes.set(character, byte);
  }
  made.set(page, bytes);
  return bytes;
};

/** Whether `char`, one character, prints in that page. @throws RangeError for a page that is not known. */
export const pageHas = (page: string, char: string): boolean => pageOf(page).has(char);

/**
 * @returns the bytes of `text` in a page, null when one character of it is not there: nothing is ever replaced.
 * @throws RangeError for a page that is not known.
 */
export const encodeIn = (page: string, text: string): Uint8Array | null => {
  const bytes = pageOf(page);
  const out: number[] = [];
  for (const character of text) {
    const byte = bytes.get(character);
    if (byte === undefined) return null;
    out.push(byte);
  }
  return Uint8Array.from(out);
};
