import type { Sensors } from './status.ts';

/**
 * Custom's full status, after the command references of KPM210/216 and KPM300: `10 0F`, then paper, user, recoverable
 * errors, unrecoverable errors.
 */
export interface CustomSight {
  readonly sensors: Sensors;
  /** The drag motor is turning. */
  readonly motor: boolean;
  /** Paper left by its own count, in centimetres. */
  readonly leftCm: number;
}

/** The four state bytes of the full status. */
export function customStates({ sensors, motor, leftCm }: CustomSight): [number, number, number, number] {
  const paper =
    (sensors.paper === 'out' ? 0x01 : 0) |
    (sensors.paper === 'ok' ? 0 : 0x04) |
    (sensors.exit === 'ticket' ? 0x20 : 0) |
    (leftCm > 0 ? 0 : 0x40);
  // Head up and cover open come together: the head is in the cover.
  const user = (sensors.cover === 'open' ? 0x03 : 0) | (motor ? 0x08 : 0);
  return [paper, user, sensors.head === 'hot' ? 0x01 : 0, sensors.cutter === 'jammed' ? 0x01 : 0];
}

/** The answer to `DLE EOT 20`. */
export function fullStatus(sight: CustomSight): number[] {
  return [0x10, 0x0f, ...customStates(sight)];
}

/** What `GS E0 mask` sends: the bytes whose bits are set, after `10 mask`; null while the mask names none. */
export function automaticFullStatus(mask: number, sight: CustomSight): number[] | null {
  const wanted = customStates(sight).filter((_, index) => (mask & (1 << index)) !== 0);
  return wanted.length === 0 ? null : [0x10, mask, ...wanted];
}

/** The answer to `DLE EOT 17`: bits 1 and 4 fixed, bit 2 the motor, bit 5 no paper. */
export function printStatus({ sensors, motor }: CustomSight): number {
  return 0x12 | (motor ? 0x04 : 0) | (sensors.paper === 'out' ? 0x20 : 0);
}

/** The answer to `GS E1`, as `510cm`. */
export function paperLeft(leftCm: number): number[] {
  return [...Buffer.from(`${leftCm}cm`, 'latin1')];
}
