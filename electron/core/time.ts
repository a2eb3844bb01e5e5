import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import type { Moment } from '../../shared/domain/decide.ts';
import type { Clock, Log } from './ports.ts';

/**
 * The time as this device knows it. The centre's clock is right; between its answers the monotonic clock goes on; the
 * device's own wall clock only counts while the centre has not been heard since the start. Nothing here sets the clock
 * of the machine.
 */

/** How far the device's clock was off when the centre was heard last, kept over restarts. */
export interface SavedClock {
  /** The centre's time then. */
  seenAt: number;
  /** What was added to the device's wall clock to get it, ms. */
  offset: number;
}

export interface TimeKeeper {
  /** The clock for everything else: `now` is the corrected time. */
  clock: Clock;
  /** The best guess, and what it may be at the least and the most. */
  moment: () => Moment;
  /** For operations: how far to rely on their times. */
  stamp: () => NonNullable<Operation['clock']>;
  /**
   * The centre's time came with an answer.
   * @param centre epoch ms. @param sent @param received monotonic ms when the request left and the answer came
   * @returns what to keep for the next start, or null when that has been done lately
   */
  heard: (centre: number, sent: number, received: number) => SavedClock | null;
}

/** Round trips longer than this (a held long poll) say little about when the centre looked at its clock. */
const MAX_ROUND_TRIP_MS = 2_000;
const SAMPLES = 8;
/** A quartz is allowed 50 ppm. */
const DRIFT = 50e-6;
/** A clock that is used without the centre, and nothing speaks against it. */
const UNHEARD_ERROR_MS = 30_000;
/** A clock that says so long has passed since the centre was heard may be right, or may be days wrong. */
const DOUBTFUL_GAP_MS = 36 * 3_600_000;
const BACKWARDS_MS = 60_000;
/** Wall and monotonic clock apart by more than this: one of them was set, or the machine slept. */
const JUMP_MS = 5_000;
const SAVE_EVERY_MS = 60_000;
const FOREVER = 8_640_000_000_000_000;

interface Sample {
  /** Centre's time minus monotonic time. */
  base: number;
  error: number;
  at: number;
}

export const createTimeKeeper = (ports: Clock, saved: SavedClock | null, log: Log): TimeKeeper => {
  let samples: Sample[] = [];
  let savedAt = Number.NEGATIVE_INFINITY;
  let start = { wall: ports.now(), mono: ports.monotonic() };
  let jumped = false;

  /** How much further the wall clock went than the monotonic one since it was looked at for the reference. */
  const jump = (): number => {
    const apart = ports.now() - start.wall - (ports.monotonic() - start.mono);
    if (Math.abs(apart) <= JUMP_MS) return 0;
    if (!jumped) log.warn('clock.jumped', { ms: Math.round(apart) });
    jumped = true;
    return apart;
  };
  const errorOf = (s: Sample): number => s.error + (ports.monotonic() - s.at) * DRIFT;
  const best = (): Sample | null =>
    samples.reduce<Sample | null>((a, b) => (a === null || errorOf(b) < errorOf(a) ? b : a), null);

  const byCentre = (s: Sample): Moment => {
    const at = s.base + ports.monotonic();
    const error = errorOf(s);
    // The monotonic clock stands still while the machine sleeps: until the centre is heard it may be that much later.
    const slept = Math.max(0, jump());
    return { at, notBefore: at - error, notAfter: at + error + slept };
  };

  const byDevice = (): Moment => {
    const wall = ports.now() + (saved?.offset ?? 0);
    // It was so late when the centre was heard last, and this much has passed since the start: it is no earlier.
    const least = saved ? saved.seenAt + ports.monotonic() - start.mono : null;
    if (least !== null) {
      if (wall < least - BACKWARDS_MS) return { at: least, notBefore: least, notAfter: FOREVER };
      if (wall > least + DOUBTFUL_GAP_MS) return { at: wall, notBefore: least, notAfter: FOREVER };
    }
    const apart = jump();
    const at = Math.max(wall, least ?? wall);
    return {
      at,
      notBefore: at - UNHEARD_ERROR_MS - Math.max(0, apart),
      notAfter: at + UNHEARD_ERROR_MS - Math.min(0, apart),
    };
  };

  const moment = (): Moment => {
    const sample = best();
    const m = sample ? byCentre(sample) : byDevice();
    return {
      at: Math.round(m.at),
      notBefore: Math.floor(m.notBefore),
      notAfter: Math.min(FOREVER, Math.ceil(m.notAfter)),
    };
  };

  return {
    clock: { now: () => moment().at, monotonic: () => ports.monotonic(), after: (ms, run) => ports.after(ms, run) },
    moment,
    stamp: () => {
      const { at, notBefore, notAfter } = moment();
      return {
        offset_ms: Math.round(at - ports.now()),
        err_ms: Math.round(Math.max(at - notBefore, Math.min(notAfter - at, 10 * 365 * 86_400_000))),
        src: samples.length > 0 ? 'server' : saved ? 'rtc' : 'none',
      };
    },
    heard: (centre, sent, received) => {
      const trip = received - sent;
      if (!(trip >= 0 && trip <= MAX_ROUND_TRIP_MS)) return null;
      const base = centre - (sent + received) / 2;
      const error = trip / 2;
      const before = best();
      const corrected = before !== null && Math.abs(before.base - base) > errorOf(before) + error + JUMP_MS;
      const moved = jump() !== 0;
      // What cannot be true together with this answer was measured before the centre's clock was set, or before we slept.
      const agreeing = samples.filter((s) => Math.abs(s.base - base) <= errorOf(s) + error);
      samples = [...agreeing, { base, error, at: received }].slice(-SAMPLES);
      start = { wall: ports.now(), mono: ports.monotonic() };
      jumped = false;
      if (corrected) log.warn('clock.corrected', { ms: Math.round(base - before.base) });
      // After a correction or a jump what was kept is wrong, and would be believed at the next start.
      if (!corrected && !moved && received - savedAt < SAVE_EVERY_MS) return null;
      savedAt = received;
      const at = moment().at;
      return { seenAt: at, offset: at - ports.now() };
    },
  };
};
