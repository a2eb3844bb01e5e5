import { addDays } from '../../../shared/domain/business-day.ts';
import {
  isSkipped,
  overflowNumber,
  SERIES,
  SKIPPED_NUMBERS,
  type Series,
  type TicketNumber,
} from '../../../shared/domain/ticket-number.ts';
import { readSeries } from '../store/registry.ts';
import { int, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';

/**
 * Ticket numbers of this device: leased one by one while the centre answers (leases.ts); its reserve when it does not;
 * five digits beyond. Numbers are used up inside the transaction that makes the ticket and never come back.
 */

/** Holds a number that was leased just now; it is a hole in the day's row if it is not used, which is allowed. */
export interface Lease {
  businessDate: string;
  series: Series;
  number: number;
  /** Monotonic ms when the centre was asked for it: it was given then or later. */
  at: number;
}

/** A leased number that came too late for its visitor serves the next one within this time; older ones would look unfair. */
export const LEASE_FRESH_MS = 120_000;

/** The most five-digit numbers of one letter and device in a day. */
const OVERFLOW_LAST = 999;
/** Counters of five-digit numbers outlive a clock that is weeks ahead for a while: forgetting one would give numbers twice. */
const OVERFLOW_KEPT_DAYS = 60;

/** The lowest of the reserve, taken out of it; null when there is none that may be given. */
const takeReserve = (
  db: WriteDb,
  businessDate: string,
  series: Series,
  skipped: readonly number[],
): TicketNumber | null => {
  const number = db
    .all(sql`SELECT number FROM reserve WHERE business_date = ${businessDate} AND series = ${series} ORDER BY number`)
    .map((row) => int(row, 'number'))
    .find((held) => !isSkipped(held, skipped));
  if (number === undefined) return null;
  db.run(sql`DELETE FROM reserve WHERE business_date = ${businessDate} AND series = ${series} AND number = ${number}`);
  return { series, number };
};

/** The next five-digit number of a letter; null when the day's 999 are used up. */
const takeOverflow = (
  db: WriteDb,
  businessDate: string,
  series: Series,
  slotNo: number,
  skipped: readonly number[],
): TicketNumber | null => {
  const counter =
    db.get(sql`SELECT last FROM overflow WHERE business_date = ${businessDate} AND series = ${series}`) ?? {};
  const first = overflowNumber(slotNo, 1);
  // The papers speak too: if the counter was lost with old days while the clock was wrong, it goes on behind them.
  const paper =
    db.get(sql`SELECT max(number) AS last FROM ticket WHERE business_date = ${businessDate} AND series = ${series}
      AND number BETWEEN ${first} AND ${overflowNumber(slotNo, OVERFLOW_LAST)}`) ?? {};
  let count = 1 + Math.max(orNull(counter, 'last', int) ?? 0, (orNull(paper, 'last', int) ?? first - 1) - first + 1);
  while (count <= OVERFLOW_LAST && isSkipped(overflowNumber(slotNo, count), skipped)) count += 1;
  if (count > OVERFLOW_LAST) return null;
  db.run(sql`INSERT INTO overflow (business_date, series, last) VALUES (${businessDate}, ${series}, ${count})
    ON CONFLICT (business_date, series) DO UPDATE SET last = excluded.last`);
  return { series, number: overflowNumber(slotNo, count) };
};

/** The letters of the service groups: no other series is asked for, but of services whose group has not arrived. */
export const seriesInUse = (db: ReadDb): Series[] => readSeries(db);

/** Where five-digit numbers of `series` go on when its own 999 are used up: letters that nobody uses, then the others'. */
const furtherLetters = (series: Series, inUse: readonly Series[]): Series[] => {
  const others = SERIES.filter((letter) => letter !== series);
  return [...others.filter((letter) => !inUse.includes(letter)), ...others.filter((letter) => inUse.includes(letter))];
};

/**
 * The number for a ticket of today, taken out of whatever it comes from: the lease, the reserve, or this device's own
 * five-digit numbers. Their letter may be another than asked for, when 999 of one letter were not enough for a day.
 *
 * Nobody else in the office can have it. A lease and a reserve were given to this device alone. A five-digit number
 * begins with this device's slot, which no other device of the office has or will have; each letter has one counter,
 * whichever series it is used for; and counter and ticket are written in one transaction, so it never goes back.
 *
 * @param leased what the centre gave, or null when it did not answer in time; ignored if it is of another day or series
 * @param skipped the office's numbers that nobody is called by, 1-999; five-digit ones count by their last three digits
 * @param inUse series of service groups: their five-digit numbers are the last that stand in for another series
 * @throws Error when all letters are used up: more than ten thousand tickets of one device in a day
 */
export const takeNumber = (
  db: WriteDb,
  businessDate: string,
  series: Series,
  slotNo: number,
  leased: Lease | null,
  skipped: readonly number[] = SKIPPED_NUMBERS,
  inUse: readonly Series[] = seriesInUse(db),
): TicketNumber => {
  if (leased && leased.businessDate === businessDate && leased.series === series)
    return { series, number: leased.number };
  const own = takeReserve(db, businessDate, series, skipped) ?? takeOverflow(db, businessDate, series, slotNo, skipped);
  if (own) return own;
  for (const letter of furtherLetters(series, inUse)) {
    const number = takeOverflow(db, businessDate, letter, slotNo, skipped);
    if (number) return number;
  }
  throw new Error(`all numbers of ${businessDate} are used up on this device`);
};

export const addReserve = (db: WriteDb, businessDate: string, series: Series, numbers: readonly number[]): void => {
  for (const number of numbers) {
    db.run(
      sql`INSERT OR IGNORE INTO reserve (business_date, series, number) VALUES (${businessDate}, ${series}, ${number})`,
    );
  }
};

/** How many are held, by `date series`. */
export const reserveCounts = (db: ReadDb): Map<string, number> =>
  new Map(
    db
      .all(sql`SELECT business_date, series, count(*) AS n FROM reserve GROUP BY business_date, series`)
      .map((row) => [`${text(row, 'business_date')} ${text(row, 'series')}`, int(row, 'n')]),
  );

/**
 * Takes the reserve of a day out of use: what is returned here will not be given by this device.
 * @returns the numbers of each series, lowest first; nothing of a series that has none
 */
export const dropReserve = (db: WriteDb, businessDate: string): Map<Series, number[]> => {
  const dropped = new Map<Series, number[]>();
  for (const row of db.all(
    sql`SELECT series, number FROM reserve WHERE business_date = ${businessDate} ORDER BY series, number`,
  )) {
    const series = SERIES.find((letter) => letter === text(row, 'series'));
    if (series) dropped.set(series, [...(dropped.get(series) ?? []), int(row, 'number')]);
  }
  db.run(sql`DELETE FROM reserve WHERE business_date = ${businessDate}`);
  return dropped;
};

/** Forgets what belongs to days that are over: reserves from the day before yesterday back, counters much later. */
export const dropOldNumbers = (db: WriteDb, today: string): void => {
  db.run(sql`DELETE FROM reserve WHERE business_date < ${addDays(today, -1)}`);
  db.run(sql`DELETE FROM overflow WHERE business_date < ${addDays(today, -OVERFLOW_KEPT_DAYS)}`);
};
