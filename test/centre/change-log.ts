import type { Context } from './context.ts';

/**
 * The change log, and the entities that are nothing but a row of it. Whatever devices learn is written through here, in
 * the transaction of what it tells of.
 */

/** Audience of rows that all devices get. */
export const EVERYBODY = -1;

/** Adds a row for the devices of an office, or of all. */
export const append = (
  { db, tell }: Context,
  audience: number,
  collection: string,
  id: string,
  rev: number,
  op: 'put' | 'del' | 'evict',
  data: unknown,
): void => {
  db.prepare('INSERT INTO change_log (audience, collection, id, rev, op, data) VALUES (?, ?, ?, ?, ?, ?)').run(
    audience,
    collection,
    id,
    rev,
    op,
    op === 'put' ? JSON.stringify(data) : null,
  );
  tell({ type: 'changes' });
};

export type Collection = 'office' | 'service_group' | 'service' | 'setting' | 'window' | 'slot';

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
        .prepare<[number, string, string], { rev: number | null }>(
          'SELECT max(rev) AS rev FROM change_log WHERE audience = ? AND collection = ? AND id = ?',
        )
        .get(audience, collection, String(id))?.rev ??
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
