import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateAll, estimateWait } from '../../shared/domain/estimate.ts';
import {
  PRIORITIES,
  WINDOW_STATES,
  type Estimate,
  type Newcomer,
  type QueueEntry,
  type QueueSnapshot,
  type QueueWindow,
} from '../../shared/domain/queue.ts';

const NOW = Date.parse('2026-11-23T10:00:00+03:00');
const minutes = (m: number): number => NOW + m * 60_000;

let last = 0;
const entry = (more: Partial<QueueEntry> = {}): QueueEntry => {
  last += 1;
  const arrivedAt = more.arrivedAt ?? minutes(-20) + last;
  return {
    visitId: `v${last}`,
    serviceId: 1,
    state: 'waiting',
    priority: 'none',
    orderAt: arrivedAt,
    arrivedAt,
    windowId: null,
    servingAt: null,
    ...more,
  };
};
const waiting = (n: number, more: Partial<QueueEntry> = {}): QueueEntry[] =>
  Array.from({ length: n }, () => entry(more));
const serving = (windowId: number, forMinutes: number, more: Partial<QueueEntry> = {}): QueueEntry =>
  entry({ state: 'serving', windowId, servingAt: minutes(-forMinutes), ...more });
const window = (id: number, more: Partial<QueueWindow> = {}): QueueWindow => ({
  id,
  state: 'open',
  serviceIds: [1],
  until: null,
  ...more,
});
const times = (serviceId: number, meanMinutes: number) => ({
  serviceId,
  meanMinutes,
  spreadMinutes: meanMinutes / 3,
  measured: null,
});
const snapshot = (more: Partial<QueueSnapshot> = {}): QueueSnapshot => ({
  freshAt: NOW,
  entries: [],
  windows: [window(1)],
  times: [times(1, 10), times(2, 10)],
  expected: [],
  ...more,
});
const somebody: Newcomer = { serviceIds: [1], priority: 'none', orderAt: NOW, visitId: null };
const ask = (more: Partial<QueueSnapshot> = {}, who: Partial<Newcomer> = {}): Estimate =>
  estimateWait(snapshot(more), { ...somebody, ...who }, NOW);
/** The same where it must be known. */
const known = (more: Partial<QueueSnapshot> = {}, who: Partial<Newcomer> = {}) => {
  const estimate = ask(more, who);
  if (!estimate.known) throw new Error(`not known: ${estimate.why}`);
  return estimate;
};
const middle = ({ fromMinutes, toMinutes }: { fromMinutes: number; toMinutes: number }): number =>
  (fromMinutes + toMinutes) / 2;

const AT_ONCE = { known: true, ahead: 0, fromMinutes: 0, toMinutes: 5 };

describe('a wait', () => {
  it('is nothing in an empty hall', () => {
    expect(ask()).toEqual(AT_ONCE);
  });

  it('is nothing beside a free window, however busy the other is', () => {
    expect(ask({ windows: [window(1), window(2)], entries: [serving(1, 1)] })).toEqual(AT_ONCE);
  });

  it('is one service when one has just begun at the only window', () => {
    const { ahead, fromMinutes, toMinutes } = known({ entries: [serving(1, 0)] });
    expect(ahead).toBe(0);
    expect(fromMinutes).toBeGreaterThanOrEqual(3);
    expect(fromMinutes).toBeLessThan(10);
    expect(toMinutes).toBeGreaterThan(10);
    expect(toMinutes).toBeLessThanOrEqual(20);
  });

  it('is shorter the longer that service has lasted', () => {
    expect(middle(known({ entries: [serving(1, 9)] }))).toBeLessThan(middle(known({ entries: [serving(1, 0)] })));
  });

  it('goes on being finite for a service without an end', () => {
    const { toMinutes } = known({ entries: [serving(1, 500)] });
    expect(toMinutes).toBeGreaterThan(30);
    expect(toMinutes).toBeLessThan(600);
  });

  it('contains the sum of services at one window', () => {
    const windows = [window(1, { until: minutes(300) })];
    const { ahead, fromMinutes, toMinutes } = known({ windows, entries: [serving(1, 0), ...waiting(5)] });
    expect(ahead).toBe(5);
    expect(fromMinutes).toBeLessThan(62);
    expect(toMinutes).toBeGreaterThan(62);
    expect(fromMinutes).toBeGreaterThan(35);
    expect(toMinutes).toBeLessThan(100);
  });

  it('is about half as long with two windows', () => {
    const entries = [serving(1, 0), serving(2, 0), ...waiting(8)];
    const one = known({ entries });
    const two = known({ entries, windows: [window(1), window(2)] });
    expect(two.ahead).toBe(8);
    expect(middle(two)).toBeGreaterThan(middle(one) * 0.35);
    expect(middle(two)).toBeLessThan(middle(one) * 0.65);
  });

  it('does not count those at other windows', () => {
    const windows = [window(1), window(2, { serviceIds: [2] })];
    expect(ask({ windows, entries: waiting(6, { serviceId: 2 }) })).toEqual(AT_ONCE);
  });

  it('counts those who want something else at the same window', () => {
    const windows = [window(1, { serviceIds: [1, 2] }), window(2, { serviceIds: [2] })];
    const estimate = known({ windows, entries: waiting(6, { serviceId: 2 }) });
    expect(estimate.ahead).toBe(6);
    expect(middle(estimate)).toBeGreaterThan(15);
  });

  it('counts one who was called as being at the window, not ahead', () => {
    const estimate = known({ entries: [entry({ state: 'called', windowId: 1 })] });
    expect(estimate.ahead).toBe(0);
    expect(estimate.toMinutes).toBeGreaterThan(10);
  });

  it('is over for one who was called', () => {
    const own = entry({ state: 'called', windowId: 1 });
    expect(ask({ entries: [own, ...waiting(5)] }, { visitId: own.visitId })).toEqual(AT_ONCE);
  });
});

describe('the order', () => {
  it('lets a priority go before those without', () => {
    const entries = [serving(1, 5), ...waiting(4)];
    expect(known({ entries }, { priority: 'first' }).ahead).toBe(0);
    expect(middle(known({ entries }, { priority: 'first' }))).toBeLessThan(middle(known({ entries })) / 2);
    expect(known({ entries: [...entries, entry({ priority: 'out-of-turn' })] }, { priority: 'first' }).ahead).toBe(1);
  });

  it('leaves out his own visit and those after him', () => {
    const before = waiting(2, { arrivedAt: minutes(-9) });
    const own = entry({ arrivedAt: minutes(-8) });
    const after = waiting(3, { arrivedAt: minutes(-7) });
    const { ahead } = known({ entries: [...after, own, ...before] }, { visitId: own.visitId, orderAt: own.orderAt });
    expect(ahead).toBe(2);
  });

  it('tells two of the same time apart by who came first', () => {
    const own = entry({ arrivedAt: minutes(-8), orderAt: minutes(5) });
    const other = entry({ arrivedAt: minutes(-9), orderAt: minutes(5) });
    const of = (e: QueueEntry) => known({ entries: [own, other] }, { visitId: e.visitId, orderAt: e.orderAt }).ahead;
    expect(of(own)).toBe(1);
    expect(of(other)).toBe(0);
  });

  it('puts the booked by their time: before one who comes later, after one who comes now', () => {
    const booked = (m: number) => entry({ arrivedAt: minutes(-3), orderAt: minutes(m) });
    expect(known({ entries: [booked(-5)] }).ahead).toBe(1);
    expect(known({ entries: [booked(20)] }).ahead).toBe(0);
    expect(known({ entries: [...waiting(3), booked(20)] }, { orderAt: minutes(10) }).ahead).toBe(3);
  });

  it('expects those who were booked for a time before his and have not come yet', () => {
    const entries = [serving(1, 0), ...waiting(2)];
    const expected = [-6, -5, -4].map((m) => ({ serviceId: 1, startsAt: minutes(m) }));
    const alone = known({ entries });
    const among = known({ entries, expected });
    expect(among.ahead).toBe(alone.ahead);
    expect(among.toMinutes).toBeGreaterThan(alone.toMinutes + 4);
    const later = expected.map((b) => ({ ...b, startsAt: b.startsAt + 30 * 60_000 }));
    expect(ask({ entries, expected: later })).toEqual(alone);
    const missed = expected.map((b) => ({ ...b, startsAt: b.startsAt - 30 * 60_000 }));
    expect(ask({ entries, expected: missed })).toEqual(alone);
  });

  it('thinks of those who will come before the booked time of one who is early', () => {
    const entries = [serving(1, 0), ...waiting(8, { arrivedAt: minutes(-5) })];
    expect(known({ entries }, { orderAt: minutes(40) }).toMinutes).toBeGreaterThan(known({ entries }).toMinutes);
  });
});

describe('serving times', () => {
  const entries = [serving(1, 0), ...waiting(6)];
  const measured = (n: number) => [{ ...times(1, 10), measured: { n, meanMinutes: 13, spreadMinutes: 4 } }];

  it('follow what was measured the more, the more it was', () => {
    const [none, few, many] = [null, 2, 60].map((n) =>
      middle(known({ entries, times: n ? measured(n) : [times(1, 10)] })),
    );
    expect(few).toBeGreaterThanOrEqual(none ?? 0);
    expect(many).toBeGreaterThan((none ?? 0) * 1.15);
    expect(many).toBeGreaterThan(few ?? 0);
  });

  it('are known better when they were measured: the range is narrower', () => {
    const same = [{ ...times(1, 10), measured: { n: 100, meanMinutes: 10, spreadMinutes: 10 / 3 } }];
    const width = (t: QueueSnapshot['times']) => {
      const { fromMinutes, toMinutes } = known({ entries: [serving(1, 0), ...waiting(20)], times: t });
      return toMinutes - fromMinutes;
    };
    expect(width(same)).toBeLessThan(width([times(1, 10)]));
  });

  it('of one service tell something of the others', () => {
    const other = { ...times(2, 10), measured: { n: 100, meanMinutes: 13, spreadMinutes: 3 } };
    expect(middle(known({ entries, times: [times(1, 10), other] }))).toBeGreaterThan(
      middle(known({ entries, times: [times(1, 10)] })),
    );
  });

  it('may be missing: then others stand for them, and without any nothing is said', () => {
    expect(known({ entries, times: [times(2, 10)] }).toMinutes).toBeGreaterThan(50);
    expect(ask({ entries, times: [] })).toEqual({ known: false, why: 'no-data', ahead: 6 });
    expect(ask({ entries: [serving(1, 0)], times: [] })).toEqual({ known: false, why: 'no-data', ahead: 0 });
    expect(ask({ times: [] })).toEqual(AT_ONCE);
  });
});

describe('windows that are away', () => {
  it('count from when they are back', () => {
    const { fromMinutes, toMinutes } = known({ windows: [window(1, { state: 'break', until: minutes(30) })] });
    expect(fromMinutes).toBeGreaterThanOrEqual(25);
    expect(fromMinutes).toBeLessThanOrEqual(30);
    expect(toMinutes).toBeGreaterThanOrEqual(35);
    expect(toMinutes).toBeLessThanOrEqual(45);
  });

  it('count also when closed until a known time, and when a little overdue', () => {
    expect(known({ windows: [window(1, { state: 'closed', until: minutes(20) })] }).fromMinutes).toBeGreaterThanOrEqual(
      15,
    );
    expect(known({ windows: [window(1, { state: 'break', until: minutes(-3) })] }).toMinutes).toBeLessThanOrEqual(15);
  });

  it.each([
    ['none at all', []],
    ['none for the service', [window(1, { serviceIds: [2] })]],
    ['closed', [window(1, { state: 'closed' })]],
    ['on a break nobody knows the end of', [window(1, { state: 'break' })]],
    ['away until tomorrow', [window(1, { state: 'break', until: minutes(24 * 60) })]],
    ['long overdue', [window(1, { state: 'break', until: minutes(-60) })]],
    ['just closing', [window(1, { until: minutes(-1) })]],
  ])('are not waited for: %s', (_, windows) => {
    expect(ask({ windows, entries: waiting(3) })).toMatchObject({ known: false, why: 'no-window', ahead: 3 });
  });

  it('are not promised when they close before his turn', () => {
    const windows = [window(1, { until: minutes(20) })];
    expect(ask({ windows })).toEqual(AT_ONCE);
    expect(ask({ windows, entries: waiting(6) })).toEqual({ known: false, why: 'no-window', ahead: 6 });
  });

  it('may go on a break that was not announced, unless it is known when they close', () => {
    const entries = [serving(1, 0), ...waiting(5)];
    const announced = known({ entries, windows: [window(1, { until: minutes(300) })] });
    expect(known({ entries }).toMinutes).toBeGreaterThan(announced.toMinutes);
  });

  it('do not close for a time long past that was left standing', () => {
    expect(ask({ windows: [window(1, { until: minutes(-600) })] })).toEqual(AT_ONCE);
  });
});

describe('news', () => {
  it('that are five minutes old are still told, and older ones are not', () => {
    expect(ask({ freshAt: minutes(-5) })).toEqual(AT_ONCE);
    expect(ask({ freshAt: minutes(-5) - 1, entries: waiting(2) })).toEqual({ known: false, why: 'stale', ahead: 2 });
    expect(ask({ freshAt: null })).toEqual({ known: false, why: 'stale', ahead: null });
  });

  it('of some minutes ago: what has passed since is taken off', () => {
    const queue = waiting(3);
    const ago = known({ entries: [serving(1, 4), ...queue], freshAt: minutes(-4) });
    const now = known({ entries: [serving(1, 0), ...queue] });
    expect(middle(ago)).toBeLessThan(middle(now));
  });

  it('by a clock that is ahead of ours are news of now', () => {
    expect(ask({ freshAt: minutes(3) })).toEqual(AT_ONCE);
  });
});

// --- Properties -----------------------------------------------------------------------------------------------------

const oddNumber = fc.oneof(
  fc.integer({ min: -120, max: 120 }).map(minutes),
  fc.constantFrom(0, -1, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, 1e15),
);
const oddMinutes = fc.oneof(
  fc.double({ min: 0, max: 60, noNaN: true }),
  fc.constantFrom(-5, Number.NaN, Infinity, 1e308, 1e-308),
);
const service = fc.integer({ min: 1, max: 4 });
const hostile: fc.Arbitrary<QueueSnapshot> = fc.record({
  freshAt: fc.option(fc.oneof(fc.constant(NOW), fc.constant(minutes(-1)), oddNumber)),
  entries: fc.array(
    fc.record({
      visitId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
      serviceId: service,
      state: fc.constantFrom('waiting' as const, 'called' as const, 'serving' as const),
      priority: fc.constantFrom(...PRIORITIES),
      orderAt: oddNumber,
      arrivedAt: oddNumber,
      windowId: fc.option(fc.integer({ min: 0, max: 5 })),
      servingAt: fc.option(oddNumber),
    }),
    { maxLength: 30 },
  ),
  windows: fc.array(
    fc.record({
      id: fc.integer({ min: 0, max: 5 }),
      state: fc.constantFrom(...WINDOW_STATES),
      serviceIds: fc.array(service, { maxLength: 6 }),
      until: fc.option(oddNumber),
    }),
    { maxLength: 8 },
  ),
  times: fc.array(
    fc.record({
      serviceId: service,
      meanMinutes: oddMinutes,
      spreadMinutes: oddMinutes,
      measured: fc.option(fc.record({ n: oddMinutes, meanMinutes: oddMinutes, spreadMinutes: oddMinutes })),
    }),
    { maxLength: 6 },
  ),
  expected: fc.array(fc.record({ serviceId: service, startsAt: oddNumber }), { maxLength: 20 }),
});
const newcomer: fc.Arbitrary<Newcomer> = fc.record({
  serviceIds: fc.array(service, { maxLength: 3 }),
  priority: fc.constantFrom(...PRIORITIES),
  orderAt: oddNumber,
  visitId: fc.option(fc.constantFrom('a', 'b', 'nobody')),
});

/** @returns what no visitor should be told */
const wrongIn = (estimate: Estimate): string[] => {
  if (!estimate.known) return [];
  const { ahead, fromMinutes: from, toMinutes: to } = estimate;
  const wrong = {
    'not whole': ![ahead, from, to].every((n) => Number.isSafeInteger(n)),
    negative: ahead < 0 || from < 0,
    'the wrong way round': to < from || to < 5,
    'not rounded': (from > 10 && from % 5 !== 0) || (to > 10 && to % 5 !== 0),
  };
  return Object.entries(wrong).flatMap(([what, is]) => (is ? [`${what}: ${JSON.stringify(estimate)}`] : []));
};

describe('whatever the hall', () => {
  it('the answer is whole minutes in order, or says why not', () => {
    fc.assert(
      fc.property(hostile, newcomer, oddNumber, (hall, who, now) => {
        const all = [NOW, now].flatMap((at) => [
          estimateWait(hall, who, at),
          ...estimateAll(hall, [1, 2, 3, 4, 5], at).values(),
        ]);
        expect(all.flatMap(wrongIn)).toEqual([]);
      }),
    );
  });

  it('the same question has the same answer, also after others', () => {
    fc.assert(
      fc.property(hostile, newcomer, hostile, (hall, who, other) => {
        const first = estimateWait(hall, who, NOW);
        estimateWait(other, who, NOW);
        expect(estimateWait(structuredClone(hall), who, NOW)).toEqual(first);
      }),
    );
  });

  it('all at once is told what each is told alone', () => {
    fc.assert(
      fc.property(hostile, (hall) => {
        const all = estimateAll(hall, [1, 2, 3, 4, 5], NOW);
        for (const [id, estimate] of all) {
          expect(estimateWait(hall, { ...somebody, serviceIds: [id] }, NOW)).toEqual(estimate);
        }
        expect([...all.keys()]).toEqual([1, 2, 3, 4, 5]);
      }),
    );
  });

  it('one more before him makes neither end smaller', () => {
    const orderly = fc.record({
      windows: fc.array(fc.uniqueArray(service, { minLength: 1 }), { minLength: 1, maxLength: 4 }),
      queue: fc.array(fc.tuple(service, fc.constantFrom(...PRIORITIES)), { maxLength: 25 }),
      busy: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 4 }),
      one: service,
    });
    fc.assert(
      fc.property(orderly, ({ windows, queue, busy, one }) => {
        const hall = snapshot({
          windows: windows.map((serviceIds, id) => window(id, { serviceIds })),
          times: [1, 2, 3, 4].map((id) => times(id, 5 * id)),
          entries: [
            ...busy.map((m, id) => serving(id, m)),
            ...queue.map(([serviceId, priority], i) => entry({ serviceId, priority, arrivedAt: minutes(-30) + i })),
          ],
        });
        const more = { ...hall, entries: [...hall.entries, entry({ serviceId: one, arrivedAt: minutes(-1) })] };
        for (const [id, before] of estimateAll(hall, [1, 2, 3, 4], NOW)) {
          const after = estimateWait(more, { ...somebody, serviceIds: [id] }, NOW);
          if (!before.known || !after.known) {
            expect(after.known).toBe(before.known);
            continue;
          }
          expect(after.fromMinutes).toBeGreaterThanOrEqual(before.fromMinutes);
          expect(after.toMinutes).toBeGreaterThanOrEqual(before.toMinutes);
          expect(after.ahead).toBeGreaterThanOrEqual(before.ahead);
        }
      }),
    );
  });

  it('thousands of people and windows are no trouble', () => {
    const windows = Array.from({ length: 300 }, (_, id) => window(id, { serviceIds: [1 + (id % 4)] }));
    const entries = Array.from({ length: 5000 }, (_, i) => entry({ serviceId: 1 + (i % 5) }));
    const expected = Array.from({ length: 5000 }, (_, i) => ({ serviceId: 1, startsAt: minutes(-i / 500) }));
    const estimate = known({ windows, entries, expected });
    expect(estimate.ahead).toBe(1000);
    expect(wrongIn(estimate)).toEqual([]);
    expect(estimate.fromMinutes).toBeGreaterThan(60);
    expect(estimate.toMinutes).toBeLessThan(300);
  });
});
