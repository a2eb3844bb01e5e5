import type { EstimateView, OfficeView, PrintJobView, VisitView } from '../../../shared/contracts/app.ts';
import { formatBookingNumber } from '../../../shared/domain/booking-number.ts';
import { openingAt } from '../../../shared/domain/hours.ts';
import { LANGUAGES, type I18nText, type Language } from '../../../shared/domain/language.ts';
import { formatTicketNumber } from '../../../shared/domain/ticket-number.ts';
import { visitCode } from '../../../shared/domain/visit-code.ts';
import type { Printable, SlipContent, TicketContent } from '../ports.ts';
import { readDevice, readOffice, readService, type Device, type Office } from './registry.ts';
import { readRequest } from './requests.ts';
import { int, orNull, sql, text, type ReadDb } from './sql.ts';
import { feedVisit, readVisit, type VisitRow } from './visits.ts';

/** What windows may see of a visit, and what is printed. */

/** A provisional visit may be for a service that this device has not heard of. */
export const UNKNOWN_SERVICE: I18nText = { ru: 'По записи', en: 'By appointment' };

export const serviceName = (db: ReadDb, id: number): I18nText => readService(db, id)?.name ?? UNKNOWN_SERVICE;

const stationsOf = (db: ReadDb, services: readonly number[]): { service: I18nText; place: I18nText | null }[] =>
  services.map((id) => {
    const service = readService(db, id);
    return { service: service?.name ?? UNKNOWN_SERVICE, place: service?.place ?? null };
  });

/** The papers of all services, each once. */
export const papersOf = (db: ReadDb, services: readonly number[]): I18nText[] => {
  const seen = new Map<string, I18nText>();
  for (const id of services) for (const p of readService(db, id)?.papers ?? []) seen.set(p.ru, p);
  return [...seen.values()];
};

const claimOf = (office: Office | null, visit: VisitRow) => {
  const claim = visit.claim === null ? undefined : office?.priority_claims.find((c) => c.id === visit.claim);
  return claim ? { ...claim, confirmed: claim.at_once } : null;
};

export const visitView = (db: ReadDb, office: Office | null, visit: VisitRow): VisitView => {
  const stations = stationsOf(db, visit.services);
  const [first] = stations;
  const claim = claimOf(office, visit);
  const estimate: EstimateView = visit.told
    ? { known: true, ...visit.told }
    : { known: false, why: 'no-data', ahead: null };
  return {
    id: visit.visitId,
    number: visit.number,
    service: first?.service ?? UNKNOWN_SERVICE,
    stations,
    origin: visit.bookingId === null ? 'walk-in' : 'booking',
    startsAt: visit.startsAt,
    arrivedAt: visit.arrivedAt,
    place: first?.place ?? null,
    papers: papersOf(db, visit.services),
    estimate,
    claim: claim && { name: claim.name, document: claim.document, confirmed: claim.confirmed },
    late: visit.late,
  };
};

/** The device's office; null while it is not enrolled, or the office has not been received. */
export const officeView = (db: ReadDb, now: number): OfficeView | null => {
  const device = readDevice(db);
  const office = device && readOffice(db, device.officeId);
  if (!office) return null;
  const known = office.languages.filter((l): l is Language => LANGUAGES.some((x) => x === l));
  const { open, opensAt, closesAt, note } = openingAt(office.hours, now, office.time_zone);
  return {
    id: office.id,
    name: office.name,
    subtitle: office.subtitle,
    timeZone: office.time_zone,
    languages: known.length > 0 ? known : ['ru'],
    open,
    opensAt,
    closesAt,
    message: note ?? (open ? null : office.closed_message),
  };
};

interface Common {
  office: Office;
  copy: number;
  now: number;
}

const paper = ({ office, copy, now }: Common, papers: readonly I18nText[], language: string) => ({
  office: office.name,
  officeSubtitle: office.subtitle,
  printedAt: now,
  timeZone: office.time_zone,
  papers,
  copy,
  language,
  staffLanguage: office.staff_language,
});

const ticketOf = (db: ReadDb, about: Common, visit: VisitRow): TicketContent => {
  const claim = claimOf(about.office, visit);
  const own = visit.priority === 'none' ? null : visit.priority;
  return {
    kind: 'ticket',
    ...paper(about, papersOf(db, visit.services), visit.language),
    number: formatTicketNumber(visit.number, 'cyrl'),
    stations: stationsOf(db, visit.services),
    startsAt: visit.startsAt,
    // On a copy it would be old.
    wait: about.copy === 0 ? visit.told : null,
    priority: claim
      ? { name: claim.name, level: claim.level, confirmed: claim.confirmed, document: claim.document }
      : own && { name: PRIORITY_BY_BOOKING, level: own, confirmed: true, document: null },
    late: visit.late,
    qr: visitCode(visit.visitId),
    provisional: visit.provisional,
  };
};
/** The office gave it when the booking was made; which of its reasons it was is not for a ticket. */
const PRIORITY_BY_BOOKING: I18nText = { ru: 'Отмечено в записи', en: 'Noted in the booking' };

const slipOf = (db: ReadDb, about: Common, requestId: string): SlipContent => {
  const request = readRequest(db, requestId);
  if (!request) throw new Error(`there is no request ${requestId}`);
  const { services, startsAt } = request;
  return {
    kind: 'slip',
    ...paper(about, papersOf(db, services), request.language),
    bookingNumber: request.bookingNumber === null ? null : formatBookingNumber(request.bookingNumber),
    services: services.map((id) => serviceName(db, id)),
    startsAt,
    arriveFrom: arriveFrom(db, services, startsAt),
    address: about.office.address,
    confirmed: request.state === 'confirmed',
    qr: request.token,
  };
};

/** From when people are told that they can check in. */
export const arriveFrom = (db: ReadDb, services: readonly number[], startsAt: number): number => {
  const minutes = readService(db, services[0] ?? -1)?.policy.early_announced_minutes ?? 45;
  return startsAt - minutes * 60_000;
};

/** What is printed for a job. @throws Error when the job is of nothing: a defect */
export const printable = (db: ReadDb, device: Device, jobId: string, now: number): Printable => {
  const job = db.get(
    sql`SELECT visit_id, print_job.request_id AS request_id, elsewhere_id, copy FROM print_job
        LEFT JOIN ticket USING (ticket_id) WHERE job_id = ${jobId}`,
  );
  const office = readOffice(db, device.officeId);
  if (!job || !office) throw new Error(`print job ${jobId} is not there, or the office is not`);
  const about = { office, copy: int(job, 'copy'), now };
  const requestId = orNull(job, 'request_id', text);
  if (requestId !== null) return slipOf(db, about, requestId);
  const elsewhere = orNull(job, 'elsewhere_id', text);
  const visit = elsewhere === null ? readVisit(db, text(job, 'visit_id')) : feedVisit(db, elsewhere);
  if (!visit) throw new Error(`print job ${jobId} has no visit`);
  return ticketOf(db, about, visit);
};

/** As a visit has it that has no paper yet. */
export const queuedJob = (jobId: string, ticket: string, copy: number): PrintJobView => ({
  id: jobId,
  ticket,
  copy,
  state: 'queued',
  reason: null,
  grade: null,
});
