/** What the sensors of the printer say. */
export interface Sensors {
  readonly paper: 'ok' | 'near' | 'out';
  readonly cover: 'open' | 'closed';
  readonly cutter: 'ok' | 'jammed';
  /** Too hot to print: it goes on by itself when it has cooled down. */
  readonly head: 'ok' | 'hot';
  /** Of a printer with a presenter: a cut ticket waits in its mouth to be taken. */
  readonly exit: 'free' | 'ticket';
}

export const FINE: Sensors = { paper: 'ok', cover: 'closed', cutter: 'ok', head: 'ok', exit: 'free' };

/** A printer prints only with its cover closed, paper in it and no error. */
export function isOnline(sensors: Sensors): boolean {
  return sensors.cover === 'closed' && sensors.paper !== 'out' && sensors.cutter === 'ok' && sensors.head === 'ok';
}

/**
 * The answer to `DLE EOT n`, n = 1..4 (printer, offline cause, error, roll sensor), as Epson's command reference lays
 * its bits; the fixed bits make every one of them satisfy `(b & 0x93) === 0x12`.
 */
export function realTimeStatus(n: number, sensors: Sensors): number {
  const fixed = 0x12;
  switch (n) {
    case 1:
      return fixed | (isOnline(sensors) ? 0 : 0x08);
    case 2:
      return (
        fixed |
        (sensors.cover === 'open' ? 0x04 : 0) |
        (sensors.paper === 'out' ? 0x20 : 0) |
        (sensors.cutter === 'ok' && sensors.head === 'ok' ? 0 : 0x40)
      );
    case 3:
      return fixed | (sensors.cutter === 'ok' ? 0 : 0x08) | (sensors.head === 'ok' ? 0 : 0x40);
    case 4:
      return fixed | (sensors.paper === 'ok' ? 0 : 0x0c) | (sensors.paper === 'out' ? 0x60 : 0);
    default:
      throw new RangeError(`DLE EOT ${n}: a printer of this kind answers n = 1..4`);
  }
}

/** The answer to `GS r 1`: bits 0,1 near-end, bits 2,3 paper end. */
export function paperStatus(sensors: Sensors): number {
  return (sensors.paper === 'ok' ? 0 : 0x03) | (sensors.paper === 'out' ? 0x0c : 0);
}

/** The four bytes of automatic status back (`GS a`): `(b0 & 0x93) === 0x10`, the others with `(b & 0x90) === 0`. */
export function automaticStatus(sensors: Sensors): readonly [number, number, number, number] {
  return [
    0x10 | (isOnline(sensors) ? 0 : 0x08) | (sensors.cover === 'open' ? 0x20 : 0),
    (sensors.cutter === 'ok' ? 0 : 0x08) | (sensors.head === 'ok' ? 0 : 0x40),
    paperStatus(sensors),
    0x00,
  ];
}

/** Whether a change from `before` to `after` is one that `GS a mask` asked to be told of. */
export function automaticStatusDue(mask: number, before: Sensors, after: Sensors): boolean {
  const online = (mask & 0x02) !== 0 && (isOnline(before) !== isOnline(after) || before.cover !== after.cover);
  const error = (mask & 0x04) !== 0 && (before.cutter !== after.cutter || before.head !== after.head);
  const paper = (mask & 0x08) !== 0 && before.paper !== after.paper;
  return online || error || paper;
}
