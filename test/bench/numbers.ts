import { SERIES } from '../../shared/domain/ticket-number.ts';
import { createWorld, duplicates, randomOf, type WorldTicket } from '../fixtures/number-world.ts';
import { report, type Line } from './report.ts';

/**
 * `npm run bench:numbers`: a day of ten hours with 450 tickets in four series, whose devices lose the centre about once
 * in twenty hours for two hours on average, in simulated time; 50 such days for offices of 1, 12 and 30 devices.
 */
const SEEDS = 50;
const TICKETS = 450;
const SERIES_IN_USE = SERIES.slice(0, 4);
const HOUR = 3_600_000;
const OPEN_MS = 10 * HOUR;
/** Devices are switched on before the doors open. */
const WARM_UP_MS = HOUR / 2;
const OUTAGES_PER_HOUR = 0.05;
const OUTAGE_HOURS = 2;
const CHOOSE_MS = 8_000;

/** Waiting time until what happens `rate` times in a unit of time. */
const exponential = (random: () => number, rate: number): number => -Math.log(1 - random()) / rate;

const day = async (devices: number, seed: number): Promise<{ tickets: WorldTicket[]; faults: string[] }> => {
  const random = randomOf(seed * 7919 + devices);
  const start = Date.parse('2026-11-23T05:00:00Z');
  const world = createWorld({
    devices,
    seed,
    series: SERIES_IN_USE,
    start,
    timeZone: 'Europe/Moscow',
    tickMs: HOUR / 2,
  });
  const end = WARM_UP_MS + OPEN_MS;
  for (let device = 0; device < devices; device += 1) {
    let at = WARM_UP_MS;
    for (;;) {
      const from = at + exponential(random, OUTAGES_PER_HOUR) * HOUR;
      if (from >= end) break;
      at = from + exponential(random, 1 / OUTAGE_HOURS) * HOUR;
      world.at(from, () => world.setLink(device, { up: false }));
      world.at(at, () => world.setLink(device, { up: true }));
    }
  }
  for (let n = 0; n < TICKETS; n += 1) {
    const device = Math.floor(random() * devices);
    const series = SERIES_IN_USE[Math.floor(random() * SERIES_IN_USE.length)] ?? 'A';
    world.at(WARM_UP_MS + random() * OPEN_MS, () => world.visit(device, series, CHOOSE_MS * random()));
  }
  await world.run(end + HOUR);
  const { tickets, faults } = world;
  world.end();
  return { tickets, faults };
};

/** Pairs of neighbours in time whose later one has the lower number. */
const inversions = (row: readonly WorldTicket[]): number =>
  row.filter((ticket, n) => ticket.number < (row[n - 1]?.number ?? 0)).length;

/** How many places each is from where it would be if numbers were called in their order. */
const displacements = (row: readonly WorldTicket[]): number[] => {
  const places = new Map(row.toSorted((a, b) => a.number - b.number).map((ticket, place) => [ticket, place]));
  return row.map((ticket, n) => Math.abs((places.get(ticket) ?? n) - n));
};

const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

const office = async (devices: number): Promise<Line[]> => {
  const all: WorldTicket[] = [];
  let twice = 0;
  let faults = 0;
  let inverted = 0;
  const placesOnline: number[] = [];
  const placesAll: number[] = [];
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { tickets, faults: found } = await day(devices, seed);
    all.push(...tickets);
    faults += found.length;
    twice += duplicates(tickets).length;
    for (const row of Map.groupBy(tickets, (ticket) => `${ticket.date} ${ticket.series}`).values()) {
      const online = row.filter(({ kind }) => kind === 'online');
      inverted += inversions(online);
      placesOnline.push(...displacements(online));
      placesAll.push(...displacements(row));
    }
  }
  const of = (kind: WorldTicket['kind']): number => all.filter((ticket) => ticket.kind === kind).length;
  const name = (what: string): string => `${devices} device${devices === 1 ? '' : 's'}: ${what}`;
  const percent = (n: number): number => (100 * n) / all.length;
  return [
    { what: name('tickets a day'), value: all.length / SEEDS, unit: '' },
    { what: name('duplicates'), value: twice, unit: '', aim: '0', met: twice === 0 },
    { what: name('other faults'), value: faults, unit: '', aim: '0', met: faults === 0 },
    { what: name('online'), value: percent(of('online')), unit: '%' },
    { what: name('reserve'), value: percent(of('reserve')), unit: '%' },
    { what: name('five digits'), value: percent(of('overflow')), unit: '%' },
    { what: name('five digits a day'), value: of('overflow') / SEEDS, unit: '' },
    { what: name('inversions among online numbers, a day'), value: inverted / SEEDS, unit: '' },
    { what: name('mean displacement, online'), value: mean(placesOnline), unit: 'places' },
    { what: name('mean displacement, all'), value: mean(placesAll), unit: 'places' },
  ];
};

const lines: Line[] = [];
for (const devices of [1, 12, 30]) lines.push(...(await office(devices)));
await report('numbers', lines);
