import { personRecord, visitDetailRecord } from '../../../shared/contracts/centre/schemas.ts';
import type { TicketNumber } from '../../../shared/domain/ticket-number.ts';
import type { SqlRow } from '../ports.ts';
import type { Sealer } from '../store/seal.ts';
import { int, orNull, sql, text, type Query, type ReadDb } from '../store/sql.ts';
import type { Entry, Kind } from './people.ts';

/** What search reads of the database. */

/** A row as it is stored: sealed. */
export interface SealedRow {
  id: string;
  mark: number;
  at: number | null;
  sealed: Uint8Array;
}

const PERSON = `SELECT person.booking_id AS id, person.rev AS rev, person.sealed AS sealed,
    coalesce(told.starts_at, booking.starts_at) AS at
  FROM person LEFT JOIN booking ON booking.booking_id = person.booking_id
  LEFT JOIN booking_told AS told ON told.booking_id = booking.booking_id AND told.rev > booking.rev`;
const VISIT = `SELECT detail.visit_id AS id, detail.rev AS rev, detail.sealed AS sealed,
    coalesce(visit.arrived_at, queue_visit.arrived_at) AS at
  FROM visit_detail AS detail LEFT JOIN visit ON visit.visit_id = detail.visit_id
  LEFT JOIN queue_visit ON queue_visit.visit_id = detail.visit_id`;
const TEXTS: Readonly<Record<Kind, { page: string; these: string }>> = {
  person: {
    page: `${PERSON} WHERE person.booking_id > ? ORDER BY person.booking_id LIMIT ?`,
    these: `${PERSON} WHERE person.booking_id IN (SELECT value FROM json_each(?))`,
  },
  visit_detail: {
    page: `${VISIT} WHERE detail.visit_id > ? ORDER BY detail.visit_id LIMIT ?`,
    these: `${VISIT} WHERE detail.visit_id IN (SELECT value FROM json_each(?))`,
  },
};

/** So many bytes at the beginning of what is sealed are drawn anew each time. */
const NONCE_BYTES = 12;

/** Tells one writing of a row from all others: its revision alone may be given twice, when the centre was restored. */
const markOf = (rev: number, sealed: Uint8Array): number => {
  let mark = rev | 0;
  for (let i = 0; i < Math.min(NONCE_BYTES, sealed.length); i += 1)
    mark = Math.imul(mark ^ (sealed[i] ?? 0), 0x01000193);
  return mark;
};

const sealedRow = (row: SqlRow): SealedRow => {
  const sealed = row['sealed'];
  const bytes = sealed instanceof Uint8Array ? sealed : new Uint8Array();
  return { id: text(row, 'id'), mark: markOf(int(row, 'rev'), bytes), at: orNull(row, 'at', int), sealed: bytes };
};

const rowsOf = (db: ReadDb, query: Query): SealedRow[] => db.all(query).map(sealedRow);

/** Rows in the order of their ids. @param after not included; '' for the first */
export const pageOf = (db: ReadDb, kind: Kind, after: string, limit: number): SealedRow[] =>
  rowsOf(db, { text: TEXTS[kind].page, params: [after, limit] });

/** Those of these ids that are there, in any order. */
export const theseOf = (db: ReadDb, kind: Kind, ids: readonly string[]): SealedRow[] =>
  ids.length === 0 ? [] : rowsOf(db, { text: TEXTS[kind].these, params: [JSON.stringify(ids)] });

/** @returns null when it cannot be opened: sealed with another key, or damaged */
export const openRow = (sealer: Sealer, kind: Kind, { id, mark, at, sealed }: SealedRow): Entry | null => {
  try {
    const value = sealer.open(`${kind} ${id}`, sealed);
    if (kind === 'person') {
      const { name, phone } = personRecord.parse(value);
      return { kind, id, mark, at, name, phone, bookingId: null };
    }
    const { phone, booking_id: bookingId } = visitDetailRecord.parse(value);
    return { kind, id, mark, at, name: '', phone, bookingId };
  } catch {
    // The error's words may hold what is in the row.
    return null;
  }
};

/** Numbers may be used again after years; more of the same are nobody's. */
const MOST_OF_A_NUMBER = 10;

export const bookingsOfNumber = (db: ReadDb, number: string): { id: string; at: number }[] =>
  db
    .all(
      sql`SELECT booking.booking_id AS id, coalesce(told.starts_at, booking.starts_at) AS at FROM booking
        LEFT JOIN booking_told AS told ON told.booking_id = booking.booking_id AND told.rev > booking.rev
        WHERE number = ${number} ORDER BY booking.starts_at DESC LIMIT ${MOST_OF_A_NUMBER}`,
    )
    .map((row) => ({ id: text(row, 'id'), at: int(row, 'at') }));

/** Visits of a day that have this ticket, also as one of several. */
export const visitsOfTicket = (
  db: ReadDb,
  date: string,
  { series, number }: TicketNumber,
): { visitId: string; bookingId: string | null; at: number }[] =>
  db
    .all(
      sql`SELECT id, max(booking_id) AS booking_id, min(at) AS at FROM (
        SELECT visit.visit_id AS id, visit.booking_id AS booking_id, visit.arrived_at AS at
          FROM ticket JOIN visit USING (visit_id)
          WHERE ticket.business_date = ${date} AND series = ${series} AND number = ${number}
        UNION ALL
        SELECT visit_id AS id, NULL AS booking_id, arrived_at AS at FROM queue_visit
          WHERE business_date = ${date} AND ((series = ${series} AND number = ${number})
            OR (also <> '[]' AND EXISTS (SELECT 1 FROM json_each(also) AS one
              WHERE one.value ->> 'series' = ${series} AND one.value ->> 'number' = ${number}))))
        GROUP BY id`,
    )
    .map((row) => ({ visitId: text(row, 'id'), bookingId: orNull(row, 'booking_id', text), at: int(row, 'at') }));
