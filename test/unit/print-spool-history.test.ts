import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { applyEvent, insertJob } from '../../electron/core/printing/jobs.ts';
import {
  newRoll,
  noteCondition,
  outcomeOf,
  readHistory,
  rollAfter,
  type RollSeen,
} from '../../electron/core/printing/printer-history.ts';
import { VISITOR, type JobEvent } from '../../electron/core/printing/spool-rules.ts';
import type { PrinterCondition } from '../../electron/core/printing/status.ts';
import { connection, sql, type WriteDb } from '../../electron/core/store/sql.ts';
import { createDb, getTableData, updateToVersion } from '../fixtures/sqlite.ts';

let driver: SqlDriver;
let db: WriteDb;
beforeEach(() => {
  driver = createDb();
  updateToVersion(driver, 50);
  db = connection(driver);
});
afterEach(() => driver.close());

const OK: PrinterCondition = { blocked: null, paperLow: false };
const LOW: PrinterCondition = { blocked: null, paperLow: true };
const OUT: PrinterCondition = { blocked: 'paper-out', paperLow: true };
const OPEN: PrinterCondition = { blocked: 'cover-open', paperLow: true };
const GONE: PrinterCondition = { blocked: 'unreachable', paperLow: true };
const DAY = 86_400_000;

/** @returns how many rolls were seen to come in */
const rolls = (...conditions: PrinterCondition[]): number => {
  let seen: RollSeen = { lowAt: null, outAt: null };
  let others = 0;
  conditions.forEach((condition, at) => {
    const { other, ...next } = rollAfter(seen, condition, at);
    seen = next;
    if (other) others += 1;
  });
  return others;
};

describe('another roll', () => {
  it.each<[string, number, PrinterCondition[]]>([
    ['is in after one ran low and came to its end', 1, [OK, LOW, OUT, OPEN, OK]],
    ['is in though the cover hid the end for a while', 1, [OK, LOW, OPEN, OUT, OPEN, GONE, OK]],
    ['is in twice', 2, [LOW, OUT, OK, LOW, OUT, OK, OK]],
    ['is not in when the sensor only wavers', 0, [OK, LOW, OK, LOW, OK]],
    ['is not in when the same one was taken out and put in', 0, [OK, OUT, OK]],
    ['is not in while the new one is low too', 0, [LOW, OUT, LOW]],
    ['is in when the low one was put back first', 1, [LOW, OUT, LOW, OK]],
    ['is not in when the cover was opened on a low one', 0, [LOW, OPEN, OK]],
  ])('%s', (_name, expected, conditions) => {
    expect(rolls(...conditions)).toBe(expected);
  });
});

const add = (n: number, now = 0): string => {
  db.run(sql`INSERT INTO visit (visit_id, business_date, origin, service_id, arrived_at, provisional, language)
    VALUES (${`v${n}`}, '2026-11-23', 'walk-in', 1, ${now}, 0, 'ru')`);
  db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
    VALUES (${`t${n}`}, ${`v${n}`}, '2026-11-23', 'A', ${n}, ${now})`);
  insertJob(db, { jobId: `j${n}`, of: { ticket: `t${n}` }, copy: 0, now, expiresAt: now + 1000 });
  return `j${n}`;
};
const happen = (jobId: string, now: number, ...events: JobEvent[]): void => {
  for (const event of events) applyEvent(db, jobId, event, now);
};
const taken: JobEvent = { type: 'taken', printer: 'main', from: null };
const sending: JobEvent = { type: 'sending', printer: 'main', processId: null, mm: 110 };
const today = () => readHistory(db, 'main').days[0]?.papers;

describe('what a printer has done', () => {
  it('is counted by what became of each paper, and again when that turns out otherwise', () => {
    const a = add(1);
    happen(a, 1, taken, sending, { type: 'written' });
    expect(today()).toBeUndefined();
    happen(a, 2, { type: 'lost' });
    expect(today()).toEqual({ unknown: 1 });
    happen(a, 3, { type: 'said', out: true, by: VISITOR });
    expect(today()).toEqual({ said: 1 });
    happen(a, 4, { type: 'confirmed', grade: 'B' });
    happen(a, 5, { type: 'confirmed', grade: 'A' });
    expect(today()).toEqual({ A: 1 });
    happen(add(2), 6, taken, sending, { type: 'written' }, { type: 'settled', grade: 'E' });
    happen(add(3), 6, taken, { type: 'blocked', printer: 'main', reason: 'paper-out' });
    happen('j3', 2000, { type: 'expired' });
    expect(today()).toEqual({ A: 1, E: 1, expired: 1 });
  });

  it('is moved to the other count on the day on which it was counted', () => {
    happen(add(1), DAY, taken, sending, { type: 'lost' });
    happen('j1', 3 * DAY, { type: 'confirmed', grade: 'A' });
    expect(readHistory(db, 'main').days).toEqual([]);
    const b = add(2, DAY);
    happen(b, DAY, taken, sending, { type: 'lost' });
    happen(b, 3 * DAY, { type: 'confirmed', grade: 'A' });
    expect(readHistory(db, 'main').days).toEqual([{ day: '1970-01-04', papers: { A: 1 } }]);
  });

  it('is so many metres of a roll, each paper once', () => {
    const a = add(1);
    happen(
      a,
      1,
      taken,
      sending,
      { type: 'written' },
      { type: 'confirmed', grade: 'B' },
      { type: 'confirmed', grade: 'A' },
    );
    const b = add(2);
    happen(b, 2, taken, sending, { type: 'lost' }, { type: 'confirmed', grade: 'A' });
    const c = add(3);
    happen(c, 3, taken, sending, { type: 'lost' });
    expect(readHistory(db, 'main').rolls).toEqual([{ since: 1, until: null, mm: 220, papers: 2 }]);
    for (const [at, condition] of [LOW, OUT, OPEN, OK].entries())
      noteCondition(db, 'main', { ...condition, mute: false }, 10 + at);
    happen(add(4), 20, taken, sending, { type: 'written' });
    expect(readHistory(db, 'main').rolls).toEqual([
      { since: 13, until: null, mm: 110, papers: 1 },
      { since: 1, until: 13, mm: 220, papers: 2 },
    ]);
    // By the button; twice is once.
    newRoll(db, 'main', 30);
    newRoll(db, 'main', 31);
    expect(readHistory(db, 'main').rolls.map(({ since, papers }) => [since, papers])).toEqual([
      [30, 0],
      [13, 1],
      [1, 2],
    ]);
  });

  it('are faults from when until when', () => {
    const conditions: [number, PrinterCondition, boolean][] = [
      [1, OK, false],
      [2, LOW, false],
      [3, OUT, false],
      [4, OPEN, false],
      [5, OK, false],
      [6, OK, true],
      [7, { blocked: 'unreachable', paperLow: false }, false],
    ];
    for (const [at, condition, mute] of conditions) noteCondition(db, 'main', { ...condition, mute }, at);
    expect(readHistory(db, 'main').faults).toEqual([
      { kind: 'unreachable', since: 7, until: null },
      { kind: 'mute', since: 6, until: 7 },
      { kind: 'cover-open', since: 4, until: 5 },
      { kind: 'paper-out', since: 3, until: 4 },
      { kind: 'paper-low', since: 2, until: 5 },
    ]);
    expect(readHistory(db, 'other').faults).toEqual([]);
  });

  it('is kept for a while, not for ever', () => {
    for (let n = 1; n <= 400; n += 1) {
      const at = n * DAY;
      happen(add(n, at), at, taken, sending, { type: 'written' }, { type: 'confirmed', grade: 'A' });
      noteCondition(db, 'main', { ...(n % 2 === 0 ? OPEN : { ...OK, blocked: 'cutter' }), mute: false }, at);
      newRoll(db, 'main', at + 1);
    }
    const kept = readHistory(db, 'main');
    expect([kept.days.length, kept.rolls.length, kept.faults.length]).toEqual([63, 30, 200]);
    expect(kept.days[0]).toEqual({ day: '1971-02-05', papers: { A: 1 } });
    for (const [table, most] of [
      ['printer_tally', 63],
      ['printer_roll', 32],
      ['printer_fault', 205],
    ] as const)
      expect(getTableData(driver, table).length).toBeLessThanOrEqual(most);
  });

  it('counts as many papers as there are, in whatever order things happen', () => {
    const event: fc.Arbitrary<JobEvent> = fc.constantFrom<JobEvent>(
      taken,
      sending,
      { type: 'blocked', printer: 'main', reason: 'offline' },
      { type: 'unblocked' },
      { type: 'written' },
      { type: 'confirmed', grade: 'A' },
      { type: 'confirmed', grade: 'B' },
      { type: 'settled', grade: 'C' },
      { type: 'lost' },
      { type: 'recalled' },
      { type: 'said', out: true, by: VISITOR },
      { type: 'said', out: false, by: VISITOR },
      { type: 'expired' },
    );
    let made = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(300)), { maxLength: 25 }), (events) => {
        made += 1;
        for (const table of ['printer_tally', 'printer_roll'] as const)
          db.run({ text: `DELETE FROM ${table}`, params: [] });
        const job = add(made);
        let now = 0;
        let last = null;
        for (const [one, later] of events) {
          now += later;
          last = applyEvent(db, job, one, now) ?? last;
        }
        const outcome = last && outcomeOf(last);
        const counted = last?.printer !== null && outcome;
        expect(today()).toEqual(counted ? { [outcome]: 1 } : undefined);
        const out = last?.sentAt != null && last.state !== 'expired';
        const [roll] = readHistory(db, 'main').rolls;
        expect([roll?.mm ?? 0, roll?.papers ?? 0]).toEqual(out ? [110, 1] : [0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});
