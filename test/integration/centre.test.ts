import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { API_PREFIX, change, problem, SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { assertion, callCentre, enrolmentRequest, newDeviceKey, tokenRequest } from '../centre/test-device.ts';
import { closeCentres, enrol, event, MINUTE, NOON, office, ofKind, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

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
    expect(count('booking')).toBe(209 + 12 + 12);
    expect(count('window')).toBe(10);
    expect(count('visit')).toBe(0);
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
    expect(news.toSorted((x, y) => x.c.localeCompare(y.c))).toEqual([
      expect.objectContaining({
        c: 'booking',
        id: booking.id,
        rev: 2,
        data: expect.objectContaining({ status: 'arrived', ticket: { series: 'A', number: 1 } }) as unknown,
      }),
      expect.objectContaining({ c: 'visit', id: op.payload.visit_id, op: 'put' }),
    ]);
    const visits = await office<object[]>(centre, 'visits.json');
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
