import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openingAt, openSpans, type Hours, type Span } from '../../shared/domain/hours.ts';

const MOSCOW = 'Europe/Moscow';
const BERLIN = 'Europe/Berlin';
const at = (text: string): number => Date.parse(text);
/** Wall clock in Moscow. */
const msk = (text: string): number => at(`${text}+03:00`);
const h = (from: number, until: number): Span => ({ from: Math.round(from * 60), until: Math.round(until * 60) });

const LUNCH = [h(8, 13), h(14, 17)];
/** Monday to Thursday with lunch, Friday short, the weekend off. 2026-11-23 is a Monday. */
const OFFICE: Hours = {
  week: [LUNCH, LUNCH, LUNCH, LUNCH, [h(8, 15.75)], [], []],
  exceptions: [
    { date: '2026-11-25', spans: [], note: { ru: 'Санитарный день', en: 'Cleaning day' } },
    { date: '2026-11-28', spans: [h(10, 14)], note: null },
  ],
};
const everyDay = (...spans: Span[]): Hours => ({ week: Array.from({ length: 7 }, () => spans), exceptions: [] });

describe('opening hours', () => {
  it.each<[string, string, object]>([
    [
      'before opening',
      '2026-11-23T07:59:59.999',
      { open: false, opensAt: msk('2026-11-23T08:00'), closesAt: msk('2026-11-23T17:00') },
    ],
    ['at opening', '2026-11-23T08:00', { open: true, opensAt: null, closesAt: msk('2026-11-23T17:00') }],
    [
      'in the morning it closes in the evening, not for lunch',
      '2026-11-23T12:59:59.999',
      { open: true, closesAt: msk('2026-11-23T17:00') },
    ],
    [
      'at lunch',
      '2026-11-23T13:00',
      { open: false, opensAt: msk('2026-11-23T14:00'), closesAt: msk('2026-11-23T17:00') },
    ],
    ['after lunch', '2026-11-23T14:00', { open: true, opensAt: null, closesAt: msk('2026-11-23T17:00') }],
    ['the last millisecond', '2026-11-23T16:59:59.999', { open: true, closesAt: msk('2026-11-23T17:00') }],
    [
      'at closing: open tomorrow',
      '2026-11-23T17:00',
      { open: false, opensAt: msk('2026-11-24T08:00'), closesAt: null },
    ],
    [
      'a day off by exception, with its reason',
      '2026-11-25T10:00',
      {
        open: false,
        opensAt: msk('2026-11-26T08:00'),
        closesAt: null,
        note: { ru: 'Санитарный день', en: 'Cleaning day' },
      },
    ],
    [
      'the evening before it: passes over it',
      '2026-11-24T17:00',
      { open: false, opensAt: msk('2026-11-26T08:00'), note: null },
    ],
    ['Friday closes early', '2026-11-27T15:45', { open: false, opensAt: msk('2026-11-28T10:00') }],
    [
      'a Saturday that is open by exception',
      '2026-11-28T10:00',
      { open: true, closesAt: msk('2026-11-28T14:00'), note: null },
    ],
    ['over the weekend', '2026-11-28T14:00', { open: false, opensAt: msk('2026-11-30T08:00'), closesAt: null }],
    ['Sunday', '2026-11-29T12:00', { open: false, opensAt: msk('2026-11-30T08:00'), closesAt: null }],
    [
      'after midnight it is the next calendar day already',
      '2026-11-23T00:30',
      { open: false, opensAt: msk('2026-11-23T08:00') },
    ],
  ])('%s', (_name, when, expected) => {
    expect(openingAt(OFFICE, msk(when), MOSCOW)).toMatchObject(expected);
  });

  it('what is not known counts as open', () => {
    expect(openingAt(null, msk('2026-11-23T03:00'), MOSCOW)).toEqual({
      open: true,
      closesAt: null,
      opensAt: null,
      note: null,
    });
  });

  it('looks 14 days ahead, and no further', () => {
    const only = (date: string): Hours => ({ ...everyDay(), exceptions: [{ date, spans: [h(9, 10)], note: null }] });
    expect(openingAt(only('2026-12-07'), msk('2026-11-23T12:00'), MOSCOW).opensAt).toBe(msk('2026-12-07T09:00'));
    expect(openingAt(only('2026-12-08'), msk('2026-11-23T12:00'), MOSCOW).opensAt).toBeNull();
    expect(openingAt(everyDay(), msk('2026-11-23T12:00'), MOSCOW)).toEqual({
      open: false,
      closesAt: null,
      opensAt: null,
      note: null,
    });
  });

  it('to midnight: open in the last millisecond, closed at 24:00', () => {
    const late: Hours = { week: [[h(20, 24)], [], [], [], [], [], []], exceptions: [] };
    const midnight = msk('2026-11-24T00:00');
    expect(openingAt(late, midnight - 1, MOSCOW)).toMatchObject({ open: true, closesAt: midnight });
    expect(openingAt(late, midnight, MOSCOW)).toMatchObject({
      open: false,
      closesAt: null,
      opensAt: msk('2026-11-30T20:00'),
    });
  });

  it('a night shift closes in the morning, not at midnight', () => {
    const night = everyDay(h(0, 6), h(20, 24));
    expect(openingAt(night, msk('2026-11-23T23:55'), MOSCOW)).toMatchObject({
      open: true,
      closesAt: msk('2026-11-24T06:00'),
    });
    expect(openingAt(night, msk('2026-11-23T12:00'), MOSCOW)).toMatchObject({
      open: false,
      opensAt: msk('2026-11-23T20:00'),
      closesAt: msk('2026-11-24T06:00'),
    });
    // Not from the last span of a week's night into a day that begins later.
    expect(openingAt(everyDay(h(1, 6), h(20, 24)), msk('2026-11-23T23:55'), MOSCOW).closesAt).toBe(
      msk('2026-11-24T00:00'),
    );
  });

  it('around the clock: never closes', () => {
    for (const time of ['2026-11-23T00:00', '2026-11-23T12:00', '2026-11-23T23:59:59.999']) {
      expect(openingAt(everyDay(h(0, 24)), msk(time), MOSCOW)).toEqual({
        open: true,
        closesAt: null,
        opensAt: null,
        note: null,
      });
    }
    // But where a day off is coming, that is when it closes.
    const till: Hours = { ...everyDay(h(0, 24)), exceptions: [{ date: '2026-11-25', spans: [], note: null }] };
    expect(openingAt(till, msk('2026-11-23T23:55'), MOSCOW).closesAt).toBe(msk('2026-11-25T00:00'));
  });

  it('spans in any order; what touches or overlaps is one', () => {
    const day = (...spans: Span[]) => openSpans(everyDay(...spans), '2026-11-23', MOSCOW);
    const whole = [{ from: msk('2026-11-23T08:00'), until: msk('2026-11-23T18:00') }];
    expect(day(h(14, 18), h(8, 14))).toEqual(whole);
    expect(day(h(8, 18), h(10, 12))).toEqual(whole);
    expect(day(h(8, 13), h(12, 18))).toEqual(whole);
    expect(day(h(14, 17), h(8, 13))).toHaveLength(2);
    // The longer one counts for the closing time, though another began later.
    const hours = everyDay(h(8, 18), h(10, 12));
    expect(openingAt(hours, msk('2026-11-23T13:00'), MOSCOW)).toMatchObject({ open: true, closesAt: whole[0]?.until });
  });

  it('the missing hour (Berlin, 2027-03-28): what lies in it is not there, what is across it is shorter', () => {
    const day = (...spans: Span[]) => openSpans(everyDay(...spans), '2027-03-28', BERLIN);
    expect(day(h(2, 3))).toEqual([]);
    expect(day(h(2.25, 2.75))).toEqual([]);
    expect(day(h(1, 4))).toEqual([{ from: at('2027-03-28T01:00+01:00'), until: at('2027-03-28T04:00+02:00') }]);
    expect(day(h(2.5, 4))).toEqual([{ from: at('2027-03-28T03:00+02:00'), until: at('2027-03-28T04:00+02:00') }]);
    expect(openingAt(everyDay(h(2, 3)), at('2027-03-28T01:00+01:00'), BERLIN).opensAt).toBe(
      at('2027-03-29T02:00+02:00'),
    );
    expect(day(h(8, 17))).toEqual([{ from: at('2027-03-28T08:00+02:00'), until: at('2027-03-28T17:00+02:00') }]);
  });

  it('the double hour (Berlin, 2026-10-25): each time is the first one that the clock shows', () => {
    const day = (...spans: Span[]) => openSpans(everyDay(...spans), '2026-10-25', BERLIN);
    expect(day(h(2.5, 4))).toEqual([{ from: at('2026-10-25T02:30+02:00'), until: at('2026-10-25T04:00+01:00') }]);
    expect(day(h(1, 2.5))).toEqual([{ from: at('2026-10-25T01:00+02:00'), until: at('2026-10-25T02:30+02:00') }]);
    expect(day(h(0, 24))).toEqual([{ from: at('2026-10-25T00:00+02:00'), until: at('2026-10-26T00:00+01:00') }]);
  });

  it('a day that begins at 01:00 since midnight is left out (Beirut, 2027-03-28)', () => {
    const zone = 'Asia/Beirut';
    const from = at('2027-03-28T01:00+03:00');
    expect(openSpans(everyDay(h(0, 24)), '2027-03-28', zone)[0]?.from).toBe(from);
    expect(openingAt(everyDay(h(0, 24)), from - 1, zone)).toMatchObject({ open: true, closesAt: null });
  });

  it('a date or zone that is none throws', () => {
    expect(() => openSpans(OFFICE, '2026-02-30', MOSCOW)).toThrow(RangeError);
    expect(() => openingAt(OFFICE, msk('2026-11-23T10:00'), 'Europe/Nowhere')).toThrow(RangeError);
  });

  const anySpan = fc
    .tuple(fc.nat(1440), fc.nat(1440))
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => ({ from: Math.min(a, b), until: Math.max(a, b) }));
  const anyDay = fc.oneof(
    fc.array(anySpan, { maxLength: 4 }),
    fc.constant<Span[]>([h(0, 24)]),
    fc.constant<Span[]>([h(0, 6), h(20, 24)]),
  );
  const anyHours: fc.Arbitrary<Hours> = fc.record({
    week: fc.array(anyDay, { minLength: 7, maxLength: 7 }),
    exceptions: fc.array(
      fc.record({ date: fc.constantFrom('2026-10-25', '2026-10-27'), spans: anyDay, note: fc.constant(null) }),
      { maxLength: 2 },
    ),
  });
  const zones = fc.constantFrom(
    MOSCOW,
    BERLIN,
    'Asia/Beirut',
    'Australia/Lord_Howe',
    'America/St_Johns',
    'Pacific/Kiritimati',
  );
  /** Around the changes of the clock in autumn 2026 and spring 2027. */
  const times = fc.oneof(
    fc.integer({ min: at('2026-10-22T00:00Z'), max: at('2026-11-03T00:00Z') }),
    fc.integer({ min: at('2027-03-25T00:00Z'), max: at('2027-04-06T00:00Z') }),
  );

  it('at the time it opens it is open, and a moment before it was not; when it closes it is not', () => {
    const told = { opens: 0, closes: 0 };
    fc.assert(
      fc.property(anyHours, zones, times, (hours, zone, now) => {
        const o = openingAt(hours, now, zone);
        if (o.open) expect(o.opensAt).toBeNull();
        if (o.opensAt !== null) {
          told.opens += 1;
          expect(o.opensAt).toBeGreaterThan(now);
          expect(openingAt(hours, o.opensAt, zone).open).toBe(true);
          expect(openingAt(hours, o.opensAt - 1, zone).open).toBe(false);
        }
        if (o.closesAt !== null) {
          told.closes += 1;
          expect(o.closesAt).toBeGreaterThan(now);
          expect(openingAt(hours, o.closesAt, zone).open).toBe(false);
          expect(openingAt(hours, o.closesAt - 1, zone).open).toBe(true);
        }
      }),
      { numRuns: 1500, seed: 7 },
    );
    expect(Math.min(told.opens, told.closes)).toBeGreaterThan(100);
  });

  it('spans of a day are in order, apart and not empty', () => {
    fc.assert(
      fc.property(
        anyHours,
        zones,
        fc.constantFrom('2026-10-25', '2026-11-01', '2027-03-28', '2027-04-04'),
        (hours, zone, date) => {
          let last = Number.NEGATIVE_INFINITY;
          for (const { from, until } of openSpans(hours, date, zone)) {
            expect(from).toBeGreaterThan(last);
            expect(until).toBeGreaterThan(from);
            last = until;
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
