import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCases } from '../../electron/core/checkin/cases.ts';
import { createCheckin, createTurns } from '../../electron/core/checkin/checkin.ts';
import { readCode } from '../../electron/core/checkin/read-code.ts';
import { verifyAudit } from '../../electron/core/audit/audit.ts';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { createQueue } from '../../electron/core/queue/queue.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { readKeys, replaceKeys } from '../../electron/core/store/registry.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import type { Lease } from '../../electron/core/tickets/numbers.ts';
import { addReserve } from '../../electron/core/tickets/numbers.ts';
import type { ScanOutcome } from '../../shared/contracts/app.ts';
import { change as schema } from '../../shared/contracts/centre/schemas.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { visitCode } from '../../shared/domain/visit-code.ts';
import { bookingId, OFFICE, OTHER_OFFICE, seedRegistry, signToken, type SeededBooking } from '../fixtures/registry.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

const START = Date.parse('2026-11-23T10:24:30+03:00');
const DAY = '2026-11-23';

/** Fails at the statement that a test names, as a full disk or a power cut would. */
const failing = (driver: SqlDriver): SqlDriver & { failAt: RegExp | null } => {
  const outer = {
    ...driver,
    failAt: null as RegExp | null,
    prepare: (text: string) => {
      const s = driver.prepare(text);
      return {
        ...s,
        run: (...p: Parameters<typeof s.run>) => {
          if (outer.failAt?.test(text)) throw new Error('the plug was pulled');
          return s.run(...p);
        },
      };
    },
  };
  return outer;
};

let driver: ReturnType<typeof failing>;
let store: Store;
let bookings: SeededBooking[];
let now: number;
let leases: (number | null)[];
let commits: number;
let log: ReturnType<typeof memoryLog>;

beforeEach(() => {
  now = START;
  leases = [];
  commits = 0;
  log = memoryLog();
  driver = failing(openBetterSqlite3(':memory:'));
  store = openStore(() => driver, log);
  bookings = seedRegistry(store, { now });
});
afterEach(() => store.close());

const make = (refreshKeys: () => Promise<boolean> = () => Promise.resolve(false)) => {
  const clock = { now: () => now, monotonic: () => now, after: () => () => undefined };
  const ids = { uuid: () => v7() };
  return createCheckin(
    {
      store,
      clock,
      moment: () => exactly(now),
      stamp: () => undefined,
      ids,
      log,
      cases: createCases(clock, ids),
      queue: createQueue({ store, clock, log, heardAt: () => null }),
      lease: (businessDate, series): Promise<Lease | null> => {
        const number = leases.shift() ?? null;
        return Promise.resolve(number === null ? null : { businessDate, series, number, at: now });
      },
      refreshKeys,
      committed: () => {
        commits += 1;
      },
    },
    createTurns(),
  );
};
const scan = (text: string, attempt = v7(), checkin = make()) =>
  checkin.scan({ attempt, text, source: 'camera', purpose: 'check-in' });
const held = (n: number): SeededBooking => {
  const found = bookings[n];
  if (!found) throw new Error(`no booking ${n}`);
  return found;
};
const accepted = (o: ScanOutcome) => {
  if (o.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(o)}`);
  return o;
};
const refused = (o: ScanOutcome) => {
  if (o.outcome !== 'refused') throw new Error(`not refused: ${o.outcome}`);
  return o;
};
const rows = (table: 'visit' | 'ticket' | 'print_job' | 'outbox' | 'audit') =>
  store.read((db) => db.all({ text: `SELECT * FROM ${table}`, params: [] }));
const counts = () => (['visit', 'ticket', 'print_job', 'outbox', 'audit'] as const).map((t) => rows(t).length);
const change = (c: string, id: string | number, data: unknown) =>
  store.write((db) => applyChange(db, schema.parse({ seq: 9, c, id, rev: 9, op: 'put', data })));
const officeHas = (more: Record<string, unknown>) =>
  change('office', OFFICE, {
    name: { ru: 'Мои документы' },
    subtitle: { ru: 'Центральный район' },
    address: { ru: 'ул. Ленина, 5' },
    time_zone: 'Europe/Moscow',
    day_change_minutes: 240,
    languages: ['ru', 'en'],
    ...more,
  });
const booked = (n: number, more: Record<string, unknown>) =>
  change('booking', held(n).id, {
    office_id: OFFICE,
    number: held(n).number,
    service_id: 1,
    starts_at: held(n).startsAt,
    status: 'booked',
    language: 'ru',
    ticket: null,
    ...more,
  });

describe('check-in', () => {
  it('writes visit, ticket, print job, operation and audit entry together', async () => {
    leases = [47];
    const out = accepted(await scan(held(0).token));
    expect(out.visit).toMatchObject({ number: { series: 'A', number: 47 }, service: { ru: 'Паспорт гражданина РФ' } });
    expect(out.job).toMatchObject({ state: 'queued', copy: 0 });
    expect([out.provisional, out.language]).toEqual([false, 'ru']);
    expect(counts()).toEqual([1, 1, 1, 1, 1]);
    expect(rows('outbox')[0]).toMatchObject({
      seq: 1,
      type: 'checkin',
      kind: 'fact',
      business_date: DAY,
      state: 'pending',
    });
    expect(store.read(verifyAudit)).toBeNull();
    expect(commits).toBe(1);
  });

  it.each(['INTO visit', 'INTO ticket', 'INTO print_job', 'INTO outbox', 'INTO audit'])(
    'writes nothing at all when it fails at %s, and the next try succeeds with one number',
    async (at) => {
      driver.failAt = new RegExp(at);
      await expect(scan(held(0).token)).rejects.toThrow('the plug was pulled');
      expect(counts()).toEqual([0, 0, 0, 0, 0]);
      expect(commits).toBe(0);
      driver.failAt = null;
      accepted(await scan(held(0).token));
      expect(counts()).toEqual([1, 1, 1, 1, 1]);
    },
  );

  it('answers a repeated attempt with the same visit and the same number', async () => {
    leases = [47, 48];
    const attempt = v7();
    const first = accepted(await scan(held(0).token, attempt));
    const again = accepted(await scan(held(0).token, attempt));
    expect(again.visit).toEqual(first.visit);
    expect(again.job).toEqual(first.job);
    expect(counts()).toEqual([1, 1, 1, 1, 1]);
  });

  it('gives one number for one booking, whatever races', async () => {
    leases = [1, 2, 3, 4, 5];
    const checkin = make();
    const all = await Promise.all(Array.from({ length: 5 }, () => scan(held(0).token, v7(), checkin)));
    expect(new Set(all.map((o) => accepted(o).visit.id)).size).toBe(1);
    expect(rows('ticket')).toHaveLength(1);
  });

  it('takes the reserve when the centre does not answer, and five digits when that is used up', async () => {
    store.write((db) => addReserve(db, DAY, 'A', [700]));
    const number = async (n: number) => accepted(await scan(held(n).token)).visit.number;
    expect(await number(0)).toEqual({ series: 'A', number: 700 });
    expect(await number(1)).toEqual({ series: 'A', number: 7001 });
    expect(await number(2)).toEqual({ series: 'B', number: 7001 });
  });

  it('asks for the second factor of a bare booking number, however it is written, known or not', async () => {
    const { number } = held(4);
    const typed = ` ${number.slice(0, 4).toLowerCase()}-${number.slice(4)}\r\n`;
    expect(await scan(typed)).toEqual({ outcome: 'factor', number });
    expect(await scan('0000-0000')).toEqual({ outcome: 'factor', number: '00000000' });
    expect(counts()).toEqual([0, 0, 0, 0, 0]);
  });

  it('accepts a bare booking number where the office has decided that it is enough', async () => {
    officeHas({ factor_required: false });
    const out = accepted(await scan(held(4).number));
    expect(out.visit.startsAt).toBe(held(4).startsAt);
    expect(refused(await scan('00000000')).reason).toBe('unknown');
  });

  it('checks nobody in who wanted to move or cancel a booking that it has not heard of', async () => {
    const text = signToken({
      bookingId: bookingId(99),
      office: OFFICE,
      service: 1,
      startsAt: Math.floor(now / 1000),
      validMinutes: 60,
    });
    const out = await make().scan({ attempt: v7(), text, source: 'camera', purpose: 'manage' });
    expect(out).toMatchObject({ outcome: 'refused', reason: 'unknown' });
    expect(rows('visit')).toEqual([]);
    expect(rows('outbox').map((row) => row['type'])).toEqual(['scan.failed']);
  });

  it('accepts a signed confirmation it has not heard of, marked provisional, also of an unknown service', async () => {
    const token = signToken({
      bookingId: bookingId(99),
      office: OFFICE,
      service: 77,
      startsAt: Math.floor(now / 1000),
      validMinutes: 60,
    });
    leases = [5];
    const out = accepted(await scan(token));
    expect(out.provisional).toBe(true);
    expect(out.visit.number.series).toBe('X');
    expect(rows('visit')[0]).toMatchObject({ provisional: 1 });
  });

  it('asks for the keys when the key is new to it', async () => {
    const token = signToken({
      keyId: 9,
      bookingId: bookingId(1),
      office: OFFICE,
      service: 1,
      startsAt: held(1).startsAt / 1000,
      validMinutes: 60,
    });
    expect(refused(await scan(token)).reason).toBe('not-ours');
    const keys = store.read(readKeys);
    const checkin = make(() => {
      store.write((db) => replaceKeys(db, [...keys, ...keys.map((k) => ({ ...k, keyId: 9 }))]));
      return Promise.resolve(true);
    });
    accepted(await scan(token, v7(), checkin));
  });

  it('lets a booking in the cache vouch for a confirmation whose key was withdrawn, and nothing else', async () => {
    const keys = store.read(readKeys);
    store.write((db) =>
      replaceKeys(
        db,
        keys.map((k) => ({ ...k, revokedAt: now - 1 })),
      ),
    );
    accepted(await scan(held(0).token));
    const unknown = signToken({
      bookingId: bookingId(98),
      office: OFFICE,
      service: 1,
      startsAt: Math.floor(now / 1000),
      validMinutes: 60,
    });
    expect(refused(await scan(unknown)).reason).toBe('not-ours');
  });
});

describe('refusals', () => {
  const steps = (o: ScanOutcome) => refused(o).next.map((s) => s.step);

  it('of codes that are not ours', async () => {
    const forged = signToken(
      { bookingId: held(0).id, office: OFFICE, service: 1, startsAt: Math.floor(now / 1000), validMinutes: 60 },
      'somebody',
    );
    for (const text of [
      'https://example.ru/x',
      forged,
      'ST00012|Name=x',
      '\u0000',
      'EZ1',
      'A'.repeat(4096),
      visitCode(v7()),
    ]) {
      const out = refused(await scan(text));
      expect([out.reason, out.booking]).toEqual(['not-ours', null]);
      expect(out.next.map((n) => n.step)).toEqual(['scan-again', 'type-number', 'call-staff']);
    }
    expect(rows('visit')).toHaveLength(0);
  });

  it('of another office, with its name and address', async () => {
    const out = refused(
      await scan(
        signToken({
          bookingId: bookingId(50),
          office: OTHER_OFFICE,
          service: 1,
          startsAt: Math.floor(now / 1000),
          validMinutes: 60,
        }),
      ),
    );
    expect(out.reason).toBe('other-office');
    expect(out.next).toContainEqual({
      step: 'go-to-office',
      name: expect.objectContaining({ ru: 'Мои документы' }),
      address: { ru: 'ул. Ленина, 5', en: '5 Lenin street' },
      hours: null,
    });
  });

  it('of another day: to come says when, past does not', async () => {
    const at = (n: number, hours: number) => {
      const startsAt = held(n).startsAt + hours * 3_600_000;
      booked(n, { starts_at: startsAt });
      const id = held(n).id;
      return signToken({ bookingId: id, office: OFFICE, service: 1, startsAt: startsAt / 1000, validMinutes: 600 });
    };
    const out = refused(await scan(at(0, 26)));
    expect(out.reason).toBe('other-day');
    expect(out.next[0]).toEqual({
      step: 'come-on',
      date: '2026-11-24',
      at: held(0).startsAt + 26 * 3_600_000,
    });
    expect(steps(await scan(at(1, -26)))).toEqual(['walk-in', 'call-staff']);
  });

  it('of the paper of a time that was moved: the new time, and to check in where that is now', async () => {
    booked(0, { starts_at: held(0).startsAt + 26 * 3_600_000 });
    const out = refused(await scan(held(0).token));
    expect([out.reason, out.next[0]?.step, out.case]).toEqual(['superseded', 'come-on', null]);
    booked(1, { starts_at: held(1).startsAt + 10 * 60_000 });
    const checkin = make();
    const now2 = refused(await scan(held(1).token, v7(), checkin));
    expect([now2.reason, now2.next[0]?.step]).toEqual(['superseded', 'check-in']);
    const it2 = await checkin.booking({ attempt: v7(), case: now2.case ?? '', booking: held(1).id });
    expect(accepted(it2).visit.startsAt).toBe(held(1).startsAt + 10 * 60_000);
    const wrong = await checkin.booking({ attempt: v7(), case: now2.case ?? '', booking: held(2).id });
    expect(refused(wrong).reason).toBe('case-expired');
  });

  it('of a cancelled booking', async () => {
    booked(0, { status: 'cancelled' });
    expect(refused(await scan(held(0).token)).reason).toBe('cancelled');
  });

  it('keep a hash of the code, once for a code that is held before the camera, and no text anywhere', async () => {
    const text = 'HTTPS://PAY.EXAMPLE/SECRET-OF-SOMEBODY';
    const checkin = make();
    for (const one of [text, text, 'something else']) await scan(one, v7(), checkin);
    expect(rows('outbox').map((r) => r['type'])).toEqual(['scan.failed', 'scan.failed']);
    expect(JSON.stringify([rows('outbox'), rows('audit'), log.lines])).not.toContain('SECRET');
  });

  it('are told also when they cannot be recorded', async () => {
    driver.failAt = /INTO outbox/;
    expect(refused(await scan('https://example.ru/x')).reason).toBe('not-ours');
    expect(rows('outbox')).toEqual([]);
    expect(log.lines.map((l) => l.event)).toContain('checkin.not-recorded');
    expect(commits).toBe(0);
  });

  it('are not enrolled: named, nothing written', async () => {
    const empty = openStore(() => openBetterSqlite3(':memory:'), log);
    const before = store;
    store = empty;
    await expect(scan(held(0).token)).rejects.toThrow(CallFailure);
    store = before;
    empty.close();
  });
});

describe('already used', () => {
  const finish = (state: string) =>
    store.write((db) => db.run({ text: 'UPDATE print_job SET state = ?', params: [state] }));

  it('while the paper is on its way: the same visit again, nothing new', async () => {
    const first = accepted(await scan(held(0).token));
    const again = accepted(await scan(held(0).token));
    expect([again.visit.id, again.job.id]).toEqual([first.visit.id, first.job.id]);
    expect(rows('print_job')).toHaveLength(1);
  });

  it.each(['printed', 'unknown', 'expired'])(
    'after the paper was %s: a copy with the same number is offered',
    async (state) => {
      leases = [47];
      const first = accepted(await scan(held(0).token));
      finish(state);
      const out = refused(await scan(held(0).token));
      expect([out.reason, out.number]).toEqual(['already-used', { series: 'A', number: 47 }]);
      expect(out.next).toEqual([{ step: 'copy', visit: first.visit }, { step: 'call-staff' }]);
    },
  );

  it('by scanning the ticket itself', async () => {
    const first = accepted(await scan(held(0).token));
    finish('printed');
    expect(refused(await scan(visitCode(first.visit.id))).next[0]).toEqual({ step: 'copy', visit: first.visit });
    now += 86_400_000;
    expect(refused(await scan(visitCode(first.visit.id))).reason).toBe('not-ours');
  });

  it('at another device: the number, and no copy here', async () => {
    booked(0, { status: 'arrived', ticket: { series: 'A', number: 12 } });
    const out = refused(await scan(held(0).token));
    expect([out.number, out.next]).toEqual([{ series: 'A', number: 12 }, [{ step: 'call-staff' }]]);
  });

  it('a ticket that never came out is offered all day: nobody who is checked in goes without', async () => {
    const first = accepted(await scan(held(0).token));
    finish('expired');
    now += 3 * 3_600_000;
    expect(refused(await scan(held(0).token)).next[0]).toEqual({ step: 'copy', visit: first.visit });
    expect(await make().copy(v7(), first.visit.id)).toMatchObject({ copy: 1, state: 'queued' });
  });

  it('copies: at most two, marked, each an operation; not while one is on its way; none after ten minutes', async () => {
    const checkin = make();
    const { visit } = accepted(await scan(held(0).token, v7(), checkin));
    const waiting = await checkin.copy(v7(), visit.id);
    expect(waiting.copy).toBe(0);
    finish('printed');
    const attempt = v7();
    expect(await checkin.copy(attempt, visit.id)).toMatchObject({ copy: 1, state: 'queued' });
    finish('printed');
    expect(await checkin.copy(attempt, visit.id)).toMatchObject({ copy: 1, state: 'printed' });
    expect(await checkin.copy(v7(), visit.id)).toMatchObject({ copy: 2 });
    finish('printed');
    await expect(checkin.copy(v7(), visit.id)).rejects.toThrow(/without staff/);
    expect(rows('outbox').map((r) => r['type'])).toEqual(['checkin', 'ticket.reprint', 'ticket.reprint']);
    const late = accepted(await scan(held(1).token, v7(), checkin));
    finish('printed');
    now += 10 * 60_000 + 1;
    await expect(checkin.copy(v7(), late.visit.id)).rejects.toThrow(/without staff/);
    await expect(checkin.copy(v7(), v7())).rejects.toThrow(/no such visit/);
  });
});

describe('reading a code', () => {
  it('never throws and looks at 200 characters at most', () => {
    const keys = store.read(readKeys);
    const long = `${held(0).token}${' '.repeat(46)}X`;
    expect(readCode(long, keys, now).code.kind).toBe('token');
    for (const text of ['', '\u{1F600}'.repeat(100), `EZ1${'A'.repeat(151)}`, 'EV1', '0'.repeat(8)]) {
      expect(() => readCode(text, keys, now)).not.toThrow();
    }
  });
});
