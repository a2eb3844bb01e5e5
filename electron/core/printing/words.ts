/** Counted words of the papers. The screen says the same wait in the same words (a test compares the two). */

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export interface CountedWords {
  /** BCP 47. */
  locale: string;
  person: Forms;
  minute: Forms;
  hour: Forms;
  /** The same after `upTo` and `lessThan`. */
  minuteAtMost: Forms;
  hourAtMost: Forms;
  upTo: string;
  lessThan: string;
}

/** A number and its word stay on one line. */
const NBSP = '\u00a0';
/** Longer waits are told in hours, minutes. */
const IN_HOURS = 90;
const HALF = 30;
/** Nobody believes less, minutes. */
const LEAST = 5;

const counted = (locale: string, span: string, last: number, forms: Forms): string =>
  `${span}${NBSP}${forms[new Intl.PluralRules(locale).select(last)] ?? forms.other}`;

export const people = ({ locale, person }: CountedWords, count: number): string =>
  counted(locale, count.toLocaleString(locale), count, person);

/**
 * A wait in minutes as a range: `15–25 минут`, `меньше 5 минут`, `1,5–2 часа`. Hours go outwards to the half hour, so
 * that less is never promised; a lower end of nothing, or of less than an hour where hours are told, is left out.
 */
export const waiting = (words: CountedWords, from: number, to: number): string => {
  const { locale } = words;
  const inHours = to > IN_HOURS;
  const low = inHours ? Math.floor(from / HALF) / 2 : from;
  const high = inHours ? Math.ceil(to / HALF) / 2 : from <= 0 ? Math.max(to, LEAST) : Math.max(from, to);
  const number = (n: number) => n.toLocaleString(locale, { maximumFractionDigits: 1 });
  if (inHours ? low < 1 : low <= 0) {
    const [least, forms] = inHours ? [false, words.hourAtMost] : [to <= LEAST, words.minuteAtMost];
    return `${least ? words.lessThan : words.upTo}${NBSP}${counted(locale, number(high), high, forms)}`;
  }
  const span = low === high ? number(high) : `${number(low)}–${number(high)}`;
  return counted(locale, span, high, inHours ? words.hour : words.minute);
};
