import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { createCases } from '../../electron/core/checkin/cases.ts';
import { createCheckin, createTurns } from '../../electron/core/checkin/checkin.ts';
import { createWalkIn } from '../../electron/core/checkin/walk-in.ts';
import { createLog } from '../../electron/core/log.ts';
import { createCatalogue } from '../../electron/core/queue/catalogue.ts';
import { createQueue } from '../../electron/core/queue/queue.ts';
import { systemClock as clock } from '../../electron/core/shipped.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { startCore } from '../tools/core-cli.ts';
import { percentile, report } from './report.ts';
import { makeScale } from './scale-data.ts';

/**
 * `npm run bench:scale`: a device of a very large office, on a full day: 100,000 bookings and 50,000 visits in its cache,
 * 6,000 of them of today, 300 people waiting, 40 services, 30 windows. A check-in with its commit, the list of services
 * and an estimate, each with the queue read anew (as after every news) and with it in memory; and the start of the core
 * as a process of its own, up to its first answer.
 */
const CHECKINS = 400;
const READS = 200;
/** As many in a row as the office lets one screen give. */
const WALK_INS = 100;
const STARTS = 7;

interface Times {
  wall: number[];
  /** Of this process: what is left when the machine does nothing else and the disk is fast. */
  cpu: number[];
}
const times = async (n: number, run: (i: number) => unknown): Promise<Times> => {
  const all: Times = { wall: [], cpu: [] };
  for (let i = 0; i < n; i += 1) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    await run(i);
    const { user, system } = process.cpuUsage(used);
    all.wall.push(performance.now() - began);
    all.cpu.push((user + system) / 1000);
  }
  return all;
};

const visitors = async (file: string, made: ReturnType<typeof makeScale>, log: ReturnType<typeof createLog>) => {
  const store = openStore(() => openBetterSqlite3(file), log);
  const ids = { uuid: () => v7() };
  const queue = createQueue({ store, clock, log, heardAt: () => clock.now() });
  const ports = {
    store,
    clock,
    moment: () => exactly(clock.now()),
    stamp: () => undefined,
    ids,
    log,
    cases: createCases(clock, ids),
    queue,
    lease: () => Promise.resolve(null),
    prefetch: () => undefined,
    refreshKeys: () => Promise.resolve(false),
    online: () => true,
    committed: () => queue.changed(),
  };
  const inTurn = createTurns();
  const checkin = createCheckin(ports, inTurn);
  const walkIn = createWalkIn(ports, inTurn);
  const catalogue = createCatalogue(ports);

  const cold = <T>(read: () => T) =>
    times(READS, () => {
      queue.changed();
      return read();
    });
  const serviceOf = (i: number): number => made.services[i % made.services.length] ?? 1;
  const ask = () =>
    queue.estimate({ serviceIds: [serviceOf(7)], priority: 'none', orderAt: clock.now(), visitId: null });
  if (!ask().known) throw new Error('no estimate for a full hall');
  const list = { cold: await cold(() => catalogue.catalogue()), warm: await times(READS, () => catalogue.catalogue()) };
  const estimate = { cold: await cold(ask), warm: await times(READS, ask) };
  const slots = await times(READS, (i) => catalogue.slots([serviceOf(i)]));
  const checkins = await times(CHECKINS, async (i) => {
    const text = made.held[i]?.token ?? '';
    const out = await checkin.scan({ attempt: v7(), text, source: 'camera', purpose: 'check-in' });
    if (out.outcome !== 'accepted') throw new Error(`refused: ${JSON.stringify(out)}`);
  });
  const walkIns = await times(WALK_INS, async (i) => {
    const out = await walkIn.take({
      attempt: v7(),
      services: [serviceOf(i)],
      claim: null,
      contact: null,
      language: 'ru',
      despiteQueue: true,
    });
    if (out.outcome !== 'accepted') throw new Error(`refused: ${JSON.stringify(out)}`);
  });
  store.close();
  return { list, estimate, slots, checkins, walkIns };
};

/** From the start of the process to the first answer, ms. */
const starts = async (dir: string): Promise<number[]> => {
  const all: number[] = [];
  for (let n = 0; n < STARTS; n += 1) {
    const began = performance.now();
    const core = await startCore(dir, { version: 1, settings: {} });
    const state = await core.call('system.state', {});
    all.push(performance.now() - began);
    if (state['ready'] !== true) throw new Error(`not ready: ${JSON.stringify(state)}`);
    await core.stop();
  }
  return all;
};

const dir = await mkdtemp(join(tmpdir(), 'talon-scale-'));
try {
  const file = join(dir, 'talon.db');
  const log = createLog(join(dir, 'bench.log'), 'warn');
  const began = performance.now();
  const made = makeScale(file, clock.now(), CHECKINS, log);
  const madeIn = (performance.now() - began) / 1000;
  const size = statSync(file).size / 1024 / 1024;
  const seen = await visitors(file, made, log);
  const check = await times(3, () => {
    const db = openBetterSqlite3(file);
    db.pragma('quick_check(1)');
    db.close();
  });
  const started = await starts(dir);
  const p = (values: readonly number[], share = 0.95): number => percentile(values, share);
  const aim = (what: string, { wall, cpu }: Times, most: number) => [
    { what: `${what}, p50`, value: p(wall, 0.5), unit: 'ms' },
    { what: `${what}, p95`, value: p(wall), unit: 'ms', aim: `<= ${most} ms`, met: p(wall) <= most },
    { what: `${what}, processor time, p50`, value: p(cpu, 0.5), unit: 'ms' },
  ];
  await report('scale', [
    { what: 'making the data', value: madeIn, unit: 's' },
    { what: 'size of the database', value: size, unit: 'MB' },
    ...aim('check-in with its commit', seen.checkins, 15),
    { what: 'walk-in, p95', value: p(seen.walkIns.wall), unit: 'ms' },
    ...aim('list of services, queue read anew', seen.list.cold, 20),
    ...aim('list of services, queue in memory', seen.list.warm, 20),
    ...aim('estimate, queue read anew', seen.estimate.cold, 20),
    ...aim('estimate, queue in memory', seen.estimate.warm, 20),
    { what: 'free times of a service, p95', value: p(seen.slots.wall), unit: 'ms' },
    { what: 'quick_check of the whole file', value: p(check.wall, 0.5), unit: 'ms' },
    {
      what: 'start to first answer, median',
      value: p(started, 0.5),
      unit: 'ms',
      aim: '<= 1000 ms',
      met: p(started, 0.5) <= 1000,
    },
    { what: 'start to first answer, longest', value: Math.max(...started), unit: 'ms' },
  ]);
} finally {
  await rm(dir, { recursive: true, force: true });
}
