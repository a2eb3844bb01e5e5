import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partOf, slotPages } from '../../renderer/kiosk/slot-pages.ts';

/** Times are minutes of a day here. */
const hourOf = (at: number): number => Math.floor(at / 60);
const every = (minutes: number, from: number, until: number) =>
  Array.from({ length: Math.ceil(((until - from) * 60) / minutes) }, (_, i) => ({ startsAt: from * 60 + i * minutes }));

describe('pages of free times', () => {
  it('noon begins the day, five the evening', () =>
    expect([11, 12, 16, 17].map(partOf)).toEqual(['morning', 'day', 'day', 'evening']));

  it('a short day is one page with its parts', () => {
    const [page, ...more] = slotPages(every(60, 10, 14), hourOf, { columns: 4, rows: 5 });
    expect(page?.map((s) => [s.part, s.slots.length])).toEqual([
      ['morning', 2],
      ['day', 2],
    ]);
    expect(more).toEqual([]);
  });

  it('a part that goes on over the page has its heading there again', () => {
    const pages = slotPages(every(10, 8, 12), hourOf, { columns: 4, rows: 4 });
    expect(pages.map((p) => p.map((s) => [s.part, s.slots.length]))).toEqual([[['morning', 12]], [['morning', 12]]]);
  });

  it('no times, no pages', () => expect(slotPages([], hourOf, { columns: 4, rows: 4 })).toEqual([]));

  it('keep every time once and in order, never more rows than fit, never an empty part', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 24 * 60 - 1 }), { maxLength: 90 });
    const grid = fc.record({
      columns: fc.integer({ min: 1, max: 6 }),
      rows: fc.double({ min: 1.5, max: 8, noNaN: true }),
    });
    fc.assert(
      fc.property(times, grid, (minutes, { columns, rows }) => {
        const slots = minutes.toSorted((a, b) => a - b).map((startsAt) => ({ startsAt }));
        const pages = slotPages(slots, hourOf, { columns, rows });
        expect(pages.flat().flatMap((s) => s.slots)).toEqual(slots);
        for (const page of pages) {
          const height = page.reduce((sum, s) => sum + 0.5 + Math.ceil(s.slots.length / columns), 0);
          expect(height).toBeLessThanOrEqual(rows + 1e-9);
          for (const { part, slots: own } of page) {
            expect(own.length).toBeGreaterThan(0);
            expect(own.every((s) => partOf(hourOf(s.startsAt)) === part)).toBe(true);
          }
        }
      }),
    );
  });
});
