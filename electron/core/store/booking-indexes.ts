import { sql, type ReadDb, type WriteDb } from './sql.ts';

/**
 * The indexes of the largest table. A first snapshot of a large office is four times as fast without them; they are made
 * when it has ended. Until then a number is looked for from end to end, which takes some milliseconds.
 */
const INDEXES = {
  booking_by_number: 'CREATE INDEX IF NOT EXISTS booking_by_number ON booking (number)',
  booking_by_person:
    'CREATE INDEX IF NOT EXISTS booking_by_person ON booking (person, starts_at) WHERE person IS NOT NULL',
  booking_expected: `CREATE INDEX IF NOT EXISTS booking_expected ON booking (office_id, starts_at, status, service_id)
  WHERE status IN ('booked', 'rescheduled')`,
} as const;
export type BookingIndex = keyof typeof INDEXES;

/** Those that are not there. */
export const missingIndexes = (db: ReadDb): BookingIndex[] => {
  const there = new Set(
    db.all(sql`SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'booking'`).map((row) => row['name']),
  );
  return (Object.keys(INDEXES) as BookingIndex[]).filter((name) => !there.has(name));
};

/** @returns false when there are bookings already: they are to be found while more come */
export const dropIndexes = (db: WriteDb): boolean => {
  if (db.get(sql`SELECT 1 AS one FROM booking LIMIT 1`)) return false;
  for (const name of Object.keys(INDEXES)) db.run({ text: `DROP INDEX IF EXISTS ${name}`, params: [] });
  return true;
};

export const makeIndex = (db: WriteDb, name: BookingIndex): void => {
  db.run({ text: INDEXES[name], params: [] });
};
