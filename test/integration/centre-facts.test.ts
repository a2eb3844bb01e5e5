import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { keysAnswer } from '../../shared/contracts/centre/schemas.ts';
import type { HallView } from '../centre/hall-view.ts';
import type { VisitView } from '../centre/office-view.ts';
import { sealFor } from '../centre/test-device.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { closeCentres, enrol, MINUTE, NOON, office, ofKind, pullOf, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

describe('a check-in', () => {
  it('stands at its booked time, however early he came', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { booking } = centre.control({
      book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON + 30 * MINUTE, priority: 'first' },
    });
    const op = device.checkin({
      bookingId: booking?.id ?? '',
      businessDate: TODAY,
      number: 1,
      occurredAt: NOON - MINUTE,
    });
    await device.push(op);
    expect((await pullOf(device, 'visit'))[0]).toMatchObject({
      data: { origin: 'booking', order_at: NOON + 30 * MINUTE, arrived_at: NOON - MINUTE, priority: 'first' },
    });
  });

  it('that is late stands where he arrived, and staff sees it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'late');
    const occurredAt = NOON - 3 * MINUTE;
    await device.push(device.checkin({ bookingId: id, businessDate: TODAY, number: 1, late: true, occurredAt }));
    expect((await pullOf(device, 'visit'))[0]).toMatchObject({ data: { order_at: occurredAt } });
    expect((await office<VisitView[]>(centre, 'visits.json'))[0]).toMatchObject({ late: true, flags: ['late'] });
  });

  it('never arrives after it was told of, whatever the device thinks the time is', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const occurredAt = NOON + 90 * MINUTE;
    await device.push(device.walkIn({ businessDate: TODAY, number: 1, occurredAt }));
    expect((await pullOf(device, 'visit'))[0]).toMatchObject({ data: { arrived_at: NOON, order_at: NOON } });
    expect((await office<VisitView[]>(centre, 'visits.json'))[0]).toMatchObject({ occurred_at: occurredAt });
  });

  it('with several services waits again after each, and is served after the last', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id, service, further_services: further } = await ofKind(centre, 'multi');
    const op = device.checkin({ bookingId: id, businessDate: TODAY, number: 1, serviceId: service.id, further });
    await device.push(op);
    const visit = op.payload.visit_id;
    const now = async () => (await pullOf(device, 'visit')).map((row) => row.op === 'put' && row.data);
    expect(await now()).toMatchObject([{ state: 'waiting', services: [{ state: 'waiting' }, { state: 'waiting' }] }]);
    centre.control({ visit: { visit, to: 'called', window: 1 } });
    expect(await now()).toMatchObject([
      { state: 'called', services: [{ state: 'called', window_id: 1, called_at: NOON }, { state: 'waiting' }] },
    ]);
    centre.control({ visit: { visit, to: 'serving' } });
    centre.control({ visit: { visit, to: 'done' } });
    expect(await now()).toMatchObject([
      { state: 'waiting', services: [{ state: 'done', window_id: 1, done_at: NOON }, { state: 'waiting' }] },
    ]);
    centre.control({ visit: { visit, to: 'called', window: 11 } });
    centre.control({ visit: { visit, to: 'serving' } });
    centre.control({ visit: { visit, to: 'done' } });
    const rows = await device.pull();
    expect(rows.map((row) => row['data'])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ state: 'done' }),
        expect.objectContaining({ number: expect.any(String) as string, status: 'served' }),
      ]),
    );
    expect(() => centre.control({ visit: { visit, to: 'called' } })).toThrow(/is over/);
    expect(() => centre.control({ visit: { visit: uuidv7(), to: 'called' } })).toThrow(/there is no visit/);
  });
});

describe('a walk-in', () => {
  it('counts once, and is flagged when something is wrong with it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const op = device.walkIn({ businessDate: TODAY, number: 5, further: [402] });
    expect((await device.push(op)).results).toEqual([{ op_id: op.op_id, status: 'applied' }]);
    expect((await device.push(op)).results[0]?.status).toBe('duplicate');
    const told = device.walkIn({ businessDate: TODAY, number: 5, visitId: op.payload.visit_id });
    const same = device.walkIn({ businessDate: TODAY, number: 5 });
    const { id } = await ofKind(centre, 'today');
    const other = device.checkin({ bookingId: id, businessDate: TODAY, number: 6, visitId: op.payload.visit_id });
    const { results } = await device.push(told, same, other);
    expect(results.map(({ status, problem }) => [status, problem?.type])).toEqual([
      ['merged', 'visit-known'],
      ['conflict_recorded', 'number-used-twice'],
      ['conflict_recorded', 'visit-known'],
    ]);
    const visits = await office<VisitView[]>(centre, 'visits.json');
    const walkIn = { origin: 'walk-in', booking_id: null };
    expect(visits.map(({ number, further, conflict }) => [number, further, conflict])).toEqual(
      expect.arrayContaining([
        [5, 1, null],
        [5, 0, 'number-used-twice'],
      ]),
    );
    expect(visits).toMatchObject([walkIn, walkIn]);
  });

  it.each([
    ['infant', 'none', 'first'],
    ['hero', 'out-of-turn', 'out-of-turn'],
    ['no longer on the list', 'none', 'none'],
    [null, 'none', 'none'],
  ])(
    'with the claim %s has priority %s until the desk has seen the document, then %s',
    async (claim, before, after) => {
      const centre = await start();
      const device = await enrol(centre);
      const op = device.walkIn({ businessDate: TODAY, number: 1, claim });
      await device.push(op);
      expect((await pullOf(device, 'visit'))[0]).toMatchObject({ data: { priority: before } });
      centre.control({ visit: { visit: op.payload.visit_id, to: 'confirm' } });
      const fresh = await enrol(centre);
      expect((await pullOf(fresh, 'visit'))[0]).toMatchObject({ data: { priority: after } });
    },
  );

  it('leaves a phone that only the centre can read, and that no page shows', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { sealing } = keysAnswer.parse(await device.call('keys', {}));
    if (!sealing) throw new Error('the centre has no sealing key');
    const sealed = await sealFor(sealing, { phone: '+79161234567', words: '' });
    const contact = { sealed, consent_version: '1', consent_at: NOON };
    const spoilt = { ...contact, sealed: `${sealed.slice(0, -4)}AAAA` };
    await device.push(
      device.walkIn({ businessDate: TODAY, number: 1, contact }),
      device.walkIn({ businessDate: TODAY, number: 2, contact: spoilt }),
    );
    const kept = centre.context.db.prepare<[], { contact: string }>('SELECT contact FROM visit ORDER BY number').all();
    expect(JSON.parse(kept[0]?.contact ?? '')).toEqual(contact);
    const text = await (await fetch(`${centre.url}/office/hall.json`)).text();
    const { queue } = JSON.parse(text) as HallView;
    expect(queue.map(({ ticket, phone }) => [ticket, phone])).toEqual([
      ['А\u00a0001', true],
      ['А\u00a0002', false],
    ]);
    expect(text).not.toContain('4567');
  });
});

describe('what else happens in the room', () => {
  it('is kept: a call for help and its end, in either order', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const [first, second] = [uuidv7(), uuidv7()];
    const help = (id: string, over: boolean) =>
      device.op('help', TODAY, { help_id: id, screen: 'factor', reason: over ? null : 'locked', over }, NOON);
    await device.push(help(first, false), help(second, true));
    const calls = async () => (await office<HallView>(centre, 'hall.json')).help;
    expect(await calls()).toMatchObject([
      { help_id: first, screen: 'factor', reason: 'locked', over_at: null, slot: 1 },
      { help_id: second, over_at: NOON },
    ]);
    await device.push(help(first, true), help(second, false));
    expect((await calls()).map(({ reason, over_at: at }) => [reason, at])).toEqual([
      ['locked', NOON],
      ['locked', NOON],
    ]);
  });

  it('is kept: that manual entry was locked', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const until = NOON + 15 * MINUTE;
    const op = device.op('entry.locked', TODAY, { what: 'number', until }, NOON);
    expect((await device.push(op)).results[0]?.status).toBe('applied');
    expect((await office<HallView>(centre, 'hall.json')).locked).toEqual([
      { slot: 1, what: 'number', until, at: NOON },
    ]);
  });

  it('is kept: every feedback, and the latest of a visit counts, whenever it came', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const visit = device.walkIn({ businessDate: TODAY, number: 7 });
    const say = (score: number, at: number) =>
      device.op('feedback', TODAY, { visit_id: visit.payload.visit_id, score, reasons: ['fast'], sealed: null }, at);
    const [later, earlier] = [say(5, NOON - MINUTE), say(2, NOON - 5 * MINUTE)];
    await device.push(visit, later, earlier);
    expect((await device.push(later)).results[0]?.status).toBe('duplicate');
    expect((await office<HallView>(centre, 'hall.json')).feedback).toEqual([
      {
        visit_id: visit.payload.visit_id,
        ticket: 'А\u00a0007',
        score: 5,
        reasons: ['fast'],
        words: false,
        at: NOON - MINUTE,
      },
    ]);
    expect(centre.context.db.prepare('SELECT count(*) AS n FROM feedback').get()).toEqual({ n: 2 });
  });

  it('gives numbers back that are not needed', async () => {
    const centre = await start();
    const [device, other] = [await enrol(centre), await enrol(centre)];
    const { numbers } = await device.lease('A', 'reserve', 40, TODAY);
    const op = device.op('lease.return', TODAY, { series: 'A', numbers: numbers.slice(0, 2) }, NOON);
    expect((await device.push(op)).results).toEqual([{ op_id: op.op_id, status: 'applied' }]);
    expect((await device.push(op)).results[0]?.status).toBe('duplicate');
    expect((await other.lease('A', 'reserve', 2, TODAY)).numbers).toEqual(numbers.slice(0, 2));
  });
});
