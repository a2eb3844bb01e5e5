/**
 * The business day of an office: the calendar day of its time zone, which changes not at midnight but at a set time of
 * the clock on its wall (04:00 unless told otherwise). 03:59 still belongs to yesterday.
 *
 * A day begins at the first moment when the wall clock shows its date and the change time, or later. Said so, it is
 * right also where the clock is put forward over the change time, or back so that it passes it twice: days never
 * return, and each moment belongs to exactly one.
 */

const MINUTE = 60_000;
const DAY = 86_400_000;
/** 1000-01-01 and the last moment of 9999, as far as `YYYY-MM-DD` goes. */
const FIRST_TIME = Date.UTC(1000, 0, 1);
const LAST_TIME = Date.UTC(10_000, 0, 1) - 1;
/** 04:00, in minutes after midnight. */
export const DEFAULT_DAY_CHANGE = 240;
/** Bounds of the caches. A device lives in one zone; a centre and its tests see many. */
const MAX_ZONES = 64;
const MAX_DAYS = 800;

/** A time of an office's wall clock. */
export interface LocalTime {
  /** Calendar date, `YYYY-MM-DD` (not the business day). */
  date: string;
  /** 0-23. */
  hour: number;
  minute: number;
  /** ISO 8601: 1 is Monday, 7 is Sunday. */
  weekday: number;
}

const pad = (value: number): string => String(value).padStart(2, '0');

/** @param day days since 1970-01-01. */
const writeDate = (day: number): string => {
  const date = new Date(day * DAY);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new RangeError('a date must be in the years 0000 to 9999');
  return `${String(year).padStart(4, '0')}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
};

const readDate = (date: string): number => {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  // Engines differ in whether the 30th of February is an error or the 2nd of March.
  if (Number.isNaN(time) || writeDate(time / DAY) !== date) {
    throw new RangeError(
      `a date must be a day of the calendar as YYYY-MM-DD, not ${JSON.stringify(date.slice(0, 40))}`,
    );
  }
  return time / DAY;
};

const makeFormat = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });

/** A format costs some 50 microseconds and much memory to make: one per zone is kept. */
const formats = new Map<string, Intl.DateTimeFormat>();

const formatFor = (timeZone: string): Intl.DateTimeFormat => {
  let format = formats.get(timeZone);
  if (format === undefined) {
    try {
      format = makeFormat(timeZone);
    } catch {
      throw new RangeError(
        `unknown time zone ${JSON.stringify(timeZone.slice(0, 40))}: give an IANA name such as Europe/Moscow`,
      );
    }
    if (formats.size >= MAX_ZONES) formats.clear();
    formats.set(timeZone, format);
  }
  return format;
};

/** @returns what the wall clock shows, as the milliseconds at which a clock in UTC shows the same; to the second. */
const wallClock = (epochMs: number, timeZone: string): number => {
  if (!(epochMs >= FIRST_TIME && epochMs <= LAST_TIME)) {
    throw new RangeError(`a time must be milliseconds since 1970, in the years 1000 to 9999, not ${epochMs}`);
  }
  let year = 0;
  let month = 0;
  let day = 0;
  let hour = 0;
  let minute = 0;
  let second = 0;
  for (const { type, value } of formatFor(timeZone).formatToParts(epochMs)) {
    if (type === 'year') year = Number(value);
    else if (type === 'month') month = Number(value);
    else if (type === 'day') day = Number(value);
    else if (type === 'hour') hour = Number(value);
    else if (type === 'minute') minute = Number(value);
    else if (type === 'second') second = Number(value);
  }
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

/** @returns how far the wall clock is ahead of UTC, in milliseconds. */
const offsetAt = (epochMs: number, timeZone: string): number =>
  wallClock(epochMs, timeZone) - Math.floor(epochMs / 1000) * 1000;

/** @returns the first moment when the wall clock shows `wall` or later. Zones change their offset once in two days at most. */
const firstMomentAt = (wall: number, timeZone: string): number => {
  let before = wall - DAY;
  let after = wall + DAY;
  const offsetBefore = offsetAt(before, timeZone);
  const offsetAfter = offsetAt(after, timeZone);
  const unchanged = wall - offsetBefore;
  if (offsetBefore === offsetAfter) return unchanged;
  // The offset changes between the two: find the second at which it does.
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000;
    if (offsetAt(middle, timeZone) === offsetBefore) before = middle;
    else after = middle;
  }
  return unchanged < after ? unchanged : Math.max(after, wall - offsetAfter);
};

/** One zone with one change time: the days that were worked out. */
interface Calendar {
  /** Day number -> its first moment. */
  starts: Map<number, number>;
  /** The day that was asked for last: almost always the one that is asked for next. */
  last: { from: number; until: number; date: string };
}

const calendars = new Map<string, Map<number, Calendar>>();

const calendarFor = (timeZone: string, dayChangeMinutes: number): Calendar => {
  let ofZone = calendars.get(timeZone);
  const known = ofZone?.get(dayChangeMinutes);
  if (known !== undefined) return known;
  if (!Number.isInteger(dayChangeMinutes) || dayChangeMinutes < 0 || dayChangeMinutes >= 1440) {
    throw new RangeError(`the day changes at a whole minute from 0 to 1439 after midnight, not at ${dayChangeMinutes}`);
  }
  if (calendars.size >= MAX_ZONES) calendars.clear();
  if (ofZone === undefined || ofZone.size >= MAX_ZONES) ofZone = new Map();
  calendars.set(timeZone, ofZone);
  const calendar: Calendar = { starts: new Map(), last: { from: 0, until: 0, date: '' } };
  ofZone.set(dayChangeMinutes, calendar);
  return calendar;
};

const startOf = (day: number, calendar: Calendar, timeZone: string, dayChangeMinutes: number): number => {
  let start = calendar.starts.get(day);
  if (start === undefined) {
    start = firstMomentAt(day * DAY + dayChangeMinutes * MINUTE, timeZone);
    if (calendar.starts.size >= MAX_DAYS) calendar.starts.clear();
    calendar.starts.set(day, start);
  }
  return start;
};

/**
 * The business day that a moment belongs to.
 *
 * @param epochMs milliseconds since 1970. @param timeZone IANA name of the office's zone.
 * @param dayChangeMinutes wall-clock time at which the day changes, in minutes after midnight.
 * @returns `YYYY-MM-DD`; never goes back as time goes on.
 * @throws RangeError for an unknown zone, a time or a change time that is none.
 */
export const businessDate = (
  epochMs: number,
  timeZone: string,
  dayChangeMinutes: number = DEFAULT_DAY_CHANGE,
): string => {
  const calendar = calendarFor(timeZone, dayChangeMinutes);
  const { last } = calendar;
  if (epochMs >= last.from && epochMs < last.until) return last.date;
  let day = Math.floor((wallClock(epochMs, timeZone) - dayChangeMinutes * MINUTE) / DAY);
  // When the clock was put back over the change time, it shows yesterday's hours in a day that has begun already.
  let until = startOf(day + 1, calendar, timeZone, dayChangeMinutes);
  while (epochMs >= until) {
    day += 1;
    until = startOf(day + 1, calendar, timeZone, dayChangeMinutes);
  }
  const date = writeDate(day);
  calendar.last = { from: startOf(day, calendar, timeZone, dayChangeMinutes), until, date };
  return date;
};

/**
 * The first moment of a business day.
 *
 * @returns milliseconds since 1970. Where a zone left out a whole day (Apia had no 2011-12-30), the first moment of what
 * came after. @throws RangeError for a date that is not in the calendar, an unknown zone, a wrong change time.
 */
export const startOfBusinessDay = (
  date: string,
  timeZone: string,
  dayChangeMinutes: number = DEFAULT_DAY_CHANGE,
): number => startOf(readDate(date), calendarFor(timeZone, dayChangeMinutes), timeZone, dayChangeMinutes);

/** @returns what the office's wall clock shows. @throws RangeError for an unknown zone or a time that is none. */
export const localTime = (epochMs: number, timeZone: string): LocalTime => {
  const wall = wallClock(epochMs, timeZone);
  const day = Math.floor(wall / DAY);
  const minutes = Math.floor((wall - day * DAY) / MINUTE);
  return {
    date: writeDate(day),
    hour: Math.floor(minutes / 60),
    minute: minutes % 60,
    // 1970-01-01 was a Thursday.
    weekday: ((((day + 3) % 7) + 7) % 7) + 1,
  };
};

/** @returns the calendar date `n` days after `date` (before, if negative). @throws RangeError for a date that is none. */
export const addDays = (date: string, n: number): string => {
  if (!Number.isInteger(n)) throw new RangeError(`addDays takes a whole number of days, not ${n}`);
  return writeDate(readDate(date) + n);
};

/** @returns whether this engine knows `text` as a time zone. Never throws. */
export const isTimeZone = (text: string): boolean => {
  if (text.length > 64) return false;
  try {
    makeFormat(text);
    return true;
  } catch {
    return false;
  }
};
