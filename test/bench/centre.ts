import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { businessDate } from '../../shared/domain/business-day.ts';
import { TestDevice } from '../centre/test-device.ts';
import { FIRST_OFFICE, startCentreProcess } from './centre-process.ts';
import { percentile, report, type Line } from './report.ts';

/**
 * `npm run bench:centre`: one process of the reference centre, its database in a file, and more and more devices over
 * real HTTP until a push of 20 operations takes longer than 200 ms for one in twenty. Each device listens to the events
 * of its office, pulls what is new when it is poked, and pushes 20 walk-ins every two seconds: five times as much as a
 * device of the fullest office has to tell. The devices are in this process, on the same machine.
 */
const OPS = 20;
const EVERY_MS = 2_000;
const STEP_MS = 12_000;
const PER_OFFICE = 10;
const STEPS = [10, 20, 40, 60, 80, 100, 120, 150, 180, 220, 260];
const AIM_MS = 200;
const SERIES = ['A', 'B', 'E', 'K'] as const;
const PUSHES = STEP_MS / EVERY_MS;

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms));
  });

interface Driven {
  device: TestDevice;
  numbers: { series: (typeof SERIES)[number]; number: number }[];
}
/** An enrolled device with numbers for everything that it will tell. */
const enrol = async (url: string, code: string, day: string): Promise<Driven> => {
  const device = await TestDevice.enrol(url, code);
  const numbers: Driven['numbers'] = [];
  for (const series of SERIES) {
    if (numbers.length >= PUSHES * OPS) break;
    const { numbers: got } = await device.lease(series, 'online', 40, day);
    numbers.push(...got.map((number) => ({ series, number })));
  }
  await device.pull(500);
  return { device, numbers };
};

/** @returns how long each push took from when it was due, ms */
const drive = async ({ device, numbers }: Driven, day: string, offset: number): Promise<number[]> => {
  const leave = new AbortController();
  const events = await device.events(leave.signal);
  let poked = false;
  const listening = (async () => {
    for await (const name of events) if (name === 'poke') poked = true;
  })().catch(() => undefined);
  let over = false;
  const pulling = (async () => {
    while (!over) {
      await pause(EVERY_MS);
      if (!poked) continue;
      poked = false;
      await device.pull(500);
    }
  })();
  const took: number[] = [];
  const began = performance.now() + offset;
  for (let n = 0; n < PUSHES; n += 1) {
    const ops = numbers.splice(0, OPS).map((ticket) => device.walkIn({ businessDate: day, ...ticket }));
    const due = began + n * EVERY_MS;
    await pause(due - performance.now());
    const { results } = await device.push(...ops);
    took.push(performance.now() - due);
    const bad = results.find(({ status }) => status !== 'applied');
    if (bad) throw new Error(`not taken: ${JSON.stringify(bad)}`);
  }
  over = true;
  await pulling;
  leave.abort();
  await listening;
  return took;
};

const step = async (devices: number): Promise<{ p50: number; p95: number; rate: number }> => {
  const dir = await mkdtemp(join(tmpdir(), 'talon-bench-centre-'));
  const centre = await startCentreProcess(join(dir, 'centre.db'), 0, Math.ceil(devices / PER_OFFICE));
  try {
    const day = businessDate(Date.now(), 'Europe/Moscow');
    const driven: Driven[] = [];
    for (let n = 0; n < devices; n += 1) {
      const code = await centre.code(FIRST_OFFICE + Math.floor(n / PER_OFFICE));
      driven.push(await enrol(centre.url, code, day));
    }
    const before = performance.now();
    const took = await Promise.all(driven.map((one, n) => drive(one, day, (n / devices) * EVERY_MS)));
    const seconds = (performance.now() - before) / 1000;
    const all = took.flat();
    return { p50: percentile(all, 0.5), p95: percentile(all, 0.95), rate: (all.length * OPS) / seconds };
  } finally {
    await centre.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

const lines: Line[] = [];
let held: { devices: number; rate: number } | null = null;
for (const devices of STEPS) {
  const { p50, p95, rate } = await step(devices);
  lines.push(
    { what: `${devices} devices, operations`, value: rate, unit: '/s' },
    { what: `${devices} devices, a push of ${OPS}, p50`, value: p50, unit: 'ms' },
    {
      what: `${devices} devices, a push of ${OPS}, p95`,
      value: p95,
      unit: 'ms',
      aim: `<= ${AIM_MS} ms`,
      met: p95 <= AIM_MS,
    },
  );
  if (p95 > AIM_MS) break;
  held = { devices, rate };
}
if (!held) throw new Error('not even the smallest step is held');
await report('centre', [
  ...lines,
  {
    what: `held with p95 <= ${AIM_MS} ms: devices that push ${OPS} every ${EVERY_MS / 1000} s`,
    value: held.devices,
    unit: '',
  },
  { what: `held with p95 <= ${AIM_MS} ms: operations`, value: held.rate, unit: '/s' },
]);
