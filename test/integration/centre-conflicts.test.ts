import { afterEach, describe, expect, it } from 'vitest';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { setRules } from '../centre/rules.ts';
import {
  HOUR,
  DAY,
  clockOf,
  stage,
  book,
  checkin,
  cancel,
  resolve,
  create,
  results,
  queue,
  holdingOf,
} from '../centre/test-desk.ts';
import { closeCentres, enrol, MINUTE, NOON, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

describe('what contradicts what (the conflict table)', () => {
  it('row 1: the same operation twice counts once, and has the same answer', async () => {
    const { a, b, id, seen } = await stage();
    await a.push(checkin(a, id, 1, NOON - 9 * MINUTE));
    const op = checkin(b, id, 2, NOON - 5 * MINUTE);
    expect(await results(b, op)).toEqual([['conflict_recorded', 'double-checkin']]);
    expect(await results(b, op)).toEqual([['duplicate', 'double-checkin']]);
    const before = JSON.stringify([...(await seen.refresh()).all('conflict')]);
    expect(await results(b, op)).toEqual([['duplicate', 'double-checkin']]);
    expect(JSON.stringify([...(await seen.refresh()).all('conflict')])).toBe(before);
    expect(queue(seen)).toMatchObject([{ number: 1, also: [2] }]);
  });

  it.each(['in their order', 'the later one first'])(
    'row 2: two check-ins of one booking, told %s, are one visit with two tickets',
    async (order) => {
      const { a, b, id, seen } = await stage();
      const [first, second] = [checkin(a, id, 1, NOON - 9 * MINUTE), checkin(b, id, 2, NOON - 5 * MINUTE)];
      const pushes = [async () => results(a, first), async () => results(b, second)];
      if (order !== 'in their order') pushes.reverse();
      expect((await pushes[0]?.())?.[0]).toEqual(['applied', undefined]);
      expect((await pushes[1]?.())?.[0]).toEqual(['conflict_recorded', 'double-checkin']);
      await seen.refresh();
      expect(queue(seen)).toEqual([
        {
          id: first.payload.visit_id,
          number: 1,
          also: [2],
          state: 'waiting',
          order_at: NOON + 30 * MINUTE,
          origin: 'booking',
        },
      ]);
      expect([...seen.all('conflict')]).toEqual([
        [
          second.op_id,
          {
            type: 'double-checkin',
            business_date: TODAY,
            at: NOON - 5 * MINUTE,
            visit_id: second.payload.visit_id,
            other_visit_id: first.payload.visit_id,
            booking_id: id,
            service_id: null,
            since: null,
            open: true,
          },
        ],
      ]);
      expect(seen.row('booking', id)).toMatchObject({ status: 'arrived', ticket: { number: 1 } });
    },
  );

  it('row 2: with equal times the device with the lower id was first', async () => {
    const { a, b, id, seen } = await stage();
    const [low, high] = a.id < b.id ? [a, b] : [b, a];
    await high.push(checkin(high, id, 2, NOON - MINUTE));
    await low.push(checkin(low, id, 1, NOON - MINUTE));
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, also: [2] }]);
  });

  it('row 2: who was called by the second number stays called, and goes on, when the earlier one comes in', async () => {
    const { centre, a, b, id, seen } = await stage();
    const [first, second] = [checkin(a, id, 1, NOON - 9 * MINUTE), checkin(b, id, 2, NOON - 5 * MINUTE)];
    await b.push(second);
    centre.control({ visit: { visit: second.payload.visit_id, to: 'called', window: 3 } });
    await a.push(first);
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, also: [2], state: 'called' }]);
    expect(seen.row('visit', first.payload.visit_id)?.services).toMatchObject([{ state: 'called', window_id: 3 }]);
    // Either number is his.
    centre.control({ visit: { visit: second.payload.visit_id, to: 'serving' } });
    centre.control({ visit: { visit: first.payload.visit_id, to: 'done' } });
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, state: 'done' }]);
    expect(seen.row('booking', id)).toMatchObject({ status: 'served', ticket: { number: 1 } });
  });

  it('row 2: a desk that has seen it closes it; one that says they are two makes the second a walk-in', async () => {
    const { centre, a, b, desk, id, seen } = await stage();
    const [first, second] = [checkin(a, id, 1, NOON - 9 * MINUTE), checkin(b, id, 2, NOON - 5 * MINUTE)];
    await b.push(second);
    await a.push(first);
    await desk.push(resolve(desk, second.op_id, 'seen'));
    expect((await seen.refresh()).row('conflict', second.op_id)).toMatchObject({ open: false });
    expect(queue(seen)).toHaveLength(1);
    await desk.push(resolve(desk, second.op_id, 'split'));
    expect(queue(await seen.refresh())).toMatchObject([
      { number: 1, also: [], origin: 'booking', order_at: NOON + 30 * MINUTE },
      { number: 2, also: [], origin: 'walk-in', order_at: NOON - 5 * MINUTE },
    ]);
    expect(seen.row('conflict', second.op_id)).toBeUndefined();
    expect(seen.row('visit_detail', second.payload.visit_id)).toMatchObject({ booking_id: null });
    centre.control({ visit: { visit: second.payload.visit_id, to: 'called', window: 1 } });
    expect(queue(await seen.refresh()).map(({ state }) => state)).toEqual(['waiting', 'called']);
    // A kiosk decides nothing.
    expect(await results(a, resolve(a, second.op_id, 'seen'))).toEqual([['conflict_recorded', 'not-allowed']]);
  });

  it('row 2: a clock that cannot be relied on makes nobody first, but for who was first in any case', async () => {
    let now = NOON;
    const { a, b, id, seen, centre } = await stage(NOON + 30 * MINUTE, () => now);
    const unsure = { ...checkin(a, id, 1, NOON - 3 * HOUR), clock: clockOf('none') };
    const sure = { ...checkin(b, id, 2, NOON - 5 * MINUTE), clock: clockOf('server') };
    await a.push(unsure);
    await b.push(sure);
    expect(queue(await seen.refresh())).toMatchObject([{ number: 2, also: [1] }]);
    // Half an hour off at the most: it was before the other, whatever it was.
    const other = book(centre, NOON + 30 * MINUTE);
    await b.push({ ...checkin(b, other, 12, NOON - 5 * MINUTE), clock: clockOf('server') });
    await a.push({ ...checkin(a, other, 11, NOON - 50 * MINUTE), clock: clockOf('rtc', 40 * MINUTE) });
    expect(queue(await seen.refresh())[1]).toMatchObject({ number: 11, also: [12] });
    // Received before the other happened.
    const third = book(centre, NOON + 30 * MINUTE);
    await a.push({ ...checkin(a, third, 21, NOON - HOUR), clock: clockOf('none') });
    now += 10 * MINUTE;
    await b.push({ ...checkin(b, third, 22, NOON + 5 * MINUTE), clock: clockOf('server') });
    expect(queue(await seen.refresh())[2]).toMatchObject({ number: 21, also: [22] });
  });

  it.each(['in their order', 'the later one first'])(
    'row 3: a second scan much later on the same day, told %s, is somebody who came back',
    async (order) => {
      const { a, b, id, seen } = await stage();
      const [first, second] = [checkin(a, id, 1, NOON - 45 * MINUTE), checkin(b, id, 2, NOON - 10 * MINUTE)];
      if (order === 'in their order') {
        await a.push(first);
        expect(await results(b, second)).toEqual([['merged', 'returned']]);
      } else {
        await b.push(second);
        expect(await results(a, first)).toEqual([['applied', undefined]]);
      }
      // Whoever calls the number on the second paper calls him.
      expect(queue(await seen.refresh())).toMatchObject([{ number: 1, also: [2] }]);
      expect(seen.all('conflict').size).toBe(0);
    },
  );

  it('row 3: the office may decide after how long', async () => {
    const { centre, a, b, id, seen } = await stage();
    setRules(centre.context, DEMO_OFFICE, { return_minutes: 2, duplicate_minutes: 15, personal_days: 30 });
    await a.push(checkin(a, id, 1, NOON - 5 * MINUTE));
    await b.push(checkin(b, id, 2, NOON - 2 * MINUTE));
    expect((await seen.refresh()).all('conflict').size).toBe(0);
  });

  it('row 4: cancelled before the check-in: a visit without the slot, for the desk to decide', async () => {
    let now = NOON - 20 * MINUTE;
    const { centre, a, id, seen } = await stage(NOON + 30 * MINUTE, () => now);
    centre.control({ cancel: id });
    now = NOON;
    const op = checkin(a, id, 1, NOON - 5 * MINUTE);
    expect(await results(a, op)).toEqual([['conflict_recorded', 'booking-cancelled']]);
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, state: 'waiting', order_at: NOON - 5 * MINUTE }]);
    expect(seen.row('conflict', op.op_id)).toMatchObject({
      type: 'from-cancelled',
      since: NOON - 20 * MINUTE,
      visit_id: op.payload.visit_id,
      open: true,
    });
    expect(seen.row('booking', id)).toMatchObject({ status: 'cancelled', ticket: null });
  });

  it.each(['the cancellation first', 'the check-in first'])(
    'row 5: cancelled after the check-in, told %s: the check-in wins',
    async (order) => {
      const { a, b, id, seen } = await stage();
      const [came, away] = [checkin(a, id, 1, NOON - 20 * MINUTE), cancel(b, id, NOON - 10 * MINUTE)];
      if (order === 'the check-in first') {
        await a.push(came);
        expect(await results(b, away)).toEqual([['rejected', 'already-arrived']]);
      } else {
        expect(await results(b, away)).toEqual([['applied', undefined]]);
        expect((await seen.refresh()).row('booking', id)).toMatchObject({ status: 'cancelled' });
        expect(await results(a, came)).toEqual([['conflict_recorded', 'cancel-reverted']]);
      }
      expect((await seen.refresh()).row('booking', id)).toMatchObject({ status: 'arrived', ticket: { number: 1 } });
      expect(queue(seen)).toMatchObject([{ number: 1, order_at: NOON + 30 * MINUTE }]);
      expect(seen.row('conflict', came.op_id)).toMatchObject({
        type: 'cancel-reverted',
        since: NOON - 10 * MINUTE,
        open: false,
      });
    },
  );

  it('row 5: a cancellation from before the check-in that is heard of later makes it one of a cancelled booking', async () => {
    const { a, b, id, seen } = await stage();
    const came = checkin(a, id, 1, NOON - 10 * MINUTE);
    await a.push(came);
    expect(await results(b, cancel(b, id, NOON - 20 * MINUTE))).toEqual([['applied', undefined]]);
    expect((await seen.refresh()).row('conflict', came.op_id)).toMatchObject({ type: 'from-cancelled', open: true });
    expect(queue(seen)).toMatchObject([{ number: 1, order_at: NOON - 10 * MINUTE }]);
  });

  it('row 5: the place that was sold meanwhile stays sold', async () => {
    const { centre, a, b, desk, seen } = await stage();
    const id = book(centre, NOON + 30 * MINUTE);
    const slot = `101-${NOON + 30 * MINUTE}`;
    centre.control({ slots: { office_id: DEMO_OFFICE, slot, free: 0 } });
    await b.push(cancel(b, id, NOON - 10 * MINUTE));
    const sold = create(desk, NOON + 30 * MINUTE);
    expect(await results(desk, sold)).toEqual([['applied', undefined]]);
    await a.push(checkin(a, id, 1, NOON - 20 * MINUTE));
    await seen.refresh();
    expect(seen.row('slot', slot)).toMatchObject({ free: 0 });
    expect(seen.row('booking', sold.payload.booking_id)).toMatchObject({ status: 'booked' });
  });

  it('row 6: moved to another time of the day: he stands at the new one, by its own early and late', async () => {
    const { centre, a, id, seen } = await stage(NOON - 10 * MINUTE);
    centre.control({ move: { booking: id, starts_at: NOON + 40 * MINUTE } });
    await a.push(checkin(a, id, 1, NOON - 5 * MINUTE, { startsAt: NOON - 10 * MINUTE, late: true }));
    // For the new time he is early.
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, order_at: NOON + 40 * MINUTE }]);
    expect(seen.all('conflict').size).toBe(0);
    const [visit] = queue(seen);
    expect(seen.row('visit_detail', visit?.id ?? '')).toMatchObject({ flags: [] });
    // Moved forward: for the new time he is late.
    const other = book(centre, NOON + 40 * MINUTE);
    centre.control({ move: { booking: other, starts_at: NOON - 60 * MINUTE } });
    await a.push(checkin(a, other, 2, NOON - MINUTE, { startsAt: NOON + 40 * MINUTE }));
    expect(queue(await seen.refresh())[1]).toMatchObject({ number: 2, order_at: NOON - MINUTE });
    expect(seen.row('visit_detail', queue(seen)[1]?.id ?? '')).toMatchObject({ flags: ['late'] });
    // And who is here already when it is moved.
    centre.control({ move: { booking: id, starts_at: NOON + 80 * MINUTE } });
    expect(queue(await seen.refresh())[0]).toMatchObject({ order_at: NOON + 80 * MINUTE });
  });

  it.each([
    ['day', 'other-day'],
    ['office', 'other-office'],
  ])('row 7: moved to another %s: a visit without a slot, and the booking stays where it is', async (what, type) => {
    const { centre, a, id, seen } = await stage();
    const to = what === 'day' ? { starts_at: NOON + DAY } : { office_id: OTHER_OFFICE };
    centre.control({ move: { booking: id, ...to } });
    const op = checkin(a, id, 1, NOON - 5 * MINUTE);
    expect(await results(a, op)).toEqual([['conflict_recorded', type]]);
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, order_at: NOON - 5 * MINUTE }]);
    expect(seen.row('conflict', op.op_id)).toMatchObject({ type, booking_id: id, open: true });
    const other = await holdingOf(await enrol(centre, OTHER_OFFICE)).refresh();
    const booking = what === 'day' ? seen.row('booking', id) : other.row('booking', id);
    expect(booking).toMatchObject({ status: 'booked', ticket: null });
  });
});
