import { readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { closeDevices, startDevice, type CoreDevice } from '../fixtures/core-device.ts';
import { until } from '../tools/stage.ts';

/** A device whose database is damaged or gone while it is off: the next start has every fact, and gives no number twice. */

let centre: Centre;
beforeEach(async () => {
  centre = await startCentre({ db: ':memory:', seed: 'demo', control: true, log: () => undefined });
});
afterEach(async () => {
  await closeDevices();
  await centre.close();
});

const book = () => {
  const { booking } = centre.control({
    book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: Date.now() + 300_000 },
  });
  if (!booking) throw new Error('no booking was made');
  return booking;
};
const checkIn = async (device: CoreDevice, token: string) => {
  const outcome = await device.call('checkin.scan', { attempt: v7(), text: token, source: 'camera' });
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.visit;
};
const visitsAtCentre = (): string[] =>
  centre.context.db
    .prepare<[], { visit_id: string }>('SELECT visit_id FROM visit ORDER BY visit_id')
    .all()
    .map((row) => row.visit_id);

describe('a database that', () => {
  const file = (device: CoreDevice) => join(device.dir, 'talon.db');
  const withoutLog = (device: CoreDevice): void => {
    for (const end of ['-wal', '-shm']) rmSync(file(device) + end, { force: true });
  };
  it.each<[string, (device: CoreDevice) => void]>([
    ['was overwritten with garbage', (d) => (withoutLog(d), writeFileSync(file(d), Buffer.alloc(200_000, 'garbage ')))],
    ['was cut off', (d) => (withoutLog(d), truncateSync(file(d), Math.floor(statSync(file(d)).size / 3)))],
    ['is empty', (d) => (withoutLog(d), writeFileSync(file(d), ''))],
    ['is gone', (d) => (withoutLog(d), rmSync(file(d)))],
    [
      'is gone with all its backups',
      (d) => (
        withoutLog(d),
        rmSync(file(d)),
        rmSync(join(d.dir, 'vault', 'backups'), { recursive: true, force: true })
      ),
    ],
  ])('%s: all facts are there and told, the chain goes on, and no number comes twice', async (_, damage) => {
    const device = await startDevice({
      centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE) },
      vault: true,
    });
    await device.live();
    await until('a reserve', () => (device.rows('SELECT 1 FROM reserve').length > 80 ? true : null), 20_000);
    const told = await checkIn(device, book().token);
    await device.told();
    const tokens = [book().token, book().token];
    device.line(false);
    const untold = [await checkIn(device, tokens[0] ?? ''), await checkIn(device, tokens[1] ?? '')];
    await device.stop();
    damage(device);
    const next = await startDevice({ centre: null, dir: device.dir, vault: true });
    expect((await next.call('system.state', {})).recovered).not.toBeNull();
    await until('all is told', () => (visitsAtCentre().length === 3 ? true : null), 30_000);
    expect(visitsAtCentre()).toEqual([told, ...untold].map(({ id }) => id).sort());
    await next.live();
    next.line(false);
    const later = [];
    for (const token of [book().token, book().token]) later.push(await checkIn(next, token));
    next.line(true);
    await next.told();
    const numbers = [told, ...untold, ...later].map(({ number }) => `${number.series} ${number.number}`);
    expect(new Set(numbers).size).toBe(5);
    expect(readdirSync(join(device.dir, 'vault')).length).toBeGreaterThan(0);
    expect(next.log.lines.filter((l) => l.event === 'sync.stopped')).toEqual([]);
  });
});
