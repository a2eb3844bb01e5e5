import type { CameraFault } from './camera-state.ts';

export interface CameraInfo {
  readonly id: string;
  /** As the driver names it, maybe empty. */
  readonly label: string;
}

const FRONT = /front|user|face|фронт|передн/i;
const REAR = /back|rear|environment|world|задн|тыл/i;
/** Infrared cameras of face recognition, and cameras that are programs. */
const UNFIT = /infrared|\bir\b|virtual|obs\b/i;

const rank = (label: string): number => (UNFIT.test(label) ? 3 : REAR.test(label) ? 2 : FRONT.test(label) ? 0 : 1);

/**
 * @param wanted the name of the camera that was chosen for this machine; one that is not there is not waited for
 * @returns it, else the camera that looks at the visitor, as far as names tell, else the first; null if there is none
 */
export const pickCamera = (cameras: readonly CameraInfo[], wanted: string | null = null): CameraInfo | null =>
  cameras.find(({ label }) => label !== '' && label === wanted) ??
  cameras.toSorted((a, b) => rank(a.label) - rank(b.label))[0] ??
  null;

/** @returns what an error of `getUserMedia` means (its names: Media Capture and Streams, 10.2) */
export const cameraFault = (error: unknown): CameraFault => {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return 'broken';
};
