import { estimateAll, estimateWait } from '../../../shared/domain/estimate.ts';
import type { Estimate, Newcomer, QueueSnapshot, ServiceTimes } from '../../../shared/domain/queue.ts';
import { here } from '../checkin/here.ts';
import type { Clock } from '../ports.ts';
import { expectedBookings } from '../store/bookings.ts';
import { queueEntries, queueWindows, serviceTimes } from '../store/queue.ts';
import { readCatalogue } from '../store/registry.ts';
import type { Store } from '../store/store.ts';

export interface QueuePorts {
  store: Store;
  clock: Clock;
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

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;

/** The wait at the office, from what the centre told and what happened here. Reads only; never throws but for the store. */
export const createQueue = ({ store, clock, heardAt }: QueuePorts) => {
  let kept: { at: number; day: string; snapshot: QueueSnapshot } | null = null;
  let times: { at: number; day: string; list: readonly ServiceTimes[] } | null = null;
  let all: { of: QueueSnapshot; estimates: Map<number, Estimate> } | null = null;

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
    const estimates = estimateAll(seen, ids, now);
    all = stale ? null : { of: seen, estimates };
    return estimates;
  };

  return {
    /** For somebody who comes now. */
    estimate: (who: Newcomer): Estimate => {
      const now = clock.now();
      // Nothing is read for what cannot be told.
      if (heardAt() === null) return { known: false, why: 'stale', ahead: null };
      return estimateWait(snapshot(now), who, now);
    },
    everyService,
    /** For the first screen: how many wait, and the usual range; null when it is not known. */
    summary: (): QueueSummary | null => {
      const known = [...everyService().values()].filter((e) => e.known);
      if (known.length === 0) return null;
      const waiting = kept?.snapshot.entries.filter((e) => e.state === 'waiting').length ?? 0;
      return {
        waiting,
        fromMinutes: median(known.map((e) => e.fromMinutes)),
        toMinutes: median(known.map((e) => e.toMinutes)),
      };
    },
    /** Something of it was written. */
    changed: (): void => {
      kept = null;
    },
  };
};
export type Queue = ReturnType<typeof createQueue>;
