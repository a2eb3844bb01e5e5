import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayNumbersRecord } from '../../shared/contracts/centre/day-numbers.ts';
import { addDays } from '../../shared/domain/business-day.ts';
import {
  combine,
  countOf,
  countOver,
  forecast,
  histogramOf,
  LONGEST_MINUTES,
  MOST_PARTS,
  noNumbers,
  percentile,
  shareOver,
  summarise,
  type DayHours,
  type NumberedVisit,
} from '../../shared/domain/day-numbers.ts';

/** The numbers of a day: what they count, that they can be added up, and what they say of the rest of today. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const hourOf = (at: number): number => Math.floor(at / HOUR) % 24;
const AT_TEN = 10 * HOUR;

const stage = (about: Partial<NumberedVisit['services'][number]> = {}): NumberedVisit['services'][number] => ({
  serviceId: 1,
  windowId: null,
  calledAt: null,
  servingAt: null,
  doneAt: null,
  state: 'waiting',
  ...about,
});
const visit = (about: Partial<NumberedVisit> = {}): NumberedVisit => ({
  origin: 'walk-in',
  via: 'kiosk',
  arrivedAt: AT_TEN,
  state: 'waiting',
  services: [stage()],
  ...about,
});
const day = (visits: readonly NumberedVisit[], noShows: readonly number[] = []) =>
  summarise(visits, { noShows, hourOf });

const times = fc.array(fc.integer({ min: 0, max: 4 * HOUR }), { maxLength: 60 });
const when = fc.integer({ min: 0, max: 10 * HOUR });
const anyStage = fc
  .record({
    serviceId: fc.integer({ min: 1, max: 4 }),
    windowId: fc.option(fc.integer({ min: 1, max: 3 })),
    times: fc.array(when, { maxLength: 3 }),
    state: fc.constantFrom(
      'waiting' as const,
      'called' as const,
      'serving' as const,
      'done' as const,
      'skipped' as const,
    ),
  })
  .map(({ times: some, ...rest }) => {
    const [calledAt = null, servingAt = null, doneAt = null] = some.sort((a, b) => a - b);
    return { ...rest, calledAt, servingAt, doneAt };
  });
const anyVisit: fc.Arbitrary<NumberedVisit> = fc.record({
  origin: fc.constantFrom('booking', 'walk-in'),
  via: fc.constantFrom('kiosk', 'desk'),
  arrivedAt: when,
  state: fc.constantFrom('waiting', 'called', 'serving', 'done', 'left'),
  services: fc.array(anyStage, { minLength: 1, maxLength: 3 }),
});
const visits = fc.array(anyVisit, { maxLength: 25 });
const anyDay = fc
  .record({ some: visits, noShows: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }) })
  .map(({ some, noShows }) => day(some, noShows));

describe('a histogram', () => {
  it('says exactly how many took longer than a limit', () => {
    const histogram = histogramOf([15 * MINUTE, 15 * MINUTE + 1, 14 * MINUTE, 3 * HOUR]);
    expect(countOver(histogram, 15)).toBe(2);
    expect(shareOver(histogram, 15)).toBe(0.5);
    expect(shareOver([], 15)).toBeNull();
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: LONGEST_MINUTES - 1 }), (some, limit) => {
        expect(countOver(histogramOf(some), limit)).toBe(some.filter((ms) => ms > limit * MINUTE).length);
      }),
    );
  });

  it('has the percentile of the times themselves, in whole minutes upwards', () => {
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (some, p) => {
        const sorted = [...some].sort((a, b) => a - b);
        const nearest = sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
        const minutes = nearest === undefined ? null : Math.min(LONGEST_MINUTES, Math.ceil(nearest / MINUTE));
        expect(percentile(histogramOf(some), p)).toBe(minutes);
      }),
    );
  });

  it('counts a time below zero as none, and whatever is very long in its last bucket', () => {
    expect(histogramOf([-5 * MINUTE])).toEqual([1]);
    expect(histogramOf([50 * HOUR])).toHaveLength(LONGEST_MINUTES + 1);
    expect(percentile(histogramOf([50 * HOUR]), 0.5)).toBe(LONGEST_MINUTES);
  });
});

describe('the numbers of a day', () => {
  it('measure the wait from arrival to the first call, and serving from its begin to its end', () => {
    const numbers = day([
      visit({
        state: 'done',
        services: [
          stage({
            windowId: 4,
            calledAt: AT_TEN + 16 * MINUTE,
            servingAt: AT_TEN + 17 * MINUTE,
            doneAt: AT_TEN + 25 * MINUTE,
            state: 'done',
          }),
        ],
      }),
    ]);
    for (const part of [numbers.all, numbers.ways.kiosk, numbers.services[0], numbers.windows[0]]) {
      expect(percentile(part?.waits ?? [], 0.5)).toBe(16);
      expect(percentile(part?.serving ?? [], 0.5)).toBe(8);
      expect(countOver(part?.waits ?? [], 15)).toBe(1);
    }
    expect(numbers.ways.desk.visits).toBe(0);
    expect(numbers.all.hours[10]).toBe(1);
  });

  it('count somebody with two services once, and the wait for the second from the end of the first', () => {
    const numbers = day([
      visit({
        state: 'called',
        services: [
          stage({
            serviceId: 1,
            windowId: 1,
            calledAt: AT_TEN + 5 * MINUTE,
            servingAt: AT_TEN + 5 * MINUTE,
            doneAt: AT_TEN + 20 * MINUTE,
            state: 'done',
          }),
          stage({ serviceId: 2, windowId: 2, calledAt: AT_TEN + 23 * MINUTE, state: 'called' }),
        ],
      }),
    ]);
    expect(numbers.all).toMatchObject({ visits: 1, walk_ins: 1 });
    expect(countOf(numbers.all.waits)).toBe(1);
    expect(percentile(numbers.all.waits, 1)).toBe(5);
    expect(numbers.services.map(({ id, waits }) => [id, percentile(waits, 1)])).toEqual([
      [1, 5],
      [2, 3],
    ]);
  });

  it('tell apart who went away, who is still waiting, and who never came', () => {
    const numbers = day(
      [
        visit({ state: 'left', origin: 'booking' }),
        visit({ via: 'desk' }),
        visit({ state: 'left', services: [stage({ state: 'done', serviceId: 1 }), stage({ serviceId: 2 })] }),
      ],
      [1, 1, 7],
    );
    expect(numbers.all).toMatchObject({ visits: 3, booked: 1, walk_ins: 2, left: 2, no_shows: 3, waits: [] });
    expect(numbers.services.map(({ id, visits: n, left, no_shows }) => [id, n, left, no_shows])).toEqual([
      [1, 3, 1, 2],
      [2, 1, 1, 0],
      [7, 0, 0, 1],
    ]);
  });

  it('fit the form in which the centre tells them, and add up in themselves', () => {
    fc.assert(
      fc.property(anyDay, (numbers) => {
        expect(dayNumbersRecord.parse(numbers)).toEqual(numbers);
        const { all, ways } = numbers;
        expect(all.visits).toBe(all.booked + all.walk_ins);
        expect(all.visits).toBe(countOf(all.hours));
        expect(all.visits).toBe(ways.kiosk.visits + ways.desk.visits);
        expect(countOf(all.waits)).toBeLessThanOrEqual(all.visits);
        expect(countOf(all.serving)).toBe(numbers.services.reduce((n, { serving }) => n + countOf(serving), 0));
        expect(all.no_shows).toBe(numbers.services.reduce((n, { no_shows }) => n + no_shows, 0));
      }),
    );
  });

  it('stay within their bounds in an office with far too many services', () => {
    const many = Array.from({ length: MOST_PARTS + 20 }, (_, n) => visit({ services: [stage({ serviceId: n })] }));
    const numbers = day([...many, visit({ services: [stage({ serviceId: MOST_PARTS + 19 })] })]);
    expect(numbers.services).toHaveLength(MOST_PARTS);
    expect(numbers.services.at(-1)).toMatchObject({ id: MOST_PARTS + 19, visits: 2 });
    expect(dayNumbersRecord.safeParse(numbers).success).toBe(true);
  });

  it('say nothing of who anybody is: two days with other people are the same', () => {
    fc.assert(
      fc.property(visits, (some) => {
        expect(day(some.toReversed())).toEqual(day(some));
      }),
    );
  });
});

describe('several days together', () => {
  it('are what one day with all of their visitors would be', () => {
    fc.assert(
      fc.property(visits, visits, (a, b) => {
        expect(combine([day(a, [1]), day(b, [2])])).toEqual(day([...a, ...b], [1, 2]));
      }),
    );
  });

  it('are the same in any order and in any number of steps', () => {
    fc.assert(
      fc.property(anyDay, anyDay, anyDay, (a, b, c) => {
        expect(combine([a, b, c])).toEqual(combine([c, combine([b, a])]));
        expect(combine([a, noNumbers()])).toEqual(a);
      }),
    );
  });
});

describe('what is thought to come', () => {
  const FRIDAY = '2026-11-20';
  const hours = (of: Record<number, number>): number[] => Array.from({ length: 24 }, (_, n) => of[n] ?? 0);
  const past = (week: number, of: Record<number, number>): DayHours => ({
    date: addDays(FRIDAY, -7 * week),
    hours: hours(of),
  });
  const today = (of: Record<number, number> = {}): DayHours => ({ date: FRIDAY, hours: hours(of) });
  const anyHours = fc.array(fc.nat({ max: 40 }), { minLength: 24, maxLength: 24 });

  it('is not said with fewer than two days like today on which anybody came', () => {
    expect(forecast([past(1, { 10: 5 })], today(), 9)).toBeNull();
    expect(forecast([past(1, { 10: 5 }), past(2, {})], today(), 9)).toBeNull();
    const thursday = { date: addDays(FRIDAY, -1), hours: hours({ 10: 5 }) };
    expect(forecast([past(1, { 10: 5 }), thursday], today(), 9)).toBeNull();
    const later = { date: addDays(FRIDAY, 7), hours: hours({ 10: 5 }) };
    expect(forecast([past(1, { 10: 5 }), later], today(), 9)).toBeNull();
    expect(forecast([past(1, { 10: 5 }), past(2, { 10: 5 })], today(), 9)).not.toBeNull();
  });

  it('is the median of such days while today goes as usual', () => {
    const days = [past(1, { 9: 10, 10: 20 }), past(2, { 9: 10, 10: 30 }), past(3, { 9: 10, 10: 400 })];
    const said = forecast(days, today({ 9: 10 }), 10);
    expect(said).toMatchObject({ days: 3, scale: 1 });
    expect(said?.usual[10]).toBe(30);
    expect(said?.expected[10]).toBe(30);
    expect(said?.expected[9]).toBeNull();
  });

  it('grows with a fuller day, but not without bounds', () => {
    const days = [past(1, { 9: 30, 10: 20 }), past(2, { 9: 30, 10: 20 })];
    const at = (came: number) => forecast(days, today({ 9: came }), 10)?.expected[10] ?? 0;
    expect(at(30)).toBe(20);
    expect(at(50)).toBeGreaterThan(at(40));
    expect(at(10_000)).toBe(40);
    expect(at(0)).toBe(10);
  });

  it('is not led astray by the first visitors of a morning', () => {
    const days = [past(1, { 8: 1, 10: 20 }), past(2, { 8: 1, 10: 20 })];
    expect(forecast(days, today({ 8: 3 }), 9)?.scale).toBeLessThan(1.2);
  });

  it('knows that the hours after midnight are the end of the business day', () => {
    const days = [past(1, { 1: 4, 22: 6 }), past(2, { 1: 4, 22: 6 })];
    const said = forecast(days, today({ 22: 6 }), 23);
    expect(said?.expected[1]).toBe(4);
    expect(said?.expected[22]).toBeNull();
    expect(forecast(days, today({ 22: 6 }), 0)?.expected[23]).toBeNull();
  });

  it('lies within its bounds, never below what has come, whatever the order of the days', () => {
    fc.assert(
      fc.property(
        fc.array(anyHours, { minLength: 2, maxLength: 12 }),
        anyHours,
        fc.nat({ max: 23 }),
        (some, came, hour) => {
          const days = some.map((of, n): DayHours => ({ date: addDays(FRIDAY, -7 * (n + 1)), hours: of }));
          const now: DayHours = { date: FRIDAY, hours: came };
          const said = forecast(days, now, hour);
          expect(forecast(days.toReversed(), now, hour)).toEqual(said);
          if (!said) return;
          for (const [n, expected] of said.expected.entries()) {
            if (expected === null) continue;
            const usual = said.usual[n] ?? 0;
            expect(expected).toBeGreaterThanOrEqual(usual / 2);
            expect(expected).toBeLessThanOrEqual(Math.max(usual * 2, came[n] ?? 0));
            if (n === hour) expect(expected).toBeGreaterThanOrEqual(came[n] ?? 0);
          }
        },
      ),
    );
  });
});
