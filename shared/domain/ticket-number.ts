/**
 * Ticket numbers, what is shown on the board and called out: a series letter and a number.
 *
 *     А 047       1-699    given one by one by the centre
 *     А 712       700-999  this device's reserve, while the centre does not answer
 *     А 07 012    overflow: two digits of the device's slot, three of its own count; kept as slot * 1000 + count
 */

/** Stored as Latin letters; the Cyrillic alphabet has every one of them too, so each visitor reads the same. */
export const SERIES = ['A', 'B', 'E', 'K', 'M', 'H', 'P', 'C', 'T', 'Y', 'X'] as const;
export type Series = (typeof SERIES)[number];

export interface TicketNumber {
  series: Series;
  /** 1-699 online, 700-999 reserve, slot * 1000 + (1-999) overflow. */
  number: number;
}

export type TicketKind = 'online' | 'reserve' | 'overflow';

/** Last number given online; 1 is the first. */
export const ONLINE_LAST = 699;
export const RESERVE_FIRST = 700;
export const RESERVE_LAST = 999;
/** Highest slot number of a device in its office; 1 is the first. */
export const MAX_SLOT = 99;
/** Numbers that people would rather not be called by; an office may choose others. */
export const SKIPPED_NUMBERS: readonly number[] = [666];

const CYRILLIC: Readonly<Record<Series, string>> = {
  A: 'А',
  B: 'В',
  E: 'Е',
  K: 'К',
  M: 'М',
  H: 'Н',
  P: 'Р',
  C: 'С',
  T: 'Т',
  Y: 'У',
  X: 'Х',
};

const SERIES_OF: ReadonlyMap<string, Series> = new Map(
  SERIES.flatMap((series): [string, Series][] =>
    [series, series.toLowerCase(), CYRILLIC[series], CYRILLIC[series].toLowerCase()].map((typed) => [typed, series]),
  ),
);

const NO_BREAK_SPACE = '\u00a0';

const isTicketNumber = (number: number): boolean =>
  Number.isInteger(number) && number >= 1 && number < (MAX_SLOT + 1) * 1000 && number % 1000 !== 0;

const checked = (number: number): number => {
  if (!isTicketNumber(number)) {
    throw new RangeError(
      `a ticket number is 1-999 or slot * 1000 + (1-999) with a slot of 1-${MAX_SLOT}, not ${number}`,
    );
  }
  return number;
};

/** @returns which of the three ranges `number` is from. @throws RangeError if it is in none. */
export const ticketKind = (number: number): TicketKind => {
  if (checked(number) > RESERVE_LAST) return 'overflow';
  return number <= ONLINE_LAST ? 'online' : 'reserve';
};

/**
 * @param slot the device's number in its office, 1-99. @param n its count of this series today, 1-999.
 * @returns the overflow number. @throws RangeError if either is out of range.
 */
export const overflowNumber = (slot: number, n: number): number => {
  if (!Number.isInteger(slot) || slot < 1 || slot > MAX_SLOT) {
    throw new RangeError(`a device's slot is a whole number from 1 to ${MAX_SLOT}, not ${slot}`);
  }
  if (!Number.isInteger(n) || n < 1 || n > 999) {
    throw new RangeError(`an overflow count is a whole number from 1 to 999, not ${n}`);
  }
  return slot * 1000 + n;
};

/**
 * @returns whether to leave `number` out when numbers are given. An overflow number counts by its last three digits,
 * since these are what is read.
 */
export const isSkipped = (number: number, skipped: readonly number[] = SKIPPED_NUMBERS): boolean =>
  skipped.includes(number) || skipped.includes(number % 1000);

/**
 * @param script of the letter: `cyrl` for Russian and other Cyrillic texts, `latn` for the rest.
 * @returns `А 047`, or `А 07 012` for an overflow number. Its spaces are U+00A0, so that it is never broken over two lines.
 * @throws RangeError for a number in none of the ranges.
 */
export const formatTicketNumber = (ticket: TicketNumber, script: 'cyrl' | 'latn'): string => {
  const slot = Math.floor(checked(ticket.number) / 1000);
  const parts = [script === 'cyrl' ? CYRILLIC[ticket.series] : ticket.series];
  if (slot > 0) parts.push(String(slot).padStart(2, '0'));
  parts.push(String(ticket.number % 1000).padStart(3, '0'));
  return parts.join(NO_BREAK_SPACE);
};

/**
 * Reads a ticket number as it is shown or as staff type it: Cyrillic or Latin letter, either case, spaces and dashes or
 * none, leading zeros of a short number or none (`а47`). An overflow number needs all of its five digits. Looks at the
 * first 50 characters only.
 *
 * @returns null for anything else. Never throws.
 */
export const parseTicketNumber = (text: string): TicketNumber | null => {
  const compact = text.slice(0, 50).replaceAll(/[\s\-\u2010-\u2015\u2212]/g, '');
  const series = SERIES_OF.get(compact.charAt(0));
  const digits = compact.slice(1);
  if (series === undefined || !/^(?:\d{1,3}|\d{5})$/.test(digits)) return null;
  const number = Number(digits);
  // Five digits are a slot and a count: slot 00 would be a second spelling of a short number.
  if (!isTicketNumber(number) || (digits.length === 5 && number < 1000)) return null;
  return { series, number };
};
