import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { check } from './checks.ts';
import { createChaos } from './world.ts';

/**
 * `npm run chaos -- --devices 12 --hours 8 --seed N [--seeds M] [--trace FILE]`: an office in virtual time in which everything
 * goes wrong, and what has to be true afterwards. The same seed does the same again.
 */
const USAGE = 'usage: chaos [--devices N] [--hours N] [--seed N] [--seeds N] [--trace FILE]';

const number = (name: string, value: string, least: number): number => {
  const n = Number(value);
  if (Number.isFinite(n) && n >= least) return n;
  console.error(`--${name} ${value}: expected a number from ${least} on\n${USAGE}`);
  return process.exit(2);
};

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '12' },
    hours: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    trace: { type: 'string' },
  },
});
const devices = number('devices', values.devices, 1);
const hours = number('hours', values.hours, 0.1);
const first = number('seed', values.seed, 0);
const seeds = number('seeds', values.seeds, 1);
const { trace } = values;
if (trace !== undefined) writeFileSync(trace, '');

/** So many in one process: what a world leaves behind is gone with it. */
const IN_ONE = 25;
if (seeds > IN_ONE) {
  let bad = 0;
  for (let from = first; from < first + seeds; from += IN_ONE) {
    const count = Math.min(IN_ONE, first + seeds - from);
    const about = { devices, hours, seed: from, seeds: count };
    const args = Object.entries(about).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' });
    if (status !== 0) bad += 1;
  }
  console.log(bad === 0 ? `all ${seeds} seeds are well` : `${bad} parts of ${seeds} seeds are not well: see above`);
  process.exit(bad === 0 ? 0 : 1);
}

const realNow = performance.now.bind(performance);
let failed = 0;
console.log('seed  trace             tickets  requests  parked  ms     result');
for (let seed = first; seed < first + seeds; seed += 1) {
  const began = realNow();
  const world = await createChaos({
    devices,
    hours,
    seed,
    ...(trace === undefined ? {} : { trace: (line: string) => appendFileSync(trace, `${line}\n`) }),
  });
  await world.run();
  const wrong = await check(world);
  const parked = world.machines.reduce(
    (sum, m) => sum + Number(world.rows(m, `SELECT count(*) AS n FROM outbox WHERE state = 'parked'`)[0]?.['n']),
    0,
  );
  const line = [
    String(seed).padEnd(5),
    world.hash().padEnd(17),
    String(world.given.length).padStart(7),
    String(world.requests()).padStart(9),
    String(parked).padStart(7),
    String(Math.round(realNow() - began)).padStart(6),
    wrong.length === 0 ? ' ok' : ` FAILED`,
  ];
  console.log(line.join(' '));
  for (const one of wrong.slice(0, 20)) console.log(`      ${one}`);
  if (wrong.length > 0) failed += 1;
  await world.close();
}
console.log(`${seeds - failed} of ${seeds} seeds are well`);
process.exitCode = failed === 0 ? 0 : 1;
