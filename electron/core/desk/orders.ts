import type { DeviceRecord } from '../../../shared/contracts/centre/schemas.ts';
import type { TicketNumber } from '../../../shared/domain/ticket-number.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { here } from '../checkin/here.ts';
import type { Clock, Log } from '../ports.ts';
import { sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { ownHelp, ownOrders } from './office.ts';

/** What this device is told by a desk: closed or open, what to say, to start anew; and what became of its calls for help. */

export interface OrderPorts {
  store: Store;
  clock: Clock;
  log: Log;
  onHelp: (call: { help: string; state: 'open' | 'taken' | 'over'; number: TicketNumber | null }) => void;
  onRestart: () => void;
}

export const createOrders = ({ store, clock, log, onHelp, onRestart }: OrderPorts) => {
  const told = new Map<string, string>();

  const look = (): void => {
    const now = clock.now();
    try {
      const { calls, order, done } = store.read((db) => {
        const row = db.get(sql`SELECT restart FROM done_order`);
        return {
          calls: ownHelp(db, here(db, now).day, now),
          order: ownOrders(db),
          done: row ? text(row, 'restart') : null,
        };
      });
      for (const { id, state, number } of calls) {
        const said = JSON.stringify([state, number]);
        if (told.get(id) === said) continue;
        // What was over before this program began concerns nobody who stands here now.
        if (told.has(id) || state !== 'over') onHelp({ help: id, state, number });
        told.set(id, said);
      }
      const restart = order?.restart ?? null;
      if (restart !== null && restart !== done) {
        // Noted before it is done: a program that does not come up again must not try for ever.
        store.write((db) =>
          db.run(sql`INSERT INTO done_order (only_row, restart) VALUES (1, ${restart})
            ON CONFLICT (only_row) DO UPDATE SET restart = excluded.restart`),
        );
        log.info('device.restart-ordered', { order: restart });
        onRestart();
      }
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      log.warn('device.orders-unread', { why: error.message });
    }
  };

  return {
    look,
    /** Null: nothing was ordered. */
    current: (): DeviceRecord['order'] | null => store.read(ownOrders),
  };
};
