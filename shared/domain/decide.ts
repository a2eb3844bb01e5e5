import type { BookingStatus } from './model.ts';
import type { Priority } from './queue.ts';
import type { TicketNumber } from './ticket-number.ts';

/**
 * The check-in rules (pure): may this code, or this booking, be checked in here and now; if not, why, and what can the
 * visitor do. Everything it needs is handed in; nothing is read or written.
 */

/**
 * What a code that was held before the kiosk turned out to be. A token whose signature did not verify, and a text that
 * is none of our forms, are both `foreign`: the visitor is told the same, the reason goes to the log.
 */
export type Code =
  | { kind: 'token'; bookingId: string; officeId: number; serviceId: number; startsAt: number; validUntil: number }
  /** A booking whose holder has shown that it is his: by number and second factor, or chosen after a code of his. */
  | { kind: 'booking'; bookingId: string }
  | { kind: 'visit'; visitId: string }
  | { kind: 'foreign' };

/** The row of the cache, as far as the decision needs it. */
export interface KnownBooking {
  bookingId: string;
  officeId: number;
  serviceId: number;
  /** All services of the visit in their order; the first is `serviceId`. */
  services: readonly number[];
  startsAt: number;
  status: BookingStatus;
  priority: Priority;
  /** The number it was given, by whichever device. */
  ticket: TicketNumber | null;
}

/** The visit that is known for the booking, or for the ticket that was held up, on this day. */
export interface KnownVisit {
  visitId: string;
  arrivedAt: number;
  number: TicketNumber;
  startsAt: number | null;
  copies: number;
  /** This device made it, and can print it again. */
  ours: boolean;
  /** He was served, as far as the centre has told; null when that is not known. */
  served: boolean | null;
  /** No byte of any paper ever left: every job waited until nobody waited for it any more. */
  paperless: boolean;
  /** The first paper is still on its way: no byte has left, or the printer has not answered yet. */
  printing: boolean;
}

/** Minutes; of a service. What is announced and what is enforced are two settings: they are not to drift apart unseen. */
export interface CheckinPolicy {
  /** How long before the booked time one is let in, and the time that people are told to come back at. */
  earlyMinutes: number;
  earlyAnnouncedMinutes: number;
  /** Until when one is in time. */
  lateMinutes: number;
  /** After that, for so long, one is let in but no longer stands at the booked time. */
  graceMinutes: number;
  /** And then: a walk-in ticket is offered, or the desk decides. */
  afterGrace: 'walk-in' | 'desk';
}

export const DEFAULT_CHECKIN_POLICY: CheckinPolicy = {
  earlyMinutes: 45,
  earlyAnnouncedMinutes: 45,
  lateMinutes: 15,
  graceMinutes: 0,
  afterGrace: 'walk-in',
};

/** The time as it is known: `at` the best guess, and what it may be at the least and the most. Epoch ms. */
export interface Moment {
  at: number;
  notBefore: number;
  notAfter: number;
}

/** A moment that is known exactly. */
export const exactly = (at: number): Moment => ({ at, notBefore: at, notAfter: at });

export interface DecideInput {
  code: Code;
  now: Moment;
  officeId: number;
  /** Business day of any instant, by the office's time zone. */
  dayOf: (at: number) => string;
  /** First moment of the business day of an instant, and of the next one. */
  dayBounds: (at: number) => { from: number; until: number };
  policyOf: (serviceId: number) => CheckinPolicy;
  booking: KnownBooking | null;
  visit: KnownVisit | null;
}

export const REFUSALS = [
  'not-ours',
  'unknown',
  'other-office',
  'cancelled',
  'superseded',
  'other-day',
  'already-used',
  'too-early',
  'too-late',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What the visitor can do next. The last one of every refusal is to call staff. */
export type Next =
  | { step: 'come-back'; at: number }
  | { step: 'come-on'; at: number }
  | { step: 'check-in'; bookingId: string; startsAt: number }
  | { step: 'go-to-office'; officeId: number }
  | { step: 'walk-in'; serviceId: number | null }
  | { step: 'reschedule'; bookingId: string }
  | { step: 'copy'; visitId: string }
  | { step: 'feedback'; visitId: string }
  | { step: 'scan-again' }
  | { step: 'call-staff' };

export interface Accepted {
  accept: true;
  bookingId: string;
  services: readonly number[];
  startsAt: number;
  priority: Priority;
  /** Signed and valid, but the cache has not seen it. */
  provisional: boolean;
  /** After the announced time, within the grace: he stands where he came, not where he was booked. */
  late: boolean;
  /** By a clock that is right he might have been refused for his time: staff should look. */
  uncertain: boolean;
}

export interface Refused {
  accept: false;
  reason: Refusal;
  next: readonly Next[];
  startsAt: number | null;
  serviceId: number | null;
  number: TicketNumber | null;
}

export type Decision =
  | Accepted
  /** The same visitor again while the first paper is on its way: show how it goes on. */
  | { accept: 'again'; visitId: string }
  /** His own ticket after the visit: how was it? */
  | { accept: 'feedback'; visitId: string; number: TicketNumber }
  | Refused;

const MINUTE = 60_000;
/** Within this time after the check-in the same ticket is offered again as a copy; later the desk decides. */
export const COPY_WITHIN_MS = 10 * MINUTE;
export const MAX_COPIES = 2;
/** When the centre has not told how a visit goes on, one is asked about it after this long. */
const FEEDBACK_AFTER_MS = 45 * MINUTE;

/** Whether a (further) copy may be printed without staff. Who is checked in and never had a paper may have one all day. */
export const mayCopy = (visit: Pick<KnownVisit, 'arrivedAt' | 'copies' | 'paperless'>, now: number): boolean =>
  visit.paperless ||
  // A clock that jumped back must not make the offer last for ever.
  (Math.abs(now - visit.arrivedAt) <= COPY_WITHIN_MS && visit.copies < MAX_COPIES);

/** `10:45` is in time for as long as the clock on the wall shows 10:45. */
const endOfMinute = (at: number): number => Math.floor(at / MINUTE) * MINUTE + MINUTE - 1;

export interface Windows {
  /** The first and the last moment at which a check-in is taken, and the last that is in time. */
  from: number;
  inTime: number;
  until: number;
}

/** @returns when a booking may be checked in: by its policy, and not outside of its business day */
export const windowsOf = (startsAt: number, policy: CheckinPolicy, day: { from: number; until: number }): Windows => {
  const inside = (at: number) => Math.max(day.from, Math.min(at, day.until - 1));
  const inTime = inside(endOfMinute(startsAt + policy.lateMinutes * MINUTE));
  return {
    from: inside(startsAt - policy.earlyMinutes * MINUTE),
    inTime,
    until: Math.max(inTime, inside(endOfMinute(startsAt + (policy.lateMinutes + policy.graceMinutes) * MINUTE))),
  };
};

/** What a booking says by its time alone. */
type Timing = { when: 'now'; late: boolean; uncertain: boolean } | { when: 'other-day' | 'too-early' | 'too-late' };

/**
 * A clock that may be wrong turns nobody away whom a right one would let in; and it lets in only who could be right: what
 * has to be before the last time that the centre was heard is past by any clock.
 */
const timing = (startsAt: number, now: Moment, windows: Windows, dayOf: DecideInput['dayOf']): Timing => {
  const { from, until, inTime } = windows;
  if (now.notAfter >= from && now.notBefore <= until) {
    const inside = now.at >= from && now.at <= until;
    return {
      when: 'now',
      late: now.notBefore > inTime || (inside && now.at > inTime),
      uncertain: now.notBefore < from || now.notAfter > until,
    };
  }
  if (dayOf(startsAt) !== dayOf(now.at)) return { when: 'other-day' };
  return { when: now.at < from ? 'too-early' : 'too-late' };
};

/** Tokens carry whole seconds. */
const sameSecond = (a: number, b: number): boolean => Math.floor(a / 1000) === Math.floor(b / 1000);

const STAFF: Next = { step: 'call-staff' };

/**
 * Decides about one code, from local facts only. The order of reasons is fixed: not a code of ours; other office;
 * cancelled; superseded (unless he is here already); other day; already used; too early; too late; accept. A validly signed confirmation that the
 * cache has not seen is accepted as provisional while it is valid. Never throws; a refusal always has a next step.
 */
export const decide = (input: DecideInput): Decision => {
  const { code, now, officeId, dayOf, dayBounds, policyOf, booking, visit } = input;
  const token = code.kind === 'token' ? code : null;
  const refuse = (reason: Refusal, next: readonly Next[], more: Partial<Refused> = {}): Refused => ({
    accept: false,
    reason,
    next: [...next, STAFF],
    startsAt: booking?.startsAt ?? token?.startsAt ?? visit?.startsAt ?? null,
    serviceId: booking?.serviceId ?? token?.serviceId ?? null,
    number: null,
    ...more,
  });
  const bare = { startsAt: null, serviceId: null };

  if (code.kind === 'foreign') return refuse('not-ours', [{ step: 'scan-again' }], bare);
  if (code.kind === 'visit')
    return visit ? ofTicket(visit, now.at, refuse) : refuse('not-ours', [{ step: 'scan-again' }], bare);
  if (!booking && !token) return refuse('unknown', [{ step: 'scan-again' }], bare);

  const office = booking?.officeId ?? token?.officeId ?? officeId;
  if (office !== officeId) return refuse('other-office', [{ step: 'go-to-office', officeId: office }]);
  const serviceId = booking?.serviceId ?? token?.serviceId ?? 0;
  // The cache knows better than the paper: a rescheduled booking has its new time there under the same id.
  const startsAt = booking?.startsAt ?? token?.startsAt ?? now.at;
  if (booking?.status === 'cancelled') return refuse('cancelled', [{ step: 'walk-in', serviceId }]);

  const policy = policyOf(serviceId);
  const windows = windowsOf(startsAt, policy, dayBounds(startsAt));
  const when = timing(startsAt, now, windows, dayOf);
  const today = when.when !== 'other-day';
  const used = visit !== null || booking?.status === 'arrived' || booking?.status === 'served';
  // `rescheduled` counts as booked: the row has the new time, and the paper that says the same is the new one.
  if (booking && token && !sameSecond(token.startsAt, booking.startsAt) && !used) {
    const next = ((): Next[] => {
      if (when.when === 'now') return [{ step: 'check-in', bookingId: booking.bookingId, startsAt }];
      if (when.when === 'too-early') return [{ step: 'come-back', at: announced(startsAt, policy, windows) }];
      if (startsAt > now.at) return [{ step: 'come-on', at: startsAt }];
      return when.when === 'too-late' && policy.afterGrace === 'desk' ? [] : [{ step: 'walk-in', serviceId }];
    })();
    return refuse('superseded', next);
  }
  const move: Next[] = booking ? [{ step: 'reschedule', bookingId: booking.bookingId }] : [];
  if (!today) {
    const next: Next[] =
      startsAt > now.at ? [{ step: 'come-on', at: startsAt }, ...move] : [{ step: 'walk-in', serviceId }];
    return refuse('other-day', next);
  }
  if (visit) return ofTicket(visit, now.at, refuse);
  if (used) return refuse('already-used', [], { number: booking?.ticket ?? null });
  if (when.when === 'too-early') {
    const back: Next = { step: 'come-back', at: announced(startsAt, policy, windows) };
    return refuse('too-early', [back, ...move, { step: 'walk-in', serviceId }]);
  }
  // Signed for a shorter time than the office would allow: the issuer's word holds, to the minute as the office's does.
  const validUntil = !booking && token ? endOfMinute(token.validUntil) : Number.POSITIVE_INFINITY;
  const expired = now.notBefore > validUntil;
  if (when.when !== 'now' || expired) {
    return refuse('too-late', policy.afterGrace === 'walk-in' ? [{ step: 'walk-in', serviceId }, ...move] : move);
  }
  return {
    accept: true,
    bookingId: booking?.bookingId ?? token?.bookingId ?? '',
    services: booking?.services ?? [serviceId],
    startsAt,
    priority: booking?.priority ?? 'none',
    provisional: !booking,
    late: when.late,
    uncertain: when.uncertain || now.notAfter > validUntil,
  };
};

/** When people are told to come back: what is announced, but never before they would be let in, nor after the time itself. */
const announced = (startsAt: number, policy: CheckinPolicy, windows: Windows): number =>
  Math.min(startsAt, Math.max(windows.from, startsAt - policy.earlyAnnouncedMinutes * MINUTE));

const ofTicket = (
  known: KnownVisit,
  now: number,
  refuse: (reason: Refusal, next: readonly Next[], more?: Partial<Refused>) => Refused,
): Decision => {
  if (known.served === true) return { accept: 'feedback', visitId: known.visitId, number: known.number };
  if (known.printing) return { accept: 'again', visitId: known.visitId };
  const next: Next[] = [];
  if (known.ours && mayCopy(known, now)) next.push({ step: 'copy', visitId: known.visitId });
  if (known.served === null && now - known.arrivedAt >= FEEDBACK_AFTER_MS) {
    next.push({ step: 'feedback', visitId: known.visitId });
  }
  return refuse('already-used', next, { number: known.number });
};
