import { randomBytes } from 'node:crypto';
import { businessDate } from '../../shared/domain/business-day.ts';
import { officeRecord, type OfficeRecord } from '../../shared/contracts/centre/schemas.ts';
import { openDb, readEpoch, type Db } from './db.ts';

/** What happened at the centre, for pages that follow it live and for tests. Told after the commit, never before. */
interface Happening {
  type: 'changes' | 'visit';
}

/** What all parts of the centre share. */
export interface Context {
  readonly db: Db;
  readonly epoch: string;
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
  const db = openDb(file, () => randomBytes(12).toString('hex'));
  const listeners = new Set<(happening: Happening) => void>();
  let told: Happening[] = [];
  return {
    db,
    epoch: readEpoch(db),
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

export const readOffice = ({ db }: Context, officeId: number): OfficeRecord | null => {
  const row = db
    .prepare<[string], { data: string }>(`SELECT data FROM entity WHERE collection = 'office' AND id = ?`)
    .get(String(officeId));
  return row ? officeRecord.parse(JSON.parse(row.data)) : null;
};

/** The business day of `at` at an office. @throws Error for an office that is not there */
export const officeDate = (context: Context, officeId: number, at: number): string => {
  const office = readOffice(context, officeId);
  if (!office) throw new Error(`office ${officeId} is not in the database`);
  return businessDate(at, office.time_zone, office.day_change_minutes);
};
