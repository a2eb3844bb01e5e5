/** When a frame without a code is worth a second, costlier look (a larger picture, with noise removed). */

/** Most of the frames have no code at all: the harder look is taken this often at most. */
const REST_MS = 200;
/** And it takes at most a fifth of the Worker's time, however slow the machine is. */
const SHARE = 4;

export interface Effort {
  /** When the last harder look ended. */
  readonly endedAt: number;
  /** How long it took. */
  readonly cost: number;
}

export const NO_EFFORT: Effort = { endedAt: Number.NEGATIVE_INFINITY, cost: 0 };

/** @returns whether a harder look is due at `now` (ms) */
export const harderLookDue = ({ endedAt, cost }: Effort, now: number): boolean =>
  now - endedAt >= Math.max(REST_MS, cost * SHARE);
