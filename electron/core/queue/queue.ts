import { estimateAll, estimateWait } from '../../../shared/domain/estimate.ts';
import type { Estimate, Newcomer, QueueSnapshot, ServiceTimes } from '../../../shared/domain/queue.ts';
import { here } from '../checkin/here.ts';
import type { Clock, Log } from '../ports.ts';
import { expectedBookings } from '../store/bookings.ts';
import { queueEntries, queueWindows, serviceTimes } from '../store/queue.ts';
import { readCatalogue } from '../store/registry.ts';
import type { Store } from '../store/store.ts';

export interface QueuePorts {
  store: Store;
  clock: Clock;
  log: Log;
  /** When the centre was heard last, epoch ms; null when it does not answer now. */
  heardAt: () => number | null;
}

/** The queue is read again when something changed, and at the latest after so long: waits go on by themselves. */
const SNAPSHOT_MS = 15_000;
/** Times of serving change slowly. */
const TIMES_MS = 60_000;
const MINUTE = 60_000;
/** Bookings of so far ahead may stand before somebody who comes now. */
const EXPECTED_AHEAD_MS = 3 * 60 * MINUTE;
const EXPECTED_BEHIND_MS = 20 * MINUTE;

export interface QueueSummary {
  waiting: number;
  fromMinutes: number;
  toMinutes: number;
}

/** The first screen's line is not worked out anew for each visitor: that would be done while he waits for his answer. */
const SUMMARY_MS = 5_000;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;

/** The wait at the office, from what the centre told and what happened here. Reads only; fails only when the store does. */
export const createQueue = ({ store, clock, log, heardAt }: QueuePorts) => {
  let kept: { at: number; day: string; snapshot: QueueSnapshot } | null = null;
  let times: { at: number; day: string; list: readonly ServiceTimes[] } | null = null;
  let all: { of: QueueSnapshot; estimates: Map<number, Estimate> } | null = null;
  let line: { at: number; summary: QueueSummary | null } | null = null;

  /** Nobody goes without a ticket because his wait could not be worked out. */
  const orNothing = <T>(work: () => T, nothing: T): T => {
    try {
      return work();
    } catch (error) {
      log.error('queue.no-estimate', { why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return nothing;
    }
  };

  const snapshot = (now: number): QueueSnapshot =>
    store.read((db) => {
      const { day, device } = here(db, now);
      if (kept && kept.day === day && Math.abs(now - kept.at) < SNAPSHOT_MS) {
        return { ...kept.snapshot, freshAt: heardAt() };
      }
      if (!times || times.day !== day || Math.abs(now - times.at) >= TIMES_MS) {
        times = { at: now, day, list: serviceTimes(db, day) };
      }
      const made: QueueSnapshot = {
        freshAt: heardAt(),
        entries: queueEntries(db, day, now),
        windows: queueWindows(db),
        times: times.list,
        expected: expectedBookings(db, device.officeId, now - EXPECTED_BEHIND_MS, now + EXPECTED_AHEAD_MS),
      };
      kept = { at: now, day, snapshot: made };
      all = null;
      return made;
    });

  /** Of a walk-in of now, for every service that the office has. */
  const everyService = (): Map<number, Estimate> => {
    const now = clock.now();
    const seen = snapshot(now);
    const stale = seen.freshAt === null;
    if (all && !stale && all.of.entries === seen.entries) return all.estimates;
    const ids = store.read((db) => readCatalogue(db).services.map((s) => s.id));
    const estimates = orNothing(() => estimateAll(seen, ids, now), new Map<number, Estimate>());
    all = stale ? null : { of: seen, estimates };
    return estimates;
  };

  const summarise = (): QueueSummary | null => {
    const known = [...everyService().values()].filter((e) => e.known);
    if (known.length === 0) return null;
    return {
      waiting: kept?.snapshot.entries.filter((e) => e.state === 'waiting').length ?? 0,
      fromMinutes: median(known.map((e) => e.fromMinutes)),
      toMinutes: median(known.map((e) => e.toMinutes)),
    };
  };

  return {
    /** For somebody who comes now. */
    estimate: (who: Newcomer): Estimate => {
      const now = clock.now();
      // Nothing is read for what cannot be told.
      if (heardAt() === null) return { known: false, why: 'stale', ahead: null };
      const seen = snapshot(now);
      return orNothing(() => estimateWait(seen, who, now), { known: false, why: 'no-data', ahead: null });
    },
    everyService,
    /** For the first screen: how many wait, and the usual range; null when it is not known. A few seconds old at most. */
    summary: (): QueueSummary | null => {
      if (heardAt() === null) return null;
      const now = clock.monotonic();
      if (line === null || now - line.at >= SUMMARY_MS) line = { at: now, summary: summarise() };
      return line.summary;
    },
    /** Something of it was written. */
    changed: (): void => {
      kept = null;
    },
  };
};
export type Queue = ReturnType<typeof createQueue>;
