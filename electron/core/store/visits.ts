import type { PrintJobView, VisitView } from '../../../shared/contracts/app.ts';
import type { KnownVisit } from '../../../shared/domain/decide.ts';
import type { Series, TicketNumber } from '../../../shared/domain/ticket-number.ts';
import type { TicketContent } from '../ports.ts';
import { jobView } from '../printing/jobs.ts';
import { formatTicketNumber } from '../../../shared/domain/ticket-number.ts';
import { visitCode } from '../../../shared/domain/visit-code.ts';
import { readOffice, readService, type Device } from './registry.ts';
import { bool, int, orNull, sql, text, type ReadDb, type WriteDb } from './sql.ts';

/** Visits and their tickets: what happened in this room. */

/** Writes a visit that came by a booking, with its ticket. */
export const insertVisit = (db: WriteDb, v: VisitRow & { bookingId: string }): void => {
  db.run(sql`INSERT INTO visit (visit_id, business_date, origin, booking_id, service_id, starts_at, arrived_at, provisional, language)
    VALUES (${v.visitId}, ${v.businessDate}, 'booking', ${v.bookingId}, ${v.serviceId}, ${v.startsAt}, ${v.arrivedAt}, ${v.provisional}, ${v.language})`);
  db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
    VALUES (${v.ticketId}, ${v.visitId}, ${v.businessDate}, ${v.number.series}, ${v.number.number}, ${v.arrivedAt})`);
};

const VISIT = `SELECT visit.*, ticket.ticket_id, ticket.series, ticket.number FROM visit JOIN ticket USING (visit_id)`;
const BY_VISIT = `${VISIT} WHERE visit_id = ?`;
const BY_TICKET = `${VISIT} WHERE ticket_id = ?`;
const NEWEST = `${VISIT} ORDER BY arrived_at DESC, visit_id DESC LIMIT ?`;

/** The visit with its ticket, as read; `visitView` makes of it what the page may see. */
export interface VisitRow {
  visitId: string;
  ticketId: string;
  businessDate: string;
  bookingId: string | null;
  serviceId: number;
  startsAt: number | null;
  arrivedAt: number;
  provisional: boolean;
  language: string;
  number: TicketNumber;
}

const visitOf = (row: Parameters<typeof text>[0]): VisitRow => ({
  visitId: text(row, 'visit_id'),
  ticketId: text(row, 'ticket_id'),
  businessDate: text(row, 'business_date'),
  bookingId: orNull(row, 'booking_id', text),
  serviceId: int(row, 'service_id'),
  startsAt: orNull(row, 'starts_at', int),
  arrivedAt: int(row, 'arrived_at'),
  provisional: bool(row, 'provisional'),
  language: text(row, 'language'),
  number: { series: text(row, 'series') as Series, number: int(row, 'number') },
});

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
    sql`SELECT visit_id FROM visit WHERE booking_id = ${bookingId} AND business_date = ${businessDate}`,
  );
  return row ? readVisit(db, text(row, 'visit_id')) : null;
};

/** Newest first. */
export const listVisits = (db: ReadDb, limit: number): VisitRow[] =>
  db.all({ text: NEWEST, params: [limit] }).map(visitOf);

/** All papers of a ticket, the first one first. */
export const jobsOfTicket = (db: ReadDb, ticketId: string): PrintJobView[] =>
  db.all(sql`SELECT * FROM print_job WHERE ticket_id = ${ticketId} ORDER BY copy`).map(jobView);

export const knownVisit = (db: ReadDb, visit: VisitRow): KnownVisit => {
  const jobs = jobsOfTicket(db, visit.ticketId);
  const last = jobs.at(-1);
  return {
    visitId: visit.visitId,
    arrivedAt: visit.arrivedAt,
    number: visit.number,
    startsAt: visit.startsAt,
    copies: last?.copy ?? 0,
    // Only a job that had not begun can expire.
    paperless: jobs.length > 0 && jobs.every((j) => j.state === 'expired'),
    printing: last !== undefined && ['queued', 'blocked', 'sending'].includes(last.state),
  };
};

export const visitView = (db: ReadDb, visit: VisitRow): VisitView => {
  const service = readService(db, visit.serviceId);
  return {
    id: visit.visitId,
    number: visit.number,
    service: service?.name ?? UNKNOWN_SERVICE,
    startsAt: visit.startsAt,
    arrivedAt: visit.arrivedAt,
    place: service?.place ?? null,
    papers: service?.papers ?? [],
  };
};

/** A provisional visit may be for a service that this device has not heard of. */
const UNKNOWN_SERVICE = { ru: 'По записи', en: 'By appointment' };

/** What is printed for a job. */
export const ticketContent = (db: ReadDb, device: Device, jobId: string, now: number): TicketContent => {
  const job = db.get(sql`SELECT visit_id, copy FROM print_job JOIN ticket USING (ticket_id) WHERE job_id = ${jobId}`);
  const visit = job ? readVisit(db, text(job, 'visit_id')) : null;
  const office = readOffice(db, device.officeId);
  if (!job || !visit || !office) throw new Error(`print job ${jobId} has no ticket or no office`);
  const service = readService(db, visit.serviceId);
  return {
    office: office.name,
    officeSubtitle: office.subtitle,
    number: formatTicketNumber(visit.number, 'cyrl'),
    service: service?.name ?? UNKNOWN_SERVICE,
    startsAt: visit.startsAt,
    printedAt: now,
    timeZone: office.time_zone,
    place: service?.place ?? null,
    papers: service?.papers ?? [],
    qr: visitCode(visit.visitId),
    copy: int(job, 'copy'),
    provisional: visit.provisional,
    language: visit.language,
  };
};
