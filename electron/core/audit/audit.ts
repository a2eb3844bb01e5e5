import { createHash } from 'node:crypto';
import { int, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';

/** One line of the audit log: who did what to which thing. `detail` never names a visitor. */
export interface AuditEntry {
  at: number;
  /** `kiosk`, `system`, `service`, or a member of staff. */
  actor: string;
  action: string;
  entityId: string;
  detail: Record<string, string | number | boolean | null>;
}

const GENESIS = '0'.repeat(64);

const hashOf = (prev: string, seq: number, e: AuditEntry): string =>
  createHash('sha256')
    .update(JSON.stringify([prev, seq, e.at, e.actor, e.action, e.entityId, e.detail]))
    .digest('hex');

/** Appends to the hash chain, inside the transaction of what it tells about. */
export const audit = (db: WriteDb, entry: AuditEntry): void => {
  const last = db.get(sql`SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`);
  const seq = last ? int(last, 'seq') + 1 : 1;
  const prev = last ? text(last, 'hash') : GENESIS;
  db.run(sql`INSERT INTO audit (seq, at, actor, action, entity_id, detail, prev_hash, hash)
    VALUES (${seq}, ${entry.at}, ${entry.actor}, ${entry.action}, ${entry.entityId}, ${JSON.stringify(entry.detail)}, ${prev},
      ${hashOf(prev, seq, entry)})`);
};

/** @returns the sequence number of the first entry that does not fit the chain, or null when all do. */
export const verifyAudit = (db: ReadDb): number | null => {
  let prev = GENESIS;
  let seq = 0;
  for (const row of db.all(sql`SELECT * FROM audit ORDER BY seq`)) {
    seq += 1;
    const entry: AuditEntry = {
      at: int(row, 'at'),
      actor: text(row, 'actor'),
      action: text(row, 'action'),
      entityId: text(row, 'entity_id'),
      detail: JSON.parse(text(row, 'detail')) as AuditEntry['detail'],
    };
    const right =
      int(row, 'seq') === seq && text(row, 'prev_hash') === prev && text(row, 'hash') === hashOf(prev, seq, entry);
    if (!right) return seq;
    prev = text(row, 'hash');
  }
  return null;
};
