import type { Operation } from '../../shared/contracts/centre/schemas.ts';
import { readBooking } from './bookings.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { applied, conflict, type Outcome } from './outcome.ts';
import { timesOf } from './rules.ts';
import { settleBooking } from './settling.ts';

/**
 * Staff have said that somebody did not come. Whether that holds is worked out with his check-ins and cancellations (see
 * settle.ts): who has come has come, whenever that is told. The booking may be heard of later.
 */
export const applyNoShow = (
  context: Context,
  device: Device,
  op: Extract<Operation, { type: 'booking.no-show' }>,
): Outcome => {
  if (!device.roles.includes('desk')) return conflict('not-allowed', 'Only a desk says who did not come');
  const { booking_id: id } = op.payload;
  const known = readBooking(context, id);
  if (known && known.office_id !== device.officeId) return conflict('not-found', 'There is no such booking');
  const { at, ranked } = timesOf(context, op);
  const moved = context.db
    .prepare(
      `SELECT 1 FROM request WHERE booking_id = ? AND type = 'booking.reschedule' AND withdrawn_at IS NULL
         AND applied_at > ?`,
    )
    .get(id, at);
  if (moved !== undefined) return conflict('stale-revision', 'The booking was moved meanwhile');
  context.db
    .prepare('INSERT INTO no_show VALUES (?, ?, ?, ?, ?, NULL)')
    .run(id, device.id, op.op_id.toLowerCase(), device.officeId, ranked);
  settleBooking(context, id);
  const after = readBooking(context, id);
  if (after?.status === 'arrived' || after?.status === 'served') {
    return conflict('already-arrived', 'The booking has been checked in');
  }
  if (after?.status === 'cancelled') return conflict('booking-cancelled', 'The booking is cancelled');
  return { ...applied, ...(after ? { rev: after.rev } : {}) };
};
