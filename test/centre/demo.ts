import { createHash } from 'node:crypto';
import type { FactorVerifier } from '../../shared/contracts/centre/schemas.ts';
import { addDays, businessDate, localTime, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import type { Priority } from '../../shared/domain/queue.ts';
import type { NewBooking } from './bookings.ts';
import type { Context } from './context.ts';
import { demoOffices, demoWindows } from './demo-office.ts';
import { demoNumbers } from './demo-numbers.ts';
import { demoPerson } from './demo-people.ts';
import { DEMO_OFFICE, demoGroups, demoServices, OTHER_OFFICE } from './demo-services.ts';
import { demoStaff } from './demo-staff.ts';
import { verifiersOf } from './factors.ts';
import { parseSeed, type Seed } from './seed.ts';

/** A day at an office, made up: the same for the same date, spread around the hour at which it is first asked for. */

const TODAY = 200;
const NEIGHBOUR_DAY = 12;
const OTHER_OFFICE_BOOKINGS = 8;
const CODES = 20;
const MINUTE_MS = 60_000;
const SLOT_MS = 5 * MINUTE_MS;
const HOUR_MS = 3_600_000;

const ZONE = 'Europe/Moscow';
const DAY_CHANGE = 240;

/** Every n-th booking of the day. */
const CANCELLED_EVERY = 40;
const ENGLISH_EVERY = 5;

const digest = (text: string): Buffer => createHash('sha256').update(`talon demo ${text}`).digest();

// --- People ----------------------------------------------------------------------------------------------------------

export interface DemoFactor {
  phone4: string;
  birth_year: string;
}
/** So few that their verifiers are made in no time; many people share the same digits. */
const FACTORS: readonly DemoFactor[] = Array.from({ length: 8 }, (_, n) => {
  const bytes = digest(`factor ${n}`);
  return {
    phone4: String(bytes.readUInt16BE(0) % 10_000).padStart(4, '0'),
    birth_year: String(1938 + (bytes.readUInt16BE(2) % 68)),
  };
});
const factorIndex = (id: string): number => Number.parseInt(id.slice(0, 4), 16) % FACTORS.length;

const made = new Map<number, FactorVerifier[]>();
const verifiers = (index: number): FactorVerifier[] => {
  const known = made.get(index);
  if (known) return known;
  const factor = FACTORS[index];
  const fresh = factor ? verifiersOf(factor, digest(`salt ${index}`).subarray(0, 16)) : [];
  made.set(index, fresh);
  return fresh;
};

/** The second factor of a booking of the demo, in clear; null for a booking that was made elsewhere. */
export const demoFactor = ({ id, factors }: Pick<NewBooking, 'id' | 'factors'>): DemoFactor | null => {
  const index = factorIndex(id);
  return factors[0]?.salt === verifiers(index)[0]?.salt ? (FACTORS[index] ?? null) : null;
};

const FIRST = 'АВГДЕИКЛМНОПРСТЮ';
const LAST = 'АБВГДЗИКЛМНОПРСТФХЧШ';
const masked = (bytes: Buffer): string =>
  `${FIRST.charAt((bytes[20] ?? 0) % FIRST.length)}. ${LAST.charAt((bytes[21] ?? 0) % LAST.length)}.`;

// --- Bookings --------------------------------------------------------------------------------------------------------

const serviceAt = (n: number): number => demoServices[(n * 7) % demoServices.length]?.id ?? 101;
const priorityAt = (n: number): Priority => {
  if (n % 67 === 30) return 'out-of-turn';
  return n % 29 === 17 ? 'first' : 'none';
};

interface Made extends Partial<NewBooking> {
  /** Of whom; his own, if not given. */
  who?: string;
}

/** Made from its name, so that a day has the same bookings each time. */
export const demoBooking = (
  name: string,
  n: number,
  officeId: number,
  startsAt: number,
  { who = name, ...more }: Made = {},
): NewBooking => {
  const bytes = digest(name);
  const id = idOf(name);
  return {
    id,
    number: makeBookingNumber(bytes.readUIntBE(16, 5) % 2 ** 35),
    office_id: officeId,
    service_id: serviceAt(n),
    further_services: [],
    starts_at: startsAt,
    status: 'booked',
    language: n % ENGLISH_EVERY === 3 ? 'en' : 'ru',
    ticket: null,
    revision: 0,
    masked: masked(digest(`name ${who}`)),
    factors: verifiers(factorIndex(id)),
    priority: priorityAt(n),
    person: digest(`person ${who}`).subarray(0, 16).toString('hex'),
    ...more,
  };
};

/** Evenly over a span, on whole five minutes, never outside of it. */
const spread = (n: number, of: number, from: number, until: number): number =>
  from + Math.floor(((until - from) * n) / of / SLOT_MS) * SLOT_MS;

const startOf = (date: string): number => startOfBusinessDay(date, ZONE, DAY_CHANGE);

/** By how much a moved booking of the demo was put off. */
const PUT_OFF_MS = 20 * MINUTE_MS;
/** When a moved booking was booked for at first, as its old confirmation says. */
export const timeBefore = (booking: Pick<NewBooking, 'starts_at'>): number => booking.starts_at - PUT_OFF_MS;

const SUPERSEDED = 2;
const nameOf = (today: string, what: 'multi' | 'twice' | 'superseded', n: number): string => `${today} ${what} ${n}`;
const idOf = (name: string): string => digest(name).subarray(0, 16).toString('hex');

/** The bookings of the day that were put off. */
export const supersededIds = (today: string): ReadonlySet<string> =>
  new Set(Array.from({ length: SUPERSEDED }, (_, n) => idOf(nameOf(today, 'superseded', n))));

/** One of the day that was soon when the demo began: its time is right for what is in no database. */
export const soonId = (today: string): string => idOf(nameOf(today, 'multi', 0));

/** Bookings that show something: several services, two bookings of one person, a time that was put off. */
const special = (today: string, slot: number): NewBooking[] => {
  const first = startOf(today);
  const last = startOf(addDays(today, 1)) - SLOT_MS;
  const at = (minutes: number): number => Math.min(last, Math.max(first, slot + minutes * MINUTE_MS));
  const multi = [
    { services: [101, 402], minutes: 20 },
    { services: [202, 403, 402], minutes: 25 },
    { services: [301, 303], minutes: -5 },
  ].map(({ services: [service = 101, ...further], minutes }, n) =>
    demoBooking(nameOf(today, 'multi', n), n, DEMO_OFFICE, at(minutes), {
      service_id: service,
      further_services: further,
      priority: 'none',
    }),
  );
  const twice = [0, 1].flatMap((n) => {
    const who = nameOf(today, 'twice', n);
    const times = [at(15), at(45)] as const;
    // At the end of the day both would be at the same time.
    const second = times[1] === times[0] ? times[0] - 30 * MINUTE_MS : times[1];
    return [
      demoBooking(`${who} a`, n, DEMO_OFFICE, times[0], { who, service_id: 402, priority: 'none' }),
      demoBooking(`${who} b`, n, DEMO_OFFICE, second, { who, service_id: 103, priority: 'none' }),
    ];
  });
  const superseded = Array.from({ length: SUPERSEDED }, (_, n) =>
    demoBooking(nameOf(today, 'superseded', n), n, DEMO_OFFICE, Math.max(at(30), first + PUT_OFF_MS), {
      service_id: n === 0 ? 102 : 401,
      revision: 1,
      priority: 'none',
    }),
  );
  return [...multi, ...twice, ...superseded];
};

/** The bookings around `now`: three hours back, five ahead, but never out of the business day. */
const bookingsAround = (now: number): NewBooking[] => {
  const today = businessDate(now, ZONE, DAY_CHANGE);
  const slot = Math.floor(now / SLOT_MS) * SLOT_MS;
  const from = Math.max(startOf(today), slot - 3 * HOUR_MS);
  const until = Math.min(startOf(addDays(today, 1)), slot + 5 * HOUR_MS);
  const list = special(today, slot);
  for (let n = 0; n < TODAY; n += 1) {
    const status = n % CANCELLED_EVERY === CANCELLED_EVERY - 1 ? 'cancelled' : 'booked';
    list.push(demoBooking(`${today} ${n}`, n, DEMO_OFFICE, spread(n, TODAY, from, until), { status }));
  }
  for (let n = 0; n < OTHER_OFFICE_BOOKINGS; n += 1) {
    const at = spread(n, OTHER_OFFICE_BOOKINGS, from, until);
    list.push(demoBooking(`${today} other ${n}`, n, OTHER_OFFICE, at));
  }
  for (const day of [-1, 1]) {
    const date = addDays(today, day);
    // From nine in the morning to six in the evening, which is inside of any business day.
    const nine = startOf(date) + 5 * HOUR_MS;
    for (let n = 0; n < NEIGHBOUR_DAY; n += 1) {
      const at = spread(n, NEIGHBOUR_DAY, nine, nine + 9 * HOUR_MS);
      const status = day < 0 && n % 3 > 0 ? 'served' : 'booked';
      list.push(demoBooking(`${date} ${today} ${n}`, n, DEMO_OFFICE, at, { status }));
    }
  }
  return list;
};

/** As it is put in: with who it is for. */
const withPerson = (booking: NewBooking) => ({
  ...booking,
  ...demoPerson(
    booking.masked ?? '',
    digest(`people ${booking.person ?? ''}`),
    FACTORS[factorIndex(booking.id)]?.phone4 ?? '0000',
  ),
});

const WORKING_HOURS = [{ from: 9 * 60, until: 18 * 60 }];
const ALL_DAY = [{ from: 0, until: 24 * 60 }];

/**
 * What to put in at a start of the demo. A day that has its bookings keeps them, so that a restart moves nothing; a new
 * day gets its own.
 */
export const demoSeed = (context: Context): Seed => {
  const now = context.now();
  const today = businessDate(now, ZONE, DAY_CHANGE);
  const known = context.db
    .prepare<[string], { n: number }>('SELECT count(*) AS n FROM booking WHERE booking_id = ?')
    .get(demoBooking(`${today} 0`, 0, DEMO_OFFICE, now).id);
  // Working hours, and today whatever hour it is; a business day reaches into the next one of the calendar.
  const alsoOpen = new Set([today, localTime(now, ZONE).date]);
  const slotHours = {
    week: Array.from({ length: 7 }, () => WORKING_HOURS),
    exceptions: [
      ...[...alsoOpen].map((date) => ({ date, spans: ALL_DAY })),
      ...(alsoOpen.has(addDays(today, 1))
        ? []
        : [{ date: addDays(today, 1), spans: [{ from: 0, until: DAY_CHANGE }, ...WORKING_HOURS] }]),
    ],
  };
  return parseSeed(
    {
      offices: demoOffices(today),
      service_groups: demoGroups,
      services: demoServices,
      windows: demoWindows,
      slots: [{ office_id: DEMO_OFFICE, every_minutes: 30, hours: slotHours }],
      staff: demoStaff,
      day_numbers: demoNumbers(today),
      bookings: known?.n === 0 ? bookingsAround(now).map((booking) => withPerson(booking)) : [],
      enrolment: [{ office_id: DEMO_OFFICE, roles: ['kiosk'], count: CODES }],
    },
    'the demo',
  );
};
