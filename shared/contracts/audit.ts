import { z } from 'zod';
import { epochMs } from '../domain/model.ts';
import { read } from './define.ts';

/** The audit log as the desk may look at it: who did what to which thing, and whether the chain is whole. */

const seq = z.int().min(1);

/** Every part that is given narrows it. */
export const auditFilter = z.strictObject({
  /** As the log names him: `kiosk`, `system`, `service`, or a member of staff. */
  actor: z.string().min(1).max(100).optional(),
  action: z.string().min(1).max(100).optional(),
  /** A thing as the log names it, or a booking number or ticket number as people say it. */
  entity: z.string().min(1).max(100).optional(),
  from: epochMs.optional(),
  /** The first moment that does not belong to it any more. */
  until: epochMs.optional(),
});
export type AuditFilter = z.output<typeof auditFilter>;

const auditLine = z.strictObject({
  seq,
  at: epochMs,
  actor: z.string(),
  /** Null when it is no member of staff, or one that is not known any more. */
  actorName: z.string().nullable(),
  action: z.string(),
  /** Empty when the entry is about no single thing. */
  entity: z.string(),
  /** What people call it: the number of a ticket or a booking; null when there is no such name. */
  entityName: z.string().nullable(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type AuditLine = z.output<typeof auditLine>;

const auditPage = z.strictObject({
  /** The newest first. */
  entries: z.array(auditLine),
  /** There are older ones: `before` of the next call is the last `seq` of this one. */
  more: z.boolean(),
  /** Whoever stands in the log, and whatever was done, for choosing. Empty when paging back. */
  actors: z.array(z.strictObject({ id: z.string(), name: z.string().nullable() })),
  actions: z.array(z.string()),
});
export type AuditPage = z.output<typeof auditPage>;

const auditChain = z.strictObject({
  /** The number of the last entry; they are numbered from 1 without a gap. */
  entries: z.int().min(0),
  /** The first entry that does not fit what stands before it; null: the chain is whole. */
  brokenAt: seq.nullable(),
  /** SHA-256 of the last entry that fits: whoever notes it down can tell later that nothing before it was changed. */
  head: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditChain = z.output<typeof auditChain>;

const auditExport = z.strictObject({
  /** Name for the file. */
  name: z.string(),
  text: z.string(),
  rows: z.int().min(0),
  /** There were more than one file may have: these are the newest. */
  more: z.boolean(),
});

export const auditMethods = {
  /** Each opening (`before` is null) stands in the log itself. */
  'audit.list': read(
    ['desk'],
    z.strictObject({
      filter: auditFilter,
      before: seq.nullable(),
      limit: z.int().min(1).max(200),
    }),
    auditPage,
  ),
  /** Checks what is new since the last time; with `full` everything again. */
  'audit.verify': read(['desk'], z.strictObject({ full: z.boolean().default(false) }), auditChain),
  /** A table of what the filter leaves. Stands in the log. */
  'audit.csv': read(['desk'], z.strictObject({ filter: auditFilter, language: z.enum(['ru', 'en']) }), auditExport),
} as const;
