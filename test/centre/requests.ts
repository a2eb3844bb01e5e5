import type { Operation, OpResult } from '../../shared/contracts/centre/schemas.ts';
import { BOOKING_STATUS, type BookingStatus } from '../../shared/domain/model.ts';
import { plainBooking, putBooking, readBooking, type Booking } from './bookings.ts';
import { readEntity } from './change-log.ts';
import { officeDate, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { verifiersOf } from './factors.ts';
import { confirmation } from './keys.ts';
import { applied, conflict, rejected, type Outcome } from './outcome.ts';
import { readSlot, slotId, slotOver } from './slots.ts';

/**
 * Requests need what only the centre has, a place in a slot above all: they are applied or refused, and a device that told
 * its visitor something else takes them back.
 */

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;
type Request = Of<'booking.create' | 'booking.reschedule' | 'booking.cancel'>;

/** The booking as it is now, with its confirmation. */
export const bookingResult = (context: Context, booking: Booking): NonNullable<OpResult['booking']> => ({
  id: booking.id,
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

/** What to tell about the booking of a request that came before. */
export const bookingOfRequest = (
  context: Context,
  device: Device,
  op: Operation,
): { booking: NonNullable<OpResult['booking']> } | null => {
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
  return booking && { booking: bookingResult(context, booking) };
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
  const slot = readSlot(context, officeId, slotId(serviceId, startsAt));
  return slot && slot.free > 0 ? null : TAKEN;
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

const cancel = (context: Context, device: Device, { payload }: Of<'booking.cancel'>): Step => {
  const booking = bookingOf(context, device, payload.booking_id);
  if (!booking) return { no: NOT_FOUND };
  if (isOver(booking.status)) return { no: ARRIVED };
  if (booking.status === 'cancelled') return { before: booking, after: booking };
  return { before: booking, after: { ...booking, status: 'cancelled', ticket: null } };
};

/** @param phone4 the last digits of the phone that was left with it: they become its second factor */
export const applyRequest = (context: Context, device: Device, op: Request, phone4: string | null): Outcome => {
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
  const booking = after === before ? after : putBooking(context, after);
  if (op.type === 'booking.create' && op.payload.contact) {
    db.prepare('UPDATE booking SET contact = ? WHERE booking_id = ?').run(
      JSON.stringify(op.payload.contact),
      booking.id,
    );
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
  type: string;
  booking_id: string;
  from_status: string | null;
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
const undo = (context: Context, request: RequestRow, booking: Booking): Outcome | null => {
  const { from_starts_at: from, from_status: was } = request;
  if (isOver(booking.status)) return conflict('already-arrived', 'The booking has been checked in meanwhile');
  if (request.type === 'booking.create') {
    if (booking.status !== 'cancelled') putBooking(context, { ...booking, status: 'cancelled', ticket: null });
    return null;
  }
  if (booking.starts_at !== request.to_starts_at) return conflict('stale-revision', 'The booking was moved meanwhile');
  if (request.type === 'booking.reschedule') {
    if (booking.status === 'cancelled' || from === null || from === booking.starts_at) return null;
    if (!mayReturn(context, booking, from)) return conflict('slot-taken', 'The old time has been taken meanwhile');
    putBooking(context, moved(booking, from));
    return null;
  }
  const status = BOOKING_STATUS.find((known) => known === was);
  if (status === undefined || status === 'cancelled' || booking.status !== 'cancelled') return null;
  if (!mayReturn(context, booking, booking.starts_at)) {
    return conflict('slot-taken', 'The time has been taken meanwhile');
  }
  putBooking(context, { ...booking, status });
  return null;
};

/** A request that its visitor was told has failed: whatever it did is undone, and one that comes yet does nothing. */
export const withdraw = (context: Context, device: Device, op: Of<'request.withdraw'>): Outcome => {
  const { db, now } = context;
  const opId = op.payload.op_id.toLowerCase();
  db.prepare('INSERT INTO withdrawn VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(device.id, opId, now());
  const request = requestRow(context, device, opId);
  const booking = request && bookingOf(context, device, request.booking_id);
  if (!request || !booking || request.withdrawn_at !== null) {
    return { ...applied, ...bookingOfRequest(context, device, op) };
  }
  const hit = undo(context, request, booking);
  if (!hit) {
    db.prepare('UPDATE request SET withdrawn_at = ? WHERE device_id = ? AND op_id = ?').run(now(), device.id, opId);
  }
  return { ...(hit ?? applied), ...bookingOfRequest(context, device, op) };
};
