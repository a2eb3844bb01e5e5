import { RECORDS, type Change, type CollectionName } from '../../../shared/contracts/centre/schemas.ts';

/** Rows of the feed and of snapshots, read one by one: what one of them is like says nothing about the others. */

const isCollection = (name: string): name is CollectionName => Object.hasOwn(RECORDS, name);

/** A row as it came. */
export interface RawRow {
  c: string;
  op: string;
  [field: string]: unknown;
}

export type ReadRow =
  | { kind: 'change'; change: Change }
  /** Of a collection that this program does not know: none of its business. */
  | { kind: 'unknown' }
  /** Of one that it knows, in a form that it does not. */
  | { kind: 'unread'; c: CollectionName; id: string; rev: number }
  | { kind: 'broken' };

/**
 * Reads a row by its collection's schema alone: trying them all would take most of the time of a snapshot.
 */
export const readRow = (raw: RawRow): ReadRow => {
  if (!isCollection(raw.c)) return { kind: 'unknown' };
  const { id: idSchema, data: dataSchema } = RECORDS[raw.c];
  const id = idSchema.safeParse(raw['id']);
  const rev = raw['rev'];
  if (!id.success || typeof rev !== 'number' || !Number.isSafeInteger(rev) || rev < 0) return { kind: 'broken' };
  const base = { seq: typeof raw['seq'] === 'number' ? raw['seq'] : 0, c: raw.c, id: id.data, rev };
  if (raw.op === 'del' || raw.op === 'evict') {
    return { kind: 'change', change: { ...base, op: raw.op, purge: raw['purge'] === true } as Change };
  }
  const data = raw.op === 'put' ? dataSchema.safeParse(raw['data']) : null;
  if (!data?.success) return { kind: 'unread', c: raw.c, id: String(id.data), rev };
  return { kind: 'change', change: { ...base, op: 'put', data: data.data } as Change };
};
