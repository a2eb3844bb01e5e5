import type { PrintJobView, Purpose, RefusalReason, ScanOutcome, ScanSource } from '../../../shared/contracts/app.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { parseBookingNumber } from '../../../shared/domain/booking-number.ts';
import { mayCopy, type Accepted, type Code, type Moment } from '../../../shared/domain/decide.ts';
import type { Series } from '../../../shared/domain/ticket-number.ts';
import { audit } from '../audit/audit.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { applyEvent, insertJob, jobOfAttempt, type Place } from '../printing/jobs.ts';
import { VISITOR } from '../printing/spool-rules.ts';
import type { Queue } from '../queue/queue.ts';
import { readBooking, readBookingByNumber, type Booking } from '../store/bookings.ts';
import { readKeys, readSealingKey, readService } from '../store/registry.ts';
import type { ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { queuedJob } from '../store/views.ts';
import {
  insertVisit,
  jobsOfPaper,
  jobsOfTicket,
  knownVisit,
  readVisit,
  readVisitOfTicket,
  toldOf,
  visitElsewhere,
  type VisitRow,
} from '../store/visits.ts';
import { enqueue, type NewOperation } from '../sync/outbox.ts';
import { takeNumber, type Lease } from '../tickets/numbers.ts';
import type { Cases } from './cases.ts';
import {
  accepted,
  bookingsBeside,
  bookingView,
  consider,
  languageOf,
  refusal,
  refusedFor,
  type Considered,
} from './consider.ts';
import { createFactorCheck, forgetTries, lockedUntil, noteWrongTry, numberHash } from './factor.ts';
import { here } from './here.ts';
import { readCode, textHash } from './read-code.ts';

export interface CheckinPorts {
  store: Store;
  clock: Clock;
  /** The time with its bounds. */
  moment: () => Moment;
  /** For operations: how far to rely on their times. */
  stamp: () => NewOperation['clock'];
  ids: Ids;
  log: Log;
  cases: Cases;
  queue: Queue;
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
  purpose: Purpose;
}

/** How somebody came to his booking, and what he wants with it. */
interface Asked {
  attempt: string;
  source: ScanSource | 'chosen';
  purpose: Purpose;
  /** Only a booking in the cache may vouch for the code. */
  needsBooking: boolean;
  /** He has chosen among several already: he is not asked again. */
  chosen: boolean;
  /** For the record of a refusal: why, and a hash of what was read. */
  why: string | null;
  hash: string;
  /** Who did it, for the audit log: the kiosk, or a member of staff. */
  actor: string;
  /** Staff let him in against the rules. */
  override: Override | null;
  /** False: he takes the number without a ticket. */
  paper: boolean;
}

/** Why the rules do not count this time, and who has agreed where it takes two. */
export interface Override {
  reason: string;
  second: string | null;
}

/** For services whose group has not arrived: numbers of theirs stand in a series of their own. */
export const FALLBACK_SERIES: Series = 'X';
const DAY_MS = 24 * 3_600_000;
/** A ticket does not come out after its visitor has left. */
export const PRINT_WITHIN_MS = 120_000;

/** Where somebody waits for the paper: at the desk when staff have asked for it. */
export const placeOf = (actor: string): Place => (actor === 'kiosk' ? 'kiosk' : 'desk');

/** Refusals that are about the time, not about whose it is: the booking may still be moved or cancelled. */
const TIMED: ReadonlySet<string> = new Set(['too-early', 'too-late', 'other-day', 'superseded']);

/** What a booking may be checked in against by staff. A code that is none of ours, and what was used, are not among it. */
const OVERRIDABLE: ReadonlySet<string> = new Set([
  'other-office',
  'cancelled',
  'superseded',
  'other-day',
  'too-early',
  'too-late',
]);
export const mayOverride = (reason: string): boolean => OVERRIDABLE.has(reason);

/** A booking of somebody who stands before a member of staff. */
export interface StaffCheckin {
  attempt: string;
  booking: string;
  override: Override | null;
  paper: boolean;
}
const KIOSK = { actor: 'kiosk', paper: true } as const;

/** One visitor at a time: two calls that race for one booking or one number meet here, not in the database. */
export const createTurns = () => {
  let queue: Promise<unknown> = Promise.resolve();
  return <T>(run: () => Promise<T>): Promise<T> => {
    const mine = queue.then(run);
    queue = mine.catch(() => undefined);
    return mine;
  };
};
export type InTurn = ReturnType<typeof createTurns>;

/** The way of one visitor with a booking through the core; see ARCHITECTURE.md, "one visit". */
export const createCheckin = (ports: CheckinPorts, inTurn: InTurn) => {
  const { store, clock, moment, stamp, ids, log, cases, queue, lease, refreshKeys, committed } = ports;
  const factorFits = createFactorCheck();

  let lastFailed = '';
  const noteFailed = (day: string, reason: RefusalReason, asked: Asked, now: number): void => {
    const { attempt, source, hash, why } = asked;
    log.info('checkin.refused', { attempt, reason, why, source });
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
          business_date: day,
          occurred_at: now,
          clock: stamp(),
          payload: { reason, text_sha256: hash },
        });
        audit(db, { at: now, actor: asked.actor, action: 'scan.refused', entityId: opId, detail: { reason, why } });
      });
    } catch (error) {
      // A full disk stops check-ins, with an error of its own; the visitor is still told why his code is refused.
      log.error('checkin.not-recorded', { reason, error: error instanceof Error ? error.message : String(error) });
      return;
    }
    lastFailed = `${hash} ${reason}`;
    committed();
  };

  const seriesOf = (db: ReadDb, d: Accepted): Series => readService(db, d.services[0] ?? -1)?.series ?? FALLBACK_SERIES;

  /** The decision of the rules, or of staff against them. */
  const decided = (at: Considered, asked: Asked): Considered['decision'] => {
    const { decision: d, booking } = at;
    if (!asked.override || !booking || d.accept !== false || !mayOverride(d.reason)) return d;
    return {
      accept: true,
      bookingId: booking.bookingId,
      services: booking.services,
      startsAt: booking.startsAt,
      priority: booking.priority,
      provisional: false,
      // He stands where he came: his booked time is not now.
      late: true,
      uncertain: false,
    };
  };

  const commit = (code: Code, asked: Asked, leased: Lease | null, told: VisitRow['told']): ScanOutcome => {
    const now = moment();
    const started = clock.monotonic();
    const outcome = store.write((db) => {
      // Decided again with what is true now: the lease took its time.
      const at = consider(db, code, asked.needsBooking, now);
      const d = decided(at, asked);
      if (d.accept !== true) return null;
      const { series, number } = takeNumber(
        db,
        at.day,
        seriesOf(db, d),
        at.device.slotNo,
        leased,
        at.office.skipped_numbers,
      );
      const visitId = ids.uuid();
      const ticketId = ids.uuid();
      const flags: ('late' | 'clock')[] = [
        ...(d.late ? (['late'] as const) : []),
        ...(d.uncertain ? (['clock'] as const) : []),
      ];
      const visit: VisitRow = {
        visitId,
        ticketId,
        businessDate: at.day,
        bookingId: d.bookingId,
        services: d.services,
        startsAt: d.startsAt,
        arrivedAt: now.at,
        provisional: d.provisional,
        language: at.booking?.language ?? 'ru',
        number: { series, number },
        claim: null,
        priority: d.priority,
        late: d.late,
        flags,
        told,
      };
      insertVisit(db, visit);
      const jobId = ids.uuid();
      // A job without a paper has expired before it began: whoever wants one later gets a copy.
      const expiresAt = asked.paper ? now.at + PRINT_WITHIN_MS : now.at;
      insertJob(db, {
        jobId,
        of: { ticket: ticketId },
        copy: 0,
        now: now.at,
        expiresAt,
        attemptId: asked.attempt,
        place: placeOf(asked.actor),
      });
      const [service, ...further] = d.services;
      enqueue(db, {
        op_id: ids.uuid(),
        type: 'checkin',
        kind: 'fact',
        entity_id: visitId,
        business_date: at.day,
        occurred_at: now.at,
        ...(asked.actor === 'kiosk' ? {} : { actor: asked.actor }),
        clock: stamp(),
        payload: {
          visit_id: visitId,
          booking_id: d.bookingId,
          service_id: service ?? 0,
          further_services: further,
          ticket: visit.number,
          provisional: d.provisional,
          late: d.late,
          starts_at: d.startsAt,
          flags,
          source: asked.source,
          override: asked.override,
        },
      });
      audit(db, {
        at: now.at,
        actor: asked.actor,
        action: asked.override ? 'checkin.override' : 'checkin',
        entityId: visitId,
        detail: { series, number, provisional: d.provisional, ...asked.override },
      });
      return accepted(db, at, visit, queuedJob(jobId, ticketId, 0));
    });
    if (!outcome) return look(code, asked);
    log.info('checkin.committed', {
      attempt: asked.attempt,
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
  const look = (code: Code, asked: Asked): ScanOutcome => {
    const now = moment();
    const { day, outcome } = store.read((db): { day: string; outcome: ScanOutcome } => {
      const at = consider(db, code, asked.needsBooking, now);
      return { day: at.day, outcome: lookAt(db, at, now) };
    });
    if (outcome.outcome === 'refused') noteFailed(day, outcome.reason, asked, now.at);
    return outcome;
  };
  const lookAt = (db: ReadDb, at: Considered, now: Moment): ScanOutcome => {
    const { decision: d, visit } = at;
    if (d.accept === 'again' && visit) return accepted(db, at, visit, jobsOfTicket(db, visit.ticketId).at(-1));
    if (d.accept === 'feedback') {
      return {
        outcome: 'feedback',
        visit: d.visitId,
        number: d.number,
        reasons: at.office.feedback_reasons,
        words: readSealingKey(db) !== null,
      };
    }
    if (d.accept === false) return refusal(db, at, d, now, cases.open);
    throw new CallFailure('internal', 'the decision changed while the check-in was made');
  };

  const choose = (db: ReadDb, all: readonly Booking[], purpose: Purpose, now: Moment): ScanOutcome => ({
    outcome: 'choose',
    case: cases.open(all.map((b) => b.bookingId)),
    purpose,
    bookings: all.slice(0, 20).map((b) => bookingView(db, b, now)),
    language: languageOf(all[0]?.language),
  });

  /** What a code, once it is read and shown to be the visitor's, leads to. */
  const proceed = async (code: Code, asked: Asked): Promise<ScanOutcome> => {
    const now = moment();
    type Seen = { outcome: ScanOutcome; day: string } | { accept: Accepted; day: string; series: Series } | null;
    const seen = store.read((db): Seen => {
      const at = consider(db, code, asked.needsBooking, now);
      const { booking } = at;
      const d = decided(at, asked);
      const his = d.accept === true || (d.accept === false && TIMED.has(d.reason));
      if (asked.purpose === 'manage' && booking && code.kind !== 'visit' && his) {
        return {
          outcome: choose(db, bookingsBeside(db, booking, at, 'manage', now.at), 'manage', now),
          day: at.day,
        };
      }
      // A booking that has not come from the centre yet cannot be moved; nobody is checked in who wanted to cancel.
      if (asked.purpose === 'manage' && d.accept === true) {
        return { outcome: refusedFor('unknown', [{ step: 'scan-again' }]), day: at.day };
      }
      if (d.accept !== true) return null;
      if (booking && !asked.chosen && asked.purpose === 'check-in') {
        const beside = bookingsBeside(db, booking, at, 'check-in', now.at);
        const open = beside.filter((b) => b.status === 'booked' || b.status === 'rescheduled');
        if (open.length > 1) return { outcome: choose(db, beside, 'check-in', now), day: at.day };
      }
      return { accept: d, day: at.day, series: seriesOf(db, d) };
    });
    if (seen === null) return look(code, asked);
    if ('outcome' in seen) {
      if (seen.outcome.outcome === 'refused') noteFailed(seen.day, seen.outcome.reason, asked, now.at);
      return seen.outcome;
    }
    const d = seen.accept;
    // The number is on its way while the wait is worked out.
    const leasing = lease(seen.day, seen.series);
    const estimate = queue.estimate({
      serviceIds: d.services,
      priority: d.priority,
      orderAt: d.late ? now.at : d.startsAt,
      visitId: null,
    });
    return commit(code, asked, await leasing, toldOf(estimate));
  };

  const before = (attempt: string): ScanOutcome | null =>
    store.read((db) => {
      const job = jobOfAttempt(db, attempt);
      const visit = job && readVisitOfTicket(db, job.ticket);
      return visit ? accepted(db, here(db, clock.now()), visit, job) : null;
    });

  const scan = async (input: ScanInput, by: Pick<Asked, 'actor' | 'paper'> = KIOSK): Promise<ScanOutcome> => {
    const made = before(input.attempt);
    if (made) return made;
    const now = moment().at;
    const keys = () => store.read(readKeys);
    let read = readCode(input.text, keys(), now);
    if (read.why === 'unknown-key' && (await refreshKeys())) read = readCode(input.text, keys(), now);
    const asked: Asked = {
      attempt: input.attempt,
      source: input.source,
      purpose: input.purpose,
      needsBooking: read.needsBooking,
      chosen: false,
      why: read.why,
      hash: textHash(input.text),
      override: null,
      ...by,
    };
    const { code } = read;
    if (code.kind !== 'number') return proceed(code, asked);
    const { needed, until, booking } = store.read((db) => ({
      needed: here(db, now).office.factor_required,
      until: lockedUntil(db, numberHash(code.number), now),
      booking: readBookingByNumber(db, code.number, now),
    }));
    if (until !== null) return refusedFor('locked', [], { until });
    // Said of every number, known or not.
    if (needed) return { outcome: 'factor', number: code.number };
    return proceed({ kind: 'booking', bookingId: booking?.bookingId ?? '' }, asked);
  };

  /** A pair that did not fit: counted, and told without saying what was wrong. */
  const wrong = (hash: string, asked: Asked, now: number): ScanOutcome => {
    const { day, locked } = store.write((db) => {
      const at = here(db, now);
      const closed = noteWrongTry(db, hash, now);
      for (const { what, until } of closed) {
        const opId = ids.uuid();
        enqueue(db, {
          op_id: opId,
          type: 'entry.locked',
          kind: 'fact',
          entity_id: opId,
          business_date: at.day,
          occurred_at: now,
          clock: stamp(),
          payload: { what, until },
        });
        audit(db, { at: now, actor: 'kiosk', action: 'entry.locked', entityId: opId, detail: { what, until } });
      }
      return { day: at.day, locked: closed };
    });
    if (locked.length > 0) {
      log.warn('entry.locked', { what: locked.map((l) => l.what) });
      committed();
      return refusedFor('locked', [], { until: Math.max(...locked.map((l) => l.until)) });
    }
    noteFailed(day, 'no-match', asked, now);
    return refusedFor('no-match', [{ step: 'type-number' }, { step: 'scan-again' }]);
  };

  const number = async (input: {
    attempt: string;
    number: string;
    factor: string;
    purpose: Purpose;
  }): Promise<ScanOutcome> => {
    const made = before(input.attempt);
    if (made) return made;
    const now = moment().at;
    const parsed = parseBookingNumber(input.number);
    const typed = parsed.ok ? parsed.number : input.number.slice(0, 40);
    const hash = numberHash(typed);
    const { until, booking } = store.read((db) => ({
      until: lockedUntil(db, hash, now),
      booking: parsed.ok ? readBookingByNumber(db, parsed.number, now) : null,
    }));
    if (until !== null) return refusedFor('locked', [], { until });
    const asked: Asked = {
      attempt: input.attempt,
      source: 'typed',
      purpose: input.purpose,
      needsBooking: false,
      chosen: false,
      why: null,
      hash,
      override: null,
      ...KIOSK,
    };
    if (!(await factorFits(input.factor, booking?.factors ?? [])) || !booking) return wrong(hash, asked, now);
    store.write((db) => forgetTries(db, hash));
    return proceed({ kind: 'booking', bookingId: booking.bookingId }, asked);
  };

  const booking = async (input: { attempt: string; case: string; booking: string }): Promise<ScanOutcome> => {
    const made = before(input.attempt);
    if (made) return made;
    if (!cases.allows(input.case, input.booking) || !store.read((db) => readBooking(db, input.booking))) {
      return refusedFor('case-expired', [{ step: 'scan-again' }]);
    }
    return proceed({ kind: 'booking', bookingId: input.booking }, chosenBy(KIOSK, input));
  };
  const chosenBy = (
    by: Pick<Asked, 'actor' | 'paper'>,
    input: { attempt: string; booking: string; override?: Override | null },
  ): Asked => ({
    attempt: input.attempt,
    source: 'chosen',
    purpose: 'check-in',
    needsBooking: false,
    chosen: true,
    why: null,
    hash: textHash(input.booking),
    override: input.override ?? null,
    ...by,
  });
  const byStaff = async (actor: string, input: StaffCheckin): Promise<ScanOutcome> =>
    before(input.attempt) ??
    proceed({ kind: 'booking', bookingId: input.booking }, chosenBy({ actor, paper: input.paper }, input));

  const copy = (actor: string, attempt: string, visitId: string): PrintJobView => {
    const now = clock.now();
    const staff = actor !== 'kiosk';
    const job = store.write((db) => {
      const at = here(db, now);
      const visit = readVisit(db, visitId);
      const today = visit?.businessDate === at.day || Math.abs(now - (visit?.arrivedAt ?? 0)) < DAY_MS;
      const elsewhere = !visit && staff && visitElsewhere(db, visitId, at.day) !== null;
      if (!elsewhere && (!visit || !today)) throw new CallFailure('not-found', 'no such visit today');
      const of = visit ? { ticket: visit.ticketId } : { elsewhere: visitId };
      const paper = visit?.ticketId ?? visitId;
      const earlier = jobOfAttempt(db, attempt);
      if (earlier?.ticket === paper) return earlier;
      if (earlier) throw new CallFailure('conflict', 'this attempt id was used for another visit');
      const jobs = jobsOfPaper(db, of);
      const last = jobs.at(-1);
      // The paper before this one has not come out yet: it is what the visitor waits for.
      if (last && ['queued', 'blocked', 'sending'].includes(last.state)) return last;
      if (visit && !staff && !mayCopy(knownVisit(db, visit), now))
        throw new CallFailure('conflict', 'no further copy without staff');
      // Nobody knew whether it came out: who asks for another one says that it did not.
      if (last?.state === 'unknown')
        applyEvent(db, last.id, { type: 'said', out: false, by: staff ? actor : VISITOR }, now);
      const jobId = ids.uuid();
      // The first paper of a visit of another device is with it: what comes out here is a copy in any case.
      const n = (last?.copy ?? 0) + 1;
      insertJob(db, {
        jobId,
        of,
        copy: n,
        now,
        expiresAt: now + PRINT_WITHIN_MS,
        attemptId: attempt,
        place: placeOf(actor),
      });
      enqueue(db, {
        op_id: ids.uuid(),
        type: 'ticket.reprint',
        kind: 'fact',
        entity_id: visitId,
        business_date: at.day,
        occurred_at: now,
        ...(staff ? { actor } : {}),
        clock: stamp(),
        payload: { visit_id: visitId, copy: n },
      });
      audit(db, { at: now, actor, action: 'ticket.copy', entityId: visitId, detail: { copy: n } });
      return queuedJob(jobId, paper, n);
    });
    log.info('ticket.copy', { attempt, visit: visitId, job: job.id, copy: job.copy });
    committed();
    return job;
  };

  return {
    /** Verify, decide, and if accepted write visit, ticket, print job, operation and audit entry in one transaction. */
    scan: (input: ScanInput): Promise<ScanOutcome> => inTurn(() => scan(input)),
    /** A typed booking number with its second factor. */
    number: (input: Parameters<typeof number>[0]): Promise<ScanOutcome> => inTurn(() => number(input)),
    /** A booking of a case that is open. */
    booking: (input: Parameters<typeof booking>[0]): Promise<ScanOutcome> => inTurn(() => booking(input)),
    /** A booking of somebody who stands before a member of staff. @param actor who that is, for the audit log */
    byStaff: (actor: string, input: StaffCheckin): Promise<ScanOutcome> => inTurn(() => byStaff(actor, input)),
    /** A code that staff have read, of a booking that has not arrived here yet. */
    scanByStaff: (actor: string, input: { attempt: string; text: string; paper: boolean }): Promise<ScanOutcome> =>
      inTurn(() =>
        scan(
          { attempt: input.attempt, text: input.text, source: 'wedge', purpose: 'check-in' },
          { actor, paper: input.paper },
        ),
      ),
    /** @throws CallFailure not-found | conflict */
    copy: (attempt: string, visitId: string): Promise<PrintJobView> =>
      inTurn(async () => copy('kiosk', attempt, visitId)),
    /** As often as staff want. @throws CallFailure not-found | conflict */
    copyByStaff: (actor: string, attempt: string, visitId: string): Promise<PrintJobView> =>
      inTurn(async () => copy(actor, attempt, visitId)),
  };
};
export type Checkin = ReturnType<typeof createCheckin>;
