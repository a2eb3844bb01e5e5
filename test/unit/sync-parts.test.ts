import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../electron/core/ports.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { int, sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { createSealer, forgetSealKey } from '../../electron/core/store/seal.ts';
import { opHash } from '../../electron/core/sync/chain.ts';
import { digestOf } from '../../electron/core/sync/digest.ts';
import { readLines } from '../../electron/core/sync/lines.ts';
import {
  acknowledge,
  ackedSeq,
  chainEnd,
  dropDurable,
  enqueue,
  firstPending,
  KEPT_MS,
  operationsAfter,
  park,
  rewind,
  setDurable,
  type NewOperation,
} from '../../electron/core/sync/outbox.ts';
import { readRow } from '../../electron/core/sync/rows.ts';
import { syncState, type SyncFacts } from '../../electron/core/sync/state.ts';
import { GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

describe('the chain of operations', () => {
  it('does not depend on the order in which fields stand', () => {
    expect(opHash(GENESIS_HASH, { b: 1, a: [2, { d: 'я', c: null }] })).toBe(
      opHash(GENESIS_HASH, { a: [2, { c: null, d: 'я' }], b: 1 }),
    );
  });

  it('is SHA-256 over the hash before, a line feed and the canonical text', () => {
    expect(opHash('ab', { a: 1.5, b: 'ё' })).toBe(
      createHash('sha256').update('ab\n{"a":1.5,"b":"ё"}', 'utf8').digest('hex'),
    );
  });

  it('tells any change of any operation', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.jsonValue(),
        (ops, at, other) => {
          const end = (list: unknown[]) => list.reduce<string>((hash, op) => opHash(hash, op), GENESIS_HASH);
          const n = at % ops.length;
          const changed = ops.with(n, other);
          fc.pre(opHash('', ops[n]) !== opHash('', other));
          expect(end(changed)).not.toBe(end(ops));
        },
      ),
    );
  });
});

describe('the outbox', () => {
  let store: Store;
  beforeEach(() => {
    store = openStore(() => openBetterSqlite3(':memory:'), memoryLog());
    store.write((db) => db.run(sql`INSERT INTO sync (only_row, epoch, cursor) VALUES (1, 'E', '')`));
  });
  afterEach(() => store.close());
  const op = (n: number): NewOperation => ({
    op_id: `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    type: 'help',
    kind: 'fact',
    entity_id: 'x',
    business_date: '2026-11-23',
    occurred_at: n,
    payload: { help_id: '01900000-0000-7000-8000-000000000001', screen: 'home', reason: null, over: false },
  });
  const fill = (n: number): void => {
    for (let i = 1; i <= n; i += 1) store.write((db) => enqueue(db, op(i)));
  };
  const all = () => store.read((db) => operationsAfter(db, 0, 1000));
  const ack = (...seqs: number[]): void =>
    store.write((db) => {
      for (const seq of seqs) acknowledge(db, op(seq).op_id, 'applied', null, 1_000);
    });

  it('chains what is written, without gaps, and says what it will send', () => {
    fill(3);
    let prev = GENESIS_HASH;
    for (const [n, row] of all().entries()) {
      expect(row.seq).toBe(n + 1);
      expect(row.op).toEqual({ ...op(n + 1), seq: n + 1 });
      prev = opHash(prev, row.op);
      expect(row.hash).toBe(prev);
    }
    expect(store.read(chainEnd)).toEqual({ seq: 3, hash: prev });
    expect(store.read(firstPending)).toBe(1);
    expect(store.read(ackedSeq)).toBe(0);
  });

  it('counts as acknowledged all before the first that waits', () => {
    fill(4);
    ack(1, 2, 4);
    expect(store.read(ackedSeq)).toBe(2);
    ack(3);
    expect(store.read(ackedSeq)).toBe(4);
    expect(store.read(firstPending)).toBeNull();
  });

  it('tells again what the centre has forgotten, but not what is withheld', () => {
    fill(5);
    ack(1, 2, 4);
    store.write((db) => {
      park(db, op(3).op_id, 'rejected');
      park(db, op(5).op_id, 'HTTP 500', true);
    });
    expect(store.write((db) => rewind(db, 2))).toBe(3);
    expect(all().map((row) => row.state)).toEqual(['acked', 'pending', 'pending', 'pending', 'parked']);
  });

  it('keeps what is acknowledged for a fortnight, and until it is durable; the chain goes on behind what was dropped', () => {
    fill(4);
    ack(1, 2, 3);
    const late = 1_000 + KEPT_MS + 1;
    expect(store.write((db) => dropDurable(db, late))).toBe(0);
    store.write((db) => setDurable(db, 2));
    expect(store.write((db) => dropDurable(db, late - 2))).toBe(0);
    expect(store.write((db) => dropDurable(db, late))).toBe(2);
    expect(all().map((row) => row.seq)).toEqual([3, 4]);
    ack(4);
    store.write((db) => setDurable(db, 4));
    const end = store.read(chainEnd);
    expect(store.write((db) => dropDurable(db, late + KEPT_MS))).toBe(2);
    expect(store.read(chainEnd)).toEqual(end);
    store.write((db) => enqueue(db, op(5)));
    expect(all()[0]).toMatchObject({ seq: 5, hash: opHash(end.hash, { ...op(5), seq: 5 }) });
    expect(store.write((db) => dropDurable(db, late + KEPT_MS))).toBe(0);
  });

  it('never drops what was parked, nor what comes after it', () => {
    fill(3);
    ack(2, 3);
    store.write((db) => {
      park(db, op(1).op_id, 'no');
      setDurable(db, 3);
    });
    expect(store.write((db) => dropDurable(db, KEPT_MS * 10))).toBe(0);
    expect(int(store.read((db) => db.get(sql`SELECT count(*) AS n FROM outbox`)) ?? {}, 'n')).toBe(3);
  });
});

describe('digests', () => {
  it('are the number of rows and the XOR of the first half of their hashes, in any order', () => {
    const rows = [
      { id: '101', rev: 2 },
      { id: 'б', rev: 0 },
    ];
    const first = (t: string) => createHash('sha256').update(t, 'utf8').digest().readBigUInt64BE(0);
    const xor = (first('101|2') ^ first('б|0')).toString(16).padStart(16, '0');
    expect(digestOf('x', rows)).toEqual({ c: 'x', count: 2, xor });
    expect(digestOf('x', rows.toReversed())).toEqual({ c: 'x', count: 2, xor });
    expect(digestOf('x', [])).toEqual({ c: 'x', count: 0, xor: '0'.repeat(16) });
  });
});

const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

describe('lines of a stream', () => {
  const body = (...parts: (string | Uint8Array)[]) =>
    new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const part of parts) controller.enqueue(typeof part === 'string' ? new TextEncoder().encode(part) : part);
        controller.close();
      },
    });
  const read = async (stream: ReadableStream<Uint8Array>, maxLine = 1_000) => {
    const lines: string[] = [];
    for await (const group of readLines(stream, { clock: systemClock, silentMs: 60_000, maxLine }))
      lines.push(...group);
    return lines;
  };

  it('come whole, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc
            .string({ unit: 'grapheme', minLength: 1 })
            .filter((line) => !line.includes('\n') && !line.startsWith('\uFEFF')),
          { maxLength: 10 },
        ),
        fc.integer({ min: 1, max: 9 }),
        async (lines, size) => {
          const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
          const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
            bytes.slice(n * size, (n + 1) * size),
          );
          expect(await read(body(...parts))).toEqual(lines);
        },
      ),
    );
  });

  it('may lack the last line feed', async () => {
    expect(await read(body('a\nb'))).toEqual(['a', 'b']);
  });

  it('must end some time, and be text', async () => {
    await expect(read(body('x'.repeat(2_000)))).rejects.toThrow('1000 characters');
    await expect(read(body(Uint8Array.of(0xff, 0xfe)))).rejects.toThrow(/./);
  });

  it('must not stop coming', async () => {
    let fire = (): void => undefined;
    const clock = {
      ...systemClock,
      after: (_: number, run: () => void) => {
        fire = run;
        return () => undefined;
      },
    };
    const lines = readLines(new ReadableStream(), { clock, silentMs: 30_000, maxLine: 10 });
    const first = lines.next();
    await Promise.resolve();
    fire();
    await expect(first).rejects.toThrow('silent for 30 s');
  });
});

describe('rows of the feed', () => {
  const slot = { service_id: 101, starts_at: 1_773_642_600_000, free: 2 };
  it('are read by the schema of their collection', () => {
    const raw = { seq: 4, c: 'slot', id: '101-1', rev: 3, op: 'put', data: { ...slot, new_field: true } };
    expect(readRow(raw)).toEqual({
      kind: 'change',
      change: { seq: 4, c: 'slot', id: '101-1', rev: 3, op: 'put', data: slot },
    });
    expect(readRow({ ...raw, op: 'evict', data: undefined, purge: true })).toMatchObject({
      kind: 'change',
      change: { op: 'evict', purge: true },
    });
  });

  it('say what is wrong with them: nobody knows the collection, the form is another, or nothing can be told', () => {
    const raw = { c: 'slot', id: '101-1', rev: 3, op: 'put', data: { ...slot, free: 'many' } };
    expect(readRow({ ...raw, c: 'moon' })).toEqual({ kind: 'unknown' });
    expect(readRow({ ...raw, c: '__proto__' })).toEqual({ kind: 'unknown' });
    expect(readRow(raw)).toEqual({ kind: 'unread', c: 'slot', id: '101-1', rev: 3 });
    expect(readRow({ ...raw, op: 'merge' })).toMatchObject({ kind: 'unread' });
    expect(readRow({ ...raw, id: 7 })).toEqual({ kind: 'broken' });
    expect(readRow({ ...raw, rev: -1 })).toEqual({ kind: 'broken' });
  });
});

describe('personal data of a desk', () => {
  const secrets = () => {
    const all = new Map<string, string>();
    return {
      get: (name: string) => all.get(name) ?? null,
      set: (name: string, value: string | null) => void (value === null ? all.delete(name) : all.set(name, value)),
    };
  };
  it('opens with its key, for its row, and not when a bit of it changed', () => {
    const sealer = createSealer(secrets());
    const sealed = sealer.seal('person b1', { name: 'Иванова Анна' });
    expect(Buffer.from(sealed).toString('utf8')).not.toContain('Анна');
    expect(sealer.open('person b1', sealed)).toEqual({ name: 'Иванова Анна' });
    expect(() => sealer.open('person b2', sealed)).toThrow(/./);
    const bent = Uint8Array.from(sealed);
    bent[20] = (bent[20] ?? 0) ^ 1;
    expect(() => sealer.open('person b1', bent)).toThrow(/./);
  });

  it('is gone when the key is', () => {
    const kept = secrets();
    const sealed = createSealer(kept).seal('a', 1);
    expect(createSealer(kept).open('a', sealed)).toBe(1);
    forgetSealKey(kept);
    expect(() => createSealer(kept).open('a', sealed)).toThrow(/./);
  });
});

describe('the state for people', () => {
  const base: SyncFacts = {
    stopped: null,
    online: true,
    caughtUp: true,
    problem: null,
    lastContactAt: 5,
    attentionSince: null,
    waiting: 0,
    oldestAt: null,
    parked: 0,
    progress: null,
  };
  it.each<[string, Partial<SyncFacts>, string, string | null]>([
    ['all is well', {}, 'live', null],
    ['something waits', { waiting: 2, oldestAt: 3 }, 'catching-up', null],
    ['the feed is being read', { caughtUp: false }, 'catching-up', null],
    ['the centre does not answer', { online: false, problem: 'unreachable' }, 'offline', 'unreachable'],
    ['the centre will not', { online: false, problem: 'refused', parked: 1 }, 'offline', 'refused'],
    ['never heard', { online: false, lastContactAt: null, problem: 'unreachable' }, 'never', 'unreachable'],
    ['not tried yet', { online: null }, 'offline', null],
    ['something is parked', { parked: 1, waiting: 1 }, 'attention', 'parked'],
    ['the program is too old', { problem: 'schema', online: false }, 'attention', 'schema'],
    ['revoked', { stopped: 'revoked', online: false }, 'attention', 'revoked'],
    ['copied', { stopped: 'fork' }, 'attention', 'fork'],
  ])('%s', (_, more, state, problem) => {
    expect(syncState({ ...base, ...more })).toMatchObject({ state, problem });
  });

  it('says since when it is away', () => {
    expect(syncState({ ...base, online: false, waiting: 17, oldestAt: 9 })).toMatchObject({
      since: 5,
      waiting: 17,
      oldestAt: 9,
    });
  });
});
