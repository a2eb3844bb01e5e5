import { hash } from 'node:crypto';
import { COLLECTIONS, type CollectionDigest, type CollectionName } from '../../../shared/contracts/centre/schemas.ts';
import { collectionRows, unreadRows } from '../store/collections.ts';
import type { Store } from '../store/store.ts';
import { yieldTurn } from './turns.ts';

/** Whether this device holds what the centre thinks it does: both count their rows and mix their hashes. */

/** So many rows are looked at without a pause: a visitor who checks in meanwhile waits a few milliseconds. */
const SLICE = 1_000;

const hex8 = (high: number, low: number): string =>
  (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');

/**
 * @param rows identity and revision
 * @returns their number, and the XOR of the first 8 bytes of the SHA-256 of each `id|rev`
 */
export const digestOf = (c: string, rows: Iterable<{ id: string; rev: number }>): CollectionDigest => {
  let count = 0;
  let high = 0;
  let low = 0;
  for (const { id, rev } of rows) {
    const bytes = hash('sha256', `${id}|${rev}`, 'buffer');
    high ^= bytes.readInt32BE(0);
    low ^= bytes.readInt32BE(4);
    count += 1;
  }
  return { c, count, xor: hex8(high, low) };
};

const mix = (a: CollectionDigest, b: CollectionDigest): CollectionDigest => {
  const part = (d: CollectionDigest, from: number) => Number.parseInt(d.xor.slice(from, from + 8), 16);
  return {
    c: a.c,
    count: a.count + b.count,
    xor: hex8(part(a, 0) ^ part(b, 0), part(a, 8) ^ part(b, 8)),
  };
};

/** What this device holds of a collection, read in slices. */
export const localDigest = async (
  store: Store,
  c: CollectionName,
  turn: () => Promise<void> = yieldTurn,
): Promise<CollectionDigest> => {
  const unread = store.read((db) => unreadRows(db, c));
  const hidden = new Set(unread.map(({ id }) => id));
  let sum = digestOf(c, unread);
  let after: string | number | null = null;
  for (;;) {
    const from: string | number | null = after;
    const rows: ReturnType<typeof collectionRows> = store.read((db) => collectionRows(db, c, from, SLICE));
    sum = mix(
      sum,
      digestOf(
        c,
        rows.filter(({ id }) => !hidden.has(String(id))).map(({ id, rev }) => ({ id: String(id), rev })),
      ),
    );
    const last = rows.at(-1);
    if (!last || rows.length < SLICE) return sum;
    after = last.id;
    await turn();
  }
};

/**
 * Compares what is here with what the centre has.
 * @returns names of the collections that differ
 */
export const differing = async (
  store: Store,
  told: readonly CollectionDigest[],
  turn?: () => Promise<void>,
): Promise<CollectionName[]> => {
  const byName = new Map(told.map((d) => [d.c, d]));
  const found: CollectionName[] = [];
  for (const c of Object.keys(COLLECTIONS) as CollectionName[]) {
    const there = byName.get(c) ?? { c, count: 0, xor: hex8(0, 0) };
    const here = await localDigest(store, c, turn);
    if (here.count !== there.count || here.xor !== there.xor) found.push(c);
  }
  return found;
};
