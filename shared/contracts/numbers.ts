import { z } from 'zod';
import { MOST_DAYS_TOGETHER } from '../domain/day-numbers.ts';
import { businessDay, i18nText, serviceId } from '../domain/model.ts';
import { read } from './define.ts';

/** Statistics for whoever answers for an office: what today and past days were like. Nothing of it tells who anybody is. */

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** Whole minutes; the last one that is told apart (180) stands for it and whatever is longer. Null: nothing was measured. */
const minutes = z.int().min(0).nullable();

const timing = z.strictObject({
  /** How many were measured. */
  count,
  /** Half took so long at most. */
  median: minutes,
  /** Nine of ten took so long at most. */
  p90: minutes,
  /** How many took longer than the limit, and which share that is. */
  over: count,
  overShare: share.nullable(),
});
export type Timing = z.output<typeof timing>;

const line = {
  visits: count,
  booked: count,
  walkIns: count,
  /** Went away, or did not come when called. */
  left: count,
  /** From arrival, or from the end of the service before it, to the call. */
  waits: timing,
  serving: timing,
};
const numbersLine = z.strictObject(line);
export type NumbersLine = z.output<typeof numbersLine>;
const missed = {
  /** Bookings that nobody came for. */
  noShows: count,
};

const numbersReport = z.strictObject({
  from: businessDay,
  /** The last day of it. */
  until: businessDay,
  today: businessDay,
  limitMinutes: z.int().min(1),
  total: z.strictObject({ ...line, ...missed }),
  /** Those that there are numbers of, the earliest first. */
  days: z.array(z.strictObject({ date: businessDay, ...line, ...missed })).max(MOST_DAYS_TOGETHER),
  /** On how many of them anybody came. */
  openDays: count,
  /** In the order of a business day, which does not begin at midnight. */
  hours: z
    .array(
      z.strictObject({
        /** On the clock of the office. */
        hour: z.int().min(0).max(23),
        /** Of all days together. */
        visits: count,
        /** On a day like today; null without a forecast. */
        usual: z.number().min(0).nullable(),
        /** Today; null also of an hour that is over. */
        expected: z.number().min(0).nullable(),
      }),
    )
    .length(24),
  /** Only of today alone, and when there are past days to go by. */
  forecast: z
    .strictObject({
      days: z.int().min(1),
      /** How full today is beside them: 1 is as usual. */
      scale: z.number().min(0),
      /** How many are still thought to come. */
      toCome: z.number().min(0),
    })
    .nullable(),
  services: z.array(z.strictObject({ id: serviceId, name: i18nText, ...line, ...missed })),
  windows: z.array(z.strictObject({ id: count, name: i18nText, ...line })),
  ways: z.array(z.strictObject({ way: z.enum(['kiosk', 'desk']), ...line })).length(2),
});
export type NumbersReport = z.output<typeof numbersReport>;

const numbersDays = z.strictObject({
  today: businessDay,
  /** Days that there are numbers of, today among them, the earliest first. */
  days: z.array(businessDay),
});
export type NumbersDays = z.output<typeof numbersDays>;

const NUMBERS_TABLES = ['days', 'hours', 'services', 'windows', 'ways'] as const;
export type NumbersTable = (typeof NUMBERS_TABLES)[number];

/** Both days included; no more than {@link MOST_DAYS_TOGETHER} of them, and not the last one first. */
const span = { from: businessDay, until: businessDay };

export const numbersMethods = {
  'numbers.days': read(['desk'], z.strictObject({}), numbersDays),
  'numbers.get': read(['desk'], z.strictObject(span), numbersReport),
  /** One of the report's tables for a spreadsheet. */
  'numbers.csv': read(
    ['desk'],
    z.strictObject({ ...span, table: z.enum(NUMBERS_TABLES), language: z.enum(['ru', 'en']) }),
    z.strictObject({ name: z.string().max(100), text: z.string() }),
  ),
};
