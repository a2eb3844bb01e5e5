import Database from 'better-sqlite3';
import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Context } from './context.ts';
import type { Db } from './db.ts';

/**
 * Backups. What is in one is durable: devices may forget it. So a backup counts only when it is whole, checked and on
 * disk under its name.
 */

const sync = (file: string): void => {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** @throws Error when the file is no whole database */
const check = (file: string): void => {
  const copy = new Database(file);
  try {
    // Nobody writes a backup: it needs no log beside it.
    copy.pragma('journal_mode = DELETE');
    const found = copy.pragma('quick_check', { simple: true });
    if (found !== 'ok') throw new Error(`the backup is damaged: ${String(found)}`);
  } finally {
    copy.close();
  }
};

/** What the devices have told so far is durable up to these. */
const keep = (db: Db, known: readonly { device_id: string; acked_seq: number }[], at: number): void => {
  const durable = db.prepare('UPDATE device SET durable_seq = max(durable_seq, ?) WHERE device_id = ?');
  for (const { device_id: id, acked_seq: seq } of known) durable.run(seq, id);
  db.prepare(`INSERT INTO meta VALUES ('backup', ?) ON CONFLICT DO UPDATE SET value = excluded.value`).run(String(at));
};

const ackedNow = (db: Db): { device_id: string; acked_seq: number }[] =>
  db.prepare<[], { device_id: string; acked_seq: number }>('SELECT device_id, acked_seq FROM device').all();

/**
 * Saves the database while it is in use.
 * @param file is replaced when it is there, and only by a whole backup
 * @throws Error when it cannot be written, or is damaged; nothing is durable by it then
 */
export const backUp = async (context: Context, file: string): Promise<void> => {
  const { db, now } = context;
  const part = `${file}.part`;
  rmSync(part, { force: true });
  // What comes in while it is written may be in it or not: it counts from the next one on.
  const known = ackedNow(db);
  const at = now();
  const { epoch } = context;
  try {
    await db.backup(part);
    check(part);
    sync(part);
    renameSync(part, file);
    if (process.platform !== 'win32') sync(path.dirname(path.resolve(file)));
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  // Another history has begun meanwhile: the file is of the one before.
  if (context.epoch === epoch) context.write(() => keep(db, known, at));
};

/** This database is a backup that was put back: all that it knows is in one, and another history begins. */
export const beginRestored = (context: Context): void => {
  context.write(() => {
    keep(context.db, ackedNow(context.db), context.now());
    context.newEpoch();
  });
};
