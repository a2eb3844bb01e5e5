import { basename, join } from 'node:path';
import { CallFailure } from '../../../shared/contracts/result.ts';
import { audit } from '../audit/audit.ts';
import type { SqlDriver } from '../ports.ts';
import { readDevice, writeDevice } from '../store/registry.ts';
import { sql, type ReadDb, type WriteDb } from '../store/sql.ts';
import { openStore } from '../store/store.ts';
import type { BackupFile, Backups } from './backups.ts';
import { fileFailure, messageOf, type Files } from './files.ts';
import type { Ledger } from './ledger.ts';
import { replay, type ReplayPorts } from './replay.ts';

/**
 * A database in the place of one that is damaged or gone. The new one is made ready beside it, down to the last fact, and
 * only then takes its place: whatever fails before that, or is cut short, leaves everything as it was.
 */

export type Damage = 'missing' | 'damaged' | 'foreign';

/** What was done about a damaged database. */
export interface Recovered {
  /** Epoch ms. */
  at: number;
  why: Damage;
  /** Name of the backup; null when there was none to use and a new database was begun. */
  backup: string | null;
  /** When it was made, epoch ms. */
  backupAt: number | null;
  /** Operations taken from the journal. */
  replayed: number;
  /** Operations that nobody has any more. */
  lost: number;
  /** False: there was no journal to read; what happened since the backup is lost. */
  journal: boolean;
}

export interface RecoverPorts extends ReplayPorts {
  /** The database. */
  file: string;
  /** The vault's folder. */
  dir: string;
  files: Files;
  openDriver: (file: string) => SqlDriver;
  backups: Backups;
}

/** What stands beside a database. */
const PARTS = ['', '-wal', '-shm', '-journal'] as const;
const QUARANTINED = 3;
const FOLDER = /^(\d{6})-/;

const isDamage = (error: unknown): error is CallFailure =>
  error instanceof CallFailure && error.error.code === 'store-corrupt';

/** Whether the database is of the device that wrote the journal last. */
export const belongsTo = (db: ReadDb, ledger: Ledger | null): boolean => {
  if (!ledger || ledger.deviceId === '') return true;
  const device = readDevice(db);
  if (device?.deviceId === ledger.deviceId) return true;
  if (!device) return false;
  if (!ledger.head?.device) return true;
  // Enrolled later than the journal knows: it is the journal that is not up to date.
  const row = db.get(sql`SELECT enrolled_at FROM device`);
  return Number(row?.['enrolled_at'] ?? 0) > ledger.head.device.enrolledAt;
};

export const createRecovery = (ports: RecoverPorts) => {
  const { file, dir, files, openDriver, backups, clock, log } = ports;
  const restoring = join(dir, 'restoring.db');
  const quarantine = join(dir, 'quarantine');

  const removeRestoring = (): void => {
    for (const end of PARTS) files.remove(`${restoring}${end}`);
  };

  const folders = (): string[] => files.list(quarantine).filter((name) => FOLDER.test(name));
  const newFolder = (why: string): string => {
    const n = Number(FOLDER.exec(folders().at(-1) ?? '')?.[1] ?? 0) + 1;
    const stamp = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const folder = join(quarantine, `${String(n).padStart(6, '0')}-${stamp}-${why}`);
    files.makeDir(folder);
    return folder;
  };
  const tidyQuarantine = (): void => {
    for (const old of folders().slice(0, -QUARANTINED)) files.remove(join(quarantine, old));
  };

  const identity = (db: WriteDb, ledger: Ledger): void => {
    const { head } = ledger;
    if (!head?.device) return;
    const { enrolledAt, ...device } = head.device;
    writeDevice(db, device, head.epoch, enrolledAt);
  };

  /** A database beside the place of the old one, with everything in it; closed. @throws CallFailure */
  const prepare = (from: BackupFile | null, ledger: Ledger | null, damagedBytes: number, why: Damage): Recovered => {
    const store = openStore(() => openDriver(restoring), log, { check: 'full' });
    let done: Recovered;
    try {
      if (from && !store.read((db) => belongsTo(db, ledger)))
        throw new CallFailure('store-corrupt', 'a backup of another device');
      done = store.write((db) => {
        if (!from && ledger) identity(db, ledger);
        const { operations, lost } = replay(db, ledger, { restored: true, damagedBytes }, ports);
        const at = clock.now();
        audit(db, {
          at,
          actor: 'system',
          action: 'store.recovered',
          entityId: '',
          detail: { why, backup: from?.name ?? null, replayed: operations, lost, journal: ledger !== null },
        });
        return {
          at,
          why,
          backup: from?.name ?? null,
          backupAt: from?.at ?? null,
          replayed: operations,
          lost,
          journal: ledger !== null,
        };
      });
    } finally {
      store.close();
    }
    // Closing brings everything into the one file; where the disk was full it could not.
    if ((files.size(`${restoring}-wal`) ?? 0) > 0)
      throw new CallFailure('store-full', 'the restored database could not be completed');
    return done;
  };

  /** The old files go first, the database before what belongs to it: without it the next start begins from here again. */
  const swap = (why: Damage): void => {
    const old = PARTS.filter((end) => files.size(`${file}${end}`) !== null);
    if (old.length > 0) {
      const folder = newFolder(why);
      for (const end of old) files.rename(`${file}${end}`, join(folder, `${basename(file)}${end}`));
    }
    files.rename(restoring, file);
  };

  /** A backup that is none is not to be taken for one again. */
  const setAside = (bad: BackupFile): void => {
    try {
      files.rename(backups.pathOf(bad), join(newFolder('backup'), bad.name));
    } catch (error) {
      log.warn('vault.backup-not-set-aside', { file: bad.name, why: messageOf(error) });
    }
  };

  return {
    /** What a recovery that was cut short left behind. */
    tidy: (): void => {
      try {
        removeRestoring();
      } catch (error) {
        log.warn('vault.not-tidied', { why: messageOf(error) });
      }
    },

    /** Copies of what is to be forgotten go too. */
    forgetQuarantine: (): void => {
      for (const folder of folders()) files.remove(join(quarantine, folder));
    },

    /**
     * Puts a good database in the place of the one that is not.
     * @param cause what is thrown when there is nothing to make one of
     * @throws CallFailure store-corrupt (as `cause`) | store-full | store-readonly | store-newer; nothing was changed then
     */
    run: (why: Damage, ledger: Ledger | null, damagedBytes: number, cause: CallFailure): Recovered => {
      log.error('vault.database-lost', { reason: why, why: cause.message });
      // Without knowing who it is the device cannot go on by the journal alone.
      const afresh = ledger !== null && (ledger.deviceId === '' || ledger.head?.device != null);
      const candidates: (BackupFile | null)[] = [...backups.list(), ...(afresh ? [null] : [])];
      const bad: BackupFile[] = [];
      try {
        for (const from of candidates) {
          removeRestoring();
          try {
            if (from) files.copy(backups.pathOf(from), restoring);
            const done = prepare(from, ledger, damagedBytes, why);
            swap(why);
            log.warn('vault.recovered', { ...done });
            for (const one of bad) setAside(one);
            tidyQuarantine();
            return done;
          } catch (error) {
            const eio = error instanceof Error && 'code' in error && error.code === 'EIO';
            if (!from || !(isDamage(error) || eio)) throw error;
            log.error('vault.backup-bad', { file: from.name, why: messageOf(error) });
            if (isDamage(error)) bad.push(from);
          }
        }
      } catch (error) {
        try {
          removeRestoring();
        } catch (left) {
          log.warn('vault.not-tidied', { why: messageOf(left) });
        }
        throw fileFailure(error);
      }
      throw cause;
    },
  };
};
export type Recovery = ReturnType<typeof createRecovery>;
