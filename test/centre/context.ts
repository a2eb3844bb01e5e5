import { randomBytes } from 'node:crypto';
import { businessDate } from '../../shared/domain/business-day.ts';
import { officeRecord, type OfficeRecord } from '../../shared/contracts/centre/schemas.ts';
import { openDb, readEpoch, writeEpoch, type Db } from './db.ts';

/** What happened at the centre, for pages that follow it live and for tests. Told after the commit, never before. */
interface Happening {
  type: 'changes' | 'visit';
}

/** What all parts of the centre share. */
export interface Context {
  readonly db: Db;
  /** The history that cursors and sequences belong to, as it is now. */
  readonly epoch: string;
  /** Begins a new history, as a centre does that was restored from a backup. @returns its name */
  readonly newEpoch: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (line: string) => void;
  /**
   * One transaction. What the parts `tell` inside it is heard after the commit, so nobody learns of something that is
   * rolled back. May be nested: the inner one is a savepoint.
   */
  readonly write: <T>(work: () => T) => T;
  readonly tell: (happening: Happening) => void;
  /** @returns a function that ends the subscription */
  readonly listen: (listener: (happening: Happening) => void) => () => void;
}

/** @throws Error when the database cannot be opened */
export const createContext = (file: string, now: () => number, log: (line: string) => void): Context => {
  const mint = (): string => randomBytes(12).toString('hex');
  const db = openDb(file, mint);
  const listeners = new Set<(happening: Happening) => void>();
  let told: Happening[] = [];
  let epoch = readEpoch(db);
  return {
    db,
    get epoch() {
      return epoch;
    },
    newEpoch: () => {
      const next = mint();
      writeEpoch(db, next);
      // Devices that the backup does not know may still be at work: see the slots of new ones in devices.ts.
      db.prepare(`INSERT INTO meta VALUES ('restored', '1') ON CONFLICT DO NOTHING`).run();
      epoch = next;
      // Who waits for changes is told at once that his cursor is of the past.
      for (const listener of listeners) listener({ type: 'changes' });
      return next;
    },
    now,
    log,
    write: (work) => {
      if (db.inTransaction) return db.transaction(work)();
      told = [];
      const result = db.transaction(work).immediate();
      const heard = told;
      told = [];
      for (const happening of heard) for (const listener of listeners) listener(happening);
      return result;
    },
    tell: (happening) => {
      if (!told.some((known) => known.type === happening.type)) told.push(happening);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

/** Offices that were read, by their text: they are asked for with every row. */
const offices = new Map<string, OfficeRecord>();
const MAX_OFFICES = 50;

export const readOffice = ({ db }: Context, officeId: number): OfficeRecord | null => {
  const row = db
    .prepare<[string], { data: string }>(`SELECT data FROM entity WHERE collection = 'office' AND id = ?`)
    .get(String(officeId));
  if (!row) return null;
  const known = offices.get(row.data);
  if (known) return known;
  const office = officeRecord.parse(JSON.parse(row.data));
  if (offices.size >= MAX_OFFICES) offices.clear();
  offices.set(row.data, office);
  return office;
};

/** The business day of `at` at an office. @throws Error for an office that is not there */
export const officeDate = (context: Context, officeId: number, at: number): string => {
  const office = readOffice(context, officeId);
  if (!office) throw new Error(`office ${officeId} is not in the database`);
  return businessDate(at, office.time_zone, office.day_change_minutes);
};
