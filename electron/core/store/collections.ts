import type { CollectionName } from '../../../shared/contracts/centre/schemas.ts';
import { forgetRegistry } from './registry.ts';
import { int, sql, text, type Query, type ReadDb, type WriteDb } from './sql.ts';

/** The tables of the feed's collections, seen alike: for comparing them with the centre's, and for snapshots. */

interface Table {
  name: string;
  id: string;
}
const TABLES: Record<CollectionName, Table> = {
  office: { name: 'office', id: 'office_id' },
  service_group: { name: 'service_group', id: 'group_id' },
  service: { name: 'service', id: 'service_id' },
  window: { name: 'service_window', id: 'window_id' },
  setting: { name: 'centre_setting', id: 'key' },
  slot: { name: 'slot', id: 'slot_id' },
  visit: { name: 'queue_visit', id: 'visit_id' },
  booking: { name: 'booking', id: 'booking_id' },
  person: { name: 'person', id: 'booking_id' },
  visit_detail: { name: 'visit_detail', id: 'visit_id' },
  conflict: { name: 'conflict', id: 'conflict_id' },
  staff: { name: 'staff', id: 'staff_id' },
  device: { name: 'office_device', id: 'device_id' },
  help: { name: 'help', id: 'help_id' },
  day_numbers: { name: 'day_numbers', id: 'business_date' },
};

export type RowId = string | number;

/** The statements of each table, put together once: names of tables cannot be parameters. */
const texts = new Map<string, string>();
const query = (c: CollectionName, what: string, make: (t: Table) => string, params: Query['params']): Query => {
  const key = `${what} ${c}`;
  const known = texts.get(key) ?? make(TABLES[c]);
  texts.set(key, known);
  return { text: known, params };
};

/**
 * Identity and revision of rows in the order of their ids: numbers by value, texts by their bytes.
 * @param after null: from the first
 */
export const collectionRows = (
  db: ReadDb,
  c: CollectionName,
  after: RowId | null,
  limit: number,
): { id: RowId; rev: number }[] =>
  db
    .all(
      after === null
        ? query(c, 'first', (t) => `SELECT ${t.id} AS id, rev FROM ${t.name} ORDER BY ${t.id} LIMIT ?`, [limit])
        : query(
            c,
            'next',
            (t) => `SELECT ${t.id} AS id, rev FROM ${t.name} WHERE ${t.id} > ? ORDER BY ${t.id} LIMIT ?`,
            [after, limit],
          ),
    )
    .map((row) => ({ id: typeof row['id'] === 'string' ? row['id'] : int(row, 'id'), rev: int(row, 'rev') }));

/**
 * Deletes the rows between two ids that are not among `kept`.
 * @param after not included; null: from the first. @param until included; null: to the last
 */
export const dropBetween = (
  db: WriteDb,
  c: CollectionName,
  after: RowId | null,
  until: RowId | null,
  kept: readonly RowId[],
): number => {
  const bounds = (t: Table) =>
    [...(after === null ? [] : [`${t.id} > ?`]), ...(until === null ? [] : [`${t.id} <= ?`]), 'TRUE'].join(' AND ');
  const params = [after, until].filter((bound) => bound !== null);
  const shape = `${after === null ? 'start' : 'after'} ${until === null ? 'end' : 'until'}`;
  const found = db.get(
    query(c, `any ${shape}`, (t) => `SELECT 1 AS one FROM ${t.name} WHERE ${bounds(t)} LIMIT 1`, params),
  );
  // A first snapshot meets an empty table.
  if (!found) return 0;
  forgetRegistry(db);
  return db.run(
    query(
      c,
      `drop ${shape}`,
      (t) => `DELETE FROM ${t.name} WHERE ${bounds(t)} AND ${t.id} NOT IN (SELECT value FROM json_each(?))`,
      [...params, JSON.stringify(kept)],
    ),
  );
};

/** Rows that this program could not read, with the revision that the centre has. */
export const unreadRows = (db: ReadDb, c: CollectionName): { id: string; rev: number }[] =>
  db
    .all(sql`SELECT id, rev FROM unread_row WHERE c = ${c} ORDER BY id`)
    .map((row) => ({ id: text(row, 'id'), rev: int(row, 'rev') }));

export const noteUnread = (db: WriteDb, c: CollectionName, id: string, rev: number): void => {
  db.run(sql`INSERT INTO unread_row (c, id, rev) VALUES (${c}, ${id}, ${rev})
    ON CONFLICT (c, id) DO UPDATE SET rev = excluded.rev`);
};

/** It was read, or is gone. @param id null: all of the collection */
export const forgetUnread = (db: WriteDb, c: CollectionName, id: string | null): void => {
  if (id === null) db.run(sql`DELETE FROM unread_row WHERE c = ${c}`);
  else db.run(sql`DELETE FROM unread_row WHERE c = ${c} AND id = ${id}`);
};

export const anyUnread = (db: ReadDb): boolean => db.get(sql`SELECT 1 AS one FROM unread_row LIMIT 1`) !== undefined;
