import { join } from 'node:path';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { int, sql, totalChanges, type ReadDb } from '../store/sql.ts';
import { openStore, type Store, type StoreHooks } from '../store/store.ts';
import { ackedSeq } from '../sync/outbox.ts';
import { isLeft, readStopped } from '../sync/stopped.ts';
import { createBackups, isBackupDue, type BackupCheck, type BackupDriver } from './backups.ts';
import { fileFailure, messageOf, nodeFiles, type Files } from './files.ts';
import { gather, headOf, isPurge, opItems, standingItems, watchTables, writtenIn, type Written } from './gather.ts';
import { flushFile, inspectCopy } from './inspect.ts';
import { createJournal } from './journal.ts';
import { ledgerOf, type Ledger } from './ledger.ts';
import { belongsTo, createRecovery, type Damage, type Recovered } from './recover.ts';
import { replay } from './replay.ts';

/**
 * The database and what guards it: a journal that has every fact before it is committed, backups that are checked, and
 * what is done at the start when the file is damaged or gone.
 *
 *     vault/journal/000001.journal ...   facts, one line a transaction
 *     vault/backups/...                  copies of the database
 *     vault/quarantine/...               what was damaged, the last three
 *     vault/suspect                      the database turned out to be damaged while it was in use
 */

export interface VaultPorts {
  /** Folder of the vault; made when it is not there. */
  dir: string;
  /** The database. */
  file: string;
  openDriver: (file: string) => BackupDriver;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** The file system; only tests hand in another. */
  files?: Files;
  /** Reads a copy through; only tests hand in another. */
  inspect?: (file: string) => Promise<BackupCheck>;
  /** The database turned out to be damaged, `in-use` or in a `copy` of it: the next start mends it. Called once for each. */
  onDamaged?: (found: 'in-use' | 'copy') => void;
}

export interface Vault {
  /** Closing it closes the journal too. */
  store: Store;
  /** What was done at this start, because the database was damaged or gone. */
  recovered: Recovered | null;
  /** Begins to make backups. */
  start(): void;
  /** Ends a backup that is under way. To be called before the store is closed. */
  stop(): Promise<void>;
  /**
   * Makes a backup now, or waits for the one that is under way.
   * @param only older copies of the database are removed: what was deleted from it is to be gone from them too
   * @returns whether there is a new one; never rejects
   */
  backup(only?: boolean): Promise<boolean>;
}

/** A backup is thought about this often. */
const TICK_MS = 60_000;
/** Not while the device is starting. */
const FIRST_MS = 5_000;
const REST_MS = 10 * 60_000;
/** A device that was stopped has wiped what it knew of people, but for what was being printed, which goes later. */
const isWiped = (db: ReadDb): boolean => readStopped(db) !== null && !isLeft(db);

/** Operations in one line, where they need not stand or fall together. */
const PIECE = 100;

/** No device: whoever it is, the journal has yet to hear of it. */
const UNKNOWN = '?';

const isCorrupt = (error: unknown): error is CallFailure =>
  error instanceof CallFailure && error.error.code === 'store-corrupt';

/**
 * Opens the database, or makes a good one in its place.
 * @throws CallFailure store-*: store-corrupt only when there is nothing to restore it from
 */
export const openVault = (ports: VaultPorts): Vault => {
  const { dir, file, openDriver, clock, ids, log, files = nodeFiles, inspect = inspectCopy } = ports;
  const journalDir = join(dir, 'journal');
  const backupDir = join(dir, 'backups');
  const suspect = join(dir, 'suspect');
  const journal = createJournal(journalDir, files, clock, log);

  /** In this thread: for when there is no other to be had. */
  const inspectHere = (copy: string): BackupCheck => {
    if ((files.size(copy) ?? 0) === 0) throw new Error('there is no copy');
    let store: Store | null = null;
    try {
      store = openStore(() => openDriver(copy), log, { check: 'full' });
      return { problem: null, seq: store.read(writtenIn).seq };
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return { problem: error.message, seq: 0 };
    } finally {
      store?.close();
    }
  };
  const backups = createBackups({
    dir: backupDir,
    files,
    clock,
    log,
    check: async (copy) =>
      inspect(copy).catch((error: unknown) => {
        log.warn('vault.checked-here', { why: messageOf(error) });
        return inspectHere(copy);
      }),
    onBad: (problem) => damaged(`a copy: ${problem}`, 'copy'),
    flush: flushFile,
  });
  const recovery = createRecovery({ file, dir, files, openDriver, backups, clock, ids, log });

  // --- The journal beside the transactions -------------------------------------------------------------------------------

  /** Up to where the journal has everything; null until it has been compared with the database. */
  let written: Written | null = null;
  let renew = false;
  const told = new Set<string>();

  const damaged = (why: string, found: 'in-use' | 'copy' = 'in-use'): void => {
    if (told.has(found)) return;
    told.add(found);
    log.error('vault.damaged-in-use', { why });
    try {
      files.close(files.append(suspect));
    } catch (error) {
      log.error('vault.not-marked', { why: messageOf(error) });
    }
    ports.onDamaged?.(found);
  };

  const hooks: StoreHooks = {
    opened: watchTables,
    beforeCommit: (db) => {
      if (!written) return null;
      const before = written;
      const found = gather(db, before);
      if (!found) return null;
      const { written: after, before: chain, items, enrolled } = found;
      const undo = journal.append(after.deviceId, chain.seq, items, () => headOf(db, chain));
      return {
        undo,
        committed: () => {
          written = after;
          if (enrolled || items.some(isPurge)) renewSoon();
        },
      };
    },
    damaged: (why) => damaged(why),
  };

  // --- Opening ------------------------------------------------------------------------------------------------------------

  let driver: BackupDriver | null = null;
  const open = (check: 'quick' | 'full'): Store =>
    openStore(
      () => {
        driver = openDriver(file);
        return driver;
      },
      log,
      { ...hooks, check },
    );
  const isOurs = (db: ReadDb, ledger: Ledger | null): boolean => {
    try {
      return belongsTo(db, ledger);
    } catch (error) {
      throw new CallFailure('store-corrupt', `who the device is cannot be read: ${messageOf(error)}`);
    }
  };
  /** @returns the open database, or what is wrong with it. @throws CallFailure of any other kind */
  const tryOpen = (ledger: Ledger | null, known: boolean): Store | { why: Damage; cause: CallFailure } => {
    const size = files.size(file);
    if (size === null || size === 0) {
      if (known) return { why: 'missing', cause: new CallFailure('store-corrupt', 'the database is gone') };
      return open('quick');
    }
    // After a power cut or a crash nothing is taken on trust; what was closed well is looked at more quickly.
    const full = (files.size(`${file}-wal`) ?? 0) > 0 || files.size(suspect) !== null;
    try {
      const store = open(full ? 'full' : 'quick');
      let ours = false;
      try {
        ours = store.read((db) => isOurs(db, ledger));
      } finally {
        if (!ours) store.close();
      }
      if (ours) return store;
      return { why: 'foreign', cause: new CallFailure('store-corrupt', 'the database is of another device') };
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      return { why: 'damaged', cause: error };
    }
  };

  /** Writes what the database has and the journal lacks. Without success it is done with the next transaction. */
  const complete = (store: Store, ledger: Ledger | null, damaged: boolean): void => {
    const now = store.read(writtenIn);
    const start = store.read((db) => {
      const dropped = db.get(sql`SELECT seq, hash FROM outbox_dropped`);
      const own = ledger?.deviceId === now.deviceId ? ledger : null;
      // What a damaged line held may be from before the first that can be read.
      const from = Math.max(dropped ? int(dropped, 'seq') : 0, damaged ? 0 : (own?.from.seq ?? 0));
      for (const row of db.all(sql`SELECT seq, hash FROM outbox WHERE seq > ${from} ORDER BY seq`)) {
        const seq = int(row, 'seq');
        if (own?.ops.get(seq)?.hash !== row['hash']) return seq - 1;
      }
      return own ? now.seq : from;
    });
    const chainAt = (seq: number): Written => {
      const row = store.read(
        (db) =>
          db.get(sql`SELECT hash FROM outbox WHERE seq = ${seq}`) ??
          db.get(sql`SELECT hash FROM outbox_dropped WHERE seq = ${seq}`),
      );
      return { deviceId: now.deviceId, seq, hash: String(row?.['hash'] ?? '0'.repeat(64)) };
    };
    let at = chainAt(start);
    let introduced = ledger?.deviceId === now.deviceId && !damaged;
    try {
      journal.resume();
      if (!introduced) {
        // It may have nothing of this device: also what is no operation.
        const items = store.read((db) => [headOf(db, at), ...standingItems(db)]);
        journal.append(now.deviceId, at.seq, items, () => store.read((db) => headOf(db, at)));
        introduced = true;
      }
      let count = 0;
      while (at.seq < now.seq) {
        const from = at;
        const items = store.read((db) => opItems(db, from, PIECE));
        const last = items.at(-1);
        if (!last) break;
        journal.append(now.deviceId, from.seq, items, () => store.read((db) => headOf(db, from)));
        at = { ...from, seq: last.op.seq, hash: last.hash };
        count += items.length;
      }
      journal.mend();
      if (count > 0) log.warn('vault.journal-completed', { operations: count });
    } catch (error) {
      log.error('vault.journal-behind', { why: messageOf(error) });
    }
    written = introduced ? at : { ...at, deviceId: UNKNOWN };
  };

  const begin = (): { store: Store; recovered: Recovered | null } => {
    for (const folder of [dir, journalDir, backupDir]) files.makeDir(folder);
    const loaded = journal.load();
    const ledger = ledgerOf(loaded.lines);
    // A device that has a past is not taken for a new one because all that is left of it cannot be read.
    const known = ledger !== null || loaded.damaged > 0 || backups.list().length > 0;
    const opened = tryOpen(ledger, known);
    let recovered: Recovered | null = null;
    let store: Store;
    if ('why' in opened) {
      recovered = recovery.run(opened.why, ledger, loaded.damagedBytes, opened.cause);
      store = open('quick');
    } else {
      store = opened;
    }
    // Not before the database is ours alone: another core may be at work.
    recovery.tidy();
    backups.tidy();
    try {
      if (files.size(suspect) !== null) files.remove(suspect);
      if (ledger && store.read(writtenIn).deviceId === ledger.deviceId) {
        const { damagedBytes } = loaded;
        store.write((db) => replay(db, ledger, { restored: false, damagedBytes }, { clock, ids, log }));
      }
      complete(store, ledger, loaded.damaged > 0);
    } catch (error) {
      store.close();
      journal.close();
      throw error;
    }
    return { store, recovered };
  };

  let opened: ReturnType<typeof begin>;
  try {
    opened = begin();
  } catch (error) {
    throw fileFailure(error);
  }
  const { store, recovered } = opened;

  // --- Backups ------------------------------------------------------------------------------------------------------------

  let running: Promise<boolean> | null = null;
  let stopping = false;
  let cancel = (): void => undefined;
  /** Changes of this connection when the last backup began; null: not known, from before this start. */
  let changesThen: number | null = null;
  let forgotten = false;

  const changes = (): number => store.read(totalChanges);

  const makeBackup = async (only: boolean): Promise<boolean> => {
    if (!driver || stopping) return false;
    const then = changes();
    const size = (files.size(file) ?? 0) + (files.size(`${file}-wal`) ?? 0);
    const wiped = store.read(isWiped);
    store.holdBulk(true);
    let made;
    try {
      made = await backups.make(driver, size, () => !stopping);
    } finally {
      if (!stopping) store.holdBulk(false);
    }
    if (!made || stopping) return false;
    changesThen = then;
    if (only && wiped) forgotten = true;
    backups.rotate(only);
    if (only) recovery.forgetQuarantine();
    const { head, acked } = store.read((db) => ({ head: headOf(db, writtenIn(db)), acked: ackedSeq(db) }));
    const device = head.device?.deviceId ?? '';
    journal.begin(device, head);
    journal.prune(device, Math.min(acked, ...backups.list().map((b) => b.seq)));
    return true;
  };

  const backup = async (only = false): Promise<boolean> => {
    while (running) await running;
    running = makeBackup(only).catch((error: unknown) => {
      log.error('vault.backup-failed', { why: messageOf(error) });
      return false;
    });
    try {
      return await running;
    } finally {
      running = null;
    }
  };

  /** After one that failed the next is not tried at once: the disk may be full. */
  let restUntil = Number.NEGATIVE_INFINITY;
  const attempt = async (only: boolean): Promise<boolean> => {
    const done = await backup(only);
    if (!done) restUntil = clock.monotonic() + REST_MS;
    return done;
  };
  const think = (): void => {
    if (running || clock.monotonic() < restUntil) return;
    // No copy stays of what was wiped either.
    if (renew || (!forgotten && store.read(isWiped))) {
      renew = false;
      void attempt(true).then((done) => {
        if (!done) renew = true;
      });
      return;
    }
    const newest = backups.list()[0]?.at ?? null;
    if (isBackupDue(clock.now(), newest, changesThen === null || changes() !== changesThen)) void attempt(false);
  };
  const tick = (): void => {
    cancel = clock.after(TICK_MS, tick);
    try {
      think();
    } catch (error) {
      log.error('vault.backup-failed', { why: messageOf(error) });
    }
  };
  const renewSoon = (): void => {
    renew = true;
    if (!started || stopping) return;
    cancel();
    cancel = clock.after(0, tick);
  };
  let started = false;

  return {
    store: {
      ...store,
      close: () => {
        store.close();
        journal.close();
      },
    },
    recovered,
    start: () => {
      started = true;
      cancel = clock.after(FIRST_MS, tick);
    },
    stop: async () => {
      stopping = true;
      cancel();
      await running;
    },
    backup,
  };
};
