import { z } from 'zod';
import type { VisitDetailRecord, VisitRecord } from '../../shared/contracts/centre/schemas.ts';
import { serviceId } from '../../shared/domain/model.ts';
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
import { moveConflicts } from './conflicts.ts';
import { officeDate, type Context } from './context.ts';
import { phoneIn } from './sealing.ts';

/**
 * Visits: who came today, with or without a booking. The office's devices hold those of the present business day; each
 * change of one puts its rows again: what the queue needs for all, the rest for desks. A further ticket of a visit is
 * kept, but stands in no queue. What role a visit plays is worked out in settling.ts.
 */

export interface VisitRow {
  visit_id: string;
  rev: number;
  office_id: number;
  device_id: string | null;
  op_id: string | null;
  seq: number;
  origin: 'booking' | 'walk-in';
  booking_id: string | null;
  service_id: number;
  services: string;
  series: string;
  number: number;
  business_date: string;
  queue_date: string | null;
  occurred_at: number;
  arrived_at: number;
  ranked_at: number;
  received_at: number;
  language: string | null;
  contact: string | null;
  contact_hash: string | null;
  flags: string;
  said_late: number;
  said_starts_at: number | null;
  said_priority: string;
  claim: string | null;
  claim_level: string | null;
  via: 'kiosk' | 'desk';
  override: number;
  redirect: number;
  redirect_to: number | null;
  state: string;
  edits: string;
  claim_confirmed: number;
  claim_document: string | null;
  set_priority: string | null;
  note: string | null;
  people: number;
  companion: number;
  role: 'visit' | 'also' | 'return' | 'undone';
  main_visit: string | null;
  split: number;
  provisional: number;
  order_at: number;
  late: number;
  priority: string;
  collision: string | null;
  told: string | null;
  shown: number;
}

/** A visit as it was told; the rest follows. */
export type NewVisit = Pick<
  VisitRow,
  | 'visit_id'
  | 'office_id'
  | 'device_id'
  | 'op_id'
  | 'seq'
  | 'booking_id'
  | 'business_date'
  | 'occurred_at'
  | 'arrived_at'
  | 'ranked_at'
  | 'language'
  | 'contact'
  | 'contact_hash'
  | 'said_starts_at'
  | 'via'
> & {
  override: boolean;
  services: readonly number[];
  ticket: TicketNumber;
  queue_date: string | null;
  priority: Priority;
  claim: { id: string; level: Priority } | null;
  flags: readonly string[];
  late: boolean;
  redirect: { to: number | null } | null;
};

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
  rev: number;
  office_id: number;
}

const among = <T extends string>(list: readonly T[], text: string): T => {
  const found = list.find((known) => known === text);
  if (found === undefined) throw new Error(`the database holds the unknown word ${text} in a visit`);
  return found;
};

export const stagesOf = ({ db }: Context, visitId: string): Stage[] =>
  db
    .prepare<[string], Omit<Stage, 'state'> & { state: string }>(
      `SELECT service_id, state, window_id, called_at, serving_at, done_at FROM stage WHERE visit_id = ? ORDER BY position`,
    )
    .all(visitId)
    .map((stage) => ({ ...stage, state: among(STAGE_STATES, stage.state) }));

export const visitRow = ({ db }: Context, visitId: string): VisitRow | undefined =>
  db.prepare<[string], VisitRow>('SELECT * FROM visit WHERE visit_id = ?').get(visitId);

/** The visit that a ticket is called by: its own, or the one that it is a further ticket of. */
export const mainOf = (context: Context, visitId: string): string => visitRow(context, visitId)?.main_visit ?? visitId;

const furtherTickets = ({ db }: Context, visitId: string): TicketNumber[] =>
  db
    .prepare<[string], { series: string; number: number }>(
      `SELECT series, number FROM visit WHERE main_visit = ? ORDER BY ranked_at, device_id, seq, visit_id LIMIT 10`,
    )
    .all(visitId)
    .map(({ series, number }) => ({ series: among(SERIES, series), number }));

const isOwn = (row: VisitRow): boolean => row.origin === 'booking' && row.split === 0;

const toVisit = (context: Context, row: VisitRow): Visit => {
  const gone = row.role === 'undone';
  return {
    id: row.visit_id,
    rev: row.rev,
    office_id: row.office_id,
    business_date: row.queue_date ?? row.business_date,
    origin: isOwn(row) ? 'booking' : 'walk-in',
    via: row.via,
    ticket: { series: among(SERIES, row.series), number: row.number },
    also: furtherTickets(context, row.visit_id),
    state: gone ? 'left' : among(VISIT_STATES, row.state),
    priority: among(PRIORITIES, row.priority),
    arrived_at: row.arrived_at,
    order_at: row.order_at,
    // Taken back, it was never called: who of one booking's visits was called depends on who was heard of first.
    services: stagesOf(context, row.visit_id).map((stage) =>
      gone ? { ...stage, state: 'skipped', called_at: null, window_id: null } : stage,
    ),
  };
};

const words = z.array(z.string());

/** What staff may know of it. */
const detailOf = (context: Context, row: VisitRow): VisitDetailRecord => ({
  business_date: row.queue_date ?? row.business_date,
  booking_id: isOwn(row) ? row.booking_id : null,
  claim:
    row.claim === null
      ? null
      : {
          id: row.claim,
          level: among(PRIORITIES, row.claim_level ?? 'none'),
          confirmed: row.claim_confirmed === 1,
          document: row.claim_document,
        },
  phone: phoneIn(context, row.contact),
  note: row.note,
  people: row.people,
  companion: row.companion === 1,
  flags: [...words.parse(JSON.parse(row.flags)).filter((flag) => flag !== 'late'), ...(row.late === 1 ? ['late'] : [])],
});

/** Tells the devices of the office what a visit is now, if that is news; of another day, that it is theirs no more. */
export const publishVisit = (context: Context, visitId: string): void => {
  const { db } = context;
  const row = visitRow(context, visitId);
  if (!row) return;
  const today = officeDate(context, row.office_id, context.now());
  const show = row.queue_date === today && row.main_visit === null;
  if (!show) {
    if (row.shown === 0) return;
    append(context, row.office_id, 'visit', visitId, row.rev, 'evict', null);
    append(context, row.office_id, 'visit_detail', visitId, row.rev, 'evict', null, { role: 'desk' });
    db.prepare('UPDATE visit SET shown = 0, told = NULL WHERE visit_id = ?').run(visitId);
    return;
  }
  const { id: _, rev: __, office_id: ___, ...visit } = toVisit(context, row);
  const detail = detailOf(context, row);
  const told = JSON.stringify([visit, detail]);
  if (row.told === told) return;
  // Both go on together: staff tell by the revision of the visit what they knew of it.
  db.prepare('UPDATE visit SET shown = 1, told = ?, rev = rev + 1 WHERE visit_id = ?').run(told, visitId);
  append(context, row.office_id, 'visit', visitId, row.rev + 1, 'put', visit);
  append(context, row.office_id, 'visit_detail', visitId, row.rev + 1, 'put', detail, { role: 'desk' });
};

/** Evicts the visits of days that are over, and what contradicted them. */
export const moveVisits = (context: Context, officeId: number): void => {
  const today = officeDate(context, officeId, context.now());
  const rows = context.db
    .prepare<[number, number, string], { visit_id: string }>(
      `SELECT visit_id FROM visit WHERE office_id = ? AND shown = 1 UNION
       SELECT visit_id FROM visit WHERE office_id = ? AND queue_date = ?`,
    )
    .all(officeId, officeId, today);
  for (const { visit_id: id } of rows) publishVisit(context, id);
  moveConflicts(context, officeId);
};

const serviceIds = z.array(serviceId);

/** Stages as they are for somebody who has just come. */
export const newStages = ({ db }: Context, visitId: string, services: string): void => {
  const stage = db.prepare(`INSERT INTO stage (visit_id, position, service_id, state) VALUES (?, ?, ?, 'waiting')`);
  serviceIds.parse(JSON.parse(services)).forEach((service, position) => stage.run(visitId, position, service));
};

/** Writes a visit that just came in, with its ticket. What follows from it is not worked out yet. */
export const insertVisit = (context: Context, visit: NewVisit): void => {
  const { db, now } = context;
  const { series, number } = visit.ticket;
  const services = JSON.stringify(visit.services);
  db.prepare(
    `INSERT INTO visit (visit_id, rev, office_id, device_id, op_id, seq, origin, booking_id, service_id, services, series,
       number, business_date, queue_date, occurred_at, arrived_at, ranked_at, received_at, language, contact, contact_hash,
       flags, said_late, said_starts_at, said_priority, claim, claim_level, via, override, redirect, redirect_to, state,
       order_at)
     VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)`,
  ).run(
    visit.visit_id,
    visit.office_id,
    visit.device_id,
    visit.op_id,
    visit.seq,
    visit.booking_id === null ? 'walk-in' : 'booking',
    visit.booking_id,
    visit.services[0],
    services,
    series,
    number,
    visit.business_date,
    visit.queue_date,
    visit.occurred_at,
    visit.arrived_at,
    visit.ranked_at,
    now(),
    visit.language,
    visit.contact,
    visit.contact_hash,
    JSON.stringify(visit.flags),
    visit.late ? 1 : 0,
    visit.said_starts_at,
    visit.priority,
    visit.claim?.id ?? null,
    visit.claim?.level ?? null,
    visit.via,
    visit.override ? 1 : 0,
    visit.redirect ? 1 : 0,
    visit.redirect?.to ?? null,
    visit.arrived_at,
  );
  newStages(context, visit.visit_id, services);
  const ticket = db
    .prepare('INSERT INTO ticket VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .run(visit.visit_id, visit.office_id, visit.business_date, series, number);
  if (ticket.changes === 0) {
    context.log(
      `ALARM: ticket ${series} ${number} of ${visit.business_date} was given twice in office ${visit.office_id}`,
    );
  }
};

/** He was called once more; when he was called stays as it is. */
export const countCall = ({ db }: Context, visitId: string, position: number): void => {
  db.prepare('UPDATE stage SET calls = calls + 1 WHERE visit_id = ? AND position = ?').run(visitId, position);
};

/**
 * Replaces what a visit is still to be served for. Those that are done stay in front, and one that stays keeps its state.
 * @param rest in their order
 */
export const setServices = (context: Context, visitId: string, rest: readonly number[]): void => {
  const { db } = context;
  const before = stagesOf(context, visitId);
  const done = before.filter(({ state }) => state === 'done');
  const open = before.filter(({ state }) => state !== 'done');
  const after = [
    ...done,
    ...rest.map((service): Stage => {
      const at = open.findIndex(({ service_id: id, state }) => id === service && state !== 'skipped');
      const [kept] = at < 0 ? [] : open.splice(at, 1);
      return (
        kept ?? {
          service_id: service,
          state: 'waiting',
          window_id: null,
          called_at: null,
          serving_at: null,
          done_at: null,
        }
      );
    }),
  ];
  db.prepare('DELETE FROM stage WHERE visit_id = ?').run(visitId);
  const insert = db.prepare(
    `INSERT INTO stage (visit_id, position, service_id, state, window_id, called_at, serving_at, done_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  after.forEach((s, position) =>
    insert.run(visitId, position, s.service_id, s.state, s.window_id, s.called_at, s.serving_at, s.done_at),
  );
  const state = ((): VisitState => {
    const now = after.find((stage) => stage.state === 'called' || stage.state === 'serving')?.state;
    if (now === 'called' || now === 'serving') return now;
    return after.every((stage) => stage.state === 'done') ? 'done' : 'waiting';
  })();
  db.prepare('UPDATE visit SET state = ? WHERE visit_id = ?').run(state, visitId);
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

/** All who came on a business day, told in time or not; those who took it back are none of them. */
export const visitsOn = (context: Context, officeId: number, date: string): Visit[] =>
  context.db
    .prepare<[number, string], VisitRow>(
      `SELECT * FROM visit WHERE office_id = ? AND coalesce(queue_date, business_date) = ? AND role = 'visit'`,
    )
    .all(officeId, date)
    .map((row) => toVisit(context, row));

/** Those who wait, are called or are served today in an office, in no order. */
export const visitsInHall = (context: Context, officeId: number): Visit[] =>
  context.db
    .prepare<[number], VisitRow>(
      `SELECT * FROM visit WHERE office_id = ? AND shown = 1 AND role = 'visit' AND state IN ('waiting', 'called', 'serving')`,
    )
    .all(officeId)
    .map((row) => toVisit(context, row));
