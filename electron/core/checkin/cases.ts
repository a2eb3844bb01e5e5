import type { Clock, Ids } from '../ports.ts';

/**
 * What a visitor has shown to be his: after a signed code or the second factor he may, for a few minutes, do more with
 * these bookings (choose, move, cancel). Kept in memory only: after a restart he shows his code again.
 */

const LASTS_MS = 5 * 60_000;
/** One visitor stands before the screen; more than a few are forgotten ones. */
const MOST = 50;

export interface Cases {
  /** @returns the id under which the bookings may be used */
  open: (bookings: readonly string[]) => string;
  /** @returns whether the case is there, still good, and of this booking */
  allows: (id: string, booking: string) => boolean;
  /** The one booking of a case that is still good; null when there is none, or several. */
  only: (id: string) => string | null;
}

export const createCases = (clock: Clock, ids: Ids): Cases => {
  const cases = new Map<string, { bookings: ReadonlySet<string>; until: number }>();
  return {
    open: (bookings) => {
      const now = clock.monotonic();
      for (const [id, { until }] of cases) if (until <= now) cases.delete(id);
      const oldest = cases.size >= MOST ? cases.keys().next().value : undefined;
      if (oldest !== undefined) cases.delete(oldest);
      const id = ids.uuid();
      cases.set(id, { bookings: new Set(bookings), until: now + LASTS_MS });
      return id;
    },
    allows: (id, booking) => {
      const found = cases.get(id);
      return found !== undefined && found.until > clock.monotonic() && found.bookings.has(booking);
    },
    only: (id) => {
      const found = cases.get(id);
      if (found === undefined || found.until <= clock.monotonic() || found.bookings.size !== 1) return null;
      return found.bookings.values().next().value ?? null;
    },
  };
};
