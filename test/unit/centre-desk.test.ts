import { scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  change,
  operation,
  type Change,
  type HealthReport,
  type Operation,
  type OperationInput,
  type StaffRecord,
} from '../../shared/contracts/centre/schemas.ts';
import { dayNumbersRecord } from '../../shared/contracts/centre/day-numbers.ts';
import { percentile } from '../../shared/domain/day-numbers.ts';
import { plainBooking, putBooking, readBooking } from '../centre/bookings.ts';
import { createContext, type Context } from '../centre/context.ts';
import { demoSeed } from '../centre/demo.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { DEMO_STAFF } from '../centre/demo-staff.ts';
import { demoNumbers } from '../centre/demo-numbers.ts';
import { publishDevice, takeHealth } from '../centre/device-rows.ts';
import { revokeDevice, type Device } from '../centre/devices.ts';
import { applyFact } from '../centre/facts.ts';
import { moveWindows, readChanges, type Reader } from '../centre/feed.ts';
import { hallView } from '../centre/hall-view.ts';
import { purge } from '../centre/retention.ts';
import { sealingKey } from '../centre/sealing.ts';
import { applySeed } from '../centre/seed.ts';
import { callVisit, finishVisit, serveVisit } from '../centre/serving.ts';
import { smsTasks } from '../centre/sms.ts';
import { emergencyCode } from '../centre/staff.ts';
import { sealFor } from '../centre/test-device.ts';

/** What a reception desk tells the centre, and what the centre tells desks: each operation, in whatever order it comes. */

const NOON = Date.parse('2026-03-16T12:00:00+03:00');
const TODAY = '2026-03-16';
const MINUTE = 60_000;
const DAY = 86_400_000;

const open: Context[] = [];
afterEach(() => {
  for (const context of open.splice(0)) context.db.close();
});

const uuid = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const VISIT = uuid(1000);
const BOOKING = '1'.padStart(32, '0');
const [KIOSK, DESK, OTHER_DESK, STRANGER] = ((): [Device, Device, Device, Device] => {
  const of = (n: number, officeId: number, desk: boolean): Device => ({
    id: uuid(n),
    officeId,
    slotNo: n,
    roles: desk ? ['desk'] : ['kiosk'],
  });
  return [of(1, DEMO_OFFICE, false), of(2, DEMO_OFFICE, true), of(3, DEMO_OFFICE, true), of(4, OTHER_OFFICE, true)];
})();

type Payload<T extends Operation['type']> = Extract<OperationInput, { type: T }>['payload'];
interface More {
  actor?: string;
  base_rev?: number;
  op_id?: string;
  business_date?: string;
}

/** A centre of its own with four devices and a booking in half an hour. */
const centre = () => {
  const clock = { now: NOON };
  const context = createContext(
    ':memory:',
    () => clock.now,
    () => undefined,
  );
  open.push(context);
  applySeed(context, { ...demoSeed(context), bookings: [], slots: [] });
  for (const { id, officeId, slotNo, roles } of [KIOSK, DESK, OTHER_DESK, STRANGER]) {
    context.db
      .prepare(
        `INSERT INTO device (device_id, office_id, slot_no, roles, public_x, app, hardware, enrolled_at)
         VALUES (?, ?, ?, ?, 'x', 'talon/1', 'lobby', ?)`,
      )
      .run(id, officeId, slotNo, JSON.stringify(roles), NOON);
    context.write(() => publishDevice(context, id));
  }
  putBooking(
    context,
    plainBooking({ id: BOOKING, office_id: DEMO_OFFICE, service_id: 101, starts_at: NOON + 30 * MINUTE }),
  );
  let seq = 0;
  const tell = <T extends Operation['type']>(
    device: Device,
    type: T,
    payload: Payload<T>,
    at = clock.now,
    more: More = {},
  ): string[] => {
    seq += 1;
    const op = operation.parse({
      op_id: uuid(5000 + seq),
      seq,
      kind: 'fact',
      type,
      entity_id: VISIT,
      business_date: TODAY,
      occurred_at: at,
      payload,
      ...more,
    });
    if (op.type === 'booking.create' || op.type === 'booking.reschedule' || op.type === 'booking.cancel')
      throw new Error('not here');
    if (op.type === 'request.withdraw' || op.type === 'lease.return') throw new Error('not here');
    const { status, problem } = context.write(() => applyFact(context, device, op));
    return problem ? [status, problem.type] : [status];
  };
  const rows = <C extends Change['c']>(c: C, reader: Reader = DESK) =>
    readChanges(context, reader, '', 5000)
      .changes.map((row) => change.parse(row))
      .filter((row): row is Extract<Change, { c: C; op: 'put' }> => row.c === c && row.op === 'put');
  const row = <C extends Change['c']>(c: C, id: string, reader: Reader = DESK) =>
    rows(c, reader).find((one) => one.id === id);
  const walkIn = (services = [101], more: More = {}, at = clock.now): string[] =>
    tell(
      KIOSK,
      'walkin',
      {
        visit_id: VISIT,
        service_id: services[0] ?? 101,
        further_services: services.slice(1),
        ticket: { series: 'A', number: 1 },
        language: 'ru',
      },
      at,
      more,
    );
  const checkin = (device: Device, at: number, override: Payload<'checkin'>['override'] = null, more: More = {}) =>
    tell(
      device,
      'checkin',
      {
        visit_id: VISIT,
        booking_id: BOOKING,
        service_id: 101,
        ticket: { series: 'A', number: 1 },
        provisional: false,
        source: 'test',
        override,
      },
      at,
      more,
    );
  const stage = (
    device: Device,
    to: Payload<'visit.stage'>['to'],
    { position = 0, window = 5, at = clock.now }: { position?: number; window?: number | null; at?: number } = {},
  ): string[] => tell(device, 'visit.stage', { visit_id: VISIT, position, to, window_id: window }, at);
  const services = () => row('visit', VISIT)?.data.services.map(({ state }) => state);
  return { clock, context, tell, rows, row, walkIn, checkin, stage, services };
};

describe('a call for help', () => {
  const HELP = uuid(7000);
  const call = { help_id: HELP, screen: 'refused', reason: 'too-late', booking_id: BOOKING };

  it('is seen by all devices of the office, is taken by a desk, and is over', () => {
    const { tell, row } = centre();
    expect(tell(KIOSK, 'help', call)).toEqual(['applied']);
    expect(row('help', HELP, KIOSK)?.data).toEqual({
      business_date: TODAY,
      device_id: KIOSK.id,
      at: NOON,
      screen: 'refused',
      reason: 'too-late',
      booking_id: BOOKING,
      visit_id: null,
      state: 'open',
      by: null,
      taken_at: null,
      over_at: null,
      result_visit: null,
    });
    expect(row('help', HELP, STRANGER)).toBeUndefined();
    expect(tell(DESK, 'help.take', { help_id: HELP }, NOON, { actor: 'anna' })).toEqual(['applied']);
    expect(row('help', HELP, KIOSK)?.data).toMatchObject({ state: 'taken', by: 'anna', taken_at: NOON });
    tell(DESK, 'help', { help_id: HELP, screen: '', reason: null, over: true, result_visit: VISIT });
    expect(row('help', HELP, KIOSK)?.data).toMatchObject({
      state: 'over',
      by: 'anna',
      over_at: NOON,
      screen: 'refused',
      device_id: KIOSK.id,
      result_visit: VISIT,
    });
  });

  it('is taken by the first, by time and then by operation, in whatever order all of it is told', () => {
    const words: ((c: ReturnType<typeof centre>) => unknown)[] = [
      ({ tell }) => tell(KIOSK, 'help', call, NOON - 5 * MINUTE, { op_id: uuid(10) }),
      ({ tell }) => tell(DESK, 'help.take', { help_id: HELP }, NOON - 3 * MINUTE, { op_id: uuid(12), actor: 'anna' }),
      ({ tell }) =>
        tell(OTHER_DESK, 'help.take', { help_id: HELP }, NOON - 3 * MINUTE, { op_id: uuid(11), actor: 'boris' }),
      ({ tell }) =>
        tell(DESK, 'help', { help_id: HELP, screen: '', reason: null, over: true }, NOON - MINUTE, { op_id: uuid(13) }),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (order) => {
        const at = centre();
        for (const n of order) words[n]?.(at);
        expect(at.row('help', HELP)?.data).toMatchObject({
          state: 'over',
          by: 'boris',
          at: NOON - 5 * MINUTE,
          over_at: NOON - MINUTE,
          reason: 'too-late',
        });
        expect(at.rows('help')).toHaveLength(1);
      }),
      { numRuns: 24 },
    );
  });

  it('that is not known yet waits with whoever took it: nobody sees a call without a kiosk', () => {
    const { tell, rows } = centre();
    expect(tell(DESK, 'help.take', { help_id: HELP }, NOON, { actor: 'anna' })).toEqual(['applied']);
    expect(rows('help')).toEqual([]);
    expect(tell(OTHER_DESK, 'help.take', { help_id: HELP }, NOON + 1)).toEqual(['conflict_recorded', 'already-taken']);
    tell(KIOSK, 'help', call);
    expect(rows('help')[0]?.data).toMatchObject({ state: 'taken', by: 'anna' });
  });

  it('is taken by desks of its own office alone', () => {
    const { tell, row } = centre();
    tell(KIOSK, 'help', call);
    expect(tell(KIOSK, 'help.take', { help_id: HELP })).toEqual(['conflict_recorded', 'not-allowed']);
    tell(STRANGER, 'help.take', { help_id: HELP }, NOON, { actor: 'somebody' });
    expect(row('help', HELP)?.data).toMatchObject({ state: 'open', by: null });
  });

  it('is held today and tomorrow, and then leaves', () => {
    const { tell, rows, clock, context } = centre();
    tell(KIOSK, 'help', call);
    clock.now += DAY;
    moveWindows(context, DEMO_OFFICE);
    expect(rows('help', KIOSK)).toHaveLength(1);
    clock.now += DAY;
    moveWindows(context, DEMO_OFFICE);
    expect(rows('help', KIOSK)).toEqual([]);
    // Heard of only now: nobody stands there any more.
    tell(KIOSK, 'help', { ...call, help_id: uuid(7001) }, NOON);
    expect(rows('help', KIOSK)).toEqual([]);
  });
});

describe('serving that a desk tells', () => {
  it('goes through all services, and the booking is served', () => {
    const { context, checkin, stage, row, services } = centre();
    checkin(KIOSK, NOON);
    expect(stage(DESK, 'called', { at: NOON })).toEqual(['applied']);
    expect(row('visit', VISIT)?.data).toMatchObject({
      state: 'called',
      services: [{ state: 'called', window_id: 5, called_at: NOON, serving_at: null }],
    });
    expect(stage(DESK, 'serving')).toEqual(['applied']);
    expect(stage(DESK, 'done')).toEqual(['applied']);
    expect(services()).toEqual(['done']);
    expect(row('visit', VISIT)?.data.state).toBe('done');
    expect(readBooking(context, BOOKING)?.status).toBe('served');
  });

  it('that calls once more moves a counter: the first call is when he was called', () => {
    const { clock, context, walkIn, stage, row } = centre();
    walkIn();
    stage(DESK, 'called', { at: NOON });
    const { rev } = row('visit', VISIT) ?? {};
    clock.now += MINUTE;
    expect(stage(DESK, 'called')).toEqual(['applied']);
    expect(row('visit', VISIT)).toMatchObject({ rev, data: { services: [{ called_at: NOON }] } });
    expect(context.db.prepare('SELECT calls FROM stage WHERE visit_id = ?').pluck().get(VISIT)).toBe(2);
  });

  it('puts him back, or sees him gone', () => {
    const { walkIn, stage, row, services } = centre();
    walkIn([101, 402]);
    stage(DESK, 'called');
    stage(DESK, 'waiting');
    expect(row('visit', VISIT)?.data).toMatchObject({
      state: 'waiting',
      services: [{ state: 'waiting', window_id: null, called_at: null }, { state: 'waiting' }],
    });
    stage(DESK, 'called');
    expect(stage(DESK, 'no-show')).toEqual(['applied']);
    expect(row('visit', VISIT)?.data.state).toBe('left');
    expect(services()).toEqual(['skipped', 'skipped']);
    expect(stage(DESK, 'called')).toEqual(['conflict_recorded', 'already-served']);
  });

  it('goes on with the second service after the first, also without a call', () => {
    const { walkIn, stage, row, services } = centre();
    walkIn([101, 402]);
    expect(stage(DESK, 'done')).toEqual(['applied']);
    expect(row('visit', VISIT)?.data).toMatchObject({
      state: 'waiting',
      services: [{ called_at: NOON, serving_at: NOON, done_at: NOON }, { state: 'waiting' }],
    });
    expect(stage(DESK, 'done', { position: 2 })).toEqual(['conflict_recorded', 'not-found']);
    stage(DESK, 'serving', { position: 1 });
    stage(DESK, 'done', { position: 1 });
    expect(services()).toEqual(['done', 'done']);
    expect(row('visit', VISIT)?.data.state).toBe('done');
  });

  it('shares its tables with the windows of the centre: what was done there stays', () => {
    const { context, walkIn, stage, row } = centre();
    walkIn([101, 402]);
    callVisit(context, VISIT, 3);
    expect(stage(DESK, 'called')).toEqual(['conflict_recorded', 'already-served']);
    expect(stage(DESK, 'serving', { position: 1 })).toEqual(['conflict_recorded', 'already-served']);
    serveVisit(context, VISIT, 3);
    expect(stage(DESK, 'done')).toEqual(['conflict_recorded', 'already-served']);
    expect(stage(DESK, 'no-show')).toEqual(['conflict_recorded', 'already-served']);
    finishVisit(context, VISIT);
    const { rev } = row('visit', VISIT) ?? {};
    for (const to of ['called', 'serving', 'waiting', 'done', 'no-show'] as const) {
      expect(stage(DESK, to, { at: NOON - MINUTE })).toEqual(['conflict_recorded', 'already-served']);
    }
    expect(row('visit', VISIT)?.rev).toBe(rev);
    // And the other way round.
    stage(DESK, 'serving', { position: 1, window: 7 });
    finishVisit(context, VISIT);
    expect(row('visit', VISIT)?.data).toMatchObject({ state: 'done', services: [{}, { window_id: 7 }] });
  });

  it('that comes before its visit waits for it, and happens in its order', () => {
    const { walkIn, stage, row } = centre();
    expect(stage(DESK, 'done', { at: NOON - MINUTE })).toEqual(['applied']);
    expect(stage(DESK, 'serving', { at: NOON - 3 * MINUTE })).toEqual(['applied']);
    expect(stage(DESK, 'called', { at: NOON - 4 * MINUTE })).toEqual(['applied']);
    expect(stage(STRANGER, 'waiting', { at: NOON - 2 * MINUTE })).toEqual(['applied']);
    walkIn([101], {}, NOON - 5 * MINUTE);
    expect(row('visit', VISIT)?.data).toMatchObject({
      state: 'done',
      services: [{ called_at: NOON - 4 * MINUTE, serving_at: NOON - 3 * MINUTE, done_at: NOON - MINUTE }],
    });
  });

  it('is for desks of the office', () => {
    const { walkIn, stage, services } = centre();
    walkIn();
    expect(stage(KIOSK, 'called')).toEqual(['conflict_recorded', 'not-allowed']);
    expect(stage(STRANGER, 'called')).toEqual(['conflict_recorded', 'not-found']);
    expect(services()).toEqual(['waiting']);
  });
});

describe('a booking of which staff say that nobody came', () => {
  const noShow = ({ tell }: ReturnType<typeof centre>, device = DESK, at = NOON) =>
    tell(device, 'booking.no-show', { booking_id: BOOKING }, at);

  it('is a no-show, until he comes in time after all', () => {
    const at = centre();
    expect(noShow(at)).toEqual(['applied']);
    expect(at.row('booking', BOOKING)?.data.status).toBe('no-show');
    at.clock.now += MINUTE;
    expect(at.checkin(KIOSK, at.clock.now)).toEqual(['conflict_recorded', 'no-show-withdrawn']);
    expect(at.row('booking', BOOKING)?.data.status).toBe('arrived');
    expect(at.rows('conflict')[0]?.data).toMatchObject({ type: 'no-show-withdrawn', open: false });
  });

  it('stays what it is when he has come, and is told so', () => {
    const at = centre();
    at.checkin(KIOSK, NOON - MINUTE);
    expect(noShow(at)).toEqual(['conflict_recorded', 'already-arrived']);
    expect(at.row('booking', BOOKING)?.data.status).toBe('arrived');
  });

  it('that is heard of later is one from the start; one that was moved meanwhile is not', () => {
    const at = centre();
    const { db } = at.context;
    db.prepare('DELETE FROM booking WHERE booking_id = ?').run(BOOKING);
    expect(noShow(at)).toEqual(['applied']);
    const put = (startsAt: number) =>
      putBooking(
        at.context,
        plainBooking({ id: BOOKING, office_id: DEMO_OFFICE, service_id: 101, starts_at: startsAt }),
      );
    put(NOON + 30 * MINUTE);
    expect(readBooking(at.context, BOOKING)?.status).toBe('no-show');
    put(NOON + 90 * MINUTE);
    expect(readBooking(at.context, BOOKING)?.status).toBe('booked');
  });

  it('is said by desks of its office', () => {
    const at = centre();
    expect(noShow(at, KIOSK)).toEqual(['conflict_recorded', 'not-allowed']);
    expect(noShow(at, STRANGER)).toEqual(['conflict_recorded', 'not-found']);
    expect(at.row('booking', BOOKING)?.data.status).toBe('booked');
  });

  it('and who comes far too late is let in by staff: then it is his booking', () => {
    const at = centre();
    noShow(at);
    at.clock.now += 120 * MINUTE;
    expect(at.checkin(DESK, at.clock.now, { reason: 'авария на линии' })).toEqual([
      'conflict_recorded',
      'no-show-withdrawn',
    ]);
    expect(at.row('booking', BOOKING)?.data.status).toBe('arrived');
  });
});

describe('an edit of a visit', () => {
  type Set = Payload<'visit.edit'>['set'];
  const edit = ({ tell }: ReturnType<typeof centre>, set: Set, rev?: number, device = DESK) =>
    tell(device, 'visit.edit', { visit_id: VISIT, set }, NOON, rev === undefined ? {} : { base_rev: rev });

  it('with a claim whose document was seen gives him the level of the office; without it he has none', () => {
    const at = centre();
    at.walkIn();
    expect(edit(at, { claim: { id: 'infant', document: 'Свидетельство о рождении' } })).toEqual(['applied']);
    expect(at.row('visit_detail', VISIT)?.data.claim).toEqual({
      id: 'infant',
      level: 'first',
      confirmed: true,
      document: 'Свидетельство о рождении',
    });
    expect(at.row('visit', VISIT)?.data.priority).toBe('first');
    expect(edit(at, { claim: null })).toEqual(['applied']);
    expect(at.row('visit_detail', VISIT)?.data.claim).toBeNull();
    expect(at.row('visit', VISIT)?.data.priority).toBe('none');
    expect(edit(at, { claim: { id: 'no-such-claim', document: null } })).toEqual(['rejected', 'not-found']);
  });

  it('of people, companion and note is told to desks', () => {
    const at = centre();
    at.walkIn();
    edit(at, { people: 3, companion: true, note: 'С коляской' });
    expect(at.row('visit_detail', VISIT)?.data).toMatchObject({ people: 3, companion: true, note: 'С коляской' });
    const { rev } = at.row('visit', VISIT) ?? {};
    expect(edit(at, { people: 3, companion: true, note: 'С коляской' })).toEqual(['applied']);
    expect(at.row('visit', VISIT)?.rev).toBe(rev);
  });

  it('of services keeps what is done in front, and him who is at a window there', () => {
    const at = centre();
    const ids = () => at.row('visit', VISIT)?.data.services.map(({ service_id: id, state }) => [id, state]);
    at.walkIn([101, 402, 403]);
    expect(edit(at, { services: [403, 101] })).toEqual(['applied']);
    expect(ids()).toEqual([
      [403, 'waiting'],
      [101, 'waiting'],
    ]);
    at.stage(DESK, 'done');
    expect(edit(at, { services: [402, 103] })).toEqual(['applied']);
    expect(ids()).toEqual([
      [403, 'done'],
      [402, 'waiting'],
      [103, 'waiting'],
    ]);
    at.stage(DESK, 'serving', { position: 1 });
    expect(edit(at, { services: [403, 101] })).toEqual(['rejected', 'already-served']);
    expect(edit(at, { services: [403, 101, 402] })).toEqual(['applied']);
    expect(ids()).toEqual([
      [403, 'done'],
      [402, 'serving'],
      [101, 'waiting'],
    ]);
    at.stage(DESK, 'done', { position: 1 });
    // Nothing is left to do.
    expect(edit(at, { services: [403, 402] })).toEqual(['applied']);
    expect(at.row('visit', VISIT)?.data.state).toBe('done');
    expect(edit(at, { services: [403, 402, 65_000] })).toEqual(['rejected', 'not-found']);
    expect(edit(at, { services: [403, 402, 101] })).toEqual(['applied']);
    expect(at.row('visit', VISIT)?.data.state).toBe('waiting');
  });

  const SETS: [string, Set, Set][] = [
    ['note', { note: 'a' }, { note: 'b' }],
    ['priority', { priority: 'first' }, { priority: 'out-of-turn' }],
    ['claim', { claim: { id: 'infant', document: 'a' } }, { claim: { id: 'infant', document: 'b' } }],
    ['services', { services: [402] }, { services: [403] }],
    ['people', { people: 2 }, { people: 3 }],
    ['companion', { companion: true }, { companion: false }],
  ];
  it.each(SETS)(
    'of %s is refused when somebody else has changed it since, and merged when he has changed another part',
    (name, one, two) => {
      const at = centre();
      at.walkIn();
      const rev = at.row('visit', VISIT)?.rev ?? 0;
      expect(edit(at, one, rev)).toEqual(['applied']);
      expect(edit(at, two, rev, OTHER_DESK)).toEqual(['rejected', 'stale-revision']);
      const [, apart] =
        SETS.find(
          ([other]) =>
            other !== name &&
            !(name === 'claim' && other === 'priority') &&
            !(name === 'priority' && other === 'claim'),
        ) ?? [];
      expect(edit(at, apart ?? {}, rev, OTHER_DESK)).toEqual(['merged']);
      expect(edit(at, two, at.row('visit', VISIT)?.rev, OTHER_DESK)).toEqual(['applied']);
    },
  );

  it('of a claim is one of the priority too', () => {
    const at = centre();
    at.walkIn();
    const rev = at.row('visit', VISIT)?.rev ?? 0;
    edit(at, { claim: { id: 'infant', document: 'a' } }, rev);
    expect(edit(at, { priority: 'none' }, rev, OTHER_DESK)).toEqual(['rejected', 'stale-revision']);
  });

  it('stays with the visit when another ticket turns out to have been the first', () => {
    const at = centre();
    at.checkin(KIOSK, NOON);
    edit(at, { claim: { id: 'infant', document: 'a' }, people: 2, services: [402, 101] });
    const first = uuid(1001);
    at.tell(
      KIOSK,
      'checkin',
      {
        visit_id: first,
        booking_id: BOOKING,
        service_id: 101,
        ticket: { series: 'A', number: 2 },
        provisional: false,
        source: 'test',
      },
      NOON - 5 * MINUTE,
    );
    expect(at.row('visit', VISIT)).toBeUndefined();
    expect(at.row('visit_detail', first)?.data).toMatchObject({ claim: { id: 'infant', document: 'a' }, people: 2 });
    expect(at.row('visit', first)?.data).toMatchObject({
      priority: 'first',
      services: [{ service_id: 402 }, { service_id: 101 }],
    });
  });
});

describe('a check-in at a desk', () => {
  it('is told as one of a desk; that of a kiosk, which acts itself, as one of a kiosk', () => {
    for (const [actor, via] of [
      ['anna', 'desk'],
      ['kiosk', 'kiosk'],
      [undefined, 'kiosk'],
    ] as const) {
      const { checkin, row } = centre();
      checkin(DESK, NOON, null, actor === undefined ? {} : { actor });
      expect(row('visit', VISIT)?.data.via).toBe(via);
    }
  });

  const CASES = [
    ['from-cancelled', 'booking-cancelled', { status: 'cancelled' as const }],
    ['other-day', 'other-day', { starts_at: NOON + DAY }],
    ['other-office', 'other-office', { office_id: OTHER_OFFICE }],
  ] as const;
  it.each(CASES)('against %s, that staff decided, is nothing to be decided any more', (type, problem, more) => {
    for (const [device, override, isOpen] of [
      [DESK, null, true],
      [DESK, { reason: 'пришёл с ребёнком', second: 'boris' }, false],
      // Whoever stands at a kiosk decides nothing about himself.
      [KIOSK, { reason: 'x' }, true],
    ] as const) {
      const { clock, context, checkin, rows } = centre();
      const known = readBooking(context, BOOKING);
      if (!known) throw new Error('no booking');
      putBooking(context, { ...known, ...more });
      clock.now += MINUTE;
      expect(checkin(device, clock.now, override)).toEqual(['conflict_recorded', problem]);
      expect(rows('conflict').map(({ data }) => [data.type, data.open])).toEqual([[type, isOpen]]);
    }
  });
});

describe('a ticket that is sent', () => {
  const sealedTo = async (context: Context, value: object): Promise<string> => {
    const key = sealingKey(context);
    if (!key) throw new Error('there is no key');
    return sealFor(key, value);
  };

  it('is a task with a phone that the centre alone can read', async () => {
    const { context, tell, walkIn } = centre();
    const sealed = await sealedTo(context, { phone: '+79161234567' });
    const send = (device: Device, text = sealed) =>
      tell(device, 'ticket.send', { visit_id: VISIT, sealed: text, consent_version: '1' });
    const tasks = () => smsTasks(context, DEMO_OFFICE, 10).map(({ ticket, phone }) => [ticket, phone]);
    // The visit may be told of later.
    expect(send(DESK)).toEqual(['applied']);
    expect(tasks()).toEqual([[null, '+79161234567']]);
    walkIn();
    expect(tasks()).toEqual([['А\u00a0001', '+79161234567']]);
    expect(send(KIOSK)).toEqual(['conflict_recorded', 'not-allowed']);
    expect(send(STRANGER)).toEqual(['conflict_recorded', 'not-found']);
    expect(tasks()).toHaveLength(1);
    expect(send(DESK, await sealedTo(context, { words: 'no phone' }))).toEqual(['conflict_recorded', 'not-readable']);
    expect(JSON.stringify(await hallView(context, DEMO_OFFICE))).not.toContain('1234567');
  });

  it('is forgotten with its visitor', async () => {
    const { clock, context, tell, checkin } = centre();
    checkin(DESK, NOON, { reason: 'его попросил врач' });
    const sealed = await sealedTo(context, { phone: '+79161234567' });
    tell(DESK, 'ticket.send', { visit_id: VISIT, sealed, consent_version: '1' });
    clock.now += 40 * DAY;
    purge(context);
    expect(smsTasks(context, DEMO_OFFICE, 10)).toMatchObject([{ phone: null }]);
    const { db } = context;
    expect(db.prepare('SELECT count(*) FROM sms_task WHERE sealed IS NOT NULL').pluck().get()).toBe(0);
  });
});

describe('a device of the office', () => {
  const REPORT: HealthReport = {
    app: 'talon/2',
    printer: 'ready',
    waiting: 0,
    parked: 0,
    clock_offset_ms: -120,
    paper_low: false,
    scanner: 'ok',
    camera: 'missing',
    last_visit_at: null,
  };

  it('is known to all devices of it from its enrolment on, and to no other', () => {
    const { row } = centre();
    const fresh = row('device', KIOSK.id, KIOSK)?.data;
    expect(fresh).toMatchObject({ slot_no: 1, name: 'lobby', app: 'talon/1', seen_at: null, printer: 'unknown' });
    expect(fresh).toMatchObject({ revoked: false, order: { closed: false, message: null, restart: null } });
    expect(row('device', KIOSK.id, STRANGER)).toBeUndefined();
  });

  it('changes its row when its report says something else, else every five minutes', () => {
    const { clock, context, row } = centre();
    const report = (more: Partial<HealthReport> = {}) => {
      takeHealth(context, KIOSK.id, { ...REPORT, ...more });
      const { rev = 0, data } = row('device', KIOSK.id) ?? {};
      return [rev, data?.seen_at];
    };
    expect(report()).toEqual([2, NOON]);
    clock.now += 4 * MINUTE;
    // A clock drifts a little all the time.
    expect(report({ clock_offset_ms: -130 })).toEqual([2, NOON]);
    clock.now += MINUTE;
    expect(report()).toEqual([3, NOON + 5 * MINUTE]);
    clock.now += MINUTE;
    expect(report({ paper_low: true })).toEqual([4, NOON + 6 * MINUTE]);
    expect(row('device', KIOSK.id)?.data).toMatchObject({ app: 'talon/2', paper_low: true, camera: 'missing' });
    expect(report({ paper_low: true, last_visit_at: NOON })[0]).toBe(5);
    expect(report({ paper_low: true, last_visit_at: NOON, clock_offset_ms: 90_000 })[0]).toBe(6);
  });

  it('is ordered about by desks', () => {
    const { tell, row } = centre();
    const order = (device: Device, more: Omit<Payload<'device.order'>, 'device_id'>, op_id: string, of = KIOSK.id) =>
      tell(device, 'device.order', { device_id: of, ...more }, NOON, { op_id });
    const now = () => row('device', KIOSK.id, KIOSK)?.data.order;
    expect(order(DESK, { order: 'close' }, uuid(1))).toEqual(['applied']);
    expect(order(DESK, { order: 'message', message: { ru: 'Вернёмся в 14:00' } }, uuid(2))).toEqual(['applied']);
    expect(order(DESK, { order: 'restart' }, uuid(3))).toEqual(['applied']);
    expect(now()).toEqual({ closed: true, message: { ru: 'Вернёмся в 14:00' }, restart: uuid(3) });
    order(DESK, { order: 'open' }, uuid(4));
    order(DESK, { order: 'message' }, uuid(5));
    expect(now()).toEqual({ closed: false, message: null, restart: uuid(3) });
    expect(order(KIOSK, { order: 'close' }, uuid(6))).toEqual(['rejected', 'not-allowed']);
    expect(order(STRANGER, { order: 'close' }, uuid(7))).toEqual(['rejected', 'not-found']);
    expect(order(DESK, { order: 'close' }, uuid(8), uuid(999))).toEqual(['rejected', 'not-found']);
    expect(now()).toMatchObject({ closed: false });
  });

  it('that was revoked is shown so, and takes no orders', () => {
    const { context, tell, row } = centre();
    revokeDevice(context, KIOSK.id);
    expect(row('device', KIOSK.id)?.data.revoked).toBe(true);
    expect(tell(DESK, 'device.order', { device_id: KIOSK.id, order: 'close' })).toEqual(['rejected', 'not-found']);
  });
});

describe('staff', () => {
  const opens = (pin: string, { salt, cost, hash }: StaffRecord['pin']): boolean =>
    scryptSync(pin, Buffer.from(salt, 'base64url'), 32, {
      N: 2 ** cost,
      r: 8,
      p: 1,
      maxmem: 2 ** 26,
    }).toString('base64url') === hash;

  it('of the demo sign in with the PINs that are written down for them, and kiosks know none of them', () => {
    const { rows } = centre();
    const seen = rows('staff');
    expect(seen.map(({ id }) => id).toSorted()).toEqual(DEMO_STAFF.map(({ id }) => id).toSorted());
    for (const { id, pin, name, role, totp, emergency } of DEMO_STAFF) {
      const data = seen.find((row) => row.id === id)?.data;
      expect(data).toMatchObject({ name, role, totp, emergency, active: true });
      expect([data && opens(pin, data.pin), data && opens(`${pin}1`, data.pin)]).toEqual([true, false]);
    }
    expect(rows('staff', KIOSK)).toEqual([]);
  });

  it('whose envelope was opened gets another code, which only the centre knows', () => {
    const { context, tell, row } = centre();
    const code = () => emergencyCode(context, DEMO_OFFICE, 'emergency') ?? '';
    expect(tell(KIOSK, 'staff.emergency', { staff_id: 'emergency' })).toEqual(['conflict_recorded', 'not-allowed']);
    expect(tell(DESK, 'staff.emergency', { staff_id: 'anna' })).toEqual(['conflict_recorded', 'not-found']);
    expect(code()).toBe('402917563381');
    const before = row('staff', 'emergency');
    expect(tell(DESK, 'staff.emergency', { staff_id: 'emergency' })).toEqual(['applied']);
    const after = row('staff', 'emergency');
    expect(after?.rev).toBe((before?.rev ?? 0) + 1);
    expect(code()).toMatch(/^\d{12}$/);
    expect([after && opens(code(), after.data.pin), after && opens('402917563381', after.data.pin)]).toEqual([
      true,
      false,
    ]);
    // The demo that starts again does not bring the old one back.
    const now = code();
    applySeed(context, { ...demoSeed(context), bookings: [], slots: [] });
    expect(code()).toBe(now);
    expect(row('staff', 'emergency')?.rev).toBe(after?.rev);
  });
});

describe('the numbers of a day', () => {
  const tomorrow = (at: ReturnType<typeof centre>, days = 1) => {
    moveWindows(at.context, DEMO_OFFICE);
    at.clock.now += days * DAY;
    moveWindows(at.context, DEMO_OFFICE);
  };

  it('are made when it is over, for desks alone, and nobody is in them', () => {
    const at = centre();
    at.walkIn([101, 402], {}, NOON - 9 * MINUTE);
    at.stage(DESK, 'called', { at: NOON - 5 * MINUTE });
    at.stage(DESK, 'done');
    expect(at.row('day_numbers', TODAY)).toBeUndefined();
    tomorrow(at);
    const numbers = at.row('day_numbers', TODAY)?.data;
    expect(numbers?.all).toMatchObject({ visits: 1, walk_ins: 1, booked: 0, no_shows: 1 });
    // Four minutes; he came at 11:51. The booking of 12:30 was for nothing.
    expect([numbers?.all.waits, numbers?.all.hours[11]]).toEqual([[0, 0, 0, 0, 1], 1]);
    expect(numbers?.services.map(({ id, visits, no_shows }) => [id, visits, no_shows])).toEqual([
      [101, 1, 1],
      [402, 1, 0],
    ]);
    expect(numbers?.windows.map(({ id }) => id)).toEqual([5]);
    expect(at.rows('day_numbers', KIOSK)).toEqual([]);
    expect(at.row('day_numbers', TODAY, STRANGER)).toBeUndefined();
  });

  it('are made once more with what was told when it was over, and then stay', () => {
    const at = centre();
    at.walkIn();
    tomorrow(at);
    const checkin = (number: number) =>
      at.tell(
        KIOSK,
        'walkin',
        { visit_id: uuid(1000 + number), service_id: 102, ticket: { series: 'A', number }, language: 'ru' },
        NOON,
      );
    checkin(2);
    const { rev } = at.row('day_numbers', TODAY) ?? {};
    tomorrow(at);
    expect(at.row('day_numbers', TODAY)).toMatchObject({ rev: (rev ?? 0) + 1, data: { all: { visits: 2 } } });
    tomorrow(at);
    expect(at.row('day_numbers', TODAY)?.rev).toBe((rev ?? 0) + 1);
    expect(at.row('day_numbers', '2026-03-17')).toBeUndefined();
  });

  it('are there for days on which nobody asked; of those before the centre began they are what was put in', () => {
    const at = centre();
    at.walkIn();
    const before = at.rows('day_numbers').map(({ id, rev }) => [id, rev]);
    expect(before).toHaveLength(24);
    tomorrow(at, 5);
    expect(at.rows('day_numbers').map(({ id, rev }) => [id, rev])).toEqual([...before, [TODAY, 1]]);
  });

  it('of the demo are four weeks without their Sundays, the same each time', () => {
    const numbers = demoNumbers(TODAY);
    expect(numbers.map(({ date }) => date)).toHaveLength(24);
    expect(numbers.filter(({ date }) => new Date(date).getUTCDay() === 0)).toEqual([]);
    for (const { numbers: day } of numbers) {
      expect(dayNumbersRecord.safeParse(day).error).toBeUndefined();
      expect(day.all.visits).toBeGreaterThan(60);
      expect(percentile(day.all.waits, 0.5)).toBeLessThan(15);
      expect(day.all.visits).toBe(day.ways.kiosk.visits + day.ways.desk.visits);
      expect(day.all.hours.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 0));
    }
    const [other] = demoNumbers('2026-03-17');
    expect(demoNumbers(TODAY)).toEqual(numbers);
    expect(other).toEqual(numbers.find(({ date }) => date === other?.date));
  });
});
