import { z } from 'zod';
import { LANGUAGES } from './language.ts';
import { PRIORITIES, STAGE_STATES, VISIT_STATES, WINDOW_STATES } from './queue.ts';
import { SERIES } from './ticket-number.ts';

export const language = z.enum(LANGUAGES);

/** See language.ts. */
export const i18nText = z.object({ ru: z.string().min(1).max(300) }).catchall(z.string().max(300));

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const epochMs = z.int().min(0).max(8_640_000_000_000_000);
/** `YYYY-MM-DD`, the business day of the office (see business-day.ts). */
export const businessDay = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
export const uuid = z.uuid();
/** The 16 bytes of a booking id, as 32 lower-case hexadecimal digits: what the token carries. */
export const bookingId = z.string().regex(/^[0-9a-f]{32}$/);
export const officeId = z.int().min(0).max(0xffff_ffff);
export const serviceId = z.int().min(0).max(0xffff);
export const series = z.enum(SERIES);
/** See ticket-number.ts: 1-699 online, 700-999 reserve, 1001 and up overflow. */
export const ticketNo = z.int().min(1).max(99_999);

export const ticketNumber = z.strictObject({ series, number: ticketNo });

export const BOOKING_STATUS = ['booked', 'arrived', 'cancelled', 'rescheduled', 'no-show', 'served'] as const;
export const bookingStatus = z.enum(BOOKING_STATUS);
export type BookingStatus = z.output<typeof bookingStatus>;

export const priority = z.enum(PRIORITIES);
export const visitState = z.enum(VISIT_STATES);
export const stageState = z.enum(STAGE_STATES);
export const windowState = z.enum(WINDOW_STATES);

/** What shows that a booking is his: the last four digits of the phone, or the year of birth. Four digits either way. */
export const factorKind = z.enum(['phone4', 'birth-year']);
export type FactorKind = z.output<typeof factorKind>;

/** Minutes after local midnight. */
const wallMinutes = z.int().min(0).max(1440);
const span = z
  .object({ from: wallMinutes, until: wallMinutes })
  .refine((s) => s.from < s.until, 'a span of opening hours must end after it begins');
export const hours = z.object({
  /** Monday first. */
  week: z.array(z.array(span).max(6)).length(7),
  exceptions: z
    .array(z.object({ date: businessDay, spans: z.array(span).max(6), note: i18nText.nullable().default(null) }))
    .max(400)
    .default([]),
});

/** Life of a print job; the rules stand in electron/core/printing. */
export const JOB_STATES = ['queued', 'blocked', 'sending', 'sent', 'printed', 'unknown', 'expired'] as const;
export const jobState = z.enum(JOB_STATES);
export type JobState = z.output<typeof jobState>;

/**
 * How far a print is confirmed: A the printer answered with our id when the job was done, B it answered a status
 * request queued behind the job, C its status was clean before and after, D the OS spooler says so, E it took the bytes.
 * Only A and B are called printed.
 */
export const GRADES = ['A', 'B', 'C', 'D', 'E'] as const;
export const grade = z.enum(GRADES);
export type Grade = z.output<typeof grade>;

export const BLOCK_REASONS = [
  'unreachable',
  'paper-out',
  'cover-open',
  'cutter',
  /** It goes on by itself when it has cooled down. */
  'head-hot',
  'error',
  'offline',
  'render',
] as const;
export const blockReason = z.enum(BLOCK_REASONS);
export type BlockReason = z.output<typeof blockReason>;

/** For `switch` statements that must name every case. */
export const assertNever = (value: never): never => {
  throw new Error(`a case is missing for ${JSON.stringify(value)}`);
};
