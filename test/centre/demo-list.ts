import { addDays } from '../../shared/domain/business-day.ts';
import { inLanguage } from '../../shared/domain/language.ts';
import { formatTicketNumber } from '../../shared/domain/ticket-number.ts';
import { bookingsOn, readBooking, type NewBooking } from './bookings.ts';
import { officeDate, type Context } from './context.ts';
import { demoBooking, demoFactor, soonId, supersededIds, timeBefore, type DemoFactor } from './demo.ts';
import { DEMO_OFFICE, demoServices, OTHER_OFFICE } from './demo-services.ts';
import { confirmation, confirmationPayload, newKeyPair, signToken } from './keys.ts';

/** The confirmations of the demo, as its page shows them and tests use them. */

const UNKNOWN = 3;
const MINUTE_MS = 60_000;
/** How many are shown as too early and as too late; the rest of the day is just the day. */
const SHOWN = 4;
const EARLY_MS = 60 * MINUTE_MS;
const LATE_MS = 40 * MINUTE_MS;

export type DemoKind =
  | 'today'
  /** Hours before its time. */
  | 'early'
  /** Its time was over long ago. */
  | 'late'
  /** The confirmation of a time that was put off. */
  | 'superseded'
  /** Several services. */
  | 'multi'
  /** Of somebody with two bookings today. */
  | 'twice'
  | 'cancelled'
  | 'unknown'
  | 'other-office'
  | 'other-day'
  | 'forged';

/** A confirmation to try at the kiosk. */
export interface DemoBooking {
  id: string;
  kind: DemoKind;
  /** 8 symbols, without the dash. */
  number: string;
  token: string;
  service: { id: number; ru: string; en: string };
  /** Ids of those that come after it. */
  further_services: number[];
  /** Milliseconds since 1970; of one that was put off: when it is now. */
  starts_at: number;
  status: string;
  language: string | null;
  /** As on the board, `А 047`, when it was checked in. */
  ticket: string | null;
  masked: string | null;
  priority: string;
  /** What shows that it is his; null for a booking that was not made up. */
  factor: DemoFactor | null;
}

/** Signs what the forger of the demo makes: a key that no centre knows, new at each start. */
const forgersKey = newKeyPair();

const durationOf = (booking: NewBooking): number =>
  (demoServices.find(({ id }) => id === booking.service_id)?.duration_minutes ?? 15) * MINUTE_MS;

/** What the bookings of the day show, by their ids. */
const kindsOf = (day: readonly NewBooking[], superseded: ReadonlySet<string>, now: number): Map<string, DemoKind> => {
  const times = new Map<string, number>();
  for (const { person, status } of day) {
    if (person !== null && status !== 'cancelled') times.set(person, (times.get(person) ?? 0) + 1);
  }
  const kinds = new Map<string, DemoKind>();
  const rest: NewBooking[] = [];
  for (const booking of day) {
    const { id, status, further_services: further, person } = booking;
    if (status === 'cancelled') kinds.set(id, 'cancelled');
    else if (superseded.has(id)) kinds.set(id, 'superseded');
    else if (further.length > 0) kinds.set(id, 'multi');
    else if (person !== null && (times.get(person) ?? 0) > 1) kinds.set(id, 'twice');
    else rest.push(booking);
  }
  // The first and the last of the day, so that they stay what they are as time goes on.
  const late = rest.filter((b) => b.starts_at + durationOf(b) + LATE_MS < now).slice(0, SHOWN);
  const early = rest.filter((b) => b.starts_at > now + EARLY_MS).slice(-SHOWN);
  for (const { id } of rest) kinds.set(id, 'today');
  for (const { id } of late) kinds.set(id, 'late');
  for (const { id } of early) kinds.set(id, 'early');
  return kinds;
};

/** All confirmations of the demo: the day's by time, then those that must be refused or are special. */
export const demoBookings = (context: Context): DemoBooking[] => {
  const now = context.now();
  const today = officeDate(context, DEMO_OFFICE, now);
  const day = bookingsOn(context, DEMO_OFFICE, today);
  /** For what the database does not hold: soon, when the demo began, and always the same. */
  const soon = readBooking(context, soonId(today))?.starts_at ?? day[0]?.starts_at ?? now;
  const shown = (booking: NewBooking, kind: DemoKind, token = confirmation(context, booking)): DemoBooking => {
    const name = demoServices.find(({ id }) => id === booking.service_id)?.name ?? { ru: '' };
    return {
      id: booking.id,
      kind,
      number: booking.number,
      token,
      service: { id: booking.service_id, ru: name.ru, en: inLanguage(name, 'en') },
      further_services: booking.further_services,
      starts_at: booking.starts_at,
      status: booking.status,
      language: booking.language,
      ticket: booking.ticket && formatTicketNumber(booking.ticket, 'cyrl'),
      masked: booking.masked,
      priority: booking.priority,
      factor: demoFactor(booking),
    };
  };
  const first = (date: string, officeId = DEMO_OFFICE): NewBooking[] =>
    bookingsOn(context, officeId, date)
      .filter(({ status }) => status === 'booked')
      .slice(0, 2);
  const arrived = context.db.prepare<[string]>('SELECT 1 FROM visit WHERE booking_id = ?');
  const known = new Set(day.map(({ id }) => id));
  const unknown = Array.from({ length: UNKNOWN }, (_, n) =>
    demoBooking(`${today} unknown ${n}`, n, DEMO_OFFICE, soon, { priority: 'none' }),
  )
    .filter(({ id }) => !known.has(id))
    .map((b): NewBooking => (arrived.get(b.id) ? { ...b, status: 'arrived' } : b));
  const forged = demoBooking(`${today} forged`, 1, DEMO_OFFICE, soon);
  const kinds = kindsOf(day, supersededIds(today), now);
  return [
    ...day.map((b) => {
      const kind = kinds.get(b.id) ?? 'today';
      return kind === 'superseded'
        ? shown(b, kind, confirmation(context, { ...b, starts_at: timeBefore(b) }))
        : shown(b, kind);
    }),
    ...unknown.map((b) => shown(b, 'unknown')),
    ...first(today, OTHER_OFFICE).map((b) => shown(b, 'other-office')),
    ...[...first(addDays(today, 1)), ...first(addDays(today, -1))].map((b) => shown(b, 'other-day')),
    shown(forged, 'forged', signToken(confirmationPayload(1, forged), forgersKey)),
  ];
};
