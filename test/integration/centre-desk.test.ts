import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { COLLECTIONS, DESK_COLLECTIONS, keysAnswer } from '../../shared/contracts/centre/schemas.ts';
import { digestOf } from '../centre/change-log.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import type { HallView } from '../centre/hall-view.ts';
import { results, stage } from '../centre/test-desk.ts';
import { sealFor } from '../centre/test-device.ts';
import { closeCentres, enrol, NOON, office, start, TODAY } from '../centre/test-stage.ts';

/** Desks and the centre over HTTP: what is sent twice counts once, and who gets which rows. */

afterEach(closeCentres);

describe('what a desk tells', () => {
  it('counts once, however often it comes, and has the same answer', async () => {
    const { centre, a, desk, id, seen } = await stage();
    const visit = a.walkIn({ businessDate: TODAY, number: 7, occurredAt: NOON });
    const help = uuidv7();
    await a.push(visit, a.op('help', TODAY, { help_id: help, screen: 'home', reason: null }, NOON));
    const { sealing } = keysAnswer.parse(await desk.call('keys', {}));
    if (!sealing) throw new Error('the centre has no sealing key');
    const sealed = await sealFor(sealing, { phone: '+79161234567' });
    const by = { actor: 'anna' };
    const ops = [
      { ...desk.op('help.take', TODAY, { help_id: help }, NOON), ...by },
      { ...desk.op('help.take', TODAY, { help_id: help }, NOON + 1), actor: 'boris' },
      desk.op(
        'visit.stage',
        TODAY,
        { visit_id: visit.payload.visit_id, position: 0, to: 'called', window_id: 5 },
        NOON,
      ),
      desk.op('visit.stage', TODAY, { visit_id: visit.payload.visit_id, position: 1, to: 'done', window_id: 5 }, NOON),
      desk.op('booking.no-show', TODAY, { booking_id: id }, NOON),
      desk.op('ticket.send', TODAY, { visit_id: visit.payload.visit_id, sealed, consent_version: '1' }, NOON),
      desk.op('device.order', TODAY, { device_id: a.id, order: 'restart' }, NOON),
      desk.op('device.order', TODAY, { device_id: uuidv7(), order: 'close' }, NOON),
      desk.op('staff.emergency', TODAY, { staff_id: 'emergency' }, NOON),
    ];
    expect(await results(desk, ...ops)).toEqual([
      ['applied', undefined],
      ['conflict_recorded', 'already-taken'],
      ['applied', undefined],
      ['conflict_recorded', 'not-found'],
      ['applied', undefined],
      ['applied', undefined],
      ['applied', undefined],
      ['rejected', 'not-found'],
      ['applied', undefined],
    ]);
    await seen.refresh();
    const held = () => JSON.stringify(Object.keys(COLLECTIONS).map((c) => [...seen.all(c as 'visit')]));
    const [before, code] = [held(), centre.control({ emergency: { office_id: DEMO_OFFICE } }).emergency];
    expect(await results(desk, ...ops)).toEqual([
      ['duplicate', undefined],
      ['duplicate', 'already-taken'],
      ['duplicate', undefined],
      ['duplicate', 'not-found'],
      ['duplicate', undefined],
      ['duplicate', undefined],
      ['duplicate', undefined],
      ['rejected', 'not-found'],
      ['duplicate', undefined],
    ]);
    await seen.refresh();
    expect(held()).toBe(before);
    expect(centre.control({ emergency: { office_id: DEMO_OFFICE } }).emergency).toBe(code);
    expect(code).not.toBe('402917563381');
    expect(centre.control({ sms: DEMO_OFFICE }).sms).toMatchObject([{ phone: '+79161234567', ticket: 'А\u00a0007' }]);
    expect(seen.row('device', a.id)?.order.restart).toBe(ops[6]?.op_id);
    const hall = await office<HallView>(centre, 'hall.json');
    expect(hall.help).toMatchObject([{ taken_by: 'anna', slot: 1 }]);
    expect(hall.sms).toMatchObject([{ ticket: 'А\u00a0007', ends: '67' }]);
    expect(hall.envelopes).toMatchObject([{ staff_id: 'emergency', code }]);
    expect(hall.devices).toHaveLength(3);
  });
});

describe('the rows of a desk', () => {
  it('come in the order of the contract, and none of them goes to a kiosk in any way', async () => {
    const centre = await start();
    const [kiosk, desk] = [await enrol(centre), await enrol(centre, DEMO_OFFICE, ['desk'])];
    const names = Object.keys(COLLECTIONS);
    const read = async (device: typeof kiosk, collections = '') => {
      const rows: { c: string; id: string; rev: number }[] = [];
      for await (const line of device.snapshot({ collections })) {
        if (line.t === 'row') rows.push({ c: line.c, id: String(line.id), rev: line.rev });
      }
      return rows;
    };
    const all = await read(desk);
    expect(all.map(({ c }) => names.indexOf(c))).toEqual(
      all.map(({ c }) => names.indexOf(c)).toSorted((a, b) => a - b),
    );
    expect(all.map(({ c }) => c)).toEqual(expect.arrayContaining(['staff', 'device', 'day_numbers']));
    expect(await read(kiosk, DESK_COLLECTIONS.join(','))).toEqual([]);
    expect((await kiosk.pull()).filter(({ c }) => c === 'staff' || c === 'day_numbers')).toEqual([]);
    for (const [device, rows] of [
      [desk, all],
      [kiosk, await read(kiosk)],
    ] as const) {
      await device.pull();
      const { digests = [] } = await device.call('changes', { cursor: device.cursor, digests: 1 });
      expect(digests).toEqual(names.map((c) => ({ c, ...digestOf(rows.filter((row) => row.c === c)) })));
    }
  });
});

describe('the knobs', () => {
  it('change who may sign in, and what roles may do', async () => {
    const { centre, seen } = await stage();
    const before = seen.row('staff', 'anna');
    centre.control({
      staff: { id: 'anna', role: 'senior', active: false, valid_until: NOON },
      setting: { id: 'staff.rights', value: { senior: ['list'] } },
    });
    centre.control({ staff: { id: 'boris', pin: '1111' } });
    centre.control({ staff: { id: 'zoya', name: 'Зоя', pin: '2222', office_id: DEMO_OFFICE } });
    await seen.refresh();
    expect(seen.row('staff', 'anna')).toEqual({ ...before, role: 'senior', active: false, valid_until: NOON });
    expect(seen.rev('staff', 'boris')).toBe(2);
    expect(seen.row('staff', 'zoya')).toMatchObject({ name: 'Зоя', role: 'receptionist', active: true });
    expect(seen.row('setting', 'staff.rights')).toEqual({ value: { senior: ['list'] } });
    centre.control({ setting: { id: 'staff.rights' } });
    expect((await seen.refresh()).row('setting', 'staff.rights')).toBeUndefined();
    expect(() => centre.control({ staff: { id: 'nobody' } })).toThrow(/PIN/);
  });
});
