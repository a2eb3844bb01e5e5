import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { createDb, getTableData, updateToVersion } from '../fixtures/sqlite.ts';

let db: SqlDriver;
beforeEach(() => {
  db = createDb();
  db.exec('PRAGMA foreign_keys = ON');
  updateToVersion(db, 30);
});
afterEach(() => db.close());

const id = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;

describe('migration 040 (desk)', () => {
  it('keeps every paper with its state, and takes papers for visits of other devices', () => {
    db.exec(`
      INSERT INTO visit (visit_id, business_date, origin, service_id, further_services, arrived_at, provisional, language,
          priority, late, flags)
        VALUES ('${id(1)}', '2026-11-23', 'walk-in', 1, '[]', 5, 0, 'ru', 'none', 0, '[]');
      INSERT INTO ticket VALUES ('${id(2)}', '${id(1)}', '2026-11-23', 'A', 7, 5);
      INSERT INTO print_job (job_id, ticket_id, copy, attempt_id, state, grade, process_id, queued_at, expires_at,
          first_byte_at, sent_at, finished_at)
        VALUES ('${id(3)}', '${id(2)}', 0, '${id(4)}', 'unknown', 'C', 'AAAB', 5, 9, 6, 7, 8);
      INSERT INTO sync (only_row, epoch, cursor) VALUES (1, 'E', 'there');`);
    const before = getTableData(db, 'print_job');
    updateToVersion(db, 40);
    expect(getTableData(db, 'print_job')).toEqual(before.map((row) => ({ ...row, elsewhere_id: null })));
    // Everything is read anew: there are collections that were left out before.
    expect(getTableData(db, 'sync')).toMatchObject([{ cursor: '' }]);
    const add = (columns: string, values: string) => () =>
      db.exec(`INSERT INTO print_job (job_id, copy, state, queued_at, expires_at, ${columns}) VALUES (${values})`);
    add('elsewhere_id', `'${id(5)}', 1, 'queued', 5, 9, '${id(6)}'`)();
    // Each copy once, and each of one paper only.
    expect(add('elsewhere_id', `'${id(7)}', 1, 'queued', 5, 9, '${id(6)}'`)).toThrow(/UNIQUE/);
    expect(add('elsewhere_id, ticket_id', `'${id(8)}', 5, 'queued', 5, 9, '${id(6)}', '${id(2)}'`)).toThrow(/CHECK/);
    expect(add('request_id', `'${id(9)}', 5, 'queued', 5, 9, NULL`)).toThrow(/CHECK/);
  });
});
