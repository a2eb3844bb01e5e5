import { randomBytes } from 'node:crypto';
import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import {
  bookingRow,
  publishBooking,
  toBooking,
  windowOf,
  type Booking,
  type BookingRow,
  type NewBooking,
} from './booking-rows.ts';
import { readOffice, type Context } from './context.ts';
import { checkinTimes } from './rules.ts';
import { settleBooking } from './settling.ts';
import { refreshSlotAt } from './slots.ts';

/** Bookings: each write goes to the devices that hold it, and to the slots that it takes or frees. */

export type { Booking, NewBooking } from './booking-rows.ts';

export const readBooking = (context: Context, id: string): Booking | null => {
  const row = bookingRow(context, id);
  return row ? toBooking(row) : null;
};

/** Bookings of an office on a business day, by time. */
export const bookingsOn = (context: Context, officeId: number, date: string): Booking[] => {
  const office = readOffice(context, officeId);
  if (!office) return [];
  const at = (day: string) => startOfBusinessDay(day, office.time_zone, office.day_change_minutes);
  return context.db
    .prepare<[number, number, number], BookingRow>(
      'SELECT * FROM booking WHERE office_id = ? AND starts_at >= ? AND starts_at < ? ORDER BY starts_at, number',
    )
    .all(officeId, at(date), at(addDays(date, 1)))
    .map((row) => toBooking(row));
};

/** A booking with what every one has, and nothing else known about it. */
export const plainBooking = (
  given: Pick<Booking, 'office_id' | 'service_id' | 'starts_at'> & Partial<Booking>,
): Booking => ({
  id: randomBytes(16).toString('hex'),
  rev: 0,
  number: makeBookingNumber(randomBytes(5).readUIntBE(0, 5) % 2 ** 35),
  further_services: [],
  status: 'booked',
  language: null,
  ticket: null,
  revision: 0,
  masked: null,
  factors: [],
  priority: 'none',
  person: null,
  ...given,
});

/** Who cancelled a booking, and when; 0: before anything that is known. */
export interface Cancellation {
  device: string | null;
  op: string | null;
  at: number;
}

/** Writes a cancellation down. Whether it holds is worked out with the check-ins: see settle.ts. */
export const cancelBooking = (context: Context, bookingId: string, { device, op, at }: Cancellation): void => {
  context.db.prepare('INSERT INTO cancellation VALUES (?, ?, ?, ?, NULL)').run(bookingId, device, op, at);
  settleBooking(context, bookingId);
};

/** Takes back the cancellation of an operation. */
export const uncancelBooking = (context: Context, bookingId: string, deviceId: string, opId: string): void => {
  context.db
    .prepare('UPDATE cancellation SET withdrawn_at = ? WHERE booking_id = ? AND device_id = ? AND op_id = ?')
    .run(context.now(), bookingId, deviceId, opId);
  settleBooking(context, bookingId);
};

/**
 * Writes a booking, new or changed. Its status is what is said of it: a booking whose visitor has come before it did is
 * `arrived` at once, and one that is said to be cancelled is so from now on (a new one: since ever).
 */
export const putBooking = (context: Context, given: NewBooking): Booking =>
  context.write(() => {
    const { db, now } = context;
    const known = bookingRow(context, given.id);
    const moved = known && (known.starts_at !== given.starts_at || known.office_id !== given.office_id);
    // What follows from its visits is said by nobody.
    const saidNow = given.status !== known?.status && given.status !== 'cancelled';
    const said = saidNow ? given.status : (known?.said ?? 'booked');
    const keepsTicket = said === 'arrived' || said === 'served';
    const ticket = saidNow ? (keepsTicket ? given.ticket : null) : null;
    const fresh = saidNow || moved === true;
    db.prepare(
      `INSERT INTO booking (booking_id, rev, office_id, number, service_id, further_services, starts_at, said, said_series,
         said_number, status, revision, language, masked, factors, priority, person)
       VALUES (@booking_id, 0, @office_id, @number, @service_id, @further_services, @starts_at, @said, @said_series,
         @said_number, @said, @revision, @language, @masked, @factors, @priority, @person)
       ON CONFLICT (booking_id) DO UPDATE SET office_id = excluded.office_id,
         number = excluded.number, service_id = excluded.service_id, further_services = excluded.further_services,
         starts_at = excluded.starts_at, said = excluded.said,
         said_series = CASE @says WHEN 1 THEN excluded.said_series ELSE said_series END,
         said_number = CASE @says WHEN 1 THEN excluded.said_number ELSE said_number END,
         no_show_at = CASE @fresh WHEN 1 THEN NULL ELSE no_show_at END,
         revision = excluded.revision, language = excluded.language, masked = excluded.masked,
         factors = excluded.factors, priority = excluded.priority, person = excluded.person`,
    ).run({
      booking_id: given.id,
      office_id: given.office_id,
      number: given.number,
      service_id: given.service_id,
      further_services: JSON.stringify(given.further_services),
      starts_at: given.starts_at,
      said,
      said_series: ticket?.series ?? null,
      said_number: ticket?.number ?? null,
      says: saidNow ? 1 : 0,
      fresh: fresh ? 1 : 0,
      revision: given.revision,
      language: given.language,
      masked: given.masked,
      factors: JSON.stringify(given.factors),
      priority: given.priority,
      person: given.person,
    });
    const cancelled = (at: number | null): void => {
      if (at !== null) db.prepare('INSERT INTO cancellation VALUES (?, NULL, NULL, ?, NULL)').run(given.id, at);
      else
        db.prepare('UPDATE cancellation SET withdrawn_at = ? WHERE booking_id = ? AND withdrawn_at IS NULL').run(
          now(),
          given.id,
        );
    };
    // What was said of another time, or before something else was said, is of no account.
    if (fresh && known) {
      db.prepare('UPDATE no_show SET withdrawn_at = ? WHERE booking_id = ? AND withdrawn_at IS NULL').run(
        now(),
        given.id,
      );
    }
    if (given.status === 'cancelled' && known?.status !== 'cancelled') cancelled(known ? now() : 0);
    if (saidNow && known?.status === 'cancelled') cancelled(null);
    settleBooking(context, given.id, true);
    if (known) refreshSlotAt(context, known.office_id, known.service_id, known.starts_at);
    const after = bookingRow(context, given.id);
    if (!after) throw new Error(`booking ${given.id} is gone as soon as it was written`);
    return toBooking(after);
  });

/**
 * Those of an office who have not come in the time in which they would be let in did not come. What their check-in says
 * that is heard of later outweighs it, if he came in time.
 * @returns how many there were
 */
export const markNoShows = (context: Context, officeId: number): number =>
  context.write(() => {
    const { db, now } = context;
    const window = windowOf(context, officeId);
    if (!window) return 0;
    const missed = db
      .prepare<[number, number, number], { booking_id: string; service_id: number; starts_at: number }>(
        `SELECT booking_id, service_id, starts_at FROM booking
         WHERE office_id = ? AND starts_at >= ? AND starts_at < ? AND status IN ('booked', 'rescheduled')`,
      )
      .all(officeId, window.from, now())
      .filter(({ service_id: service, starts_at: at }) => {
        const times = checkinTimes(context, officeId, service, at);
        return times !== null && times.until < now();
      });
    for (const { booking_id: id } of missed) {
      db.prepare('UPDATE booking SET no_show_at = ? WHERE booking_id = ?').run(now(), id);
      settleBooking(context, id);
    }
    return missed.length;
  });

/** Evicts the bookings of an office that left the window of today, and brings those that came in. */
export const moveBookings = (context: Context, officeId: number): void => {
  const window = windowOf(context, officeId);
  if (!window) return;
  const rows = context.db
    .prepare<[number, number, number, number], BookingRow>(
      `SELECT * FROM booking WHERE visible_to = ?
       UNION SELECT * FROM booking WHERE office_id = ? AND starts_at >= ? AND starts_at < ?`,
    )
    .all(officeId, officeId, window.from, window.until);
  for (const row of rows) publishBooking(context, row, false);
};
