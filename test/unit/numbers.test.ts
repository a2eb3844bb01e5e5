import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { int, sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { addReserve, dropOldNumbers, dropReserve, takeNumber } from '../../electron/core/tickets/numbers.ts';
import { SERIES, SKIPPED_NUMBERS, type Series } from '../../shared/domain/ticket-number.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

const TODAY = '2026-11-23';
const SLOT = 7;

let store: Store;
const take = (series: Series = 'A', skipped?: readonly number[], date = TODAY) =>
  store.write((db) => takeNumber(db, date, series, SLOT, null, skipped));
const useUp = (series: Series, last = 999) =>
  store.write((db) =>
    db.run(sql`INSERT OR REPLACE INTO overflow (business_date, series, last) VALUES (${TODAY}, ${series}, ${last})`),
  );

beforeEach(() => {
  store = openStore(() => openBetterSqlite3(':memory:'), memoryLog());
  store.write((db) => {
    for (const [n, series] of (['A', 'B'] as const).entries())
      db.run(sql`INSERT INTO service_group (group_id, rev, name, series, icon, position)
        VALUES (${n}, 1, '{"ru":"Группа"}', ${series}, 'id-card', ${n})`);
  });
});
afterEach(() => store.close());

describe("a device's own numbers", () => {
  it("leave the office's list out, in reserve and with five digits", () => {
    store.write((db) => addReserve(db, TODAY, 'A', [713, 714, 715]));
    const skipped = [1, 3, 713, 715];
    expect([take('A', skipped), take('A', skipped), take('A', skipped)].map(({ number }) => number)).toEqual([
      714, 7002, 7004,
    ]);
    expect(take('A', []).number).toBe(713);
    useUp('B', 665);
    expect(take('B', SKIPPED_NUMBERS).number).toBe(7667);
  });

  it('go on in letters that nobody uses, then in those of others, each with one counter', () => {
    useUp('A');
    expect(take('A')).toEqual({ series: 'E', number: 7001 });
    // Somebody may be given a number of that letter in its own right.
    expect(take('E')).toEqual({ series: 'E', number: 7002 });
    for (const letter of SERIES) if (letter !== 'B') useUp(letter);
    expect(take('A')).toEqual({ series: 'B', number: 7001 });
    expect(take('B')).toEqual({ series: 'B', number: 7002 });
    useUp('B', 998);
    expect(take('X')).toEqual({ series: 'B', number: 7999 });
    expect(() => take('A')).toThrow('used up');
    expect(() => take('A', [], '2026-11-24')).not.toThrow();
  });

  it('go on behind the papers when a counter was lost, and survive a clock that was weeks ahead', () => {
    expect(take().number).toBe(7001);
    store.write((db) => dropOldNumbers(db, '2026-12-31'));
    expect(take().number).toBe(7002);
    store.write((db) => {
      db.run(sql`INSERT INTO visit (visit_id, business_date, origin, service_id, arrived_at, provisional, language)
        VALUES ('v', ${TODAY}, 'walk-in', 1, 0, 0, 'ru')`);
      db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
        VALUES ('t', 'v', ${TODAY}, 'A', 7040, 0)`);
      dropOldNumbers(db, '2030-01-01');
    });
    expect(store.read((db) => int(db.get(sql`SELECT count(*) AS n FROM overflow`) ?? {}, 'n'))).toBe(0);
    expect(take().number).toBe(7041);
  });

  it('are out of use when the reserve is dropped', () => {
    store.write((db) => addReserve(db, TODAY, 'A', [702, 701]));
    store.write((db) => addReserve(db, TODAY, 'B', [703]));
    expect(store.write((db) => dropReserve(db, TODAY))).toEqual(
      new Map([
        ['A', [701, 702]],
        ['B', [703]],
      ]),
    );
    expect(take().number).toBe(7001);
  });
});
