import { z } from 'zod';
import { businessDay, epochMs, ticketNumber, uuid } from '../domain/model.ts';
import { read, write } from './define.ts';
import { printerView, printJobView } from './views.ts';

/** Printers for those who look after them, and the question that only a person can answer. */

const nothing = z.strictObject({});
const papers = z.int().min(0);

export const recentJobView = z.strictObject({
  ...printJobView.omit({ printer: true }).shape,
  /** Null: it was no ticket of this machine. */
  number: ticketNumber.nullable(),
  place: z.enum(['kiosk', 'desk']),
  queuedAt: epochMs,
  finishedAt: epochMs.nullable(),
  /** Of paper; null while it was not sent. */
  mm: papers.nullable(),
});
export type RecentJobView = z.output<typeof recentJobView>;

const span = { since: epochMs, until: epochMs.nullable() };
export const printerHistoryView = z.strictObject({
  printer: printerView,
  /** The newest first; the first one is in (`until` null). Millimetres that were printed on it. */
  rolls: z.array(z.strictObject({ ...span, mm: papers, papers })).max(100),
  /** What became of papers, by business day, the newest first: by grade, by a person's word, not known, not printed. */
  days: z
    .array(
      z.strictObject({
        day: businessDay,
        papers: z.partialRecord(z.enum(['A', 'B', 'C', 'D', 'E', 'said', 'unknown', 'expired']), papers),
      }),
    )
    .max(100),
  /** The newest first; `until` null: it is so now. `kind` is a reason why nothing is printed, `paper-low` or `mute`. */
  faults: z.array(z.strictObject({ ...span, kind: z.string().max(20) })).max(500),
  /** The newest first. */
  jobs: z.array(recentJobView).max(100),
});
export type PrinterHistoryView = z.output<typeof printerHistoryView>;

export const printersMethods = {
  /**
   * "Did it come out?" Yes: it counts as printed by the visitor's word. No: the desk is told, as it is when nobody answers
   * within twenty seconds. A printer that has said so itself is believed.
   */
  'print.answer': write(['kiosk', 'service'], z.strictObject({ job: uuid, out: z.boolean() }), printJobView, {
    repeatable: true,
  }),
  'printers.history': read(['desk', 'service'], nothing, z.array(printerHistoryView)),
  /** Another roll is in, which a printer does not always notice. */
  'printers.newRoll': write(['desk', 'service'], z.strictObject({ printer: z.string().min(1).max(20) }), nothing, {
    repeatable: true,
  }),
} as const;
