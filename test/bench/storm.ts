import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeDevices } from '../fixtures/core-device.ts';
import { storm } from '../fixtures/storm.ts';
import { startCentreProcess } from './centre-process.ts';
import { report } from './report.ts';

/**
 * `npm run bench:storm`: 30 devices were offline for four hours, in which 3,000 visitors checked in at them; the line
 * comes back for all in the same moment. How long until the centre has every fact and every device knows of every
 * visitor, and what that costs. All devices are in this process, the centre is another.
 */
const DEVICES = 30;
const CHECKINS = 3_000;
const AWAY_MS = 4 * 3_600_000;
const AIM_S = 30;
const AIM_PER_SECOND = 4;

const dir = await mkdtemp(join(tmpdir(), 'talon-bench-storm-'));
const centre = await startCentreProcess(join(dir, 'centre.db'), 0);
try {
  const tokens = await centre.tokens(CHECKINS, AWAY_MS / 60_000);
  const codes: string[] = [];
  for (let n = 0; n < DEVICES; n += 1) codes.push(await centre.code());
  let before = await centre.traffic();
  const seen = await storm(
    { url: centre.url, devices: DEVICES, codes, tokens, away: AWAY_MS, advance: centre.advance },
    async () => {
      before = await centre.traffic();
    },
  );
  const after = await centre.traffic();
  const visits = await centre.visits();
  if (visits < CHECKINS) throw new Error(`the centre knows ${visits} of ${CHECKINS} visits`);
  const seconds = seen.ms / 1000;
  await report('storm', [
    { what: 'devices', value: DEVICES, unit: '' },
    { what: 'check-ins while the line was cut', value: CHECKINS, unit: '' },
    { what: 'distinct numbers on their tickets', value: seen.numbers, unit: '' },
    {
      what: 'until all is told and known everywhere',
      value: seconds,
      unit: 's',
      aim: `< ${AIM_S} s`,
      met: seconds < AIM_S,
    },
    { what: 'visits at the centre', value: visits, unit: '' },
    { what: 'visits that the device knows which knows least', value: Math.min(...seen.known), unit: '' },
    { what: 'requests of all devices', value: seen.requests, unit: '' },
    {
      what: 'most requests of a device in a second',
      value: seen.mostPerSecond,
      unit: '',
      aim: `<= ${AIM_PER_SECOND}`,
      met: seen.mostPerSecond <= AIM_PER_SECOND,
    },
    { what: 'sent by devices', value: (after.in - before.in) / 1024, unit: 'KB' },
    { what: 'received by devices', value: (after.out - before.out) / 1024, unit: 'KB' },
    { what: 'bytes sent for an operation', value: (after.in - before.in) / CHECKINS, unit: 'B' },
  ]);
} finally {
  await closeDevices();
  await centre.stop();
  await rm(dir, { recursive: true, force: true });
}
