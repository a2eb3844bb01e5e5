import { randomBytes } from 'node:crypto';
import { businessDate } from '../../shared/domain/business-day.ts';
import { officeRecord, SCHEMA_VERSION, type OfficeRecord } from '../../shared/contracts/centre/schemas.ts';
import { openDb, readEpoch, writeEpoch, type Db } from './db.ts';

/** What happened at the centre, for pages that follow it live and for tests. Told after the commit, never before. */
export type Happening =
  /** There are new rows for the devices of an office (null: of all), or only for those of them that are a desk. */
  | { type: 'changes'; audience: number | null; desk: boolean }
  | { type: 'visit' }
  /** The access of a device has ended. */
  | { type: 'revoked'; deviceId: string };

const same = (a: Happening, b: Happening): boolean => {
  if (a.type === 'changes') return b.type === 'changes' && a.audience === b.audience && a.desk === b.desk;
  if (a.type === 'revoked') return b.type === 'revoked' && a.deviceId === b.deviceId;
  return b.type === a.type;
};

/** What all parts of the centre share. */
export interface Context {
  readonly db: Db;
  /** The history that cursors and sequences belong to, as it is now. */
  readonly epoch: string;
  /** Begins a new history, as a centre does that was restored from a backup. @returns its name */
  readonly newEpoch: () => string;
  /** Pulls by devices of older schemas are refused; what they have to unload is taken from all. */
  minSchema: number;
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
      for (const listener of listeners) listener({ type: 'changes', audience: null, desk: false });
      return next;
    },
    // Schema 1 had no chain.
    minSchema: SCHEMA_VERSION,
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
      if (!told.some((known) => same(known, happening))) told.push(happening);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};

/** Offices that were read: they are asked for with every row. One that changes has another revision. */
const offices = new WeakMap<Db, Map<number, { rev: number; office: OfficeRecord }>>();

export const readOffice = ({ db }: Context, officeId: number): OfficeRecord | null => {
  const id = String(officeId);
  const rev = db
    .prepare<[string], { rev: number }>(`SELECT rev FROM entity WHERE collection = 'office' AND id = ?`)
    .get(id)?.rev;
  if (rev === undefined) return null;
  let read = offices.get(db);
  if (!read) offices.set(db, (read = new Map<number, { rev: number; office: OfficeRecord }>()));
  const known = read.get(officeId);
  if (known?.rev === rev) return known.office;
  const row = db
    .prepare<[string], { data: string }>(`SELECT data FROM entity WHERE collection = 'office' AND id = ?`)
    .get(id);
  const office = officeRecord.parse(JSON.parse(row?.data ?? 'null'));
  read.set(officeId, { rev, office });
  return office;
};

/** The business day of `at` at an office. @throws Error for an office that is not there */
export const officeDate = (context: Context, officeId: number, at: number): string => {
  const office = readOffice(context, officeId);
  if (!office) throw new Error(`office ${officeId} is not in the database`);
  return businessDate(at, office.time_zone, office.day_change_minutes);
};
