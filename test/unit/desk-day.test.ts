import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDay, type Day } from '../../electron/core/desk/day.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { createSealer, type Sealer } from '../../electron/core/store/seal.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { memoryLog } from '../fixtures/sqlite.ts';
import { seedRegistry, ZONE, type SeededBooking } from '../fixtures/registry.ts';

/** The list of the day at a desk: bookings and visits as one, with names that are sealed where they lie. */

const MINUTE = 60_000;
const START = Date.parse('2026-03-16T12:00:00+03:00');
const DAY = businessDate(START, ZONE, 240);

let now: number;
let store: Store;
let sealer: Sealer;
let day: Day;
let bookings: SeededBooking[];
let log: ReturnType<typeof memoryLog>;

beforeEach(() => {
  now = START;
  log = memoryLog();
  store = openStore(() => openBetterSqlite3(':memory:'), log);
  bookings = seedRegistry(store, { now, count: 3 });
  const secrets = new Map<string, string>();
  sealer = createSealer({
    get: (name) => secrets.get(name) ?? null,
    set: (name, value) => void (value === null ? secrets.delete(name) : secrets.set(name, value)),
  });
  day = createDay({
    store,
    sealer,
    moment: () => exactly(now),
    log,
    secondFor: () => ['cancelled'],
    limits: () => ({ warnMinutes: 12, limitMinutes: 15 }),
  });
});
afterEach(() => store.close());

const put = (c: string, id: string, data: unknown, rev = 1): void => {
  store.write((db) => applyChange(db, change.parse({ seq: 1, c, id, rev, op: 'put', data }), { sealer }));
  day.changed();
};
const held = (n: number): SeededBooking => {
  const found = bookings[n];
  if (!found) throw new Error(`no booking ${n}`);
  return found;
};
const visit = (
  id: string,
  about: { state?: string; number?: number; arrivedAt?: number; calledAt?: number | null } = {},
) => {
  const { state = 'waiting', number = 5, arrivedAt = now, calledAt = null } = about;
  put('visit', id, {
    business_date: DAY,
    origin: 'booking',
    ticket: { series: 'A', number },
    state,
    priority: 'none',
    arrived_at: arrivedAt,
    order_at: arrivedAt,
    services: [
      {
        service_id: 1,
        state: state === 'left' ? 'waiting' : state,
        window_id: null,
        called_at: calledAt,
        serving_at: null,
        done_at: null,
      },
    ],
  });
};
const detail = (id: string, bookingId: string | null, more: Record<string, unknown> = {}): void =>
  put('visit_detail', id, { business_date: DAY, booking_id: bookingId, ...more });

describe('the list of the day', () => {
  it('has everybody who is booked, with the name that the centre told', () => {
    put('person', held(0).id, { name: 'Иванова Мария Сергеевна', phone: '+79161234567' });
    const { rows, total, tiles, counts } = day.list('all', 0, 50);
    expect(total).toBe(3);
    expect(rows.map(({ state }) => state)).toEqual(['expected', 'expected', 'expected']);
    expect(rows.map(({ name }) => name)).toContain('Иванова Мария Сергеевна');
    expect(tiles).toEqual({ waiting: 0, averageMinutes: null, tooLong: 0, arrived: 0, expected: 3 });
    expect(counts).toMatchObject({ all: 3, expected: 3, waiting: 0 });
  });

  it('makes one of a booking and the visit that it became, and keeps its key', () => {
    const before = day.list('all', 0, 50).rows.find(({ booking }) => booking === held(1).id);
    const id = v7();
    visit(id);
    detail(id, held(1).id);
    const { rows, total, tiles } = day.list('all', 0, 50);
    const after = rows.find(({ booking }) => booking === held(1).id);
    expect(total).toBe(3);
    expect(after).toMatchObject({ key: before?.key, visit: id, state: 'waiting', number: { series: 'A', number: 5 } });
    expect(tiles).toMatchObject({ waiting: 1, arrived: 1 });
  });

  it('has walk-ins beside them, by the time at which they came', () => {
    const id = v7();
    visit(id, { arrivedAt: now - 20 * MINUTE });
    const { rows, tiles } = day.list('all', 0, 50);
    expect(rows[0]).toMatchObject({ key: `v${id}`, booking: null, name: null, since: now - 20 * MINUTE });
    expect(tiles.tooLong).toBe(1);
  });

  it('tells who is late by the clock alone', () => {
    now = START + 40 * MINUTE;
    expect(day.list('expected', 0, 50).rows.map(({ state }) => state)).toEqual(['late', 'late', 'late']);
  });

  it('is read in parts, and only those that fit', () => {
    const id = v7();
    visit(id, { state: 'called', arrivedAt: now - 10 * MINUTE, calledAt: now - 4 * MINUTE });
    expect(day.list('serving', 0, 50)).toMatchObject({ total: 1, tiles: { averageMinutes: 6 } });
    expect(day.list('all', 2, 1).rows).toHaveLength(1);
    expect(day.list('all', 4, 50)).toMatchObject({ total: 4, rows: [] });
    visit(id, { state: 'left' });
    expect(day.list('gone', 0, 50).total).toBe(1);
  });

  it('shows a name that cannot be read as if it had not come, and says so without it', () => {
    put('person', held(0).id, { name: 'Иванова Мария', phone: null });
    store.write((db) => db.run({ text: `UPDATE person SET sealed = x'00'`, params: [] }));
    day.changed();
    expect(day.list('all', 0, 50).rows.every(({ name }) => name === null)).toBe(true);
    expect(JSON.stringify(log.lines)).not.toContain('Иванова');
  });
});

describe('a card', () => {
  it('says what the rules say, and who it is', () => {
    put('person', held(0).id, { name: 'Иванова Мария', phone: '+79161234567', document: 'паспорт, 4567' });
    const key = `b${held(0).id}`;
    expect(day.card(key)).toMatchObject({
      row: { name: 'Иванова Мария' },
      phone: '+79161234567',
      document: 'паспорт, 4567',
      decision: { may: true, late: false, minutes: 0 },
      undoable: false,
    });
    now = START - 3 * 60 * MINUTE;
    expect(day.card(key)?.decision).toMatchObject({ may: false, reason: 'too-early', at: held(0).startsAt });
  });

  it('of somebody who is here can be taken back while he waits', () => {
    const id = v7();
    visit(id);
    detail(id, held(0).id, { note: 'с коляской', claim: { id: 'veteran', level: 'first', confirmed: false } });
    expect(day.card(`b${held(0).id}`)).toMatchObject({
      row: { visit: id, claimed: true },
      note: 'с коляской',
      claim: { id: 'veteran', confirmed: false },
      undoable: true,
      copies: 0,
    });
  });

  it('of nobody is none', () => {
    expect(day.card('bnobody')).toBeNull();
    expect(day.rows([{ booking: 'nobody', visit: null }])).toEqual([]);
  });
});
