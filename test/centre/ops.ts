import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { operation, type Operation } from '../../shared/contracts/centre/schemas.ts';
import { assertNever } from '../../shared/domain/model.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { putBooking, readBooking } from './feed.ts';

/**
 * Operations of devices. A fact has already happened in the room: it is never refused, only flagged. What cannot be
 * read is kept too, as it came, and holds up nothing.
 */

type Body = z.output<(typeof centreApi)['ops']['input']>['ops'][number];
type Answer = z.input<(typeof centreApi)['ops']['output']>;
type Result = Answer['results'][number];
type Outcome = Omit<Result, 'op_id'>;
type Checkin = Extract<Operation, { type: 'checkin' }>;

const applied: Outcome = { status: 'applied' };
const conflict = (type: string, title: string): Outcome => ({ status: 'conflict_recorded', problem: { type, title } });

interface VisitRow {
  visit_id: string;
  booking_id: string;
}

/** What a check-in collides with, and with whose visit; null when all is well. */
const collision = (
  context: Context,
  device: Device,
  { payload }: Checkin,
): { outcome: Outcome; linked: string | null } | null => {
  const booking = readBooking(context, payload.booking_id);
  const first = context.db
    .prepare<[string], VisitRow>(
      `SELECT visit_id, booking_id FROM visit WHERE booking_id = ? ORDER BY received_at, visit_id LIMIT 1`,
    )
    .get(payload.booking_id);
  const stands = (outcome: Outcome) => ({ outcome, linked: first?.visit_id ?? null });
  if (first) return stands(conflict('double-checkin', 'The booking was checked in before: two tickets, one visit'));
  if (!booking) return null;
  if (booking.office_id !== device.officeId) {
    return stands(conflict('other-office', 'The booking is for another office'));
  }
  switch (booking.status) {
    case 'cancelled':
      return stands(conflict('booking-cancelled', 'The booking had been cancelled'));
    case 'arrived':
      return stands(conflict('double-checkin', 'The booking was checked in before'));
    case 'served':
      return stands(conflict('already-served', 'The booking had been served'));
    case 'booked':
    case 'rescheduled':
    case 'no-show':
      return null;
    default:
      return assertNever(booking.status);
  }
};

const applyCheckin = (context: Context, device: Device, op: Checkin): Outcome => {
  const { db, now } = context;
  const { payload } = op;
  const { number, series } = payload.ticket;
  const known = db
    .prepare<[string], VisitRow>('SELECT visit_id, booking_id FROM visit WHERE visit_id = ?')
    .get(payload.visit_id);
  if (known) {
    return known.booking_id === payload.booking_id
      ? { status: 'merged', problem: { type: 'visit-known', title: 'This visit was told before' } }
      : conflict('visit-known', 'Another check-in has the same visit id');
  }
  const booking = readBooking(context, payload.booking_id);
  const hit = collision(context, device, op);
  db.prepare(
    `INSERT INTO visit (visit_id, office_id, device_id, op_id, booking_id, service_id, series, number, business_date,
       provisional, occurred_at, received_at, conflict, linked_visit)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    payload.visit_id,
    device.officeId,
    device.id,
    op.op_id,
    payload.booking_id,
    payload.service_id,
    series,
    number,
    op.business_date,
    // What counts is what the centre knows: the device may not have heard of a booking that is here.
    booking ? 0 : 1,
    op.occurred_at,
    now(),
    hit?.outcome.problem?.type ?? null,
    hit?.linked ?? null,
  );
  context.tell({ type: 'visit' });
  const ticket = db
    .prepare('INSERT INTO ticket VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    .run(payload.visit_id, device.officeId, op.business_date, series, number);
  if (booking && !hit) putBooking(context, { ...booking, status: 'arrived', ticket: { series, number } });
  if (ticket.changes === 0) {
    context.log(
      `ALARM: ticket ${series} ${number} of ${op.business_date} was given twice in office ${device.officeId}`,
    );
  }
  if (hit) return hit.outcome;
  if (ticket.changes === 0) {
    const outcome = conflict('number-used-twice', 'Another ticket of the day has the same number');
    db.prepare('UPDATE visit SET conflict = ? WHERE visit_id = ?').run(outcome.problem?.type, payload.visit_id);
    return outcome;
  }
  return applied;
};

const apply = (context: Context, device: Device, op: Operation): Outcome => {
  switch (op.type) {
    case 'checkin':
      return applyCheckin(context, device, op);
    case 'ticket.reprint':
      context.db
        .prepare('UPDATE visit SET copies = max(copies, ?) WHERE visit_id = ?')
        .run(op.payload.copy, op.payload.visit_id);
      return applied;
    case 'scan.failed':
      // The stored operation is all there is to it.
      return applied;
    default:
      return assertNever(op);
  }
};

/** A full disk or a broken file is no fault of the operation: the batch fails and comes again. */
const isStoreFailure = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('SQLITE_') &&
  !error.code.startsWith('SQLITE_CONSTRAINT');

const outcomeOf = (context: Context, device: Device, body: Body): { type: string | null; outcome: Outcome } => {
  const read = operation.safeParse(body);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    const title = `The operation cannot be read${where === '' ? '' : `: ${where}`}`.slice(0, 200);
    return { type: null, outcome: { status: 'rejected', problem: { type: 'unreadable', title } } };
  }
  try {
    return { type: read.data.type, outcome: context.write(() => apply(context, device, read.data)) };
  } catch (error) {
    if (isStoreFailure(error)) throw error;
    context.log(
      `operation ${body.op_id} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    const problem = { type: 'internal', title: 'The centre could not apply the operation; it is kept' };
    return { type: read.data.type, outcome: { status: 'rejected', problem } };
  }
};

interface StoredOp {
  status: string;
  problem_type: string | null;
  problem_title: string | null;
}

const takeOne = (context: Context, device: Device, body: Body): Result => {
  const { db, now } = context;
  const opId = body.op_id.toLowerCase();
  const known = db
    .prepare<[string, string], StoredOp>(
      'SELECT status, problem_type, problem_title FROM operation WHERE device_id = ? AND op_id = ?',
    )
    .get(device.id, opId);
  // A rejected one that comes again is read again: this centre may have learned it since, or staff sent it anew.
  if (known && known.status !== 'rejected') {
    const { problem_type: type, problem_title: title } = known;
    return {
      op_id: body.op_id,
      status: 'duplicate',
      ...(type === null || title === null ? {} : { problem: { type, title } }),
    };
  }
  const { type, outcome } = outcomeOf(context, device, body);
  db.prepare(
    `INSERT INTO operation (device_id, op_id, seq, type, body, received_at, status, problem_type, problem_title)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, type = excluded.type, body = excluded.body,
       received_at = excluded.received_at, status = excluded.status, problem_type = excluded.problem_type,
       problem_title = excluded.problem_title`,
  ).run(
    device.id,
    opId,
    body.seq,
    type,
    JSON.stringify(body),
    now(),
    outcome.status,
    outcome.problem?.type ?? null,
    outcome.problem?.title ?? null,
  );
  return { op_id: body.op_id, ...outcome };
};

/** @returns the last of the sequence that is known without a gap */
const advance = ({ db }: Context, device: Device): number => {
  const from =
    db.prepare<[string], { acked_seq: number }>('SELECT acked_seq FROM device WHERE device_id = ?').get(device.id)
      ?.acked_seq ?? 0;
  let acked = from;
  const later = db
    .prepare<[string, number], { seq: number }>(
      'SELECT seq FROM operation WHERE device_id = ? AND seq > ? ORDER BY seq',
    )
    .iterate(device.id, from);
  for (const { seq } of later) {
    if (seq > acked + 1) break;
    acked = seq;
  }
  if (acked !== from) db.prepare('UPDATE device SET acked_seq = ? WHERE device_id = ?').run(acked, device.id);
  return acked;
};

/** Takes a batch in, in the order of its sequence, all of it in one transaction. */
export const takeOps = (context: Context, device: Device, ops: readonly Body[]): Answer =>
  context.write(() => {
    const results = [...ops].sort((a, b) => a.seq - b.seq).map((body) => takeOne(context, device, body));
    const acked = advance(context, device);
    // This centre is one node: what is committed is as durable as it gets.
    return { epoch: context.epoch, acked_seq: acked, durable_seq: acked, results };
  });
