import { pageHas } from './code-pages.ts';
import { tie } from './leaning.ts';

/** Text for a printer's own type: in characters of one code page, and broken into lines of so many of them. */

/** What may stand for a character that a page does not have, the nearest first. */
const NEAREST: Readonly<Record<string, readonly string[]>> = {
  '≈': ['~'],
  '₽': ['руб.'],
  '—': ['–', '-'],
  '–': ['-'],
  '−': ['-'],
  '‑': ['-'],
  '«': ['"'],
  '»': ['"'],
  '„': ['"'],
  '“': ['"'],
  '”': ['"'],
  '‘': ["'"],
  '’': ["'"],
  ʻ: ['‘', "'"],
  ʼ: ['’', "'"],
  '…': ['...'],
  '×': ['x'],
  '·': ['-'],
  '•': ['*'],
  '→': ['->'],
  '←': ['<-'],
  '№': ['No.'],
};

/** Marks without ink; the spaces that hold words together have done so before, see `wrapText`. */
const INKLESS = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|\ufe0f/g;
const HARD_SPACE = /[\u00a0\u202f\u2007]/g;
/** Stays until the lines are broken, then is an ordinary space: page 866 prints 0xFF as one, others do not. */
const TIE = '\u00a0';

/**
 * @returns `text` in characters of the page and ties between words that stay together, null when it cannot be said.
 * @throws RangeError for a page that is not known.
 */
export const inPage = (page: string, text: string): string | null => {
  const plain = text
    .normalize('NFC')
    .replace(INKLESS, '')
    .replace(HARD_SPACE, TIE)
    .replace(/[\s\p{Cc}]/gu, (space) => (space === TIE ? TIE : ' '));
  let said = '';
  for (const character of plain) {
    if (character === TIE || pageHas(page, character)) {
      said += character;
      continue;
    }
    const nearest = NEAREST[character]?.find((text) => Array.from(text).every((one) => pageHas(page, one)));
    if (nearest === undefined) return null;
    said += nearest;
  }
  return said;
};

const breakAtSpaces = (text: string, columns: number): string[] => {
  const lines: string[] = [];
  let line = '';
  const end = (): void => {
    if (line !== '') lines.push(line.replaceAll(TIE, ' '));
    line = '';
  };
  for (let word of text.split(' ').filter((one) => one !== '')) {
    if (line !== '' && line.length + 1 + word.length > columns) end();
    // Ties hold no longer where a line is too short for all they hold.
    if (word.length > columns && word.includes(TIE)) {
      const loose = breakAtSpaces(word.replaceAll(TIE, ' '), columns);
      lines.push(...loose.slice(0, -1));
      line = loose.at(-1) ?? '';
      continue;
    }
    while (word.length > columns) {
      const head = word.slice(0, columns);
      const part = head.slice(0, head.lastIndexOf('-') + 1) || head;
      lines.push(part);
      word = word.slice(part.length);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  end();
  return lines;
};

/** Lines of at most `columns` characters, broken at spaces; a word that is longer is broken after a hyphen or anywhere. */
export const wrapText = (text: string, columns: number): string[] => breakAtSpaces(tie(text), columns);

/** The same number of lines, about equally long: for text in the middle of the paper. */
export const balanceText = (text: string, columns: number): string[] => {
  let best = wrapText(text, columns);
  const longest = Math.max(0, ...text.split(' ').map((word) => word.length));
  for (let narrower = columns - 1; best.length > 1 && narrower >= Math.max(longest, columns / 2); narrower -= 1) {
    const tried = wrapText(text, narrower);
    if (tried.length > best.length) break;
    best = tried;
  }
  return best;
};
