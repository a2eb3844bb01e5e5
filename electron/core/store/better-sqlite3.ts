import Database from 'better-sqlite3';
import type { SqlRow } from '../ports.ts';
import type { BackupDriver } from '../vault/backups.ts';

/** The shipped driver. Loaded on demand: its binary needs Node-API 10 and aborts in older runtimes. */
export const openBetterSqlite3 = (file: string): BackupDriver => {
  const db = new Database(file);
  return {
    prepare: (sql) => {
      const statement = db.prepare(sql);
      return {
        run: (...params) => ({ changes: statement.run(...params).changes }),
        get: (...params) => statement.get(...params) as SqlRow | undefined,
        all: (...params) => statement.all(...params) as SqlRow[],
      };
    },
    exec: (sql) => {
      db.exec(sql);
    },
    pragma: (text) => db.pragma(text) as SqlRow[],
    backup: async (to, pages) => {
      await db.backup(to, { progress: ({ remainingPages }) => pages(remainingPages) });
    },
    close: () => {
      db.close();
    },
  };
};
