import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import type { DemoKind } from '../centre/demo-list.ts';
import { closeCentres, enrol, MINUTE, NOON, office, ofKind, pullOf, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

describe('operations', () => {
  it('count once', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'today');
    const op = device.checkin({ bookingId: id, businessDate: TODAY, number: 5 });
    expect((await device.push(op)).results).toEqual([{ op_id: op.op_id, status: 'applied' }]);
    const again = await device.push(op);
    expect(again.results.map(({ status }) => status)).toEqual(['duplicate']);
    expect(again.acked_seq).toBe(1);
    // Also when it stands in the chain once more, written in another way.
    const twin = { ...op, op_id: op.op_id.toUpperCase(), seq: device.nextSeq() };
    const other = await device.push(twin);
    expect(other).toMatchObject({ acked_seq: 2, results: [{ op_id: twin.op_id, status: 'duplicate' }] });
    const visits = await office<object[]>(centre, 'visits.json');
    expect(visits).toHaveLength(1);
  });

  it('keep both visits of a booking that was checked in twice, and link them', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    const { id } = await ofKind(centre, 'today');
    const first = a.checkin({ bookingId: id, businessDate: TODAY, number: 701 });
    const second = b.checkin({ bookingId: id, businessDate: TODAY, number: 741 });
    await a.push(first);
    expect((await b.push(second)).results).toEqual([
      {
        op_id: second.op_id,
        status: 'conflict_recorded',
        problem: { type: 'double-checkin', title: expect.any(String) as string },
      },
    ]);
    const visits = await office<Record<string, unknown>[]>(centre, 'visits.json');
    expect(visits.find((visit) => visit['visit_id'] === second.payload.visit_id)).toMatchObject({
      conflict: 'double-checkin',
      linked_visit: first.payload.visit_id,
      ticket: 'А\u00a0741',
    });
    // The booking keeps the number that it was given first.
    const row = (await a.pull()).find((one) => one['id'] === id);
    expect(row?.['data']).toMatchObject({ status: 'arrived', ticket: { number: 701 } });
    // One entry in the queue.
    expect((await pullOf(await enrol(centre), 'visit')).map((visit) => visit.id)).toEqual([first.payload.visit_id]);
    // And the answer to a repeat still says what it collides with.
    expect((await b.push(second)).results[0]).toMatchObject({
      status: 'duplicate',
      problem: { type: 'double-checkin' },
    });
  });

  it('are never refused as facts: cancelled, other office, unknown, a number that was used', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const at = async (kind: DemoKind, number: number) =>
      device.checkin({ bookingId: (await ofKind(centre, kind)).id, businessDate: TODAY, number });
    const ops = [
      await at('cancelled', 1),
      await at('other-office', 2),
      await at('other-day', 4),
      await at('unknown', 3),
      device.checkin({ bookingId: 'c'.repeat(32), businessDate: TODAY, number: 3 }),
    ];
    const { results, acked_seq } = await device.push(...ops);
    expect(results.map(({ status, problem }) => [status, problem?.type])).toEqual([
      ['conflict_recorded', 'booking-cancelled'],
      ['conflict_recorded', 'other-office'],
      ['conflict_recorded', 'other-day'],
      ['applied', undefined],
      ['conflict_recorded', 'number-used-twice'],
    ]);
    expect(acked_seq).toBe(5);
    const visits = await office<Record<string, unknown>[]>(centre, 'visits.json');
    expect(visits).toHaveLength(5);
    expect(visits.filter((visit) => visit['provisional'] === true)).toHaveLength(2);
  });

  it('find their booking when it comes in after them', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.pull();
    const { id } = await ofKind(centre, 'unknown');
    await device.push(
      device.checkin({ bookingId: id, businessDate: TODAY, number: 9, provisional: true, occurredAt: NOON - MINUTE }),
    );
    centre.control({ book: { id, office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON + 20 * MINUTE } });
    const [known, ...visits] = (await device.pull())
      .map((row) => change.parse(row))
      .toSorted((x, y) => (x.c < y.c ? -1 : 1));
    expect(known).toMatchObject({ data: { status: 'arrived', ticket: { series: 'A', number: 9 } } });
    // He stands at his time from then on.
    expect(visits).toEqual([
      expect.objectContaining({
        c: 'visit',
        data: expect.objectContaining({ order_at: NOON + 20 * MINUTE, arrived_at: NOON - MINUTE }) as unknown,
      }),
    ]);
  });

  it('that cannot be read are kept and hold up nothing', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'today');
    const unknown = { op_id: uuidv7(), seq: device.nextSeq(), type: 'teleport', kind: 'fact', payload: { to: 'moon' } };
    const broken = { ...device.checkin({ bookingId: 'nonsense', businessDate: TODAY, number: 1 }) };
    const good = device.checkin({ bookingId: id, businessDate: TODAY, number: 2 });
    const reprint = {
      ...good,
      op_id: uuidv7(),
      seq: device.nextSeq(),
      type: 'ticket.reprint' as const,
      payload: { visit_id: good.payload.visit_id, copy: 1 },
    };
    const scan = {
      ...good,
      op_id: uuidv7(),
      seq: device.nextSeq(),
      type: 'scan.failed' as const,
      payload: { reason: 'bad-signature', text_sha256: 'a'.repeat(64) },
    };
    const { results, acked_seq } = await device.push(unknown, broken, good, reprint, scan);
    expect(results.map(({ op_id, status }) => [op_id, status])).toEqual([
      [unknown.op_id, 'rejected'],
      [broken.op_id, 'rejected'],
      [good.op_id, 'applied'],
      [reprint.op_id, 'applied'],
      [scan.op_id, 'applied'],
    ]);
    expect(acked_seq).toBe(5);
    const kept = centre.context.db
      .prepare<[string], { body: string; problem_type: string }>(
        'SELECT body, problem_type FROM operation WHERE op_id = ?',
      )
      .get(unknown.op_id);
    expect(JSON.parse(kept?.body ?? '{}')).toEqual(unknown);
    expect(kept?.problem_type).toBe('unreadable');
    const visits = await office<Record<string, unknown>[]>(centre, 'visits.json');
    expect(visits).toMatchObject([{ visit_id: good.payload.visit_id, copies: 1 }]);

    // It is read once more when it comes again: this centre may have learned it since.
    expect((await device.push(unknown)).results[0]).toMatchObject({
      status: 'rejected',
      problem: { type: 'unreadable' },
    });
  });

  it('of another device with the same id are its own', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    const op = a.checkin({ bookingId: 'e'.repeat(32), businessDate: TODAY, number: 1 });
    await a.push(op);
    const other = { ...b.checkin({ bookingId: 'f'.repeat(32), businessDate: TODAY, number: 2 }), op_id: op.op_id };
    expect((await b.push(other)).results[0]?.status).toBe('applied');
  });
});
