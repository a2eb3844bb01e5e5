import { hash } from 'node:crypto';
import { DESK_COLLECTIONS } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Db } from './db.ts';

/**
 * The change log, and the entities that are nothing but a row of it. Whatever devices learn is written through here, in
 * the transaction of what it tells of: the log itself, the rows as they are now, and their digests.
 */

/** Audience of rows that all devices get. */
export const EVERYBODY = -1;

/** Who of the audience may have a row: all, or those that are a desk. */
export type RowRole = '' | 'desk';

const DESK_ONLY: ReadonlySet<string> = new Set(DESK_COLLECTIONS);

/** The first 8 bytes of SHA-256(id|rev). */
const hashOf = (id: string, rev: number): bigint => hash('sha256', `${id}|${rev}`, 'buffer').readBigUInt64BE(0);

export const NO_ROWS = '0'.repeat(16);
export const xorHex = (a: string, b: string): string =>
  (BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(16).padStart(16, '0');

/** Of rows by identity and revision: how many, and the XOR of their hashes. */
export const digestOf = (rows: Iterable<{ id: string; rev: number }>): { count: number; xor: string } => {
  let count = 0;
  let xor = 0n;
  for (const { id, rev } of rows) {
    xor ^= hashOf(id, rev);
    count += 1;
  }
  return { count, xor: xor.toString(16).padStart(16, '0') };
};

type Key = [audience: number, role: RowRole, collection: string];

/** Takes a row out of the digest of its collection, puts one in, or both. */
const mix = (db: Db, key: Key, id: string, gone: number | null, come: number | null): void => {
  if (gone === come) return;
  const known = db
    .prepare<Key, { xor: string }>('SELECT xor FROM row_digest WHERE audience = ? AND role = ? AND collection = ?')
    .get(...key);
  let xor = BigInt(`0x${known?.xor ?? NO_ROWS}`);
  if (gone !== null) xor ^= hashOf(id, gone);
  if (come !== null) xor ^= hashOf(id, come);
  const more = (come === null ? 0 : 1) - (gone === null ? 0 : 1);
  db.prepare(
    `INSERT INTO row_digest VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, xor = excluded.xor`,
  ).run(...key, more, xor.toString(16).padStart(16, '0'));
};

export interface AppendOptions {
  /** Only for devices that are a desk; rows of DESK_COLLECTIONS are so in any case. */
  role?: 'desk' | null;
  /** Of an `evict`: the device is to forget also what it made of the row, and to confirm that. */
  purge?: boolean;
}

/** Adds a row for the devices of an office, or of all. */
export const append = (
  { db, tell }: Context,
  audience: number,
  collection: string,
  id: string,
  rev: number,
  op: 'put' | 'del' | 'evict',
  data: unknown,
  options: AppendOptions = {},
): void => {
  const role = options.role === 'desk' || DESK_ONLY.has(collection) ? 'desk' : '';
  const key: Key = [audience, role, collection];
  const before = db
    .prepare<[...Key, string], { rev: number; op: string; purge: number }>(
      'SELECT rev, op, purge FROM current_row WHERE audience = ? AND role = ? AND collection = ? AND id = ?',
    )
    .get(...key, id);
  // What was to be purged stays so: the device may not have heard of it yet.
  const purge = op === 'evict' && (options.purge === true || before?.purge === 1) ? 1 : 0;
  const seq = db
    .prepare('INSERT INTO change_log (audience, role, collection, id, rev, op, purge) VALUES (?, ?, ?, ?, ?, ?, ?)')
    .run(...key, id, rev, op, purge).lastInsertRowid;
  db.prepare(
    `INSERT INTO current_row (audience, role, collection, id, rev, seq, first_seq, op, purge, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rev = excluded.rev, seq = excluded.seq, op = excluded.op, purge = excluded.purge,
       data = excluded.data`,
  ).run(...key, id, rev, seq, seq, op, purge, op === 'put' ? JSON.stringify(data) : null);
  mix(db, key, id, before?.op === 'put' ? before.rev : null, op === 'put' ? rev : null);
  tell({ type: 'changes', audience: audience === EVERYBODY ? null : audience, desk: role === 'desk' });
};

export type Collection =
  'office' | 'service_group' | 'service' | 'setting' | 'window' | 'slot' | 'staff' | 'day_numbers';

/**
 * A device holds one row of an id, so a setting or a member of staff is for all offices or for some of them, never both.
 * @throws Error when it is for others already
 */
const mustBeAlone = ({ db }: Context, collection: Collection, id: string, audience: number): void => {
  if (collection !== 'setting' && collection !== 'staff') return;
  const other = db
    .prepare<[string, string, number, number], { audience: number }>(
      `SELECT audience FROM entity WHERE collection = ? AND id = ? AND audience <> ? AND ${EVERYBODY} IN (audience, ?)`,
    )
    .get(collection, id, audience, audience);
  if (other)
    throw new Error(`${collection} ${id} is for all offices or for single ones: take it away from the others first`);
};

/** Writes an entity. Nothing is logged when it is as it was. */
export const putEntity = (
  context: Context,
  collection: Collection,
  id: number | string,
  data: unknown,
  audience = EVERYBODY,
): void => {
  context.write(() => {
    const { db } = context;
    const text = JSON.stringify(data);
    mustBeAlone(context, collection, String(id), audience);
    const known = db
      .prepare<[string, string, number], { rev: number; data: string }>(
        'SELECT rev, data FROM entity WHERE collection = ? AND id = ? AND audience = ?',
      )
      .get(collection, String(id), audience);
    if (known?.data === text) return;
    // One that was taken away and comes again goes on where it ended.
    const before =
      known?.rev ??
      db
        .prepare<[number, RowRole, string, string], { rev: number }>(
          'SELECT rev FROM current_row WHERE audience = ? AND role = ? AND collection = ? AND id = ?',
        )
        .get(audience, DESK_ONLY.has(collection) ? 'desk' : '', collection, String(id))?.rev ??
      0;
    const rev = before + 1;
    db.prepare(
      `INSERT INTO entity (collection, id, audience, rev, data) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET rev = excluded.rev, data = excluded.data`,
    ).run(collection, String(id), audience, rev, text);
    append(context, audience, collection, String(id), rev, 'put', data);
  });
};

/** Takes away what is not among `ids`: devices get a tombstone. */
export const keepEntities = (
  context: Context,
  collection: Collection,
  ids: readonly (number | string)[],
  audience = EVERYBODY,
): void => {
  context.write(() => {
    const { db } = context;
    const kept = new Set(ids.map(String));
    const rows = db
      .prepare<[string, number], { id: string; rev: number }>(
        'SELECT id, rev FROM entity WHERE collection = ? AND audience = ?',
      )
      .all(collection, audience);
    for (const { id, rev } of rows) {
      if (kept.has(id)) continue;
      db.prepare('DELETE FROM entity WHERE collection = ? AND id = ? AND audience = ?').run(collection, id, audience);
      append(context, audience, collection, id, rev + 1, 'del', null);
    }
  });
};

/** All entities of a collection as they are now, by id (numbers in their order). */
export const readEntities = (
  { db }: Context,
  collection: Collection,
  audience = EVERYBODY,
): { id: string; data: unknown }[] =>
  db
    .prepare<[string, number], { id: string; data: string }>(
      'SELECT id, data FROM entity WHERE collection = ? AND audience = ? ORDER BY CAST(id AS INTEGER), id',
    )
    .all(collection, audience)
    .map(({ id, data }) => ({ id, data: JSON.parse(data) as unknown }));

export const readEntity = ({ db }: Context, collection: Collection, id: string, audience = EVERYBODY): unknown => {
  const row = db
    .prepare<[string, string, number], { data: string }>(
      'SELECT data FROM entity WHERE collection = ? AND id = ? AND audience = ?',
    )
    .get(collection, id, audience);
  return row ? (JSON.parse(row.data) as unknown) : null;
};
