import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { v7 } from 'uuid';
import { createLog } from '../../electron/core/log.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { startCore } from '../tools/core-cli.ts';
import { until } from '../tools/stage.ts';
import { startCentreProcess } from './centre-process.ts';
import { percentile, report } from './report.ts';

/**
 * `npm run bench:sync`: a device as it ships (the core as a process of its own, with journal and backups) and the
 * reference centre as another: the first snapshot of 100,000 bookings beside bare inserts of the same rows, a snapshot
 * again while visitors check in, a change of 1,000 rows, and what an operation costs on the line.
 */
const BOOKINGS = 100_000;
const DELTA = 1_000;
const DELTAS = 5;
const OPERATIONS = 500;
/** How often a code is shown, and how often somebody comes; ms. */
const SCAN_EVERY_MS = 25;
const COME_EVERY_MS = 700;
const SCANS = 400;
const ARRIVALS = 20;
const ROUNDS = 4;

type Core = Awaited<ReturnType<typeof startCore>>;
const rowsOf = (file: string, query: string): Record<string, unknown>[] => {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], Record<string, unknown>>(query).all();
  } finally {
    db.close();
  }
};
const memoryMb = (pid: number, what: 'VmHWM' | 'VmRSS'): number =>
  Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface Logged {
  rows: number;
  ms: number;
  /** Epoch ms. */
  time: number;
}
const logged = (dir: string, event: string): Logged[] =>
  readFileSync(join(dir, 'logs', 'core.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"${event}"`))
    .map((line) => JSON.parse(line) as Logged)
    .map((line) => ({ ...line, time: new Date(line.time).getTime() }));
const snapshots = (dir: string): Logged[] => logged(dir, 'sync.snapshot');
/** Rows that came by the feed since then, and when the last of them was here. */
const pulledSince = (dir: string, since: number): { rows: number; at: number } => {
  const pages = logged(dir, 'sync.pulled').filter(({ time }) => time >= since);
  return { rows: pages.reduce((sum, { rows }) => sum + rows, 0), at: pages.at(-1)?.time ?? 0 };
};

const stateOf = async (core: Core) => ((await core.call('system.state', {})) as { sync: Record<string, unknown> }).sync;
const live = (core: Core, limitMs = 120_000) =>
  until('live', async () => ((await stateOf(core))['state'] === 'live' ? true : null), limitMs);

/** Rows per second of one transaction of inserts, with the schema that ships: as fast as it gets. */
const bareInserts = (
  file: string,
  rows: readonly Record<string, unknown>[],
  log: ReturnType<typeof createLog>,
): number => {
  openStore(() => openBetterSqlite3(file), log).close();
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  const columns = Object.keys(rows[0] ?? {});
  const insert = db.prepare(
    `INSERT INTO booking (${columns.join(', ')}) VALUES (${columns.map((c) => `@${c}`).join(', ')})`,
  );
  const began = performance.now();
  db.transaction(() => {
    for (const row of rows) insert.run(row);
  })();
  const ms = performance.now() - began;
  db.close();
  return (rows.length / ms) * 1000;
};

/**
 * Shows one code after the other at fixed times, until `over`; a late answer does not make the next come later.
 * @param next of whom the next code is
 * @returns from the code to the answer, ms
 */
const visitors = async (core: Core, everyMs: number, next: () => string, over: (n: number) => boolean) => {
  const waits: number[] = [];
  const outcomes = new Set<unknown>();
  const asked: Promise<void>[] = [];
  const began = performance.now();
  for (let n = 1; !over(n); n += 1) {
    const due = began + n * everyMs;
    await new Promise((resolve) => {
      setTimeout(resolve, Math.max(0, due - performance.now()));
    });
    const text = next();
    const sent = performance.now();
    asked.push(
      core.call('checkin.scan', { attempt: v7(), text, source: 'camera' }).then((answer) => {
        waits.push(performance.now() - sent);
        outcomes.add(answer['outcome']);
      }),
    );
  }
  await Promise.all(asked);
  outcomes.delete('accepted');
  if (outcomes.size > 0) throw new Error(`refused: ${[...outcomes].join()}`);
  return waits;
};

const dir = await mkdtemp(join(tmpdir(), 'talon-bench-sync-'));
const centre = await startCentreProcess(join(dir, 'centre.db'), BOOKINGS);
let core: Core | null = null;
try {
  const log = createLog(join(dir, 'bench.log'), 'warn');
  const data = join(dir, 'core');
  const before = await centre.traffic();
  const config = {
    version: 1,
    settings: { 'centre.url': centre.url, 'centre.enrolmentCode': await centre.code(), 'log.level': 'debug' },
  };
  core = await startCore(data, config);
  const idle = memoryMb(core.pid, 'VmRSS');
  await live(core);
  const file = join(data, 'talon.db');
  const [first] = snapshots(data);
  if (!first) throw new Error('no snapshot');
  const after = await centre.traffic();
  const peak = memoryMb(core.pid, 'VmHWM');
  const perSecond = (first.rows / first.ms) * 1000;
  // The core keeps its database to itself.
  await core.stop();
  // In the order in which they came: by id.
  const rows = rowsOf(file, 'SELECT * FROM booking ORDER BY booking_id');
  const bare = [0, 1, 2].map((n) => bareInserts(join(dir, `bare-${n}.db`), rows, log));

  core = await startCore(data, config);
  await live(core);
  const codes = await centre.tokens(ARRIVALS + ROUNDS * 40 + OPERATIONS);
  await live(core);
  const used = codes.shift() ?? '';
  await core.call('checkin.scan', { attempt: v7(), text: used, source: 'camera' });
  /** A code that was used is answered without a number, which may have to be asked of the centre: it is what the device takes. */
  const scanning = (over: (n: number) => boolean) => visitors(core as Core, SCAN_EVERY_MS, () => used, over);
  const arriving = (over: (n: number) => boolean) =>
    visitors(core as Core, COME_EVERY_MS, () => codes.shift() ?? '', over);
  const quiet = { scans: await scanning((n) => n > SCANS), arrivals: await arriving((n) => n > ARRIVALS) };
  const busy: typeof quiet = { scans: [], arrivals: [] };
  const again: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const had = snapshots(data).length;
    const mismatches = logged(data, 'sync.digest-mismatch').length;
    await centre.revise();
    // The sums are compared every so many pages.
    await until('the difference is found', async () => {
      await centre.bookings(1);
      return logged(data, 'sync.digest-mismatch').length > mismatches ? true : null;
    });
    let over = false;
    const asked = until('a snapshot', () => (snapshots(data).length > had ? true : null), 120_000).finally(() => {
      over = true;
    });
    if (n % 2 === 0) busy.scans.push(...(await scanning(() => over)));
    else busy.arrivals.push(...(await arriving(() => over)));
    await asked;
    again.push(snapshots(data).at(-1)?.ms ?? Number.NaN);
    await live(core);
  }

  const deltas: number[] = [];
  for (let n = 0; n < DELTAS; n += 1) {
    await centre.bookings(DELTA);
    // Committed at the centre by now.
    const began = Date.now();
    const here = await until('the change', () => {
      const { rows: came, at } = pulledSince(data, began - 1_000);
      return came >= DELTA ? at : null;
    });
    deltas.push(Math.max(0, here - began));
    await live(core);
    // The next is told apart by its time.
    await new Promise((resolve) => {
      setTimeout(resolve, 1_500);
    });
  }

  await centre.control({ maintenance: 3_600 });
  for (const text of codes.splice(0, OPERATIONS))
    await core.call('checkin.scan', { attempt: v7(), text, source: 'camera' });
  const quietLine = await centre.traffic();
  await centre.control({ maintenance: 0 });
  await core.call('sync.now', {});
  await until('all told', async () => ((await stateOf(core as Core))['waiting'] === 0 ? true : null), 60_000);
  const told = await centre.traffic();
  const p = (values: readonly number[], share: number): number => percentile(values, share);
  const slowest = (waits: readonly number[]): number => Math.max(...waits);
  const ratio = perSecond / p(bare, 0.5);
  const cost = slowest(busy.scans) - p(quiet.scans, 0.5);
  await report('sync', [
    { what: 'first snapshot', value: first.rows, unit: 'rows' },
    { what: 'first snapshot', value: first.ms, unit: 'ms' },
    { what: 'first snapshot', value: perSecond, unit: '/s' },
    { what: 'bare inserts of the same rows, one transaction', value: p(bare, 0.5), unit: '/s' },
    { what: 'first snapshot beside bare inserts', value: ratio, unit: '', aim: '>= 0.4', met: ratio >= 0.4 },
    { what: 'bytes of the first snapshot on the line, a row', value: (after.out - before.out) / first.rows, unit: 'B' },
    { what: 'memory of the core before', value: idle, unit: 'MB' },
    { what: 'memory of the core, peak', value: peak, unit: 'MB' },
    { what: 'a code scanned while all is quiet, p50', value: p(quiet.scans, 0.5), unit: 'ms' },
    { what: 'a code scanned while all is quiet, longest', value: slowest(quiet.scans), unit: 'ms' },
    { what: 'a visitor who comes, quiet, p50', value: p(quiet.arrivals, 0.5), unit: 'ms' },
    { what: 'a visitor who comes, quiet, longest', value: slowest(quiet.arrivals), unit: 'ms' },
    { what: 'all bookings are others: a snapshot over what is here, p50', value: p(again, 0.5), unit: 'ms' },
    { what: 'codes scanned during that', value: busy.scans.length, unit: '' },
    { what: 'a code scanned during it, p50', value: p(busy.scans, 0.5), unit: 'ms' },
    { what: 'a code scanned during it, p95', value: p(busy.scans, 0.95), unit: 'ms' },
    { what: 'a code scanned during it, longest', value: slowest(busy.scans), unit: 'ms' },
    { what: 'a visitor who comes during it, p95', value: p(busy.arrivals, 0.95), unit: 'ms' },
    { what: 'visitors who come during it', value: busy.arrivals.length, unit: '' },
    { what: 'a visitor who comes during it, longest', value: slowest(busy.arrivals), unit: 'ms' },
    { what: 'longest wait because of it', value: cost, unit: 'ms', aim: '<= 30 ms', met: cost <= 30 },
    { what: `change of ${DELTA} rows, until it is here, p50`, value: p(deltas, 0.5), unit: 'ms' },
    { what: `change of ${DELTA} rows, longest of ${DELTAS}`, value: slowest(deltas), unit: 'ms' },
    {
      what: 'bytes sent for an operation (check-in, batches)',
      value: (told.in - quietLine.in) / OPERATIONS,
      unit: 'B',
    },
    { what: 'bytes received for an operation', value: (told.out - quietLine.out) / OPERATIONS, unit: 'B' },
    { what: `requests for ${OPERATIONS} operations`, value: told.requests - quietLine.requests, unit: '' },
  ]);
} finally {
  await core?.stop();
  await centre.stop();
  await rm(dir, { recursive: true, force: true });
}
