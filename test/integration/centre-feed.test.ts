import { afterEach, describe, expect, it } from 'vitest';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { closeCentres, enrol, event, MINUTE, NOON, ofKind, pullOf, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('visits in the feed', () => {
  it('are those of all devices of the office, with and without a booking', async () => {
    const centre = await start();
    const [a, b, elsewhere] = [await enrol(centre), await enrol(centre), await enrol(centre, OTHER_OFFICE)];
    const { id } = await ofKind(centre, 'today');
    const checkin = a.checkin({ bookingId: id, businessDate: TODAY, number: 1 });
    const walkIn = b.walkIn({ businessDate: TODAY, number: 2, further: [402] });
    await a.push(checkin);
    await b.push(walkIn);
    const visits = await pullOf(b, 'visit');
    expect(visits.map((row) => [row.id, row.op === 'put' && row.data.origin])).toEqual([
      [checkin.payload.visit_id, 'booking'],
      [walkIn.payload.visit_id, 'walk-in'],
    ]);
    expect(visits[1]).toMatchObject({
      data: {
        business_date: TODAY,
        ticket: { series: 'A', number: 2 },
        state: 'waiting',
        services: [
          { service_id: 101, state: 'waiting' },
          { service_id: 402, state: 'waiting' },
        ],
      },
    });
    expect(await pullOf(elsewhere, 'visit')).toEqual([]);
  });

  it('come again when anything of them changes, each once with the newest', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const op = device.walkIn({ businessDate: TODAY, number: 1 });
    await device.push(op);
    await device.pull();
    const visit = op.payload.visit_id;
    centre.control({ visit: { visit, to: 'called', window: 2 } });
    centre.control({ visit: { visit, to: 'waiting' } });
    centre.control({ visit: { visit, to: 'left' } });
    expect(await pullOf(device, 'visit')).toMatchObject([
      {
        id: visit,
        rev: 4,
        data: { state: 'left', services: [{ state: 'skipped', window_id: null, called_at: null }] },
      },
    ]);
  });

  it('of a day that is over are evicted, and one that is told of later never comes', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    const device = await enrol(centre);
    const op = device.walkIn({ businessDate: TODAY, number: 1 });
    await device.push(op);
    await device.pull();
    now += DAY;
    await device.signIn();
    expect(await pullOf(device, 'visit')).toEqual([expect.objectContaining({ id: op.payload.visit_id, op: 'evict' })]);
    // It slept over night with this one in its outbox.
    const late = device.walkIn({ businessDate: TODAY, number: 2 });
    expect((await device.push(late)).results[0]?.status).toBe('applied');
    expect(await pullOf(device, 'visit')).toEqual([]);
    expect(await pullOf(await enrol(centre), 'visit')).toEqual([]);
  });
});

describe('windows in the feed', () => {
  it('are those of the office, with their states', async () => {
    const centre = await start();
    const [device, elsewhere] = [await enrol(centre), await enrol(centre, OTHER_OFFICE)];
    const windows = await pullOf(device, 'window');
    expect(windows).toHaveLength(10);
    expect(windows[0]).toMatchObject({ id: 1, data: { service_ids: [101, 102], state: 'open', until: null } });
    expect(await pullOf(elsewhere, 'window')).toEqual([]);
    const until = NOON + 30 * MINUTE;
    centre.control({ window: { office_id: DEMO_OFFICE, window: 1, state: 'break', until } });
    expect(await pullOf(device, 'window')).toMatchObject([{ id: 1, rev: 2, data: { state: 'break', until } }]);
    expect(() => centre.control({ window: { office_id: OTHER_OFFICE, window: 1, state: 'open' } })).toThrow(
      /no window/,
    );
  });
});

describe('slots in the feed', () => {
  it('are times to come, for as many as there are windows, less the bookings of that time', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const slots = (await pullOf(device, 'slot')).flatMap((row) => (row.op === 'put' ? [row] : []));
    expect(slots.length).toBeGreaterThan(1000);
    for (const { id, data } of slots) {
      expect(id).toBe(`${data.service_id}-${data.starts_at}`);
      expect(data.starts_at).toBeGreaterThan(NOON);
      expect(data.starts_at).toBeLessThan(NOON + 8 * DAY);
      expect(data.free).toBeLessThanOrEqual(2);
    }
    const tomorrow = slots.find(({ data }) => data.starts_at === NOON + DAY && data.service_id === 101);
    expect(tomorrow?.data.free).toBe(2);
    // In between counts for the slot that it falls into.
    const { booking } = centre.control({
      book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON + DAY + 10 * MINUTE },
    });
    expect(await pullOf(device, 'slot')).toMatchObject([{ id: tomorrow?.id, rev: 2, data: { free: 1 } }]);
    centre.control({ move: { booking: booking?.id ?? '', starts_at: NOON + DAY + 40 * MINUTE } });
    const both = (await pullOf(device, 'slot')).flatMap((row) => (row.op === 'put' ? [row.data.free] : []));
    expect(both.toSorted((a, b) => a - b)).toEqual([1, 2]);
    centre.control({ cancel: booking?.id });
    expect(await pullOf(device, 'slot')).toMatchObject([{ data: { free: 2, starts_at: NOON + DAY + 30 * MINUTE } }]);
    expect(() => centre.control({ slots: { office_id: DEMO_OFFICE, slot: '101-1', free: 1 } })).toThrow(/no slot/);
  });

  it('of a day that is over go away, and another day comes', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    const device = await enrol(centre);
    await device.pull();
    now += DAY;
    await device.signIn();
    const rows = await pullOf(device, 'slot');
    const gone = rows.filter(({ op }) => op === 'del').map(({ id }) => Number(id.split('-')[1]));
    const come = rows.flatMap((row) => (row.op === 'put' ? [row.data.starts_at] : []));
    expect(gone.length).toBeGreaterThan(0);
    expect(Math.max(...gone)).toBeLessThanOrEqual(now);
    expect(come.length).toBeGreaterThan(0);
    expect(Math.min(...come)).toBeGreaterThan(NOON + 7 * DAY);
  });
});

describe('a booking in the feed', () => {
  it('has what a kiosk may know: a mask, verifiers, a person without a name', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const factors = { phone4: '4567', birth_year: '1957' };
    const { booking } = centre.control({
      book: {
        office_id: DEMO_OFFICE,
        service_id: 101,
        starts_at: NOON,
        further_services: [402],
        priority: 'first',
        person: 'ab'.repeat(16),
        masked: 'И. П.',
        factors,
      },
    });
    const row = (await pullOf(device, 'booking')).find(({ id }) => id === booking?.id);
    expect(row).toMatchObject({
      data: {
        further_services: [402],
        priority: 'first',
        person: 'ab'.repeat(16),
        masked: 'И. П.',
        revision: 0,
        factors: [
          { kind: 'phone4', cost: 10 },
          { kind: 'birth-year', cost: 10 },
        ],
      },
    });
    expect(JSON.stringify(row)).not.toMatch(/"4567"|"1957"/);
    centre.control({ move: { booking: booking?.id ?? '', starts_at: NOON + HOUR } });
    expect(await pullOf(device, 'booking')).toMatchObject([{ data: { revision: 1, starts_at: NOON + HOUR } }]);
  });
});

describe('a centre that was restored from a backup', () => {
  it('begins another history: old cursors end, also those that wait, and what is pushed again is known', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const op = device.walkIn({ businessDate: TODAY, number: 1 });
    await device.push(op);
    await device.pull();
    const asked = event(centre, ({ type, path }) => type === 'request' && path === '/sync/changes');
    const waiting = device.ask('changes', { cursor: device.cursor, wait: 25 });
    await asked;
    const before = centre.context.epoch;
    centre.control({ restore: true });
    expect(centre.context.epoch).not.toBe(before);
    expect(await waiting).toMatchObject({ status: 410, problem: { type: '/problems/cursor-expired' } });
    const again = await device.ask('changes', { cursor: '' });
    expect(again.headers.get('sync-epoch')).toBe(centre.context.epoch);
    expect(again.ok && again.body.epoch).toBe(centre.context.epoch);
    expect(await device.tryPush(op)).toMatchObject({ status: 409, problem: { type: '/problems/epoch-changed' } });
    await device.hello();
    const answer = await device.push(op);
    expect([answer.epoch, answer.results[0]?.status]).toEqual([centre.context.epoch, 'duplicate']);
  });

  it('gives numbers again to who has said what he holds', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.lease('A', 'online', 1, TODAY);
    centre.control({ restore: true });
    const ask = {
      request_id: '01980f41-70b2-7e44-a1b2-c3d4e5f60718',
      business_date: TODAY,
      series: 'A',
      kind: 'online',
      n: 1,
    } as const;
    expect(await device.ask('leases', ask)).toMatchObject({
      status: 409,
      problem: { type: '/problems/epoch-changed' },
    });
    await device.hello([{ business_date: TODAY, series: 'A', highest_online: 30, reserve: [] }]);
    expect(device.epoch).toBe(centre.context.epoch);
    expect((await device.call('leases', ask)).numbers[0]).toBeGreaterThan(30);
  });
});

it('every row that the demo sends can be read, at a kiosk and at a desk', async () => {
  const centre = await start();
  const kiosk = ['office', 'service_group', 'service', 'window', 'device', 'slot', 'booking', 'visit'];
  for (const [role, names] of [
    ['kiosk', kiosk],
    ['desk', [...kiosk, 'staff', 'person', 'visit_detail', 'day_numbers']],
  ] as const) {
    const device = await enrol(centre, DEMO_OFFICE, [role]);
    centre.control({ counters: { step: 600 } });
    const rows = await device.pull(1000);
    const bad = rows.flatMap((row) => change.safeParse(row).error ?? []);
    expect(bad).toEqual([]);
    expect(new Set<string>(rows.map(({ c }) => c))).toEqual(new Set(names));
  }
});
