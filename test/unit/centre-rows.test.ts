import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { COLLECTIONS, snapshotLine, type CollectionName } from '../../shared/contracts/centre/schemas.ts';
import { append, digestOf, EVERYBODY, putEntity } from '../centre/change-log.ts';
import { createContext, type Context } from '../centre/context.ts';
import { digestsFor, partsOf, readChanges, type Reader } from '../centre/feed.ts';
import { readSnapshot } from '../centre/snapshot.ts';
import { Replica } from '../centre/test-replica.ts';

/** The rows as they are now: what devices pull, snapshots and digests come from them, and must agree. */

const [HERE, THERE] = [1, 2];
const NAMES = Object.keys(COLLECTIONS) as CollectionName[];
const KIOSK: Reader = { officeId: HERE, roles: ['kiosk'] };
const DESK: Reader = { officeId: HERE, roles: ['desk', 'kiosk'] };
const NOON = Date.parse('2026-03-16T12:00:00+03:00');

const open = (): Context => {
  const context = createContext(
    ':memory:',
    () => NOON,
    () => undefined,
  );
  onTestFinished(() => void context.db.close());
  const text = { ru: 'Офис' };
  for (const id of [HERE, THERE]) {
    putEntity(context, 'office', id, {
      name: text,
      subtitle: text,
      address: text,
      time_zone: 'Europe/Moscow',
      day_change_minutes: 240,
      languages: ['ru'],
    });
  }
  return context;
};

/** What happens to an entity: its number, whose it is, and what becomes of it. */
const event: fc.Arbitrary<Event> = fc.record({
  c: fc.constantFrom<CollectionName>('service', 'slot', 'visit', 'booking', 'person', 'conflict'),
  audience: fc.constantFrom(HERE, HERE, THERE),
  id: fc.integer({ min: 0, max: 11 }),
  op: fc.constantFrom<Event['op'][]>('put', 'put', 'put', 'del', 'evict', 'purge'),
});
interface Event {
  c: CollectionName;
  audience: number;
  id: number;
  op: 'put' | 'del' | 'evict' | 'purge';
}

let revision = 0;
/** Writes a history. Only slots are for desks or for all by choice, and each of them stays what it is. */
const happen = (context: Context, events: readonly Event[]): void => {
  for (const { c, audience, id, op } of events) {
    const how = op === 'purge' ? 'evict' : op;
    const options = { purge: op === 'purge', role: c === 'slot' && id % 3 === 0 ? ('desk' as const) : null };
    context.write(() => append(context, audience, c, String(id), (revision += 1), how, {}, options));
  }
};

/** As a device does: page after page. */
const pull = (context: Context, reader: Reader, replica: Replica, cursor: string, limit: number): string => {
  for (let at = cursor; ;) {
    const page = readChanges(context, reader, at, limit);
    for (const row of page.changes) replica.apply(row);
    at = page.cursor;
    if (!page.has_more) return at;
  }
};

/** All that is to be held, from the rows themselves. */
const fromRows = (context: Context, reader: Reader) =>
  NAMES.map((c) => {
    const rows = partsOf(reader).flatMap(({ audience, role }) =>
      context.db
        .prepare<[number, string, string], { id: string; rev: number }>(
          `SELECT id, rev FROM current_row WHERE audience = ? AND role = ? AND collection = ? AND op = 'put'`,
        )
        .all(audience, role, c),
    );
    return { c, ...digestOf(rows) };
  });

describe('digests', () => {
  it('that are kept as rows come and go are those of the rows, and of what devices hold', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.array(event, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        (before, after, limit) => {
          const context = open();
          happen(context, before);
          for (const reader of [KIOSK, DESK, { ...DESK, officeId: THERE }]) {
            const replica = new Replica();
            const cursor = pull(context, reader, replica, '', limit);
            expect(digestsFor(context, reader)).toEqual(fromRows(context, reader));
            expect(replica.digests()).toEqual(fromRows(context, reader));
            happen(context, after);
            pull(context, reader, replica, cursor, limit);
            expect(replica.digests()).toEqual(digestsFor(context, reader));
            expect(digestsFor(context, reader)).toEqual(fromRows(context, reader));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('come with the last page alone, and only when they are asked for', () => {
    const context = open();
    happen(
      context,
      Array.from({ length: 5 }, (_, id): Event => ({ c: 'visit', audience: HERE, id, op: 'put' })),
    );
    const first = readChanges(context, KIOSK, '', 3, true);
    expect([first.has_more, first.digests]).toEqual([true, undefined]);
    expect(readChanges(context, KIOSK, first.cursor, 100, true).digests).toHaveLength(NAMES.length);
    expect(readChanges(context, KIOSK, first.cursor, 100).digests).toBeUndefined();
  });
});

describe('a snapshot', () => {
  it('and the changes from its first head on are what is there, wherever it was cut and whatever changed', async () => {
    const slices = Array.from({ length: 450 }, (_, id): Event => ({ c: 'visit', audience: HERE, id, op: 'put' }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 80 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.array(event, { maxLength: 20 })), { maxLength: 4 }),
        fc.boolean(),
        async (before, cuts, desk) => {
          const context = open();
          happen(context, slices);
          happen(context, before);
          const reader = { ...(desk ? DESK : KIOSK), id: 'd', slotNo: 1 };
          const replica = new Replica();
          let cursor: string | null = null;
          let place: { after_c: CollectionName; after_id: string } | null = null;
          let ended = false;
          for (const [rows, meanwhile] of [...cuts, [Number.POSITIVE_INFINITY, []] as const]) {
            let left: number = rows;
            const lines = readSnapshot(context, () => reader, { collections: '', ...place });
            for await (const part of lines) {
              for (const text of part.trimEnd().split('\n')) {
                const line = snapshotLine.parse(JSON.parse(text));
                if (line.t === 'head') cursor ??= line.cursor;
                if (line.t === 'end') ended = true;
                if (line.t !== 'row' || left === 0) continue;
                replica.apply({ ...line, op: 'put' });
                place = { after_c: line.c as CollectionName, after_id: String(line.id) };
                left -= 1;
              }
              if (left === 0) break;
            }
            happen(context, meanwhile);
          }
          expect(ended).toBe(true);
          pull(context, reader, replica, cursor ?? '', 50);
          expect(replica.digests()).toEqual(fromRows(context, reader));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('who may have a row', () => {
  it('is the audience; of what is for desks, who is one', () => {
    const context = open();
    const all = NAMES.map((c, id): Event => ({ c, audience: HERE, id: id + 3, op: 'put' }));
    happen(context, all);
    const seen = (reader: Reader) => {
      const replica = new Replica();
      pull(context, reader, replica, '', 5);
      return NAMES.filter((c) => replica.of(c).has(String(NAMES.indexOf(c) + 3)));
    };
    expect(seen(DESK)).toEqual(NAMES);
    expect(seen({ ...DESK, officeId: THERE })).toEqual([]);
    // Also when whoever wrote it forgot to say so. The slot here is for desks by choice.
    const desks = ['staff', 'person', 'visit_detail', 'conflict', 'day_numbers'];
    const kiosk = NAMES.filter((c) => !desks.includes(c));
    expect(seen(KIOSK)).toEqual(kiosk);
  });

  it('hears of what is to be purged for as long as it stands so', () => {
    const context = open();
    const write = (rev: number, op: 'put' | 'evict', purge = false) =>
      context.write(() => append(context, HERE, 'booking', 'b', rev, op, {}, { purge }));
    write(1, 'put');
    const { cursor } = readChanges(context, KIOSK, '', 100);
    write(2, 'evict', true);
    write(3, 'evict');
    expect(readChanges(context, KIOSK, cursor, 100).changes).toEqual([
      expect.objectContaining({ c: 'booking', id: 'b', rev: 3, op: 'evict', purge: true }),
    ]);
    // Nothing of it is left at the centre either.
    expect(context.db.prepare(`SELECT data FROM current_row WHERE id = 'b'`).all()).toEqual([{ data: null }]);
    write(4, 'put');
    expect(readChanges(context, KIOSK, cursor, 100).changes[0]).not.toHaveProperty('purge');
  });

  it('gets a setting, and somebody of the staff, of the office or of all, which cannot both be', () => {
    const context = open();
    putEntity(context, 'setting', 'a', { value: 1 });
    putEntity(context, 'setting', 'b', { value: 1 }, HERE);
    putEntity(context, 'setting', 'b', { value: 2 }, THERE);
    expect(() => putEntity(context, 'setting', 'a', { value: 2 }, HERE)).toThrow(/setting a/);
    expect(() => putEntity(context, 'setting', 'b', { value: 2 }, EVERYBODY)).toThrow(/setting b/);
    putEntity(context, 'staff', 'a', {});
    expect(() => putEntity(context, 'staff', 'a', {}, HERE)).toThrow(/staff a/);
  });
});
