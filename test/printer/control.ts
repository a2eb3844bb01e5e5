import { z } from 'zod';

/** Everything that can be changed on a running printer: the body of `POST /control`, the argument of `control()`. */
export const controlSchema = z
  .strictObject({
    paper: z.enum(['ok', 'near', 'out']),
    cover: z.enum(['open', 'closed']),
    cutter: z.enum(['ok', 'jammed']),
    mute: z.boolean(),
    gsH: z.boolean(),
    /** While true `DLE EOT` is dropped unanswered. */
    stallStatus: z.boolean(),
    /** While true `GS ( H` and `GS r` are answered only when released. */
    holdConfirm: z.boolean(),
    /** Resets the connection after this many further bytes. */
    dropAfterBytes: z.int().min(1).max(1_000_000_000),
    halfOpen: z.boolean(),
    /** null takes the limit away. */
    bytesPerSecond: z.int().min(1).max(1_000_000_000).nullable(),
    loseUnread: z.boolean(),
    /** Millimetres per second, or `max`. */
    speed: z.union([z.number().min(1).max(10_000), z.literal('max')]),
    runOutAfterMm: z.number().min(0).max(1_000_000),
    powerCycle: z.literal(true),
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
