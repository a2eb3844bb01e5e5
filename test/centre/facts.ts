import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import { addDays } from '../../shared/domain/business-day.ts';
import { assertNever } from '../../shared/domain/model.ts';
import { decide, LIVE_DAYS, readConflict } from './conflicts.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import { applyStage, applyWaitingStages } from './desk-stages.ts';
import { orderDevice } from './device-rows.ts';
import type { Device } from './devices.ts';
import { editVisit } from './edits.ts';
import { applyHelp, takeHelp } from './help.ts';
import { applyNoShow } from './no-shows.ts';
import { applied, conflict, type Outcome } from './outcome.ts';
import { refreshRejected } from './requests.ts';
import { purgeDone } from './retention.ts';
import { redirectFor, timesOf } from './rules.ts';
import { blinded, phoneIn } from './sealing.ts';
import { settleConflictOf, settleVisit } from './settling.ts';
import { sendTicket } from './sms.ts';
import { renewEmergency } from './staff.ts';
import { insertVisit, visitRow, type NewVisit, type VisitRow } from './visits.ts';

/** Facts have already happened in the room: they are never refused, only flagged. */

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;

const merged = (type: string, title: string): Outcome => ({ status: 'merged', problem: { type, title } });

const TITLES: Record<string, string> = {
  'double-checkin': 'The booking was checked in before: two tickets, one visit',
  'from-cancelled': 'The booking had been cancelled',
  'cancel-reverted': 'The booking was cancelled after he had come: it stands',
  'other-day': 'The booking is for another day',
  'other-office': 'The booking is for another office',
  'already-served': 'The booking had been served',
  'needs-redirect': 'The service is not to be had any more',
  'possible-duplicate': 'Another device gave a ticket for the same phone',
  'number-used-twice': 'Another ticket of the day has the same number',
  'no-show-withdrawn': 'He had come in time after all',
};

/** The word of an answer, where it is not that of the conflict. */
const PROBLEMS: Record<string, string> = { 'from-cancelled': 'booking-cancelled' };

/** What became of a visit that was told. */
const outcomeOf = (context: Context, op: Of<'checkin' | 'walkin'>): Outcome => {
  const row = visitRow(context, op.payload.visit_id);
  if (row?.role === 'return') return merged('returned', 'He had come before: it is the same visit');
  const own = readConflict(context, op.op_id.toLowerCase());
  if (own) return conflict(PROBLEMS[own.type] ?? own.type, TITLES[own.type] ?? own.type);
  // Earlier than what was known until now: the other ticket is the second one.
  const other = context.db
    .prepare(`SELECT 1 FROM visit WHERE main_visit = ? AND role = 'also'`)
    .get(op.payload.visit_id);
  return other === undefined ? applied : conflict('double-checkin', TITLES['double-checkin'] ?? '');
};

/**
 * The day in whose queue a visit stands: that of the operation, but none to come (its clock is wrong: he is here now), and
 * none that has long been over (null).
 */
const queueDate = (context: Context, device: Device, op: Operation): string | null => {
  const today = officeDate(context, device.officeId, context.now());
  if (op.business_date > today) return today;
  return op.business_date < addDays(today, -LIVE_DAYS) ? null : op.business_date;
};

/** Who acts where nobody of the staff does. */
const KIOSK = 'kiosk';

type Told = Pick<
  NewVisit,
  'booking_id' | 'language' | 'contact' | 'contact_hash' | 'said_starts_at' | 'priority' | 'claim' | 'late' | 'override'
>;

const take = (context: Context, device: Device, op: Of<'checkin' | 'walkin'>, told: Told): Outcome => {
  const { payload } = op;
  const { at, ranked } = timesOf(context, op);
  const date = queueDate(context, device, op);
  insertVisit(context, {
    ...told,
    visit_id: payload.visit_id,
    office_id: device.officeId,
    device_id: device.id,
    op_id: op.op_id.toLowerCase(),
    seq: op.seq,
    services: [payload.service_id, ...payload.further_services],
    ticket: payload.ticket,
    business_date: op.business_date,
    queue_date: date,
    occurred_at: op.occurred_at,
    arrived_at: at,
    ranked_at: ranked,
    flags: payload.flags,
    // Whoever gave him his number; a kiosk says so itself, or nothing.
    via: op.actor === undefined || op.actor === KIOSK ? 'kiosk' : 'desk',
    redirect:
      date === null
        ? null
        : redirectFor(context, device.officeId, {
            serviceId: payload.service_id,
            at,
            walkIn: told.booking_id === null,
            date,
          }),
  });
  settleVisit(context, payload.visit_id);
  applyWaitingStages(context, payload.visit_id);
  return outcomeOf(context, op);
};

/** A visit that was told before; null for a new one. */
const again = (known: VisitRow | undefined, bookingId: string | null): Outcome | null => {
  if (!known) return null;
  return known.booking_id === bookingId
    ? merged('visit-known', 'This visit was told before')
    : conflict('visit-known', 'Another visit has the same id');
};

const applyCheckin = (context: Context, device: Device, op: Of<'checkin'>): Outcome => {
  const { payload } = op;
  return (
    again(visitRow(context, payload.visit_id), payload.booking_id) ??
    take(context, device, op, {
      booking_id: payload.booking_id,
      language: null,
      contact: null,
      contact_hash: null,
      said_starts_at: payload.starts_at,
      priority: 'none',
      claim: null,
      late: payload.late,
      // Visitors decide nothing about themselves.
      override: payload.override !== null && device.roles.includes('desk'),
    })
  );
};

const applyWalkIn = (context: Context, device: Device, op: Of<'walkin'>): Outcome => {
  const { payload } = op;
  const claim = readOffice(context, device.officeId)?.priority_claims.find(({ id }) => id === payload.claim);
  const contact = payload.contact && JSON.stringify(payload.contact);
  const phone = phoneIn(context, contact);
  return (
    again(visitRow(context, payload.visit_id), null) ??
    take(context, device, op, {
      booking_id: null,
      language: payload.language,
      contact,
      contact_hash: phone === null ? null : blinded(context, phone),
      said_starts_at: null,
      priority: claim?.at_once === true ? claim.level : 'none',
      // A claim that the office no longer has on its list is for the desk to look at.
      claim: payload.claim === null ? null : { id: payload.claim, level: claim?.level ?? 'none' },
      late: false,
      override: false,
    })
  );
};

/** The visit may be told of later than its undo, and may be of another device: of another office it is not. */
const applyUndo = (context: Context, device: Device, op: Of<'checkin.undo'>): Outcome => {
  const { visit_id: visitId } = op.payload;
  const known = visitRow(context, visitId);
  if (known && known.office_id !== device.officeId) return conflict('not-found', 'There is no such visit');
  context.db
    .prepare('INSERT INTO visit_undo VALUES (?, ?) ON CONFLICT DO UPDATE SET at = min(at, excluded.at)')
    .run(visitId, timesOf(context, op).ranked);
  settleVisit(context, visitId);
  const after = visitRow(context, visitId);
  return after && after.role !== 'undone'
    ? conflict('already-served', 'He has been called: the visit stands')
    : applied;
};

const applyResolve = (context: Context, device: Device, op: Of<'conflict.resolve'>): Outcome => {
  if (!device.roles.includes('desk')) return conflict('not-allowed', 'Only a desk decides about conflicts');
  const id = op.payload.conflict_id.toLowerCase();
  decide(context, device, op, timesOf(context, op).at);
  settleConflictOf(context, id);
  refreshRejected(context, device.officeId, id);
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
      timesOf(context, op).at,
      context.now(),
    );
  context.tell({ type: 'visit' });
  return applied;
};

type Elsewhere = 'booking.create' | 'booking.reschedule' | 'booking.cancel' | 'request.withdraw' | 'lease.return';
type Fact = Exclude<Operation, { type: Elsewhere }>;

/** `visit.edit` and `device.order` are requests by their nature, and are here because they are about no booking. */
export const applyFact = (context: Context, device: Device, op: Fact): Outcome => {
  switch (op.type) {
    case 'checkin':
      return applyCheckin(context, device, op);
    case 'walkin':
      return applyWalkIn(context, device, op);
    case 'checkin.undo':
      return applyUndo(context, device, op);
    case 'visit.edit':
      return editVisit(context, device, op);
    case 'conflict.resolve':
      return applyResolve(context, device, op);
    case 'purge.done':
      purgeDone(context, device, op.payload.c, op.payload.ids);
      return applied;
    case 'help':
      return applyHelp(context, device, op);
    case 'help.take':
      return takeHelp(context, device, op);
    case 'visit.stage':
      return applyStage(context, device, op);
    case 'booking.no-show':
      return applyNoShow(context, device, op);
    case 'ticket.send':
      return sendTicket(context, device, op);
    case 'device.order':
      return orderDevice(context, device, op);
    case 'staff.emergency':
      return renewEmergency(context, device, op);
    case 'feedback':
      return applyFeedback(context, device, op);
    case 'ticket.reprint':
      context.db
        .prepare(
          'INSERT INTO visit_copies VALUES (?, ?) ON CONFLICT DO UPDATE SET copies = max(copies, excluded.copies)',
        )
        .run(op.payload.visit_id, op.payload.copy);
      context.tell({ type: 'visit' });
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
