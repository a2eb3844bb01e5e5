import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addDays, businessDate } from '../../shared/domain/business-day.ts';
import { ROOT } from '../tools/paths.ts';
import { startProcess, type StartedProcess } from '../tools/proc.ts';
import type { Centre } from '../centre/index.ts';
import type { DemoBooking } from '../centre/demo-list.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { callCentre, TestDevice } from '../centre/test-device.ts';
import { closeCentres, demo, enrol, event, NOON, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

describe('the pages', () => {
  it('show the confirmations of the demo', async () => {
    const centre = await start();
    const page = await fetch(`${centre.url}/demo`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('Подтверждения записи');
    const bookings = await demo(centre);
    expect(bookings.every((booking) => booking.factor !== null)).toBe(true);
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
    const args = ['--db', db, '--seed', 'demo', '--control', '--no-counters'];
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
    // Free times change by themselves when an hour is full.
    const rows = (await device.pull()).filter((row) => row['collection'] !== 'slot');
    expect(new Set(rows.map((row) => row['id']))).toEqual(new Set([op.payload.visit_id, booking?.id]));
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
    [['--db', 'x', '--counters'], /only the demo has a hall/],
    [['--db', 'x', '--counters', '--no-counters', '--seed', 'demo'], /exclude each other/],
    [['--db', 'x', '--counters-seed', '-1'], /--counters-seed/],
  ])('says what is wrong with %j', async (args, message) => {
    await expect(run(...args)).rejects.toThrow(message);
  });
});
