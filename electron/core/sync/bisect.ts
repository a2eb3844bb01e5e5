import { MAX_OPS } from '../../../shared/contracts/centre/schemas.ts';

/**
 * How the one operation is found that makes the centre fail: a batch that failed often enough is halved until the culprit
 * stands alone. Pure.
 */

export interface Bisect {
  /** How many operations the next batch may have. */
  size: number;
  /** Failures in a row at this size. */
  failures: number;
  halving: boolean;
}

export const WHOLE: Bisect = { size: MAX_OPS, failures: 0, halving: false };

/** A whole batch is tried so often before it is halved: the centre may only be busy. */
const TRIES_WHOLE = 5;
/** And the one that is left. */
const TRIES_ALONE = 3;

/** @returns what to try next */
export const bisectWorked = (b: Bisect): Bisect =>
  b.size >= MAX_OPS ? WHOLE : { size: Math.min(MAX_OPS, b.size * 2), failures: 0, halving: b.halving };

/**
 * @param length of the batch that failed
 * @param hopeless it will not get better by itself (a 4xx)
 * @returns what to try next, and what to do before: `wait` as after any failure, `again` soon, `withhold` the one that is left
 */
export const bisectFailed = (
  b: Bisect,
  length: number,
  hopeless: boolean,
): { next: Bisect; step: 'wait' | 'again' | 'withhold' } => {
  const failures = b.failures + 1;
  if (length > 1) {
    if (!b.halving && !hopeless && failures < TRIES_WHOLE) return { next: { ...b, failures }, step: 'wait' };
    return { next: { size: Math.ceil(length / 2), failures: 0, halving: true }, step: 'again' };
  }
  if (!hopeless && failures < (b.halving ? TRIES_ALONE : TRIES_WHOLE)) {
    return { next: { ...b, failures }, step: b.halving ? 'again' : 'wait' };
  }
  return { next: { size: 1, failures: 0, halving: true }, step: 'withhold' };
};
