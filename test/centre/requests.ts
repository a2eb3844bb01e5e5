import type { Operation, OpResult } from '../../shared/contracts/centre/schemas.ts';
import type { BookingStatus } from '../../shared/domain/model.ts';
import { cancelBooking, plainBooking, putBooking, readBooking, uncancelBooking, type Booking } from './bookings.ts';
import { readEntity } from './change-log.ts';
import { readConflict, setConflict } from './conflicts.ts';
import { officeDate, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { verifiersOf } from './factors.ts';
import { confirmation } from './keys.ts';
import { applied, conflict, rejected, type Outcome } from './outcome.ts';
import { putPerson } from './persons.ts';
import { overbookOf, timesOf } from './rules.ts';
import { phoneIn } from './sealing.ts';
import { hasRoom, nearestFree, slotOver } from './slots.ts';

/**
 * Requests need what only the centre has, a place in a slot above all: they are applied or refused, and a device that told
 * its visitor something else takes them back.
 */

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;
type Request = Of<'booking.create' | 'booking.reschedule' | 'booking.cancel'>;

/** The booking as it is now, with its confirmation. */
export const bookingResult = (context: Context, booking: Booking): NonNullable<OpResult['booking']> => ({
  id: booking.id,
  rev: booking.rev,
  number: booking.number,
  starts_at: booking.starts_at,
  status: booking.status,
  token: booking.status === 'cancelled' ? null : confirmation(context, booking),
});

/** A booking that the device may hear of. */
const bookingOf = (context: Context, device: Device, id: string): Booking | null => {
  const booking = readBooking(context, id);
  return booking?.office_id === device.officeId ? booking : null;
};

/** What to tell about the booking of a request that came before, and what may be had instead of what it asked for. */
export const bookingOfRequest = (
  context: Context,
  device: Device,
  op: Operation,
): Pick<OpResult, 'booking' | 'alternatives'> => {
  const id = ((): string | null => {
    switch (op.type) {
      case 'booking.create':
      case 'booking.reschedule':
      case 'booking.cancel':
        return op.payload.booking_id;
      case 'request.withdraw':
        return requestRow(context, device, op.payload.op_id)?.booking_id ?? null;
      default:
        return null;
    }
  })();
  const booking = id === null ? null : bookingOf(context, device, id);
  return { ...(booking ? { booking: bookingResult(context, booking) } : {}), ...alternativesTo(context, device, op) };
};

/** The nearest free times to the one that a request did not get. */
const alternativesTo = (context: Context, device: Device, op: Operation): Pick<OpResult, 'alternatives'> => {
  if (op.type !== 'booking.create' && op.type !== 'booking.reschedule') return {};
  const service =
    op.type === 'booking.create'
      ? op.payload.service_id
      : bookingOf(context, device, op.payload.booking_id)?.service_id;
  if (service === undefined || requestRow(context, device, op.op_id)) return {};
  if (mayTake(context, device.officeId, service, op.payload.starts_at) !== TAKEN) return {};
  return { alternatives: nearestFree(context, device.officeId, service, op.payload.starts_at, 3) };
};

const NOT_FOUND = rejected('not-found', 'There is no such booking or service');
const CANCELLED = rejected('booking-cancelled', 'The booking is cancelled');
const ARRIVED = rejected('already-arrived', 'The booking has been checked in');
const TAKEN = rejected('slot-taken', 'This time is taken');
const LATE = rejected('too-late', 'This time has passed');
const WITHDRAWN = rejected('withdrawn', 'The request was taken back');

const isOver = (status: BookingStatus): boolean => status === 'arrived' || status === 'served';

/** Whether a booking may start at exactly this time. */
const mayTake = (context: Context, officeId: number, serviceId: number, startsAt: number): Outcome | null => {
  if (startsAt <= context.now()) return LATE;
  return hasRoom(context, officeId, serviceId, startsAt, overbookOf(context, serviceId)) ? null : TAKEN;
};

type Step = { no: Outcome } | { before: Booking | null; after: Booking };

const create = (context: Context, device: Device, { payload }: Of<'booking.create'>, phone4: string | null): Step => {
  const services = [payload.service_id, ...payload.further_services];
  if (services.some((id) => readEntity(context, 'service', String(id)) === null)) return { no: NOT_FOUND };
  if (readBooking(context, payload.booking_id)) {
    return { no: rejected('booking-known', 'Another booking has this id') };
  }
  const no = mayTake(context, device.officeId, payload.service_id, payload.starts_at);
  if (no) return { no };
  const after = plainBooking({
    id: payload.booking_id,
    office_id: device.officeId,
    service_id: payload.service_id,
    further_services: payload.further_services,
    starts_at: payload.starts_at,
    language: payload.language,
    factors: phone4 === null ? [] : verifiersOf({ phone4 }),
  });
  return { before: null, after };
};

const reschedule = (context: Context, device: Device, { payload }: Of<'booking.reschedule'>): Step => {
  const booking = bookingOf(context, device, payload.booking_id);
  if (!booking) return { no: NOT_FOUND };
  if (booking.status === 'cancelled') return { no: CANCELLED };
  if (isOver(booking.status)) return { no: ARRIVED };
  if (payload.starts_at === booking.starts_at) return { before: booking, after: booking };
  // Who missed the hour may take another one; who missed the day books anew.
  const dayOf = (at: number): string => officeDate(context, device.officeId, at);
  if (dayOf(booking.starts_at) < dayOf(context.now())) return { no: LATE };
  const no = mayTake(context, device.officeId, booking.service_id, payload.starts_at);
  if (no) return { no };
  return { before: booking, after: moved(booking, payload.starts_at) };
};

/** At another time; the paper that says the old one is superseded. */
export const moved = (booking: Booking, startsAt: number): Booking => ({
  ...booking,
  starts_at: startsAt,
  status: 'booked',
  revision: booking.revision + 1,
});

/** Whether it holds depends on who had come by then, by the times of both. */
const cancel = (context: Context, device: Device, op: Of<'booking.cancel'>): Step => {
  const booking = bookingOf(context, device, op.payload.booking_id);
  if (!booking) return { no: NOT_FOUND };
  if (booking.status === 'served') return { no: ARRIVED };
  cancelBooking(context, booking.id, {
    device: device.id,
    op: op.op_id.toLowerCase(),
    at: timesOf(context, op).ranked,
  });
  const after = readBooking(context, booking.id) ?? booking;
  return after.status === 'cancelled' ? { before: booking, after } : { no: ARRIVED };
};

/** A visitor sees the answer for so long; later it is for the desk to tell him. */
const WAITS_MS = 5000;

const OTHER_REFUSALS: ReadonlySet<string> = new Set(['withdrawn', 'booking-known', 'not-found']);

/**
 * Somebody was told that his request would be confirmed, and it was not: staff has to tell him. A cancellation that does
 * not hold is refused to somebody who is here, and is a matter of his check-in.
 */
const noteRejected = (context: Context, device: Device, op: Request, outcome: Outcome): void => {
  const type = outcome.problem?.type ?? '';
  if (op.type === 'booking.cancel' || outcome.status !== 'rejected' || OTHER_REFUSALS.has(type)) return;
  const { db, now } = context;
  const booking = readBooking(context, op.payload.booking_id);
  if (op.type === 'booking.create' && !booking) {
    const phone = phoneIn(context, op.payload.contact && JSON.stringify(op.payload.contact));
    if (phone !== null) putPerson(context, op.payload.booking_id, device.officeId, { phone });
  }
  const { at } = timesOf(context, op);
  const saw = op.clock?.src === 'server' && now() - at <= WAITS_MS;
  const id = op.op_id.toLowerCase();
  const withdrawn = db.prepare('SELECT 1 FROM withdrawn WHERE device_id = ? AND op_id = ?').get(device.id, id);
  setConflict(context, device.officeId, id, {
    type: 'request-rejected',
    business_date: officeDate(context, device.officeId, now()),
    at,
    visit_id: null,
    other_visit_id: null,
    booking_id: op.payload.booking_id,
    service_id: op.type === 'booking.create' ? op.payload.service_id : (booking?.service_id ?? null),
    since: null,
    open: !saw && withdrawn === undefined,
  });
};

/** A decision of a desk came in, or the request was taken back: what was refused is nobody's task any more. */
export const refreshRejected = (context: Context, officeId: number, conflictId: string): void => {
  const known = readConflict(context, conflictId);
  if (known?.type === 'request-rejected') setConflict(context, officeId, conflictId, { ...known, open: false });
};

/** @param phone4 the last digits of the phone that was left with it: they become its second factor */
export const applyRequest = (context: Context, device: Device, op: Request, phone4: string | null): Outcome => {
  const outcome = decideRequest(context, device, op, phone4);
  noteRejected(context, device, op, outcome);
  return outcome;
};

const decideRequest = (context: Context, device: Device, op: Request, phone4: string | null): Outcome => {
  const { db, now } = context;
  const opId = op.op_id.toLowerCase();
  if (db.prepare('SELECT 1 FROM withdrawn WHERE device_id = ? AND op_id = ?').get(device.id, opId)) return WITHDRAWN;
  const step = ((): Step => {
    if (op.type === 'booking.create') return create(context, device, op, phone4);
    if (op.type === 'booking.reschedule') return reschedule(context, device, op);
    return cancel(context, device, op);
  })();
  if ('no' in step) return { ...step.no, ...bookingOfRequest(context, device, op) };
  const { before, after } = step;
  const booking = after === before || op.type === 'booking.cancel' ? after : putBooking(context, after);
  if (op.type === 'booking.create' && op.payload.contact) {
    const contact = JSON.stringify(op.payload.contact);
    db.prepare('UPDATE booking SET contact = ? WHERE booking_id = ?').run(contact, booking.id);
    putPerson(context, booking.id, device.officeId, { phone: phoneIn(context, contact) });
  }
  db.prepare('INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)').run(
    device.id,
    opId,
    op.type,
    booking.id,
    before?.status ?? null,
    before?.starts_at ?? null,
    booking.starts_at,
    now(),
  );
  return { ...applied, booking: bookingResult(context, booking) };
};

// --- Taking back -----------------------------------------------------------------------------------------------------

interface RequestRow {
  op_id: string;
  type: string;
  booking_id: string;
  from_starts_at: number | null;
  to_starts_at: number;
  withdrawn_at: number | null;
}

const requestRow = ({ db }: Context, device: Device, opId: string): RequestRow | undefined =>
  db
    .prepare<[string, string], RequestRow>('SELECT * FROM request WHERE device_id = ? AND op_id = ?')
    .get(device.id, opId.toLowerCase());

/** Whether a booking may have its old time back: also one between the slots, and one that has passed. */
const mayReturn = (context: Context, booking: Booking, startsAt: number): boolean => {
  const slot = slotOver(context, booking.office_id, booking.service_id, startsAt);
  if (slot === null || startsAt <= context.now()) return true;
  // In the slot that it is in now it takes no further place.
  const now = booking.status === 'cancelled' ? null : booking.starts_at;
  const same =
    now !== null && slotOver(context, booking.office_id, booking.service_id, now)?.starts_at === slot.starts_at;
  return same || slot.free > 0;
};

/** Makes what a request did undone. @returns what stands in the way, or null */
const undo = (context: Context, device: Device, request: RequestRow, booking: Booking): Outcome | null => {
  const { from_starts_at: from } = request;
  if (request.type === 'booking.cancel') {
    if (booking.status === 'cancelled') {
      if (booking.starts_at !== request.to_starts_at) return MOVED;
      if (!mayReturn(context, booking, booking.starts_at)) {
        return conflict('slot-taken', 'The time has been taken meanwhile');
      }
    }
    uncancelBooking(context, booking.id, device.id, request.op_id);
    return null;
  }
  if (isOver(booking.status)) return conflict('already-arrived', 'The booking has been checked in meanwhile');
  if (request.type === 'booking.create') {
    if (booking.status !== 'cancelled') putBooking(context, { ...booking, status: 'cancelled', ticket: null });
    return null;
  }
  if (booking.starts_at !== request.to_starts_at) return MOVED;
  if (booking.status === 'cancelled' || from === null || from === booking.starts_at) return null;
  if (!mayReturn(context, booking, from)) return conflict('slot-taken', 'The old time has been taken meanwhile');
  putBooking(context, moved(booking, from));
  return null;
};

const MOVED = conflict('stale-revision', 'The booking was moved meanwhile');

/** A request that its visitor was told has failed: whatever it did is undone, and one that comes yet does nothing. */
export const withdraw = (context: Context, device: Device, op: Of<'request.withdraw'>): Outcome => {
  const { db, now } = context;
  const opId = op.payload.op_id.toLowerCase();
  db.prepare('INSERT INTO withdrawn VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(device.id, opId, now());
  refreshRejected(context, device.officeId, opId);
  const request = requestRow(context, device, opId);
  const booking = request && bookingOf(context, device, request.booking_id);
  if (!request || !booking || request.withdrawn_at !== null) {
    return { ...applied, ...bookingOfRequest(context, device, op) };
  }
  const hit = undo(context, device, request, booking);
  if (!hit) {
    db.prepare('UPDATE request SET withdrawn_at = ? WHERE device_id = ? AND op_id = ?').run(now(), device.id, opId);
  }
  return { ...(hit ?? applied), ...bookingOfRequest(context, device, op) };
};
