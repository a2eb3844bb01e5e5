/** How long to wait before the next try. Pure: chance is handed in. All times are ms, every chance is from 0 to below 1. */

export interface BackoffRange {
  base: number;
  cap: number;
}
const TRY: BackoffRange = { base: 2_000, cap: 5 * 60_000 };
/** Whether a centre that cannot be reached is back is asked with one small question: more often. */
export const PROBE: BackoffRange = { base: 2_000, cap: 12_000 };

const RETRY_AFTER_MIN_MS = 1_000;
const RETRY_AFTER_MAX_MS = 3_600_000;

/**
 * Away for longer than this, it was the office's line or the centre, and all devices come back at the same moment. What is
 * shorter was this device's own hiccup, or so short that the jitter of the tries has spread the office already.
 */
const OUTAGE_MS = 2 * 60_000;
/** Facts that the centre waits for come first. With the longest pause of `PROBE` both stay below half a minute. */
const SPREAD_WITH_WORK_MS = 8_000;
const SPREAD_WITHOUT_WORK_MS = 14_000;

/**
 * Full jitter: anything up to a limit that doubles with each failure in a row. A success ends the row: the next failure is
 * the first one again.
 * @param failures in a row: 1 after the first
 */
export const backoff = (failures: number, chance: number, { base, cap }: BackoffRange = TRY): number =>
  chance * Math.min(cap, base * 2 ** Math.min(30, Math.max(0, failures - 1)));

/**
 * The three forms of an HTTP date (RFC 9110, 5.6.7). All mean UTC; the oldest does not say so, and would be read as local
 * time. @returns epoch ms, null when it is none
 */
const httpDate = (text: string): number | null => {
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return null;
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : at;
};

/**
 * What a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds, or a date, which is meant by the clock of whoever
 * answered; this device's own may be days off.
 * @param date the answer's `Date` header
 * @returns a second at least, an hour at most; null when it asks for nothing that can be understood
 */
export const retryAfterMs = (header: string | null, date: string | null): number | null => {
  if (header === null) return null;
  const text = header.trim();
  const bounded = (ms: number): number => Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_MIN_MS, ms));
  if (/^\d+$/.test(text)) return bounded(Number(text) * 1000);
  const until = httpDate(text);
  const from = httpDate(date?.trim() ?? '');
  return until === null || from === null ? null : bounded(until - from);
};

/**
 * When to begin after the centre is back: at once after a hiccup, somewhere in the next seconds after an outage, so that
 * an office of 30 devices does not begin in one moment.
 * @param away how long the centre could not be reached
 * @param hasWork operations wait to be sent
 */
export const afterOutage = (away: number, hasWork: boolean, chance: number): number =>
  away < OUTAGE_MS ? 0 : chance * (hasWork ? SPREAD_WITH_WORK_MS : SPREAD_WITHOUT_WORK_MS);
