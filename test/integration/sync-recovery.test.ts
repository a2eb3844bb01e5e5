import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { closeDevices, startDevice, type CoreDevice } from '../fixtures/core-device.ts';
import { until } from '../tools/stage.ts';

/** What goes wrong on the way, at the centre and in the device, each over real HTTP with a whole core; and how it ends. */

const ZONE = 'Europe/Moscow';
const TODAY = businessDate(Date.now(), ZONE);
const SERVICE = 101;

let dir: string;
let centre: Centre;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'talon-recovery-'));
  await begin(0);
});
afterEach(async () => {
  await closeDevices();
  await centre.close();
  rmSync(dir, { recursive: true, force: true });
});
const begin = async (port: number, more: Partial<Parameters<typeof startCentre>[0]> = {}): Promise<void> => {
  centre = await startCentre({
    db: join(dir, 'centre.db'),
    seed: 'demo',
    control: true,
    port,
    log: () => undefined,
    ...more,
  });
};

const enrolled = async (more: Partial<Parameters<typeof startDevice>[0]> = {}): Promise<CoreDevice> =>
  startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE) }, ...more });
const live = async (more: Partial<Parameters<typeof startDevice>[0]> = {}): Promise<CoreDevice> => {
  const device = await enrolled(more);
  await device.live();
  return device;
};
/** A booking for five minutes from now, known to whoever pulls. */
const book = (minutes = 5) => {
  const { booking } = centre.control({
    book: { office_id: DEMO_OFFICE, service_id: SERVICE, starts_at: Date.now() + minutes * 60_000 },
  });
  if (!booking) throw new Error('no booking was made');
  return booking;
};
const checkIn = async (device: CoreDevice, token: string) => {
  const outcome = await device.call('checkin.scan', { attempt: v7(), text: token, source: 'camera' });
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.visit;
};
const visitsAtCentre = (): string[] =>
  centre.context.db
    .prepare<[], { visit_id: string }>('SELECT visit_id FROM visit ORDER BY visit_id')
    .all()
    .map((row) => row.visit_id);
const outbox = (device: CoreDevice) => device.rows('SELECT seq, state, status, withheld FROM outbox ORDER BY seq');
const bookingsHere = (device: CoreDevice): number => Number(device.rows('SELECT count(*) AS n FROM booking')[0]?.['n']);

describe('a snapshot', () => {
  it('that is cut off goes on where it ended, also in the next program', async () => {
    let cuts = 0;
    const asked: string[] = [];
    const cutting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      const url = String(input instanceof Request ? input.url : input);
      if (!url.includes('/sync/snapshot')) return response;
      asked.push(new URL(url).search);
      if (cuts >= 3 || !response.body) return response;
      cuts += 1;
      let bytes = 0;
      const cut = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          const left = 40_000 * cuts - bytes;
          bytes += chunk.byteLength;
          controller.enqueue(chunk.subarray(0, Math.max(0, left)));
          if (bytes >= 40_000 * cuts) controller.error(new Error('the line broke'));
        },
      });
      return new Response(response.body.pipeThrough(cut), { status: response.status, headers: response.headers });
    };
    const first = await enrolled({ fetch: cutting });
    await until('two cuts', () => (cuts >= 2 ? true : null), 20_000);
    const second = await first.again();
    await second.live();
    expect(asked.length).toBeGreaterThan(2);
    expect(asked[1]).toContain('after_c');
    const fresh = await live();
    for (const table of ['booking', 'slot', 'service', 'service_window', 'queue_visit']) {
      const rows = (device: CoreDevice) => device.rows(`SELECT * FROM ${table} ORDER BY 1`);
      expect(rows(second)).toEqual(rows(fresh));
    }
  });

  it('repairs what differs from the centre: rows that are missing, too many or old', async () => {
    const first = await live();
    const count = bookingsHere(first);
    await first.stop();
    const damaged = await startDevice({
      centre: null,
      dir: first.dir,
      wrap: (driver) => {
        driver.exec(`DELETE FROM booking WHERE booking_id IN (SELECT booking_id FROM booking ORDER BY number LIMIT 3)`);
        driver.exec(
          `UPDATE booking SET rev = 0, status = 'cancelled' WHERE booking_id = (SELECT max(booking_id) FROM booking)`,
        );
        driver.exec(`INSERT INTO slot VALUES ('999-1', 1, 999, 1, 1)`);
        return driver;
      },
    });
    await until('the repair', () => (damaged.log.lines.some((l) => l.event === 'sync.snapshot') ? true : null), 20_000);
    await damaged.live();
    expect(damaged.log.lines.find((l) => l.event === 'sync.digest-mismatch')?.fields['collections']).toEqual([
      'slot',
      'booking',
    ]);
    expect(bookingsHere(damaged)).toBe(count);
    expect(damaged.rows(`SELECT * FROM slot WHERE slot_id = '999-1'`)).toEqual([]);
    expect(damaged.rows(`SELECT * FROM booking WHERE rev = 0`)).toEqual([]);
    await damaged.stop();
    const mended = await startDevice({ centre: null, dir: first.dir });
    await mended.live();
    book();
    await until('a page more', () => (bookingsHere(mended) === count + 1 ? true : null), 20_000);
    expect(mended.log.lines.filter((l) => l.event === 'sync.digest-mismatch')).toEqual([]);
  });
});

describe('a centre that was restored', () => {
  it('is told again what it forgot, each fact once, and gives no number twice', async () => {
    const device = await live();
    const early = await checkIn(device, book().token);
    await device.told();
    await centre.backup(join(dir, 'backup.db'));
    const late = [await checkIn(device, book().token), await checkIn(device, book().token)];
    await device.told();
    expect(outbox(device).every((row) => row['state'] === 'acked')).toBe(true);
    const { port } = centre;
    await centre.close();
    await begin(port, { db: join(dir, 'backup.db'), restored: true });
    expect(visitsAtCentre()).toEqual([early.id]);
    await until('all is told again', () => (visitsAtCentre().length === 3 ? true : null), 30_000);
    await device.live();
    expect(visitsAtCentre()).toEqual([early, ...late].map(({ id }) => id).sort());
    const after = await checkIn(device, book().token);
    const numbers = [early, ...late, after].map(({ number }) => `${number.series} ${number.number}`);
    expect(new Set(numbers).size).toBe(4);
    expect(device.log.lines.some((l) => l.event === 'sync.rewound')).toBe(true);
  });
});

describe('an operation that the centre fails with', () => {
  it('is withheld, the others get through, and it follows when the centre was mended', async () => {
    let poison = 'nothing yet';
    let mended = false;
    const failing: typeof fetch = async (input, init) => {
      if (
        !mended &&
        typeof init?.body === 'string' &&
        init.body.includes(poison) &&
        !init.body.includes('"withheld":true')
      ) {
        return new Response('{"type":"/problems/internal","title":"no","status":500}', {
          status: 500,
          headers: { 'content-type': 'application/problem+json' },
        });
      }
      return fetch(input, init);
    };
    const device = await live({ fetch: failing });
    device.line(false);
    const visits = [];
    for (let n = 0; n < 4; n += 1) visits.push(await checkIn(device, book().token));
    poison = visits[1]?.id ?? '';
    device.line(true);
    await until('three of four', () => (visitsAtCentre().length === 3 ? true : null), 60_000);
    await device.told();
    expect(await device.sync()).toMatchObject({ state: 'attention', problem: 'parked', parked: 1 });
    expect(visitsAtCentre()).not.toContain(poison);
    mended = true;
    const next = await device.again();
    await until('the fourth', () => (visitsAtCentre().includes(poison) ? true : null), 30_000);
    await until('nothing is parked', async () => ((await next.sync()).parked === 0 ? true : null));
    const later = await checkIn(next, book().token);
    await until('the chain goes on', () => (visitsAtCentre().includes(later.id) ? true : null), 20_000);
  }, 120_000);
});

describe('a device that is to stop', () => {
  it('because it was revoked: holds nobody any more, serves nobody, and can be enrolled anew with what it had to say', async () => {
    const device = await live();
    const told = await checkIn(device, book().token);
    await device.told();
    device.line(false);
    const token = book().token;
    const untold = await checkIn(device, token);
    const id = String(device.rows('SELECT device_id FROM device')[0]?.['device_id']);
    centre.control({ revoke: id });
    device.line(true);
    await until('stopped', async () => ((await device.sync()).problem === 'revoked' ? true : null), 30_000);
    const state = await device.call('system.state', {});
    expect(state).toMatchObject({ ready: false, enrolled: false, notReady: 'revoked', sync: { state: 'attention' } });
    expect(bookingsHere(device)).toBe(0);
    expect(device.rows('SELECT * FROM queue_visit')).toEqual([]);
    expect(device.rows('SELECT * FROM reserve')).toEqual([]);
    expect(await device.ask('checkin.scan', { attempt: v7(), text: token, source: 'camera' })).toMatchObject({
      ok: false,
      error: { code: 'not-enrolled' },
    });
    const stopped = await device.again();
    expect(await stopped.call('system.state', {})).toMatchObject({ ready: false, notReady: 'revoked' });
    await stopped.call('device.enrol', { url: centre.url, code: centre.createCode(DEMO_OFFICE) });
    await stopped.live();
    expect(visitsAtCentre()).toEqual([told.id, untold.id].sort());
    expect(stopped.rows('SELECT device_id FROM device')[0]?.['device_id']).not.toBe(id);
    await checkIn(stopped, book().token);
  });

  it('because its disk was copied: both are stopped as soon as they disagree', async () => {
    const device = await live();
    await checkIn(device, book().token);
    await device.told();
    await device.stop();
    const copy = mkdtempSync(join(tmpdir(), 'talon-copy-'));
    cpSync(device.dir, copy, { recursive: true });
    const one = await startDevice({ centre: null, dir: device.dir });
    await one.live();
    const two = await startDevice({ centre: null, dir: copy });
    await two.live();
    await checkIn(one, book().token);
    await one.told();
    await checkIn(two, book().token).catch(() => undefined);
    await until('the copy is noticed', async () => ((await two.sync()).problem === 'fork' ? true : null), 30_000);
    await until('the other one too', async () => ((await one.sync()).problem === 'revoked' ? true : null), 60_000);
    expect(bookingsHere(two)).toBe(0);
  }, 120_000);
});

describe('a program that is too old', () => {
  it('pulls no more and says so, and still tells what happened', async () => {
    const device = await live();
    centre.control({ minSchema: 99 });
    const brought = async (): Promise<true | null> => {
      if ((await device.sync()).problem === 'schema') return true;
      // Something changes, so that the device pulls.
      book(60);
      return null;
    };
    await until('attention', brought, 30_000);
    // A booking that the device never got: its code says enough.
    const visit = await checkIn(device, book().token);
    await until('told all the same', () => (visitsAtCentre().includes(visit.id) ? true : null), 20_000);
    expect(await device.sync()).toMatchObject({ state: 'attention', problem: 'schema' });
    centre.control({ minSchema: 1 });
  });
});

describe('the disk', () => {
  /** As a full disk answers, for the statements that fit. */
  const full = (driver: SqlDriver, fits: () => RegExp | null): SqlDriver => ({
    ...driver,
    prepare: (text) => {
      const statement = driver.prepare(text);
      return {
        ...statement,
        run: (...params) => {
          if (fits()?.test(text)) throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' });
          return statement.run(...params);
        },
      };
    },
  });

  it('that is full during a pull: nothing is half done, nobody is told that the centre is away, and it goes on', async () => {
    let fits: RegExp | null = null;
    const device = await live({ wrap: (driver) => full(driver, () => fits) });
    fits = /INTO booking /;
    const cursor = () => device.rows('SELECT cursor FROM sync')[0]?.['cursor'];
    const before = cursor();
    const count = bookingsHere(device);
    const booking = book();
    await until('it was tried', () => (device.log.lines.some((l) => l.event === 'sync.failed') ? true : null), 20_000);
    expect(cursor()).toBe(before);
    expect(bookingsHere(device)).toBe(count);
    expect((await device.sync()).state).not.toBe('offline');
    fits = null;
    await until('it came', () => (bookingsHere(device) === count + 1 ? true : null), 30_000);
    await checkIn(device, booking.token);
  });

  it('that is full at the start: it starts all the same, and does everything when there is room', async () => {
    let fits: RegExp | null = null;
    const before = await live({ wrap: (driver) => full(driver, () => fits) });
    fits = /INSERT|UPDATE|DELETE|BEGIN/;
    const device = await before.again();
    expect((await device.call('system.state', {})).ready).toBe(true);
    expect(device.log.lines.some(({ event }) => event === 'print.not-recovered')).toBe(true);
    fits = null;
    await device.live();
    const visit = await checkIn(device, book().token);
    await device.told();
    expect(visitsAtCentre()).toEqual([visit.id]);
  });

  it('that is full during a check-in: a clear error, and nothing of it is there', async () => {
    let fits: RegExp | null = null;
    const device = await live({ wrap: (driver) => full(driver, () => fits) });
    const { token } = book();
    fits = /INTO outbox/;
    expect(await device.ask('checkin.scan', { attempt: v7(), text: token, source: 'camera' })).toMatchObject({
      ok: false,
      error: { code: 'store-full' },
    });
    for (const table of ['visit', 'ticket', 'print_job', 'outbox'])
      expect(device.rows(`SELECT * FROM ${table}`)).toEqual([]);
    fits = null;
    await checkIn(device, token);
  });
});

describe('a clock that is three days off', () => {
  it.each([3, -3])('by %i: signs in, checks in, and stamps the right day', async (days) => {
    const device = await live({ offsetMs: days * 86_400_000 });
    const visit = await checkIn(device, book().token);
    await device.told();
    expect(visitsAtCentre()).toEqual([visit.id]);
    const row = centre.context.db
      .prepare<[], { business_date: string; body: string }>(
        'SELECT visit.business_date, operation.body FROM visit JOIN operation USING (op_id)',
      )
      .get();
    expect(row?.business_date).toBe(TODAY);
    const op = JSON.parse(row?.body ?? '{}') as {
      occurred_at: number;
      clock: { offset_ms: number; err_ms: number; src: string };
    };
    expect(Math.abs(op.occurred_at - Date.now())).toBeLessThan(60_000);
    expect(op.clock.src).toBe('server');
    expect(Math.abs(op.clock.offset_ms + days * 86_400_000)).toBeLessThan(60_000);
    // And after a start without the centre.
    device.line(false);
    const away = await device.again();
    away.line(false);
    const known = away.rows(`SELECT number FROM booking LIMIT 1`);
    expect(known).toHaveLength(1);
    expect(Math.abs((await away.call('system.state', {})).now - Date.now())).toBeLessThan(120_000);
  });
});
