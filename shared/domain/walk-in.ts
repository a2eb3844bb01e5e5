import type { Opening } from './hours.ts';
import type { Estimate } from './queue.ts';

/**
 * May a visitor without a booking have a number now (pure)? Where not: why, and what else there is. The rules hold
 * offline too, from what this device knows; several devices that cannot hear each other may then give a few more than
 * the contingent, which the desk is told.
 */

export interface WalkInPolicy {
  /** Only those with a booking are served otherwise. */
  allowed: boolean;
  /** Tickets without a booking a day; null: no limit. */
  perDay: number | null;
  /** Visits of every kind a day; null: no limit. */
  capacity: number | null;
  /** From so many waiting ahead one is asked whether one still wants a number; null: never. */
  manyWait: number | null;
  /** No ticket in the last minutes before closing, even when the hall is empty. */
  lastTicketMinutes: number;
  /** Where to send people when this service takes no more. */
  redirectTo: number | null;
}

export const DEFAULT_WALK_IN_POLICY: WalkInPolicy = {
  allowed: true,
  perDay: null,
  capacity: null,
  manyWait: 20,
  lastTicketMinutes: 10,
  redirectTo: null,
};

/** How many tickets one screen gives in a row: a bucket that fills again, one in so many seconds. */
export interface Flood {
  burst: number;
  refillSeconds: number;
}
export const DEFAULT_FLOOD: Flood = { burst: 6, refillSeconds: 20 };

export const WALK_IN_REFUSALS = ['closed', 'closing', 'booking-only', 'contingent', 'flood'] as const;
export type WalkInRefusal = (typeof WALK_IN_REFUSALS)[number];

export interface WalkInInput {
  now: number;
  /** Of the service, within the office's. */
  opening: Opening;
  policy: WalkInPolicy;
  /** Walk-in tickets of the service today, and visits of every kind (bookings not come yet counted too). */
  walkInsToday: number;
  visitsToday: number;
  estimate: Estimate;
  /** Mean time of serving, minutes. */
  serveMinutes: number;
  /** The clock cannot be relied on: nobody is turned away for the time of day. */
  clockUncertain: boolean;
}

export type WalkInVerdict =
  | { ok: true; manyWait: boolean }
  | { ok: false; reason: Exclude<WalkInRefusal, 'flood'>; opensAt: number | null; redirectTo: number | null };

const MINUTE = 60_000;

/**
 * @returns whether a number may be given for a service. Order of reasons: by booking only; closed; contingent or
 * capacity used up; closing too soon to be served (by the lower bound of the wait: who might be served is let in).
 */
export const decideWalkIn = (input: WalkInInput): WalkInVerdict => {
  const { now, opening, policy, estimate, clockUncertain } = input;
  const no = (reason: Exclude<WalkInRefusal, 'flood'>, opensAt: number | null = null): WalkInVerdict => ({
    ok: false,
    reason,
    opensAt,
    redirectTo: policy.redirectTo,
  });
  if (!policy.allowed) return no('booking-only');
  if (!opening.open && !clockUncertain) return no('closed', opening.opensAt);
  if (policy.perDay !== null && input.walkInsToday >= policy.perDay) return no('contingent');
  if (policy.capacity !== null && input.visitsToday >= policy.capacity) return no('contingent');
  if (opening.closesAt !== null && !clockUncertain) {
    const wait = estimate.known ? estimate.fromMinutes : 0;
    const needed = Math.max(policy.lastTicketMinutes, wait + input.serveMinutes);
    if (now + needed * MINUTE > opening.closesAt) return no('closing');
  }
  const ahead = estimate.ahead ?? 0;
  return { ok: true, manyWait: policy.manyWait !== null && ahead >= policy.manyWait };
};

/**
 * A child at the screen, or a hand that leans on it, must not empty the roll.
 *
 * @param given when this device gave its latest walk-in tickets, epoch ms, in any order. With the latest n of them
 *   (n >= burst) it never gives more than n in `(n + 1 - burst) * refillSeconds`: the more, the nearer to one per refill
 * @returns when the next one may be given: 0 for now, else epoch ms
 */
export const floodUntil = (given: readonly number[], now: number, { burst, refillSeconds }: Flood): number => {
  const every = refillSeconds * 1000;
  // In milliseconds that it takes to run off: whole numbers, so that nobody is refused for a rounding.
  let level = 0;
  let last = 0;
  // A leaking bucket. Times to come are of a clock that was put back since: they must not hold up everybody until then.
  for (const at of given.filter((t) => t <= now).toSorted((a, b) => a - b)) {
    level = Math.max(0, level - (at - last)) + every;
    last = at;
  }
  level = Math.max(0, level - (now - last));
  // There is room for one more when it fits below the brim.
  const over = level + every - burst * every;
  return over <= 0 ? 0 : now + over;
};
