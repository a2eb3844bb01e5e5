import type { BookingStatus } from './model.ts';
import type { TicketNumber } from './ticket-number.ts';

/**
 * What a code that was held before the kiosk turned out to be. A token whose signature did not verify, and a text that
 * is none of our forms, are both `foreign`: the visitor is told the same, the reason goes to the log.
 */
export type Code =
  | { kind: 'token'; bookingId: string; officeId: number; serviceId: number; startsAt: number; validUntil: number }
  | { kind: 'number'; number: string }
  | { kind: 'visit'; visitId: string }
  | { kind: 'foreign' };

/** The row of the cache, as far as the decision needs it. */
export interface KnownBooking {
  bookingId: string;
  officeId: number;
  serviceId: number;
  startsAt: number;
  status: BookingStatus;
  /** The number it was given, by whichever device. */
  ticket: TicketNumber | null;
}

/** The visit that this device made for the booking on the day. */
export interface KnownVisit {
  visitId: string;
  arrivedAt: number;
  number: TicketNumber;
  startsAt: number | null;
  copies: number;
  /** No byte of any paper ever left: every job waited until nobody waited for it any more. */
  paperless: boolean;
  /** The first paper is still on its way: no byte has left, or the printer has not answered yet. */
  printing: boolean;
}

export interface DecideInput {
  code: Code;
  /** Epoch ms. */
  now: number;
  officeId: number;
  /** Business day of `now` and of any instant, by the office's time zone. */
  dayOf: (at: number) => string;
  booking: KnownBooking | null;
  visit: KnownVisit | null;
}

export type Decision =
  | { accept: true; bookingId: string; serviceId: number; startsAt: number; provisional: boolean }
  /** The same visitor again while the first paper is on its way: show how it goes on. */
  | { accept: 'again'; visitId: string }
  | {
      accept: false;
      reason: 'not-ours' | 'other-office' | 'cancelled' | 'other-day' | 'already-used' | 'unknown';
      startsAt: number | null;
      serviceId: number | null;
      /** `other-office`: where to. */
      officeId: number | null;
      number: TicketNumber | null;
      /** A copy of this visit's ticket may be printed here. */
      copyOf: string | null;
    };

/** Within this time after the check-in the same ticket is offered again as a copy; later the desk decides. */
export const COPY_WITHIN_MS = 10 * 60_000;
export const MAX_COPIES = 2;

/** Whether a (further) copy may be printed without staff. Who is checked in and never had a paper may have one all day. */
export const mayCopy = (visit: Pick<KnownVisit, 'arrivedAt' | 'copies' | 'paperless'>, now: number): boolean =>
  visit.paperless ||
  // A clock that jumped back must not make the offer last for ever.
  (Math.abs(now - visit.arrivedAt) <= COPY_WITHIN_MS && visit.copies < MAX_COPIES);

/**
 * Decides about one code, from local facts only. The order of reasons is fixed: not a code of ours; other office;
 * cancelled; other day; already used; accept. A validly signed confirmation that the cache has not seen is accepted as
 * provisional while it is valid.
 */
export const decide = ({ code, now, officeId, dayOf, booking, visit }: DecideInput): Decision => {
  const refuse = (
    reason: Exclude<Decision, { accept: true | 'again' }>['reason'],
    more: Partial<Exclude<Decision, { accept: true | 'again' }>> = {},
  ): Decision => ({
    accept: false,
    reason,
    startsAt: booking?.startsAt ?? (code.kind === 'token' ? code.startsAt : (visit?.startsAt ?? null)),
    serviceId: booking?.serviceId ?? (code.kind === 'token' ? code.serviceId : null),
    officeId: null,
    number: null,
    copyOf: null,
    ...more,
  });
  const used = (known: KnownVisit): Decision =>
    known.printing
      ? { accept: 'again', visitId: known.visitId }
      : refuse('already-used', { number: known.number, copyOf: mayCopy(known, now) ? known.visitId : null });

  if (code.kind === 'foreign') return refuse('not-ours', { startsAt: null, serviceId: null });
  if (code.kind === 'visit') return visit ? used(visit) : refuse('not-ours', { startsAt: null, serviceId: null });
  if (code.kind === 'number' && !booking) return refuse('unknown', { startsAt: null, serviceId: null });

  const office = booking?.officeId ?? (code.kind === 'token' ? code.officeId : officeId);
  if (office !== officeId) return refuse('other-office', { officeId: office });
  // The cache knows better than the paper: a rescheduled booking has its new time there under the same id.
  const startsAt = booking?.startsAt ?? (code.kind === 'token' ? code.startsAt : now);
  if (booking?.status === 'cancelled') return refuse('cancelled');
  if (dayOf(startsAt) !== dayOf(now)) return refuse('other-day');
  if (visit) return used(visit);
  if (booking && (booking.status === 'arrived' || booking.status === 'served')) {
    return refuse('already-used', { number: booking.ticket });
  }
  if (booking) {
    return { accept: true, bookingId: booking.bookingId, serviceId: booking.serviceId, startsAt, provisional: false };
  }
  if (code.kind === 'token') {
    if (now > code.validUntil) return refuse('other-day');
    return { accept: true, bookingId: code.bookingId, serviceId: code.serviceId, startsAt, provisional: true };
  }
  return refuse('unknown');
};
