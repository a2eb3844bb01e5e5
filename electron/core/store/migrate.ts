import { CallFailure } from '../../../shared/contracts/result.ts';
import type { SqlDriver } from '../ports.ts';
import { migration as first } from './migrations/010-first.ts';
import { migration as lobby } from './migrations/020-lobby.ts';
import { migration as sync } from './migrations/030-sync.ts';
import { migration as desk } from './migrations/040-desk.ts';
import { migration as printers } from './migrations/050-printers.ts';

export interface Migration {
  /** Grows in steps of 10; becomes `PRAGMA user_version`. */
  version: number;
  name: string;
  sql: string;
  /** What SQL cannot do, after it and in the same transaction. */
  run?: (driver: SqlDriver) => void;
}

/** In order. How to add one: electron/core/store/README.md. */
export const MIGRATIONS: readonly Migration[] = [first, lobby, sync, desk, printers];

export const userVersion = (driver: SqlDriver): number =>
  Number(driver.pragma('user_version')[0]?.['user_version'] ?? 0);

/**
 * Brings the database to `target` (the newest version unless a test says otherwise), one transaction for each step with
 * its version number inside it.
 * @throws CallFailure `store-newer` when the file was written by a newer version: nothing is touched then.
 */
export const migrate = (
  driver: SqlDriver,
  migrations = MIGRATIONS,
  target = migrations.at(-1)?.version ?? 0,
): number[] => {
  migrations.forEach((m, i) => {
    const before = migrations[i - 1]?.version ?? 0;
    if (m.version <= before || m.version % 10 !== 0) throw new Error(`migration ${m.version} is out of order`);
  });
  const from = userVersion(driver);
  const newest = migrations.at(-1)?.version ?? 0;
  if (from > newest) {
    throw new CallFailure(
      'store-newer',
      `the database has version ${from}, this program knows ${newest}: install the newer program again`,
    );
  }
  const done: number[] = [];
  for (const m of migrations) {
    if (m.version <= from || m.version > target) continue;
    driver.exec('BEGIN IMMEDIATE');
    try {
      driver.exec(m.sql);
      m.run?.(driver);
      driver.exec(`PRAGMA user_version = ${m.version}`);
      driver.exec('COMMIT');
    } catch (error) {
      driver.exec('ROLLBACK');
      throw error;
    }
    done.push(m.version);
  }
  return done;
};

/** The schema as SQLite keeps it, in a stable order: compared with the snapshot in git by a test. */
export const schemaText = (driver: SqlDriver): string =>
  driver
    .prepare(
      `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name`,
    )
    .all()
    .map((row) => `${String(row['sql'])};`)
    .join('\n\n');
