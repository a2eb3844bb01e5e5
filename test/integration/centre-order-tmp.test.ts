import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { operation, type Operation } from '../../shared/contracts/centre/schemas.ts';
import { assertNever } from '../../shared/domain/model.ts';
import { plainBooking, putBooking } from '../centre/bookings.ts';
import { createContext, type Context } from '../centre/context.ts';
import { demoSeed } from '../centre/demo.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import type { Device } from '../centre/devices.ts';
import { applyFact } from '../centre/facts.ts';
import { applyRequest } from '../centre/requests.ts';
import { applySeed } from '../centre/seed.ts';
import { callVisit } from '../centre/serving.ts';
import { TestDevice } from '../centre/test-device.ts';
import { closeCentres, MINUTE, NOON, start, TODAY } from '../centre/test-stage.ts';

/** Devices are offline for hours: what they tell comes in any order, and has to come to the same. */

const open: Context[] = [];
afterEach(async () => {
  for (const context of open.splice(0)) context.db.close();
  await closeCentres();
});

const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const bookingId = (n: number): string => String(n).padStart(32, '0');
const DEVICES: readonly Device[] = [1, 2, 3].map((n) => ({
  id: uuid(n),
  officeId: DEMO_OFFICE,
  slotNo: n,
  roles: n === 3 ? ['kiosk', 'desk'] : ['kiosk'],
}));
const BOOKINGS = 2;

/** A centre of its own, with devices that are always the same. */
const centreOf = (): Context => {
  const context = createContext(
    ':memory:',
    () => NOON,
    () => undefined,
  );
  open.push(context);
  applySeed(context, { ...demoSeed(context), bookings: [], slots: [] });
  for (const { id, slotNo, roles } of DEVICES) {
    context.db
      .prepare(
        `INSERT INTO device (device_id, office_id, slot_no, roles, public_x, app, hardware, enrolled_at)
         VALUES (?, ?, ?, ?, 'x', 'test', 'test', ?)`,
      )
      .run(id, DEMO_OFFICE, slotNo, JSON.stringify(roles), NOON);
  }
  for (let n = 0; n < BOOKINGS; n += 1) {
    putBooking(
      context,
      plainBooking({
        id: bookingId(n),
        number: `0000000${n}`,
        office_id: DEMO_OFFICE,
        service_id: 101,
        starts_at: NOON + (n + 1) * 20 * MINUTE,
      }),
    );
  }
  return context;
};

/** Of whom; minutes before noon (few, so that some are equal); and what. */
type Told =
  | { what: 'checkin'; booking: number; late: boolean; unsure: boolean }
  | { what: 'walkin' }
  | { what: 'undo'; of: number }
  | { what: 'cancel'; booking: number }
  | { what: 'resolve'; of: number; how: 'seen' | 'split' };
interface Step {
  device: number;
  minutes: number;
  number: number;
  told: Told;
}

const step = (splits: boolean): fc.Arbitrary<Step> =>
  fc.record({
    device: fc.nat(2),
    minutes: fc.constantFrom(1, 2, 3, 5, 8, 13, 40, 55),
    // So few that some are given twice.
    number: fc.integer({ min: 1, max: 25 }),
    told: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          what: fc.constant('checkin' as const),
          // One more than there are: the centre has not heard of it.
          booking: fc.nat(BOOKINGS),
          late: fc.boolean(),
          unsure: fc.boolean(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ what: fc.constant('walkin' as const) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('undo' as const), of: fc.nat(11) }) },
      {
        weight: 2,
        arbitrary: fc.record({ what: fc.constant('cancel' as const), booking: fc.nat(BOOKINGS - 1) }),
      },
      {
        weight: splits ? 2 : 0,
        arbitrary: fc.record({
          what: fc.constant('resolve' as const),
          of: fc.nat(11),
          how: fc.constantFrom('seen' as const, 'split' as const),
        }),
      },
    ),
  });

const visitOf = (n: number): string => uuid(1000 + n);
const opOf = (n: number): string => uuid(2000 + n);

const bodyOf = (n: number, { minutes, number, told, device }: Step): Operation => {
  const base = {
    op_id: opOf(n),
    seq: n + 1,
    kind: 'fact' as const,
    entity_id: opOf(n),
    business_date: TODAY,
    occurred_at: NOON - minutes * MINUTE,
  };
  const ticket = { series: 'A' as const, number: number + device * 20 };
  switch (told.what) {
    case 'checkin':
      return operation.parse({
        ...base,
        type: 'checkin',
        ...(told.unsure ? { clock: { offset_ms: 0, err_ms: 20 * MINUTE, src: 'rtc' } } : {}),
        payload: {
          visit_id: visitOf(n),
          booking_id: bookingId(told.booking),
          service_id: 101,
          ticket,
          provisional: false,
          late: told.late,
          starts_at: NOON + (told.booking + 1) * 20 * MINUTE,
          source: 'test',
        },
      });
    case 'walkin':
      return operation.parse({
        ...base,
        type: 'walkin',
        payload: { visit_id: visitOf(n), service_id: 102, ticket, language: 'ru' },
      });
    case 'undo':
      return operation.parse({ ...base, type: 'checkin.undo', payload: { visit_id: visitOf(told.of) } });
    case 'cancel':
      return operation.parse({ ...base, type: 'booking.cancel', payload: { booking_id: bookingId(told.booking) } });
    case 'resolve':
      return operation.parse({
        ...base,
        type: 'conflict.resolve',
        payload: { conflict_id: opOf(told.of), how: told.how },
      });
    default:
      return assertNever(told);
  }
};

const apply = (context: Context, n: number, given: Step): void => {
  // Desks decide.
  const device = DEVICES[given.told.what === 'resolve' ? 2 : given.device];
  if (!device) throw new Error('there is no such device');
  const op = bodyOf(n, given);
  context.write(() => {
    if (op.type === 'booking.cancel') applyRequest(context, device, op, null);
    else if (op.type !== 'booking.create' && op.type !== 'booking.reschedule') {
      if (op.type !== 'request.withdraw' && op.type !== 'lease.return') applyFact(context, device, op);
    }
  });
};

/** What devices see in the end. */
const seen = ({ db }: Context): unknown[] =>
  db
    .prepare<[], { collection: string; id: string; data: string }>(
      `SELECT collection, id, data FROM current_row
       WHERE op = 'put' AND collection IN ('visit', 'visit_detail', 'conflict', 'booking') ORDER BY collection, id`,
    )
    .all()
    .map(({ collection, id, data }) => [collection, id, JSON.parse(data) as unknown]);

const outcome = (order: readonly number[], steps: readonly Step[], call: { at: number; n: number } | null) => {
  const context = centreOf();
  try {
    order.forEach((n, at) => {
      const given = steps[n];
      if (given) apply(context, n, given);
      if (call?.at === at) callVisit(context, visitOf(call.n), 1, NOON);
    });
    const told = (type: string): number => steps.filter(({ told: { what } }) => what === type).length;
    // Each fact is there, once.
    expect(context.db.prepare('SELECT count(*) AS n FROM visit').get()).toEqual({
      n: told('checkin') + told('walkin'),
    });
    expect(context.db.prepare('SELECT count(*) AS n FROM stage').get()).toEqual({
      n: told('checkin') + told('walkin'),
    });
    return seen(context);
  } finally {
    context.db.close();
    open.splice(open.indexOf(context), 1);
  }
};

const shuffled = (count: number) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count });

describe('the order in which devices tell what happened', () => {
  it('makes no difference to visits, bookings and conflicts', () => {
    fc.assert(
      fc.property(
        fc
          .array(step(true), { minLength: 2, maxLength: 12 })
          .chain((steps) => fc.tuple(fc.constant(steps), shuffled(steps.length), shuffled(steps.length))),
        ([steps, one, other]) => {
          expect(outcome(other, steps, null)).toEqual(outcome(one, steps, null));
        },
      ),
      { numRuns: 1500 },
    );
  }, 600_000);

  it('nor does it to somebody who is called meanwhile, whatever was known when he was', () => {
    const first: fc.Arbitrary<Step> = fc.record({
      device: fc.nat(2),
      minutes: fc.constantFrom(3, 8, 13),
      number: fc.constant(1),
      told: fc.record({
        what: fc.constant('checkin' as const),
        booking: fc.constant(0),
        late: fc.boolean(),
        unsure: fc.constant(false),
      }),
    });
    fc.assert(
      fc.property(
        fc
          .tuple(first, fc.array(step(false), { minLength: 1, maxLength: 9 }))
          .map(([head, tail]) => [head, ...tail])
          .chain((steps) =>
            fc.tuple(
              fc.constant(steps),
              shuffled(steps.length),
              shuffled(steps.length),
              fc.nat(steps.length - 1),
              fc.nat(steps.length - 1),
            ),
          ),
        ([steps, one, other, callOne, callOther]) => {
          // Who is called has been heard of.
          const begin = (order: number[]): number[] => [0, ...order.filter((n) => n !== 0)];
          expect(outcome(begin(other), steps, { at: callOther, n: 0 })).toEqual(
            outcome(begin(one), steps, { at: callOne, n: 0 }),
          );
        },
      ),
      { numRuns: 1500 },
    );
  }, 600_000);

  it('makes no difference over HTTP either, with batches that come twice', async () => {
    const steps = fc.sample(step(false), { numRuns: 30, seed: 7 });
    const ends: string[] = [];
    for (const seed of [1, 2, 3]) {
      const centre = await start();
      for (let n = 0; n < BOOKINGS; n += 1) {
        const at = NOON + (n + 1) * 20 * MINUTE;
        centre.control({ book: { id: bookingId(n), office_id: DEMO_OFFICE, service_id: 101, starts_at: at } });
      }
      const devices: TestDevice[] = [];
      for (let n = 0; n < 3; n += 1) devices.push(await TestDevice.enrol(centre.url, centre.createCode(DEMO_OFFICE)));
      // Devices have other ids each time: no two times are the same.
      const queues = devices.map((device, d) =>
        steps.flatMap((given, n) => {
          if (given.device !== d) return [];
          const body = bodyOf(n, given);
          return [{ ...body, seq: device.nextSeq(), occurred_at: body.occurred_at + n }];
        }),
      );
      const turns = fc.sample(fc.nat(2), { numRuns: 200, seed });
      for (const turn of turns) {
        const [device, queue] = [devices[turn], queues[turn]];
        const batch = queue?.splice(0, 2) ?? [];
        if (!device || batch.length === 0) continue;
        await device.push(...batch);
        const again = await device.push(...batch);
        expect(again.results.every(({ status }) => status === 'duplicate' || status === 'rejected')).toBe(true);
      }
      expect(queues.flat()).toEqual([]);
      const { db } = centre.context;
      expect(db.prepare('SELECT count(*) AS n FROM operation').get()).toEqual({ n: steps.length });
      const number = /"number":"[0-9A-Z]{8}"/g;
      const ids = new Set(steps.flatMap((_, n) => [visitOf(n), opOf(n)]).concat([bookingId(0), bookingId(1)]));
      ends.push(
        JSON.stringify(seen(centre.context).filter((row) => Array.isArray(row) && ids.has(String(row[1])))).replaceAll(
          number,
          '',
        ),
      );
    }
    expect(new Set(ends).size).toBe(1);
    expect(ends[0]).toContain('double-checkin');
  }, 600_000);
});
