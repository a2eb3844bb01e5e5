import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Opening } from '../../shared/domain/hours.ts';
import type { Estimate } from '../../shared/domain/queue.ts';
import {
  decideWalkIn,
  DEFAULT_FLOOD,
  DEFAULT_WALK_IN_POLICY,
  floodUntil,
  WALK_IN_REFUSALS,
  type Flood,
  type WalkInInput,
  type WalkInPolicy,
} from '../../shared/domain/walk-in.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-23T10:24+03:00');
const CLOSES = Date.parse('2026-11-23T18:00+03:00');
const TOMORROW = Date.parse('2026-11-24T08:00+03:00');

const OPEN: Opening = { open: true, closesAt: CLOSES, opensAt: null, note: null };
const SHUT: Opening = { open: false, closesAt: null, opensAt: TOMORROW, note: null };
const UNKNOWN: Estimate = { known: false, why: 'no-data', ahead: null };
const wait = (ahead: number, fromMinutes: number): Estimate => ({
  known: true,
  ahead,
  fromMinutes,
  toMinutes: fromMinutes * 2 + 1,
});

type Given = Partial<Omit<WalkInInput, 'policy'>> & { policy?: Partial<WalkInPolicy> };
const input = ({ policy, ...more }: Given): WalkInInput => ({
  now: NOW,
  opening: OPEN,
  policy: { ...DEFAULT_WALK_IN_POLICY, ...policy },
  walkInsToday: 0,
  visitsToday: 0,
  estimate: wait(3, 5),
  serveMinutes: 10,
  clockUncertain: false,
  ...more,
});
const OK = { ok: true, manyWait: false } as const;
const MANY = { ok: true, manyWait: true } as const;
const no = (reason: 'closed' | 'closing' | 'booking-only' | 'contingent', more: object = {}) => ({
  ok: false,
  reason,
  opensAt: null,
  redirectTo: null,
  ...more,
});
/** Now, so many minutes before closing. */
const left = (minutes: number): Given => ({ now: CLOSES - minutes * MINUTE });

describe('a number without a booking', () => {
  it.each<[string, Given, object]>([
    ['open, few wait', {}, OK],
    ['the wait is not known', { estimate: UNKNOWN }, OK],
    ['hours are not known', { opening: { open: true, closesAt: null, opensAt: null, note: null } }, OK],
    ['by booking only', { policy: { allowed: false } }, no('booking-only')],
    [
      'by booking only, with where to go',
      { policy: { allowed: false, redirectTo: 9 } },
      no('booking-only', { redirectTo: 9 }),
    ],
    ['closed, with the time to come', { opening: SHUT }, no('closed', { opensAt: TOMORROW })],
    ['closed for good', { opening: { ...SHUT, opensAt: null } }, no('closed')],
    [
      'at lunch: closed, though it closes later',
      { opening: { ...OPEN, open: false, opensAt: NOW + MINUTE } },
      no('closed', { opensAt: NOW + MINUTE }),
    ],
    ['the last of the contingent', { policy: { perDay: 5 }, walkInsToday: 4 }, OK],
    ['the contingent is used up', { policy: { perDay: 5 }, walkInsToday: 5 }, no('contingent')],
    ['more than the contingent was given offline', { policy: { perDay: 5 }, walkInsToday: 7 }, no('contingent')],
    ['a contingent of none', { policy: { perDay: 0 } }, no('contingent')],
    ['the last of the capacity', { policy: { capacity: 40 }, visitsToday: 39 }, OK],
    ['the capacity is used up by bookings too', { policy: { capacity: 40 }, visitsToday: 40 }, no('contingent')],
    [
      'used up, with where to go',
      { policy: { perDay: 5, redirectTo: 9 }, walkInsToday: 5 },
      no('contingent', { redirectTo: 9 }),
    ],
    ['just time for wait and service', { ...left(35), estimate: wait(3, 25) }, OK],
    ['a millisecond too little', { now: CLOSES - 35 * MINUTE + 1, estimate: wait(3, 25) }, no('closing')],
    [
      'the upper bound of the wait does not count',
      { ...left(40), estimate: { known: true, ahead: 9, fromMinutes: 25, toMinutes: 300 } },
      OK,
    ],
    [
      'nobody waits: the last minutes before closing all the same',
      { ...left(10), serveMinutes: 1, estimate: wait(0, 0) },
      OK,
    ],
    [
      'nobody waits, a millisecond later',
      { now: CLOSES - 10 * MINUTE + 1, serveMinutes: 1, estimate: wait(0, 0) },
      no('closing'),
    ],
    [
      'a service that lasts longer than the last minutes',
      { ...left(20), serveMinutes: 30, estimate: wait(0, 0) },
      no('closing'),
    ],
    ['an unknown wait counts as none', { ...left(10), estimate: UNKNOWN }, OK],
    ['an unknown wait, later', { ...left(9), estimate: UNKNOWN }, no('closing')],
    [
      'no last minutes, a service of no time: to the very end',
      { ...left(0), policy: { lastTicketMinutes: 0 }, serveMinutes: 0, estimate: UNKNOWN },
      OK,
    ],
    ['open to no end: never too late', { now: CLOSES, opening: { ...OPEN, closesAt: null } }, OK],
    ['19 wait: not many', { estimate: wait(19, 5) }, OK],
    ['20 wait: many', { estimate: wait(20, 5) }, MANY],
    ['many by what is known, though not how long', { estimate: { known: false, why: 'stale', ahead: 20 } }, MANY],
    ['never asked', { policy: { manyWait: null }, estimate: wait(500, 5) }, OK],
    ['asked from the first on', { policy: { manyWait: 1 }, estimate: wait(1, 5) }, MANY],
    ['a clock that may be wrong closes nothing', { opening: SHUT, clockUncertain: true }, OK],
    ['a clock that may be wrong does not say that it is too late', { ...left(1), clockUncertain: true }, OK],
    [
      'a clock that may be wrong does not fill the contingent',
      { policy: { perDay: 5 }, walkInsToday: 5, clockUncertain: true },
      no('contingent'),
    ],
    [
      'a clock that may be wrong does not open what is by booking',
      { policy: { allowed: false }, clockUncertain: true },
      no('booking-only'),
    ],
    ['by booking only goes before closed', { policy: { allowed: false }, opening: SHUT }, no('booking-only')],
    ['by booking only goes before used up', { policy: { allowed: false, perDay: 0 } }, no('booking-only')],
    ['by booking only goes before closing', { ...left(1), policy: { allowed: false } }, no('booking-only')],
    ['closed goes before used up', { opening: SHUT, policy: { perDay: 0 } }, no('closed', { opensAt: TOMORROW })],
    ['closed goes before closing', { ...left(1), opening: { ...OPEN, open: false } }, no('closed')],
    ['used up goes before closing', { ...left(1), policy: { perDay: 0 } }, no('contingent')],
    ['closing goes before many', { ...left(1), estimate: wait(99, 5) }, no('closing')],
  ])('%s', (_name, given, expected) => {
    expect(decideWalkIn(input(given))).toEqual(expected);
  });

  it('says one of its reasons or yes, whatever is put in, and yes stays yes with a shorter wait or more left', () => {
    const optional = fc.option(fc.nat(50));
    const anyInput = fc.record({
      now: fc.integer({ min: CLOSES - 120 * MINUTE, max: CLOSES + MINUTE }),
      open: fc.boolean(),
      closesAt: fc.option(fc.constant(CLOSES)),
      policy: fc.record({
        allowed: fc.boolean(),
        perDay: optional,
        capacity: optional,
        manyWait: optional,
        lastTicketMinutes: fc.nat(60),
        redirectTo: optional,
      }),
      walkInsToday: fc.nat(60),
      visitsToday: fc.nat(60),
      from: fc.nat(120),
      ahead: fc.nat(60),
      serveMinutes: fc.nat(60),
      clockUncertain: fc.boolean(),
    });
    let accepted = 0;
    fc.assert(
      fc.property(anyInput, ({ open, closesAt, from, ahead, ...rest }) => {
        const given = { ...rest, opening: { open, closesAt, opensAt: null, note: null }, estimate: wait(ahead, from) };
        const v = decideWalkIn(given);
        if (!v.ok) {
          expect(WALK_IN_REFUSALS).toContain(v.reason);
          expect(v.redirectTo).toBe(given.policy.redirectTo);
          return;
        }
        accepted += 1;
        expect(decideWalkIn({ ...given, estimate: wait(ahead, Math.floor(from / 2)) })).toEqual(v);
        expect(decideWalkIn({ ...given, now: given.now - MINUTE })).toEqual(v);
        expect(decideWalkIn({ ...given, clockUncertain: true })).toEqual(v);
      }),
      { numRuns: 2000, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

/** One screen: pressed at these times, seconds from now. @returns when a ticket came out, seconds */
const press = (times: readonly number[], flood: Flood = DEFAULT_FLOOD, remembered = 24): number[] => {
  const given: number[] = [];
  for (const s of times) {
    const now = NOW + s * 1000;
    if (floodUntil(given.slice(-remembered), now, flood) === 0) given.push(now);
  }
  return given.map((at) => (at - NOW) / 1000);
};
const every = (seconds: number, forSeconds: number) =>
  Array.from({ length: Math.floor(forSeconds / seconds) }, (_, i) => i * seconds);

describe('a hand on the screen', () => {
  it('gets the burst at once, then one per refill', () => {
    expect(press(every(1, 61))).toEqual([0, 1, 2, 3, 4, 5, 20, 40, 60]);
  });

  it('does not get 20 numbers in 100 s at one press in 5 s', () => {
    expect(press(every(5, 100))).toHaveLength(10);
  });

  it('a morning of one visitor in 20 s is never refused, with any start', () => {
    expect(press(every(20, 3600))).toHaveLength(180);
    // A family first, who came together.
    expect(press([0, 1, 2, 3, 4, ...every(20, 3600).map((s) => s + 20)])).toHaveLength(185);
  });

  it('one at a time where the office wants it so', () => {
    expect(press(every(1, 61), { burst: 1, refillSeconds: 20 })).toEqual([0, 20, 40, 60]);
  });

  it('the whole burst is there again after a rest', () => {
    const rested = press([...every(1, 10), ...every(1, 10).map((s) => s + 300)]);
    expect(rested).toEqual([0, 1, 2, 3, 4, 5, 300, 301, 302, 303, 304, 305]);
  });

  it('nobody was here: now', () => {
    expect(floodUntil([], NOW, DEFAULT_FLOOD)).toBe(0);
  });

  it('the order of the times does not matter', () => {
    const given = [0, 1, 2, 3, 4, 5].map((s) => NOW - s * 1000);
    expect(floodUntil(given, NOW, DEFAULT_FLOOD)).toBe(floodUntil(given.toReversed(), NOW, DEFAULT_FLOOD));
    expect(floodUntil(given, NOW, DEFAULT_FLOOD)).toBe(NOW + 15_000);
  });

  it('a clock that was put back by an hour holds nobody up', () => {
    const busy = every(20, 3600).map((s) => NOW + s * 1000);
    expect(floodUntil(busy.slice(-24), NOW, DEFAULT_FLOOD)).toBe(0);
    // And what is given by the clock as it is now counts.
    const since = [...busy.slice(-6), ...[0, 1, 2, 3, 4, 5].map((s) => NOW + s * 1000)];
    expect(floodUntil(since, NOW + 5000, DEFAULT_FLOOD)).toBe(NOW + 20_000);
  });

  it('a clock that was put forward by an hour holds nobody up either', () => {
    const given = press(every(1, 10)).map((s) => NOW + s * 1000);
    expect(floodUntil(given, NOW + 3_600_000, DEFAULT_FLOOD)).toBe(0);
  });

  const anyFlood = fc.record({
    burst: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 100 })),
    refillSeconds: fc.integer({ min: 1, max: 3600 }),
  });
  const anyGiven = fc.array(fc.integer({ min: -3_600_000, max: 600_000 }), { maxLength: 120 });

  it('names a time that is enough, and never one before now; a millisecond before would not have done', () => {
    let held = 0;
    fc.assert(
      fc.property(anyFlood, anyGiven, (flood, offsets) => {
        // Not what lies ahead: the clock that made it would still be going.
        const given = offsets.filter((o) => o <= 0).map((o) => NOW + o);
        const until = floodUntil(given, NOW, flood);
        if (until === 0) return;
        held += 1;
        expect(until).toBeGreaterThan(NOW);
        expect(floodUntil(given, until, flood)).toBe(0);
        expect(floodUntil(given, until - 1, flood)).toBe(until);
      }),
      { numRuns: 1000, seed: 7 },
    );
    expect(held).toBeGreaterThan(100);
  });

  it('is never longer than all that was given needs to run off, also after the clock was put back', () => {
    fc.assert(
      fc.property(anyFlood, anyGiven, (flood, offsets) => {
        const until = floodUntil(
          offsets.map((o) => NOW + o),
          NOW,
          flood,
        );
        const most = Math.max(0, offsets.length + 1 - flood.burst) * flood.refillSeconds * 1000;
        expect(until === 0 || until <= NOW + most).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('with the latest n remembered, no more than n come out in (n + 1 - burst) refills', () => {
    const flood = { burst: 4, refillSeconds: 20 };
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 30 }),
        fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 300 }),
        (n, gaps) => {
          let at = 0;
          const out = press(
            gaps.map((gap) => (at += gap)),
            flood,
            n,
          );
          for (let i = 0; i + n < out.length; i += 1) {
            expect((out[i + n] ?? 0) - (out[i] ?? 0)).toBeGreaterThanOrEqual(
              (n + 1 - flood.burst) * flood.refillSeconds,
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
