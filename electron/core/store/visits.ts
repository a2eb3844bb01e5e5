import type { KnownVisit } from '../../../shared/domain/decide.ts';
import { PRIORITIES, type Estimate, type Priority } from '../../../shared/domain/queue.ts';
import { SERIES, type TicketNumber } from '../../../shared/domain/ticket-number.ts';
import type { PrintJobView } from '../../../shared/contracts/app.ts';
import { jobView } from '../printing/jobs.ts';
import type { SqlRow } from '../ports.ts';
import { bool, int, json, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from './sql.ts';

/** Visits and their tickets: what happened in this room. */

/** A visit with its ticket; views.ts makes of it what the page and the paper may show. */
export interface VisitRow {
  visitId: string;
  ticketId: string;
  businessDate: string;
  /** Null for a walk-in. */
  bookingId: string | null;
  /** In their order, at least one. */
  services: readonly number[];
  startsAt: number | null;
  arrivedAt: number;
  provisional: boolean;
  language: string;
  number: TicketNumber;
  /** Id in the office's list. */
  claim: string | null;
  /** What counts without the desk: the booking's own, or a claim that counts at once. */
  priority: Priority;
  late: boolean;
  flags: readonly string[];
  /** What was told about the wait. */
  told: { ahead: number; fromMinutes: number; toMinutes: number } | null;
}

/** What a visitor is told of his wait, where there is something to tell. */
export const toldOf = (estimate: Estimate): VisitRow['told'] =>
  estimate.known ? { ahead: estimate.ahead, fromMinutes: estimate.fromMinutes, toMinutes: estimate.toMinutes } : null;

/** Writes a visit with its ticket. */
export const insertVisit = (db: WriteDb, v: VisitRow): void => {
  const [first, ...further] = v.services;
  if (first === undefined) throw new Error('a visit has no service');
  db.run(sql`INSERT INTO visit (visit_id, business_date, origin, booking_id, service_id, further_services, starts_at,
      arrived_at, provisional, language, claim, priority, late, flags, told_ahead, told_from, told_to)
    VALUES (${v.visitId}, ${v.businessDate}, ${v.bookingId === null ? 'walk-in' : 'booking'}, ${v.bookingId}, ${first},
      ${JSON.stringify(further)}, ${v.startsAt}, ${v.arrivedAt}, ${v.provisional}, ${v.language}, ${v.claim}, ${v.priority},
      ${v.late}, ${JSON.stringify(v.flags)}, ${v.told?.ahead ?? null}, ${v.told?.fromMinutes ?? null},
      ${v.told?.toMinutes ?? null})`);
  db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
    VALUES (${v.ticketId}, ${v.visitId}, ${v.businessDate}, ${v.number.series}, ${v.number.number}, ${v.arrivedAt})`);
};

const VISIT = `SELECT visit.*, ticket.ticket_id, ticket.series, ticket.number FROM visit JOIN ticket USING (visit_id)`;
const BY_VISIT = `${VISIT} WHERE visit_id = ?`;
const BY_TICKET = `${VISIT} WHERE ticket_id = ?`;
const NEWEST = `${VISIT} ORDER BY arrived_at DESC, visit_id DESC LIMIT ?`;

const visitOf = (row: SqlRow): VisitRow => {
  const ahead = orNull(row, 'told_ahead', int);
  return {
    visitId: text(row, 'visit_id'),
    ticketId: text(row, 'ticket_id'),
    businessDate: text(row, 'business_date'),
    bookingId: orNull(row, 'booking_id', text),
    services: [int(row, 'service_id'), ...json<number[]>(row, 'further_services')],
    startsAt: orNull(row, 'starts_at', int),
    arrivedAt: int(row, 'arrived_at'),
    provisional: bool(row, 'provisional'),
    language: text(row, 'language'),
    number: { series: oneOf(SERIES, text(row, 'series'), 'series'), number: int(row, 'number') },
    claim: orNull(row, 'claim', text),
    priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
    late: bool(row, 'late'),
    flags: json<string[]>(row, 'flags'),
    told: ahead === null ? null : { ahead, fromMinutes: int(row, 'told_from'), toMinutes: int(row, 'told_to') },
  };
};

export const readVisit = (db: ReadDb, visitId: string): VisitRow | null => {
  const row = db.get({ text: BY_VISIT, params: [visitId] });
  return row ? visitOf(row) : null;
};

export const readVisitOfTicket = (db: ReadDb, ticketId: string): VisitRow | null => {
  const row = db.get({ text: BY_TICKET, params: [ticketId] });
  return row ? visitOf(row) : null;
};

export const readVisitOfBooking = (db: ReadDb, bookingId: string, businessDate: string): VisitRow | null => {
  // In two steps: nearly always there is none yet, and that is told without a join.
  const row = db.get(
    sql`SELECT visit_id FROM visit WHERE booking_id = ${bookingId} AND business_date = ${businessDate}
      AND undone_at IS NULL`,
  );
  return row ? readVisit(db, text(row, 'visit_id')) : null;
};

/** Newest first. */
export const listVisits = (db: ReadDb, limit: number): VisitRow[] =>
  db.all({ text: NEWEST, params: [limit] }).map(visitOf);

/** All papers of a ticket, the first one first. */
export const jobsOfTicket = (db: ReadDb, ticketId: string): PrintJobView[] =>
  db.all(sql`SELECT * FROM print_job WHERE ticket_id = ${ticketId} ORDER BY copy`).map(jobView);

/** All papers of a ticket, or of a visit of another device that were printed here, the first one first. */
export const jobsOfPaper = (db: ReadDb, of: { ticket: string } | { elsewhere: string }): PrintJobView[] =>
  'ticket' in of
    ? jobsOfTicket(db, of.ticket)
    : db.all(sql`SELECT * FROM print_job WHERE elsewhere_id = ${of.elsewhere} ORDER BY copy`).map(jobView);

/** How far a visit is, as the centre has told; null when it has not. */
const servedOf = (db: ReadDb, visitId: string): boolean | null => {
  const row = db.get(sql`SELECT state FROM queue_visit WHERE visit_id = ${visitId}`);
  return row ? text(row, 'state') === 'done' : null;
};

export const knownVisit = (db: ReadDb, visit: VisitRow): KnownVisit => {
  const jobs = jobsOfTicket(db, visit.ticketId);
  const last = jobs.at(-1);
  return {
    visitId: visit.visitId,
    arrivedAt: visit.arrivedAt,
    number: visit.number,
    startsAt: visit.startsAt,
    copies: last?.copy ?? 0,
    ours: true,
    served: servedOf(db, visit.visitId),
    // Only a job that had not begun can expire.
    paperless: jobs.length > 0 && jobs.every((j) => j.state === 'expired'),
    printing: last !== undefined && ['queued', 'blocked', 'sending'].includes(last.state),
  };
};

/** A visit that another device made, as the centre tells it; null when it is not of that day. */
export const visitElsewhere = (db: ReadDb, visitId: string, businessDate: string): KnownVisit | null => {
  const row = db.get(sql`SELECT * FROM queue_visit WHERE visit_id = ${visitId} AND business_date = ${businessDate}`);
  return row
    ? {
        visitId,
        arrivedAt: int(row, 'arrived_at'),
        number: { series: oneOf(SERIES, text(row, 'series'), 'series'), number: int(row, 'number') },
        startsAt: null,
        copies: 0,
        ours: false,
        served: text(row, 'state') === 'done',
        paperless: false,
        printing: false,
      }
    : null;
};

/** A visit that another device made, as far as it is needed for a copy of its ticket; null when the centre has not told. */
export const feedVisit = (db: ReadDb, visitId: string): VisitRow | null => {
  const row = db.get(sql`SELECT * FROM queue_visit WHERE visit_id = ${visitId}`);
  if (!row) return null;
  const services = db
    .all(sql`SELECT service_id FROM queue_stage WHERE visit_id = ${visitId} ORDER BY position`)
    .map((stage) => int(stage, 'service_id'));
  const booked = text(row, 'origin') === 'booking';
  return {
    visitId,
    ticketId: visitId,
    businessDate: text(row, 'business_date'),
    bookingId: null,
    services: services.length > 0 ? services : [int(row, 'service_id')],
    startsAt: booked ? int(row, 'order_at') : null,
    arrivedAt: int(row, 'arrived_at'),
    provisional: false,
    language: 'ru',
    number: { series: oneOf(SERIES, text(row, 'series'), 'series'), number: int(row, 'number') },
    claim: null,
    priority: oneOf(PRIORITIES, text(row, 'priority'), 'priority'),
    late: false,
    flags: [],
    told: null,
  };
};

/**
 * When this device gave its latest walk-in tickets of a day, epoch ms, the newest first. Those of the future are of a
 * clock that has been set right since.
 */
export const latestWalkIns = (db: ReadDb, businessDate: string, now: number, limit: number): number[] =>
  db
    .all(
      sql`SELECT arrived_at FROM visit WHERE origin = 'walk-in' AND business_date = ${businessDate}
          AND arrived_at <= ${now} ORDER BY arrived_at DESC LIMIT ${limit}`,
    )
    .map((row) => int(row, 'arrived_at'));
