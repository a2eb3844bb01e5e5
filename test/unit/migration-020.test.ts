import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { jobOfAttempt, listJobs } from '../../electron/core/printing/jobs.ts';
import { userVersion } from '../../electron/core/store/migrate.ts';
import { readCatalogue, readOffice, readService } from '../../electron/core/store/registry.ts';
import { readBooking } from '../../electron/core/store/bookings.ts';
import { connection } from '../../electron/core/store/sql.ts';
import { listVisits } from '../../electron/core/store/visits.ts';
import { DEFAULT_CHECKIN_POLICY } from '../../shared/domain/decide.ts';
import { createDb, getTableData, updateToVersion } from '../fixtures/sqlite.ts';

const DAY = '2026-11-23';
const STATES = ['queued', 'blocked', 'sending', 'sent', 'printed', 'unknown', 'expired'];

let db: SqlDriver;
beforeEach(() => {
  db = createDb();
  db.exec('PRAGMA foreign_keys = ON');
  updateToVersion(db, 10);
});
afterEach(() => db.close());

/** A day of a kiosk of version 10: something in every table. */
const fill = (): void => {
  db.exec(`
    INSERT INTO device VALUES (1, 'd1', 7701, 7, '["kiosk"]', 'https://centre.example', 5);
    INSERT INTO sync VALUES (1, 'E1', 'cursor-of-yesterday', 99, 0);
    INSERT INTO office VALUES (7701, 3, '{"ru":"МФЦ"}', '{"ru":"Центр"}', '{"ru":"Ленина, 5"}', 'Europe/Moscow', 240, '["ru"]');
    INSERT INTO service_group VALUES (1, 1, '{"ru":"Документы"}', 'A', 'id-card', 1);
    INSERT INTO service VALUES (1, 1, 1, '{"ru":"Паспорт"}', NULL, '[]', 'id-card', NULL, 12.5, 4, 1);
    INSERT INTO booking VALUES ('b1', 1, 7701, '00000000', 1, 1000, 'booked', 'ru', 'A', 12);
    INSERT INTO signing_key VALUES (3, zeroblob(32), 0, NULL, NULL);
    INSERT INTO reserve VALUES ('${DAY}', 'A', 700);
    INSERT INTO overflow VALUES ('${DAY}', 'A', 2);
    INSERT INTO centre_setting VALUES ('log.level', 1, '"debug"');
    INSERT INTO outbox VALUES (1, 'op1', 'checkin', 'fact', 'v0', '${DAY}', 7, '{}', 'pending', NULL, NULL, NULL);
    INSERT INTO outbox VALUES (2, 'op2', 'checkin', 'fact', 'v1', '${DAY}', 8, '{}', 'parked', 'rejected', 'why', 9);
    INSERT INTO audit VALUES (1, 7, 'kiosk', 'checkin', 'v0', '{}', '${'0'.repeat(64)}', '${'1'.repeat(64)}');
  `);
  for (const [n, state] of STATES.entries()) {
    const booking = n === 0 ? 'NULL' : `'b${n}'`;
    db.exec(`
      INSERT INTO visit VALUES ('v${n}', '${DAY}', '${n === 0 ? 'walk-in' : 'booking'}', ${booking}, 1, NULL, ${n}, 0, 'ru');
      INSERT INTO ticket VALUES ('t${n}', 'v${n}', '${DAY}', 'A', ${n + 1}, ${n});
      INSERT INTO print_job VALUES ('j${n}', 't${n}', 0, 'a${n}', '${state}', ${state === 'blocked' ? "'paper-out'" : 'NULL'},
        ${state === 'printed' ? "'A'" : 'NULL'}, 'P00${n}', ${n}, ${n + 100}, ${n >= 2 ? n : 'NULL'}, ${n >= 3 ? n : 'NULL'},
        ${n >= 4 ? n : 'NULL'});
    `);
  }
  db.exec(`INSERT INTO print_job VALUES ('j9', 't4', 1, NULL, 'queued', NULL, NULL, NULL, 9, 9, NULL, NULL, NULL)`);
};

const TABLES = [
  'device',
  'sync',
  'office',
  'service_group',
  'service',
  'booking',
  'signing_key',
  'visit',
  'ticket',
  'reserve',
  'overflow',
  'print_job',
  'centre_setting',
  'outbox',
  'audit',
];

describe('migration 020 (lobby)', () => {
  it('brings every row of every table over as it was, but for the cursor of the feed', () => {
    fill();
    const before = new Map(TABLES.map((t) => [t, getTableData(db, t)]));
    expect([...before].filter(([, rows]) => rows.length === 0)).toEqual([]);
    updateToVersion(db, 20);
    expect(userVersion(db)).toBe(20);
    for (const [table, rows] of before) {
      const wanted = table === 'sync' ? rows.map((row) => ({ ...row, cursor: '' })) : rows;
      const found = getTableData(db, table);
      expect(found).toHaveLength(rows.length);
      expect(found).toEqual(wanted.map((row) => expect.objectContaining(row)));
    }
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(db.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE 'print_job_20%'`).all()).toEqual([]);
  });

  it('leaves rows that the program reads: jobs by their attempt, visits, the rules by their defaults', () => {
    fill();
    updateToVersion(db, Number.POSITIVE_INFINITY);
    const read = connection(db);
    expect(STATES.map((_, n) => jobOfAttempt(read, `a${n}`)?.state)).toEqual(STATES);
    expect(jobOfAttempt(read, 'a1')).toMatchObject({ ticket: 't1', reason: 'paper-out', copy: 0 });
    expect(listJobs(read, 100)).toHaveLength(STATES.length + 1);
    expect(listVisits(read, 1)[0]).toMatchObject({
      services: [1],
      claim: null,
      priority: 'none',
      flags: [],
      told: null,
    });
    expect(readOffice(read, 7701)).toMatchObject({ hours: null, factor_required: true, priority_claims: [] });
    expect(readService(read, 1)).toMatchObject({
      duration_minutes: 12.5,
      hours: null,
      policy: { early_minutes: DEFAULT_CHECKIN_POLICY.earlyMinutes, walk_in: true },
    });
    expect(readBooking(read, 'b1')).toMatchObject({ services: [1], factors: [], person: null, revision: 0 });
    expect(readCatalogue(read).services).toHaveLength(1);
  });

  it('is safe to be stopped: nothing of it is there until all of it is', () => {
    fill();
    db.exec('CREATE TABLE slot (x INTEGER) STRICT');
    expect(() => updateToVersion(db, 20)).toThrow(/slot/);
    expect(userVersion(db)).toBe(10);
    expect(getTableData(db, 'print_job')).toHaveLength(STATES.length + 1);
    expect(getTableData(db, 'sync')[0]).toMatchObject({ cursor: 'cursor-of-yesterday' });
  });

  it('lets a print job be of a ticket or of a request, of one of them, each copy once', () => {
    fill();
    updateToVersion(db, 20);
    db.exec(
      `INSERT INTO request VALUES ('r1', 'ra', 'ro', 'create', 'b', '[1]', 0, 'ru', '${DAY}', 0, 'waiting', NULL, NULL, NULL)`,
    );
    const job = (id: string, ticket: string, request: string, copy = 0) =>
      db.exec(`INSERT INTO print_job (job_id, ticket_id, request_id, copy, state, queued_at, expires_at)
        VALUES ('${id}', ${ticket}, ${request}, ${copy}, 'queued', 0, 0)`);
    expect(() => job('x', 'NULL', 'NULL')).toThrow(/CHECK/);
    expect(() => job('x', `'t0'`, `'r1'`)).toThrow(/CHECK/);
    expect(() => job('x', `'nobody'`, 'NULL')).toThrow(/FOREIGN KEY/);
    expect(() => job('x', 'NULL', `'nobody'`)).toThrow(/FOREIGN KEY/);
    expect(() => job('x', `'t0'`, 'NULL')).toThrow(/UNIQUE/);
    job('s0', 'NULL', `'r1'`);
    expect(() => job('x', 'NULL', `'r1'`)).toThrow(/UNIQUE/);
    job('s1', 'NULL', `'r1'`, 1);
  });

  it('keeps the rules of the new tables', () => {
    fill();
    updateToVersion(db, 20);
    const run = (statement: string) => () => db.exec(statement);
    const visit = (id: string, origin: string, booking: string) =>
      run(`INSERT INTO visit (visit_id, business_date, origin, booking_id, service_id, arrived_at, provisional, language)
        VALUES ('${id}', '${DAY}', '${origin}', ${booking}, 1, 0, 0, 'ru')`);
    expect(visit('w1', 'walk-in', `'b77'`)).toThrow(/CHECK/);
    expect(visit('w1', 'booking', 'NULL')).toThrow(/CHECK/);
    expect(visit('w1', 'booking', `'b1'`)).toThrow(/UNIQUE/);
    visit('w1', 'walk-in', 'NULL')();
    visit('w2', 'walk-in', 'NULL')();
    expect(run(`INSERT INTO slot VALUES ('s', 1, 1, 0, -1)`)).toThrow(/CHECK/);
    expect(run(`INSERT INTO service_window VALUES (1, 1, '{}', '[]', 'asleep', NULL)`)).toThrow(/CHECK/);
    expect(run(`INSERT INTO clock VALUES (2, 0, 0)`)).toThrow(/CHECK/);
    expect(run(`INSERT INTO sealing_key VALUES (2, '{}')`)).toThrow(/CHECK/);
    const request = (id: string, attempt: string, kind = 'create', state = 'waiting') =>
      run(`INSERT INTO request VALUES ('${id}', '${attempt}', 'op ${id}', '${kind}', 'b', '[1]', 0, 'ru', '${DAY}', 0,
        '${state}', NULL, NULL, NULL)`);
    request('r1', 'a')();
    expect(request('r2', 'a')).toThrow(/UNIQUE/);
    expect(request('r2', 'b', 'ask')).toThrow(/CHECK/);
    expect(request('r2', 'b', 'create', 'maybe')).toThrow(/CHECK/);
    const queued = (id: string, state: string) =>
      run(`INSERT INTO queue_visit VALUES ('${id}', 1, '${DAY}', 'walk-in', 1, 'A', 1, '${state}', 'none', 0, 0)`);
    expect(queued('q', 'lost')).toThrow(/CHECK/);
    queued('q', 'waiting')();
    const stage = (id: string) =>
      run(`INSERT INTO queue_stage VALUES ('${id}', 0, '${DAY}', 1, 'waiting', NULL, NULL, NULL, NULL)`);
    expect(stage('nobody')).toThrow(/FOREIGN KEY/);
    stage('q')();
    run(`DELETE FROM queue_visit WHERE visit_id = 'q'`)();
    expect(getTableData(db, 'queue_stage')).toEqual([]);
  });
});
