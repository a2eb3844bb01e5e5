import type { VisitRecord } from '../../shared/contracts/centre/schemas.ts';
import {
  PRIORITIES,
  STAGE_STATES,
  VISIT_STATES,
  type Priority,
  type StageState,
  type VisitState,
} from '../../shared/domain/queue.ts';
import { SERIES, type TicketNumber } from '../../shared/domain/ticket-number.ts';
import { append } from './change-log.ts';
import { officeDate, type Context } from './context.ts';

/**
 * Visits: who came today, with or without a booking. The office's devices hold those of the present business day; each
 * change of one puts its row again. A second ticket of the same visit is kept, but stands in no queue.
 */

export interface NewVisit {
  visit_id: string;
  office_id: number;
  /** Null, both: given out by the centre itself. */
  device_id: string | null;
  op_id: string | null;
  /** Null: without a booking. */
  booking_id: string | null;
  services: readonly number[];
  ticket: TicketNumber;
  business_date: string;
  provisional: boolean;
  occurred_at: number;
  arrived_at: number;
  order_at: number;
  priority: Priority;
  claim: { id: string; level: Priority } | null;
  language: string | null;
  /** JSON, with what is sealed in it. */
  contact: string | null;
  flags: readonly string[];
  late: boolean;
  conflict: string | null;
  linked_visit: string | null;
}

interface VisitRow {
  visit_id: string;
  rev: number;
  office_id: number;
  origin: string;
  booking_id: string | null;
  series: string;
  number: number;
  business_date: string;
  arrived_at: number;
  order_at: number;
  state: string;
  priority: string;
  conflict: string | null;
  linked_visit: string | null;
  shown: number;
}

export interface Stage {
  service_id: number;
  state: StageState;
  window_id: number | null;
  called_at: number | null;
  serving_at: number | null;
  done_at: number | null;
}

/** A visit as the queue sees it. */
export interface Visit extends VisitRecord {
  id: string;
  office_id: number;
  booking_id: string | null;
}

const among = <T extends string>(list: readonly T[], text: string): T => {
  const found = list.find((known) => known === text);
  if (found === undefined) throw new Error(`the database holds the unknown word ${text} in a visit`);
  return found;
};

const stagesOf = ({ db }: Context, visitId: string): Stage[] =>
  db
    .prepare<[string], Omit<Stage, 'state'> & { state: string }>(
      `SELECT service_id, state, window_id, called_at, serving_at, done_at FROM stage WHERE visit_id = ? ORDER BY position`,
    )
    .all(visitId)
    .map((stage) => ({ ...stage, state: among(STAGE_STATES, stage.state) }));

const visitRow = ({ db }: Context, visitId: string): VisitRow | undefined =>
  db.prepare<[string], VisitRow>('SELECT * FROM visit WHERE visit_id = ?').get(visitId);

const toVisit = (context: Context, row: VisitRow): Visit => ({
  id: row.visit_id,
  office_id: row.office_id,
  booking_id: row.booking_id,
  business_date: row.business_date,
  origin: row.origin === 'booking' ? 'booking' : 'walk-in',
  ticket: { series: among(SERIES, row.series), number: row.number },
  state: among(VISIT_STATES, row.state),
  priority: among(PRIORITIES, row.priority),
  arrived_at: row.arrived_at,
  order_at: row.order_at,
  services: stagesOf(context, row.visit_id),
});

export const readVisit = (context: Context, visitId: string): Visit | null => {
  const row = visitRow(context, visitId);
  return row ? toVisit(context, row) : null;
};

/** A second ticket of a visit that stands in the queue already. */
const isAlias = (row: Pick<VisitRow, 'conflict' | 'linked_visit'>): boolean =>
  row.conflict === 'double-checkin' && row.linked_visit !== null;

/** Tells the devices of the office what a visit is now; of another day, that it is theirs no more. */
const publish = (context: Context, row: VisitRow, changed: boolean): void => {
  const today = officeDate(context, row.office_id, context.now());
  const show = row.business_date === today && !isAlias(row);
  if (row.shown === 1 && !show) append(context, row.office_id, 'visit', row.visit_id, row.rev, 'evict', null);
  if (show && (changed || row.shown === 0)) {
    const { id: _, office_id: __, booking_id: ___, ...data } = toVisit(context, row);
    append(context, row.office_id, 'visit', row.visit_id, row.rev, 'put', data);
  }
  if ((row.shown === 1) !== show) {
    context.db.prepare('UPDATE visit SET shown = ? WHERE visit_id = ?').run(show ? 1 : 0, row.visit_id);
  }
};

/** Evicts the visits of days that are over. */
export const moveVisits = (context: Context, officeId: number): void => {
  const today = officeDate(context, officeId, context.now());
  const rows = context.db
    .prepare<[number, number, string], VisitRow>(
      `SELECT * FROM visit WHERE office_id = ? AND shown = 1 UNION
       SELECT * FROM visit WHERE office_id = ? AND business_date = ?`,
    )
    .all(officeId, officeId, today);
  for (const row of rows) publish(context, row, false);
};

/** To be called after each change of a visit or its stages. */
export const visitChanged = (context: Context, visitId: string): void => {
  context.db.prepare('UPDATE visit SET rev = rev + 1 WHERE visit_id = ?').run(visitId);
  const row = visitRow(context, visitId);
  if (row) publish(context, row, true);
  context.tell({ type: 'visit' });
};

/**
 * Writes a visit that just came in, with its ticket.
 * @returns false when another ticket of the day has the same number: the visit is there all the same, and is flagged
 */
export const addVisit = (context: Context, visit: NewVisit): boolean =>
  context.write(() => {
    const { db, now } = context;
    const { series, number } = visit.ticket;
    db.prepare(
      `INSERT INTO visit (visit_id, rev, office_id, device_id, op_id, origin, booking_id, service_id, series, number,
         business_date, provisional, occurred_at, arrived_at, order_at, received_at, state, priority, claim, claim_level,
         language, contact, flags, late, conflict, linked_visit)
       VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      visit.visit_id,
      visit.office_id,
      visit.device_id,
      visit.op_id,
      visit.booking_id === null ? 'walk-in' : 'booking',
      visit.booking_id,
      visit.services[0],
      series,
      number,
      visit.business_date,
      visit.provisional ? 1 : 0,
      visit.occurred_at,
      visit.arrived_at,
      visit.order_at,
      now(),
      visit.priority,
      visit.claim?.id ?? null,
      visit.claim?.level ?? null,
      visit.language,
      visit.contact,
      JSON.stringify(visit.flags),
      visit.late ? 1 : 0,
      visit.conflict,
      visit.linked_visit,
    );
    const stage = db.prepare(`INSERT INTO stage (visit_id, position, service_id, state) VALUES (?, ?, ?, 'waiting')`);
    visit.services.forEach((service, position) => stage.run(visit.visit_id, position, service));
    const ticket = db
      .prepare('INSERT INTO ticket VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
      .run(visit.visit_id, visit.office_id, visit.business_date, series, number);
    const unique = ticket.changes > 0;
    if (!unique) {
      context.log(
        `ALARM: ticket ${series} ${number} of ${visit.business_date} was given twice in office ${visit.office_id}`,
      );
      db.prepare(`UPDATE visit SET conflict = coalesce(conflict, 'number-used-twice') WHERE visit_id = ?`).run(
        visit.visit_id,
      );
    }
    visitChanged(context, visit.visit_id);
    return unique;
  });

/** The booking of a visitor came in after him: he stands where it says, unless he came too late for it. */
export const placeVisitOf = (
  context: Context,
  visitId: string,
  booking: { startsAt: number; priority: Priority },
): void => {
  const { changes } = context.db
    .prepare(
      `UPDATE visit SET order_at = CASE late WHEN 1 THEN order_at ELSE ? END, priority = ?
       WHERE visit_id = ? AND conflict IS NULL`,
    )
    .run(booking.startsAt, booking.priority, visitId);
  if (changes > 0) visitChanged(context, visitId);
};

/** Sets the state of a visit and of one of its stages. */
export const setStage = (
  context: Context,
  visitId: string,
  position: number,
  stage: Stage,
  state: VisitState,
): void => {
  const { db } = context;
  db.prepare(
    `UPDATE stage SET state = ?, window_id = ?, called_at = ?, serving_at = ?, done_at = ?
     WHERE visit_id = ? AND position = ?`,
  ).run(stage.state, stage.window_id, stage.called_at, stage.serving_at, stage.done_at, visitId, position);
  db.prepare('UPDATE visit SET state = ? WHERE visit_id = ?').run(state, visitId);
};

/** Those who wait, are called or are served today in an office, in no order. */
export const visitsInHall = (context: Context, officeId: number): Visit[] =>
  context.db
    .prepare<[number], VisitRow>(
      `SELECT * FROM visit WHERE office_id = ? AND shown = 1 AND state IN ('waiting', 'called', 'serving')`,
    )
    .all(officeId)
    .map((row) => toVisit(context, row));
