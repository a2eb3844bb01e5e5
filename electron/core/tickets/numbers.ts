import { addDays } from '../../../shared/domain/business-day.ts';
import { overflowNumber, type Series, type TicketNumber } from '../../../shared/domain/ticket-number.ts';
import { int, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';

/**
 * Ticket numbers of this device (DESIGN: leased one by one while the centre answers; the reserve when it does not; five
 * digits beyond). Numbers are used up inside the transaction that makes the ticket and never come back.
 */

/** Holds a number that was leased just now; it is a hole in the day's row if it is not used, which is allowed. */
export interface Lease {
  businessDate: string;
  series: Series;
  number: number;
  /** Monotonic ms when the centre gave it. */
  at: number;
}

/** A leased number that came too late for its visitor serves the next one within this time; older ones would look unfair. */
export const LEASE_FRESH_MS = 120_000;

/**
 * @param leased what the centre gave, or null when it did not answer in time
 * @returns the number for a ticket of today, taken out of whatever it came from
 */
export const takeNumber = (
  db: WriteDb,
  businessDate: string,
  series: Series,
  slotNo: number,
  leased: Lease | null,
): TicketNumber => {
  if (leased && leased.businessDate === businessDate && leased.series === series)
    return { series, number: leased.number };
  const row = db.get(
    sql`SELECT number FROM reserve WHERE business_date = ${businessDate} AND series = ${series} ORDER BY number LIMIT 1`,
  );
  if (row) {
    const number = int(row, 'number');
    db.run(
      sql`DELETE FROM reserve WHERE business_date = ${businessDate} AND series = ${series} AND number = ${number}`,
    );
    return { series, number };
  }
  db.run(sql`INSERT INTO overflow (business_date, series, last) VALUES (${businessDate}, ${series}, 1)
    ON CONFLICT (business_date, series) DO UPDATE SET last = last + 1`);
  const last = db.get(sql`SELECT last FROM overflow WHERE business_date = ${businessDate} AND series = ${series}`);
  return { series, number: overflowNumber(slotNo, int(last ?? {}, 'last')) };
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

/** Forgets what belongs to days that are over: reserves and counters from the day before yesterday back. */
export const dropOldNumbers = (db: WriteDb, today: string): void => {
  const keepFrom = addDays(today, -1);
  db.run(sql`DELETE FROM reserve WHERE business_date < ${keepFrom}`);
  db.run(sql`DELETE FROM overflow WHERE business_date < ${keepFrom}`);
};
