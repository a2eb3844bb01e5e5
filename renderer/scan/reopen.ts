/** Waits between attempts to open a camera, in ms: quick at first (a cable), patient later (it is broken). */
const WAITS = [500, 1_000, 2_000, 4_000] as const;

/** No new picture for this long means that the camera is dead, whatever its track says. */
export const STALL_MS = 2_000;

/** @returns how long to wait before the `failures`-th attempt in a row, counted from 1 */
export const reopenAfter = (failures: number): number =>
  WAITS[Math.min(Math.max(failures, 1), WAITS.length) - 1] ?? 4_000;

/** What is shown for an error of `getUserMedia` (its names stand in the Media Capture specification, 10.2). */
export const cameraFault = (error: unknown): 'missing' | 'denied' | 'broken' => {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError' || name === 'NoCameraError') return 'missing';
  return 'broken';
};
