import { addDays, localTime, startOfBusinessDay } from './business-day.ts';
import type { I18nText } from './language.ts';

/**
 * Opening hours of an office or a service: spans of the wall clock for each day of the week, and dates on which others
 * hold. A day without spans is a day off; `null` in place of hours means that nothing is known, and nobody is turned away.
 */

/** Minutes after local midnight, 0 to 1440; `from < until`. */
export interface Span {
  from: number;
  until: number;
}

export interface Hours {
  /** Monday first, seven days. */
  week: readonly (readonly Span[])[];
  exceptions: readonly HoursException[];
}

export interface HoursException {
  /** `YYYY-MM-DD`, a calendar day of the office's zone. */
  date: string;
  spans: readonly Span[];
  /** Why, for people: «Санитарный день». */
  note: I18nText | null;
}

/** Epoch ms, `until` not included. */
export interface OpenSpan {
  from: number;
  until: number;
}

/** How far ahead the next opening is looked for. */
const LOOK_AHEAD_DAYS = 14;

/** @returns the moment when the wall clock of the zone shows `minutes` after midnight on `date` */
const atWall = (date: string, minutes: number, timeZone: string): number =>
  minutes >= 1440
    ? startOfBusinessDay(addDays(date, 1), timeZone, minutes - 1440)
    : startOfBusinessDay(date, timeZone, minutes);

const exceptionOf = (hours: Hours, date: string): HoursException | undefined =>
  hours.exceptions.find((e) => e.date === date);

/** @returns when it is open on a calendar day, in order and apart. @throws RangeError for a date or zone that is none */
export const openSpans = (hours: Hours, date: string, timeZone: string): OpenSpan[] => {
  const noon = atWall(date, 720, timeZone);
  const spans = exceptionOf(hours, date)?.spans ?? hours.week[localTime(noon, timeZone).weekday - 1] ?? [];
  const open: OpenSpan[] = [];
  for (const { from, until } of spans
    .map((s) => ({ from: atWall(date, s.from, timeZone), until: atWall(date, s.until, timeZone) }))
    // The clock was put forward over all of it.
    .filter((s) => s.from < s.until)
    .toSorted((a, b) => a.from - b.from)) {
    const last = open.at(-1);
    if (last && from <= last.until) last.until = Math.max(last.until, until);
    else open.push({ from, until });
  }
  return open;
};

export interface Opening {
  open: boolean;
  /**
   * End of the last span of this day, if one is open or yet to come today; where it goes on after midnight, its end there.
   * Null when there is none, when it never closes, or no hours are known.
   */
  closesAt: number | null;
  /** When it opens next (not now); null when it is open, or nothing is known. */
  opensAt: number | null;
  /** Of today's exception. */
  note: I18nText | null;
}

/** @returns the end of what is open until `until` on `date`, also after midnight; null where none is found */
const endOf = (hours: Hours, date: string, until: number, timeZone: string): number | null => {
  let end = until;
  for (let day = 1; day <= LOOK_AHEAD_DAYS; day += 1) {
    const following = addDays(date, day);
    if (end < atWall(following, 0, timeZone)) return end;
    const next = openSpans(hours, following, timeZone)[0];
    if (!next || next.from > end) return end;
    end = next.until;
  }
  return null;
};

/** @param hours null: not known, which counts as open. @returns how it stands at `at` */
export const openingAt = (hours: Hours | null, at: number, timeZone: string): Opening => {
  if (!hours) return { open: true, closesAt: null, opensAt: null, note: null };
  const { date } = localTime(at, timeZone);
  const today = openSpans(hours, date, timeZone);
  const note = exceptionOf(hours, date)?.note ?? null;
  const open = today.some((s) => at >= s.from && at < s.until);
  const last = today.at(-1);
  const closesAt = last && at < last.until ? endOf(hours, date, last.until, timeZone) : null;
  if (open) return { open, closesAt, opensAt: null, note };
  for (let day = 0; day <= LOOK_AHEAD_DAYS; day += 1) {
    const next = openSpans(hours, addDays(date, day), timeZone).find((s) => s.from > at);
    if (next) return { open, closesAt, opensAt: next.from, note };
  }
  return { open, closesAt, opensAt: null, note };
};
