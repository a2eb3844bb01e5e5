import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterOutage, backoff, PROBE, retryAfterMs } from '../../electron/core/sync/backoff.ts';

const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe('the pause before the next try', () => {
  it('is anything up to a limit that doubles, and never more than five minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: -3, max: 5_000 }), chance, (failures, c) => {
        const ms = backoff(failures, c);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.min(300_000, 2_000 * 2 ** Math.max(0, Math.min(60, failures - 1))));
      }),
    );
    expect([1, 2, 3, 20].map((n) => backoff(n, 0.5))).toEqual([1_000, 2_000, 4_000, 150_000]);
    expect(backoff(20, 0.999, PROBE)).toBeLessThan(12_000);
  });

  it('is spread over the whole of it: devices that failed together do not come back together', () => {
    const pauses = Array.from({ length: 30 }, (_, n) => backoff(4, n / 30));
    for (let from = 0; from < 16_000; from += 4_000)
      expect(pauses.filter((p) => p >= from && p < from + 4_000).length).toBeGreaterThanOrEqual(7);
  });
});

describe('Retry-After', () => {
  const DATE = 'Mon, 23 Nov 2026 12:00:00 GMT';
  it.each<[string, string | null, number | null]>([
    ['7', null, 7_000],
    [' 7 ', DATE, 7_000],
    ['0', null, 1_000],
    ['999999999999', null, 3_600_000],
    ['Mon, 23 Nov 2026 12:00:30 GMT', DATE, 30_000],
    ['Monday, 23-Nov-26 12:00:30 GMT', DATE, 30_000],
    ['Mon Nov 23 12:00:30 2026', DATE, 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', DATE, 1_000],
    ['Mon, 23 Nov 2026 12:00:30 GMT', null, null],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 'yesterday', null],
    ['soon', DATE, null],
    ['-5', DATE, null],
    ['1.5', DATE, null],
    ['', DATE, null],
  ])('%j by an answer of %j: %j ms', (header, date, expected) => {
    expect(retryAfterMs(header, date)).toBe(expected);
  });
  it('is nothing where there is none', () => {
    expect(retryAfterMs(null, DATE)).toBeNull();
  });
});

describe('after an outage', () => {
  it('begins at once after a hiccup, and somewhere in some seconds after a long one, with work sooner', () => {
    expect(afterOutage(30_000, true, 0.99)).toBe(0);
    fc.assert(
      fc.property(chance, (c) => {
        expect(afterOutage(3_600_000, true, c)).toBeLessThanOrEqual(8_000);
        expect(afterOutage(3_600_000, false, c)).toBeLessThanOrEqual(14_000);
      }),
    );
    expect(afterOutage(3_600_000, false, 0.5)).toBeGreaterThan(afterOutage(3_600_000, true, 0.5));
  });
});
