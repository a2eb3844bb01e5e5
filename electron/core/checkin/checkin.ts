import type { NextStep, PrintJobView, ScanOutcome, ScanSource } from '../../../shared/contracts/app.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { businessDate, startOfBusinessDay } from '../../../shared/domain/business-day.ts';
import { decide, mayCopy, type Decision } from '../../../shared/domain/decide.ts';
import { LANGUAGES } from '../../../shared/domain/language.ts';
import type { Series } from '../../../shared/domain/ticket-number.ts';
import { audit } from '../audit/audit.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { insertJob, jobOfAttempt } from '../printing/jobs.ts';
import {
  readBooking,
  readBookingByNumber,
  readDevice,
  readKeys,
  readOffice,
  readService,
  type Device,
  type Office,
} from '../store/registry.ts';
import type { ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import {
  insertVisit,
  jobsOfTicket,
  knownVisit,
  readVisit,
  readVisitOfBooking,
  readVisitOfTicket,
  visitView,
  type VisitRow,
} from '../store/visits.ts';
import { enqueue } from '../sync/outbox.ts';
import { takeNumber, type Lease } from '../tickets/numbers.ts';
import { readCode, textHash, type ReadCode } from './read-code.ts';

export interface CheckinPorts {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** A leased number within 400 ms, or null. Never rejects. */
  lease: (businessDate: string, series: Series) => Promise<Lease | null>;
  /** A code was signed with a key that is not known here: ask for the keys again. True when they changed. Never rejects. */
  refreshKeys: () => Promise<boolean>;
  /** After a commit: there is something to print and to send. */
  committed: () => void;
}

export interface ScanInput {
  attempt: string;
  text: string;
  source: ScanSource;
}

/** For services whose group has not arrived: numbers of theirs stand in a series of their own. */
const FALLBACK_SERIES: Series = 'X';
/** A ticket does not come out after its visitor has left. */
const PRINT_WITHIN_MS = 120_000;

interface Here {
  device: Device;
  office: Office;
  day: string;
  dayOf: (at: number) => string;
}

const here = (db: ReadDb, now: number): Here => {
  const device = readDevice(db);
  if (!device) throw new CallFailure('not-enrolled', 'this device belongs to no office yet: enrol it');
  const office = readOffice(db, device.officeId);
  if (!office)
    throw new CallFailure('not-enrolled', `office ${device.officeId} has not been received from the centre yet`);
  const dayOf = (at: number) => businessDate(at, office.time_zone, office.day_change_minutes);
  return { device, office, day: dayOf(now), dayOf };
};

/** What the local facts say to the code: everything `decide` needs, and what is shown with its answer. */
const consider = (db: ReadDb, { code, needsBooking }: ReadCode, now: number) => {
  const at = here(db, now);
  let booking = null;
  let visit: VisitRow | null = null;
  if (code.kind === 'token') booking = readBooking(db, code.bookingId);
  if (code.kind === 'number') booking = readBookingByNumber(db, code.number, now);
  if (code.kind === 'visit') {
    visit = readVisit(db, code.visitId);
    if (visit?.businessDate !== at.day) visit = null;
  } else {
    const bookingId = booking?.bookingId ?? (code.kind === 'token' ? code.bookingId : null);
    visit = bookingId === null ? null : readVisitOfBooking(db, bookingId, at.day);
  }
  const decision = decide({
    code: needsBooking && !booking ? { kind: 'foreign' } : code,
    now,
    officeId: at.device.officeId,
    dayOf: at.dayOf,
    booking,
    visit: visit && knownVisit(db, visit),
  });
  return { ...at, booking, visit, decision };
};
type Considered = ReturnType<typeof consider>;

const accepted = (db: ReadDb, visit: VisitRow, job: PrintJobView | undefined): ScanOutcome => {
  if (!job) throw new Error(`visit ${visit.visitId} has no print job`);
  return {
    outcome: 'accepted',
    visit: visitView(db, visit),
    job,
    provisional: visit.provisional,
    language: LANGUAGES.find((l) => l === visit.language) ?? null,
  };
};

const refusal = (db: ReadDb, at: Considered, d: Extract<Decision, { accept: false }>): ScanOutcome => {
  const next: NextStep[] = [];
  if (d.copyOf !== null && at.visit) next.push({ step: 'copy', visit: visitView(db, at.visit) });
  if (d.reason === 'other-office' && d.officeId !== null) {
    const other = readOffice(db, d.officeId);
    if (other) next.push({ step: 'go-to-office', name: other.name, address: other.address });
  }
  if (
    d.reason === 'other-day' &&
    d.startsAt !== null &&
    d.startsAt > startOfBusinessDay(at.day, at.office.time_zone, at.office.day_change_minutes)
  ) {
    next.push({ step: 'come-on', date: at.dayOf(d.startsAt), at: d.startsAt });
  }
  if (d.reason === 'not-ours' || d.reason === 'unknown') next.push({ step: 'scan-again' });
  next.push({ step: 'ask-staff' });
  const service = d.serviceId === null ? null : readService(db, d.serviceId);
  return {
    outcome: 'refused',
    reason: d.reason,
    next,
    booking: d.startsAt === null ? null : { startsAt: d.startsAt, service: service?.name ?? null },
    number: d.number,
  };
};

/** The way of one visitor through the core; see ARCHITECTURE.md, "one visit". */
export const createCheckin = ({ store, clock, ids, log, lease, refreshKeys, committed }: CheckinPorts) => {
  // One visitor at a time: two scans that race for one booking meet here, not in the database.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = queue.then(run);
    queue = mine.catch(() => undefined);
    return mine;
  };

  let lastFailed = '';
  const noteFailed = (at: Considered, reason: string, why: string | null, input: ScanInput, now: number): void => {
    log.info('checkin.refused', { attempt: input.attempt, reason, why, source: input.source });
    const hash = textHash(input.text);
    // A code that is held before the camera is read again and again: one record will do.
    if (lastFailed === `${hash} ${reason}`) return;
    try {
      store.write((db) => {
        const opId = ids.uuid();
        enqueue(db, {
          op_id: opId,
          type: 'scan.failed',
          kind: 'fact',
          entity_id: opId,
          business_date: at.day,
          occurred_at: now,
          payload: { reason, text_sha256: hash },
        });
        audit(db, { at: now, actor: 'kiosk', action: 'scan.refused', entityId: opId, detail: { reason, why } });
      });
    } catch (error) {
      // A full disk stops check-ins, with an error of its own; the visitor is still told why his code is refused.
      log.error('checkin.not-recorded', { reason, error: error instanceof Error ? error.message : String(error) });
      return;
    }
    lastFailed = `${hash} ${reason}`;
    committed();
  };

  const commit = (input: ScanInput, read: ReadCode, leased: Lease | null): ScanOutcome => {
    const now = clock.now();
    const started = clock.monotonic();
    const outcome = store.write((db) => {
      // Decided again with what is true now: the lease took its time.
      const at = consider(db, read, now);
      if (at.decision.accept !== true) return null;
      const { bookingId, serviceId, startsAt, provisional } = at.decision;
      const series = readService(db, serviceId)?.series ?? FALLBACK_SERIES;
      const number = takeNumber(db, at.day, series, at.device.slotNo, leased);
      const visitId = ids.uuid();
      const ticketId = ids.uuid();
      const visit: VisitRow & { bookingId: string } = {
        visitId,
        ticketId,
        businessDate: at.day,
        bookingId,
        serviceId,
        startsAt,
        arrivedAt: now,
        provisional,
        language: at.booking?.language ?? 'ru',
        number,
      };
      insertVisit(db, visit);
      const job = { jobId: ids.uuid(), ticketId, copy: 0, now, expiresAt: now + PRINT_WITHIN_MS };
      insertJob(db, { ...job, attemptId: input.attempt });
      enqueue(db, {
        op_id: ids.uuid(),
        type: 'checkin',
        kind: 'fact',
        entity_id: visitId,
        business_date: at.day,
        occurred_at: now,
        payload: {
          visit_id: visitId,
          booking_id: bookingId,
          service_id: serviceId,
          ticket: number,
          provisional,
          source: input.source,
        },
      });
      audit(db, {
        at: now,
        actor: 'kiosk',
        action: 'checkin',
        entityId: visitId,
        detail: { series: number.series, number: number.number, provisional },
      });
      return accepted(db, visit, {
        id: job.jobId,
        ticket: ticketId,
        copy: 0,
        state: 'queued',
        reason: null,
        grade: null,
      });
    });
    if (!outcome || outcome.outcome !== 'accepted') return look(input, read);
    log.info('checkin.committed', {
      attempt: input.attempt,
      visit: outcome.visit.id,
      job: outcome.job.id,
      provisional: outcome.provisional,
      leased: leased !== null,
      commitMs: clock.monotonic() - started,
    });
    committed();
    return outcome;
  };

  /** Everything short of a check-in. */
  const look = (input: ScanInput, read: ReadCode): ScanOutcome => {
    const now = clock.now();
    const { at, outcome } = store.read((db) => {
      const considered = consider(db, read, now);
      const { decision, visit } = considered;
      if (decision.accept === 'again' && visit) {
        return { at: considered, outcome: accepted(db, visit, jobsOfTicket(db, visit.ticketId).at(-1)) };
      }
      if (decision.accept === false) return { at: considered, outcome: refusal(db, considered, decision) };
      throw new CallFailure('internal', 'the decision changed while the check-in was made');
    });
    if (outcome.outcome === 'refused') noteFailed(at, outcome.reason, read.why, input, now);
    return outcome;
  };

  const scan = async (input: ScanInput): Promise<ScanOutcome> => {
    const now = clock.now();
    const before = store.read((db) => {
      const job = jobOfAttempt(db, input.attempt);
      const visit = job && readVisitOfTicket(db, job.ticket);
      return visit ? accepted(db, visit, job) : null;
    });
    if (before) return before;
    const keys = () => store.read((db) => readKeys(db));
    let read = readCode(input.text, keys(), now);
    if (read.why === 'unknown-key' && (await refreshKeys())) read = readCode(input.text, keys(), now);
    const wanted = store.read((db) => {
      const at = consider(db, read, now);
      return at.decision.accept === true
        ? { day: at.day, series: readService(db, at.decision.serviceId)?.series ?? FALLBACK_SERIES }
        : null;
    });
    if (!wanted) return look(input, read);
    return commit(input, read, await lease(wanted.day, wanted.series));
  };

  const copy = (attempt: string, visitId: string): PrintJobView => {
    const now = clock.now();
    const job = store.write((db) => {
      const at = here(db, now);
      const visit = readVisit(db, visitId);
      if (!visit || visit.businessDate !== at.day) throw new CallFailure('not-found', 'no such visit today');
      const jobs = jobsOfTicket(db, visit.ticketId);
      const earlier = jobOfAttempt(db, attempt);
      if (earlier?.ticket === visit.ticketId) return earlier;
      if (earlier) throw new CallFailure('conflict', 'this attempt id was used for another visit');
      const known = knownVisit(db, visit);
      const last = jobs.at(-1);
      // The paper before this one has not come out yet: it is what the visitor waits for.
      if (last && known.printing) return last;
      if (!mayCopy(known, now)) throw new CallFailure('conflict', 'no further copy without staff');
      const jobId = ids.uuid();
      const number = known.copies + 1;
      insertJob(db, {
        jobId,
        ticketId: visit.ticketId,
        copy: number,
        now,
        expiresAt: now + PRINT_WITHIN_MS,
        attemptId: attempt,
      });
      enqueue(db, {
        op_id: ids.uuid(),
        type: 'ticket.reprint',
        kind: 'fact',
        entity_id: visitId,
        business_date: at.day,
        occurred_at: now,
        payload: { visit_id: visitId, copy: number },
      });
      audit(db, { at: now, actor: 'kiosk', action: 'ticket.copy', entityId: visitId, detail: { copy: number } });
      return { id: jobId, ticket: visit.ticketId, copy: number, state: 'queued' as const, reason: null, grade: null };
    });
    log.info('ticket.copy', { attempt, visit: visitId, job: job.id, copy: job.copy });
    committed();
    return job;
  };

  return {
    /** Verify, decide, and if accepted write visit, ticket, print job, operation and audit entry in one transaction. */
    scan: (input: ScanInput): Promise<ScanOutcome> => inTurn(() => scan(input)),
    /** @throws CallFailure not-found | conflict */
    copy: (attempt: string, visitId: string): Promise<PrintJobView> => inTurn(async () => copy(attempt, visitId)),
  };
};
export type Checkin = ReturnType<typeof createCheckin>;
