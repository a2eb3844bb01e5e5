import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { markNoShows } from '../centre/bookings.ts';
import { keepEntities, readEntities } from '../centre/change-log.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import type { HallView } from '../centre/hall-view.ts';
import {
  HOUR,
  DAY,
  clockOf,
  stage,
  book,
  checkin,
  undo,
  resolve,
  create,
  edit,
  results,
  queue,
  sealed,
  setService,
  setPolicy,
  holdingOf,
} from '../centre/test-desk.ts';
import type { TestDevice } from '../centre/test-device.ts';
import { closeCentres, enrol, MINUTE, NOON, office, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

describe('what contradicts what (the conflict table, on)', () => {
  it('row 8: two devices give one place: the second is refused, with other times, and the desk calls him back', async () => {
    const { centre, a, b, desk, seen } = await stage();
    const at = NOON + 22 * HOUR;
    const times = [-30, 30, 60, -60].map((minutes) => at + minutes * MINUTE);
    centre.control({ slots: { office_id: DEMO_OFFICE, slot: `101-${at}`, free: 1 } });
    centre.control({ slots: { office_id: DEMO_OFFICE, slot: `101-${times[1] ?? 0}`, free: 0 } });
    const [won, lost] = [create(a, at), create(b, at, await sealed(b, '+79161234567'))];
    expect(await results(a, won)).toEqual([['applied', undefined]]);
    const [answer] = (await b.push(lost)).results;
    expect(answer).toMatchObject({ status: 'rejected', problem: { type: 'slot-taken' } });
    expect(answer?.alternatives).toEqual([times[0], times[3], times[2]]);
    // The answer was lost: the same, as times are now.
    expect((await b.push(lost)).results[0]).toEqual(answer);
    await seen.refresh();
    expect(seen.row('conflict', lost.op_id)).toMatchObject({
      type: 'request-rejected',
      visit_id: null,
      booking_id: lost.payload.booking_id,
      service_id: 101,
      open: true,
    });
    expect(seen.row('person', lost.payload.booking_id)).toEqual({ name: '', phone: '+79161234567', document: null });
    expect((await office<HallView>(centre, 'hall.json')).conflicts).toMatchObject([
      { type: 'request-rejected', phone: true, open: true },
    ]);
    await desk.push(resolve(desk, lost.op_id, 'seen'));
    expect((await seen.refresh()).row('conflict', lost.op_id)).toMatchObject({ open: false });
  });

  it('row 8: who saw the answer himself, or was told that it failed, needs no call', async () => {
    const { centre, a, seen } = await stage();
    const at = NOON + 22 * HOUR;
    centre.control({ slots: { office_id: DEMO_OFFICE, slot: `101-${at}`, free: 0 } });
    const live = { ...create(a, at), occurred_at: NOON - 1000, clock: clockOf('server') };
    const late = create(a, at);
    await a.push(live, late);
    await seen.refresh();
    expect([live, late].map(({ op_id: id }) => seen.row('conflict', id)?.open)).toEqual([false, true]);
    await a.push(a.op('request.withdraw', TODAY, { op_id: late.op_id }, NOON));
    expect((await seen.refresh()).row('conflict', late.op_id)?.open).toBe(false);
  });

  it('row 9: a place that was sold meanwhile is given again only where the service overbooks', async () => {
    const { centre, a, b } = await stage();
    const at = NOON + 22 * HOUR;
    centre.control({ slots: { office_id: DEMO_OFFICE, slot: `101-${at}`, free: 1 } });
    centre.control({ book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: at } });
    expect(await results(a, create(a, at))).toEqual([['rejected', 'slot-taken']]);
    setPolicy(centre, 101, { overbook: 1 });
    expect(await results(a, create(a, at))).toEqual([['applied', undefined]]);
    expect(await results(b, create(b, at))).toEqual([['rejected', 'slot-taken']]);
  });

  it('row 10: a service that is not to be had any more: he is kept, and sent on', async () => {
    const { centre, a, id, seen } = await stage();
    setPolicy(centre, 101, { walk_in: false, redirect_to: 102 });
    const closed = { week: Array.from({ length: 7 }, () => [{ from: 9 * 60, until: 11 * 60 }]), exceptions: [] };
    setService(centre, 103, { hours: closed });
    keepEntities(
      centre.context,
      'service',
      readEntities(centre.context, 'service').flatMap((one) => (one.id === '402' ? [] : [one.id])),
    );
    const walkIn = (number: number, serviceId: number) =>
      a.walkIn({ businessDate: TODAY, number, serviceId, occurredAt: NOON - MINUTE });
    const ops = [walkIn(1, 101), walkIn(2, 103), walkIn(3, 402), walkIn(4, 102)];
    const flagged = ['conflict_recorded', 'needs-redirect'];
    expect(await results(a, ...ops)).toEqual([flagged, flagged, flagged, ['applied', undefined]]);
    // A booking of a service without walk-ins is none of this.
    expect(await results(a, checkin(a, id, 5, NOON - MINUTE))).toEqual([['applied', undefined]]);
    await seen.refresh();
    expect(ops.map(({ op_id: op }) => seen.row('conflict', op)?.service_id)).toEqual([102, null, null, undefined]);
    expect(queue(seen).map(({ number, state }) => [number, state])).toEqual(
      [1, 2, 3, 4, 5].map((number) => [number, 'waiting']),
    );
  });

  it('row 11: two tickets for one phone within a quarter of an hour are a hint, and stay two', async () => {
    const { a, b, seen } = await stage();
    const ticket = async (device: TestDevice, number: number, phone: string, minutes: number, serviceId = 101) =>
      device.walkIn({
        businessDate: TODAY,
        number,
        serviceId,
        occurredAt: NOON - minutes * MINUTE,
        contact: await sealed(device, phone),
      });
    const phone = '+79160000001';
    const first = await ticket(a, 1, phone, 30);
    const second = await ticket(b, 2, phone, 20);
    // Of the same device, of another service, too late, of another phone.
    const others = [
      await ticket(a, 3, phone, 29),
      await ticket(b, 4, phone, 20, 102),
      await ticket(b, 5, phone, 4),
      await ticket(b, 6, '+79160000002', 29),
    ];
    await b.push(second, ...others.slice(1));
    expect(await results(a, first, ...others.slice(0, 1))).toEqual([
      ['applied', undefined],
      ['applied', undefined],
    ]);
    await seen.refresh();
    expect(
      [...seen.all('conflict')].map(([id, { type, other_visit_id: other, open }]) => [id, type, other, open]),
    ).toEqual([[second.op_id, 'possible-duplicate', first.payload.visit_id, false]]);
    expect(queue(seen)).toHaveLength(6);
    expect(seen.row('visit_detail', first.payload.visit_id)).toMatchObject({ phone });
    // What the store is asked by says nothing of the phone.
    const text = JSON.stringify([...(await holdingOf(a).refresh()).all('visit').values()]);
    expect(text).not.toContain(phone.slice(-4));
  });

  it('row 12: a booking that the centre hears of after its visitor finds him', async () => {
    const { centre, a, seen } = await stage();
    const id = uuidv7().replaceAll('-', '');
    const op = checkin(a, id, 1, NOON - MINUTE, { provisional: true, startsAt: NOON + 20 * MINUTE });
    expect(await results(a, op)).toEqual([['applied', undefined]]);
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, order_at: NOON + 20 * MINUTE }]);
    centre.control({
      book: { id, office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON + 20 * MINUTE, priority: 'first' },
    });
    expect((await seen.refresh()).row('booking', id)).toMatchObject({ status: 'arrived', ticket: { number: 1 } });
    expect(seen.row('visit', op.payload.visit_id)).toMatchObject({ priority: 'first' });
    expect(seen.all('conflict').size).toBe(0);
  });

  it('row 13: a code that is none of ours is kept as its reason and its hash', async () => {
    const { centre, a, seen } = await stage();
    const op = a.op('scan.failed', TODAY, { reason: 'bad-signature', text_sha256: 'a'.repeat(64) }, NOON);
    expect(await results(a, op)).toEqual([['applied', undefined]]);
    const kept = centre.context.db
      .prepare<[string], { body: string }>('SELECT body FROM operation WHERE op_id = ?')
      .get(op.op_id);
    expect(JSON.parse(kept?.body ?? '{}')).toMatchObject({ type: 'scan.failed', payload: op.payload });
    expect((await seen.refresh()).all('conflict').size).toBe(0);
  });

  it.each(['the undo first', 'the call first'])(
    'row 14: taken back at one device and called at another, %s: he was called',
    async (order) => {
      const { centre, a, b, id, seen } = await stage();
      const op = checkin(a, id, 1, NOON - 9 * MINUTE);
      const call = () => centre.control({ visit: { visit: op.payload.visit_id, to: 'called', window: 2 } });
      await a.push(op);
      if (order === 'the call first') call();
      expect(await results(b, undo(b, op.payload.visit_id, NOON - MINUTE))).toEqual([
        order === 'the call first' ? ['conflict_recorded', 'already-served'] : ['applied', undefined],
      ]);
      if (order === 'the undo first') {
        expect(queue(await seen.refresh())).toMatchObject([{ number: 1, state: 'left' }]);
        expect(seen.row('booking', id)).toMatchObject({ status: 'booked', ticket: null });
        call();
      }
      expect(queue(await seen.refresh())).toMatchObject([{ number: 1, state: 'called' }]);
      expect(seen.row('booking', id)).toMatchObject({ status: 'arrived' });
      // He did not come: then he has gone, as it was said.
      centre.control({ visit: { visit: op.payload.visit_id, to: 'waiting' } });
      expect(queue(await seen.refresh())).toMatchObject([{ number: 1, state: 'left' }]);
    },
  );

  it('row 14: an undo that is heard of before its check-in, and a new check-in after it', async () => {
    const { a, b, id, seen } = await stage();
    const [first, again] = [checkin(a, id, 1, NOON - 9 * MINUTE), checkin(a, id, 2, NOON - 3 * MINUTE)];
    await b.push(undo(b, first.payload.visit_id, NOON - 6 * MINUTE));
    await a.push(first, again);
    expect(queue(await seen.refresh())).toMatchObject([
      { number: 1, state: 'left', also: [] },
      { number: 2, state: 'waiting', also: [] },
    ]);
    expect(seen.row('booking', id)).toMatchObject({ status: 'arrived', ticket: { number: 2 } });
    expect(seen.all('conflict').size).toBe(0);
  });

  it('row 15: a no-show of whom it turns out that he came in time is withdrawn', async () => {
    let now = NOON - 40 * MINUTE;
    const { centre, a, desk, seen } = await stage(NOON + 30 * MINUTE, () => now);
    // Late until a quarter past, and ten minutes of grace.
    const [inTime, tooLate] = [book(centre, NOON - 30 * MINUTE, 102), book(centre, NOON - 30 * MINUTE, 102)];
    expect(seen.row('booking', inTime)).toBeUndefined();
    now = NOON;
    for (const device of [a, desk]) await device.signIn();
    expect(markNoShows(centre.context, DEMO_OFFICE)).toBeGreaterThan(1);
    expect(markNoShows(centre.context, DEMO_OFFICE)).toBe(0);
    expect((await seen.refresh()).row('booking', inTime)).toMatchObject({ status: 'no-show' });
    const [came, missed] = [checkin(a, inTime, 1, NOON - 6 * MINUTE), checkin(a, tooLate, 2, NOON - 2 * MINUTE)];
    expect(await results(a, came, missed)).toEqual([
      ['conflict_recorded', 'no-show-withdrawn'],
      ['applied', undefined],
    ]);
    await seen.refresh();
    expect([inTime, tooLate].map((id) => seen.row('booking', id)?.status)).toEqual(['arrived', 'no-show']);
    expect(seen.row('conflict', came.op_id)).toMatchObject({ type: 'no-show-withdrawn', open: false });
    // The fact is kept in any case: he is here.
    expect(queue(seen)).toMatchObject([{ number: 1 }, { number: 2, order_at: NOON - 2 * MINUTE }]);
  });

  it('row 16: two desks change a visit: what is apart is merged, what is not is refused to the second', async () => {
    const { centre, a, desk, id, seen } = await stage();
    const second = await enrol(centre, DEMO_OFFICE, ['desk']);
    const op = checkin(a, id, 1, NOON - MINUTE);
    await a.push(op);
    const visit = op.payload.visit_id;
    const rev = (await seen.refresh()).rev('visit', visit);
    expect(await results(desk, edit(desk, visit, rev, { note: 'плохо слышит' }))).toEqual([['applied', undefined]]);
    expect(await results(second, edit(second, visit, rev, { priority: 'first' }))).toEqual([['merged', undefined]]);
    const [stale] = (await second.push(edit(second, visit, rev, { note: 'с ребёнком' }))).results;
    expect(stale).toMatchObject({ status: 'rejected', problem: { type: 'stale-revision' } });
    await seen.refresh();
    expect(stale?.rev).toBe(seen.rev('visit', visit));
    expect(seen.rev('visit_detail', visit)).toBe(seen.rev('visit', visit));
    expect(seen.row('visit', visit)).toMatchObject({ priority: 'first' });
    expect(seen.row('visit_detail', visit)).toMatchObject({ note: 'плохо слышит' });
    // Seen, and changed on purpose.
    const now = seen.rev('visit', visit);
    expect(await results(second, edit(second, visit, now, { note: 'с ребёнком' }))).toEqual([['applied', undefined]]);
    expect((await seen.refresh()).row('visit_detail', visit)).toMatchObject({ note: 'с ребёнком' });
    expect(await results(a, edit(a, visit, now, { note: '' }))).toEqual([['rejected', 'not-allowed']]);
    expect(await results(desk, edit(desk, uuidv7(), 1, { note: '' }))).toEqual([['rejected', 'not-found']]);
    // Calls in between are no matter.
    const known = seen.rev('visit', visit);
    centre.control({ visit: { visit, to: 'called', window: 1 } });
    expect(await results(desk, edit(desk, visit, known, { note: 'у окна' }))).toEqual([['applied', undefined]]);
  });

  it('row 17: what is older than three days is kept for statistics, and stands in no queue', async () => {
    const { centre, a, id, seen } = await stage();
    const days = (n: number) => ({ businessDate: `2026-03-${16 - n}`, number: n, occurredAt: NOON - n * DAY });
    const old = a.checkin({ bookingId: id, ...days(4) });
    const walkIn = a.walkIn({ businessDate: '2026-03-12', number: 7, occurredAt: NOON - 4 * DAY });
    expect(await results(a, old, walkIn)).toEqual([
      ['applied', undefined],
      ['applied', undefined],
    ]);
    expect(queue(await seen.refresh())).toEqual([]);
    expect(seen.all('conflict').size).toBe(0);
    expect(seen.row('booking', id)).toMatchObject({ status: 'booked' });
    const kept = centre.context.db.prepare('SELECT count(*) AS n FROM visit WHERE queue_date IS NULL').get();
    expect(kept).toEqual({ n: 2 });
    // Three days are not too many for the desk to hear of it.
    const ok = a.checkin({ bookingId: id, ...days(3) });
    expect(await results(a, ok)).toEqual([['conflict_recorded', 'other-day']]);
    expect((await seen.refresh()).row('conflict', ok.op_id)).toMatchObject({ type: 'other-day' });
    expect(queue(seen)).toEqual([]);
  });

  it('row 17: a device whose clock is days ahead does not put somebody into the queue of a day to come', async () => {
    let now = NOON;
    const { centre, a, seen } = await stage(NOON + 30 * MINUTE, () => now);
    await a.push(a.walkIn({ businessDate: '2026-03-19', number: 1, occurredAt: NOON + 3 * DAY }));
    expect(queue(await seen.refresh())).toMatchObject([{ number: 1, order_at: NOON }]);
    now += 3 * DAY;
    expect(queue(await holdingOf(await enrol(centre)).refresh())).toEqual([]);
  });

  it('row 18: a claim counts when the desk has seen the document, or at once where the office says so', async () => {
    const { a, desk, seen } = await stage();
    const [claimed, atOnce] = [
      a.walkIn({ businessDate: TODAY, number: 1, claim: 'infant' }),
      a.walkIn({ businessDate: TODAY, number: 2, claim: 'hero' }),
    ];
    await a.push(claimed, atOnce);
    const of = (op: typeof claimed) => [
      seen.row('visit', op.payload.visit_id)?.priority,
      seen.row('visit_detail', op.payload.visit_id)?.claim,
    ];
    await seen.refresh();
    expect(of(claimed)).toEqual(['none', { id: 'infant', level: 'first', confirmed: false, document: null }]);
    expect(of(atOnce)).toEqual(['out-of-turn', { id: 'hero', level: 'out-of-turn', confirmed: false, document: null }]);
    const visit = claimed.payload.visit_id;
    await desk.push(edit(desk, visit, seen.rev('visit', visit), { priority: 'first' }));
    await seen.refresh();
    expect(of(claimed)).toEqual(['first', { id: 'infant', level: 'first', confirmed: true, document: null }]);
  });

  it('row 19: every word about a visit is kept, and the latest counts', async () => {
    const { centre, a } = await stage();
    const visit = uuidv7();
    const say = (score: number, at: number) =>
      a.op('feedback', TODAY, { visit_id: visit, score, reasons: [], sealed: null }, at);
    await a.push(say(5, NOON - MINUTE), say(1, NOON - 9 * MINUTE));
    expect((await office<HallView>(centre, 'hall.json')).feedback).toMatchObject([{ score: 5 }]);
    expect(centre.context.db.prepare('SELECT count(*) AS n FROM feedback').get()).toEqual({ n: 2 });
  });
});
