import { parseBookingNumber } from '../../../shared/domain/booking-number.ts';
import { parseTicketNumber, type TicketNumber } from '../../../shared/domain/ticket-number.ts';
import type { Wanted } from './people.ts';
import { otherLayout, phoneTyped, wordsOf } from './text.ts';
import type { Words } from './words.ts';

/** What somebody typed into the one field of the search, and all that it may mean (pure). */

/** What is looked at: whoever types more has said enough. */
const MAX_TEXT = 200;
const MAX_WANTED = 8;

/** One word between spaces, as it was typed and as the same keys write on the other keyboard; or a part of a phone. */
type Piece = { kind: 'words'; plain: string[]; other: string[] } | { kind: 'phone'; digits: string };

export interface Typed {
  pieces: Piece[];
  /** Canonical booking numbers. */
  numbers: string[];
  ticket: TicketNumber | null;
}

const lettered = (text: string): string[] =>
  wordsOf(text)
    .filter((word) => /\p{L}/u.test(word))
    .slice(0, MAX_WANTED);

const piecesOf = (text: string): Piece[] => {
  const whole = phoneTyped(text);
  if (whole !== null) return [{ kind: 'phone', digits: whole }];
  const chunks = text.split(/\s+/).filter((chunk) => chunk !== '');
  const pieces: Piece[] = [];
  let digits = '';
  const endDigits = (): void => {
    // Fewer than four are the beginning of more.
    const phone = phoneTyped(digits);
    if (phone !== null) pieces.push({ kind: 'phone', digits: phone });
    digits = '';
  };
  for (const chunk of chunks) {
    if (/^[^\p{L}]*\d[^\p{L}]*$/u.test(chunk)) {
      digits += chunk;
      continue;
    }
    endDigits();
    const plain = lettered(chunk);
    const other = lettered(otherLayout(chunk));
    // Signs alone are a word only when nothing else is typed: the key of the comma is «б», too.
    if (plain.length > 0 || (other.length > 0 && chunks.length === 1)) pieces.push({ kind: 'words', plain, other });
  }
  endDigits();
  return pieces.slice(0, MAX_WANTED);
};

export const readTyped = (all: string): Typed => {
  const text = all.slice(0, MAX_TEXT).trim();
  const swapped = otherLayout(text);
  const numbers = [text, swapped].flatMap((one) => {
    const parsed = parseBookingNumber(one);
    return parsed.ok ? [parsed.number] : [];
  });
  return {
    pieces: piecesOf(text),
    numbers: [...new Set(numbers)],
    ticket: parseTicketNumber(text) ?? parseTicketNumber(swapped),
  };
};

/** What is wanted of a person, in terms of the words that there are. @param slips one wrong letter in longer words is forgiven */
export const wantedOf = ({ pieces }: Typed, words: Words, slips: boolean): Wanted[] =>
  pieces.map((piece): Wanted => {
    if (piece.kind === 'phone') return piece;
    const { plain, other } = piece;
    const [first, ...more] = plain.map((word) => words.fits(word, { other: false, slips }));
    const [swapped] = other;
    if (first && more.length === 0 && swapped !== undefined && other.length === 1)
      return { kind: 'words', ways: [[words.fits(swapped, { other: true, slips }, first)]] };
    const ways = [first ? [first, ...more] : [], other.map((word) => words.fits(word, { other: true, slips }))];
    return { kind: 'words', ways: ways.filter((way) => way.length > 0) };
  });
