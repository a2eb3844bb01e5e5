import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTimeKeeper, type SavedClock, type TimeKeeper } from '../../electron/core/time.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.parse('2026-11-23T12:00+03:00');
const FOREVER = 8_640_000_000_000_000;

/** A machine in a world whose true time the centre knows. Its quartz is off by `ppm`, its wall clock by `wrong` ms. */
const createWorld = ({
  wrong = 0,
  ppm = 0,
  saved = null,
}: { wrong?: number; ppm?: number; saved?: SavedClock | null } = {}) => {
  let truth = NOON;
  let mono = 5_000;
  let off = wrong;
  const log = memoryLog();
  const timers: number[] = [];
  const ports = {
    now: () => Math.round(truth + off),
    monotonic: () => mono,
    after: (ms: number) => {
      timers.push(ms);
      return () => undefined;
    },
  };
  const keeper: TimeKeeper = createTimeKeeper(ports, saved, log);
  const pass = (ms: number): void => {
    truth += ms;
    mono += ms * (1 + ppm / 1e6);
  };
  return {
    keeper,
    log,
    timers,
    truth: () => truth,
    mono: () => mono,
    pass,
    /** The monotonic clock stands still meanwhile. */
    sleep: (ms: number): void => {
      truth += ms;
    },
    setWall: (by: number): void => {
      off += by;
    },
    /** One answer of the centre, whose clock is off by `centreOff`. */
    hear: (there: number, back: number, centreOff = 0): SavedClock | null => {
      const sent = mono;
      pass(there);
      const told = Math.round(truth) + centreOff;
      pass(back);
      return keeper.heard(told, sent, mono);
    },
    /** How far the best guess is off, and how far it may be. */
    error: () => {
      const m = keeper.moment();
      return { off: m.at - truth, before: m.at - m.notBefore, after: m.notAfter - m.at };
    },
    holdsTruth: (slack = 1): boolean => {
      const m = keeper.moment();
      return m.notBefore <= truth + slack && truth <= m.notAfter + slack && m.notBefore <= m.at && m.at <= m.notAfter;
    },
  };
};
/** Kept when the centre was heard so long ago by a clock that is off by `wrong`. */
const kept = (ago: number, offset = 0): SavedClock => ({ seenAt: NOON - ago, offset });
const jumps = (w: ReturnType<typeof createWorld>) => w.log.lines.filter((l) => l.event === 'clock.jumped').length;
const corrections = (w: ReturnType<typeof createWorld>) =>
  w.log.lines.filter((l) => l.event === 'clock.corrected').length;

describe('time by the centre', () => {
  it('sets a clock right that is three days wrong, with the half of the round trip as its error', () => {
    for (const wrong of [-3 * DAY, 3 * DAY]) {
      const w = createWorld({ wrong });
      w.hear(40, 40);
      expect(w.error()).toEqual({ off: 0, before: 40, after: 40 });
      expect(w.keeper.clock.now()).toBe(w.truth());
      expect(w.keeper.stamp()).toEqual({ offset_ms: -wrong, err_ms: 40, src: 'server' });
    }
  });

  it('an answer that took long on one side is off by half of it, and says so', () => {
    const w = createWorld();
    w.hear(0, 600);
    expect(w.error()).toEqual({ off: -300, before: 300, after: 300 });
  });

  it('keeps to the best of several answers', () => {
    const w = createWorld();
    w.hear(0, 400);
    w.hear(20, 20);
    w.hear(0, 800);
    // And its 0.04 ms of drift meanwhile.
    expect(w.error()).toEqual({ off: 0, before: 21, after: 21 });
  });

  it('trusts an old answer less by 50 ppm, until a new one is better', () => {
    const w = createWorld();
    w.hear(10, 10);
    w.pass(HOUR);
    expect(w.error()).toEqual({ off: 0, before: 190, after: 190 });
    w.hear(250, 250);
    expect(w.error()).toMatchObject({ before: 191 });
    w.pass(2 * HOUR);
    w.hear(250, 250);
    expect(w.error()).toEqual({ off: 0, before: 250, after: 250 });
  });

  it('keeps eight answers: the best one is given up in the end', () => {
    const w = createWorld();
    w.hear(10, 10);
    for (let i = 0; i < 7; i += 1) w.hear(300, 300);
    expect(w.error().before).toBeLessThan(12);
    w.hear(300, 300);
    expect(w.error().before).toBe(300);
  });

  it('learns nothing from a held long poll, nor from times in no order', () => {
    const w = createWorld({ wrong: DAY });
    expect(w.hear(1000, 1001)).toBeNull();
    expect(w.hear(25_000, 10)).toBeNull();
    expect(w.keeper.heard(NOON, w.mono(), w.mono() - 1)).toBeNull();
    expect(w.keeper.heard(NOON, Number.NaN, w.mono())).toBeNull();
    expect(w.keeper.stamp().src).toBe('none');
    expect(w.hear(1000, 1000)).not.toBeNull();
    expect(w.error()).toEqual({ off: 0, before: 1000, after: 1000 });
  });

  it('a clock of the centre that was set is followed at once, and told', () => {
    const w = createWorld();
    w.hear(20, 20);
    w.pass(MINUTE);
    w.hear(20, 20, -HOUR);
    expect(w.error()).toEqual({ off: -HOUR, before: 20, after: 20 });
    expect(corrections(w)).toBe(1);
    w.hear(20, 20, -HOUR);
    expect(corrections(w)).toBe(1);
  });

  it('what contradicts a newer answer is forgotten, also when it is a little', () => {
    const w = createWorld();
    w.hear(5, 5);
    w.hear(20, 20, 3 * SECOND);
    expect(w.error()).toEqual({ off: 3 * SECOND, before: 20, after: 20 });
    expect(corrections(w)).toBe(0);
  });

  it('says what to keep for the next start: at first, then once a minute', () => {
    const w = createWorld({ wrong: 3 * DAY });
    expect(w.hear(20, 20)).toEqual({ seenAt: NOON + 40, offset: -3 * DAY });
    w.pass(30 * SECOND);
    expect(w.hear(20, 20)).toBeNull();
    w.pass(30 * SECOND);
    expect(w.hear(20, 20)).toEqual({ seenAt: w.truth(), offset: -3 * DAY });
  });

  it('says it at once when one of the clocks was set: what was kept is wrong then', () => {
    const w = createWorld({ wrong: 3 * DAY });
    w.hear(20, 20);
    w.setWall(-3 * DAY);
    expect(w.hear(20, 20)).toEqual({ seenAt: w.truth(), offset: 0 });
    expect(w.hear(20, 20)).toBeNull();
    expect(w.hear(20, 20, HOUR)).toEqual({ seenAt: w.truth() + HOUR, offset: HOUR });
  });

  it('passes the rest of the clock on', () => {
    const w = createWorld();
    expect(w.keeper.clock.monotonic()).toBe(w.mono());
    w.keeper.clock.after(77, () => undefined);
    expect(w.timers).toEqual([77]);
  });
});

describe('jumps and sleep, while the centre was heard', () => {
  it('a wall clock that is set forward moves nothing, but it may have been sleep', () => {
    const w = createWorld();
    w.hear(20, 20);
    w.setWall(HOUR);
    expect(w.error()).toEqual({ off: 0, before: 20, after: 20 + HOUR });
    w.keeper.moment();
    expect(jumps(w)).toBe(1);
    w.hear(20, 20);
    expect(w.error()).toEqual({ off: 0, before: 20, after: 20 });
    expect(corrections(w)).toBe(0);
  });

  it('a wall clock that is set back moves nothing', () => {
    const w = createWorld();
    w.hear(20, 20);
    w.setWall(-3 * DAY);
    expect(w.error()).toEqual({ off: 0, before: 20, after: 20 });
    expect(w.keeper.stamp().offset_ms).toBe(3 * DAY);
    expect(jumps(w)).toBe(1);
  });

  it('up to 5 s apart is no jump', () => {
    const w = createWorld();
    w.hear(20, 20);
    w.setWall(5 * SECOND);
    expect(w.error()).toMatchObject({ after: 20 });
    w.setWall(1);
    expect(w.error()).toMatchObject({ after: 20 + 5001 });
  });

  it('after a night of sleep it may be that much later, until the centre is heard', () => {
    const w = createWorld();
    w.hear(20, 20);
    w.sleep(8 * HOUR);
    expect(w.error()).toEqual({ off: -8 * HOUR, before: 20, after: 8 * HOUR + 20 });
    w.hear(400, 400);
    expect(w.error()).toEqual({ off: 0, before: 400, after: 400 });
    expect(corrections(w)).toBe(1);
  });

  it('after a short sleep the next answer is right too', () => {
    const w = createWorld();
    w.hear(20, 20);
    w.sleep(3 * SECOND);
    w.hear(200, 200);
    expect(w.error()).toEqual({ off: 0, before: 200, after: 200 });
  });
});

describe('time before the centre is heard', () => {
  it('nothing kept: the wall clock, give or take 30 s', () => {
    const w = createWorld({ wrong: 7 });
    expect(w.error()).toEqual({ off: 7, before: 30 * SECOND, after: 30 * SECOND });
    expect(w.keeper.stamp()).toEqual({ offset_ms: 0, err_ms: 30 * SECOND, src: 'none' });
  });

  it('nothing kept, and the wall clock is set: either may be right', () => {
    for (const by of [HOUR, -HOUR]) {
      const w = createWorld();
      w.setWall(by);
      expect(w.holdsTruth(0)).toBe(true);
      expect(w.error().off).toBe(by);
    }
  });

  it('wrong by three days as it was when the centre was heard: right', () => {
    const w = createWorld({ wrong: -3 * DAY, saved: kept(HOUR, 3 * DAY) });
    expect(w.error()).toEqual({ off: 0, before: 30 * SECOND, after: 30 * SECOND });
    expect(w.keeper.stamp()).toEqual({ offset_ms: 3 * DAY, err_ms: 30 * SECOND, src: 'rtc' });
    w.pass(5 * DAY);
    expect(w.error()).toEqual({ off: 0, before: 30 * SECOND, after: 30 * SECOND });
  });

  it('a little before what the centre said: it is no earlier than that, and goes on', () => {
    const w = createWorld({ wrong: -MINUTE, saved: kept(0) });
    expect(w.error()).toEqual({ off: 0, before: 30 * SECOND, after: 30 * SECOND });
    w.pass(10 * MINUTE);
    expect(w.error().off).toBe(0);
  });

  it('before what the centre said: no earlier than that, and perhaps much later, however long it runs', () => {
    const w = createWorld({ wrong: -HOUR, saved: kept(10 * MINUTE) });
    const first = w.keeper.moment();
    expect(first).toEqual({ at: NOON - 10 * MINUTE, notBefore: NOON - 10 * MINUTE, notAfter: FOREVER });
    for (const passed of [30 * MINUTE, 50 * MINUTE, HOUR, 3 * DAY]) {
      w.pass(passed);
      expect(w.keeper.moment()).toEqual({
        at: w.truth() - 10 * MINUTE,
        notBefore: w.truth() - 10 * MINUTE,
        notAfter: FOREVER,
      });
    }
    expect(w.keeper.stamp()).toMatchObject({ src: 'rtc', err_ms: 3650 * DAY });
  });

  it('36 h after the centre was heard: right; later it may be, or may be days wrong', () => {
    const right = createWorld({ saved: kept(36 * HOUR) });
    expect(right.error()).toEqual({ off: 0, before: 30 * SECOND, after: 30 * SECOND });
    const doubtful = createWorld({ saved: kept(36 * HOUR + 1) });
    expect(doubtful.keeper.moment()).toEqual({ at: NOON, notBefore: NOON - 36 * HOUR - 1, notAfter: FOREVER });
    doubtful.pass(HOUR);
    expect(doubtful.keeper.moment()).toEqual({
      at: NOON + HOUR,
      notBefore: NOON - 35 * HOUR - 1,
      notAfter: FOREVER,
    });
  });

  it('a start that was near enough stays so, however long the centre is away', () => {
    const w = createWorld({ saved: kept(35 * HOUR) });
    w.pass(7 * DAY);
    expect(w.error()).toEqual({ off: 0, before: 30 * SECOND, after: 30 * SECOND });
  });

  it('the wall clock is set by an hour: the truth stays within', () => {
    for (const by of [HOUR, -HOUR]) {
      const w = createWorld({ saved: kept(5 * HOUR) });
      w.pass(MINUTE);
      w.setWall(by);
      expect(w.holdsTruth(0)).toBe(true);
      expect(w.error().off).toBe(by);
      expect(jumps(w)).toBe(1);
    }
  });

  it('the wall clock is set by three days: nothing is sure but what the centre said', () => {
    for (const by of [3 * DAY, -3 * DAY]) {
      const w = createWorld({ saved: kept(5 * HOUR) });
      w.pass(MINUTE);
      w.setWall(by);
      expect(w.keeper.moment()).toMatchObject({ notBefore: NOON - 5 * HOUR + MINUTE, notAfter: FOREVER });
      expect(w.holdsTruth(0)).toBe(true);
    }
  });

  it('sleep: the wall clock went on', () => {
    const w = createWorld({ saved: kept(HOUR) });
    w.sleep(8 * HOUR);
    expect(w.error().off).toBe(0);
    expect(w.holdsTruth(0)).toBe(true);
  });

  it('then the centre is heard, and nothing of that matters any more', () => {
    const w = createWorld({ wrong: -HOUR, saved: kept(10 * MINUTE) });
    w.setWall(5 * DAY);
    expect(w.hear(20, 20)).toEqual({ seenAt: w.truth(), offset: -5 * DAY + HOUR });
    expect(w.error()).toEqual({ off: 0, before: 20, after: 20 });
  });
});

type Event = { do: 'pass' | 'sleep' | 'wall'; ms: number } | { do: 'hear'; there: number; back: number };
const pass = fc.record({ do: fc.constant('pass' as const), ms: fc.nat(2 * HOUR) });
/** Shorter sleep than 5 s is not noticed before the centre is heard. */
const sleep = fc.record({ do: fc.constant('sleep' as const), ms: fc.integer({ min: 5001, max: 3 * DAY }) });
const wall = fc.record({ do: fc.constant('wall' as const), ms: fc.integer({ min: -3 * DAY, max: 3 * DAY }) });
/** Also such as take too long. */
const hear = fc.record({ do: fc.constant('hear' as const), there: fc.nat(1200), back: fc.nat(1200) });
const run = (w: ReturnType<typeof createWorld>, e: Event): void => {
  if (e.do === 'hear') w.hear(e.there, e.back);
  else if (e.do === 'wall') w.setWall(e.ms);
  else w[e.do](e.ms);
};
const anyPpm = fc.constantFrom(-50, -20, 0, 20, 50);
const anyWrong = fc.integer({ min: -3 * DAY, max: 3 * DAY });

describe('always', () => {
  it('once heard, the true time is within, whatever the wall clock does', () => {
    fc.assert(
      fc.property(anyPpm, anyWrong, fc.array(fc.oneof(pass, wall, hear), { maxLength: 40 }), (ppm, wrong, events) => {
        const w = createWorld({ ppm, wrong });
        w.hear(30, 30);
        for (const e of events) {
          run(w, e);
          expect(w.holdsTruth()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('once heard, the true time is within, also after sleep', () => {
    fc.assert(
      fc.property(anyPpm, anyWrong, fc.array(fc.oneof(pass, sleep, hear), { maxLength: 40 }), (ppm, wrong, events) => {
        const w = createWorld({ ppm, wrong });
        w.hear(30, 30);
        for (const e of events) {
          run(w, e);
          // 50 ppm between the clocks may be taken for part of the sleep.
          expect(w.holdsTruth(30 * SECOND)).toBe(true);
          if (e.do === 'hear' && e.there + e.back < 1900) expect(w.holdsTruth()).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('between two answers it never goes back; at one by no more than both errors', () => {
    fc.assert(
      fc.property(
        anyPpm,
        anyWrong,
        fc.array(fc.oneof(pass, wall, sleep, hear), { maxLength: 40 }),
        (ppm, wrong, events) => {
          const w = createWorld({ ppm, wrong });
          w.hear(30, 30);
          let last = w.keeper.moment();
          for (const e of events) {
            run(w, e);
            const next = w.keeper.moment();
            const mayGoBack = e.do === 'hear' ? last.at - last.notBefore + (next.notAfter - next.at) + 1 : 0;
            expect(next.at).toBeGreaterThanOrEqual(last.at - mayGoBack);
            last = next;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('without the centre and without a jump it never goes back, and never becomes surer', () => {
    fc.assert(
      fc.property(
        fc.option(fc.record({ ago: fc.integer({ min: 0, max: 5 * DAY }), offset: anyWrong })),
        anyWrong,
        fc.array(fc.nat(DAY), { maxLength: 30 }),
        (saved, wrong, steps) => {
          const w = createWorld({ wrong, saved: saved && kept(saved.ago, saved.offset) });
          let last = w.keeper.moment();
          for (const ms of steps) {
            w.pass(ms);
            const next = w.keeper.moment();
            expect(next.at).toBe(last.at + ms);
            expect(next.at - next.notBefore).toBe(last.at - last.notBefore);
            expect(next.notAfter === FOREVER).toBe(last.notAfter === FOREVER);
            last = next;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a clock that is as wrong as when it was kept, and not long ago, is right', () => {
    fc.assert(
      fc.property(anyWrong, fc.integer({ min: 0, max: 36 * HOUR }), (wrong, ago) => {
        const w = createWorld({ wrong, saved: kept(ago, -wrong) });
        expect(w.error()).toEqual({ off: 0, before: 30 * SECOND, after: 30 * SECOND });
      }),
    );
  });
});
