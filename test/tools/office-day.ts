/**
 * The demo's office changes its business day at four in the morning, in Moscow. Whoever plays there at night would find that
 * a booking of the next hour is another day's. So its day changes at noon then, and now is always well within it.
 */

/** For a centre as a process: see test/centre/demo-office.ts. */
export const DAY_CHANGE_ENV = 'TALON_DEMO_DAY_CHANGE';

const FOUR = 240;
const NOON = 720;
const DAY = 1440;
/** Moscow is this much ahead of UTC, all year. */
const ZONE_MINUTES = 180;
/** What is played reaches so far ahead and back. */
const AHEAD = 7 * 60;
const BACK = 3 * 60;

/**
 * @param now epoch ms
 * @returns minutes after midnight at which the day of the demo's office changes
 */
export const calmDayChange = (now: number): number => {
  const minute = (Math.floor(now / 60_000) + ZONE_MINUTES) % DAY;
  const ahead = (FOUR - minute + DAY) % DAY;
  return ahead >= AHEAD && DAY - ahead >= BACK ? FOUR : NOON;
};
