import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { BackupCheck } from './backups.ts';

/**
 * Reads a copy of the database through, in a thread of its own. The driver is loaded there by its path: a thread of code
 * without a file needs no place in what is packed. Afterwards the copy is one file, with nothing beside it.
 */
const CODE = `
const { parentPort, workerData } = require('node:worker_threads');
const fs = require('node:fs');
const Database = require(workerData.driver);
const db = new Database(workerData.file, { fileMustExist: true });
let problem = null;
let seq = 0;
try {
  const [row] = db.pragma('integrity_check(1)');
  const found = String(Object.values(row)[0]);
  if (found !== 'ok') problem = found;
  else {
    seq = db.prepare('SELECT max(coalesce((SELECT max(seq) FROM outbox), 0), coalesce((SELECT seq FROM outbox_dropped), 0)) AS seq').get().seq;
    db.pragma('journal_mode = DELETE');
  }
} catch (error) {
  // A full disk says nothing about the copy.
  if (!/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) throw error;
  problem = error.message;
} finally {
  db.close();
}
const fd = fs.openSync(workerData.file, 'r+');
fs.fsyncSync(fd);
fs.closeSync(fd);
parentPort.postMessage({ problem, seq });
`;

/** @throws Error when the thread could not do its work; that says nothing about the copy */
export const inspectCopy = (file: string): Promise<BackupCheck> =>
  new Promise((resolve, reject) => {
    const driver = createRequire(import.meta.url).resolve('better-sqlite3');
    const worker = new Worker(CODE, { eval: true, workerData: { driver, file } });
    worker.once('message', (found: BackupCheck) => resolve(found));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the checking thread ended with ${code}`)));
  });

/** Brings what was written to a file onto the disk, without holding this thread. Never rejects: whoever needs it syncs again. */
export const flushFile = async (file: string): Promise<void> => {
  try {
    const handle = await open(file, 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch {
    // The last step of the copy syncs the file itself, and says what is wrong with it.
  }
};
