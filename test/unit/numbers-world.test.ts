import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Series } from '../../shared/domain/ticket-number.ts';
import { createWorld, duplicates, GOOD_LINK, type World } from '../fixtures/number-world.ts';
import { LEASE_FRESH_MS } from '../../electron/core/tickets/numbers.ts';

/**
 * Whatever happens to the network, the devices, their clocks and the centre: no number is given twice in an office and
 * day. Time is simulated; the devices' and the centre's code and databases are the real ones.
 */

/** How many worlds, for a long search by hand; else as many of 50 as there is time for. */
const WORLDS = process.env['NUMBER_WORLDS'] === undefined ? null : Number(process.env['NUMBER_WORLDS']);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 3;
const SERIES_IN_USE: readonly Series[] = ['A', 'B'];
/** The longest that a visit of these worlds holds a lease before its ticket is written. */
const HOLD_MS = 3_000;

/** Offices at times when a night has 23, 24 or 25 hours; one of them changes its day in the hour that comes twice. */
const PLACES = [
  { timeZone: 'Europe/Moscow', start: Date.parse('2026-11-23T06:00:00Z'), dayChangeMinutes: 240 },
  { timeZone: 'Europe/Berlin', start: Date.parse('2026-10-24T06:00:00Z'), dayChangeMinutes: 240 },
  { timeZone: 'Europe/Berlin', start: Date.parse('2026-10-24T06:00:00Z'), dayChangeMinutes: 150 },
  { timeZone: 'Europe/Berlin', start: Date.parse('2026-03-28T06:00:00Z'), dayChangeMinutes: 150 },
] as const;

/** Offices are open from 06:00 UTC on; some things happen at night, round the change of the day too. */
const moment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: DAYS * 10 * 60 }).map((m) => Math.floor(m / 600) * DAY + (m % 600) * MINUTE),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: DAYS * DAY }) },
);
const device = fc.nat({ max: 7 });
const series = fc.constantFrom(...SERIES_IN_USE);
const span = (longest: number) => fc.integer({ min: 1_000, max: longest });

const happening = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('visits' as const),
      at: moment,
      device,
      series,
      count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 })),
      every: fc.integer({ min: 0, max: 90_000 }),
      choose: fc.integer({ min: 0, max: 20_000 }),
      hold: fc.constantFrom(0, 0, 50, HOLD_MS),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('outage' as const), at: moment, device, for: span(8 * HOUR) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('poor' as const),
      at: moment,
      device,
      for: span(4 * HOUR),
      delayMs: fc.constantFrom(300, 1_500, 6_000, 90_000),
      lost: fc.constantFrom(0, 0.1, 0.5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), at: moment, device, for: span(2 * HOUR) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('clock' as const),
      at: moment,
      device,
      for: span(DAY),
      ahead: fc.integer({ min: -4 * DAY, max: 4 * DAY }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('backup' as const), at: moment }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), at: moment, which: fc.nat({ max: 3 }) }) },
  // The centre is taken back to a moment ago, in the middle of the day's work.
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('disaster' as const),
      at: moment,
      lost: fc.array(fc.record({ device, series, count: fc.integer({ min: 1, max: 70 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
      closed: fc.option(device),
      away: fc.option(device),
      minutes: fc.integer({ min: 5, max: 60 }),
      after: fc.array(fc.record({ device, series, count: fc.integer({ min: 1, max: 70 }) }), { maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('centre-down' as const), at: moment, for: span(HOUR) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), at: moment, device }) },
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const plan = (world: World, what: Happening): void => {
  const { at, kind } = what;
  world.at(at, () => {
    switch (kind) {
      case 'visits':
        for (let n = 0; n < what.count; n += 1)
          world.at(at + n * what.every, () => world.visit(what.device, what.series, what.choose, what.hold));
        break;
      case 'outage':
        world.setLink(what.device, { up: false });
        world.at(at + what.for, () => world.setLink(what.device, { up: true }));
        break;
      case 'poor':
        world.setLink(what.device, { delayMs: what.delayMs, lost: what.lost });
        world.at(at + what.for, () => world.setLink(what.device, GOOD_LINK));
        break;
      case 'restart':
        world.restart(what.device, what.for);
        break;
      case 'clock':
        world.setClock(what.device, what.ahead);
        world.at(at + what.for, () => world.setClock(what.device, 0));
        break;
      case 'backup':
        world.backup();
        break;
      case 'restore':
        world.restore(what.which);
        break;
      case 'disaster': {
        const end = at + what.minutes * MINUTE;
        const visits = (from: number, { device, series, count }: (typeof what.after)[number]) => {
          for (let n = 0; n < count; n += 1)
            world.at(from + n * 3_000, () => world.visit(device, series, 2_000, n % 3 === 0 ? HOLD_MS : 0));
        };
        const { closed, away } = what;
        world.backup();
        for (const [n, rush] of what.lost.entries()) visits(at + ((n % 2) + 1) * MINUTE, rush);
        if (closed !== null) world.at(at + 90_000, () => world.close(closed));
        if (away !== null) {
          world.at(end - MINUTE, () => world.setLink(away, { up: false }));
          world.at(end + 3 * MINUTE, () => world.setLink(away, { up: true }));
        }
        world.at(end, () => world.restore(0));
        for (const rush of what.after) visits(end - 5_000, rush);
        break;
      }
      case 'centre-down':
        world.setCentre(false);
        world.at(at + what.for, () => world.setCentre(true));
        break;
      case 'close':
        world.close(what.device);
        break;
      default:
        throw new Error('a case is missing');
    }
  });
};

/** Within an epoch each granted number is above those granted before it. */
const grantsOutOfOrder = ({ grants }: World): string[] => {
  const highest = new Map<string, number>();
  return grants.flatMap(({ epoch, date, series, number }) => {
    const key = `${epoch} ${date} ${series}`;
    const before = highest.get(key) ?? 0;
    highest.set(key, Math.max(before, number));
    return number > before ? [] : [`${key}: ${number} after ${before}`];
  });
};

/**
 * A number may wait two minutes as a spare, and as long as its visit holds it; so of two online tickets of a series and
 * epoch that are further apart than that, the later one has the higher number.
 */
const ticketsOutOfOrder = ({ grants, tickets }: World): string[] => {
  const epochs = new Map(grants.map((g) => [`${g.device} ${g.date} ${g.series} ${g.number}`, g.epoch]));
  const rows = Map.groupBy(
    tickets.filter(({ kind }) => kind === 'online'),
    (t) => `${epochs.get(`${t.device} ${t.date} ${t.series} ${t.number}`)} ${t.date} ${t.series}`,
  );
  return [...rows].flatMap(([key, row]) => {
    const wrong: string[] = [];
    let settled = 0;
    let highest = 0;
    for (const ticket of row) {
      for (let old = row[settled]; old && ticket.at - old.at > LEASE_FRESH_MS + HOLD_MS; old = row[(settled += 1)])
        highest = Math.max(highest, old.number);
      if (ticket.number < highest) wrong.push(`${key}: ${ticket.number} long after ${highest}`);
    }
    return wrong;
  });
};

const wrongs = (world: World): string[] => [
  ...duplicates(world.tickets).map((key) => `twice: ${key}`),
  ...world.faults,
  ...grantsOutOfOrder(world),
  ...ticketsOutOfOrder(world),
];

it(
  'no number is given twice, whatever fails, and those of the centre come in order',
  { timeout: WORLDS === null ? 60_000 : WORLDS * 10_000 },
  async () => {
    const seen = { online: 0, reserve: 0, overflow: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          devices: fc.integer({ min: 1, max: 8 }),
          place: fc.constantFrom(...PLACES),
          seed: fc.nat(),
          happenings: fc.array(happening, { maxLength: 60, size: 'max' }),
        }),
        async ({ devices, place, seed, happenings }) => {
          const world = createWorld({ ...place, devices, seed, series: SERIES_IN_USE, skipped: [13, 666, 713] });
          try {
            for (const what of happenings) plan(world, what);
            await world.run(DAYS * DAY);
            for (const { kind } of world.tickets) seen[kind] += 1;
            expect(wrongs(world).slice(0, 3)).toEqual([]);
          } finally {
            world.end();
          }
        },
      ),
      WORLDS === null ? { numRuns: 50, interruptAfterTimeLimit: 15_000 } : { numRuns: WORLDS },
    );
    // They did meet the centre, its silence, and long silence.
    expect(Object.entries(seen).filter(([, count]) => count === 0)).toEqual([]);
  },
);
