import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { factorVerifier, type BookingRecord } from '../../shared/contracts/centre/schemas.ts';
import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import { BOOKING_STATUS, serviceId, type BookingStatus } from '../../shared/domain/model.ts';
import { PRIORITIES, type Priority } from '../../shared/domain/queue.ts';
import { SERIES } from '../../shared/domain/ticket-number.ts';
import { append } from './change-log.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import { refreshSlotAt } from './slots.ts';
import { placeVisitOf } from './visits.ts';

/** Bookings: each write goes to the devices that hold it, and to the slots that it takes or frees. */

/** Business days of bookings that a device holds, relative to its today. */
const WINDOW_DAYS = { before: 1, after: 7 } as const;

export interface Booking extends BookingRecord {
  id: string;
}

interface BookingRow {
  booking_id: string;
  rev: number;
  office_id: number;
  number: string;
  service_id: number;
  further_services: string;
  starts_at: number;
  status: string;
  revision: number;
  language: string | null;
  masked: string | null;
  factors: string;
  priority: string;
  person: string | null;
  ticket_series: string | null;
  ticket_number: number | null;
  visible_to: number | null;
}

const among = <T extends string>(list: readonly T[], text: string, what: string): T => {
  const found = list.find((known) => known === text);
  if (found === undefined) throw new Error(`the database holds the unknown ${what} ${text}`);
  return found;
};
const statusOf = (text: string): BookingStatus => among(BOOKING_STATUS, text, 'status');
const priorityOf = (text: string): Priority => among(PRIORITIES, text, 'priority');

const services = z.array(serviceId);
const factors = z.array(factorVerifier);

const toBooking = (row: BookingRow): Booking => {
  const series = SERIES.find((known) => known === row.ticket_series);
  return {
    id: row.booking_id,
    office_id: row.office_id,
    number: row.number,
    service_id: row.service_id,
    further_services: services.parse(JSON.parse(row.further_services)),
    starts_at: row.starts_at,
    status: statusOf(row.status),
    language: row.language,
    ticket: series === undefined || row.ticket_number === null ? null : { series, number: row.ticket_number },
    revision: row.revision,
    masked: row.masked,
    factors: factors.parse(JSON.parse(row.factors)),
    priority: priorityOf(row.priority),
    person: row.person,
  };
};

const bookingRow = ({ db }: Context, id: string): BookingRow | undefined =>
  db.prepare<[string], BookingRow>('SELECT * FROM booking WHERE booking_id = ?').get(id);

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

/** First and last moment (not included) of what devices of the office hold. Null for an office that is not there. */
export const windowOf = (context: Context, officeId: number): { from: number; until: number } | null => {
  const office = readOffice(context, officeId);
  if (!office) return null;
  const today = officeDate(context, officeId, context.now());
  const at = (days: number) => startOfBusinessDay(addDays(today, days), office.time_zone, office.day_change_minutes);
  return { from: at(-WINDOW_DAYS.before), until: at(WINDOW_DAYS.after + 1) };
};

/** Tells the devices what a booking is now: a put to the office that holds it, an evict to one that held it. */
const publish = (context: Context, row: BookingRow, changed: boolean): void => {
  const window = windowOf(context, row.office_id);
  const inside = window !== null && row.starts_at >= window.from && row.starts_at < window.until;
  const target = inside ? row.office_id : null;
  if (row.visible_to !== null && row.visible_to !== target) {
    append(context, row.visible_to, 'booking', row.booking_id, row.rev, 'evict', null);
  }
  if (target !== null && (changed || row.visible_to !== target)) {
    const { id: _, ...data } = toBooking(row);
    append(context, target, 'booking', row.booking_id, row.rev, 'put', data);
  }
  if (row.visible_to !== target) {
    context.db.prepare('UPDATE booking SET visible_to = ? WHERE booking_id = ?').run(target, row.booking_id);
  }
};

/**
 * Writes a booking, new or changed. A booking that comes in after the visitor did (a provisional check-in) is `arrived`
 * at once.
 */
export const putBooking = (context: Context, given: Booking): Booking =>
  context.write(() => {
    const { db } = context;
    const known = bookingRow(context, given.id);
    const early =
      known || given.status !== 'booked'
        ? undefined
        : db
            .prepare<[string], { series: string; number: number; visit_id: string }>(
              'SELECT series, number, visit_id FROM visit WHERE booking_id = ? ORDER BY received_at, visit_id LIMIT 1',
            )
            .get(given.id);
    const row: BookingRow = {
      booking_id: given.id,
      rev: (known?.rev ?? 0) + 1,
      office_id: given.office_id,
      number: given.number,
      service_id: given.service_id,
      further_services: JSON.stringify(given.further_services),
      starts_at: given.starts_at,
      status: early ? 'arrived' : given.status,
      revision: given.revision,
      language: given.language,
      masked: given.masked,
      factors: JSON.stringify(given.factors),
      priority: given.priority,
      person: given.person,
      ticket_series: early?.series ?? given.ticket?.series ?? null,
      ticket_number: early?.number ?? given.ticket?.number ?? null,
      visible_to: known?.visible_to ?? null,
    };
    db.prepare(
      `INSERT INTO booking (booking_id, rev, office_id, number, service_id, further_services, starts_at, status, revision,
         language, masked, factors, priority, person, ticket_series, ticket_number, visible_to)
       VALUES (@booking_id, @rev, @office_id, @number, @service_id, @further_services, @starts_at, @status, @revision,
         @language, @masked, @factors, @priority, @person, @ticket_series, @ticket_number, @visible_to)
       ON CONFLICT (booking_id) DO UPDATE SET rev = excluded.rev, office_id = excluded.office_id,
         number = excluded.number, service_id = excluded.service_id, further_services = excluded.further_services,
         starts_at = excluded.starts_at, status = excluded.status, revision = excluded.revision,
         language = excluded.language, masked = excluded.masked, factors = excluded.factors,
         priority = excluded.priority, person = excluded.person, ticket_series = excluded.ticket_series,
         ticket_number = excluded.ticket_number`,
    ).run(row);
    publish(context, row, true);
    if (known) refreshSlotAt(context, known.office_id, known.service_id, known.starts_at);
    refreshSlotAt(context, row.office_id, row.service_id, row.starts_at);
    if (early) placeVisitOf(context, early.visit_id, { startsAt: row.starts_at, priority: priorityOf(row.priority) });
    return toBooking(row);
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
  for (const row of rows) publish(context, row, false);
};
