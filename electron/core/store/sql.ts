import type { SqlDriver, SqlRow, SqlValue } from '../ports.ts';

/**
 * A connection for reading. Repository functions take the connection as first argument, so transactions compose; a
 * function that takes a `ReadDb` cannot write, since only a `WriteDb` has `run`.
 */
export interface ReadDb {
  readonly [readBrand]: true;
  get(query: Query): SqlRow | undefined;
  all(query: Query): SqlRow[];
}
/** A connection inside a write transaction. */
export interface WriteDb extends ReadDb {
  readonly [writeBrand]: true;
  /** @returns the number of rows changed. */
  run(query: Query): number;
}
declare const readBrand: unique symbol;
declare const writeBrand: unique symbol;

export interface Query {
  readonly text: string;
  readonly params: readonly SqlValue[];
}

/** Parameters of `sql` may be of these types; booleans are stored as 0 and 1. */
export type SqlParam = SqlValue | boolean;

/** A template's text is put together once; the array of its parts is the same object at every call of that line. */
const texts = new WeakMap<TemplateStringsArray, string>();

/** `sql` puts values in as parameters only: there is no way to put text into the statement. */
export const sql = (strings: TemplateStringsArray, ...params: SqlParam[]): Query => {
  let text = texts.get(strings);
  if (text === undefined) {
    text = strings.join('?');
    texts.set(strings, text);
  }
  return { text, params: params.map((p) => (typeof p === 'boolean' ? Number(p) : p)) };
};

/** Statements are prepared once per text; the texts are literals of the code, so their number is bounded. */
export const connection = (driver: SqlDriver): WriteDb => {
  const prepared = new Map<string, ReturnType<SqlDriver['prepare']>>();
  const statement = (text: string) => {
    let found = prepared.get(text);
    if (!found) {
      found = driver.prepare(text);
      prepared.set(text, found);
    }
    return found;
  };
  return {
    get: (q: Query) => statement(q.text).get(...q.params),
    all: (q: Query) => statement(q.text).all(...q.params),
    run: (q: Query) => statement(q.text).run(...q.params).changes,
  } as WriteDb;
};

// --- Reading columns -------------------------------------------------------------------------------------------------

const wrong = (row: SqlRow, column: string, wanted: string): never => {
  throw new Error(`column ${column}: ${wanted} expected, found ${typeof row[column]}`);
};
export const text = (row: SqlRow, column: string): string => {
  const v = row[column];
  return typeof v === 'string' ? v : wrong(row, column, 'text');
};
export const int = (row: SqlRow, column: string): number => {
  const v = row[column];
  return typeof v === 'number' ? v : typeof v === 'bigint' ? Number(v) : wrong(row, column, 'integer');
};
export const bool = (row: SqlRow, column: string): boolean => int(row, column) !== 0;
export const orNull = <T>(row: SqlRow, column: string, readAs: (row: SqlRow, column: string) => T): T | null =>
  row[column] === null || row[column] === undefined ? null : readAs(row, column);
/** A JSON column: what our own code wrote; its type is the writer's. */
export const json = <T>(row: SqlRow, column: string): T => JSON.parse(text(row, column)) as T;

/** @throws Error when the column holds none of the values: the database is of another program, or damaged */
export const oneOf = <T extends string>(values: readonly T[], value: string, what: string): T => {
  const found = values.find((v) => v === value);
  if (found === undefined) throw new Error(`${what}: "${value}" is none of ${values.join(', ')}`);
  return found;
};

/** How many rows this connection has changed since it was opened. */
export const totalChanges = (db: ReadDb): number => int(db.get(sql`SELECT total_changes() AS n`) ?? { n: 0 }, 'n');
