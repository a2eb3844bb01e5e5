import { scryptSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import type { BookingRecord } from '../../shared/contracts/centre/schemas.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import type { HallView } from '../centre/hall-view.ts';
import type { Centre } from '../centre/index.ts';
import { sealFor, type TestDevice } from '../centre/test-device.ts';
import { closeCentres, enrol, MINUTE, NOON, office, ofKind, pullOf, start, TODAY } from '../centre/test-stage.ts';

afterEach(closeCentres);

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Tomorrow at ten and at half past ten. */
const TEN = NOON + 22 * HOUR;
const HALF_PAST = TEN + 30 * MINUTE;
const slotOf = (startsAt: number, service = 101): string => `${service}-${startsAt}`;
const newId = (): string => uuidv7().replaceAll('-', '');

const create = (device: TestDevice, startsAt: number, bookingId = newId(), serviceId = 101) =>
  device.op('booking.create', TODAY, {
    booking_id: bookingId,
    service_id: serviceId,
    further_services: [],
    starts_at: startsAt,
    language: 'ru',
    contact: null,
  });
const reschedule = (device: TestDevice, bookingId: string, startsAt: number) =>
  device.op('booking.reschedule', TODAY, { booking_id: bookingId, starts_at: startsAt });
const cancel = (device: TestDevice, bookingId: string) => device.op('booking.cancel', TODAY, { booking_id: bookingId });
const withdraw = (device: TestDevice, opId: string) => device.op('request.withdraw', TODAY, { op_id: opId });

/** What slots have room for now, as devices know it. */
const free = (centre: Centre, startsAt: number): number | undefined => {
  const row = centre.context.db
    .prepare<[string], { data: string }>(`SELECT data FROM entity WHERE collection = 'slot' AND id = ?`)
    .get(slotOf(startsAt));
  return row && (JSON.parse(row.data) as { free: number }).free;
};
const setFree = (centre: Centre, startsAt: number, places: number) =>
  centre.control({ slots: { office_id: DEMO_OFFICE, slot: slotOf(startsAt), free: places } });
const only = async (device: TestDevice, ...ops: Parameters<TestDevice['push']>) =>
  (await device.push(...ops)).results[0];
const bookingRow = async (device: TestDevice, id: string): Promise<BookingRecord | undefined> => {
  const row = (await pullOf(device, 'booking')).find((one) => one.id === id);
  return row?.op === 'put' ? row.data : undefined;
};

describe('a booking that is asked for', () => {
  it('takes a place, and the confirmation of it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    setFree(centre, TEN, 2);
    const op = create(device, TEN);
    const result = await only(device, op);
    expect(result).toMatchObject({
      status: 'applied',
      booking: { id: op.payload.booking_id, starts_at: TEN, status: 'booked' },
    });
    expect(result?.booking?.number).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(result?.booking?.token).toMatch(/^EZ1[A-Z2-7]{151}$/);
    expect(free(centre, TEN)).toBe(1);
    expect(await bookingRow(device, op.payload.booking_id)).toMatchObject({
      service_id: 101,
      language: 'ru',
      revision: 0,
    });
    // The answer was lost: the same again.
    expect(await only(device, op)).toEqual({ ...result, status: 'duplicate' });
    expect(free(centre, TEN)).toBe(1);
  });

  it('is refused when another device was quicker, and stays refused', async () => {
    const centre = await start();
    const [a, b] = [await enrol(centre), await enrol(centre)];
    setFree(centre, TEN, 1);
    const [first, second] = [create(a, TEN), create(b, TEN)];
    const replies = await Promise.all([only(a, first), only(b, second)]);
    expect(replies.map((reply) => reply?.status)).toEqual(expect.arrayContaining(['applied', 'rejected']));
    const loser = replies[0]?.status === 'rejected' ? { device: a, op: first } : { device: b, op: second };
    expect(free(centre, TEN)).toBe(0);
    // Somebody else makes room: who was told no is not booked behind his back.
    setFree(centre, TEN, 1);
    expect(await only(loser.device, loser.op)).toMatchObject({ status: 'rejected', problem: { type: 'slot-taken' } });
    const { requests } = await office<HallView>(centre, 'hall.json');
    expect(requests.map(({ status, problem }) => [status, problem])).toEqual(
      expect.arrayContaining([
        ['applied', null],
        ['rejected', 'slot-taken'],
      ]),
    );
    expect(requests).toHaveLength(2);
  });

  it.each([
    ['at a time that is none', TEN + MINUTE, 101, 'slot-taken'],
    ['in the past', NOON - HOUR, 101, 'too-late'],
    ['for a service that is not there', TEN, 999, 'not-found'],
  ])('is refused %s', async (_, startsAt, service, type) => {
    const centre = await start();
    const device = await enrol(centre);
    expect(await only(device, create(device, startsAt, newId(), service))).toMatchObject({
      status: 'rejected',
      problem: { type },
    });
  });

  it('with an id that another booking has is refused', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'today');
    expect(await only(device, create(device, TEN, id))).toMatchObject({ problem: { type: 'booking-known' } });
  });

  it('can be found by the phone that was left with it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { sealing } = await device.call('keys', {});
    if (!sealing) throw new Error('the centre has no sealing key');
    const op = create(device, TEN);
    const sealed = await sealFor(sealing, { phone: '+79161234567' });
    op.payload.contact = { sealed, consent_version: '1', consent_at: NOON };
    await device.push(op);
    const [factor] = (await bookingRow(device, op.payload.booking_id))?.factors ?? [];
    if (!factor) throw new Error('the booking has no factor');
    const hash = scryptSync('4567', Buffer.from(factor.salt, 'base64url'), 32, { N: 2 ** factor.cost, r: 8, p: 1 });
    expect([factor.kind, hash.toString('base64url')]).toEqual(['phone4', factor.hash]);
    expect((await office<HallView>(centre, 'hall.json')).requests).toMatchObject([{ phone: true }]);
  });
});

describe('another time', () => {
  it('takes a place there and frees the old one; the revision grows', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const made = create(device, TEN);
    await device.push(made);
    const [atTen = 0, later = 0] = [free(centre, TEN), free(centre, HALF_PAST)];
    const op = reschedule(device, made.payload.booking_id, HALF_PAST);
    const result = await only(device, op);
    expect(result).toMatchObject({ status: 'applied', booking: { starts_at: HALF_PAST, status: 'booked' } });
    expect([free(centre, TEN), free(centre, HALF_PAST)]).toEqual([atTen + 1, later - 1]);
    expect(await bookingRow(device, made.payload.booking_id)).toMatchObject({ starts_at: HALF_PAST, revision: 1 });
    expect(await only(device, op)).toEqual({ ...result, status: 'duplicate' });
    // The same time once more is no move.
    await device.push(reschedule(device, made.payload.booking_id, HALF_PAST));
    expect(await bookingRow(device, made.payload.booking_id)).toBeUndefined();
  });

  it('may be had by who missed the hour, not by who missed the day', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const { id } = await ofKind(centre, 'late');
    expect((await only(device, reschedule(device, id, TEN)))?.status).toBe('applied');
    const yesterday = centre.control({ book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON - DAY } });
    expect(await only(device, reschedule(device, yesterday.booking?.id ?? '', TEN))).toMatchObject({
      status: 'rejected',
      problem: { type: 'too-late' },
    });
  });

  it('is refused where it cannot be, and the answer tells how the booking stands', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const [arrived, full] = [await ofKind(centre, 'today', 90), await ofKind(centre, 'today', 91)];
    const [cancelled, elsewhere] = [await ofKind(centre, 'cancelled'), await ofKind(centre, 'other-office')];
    await device.push(device.checkin({ bookingId: arrived.id, businessDate: TODAY, number: 1 }));
    centre.control({
      slots: { office_id: DEMO_OFFICE, slot: slotOf(TEN, full.service.id), free: 0 },
    });
    const ops = [
      reschedule(device, arrived.id, TEN),
      reschedule(device, full.id, TEN),
      reschedule(device, full.id, NOON - HOUR),
      reschedule(device, cancelled.id, TEN),
      reschedule(device, elsewhere.id, TEN),
      reschedule(device, 'd'.repeat(32), TEN),
    ];
    const { results } = await device.push(...ops);
    expect(results.map(({ status, problem, booking }) => [status, problem?.type, booking?.status])).toEqual([
      ['rejected', 'already-arrived', 'arrived'],
      ['rejected', 'slot-taken', 'booked'],
      ['rejected', 'too-late', 'booked'],
      ['rejected', 'booking-cancelled', 'cancelled'],
      // Of another office it learns nothing.
      ['rejected', 'not-found', undefined],
      ['rejected', 'not-found', undefined],
    ]);
  });
});

describe('cancelling', () => {
  it('frees the place, and can be asked for any number of times', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const made = create(device, TEN);
    await device.push(made);
    const before = free(centre, TEN) ?? 0;
    const op = cancel(device, made.payload.booking_id);
    const result = await only(device, op);
    expect(result).toMatchObject({ status: 'applied', booking: { status: 'cancelled', token: null } });
    expect(free(centre, TEN)).toBe(before + 1);
    expect(await only(device, op)).toEqual({ ...result, status: 'duplicate' });
    expect((await only(device, cancel(device, made.payload.booking_id)))?.status).toBe('applied');
    expect(free(centre, TEN)).toBe(before + 1);
  });

  it('is refused to who has arrived, and for what is not there', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const other = await enrol(centre, OTHER_OFFICE);
    const { id } = await ofKind(centre, 'today');
    await device.push(device.checkin({ bookingId: id, businessDate: TODAY, number: 1 }));
    expect(await only(device, cancel(device, id))).toMatchObject({ problem: { type: 'already-arrived' } });
    expect(await only(other, cancel(other, id))).toMatchObject({ problem: { type: 'not-found' } });
  });
});

describe('a request that is taken back', () => {
  it('does nothing when it comes after that', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const before = free(centre, TEN);
    const opId = uuidv7();
    expect((await only(device, withdraw(device, opId)))?.status).toBe('applied');
    const op = { ...create(device, TEN), op_id: opId };
    expect(await only(device, op)).toMatchObject({ status: 'rejected', problem: { type: 'withdrawn' } });
    expect(free(centre, TEN)).toBe(before);
    expect(await bookingRow(device, op.payload.booking_id)).toBeUndefined();
  });

  it('is undone when it had come: the booking is cancelled, the old time returns, the cancelled one stands again', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const made = create(device, TEN);
    const id = made.payload.booking_id;
    const places = free(centre, TEN) ?? 0;
    const moved = reschedule(device, id, HALF_PAST);
    await device.push(made, moved);
    expect(await only(device, withdraw(device, moved.op_id))).toMatchObject({
      status: 'applied',
      booking: { starts_at: TEN, status: 'booked' },
    });
    expect(await bookingRow(device, id)).toMatchObject({ starts_at: TEN, revision: 2 });

    const cancelled = cancel(device, id);
    await device.push(cancelled);
    expect(free(centre, TEN)).toBe(places);
    expect(await only(device, withdraw(device, cancelled.op_id))).toMatchObject({ booking: { status: 'booked' } });
    expect(free(centre, TEN)).toBe(places - 1);

    const undone = withdraw(device, made.op_id);
    expect(await only(device, undone)).toMatchObject({ status: 'applied', booking: { status: 'cancelled' } });
    expect(free(centre, TEN)).toBe(places);
    expect(await only(device, undone)).toMatchObject({ status: 'duplicate', booking: { status: 'cancelled' } });
  });

  it('is left as it is, and told, when things have gone on meanwhile', async () => {
    const centre = await start();
    const device = await enrol(centre);
    setFree(centre, TEN, 1);
    const [first, moved] = [create(device, TEN), newId()];
    const away = reschedule(device, first.payload.booking_id, HALF_PAST);
    await device.push(first, away);
    // The old place went to somebody else.
    expect((await only(device, create(device, TEN, moved)))?.status).toBe('applied');
    expect(await only(device, withdraw(device, away.op_id))).toMatchObject({
      status: 'conflict_recorded',
      problem: { type: 'slot-taken' },
      booking: { starts_at: HALF_PAST },
    });
    // Moved once more by the portal.
    centre.control({ move: { booking: first.payload.booking_id, starts_at: HALF_PAST + DAY } });
    expect(await only(device, withdraw(device, away.op_id))).toMatchObject({ problem: { type: 'stale-revision' } });
    // And he came.
    const soon = create(device, NOON + 30 * MINUTE);
    await device.push(soon, device.checkin({ bookingId: soon.payload.booking_id, businessDate: TODAY, number: 1 }));
    expect(await only(device, withdraw(device, soon.op_id))).toMatchObject({
      status: 'conflict_recorded',
      problem: { type: 'already-arrived' },
      booking: { status: 'arrived' },
    });
  });

  it('that was refused, or never heard of, is no matter', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const op = create(device, TEN + MINUTE);
    await device.push(op);
    const { results } = await device.push(withdraw(device, op.op_id), withdraw(device, uuidv7()));
    expect(results.map(({ status }) => status)).toEqual(['applied', 'applied']);
    // Of another device it is another request.
    const other = await enrol(centre);
    const made = create(device, TEN);
    await device.push(made);
    await other.push(withdraw(other, made.op_id));
    expect(await bookingRow(device, made.payload.booking_id)).toMatchObject({ status: 'booked' });
  });
});
