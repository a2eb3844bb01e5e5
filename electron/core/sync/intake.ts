import { businessDate } from '../../../shared/domain/business-day.ts';
import type { Change, CollectionName } from '../../../shared/contracts/centre/schemas.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { applyChange } from '../store/apply.ts';
import { anyUnread, forgetUnread, noteUnread } from '../store/collections.ts';
import { readDevice, readOffice } from '../store/registry.ts';
import type { Sealer } from '../store/seal.ts';
import { sql, type WriteDb } from '../store/sql.ts';
import { settleTold } from '../store/told.ts';
import { enqueue } from './outbox.ts';
import { readRow, type RawRow } from './rows.ts';

/** Brings rows of the centre into the database, inside the transaction of their page. */

export interface IntakePorts {
  clock: Clock;
  ids: Ids;
  log: Log;
  sealer: Sealer;
  /** A row of these was put or is gone. Told inside the transaction, which may still be undone: look at the table then. */
  onRow: (collection: CollectionName, id: string | number) => void;
}

/** The most of one kind in an operation that says that rows were purged. */
const PURGED_IN_ONE = 500;

/** What a booking left here when its visit is over: not more than the centre wants forgotten, and not less. */
const forgetDerived = (db: WriteDb, bookingId: string, today: string): void => {
  db.run(
    sql`DELETE FROM print_job WHERE request_id IN (SELECT request_id FROM request WHERE booking_id = ${bookingId})`,
  );
  db.run(sql`DELETE FROM request WHERE booking_id = ${bookingId}`);
  db.run(sql`DELETE FROM print_job WHERE ticket_id IN (SELECT ticket_id FROM ticket JOIN visit USING (visit_id)
    WHERE booking_id = ${bookingId} AND visit.business_date < ${today})`);
  db.run(sql`DELETE FROM ticket WHERE visit_id IN
    (SELECT visit_id FROM visit WHERE booking_id = ${bookingId} AND business_date < ${today})`);
  db.run(sql`DELETE FROM visit WHERE booking_id = ${bookingId} AND business_date < ${today}`);
};

export const createIntake = ({ clock, ids, log, sealer, onRow }: IntakePorts) => {
  const today = (db: WriteDb, now: number): string => {
    const device = readDevice(db);
    const office = device && readOffice(db, device.officeId);
    return businessDate(now, office?.time_zone ?? 'UTC', office?.day_change_minutes ?? 0);
  };

  /** The centre is told what is gone, by operations of the same transaction. */
  const confirmPurge = (db: WriteDb, purged: readonly Change[], now: number): void => {
    const day = today(db, now);
    for (const c of new Set(purged.map((row) => row.c))) {
      const all = purged.filter((row) => row.c === c).map(({ id }) => String(id));
      if (c === 'booking') for (const id of all) forgetDerived(db, id, day);
      for (let from = 0; from < all.length; from += PURGED_IN_ONE) {
        const opId = ids.uuid();
        enqueue(db, {
          op_id: opId,
          type: 'purge.done',
          kind: 'fact',
          entity_id: opId,
          business_date: day,
          occurred_at: now,
          payload: { c, ids: all.slice(from, from + PURGED_IN_ONE) },
        });
      }
    }
  };

  return {
    /**
     * Takes rows in. One that this program cannot read is left out and remembered; it does not hold up those behind it.
     * @param force of a snapshot: it counts also when it is older than what is here
     * @returns whether rows were purged: what is freed is to leave the files too
     */
    take: (db: WriteDb, raws: readonly RawRow[], force: boolean): { purged: boolean } => {
      const skipped: string[] = [];
      const purged: Change[] = [];
      const unread = anyUnread(db);
      let bookings = false;
      for (const raw of raws) {
        const row = readRow(raw);
        if (row.kind === 'change') {
          const { change } = row;
          applyChange(db, change, { sealer, force });
          onRow(change.c, change.id);
          if (unread) forgetUnread(db, change.c, String(change.id));
          if (change.c === 'booking') bookings = true;
          if (change.op === 'evict' && change.purge) purged.push(change);
        } else if (row.kind !== 'unknown') {
          skipped.push(`${raw.c} ${row.kind === 'unread' ? row.id : '?'}`);
          if (row.kind === 'unread') noteUnread(db, row.c, row.id, row.rev);
        }
      }
      if (bookings) settleTold(db);
      if (purged.length > 0) confirmPurge(db, purged, clock.now());
      if (skipped.length > 0) log.warn('sync.rows-skipped', { rows: skipped.slice(0, 20), count: skipped.length });
      return { purged: purged.length > 0 };
    },
  };
};
export type Intake = ReturnType<typeof createIntake>;
