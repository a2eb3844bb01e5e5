import type { ConflictRecord, Operation } from '../../../shared/contracts/centre/schemas.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { audit } from '../audit/audit.ts';
import { here } from '../checkin/here.ts';
import type { CheckinPorts } from '../checkin/checkin.ts';
import { int, json, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { enqueue, type NewOperation } from '../sync/outbox.ts';

/**
 * What staff put right at a device: a check-in that was none, what is noted of a visit, and what to do about facts that
 * contradict each other. Each is an operation of its own; the centre has the last word about a visit.
 */

type Edits = Extract<Operation, { type: 'visit.edit' }>['payload']['set'];

type CorrectionPorts = Pick<CheckinPorts, 'store' | 'moment' | 'stamp' | 'ids' | 'log' | 'committed'>;

interface Conflict extends ConflictRecord {
  id: string;
}

/** What collides, the open ones of today and before first. */
export const readConflicts = (db: ReadDb, limit: number): Conflict[] =>
  db
    .all(sql`SELECT conflict_id, data FROM conflict ORDER BY open DESC, business_date DESC, conflict_id LIMIT ${limit}`)
    .map((row) => ({ ...json<ConflictRecord>(row, 'data'), id: text(row, 'conflict_id') }));

/** A visit's revision and day as they are known here: of the feed, or of this device's own visit; null when it is not. */
const visitHere = (db: ReadDb, visitId: string): { rev: number; own: boolean } | null => {
  const told = db.get(sql`SELECT rev FROM queue_visit WHERE visit_id = ${visitId}`);
  const own = db.get(sql`SELECT 1 AS one FROM visit WHERE visit_id = ${visitId}`) !== undefined;
  return told || own ? { rev: told ? int(told, 'rev') : 0, own } : null;
};

export const createCorrections = ({ store, moment, stamp, ids, log, committed }: CorrectionPorts) => {
  type About = Pick<NewOperation, 'type' | 'kind' | 'payload'> & { entity: string; actor: string; baseRev?: number };
  /** One operation with its audit entry; `change` is what happens here. */
  const tell = (
    make: (db: ReadDb) => About,
    change?: (db: Parameters<typeof enqueue>[0], now: number) => void,
  ): string => {
    const now = moment().at;
    const opId = ids.uuid();
    store.write((db) => {
      const { entity, actor, baseRev, ...about } = make(db);
      change?.(db, now);
      enqueue(db, {
        op_id: opId,
        entity_id: entity,
        business_date: here(db, now).day,
        occurred_at: now,
        ...(baseRev === undefined ? {} : { base_rev: baseRev }),
        actor,
        clock: stamp(),
        ...about,
      } as NewOperation);
      audit(db, { at: now, actor, action: about.type, entityId: entity, detail: {} });
    });
    log.info('staff.correction', { op: opId });
    committed();
    return opId;
  };
  const known = (db: ReadDb, visitId: string) => {
    const found = visitHere(db, visitId);
    if (!found) throw new CallFailure('not-found', 'no such visit');
    return found;
  };

  return {
    /**
     * Takes a check-in back: who it was may check in again, with another number.
     * @returns the operation's id
     * @throws CallFailure not-found
     */
    undo: (actor: string, visitId: string): string =>
      tell(
        (db) => {
          known(db, visitId);
          return { type: 'checkin.undo', kind: 'fact', entity: visitId, actor, payload: { visit_id: visitId } };
        },
        (db, now) => db.run(sql`UPDATE visit SET undone_at = ${now} WHERE visit_id = ${visitId} AND undone_at IS NULL`),
      ),

    /** The same as `edit` inside the transaction that makes the visit. */
    editWithin: (db: WriteDb, actor: string, visitId: string, set: Edits, now: number): void => {
      enqueue(db, {
        op_id: ids.uuid(),
        type: 'visit.edit',
        kind: 'request',
        entity_id: visitId,
        business_date: here(db, now).day,
        occurred_at: now,
        base_rev: 0,
        actor,
        clock: stamp(),
        payload: { visit_id: visitId, set },
      });
      audit(db, {
        at: now,
        actor,
        action: 'visit.edit',
        entityId: visitId,
        detail: { what: Object.keys(set).join(' ') },
      });
    },

    /** Asks the centre to change what staff know of a visit. @throws CallFailure not-found */
    edit: (actor: string, visitId: string, set: Edits): string =>
      tell((db) => ({
        type: 'visit.edit',
        kind: 'request',
        entity: visitId,
        actor,
        baseRev: known(db, visitId).rev,
        payload: { visit_id: visitId, set },
      })),

    /** What was decided about a conflict. @throws CallFailure not-found */
    resolve: (actor: string, conflictId: string, how: 'seen' | 'split'): string =>
      tell((db) => {
        if (!db.get(sql`SELECT 1 AS one FROM conflict WHERE conflict_id = ${conflictId}`))
          throw new CallFailure('not-found', 'no such conflict');
        return {
          type: 'conflict.resolve',
          kind: 'fact',
          entity: conflictId,
          actor,
          payload: { conflict_id: conflictId, how },
        };
      }),
  };
};
export type Corrections = ReturnType<typeof createCorrections>;
