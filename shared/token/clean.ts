/** No code of ours is longer; whatever stands behind is never looked at, so a huge text costs nothing. */
export const MAX_CODE_TEXT = 200;

/** Keys of the Russian layout (ЙЦУКЕН, as on Windows): plain, with Shift, and the digit row with Shift ... */
const RUSSIAN = ['ёйцукенгшщзхъфывапролджэячсмитьбю.', 'ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,', '"№;:?/'].join('');
/** ... and the same keys of the US layout, which scanners type for. */
const US = ["`qwertyuiop[]asdfghjkl;'zxcvbnm,./", '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?', '@#$^&|'].join('');

const US_KEY: ReadonlyMap<string, string> = new Map(
  Array.from(RUSSIAN, (key, i): [string, string] => [key, US.charAt(i)]),
);

const LATIN_LETTER = /[A-Za-z]/;
const CYRILLIC_LETTER = /[А-Яа-яЁё]/;
/** What a text of a scanner begins with once its keys are put back: a token, an AIM identifier, a link. */
const KNOWN_START = /^(?:\\\d{6}){0,4}(?:EZ1|\][A-Z]\d|https?:\/\/)/i;
/** AIM symbology identifier (ISO/IEC 15424), which scanners put in front when told to: `]Q1` QR, `]d1` Data Matrix. */
const AIM_IDENTIFIER = /^\][A-Za-z][0-9A-Fa-f]/;
/** Extended channel interpretations (AIM ITS/04-023): `\000026` says that the text is UTF-8. */
const ECI_PREFIXES = /^(?:\\\d{6}){1,4}/;

/**
 * Puts back what a keyboard-wedge scanner typed while the Russian layout was active: each character becomes that of the
 * same key, with the same Shift, on the US layout. Characters that no key of the Russian layout gives stay as they are.
 * Meant for a text that is known to be typed so: a text that is really Russian turns into nonsense.
 */
export const unrussian = (text: string): string => {
  let result = '';
  for (const key of text) result += US_KEY.get(key) ?? key;
  return result;
};

const swapCase = (text: string): string =>
  Array.from(text, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');

/**
 * Undoes the Russian layout where that gives a beginning that we know, and only then: booking numbers may rightly be
 * written with Cyrillic letters. The second try is for Caps Lock, which turns `]` into `}` and `:` into `;`, because
 * these are letter keys on the Russian layout.
 */
const fixLayout = (text: string): string => {
  if (!CYRILLIC_LETTER.test(text) || LATIN_LETTER.test(text)) return text;
  for (const typed of [text, swapCase(text)]) {
    const fixed = unrussian(typed);
    if (KNOWN_START.test(fixed)) return fixed;
  }
  return text;
};

/** STX, ETX, CR, LF, every other control character, zero-width characters and white space. */
const isEdge = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  if (code <= 0x20 || (code >= 0x7f && code <= 0xa0)) return true;
  return (code >= 0x200b && code <= 0x200f) || text.charAt(at).trim() === '';
};

const trimEdges = (text: string): string => {
  let from = 0;
  let to = text.length;
  while (from < to && isEdge(text, from)) from += 1;
  while (to > from && isEdge(text, to - 1)) to -= 1;
  return text.slice(from, to);
};

/**
 * Takes off a scanned text what the scanner and the keyboard put on: control characters and white space at the ends, an
 * AIM identifier, ECI prefixes, the Russian layout (with or without Caps Lock). Looks at the first 200 characters only
 * and drops the rest. Case stays as it is. Never throws.
 */
export const cleanScan = (text: string): string => {
  let rest = fixLayout(trimEdges(text.slice(0, MAX_CODE_TEXT)));
  rest = trimEdges(rest.replace(AIM_IDENTIFIER, ''));
  return trimEdges(rest.replace(ECI_PREFIXES, ''));
};
