/** Counted words of the papers. The screen says the same wait in the same words (a test compares the two). */

/** A word after a number, as that number wants it: «минута», «минуты», «минут». */
export type Counted = (n: number) => string;

export interface CountedWords {
  /** For figures: what parts whole from half, and thousands from hundreds (BCP 47). */
  figures: 'ru-RU' | 'en-GB';
  person: Counted;
  minute: Counted;
  hour: Counted;
  /** Whole phrases round a wait; `n` is its last figure as a number, `figure` as text. */
  upTo: (figure: string, n: number, unit: 'minute' | 'hour') => string;
  lessThan: (figure: string, n: number) => string;
  span: (from: string, to: string, n: number, unit: 'minute' | 'hour') => string;
}

/** A number and its word stay on one line. */
export const NBSP = '\u00a0';
/** Longer waits are told in hours, minutes. */
const IN_HOURS = 90;
const HALF = 30;
/** Nobody believes less, minutes. */
const LEAST = 5;

/** @returns the word for `n` by the plural rules of a language. */
export const plural = (locale: string, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }) => {
  const rules = new Intl.PluralRules(locale);
  return (n: number): string => forms[rules.select(n)] ?? forms.other;
};

/** The one word of a language that does not bend words after numbers. */
export const always =
  (word: string): Counted =>
  () =>
    word;

/** `15–25 минут`: both figures, then the word that the last one wants. */
export const dashed =
  (words: Pick<CountedWords, 'minute' | 'hour'>): CountedWords['span'] =>
  (from, to, n, unit) =>
    `${from === to ? to : `${from}–${to}`}${NBSP}${words[unit](n)}`;

export const people = ({ figures, person }: CountedWords, count: number): string =>
  `${count.toLocaleString(figures)}${NBSP}${person(count)}`;

/**
 * A wait in minutes as a range: `15–25 минут`, `меньше 5 минут`, `1,5–2 часа`. Hours go outwards to the half hour, so
 * that less is never promised; a lower end of nothing, or of less than an hour where hours are told, is left out.
 */
export const waiting = (words: CountedWords, from: number, to: number): string => {
  const inHours = to > IN_HOURS;
  const low = inHours ? Math.floor(from / HALF) / 2 : from;
  const high = inHours ? Math.ceil(to / HALF) / 2 : from <= 0 ? Math.max(to, LEAST) : Math.max(from, to);
  const figure = (n: number) => n.toLocaleString(words.figures, { maximumFractionDigits: 1 });
  const unit = inHours ? 'hour' : 'minute';
  if (inHours ? low < 1 : low <= 0) {
    return !inHours && to <= LEAST ? words.lessThan(figure(high), high) : words.upTo(figure(high), high, unit);
  }
  return words.span(figure(low), figure(high), high, unit);
};
