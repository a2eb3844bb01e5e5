import { randomUUID } from 'node:crypto';
import { DESK_COLLECTIONS, type CollectionName, type OpResult } from '../../shared/contracts/centre/schemas.ts';
import { book, checkinOf } from './checks-requests.ts';
import { because, callAs, makeOp, pushOne, type Device, type OpFields } from './device.ts';
import { must, skip, type Check } from './suite.ts';
import { readFeed, rowsOf, type World } from './world.ts';

/** What reception desks tell and order, and what only they get. */

/** Of what a desk alone may have, what opens a desk's door or tells how its people work. */
const OF_STAFF: readonly CollectionName[] = DESK_COLLECTIONS.filter((c) => c === 'staff' || c === 'day_numbers');

const before = ({ occurred_at: at, business_date }: OpFields, ms: number): OpFields => ({
  occurred_at: at - ms,
  business_date,
});

const feedOf = async (device: Device) => (await readFeed(device)).feed;

const mustBe = (result: OpResult, status: OpResult['status'], what: string): void => {
  must(result.status === status, `${what} is ${result.status}${because(result.problem)} instead of ${status}`);
};

const stageOf = async (world: World, visit_id: string, to: 'called' | 'serving' | 'done', ago = 0) =>
  makeOp(
    'visit.stage',
    before(await world.moment(), ago),
    { visit_id, position: 0, to, window_id: null },
    { entity_id: visit_id, actor: 'conformance' },
  );

export const deskChecks: readonly Check[] = [
  {
    id: 'roles.staff',
    about: 'a kiosk gets no staff and no day_numbers, in no way',
    run: async (world) => {
      const kiosk = await world.kiosk();
      const { changes, feed } = await readFeed(kiosk, null, { digests: true });
      const names: readonly string[] = OF_STAFF;
      const leaked = changes.find(({ c }) => names.includes(c));
      must(!leaked, `a row of ${leaked?.c ?? ''} goes to a kiosk: what shows that a PIN is right is for desks alone`);
      const counted = feed.digests?.find(({ c, count }) => names.includes(c) && count > 0);
      must(!counted, `the digest of ${counted?.c ?? ''} counts rows for a kiosk that must not have any`);
    },
  },
  {
    id: 'desk.only',
    about: 'what is for desks to tell is not taken from a kiosk',
    run: async (world) => {
      const kiosk = await world.kiosk();
      const walkIn = await world.walkIn();
      await pushOne(kiosk, walkIn);
      const visit = String(walkIn['entity_id']);
      const result = await pushOne(kiosk, await stageOf(world, visit, 'called'));
      mustBe(result, 'conflict_recorded', 'a kiosk that says it serves people');
      const row = rowsOf(await feedOf(kiosk), 'visit').find(({ id }) => id === visit);
      must(row?.data.state === 'waiting', 'a kiosk has called somebody to a window: only desks may');
    },
  },
  {
    id: 'desk.help-take',
    about: 'a call for help is taken by who was first, also when that is told before the call',
    run: async (world) => {
      const [desk, kiosk] = [await world.desk(), await world.device()];
      const now = await world.moment();
      const help_id = randomUUID();
      const take = (actor: string, ago: number) =>
        makeOp('help.take', before(now, ago), { help_id }, { entity_id: help_id, actor });
      mustBe(await pushOne(desk, take('second', 1_000)), 'applied', 'the first that was told to have taken a call');
      await pushOne(desk, take('first', 2_000));
      await pushOne(
        kiosk,
        makeOp('help', before(now, 3_000), { help_id, screen: 'home', reason: null }, { entity_id: help_id }),
      );
      for (const device of [desk, kiosk]) {
        const row = rowsOf(await feedOf(device), 'help').find(({ id }) => id === help_id);
        must(row !== undefined, 'a call for help is no row of `help` at each device of the office');
        must(
          row.data.state === 'taken' && row.data.by === 'first',
          `a call that "first" took before "second" is ${row.data.state} by ${row.data.by ?? 'nobody'}: order takes by their times, and let them wait for the call`,
        );
      }
      const over = { help_id, screen: 'home', reason: null, over: true };
      await pushOne(kiosk, makeOp('help', now, over, { entity_id: help_id }));
    },
  },
  {
    id: 'desk.stage',
    about: 'a desk serves: called twice it is the first call that counts, and what is done stays done',
    run: async (world) => {
      const desk = await world.desk();
      const walkIn = await world.walkIn();
      await pushOne(desk, walkIn);
      const visit = String(walkIn['entity_id']);
      const told = async () => rowsOf(await feedOf(desk), 'visit').find(({ id }) => id === visit)?.data;
      const first = await stageOf(world, visit, 'called', 2_000);
      mustBe(await pushOne(desk, first), 'applied', 'a call by a desk');
      await pushOne(desk, await stageOf(world, visit, 'called', 1_000));
      const called = await told();
      must(called?.state === 'called', `a visit that a desk has called is ${called?.state ?? 'not there'}`);
      must(
        called.services[0]?.called_at === Number(first['occurred_at']),
        'called_at is not that of the first call: calling once more leaves it as it is',
      );
      mustBe(await pushOne(desk, await stageOf(world, visit, 'done')), 'applied', 'that it is done');
      const late = await pushOne(desk, await stageOf(world, visit, 'serving', 1_000));
      mustBe(late, 'conflict_recorded', 'serving somebody whose service is done');
      const done = await told();
      must(done?.services[0]?.state === 'done', `what was done is ${done?.services[0]?.state ?? 'not there'} again`);
    },
  },
  {
    id: 'desk.no-show',
    about: 'staff say that he did not come, and his check-in takes that back',
    run: async (world) => {
      const desk = await world.desk();
      const { booking_id, slot } = await book(world, desk, 'next');
      const status = async () => rowsOf(await feedOf(desk), 'booking').find(({ id }) => id === booking_id)?.data.status;
      await pushOne(
        desk,
        makeOp(
          'booking.no-show',
          await world.moment(),
          { booking_id },
          { entity_id: booking_id, actor: 'conformance' },
        ),
      );
      const missed = await status();
      must(missed === 'no-show', `a booking of which staff say that nobody came is ${missed ?? 'not in the feed'}`);
      await pushOne(desk, await checkinOf(world, booking_id, slot.service_id));
      const come = await status();
      must(come === 'arrived', `he came after all, and his booking is ${come ?? 'not in the feed'}: it is arrived`);
    },
  },
  {
    id: 'desk.order',
    about: 'a desk closes a device of its office, by the row of the device; not one that is not there',
    run: async (world) => {
      const [desk, kiosk] = [await world.desk(), await world.kiosk()];
      const order = async (by: Device, device_id: string, what: 'close' | 'open') =>
        pushOne(by, makeOp('device.order', await world.moment(), { device_id, order: what }, { actor: 'conformance' }));
      const closed = async () =>
        rowsOf(await feedOf(kiosk), 'device').find(({ id }) => id === kiosk.id)?.data.order.closed;
      mustBe(await order(desk, kiosk.id, 'close'), 'applied', 'an order to a device of the office');
      must((await closed()) === true, 'a device that was told to close does not see that in its row of `device`');
      mustBe(await order(desk, randomUUID(), 'close'), 'rejected', 'an order to a device that is not there');
      mustBe(await order(kiosk, kiosk.id, 'open'), 'rejected', 'an order by a kiosk');
      await order(desk, kiosk.id, 'open');
      must((await closed()) === false, 'a device that was told to open again is closed in its row');
    },
  },
  {
    id: 'health.row',
    about: 'what a device reports stands in its row, for all devices of the office',
    run: async (world) => {
      const device = await world.device();
      const report = { app: 'conformance/1', waiting: 0, parked: 0, clock_offset_ms: null };
      for (const [printer, paper_low] of [
        ['ready', false],
        ['blocked paper-out', true],
      ] as const) {
        await callAs(device, 'health', { ...report, printer, paper_low });
        for (const reader of [device, await world.other().catch(() => skip('it needs a second device'))]) {
          const row = rowsOf(await feedOf(reader), 'device').find(({ id }) => id === device.id);
          must(row !== undefined, 'a device has no row of `device`: give it one from its enrolment on');
          must(
            row.data.printer === printer && row.data.paper_low === paper_low,
            `a device that reports "${printer}" is "${row.data.printer}" in its row`,
          );
        }
      }
    },
  },
];
