import type { OpResult } from '../../../shared/contracts/centre/schemas.ts';
import { sql, type WriteDb } from './sql.ts';

/**
 * What the centre answered to a request about a booking counts at once, though the feed may bring an older row first.
 * The rows of the feed themselves stay as they came, so that they can be compared with the centre's.
 */

/** Kept until the feed has this revision; bookings.ts reads it. A booking that is not held here is none of our business. */
export const noteTold = (db: WriteDb, booking: NonNullable<OpResult['booking']>): void => {
  db.run(sql`INSERT INTO booking_told (booking_id, rev, status, starts_at)
    SELECT ${booking.id}, ${booking.rev}, ${booking.status}, ${booking.starts_at}
    WHERE EXISTS (SELECT 1 FROM booking WHERE booking_id = ${booking.id} AND rev < ${booking.rev})
    ON CONFLICT (booking_id) DO UPDATE SET rev = excluded.rev, status = excluded.status, starts_at = excluded.starts_at
      WHERE excluded.rev > booking_told.rev`);
};

/** Forgets what the feed has by now, and what is told of bookings that are gone from here. To be called after each page. */
export const settleTold = (db: WriteDb): void => {
  db.run(sql`DELETE FROM booking_told WHERE NOT EXISTS
    (SELECT 1 FROM booking WHERE booking.booking_id = booking_told.booking_id AND booking.rev < booking_told.rev)`);
};
