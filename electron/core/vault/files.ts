import {
  closeSync,
  copyFileSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CallFailure } from '../../../shared/contracts/result.ts';

/** The file system as the vault uses it: so little that a test can hand in one that fails at any point. All synchronous. */
export interface Files {
  /** Opens for appending, makes the file when it is not there. */
  append(path: string): number;
  /** Writes all of it. */
  write(fd: number, bytes: Uint8Array): void;
  /** The bytes are on the disk when it returns. */
  sync(fd: number): void;
  truncate(fd: number, length: number): void;
  close(fd: number): void;
  read(path: string): Buffer;
  /** Copies a file, onto the disk. */
  copy(from: string, to: string): void;
  /** Durable when it returns. */
  rename(from: string, to: string): void;
  remove(path: string): void;
  makeDir(path: string): void;
  /** Names in a folder, sorted; none when it is not there. */
  list(dir: string): string[];
  /** Bytes; null when there is no such file. */
  size(path: string): number | null;
  /** Bytes that may still be written. */
  free(dir: string): number;
}

/** What a folder says of its files is on the disk. Windows knows no such call, and needs none. */
const syncDir = (dir: string): void => {
  if (process.platform === 'win32') return;
  const fd = openSync(dir, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

export const nodeFiles: Files = {
  append: (path) => {
    const fd = openSync(path, 'a', 0o600);
    syncDir(dirname(path));
    return fd;
  },
  write: (fd, bytes) => {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  },
  sync: (fd) => fdatasyncSync(fd),
  truncate: (fd, length) => ftruncateSync(fd, length),
  close: (fd) => closeSync(fd),
  read: (path) => readFileSync(path),
  copy: (from, to) => {
    copyFileSync(from, to);
    const fd = openSync(to, 'r+');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  rename: (from, to) => {
    renameSync(from, to);
    syncDir(dirname(to));
    if (dirname(from) !== dirname(to)) syncDir(dirname(from));
  },
  remove: (path) => rmSync(path, { recursive: true, force: true }),
  makeDir: (path) => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  list: (dir) => {
    try {
      return readdirSync(dir).sort();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
  size: (path) => {
    try {
      return statSync(path).size;
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return null;
      throw error;
    }
  },
  free: (dir) => {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  },
};

const errnoOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code)
    ? error.code
    : null;

const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** A failure of the file system as one of the store's: for the caller it is the same. Anything else is returned as it is. */
export const fileFailure = (error: unknown): unknown => {
  const errno = errnoOf(error);
  if (errno === null || !(error instanceof Error)) return error;
  return new CallFailure(FULL.has(errno) ? 'store-full' : 'store-readonly', error.message);
};

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
