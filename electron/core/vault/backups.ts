import { join } from 'node:path';
import type { Clock, Log, SqlDriver } from '../ports.ts';
import { messageOf, type Files } from './files.ts';

/** Copies of the database, made while it is in use. */

/** A driver that can copy its database while it is in use. */
export interface BackupDriver extends SqlDriver {
  /**
   * Copies the database to a new file, a few pages at a time; what is written meanwhile is in the copy.
   * @param pages asked before each step with the pages that are left: how many to copy now. What it throws ends the copy.
   */
  backup(file: string, pages: (left: number) => number): Promise<void>;
}

export interface BackupFile {
  /** Grows from one to the next: the clock may go back, this does not. */
  n: number;
  /** The last operation in it. */
  seq: number;
  /** Epoch ms, to the second. */
  at: number;
  name: string;
}

const NAME = /^(\d{6,})-(\d{8,})-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.db$/;

export const backupName = (b: Omit<BackupFile, 'name'>): string => {
  const stamp = new Date(b.at).toISOString().replace(/[-:]|\.\d+/g, '');
  return `${String(b.n).padStart(6, '0')}-${String(b.seq).padStart(8, '0')}-${stamp}.db`;
};

/** @returns null when it is no backup's name */
export const readBackupName = (name: string): BackupFile | null => {
  const m = NAME.exec(name);
  if (!m) return null;
  const [, n, seq, y, mo, d, h, mi, s] = m;
  return { n: Number(n), seq: Number(seq), at: Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`), name };
};

const EVERY_MS = 3_600_000;
const LATEST = 3;
const DAYS = 3;

/**
 * Whether it is time for a backup. Pure.
 * @param newestAt when the newest was made; null when there is none
 * @param changed whether anything was written since
 */
export const isBackupDue = (now: number, newestAt: number | null, changed: boolean): boolean => {
  if (newestAt === null) return true;
  // One of the future: the clock was set back, and says nothing about how old it is.
  return changed && (now - newestAt >= EVERY_MS || newestAt > now);
};

/** Which backups stay: the last three, and the last one of each of the last three days that there are any of. Pure. */
export const keptBackups = (all: readonly BackupFile[]): BackupFile[] => {
  const newest = all.toSorted((a, b) => b.n - a.n);
  const days = new Set<string>();
  return newest.filter((b, place) => {
    const day = new Date(b.at).toISOString().slice(0, 10);
    const first = !days.has(day) && days.size < DAYS;
    days.add(day);
    return place < LATEST || first;
  });
};

/** What is found in a copy that is to count as a backup. */
export interface BackupCheck {
  /** Null: it is as it has to be. */
  problem: string | null;
  /** The last operation in it. */
  seq: number;
}

/** Pages copied in one step: half a millisecond. */
const STEP_PAGES = 64;
/** A copy must not be what fills the disk: so much stays free behind it. */
const SPARE_BYTES = 64 * 1024 * 1024;

export interface BackupsPorts {
  dir: string;
  files: Files;
  clock: Clock;
  log: Log;
  /** Reads a copy through, off the thread that serves visitors; makes it one file that is on the disk. */
  check: (file: string) => Promise<BackupCheck>;
  /** A copy turned out not to be good: then the database is not good either. */
  onBad: (problem: string) => void;
  /** Puts the file on the disk, off this thread; never rejects. */
  flush: (file: string) => Promise<void>;
}

export const createBackups = ({ dir, files, clock, log, check, flush, onBad }: BackupsPorts) => {
  const list = (): BackupFile[] =>
    files
      .list(dir)
      .map(readBackupName)
      .filter((b) => b !== null)
      .sort((a, b) => b.n - a.n);
  const pathOf = (b: BackupFile): string => join(dir, b.name);
  const part = join(dir, 'next.part');
  const removePart = (): void => {
    for (const end of ['', '-journal', '-wal', '-shm']) files.remove(`${part}${end}`);
  };

  return {
    /** The newest first. */
    list,
    pathOf,

    /** What a backup that was cut short left behind. */
    tidy: (): void => {
      try {
        removePart();
      } catch (error) {
        log.warn('vault.not-tidied', { why: messageOf(error) });
      }
    },

    /**
     * Copies and checks the database; the copy counts when it is good.
     * @param size of the database, bytes
     * @param alive asked between steps: false ends it
     * @returns null when there is none; never rejects
     */
    make: async (driver: BackupDriver, size: number, alive: () => boolean): Promise<BackupFile | null> => {
      const started = clock.monotonic();
      try {
        removePart();
        const free = files.free(dir);
        if (free < size + SPARE_BYTES) {
          log.error('vault.no-room-for-backup', { free, size });
          return null;
        }
        // The last step waits for the disk: before it, what is copied already is brought there by somebody else.
        let flushed: 'no' | 'under way' | 'yes' = 'no';
        let steps = 0;
        await driver.backup(part, (left) => {
          steps += 1;
          if (!alive()) throw new Error('given up: the core stops');
          if (left > STEP_PAGES || flushed === 'yes') return STEP_PAGES;
          if (flushed === 'no') {
            flushed = 'under way';
            void flush(part).finally(() => {
              flushed = 'yes';
            });
          }
          return 0;
        });
        if (steps === 0) throw new Error('nothing could be read beside an open transaction');
        const { problem, seq } = await check(part);
        if (!alive()) throw new Error('given up: the core stops');
        if (problem !== null) {
          onBad(problem);
          throw new Error(`the copy is not good: ${problem}`);
        }
        const made = { n: (list()[0]?.n ?? 0) + 1, seq, at: Math.floor(clock.now() / 1000) * 1000 };
        const file = { ...made, name: backupName(made) };
        files.rename(part, pathOf(file));
        log.info('vault.backup', { file: file.name, bytes: size, ms: Math.round(clock.monotonic() - started) });
        return file;
      } catch (error) {
        if (alive()) log.error('vault.backup-failed', { why: messageOf(error) });
        try {
          removePart();
        } catch (left) {
          log.warn('vault.not-tidied', { why: messageOf(left) });
        }
        return null;
      }
    },

    /** Removes what need not be kept. @param only the newest, as nothing older may be held any more */
    rotate: (only: boolean): void => {
      const all = list();
      const kept = new Set(only ? all.slice(0, 1) : keptBackups(all));
      for (const b of all) {
        if (kept.has(b)) continue;
        try {
          files.remove(pathOf(b));
        } catch (error) {
          log.warn('vault.backup-not-removed', { file: b.name, why: messageOf(error) });
        }
      }
    },
  };
};
export type Backups = ReturnType<typeof createBackups>;
