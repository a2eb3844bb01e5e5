import { CallFailure, type ErrorCode } from '../../../shared/contracts/result.ts';
import type { Log, SqlDriver } from '../ports.ts';
import { migrate } from './migrate.ts';
import { forgetRegistry } from './registry.ts';
import { connection, type ReadDb, type WriteDb } from './sql.ts';

/**
 * The one database of a device. All calls are synchronous and run to their end, so a batch of writes is one
 * transaction and nothing of ours can slip in between. Do not await, print or send inside.
 */
export interface Store {
  read<T>(run: (db: ReadDb) => T): T;
  /**
   * One `BEGIN IMMEDIATE` ... `COMMIT`; with synchronous=FULL it is on the disk when this returns.
   * @throws CallFailure store-full | store-readonly | store-busy | store-corrupt; nothing was changed then.
   */
  write<T>(run: (db: WriteDb) => T): T;
  close(): void;
}

const CODES: readonly [RegExp, ErrorCode][] = [
  [/^SQLITE_(CORRUPT|NOTADB)/, 'store-corrupt'],
  [/^SQLITE_FULL/, 'store-full'],
  [/^SQLITE_(READONLY|CANTOPEN|PERM|IOERR)/, 'store-readonly'],
  [/^SQLITE_(BUSY|LOCKED)/, 'store-busy'],
];

/** SQLite's failure as one of ours; anything else is returned as it is. */
export const storeFailure = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof CallFailure) return error;
  const sqlite = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const found = CODES.find(([pattern]) => pattern.test(sqlite));
  return found ? new CallFailure(found[1], `${sqlite}: ${error.message}`) : error;
};

/**
 * Opens and checks the database: WAL, FULL, foreign keys, `quick_check`, migrations. There is no fallback: a device that
 * cannot write must not pretend that it can.
 */
export const openStore = (open: () => SqlDriver, log: Log): Store => {
  let driver: SqlDriver | null = null;
  try {
    driver = open();
    driver.exec('PRAGMA busy_timeout = 2000');
    // One core for one database: a second one must not start, and nobody pays for locks at every statement.
    driver.exec('PRAGMA locking_mode = EXCLUSIVE');
    driver.exec('PRAGMA journal_mode = WAL');
    driver.exec('PRAGMA synchronous = FULL');
    driver.exec('PRAGMA foreign_keys = ON');
    // Freed pages are overwritten: what retention deletes is gone from the file too.
    driver.exec('PRAGMA secure_delete = ON');
    driver.exec('PRAGMA trusted_schema = OFF');
    const check = driver.pragma('quick_check(1)').map((row) => String(Object.values(row)[0]));
    if (check[0] !== 'ok') throw new CallFailure('store-corrupt', `quick_check: ${check.join('; ')}`);
    const applied = migrate(driver);
    if (applied.length > 0) log.info('store.migrated', { versions: applied });
  } catch (error) {
    driver?.close();
    throw storeFailure(error);
  }
  const opened = driver;
  const db = connection(opened);
  const begin = opened.prepare('BEGIN IMMEDIATE');
  const commit = opened.prepare('COMMIT');
  let writing = false;
  return {
    read: (run) => {
      try {
        return run(db);
      } catch (error) {
        throw storeFailure(error);
      }
    },
    write: (run) => {
      if (writing) throw new Error('a write transaction is already open');
      writing = true;
      try {
        begin.run();
        try {
          const value = run(db);
          commit.run();
          return value;
        } catch (error) {
          forgetRegistry(db);
          try {
            opened.exec('ROLLBACK');
          } catch {
            // SQLite has already rolled back by itself (full disk, I/O error): the first error is the one that tells.
          }
          throw error;
        }
      } catch (error) {
        throw storeFailure(error);
      } finally {
        writing = false;
      }
    },
    close: () => opened.close(),
  };
};
