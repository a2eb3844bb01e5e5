import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_PREFIX, change, problem, SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import { addDays, businessDate } from '../../shared/domain/business-day.ts';
import { ROOT } from '../tools/paths.ts';
import { startProcess, type StartedProcess } from '../tools/proc.ts';
import type { ControlEvent } from '../centre/control.ts';
import type { DemoBooking } from '../centre/demo.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre, type CentreOptions } from '../centre/index.ts';
import {
  assertion,
  callCentre,
  enrolmentRequest,
  newDeviceKey,
  TestDevice,
  tokenRequest,
} from '../centre/test-device.ts';

const NOON = Date.parse('2026-03-16T12:00:00+03:00');
const TODAY = '2026-03-16';
const TOMORROW = '2026-03-17';
const MINUTE = 60_000;

const centres: Centre[] = [];
const start = async (options: Partial<CentreOptions> = {}): Promise<Centre> => {
  const centre = await startCentre({
    db: ':memory:',
    seed: 'demo',
    control: true,
    now: () => NOON,
    log: () => undefined,
    ...options,
  });
  centres.push(centre);
  return centre;
};
afterEach(async () => {
  await Promise.all(centres.splice(0).map((centre) => centre.close()));
});

const enrol = async (centre: Centre, officeId = DEMO_OFFICE): Promise<TestDevice> =>
  TestDevice.enrol(centre.url, centre.createCode(officeId));

const demo = async (centre: Centre): Promise<DemoBooking[]> =>
  (await (await fetch(`${centre.url}/demo/bookings.json`)).json()) as DemoBooking[];

const ofKind = async (centre: Centre, kind: DemoBooking['kind'], n = 0): Promise<DemoBooking> => {
  const found = (await demo(centre)).filter((booking) => booking.kind === kind)[n];
  if (!found) throw new Error(`the demo has no booking of kind ${kind}`);
  return found;
};

/** The first event of the gate that fits, from now on. */
const event = async (centre: Centre, fits: (event: ControlEvent) => boolean): Promise<ControlEvent> =>
  new Promise((resolve) => {
    const stop = centre.gate.listen((happened) => {
      if (!fits(happened)) return;
      stop();
      resolve(happened);
    });
  });

describe('a device and the centre', () => {
  it('go through a day: enrolment, sign-in, pull, lease, check-in, and the other device learns of it', async () => {
    const centre = await start();
    const first = await enrol(centre);
    const second = await enrol(centre);
    expect([first.slotNo, second.slotNo]).toEqual([1, 2]);
    expect(first.officeId).toBe(DEMO_OFFICE);
    expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);

    const rows = (await first.pull()).map((row) => change.parse(row));
    const count = (c: string) => rows.filter((row) => row.c === c).length;
    expect({ office: count('office'), groups: count('service_group'), services: count('service') }).toEqual({
      office: 2,
      groups: 4,
      services: 12,
    });
    // Today's, those of the days before and after; of the other office none.
    expect(count('booking')).toBe(200 + 12 + 12);
    expect(rows.every((row) => row.c !== 'booking' || (row.op === 'put' && row.data.office_id === DEMO_OFFICE))).toBe(
      true,
    );
    expect(await first.pull()).toEqual([]);
    await second.pull();

    const booking = await ofKind(centre, 'today');
    const { numbers } = await first.lease('A', 'online', 1, TODAY);
    expect(numbers).toEqual([1]);
    const op = first.checkin({ bookingId: booking.id, businessDate: TODAY, number: 1 });
    const answer = await first.push(op);
    expect(answer).toEqual({
      epoch: first.epoch,
      acked_seq: 1,
      durable_seq: 1,
      results: [{ op_id: op.op_id, status: 'applied' }],
    });

    const news = (await second.pull()).map((row) => change.parse(row));
    expect(news).toEqual([
      expect.objectContaining({
        c: 'booking',
        id: booking.id,
        rev: 2,
        data: expect.objectContaining({ status: 'arrived', ticket: { series: 'A', number: 1 } }) as unknown,
      }),
    ]);
    const visits = (await (await fetch(`${centre.url}/office/visits.json`)).json()) as object[];
    expect(visits).toEqual([
      expect.objectContaining({
        visit_id: op.payload.visit_id,
        ticket: 'А\u00a0001',
        provisional: false,
        conflict: null,
      }),
    ]);

    const health = { app: 'x', printer: 'ready', waiting: 0, parked: 0, clock_offset_ms: null };
    expect(await first.call('health', health)).toEqual({});
  });

  it('agree on the head of every answer', async () => {
    const centre = await start();
    const device = await enrol(centre);
    for (const { headers } of [
      await device.ask('time', {}),
      await device.ask('changes', { cursor: 'x' }),
      await callCentre(centre.url, 'keys', {}),
    ]) {
      expect(headers.get('sync-schema')).toBe(String(SCHEMA_VERSION));
      expect(headers.get('sync-epoch')).toBe(device.epoch);
      expect(headers.get('server-time-ms')).toBe(String(NOON));
    }
    expect(await device.call('time', {})).toEqual({ now: NOON });
    const tooOld = await callCentre(centre.url, 'time', {}, { headers: { 'sync-schema': '0' } });
    expect(tooOld.status).toBe(426);
  });
});

describe('enrolment', () => {
  it('takes a code once, however it is typed', async () => {
    const centre = await start();
    const code = centre.createCode(DEMO_OFFICE, ['kiosk', 'desk']);
    const typed = ` ${code.slice(0, 4).toLowerCase()}-${code.slice(4)}`;
    const key = await newDeviceKey();
    const reply = await callCentre(centre.url, 'enrol', await enrolmentRequest(key, typed));
    expect(reply.status).toBe(201);
    expect(reply.ok && reply.body.roles).toEqual(['kiosk', 'desk']);
    const again = await callCentre(centre.url, 'enrol', await enrolmentRequest(key, code));
    expect(again).toMatchObject({ ok: false, status: 400, problem: { type: '/problems/code-invalid' } });
  });

  it('gives one device to two who use a code at the same time', async () => {
    const centre = await start();
    const code = centre.createCode(DEMO_OFFICE);
    const replies = await Promise.all(
      [1, 2, 3].map(async () => callCentre(centre.url, 'enrol', await enrolmentRequest(await newDeviceKey(), code))),
    );
    expect(replies.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('refuses a wrong proof, an old code and an unknown one with the same words, and stops guessing', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    const old = centre.createCode(DEMO_OFFICE);
    now += 24 * 60 * MINUTE;
    const code = centre.createCode(DEMO_OFFICE);
    const key = await newDeviceKey();
    const stranger = await newDeviceKey();
    const requests = [
      await enrolmentRequest(key, old),
      await enrolmentRequest(key, 'ZZZZZZZZ'),
      { ...(await enrolmentRequest(stranger, code)), public_jwk: key.jwk },
      await enrolmentRequest(key, code, { nonce: 'another nonce, a replay' }),
      await enrolmentRequest(key, code, { code: 'ZZZZZZZZ' }),
    ];
    const problems = new Set<string>();
    for (const request of requests) {
      const reply = await callCentre(centre.url, 'enrol', request);
      if (reply.ok) throw new Error('a wrong enrolment was taken');
      const { instance: _, ...said } = reply.problem;
      problems.add(JSON.stringify(said));
    }
    expect([...problems]).toEqual([expect.stringContaining('code-invalid')]);

    const limited = await callCentre(centre.url, 'enrol', await enrolmentRequest(key, code));
    expect(limited).toMatchObject({ status: 429, problem: { type: '/problems/rate-limited' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    now += Number(limited.headers.get('retry-after')) * 1000;
    expect((await callCentre(centre.url, 'enrol', await enrolmentRequest(key, code))).status).toBe(201);
  });
});

describe('sign-in', () => {
  it('refuses every wrong assertion with the same words', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    const device = await enrol(centre);
    const other = await enrol(centre);
    const nonce = async (id = device.id) => (await device.call('challenge', { device_id: id })).nonce;
    const stranger = await newDeviceKey();
    const unknown = uuidv7();
    const used = await nonce();
    const good = await assertion(device.key, device.id, used, centre.url);
    expect((await callCentre(centre.url, 'token', tokenRequest(good))).status).toBe(200);
    expect((await callCentre(centre.url, 'token', tokenRequest(good))).status).toBe(401);
    const late = await assertion(device.key, device.id, await nonce(), centre.url);
    now += 5 * MINUTE;

    const wrong = [
      good,
      late,
      await assertion(stranger, device.id, await nonce(), centre.url),
      await assertion(device.key, device.id, await nonce(other.id), centre.url),
      await assertion(device.key, device.id, await nonce(), 'https://elsewhere.example'),
      await assertion(device.key, device.id, await nonce(), centre.url, other.id),
      await assertion(stranger, unknown, await nonce(unknown), centre.url),
      'not.a.jws',
      '',
    ];
    const problems = new Set<string>();
    for (const text of wrong) {
      const reply = await callCentre(centre.url, 'token', tokenRequest(text));
      if (reply.ok) throw new Error('a wrong assertion was taken');
      const { instance: _, ...said } = reply.problem;
      problems.add(JSON.stringify(said));
    }
    expect([...problems]).toEqual([expect.stringContaining('/problems/unauthorized')]);
  });

  it('takes every name of this centre as audience', async () => {
    const centre = await start({ publicUrl: 'https://centre.example/' });
    const device = await enrol(centre);
    for (const audience of [centre.url, centre.url + API_PREFIX, 'https://centre.example', 'https://centre.example/']) {
      const { nonce } = await device.call('challenge', { device_id: device.id });
      const said = await assertion(device.key, device.id, nonce, audience);
      expect((await callCentre(centre.url, 'token', tokenRequest(said))).status).toBe(200);
    }
  });

  it('ends: without a token, with a wrong or an old one, and for a device that was revoked', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    const device = await enrol(centre);
    expect((await callCentre(centre.url, 'keys', {})).status).toBe(401);
    expect((await callCentre(centre.url, 'keys', {}, { token: 'x'.repeat(43) })).status).toBe(401);
    now += 29 * MINUTE;
    expect((await device.ask('keys', {})).status).toBe(200);
    now += MINUTE;
    expect(await device.ask('keys', {})).toMatchObject({ status: 401, problem: { type: '/problems/unauthorized' } });

    await device.signIn();
    centre.control({ revoke: device.id });
    const refused = { status: 403, problem: { type: '/problems/device-revoked' } };
    expect(await device.ask('keys', {})).toMatchObject(refused);
    const { nonce } = await device.call('challenge', { device_id: device.id });
    const said = await assertion(device.key, device.id, nonce, centre.url);
    expect(await callCentre(centre.url, 'token', tokenRequest(said))).toMatchObject(refused);
  });
});

describe('changes', () => {
  it('wake a device that waits, and only that of the office', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.pull();
    const arrived = event(centre, ({ type, path }) => type === 'request' && path === '/sync/changes');
    const waiting = device.pull(500, 25);
    await arrived;
    const book = { service_id: 101, starts_at: NOON, language: null };
    centre.control({ book: { ...book, office_id: OTHER_OFFICE } });
    const { booking } = centre.control({ book: { ...book, office_id: DEMO_OFFICE } });
    expect(await waiting).toEqual([expect.objectContaining({ c: 'booking', id: booking?.id, op: 'put' })]);
  });

  it('end for a device that is revoked while it waits', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.pull();
    const arrived = event(centre, ({ type, path }) => type === 'request' && path === '/sync/changes');
    const waiting = device.ask('changes', { cursor: device.cursor, wait: 25 });
    await arrived;
    centre.control({ revoke: device.id });
    expect(await waiting).toMatchObject({ status: 403, problem: { type: '/problems/device-revoked' } });
  });

  it('come at once when there is something, and as an empty page when the time is over', async () => {
    const centre = await start();
    const device = await enrol(centre);
    expect((await device.pull(500, 25)).length).toBeGreaterThan(0);
    const page = await device.call('changes', { cursor: device.cursor, wait: 1 });
    expect(page).toMatchObject({ changes: [], has_more: false, cursor: device.cursor });
  });

  it('evict a booking that moves to another office, and tell of one that is cancelled', async () => {
    const centre = await start();
    const here = await enrol(centre);
    const there = await enrol(centre, OTHER_OFFICE);
    await here.pull();
    await there.pull();
    const [moved, cancelled] = [await ofKind(centre, 'today', 0), await ofKind(centre, 'today', 1)];
    centre.control({ move: { booking: moved.id, office_id: OTHER_OFFICE }, cancel: cancelled.id });
    const rows = await here.pull();
    expect(rows.toSorted((a, b) => a.op.localeCompare(b.op))).toEqual([
      expect.objectContaining({ id: moved.id, op: 'evict' }),
      expect.objectContaining({
        id: cancelled.id,
        op: 'put',
        data: expect.objectContaining({ status: 'cancelled' }) as unknown,
      }),
    ]);
    expect(await there.pull()).toEqual([expect.objectContaining({ id: moved.id, op: 'put' })]);
    // Back again: the put comes after the evict.
    centre.control({ move: { booking: moved.id, office_id: DEMO_OFFICE } });
    expect(await here.pull()).toEqual([expect.objectContaining({ id: moved.id, op: 'put' })]);
    expect(await there.pull()).toEqual([expect.objectContaining({ id: moved.id, op: 'evict' })]);
  });

  it('refuse a cursor of another history', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const foreign = Buffer.from('0123456789ab.5').toString('base64url');
    const ahead = Buffer.from(`${device.epoch}.999999`).toString('base64url');
    for (const cursor of [foreign, ahead, 'no cursor']) {
      expect(await device.ask('changes', { cursor })).toMatchObject({
        status: 410,
        problem: { type: '/problems/cursor-expired' },
      });
    }
  });
});

describe('operations', () => {
  it('count once', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'today');
    const op = device.checkin({ bookingId: id, businessDate: TODAY, number: 5 });
    expect((await device.push(op)).results).toEqual([{ op_id: op.op_id, status: 'applied' }]);
    const again = await device.push(op, { ...op, op_id: op.op_id.toUpperCase() });
    expect(again.results.map(({ status }) => status)).toEqual(['duplicate', 'duplicate']);
    expect(again.acked_seq).toBe(1);
    const visits = (await (await fetch(`${centre.url}/office/visits.json`)).json()) as object[];
    expect(visits).toHaveLength(1);
  });

  it('keep both visits of a booking that was checked in twice, and link them', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    const { id } = await ofKind(centre, 'today');
    const first = a.checkin({ bookingId: id, businessDate: TODAY, number: 701 });
    const second = b.checkin({ bookingId: id, businessDate: TODAY, number: 741 });
    await a.push(first);
    expect((await b.push(second)).results).toEqual([
      {
        op_id: second.op_id,
        status: 'conflict_recorded',
        problem: { type: 'double-checkin', title: expect.any(String) as string },
      },
    ]);
    const visits = (await (await fetch(`${centre.url}/office/visits.json`)).json()) as Record<string, unknown>[];
    expect(visits.find((visit) => visit['visit_id'] === second.payload.visit_id)).toMatchObject({
      conflict: 'double-checkin',
      linked_visit: first.payload.visit_id,
      ticket: 'А\u00a0741',
    });
    // The booking keeps the number that it was given first.
    const row = (await a.pull()).find((one) => one['id'] === id);
    expect(row?.['data']).toMatchObject({ status: 'arrived', ticket: { number: 701 } });
    // And the answer to a repeat still says what it collides with.
    expect((await b.push(second)).results[0]).toMatchObject({
      status: 'duplicate',
      problem: { type: 'double-checkin' },
    });
  });

  it('are never refused as facts: cancelled, other office, unknown, a number that was used', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const at = async (kind: DemoBooking['kind'], number: number) =>
      device.checkin({ bookingId: (await ofKind(centre, kind)).id, businessDate: TODAY, number });
    const ops = [
      await at('cancelled', 1),
      await at('other-office', 2),
      { ...(await at('unknown', 3)) },
      device.checkin({ bookingId: 'c'.repeat(32), businessDate: TODAY, number: 3 }),
    ];
    const { results, acked_seq } = await device.push(...ops);
    expect(results.map(({ status, problem }) => [status, problem?.type])).toEqual([
      ['conflict_recorded', 'booking-cancelled'],
      ['conflict_recorded', 'other-office'],
      ['applied', undefined],
      ['conflict_recorded', 'number-used-twice'],
    ]);
    expect(acked_seq).toBe(4);
    const visits = (await (await fetch(`${centre.url}/office/visits.json`)).json()) as Record<string, unknown>[];
    expect(visits).toHaveLength(4);
    expect(visits.filter((visit) => visit['provisional'] === true)).toHaveLength(2);
  });

  it('find their booking when it comes in after them', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.pull();
    const { id } = await ofKind(centre, 'unknown');
    await device.push(device.checkin({ bookingId: id, businessDate: TODAY, number: 9, provisional: true }));
    centre.control({ book: { id, office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON, language: null } });
    expect((await device.pull()).map((row) => row['data'])).toEqual([
      expect.objectContaining({ status: 'arrived', ticket: { series: 'A', number: 9 } }),
    ]);
  });

  it('that cannot be read are kept and hold up nothing', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'today');
    const unknown = { op_id: uuidv7(), seq: device.nextSeq(), type: 'teleport', kind: 'fact', payload: { to: 'moon' } };
    const broken = { ...device.checkin({ bookingId: 'nonsense', businessDate: TODAY, number: 1 }) };
    const good = device.checkin({ bookingId: id, businessDate: TODAY, number: 2 });
    const reprint = {
      ...good,
      op_id: uuidv7(),
      seq: device.nextSeq(),
      type: 'ticket.reprint' as const,
      payload: { visit_id: good.payload.visit_id, copy: 1 },
    };
    const scan = {
      ...good,
      op_id: uuidv7(),
      seq: device.nextSeq(),
      type: 'scan.failed' as const,
      payload: { reason: 'bad-signature', text_sha256: 'a'.repeat(64) },
    };
    // Out of order on purpose: the centre goes by the sequence.
    const { results, acked_seq } = await device.push(scan, reprint, good, broken, unknown);
    expect(results.map(({ op_id, status }) => [op_id, status])).toEqual([
      [unknown.op_id, 'rejected'],
      [broken.op_id, 'rejected'],
      [good.op_id, 'applied'],
      [reprint.op_id, 'applied'],
      [scan.op_id, 'applied'],
    ]);
    expect(acked_seq).toBe(5);
    const kept = centre.context.db
      .prepare<[string], { body: string; problem_type: string }>(
        'SELECT body, problem_type FROM operation WHERE op_id = ?',
      )
      .get(unknown.op_id);
    expect(JSON.parse(kept?.body ?? '{}')).toEqual(unknown);
    expect(kept?.problem_type).toBe('unreadable');
    const visits = (await (await fetch(`${centre.url}/office/visits.json`)).json()) as Record<string, unknown>[];
    expect(visits).toMatchObject([{ visit_id: good.payload.visit_id, copies: 1 }]);

    // A rejected one is no duplicate: mended, it is taken.
    expect((await device.push(unknown)).results[0]?.status).toBe('rejected');
    const mended = { ...broken, payload: { ...broken.payload, booking_id: 'd'.repeat(32) } };
    expect((await device.push(mended)).results[0]?.status).toBe('applied');
  });

  it('are acknowledged up to the first that is missing', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const make = (number: number) =>
      device.checkin({ bookingId: String(number).repeat(32), businessDate: TODAY, number });
    const [one, two, three] = [make(1), make(2), make(3)];
    expect((await device.push(one, three)).acked_seq).toBe(1);
    expect((await device.push(two)).acked_seq).toBe(3);
  });

  it('of another device with the same id are its own', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    const op = a.checkin({ bookingId: 'e'.repeat(32), businessDate: TODAY, number: 1 });
    await a.push(op);
    const other = { ...b.checkin({ bookingId: 'f'.repeat(32), businessDate: TODAY, number: 2 }), op_id: op.op_id };
    expect((await b.push(other)).results[0]?.status).toBe('applied');
  });
});

describe('leases', () => {
  it('give distinct numbers to thirty who ask at once', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    const answers = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => (i % 2 ? a : b).lease('A', 'online', 1, TODAY)),
    );
    const numbers = answers.flatMap((answer) => answer.numbers).toSorted((x, y) => x - y);
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  it('are the same for the same request, and only for it', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    const id = uuidv7();
    const first = await a.lease('B', 'online', 2, TODAY, id);
    expect(await a.lease('B', 'online', 2, TODAY, id)).toEqual(first);
    expect((await b.lease('B', 'online', 2, TODAY, id)).numbers).toEqual([3, 4]);
    const other = await a.ask('leases', { request_id: id, business_date: TODAY, series: 'E', kind: 'online', n: 2 });
    expect(other).toMatchObject({ status: 400, problem: { type: '/problems/invalid-request' } });
  });

  it('count up to 699 without the numbers that are left out, and then are used up', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const numbers: number[] = [];
    for (;;) {
      const { numbers: some } = await device.lease('K', 'online', 40, TODAY);
      if (some.length === 0) break;
      numbers.push(...some);
    }
    expect(numbers).toHaveLength(698);
    expect(numbers).not.toContain(666);
    expect(numbers.at(-1)).toBe(699);
    // Another series and another day have their own.
    expect((await device.lease('A', 'online', 1, TODAY)).numbers).toEqual([1]);
    expect((await device.lease('K', 'online', 1, TOMORROW)).numbers).toEqual([1]);
  });

  it('hold a part of the reserve for each device, filled up as it is used', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const first = await device.lease('A', 'reserve', 40, TODAY);
    expect(first.numbers).toEqual(Array.from({ length: 40 }, (_, i) => 700 + i));
    expect((await device.lease('A', 'reserve', 40, TODAY)).numbers).toEqual([]);
    await device.push(device.checkin({ bookingId: 'a'.repeat(32), businessDate: TODAY, number: 700 }));
    expect((await device.lease('A', 'reserve', 40, TODAY)).numbers).toEqual([740]);
    expect((await device.lease('A', 'reserve', 40, TOMORROW)).numbers).toHaveLength(40);

    // With thirty devices it is ten each, and those who hold more get none.
    const devices = await Promise.all(Array.from({ length: 29 }, () => enrol(centre)));
    const given = await Promise.all(devices.map((one) => one.lease('A', 'reserve', 40, TODAY)));
    const numbers = given.flatMap((answer) => answer.numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
    // 41 of the 300 were gone.
    expect(numbers).toHaveLength(259);
    expect(Math.min(...numbers)).toBe(741);
    expect(Math.max(...numbers)).toBe(999);
    expect(Math.max(...given.map((answer) => answer.numbers.length))).toBe(10);
  });

  it('are for today and tomorrow of the office', async () => {
    // 02:00 in Moscow still belongs to the day before.
    const centre = await start({ now: () => Date.parse('2026-03-17T02:00:00+03:00') });
    const device = await enrol(centre);
    expect((await device.lease('A', 'online', 1, TODAY)).numbers).toEqual([1]);
    expect((await device.lease('A', 'online', 1, TOMORROW)).numbers).toEqual([1]);
    for (const date of ['2026-03-15', '2026-03-18', '2026-99-99']) {
      const reply = await device.ask('leases', {
        request_id: uuidv7(),
        business_date: date,
        series: 'A',
        kind: 'online',
        n: 1,
      });
      expect(reply).toMatchObject({ status: 400, problem: { detail: expect.stringContaining(TODAY) as string } });
    }
  });
});

describe('what is wrong with a request', () => {
  it('is told as a problem', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const send = async (target: string, init: RequestInit = {}) => {
      const response = await fetch(centre.url + target, init);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      const body = problem.parse(await response.json());
      expect(body.status).toBe(response.status);
      expect(body.type).toMatch(/^\/problems\/[a-z-]+$/);
      expect(body.instance).toMatch(/^urn:uuid:/);
      return [body.status, body.type.split('/').at(-1)];
    };
    const headers = { authorization: `Bearer ${device.token}`, 'content-type': 'application/json' };
    const post = (body: string, type = 'application/json') => ({
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': type },
    });
    const ops = `${API_PREFIX}/sync/ops`;
    expect(await send(`${API_PREFIX}/nowhere`)).toEqual([404, 'not-found']);
    expect(await send(ops)).toEqual([404, 'not-found']);
    expect(await send(`${API_PREFIX}/keys`)).toEqual([401, 'unauthorized']);
    expect(await send(ops, post('{'))).toEqual([400, 'invalid-request']);
    expect(await send(ops, post('{}'))).toEqual([400, 'invalid-request']);
    expect(await send(ops, post('{"ops":[]}'))).toEqual([400, 'invalid-request']);
    expect(await send(ops, post('x=1', 'application/x-www-form-urlencoded'))).toEqual([400, 'invalid-request']);
    expect(await send(ops, post(JSON.stringify({ ops: 'x'.repeat(600_000) })))).toEqual([413, 'too-large']);
    expect(await send(`${API_PREFIX}/sync/changes?limit=5000`, { headers })).toEqual([400, 'invalid-request']);
    expect(await send(`${API_PREFIX}/sync/changes?limit=5&what=1`, { headers })).toEqual([400, 'invalid-request']);
  });
});

describe('the pages', () => {
  it('show the confirmations of the demo', async () => {
    const centre = await start();
    const page = await fetch(`${centre.url}/demo`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('Подтверждения записи');
    const bookings = await demo(centre);
    for (const kind of ['today', 'cancelled', 'unknown', 'other-office', 'other-day', 'forged']) {
      expect(bookings.some((booking) => booking.kind === kind)).toBe(true);
    }
    const [first] = bookings;
    const picture = await fetch(`${centre.url}/demo/qr/${first?.id}.png`);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(
      Buffer.from(await picture.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    for (const wrong of ['/demo/qr/x.png', `/demo/qr/${'0'.repeat(32)}.png`, `/demo/qr/..%2f..%2fcli.ts`]) {
      expect((await fetch(centre.url + wrong)).status).toBe(404);
    }
  });

  it('are not there when the day was not made up; nor are the knobs', async () => {
    const centre = await start({ seed: undefined as never, control: false });
    expect((await fetch(`${centre.url}/demo`)).status).toBe(404);
    expect((await fetch(`${centre.url}/demo/bookings.json`)).status).toBe(404);
    expect((await fetch(`${centre.url}/control`)).status).toBe(404);
    expect((await fetch(`${centre.url}/office`)).status).toBe(404);
  });

  it('follow what happens', async () => {
    const centre = await start();
    const device = await enrol(centre);
    expect(await (await fetch(`${centre.url}/office`)).text()).toContain('Центральный район');
    expect(await (await fetch(`${centre.url}/office?office=${OTHER_OFFICE}`)).text()).toContain('Заречный район');
    const stream = await fetch(`${centre.url}/office/events`);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    await device.push(device.checkin({ bookingId: 'a'.repeat(32), businessDate: TODAY, number: 1 }));
    let text = '';
    while (reader && !text.includes('event: visit')) text += (await reader.read()).value ?? '';
    await reader?.cancel();
    expect(text).toContain('event: visit');
  });
});

describe('the knobs', () => {
  const turn = async (centre: Centre, body: unknown) =>
    fetch(`${centre.url}/control`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it.each(['before', 'after'] as const)('hold a call %s its work until it is released', async (at) => {
    const centre = await start();
    const device = await enrol(centre);
    expect((await turn(centre, { hold: { path: '/leases', at } })).status).toBe(200);
    const held = event(centre, ({ type }) => type === 'held');
    const asked = device.lease('A', 'online', 1, TODAY);
    expect(await held).toMatchObject({ path: '/leases', at });
    const leased = () => centre.context.db.prepare('SELECT number FROM lease').all().length;
    expect(leased()).toBe(at === 'after' ? 1 : 0);
    const state = (await (await fetch(`${centre.url}/control`)).json()) as Record<string, unknown>;
    expect(state).toMatchObject({ held: [{ path: '/leases', at }], counts: { '/leases': 1 } });
    expect(state['answered']).not.toHaveProperty('/leases');
    const answered = event(centre, ({ type, path }) => type === 'response' && path === '/leases');
    await turn(centre, { hold: { path: '/leases', at, release: true } });
    expect((await asked).numbers).toEqual([1]);
    expect(await answered).toMatchObject({ status: 200 });
  });

  it('fail, lose answers, and do what happens at a centre', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await turn(centre, { fail: { path: '/leases', status: 503, times: 1 } });
    const lease = { request_id: uuidv7(), business_date: TODAY, series: 'A', kind: 'online', n: 1 } as const;
    expect((await device.ask('leases', lease)).status).toBe(503);
    await turn(centre, { drop: { path: '/leases', times: 1 } });
    await expect(device.ask('leases', lease)).rejects.toThrow(/fetch failed/);
    // The answer was lost, the number was not.
    expect((await device.call('leases', lease)).numbers).toEqual([1]);

    const answer = (await (
      await turn(centre, { book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON } })
    ).json()) as { booking: { id: string; token: string } };
    expect(answer.booking.token).toMatch(/^EZ1[A-Z2-7]{151}$/);
    expect((await turn(centre, { cancel: answer.booking.id })).status).toBe(200);
    expect((await turn(centre, { cancel: '0'.repeat(32) })).status).toBe(404);
    expect((await turn(centre, { hold: { path: '/nowhere' } })).status).toBe(400);
    expect((await turn(centre, { hodl: true })).status).toBe(400);
  });

  it('tell of requests and answers as a stream', async () => {
    const centre = await start();
    const stream = await fetch(`${centre.url}/control/events`);
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    await callCentre(centre.url, 'time', {});
    let text = '';
    while (reader && !text.includes('event: response')) text += (await reader.read()).value ?? '';
    await reader?.cancel();
    expect(text).toMatch(/event: request\ndata: .*"path":"\/time"/);
  });

  it('let everything go at the end', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.pull();
    centre.control({ hold: { path: '/leases', at: 'before', release: false } });
    const held = event(centre, ({ type }) => type === 'held');
    const waits = event(centre, ({ type, path }) => type === 'request' && path === '/sync/changes');
    const calls = Promise.allSettled([device.lease('A', 'online', 1, TODAY), device.pull(500, 25)]);
    await Promise.all([held, waits]);
    await centre.close();
    expect(await calls).toHaveLength(2);
  });
});

describe('the program', () => {
  let folder: string;
  const processes: StartedProcess[] = [];
  const run = async (...args: string[]): Promise<StartedProcess> => {
    const started = await startProcess({
      cmd: process.execPath,
      args: [path.join(ROOT, 'test', 'centre', 'cli.ts'), '--port', '0', ...args],
      readyEvent: 'ready',
    });
    processes.push(started);
    return started;
  };
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'talon-centre-'));
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.stop('SIGKILL')));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('keeps everything through kill -9', async () => {
    const db = path.join(folder, 'killed.db');
    const args = ['--db', db, '--seed', 'demo', '--control'];
    const before = await run(...args);
    const codes = before.ready['enrolment'] as string[];
    expect(codes).toHaveLength(20);
    const device = await TestDevice.enrol(String(before.ready['url']), codes[0] ?? '');
    await device.pull();
    const list = (await (await fetch(`${device.url}/demo/bookings.json`)).json()) as DemoBooking[];
    const booking = list.find(({ kind }) => kind === 'today');
    const date = businessDate(booking?.starts_at ?? 0, 'Europe/Moscow', 240);
    const requestId = uuidv7();
    const leased = await device.lease('A', 'online', 1, date, requestId);
    const op = device.checkin({ bookingId: booking?.id ?? '', businessDate: date, number: leased.numbers[0] ?? 0 });
    await device.push(op);
    const keys = await device.call('keys', {});
    await before.stop('SIGKILL');

    const after = await run(...args);
    device.url = String(after.ready['url']);
    // The code that was used is replaced, the others stand.
    expect(after.ready['enrolment']).toHaveLength(20);
    expect(after.ready['enrolment']).toEqual(expect.arrayContaining(codes.slice(1)));
    // The token too is still good.
    expect(await device.call('keys', {})).toEqual(keys);
    expect((await device.push(op)).results[0]?.status).toBe('duplicate');
    expect(await device.lease('A', 'online', 1, date, requestId)).toEqual(leased);
    expect((await device.lease('A', 'online', 1, date)).numbers).toEqual([2]);
    expect((await device.pull()).map((row) => row['id'])).toEqual([booking?.id]);
    await device.signIn();
    expect(await after.stop()).toEqual({ code: 0, signal: null });
  });

  it('starts with a seed file and its own time', async () => {
    const file = path.join(folder, 'seed.json');
    const office = {
      id: 5,
      name: { ru: 'Отдел' },
      subtitle: { ru: 'Первый' },
      address: { ru: 'Улица, 1' },
      time_zone: 'Asia/Vladivostok',
      day_change_minutes: 240,
      languages: ['ru'],
    };
    writeFileSync(file, JSON.stringify({ offices: [office], enrolment: [{ office_id: 5, count: 1 }] }));
    const now = '2026-03-16T12:00:00+10:00';
    const centre = await run('--db', path.join(folder, 'seeded.db'), '--seed', file, '--now', now);
    const [code = ''] = centre.ready['enrolment'] as string[];
    const device = await TestDevice.enrol(String(centre.ready['url']), code);
    expect(device.officeId).toBe(5);
    const { now: told } = await device.call('time', {});
    expect(told - Date.parse(now)).toBeGreaterThanOrEqual(0);
    expect(told - Date.parse(now)).toBeLessThan(60_000);
    expect((await device.lease('A', 'online', 1, addDays(TODAY, 1))).numbers).toEqual([1]);
  });

  it.each([
    [['--db', ''], /--db FILE is missing/],
    [['--db', 'x', '--now', 'today'], /--now today: expected a time/],
    [['--db', 'x', '--now', '2026-03-16T12:00:00'], /with its offset/],
    [['--db', 'x', '--port', '70000'], /--port 70000/],
    [['--db', 'x', '--seed', '/nowhere.json'], /--seed \/nowhere\.json: ENOENT/],
    [['--db', 'x', '--public-url', 'ftp://x'], /--public-url/],
  ])('says what is wrong with %j', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
  });
});
