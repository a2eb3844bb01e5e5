import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileSecrets } from '../../electron/core/secrets.ts';
import { systemClock } from '../../electron/core/shipped.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { readBooking } from '../../electron/core/store/bookings.ts';
import { readDevice, readKeys, countServices } from '../../electron/core/store/registry.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { createSync, type Sync } from '../../electron/core/sync/engine.ts';
import { enrol } from '../../electron/core/sync/enrol.ts';
import { enqueue } from '../../electron/core/sync/outbox.ts';
import { yieldTurn } from '../../electron/core/sync/turns.ts';
import { reserveCounts } from '../../electron/core/tickets/numbers.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { memoryLog } from '../fixtures/sqlite.ts';
import { until } from '../tools/stage.ts';

/** A device's sync, with its real database, against the real centre over real HTTP. */

let dir: string;
let centre: Centre;
let store: Store;
let sync: Sync;
let log: ReturnType<typeof memoryLog>;
let times: [number, number, number][];
const TODAY = businessDate(Date.now(), 'Europe/Moscow');
const secrets = () => fileSecrets(join(dir, 'secrets.json'));

const newSync = (fetchPort: typeof fetch = globalThis.fetch) =>
  createSync({
    store,
    clock: systemClock,
    ids: { uuid: () => v7() },
    log,
    fetch: fetchPort,
    secrets: secrets(),
    app: 'test',
    health: () => ({ printer: 'ready', paper_low: false, scanner: 'unknown', camera: 'unknown', last_visit_at: null }),
    heardTime: (...about) => times.push(about),
    clockOffset: () => null,
    turn: yieldTurn,
    onChange: () => undefined,
    onRows: () => undefined,
    onRow: () => undefined,
    random: Math.random,
    onStopped: () => undefined,
  });

const startAgain = async (port: number) => {
  centre = await startCentre({ db: join(dir, 'centre.db'), seed: 'demo', control: true, port });
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'talon-sync-'));
  log = memoryLog();
  times = [];
  await startAgain(0);
  store = openStore(() => openBetterSqlite3(join(dir, 'talon.db')), log);
  await enrol(
    { store, clock: systemClock, log, fetch: globalThis.fetch, secrets: secrets() },
    { url: centre.url, code: centre.codes()[0] ?? '', app: 'test', hardware: 'test' },
  );
  sync = newSync();
});
afterEach(async () => {
  await sync.stop();
  store.close();
  await centre.close();
  rmSync(dir, { recursive: true, force: true });
});

const live = () => until('live', () => (sync.state().state === 'live' ? true : null));
const started = async () => {
  sync.start();
  await live();
};
/** The chores of the first minute are done: they share the device's four requests a second with visitors. */
const quiet = async () => {
  await started();
  await until('the reserve', () => (store.read(reserveCounts).size === 8 ? true : null), 20_000);
};
const anyBooking = () => {
  const row = store.read((db) => db.get(sql`SELECT booking_id FROM booking WHERE status = 'booked' LIMIT 1`));
  return String(row?.['booking_id']);
};
const checkin = (bookingId: string, number: number, more: Record<string, unknown> = {}): string => {
  const visit = v7();
  store.write((db) =>
    enqueue(db, {
      op_id: v7(),
      type: 'checkin',
      kind: 'fact',
      entity_id: visit,
      business_date: TODAY,
      occurred_at: Date.now(),
      payload: {
        visit_id: visit,
        booking_id: bookingId,
        service_id: 101,
        further_services: [],
        ticket: { series: 'A', number },
        provisional: false,
        late: false,
        starts_at: null,
        flags: [],
        source: 'camera',
        ...more,
      },
    }),
  );
  sync.kick();
  return visit;
};
const atCentre = () =>
  centre.context.db
    .prepare<[], { visit_id: string }>('SELECT visit_id FROM visit')
    .all()
    .map((v) => v.visit_id);
const settled = () => until('nothing waits', () => (sync.state().waiting === 0 ? true : null));

describe('sync', () => {
  it('brings the office, the services, the bookings, the keys and a reserve of numbers for two days', async () => {
    await started();
    expect(store.read(countServices)).toBe(12);
    expect(Number(store.read((db) => db.get(sql`SELECT count(*) AS n FROM booking`))?.['n'])).toBeGreaterThanOrEqual(
      200,
    );
    expect(store.read(readKeys)).toHaveLength(2);
    const reserve = await until('the reserve', () => {
      const held = store.read(reserveCounts);
      return held.size === 8 ? held : null;
    });
    expect([...reserve.values()].every((n) => n === 40)).toBe(true);
    expect(log.lines.filter((l) => l.level === 'error')).toEqual([]);
    // The centre's clock came with the answers, and it is this machine's.
    const [told, sent, received] = times.at(-1) ?? [0, 0, 0];
    expect(Math.abs(told - Date.now())).toBeLessThan(60_000);
    expect(received).toBeGreaterThanOrEqual(sent);
  });

  it('tells the centre what happened, and hears of what changes there, a moment later', async () => {
    await started();
    const id = anyBooking();
    const visit = checkin(id, 5);
    await settled();
    expect(atCentre()).toEqual([visit]);
    await until('its own check-in in the cache', () =>
      store.read((db) => readBooking(db, id))?.status === 'arrived' ? true : null,
    );
    const other = anyBooking();
    centre.control({ cancel: other });
    await until(
      'the cancellation',
      () => (store.read((db) => readBooking(db, other))?.status === 'cancelled' ? true : null),
      5_000,
    );
  });

  it('leases numbers one by one', async () => {
    await quiet();
    const number = async (series: 'A' | 'B') => (await sync.leases.lease(TODAY, series))?.number;
    expect(await number('A')).toBe(1);
    expect(await number('A')).toBe(2);
    // Four requests begin in a second, whoever asks.
    expect(await until('the third', async () => (await number('B')) ?? null)).toBe(1);
  });

  it('makes nobody wait for a lease that does not come, and gives the late number to the next', async () => {
    await quiet();
    centre.control({ hold: { path: '/leases', at: 'after', release: false } });
    const before = performance.now();
    // The answer is held until the test lets it go, below: who gets one here has not waited for it.
    expect(await sync.leases.lease(TODAY, 'A')).toBeNull();
    const again = performance.now();
    // Another one does not wait at all: the centre rests.
    expect(await sync.leases.lease(TODAY, 'A')).toBeNull();
    expect(performance.now() - again).toBeLessThan((again - before) / 2);
    centre.control({ hold: { path: '/leases', at: 'after', release: true } });
    const late = await until('the late lease', async () => sync.leases.lease(TODAY, 'A'));
    expect(late.number).toBe(1);
    expect((await sync.leases.lease(TODAY, 'A'))?.number).toBe(2);
  });

  it('keeps what happens while the centre is away, and delivers it in order when it is back', async () => {
    await started();
    const port = centre.port;
    await centre.close();
    const visits = [checkin(anyBooking(), 701), checkin('00'.repeat(16), 702, { provisional: true })];
    await until('offline', () => (sync.state().state === 'offline' ? true : null));
    expect(sync.state()).toMatchObject({ waiting: 2, problem: 'unreachable' });
    expect(await sync.leases.lease(TODAY, 'A')).toBeNull();
    await startAgain(port);
    await settled();
    expect(atCentre().sort()).toEqual(visits.sort());
  });

  it('sends again what it has no answer for; the centre has it once', async () => {
    await started();
    centre.control({ drop: { path: '/sync/ops', at: 'after', times: 2 } });
    const visit = checkin(anyBooking(), 9);
    await settled();
    expect(atCentre()).toEqual([visit]);
    expect(store.read((db) => db.get(sql`SELECT status FROM outbox`))).toEqual({ status: 'duplicate' });
  });

  it('is not held up by an operation that the centre cannot read', async () => {
    await started();
    checkin(anyBooking(), 1, { visit_id: 'no uuid at all' });
    const good = checkin(anyBooking(), 2);
    await settled();
    expect(atCentre()).toEqual([good]);
    expect(sync.state()).toMatchObject({ state: 'attention', parked: 1 });
  });

  it('finds the operation that makes the whole batch fail, parks it, and sends the others', async () => {
    await started();
    await centre.close();
    const port = centre.port;
    const visits = [1, 2, 3, 4, 5].map((n) => checkin('0'.repeat(31) + n, n, { provisional: true }));
    await startAgain(port);
    await sync.stop();
    // A gateway that will not let one of them through, as a web firewall does.
    const poison = visits[2] ?? '';
    const picky: typeof fetch = async (url, init) => {
      if (typeof init?.body === 'string' && init.body.includes(poison))
        return new Response('{"type":"/problems/blocked","title":"blocked","status":400}', { status: 400 });
      return fetch(url, init);
    };
    sync = newSync(picky);
    sync.start();
    await settled();
    expect(atCentre().sort()).toEqual(visits.filter((v) => v !== poison).sort());
    expect(sync.state().parked).toBe(1);
  });

  it('takes a login page or a proxy for what it is: no centre', async () => {
    await started();
    await sync.stop();
    const portal: typeof fetch = () =>
      Promise.resolve(
        new Response('<html>Sign in to the Wi-Fi</html>', { status: 200, headers: { 'content-type': 'text/html' } }),
      );
    sync = newSync(portal);
    checkin(anyBooking(), 3);
    sync.start();
    await until('offline', () => (sync.state().problem === 'unreachable' ? true : null));
    expect(sync.state()).toMatchObject({ state: 'offline', waiting: 1 });
  });

  it('stops when the device is revoked, and keeps what it had to say', async () => {
    await started();
    const device = store.read(readDevice)?.deviceId ?? '';
    centre.control({ revoke: device });
    checkin(anyBooking(), 4);
    await until('revoked', () => (sync.state().problem === 'revoked' ? true : null));
    expect(sync.state()).toMatchObject({ state: 'attention', waiting: 1 });
    await sync.stop();
    sync = newSync();
    sync.start();
    expect(sync.state().problem).toBe('revoked');
  });

  it('goes on where it was after a restart', async () => {
    await started();
    const cursor = () => String(store.read((db) => db.get(sql`SELECT cursor FROM sync`))?.['cursor']);
    const before = cursor();
    await sync.stop();
    const other = anyBooking();
    centre.control({ cancel: other });
    sync = newSync();
    sync.start();
    await until('the change', () => (store.read((db) => readBooking(db, other))?.status === 'cancelled' ? true : null));
    expect(cursor()).not.toBe(before);
  });

  it('refuses a second enrolment, a wrong code, and a centre that is not there', async () => {
    const ports = { store, clock: systemClock, log, fetch: globalThis.fetch, secrets: secrets() };
    const about = { url: centre.url, code: 'WRNG-C0DE', app: 'test', hardware: 'test' };
    await expect(enrol(ports, about)).rejects.toThrow(/enrolled already/);
    const fresh = openStore(() => openBetterSqlite3(':memory:'), log);
    await expect(enrol({ ...ports, store: fresh }, about)).rejects.toThrow(/HTTP 400/);
    await expect(enrol({ ...ports, store: fresh }, { ...about, url: 'http://127.0.0.1:9' })).rejects.toThrow(
      /bad port|fetch failed/,
    );
    await expect(enrol({ ...ports, store: fresh }, { ...about, url: 'http://centre.example' })).rejects.toThrow(
      /https/,
    );
    fresh.close();
  });
});
