import { afterEach, describe, expect, it } from 'vitest';
import type { VisitRecord } from '../../shared/contracts/centre/schemas.ts';
import type { HallView } from '../centre/hall-view.ts';
import type { Centre } from '../centre/index.ts';
import type { VisitView } from '../centre/office-view.ts';
import { closeCentres, enrol, MINUTE, NOON, office, pullOf, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

const hall = async (centre: Centre): Promise<HallView> => office<HallView>(centre, 'hall.json');
const waiting = ({ queue }: HallView): number => queue.filter(({ state }) => state === 'waiting').length;

/** What comes of a hall that is moved on in steps. */
const day = async (centre: Centre, steps: number): Promise<VisitRecord[]> => {
  const device = await enrol(centre);
  for (let n = 0; n < steps; n += 1) centre.control({ counters: { step: 60 } });
  return (await pullOf(device, 'visit')).flatMap((row) => (row.op === 'put' ? [row.data] : []));
};

describe('the hall of the demo', () => {
  it('is alive as soon as it is looked at: people wait, are called and served, and none of them by our devices', async () => {
    const centre = await start();
    centre.control({ counters: { step: 0 } });
    const first = await hall(centre);
    expect(waiting(first)).toBeGreaterThanOrEqual(6);
    expect(waiting(first)).toBeLessThanOrEqual(14);
    expect(first.queue.some(({ state }) => state === 'serving')).toBe(true);
    expect(first.queue.every(({ waiting_minutes: minutes }) => minutes >= 0 && minutes < 60)).toBe(true);
    expect(first.windows.filter(({ state }) => state === 'open').length).toBeGreaterThan(5);
    expect(await office<VisitView[]>(centre, 'visits.json')).toEqual([]);
  });

  it('goes on for an hour with nobody in two places, and never out of its bounds', async () => {
    const centre = await start();
    centre.control({ counters: { step: 0 } });
    const device = await enrol(centre);
    for (let n = 0; n < 60; n += 1) {
      centre.control({ counters: { step: 60 } });
      const { queue, windows } = await hall(centre);
      const busy = queue.flatMap(({ state, window }) => (state === 'waiting' || !window ? [] : [window.ru]));
      expect(new Set(busy).size).toBe(busy.length);
      expect(waiting({ queue } as HallView)).toBeLessThanOrEqual(14);
      expect(windows).toHaveLength(10);
    }
    const visits = (await pullOf(device, 'visit')).flatMap((row) => (row.op === 'put' ? [row.data] : []));
    const done = visits.filter(({ state }) => state === 'done');
    expect(done.length).toBeGreaterThan(20);
    for (const { services } of done) {
      const [stage] = services;
      expect(stage?.window_id).not.toBeNull();
      expect(stage?.called_at ?? 0).toBeLessThanOrEqual(stage?.serving_at ?? 0);
      expect(stage?.serving_at ?? 0).toBeLessThanOrEqual(stage?.done_at ?? 0);
      expect(stage?.done_at ?? 0).toBeLessThanOrEqual(NOON);
    }
    const tickets = visits.map(({ ticket }) => `${ticket.series} ${ticket.number}`);
    expect(new Set(tickets).size).toBe(tickets.length);
  });

  it('is the same for the same seed, and another for another', async () => {
    const shape = (visits: VisitRecord[]) =>
      visits.map(({ ticket, state, services }) => [ticket, state, services.map((s) => [s.service_id, s.window_id])]);
    const [a, b, c] = [await start(), await start(), await start()];
    const one = shape(await day(a, 5));
    expect(shape(await day(b, 5))).toEqual(one);
    c.control({ counters: 'stop' });
    const other = await start({ counters: { seed: 7 } });
    other.control({ counters: 'stop' });
    expect(shape(await day(other, 5))).not.toEqual(one);
  });

  it('never gives a number that a device has', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const before = (await device.lease('K', 'online', 3, TODAY)).numbers;
    for (let n = 0; n < 20; n += 1) centre.control({ counters: { step: 60 } });
    const after = (await device.lease('K', 'online', 1, TODAY)).numbers;
    const used = centre.context.db
      .prepare<[], { number: number }>(`SELECT number FROM visit WHERE series = 'K'`)
      .all()
      .map(({ number }) => number);
    expect(used.length).toBeGreaterThan(0);
    for (const number of [...before, ...after]) expect(used).not.toContain(number);
  });

  it('calls a visitor of our own device too, and goes round one whom staff was quicker to call', async () => {
    const centre = await start();
    const device = await enrol(centre);
    centre.control({ counters: { step: 0 } });
    const [first, second] = [
      device.walkIn({ businessDate: TODAY, number: 601, claim: 'hero', occurredAt: NOON - MINUTE }),
      device.walkIn({ businessDate: TODAY, number: 602, claim: 'hero', occurredAt: NOON }),
    ];
    await device.push(first, second);
    centre.control({ visit: { visit: second.payload.visit_id, to: 'done' } });
    for (let n = 0; n < 40; n += 1) centre.control({ counters: { step: 60 } });
    const rows = await pullOf(device, 'visit');
    const of = (id: string) => rows.find((row) => row.id === id);
    expect(of(first.payload.visit_id)).toMatchObject({
      data: { services: [{ window_id: expect.any(Number) as number }] },
    });
    expect(of(second.payload.visit_id)).toMatchObject({ data: { state: 'done', services: [{ window_id: null }] } });
  });

  it('begins anew on the next day, with nobody left of the day before', async () => {
    let now = NOON;
    const centre = await start({ now: () => now });
    centre.control({ counters: { step: 0 } });
    now += 24 * 60 * MINUTE;
    centre.control({ counters: { step: 0 } });
    const dates = (await pullOf(await enrol(centre), 'visit')).map((row) => row.op === 'put' && row.data.business_date);
    expect(new Set(dates)).toEqual(new Set(['2026-03-17']));
  });

  it('moves by itself when it was told to, and stands still otherwise', async () => {
    const centre = await start({ counters: { seed: 1 } });
    const count = () => centre.context.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM visit').get()?.n ?? 0;
    expect(count()).toBeGreaterThan(5);
    const quiet = await start();
    expect((await hall(quiet)).queue).toEqual([]);
    expect((await hall(quiet)).windows.every(({ state }) => state === 'open')).toBe(true);
    const bare = await start({ seed: undefined as never });
    expect(() => bare.control({ counters: 'run' })).toThrow(/only the demo/);
  });
});
