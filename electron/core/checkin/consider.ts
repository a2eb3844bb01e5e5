import type {
  BookingView,
  NextStep,
  PrintJobView,
  RefusalReason,
  RefusedOutcome,
  ScanOutcome,
} from '../../../shared/contracts/app.ts';
import {
  decide,
  windowsOf,
  type Code,
  type Decision,
  type KnownVisit,
  type Moment,
  type Next,
  type Refused,
} from '../../../shared/domain/decide.ts';
import { openSpans } from '../../../shared/domain/hours.ts';
import { LANGUAGES } from '../../../shared/domain/language.ts';
import { localTime } from '../../../shared/domain/business-day.ts';
import { bookingsOfPerson, readBooking, soonestSlot, type Booking } from '../store/bookings.ts';
import { readOffice, readService } from '../store/registry.ts';
import { sql, type ReadDb } from '../store/sql.ts';
import { serviceName, visitView } from '../store/views.ts';
import { knownVisit, readVisit, readVisitOfBooking, visitElsewhere, type VisitRow } from '../store/visits.ts';
import { checkinPolicyOf, here, type Here } from './here.ts';

/** What the local facts say to a code: everything `decide` needs, and what is shown with its answer. */
export interface Considered extends Here {
  code: Code;
  booking: Booking | null;
  /** Made by this device. */
  visit: VisitRow | null;
  decision: Decision;
}

/** A clock that may be off by this much does not know the day. */
const DAY_UNSURE_MS = 12 * 3_600_000;

/** The office today; where the clock does not know the day, the day is that of the booking which is held up. */
const hereFor = (db: ReadDb, code: Code, now: Moment): Here => {
  const at = here(db, now.at);
  if (now.notAfter - now.notBefore < DAY_UNSURE_MS || (code.kind !== 'token' && code.kind !== 'booking')) return at;
  const startsAt = readBooking(db, code.bookingId)?.startsAt ?? (code.kind === 'token' ? code.startsAt : now.at);
  return startsAt >= now.notBefore - DAY_UNSURE_MS ? { ...at, day: at.dayOf(startsAt) } : at;
};

/**
 * The centre says of a booking that it was used, and has not heard yet that the check-in was taken back here: without it the
 * visitor could not come again until the line is back.
 */
const asLeftHere = (db: ReadDb, booking: Booking | null, visit: VisitRow | null, day: string): Booking | null => {
  if (booking?.status !== 'arrived' || visit !== null) return booking;
  const told =
    db.get(sql`SELECT 1 FROM visit JOIN outbox ON json_extract(outbox.body, '$.payload.visit_id') = visit.visit_id
    WHERE outbox.state = 'pending' AND outbox.type = 'checkin.undo'
      AND visit.booking_id = ${booking.bookingId} AND visit.business_date = ${day} AND visit.undone_at IS NOT NULL`);
  return told === undefined ? booking : { ...booking, status: 'booked' };
};

/** @param needsBooking the code alone is not enough: only a booking in the cache may vouch for it */
export const consider = (db: ReadDb, code: Code, needsBooking: boolean, now: Moment): Considered => {
  const at = hereFor(db, code, now);
  let booking: Booking | null = null;
  let visit: VisitRow | null = null;
  let known: KnownVisit | null = null;
  if (code.kind === 'visit') {
    visit = readVisit(db, code.visitId);
    if (visit?.businessDate !== at.day) visit = null;
    known = visit ? knownVisit(db, visit) : visitElsewhere(db, code.visitId, at.day);
  } else if (code.kind !== 'foreign') {
    visit = readVisitOfBooking(db, code.bookingId, at.day);
    booking = asLeftHere(db, readBooking(db, code.bookingId), visit, at.day);
    known = visit && knownVisit(db, visit);
  }
  const decision = decide({
    code: needsBooking && !booking ? { kind: 'foreign' } : code,
    now,
    officeId: at.device.officeId,
    dayOf: at.dayOf,
    dayBounds: at.dayBounds,
    policyOf: checkinPolicyOf(db),
    booking,
    visit: known,
  });
  return { ...at, code, booking, visit, decision };
};

export const languageOf = (code: string | null | undefined) => LANGUAGES.find((l) => l === code) ?? null;

export const accepted = (
  db: ReadDb,
  at: Pick<Here, 'office'>,
  visit: VisitRow,
  job: PrintJobView | undefined,
): Extract<ScanOutcome, { outcome: 'accepted' }> => {
  if (!job) throw new Error(`visit ${visit.visitId} has no print job`);
  return {
    outcome: 'accepted',
    visit: visitView(db, at.office, visit),
    job,
    provisional: visit.provisional,
    language: visit.bookingId === null ? null : languageOf(visit.language),
  };
};

/** A refusal with nothing but its reason; `more` fills in what there is. */
export const refusedFor = (
  reason: RefusalReason,
  next: NextStep[],
  more: Partial<RefusedOutcome> = {},
): RefusedOutcome => ({
  outcome: 'refused',
  reason,
  next: next.some((n) => n.step === 'call-staff') ? next : [...next, { step: 'call-staff' }],
  booking: null,
  number: null,
  until: null,
  message: null,
  case: null,
  ...more,
});

/** Today's hours of an office, where they are known. */
const hoursToday = (db: ReadDb, officeId: number, now: number): { from: number; until: number }[] | null => {
  const office = readOffice(db, officeId);
  return office?.hours ? openSpans(office.hours, localTime(now, office.time_zone).date, office.time_zone) : null;
};

/** A next step of the rules with what the page needs to show and offer it; null when it cannot be offered. */
const stepView = (db: ReadDb, at: Considered, next: Next, moment: Moment): NextStep | null => {
  const now = moment.at;
  switch (next.step) {
    case 'copy':
      return at.visit ? { step: 'copy', visit: visitView(db, at.office, at.visit) } : null;
    case 'go-to-office': {
      const other = readOffice(db, next.officeId);
      if (!other) return null;
      return { step: 'go-to-office', name: other.name, address: other.address, hours: hoursToday(db, other.id, now) };
    }
    case 'come-on':
      return { step: 'come-on', date: at.dayOf(next.at), at: next.at };
    case 'come-back':
      return next;
    case 'check-in':
      return { step: 'check-in', booking: next.bookingId, startsAt: next.startsAt };
    case 'walk-in': {
      const service = next.serviceId === null ? null : readService(db, next.serviceId);
      if (service && !service.policy.walk_in) return null;
      return { step: 'walk-in', service: service?.id ?? null };
    }
    case 'reschedule': {
      const soonest = at.booking ? soonestSlot(db, at.booking.serviceId, now) : null;
      if (!at.booking || soonest === null) return null;
      // What has begun already cannot be moved: another time is a new booking.
      return at.booking.startsAt > now
        ? { step: 'reschedule', booking: bookingView(db, at.booking, moment), soonest }
        : { step: 'slots', services: [...at.booking.services], soonest };
    }
    case 'feedback':
      return at.visit ? { step: 'feedback', visit: next.visitId, number: at.visit.number } : null;
    case 'scan-again':
      return { step: 'scan-again' };
    case 'call-staff':
      return { step: 'call-staff' };
    default:
      return null;
  }
};

/** Steps that may only be gone by who has shown that the booking is his. */
const NEEDS_CASE: ReadonlySet<string> = new Set(['check-in', 'reschedule']);

/** @param openCase gives the id under which the booking may be used further */
export const refusal = (
  db: ReadDb,
  at: Considered,
  d: Refused,
  now: Moment,
  openCase: (bookings: readonly string[]) => string,
): RefusedOutcome => {
  const next = d.next
    .map((n) => stepView(db, at, n, now))
    .filter((n) => n !== null)
    // Whose code is not read may have the number beside it.
    .flatMap((n): NextStep[] => (n.step === 'scan-again' ? [n, { step: 'type-number' }] : [n]));
  const ofCase = at.booking !== null && next.some((n) => NEEDS_CASE.has(n.step));
  return refusedFor(d.reason, next, {
    booking:
      d.startsAt === null
        ? null
        : { startsAt: d.startsAt, service: d.serviceId === null ? null : (readService(db, d.serviceId)?.name ?? null) },
    number: d.number,
    case: ofCase && at.booking ? openCase([at.booking.bookingId]) : null,
  });
};

/** A booking as its holder may see it, with what can be done about it now. */
export const bookingView = (db: ReadDb, booking: Booking, now: Moment): BookingView => {
  const at = consider(db, { kind: 'booking', bookingId: booking.bookingId }, false, now);
  const { decision, office } = at;
  const state = ((): BookingView['state'] => {
    if (decision.accept === true) return 'ready';
    if (decision.accept !== false) return 'checked-in';
    switch (decision.reason) {
      case 'already-used':
        return 'checked-in';
      case 'too-early':
        return 'early';
      case 'too-late':
        return 'late';
      case 'cancelled':
        return 'cancelled';
      case 'other-office':
        return 'other-office';
      default:
        return 'other-day';
    }
  })();
  const policy = checkinPolicyOf(db)(booking.serviceId);
  const opensAt = windowsOf(booking.startsAt, policy, at.dayBounds(booking.startsAt)).from;
  const open = booking.status === 'booked' || booking.status === 'rescheduled';
  return {
    id: booking.bookingId,
    number: booking.number,
    services: booking.services.map((id) => serviceName(db, id)),
    serviceIds: [...booking.services],
    startsAt: booking.startsAt,
    masked: booking.masked,
    state,
    opensAt: state === 'early' ? opensAt : null,
    movable: open && booking.officeId === office.id && booking.startsAt > now.notBefore && state !== 'checked-in',
  };
};

/** Bookings of the same person: of today for a check-in, from today on for moving and cancelling. */
export const bookingsBeside = (db: ReadDb, booking: Booking, at: Here, purpose: 'check-in' | 'manage', now: number) => {
  if (booking.person === null) return [booking];
  const { from, until } = at.dayBounds(now);
  const last = purpose === 'check-in' ? until : until + 8 * 86_400_000;
  const all = bookingsOfPerson(db, booking.person, from, last).filter(
    (b) => b.officeId === at.device.officeId && b.status !== 'cancelled' && b.status !== 'served',
  );
  return all.some((b) => b.bookingId === booking.bookingId) ? all : [booking, ...all];
};
