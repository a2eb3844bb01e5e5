import { v7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { createCore, type Core } from '../../electron/core/core.ts';
import type { Clock } from '../../electron/core/ports.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { addReserve } from '../../electron/core/tickets/numbers.ts';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { OFFICE, seedRegistry } from '../fixtures/registry.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

/** The whole core over the end of a working day, with a clock that the test moves. */

const DAY = '2026-11-23';
const at = (time: string) => Date.parse(`${DAY}T${time}:00+03:00`);

/** Time stands still but for `to`, which runs what is due on the way, in order. */
const newClock = (start: number) => {
  let now = start;
  const timers = new Set<{ at: number; run: () => void }>();
  const clock: Clock = {
    now: () => now,
    monotonic: () => now - start,
    after: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const to = (end: number): void => {
    for (;;) {
      const [next] = [...timers].filter((t) => t.at <= end).toSorted((a, b) => a.at - b.at);
      if (!next) break;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.run();
    }
    now = end;
  };
  return { clock, to };
};

let core: Core | null = null;
afterEach(() => core?.stop());

describe('when the office closes', () => {
  it('the numbers set aside for the day go back, once, and those of tomorrow stay', async () => {
    const { clock, to } = newClock(at('19:50'));
    const driver = openBetterSqlite3(':memory:');
    const log = memoryLog();
    // The core opens it anew over the same connection: it must not be closed between.
    const store = openStore(() => driver, log);
    seedRegistry(store, { now: clock.now(), count: 1 });
    store.write((db) => {
      const hours = { week: Array.from({ length: 7 }, () => [{ from: 480, until: 1200 }]) };
      const office = {
        name: { ru: 'МФЦ' },
        subtitle: { ru: 'Центр' },
        address: { ru: 'Садовая, 14' },
        time_zone: 'Europe/Moscow',
        day_change_minutes: 240,
        languages: ['ru'],
        hours,
      };
      applyChange(db, change.parse({ seq: 9, c: 'office', id: OFFICE, rev: 9, op: 'put', data: office }));
      addReserve(db, DAY, 'A', [700, 701]);
      addReserve(db, DAY, 'B', [710]);
      addReserve(db, '2026-11-24', 'A', [700]);
    });
    core = createCore(
      {
        clock,
        ids: { uuid: () => v7() },
        log,
        openStore: () => driver,
        fetch: () => Promise.reject(new Error('the centre is away')),
        secrets: { get: () => null, set: () => undefined },
        printer: { name: 'none', open: () => Promise.reject(new Error('there is no printer here')) },
        render: { draw: (_content, width) => ({ width, height: 1, bits: new Uint8Array(width / 8) }) },
      },
      { app: 'talon test', deviceSettings: {}, pid: 1 },
    );
    await core.start();
    const returned = () =>
      driver
        .prepare(`SELECT body FROM outbox WHERE type = 'lease.return' ORDER BY seq`)
        .all()
        .map((row) => (JSON.parse(String(row['body'])) as { payload: unknown }).payload);
    to(at('19:59'));
    expect(returned()).toEqual([]);
    to(at('20:05'));
    expect(returned()).toEqual([
      { series: 'A', numbers: [700, 701] },
      { series: 'B', numbers: [710] },
    ]);
    expect(driver.prepare('SELECT business_date, number FROM reserve').all()).toEqual([
      { business_date: '2026-11-24', number: 700 },
    ]);
    to(at('21:30'));
    expect(returned()).toHaveLength(2);
  });
});
