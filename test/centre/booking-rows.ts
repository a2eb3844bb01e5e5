import { z } from 'zod';
import { factorVerifier, type BookingRecord } from '../../shared/contracts/centre/schemas.ts';
import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { BOOKING_STATUS, serviceId, type BookingStatus } from '../../shared/domain/model.ts';
import { PRIORITIES, type Priority } from '../../shared/domain/queue.ts';
import { SERIES, type TicketNumber } from '../../shared/domain/ticket-number.ts';
import { append } from './change-log.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import { publishPerson } from './persons.ts';

/** Bookings as they stand in the store, and how devices learn of them. */

/** Business days of bookings that a device holds, relative to its today. */
const WINDOW_DAYS = { before: 1, after: 7 } as const;

export interface Booking extends BookingRecord {
  id: string;
  rev: number;
}

/** One that is to be written. */
export type NewBooking = Omit<Booking, 'rev'>;

export interface BookingRow {
  booking_id: string;
  rev: number;
  office_id: number;
  number: string;
  service_id: number;
  further_services: string;
  starts_at: number;
  said: string;
  said_series: string | null;
  said_number: number | null;
  no_show_at: number | null;
  status: string;
  ticket_series: string | null;
  ticket_number: number | null;
  revision: number;
  language: string | null;
  masked: string | null;
  factors: string;
  priority: string;
  person: string | null;
  contact: string | null;
  visible_to: number | null;
}

const among = <T extends string>(list: readonly T[], text: string, what: string): T => {
  const found = list.find((known) => known === text);
  if (found === undefined) throw new Error(`the database holds the unknown ${what} ${text}`);
  return found;
};
export const statusOf = (text: string): BookingStatus => among(BOOKING_STATUS, text, 'status');
export const priorityOf = (text: string): Priority => among(PRIORITIES, text, 'priority');

export const ticketOf = (series: string | null, number: number | null): TicketNumber | null => {
  const known = SERIES.find((one) => one === series);
  return known === undefined || number === null ? null : { series: known, number };
};

const services = z.array(serviceId);
const factors = z.array(factorVerifier);

export const toBooking = (row: BookingRow): Booking => ({
  id: row.booking_id,
  rev: row.rev,
  office_id: row.office_id,
  number: row.number,
  service_id: row.service_id,
  further_services: services.parse(JSON.parse(row.further_services)),
  starts_at: row.starts_at,
  status: statusOf(row.status),
  language: row.language,
  ticket: ticketOf(row.ticket_series, row.ticket_number),
  revision: row.revision,
  masked: row.masked,
  factors: factors.parse(JSON.parse(row.factors)),
  priority: priorityOf(row.priority),
  person: row.person,
});

export const bookingRow = ({ db }: Context, id: string): BookingRow | undefined =>
  db.prepare<[string], BookingRow>('SELECT * FROM booking WHERE booking_id = ?').get(id);

/** First and last moment (not included) of what devices of the office hold. Null for an office that is not there. */
export const windowOf = (context: Context, officeId: number): { from: number; until: number } | null => {
  const office = readOffice(context, officeId);
  if (!office) return null;
  const today = officeDate(context, officeId, context.now());
  const at = (days: number) => startOfBusinessDay(addDays(today, days), office.time_zone, office.day_change_minutes);
  return { from: at(-WINDOW_DAYS.before), until: at(WINDOW_DAYS.after + 1) };
};

/** Tells the devices what a booking is now: a put to the office that holds it, an evict to one that held it. */
export const publishBooking = (context: Context, row: BookingRow, changed: boolean): void => {
  const window = windowOf(context, row.office_id);
  const inside = window !== null && row.starts_at >= window.from && row.starts_at < window.until;
  const target = inside ? row.office_id : null;
  if (row.visible_to !== null && row.visible_to !== target) {
    append(context, row.visible_to, 'booking', row.booking_id, row.rev, 'evict', null);
  }
  if (target !== null && (changed || row.visible_to !== target)) {
    const { id: _, rev: __, ...data } = toBooking(row);
    append(context, target, 'booking', row.booking_id, row.rev, 'put', data);
  }
  if (row.visible_to !== target) {
    context.db.prepare('UPDATE booking SET visible_to = ? WHERE booking_id = ?').run(target, row.booking_id);
    publishPerson(context, row.booking_id);
  }
};
