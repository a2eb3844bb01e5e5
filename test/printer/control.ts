import { z } from 'zod';
import { DROP_POINTS } from './drop-at.ts';

/** Everything that can be changed on a running printer: the body of `POST /control`, the argument of `control()`. */
export const controlSchema = z
  .strictObject({
    paper: z.enum(['ok', 'near', 'out']),
    cover: z.enum(['open', 'closed']),
    cutter: z.enum(['ok', 'jammed']),
    head: z.enum(['ok', 'hot']),
    /** The next cut jams the cutter. */
    jamAtCut: z.boolean(),
    mute: z.boolean(),
    gsH: z.boolean(),
    /** Tells of changes by itself from the next power-on or connection. */
    asb: z.boolean(),
    /** While true status requests are dropped unanswered. */
    stallStatus: z.boolean(),
    /** While true `GS ( H`, `GS r` and `ETB` are answered only when released. */
    holdConfirm: z.boolean(),
    /** While true it stands still: takes data in and answers status, prints nothing. */
    stall: z.boolean(),
    /** Resets the connection after this many further bytes; on a device file the cable comes out. */
    dropAfterBytes: z.int().min(1).max(1_000_000_000),
    /** Resets the connection once at this point of a job; null: no more. */
    dropAt: z.enum(DROP_POINTS).nullable(),
    /** Resets the connections now. */
    drop: z.literal(true),
    /** Puts the cable of the device file in again. */
    plug: z.literal(true),
    halfOpen: z.boolean(),
    /** Out of paper it throws away all it has and all it is sent. */
    loseBuffer: z.boolean(),
    /** null takes the limit away. */
    bytesPerSecond: z.int().min(1).max(1_000_000_000).nullable(),
    loseUnread: z.boolean(),
    /** Millimetres per second, or `max`. */
    speed: z.union([z.number().min(1).max(10_000), z.literal('max')]),
    runOutAfterMm: z.number().min(0).max(1_000_000),
    powerCycle: z.literal(true),
    /** `off` drops the connections and what is in the buffer, and closes the port; `on` opens it again. */
    power: z.enum(['on', 'off']),
    /** Of a printer with a presenter: false takes every ticket at once, true leaves them in its mouth. */
    leaveTickets: z.boolean(),
    /** Takes the ticket out of the presenter. */
    take: z.literal(true),
    /** Tears off what has been printed and not cut. */
    tear: z.literal(true),
    /** true closes the port, false opens it again. */
    refuse: z.boolean(),
  })
  .partial();

export type PrinterControl = z.infer<typeof controlSchema>;

/**
 * Checks a control.
 * @throws {RangeError} naming every field that is unknown or out of range.
 */
export function parseControl(value: unknown): PrinterControl {
  const result = controlSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const where = issue.path.join('.');
    return where === '' ? issue.message : `${where}: ${issue.message}`;
  });
  throw new RangeError(`bad control: ${problems.join('; ')}`);
}
