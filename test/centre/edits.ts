import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { applied, rejected, type Outcome } from './outcome.ts';
import { settleVisit } from './settling.ts';
import { mainOf, visitRow } from './visits.ts';

/**
 * What desks change of a visit. Two may do so at once: what they changed apart from each other is kept, both of it; a
 * change of what somebody else has changed since it was seen is refused, and the desk sees what stands there now.
 */
export const editVisit = (
  context: Context,
  device: Device,
  op: Extract<Operation, { type: 'visit.edit' }>,
): Outcome => {
  const { set } = op.payload;
  if (!device.roles.includes('desk')) return rejected('not-allowed', 'Only a desk may change a visit');
  const row = visitRow(context, mainOf(context, op.payload.visit_id));
  if (!row || row.office_id !== device.officeId) return rejected('not-found', 'There is no such visit');
  // Whoever does not say what he saw takes what is there as seen.
  const seen = op.base_rev ?? row.rev;
  const note = set.note !== undefined && set.note !== row.note;
  const priority = set.priority !== undefined && set.priority !== row.priority;
  const stale = (note && row.note_rev > seen) || (priority && row.priority_rev > seen);
  if (stale) return { ...rejected('stale-revision', 'Somebody else has changed it since'), rev: row.rev };
  const elsewhere = (!note && row.note_rev > seen) || (!priority && row.priority_rev > seen);
  // What it is told with next.
  const next = row.rev + 1;
  const { db } = context;
  if (note) {
    db.prepare('UPDATE visit SET note = ?, note_rev = ? WHERE visit_id = ?').run(set.note ?? null, next, row.visit_id);
  }
  if (priority) {
    db.prepare(
      `UPDATE visit SET set_priority = ?, priority_rev = ?,
         claim_confirmed = claim IS NOT NULL AND claim_level = ? WHERE visit_id = ?`,
    ).run(set.priority, next, set.priority, row.visit_id);
  }
  if (note || priority) {
    settleVisit(context, row.visit_id);
    db.prepare('UPDATE visit SET rev = max(rev, ?) WHERE visit_id = ?').run(next, row.visit_id);
  }
  const { rev = row.rev } = visitRow(context, row.visit_id) ?? {};
  return { ...applied, ...(elsewhere ? { status: 'merged' } : {}), rev };
};
