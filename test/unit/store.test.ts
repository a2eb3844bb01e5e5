import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { MIGRATIONS, migrate, schemaText, userVersion, type Migration } from '../../electron/core/store/migrate.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore } from '../../electron/core/store/store.ts';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { createDb, explain, memoryLog } from '../fixtures/sqlite.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'talon-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    return error instanceof CallFailure ? error.error.code : String(error);
  }
};

describe('store', () => {
  const file = () => join(dir, 'talon.db');
  const open = () => openStore(() => openBetterSqlite3(file()), memoryLog());

  it('opens with the settings that keep what was committed', () => {
    const store = open();
    const pragma = (name: string) =>
      Object.values(store.read((db) => db.get({ text: `PRAGMA ${name}`, params: [] })) ?? {})[0];
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys'), pragma('secure_delete')]).toEqual([
      'wal',
      2,
      1,
      1,
    ]);
    store.close();
  });

  it('commits all or nothing', () => {
    const store = open();
    const add = (id: string) => sql`INSERT INTO centre_setting VALUES (${id}, 1, 'a')`;
    store.write((db) => db.run(add('1')));
    expect(() =>
      store.write((db) => {
        db.run(add('2'));
        throw new Error('in the middle');
      }),
    ).toThrow('in the middle');
    expect(store.read((db) => db.all(sql`SELECT key FROM centre_setting`))).toEqual([{ key: '1' }]);
    expect(() => store.write(() => store.write(() => 0))).toThrow(/already open/);
    store.write((db) => db.run(add('3')));
    store.close();
  });

  it('names a file that is no database, and leaves it as it is', () => {
    writeFileSync(file(), 'this is not a database, however long it may be '.repeat(100));
    expect(codeOf(open)).toBe('store-corrupt');
    expect(readFileSync(file(), 'utf8')).toMatch(/^this is not a database/);
  });

  it('names a damaged page', () => {
    const store = open();
    store.write((db) => {
      for (let i = 0; i < 3000; i += 1)
        db.run(sql`INSERT INTO centre_setting VALUES (${`key ${i}`}, 1, ${'x'.repeat(50)})`);
    });
    store.close();
    const bytes = readFileSync(file());
    bytes.fill(0xaa, 4096 * 20, 4096 * 40);
    writeFileSync(file(), bytes);
    expect(codeOf(open)).toBe('store-corrupt');
  });

  it('refuses a database from the future', () => {
    const db = openBetterSqlite3(file());
    db.exec('PRAGMA user_version = 990');
    db.close();
    expect(codeOf(open)).toBe('store-newer');
  });

  it('is for one program at a time: a second one is told, the first goes on', () => {
    const first = open();
    const impatient = () =>
      openStore(() => {
        const driver = openBetterSqlite3(file());
        return { ...driver, exec: (s: string) => driver.exec(s.replace('busy_timeout = 2000', 'busy_timeout = 1')) };
      }, memoryLog());
    expect(codeOf(impatient)).toBe('store-busy');
    first.write((db) => db.run(sql`DELETE FROM centre_setting`));
    first.close();
    impatient().close();
  });

  it('tells that the disk is full, keeps what was there, and goes on when there is room', () => {
    const store = open();
    store.read((db) => db.get({ text: 'PRAGMA max_page_count = 60', params: [] }));
    const fill = () =>
      store.write((db) =>
        db.run(sql`INSERT INTO centre_setting VALUES (hex(randomblob(16)), 1, hex(randomblob(40000)))`),
      );
    expect(
      codeOf(() => {
        for (let i = 0; i < 50; i += 1) fill();
      }),
    ).toBe('store-full');
    const rows = () => store.read((db) => db.all(sql`SELECT key FROM centre_setting`)).length;
    const before = rows();
    expect(codeOf(fill)).toBe('store-full');
    expect(rows()).toBe(before);
    store.read((db) => db.get({ text: 'PRAGMA max_page_count = 6000', params: [] }));
    fill();
    expect(rows()).toBe(before + 1);
    store.close();
  });

  it('tells that the file may not be written', () => {
    open().close();
    const readOnly = (): SqlDriver => {
      const driver = openBetterSqlite3(file());
      driver.exec('PRAGMA query_only = ON');
      return driver;
    };
    chmodSync(file(), 0o600);
    const store = openStore(readOnly, memoryLog());
    expect(codeOf(() => store.write((db) => db.run(sql`DELETE FROM centre_setting`)))).toBe('store-readonly');
    store.close();
    expect(
      codeOf(() => openStore(() => openBetterSqlite3(join(dir, 'no', 'such', 'folder.db')), memoryLog())),
    ).not.toBe('nothing thrown');
  });
});

describe('migrations', () => {
  const broken: Migration = {
    version: 990,
    name: 'broken',
    sql: 'CREATE TABLE t (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);',
  };

  it('go all the way or not at all', () => {
    const db = createDb();
    expect(() => migrate(db, [...MIGRATIONS, broken])).toThrow(/nowhere/);
    expect(userVersion(db)).toBe(MIGRATIONS.at(-1)?.version);
    expect(db.prepare(`SELECT * FROM sqlite_schema WHERE name = 't'`).all()).toEqual([]);
    db.close();
  });

  it('must be in order, in steps of ten', () => {
    const db = createDb();
    const named = (version: number): Migration => ({ version, name: 'x', sql: 'SELECT 1' });
    expect(() => migrate(db, [named(20), named(10)])).toThrow(/out of order/);
    expect(() => migrate(db, [named(15)])).toThrow(/out of order/);
    db.close();
  });

  it('lead to the schema that is frozen in git (update it on purpose: vitest -u)', async () => {
    const db = createDb();
    migrate(db);
    await expect(`-- user_version ${userVersion(db)}\n\n${schemaText(db)}\n`).toMatchFileSnapshot(
      '../fixtures/golden/schema.sql',
    );
    db.close();
  });

  it('give the hot queries their indexes', () => {
    const db = createDb();
    migrate(db);
    const plans = [
      `SELECT * FROM visit WHERE booking_id = ? AND business_date = ?`,
      `SELECT * FROM booking WHERE number = ?`,
      `SELECT * FROM booking WHERE booking_id = ?`,
      `SELECT * FROM outbox WHERE state = 'pending' ORDER BY seq LIMIT 10`,
      `SELECT * FROM print_job WHERE ticket_id = ?`,
      `SELECT number FROM reserve WHERE business_date = ? AND series = ? ORDER BY number LIMIT 1`,
    ].map((q) => explain(db, q.replaceAll('?', '1')).join(' | '));
    expect(
      plans.filter((p) => (p.includes('SCAN') && !p.includes('USING INDEX')) || p.includes('TEMP B-TREE')),
    ).toEqual([]);
    db.close();
  });
});
