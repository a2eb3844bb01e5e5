/**
 * Names as search compares them (pure): what people do not care about, or mistype without noticing, is made alike. Words
 * are in lower case, without marks over letters (so «ё» is «е» and «й» is «и»), and hyphens part them.
 */

/** Letters of other languages written in Cyrillic, as they are typed on a Russian keyboard; and Latin ones of their own. */
const LIKE: Readonly<Record<string, string>> = {
  ә: 'а',
  ө: 'о',
  ү: 'у',
  ұ: 'у',
  җ: 'ж',
  ң: 'н',
  һ: 'х',
  ҳ: 'х',
  қ: 'к',
  ҡ: 'к',
  ғ: 'г',
  ґ: 'г',
  ҙ: 'з',
  ҫ: 'с',
  ҷ: 'ч',
  і: 'и',
  ї: 'и',
  є: 'е',
  ѣ: 'е',
  ђ: 'д',
  ћ: 'ч',
  љ: 'л',
  њ: 'н',
  џ: 'ж',
  ј: 'и',
  ı: 'i',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  þ: 'th',
};

/** Inside of a word they are not there: «О’Коннор» is «ОКоннор». Marks over letters belong to the letter. */
const NOTHING = /^[\p{M}'’‘ʼʹ`´\u00ad\u200b-\u200d\u2060\ufeff]$/u;
const HYPHEN = /^[-\u2010-\u2015\u2212]$/u;
const OF_WORD = /^[\p{L}\p{N}]$/u;

const PART = ' ';
const JOIN = '-';

/** @returns letters of a word, '' for what counts for nothing, a hyphen, or a space for all that parts words */
const likenessOf = (character: string): string => {
  if (NOTHING.test(character)) return '';
  if (HYPHEN.test(character)) return JOIN;
  const bare = character.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '');
  if (bare === '') return PART;
  let letters = '';
  for (const one of bare) letters += LIKE[one] ?? (OF_WORD.test(one) ? one : '');
  return letters === '' ? PART : letters;
};

/** Of Latin, Greek and Cyrillic with what stands between them; the rest of Unicode is looked up each time. */
const KEPT = Array.from({ length: 0x600 }, (_, code) => likenessOf(String.fromCharCode(code)));

/** The length of words that is looked at. */
const MAX_WORD = 64;

/**
 * The words of a text, in its order. A text without hyphens has no other words than those between its spaces.
 * @param joined also the word that parts with a hyphen make together: «Аль-Хасан» is «аль», «хасан» and «альхасан»
 */
export const wordsOf = (text: string, joined = false): string[] => {
  const words: string[] = [];
  let letters: string[] = [];
  /** Parts of the same word so far, and where they end. */
  let parts: string[] = [];
  const endPart = (): void => {
    if (letters.length > 0) parts.push(letters.join('').slice(0, MAX_WORD));
    letters = [];
  };
  const endWord = (): void => {
    endPart();
    words.push(...parts);
    if (joined && parts.length > 1) words.push(parts.join('').slice(0, MAX_WORD));
    parts = [];
  };
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const like = KEPT[code] ?? likenessOf(character);
    if (like === PART) endWord();
    else if (like === JOIN) endPart();
    else if (like !== '') letters.push(like);
  }
  endWord();
  return words;
};

// --- The wrong keyboard ----------------------------------------------------------------------------------------------

const RUSSIAN_KEYS = 'йцукенгшщзхъфывапролджэячсмитьбюё';
const LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const LATIN_SHIFTED = 'QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~';

const OTHER_KEY: ReadonlyMap<string, string> = new Map(
  Array.from(RUSSIAN_KEYS).flatMap((russian, i): [string, string][] => {
    const latin = LATIN_KEYS.charAt(i);
    return [
      [russian, latin],
      [russian.toUpperCase(), latin],
      [latin, russian],
      [LATIN_SHIFTED.charAt(i), russian],
    ];
  }),
);

/** @returns what the same keys write when the keyboard is switched between Russian and English, letter by letter */
export const otherLayout = (text: string): string => {
  let typed = '';
  for (const character of text) typed += OTHER_KEY.get(character) ?? character;
  return typed;
};

// --- Slips -----------------------------------------------------------------------------------------------------------

const sameFrom = (a: string, i: number, b: string, j: number, until: number): boolean => {
  if (a.length - i !== until - j) return false;
  for (let n = 0; i + n < a.length; n += 1) if (a.charCodeAt(i + n) !== b.charCodeAt(j + n)) return false;
  return true;
};

/**
 * @returns whether `typed` is the word or its beginning with one letter wrong, missing, needless, or two neighbours
 *   swapped (or none of it)
 */
export const isSlipOf = (typed: string, word: string): boolean => {
  let same = 0;
  while (same < typed.length && same < word.length && typed.charCodeAt(same) === word.charCodeAt(same)) same += 1;
  const n = typed.length;
  if (same === n) return true;
  if (n - 1 <= word.length && sameFrom(typed, same + 1, word, same, n - 1)) return true;
  if (n + 1 <= word.length && sameFrom(typed, same, word, same + 1, n + 1)) return true;
  if (n > word.length) return false;
  if (sameFrom(typed, same + 1, word, same + 1, n)) return true;
  return (
    typed.charCodeAt(same) === word.charCodeAt(same + 1) &&
    typed.charCodeAt(same + 1) === word.charCodeAt(same) &&
    sameFrom(typed, same + 2, word, same + 2, n)
  );
};

// --- Phones ----------------------------------------------------------------------------------------------------------

/** More digits are no phone, and no exact number. */
const MAX_DIGITS = 15;

/** @returns digits as they are compared: without the 8 or +7 of Russia, whose numbers have ten more */
const nationalOf = (digits: string): string => (/^[78]\d{10}$/.test(digits) ? digits.slice(1) : digits);

/** The phones of a field, as digits; what is too short or too long for one is left out. */
export const phonesOf = (field: string): string[] =>
  field
    .split(/[,;/\n]/)
    .map((part) => nationalOf(part.replaceAll(/\D/g, '')))
    .filter((digits) => digits.length >= 4 && digits.length <= MAX_DIGITS);

/** @returns the digits of what may be a phone or the end of one, at least four of them; null for anything else */
export const phoneTyped = (text: string): string | null => {
  if (!/^[\d\s()+.\-\u2010-\u2015\u2212\u00a0]+$/.test(text)) return null;
  const digits = text.replaceAll(/\D/g, '');
  return digits.length >= 4 && digits.length <= MAX_DIGITS ? nationalOf(digits) : null;
};
