import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { closeCentres, enrol, start, TODAY, TOMORROW } from '../centre/test-stage.ts';

afterEach(closeCentres);

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
