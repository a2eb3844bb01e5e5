import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PrinterState, PrintJobView } from '../../shared/contracts/app.ts';
import type { Clock, Log, LogFields, PrinterPort, TicketRenderer } from '../../electron/core/ports.ts';
import { insertJob, readJob, type Job } from '../../electron/core/printing/jobs.ts';
import { tcpPrinter } from '../../electron/core/printing/link-tcp.ts';
import { rasterPaper } from '../../electron/core/printing/route-setup.ts';
import { createSpool, type Spool, type SpoolOptions } from '../../electron/core/printing/spool.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';

/** A spool with everything around it but the printer: a database file, a clock that can jump, and what it told. */
export interface SpoolBench {
  readonly store: Store;
  readonly spool: Spool;
  /** Every change told of a job, oldest first, as `state` or `state(reason)` or `state/grade`. */
  readonly told: readonly string[];
  readonly printerStates: readonly PrinterState[];
  readonly logged: readonly { event: string; fields: LogFields }[];
  /** Adds a job and kicks. */
  print(options?: { ttlMs?: number; copy?: number; ticket?: string; kick?: boolean }): string;
  job(jobId: string): Job;
  /** Resolves with the first job (told from now on, or already) that fits; rejects after 10 s with what there was. */
  until(jobId: string, fits: (view: PrintJobView) => boolean): Promise<PrintJobView>;
  untilPrinter(fits: (state: PrinterState) => boolean): Promise<PrinterState>;
  untilLogged(event: string): Promise<LogFields>;
  /** Moves the wall clock. */
  jump(ms: number): void;
  /** Ends the spool without a word, as a crash would, and starts another on the same file. */
  crash(options?: Partial<SpoolOptions>): Promise<SpoolBench>;
  close(): Promise<void>;
}

const FAST = {
  connectMs: 500,
  preflightMs: 250,
  mutePreflightMs: 80,
  jobMs: 700,
  troubleMs: 8000,
  askEveryMs: 40,
  graceMs: 150,
  shortGraceMs: 50,
  idlePollMs: 150,
  mutePollMs: 300,
  backoffMs: [30, 60],
  closeMs: 500,
  stopMs: 200,
};

let rendererOnce: TicketRenderer | undefined;

export const view = (job: PrintJobView): string =>
  job.state + (job.reason ? `(${job.reason})` : '') + (job.grade ? `/${job.grade}` : '');

export const startBench = (
  printer: PrinterPort | number,
  options: Partial<SpoolOptions> = {},
  folder = mkdtempSync(path.join(tmpdir(), 'talon-spool-')),
): SpoolBench => {
  let offset = 0;
  const clock: Clock = {
    now: () => Date.now() + offset,
    monotonic: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
  const logged: { event: string; fields: LogFields }[] = [];
  const told: string[] = [];
  const views: PrintJobView[] = [];
  const printerStates: PrinterState[] = [];
  const watchers = new Set<() => void>();
  const changed = (): void => {
    for (const watcher of watchers) watcher();
  };
  const write = (event: string, fields: LogFields = {}): void => {
    logged.push({ event, fields });
    changed();
  };
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const store = openStore(() => openBetterSqlite3(path.join(folder, 'spool.db')), log);
  rendererOnce ??= createTicketRenderer(bundledFonts());
  const renderer = rendererOnce;
  const booking = SAMPLES['booking'];
  if (!booking) throw new Error('no sample');
  const spool = createSpool({
    store,
    clock,
    log,
    printer: typeof printer === 'number' ? tcpPrinter({ host: '127.0.0.1', port: printer }) : printer,
    content: () => booking,
    paper: (content) => rasterPaper(renderer.draw(content, 576)),
    onJob: (job) => {
      views.push(job);
      told.push(view(job));
      changed();
    },
    onPrinter: (state) => {
      printerStates.push(state);
      changed();
    },
    ...options,
    timeouts: { ...FAST, ...options.timeouts },
  });
  const watch = <T>(find: () => T | undefined, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(
          new Error(`${what} not within 10 s; told: ${told.join(', ')}; log: ${logged.map((l) => l.event).join(', ')}`),
        );
      }, 10_000);
      const end = (): void => {
        clearTimeout(timer);
        watchers.delete(look);
      };
      watchers.add(look);
      look();
    });

  let made = 0;
  let closed = false;
  const bench: SpoolBench = {
    store,
    spool,
    told,
    printerStates,
    logged,
    print: ({ ttlMs = 120_000, copy = 0, ticket, kick = true } = {}) => {
      made += 1;
      const jobId = crypto.randomUUID();
      const ticketId = ticket ?? crypto.randomUUID();
      const visitId = crypto.randomUUID();
      const now = clock.now();
      store.write((db) => {
        if (ticket === undefined) {
          db.run(sql`INSERT INTO visit (visit_id, business_date, origin, service_id, arrived_at, provisional, language)
            VALUES (${visitId}, '2026-11-21', 'walk-in', 1, ${now}, 0, 'ru')`);
          const number = Number(db.get(sql`SELECT COUNT(*) AS n FROM ticket`)?.['n']) + 1;
          db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
            VALUES (${ticketId}, ${visitId}, '2026-11-21', 'A', ${number}, ${now})`);
        }
        insertJob(db, { jobId, of: { ticket: ticketId }, copy, now: now + made, expiresAt: now + ttlMs });
      });
      if (kick) spool.kick();
      return jobId;
    },
    job: (jobId) => {
      const job = store.read((db) => readJob(db, jobId));
      if (!job) throw new Error(`no job ${jobId}`);
      return job;
    },
    until: (jobId, fits) => watch(() => views.find((job) => job.id === jobId && fits(job)), `job ${jobId}`),
    untilPrinter: (fits) => watch(() => printerStates.find(fits), 'printer state'),
    untilLogged: (event) => watch(() => logged.find((l) => l.event === event)?.fields, event),
    jump: (ms) => {
      offset += ms;
    },
    crash: async (again = {}) => {
      closed = true;
      // The old program is gone: nothing of what it still does reaches the disk.
      store.close();
      const next = startBench(printer, { ...options, ...again }, folder);
      await spool.stop();
      await next.spool.start();
      return next;
    },
    close: async () => {
      if (!closed) {
        closed = true;
        await spool.stop();
        store.close();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return bench;
};
