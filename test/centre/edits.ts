import { z } from 'zod';
import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import type { Priority } from '../../shared/domain/queue.ts';
import { readEntity } from './change-log.ts';
import { readOffice, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { applied, rejected, type Outcome } from './outcome.ts';
import { settleVisit } from './settling.ts';
import { mainOf, setServices, stagesOf, visitRow, type VisitRow } from './visits.ts';

/**
 * What desks change of a visit. Two may do so at once: what they changed apart from each other is kept, both of it; a
 * change of what somebody else has changed since it was seen is refused, and the desk sees what stands there now.
 */

type Op = Extract<Operation, { type: 'visit.edit' }>;
type Set = Op['payload']['set'];
/** What has a revision of its own. */
type Part = 'note' | 'priority' | 'claim' | 'services' | 'people' | 'companion';

const PARTS: readonly Part[] = ['note', 'priority', 'claim', 'services', 'people', 'companion'];

/** In which revision a part was changed last, and by which device; null: at the centre itself. */
const revisions = z.record(z.string(), z.object({ rev: z.int(), by: z.string().nullable() }));
const lastOf = (row: VisitRow, part: Part): { rev: number; by: string | null } =>
  revisions.parse(JSON.parse(row.edits))[part] ?? { rev: 0, by: null };

/** Writes down that parts of a visit were changed, in the revision that it is told with next. */
export const markEdited = (context: Context, row: VisitRow, parts: readonly Part[], by: string | null): void => {
  const next = Object.fromEntries(parts.map((part) => [part, { rev: row.rev + 1, by }]));
  context.db
    .prepare('UPDATE visit SET edits = ? WHERE visit_id = ?')
    .run(JSON.stringify({ ...revisions.parse(JSON.parse(row.edits)), ...next }), row.visit_id);
};

/** The parts that a change touches, each with what is written for it. */
type Changes = Partial<Record<Part, () => void>>;

/** @returns the services that are left in their order, or why they cannot be those */
const servicesAfter = (context: Context, row: VisitRow, given: readonly number[]): number[] | Outcome => {
  const stages = stagesOf(context, row.visit_id);
  const done = stages.filter(({ state }) => state === 'done').map(({ service_id: id }) => id);
  const rest = [...given];
  for (const id of done) {
    const at = rest.indexOf(id);
    if (at >= 0) rest.splice(at, 1);
  }
  const now = stages.find(({ state }) => state === 'called' || state === 'serving')?.service_id ?? null;
  if (row.state === 'left' || (now !== null && !rest.includes(now)))
    return rejected('already-served', now === null ? 'He has gone' : 'He is called or served for a service of these');
  if (rest.some((id) => readEntity(context, 'service', String(id)) === null))
    return rejected('not-found', 'There is no such service');
  // Who is at a window stays there: that service is the first of those that are left.
  return now === null ? rest : [now, ...rest.toSpliced(rest.indexOf(now), 1)];
};

/** What a change would write; what is as it is said to be is no change. */
const changesOf = (context: Context, row: VisitRow, set: Set): Changes | Outcome => {
  const { db } = context;
  const id = row.visit_id;
  const changes: Changes = {};
  const { note, people, companion, claim, priority, services } = set;
  if (note !== undefined && note !== row.note) {
    changes.note = () => db.prepare('UPDATE visit SET note = ? WHERE visit_id = ?').run(note, id);
  }
  if (people !== undefined && people !== row.people) {
    changes.people = () => db.prepare('UPDATE visit SET people = ? WHERE visit_id = ?').run(people, id);
  }
  if (companion !== undefined && companion !== (row.companion === 1)) {
    changes.companion = () =>
      db.prepare('UPDATE visit SET companion = ? WHERE visit_id = ?').run(companion ? 1 : 0, id);
  }
  let level: Priority | undefined = priority;
  if (claim === null && row.claim !== null) {
    level ??= 'none';
    changes.claim = () =>
      db
        .prepare(
          `UPDATE visit SET claim = NULL, claim_level = NULL, claim_document = NULL, claim_confirmed = 0
           WHERE visit_id = ?`,
        )
        .run(id);
  }
  if (claim) {
    const known = readOffice(context, row.office_id)?.priority_claims.find((one) => one.id === claim.id);
    if (!known) return rejected('not-found', 'The office has no such claim');
    level ??= known.level;
    if (claim.id !== row.claim || claim.document !== row.claim_document || row.claim_confirmed === 0) {
      changes.claim = () =>
        db
          .prepare(
            'UPDATE visit SET claim = ?, claim_level = ?, claim_document = ?, claim_confirmed = 1 WHERE visit_id = ?',
          )
          .run(claim.id, known.level, claim.document, id);
    }
  }
  if (level !== undefined && level !== row.priority) {
    const set_priority = level;
    changes.priority = () => {
      db.prepare('UPDATE visit SET set_priority = ? WHERE visit_id = ?').run(set_priority, id);
      if (claim !== undefined) return;
      // Whoever gives him the level of his claim has seen the document.
      db.prepare('UPDATE visit SET claim_confirmed = claim IS NOT NULL AND claim_level = ? WHERE visit_id = ?').run(
        set_priority,
        id,
      );
    };
  }
  if (services !== undefined) {
    const after = servicesAfter(context, row, services);
    if (!Array.isArray(after)) return after;
    const before = stagesOf(context, id).flatMap(({ state, service_id: service }) =>
      state === 'done' ? [] : [service],
    );
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      changes.services = () => setServices(context, id, after);
    }
  }
  return changes;
};

const isOutcome = (value: Changes | Outcome): value is Outcome => 'status' in value;

export const editVisit = (context: Context, device: Device, op: Op): Outcome => {
  if (!device.roles.includes('desk')) return rejected('not-allowed', 'Only a desk may change a visit');
  const row = visitRow(context, mainOf(context, op.payload.visit_id));
  if (!row || row.office_id !== device.officeId) return rejected('not-found', 'There is no such visit');
  const changes = changesOf(context, row, op.payload.set);
  if (isOutcome(changes)) return changes;
  // Whoever does not say what he saw takes what is there as seen.
  const seen = op.base_rev ?? row.rev;
  // What this device changed itself it knows, though it has not seen the revision yet: it goes on from there.
  const since = PARTS.filter((part) => {
    const { rev, by } = lastOf(row, part);
    return rev > seen && by !== device.id;
  });
  if (since.some((part) => changes[part] !== undefined)) {
    return { ...rejected('stale-revision', 'Somebody else has changed it since'), rev: row.rev };
  }
  const changed = PARTS.filter((part) => changes[part] !== undefined);
  for (const part of changed) changes[part]?.();
  if (changed.length > 0) {
    markEdited(context, row, changed, device.id);
    settleVisit(context, row.visit_id);
    context.db.prepare('UPDATE visit SET rev = max(rev, ?) WHERE visit_id = ?').run(row.rev + 1, row.visit_id);
  }
  const { rev = row.rev } = visitRow(context, row.visit_id) ?? {};
  return { ...applied, ...(since.length > 0 ? { status: 'merged' } : {}), rev };
};
