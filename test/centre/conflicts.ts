import type { ConflictRecord, Operation } from '../../shared/contracts/centre/schemas.ts';
import { CONFLICTS } from '../../shared/contracts/centre/schemas.ts';
import { addDays } from '../../shared/domain/business-day.ts';
import { append } from './change-log.ts';
import { officeDate, type Context } from './context.ts';
import { publishPerson } from './persons.ts';

/**
 * What contradicts what, for the desks of an office: one row for an operation at the most. They are worked out anew
 * whenever something comes in that bears on them; one that is no more leaves a tombstone.
 */

/** Conflicts of older business days are nobody's to decide. */
export const LIVE_DAYS = 3;

export type Conflict = ConflictRecord;

interface ConflictRow {
  conflict_id: string;
  rev: number;
  office_id: number;
  type: string;
  business_date: string;
  at: number;
  visit_id: string | null;
  other_visit_id: string | null;
  booking_id: string | null;
  service_id: number | null;
  since: number | null;
  open: number;
  absent: number;
  shown: number;
}

const rowOf = ({ db }: Context, id: string): ConflictRow | undefined =>
  db.prepare<[string], ConflictRow>('SELECT * FROM conflict WHERE conflict_id = ?').get(id);

const toConflict = (row: ConflictRow): Conflict => {
  const type = CONFLICTS.find((known) => known === row.type);
  if (type === undefined) throw new Error(`the database holds the unknown conflict ${row.type}`);
  const { business_date, at, visit_id, other_visit_id, booking_id, service_id, since } = row;
  return { type, business_date, at, visit_id, other_visit_id, booking_id, service_id, since, open: row.open === 1 };
};

/** The conflict of an operation; null when there is none. */
export const readConflict = (context: Context, id: string): Conflict | null => {
  const row = rowOf(context, id);
  return row?.absent === 0 ? toConflict(row) : null;
};

/** Conflicts of an office on its present business day, the latest first, open ones before the others. */
export const conflictsToday = (context: Context, officeId: number): (Conflict & { id: string })[] =>
  context.db
    .prepare<[number], ConflictRow>(
      'SELECT * FROM conflict WHERE office_id = ? AND shown = 1 ORDER BY open DESC, at DESC, conflict_id DESC',
    )
    .all(officeId)
    .map((row) => ({ id: row.conflict_id, ...toConflict(row) }));

const publish = (context: Context, row: ConflictRow, changed: boolean): void => {
  const first = addDays(officeDate(context, row.office_id, context.now()), -LIVE_DAYS);
  const live = row.business_date >= first;
  const show = live && row.absent === 0;
  if (row.shown === 1 && !show) {
    append(context, row.office_id, 'conflict', row.conflict_id, row.rev, live ? 'del' : 'evict', null, {
      role: 'desk',
    });
  }
  if (show && (changed || row.shown === 0)) {
    append(context, row.office_id, 'conflict', row.conflict_id, row.rev, 'put', toConflict(row), { role: 'desk' });
  }
  if ((row.shown === 1) !== show) {
    context.db.prepare('UPDATE conflict SET shown = ? WHERE conflict_id = ?').run(show ? 1 : 0, row.conflict_id);
  }
  if (row.type === 'request-rejected' && row.booking_id !== null) publishPerson(context, row.booking_id);
  context.tell({ type: 'visit' });
};

const FIELDS = [
  'type',
  'business_date',
  'at',
  'visit_id',
  'other_visit_id',
  'booking_id',
  'service_id',
  'since',
] as const;

/** Says what an operation collides with. @param given null: with nothing (any more) */
export const setConflict = (context: Context, officeId: number, id: string, given: Conflict | null): void => {
  const { db } = context;
  const known = rowOf(context, id);
  if (!given) {
    if (known?.absent !== 0) return;
    db.prepare('UPDATE conflict SET absent = 1, rev = rev + 1 WHERE conflict_id = ?').run(id);
    publish(context, { ...known, absent: 1, rev: known.rev + 1 }, true);
    return;
  }
  const open = given.open && how(context, officeId, id) === null ? 1 : 0;
  if (known?.absent === 0 && known.open === open && FIELDS.every((field) => known[field] === given[field])) return;
  const row: ConflictRow = {
    ...given,
    conflict_id: id,
    rev: (known?.rev ?? 0) + 1,
    office_id: officeId,
    open,
    absent: 0,
    shown: known?.shown ?? 0,
  };
  db.prepare(
    `INSERT INTO conflict (conflict_id, rev, office_id, type, business_date, at, visit_id, other_visit_id, booking_id,
       service_id, since, open, absent, shown)
     VALUES (@conflict_id, @rev, @office_id, @type, @business_date, @at, @visit_id, @other_visit_id, @booking_id,
       @service_id, @since, @open, @absent, @shown)
     ON CONFLICT DO UPDATE SET rev = excluded.rev, office_id = excluded.office_id, type = excluded.type,
       business_date = excluded.business_date, at = excluded.at, visit_id = excluded.visit_id,
       other_visit_id = excluded.other_visit_id, booking_id = excluded.booking_id, service_id = excluded.service_id,
       since = excluded.since, open = excluded.open, absent = 0`,
  ).run(row);
  publish(context, row, true);
};

/** What the desks of an office decided about a conflict: that they are two people outweighs that it was seen. */
export const how = ({ db }: Context, officeId: number, id: string): 'seen' | 'split' | null => {
  const row = db
    .prepare<[string, number], { how: 'seen' | 'split' }>(
      `SELECT how FROM resolution WHERE conflict_id = ? AND office_id = ? ORDER BY how = 'split' DESC LIMIT 1`,
    )
    .get(id, officeId);
  return row?.how ?? null;
};

/** Writes down a decision; what follows from it is worked out by the caller. */
export const decide = (
  { db }: Context,
  device: { id: string; officeId: number },
  op: Extract<Operation, { type: 'conflict.resolve' }>,
  at: number,
): void => {
  db.prepare('INSERT INTO resolution VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
    op.payload.conflict_id.toLowerCase(),
    device.officeId,
    device.id,
    op.op_id.toLowerCase(),
    op.payload.how,
    at,
  );
};

/** Evicts the conflicts of days that nobody decides about any more. */
export const moveConflicts = (context: Context, officeId: number): void => {
  const rows = context.db
    .prepare<[number], ConflictRow>('SELECT * FROM conflict WHERE office_id = ? AND shown = 1')
    .all(officeId);
  for (const row of rows) publish(context, row, false);
};
