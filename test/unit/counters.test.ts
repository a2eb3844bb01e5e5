import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createChance,
  createCounters,
  nextStepAt,
  ORDINARY_OFFICE,
  queueWindows,
  servingMinutes,
  stepCounters,
  type CounterEvent,
  type CountersPlan,
  type CountersState,
  type CounterWindow,
  type WaitingVisit,
} from '../centre/counters.ts';
import { makeDay, runDay } from '../bench/day.ts';

const MINUTE = 60_000;
const OPENS = Date.parse('2026-11-23T09:00:00+03:00');
const at = (m: number): number => OPENS + m * MINUTE;

const day = (id: number, more: Partial<CounterWindow> = {}): CounterWindow => ({
  id,
  serviceIds: [1],
  opensAt: OPENS,
  closesAt: at(540),
  lunch: null,
  announced: false,
  ...more,
});
const plan = (windows: CounterWindow[], more: Partial<CountersPlan> = {}): CountersPlan => ({
  ...ORDINARY_OFFICE,
  windows,
  services: [{ id: 1, meanMinutes: 10, spreadMinutes: 4 }],
  missedShare: 0,
  ...more,
});
const visit = (visitId: string, arrivedAt: number, more: Partial<WaitingVisit> = {}): WaitingVisit => ({
  visitId,
  serviceId: 1,
  priority: 'none',
  orderAt: arrivedAt,
  arrivedAt,
  ...more,
});

/** Steps every `everyMs`, or when something is due, and takes those called off the list. */
const run = (
  plan: CountersPlan,
  visits: readonly WaitingVisit[],
  until: number,
  everyMs: number | null = null,
  between: (state: CountersState) => CountersState = (state) => state,
): { events: CounterEvent[]; state: CountersState } => {
  let state = createCounters(plan, 7);
  const events: CounterEvent[] = [];
  const called = new Set<string>();
  let now = OPENS - 30 * MINUTE;
  while (now < until) {
    const arrivals = visits.map((v) => v.arrivedAt).filter((t) => t > now);
    now = everyMs === null ? Math.min(nextStepAt(plan, state) ?? Infinity, until, ...arrivals) : now + everyMs;
    const list = visits.filter((v) => v.arrivedAt <= now && !called.has(v.visitId));
    const done = stepCounters(plan, between(state), list, now);
    ({ state } = done);
    events.push(...done.events);
    for (const e of done.events) if (e.type === 'call') called.add(e.visitId);
  }
  return { events, state };
};
const about = (events: readonly CounterEvent[], visitId: string): string[] =>
  events.flatMap((e) => (e.type !== 'window' && e.visitId === visitId ? [e.type] : []));
const calls = (events: readonly CounterEvent[]): string[] =>
  events.flatMap((e) => (e.type === 'call' ? [e.visitId] : []));

describe('windows', () => {
  it('call nobody before they open, then whoever is first', () => {
    const visits = [visit('late', at(-5)), visit('early', at(-10)), visit('claim', at(-1), { priority: 'first' })];
    const { events } = run(plan([day(1)]), visits, at(120));
    expect(events[0]).toEqual({ type: 'window', at: OPENS, windowId: 1, state: 'open', until: null });
    expect(calls(events)).toEqual(['claim', 'early', 'late']);
    expect(events.every((e) => e.at >= OPENS)).toBe(true);
    expect(about(events, 'early')).toEqual(['call', 'serve', 'done']);
  });

  it('serve only what they serve', () => {
    const { events } = run(plan([day(1, { serviceIds: [2] }), day(2)]), [visit('a', at(1))], at(60));
    expect(events.flatMap((e) => (e.type === 'call' ? [e.windowId] : []))).toEqual([2]);
  });

  it('call one who comes to a free window at that moment', () => {
    const { events } = run(plan([day(1)]), [visit('a', at(33))], at(60));
    expect(events.find((e) => e.type === 'call')?.at).toBe(at(33));
  });

  it('go to lunch when the visitor has been served, call nobody, and come back', () => {
    const lunch = { from: at(60), until: at(100) };
    const visits = Array.from({ length: 30 }, (_, i) => visit(`v${i}`, at(i)));
    const { events } = run(plan([day(1, { lunch, announced: true })]), visits, at(200));
    const changes = events.filter((e) => e.type === 'window');
    expect(changes.map((e) => e.state)).toEqual(['open', 'break', 'open']);
    expect(changes.map((e) => e.until)).toEqual([lunch.from, expect.any(Number), at(540)]);
    const [, away, back] = changes;
    expect(away?.at).toBeGreaterThanOrEqual(lunch.from);
    expect(back?.at).toBeGreaterThanOrEqual(lunch.until);
    const during = events.filter((e) => e.at > (away?.at ?? 0) && e.at < (back?.at ?? 0));
    expect(during).toEqual([]);
    expect(calls(events.filter((e) => e.at >= (back?.at ?? Infinity))).length).toBeGreaterThan(3);
  });

  it('end with the visitor they have when they close, and have nothing to do then', () => {
    const visits = Array.from({ length: 30 }, (_, i) => visit(`v${i}`, at(i)));
    const office = plan([day(1, { closesAt: at(60) })]);
    const { events, state } = run(office, visits, at(300));
    expect(events.at(-1)).toMatchObject({ type: 'window', state: 'closed', until: null });
    expect(events.filter((e) => e.type === 'call' && e.at >= at(60))).toEqual([]);
    expect(events.filter((e) => e.type === 'done')).toHaveLength(calls(events).length);
    expect(nextStepAt(office, state)).toBeNull();
    expect(queueWindows(office, state)).toEqual([{ id: 1, state: 'closed', until: null, serviceIds: [1] }]);
  });

  it('call one who does not come once more, and then let him go', () => {
    const office = plan([day(1)], { missedShare: 1 });
    const visits = Array.from({ length: 40 }, (_, i) => visit(`v${i}`, at(0)));
    const { events } = run(office, visits, at(600));
    const stories = new Set(visits.map((v) => about(events, v.visitId).join(' ')));
    expect(stories).toEqual(new Set(['call missed call left', 'call missed call serve done']));
  });
});

describe('steps', () => {
  const lunch = { from: at(120), until: at(150) };
  const office = plan([day(1, { lunch }), day(2)], { missedShare: 0.2 });
  const visits = Array.from({ length: 40 }, (_, i) => visit(`v${i}`, at(i * 5) + 250 * i));
  const exact = run(office, visits, at(300));

  it('may be made every second: the same happens at the same moments', () => {
    expect(run(office, visits, at(300), 1000).events).toEqual(exact.events);
  });

  it('may be gone on with from what was stored', () => {
    const stored = run(office, visits, at(300), null, (state) => JSON.parse(JSON.stringify(state)) as CountersState);
    expect(stored).toEqual(exact);
  });

  it('do nothing for a clock that was put back', () => {
    expect(stepCounters(office, exact.state, visits, at(1))).toEqual({ state: exact.state, events: [] });
  });

  it('do not call him who is at a window, even if he is still on the list', () => {
    const first = stepCounters(office, createCounters(office, 1), [visit('a', at(0))], at(0));
    expect(calls(first.events)).toEqual(['a']);
    expect(calls(stepCounters(office, first.state, [visit('a', at(0))], at(0) + 1000).events)).toEqual([]);
  });

  it('leave the state they were given as it was', () => {
    const state = createCounters(office, 1);
    const before = structuredClone(state);
    stepCounters(office, state, visits, at(60));
    expect(state).toEqual(before);
  });
});

/** @returns what happened that cannot happen in a hall */
const wrongIn = (events: readonly CounterEvent[], office: CountersPlan): string[] => {
  const wrong: string[] = [];
  const at = new Map<number, string>();
  const open = new Set<number>();
  const over = new Set<string>();
  let last = -Infinity;
  for (const e of events) {
    const check = (fine: boolean, what: string): void => {
      if (!fine) wrong.push(`${what}: ${JSON.stringify(e)}`);
    };
    check(e.at >= last, 'before its time');
    last = e.at;
    if (e.type === 'window') {
      check(!at.has(e.windowId), 'leaves its visitor');
      if (e.state === 'open') open.add(e.windowId);
      else open.delete(e.windowId);
      continue;
    }
    if (e.type === 'call' && !e.again) {
      check(open.has(e.windowId), 'is away');
      check(office.windows.find((w) => w.id === e.windowId)?.serviceIds.includes(e.serviceId) === true, 'not served');
      check(!at.has(e.windowId), 'two at a window');
      check(![...at.values()].includes(e.visitId), 'at two windows');
      check(!over.has(e.visitId), 'called after the end');
      at.set(e.windowId, e.visitId);
    }
    check(at.get(e.windowId) === e.visitId, 'not at this window');
    if (e.type !== 'done' && e.type !== 'left') continue;
    at.delete(e.windowId);
    over.add(e.visitId);
  }
  return wrong;
};

describe('a day', () => {
  const days = fc.record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    size: fc.record({ services: fc.integer({ min: 1, max: 8 }), windows: fc.integer({ min: 1, max: 6 }) }),
  });

  it('has one visitor at a window, nobody called twice, and no calls from a window that is away', () => {
    fc.assert(
      fc.property(days, ({ seed, size }) => {
        const made = makeDay(seed, size);
        const { events } = runDay(made, seed);
        expect(events.length).toBeGreaterThan(0);
        expect(wrongIn(events, made.plan)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('is the same for the same seed, and another for another', () => {
    const size = { services: 4, windows: 3 };
    const events = (seed: number) => runDay(makeDay(seed, size), seed).events;
    expect(events(5)).toEqual(events(5));
    expect(events(5)).not.toEqual(events(6));
  });
});

describe('serving', () => {
  it.each([
    [12, 5],
    [10, 12],
  ])('of %d minutes give or take %d lasts that long, now and then much longer', (meanMinutes, spreadMinutes) => {
    const chance = createChance(3);
    const n = 20_000;
    const lasted = Array.from({ length: n }, () => servingMinutes(chance, { id: 1, meanMinutes, spreadMinutes }));
    const mean = lasted.reduce((sum, m) => sum + m, 0) / n;
    const moment = (k: number): number => lasted.reduce((sum, m) => sum + (m - mean) ** k, 0) / n;
    expect(mean / meanMinutes).toBeCloseTo(1, 1);
    expect(Math.sqrt(moment(2)) / spreadMinutes).toBeCloseTo(1, 1);
    expect(moment(3)).toBeGreaterThan(0);
    expect(Math.min(...lasted)).toBeGreaterThanOrEqual(0);
  });

  it('without spread is always the same', () => {
    expect(servingMinutes(createChance(1), { id: 1, meanMinutes: 7, spreadMinutes: 0 })).toBe(7);
  });
});
