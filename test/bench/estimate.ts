import { estimateWait } from '../../shared/domain/estimate.ts';
import { makeDay, runDay, type Size } from './day.ts';
import { percentile, report } from './report.ts';

/**
 * `npm run bench:estimate`: twenty days of offices of different size. Everybody who comes is told how long he will wait,
 * and then really waits. Beside it, the estimate that a board usually shows: people ahead, times the declared mean, by
 * open windows. `--seed N` takes other days.
 */
const DAYS = 20;
const SIZES: readonly Size[] = [
  { services: 4, windows: 3 },
  { services: 6, windows: 4 },
  { services: 8, windows: 6 },
  { services: 10, windows: 8 },
  { services: 12, windows: 10 },
];

interface Told {
  wait: number;
  from: number;
  to: number;
  naive: number;
  inside: boolean;
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
const share = <T>(values: readonly T[], test: (value: T) => boolean): number =>
  values.filter(test).length / Math.max(1, values.length);

const seedArg = process.argv.indexOf('--seed');
const firstSeed = seedArg < 0 ? 1 : Number(process.argv[seedArg + 1]);

const days: Told[][] = [];
const tookMs: number[] = [];
let visits = 0;
let unknown = 0;
let neverCalled = 0;
for (let n = 0; n < DAYS; n += 1) {
  const seed = firstSeed * 1000 + n;
  const day = makeDay(seed, SIZES[n % SIZES.length] ?? { services: 4, windows: 3 });
  const told: Told[] = [];
  for (const { visit, snapshot, waitMinutes } of runDay(day, seed + 500_000).asked) {
    visits += 1;
    const { serviceId, priority, orderAt } = visit;
    const began = performance.now();
    const estimate = estimateWait(
      snapshot,
      { serviceIds: [serviceId], priority, orderAt, visitId: null },
      visit.arrivedAt,
    );
    tookMs.push(performance.now() - began);
    if (waitMinutes === null) neverCalled += 1;
    if (!estimate.known) unknown += 1;
    if (waitMinutes === null || !estimate.known) continue;
    const windows = snapshot.windows.filter((w) => w.state === 'open' && w.serviceIds.includes(serviceId)).length;
    const minutes = day.declared.find((s) => s.serviceId === serviceId)?.meanMinutes ?? 0;
    told.push({
      wait: waitMinutes,
      from: estimate.fromMinutes,
      to: estimate.toMinutes,
      naive: (estimate.ahead * minutes) / Math.max(1, windows),
      inside: waitMinutes >= estimate.fromMinutes && waitMinutes <= estimate.toMinutes,
    });
  }
  days.push(told);
}

const all = days.flat();
const waited = all.filter((t) => t.wait >= 1);
const width = mean(all.map((t) => t.to - t.from));
const wait = mean(all.map((t) => t.wait));
const byDay = days.map((told) => share(told, (t) => t.inside));
const coverage = share(all, (t) => t.inside);
const naiveInside = (t: Told): boolean => {
  const low = Math.max(0, t.naive - (t.to - t.from) / 2);
  return t.wait >= low && t.wait <= low + t.to - t.from;
};
const ourError = mean(all.map((t) => Math.abs((t.from + t.to) / 2 - t.wait)));
const naiveError = mean(all.map((t) => Math.abs(t.naive - t.wait)));
const p95 = percentile(tookMs, 0.95);
await report('estimate', [
  { what: 'days', value: DAYS, unit: '' },
  { what: 'visits', value: visits, unit: '' },
  { what: 'real wait inside the range', value: coverage * 100, unit: '%', aim: '>= 85 %', met: coverage >= 0.85 },
  { what: 'the same by day, worst', value: Math.min(...byDay) * 100, unit: '%' },
  { what: 'the same by day, median', value: percentile(byDay, 0.5) * 100, unit: '%' },
  { what: 'of those who waited a minute or more', value: share(waited, (t) => t.inside) * 100, unit: '%' },
  { what: 'called before the range', value: share(all, (t) => t.wait < t.from) * 100, unit: '%' },
  { what: 'called after the range', value: share(all, (t) => t.wait > t.to) * 100, unit: '%' },
  { what: 'width of the range, mean', value: width, unit: 'min' },
  { what: 'real wait, mean', value: wait, unit: 'min' },
  {
    what: 'real wait, p95',
    value: percentile(
      all.map((t) => t.wait),
      0.95,
    ),
    unit: 'min',
  },
  { what: 'width / wait', value: width / wait, unit: '' },
  {
    what: 'width / wait of those who waited',
    value: mean(waited.map((t) => t.to - t.from)) / mean(waited.map((t) => t.wait)),
    unit: '',
  },
  { what: 'not known', value: (unknown / visits) * 100, unit: '%' },
  { what: 'never called', value: neverCalled, unit: '' },
  { what: 'error of the middle of the range, mean', value: ourError, unit: 'min' },
  { what: 'naive: error, mean', value: naiveError, unit: 'min', aim: 'more than ours', met: naiveError > ourError },
  {
    what: 'naive: inside a range of the same width',
    value: share(all, naiveInside) * 100,
    unit: '%',
    aim: 'less than ours',
    met: share(all, naiveInside) < coverage,
  },
  { what: 'time of an estimate, p95', value: p95, unit: 'ms', aim: '<= 2 ms', met: p95 <= 2 },
]);
