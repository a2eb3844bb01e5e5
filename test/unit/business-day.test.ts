import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { addDays, businessDate, isTimeZone, localTime, startOfBusinessDay } from '../../shared/domain/business-day.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (iso: string): number => {
  const time = Date.parse(iso);
  if (Number.isNaN(time)) throw new Error(`not a time: ${iso}`);
  return time;
};

const ZONES = [
  'Europe/Moscow',
  'Asia/Kamchatka',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'Pacific/Kiritimati',
  'America/St_Johns',
  'Africa/Casablanca',
  'Europe/London',
  'UTC',
];
const zone = fc.constantFrom(...ZONES);
const change = fc.oneof(fc.constantFrom(0, 60, 90, 119, 120, 150, 180, 240), fc.integer({ min: 0, max: 1439 }));
const time = fc.oneof(
  fc.integer({ min: 0, max: at('2037-12-31T00:00:00Z') }),
  // Near changes of the clock, where mistakes live.
  fc
    .tuple(
      fc.constantFrom(
        at('2026-03-08T07:00:00Z'),
        at('2026-11-01T06:00:00Z'),
        at('2026-04-04T15:00:00Z'),
        at('2026-10-03T15:30:00Z'),
        at('2011-12-30T10:00:00Z'),
        at('2011-03-26T23:00:00Z'),
        at('2014-10-25T22:00:00Z'),
        at('2026-03-29T01:00:00Z'),
        at('2026-10-25T01:00:00Z'),
      ),
      fc.integer({ min: -30 * HOUR, max: 30 * HOUR }),
    )
    .map(([moment, shift]) => moment + shift),
);

describe('businessDate', () => {
  it.each([
    ['Europe/Moscow', '2026-03-16T00:59:59.999Z', '2026-03-15'],
    ['Europe/Moscow', '2026-03-16T01:00:00.000Z', '2026-03-16'],
    ['Europe/Moscow', '2026-01-01T00:59:59.999Z', '2025-12-31'],
    ['Europe/Moscow', '2024-03-01T00:30:00.000Z', '2024-02-29'],
    ['Asia/Kamchatka', '2026-03-15T15:59:59.999Z', '2026-03-15'],
    ['Asia/Kamchatka', '2026-03-15T16:00:00.000Z', '2026-03-16'],
    // New York, 2026-03-08: 02:00 EST becomes 03:00 EDT, so 04:00 comes an hour early.
    ['America/New_York', '2026-03-07T08:59:59.999Z', '2026-03-06'],
    ['America/New_York', '2026-03-07T09:00:00.000Z', '2026-03-07'],
    ['America/New_York', '2026-03-08T07:59:59.999Z', '2026-03-07'],
    ['America/New_York', '2026-03-08T08:00:00.000Z', '2026-03-08'],
    // 2026-11-01: 02:00 EDT becomes 01:00 EST, so 04:00 comes an hour late.
    ['America/New_York', '2026-11-01T08:59:59.999Z', '2026-10-31'],
    ['America/New_York', '2026-11-01T09:00:00.000Z', '2026-11-01'],
    // Lord Howe moves by half an hour: +11:00 until 2026-04-05, then +10:30; back on 2026-10-04.
    ['Australia/Lord_Howe', '2026-04-03T16:59:59.999Z', '2026-04-03'],
    ['Australia/Lord_Howe', '2026-04-03T17:00:00.000Z', '2026-04-04'],
    ['Australia/Lord_Howe', '2026-04-04T17:29:59.999Z', '2026-04-04'],
    ['Australia/Lord_Howe', '2026-04-04T17:30:00.000Z', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-03T16:59:59.999Z', '2026-10-03'],
    ['Australia/Lord_Howe', '2026-10-03T17:00:00.000Z', '2026-10-04'],
    // Apia went from 2011-12-29 to 2011-12-31 (-10:00 to +14:00).
    ['Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-29'],
    ['Pacific/Apia', '2011-12-30T10:00:00.000Z', '2011-12-30'],
    ['Pacific/Apia', '2011-12-30T13:59:59.999Z', '2011-12-30'],
    ['Pacific/Apia', '2011-12-30T14:00:00.000Z', '2011-12-31'],
  ])('%s at %s is %s', (timeZone, iso, date) => {
    expect(businessDate(at(iso), timeZone)).toBe(date);
  });

  it('changes at the time that is asked for', () => {
    const midnight = at('2026-03-15T21:00:00Z');
    expect(businessDate(midnight - 1, 'Europe/Moscow', 0)).toBe('2026-03-15');
    expect(businessDate(midnight, 'Europe/Moscow', 0)).toBe('2026-03-16');
    expect(businessDate(midnight + 330 * MINUTE - 1, 'Europe/Moscow', 330)).toBe('2026-03-15');
    expect(businessDate(midnight + 330 * MINUTE, 'Europe/Moscow', 330)).toBe('2026-03-16');
  });

  it('changes once where the clock passes the change time twice', () => {
    // With a change at 01:30 New York reaches it at 05:30Z and again at 06:30Z, showing 01:00-01:29 in between.
    const hours = ['05:29:59', '05:30:00', '06:00:00', '06:29:59', '06:30:00'];
    expect(hours.map((hour) => businessDate(at(`2026-11-01T${hour}Z`), 'America/New_York', 90))).toEqual([
      '2026-10-31',
      '2026-11-01',
      '2026-11-01',
      '2026-11-01',
      '2026-11-01',
    ]);
  });

  it('changes when the clock is put forward over the change time', () => {
    // 02:30 does not exist: the day begins at 03:00 EDT.
    expect(startOfBusinessDay('2026-03-08', 'America/New_York', 150)).toBe(at('2026-03-08T07:00:00Z'));
    expect(businessDate(at('2026-03-08T06:59:59.999Z'), 'America/New_York', 150)).toBe('2026-03-07');
    expect(businessDate(at('2026-03-08T07:00:00Z'), 'America/New_York', 150)).toBe('2026-03-08');
  });

  it('never goes back as time goes on', () => {
    fc.assert(
      fc.property(time, fc.integer({ min: 0, max: 3 * DAY }), zone, change, (moment, later, timeZone, minutes) => {
        expect(businessDate(moment, timeZone, minutes) <= businessDate(moment + later, timeZone, minutes)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the calendar date of the wall clock less the change time, but for a clock put back', () => {
    fc.assert(
      fc.property(time, zone, change, (moment, timeZone, minutes) => {
        const local = localTime(moment, timeZone);
        const byClock = local.hour * 60 + local.minute < minutes ? addDays(local.date, -1) : local.date;
        const date = businessDate(moment, timeZone, minutes);
        // Minutes on the wall; a day in which it gained less than a day was one that put it back.
        const shows = (then: number): number => {
          const { date, hour, minute } = localTime(then, timeZone);
          return at(`${date}T00:00:00Z`) + hour * HOUR + minute * MINUTE;
        };
        const putBack = shows(moment) - shows(moment - DAY) < DAY;
        expect(putBack ? [byClock, addDays(byClock, 1)] : [byClock]).toContain(date);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same answer whatever was asked before', () => {
    const zones = ['Europe/Moscow', 'America/New_York'];
    const question = fc.tuple(time, fc.constantFrom(...zones), fc.constantFrom(0, 240));
    const first = new Map<string, string>();
    fc.assert(
      fc.property(fc.array(question, { maxLength: 20 }), (questions) => {
        for (const asked of [...questions, ...questions.toReversed()]) {
          const date = businessDate(...asked);
          const before = first.get(asked.join()) ?? date;
          first.set(asked.join(), date);
          expect(date).toBe(before);
        }
      }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 9e15, -9e15])('refuses the time %d', (moment) => {
    expect(() => businessDate(moment, 'Europe/Moscow')).toThrow(RangeError);
    expect(() => localTime(moment, 'Europe/Moscow')).toThrow(RangeError);
  });

  it('names an unknown zone and a wrong change time', () => {
    expect(() => businessDate(0, 'Europe/Atlantis')).toThrow('unknown time zone "Europe/Atlantis"');
    for (const minutes of [-1, 1440, 1.5, Number.NaN]) {
      expect(() => businessDate(0, 'Europe/Moscow', minutes)).toThrow('the day changes at a whole minute');
    }
  });

  it('asks Intl, which is slow, not at all for the day that was asked for last, and once for a day of its year', () => {
    const start = at('2026-01-01T12:00:00Z');
    const ask = (step: number): void => {
      for (let i = 0; i < 2000; i += 1) businessDate(start + ((i * step) % (365 * DAY)), 'Europe/Moscow');
    };
    // A day that is asked for the first time is worked out.
    ask(37 * HOUR);
    const asked = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    try {
      businessDate(start, 'Europe/Moscow');
      asked.mockClear();
      ask(10_000);
      expect(asked).toHaveBeenCalledTimes(0);
      ask(37 * HOUR);
      expect(asked.mock.calls.length).toBeGreaterThan(0);
      expect(asked.mock.calls.length).toBeLessThanOrEqual(2000);
    } finally {
      asked.mockRestore();
    }
  });
});

describe('startOfBusinessDay', () => {
  it.each([
    ['2026-03-16', 'Europe/Moscow', '2026-03-16T01:00:00Z'],
    ['2026-03-16', 'Asia/Kamchatka', '2026-03-15T16:00:00Z'],
    ['2026-03-08', 'America/New_York', '2026-03-08T08:00:00Z'],
    ['2026-11-01', 'America/New_York', '2026-11-01T09:00:00Z'],
    ['2026-04-05', 'Australia/Lord_Howe', '2026-04-04T17:30:00Z'],
    ['2026-10-04', 'Australia/Lord_Howe', '2026-10-03T17:00:00Z'],
    ['2011-12-29', 'Pacific/Apia', '2011-12-29T14:00:00Z'],
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00Z'],
    ['2011-12-31', 'Pacific/Apia', '2011-12-30T14:00:00Z'],
  ])('%s in %s begins at %s', (date, timeZone, iso) => {
    expect(new Date(startOfBusinessDay(date, timeZone)).toISOString()).toBe(new Date(at(iso)).toISOString());
  });

  it('is the first moment of its day, and the last of the day before is a millisecond earlier', () => {
    fc.assert(
      fc.property(time, zone, change, (moment, timeZone, minutes) => {
        const date = businessDate(moment, timeZone, minutes);
        const start = startOfBusinessDay(date, timeZone, minutes);
        expect(start).toBeLessThanOrEqual(moment);
        expect(startOfBusinessDay(addDays(date, 1), timeZone, minutes)).toBeGreaterThan(moment);
        expect(businessDate(start, timeZone, minutes)).toBe(date);
        expect(businessDate(start - 1, timeZone, minutes) < date).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('agrees with a walk by the minute over every change of the clock', () => {
    const walks: [string, string, number][] = [
      ['America/New_York', '2026-11-01T06:00:00Z', 90],
      ['America/New_York', '2026-03-08T07:00:00Z', 150],
      ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 105],
      ['Pacific/Apia', '2011-12-30T10:00:00Z', 0],
      ['Pacific/Apia', '2011-12-30T10:00:00Z', 240],
    ];
    const wrong: string[] = [];
    for (const [timeZone, iso, minutes] of walks) {
      let highest = '';
      for (let moment = at(iso) - 40 * HOUR; moment < at(iso) + 40 * HOUR; moment += MINUTE) {
        const local = localTime(moment, timeZone);
        const byClock = local.hour * 60 + local.minute < minutes ? addDays(local.date, -1) : local.date;
        // The rule said in another way: a day that was reached is never left for an earlier one.
        if (byClock > highest) highest = byClock;
        if (businessDate(moment, timeZone, minutes) !== highest) wrong.push(`${timeZone} ${minutes} ${moment}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('refuses what is no date', () => {
    for (const date of ['', '2026-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00', '20260101', ' 2026-01-01']) {
      expect(() => startOfBusinessDay(date, 'Europe/Moscow')).toThrow(RangeError);
    }
  });
});

describe('localTime', () => {
  it.each([
    ['Europe/Moscow', '2026-03-15T21:05:00Z', '2026-03-16', 0, 5, 1],
    ['Europe/Moscow', '2026-03-15T20:59:59Z', '2026-03-15', 23, 59, 7],
    ['Asia/Kathmandu', '1970-01-01T00:00:00Z', '1970-01-01', 5, 30, 4],
    ['America/New_York', '1970-01-01T00:00:00Z', '1969-12-31', 19, 0, 3],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05', 1, 30, 7],
    ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31', 0, 0, 6],
  ])('in %s at %s', (timeZone, iso, date, hour, minute, weekday) => {
    expect(localTime(at(iso), timeZone)).toEqual({ date, hour, minute, weekday });
  });
});

describe('addDays', () => {
  it.each([
    ['2026-03-16', 0, '2026-03-16'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2024-02-28', 1, '2024-02-29'],
    ['2100-02-28', 1, '2100-03-01'],
    ['2026-03-01', -1, '2026-02-28'],
    ['2026-03-08', 365, '2027-03-08'],
  ])('%s plus %d is %s', (date, n, sum) => {
    expect(addDays(date, n)).toBe(sum);
  });

  it('refuses parts of days, what is no date, and the end of the calendar', () => {
    expect(() => addDays('2026-03-16', 0.5)).toThrow('a whole number of days');
    expect(() => addDays('2026-02-30', 1)).toThrow('2026-02-30');
    expect(() => addDays('9999-12-31', 1)).toThrow(RangeError);
    expect(() => addDays('2026-03-16', 1e15)).toThrow(RangeError);
  });
});

describe('isTimeZone', () => {
  it.each([...ZONES, 'Etc/GMT-3'])('knows %s', (timeZone) => {
    expect(isTimeZone(timeZone)).toBe(true);
  });

  it.each(['', 'Moscow', 'Europe/Atlantis', 'UTC+25', 'МСК', ' Europe/Moscow', 'A'.repeat(10_000)])(
    'does not know %j',
    (text) => {
      expect(isTimeZone(text)).toBe(false);
    },
  );
});
