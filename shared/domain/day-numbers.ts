import type { DayNumbers, PartNumbers, ServiceNumbers } from '../contracts/centre/day-numbers.ts';

/**
 * The numbers of a business day without the people: counts and histograms, which can be added up over days and services.
 * Averages and percentiles cannot, so none are kept. Pure, for the centre and for the desk alike.
 *
 * A histogram counts by whole minutes: bucket `m` holds what took longer than `m - 1` and at most `m` minutes, the last
 * one whatever took longer. So "longer than 15 minutes" is exact, and so is "at most 9 minutes". Empty buckets at the end
 * are left out.
 */

export type Histogram = readonly number[];

/** The last bucket: three hours, and whatever is longer. */
export const LONGEST_MINUTES = 180;
/** A day of an office has no more services or windows than this; if it had, those with the fewest visitors are left out. */
export const MOST_PARTS = 500;
/** Days that are looked at together, at most: a quarter of a year. */
export const MOST_DAYS_TOGETHER = 92;
const HOURS = 24;
const MINUTE_MS = 60_000;

export interface NumberedVisit {
  origin: 'booking' | 'walk-in';
  via: 'kiosk' | 'desk';
  /** Epoch ms, like all times here. */
  arrivedAt: number;
  state: 'waiting' | 'called' | 'serving' | 'done' | 'left';
  services: readonly {
    serviceId: number;
    windowId: number | null;
    calledAt: number | null;
    servingAt: number | null;
    doneAt: number | null;
    state: 'waiting' | 'called' | 'serving' | 'done' | 'skipped';
  }[];
}

export interface AboutDay {
  /** The first services of the bookings that nobody came for. */
  noShows: readonly number[];
  /** 0-23 on the clock of the office. */
  hourOf: (at: number) => number;
}

// --- Histograms ------------------------------------------------------------------------------------------------------

const bucketOf = (ms: number): number => Math.min(LONGEST_MINUTES, Math.max(0, Math.ceil(ms / MINUTE_MS)));

const addTo = (histogram: number[], ms: number): void => {
  const bucket = bucketOf(ms);
  while (histogram.length <= bucket) histogram.push(0);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
};

/** @param times milliseconds; a time below zero (a clock was put right) counts as none. */
export const histogramOf = (times: readonly number[]): number[] => {
  const histogram: number[] = [];
  for (const ms of times) addTo(histogram, ms);
  return histogram;
};

const sum = (counts: Histogram): number => counts.reduce((all, n) => all + n, 0);

const added = (a: Histogram, b: Histogram): number[] =>
  Array.from({ length: Math.max(a.length, b.length) }, (_, n) => (a[n] ?? 0) + (b[n] ?? 0));

/** @returns how many times a histogram holds */
export const countOf = (histogram: Histogram): number => sum(histogram);

/**
 * @param p 0 to 1: 0.5 for the median
 * @returns the fewest whole minutes that at least this share took at most; null when there is nothing.
 * {@link LONGEST_MINUTES} means that or longer.
 */
export const percentile = (histogram: Histogram, p: number): number | null => {
  const all = sum(histogram);
  if (all === 0) return null;
  const rank = Math.min(all, Math.max(1, Math.ceil(p * all)));
  let below = 0;
  for (const [minutes, n] of histogram.entries()) {
    below += n;
    if (below >= rank) return minutes;
  }
  return histogram.length - 1;
};

/** @returns how many took longer than so many whole minutes (fewer than {@link LONGEST_MINUTES}) */
export const countOver = (histogram: Histogram, minutes: number): number => sum(histogram.slice(minutes + 1));

/** @returns which share (0 to 1) took longer than so many whole minutes; null when there is nothing */
export const shareOver = (histogram: Histogram, minutes: number): number | null => {
  const all = sum(histogram);
  return all === 0 ? null : countOver(histogram, minutes) / all;
};

// --- A day -----------------------------------------------------------------------------------------------------------

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Part = Mutable<PartNumbers>;

const noPart = (): Part => ({
  visits: 0,
  booked: 0,
  walk_ins: 0,
  left: 0,
  hours: Array.from({ length: HOURS }, () => 0),
  waits: [],
  serving: [],
});

/** The numbers of a day on which nothing happened. */
export const noNumbers = (): DayNumbers => ({
  all: { ...noPart(), no_shows: 0 },
  ways: { kiosk: noPart(), desk: noPart() },
  services: [],
  windows: [],
});

type Stage = NumberedVisit['services'][number];

/** From when on he could be called for a service: when he came, or when the service before it was done. */
const readyAt = (visit: NumberedVisit, stage: Stage, calledAt: number): number =>
  visit.services.reduce(
    (at, other) =>
      other !== stage && other.doneAt !== null && other.doneAt <= calledAt ? Math.max(at, other.doneAt) : at,
    visit.arrivedAt,
  );

const servedIn = ({ servingAt, doneAt }: Stage): number | null =>
  servingAt === null || doneAt === null ? null : doneAt - servingAt;

const come = (part: Part, { origin }: NumberedVisit, hour: number): void => {
  part.visits += 1;
  if (origin === 'booking') part.booked += 1;
  else part.walk_ins += 1;
  part.hours[hour] = (part.hours[hour] ?? 0) + 1;
};

/** The fullest, in the order of their ids. */
const bounded = <P extends { visits: number }>(parts: ReadonlyMap<number, P>, fullness: (part: P) => number) =>
  [...parts]
    .sort(([a, x], [b, y]) => fullness(y) - fullness(x) || a - b)
    .slice(0, MOST_PARTS)
    .sort(([a], [b]) => a - b)
    .map(([id, part]) => ({ id, ...part }));

/**
 * The numbers of one business day.
 *
 * Of the whole and of each way in, a visit counts once and its wait is from arrival to the first call: what the law
 * limits. Of a service each of its turns counts, and the wait is from when he could be called for it; of a window, whoever
 * was called to it.
 *
 * @param visits all of the day, in any order; those that were taken back are not among them
 */
export const summarise = (visits: readonly NumberedVisit[], { noShows, hourOf }: AboutDay): DayNumbers => {
  const all = noPart();
  const ways = { kiosk: noPart(), desk: noPart() };
  const services = new Map<number, Mutable<Omit<ServiceNumbers, 'id'>>>();
  const windows = new Map<number, Part>();
  const serviceOf = (id: number) => {
    const known = services.get(id) ?? { ...noPart(), no_shows: 0 };
    services.set(id, known);
    return known;
  };
  const windowOf = (id: number) => {
    const known = windows.get(id) ?? noPart();
    windows.set(id, known);
    return known;
  };
  for (const visit of visits) {
    const hour = hourOf(visit.arrivedAt);
    const whole = [all, ways[visit.via]];
    const calls = visit.services.flatMap(({ calledAt }) => (calledAt === null ? [] : [calledAt]));
    for (const part of whole) {
      come(part, visit, hour);
      if (visit.state === 'left') part.left += 1;
      if (calls.length > 0) addTo(part.waits, Math.min(...calls) - visit.arrivedAt);
    }
    for (const stage of visit.services) {
      const { calledAt, windowId, state } = stage;
      const parts = [serviceOf(stage.serviceId), ...(windowId === null ? [] : [windowOf(windowId)])];
      const served = servedIn(stage);
      for (const part of parts) {
        come(part, visit, hour);
        if (visit.state === 'left' && state !== 'done') part.left += 1;
        if (calledAt !== null) addTo(part.waits, calledAt - readyAt(visit, stage, calledAt));
        if (served !== null) addTo(part.serving, served);
      }
      if (served !== null) for (const part of whole) addTo(part.serving, served);
    }
  }
  for (const id of noShows) serviceOf(id).no_shows += 1;
  return {
    all: { ...all, no_shows: noShows.length },
    ways,
    services: bounded(services, ({ visits: n, no_shows: missed }) => n + missed),
    windows: bounded(windows, ({ visits: n }) => n),
  };
};

// --- Several days ----------------------------------------------------------------------------------------------------

const both = (a: PartNumbers, b: PartNumbers): Part => ({
  visits: a.visits + b.visits,
  booked: a.booked + b.booked,
  walk_ins: a.walk_ins + b.walk_ins,
  left: a.left + b.left,
  hours: added(a.hours, b.hours),
  waits: added(a.waits, b.waits),
  serving: added(a.serving, b.serving),
});

const merged = <P extends { id: number }>(lists: readonly (readonly P[])[], join: (a: P, b: P) => P): P[] => {
  const byId = new Map<number, P>();
  for (const list of lists)
    for (const one of list) {
      const known = byId.get(one.id);
      byId.set(one.id, known ? join(known, one) : one);
    }
  return [...byId.values()].sort((a, b) => a.id - b.id);
};

/** Adds days up. The order does not matter, and neither does in how many steps it is done. */
export const combine = (days: readonly DayNumbers[]): DayNumbers =>
  days.reduce<DayNumbers>(
    (a, b) => ({
      all: { ...both(a.all, b.all), no_shows: a.all.no_shows + b.all.no_shows },
      ways: { kiosk: both(a.ways.kiosk, b.ways.kiosk), desk: both(a.ways.desk, b.ways.desk) },
      services: merged([a.services, b.services], (x, y) => ({
        id: x.id,
        ...both(x, y),
        no_shows: x.no_shows + y.no_shows,
      })),
      windows: merged([a.windows, b.windows], (x, y) => ({ id: x.id, ...both(x, y) })),
    }),
    noNumbers(),
  );

// --- What is still to come -------------------------------------------------------------------------------------------

/** Arrivals of a business day by the hour of the office's clock, 0-23. */
export interface DayHours {
  /** `YYYY-MM-DD` */
  date: string;
  hours: readonly number[];
}

export interface Forecast {
  /** How many days like this one it is made from. */
  days: number;
  /** How full today is beside them: 1 is as usual. */
  scale: number;
  /** By hour, 0-23: what comes on such a day. */
  usual: number[];
  /** By hour: what is thought to come; null of an hour that is over. */
  expected: (number | null)[];
}

/** An office changes: what was longer ago says little. */
const MOST_DAYS = 8;
const FEWEST_DAYS = 2;
/** However today has begun, the rest of it is no more different from others than this. */
const LEAST_SCALE = 0.5;
const MOST_SCALE = 2;
/** So many more visitors, as usual, are thought of: the first three of a morning do not make a full day. */
const STEADY = 10;

const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? 0;
  return (low + high) / 2;
};

/**
 * How many are thought to come in the rest of the day: the median of past days of the same weekday, hour by hour, as much
 * more or less as today has been so far. Days on which nobody came (the office was closed) do not count.
 *
 * @param pastDays in any order; today and later ones are left out
 * @param hourNow 0-23; of this hour the whole is told, and never less than have come in it
 * @param firstHour with which the business day begins
 * @returns null when there are fewer than two days to go by
 */
export const forecast = (
  pastDays: readonly DayHours[],
  today: DayHours,
  hourNow: number,
  firstHour = 4,
): Forecast | null => {
  const weekday = weekdayOf(today.date);
  const alike = pastDays
    .filter(({ date, hours }) => date < today.date && weekdayOf(date) === weekday && sum(hours) > 0)
    .sort((a, b) => (a.date < b.date ? 1 : -1))
    .slice(0, MOST_DAYS);
  if (alike.length < FEWEST_DAYS) return null;
  const usual = Array.from({ length: HOURS }, (_, hour) => median(alike.map(({ hours }) => hours[hour] ?? 0)));
  const place = (hour: number): number => (hour - firstHour + HOURS) % HOURS;
  const over = (hour: number): boolean => place(hour) < place(hourNow);
  const before = usual.map((_, hour) => hour).filter(over);
  const came = before.reduce((all, hour) => all + (today.hours[hour] ?? 0), 0);
  const thought = before.reduce((all, hour) => all + (usual[hour] ?? 0), 0);
  const scale = Math.min(MOST_SCALE, Math.max(LEAST_SCALE, (came + STEADY) / (thought + STEADY)));
  const expected = usual.map((n, hour) => {
    if (over(hour)) return null;
    return hour === hourNow ? Math.max(n * scale, today.hours[hour] ?? 0) : n * scale;
  });
  return { days: alike.length, scale, usual, expected };
};
