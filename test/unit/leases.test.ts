import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { writeDevice } from '../../electron/core/store/registry.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { CentreError } from '../../electron/core/sync/client.ts';
import { pendingOps } from '../fixtures/outbox.ts';
import {
  createLeases,
  LEASE_BUDGET_MS,
  LEASE_REST_MS,
  type LeasePorts,
  type Leases,
} from '../../electron/core/tickets/leases.ts';
import { addReserve, LEASE_FRESH_MS, reserveCounts, takeNumber } from '../../electron/core/tickets/numbers.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

/** The device's side of leases: a centre that answers when the test says so, a clock that the test turns. */

const TODAY = '2026-11-23';
const TOMORROW = '2026-11-24';

interface Question {
  name: string;
  input: Record<string, unknown>;
  answer: (value: unknown) => void;
  fail: (error: Error) => void;
}

let store: Store;
let leases: Leases;
let online: boolean | null;
let mono: number;
let wall: number;
let timers: { at: number; run: () => void }[];
let questions: Question[];
/** Epochs in which the centre answered to hello. */
let greeted: string[];

const settle = async () =>
  new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
/** Time passes. */
const pass = async (ms: number, wallMs = ms) => {
  mono += ms;
  wall += wallMs;
  for (const due of timers.filter((t) => t.at <= mono)) due.run();
  timers = timers.filter((t) => t.at > mono);
  await settle();
};
const ports = (): LeasePorts => ({
  store,
  clock: {
    now: () => wall,
    monotonic: () => mono,
    after: (ms, run) => {
      const timer = { at: mono + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((t) => t !== timer);
      };
    },
  },
  ids: { uuid: () => v7() },
  log: memoryLog(),
  call: (async (name: string, input: Record<string, unknown>) =>
    new Promise<unknown>((answer, fail) => {
      questions.push({ name, input, answer, fail });
    })) as unknown as LeasePorts['call'],
  online: () => online,
  greeted: ({ epoch }) => greeted.push(epoch),
});
/** The oldest question that was not looked at yet. */
const question = (): Question => {
  const next = questions.shift();
  if (!next) throw new Error('nothing was asked');
  return next;
};
const give = async (asked: Question, ...numbers: number[]) => {
  const { request_id, business_date, series } = asked.input;
  asked.answer({ request_id, business_date, series, numbers });
  await settle();
};
const refused = (problem: string) => new CentreError('refused', problem, { status: 409, problem });
const ticket = (number: number, date = TODAY) => {
  const id = v7();
  store.write((db) => {
    db.run(sql`INSERT INTO visit (visit_id, business_date, origin, service_id, arrived_at, provisional, language)
      VALUES (${id}, ${date}, 'walk-in', 1, 0, 0, 'ru')`);
    db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
      VALUES (${id}, ${id}, ${date}, 'A', ${number}, 0)`);
  });
};
const told = (q: Question) => q.input['numbers'];

beforeEach(() => {
  store = openStore(() => openBetterSqlite3(':memory:'), memoryLog());
  store.write((db) => {
    const device = { deviceId: v7(), officeId: 1, slotNo: 7, roles: ['kiosk'], centreUrl: 'http://centre.test' };
    writeDevice(db, device, 'E1', 0);
    db.run(sql`INSERT INTO service_group (group_id, rev, name, series, icon, position)
      VALUES (1, 1, '{"ru":"Группа"}', 'A', 'id-card', 1)`);
  });
  online = true;
  mono = 1_000_000;
  wall = Date.parse('2026-11-23T08:00:00Z');
  timers = [];
  questions = [];
  greeted = [];
  leases = createLeases(ports());
});
afterEach(() => store.close());

describe('a lease', () => {
  it('is what the centre gives, asked with the epoch that the device knows', async () => {
    const number = leases.lease(TODAY, 'A');
    const asked = question();
    expect(asked.input).toMatchObject({ business_date: TODAY, series: 'A', kind: 'online', n: 1, epoch: 'E1' });
    await give(asked, 12);
    expect(await number).toEqual({ businessDate: TODAY, series: 'A', number: 12, at: 1_000_000 });
    expect(timers).toEqual([]);
  });

  it('is waited for 400 ms; then the centre rests for 10 s, and what comes late serves the next one', async () => {
    const first = leases.lease(TODAY, 'A');
    const late = question();
    await pass(LEASE_BUDGET_MS - 1);
    expect(timers).toHaveLength(1);
    await pass(1);
    expect(await first).toBeNull();
    expect(await leases.lease(TODAY, 'A')).toBeNull();
    expect(questions).toEqual([]);
    await give(late, 12);
    expect(await leases.lease(TODAY, 'A')).toMatchObject({ number: 12 });
    // It answers again: no more rest.
    void leases.lease(TODAY, 'A');
    expect(questions).toHaveLength(1);
  });

  it('is null at once for 10 s after a failure, and then the centre is asked again', async () => {
    const first = leases.lease(TODAY, 'A');
    question().fail(new CentreError('unreachable', 'gone'));
    expect(await first).toBeNull();
    await pass(LEASE_REST_MS - 1);
    expect(await leases.lease(TODAY, 'A')).toBeNull();
    expect(questions).toEqual([]);
    await pass(1);
    void leases.lease(TODAY, 'A');
    expect(questions).toHaveLength(1);
  });

  it('is not asked for while the centre is known not to answer', async () => {
    online = false;
    expect(await leases.lease(TODAY, 'A')).toBeNull();
    leases.prefetch(TODAY, 'A');
    expect(questions).toEqual([]);
  });

  it('is null when the centre has none to give, or answers another question', async () => {
    const empty = leases.lease(TODAY, 'A');
    await give(question());
    expect(await empty).toBeNull();
    const other = leases.lease(TODAY, 'A');
    const asked = question();
    await give({ ...asked, input: { ...asked.input, business_date: TOMORROW } }, 5);
    expect(await other).toBeNull();
    const reserve = leases.lease(TODAY, 'A');
    await give(question(), 700);
    expect(await reserve).toBeNull();
  });
});

describe('a spare', () => {
  const spare = async (number: number, series: 'A' | 'B' = 'A') => {
    leases.prefetch(TODAY, series);
    await give(question(), number);
  };

  it('is fetched once while the visitor chooses, and serves him without a question', async () => {
    leases.prefetch(TODAY, 'A');
    leases.prefetch(TODAY, 'A');
    expect(questions).toHaveLength(1);
    await give(question(), 12);
    leases.prefetch(TODAY, 'A');
    expect(questions).toEqual([]);
    expect(await leases.lease(TODAY, 'A')).toMatchObject({ number: 12 });
    void leases.lease(TODAY, 'A');
    expect(questions).toHaveLength(1);
  });

  it('that is on its way is waited for, by one visitor only', async () => {
    leases.prefetch(TODAY, 'A');
    const first = leases.lease(TODAY, 'A');
    const second = leases.lease(TODAY, 'A');
    expect(questions).toHaveLength(2);
    await give(question(), 12);
    await give(question(), 13);
    expect([(await first)?.number, (await second)?.number]).toEqual([12, 13]);
  });

  it('is the lowest of several', async () => {
    const [a, b] = [leases.lease(TODAY, 'A'), leases.lease(TODAY, 'A')];
    const [first, second] = [question(), question()];
    await pass(LEASE_BUDGET_MS);
    expect([await a, await b]).toEqual([null, null]);
    await give(second, 13);
    await give(first, 12);
    expect((await leases.lease(TODAY, 'A'))?.number).toBe(12);
    expect((await leases.lease(TODAY, 'A'))?.number).toBe(13);
  });

  it.each([
    ['after two minutes since it was asked for', LEASE_FRESH_MS, LEASE_FRESH_MS],
    ['when the machine slept and only its wall clock went on', 0, LEASE_FRESH_MS],
    ['when the wall clock was put back', 1_000, -LEASE_FRESH_MS],
  ])('is a hole %s', async (_name, ms, wallMs) => {
    await spare(12);
    await pass(ms, wallMs);
    void leases.lease(TODAY, 'A');
    expect(questions).toHaveLength(1);
  });

  it('is good until then, for its own series and day only', async () => {
    await spare(12);
    await pass(LEASE_FRESH_MS - 1);
    void leases.lease(TODAY, 'B');
    void leases.lease(TOMORROW, 'A');
    expect(questions.map((q) => [q.input['business_date'], q.input['series']])).toEqual([
      [TODAY, 'B'],
      [TOMORROW, 'A'],
    ]);
    expect(await leases.lease(TODAY, 'A')).toMatchObject({ number: 12 });
  });
});

describe('hello', () => {
  it('tells of each day and series the highest number and the reserve: on tickets, held, and on the way to a ticket', async () => {
    ticket(41);
    ticket(40);
    ticket(705);
    ticket(7001);
    ticket(3, '2026-11-01');
    store.write((db) => addReserve(db, TODAY, 'A', [707, 706]));
    store.write((db) => addReserve(db, TOMORROW, 'B', [800]));
    const onItsWay = leases.lease(TODAY, 'A');
    await give(question(), 44);
    expect((await onItsWay)?.number).toBe(44);
    const said = leases.hello();
    const asked = question();
    expect(asked).toMatchObject({ name: 'hello', input: { epoch: 'E1' } });
    expect(told(asked)).toEqual([
      { business_date: TODAY, series: 'A', highest_online: 44, reserve: [705, 706, 707] },
      { business_date: TOMORROW, series: 'B', highest_online: 0, reserve: [800] },
    ]);
    asked.answer({ epoch: 'E1' });
    await said;
    expect(greeted).toEqual(['E1']);
  });

  it('tells of the days that there are numbers of, whatever the clock says', async () => {
    wall = Date.parse('2027-05-01T08:00:00Z');
    ticket(41);
    void leases.hello();
    expect(told(question())).toMatchObject([{ business_date: TODAY, highest_online: 41 }]);
  });

  it('is said again in the epoch that it learns of, and keeps it', async () => {
    const said = leases.hello();
    expect(leases.hello()).toBeInstanceOf(Promise);
    question().answer({ epoch: 'E2' });
    await settle();
    const again = question();
    expect(again.input).toMatchObject({ epoch: 'E2' });
    again.answer({ epoch: 'E2' });
    await said;
    expect(questions).toEqual([]);
    expect(store.read((db) => db.get(sql`SELECT epoch FROM sync`))).toEqual({ epoch: 'E2' });
    expect(greeted).toEqual(['E2']);
  });

  it('is said once when a lease is refused for it, and the lease asked once more', async () => {
    const number = leases.lease(TODAY, 'A');
    question().fail(refused('epoch-changed'));
    await settle();
    question().answer({ epoch: 'E2' });
    await settle();
    question().answer({ epoch: 'E2' });
    await settle();
    const again = question();
    expect(again).toMatchObject({ name: 'leases', input: { epoch: 'E2', kind: 'online' } });
    again.fail(refused('epoch-changed'));
    expect(await number).toBeNull();
    expect(questions).toEqual([]);
  });

  it('ends what was asked before: such numbers are not in what was said', async () => {
    leases.prefetch(TODAY, 'A');
    void leases.refill(TODAY);
    const [online, reserve] = [question(), question()];
    const said = leases.hello();
    question().answer({ epoch: 'E1' });
    await said;
    await give(online, 12);
    await give(reserve, 700);
    expect(store.read(reserveCounts)).toEqual(new Map());
    void leases.lease(TODAY, 'A');
    expect(questions.filter((q) => q.input['kind'] === 'online')).toHaveLength(1);
  });
});

describe('the reserve', () => {
  it('is filled for today and tomorrow, and asked for again as it was when the answer is lost', async () => {
    const lost = leases.refill(TODAY);
    const first = question();
    expect(first.input).toMatchObject({ business_date: TODAY, kind: 'reserve', n: 40 });
    first.fail(new CentreError('unreachable', 'lost'));
    await expect(lost).rejects.toThrow('lost');
    const again = leases.refill(TODAY);
    expect(leases.refill(TODAY)).toBeInstanceOf(Promise);
    const second = question();
    expect(second.input).toEqual(first.input);
    expect(questions).toEqual([]);
    await give(second, 700, 701, 12);
    const tomorrow = question();
    expect(tomorrow.input).toMatchObject({ business_date: TOMORROW });
    await give(tomorrow, 700);
    await again;
    expect(store.read(reserveCounts)).toEqual(
      new Map([
        [`${TODAY} A`, 2],
        [`${TOMORROW} A`, 1],
      ]),
    );
  });

  it('goes on with the next day when the centre takes one for the wrong day', async () => {
    const filled = leases.refill(TODAY);
    question().fail(refused('invalid-request'));
    await settle();
    await give(question(), 700);
    await filled;
    expect([...store.read(reserveCounts).keys()]).toEqual([`${TOMORROW} A`]);
  });

  it('goes back at closing, but for what stands on tickets, and is not filled up again', async () => {
    store.write((db) => {
      addReserve(db, TODAY, 'A', [702, 701, 700]);
      addReserve(db, TODAY, 'B', [900]);
      addReserve(db, TOMORROW, 'A', [700]);
      takeNumber(db, TODAY, 'A', 7, null);
    });
    expect(store.write((db) => leases.giveBack(db, TODAY))).toEqual([
      { series: 'A', numbers: [701, 702] },
      { series: 'B', numbers: [900] },
    ]);
    expect(store.read((db) => pendingOps(db))).toMatchObject([
      { type: 'lease.return', kind: 'fact', entity_id: 'A', business_date: TODAY, payload: { numbers: [701, 702] } },
      { type: 'lease.return', entity_id: 'B' },
    ]);
    expect([...store.read(reserveCounts)]).toEqual([[`${TOMORROW} A`, 1]]);
    expect(store.write((db) => leases.giveBack(db, TODAY))).toEqual([]);
    expect(store.write((db) => takeNumber(db, TODAY, 'A', 7, null)).number).toBe(7001);
    void leases.refill(TODAY);
    expect(question().input).toMatchObject({ business_date: TOMORROW });
  });
});
