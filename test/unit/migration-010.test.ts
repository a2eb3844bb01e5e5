import { describe, expect, it } from 'vitest';
import { userVersion } from '../../electron/core/store/migrate.ts';
import { createDb, getTableData, updateToVersion } from '../fixtures/sqlite.ts';

describe('migration 010 (first)', () => {
  it('makes an empty database into one of version 10', () => {
    const db = createDb();
    expect(userVersion(db)).toBe(0);
    updateToVersion(db, 10);
    expect(userVersion(db)).toBe(10);
    for (const table of ['visit', 'ticket', 'print_job', 'outbox', 'audit', 'booking', 'reserve']) {
      expect(getTableData(db, table)).toEqual([]);
    }
    expect(db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%'`).all()).toEqual(
      [],
    );
    db.close();
  });

  it('lets a number be given once a day, and a booking be checked in once a day', () => {
    const db = createDb();
    db.exec('PRAGMA foreign_keys = ON');
    updateToVersion(db, 10);
    const visit = (id: string, booking: string, day = '2026-11-23') =>
      db.exec(`INSERT INTO visit VALUES ('${id}', '${day}', 'booking', '${booking}', 1, 0, 0, 0, 'ru')`);
    const ticket = (id: string, number: number, day = '2026-11-23') =>
      db.exec(`INSERT INTO ticket VALUES ('t${id}', '${id}', '${day}', 'A', ${number}, 0)`);
    visit('1', 'x');
    ticket('1', 47);
    expect(() => visit('2', 'x')).toThrow(/UNIQUE/);
    visit('2', 'x', '2026-11-24');
    visit('3', 'y');
    expect(() => ticket('3', 47)).toThrow(/UNIQUE/);
    ticket('2', 47, '2026-11-24');
    expect(() => db.exec(`INSERT INTO ticket VALUES ('t9', '9', '2026-11-23', 'A', 9, 0)`)).toThrow(/FOREIGN KEY/);
    expect(() => db.exec(`INSERT INTO reserve VALUES ('2026-11-23', 'A', 12)`)).toThrow(/CHECK/);
    db.close();
  });
});
