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
  /**
   * For much that can be fetched again: one transaction over several turns, which goes on with each call and ends with
   * `flushBulk`, or as soon as `write` has something to say. It is not waited for until it is on the disk: after a power
   * cut the latest calls may be missing, never a part of one, and what `write` wrote is there with everything before it.
   * When a call fails all of the open transaction is undone.
   */
  writeBulk<T>(run: (db: WriteDb) => T): T;
  flushBulk(): void;
  /** While it is on, each call of `writeBulk` is committed by itself: a backup cannot read beside an open transaction. */
  holdBulk(on: boolean): void;
  close(): void;
}

/** What a transaction left outside the database: told how the COMMIT went. Neither may throw. */
export interface Beside {
  committed: () => void;
  undo: () => void;
}

/** For whoever keeps a second record of what is written. */
export interface StoreHooks {
  /** `full` reads everything and compares the indexes with their tables; `quick` is what every start can afford. */
  check?: 'quick' | 'full';
  /** Once, when the database is open and has its tables; outside of a transaction. */
  opened?: (db: WriteDb) => void;
  /**
   * In each write transaction, when its work is done and before it is committed. What it throws rolls everything back
   * and is what the caller gets. It must cost next to nothing when there is nothing to do.
   */
  beforeCommit?: (db: WriteDb) => Beside | null;
  /** The database turned out to be damaged while it was in use. */
  damaged?: (why: string) => void;
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
export const openStore = (open: () => SqlDriver, log: Log, hooks: StoreHooks = {}): Store => {
  const checking = hooks.check === 'full' ? 'integrity_check' : 'quick_check';
  let driver: SqlDriver | null = null;
  try {
    driver = open();
    driver.exec('PRAGMA busy_timeout = 2000');
    // One core for one database: a second one must not start, and nobody pays for locks at every statement.
    driver.exec('PRAGMA locking_mode = EXCLUSIVE');
    driver.exec('PRAGMA journal_mode = WAL');
    driver.exec('PRAGMA synchronous = FULL');
    // Often and little: whoever commits when it is time to write back waits for all of it.
    driver.exec('PRAGMA wal_autocheckpoint = 250');
    driver.exec('PRAGMA foreign_keys = ON');
    // Freed pages are overwritten: what retention deletes is gone from the file too.
    driver.exec('PRAGMA secure_delete = ON');
    driver.exec('PRAGMA trusted_schema = OFF');
    const check = driver.pragma(`${checking}(1)`).map((row) => String(Object.values(row)[0]));
    if (check[0] !== 'ok') throw new CallFailure('store-corrupt', `${checking}: ${check.join('; ')}`);
    const applied = migrate(driver);
    if (applied.length > 0) log.info('store.migrated', { versions: applied });
    hooks.opened?.(connection(driver));
  } catch (error) {
    driver?.close();
    throw storeFailure(error);
  }
  const opened = driver;
  const db = connection(opened);
  const begin = opened.prepare('BEGIN IMMEDIATE');
  const commit = opened.prepare('COMMIT');
  let writing = false;
  const failed = (error: unknown): unknown => {
    const failure = storeFailure(error);
    if (failure instanceof CallFailure && failure.error.code === 'store-corrupt') hooks.damaged?.(failure.message);
    return failure;
  };
  let bulk = false;
  let held = false;
  const rollBack = (): void => {
    forgetRegistry(db);
    try {
      opened.exec('ROLLBACK');
    } catch {
      // SQLite has already rolled back by itself (full disk, I/O error): the first error is the one that tells.
    }
  };
  const endBulk = (end: () => void): void => {
    bulk = false;
    try {
      end();
    } finally {
      opened.exec('PRAGMA synchronous = FULL');
    }
  };
  const flushBulk = (): void => {
    if (!bulk) return;
    endBulk(() => {
      let beside: Beside | null = null;
      try {
        beside = hooks.beforeCommit?.(db) ?? null;
        commit.run();
      } catch (error) {
        rollBack();
        beside?.undo();
        throw failed(error);
      }
      beside?.committed();
    });
  };
  const write = <T>(run: (db: WriteDb) => T): T => {
    if (writing) throw new Error('a write transaction is already open');
    flushBulk();
    writing = true;
    try {
      begin.run();
      let beside: Beside | null = null;
      let value: T;
      try {
        value = run(db);
        beside = hooks.beforeCommit?.(db) ?? null;
        commit.run();
      } catch (error) {
        rollBack();
        beside?.undo();
        throw error;
      }
      beside?.committed();
      return value;
    } catch (error) {
      throw failed(error);
    } finally {
      writing = false;
    }
  };
  return {
    read: (run) => {
      try {
        return run(db);
      } catch (error) {
        throw failed(error);
      }
    },
    write,
    writeBulk: <T>(run: (db: WriteDb) => T): T => {
      if (writing) throw new Error('a write transaction is already open');
      writing = true;
      let value: T;
      try {
        if (!bulk) {
          opened.exec('PRAGMA synchronous = NORMAL');
          bulk = true;
          begin.run();
        }
        value = run(db);
      } catch (error) {
        endBulk(rollBack);
        throw failed(error);
      } finally {
        writing = false;
      }
      if (held) flushBulk();
      return value;
    },
    flushBulk,
    holdBulk: (on) => {
      held = on;
      if (on) flushBulk();
    },
    close: () => {
      try {
        flushBulk();
      } finally {
        opened.close();
      }
    },
  };
};
