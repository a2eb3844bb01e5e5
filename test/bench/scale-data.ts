import { createHash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { WriteDb } from '../../electron/core/store/sql.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore } from '../../electron/core/store/store.ts';
import type { Log, SqlDriver, SqlValue } from '../../electron/core/ports.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import { addDays, businessDate } from '../../shared/domain/business-day.ts';
import { SERIES } from '../../shared/domain/ticket-number.ts';
import { createChance } from '../centre/counters.ts';
import { officeData, putOf, serviceData } from '../fixtures/lobby.ts';
import { OFFICE, seedRegistry, ZONE, type SeededBooking } from '../fixtures/registry.ts';

/** The database of a device in a very large office, in the middle of a full day. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const BOOKINGS = 100_000;
const VISITS = 50_000;
const TODAY = 6_000;
const WAITING = 300;
const SERVICES = 40;
const WINDOWS = 30;
const GROUPS = 8;
/** Of the visits of each day, those that this device made itself. */
const OWN_A_DAY = 600;
/** What a device keeps: yesterday to a week ahead of bookings; visits of as many days. */
const DAYS = 9;

export interface Scale {
  /** Confirmations for this minute, all of which can be checked in. */
  held: SeededBooking[];
  services: number[];
}

const text = (ru: string) => ({ ru, en: `${ru} (en)` });

/** Puts rows into a table, with one prepared statement. */
const inserter = (driver: SqlDriver, table: string, columns: readonly string[]) => {
  const statement = driver.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  return (...values: SqlValue[]): void => void statement.run(...values);
};

const registry = (db: WriteDb): void => {
  const flood = { burst: 100, refill_seconds: 1 };
  applyChange(db, putOf('office', OFFICE, officeData({ flood }), 2));
  for (let g = 1; g <= GROUPS; g += 1) {
    const series = SERIES[g - 1];
    applyChange(db, putOf('service_group', g, { name: text(`Группа ${g}`), series, icon: 'id-card', position: g }, 2));
  }
  for (let s = 1; s <= SERVICES; s += 1) {
    const data = serviceData(s, {
      group_id: 1 + (s % GROUPS),
      name: text(`Государственная услуга с длинным названием № ${s}`),
      keywords: text('паспорт, загранпаспорт, замена, утеря'),
      papers: [text('паспорт'), text('заявление'), text('квитанция об уплате пошлины')],
      duration_minutes: 6 + (s % 15),
      policy: { many_wait: null, capacity_per_day: s % 5 === 0 ? 5_000 : null },
    });
    applyChange(db, putOf('service', s, data, 2));
  }
  for (let w = 1; w <= WINDOWS; w += 1) {
    const service_ids = Array.from({ length: 8 + (w % 12) }, (_, i) => 1 + ((w * 7 + i * 3) % SERVICES));
    const state = w % 10 === 0 ? 'break' : w % 11 === 0 ? 'closed' : 'open';
    applyChange(db, putOf('window', w, { name: text(`Окно ${w}`), service_ids, state, until: null }, 2));
  }
};

const bookings = (driver: SqlDriver, now: number): void => {
  const chance = createChance(1);
  const put = inserter(driver, 'booking', [
    'booking_id',
    'rev',
    'office_id',
    'number',
    'service_id',
    'further_services',
    'starts_at',
    'status',
    'language',
    'revision',
    'masked',
    'factors',
    'priority',
    'person',
  ]);
  const verifier = (kind: string) => ({
    kind,
    salt: randomBytes(16).toString('base64url'),
    cost: 14,
    hash: randomBytes(32).toString('base64url'),
  });
  for (let n = 0; n < BOOKINGS; n += 1) {
    const day = (n % DAYS) - 1;
    const startsAt = Math.floor((now + day * DAY + (chance.next() - 0.5) * 9 * HOUR) / (15 * MINUTE)) * 15 * MINUTE;
    const status = startsAt < now - 20 * MINUTE ? (chance.next() < 0.8 ? 'served' : 'no-show') : 'booked';
    put(
      createHash('sha256').update(`scale ${n}`).digest('hex').slice(0, 32),
      1,
      OFFICE,
      makeBookingNumber(1_000_000_007 + n * 7919),
      1 + Math.floor(chance.next() * SERVICES),
      chance.next() < 0.15 ? `[${1 + Math.floor(chance.next() * SERVICES)}]` : '[]',
      startsAt,
      status,
      'ru',
      0,
      'И. П.',
      JSON.stringify([verifier('phone4'), verifier('birth-year')]),
      chance.next() < 0.03 ? 'first' : 'none',
      // Every tenth person has two bookings.
      createHash('sha256')
        .update(`person ${n % 10 === 0 ? n + 1 : n}`)
        .digest('hex')
        .slice(0, 32),
    );
  }
};

const slots = (driver: SqlDriver, now: number): void => {
  const put = inserter(driver, 'slot', ['slot_id', 'rev', 'service_id', 'starts_at', 'free']);
  for (let s = 1; s <= SERVICES; s += 1) {
    for (let n = 0; n < 8 * 32; n += 1) {
      const startsAt = Math.ceil(now / (15 * MINUTE)) * 15 * MINUTE + Math.floor(n / 32) * DAY + (n % 32) * 15 * MINUTE;
      put(`${s}-${startsAt}`, 1, s, startsAt, (n + s) % 3);
    }
  }
};

const visits = (driver: SqlDriver, now: number, today: string): void => {
  const chance = createChance(2);
  const queue = inserter(driver, 'queue_visit', [
    'visit_id',
    'rev',
    'business_date',
    'origin',
    'service_id',
    'series',
    'number',
    'state',
    'priority',
    'arrived_at',
    'order_at',
  ]);
  const stage = inserter(driver, 'queue_stage', [
    'visit_id',
    'position',
    'business_date',
    'service_id',
    'state',
    'window_id',
    'called_at',
    'serving_at',
    'done_at',
  ]);
  const visit = inserter(driver, 'visit', [
    'visit_id',
    'business_date',
    'origin',
    'service_id',
    'arrived_at',
    'provisional',
    'language',
  ]);
  const ticket = inserter(driver, 'ticket', [
    'ticket_id',
    'visit_id',
    'business_date',
    'series',
    'number',
    'issued_at',
  ]);
  const job = inserter(driver, 'print_job', [
    'job_id',
    'ticket_id',
    'copy',
    'attempt_id',
    'state',
    'queued_at',
    'expires_at',
    'finished_at',
  ]);
  const operation = inserter(driver, 'outbox', [
    'seq',
    'op_id',
    'type',
    'kind',
    'entity_id',
    'business_date',
    'occurred_at',
    'payload',
    'state',
    'acked_at',
  ]);
  let seq = 0;
  const one = (day: number, n: number, of: number): void => {
    const date = addDays(today, -day);
    // In the order of arrival: the last ones wait, those before them are being served.
    const left = of - n;
    const arrivedAt = Math.round(now - day * DAY - left * ((8 * HOUR) / of));
    const isToday = day === 0;
    const state =
      !isToday || left > WAITING + 30
        ? chance.next() < 0.96
          ? 'done'
          : 'left'
        : left > WAITING
          ? left % 6 === 0
            ? 'called'
            : 'serving'
          : 'waiting';
    const id = v7({ msecs: arrivedAt });
    const letter = SERIES[n % GROUPS] ?? 'A';
    const number = 1 + Math.floor(n / GROUPS);
    const origin = chance.next() < 0.5 ? 'booking' : 'walk-in';
    const service = 1 + Math.floor(chance.next() * SERVICES);
    const serving = arrivedAt + Math.round(chance.next() * 30 * MINUTE);
    queue(id, 1, date, origin, service, letter, number, state, 'none', arrivedAt, arrivedAt);
    const open = state === 'waiting' || state === 'called';
    stage(
      id,
      0,
      date,
      service,
      state === 'left' ? 'skipped' : state,
      open ? null : 1 + Math.floor(chance.next() * WINDOWS),
      open ? null : serving - MINUTE,
      open || state === 'left' ? null : state === 'serving' ? now - Math.round(chance.next() * 8 * MINUTE) : serving,
      state === 'done' ? serving + Math.round((3 + chance.next() * 20) * MINUTE) : null,
    );
    if (chance.next() < 0.2) {
      const done = state === 'done' || state === 'left';
      stage(id, 1, date, 1 + (service % SERVICES), done ? 'skipped' : 'waiting', null, null, null, null);
    }
    if (n % Math.floor(of / OWN_A_DAY) !== 0) return;
    const ticketId = v7({ msecs: arrivedAt });
    visit(id, date, 'walk-in', service, arrivedAt, 0, 'ru');
    ticket(ticketId, id, date, letter, number, arrivedAt);
    job(v7(), ticketId, 0, v7(), 'printed', arrivedAt, arrivedAt + 2 * MINUTE, arrivedAt + 2_000);
    seq += 1;
    const payload = { visit_id: id, service_id: service, further_services: [], ticket: { series: letter, number } };
    operation(seq, v7(), 'walkin', 'fact', id, date, arrivedAt, JSON.stringify(payload), 'acked', arrivedAt + 1_000);
  };
  const before = Math.floor((VISITS - TODAY) / (DAYS - 1));
  for (let day = DAYS - 1; day > 0; day -= 1) for (let n = 0; n < before; n += 1) one(day, n, before);
  for (let n = 0; n < TODAY; n += 1) one(0, n, TODAY);
};

/** Makes the database. @returns what visitors hold */
export const makeScale = (file: string, now: number, count: number, log: Log): Scale => {
  const driver = openBetterSqlite3(file);
  const store = openStore(() => driver, log);
  driver.exec('PRAGMA cache_size = -262144');
  const today = businessDate(now, ZONE, 240);
  const held = seedRegistry(store, { now, count });
  store.write((db) => {
    registry(db);
    bookings(driver, now);
    slots(driver, now);
    visits(driver, now, today);
  });
  store.close();
  return { held, services: Array.from({ length: SERVICES }, (_, i) => i + 1) };
};
