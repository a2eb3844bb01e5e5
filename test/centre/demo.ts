import { createHash } from 'node:crypto';
import { addDays, businessDate, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import { formatTicketNumber } from '../../shared/domain/ticket-number.ts';
import { inLanguage } from '../../shared/domain/language.ts';
import { officeDate, type Context } from './context.ts';
import { DEMO_OFFICE, demoGroups, demoOffices, demoServices, OTHER_OFFICE } from './demo-services.ts';
import { bookingsOn, type Booking } from './feed.ts';
import { confirmation, confirmationPayload, newKeyPair, signToken } from './keys.ts';
import { parseSeed, type Seed } from './seed.ts';

/** A day at an office, made up: the same for the same date, spread around the hour at which it is first asked for. */

const TODAY = 200;
const NEIGHBOUR_DAY = 12;
const OTHER_OFFICE_BOOKINGS = 8;
const UNKNOWN = 3;
const CODES = 20;
const SLOT_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

const ZONE = 'Europe/Moscow';
const DAY_CHANGE = 240;

/** Every n-th booking of the day. */
const CANCELLED_EVERY = 40;
const ENGLISH_EVERY = 5;

const digest = (text: string): Buffer => createHash('sha256').update(`talon demo ${text}`).digest();

/** Made from its name, so that a day has the same bookings each time. */
const made = (name: string): { id: string; number: string } => {
  const bytes = digest(name);
  return {
    id: bytes.subarray(0, 16).toString('hex'),
    number: makeBookingNumber(bytes.readUIntBE(16, 5) % 2 ** 35),
  };
};

const serviceAt = (n: number): number => demoServices[(n * 7) % demoServices.length]?.id ?? 101;

const book = (name: string, n: number, officeId: number, startsAt: number, status: Booking['status']): Booking => ({
  ...made(name),
  office_id: officeId,
  service_id: serviceAt(n),
  starts_at: startsAt,
  status,
  language: n % ENGLISH_EVERY === 3 ? 'en' : 'ru',
  ticket: null,
});

/** Evenly over a span, on whole five minutes, never outside of it. */
const spread = (n: number, of: number, from: number, until: number): number =>
  from + Math.floor(((until - from) * n) / of / SLOT_MS) * SLOT_MS;

/** The bookings around `now`: three hours back, five ahead, but never out of the business day. */
const bookingsAround = (now: number): Booking[] => {
  const today = businessDate(now, ZONE, DAY_CHANGE);
  const startOf = (date: string) => startOfBusinessDay(date, ZONE, DAY_CHANGE);
  const slot = Math.floor(now / SLOT_MS) * SLOT_MS;
  const from = Math.max(startOf(today), slot - 3 * HOUR_MS);
  const until = Math.min(startOf(addDays(today, 1)), slot + 5 * HOUR_MS);
  const list: Booking[] = [];
  for (let n = 0; n < TODAY; n += 1) {
    const status = n % CANCELLED_EVERY === CANCELLED_EVERY - 1 ? 'cancelled' : 'booked';
    list.push(book(`${today} ${n}`, n, DEMO_OFFICE, spread(n, TODAY, from, until), status));
  }
  for (let n = 0; n < OTHER_OFFICE_BOOKINGS; n += 1) {
    list.push(book(`${today} other ${n}`, n, OTHER_OFFICE, spread(n, OTHER_OFFICE_BOOKINGS, from, until), 'booked'));
  }
  for (const day of [-1, 1]) {
    const date = addDays(today, day);
    // From nine in the morning to six in the evening, which is inside of any business day.
    const nine = startOf(date) + 5 * HOUR_MS;
    for (let n = 0; n < NEIGHBOUR_DAY; n += 1) {
      const at = spread(n, NEIGHBOUR_DAY, nine, nine + 9 * HOUR_MS);
      list.push(book(`${date} ${today} ${n}`, n, DEMO_OFFICE, at, day < 0 && n % 3 > 0 ? 'served' : 'booked'));
    }
  }
  return list;
};

/**
 * What to put in at a start of the demo. A day that has its bookings keeps them, so that a restart moves nothing; a new
 * day gets its own.
 */
export const demoSeed = (context: Context): Seed => {
  const now = context.now();
  const today = businessDate(now, ZONE, DAY_CHANGE);
  const known = context.db
    .prepare<[string], { n: number }>('SELECT count(*) AS n FROM booking WHERE booking_id = ?')
    .get(made(`${today} 0`).id);
  return parseSeed(
    {
      offices: demoOffices,
      service_groups: demoGroups,
      services: demoServices,
      bookings: known?.n === 0 ? bookingsAround(now) : [],
      enrolment: [{ office_id: DEMO_OFFICE, roles: ['kiosk'], count: CODES }],
    },
    'the demo',
  );
};

// --- What the demo page shows -----------------------------------------------------------------------------------------

type DemoKind = 'today' | 'cancelled' | 'unknown' | 'other-office' | 'other-day' | 'forged';

/** A confirmation to try at the kiosk. */
export interface DemoBooking {
  id: string;
  kind: DemoKind;
  /** 8 symbols, without the dash. */
  number: string;
  token: string;
  service: { id: number; ru: string; en: string };
  /** Milliseconds since 1970. */
  starts_at: number;
  status: string;
  language: string | null;
  /** As on the board, `А 047`, when it was checked in. */
  ticket: string | null;
}

/** Signs what the forger of the demo makes: a key that no centre knows, new at each start. */
const forgersKey = newKeyPair();

/** All confirmations of the demo: the day's by time, then those that must be refused or are special. */
export const demoBookings = (context: Context): DemoBooking[] => {
  const now = context.now();
  const today = officeDate(context, DEMO_OFFICE, now);
  const day = bookingsOn(context, DEMO_OFFICE, today);
  /** Times of the day's later part, for what the database does not hold. */
  const later = (n: number): number => day[Math.floor(day.length / 2) + n]?.starts_at ?? now;
  const shown = (booking: Booking, kind: DemoKind, token = confirmation(context, booking)): DemoBooking => {
    const name = demoServices.find(({ id }) => id === booking.service_id)?.name ?? { ru: '' };
    return {
      id: booking.id,
      kind,
      number: booking.number,
      token,
      service: { id: booking.service_id, ru: name.ru, en: inLanguage(name, 'en') },
      starts_at: booking.starts_at,
      status: booking.status,
      language: booking.language,
      ticket: booking.ticket && formatTicketNumber(booking.ticket, 'cyrl'),
    };
  };
  const first = (date: string, officeId = DEMO_OFFICE): Booking[] =>
    bookingsOn(context, officeId, date)
      .filter(({ status }) => status === 'booked')
      .slice(0, 2);
  const arrived = context.db.prepare<[string]>('SELECT 1 FROM visit WHERE booking_id = ?');
  const known = new Set(day.map(({ id }) => id));
  const unknown = Array.from({ length: UNKNOWN }, (_, n) =>
    book(`${today} unknown ${n}`, n, DEMO_OFFICE, later(n), 'booked'),
  )
    .filter(({ id }) => !known.has(id))
    .map((b): Booking => (arrived.get(b.id) ? { ...b, status: 'arrived' } : b));
  const forged = book(`${today} forged`, 1, DEMO_OFFICE, later(0), 'booked');
  return [
    ...day.map((b) => shown(b, b.status === 'cancelled' ? 'cancelled' : 'today')),
    ...unknown.map((b) => shown(b, 'unknown')),
    ...first(today, OTHER_OFFICE).map((b) => shown(b, 'other-office')),
    ...[...first(addDays(today, 1)), ...first(addDays(today, -1))].map((b) => shown(b, 'other-day')),
    shown(forged, 'forged', signToken(confirmationPayload(1, forged), forgersKey)),
  ];
};
