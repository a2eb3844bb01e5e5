import { randomUUID } from 'node:crypto';
import { readConfirmation } from './crypto.ts';
import { because, callAs, makeOp, pushOne, type Device } from './device.ts';
import { must, skip, type Check } from './suite.ts';
import { readFeed, rowsOf, type World } from './world.ts';

/** Requests that need what only the centre has, and what becomes of contradictions. */

/** A booking of its own making, in the free slot that is farthest off, or the next one. */
export const book = async (world: World, device: Device, which: 'farthest' | 'next' = 'farthest') => {
  const now = world.now();
  const least = now + (which === 'next' ? 60_000 : 3_600_000);
  // As they are now: other checks have booked before.
  const free = rowsOf((await readFeed(device)).feed, 'slot').filter(
    ({ data }) => data.free > 0 && data.starts_at > least,
  );
  const inOrder = free.toSorted((a, b) => a.data.starts_at - b.data.starts_at);
  const slot = (which === 'next' ? inOrder[0] : inOrder.at(-1))?.data;
  if (!slot) skip('the feed has no free slot to book');
  const booking_id = randomUUID().replaceAll('-', '');
  const op = makeOp(
    'booking.create',
    await world.moment(),
    { booking_id, service_id: slot.service_id, starts_at: slot.starts_at, language: 'ru' },
    { entity_id: booking_id },
  );
  const result = await pushOne(device, op);
  must(
    result.status === 'applied',
    `a booking in a slot with ${slot.free} free places is ${result.status}${because(result.problem)}`,
  );
  return { booking_id, slot, op, result };
};

const cancelOf = async (world: World, booking_id: string) =>
  makeOp('booking.cancel', await world.moment(), { booking_id }, { entity_id: booking_id });

export const requestChecks: readonly Check[] = [
  {
    id: 'requests.create',
    about: 'a booking in a free slot is applied, and its result tells the booking',
    run: async (world) => {
      const device = await world.device();
      const { booking_id, slot, result } = await book(world, device);
      const { booking } = result;
      must(
        booking?.id === booking_id && booking.starts_at === slot.starts_at && booking.status === 'booked',
        'the result of a booking has no `booking`, or another one: the visitor waits for its number',
      );
      await pushOne(device, await cancelOf(world, booking_id));
    },
  },
  {
    id: 'requests.confirmation',
    about: 'the confirmation of a booking is signed by one of the keys',
    run: async (world) => {
      const device = await world.device();
      const { booking_id, result } = await book(world, device);
      await pushOne(device, await cancelOf(world, booking_id));
      const token = result.booking?.token ?? null;
      if (token === null) skip('the centre gives no confirmations with its bookings');
      const { keys } = await callAs(device, 'keys', {});
      const read = keys.map(({ kty, crv, x }) => readConfirmation(token, { kty, crv, x }));
      must(
        read.some((one) => one?.holds === true && one.bookingId === booking_id),
        'the confirmation of a booking is no EZ1 text of it that one of the keys has signed',
      );
    },
  },
  {
    id: 'requests.taken',
    about: 'a request for what is not free is rejected with a reason, and stays so when it comes again',
    run: async (world) => {
      const device = await world.device();
      const [service] = rowsOf(await world.feed(), 'service');
      if (!service) skip('the feed has no service');
      const booking_id = randomUUID().replaceAll('-', '');
      const op = makeOp('booking.create', await world.moment(), {
        booking_id,
        service_id: Number(service.id),
        // No slot begins at such a time.
        starts_at: world.now() + 30 * 3_600_000 + 61_001,
        language: 'ru',
      });
      const start = { seq: device.seq, hash: device.hash };
      const { status, problem } = await pushOne(device, op);
      must(status === 'rejected', `a booking where there is no slot is ${status}: a request may be refused`);
      must(problem !== undefined, 'a rejected request has no problem: the visitor has to be told why');
      device.seq = start.seq;
      device.hash = start.hash;
      const again = await pushOne(device, op);
      must(
        again.status === 'rejected',
        `a rejected request that comes again is ${again.status}: the visitor was told no, it stays so`,
      );
    },
  },
  {
    id: 'requests.cancel',
    about: 'cancelling may come any number of times',
    run: async (world) => {
      const device = await world.device();
      const { booking_id } = await book(world, device);
      for (const time of ['first', 'second']) {
        const { status, booking, problem } = await pushOne(device, await cancelOf(world, booking_id));
        must(status === 'applied' || status === 'merged', `the ${time} cancellation is ${status}${because(problem)}`);
        must(
          booking?.status === 'cancelled',
          `after the ${time} cancellation the booking is ${booking?.status ?? 'not told'}`,
        );
      }
    },
  },
  {
    id: 'requests.withdraw',
    about: 'a request that was taken back before it came does nothing',
    run: async (world) => {
      const device = await world.device();
      const { booking_id } = await book(world, device);
      const late = await cancelOf(world, booking_id);
      await pushOne(device, makeOp('request.withdraw', await world.moment(), { op_id: late.op_id }));
      const { status, booking } = await pushOne(device, late);
      must(
        status === 'rejected' && booking?.status !== 'cancelled',
        `a request that was taken back before is ${status}: its visitor was told that it has not worked`,
      );
      await pushOne(device, await cancelOf(world, booking_id));
    },
  },
  {
    id: 'conflicts.cancelled',
    about: 'a check-in of a cancelled booking is kept, and flagged',
    run: async (world) => {
      const device = await world.device();
      const { booking_id, slot } = await book(world, device, 'next');
      await pushOne(device, await cancelOf(world, booking_id));
      const { status, problem } = await pushOne(device, await checkinOf(world, booking_id, slot.service_id));
      must(
        status === 'conflict_recorded',
        `a check-in of a cancelled booking is ${status}${because(problem)}: keep it as conflict_recorded`,
      );
      must(problem !== undefined, 'a conflict_recorded has no problem: say what it collides with');
    },
  },
  {
    id: 'conflicts.twice',
    about: 'a second check-in of the same booking is flagged, and is no second visit in the queue',
    run: async (world) => {
      const device = await world.device();
      const booking_id = randomUUID().replaceAll('-', '');
      const [service] = rowsOf(await world.feed(), 'service');
      const first = await checkinOf(world, booking_id, Number(service?.id ?? 1));
      const second = await checkinOf(world, booking_id, Number(service?.id ?? 1));
      await pushOne(device, first);
      const { status } = await pushOne(device, second);
      must(
        status === 'conflict_recorded',
        `the second check-in of one booking is ${status}: keep it as conflict_recorded`,
      );
      const { feed } = await readFeed(device);
      const visits = [first, second].filter(({ entity_id }) => feed.rows.has(`visit ${String(entity_id)}`));
      must(
        visits.length <= 1,
        'two check-ins of one booking are two visits in the queue: one visit, with the other ticket in `also`',
      );
      const [shown] = rowsOf(feed, 'visit').filter(({ id }) => id === first['entity_id'] || id === second['entity_id']);
      must(shown !== undefined, 'after two check-ins of one booking none is in the queue');
      must(
        shown.data.also.length > 0,
        'the second ticket is not in `also` of the visit: who is called by it will not know',
      );
    },
  },
  {
    id: 'conflicts.desk',
    about: 'a desk gets a row of `conflict` for what contradicts',
    run: async (world) => {
      const desk = await world.desk();
      const device = await world.device();
      const booking_id = randomUUID().replaceAll('-', '');
      const [service] = rowsOf(await world.feed(), 'service');
      const [one, two] = [
        await checkinOf(world, booking_id, Number(service?.id ?? 1)),
        await checkinOf(world, booking_id, Number(service?.id ?? 1)),
      ];
      await pushOne(device, one);
      await pushOne(device, two);
      const row = rowsOf((await readFeed(desk)).feed, 'conflict').find(({ data }) => data.booking_id === booking_id);
      must(row !== undefined, 'two check-ins of one booking leave no row of `conflict` for desks: nobody will decide');
      must(
        row.data.type === 'double-checkin',
        `two check-ins of one booking are a conflict ${row.data.type}, not double-checkin`,
      );
    },
  },
  {
    id: 'edits.own',
    about:
      'a desk goes on from its own edit though it has not seen its revision yet: only what others changed is stale',
    run: async (world) => {
      const desk = await world.desk();
      const walkIn = await world.walkIn();
      const visit_id = String(walkIn['entity_id']);
      await pushOne(desk, walkIn);
      const edit = async (note: string, base_rev: number) =>
        pushOne(
          desk,
          makeOp('visit.edit', await world.moment(), { visit_id, set: { note } }, { entity_id: visit_id, base_rev }),
        );
      const detail = rowsOf((await readFeed(desk)).feed, 'visit').find(({ id }) => id === visit_id);
      const rev = detail?.rev ?? 1;
      const first = await edit('one', rev);
      must(
        first.status === 'applied' || first.status === 'merged',
        `an edit of a note is ${first.status}${because(first.problem)}`,
      );
      const second = await edit('two', rev);
      must(
        second.status === 'applied' || second.status === 'merged',
        `a desk that changes its own note again is told ${second.status}${because(second.problem)}`,
      );
      const row = rowsOf((await readFeed(desk)).feed, 'visit_detail').find(({ id }) => id === visit_id);
      must(row?.data.note === 'two', 'the later note of a desk is not the one that stays');
    },
  },
];

export const checkinOf = async (world: World, booking_id: string, service_id: number) => {
  const visit_id = randomUUID();
  return makeOp(
    'checkin',
    await world.moment(),
    { visit_id, booking_id, service_id, ticket: await world.number(), provisional: false, source: 'camera' },
    { entity_id: visit_id },
  );
};
