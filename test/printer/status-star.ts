import { isOnline, type Sensors } from './status.ts';

/**
 * Star's status (ASB), after Star Micronics, "STAR Line Mode Command Specifications", appendix 2: two bytes of header and
 * seven of state. Bits 0, 4 and 7 of every byte are fixed, so numbers go into bits 1, 2, 3, 5 and 6.
 */
export const ASB_LENGTH = 9;

/** A number of five bits as Star puts it into a byte. */
const spread = (value: number): number => ((value & 0x07) << 1) | ((value & 0x18) << 2);

/** Header 1 tells the length (and is the only byte with bit 0 set), header 2 the version: 3, up to the ninth byte. */
const HEADER: readonly [number, number] = [spread(ASB_LENGTH) | 0x01, spread(3)];

/** What the printer has done beside what its sensors see. */
export interface StarCounts {
  /** `ETB`s carried out, 0..31. */
  readonly counter: number;
  /** One was carried out since the last status was sent. */
  readonly executed: boolean;
}

/** The nine bytes of the status. */
export function starStatus(sensors: Sensors, { counter, executed }: StarCounts): number[] {
  return [
    ...HEADER,
    (sensors.cover === 'open' ? 0x20 : 0) | (isOnline(sensors) ? 0 : 0x08) | (executed ? 0x02 : 0),
    (sensors.head === 'hot' ? 0x40 : 0) | (sensors.cutter === 'jammed' ? 0x08 : 0),
    0x00,
    (sensors.paper === 'out' ? 0x08 : 0) | (sensors.paper === 'ok' ? 0 : 0x04),
    0x00,
    spread(counter),
    0x00,
  ];
}

/** The one byte that `EOT` is answered with: paper in bits 2 and 3, bit 4 fixed (TSP700 manual, Line Mode). */
export function starPaperByte(sensors: Sensors): number {
  return 0x10 | (sensors.paper === 'out' ? 0x08 : 0) | (sensors.paper === 'ok' ? 0 : 0x04);
}
