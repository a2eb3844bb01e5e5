import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { z } from 'zod';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit, verifyAudit } from '../../electron/core/audit/audit.ts';
import { createDispatcher } from '../../electron/core/dispatch.ts';
import { createLog } from '../../electron/core/log.ts';
import { fileSecrets } from '../../electron/core/secrets.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { readBooking } from '../../electron/core/store/bookings.ts';
import { sql, type ReadDb } from '../../electron/core/store/sql.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { acknowledge, enqueue, operationsAfter, outboxCounts, park } from '../../electron/core/sync/outbox.ts';
import { createWaiter } from '../../electron/core/sync/waiter.ts';
import { addReserve, dropOldNumbers, reserveCounts, takeNumber } from '../../electron/core/tickets/numbers.ts';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { event, read, write } from '../../shared/contracts/define.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { parseVisitCode, visitCode } from '../../shared/domain/visit-code.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'talon-core-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const memoryStore = () => openStore(() => openBetterSqlite3(':memory:'), memoryLog());

describe('the log', () => {
  it('keeps secrets and people out, by name and by look, at any depth', () => {
    const file = join(dir, 'logs', 'core.log');
    const log = createLog(file, 'debug');
    const token = `EZ1${'A'.repeat(151)}`;
    log.info('a.b', {
      text: 'hidden-1',
      deep: { phone: 'hidden-2', list: [{ pin: 'hidden-3' }] },
      why: `bad ${token} there`,
      seen: 'kept',
    });
    log.warn('c.d', { why: `jwt eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl end` });
    log.close();
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as Record<string, unknown>);
    expect(lines.map((l) => [l['level'], l['event']])).toEqual([
      ['info', 'a.b'],
      ['warn', 'c.d'],
    ]);
    const all = readFileSync(file, 'utf8');
    expect(all).not.toMatch(/hidden|AAAAAAAAAAAA|c2lnbmF0dXJl/);
    expect(all).toContain('kept');
  });
});

describe('secrets in a file', () => {
  it('are for this user only, survive, and are never half written', () => {
    const file = join(dir, 'secrets.json');
    fileSecrets(file).set('device-key', 'k1');
    fileSecrets(file).set('other', 'x');
    expect(fileSecrets(file).get('device-key')).toBe('k1');
    expect(fileSecrets(file).get('toString')).toBeNull();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    fileSecrets(file).set('other', null);
    expect(fileSecrets(file).get('other')).toBeNull();
    writeFileSync(file, 'damaged');
    expect(() => fileSecrets(file).get('device-key')).toThrow(/enrol this device anew/);
  });
});

describe('the dispatcher', () => {
  const contract = {
    methods: {
      'a.read': read(['kiosk'], z.strictObject({ n: z.int() }), z.strictObject({ twice: z.int() })),
      'a.write': write(['service'], z.strictObject({}), z.strictObject({}), { repeatable: false }),
    },
    events: { e: event(['kiosk'], z.string()) },
  };
  const log = memoryLog();
  const call = createDispatcher(
    contract,
    {
      'a.read': ({ n }) => ({ twice: n === 13 ? 0.5 : n * 2 }),
      'a.write': () => {
        throw new CallFailure('conflict', 'no');
      },
    },
    log,
  );
  const code = async (...args: Parameters<typeof call>) => {
    const r = await call(...args);
    return r.ok ? r.value : r.error.code;
  };

  it('answers what the contract allows and nothing else', async () => {
    expect(await code('kiosk', 'a.read', { n: 2 })).toEqual({ twice: 4 });
    expect(await code('kiosk', 'a.read', { n: '2' })).toBe('invalid-input');
    expect(await code('kiosk', 'a.read', { n: 2, more: 1 })).toBe('invalid-input');
    expect(await code('kiosk', 'a.read', null)).toBe('invalid-input');
    expect(await code('kiosk', 'a.read', { n: 13 })).toBe('invalid-output');
    expect(await code('desk', 'a.read', { n: 2 })).toBe('forbidden');
    expect(await code('kiosk', 'a.write', {})).toBe('forbidden');
    expect(await code('service', 'a.write', {})).toBe('conflict');
    for (const name of ['nothing', '__proto__', 'toString', 'constructor'])
      expect(await code('kiosk', name, {})).toBe('unknown-method');
  });
});

describe('numbers', () => {
  const day = '2026-11-23';
  it('come from the lease, else from the reserve, else with the slot of the device; none twice', () => {
    const store = memoryStore();
    const take = (leased: number | null = null, date = day) =>
      store.write((db) =>
        takeNumber(
          db,
          date,
          'A',
          7,
          leased === null ? null : { businessDate: day, series: 'A', number: leased, at: 0 },
        ),
      ).number;
    store.write((db) => addReserve(db, day, 'A', [702, 701]));
    expect(take(12)).toBe(12);
    expect(take()).toBe(701);
    expect(take(13)).toBe(13);
    expect([take(), take(), take()]).toEqual([702, 7001, 7002]);
    expect(take(14, '2026-11-24')).toBe(7001);
    store.write((db) => addReserve(db, '2026-11-24', 'A', [800]));
    expect(store.read(reserveCounts)).toEqual(new Map([['2026-11-24 A', 1]]));
    store.write((db) => dropOldNumbers(db, '2026-11-26'));
    expect(store.read(reserveCounts)).toEqual(new Map());
    store.close();
  });
});

describe('the outbox', () => {
  const op = (n: number) => ({
    op_id: `01900000-0000-7000-8000-00000000000${n}`,
    type: 'ticket.reprint' as const,
    kind: 'fact' as const,
    entity_id: 'v',
    business_date: '2026-11-23',
    occurred_at: 1000 + n,
    payload: { visit_id: `01900000-0000-7000-8000-000000000000`, copy: 1 },
  });
  const waitingSeqs = (db: ReadDb) =>
    operationsAfter(db, 0, 10)
      .filter((row) => row.state === 'pending')
      .map((row) => row.seq);
  it('numbers without gaps, parks without losing, and counts', () => {
    const store = memoryStore();
    store.write((db) => [1, 2, 3].forEach((n) => enqueue(db, op(n))));
    expect(store.read((db) => waitingSeqs(db))).toEqual([1, 2, 3]);
    store.write((db) => acknowledge(db, op(1).op_id, 'applied', null, 5));
    store.write((db) => park(db, op(2).op_id, 'rejected'));
    store.write((db) => park(db, op(1).op_id, 'too late: it is acknowledged'));
    store.write((db) => enqueue(db, op(4)));
    expect(store.read((db) => waitingSeqs(db))).toEqual([3, 4]);
    expect(store.read(outboxCounts)).toEqual({ waiting: 2, oldestAt: 1003, parked: 1 });
    store.close();
  });
});

describe('the audit chain', () => {
  it('shows what was changed, left out or put in', () => {
    const store = memoryStore();
    const entry = (n: number) => ({ at: n, actor: 'kiosk', action: 'checkin', entityId: `v${n}`, detail: { n } });
    store.write((db) => [1, 2, 3, 4].forEach((n) => audit(db, entry(n))));
    expect(store.read(verifyAudit)).toBeNull();
    store.write((db) => db.run(sql`UPDATE audit SET entity_id = 'other' WHERE seq = 3`));
    expect(store.read(verifyAudit)).toBe(3);
    store.write((db) => db.run(sql`UPDATE audit SET entity_id = 'v3' WHERE seq = 3`));
    expect(store.read(verifyAudit)).toBeNull();
    store.write((db) => db.run(sql`DELETE FROM audit WHERE seq = 2`));
    expect(store.read(verifyAudit)).toBe(2);
    store.close();
  });
});

describe('the cache', () => {
  it('takes a newer revision, leaves an older one, and forgets what left', () => {
    const store = memoryStore();
    const id = 'ab'.repeat(16);
    const put = (rev: number, status: string) =>
      change.parse({
        seq: rev,
        c: 'booking',
        id,
        rev,
        op: 'put',
        data: { office_id: 1, number: '00000000', service_id: 1, starts_at: 5, status, language: null, ticket: null },
      });
    const status = () => store.read((db) => readBooking(db, id))?.status;
    store.write((db) => applyChange(db, put(2, 'booked')));
    store.write((db) => applyChange(db, put(1, 'cancelled')));
    expect(status()).toBe('booked');
    store.write((db) => applyChange(db, put(3, 'cancelled')));
    expect(status()).toBe('cancelled');
    store.write((db) => applyChange(db, change.parse({ seq: 4, c: 'booking', id, rev: 4, op: 'evict' })));
    expect(status()).toBeUndefined();
    store.close();
  });
});

describe('the code on a ticket', () => {
  it('carries the visit and is read back, in any case', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const code = visitCode(id);
        expect(code).toMatch(/^EV1[A-Z2-7]{26}$/);
        expect(parseVisitCode(code.toLowerCase())).toBe(id);
      }),
    );
    fc.assert(fc.property(fc.string(), (s) => parseVisitCode(`EV1${s}`) === null || s.length === 26));
  });
});

describe('the waiter', () => {
  const manual = () => {
    let now = 0;
    const timers = new Set<{ at: number; run: () => void }>();
    return {
      clock: {
        now: () => now,
        monotonic: () => now,
        after: (ms: number, run: () => void) => {
          const timer = { at: now + ms, run };
          timers.add(timer);
          return () => void timers.delete(timer);
        },
      },
      pass: async (ms: number) => {
        now += ms;
        for (const t of [...timers].filter((x) => x.at <= now)) {
          timers.delete(t);
          t.run();
        }
        await Promise.resolve();
        await Promise.resolve();
      },
      timers,
    };
  };
  it('waits its time, is woken not before the least, keeps a wake for later, and ends when closed', async () => {
    const { clock, pass, timers } = manual();
    const waiter = createWaiter(clock);
    let done = 0;
    const wait = (ms: number | null, least: number) => void waiter.wait(ms, least).then(() => (done += 1));
    wait(100, 50);
    await pass(99);
    expect(done).toBe(0);
    await pass(1);
    expect(done).toBe(1);
    wait(100, 50);
    await pass(10);
    waiter.wake();
    await pass(39);
    expect(done).toBe(1);
    await pass(1);
    expect(done).toBe(2);
    waiter.wake();
    wait(null, 0);
    await pass(0);
    expect(done).toBe(3);
    wait(null, 0);
    await pass(1_000_000);
    expect(done).toBe(3);
    waiter.close();
    await pass(0);
    wait(100, 100);
    await pass(0);
    expect([done, timers.size]).toEqual([5, 0]);
  });
});
