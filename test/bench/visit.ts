import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { createCases } from '../../electron/core/checkin/cases.ts';
import { createCheckin, createTurns } from '../../electron/core/checkin/checkin.ts';
import { createLog } from '../../electron/core/log.ts';
import { systemClock } from '../../electron/core/shipped.ts';
import { createQueue } from '../../electron/core/queue/queue.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore } from '../../electron/core/store/store.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { seedRegistry } from '../fixtures/registry.ts';
import { startVirtualPrinter } from '../printer/index.ts';
import { startCore } from '../tools/core-cli.ts';
import { Centre, until } from '../tools/stage.ts';
import { percentile, report } from './report.ts';

/**
 * `npm run bench:visit`: 500 visits through the core as a process of its own, with real SQLite, the reference centre and
 * the virtual printer at full speed, one visitor after the other; then check-ins without printing, beside as many bare
 * transactions with the same durability, in turns.
 */
const VISITS = 500;
const ROUNDS = 5;

const rssMb = (pid: number): number => {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
};

/** All visits with paper. */
const withPaper = async (dir: string) => {
  await mkdir(dir, { recursive: true });
  const now = Date.now();
  const printer = await startVirtualPrinter({ speed: 'max', httpPort: null, keepPictures: 5 });
  const centre = await Centre.start(join(dir, 'centre.db'));
  const core = await startCore(join(dir, 'core'), {
    version: 1,
    settings: {
      'centre.url': centre.url,
      'centre.enrolmentCode': centre.enrolment[0],
      'printer.kind': 'tcp',
      'printer.port': printer.port,
      'log.level': 'debug',
    },
  });
  try {
    await until('the core is live', async () => {
      const state = (await core.call('system.state', {})) as { sync: { state: string } };
      return state.sync.state === 'live' ? true : null;
    });
    const codes: string[] = [];
    for (let n = 0; n < VISITS; n += 1) {
      const answer = (await centre.control({
        book: { office_id: 7701, service_id: 101 + (n % 3), starts_at: now },
      })) as { booking: { token: string } };
      codes.push(answer.booking.token);
    }
    let firstByte: ((at: number) => void) | null = null;
    printer.events.subscribe((event) => {
      if (event.type === 'bytes' && event.first) firstByte?.(performance.now());
    });
    const toFirstByte: number[] = [];
    const toAnswer: number[] = [];
    const toPaper: number[] = [];
    for (const text of codes) {
      const began = new Promise<number>((resolve) => {
        firstByte = resolve;
      });
      let job: string | null = null;
      const ended = new Set<string>();
      const printed = new Promise<number>((resolve) => {
        const listen = (event: string, payload: Record<string, unknown>): void => {
          if (event === 'print.changed' && payload['state'] === 'printed') ended.add(String(payload['id']));
          if (job === null || !ended.has(job)) return;
          core.listeners.delete(listen);
          resolve(performance.now());
        };
        core.listeners.add(listen);
      });
      const decoded = performance.now();
      const answer = (await core.call('checkin.scan', { attempt: v7(), text, source: 'camera' })) as {
        outcome: string;
        job?: { id: string };
      };
      toAnswer.push(performance.now() - decoded);
      if (answer.outcome !== 'accepted' || !answer.job) throw new Error(`refused: ${JSON.stringify(answer)}`);
      job = answer.job.id;
      toFirstByte.push((await began) - decoded);
      toPaper.push((await printed) - decoded);
    }
    const rss = rssMb(core.pid);
    await core.stop();
    const commits = readFileSync(join(dir, 'core', 'logs', 'core.log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"checkin.committed"'))
      .map((line) => (JSON.parse(line) as { commitMs: number }).commitMs);
    if (printer.tickets.length !== VISITS) throw new Error(`${printer.tickets.length} papers for ${VISITS} visits`);
    return { toFirstByte, toAnswer, toPaper, commits, rss };
  } finally {
    await centre.stop();
    await printer.close();
  }
};

/** Seconds for `VISITS` check-ins without printing or centre: verify, decide, number, one transaction each. */
const checkins = async (dir: string): Promise<number> => {
  const log = createLog(join(dir, 'core.log'), 'info');
  const store = openStore(() => openBetterSqlite3(join(dir, 'talon.db')), log);
  const held = seedRegistry(store, { now: Date.now(), count: VISITS });
  const ids = { uuid: () => v7() };
  const clock = systemClock;
  const queue = createQueue({ store, clock, log, heardAt: () => null });
  const checkin = createCheckin(
    {
      store,
      clock,
      moment: () => exactly(clock.now()),
      stamp: () => undefined,
      ids,
      log,
      cases: createCases(clock, ids),
      queue,
      lease: () => Promise.resolve(null),
      refreshKeys: () => Promise.resolve(false),
      committed: () => queue.changed(),
    },
    createTurns(),
  );
  const began = performance.now();
  for (const { token } of held) {
    const out = await checkin.scan({ attempt: v7(), text: token, source: 'camera', purpose: 'check-in' });
    if (out.outcome !== 'accepted') throw new Error(JSON.stringify(out));
  }
  const seconds = (performance.now() - began) / 1000;
  store.close();
  return seconds;
};

/** Seconds for `VISITS` transactions of one row each, WAL and synchronous=FULL like ours. */
const bare = (dir: string): number => {
  const db = openBetterSqlite3(join(dir, 'bare.db'));
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT) STRICT',
  );
  const insert = db.prepare('INSERT INTO t (text) VALUES (?)');
  const began = performance.now();
  for (let n = 0; n < VISITS; n += 1) {
    db.exec('BEGIN IMMEDIATE');
    insert.run('a row of some hundred bytes, as an outbox entry might be: '.repeat(3));
    db.exec('COMMIT');
  }
  const seconds = (performance.now() - began) / 1000;
  db.close();
  return seconds;
};

const root = await mkdtemp(join(tmpdir(), 'talon-bench-'));
try {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const dir = join(root, `round-${round}`);
    await mkdir(dir, { recursive: true });
    const rates = [VISITS / (await checkins(dir)), VISITS / bare(dir)] as const;
    // The first round warms up both: a kiosk's core has run for days.
    if (round === 0) continue;
    ours.push(rates[0]);
    theirs.push(rates[1]);
  }
  const paper = await withPaper(join(root, 'paper'));
  const ratio = percentile(ours, 0.5) / percentile(theirs, 0.5);
  const p95 = percentile(paper.toFirstByte, 0.95);
  const commit = percentile(paper.commits, 0.95);
  await report('visit', [
    { what: 'visits with paper', value: paper.toFirstByte.length, unit: '' },
    { what: 'decode to first printer byte, p50', value: percentile(paper.toFirstByte, 0.5), unit: 'ms' },
    { what: 'decode to first printer byte, p95', value: p95, unit: 'ms', aim: '<= 100 ms', met: p95 <= 100 },
    { what: 'of which commit, p50', value: percentile(paper.commits, 0.5), unit: 'ms' },
    { what: 'of which commit, p95', value: commit, unit: 'ms', aim: '<= 10 ms', met: commit <= 10 },
    { what: 'decode to answer on the screen, p95', value: percentile(paper.toAnswer, 0.95), unit: 'ms' },
    { what: 'decode to confirmed paper, p95', value: percentile(paper.toPaper, 0.95), unit: 'ms' },
    { what: 'check-ins without printing', value: percentile(ours, 0.5), unit: '/s' },
    { what: 'bare fsynced transactions', value: percentile(theirs, 0.5), unit: '/s' },
    { what: 'ratio of the two', value: ratio, unit: '', aim: '>= 0.5', met: ratio >= 0.5 },
    { what: 'core RSS after the visits', value: paper.rss, unit: 'MB' },
  ]);
} finally {
  await rm(root, { recursive: true, force: true });
}
