import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { connection } from '../../electron/core/store/sql.ts';
import { opHash } from '../../electron/core/sync/chain.ts';
import { chainEnd, operationsAfter, outboxCounts } from '../../electron/core/sync/outbox.ts';
import { operation, GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import { createDb, getTableData, updateToVersion } from '../fixtures/sqlite.ts';

const DAY = '2026-11-23';
const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;

let db: SqlDriver;
beforeEach(() => {
  db = createDb();
  db.exec('PRAGMA foreign_keys = ON');
  updateToVersion(db, 20);
});
afterEach(() => db.close());

const fill = (): void => {
  const reprint = JSON.stringify({ visit_id: id(9), copy: 1 });
  const failed = JSON.stringify({ reason: 'не наш код', text_sha256: 'a'.repeat(64) });
  const row = (n: number, type: string, payload: string, state: string, clock: string | null) =>
    db
      .prepare(
        `INSERT INTO outbox (seq, op_id, type, kind, entity_id, business_date, occurred_at, payload, state, status, problem,
           acked_at, clock) VALUES (?, ?, ?, 'fact', 'e', '${DAY}', ?, ?, ?, NULL, NULL, NULL, ?)`,
      )
      .run(n, id(n), type, 1_000 + n, payload, state, clock);
  row(3, 'ticket.reprint', reprint, 'acked', null);
  row(4, 'scan.failed', failed, 'parked', '{"offset_ms":-1.5,"err_ms":40,"src":"server"}');
  row(5, 'scan.failed', failed, 'pending', '{"offset_ms":0,"err_ms":30000,"src":"none"}');
  db.exec(`INSERT INTO sync (only_row, epoch, cursor, last_contact_at, revoked) VALUES (1, 'E', 'there', 7, 1)`);
};

describe('migration 030 (sync)', () => {
  it('makes of each operation what goes over the wire, and chains them', () => {
    fill();
    updateToVersion(db, 30);
    const read = connection(db);
    const rows = operationsAfter(read, 0, 10);
    let prev = GENESIS_HASH;
    for (const row of rows) {
      expect(operation.safeParse(row.op).success).toBe(true);
      prev = opHash(prev, row.op);
      expect(row.hash).toBe(prev);
    }
    expect(rows.map(({ seq, state, withheld }) => [seq, state, withheld])).toEqual([
      [3, 'acked', false],
      [4, 'parked', false],
      [5, 'pending', false],
    ]);
    expect(rows[0]?.op).toEqual({
      op_id: id(3),
      seq: 3,
      type: 'ticket.reprint',
      kind: 'fact',
      entity_id: 'e',
      business_date: DAY,
      occurred_at: 1_003,
      payload: { visit_id: id(9), copy: 1 },
    });
    expect(rows[1]?.op).toMatchObject({
      clock: { offset_ms: -1.5, err_ms: 40, src: 'server' },
      payload: { reason: 'не наш код' },
    });
    expect(chainEnd(read)).toEqual({ seq: 5, hash: prev });
    expect(outboxCounts(read)).toEqual({ waiting: 1, oldestAt: 1_005, parked: 1 });
  });

  it('keeps that a device was revoked, and reads the feed from the start', () => {
    fill();
    updateToVersion(db, 30);
    expect(getTableData(db, 'sync')).toEqual([
      { only_row: 1, epoch: 'E', cursor: '', last_contact_at: 7, durable_seq: 0, stopped: 'revoked' },
    ]);
  });

  it('lets a booking be checked in again after its visit was taken back', () => {
    updateToVersion(db, 30);
    const visit = (n: string) =>
      db.exec(`INSERT INTO visit (visit_id, business_date, origin, booking_id, service_id, arrived_at, provisional, language)
        VALUES ('${n}', '${DAY}', 'booking', 'b', 1, 0, 0, 'ru')`);
    visit('v1');
    expect(() => visit('v2')).toThrow(/UNIQUE/);
    db.exec(`UPDATE visit SET undone_at = 5 WHERE visit_id = 'v1'`);
    visit('v2');
  });
});
