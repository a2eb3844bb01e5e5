import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import { assertNever } from '../../shared/domain/model.ts';
import { putBooking, readBooking, type Booking } from './bookings.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { applied, conflict, type Outcome } from './outcome.ts';
import { addVisit } from './visits.ts';

/** Facts have already happened in the room: they are never refused, only flagged. */

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;

interface VisitRow {
  visit_id: string;
  booking_id: string | null;
}

const knownVisit = ({ db }: Context, visitId: string): VisitRow | undefined =>
  db.prepare<[string], VisitRow>('SELECT visit_id, booking_id FROM visit WHERE visit_id = ?').get(visitId);

const merged: Outcome = { status: 'merged', problem: { type: 'visit-known', title: 'This visit was told before' } };

/** When it happened, as far as it can be: the device's clock may be ahead. */
const happened = (context: Context, op: Operation): number => Math.min(op.occurred_at, context.now());

/** What a check-in collides with, and with whose visit; null when all is well. */
const collision = (
  context: Context,
  device: Device,
  op: Of<'checkin'>,
  booking: Booking | null,
): { outcome: ReturnType<typeof conflict>; linked: string | null } | null => {
  const first = context.db
    .prepare<[string], VisitRow>(
      `SELECT visit_id, booking_id FROM visit WHERE booking_id = ? ORDER BY received_at, visit_id LIMIT 1`,
    )
    .get(op.payload.booking_id);
  const stands = (type: string, title: string) => ({
    outcome: conflict(type, title),
    linked: first?.visit_id ?? null,
  });
  if (first) return stands('double-checkin', 'The booking was checked in before: two tickets, one visit');
  if (!booking) return null;
  if (booking.office_id !== device.officeId) return stands('other-office', 'The booking is for another office');
  switch (booking.status) {
    case 'cancelled':
      return stands('booking-cancelled', 'The booking had been cancelled');
    case 'arrived':
      return stands('double-checkin', 'The booking was checked in before');
    case 'served':
      return stands('already-served', 'The booking had been served');
    case 'booked':
    case 'rescheduled':
    case 'no-show':
      return officeDate(context, device.officeId, booking.starts_at) === op.business_date
        ? null
        : stands('other-day', 'The booking is for another day');
    default:
      return assertNever(booking.status);
  }
};

const applyCheckin = (context: Context, device: Device, op: Of<'checkin'>): Outcome => {
  const { payload } = op;
  const known = knownVisit(context, payload.visit_id);
  if (known) {
    return known.booking_id === payload.booking_id
      ? merged
      : conflict('visit-known', 'Another check-in has the same visit id');
  }
  const booking = readBooking(context, payload.booking_id);
  const hit = collision(context, device, op, booking);
  const arrived = happened(context, op);
  const unique = addVisit(context, {
    visit_id: payload.visit_id,
    office_id: device.officeId,
    device_id: device.id,
    op_id: op.op_id,
    booking_id: payload.booking_id,
    services: [payload.service_id, ...payload.further_services],
    ticket: payload.ticket,
    business_date: op.business_date,
    // What counts is what the centre knows: the device may not have heard of a booking that is here.
    provisional: !booking,
    occurred_at: op.occurred_at,
    arrived_at: arrived,
    // Who has no booking that holds, and who came late for it, stands where he arrived.
    // A booking that is not known here yet: its own confirmation says the time.
    order_at: hit || payload.late ? arrived : (booking?.starts_at ?? payload.starts_at ?? arrived),
    priority: booking?.priority ?? 'none',
    claim: null,
    language: booking?.language ?? null,
    contact: null,
    flags: payload.flags,
    late: payload.late,
    conflict: hit?.outcome.problem.type ?? null,
    linked_visit: hit?.linked ?? null,
  });
  if (booking && !hit) putBooking(context, { ...booking, status: 'arrived', ticket: payload.ticket });
  if (hit) return hit.outcome;
  return unique ? applied : conflict('number-used-twice', 'Another ticket of the day has the same number');
};

const applyWalkIn = (context: Context, device: Device, op: Of<'walkin'>): Outcome => {
  const { payload } = op;
  const known = knownVisit(context, payload.visit_id);
  if (known) {
    return known.booking_id === null ? merged : conflict('visit-known', 'A check-in has the same visit id');
  }
  const claim = readOffice(context, device.officeId)?.priority_claims.find(({ id }) => id === payload.claim);
  const arrived = happened(context, op);
  const unique = addVisit(context, {
    visit_id: payload.visit_id,
    office_id: device.officeId,
    device_id: device.id,
    op_id: op.op_id,
    booking_id: null,
    services: [payload.service_id, ...payload.further_services],
    ticket: payload.ticket,
    business_date: op.business_date,
    provisional: false,
    occurred_at: op.occurred_at,
    arrived_at: arrived,
    order_at: arrived,
    priority: claim?.at_once === true ? claim.level : 'none',
    // A claim that the office no longer has on its list is for the desk to look at.
    claim: payload.claim === null ? null : { id: payload.claim, level: claim?.level ?? 'none' },
    language: payload.language,
    contact: payload.contact && JSON.stringify(payload.contact),
    flags: payload.flags,
    late: false,
    conflict: null,
    linked_visit: null,
  });
  return unique ? applied : conflict('number-used-twice', 'Another ticket of the day has the same number');
};

const applyHelp = (context: Context, device: Device, op: Of<'help'>): Outcome => {
  const { help_id: id, screen, reason, over } = op.payload;
  const at = happened(context, op);
  // The end may come before the beginning: the call is then over from the start.
  context.db
    .prepare(
      `INSERT INTO help_call VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
         called_at = min(called_at, excluded.called_at), over_at = coalesce(over_at, excluded.over_at),
         screen = CASE WHEN excluded.over_at IS NULL THEN excluded.screen ELSE screen END,
         reason = coalesce(excluded.reason, reason)`,
    )
    .run(id, device.officeId, device.id, screen, reason, at, over ? at : null);
  context.tell({ type: 'visit' });
  return applied;
};

const applyFeedback = (context: Context, device: Device, op: Of<'feedback'>): Outcome => {
  const { visit_id: visitId, score, reasons, sealed } = op.payload;
  context.db
    .prepare('INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    .run(
      device.id,
      op.op_id.toLowerCase(),
      device.officeId,
      visitId,
      score,
      JSON.stringify(reasons),
      sealed,
      happened(context, op),
      context.now(),
    );
  context.tell({ type: 'visit' });
  return applied;
};

type Fact = Of<'checkin' | 'walkin' | 'help' | 'entry.locked' | 'feedback' | 'ticket.reprint' | 'scan.failed'>;

export const applyFact = (context: Context, device: Device, op: Fact): Outcome => {
  switch (op.type) {
    case 'checkin':
      return applyCheckin(context, device, op);
    case 'walkin':
      return applyWalkIn(context, device, op);
    case 'help':
      return applyHelp(context, device, op);
    case 'feedback':
      return applyFeedback(context, device, op);
    case 'ticket.reprint':
      context.db
        .prepare('UPDATE visit SET copies = max(copies, ?) WHERE visit_id = ?')
        .run(op.payload.copy, op.payload.visit_id);
      return applied;
    case 'entry.locked':
    case 'scan.failed':
      // The stored operation is all there is to it.
      context.tell({ type: 'visit' });
      return applied;
    default:
      return assertNever(op);
  }
};
