import { z } from 'zod';
import type { Handover } from '../../../shared/contracts/desk.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import type { Sealer } from '../store/seal.ts';
import { int, sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';

/** What the last person at a desk left for the next one; sealed, for it may name somebody. */

const LASTS_MS = 36 * 3_600_000;

export const createHandover = (ports: { store: Store; sealer: Sealer; moment: () => Moment }) => {
  const { store, sealer, moment } = ports;
  return {
    /** @param said null or empty: nothing is left, and what lay there is gone */
    leave: (by: string, said: string | null): void => {
      store.write((db) => {
        db.run(sql`DELETE FROM handover`);
        if (said === null || said === '') return;
        db.run(sql`INSERT INTO handover (only_row, at, by, sealed)
          VALUES (1, ${moment().at}, ${by}, ${sealer.seal('handover', said)})`);
      });
    },
    read: (): Handover | null =>
      store.read((db) => {
        const row = db.get(sql`SELECT * FROM handover`);
        const sealed = row?.['sealed'];
        if (!row || !(sealed instanceof Uint8Array) || moment().at - int(row, 'at') > LASTS_MS) return null;
        try {
          return { at: int(row, 'at'), by: text(row, 'by'), text: z.string().parse(sealer.open('handover', sealed)) };
        } catch {
          return null;
        }
      }),
  };
};
