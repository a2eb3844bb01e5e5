import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Printable } from '../../electron/core/ports.ts';
import { insertJob, type Job, readJob } from '../../electron/core/printing/jobs.ts';
import { readHistory } from '../../electron/core/printing/printer-history.ts';
import { createSpool, type Spool } from '../../electron/core/printing/spool.ts';
import type { SpoolerJob, SpoolerPort } from '../../electron/core/printing/spooler.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import type { BlockReason } from '../../shared/domain/model.ts';
import { createHandClock, type HandClock } from '../fixtures/hand-clock.ts';
import { createDb, memoryLog } from '../fixtures/sqlite.ts';

/** A printer behind a queue of the operating system, which says what it has handed over and takes back what it has not. */

type QueueState = Awaited<ReturnType<SpoolerJob['state']>>;
let hand: HandClock;
let store: Store;
let spool: Spool;
let queue: {
  port: SpoolerPort;
  submitted: string[];
  state: QueueState;
  blocked: BlockReason | null;
  /** What a cancel answers; it takes the job out of the queue when it is true. */
  cancels: boolean;
  cancelled: number;
  refuses: boolean;
  silent: boolean;
};
let states: string[];

beforeEach(async () => {
  hand = createHandClock();
  store = openStore(createDb, memoryLog());
  states = [];
  queue = {
    submitted: [],
    state: 'waiting',
    blocked: null,
    cancels: true,
    cancelled: 0,
    refuses: false,
    silent: false,
    port: {
      name: 'queue',
      look: async () => (queue.blocked ? { ready: false, reason: queue.blocked } : { ready: true }),
      submit: async (bytes) => {
        // The journal stands before the first byte.
        const job = jobs().at(-1);
        if (job?.state !== 'sending' || job.firstByteAt === null) throw new Error('it was not journalled');
        if (queue.refuses) throw new Error('not accepting jobs');
        queue.submitted.push(Buffer.from(bytes).toString('latin1'));
        return {
          state: async () => {
            if (queue.silent) throw new Error('no answer');
            return queue.state;
          },
          cancel: async () => {
            queue.cancelled += 1;
            if (queue.cancels) queue.state = 'gone';
            return queue.cancels;
          },
        };
      },
    },
  };
  spool = createSpool({
    store,
    clock: hand.clock,
    log: memoryLog(),
    printer: queue.port,
    content: (_db, jobId) => ({ jobId }) as unknown as Printable,
    paper: () => ({ ops: [{ op: 'feed', dots: 8 }], mm: 120 }),
    encode: () => Buffer.from('paper', 'latin1'),
    onJob: (view) => states.push(view.grade ? `${view.state}/${view.grade}` : view.state),
    onPrinter: () => undefined,
  });
  await spool.start();
  await hand.to(1);
});
afterEach(async () => {
  const stopping = spool.stop();
  await hand.to(hand.clock.now() + 10_000);
  await stopping;
  store.close();
});

const jobs = (): Job[] =>
  store
    .read((db) => db.all(sql`SELECT job_id FROM print_job ORDER BY job_id`))
    .map((row) => store.read((db) => readJob(db, String(row['job_id']))))
    .filter((job) => job !== null);
const print = async (ttlMs = 120_000): Promise<() => Job> => {
  const n = jobs().length + 1;
  const now = hand.clock.now();
  store.write((db) => {
    db.run(sql`INSERT INTO visit (visit_id, business_date, origin, service_id, arrived_at, provisional, language)
      VALUES (${`v${n}`}, '2026-11-23', 'walk-in', 1, ${now}, 0, 'ru')`);
    db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
      VALUES (${`t${n}`}, ${`v${n}`}, '2026-11-23', 'A', ${n}, ${now})`);
    insertJob(db, { jobId: `j${n}`, of: { ticket: `t${n}` }, copy: 0, now, expiresAt: now + ttlMs });
  });
  spool.kick();
  await hand.to(now + 10);
  return () => {
    const job = jobs()[n - 1];
    if (!job) throw new Error('no such job');
    return job;
  };
};
const pass = (ms: number): Promise<void> => hand.to(hand.clock.now() + ms);
const mm = (): number | undefined => store.read((db) => readHistory(db, 'main').rolls[0]?.mm);

describe('a queue of the operating system', () => {
  it('has handed the job over: grade D, which is not called printed', async () => {
    const job = await print();
    expect(job().state).toBe('sent');
    queue.state = 'printing';
    await pass(1000);
    queue.state = 'completed';
    await pass(1000);
    expect(states).toEqual(['sending', 'sent', 'sent/D']);
    expect([queue.submitted, mm()]).toEqual([['paper'], 120]);
  });

  it('is given one job at a time', async () => {
    const first = await print();
    const second = await print();
    expect([first().state, second().state]).toEqual(['sent', 'queued']);
    queue.state = 'completed';
    await pass(2000);
    expect(second()).toMatchObject({ state: 'sent', grade: 'D' });
    expect(queue.submitted).toHaveLength(2);
  });

  it('is not ready: nothing is handed over, and it is tried again', async () => {
    queue.blocked = 'offline';
    const job = await print();
    expect(job()).toMatchObject({ state: 'blocked', reason: 'offline', firstByteAt: null });
    queue.blocked = null;
    await pass(3000);
    expect(job().state).toBe('sent');
    expect(queue.submitted).toHaveLength(1);
  });

  it.each(['stopped', 'gone'] as const)('says %s: nobody knows what came out', async (state) => {
    const job = await print();
    queue.state = state;
    await pass(1000);
    expect(job()).toMatchObject({ state: 'unknown', grade: null });
    // What is left of a stopped job must not come out later.
    expect(queue.cancelled).toBe(state === 'stopped' ? 1 : 0);
  });

  it('still waits when the visitor has gone: taken back, expired, no paper used', async () => {
    const job = await print();
    await pass(119_000);
    expect([job().state, queue.cancelled]).toEqual(['sent', 0]);
    await pass(2000);
    expect(job()).toMatchObject({ state: 'expired', grade: null });
    expect([queue.cancelled, mm()]).toEqual([1, 0]);
  });

  it('does not give it back: nobody knows', async () => {
    queue.cancels = false;
    const job = await print();
    await pass(121_000);
    expect(job().state).toBe('unknown');
  });

  it('gives it back after it had begun: nobody knows', async () => {
    const job = await print(30_000);
    queue.state = 'printing';
    await pass(1000);
    queue.state = 'waiting';
    await pass(31_000);
    expect(job().state).toBe('unknown');
    expect(queue.cancelled).toBe(1);
  });

  it('is printing for a minute: its printer is not there, and nobody knows', async () => {
    const job = await print();
    queue.state = 'printing';
    await pass(59_000);
    expect(job().state).toBe('sent');
    await pass(3000);
    expect([job().state, queue.cancelled]).toEqual(['unknown', 1]);
  });

  it('is asked in vain for a while and then says that it is done', async () => {
    const job = await print();
    queue.silent = true;
    await pass(20_000);
    expect(job().state).toBe('sent');
    queue.silent = false;
    queue.state = 'completed';
    await pass(1000);
    expect(job()).toMatchObject({ state: 'sent', grade: 'D' });
  });

  it('does not take it: the journal has said that it left, so it is not tried again', async () => {
    queue.refuses = true;
    const job = await print();
    expect(job().state).toBe('unknown');
    queue.refuses = false;
    await pass(30_000);
    expect(queue.submitted).toEqual([]);
  });

  it('tells by its printer why a job waits, and those behind it wait for the same', async () => {
    await print();
    queue.blocked = 'paper-out';
    await pass(1000);
    const behind = await print();
    expect(spool.status()).toMatchObject({ state: 'blocked', reason: 'paper-out' });
    expect(behind()).toMatchObject({ state: 'blocked', reason: 'paper-out' });
  });

  it('is left alone when the program ends: what it has is not known', async () => {
    const job = await print();
    const stopping = spool.stop();
    await pass(5000);
    await stopping;
    expect([job().state, queue.submitted.length, queue.cancelled]).toEqual(['unknown', 1, 0]);
  });
});
