/**
 * What becomes of the camera, as a pure function of what happens to it. The runner (`scanner.ts`) does what the model says:
 * while `phase` is `opening` it opens a camera for this `generation`, in any other phase but `live` it holds none.
 *
 * All times are milliseconds of one clock that only grows.
 */

/** What a person can be told of the camera. */
export type CameraState = 'off' | 'starting' | 'live' | 'missing' | 'denied' | 'broken';

/** Why there is no picture: no camera, no permission, or a camera that does not work. */
export type CameraFault = Extract<CameraState, 'missing' | 'denied' | 'broken'>;

export interface CameraModel {
  readonly phase: 'off' | 'opening' | 'live' | 'waiting';
  /** Grows with every attempt to open and every stop: what belongs to an older one has no effect any more. */
  readonly generation: number;
  /** The last fault; kept while the next attempt runs, so that the page does not flicker. */
  readonly fault: CameraFault | null;
  /** Attempts in a row that ended in `broken`. */
  readonly failures: number;
  /** When this phase began. */
  readonly since: number;
  /** When the last picture came (in `live`). */
  readonly frameAt: number;
  /** Since when the camera has been muted, by its driver or a switch on it. */
  readonly mutedAt: number | null;
  /** When to try again (in `waiting`). */
  readonly retryAt: number;
}

export type CameraEvent =
  | { type: 'start' | 'stop' | 'tick' | 'devices-changed' }
  /** These are of one attempt and name its generation. */
  | { type: 'opened' | 'frame' | 'muted' | 'unmuted' | 'ended'; generation: number }
  | { type: 'failed'; generation: number; fault: CameraFault };

/** No new picture for this long: the camera is dead, whatever its track says. */
export const STALL_MS = 2_000;
/** Muted for this long: dead too. Shorter ones happen when a driver wakes up. */
export const MUTE_MS = 2_000;
/** Opening takes longer than this only where a driver hangs. */
export const OPEN_LIMIT_MS = 10_000;
/** After this long in order, the next failure is the first one again. */
const STEADY_MS = 5_000;
/** Windows and Linux announce a camera before it can be opened. */
const SETTLE_MS = 300;
const RETRY_MS = { missing: 3_000, denied: 5_000 } as const;
const BACKOFF_MS = { first: 500, most: 4_000 } as const;

export const CAMERA_OFF: CameraModel = {
  phase: 'off',
  generation: 0,
  fault: null,
  failures: 0,
  since: 0,
  frameAt: 0,
  mutedAt: null,
  retryAt: 0,
};

/** @returns the wait before the next attempt after this many in a row were broken (1, 2, ...), in ms */
export const backoff = (failures: number): number =>
  Math.min(BACKOFF_MS.first * 2 ** Math.max(0, failures - 1), BACKOFF_MS.most);

/** @returns what a person is told */
export const cameraState = ({ phase, fault }: CameraModel): CameraState => {
  if (phase === 'off' || phase === 'live') return phase;
  return fault ?? 'starting';
};

/** @returns the model after the event; the same object when nothing changed */
export const nextCamera = (model: CameraModel, event: CameraEvent, now: number): CameraModel => {
  if ('generation' in event && event.generation !== model.generation) return model;
  switch (event.type) {
    case 'start':
      return model.phase === 'off' ? opening({ ...model, fault: null, failures: 0 }, now) : model;
    case 'stop':
      return model.phase === 'off' ? model : { ...CAMERA_OFF, generation: model.generation + 1, since: now };
    case 'opened':
      return model.phase === 'opening'
        ? { ...model, phase: 'live', fault: null, since: now, frameAt: now, mutedAt: null }
        : model;
    case 'frame':
      if (model.phase !== 'live') return model;
      return { ...model, frameAt: now, failures: now - model.since >= STEADY_MS ? 0 : model.failures };
    case 'muted':
      return model.phase === 'live' && model.mutedAt === null ? { ...model, mutedAt: now } : model;
    case 'unmuted':
      return model.mutedAt === null ? model : { ...model, mutedAt: null, frameAt: now };
    case 'ended':
      return model.phase === 'live' ? failed(model, 'broken', now) : model;
    case 'failed':
      return model.phase === 'opening' || model.phase === 'live' ? failed(model, event.fault, now) : model;
    case 'devices-changed':
      return model.phase === 'waiting' ? { ...model, retryAt: Math.min(model.retryAt, now + SETTLE_MS) } : model;
    default:
      return ticked(model, now);
  }
};

const opening = (model: CameraModel, now: number): CameraModel => ({
  ...model,
  phase: 'opening',
  generation: model.generation + 1,
  since: now,
  mutedAt: null,
});

const failed = (model: CameraModel, fault: CameraFault, now: number): CameraModel => {
  const failures = fault === 'broken' ? model.failures + 1 : 0;
  const wait = fault === 'broken' ? backoff(failures) : RETRY_MS[fault];
  return {
    ...model,
    phase: 'waiting',
    generation: model.generation + 1,
    fault,
    failures,
    since: now,
    mutedAt: null,
    retryAt: now + wait,
  };
};

const ticked = (model: CameraModel, now: number): CameraModel => {
  switch (model.phase) {
    case 'waiting':
      return now >= model.retryAt ? opening(model, now) : model;
    case 'opening':
      return now - model.since >= OPEN_LIMIT_MS ? failed(model, 'broken', now) : model;
    case 'live': {
      const muted = model.mutedAt !== null && now - model.mutedAt > MUTE_MS;
      return muted || now - model.frameAt > STALL_MS ? failed(model, 'broken', now) : model;
    }
    default:
      return model;
  }
};
