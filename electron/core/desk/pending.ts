import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import { json, sql, type ReadDb } from '../store/sql.ts';

/**
 * What was done at this device and that the centre's feed does not show yet: for as long as it is not told, and a moment
 * longer. The list of the day shows it as if it were told, so that the desk works on without the centre.
 */

type Of<T extends Operation['type']> = Extract<Operation, { type: T }>;

export interface Pending {
  stages: Map<string, Of<'visit.stage'>[]>;
  edits: Map<string, Of<'visit.edit'>['payload']['set']>;
  undone: Set<string>;
  noShows: Set<string>;
  help: (Of<'help'> | Of<'help.take'>)[];
}

/** From the centre's answer until the row has come. */
const SETTLING_MS = 5_000;

/** @param now epoch ms */
export const readPending = (db: ReadDb, now: number): Pending => {
  const rows = [
    ...db.all(sql`SELECT body FROM outbox WHERE state = 'acked' AND acked_at > ${now - SETTLING_MS}
      AND status IN ('applied', 'merged', 'duplicate')
      AND type IN ('visit.stage', 'visit.edit', 'checkin.undo', 'booking.no-show', 'help', 'help.take') ORDER BY seq`),
    ...db.all(sql`SELECT body FROM outbox WHERE state = 'pending'
      AND type IN ('visit.stage', 'visit.edit', 'checkin.undo', 'booking.no-show', 'help', 'help.take') ORDER BY seq`),
  ];
  const found: Pending = { stages: new Map(), edits: new Map(), undone: new Set(), noShows: new Set(), help: [] };
  for (const row of rows) {
    const op = json<Operation>(row, 'body');
    switch (op.type) {
      case 'visit.stage': {
        const known = found.stages.get(op.payload.visit_id) ?? [];
        found.stages.set(op.payload.visit_id, [...known, op]);
        break;
      }
      case 'visit.edit':
        found.edits.set(op.payload.visit_id, { ...found.edits.get(op.payload.visit_id), ...op.payload.set });
        break;
      case 'checkin.undo':
        found.undone.add(op.payload.visit_id);
        break;
      case 'booking.no-show':
        found.noShows.add(op.payload.booking_id);
        break;
      case 'help':
      case 'help.take':
        found.help.push(op);
        break;
      default:
    }
  }
  return found;
};
