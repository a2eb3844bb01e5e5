import type { FactorVerifier } from '../../../shared/contracts/centre/schemas.ts';
import type { KnownBooking } from '../../../shared/domain/decide.ts';
import { BOOKING_STATUS } from '../../../shared/domain/model.ts';
import { PRIORITIES } from '../../../shared/domain/queue.ts';
import { SERIES } from '../../../shared/domain/ticket-number.ts';
import type { SqlRow } from '../ports.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb } from './sql.ts';

/** Bookings and free times as the centre told them. */

export interface Booking extends KnownBooking {
  /** 8 symbols, without the dash. */
  number: string;
  language: string | null;
  revision: number;
  masked: string | null;
  factors: readonly FactorVerifier[];
  person: string | null;
}

/** The row as the feed brought it, and what the centre has answered about it since. */
const NOW = `SELECT booking.*, told.status AS told_status, told.starts_at AS told_starts_at FROM booking
  LEFT JOIN booking_told AS told ON told.booking_id = booking.booking_id AND told.rev > booking.rev`;
const BY_ID = `${NOW} WHERE booking.booking_id = ?`;
const BY_NUMBER = `${NOW} WHERE number = ? ORDER BY abs(booking.starts_at - ?) LIMIT 1`;
const BY_PERSON = `${NOW} WHERE person = ? AND booking.starts_at >= ? AND booking.starts_at < ?
  ORDER BY booking.starts_at, booking.booking_id LIMIT 20`;
const BETWEEN = `${NOW} WHERE booking.office_id = ? AND booking.starts_at >= ? AND booking.starts_at < ?
  ORDER BY booking.starts_at, booking.booking_id`;

const bookingOf = (row: SqlRow): Booking => {
  const series = orNull(row, 'ticket_series', text);
  const serviceId = int(row, 'service_id');
  const further = text(row, 'further_services');
  return {
    bookingId: text(row, 'booking_id'),
    officeId: int(row, 'office_id'),
    number: text(row, 'number'),
    serviceId,
    services: further === '[]' ? [serviceId] : [serviceId, ...(JSON.parse(further) as number[])],
    startsAt: orNull(row, 'told_starts_at', int) ?? int(row, 'starts_at'),
    status: oneOf(BOOKING_STATUS, orNull(row, 'told_status', text) ?? text(row, 'status'), 'status'),
    language: orNull(row, 'language', text),
    ticket: series === null ? null : { series: oneOf(SERIES, series, 'series'), number: int(row, 'ticket_number') },
    revision: int(row, 'revision'),
    masked: orNull(row, 'masked', text),
    factors: json<FactorVerifier[]>(row, 'factors'),
    priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
    person: orNull(row, 'person', text),
  };
};

export const readBooking = (db: ReadDb, bookingId: string): Booking | null => {
  const row = db.get({ text: BY_ID, params: [bookingId] });
  return row ? bookingOf(row) : null;
};

/** Booking numbers may be used again after years: the one nearest to `near` is meant. */
export const readBookingByNumber = (db: ReadDb, number: string, near: number): Booking | null => {
  const row = db.get({ text: BY_NUMBER, params: [number, near] });
  return row ? bookingOf(row) : null;
};

/** All bookings of one person between two moments, by time. */
export const bookingsOfPerson = (db: ReadDb, person: string, from: number, until: number): Booking[] =>
  db.all({ text: BY_PERSON, params: [person, from, until] }).map(bookingOf);

/** All bookings of an office between two moments, whatever has become of them, by time. */
export const bookingsBetween = (db: ReadDb, officeId: number, from: number, until: number): Booking[] =>
  db.all({ text: BETWEEN, params: [officeId, from, until] }).map(bookingOf);

/** Bookings that may still come today, as the queue's estimate needs them. */
export const expectedBookings = (
  db: ReadDb,
  officeId: number,
  from: number,
  until: number,
): { serviceId: number; startsAt: number }[] =>
  db
    .all(
      sql`SELECT service_id, starts_at FROM booking WHERE office_id = ${officeId} AND starts_at >= ${from}
          AND starts_at < ${until} AND status IN ('booked', 'rescheduled') ORDER BY starts_at LIMIT 2000`,
    )
    .map((row) => ({ serviceId: int(row, 'service_id'), startsAt: int(row, 'starts_at') }));

/** How many bookings of each service may still come, between two moments: none that this device has checked in. */
export const bookingsToCome = (
  db: ReadDb,
  officeId: number,
  businessDate: string,
  from: number,
  until: number,
): Map<number, number> => {
  const counts = new Map<number, number>();
  // Those that are checked in here stay booked in the cache until the centre has told.
  const rows = db.all(
    sql`SELECT service_id, count(*) AS n FROM booking WHERE office_id = ${officeId} AND starts_at >= ${from}
          AND starts_at < ${until} AND status IN ('booked', 'rescheduled') GROUP BY service_id
        UNION ALL
        SELECT booking.service_id AS service_id, -count(*) AS n FROM visit JOIN booking USING (booking_id)
          WHERE visit.business_date = ${businessDate} AND booking.office_id = ${officeId} AND booking.starts_at >= ${from}
            AND booking.starts_at < ${until} AND status IN ('booked', 'rescheduled') GROUP BY booking.service_id`,
  );
  for (const row of rows) {
    const id = int(row, 'service_id');
    counts.set(id, (counts.get(id) ?? 0) + int(row, 'n'));
  }
  return counts;
};

/** Free times of a service, in order. */
export const freeSlots = (
  db: ReadDb,
  serviceId: number,
  from: number,
  until: number,
): { startsAt: number; free: number }[] =>
  db
    .all(
      sql`SELECT starts_at, free FROM slot WHERE service_id = ${serviceId} AND starts_at >= ${from}
          AND starts_at < ${until} AND free > 0 ORDER BY starts_at LIMIT 2000`,
    )
    .map((row) => ({ startsAt: int(row, 'starts_at'), free: int(row, 'free') }));

/** @returns the next free time of a service, or null */
export const soonestSlot = (db: ReadDb, serviceId: number, from: number): number | null => {
  const row = db.get(
    sql`SELECT min(starts_at) AS at FROM slot WHERE service_id = ${serviceId} AND starts_at >= ${from} AND free > 0`,
  );
  return row ? orNull(row, 'at', int) : null;
};
