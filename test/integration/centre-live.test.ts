import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { API_PREFIX, MAX_OPS_BYTES, SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import { append } from '../centre/change-log.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import type { Centre } from '../centre/index.ts';
import { callCentre, openCall, type TestDevice } from '../centre/test-device.ts';
import { closeCentres, enrol, event, NOON, ofKind, pullOf, start, TODAY } from '../centre/test-stage.ts';

/** How the centre is followed, and what it says about the form of what goes to and fro. */

afterEach(closeCentres);

const book = (centre: Centre, officeId = DEMO_OFFICE): void => {
  centre.control({ book: { office_id: officeId, service_id: 101, starts_at: NOON } });
};
/** What a connection that was cut says. */
const CUT = /terminated|fetch failed/;
const problem = (type: string, status: number) => ({ ok: false, status, problem: { type: `/problems/${type}` } });

describe('events', () => {
  it('poke who follows when there is something for him, and nobody else', async () => {
    const centre = await start();
    const [kiosk, desk, elsewhere] = [
      await enrol(centre),
      await enrol(centre, DEMO_OFFICE, ['desk', 'kiosk']),
      await enrol(centre, OTHER_OFFICE),
    ];
    const heard: string[] = [];
    const follow = async (name: string, device: TestDevice) => {
      const events = await device.events();
      return async () => {
        for await (const one of events) {
          heard.push(`${name} ${one}`);
          return;
        }
      };
    };
    const [atKiosk, atDesk, there] = [
      await follow('kiosk', kiosk),
      await follow('desk', desk),
      await follow('elsewhere', elsewhere),
    ];
    const waiting = [atKiosk(), there()];
    // Only a desk may know of it.
    centre.context.write(() => append(centre.context, DEMO_OFFICE, 'conflict', 'c', 1, 'put', {}));
    await atDesk();
    expect(heard).toEqual(['desk poke']);
    book(centre);
    await waiting[0];
    expect(heard).toEqual(['desk poke', 'kiosk poke']);
    book(centre, OTHER_OFFICE);
    await waiting[1];
    expect(heard).toEqual(['desk poke', 'kiosk poke', 'elsewhere poke']);
  });

  it('stand for all that happens in a tenth of a second', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const stop = new AbortController();
    const events = await device.events(stop.signal);
    const begun = performance.now();
    for (let n = 0; n < 50; n += 1) book(centre);
    await events.next();
    // What came after the first poke is told by a second one, and that is all.
    await events.next();
    expect(performance.now() - begun).toBeGreaterThan(90);
    const third = events.next().then(
      () => 'a third',
      () => 'none',
    );
    await device.pull();
    expect(await device.pull(500, 1)).toEqual([]);
    stop.abort();
    expect(await third).toBe('none');
  });

  it('tell a device that it is revoked, and end', async () => {
    const centre = await start();
    const [device, other] = [await enrol(centre), await enrol(centre)];
    const [events, others] = [await device.events(), await other.events()];
    centre.control({ revoke: device.id });
    const heard: string[] = [];
    for await (const one of events) heard.push(one);
    expect(heard).toEqual(['revoke']);
    await expect(device.events()).rejects.toThrow('403 /problems/device-revoked');
    // The other still listens.
    book(centre);
    expect((await others.next()).value).toBe('poke');
  });

  it('come without a time limit, are not kept on the way, and need a token', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const stop = new AbortController();
    const response = await openCall(centre.url, 'events', {}, { token: device.token, signal: stop.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('sync-epoch')).toBe(device.epoch);
    stop.abort();
    expect((await openCall(centre.url, 'events', {})).status).toBe(401);
  });

  it('can be held, refused, and cut after some of them', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const path = '/sync/events';
    centre.control({ fail: { path, status: 404, times: 1, problem: 'not-found' } });
    await expect(device.events()).rejects.toThrow('HTTP 404 /problems/not-found');
    centre.control({ drop: { path, times: 1 } });
    const cut = async () => {
      for await (const _ of await device.events()) expect.unreachable();
    };
    await expect(cut()).rejects.toThrow(CUT);
    centre.control({ drop: { path, times: 1, lines: 1 } });
    const events = await device.events();
    book(centre);
    expect((await events.next()).value).toBe('poke');
    const second = events.next();
    book(centre);
    await expect(second).rejects.toThrow(CUT);
    const held = event(centre, ({ type }) => type === 'held');
    centre.control({ hold: { path } });
    const following = device.events();
    expect(await held).toMatchObject({ path, at: 'before' });
    centre.control({ hold: { path, release: true } });
    const late = await following;
    book(centre);
    expect((await late.next()).value).toBe('poke');
  });

  it('leave nothing behind when the reader has gone, and end with the centre', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { listen } = centre.context;
    let listening = 0;
    Object.assign(centre.context, {
      listen: (listener: Parameters<typeof listen>[0]) => {
        listening += 1;
        const end = listen(listener);
        return () => {
          listening -= 1;
          return end();
        };
      },
    });
    const stop = new AbortController();
    const gone = await device.events(stop.signal);
    expect(listening).toBe(1);
    stop.abort();
    await expect(gone.next()).rejects.toThrow('aborted');
    await vi.waitFor(() => expect(listening).toBe(0));
    const events = await device.events();
    const next = events.next();
    await centre.close();
    expect((await next.catch(() => ({ done: true }))).done).toBe(true);
  });
});

describe('bodies', () => {
  /** A call as it is on the wire. */
  const send = async (
    centre: Centre,
    device: TestDevice,
    path: string,
    headers: Record<string, string>,
    body?: Buffer | string,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(centre.url + API_PREFIX + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${device.token}`,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      });
      request.on('error', reject).on('response', (response) => {
        const parts: Buffer[] = [];
        response
          .on('data', (part: Buffer) => parts.push(part))
          .on('error', reject)
          .on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
          );
      });
      request.end(body);
    });

  it('of answers are packed for who can read it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    for (const accept of ['gzip', 'br, gzip;q=0.5', 'deflate, GZIP', '*']) {
      const { headers, body } = await send(centre, device, '/sync/changes', { 'accept-encoding': accept });
      expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
      expect(JSON.parse(gunzipSync(body).toString())).toHaveProperty('cursor');
    }
    for (const accept of [undefined, 'identity', 'br', 'gzip;q=0', 'gzip;q=0.0']) {
      const head: Record<string, string> = accept === undefined ? {} : { 'accept-encoding': accept };
      const { headers, body } = await send(centre, device, '/sync/changes', head);
      expect([accept, headers['content-encoding']]).toEqual([accept, undefined]);
      expect(JSON.parse(body.toString())).toHaveProperty('cursor');
    }
    // What is short is shorter as it is.
    const { headers } = await send(centre, device, '/time', { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  it('of requests may be packed, which the centre says of itself', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const op = device.walkIn({ businessDate: TODAY, number: 1 });
    const text = JSON.stringify(await device.batch([op]));
    const packed = await send(centre, device, '/sync/ops', { 'content-encoding': 'gzip' }, gzipSync(text));
    expect(packed.headers['accept-encoding']).toBe('gzip');
    expect(JSON.parse(packed.body.toString())).toMatchObject({ acked_seq: 1, results: [{ status: 'applied' }] });
    const plain = await send(centre, device, '/sync/ops', { 'content-encoding': 'identity' }, text);
    expect(JSON.parse(plain.body.toString())).toMatchObject({ results: [{ status: 'duplicate' }] });
  });

  it('in another encoding, damaged, or too large when they are unpacked are refused', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const text = JSON.stringify(await device.batch([device.walkIn({ businessDate: TODAY, number: 1 })]));
    const post = async (encoding: string, body: Buffer | string) => {
      const answer = await send(centre, device, '/sync/ops', { 'content-encoding': encoding }, body);
      return [answer.status, (JSON.parse(answer.body.toString()) as { type: string }).type];
    };
    expect(await post('br', text)).toEqual([415, '/problems/unsupported-encoding']);
    expect(await post('gzip, gzip', gzipSync(gzipSync(text)))).toEqual([415, '/problems/unsupported-encoding']);
    expect(await post('gzip', text)).toEqual([400, '/problems/invalid-request']);
    expect(await post('gzip', gzipSync(text).subarray(0, -20))).toEqual([400, '/problems/invalid-request']);
    // Small on the way, and large here.
    const bomb = gzipSync(Buffer.alloc(200 * MAX_OPS_BYTES, ' '));
    expect(bomb.length).toBeLessThan(MAX_OPS_BYTES);
    expect(await post('gzip', bomb)).toEqual([413, '/problems/too-large']);
    expect(await post('identity', ' '.repeat(MAX_OPS_BYTES + 1))).toEqual([413, '/problems/too-large']);
    // The largest that is allowed is read.
    expect(await post('gzip', gzipSync(text.padEnd(MAX_OPS_BYTES)))).toEqual([200, undefined]);
  });
});

describe('an old schema', () => {
  const PULLS = ['changes', 'snapshot', 'events'] as const;
  const status = async (device: TestDevice, name: (typeof PULLS)[number], schema: number | string) => {
    const stop = new AbortController();
    const headers = { 'sync-schema': String(schema) };
    const response = await openCall(device.url, name, {}, { token: device.token, headers, signal: stop.signal });
    stop.abort();
    return response.status;
  };

  it('is refused pulls, and may still push, greet and lease', async () => {
    const centre = await start();
    const device = await enrol(centre);
    for (const name of PULLS) {
      for (const schema of [SCHEMA_VERSION - 1, 0, 'x']) expect(await status(device, name, schema)).toBe(426);
      expect(await status(device, name, SCHEMA_VERSION)).toBe(200);
      expect(await status(device, name, SCHEMA_VERSION + 1)).toBe(200);
    }
    const headers = { 'sync-schema': '1' };
    const old = { token: device.token, headers };
    const refused = await callCentre(centre.url, 'changes', {}, old);
    expect(refused).toMatchObject(problem('schema-unsupported', 426));
    expect(refused.headers.get('sync-schema')).toBe(String(SCHEMA_VERSION));
    expect(refused.headers.get('sync-schema-min')).toBe(String(SCHEMA_VERSION));
    const batch = await device.batch([device.walkIn({ businessDate: TODAY, number: 1 })]);
    expect((await callCentre(centre.url, 'ops', batch, old)).status).toBe(200);
    expect((await callCentre(centre.url, 'time', {}, { headers })).status).toBe(200);
    expect((await callCentre(centre.url, 'keys', {}, old)).status).toBe(200);
  });

  it('is what the centre says it is', async () => {
    const centre = await start({ minSchema: 1 });
    const device = await enrol(centre);
    expect(await status(device, 'changes', 1)).toBe(200);
    centre.control({ minSchema: SCHEMA_VERSION + 1 });
    for (const name of PULLS) expect(await status(device, name, SCHEMA_VERSION)).toBe(426);
    const { headers } = await device.ask('time', {});
    expect(headers.get('sync-schema-min')).toBe(String(SCHEMA_VERSION + 1));
  });
});

describe('the knobs', () => {
  it('close the centre for maintenance, and open it again', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const op = device.walkIn({ businessDate: TODAY, number: 1 });
    centre.control({ maintenance: 90 });
    for (const reply of [await device.ask('time', {}), await device.tryPush(op)]) {
      expect(reply).toMatchObject(problem('maintenance', 503));
      expect(reply.headers.get('retry-after')).toBe('90');
    }
    centre.control({ maintenance: 0 });
    expect((await device.push(op)).results[0]?.status).toBe('applied');
  });

  it('erase somebody, what is too old, and note who did not come', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    const desk = await enrol(centre, DEMO_OFFICE, ['desk', 'kiosk']);
    const { id } = await ofKind(centre, 'today');
    const missed = (await ofKind(centre, 'late')).id;
    await desk.pull();
    centre.control({ noShows: DEMO_OFFICE });
    const status = (await pullOf(desk, 'booking')).find((row) => row.id === missed);
    expect(status).toMatchObject({ op: 'put', data: { status: 'no-show' } });
    centre.control({ erase: id });
    expect(await pullOf(desk, 'booking')).toMatchObject([{ id, op: 'evict', purge: true }]);
    expect(() => centre.control({ erase: '0'.repeat(32) })).toThrow(/no booking/);
    now += 40 * 86_400_000;
    centre.control({ purge: true });
    await desk.signIn();
    expect(await pullOf(desk, 'booking')).toContainEqual(expect.objectContaining({ id: missed, purge: true }));
  });

  it('let a call fail as the centre would, or as something in between', async () => {
    const centre = await start();
    const device = await enrol(centre);
    centre.control({ fail: { path: '/time', status: 429, times: 1, problem: 'rate-limited', retry_after: 3 } });
    const reply = await device.ask('time', {});
    expect(reply).toMatchObject(problem('rate-limited', 429));
    expect(reply.headers.get('retry-after')).toBe('3');
    centre.control({ fail: { path: '/time', status: 502, times: 1 } });
    expect(await device.ask('time', {})).toMatchObject({ status: 502, problem: { type: 'about:blank' } });
    expect((await device.ask('time', {})).status).toBe(200);
  });
});
