import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import type { HallView } from '../centre/hall-view.ts';
import { erase, openPurges, purge } from '../centre/retention.ts';
import { HOUR, DAY, stage, checkin, create, edit, queue, sealed, holdingOf } from '../centre/test-desk.ts';
import type { TestDevice } from '../centre/test-device.ts';
import { closeCentres, MINUTE, NOON, office, ofKind, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

/** What a device says when it has erased rows. */
const confirm = async (device: TestDevice, purged: readonly string[], at: number) => {
  for (const c of ['booking', 'person', 'visit', 'visit_detail']) {
    const ids = purged.filter((row) => row.startsWith(`${c} `)).map((row) => row.slice(c.length + 1));
    if (ids.length > 0) await device.push(device.op('purge.done', TODAY, { c, ids }, at));
  }
};

describe('personal data', () => {
  it('row 20: what is older than it may be is erased here, and at each device that may hold it', async () => {
    let now = NOON;
    const { centre, a, b, desk, seen } = await stage(NOON + 30 * MINUTE, () => now);
    const { id } = await ofKind(centre, 'today');
    const kiosk = await holdingOf(a).refresh();
    expect(seen.row('person', id)?.name).toMatch(/^[А-Я]/);
    now += 31 * DAY;
    for (const device of [a, b, desk]) await device.signIn();
    expect(purge(centre.context)).toBeGreaterThan(200);
    expect((await kiosk.refresh()).purged).toContain(`booking ${id}`);
    expect(kiosk.purged.some((row) => row.startsWith('person'))).toBe(false);
    expect((await seen.refresh()).purged).toEqual(expect.arrayContaining([`booking ${id}`, `person ${id}`]));
    const open = () => openPurges(centre.context, DEMO_OFFICE).map(({ device_id, rows }) => [device_id, rows > 0]);
    expect(open()).toEqual([a, b, desk].map((device) => [device.id, true]));

    await confirm(a, kiosk.purged, now);
    await confirm(desk, seen.purged, now);
    expect(open()).toEqual([[b.id, true]]);
    expect((await office<HallView>(centre, 'hall.json')).purges).toMatchObject([{ slot: 2 }]);
    // One that is gone for good has nothing to answer.
    centre.control({ revoke: b.id });
    expect(open()).toEqual([]);
    const { db } = centre.context;
    for (const table of ['person', 'booking']) {
      expect(db.prepare(`SELECT 1 FROM ${table} WHERE booking_id = ?`).get(id)).toBeUndefined();
    }
    expect(db.prepare(`SELECT count(*) AS n FROM current_row WHERE data LIKE '%${id}%'`).get()).toEqual({ n: 0 });
  });

  it('row 20: who has not answered is asked again, also when he went on from a snapshot', async () => {
    let now = NOON;
    const { centre, a } = await stage(NOON + 30 * MINUTE, () => now);
    const { id } = await ofKind(centre, 'today');
    const kiosk = await holdingOf(a).refresh();
    now += 31 * DAY;
    await a.signIn();
    purge(centre.context);
    // A snapshot does not say what is gone.
    let head = '';
    for await (const line of a.snapshot()) if (line.t === 'head') head = line.cursor;
    a.cursor = head;
    expect((await kiosk.refresh()).purged).not.toContain(`booking ${id}`);
    expect(purge(centre.context)).toBe(0);
    await kiosk.refresh();
    expect(kiosk.purged).toContain(`booking ${id}`);
    await confirm(a, kiosk.purged, now);
    expect(openPurges(centre.context, DEMO_OFFICE).map(({ device_id }) => device_id)).not.toContain(a.id);
  });

  it('is erased at once when somebody asks for it; his number stays in the queue', async () => {
    const { centre, a, desk, seen } = await stage();
    const { id } = await ofKind(centre, 'today');
    const [op] = [checkin(a, id, 1, NOON - MINUTE)];
    await a.push(op);
    await seen.refresh();
    await desk.push(edit(desk, op.payload.visit_id, seen.rev('visit', op.payload.visit_id), { note: 'с коляской' }));
    expect((await seen.refresh()).row('person', id)).toBeDefined();
    erase(centre.context, id);
    await seen.refresh();
    expect(seen.purged.toSorted()).toEqual([`booking ${id}`, `person ${id}`]);
    expect(queue(seen)).toMatchObject([{ number: 1, state: 'waiting' }]);
    expect(seen.row('visit_detail', op.payload.visit_id)).toMatchObject({ note: null, phone: null });
    expect(JSON.stringify(centre.context.db.prepare('SELECT data FROM current_row').all())).not.toContain('коляской');
  });

  it('that was sealed by a device is erased where it stands, and the operation is kept', async () => {
    let now = NOON;
    const { centre, a } = await stage(NOON + 30 * MINUTE, () => now);
    const left = await sealed(a, '+79161234567');
    const at = NOON + 22 * HOUR;
    await a.push(
      create(a, at, left),
      a.walkIn({ businessDate: TODAY, number: 1, contact: left, occurredAt: NOON }),
      a.op('feedback', TODAY, { visit_id: uuidv7(), score: 5, reasons: [], sealed: left.sealed }, NOON),
    );
    const { db } = centre.context;
    const holding = (table: string, column: string): number =>
      db.prepare<[], { n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${column} LIKE '%${left.sealed}%'`).get()
        ?.n ?? 0;
    const places = [
      ['operation', 'body'],
      ['visit', 'contact'],
      ['booking', 'contact'],
      ['feedback', 'sealed'],
    ] as const;
    expect(places.map(([table, column]) => holding(table, column))).toEqual([3, 1, 1, 1]);
    now += 33 * DAY;
    purge(centre.context);
    expect(places.map(([table, column]) => holding(table, column))).toEqual([0, 0, 0, 0]);
    expect(db.prepare('SELECT count(*) AS n FROM operation').get()).toEqual({ n: 3 });
    expect(JSON.stringify(db.prepare('SELECT data FROM current_row').all())).not.toContain('9161234567');
    // For statistics.
    expect(db.prepare('SELECT count(*) AS n FROM visit').get()).toEqual({ n: 1 });
  });

  it('is with desks alone, and only for as long as they have the booking', async () => {
    let now = NOON;
    const { centre, a, desk, seen } = await stage(NOON + 30 * MINUTE, () => now);
    const { id, masked, factor } = await ofKind(centre, 'today');
    const person = seen.row('person', id);
    const [surname = '', first = ''] = person?.name.split(' ') ?? [];
    expect(`${first.charAt(0)}. ${surname.charAt(0)}.`).toBe(masked);
    expect(person?.phone?.slice(-4)).toBe(factor?.phone4);
    const kiosk = await holdingOf(a).refresh();
    expect([kiosk.all('person').size, kiosk.all('visit_detail').size, kiosk.all('conflict').size]).toEqual([0, 0, 0]);
    now += 2 * DAY;
    await desk.signIn();
    expect((await seen.refresh()).row('person', id)).toBeUndefined();
    // The centre still knows.
    expect(centre.context.db.prepare('SELECT 1 FROM person WHERE booking_id = ?').get(id)).toBeDefined();
    expect(seen.purged).toEqual([]);
  });
});
