import type { PrinterHistoryView, PrinterState, PrinterView, PrintJobView } from '../../../shared/contracts/app.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Clock, Log, Printable, PrinterPort } from '../ports.ts';
import type { ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import {
  applyEvent,
  type Job,
  laterPaper,
  noteDeskTold,
  readJob,
  recentJobs,
  recoverAfterCrash,
  untoldJobs,
  viewOf,
  type Place,
} from './jobs.ts';
import type { Dialect } from './dialect.ts';
import type { PrinterConfig } from './printer-config.ts';
import { newRoll, readHistory } from './printer-history.ts';
import { type Fleet, orderFor } from './route-jobs.ts';
import type { Encode, Paper } from './route.ts';
import { createSpool, type Spool, type SpoolTimeouts } from './spool.ts';
import type { SpoolerPort } from './spooler.ts';

/** All printers of this machine: one spool each, and what they have in common. */

/** A printer as it is set up, with the way to it. */
export interface PrinterSetup {
  config: Pick<PrinterConfig, 'id' | 'name' | 'roles' | 'speedMmPerS' | 'answers'>;
  way: PrinterPort | SpoolerPort;
  paper: (content: Printable) => Paper;
  dialect: Dialect;
  encode: Encode;
  /** What it says when a paper is printed. */
  confirms: { processId: boolean; fence: boolean };
}

export interface PrintersOptions {
  store: Store;
  clock: Clock;
  log: Log;
  /** At least one. */
  printers: readonly PrinterSetup[];
  content: (db: ReadDb, jobId: string) => Printable;
  onJob: (view: PrintJobView) => void;
  /** One of them has changed. */
  onPrinters: () => void;
  /**
   * Nobody knows whether a paper came out: the visitor said no, or said nothing, or there is none to ask. Told once for a
   * paper, and again when the program died over it.
   */
  tellDesk: (job: Job) => void;
  timeouts?: Partial<SpoolTimeouts>;
  /** How long a paper waits for its own printer before another one may have it. */
  failoverMs?: number;
  /** How long a visitor is given to say whether his ticket came out. */
  answerMs?: number;
}

export interface Printers {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A job was added, or somebody has seen to a printer: try now. */
  kick(): void;
  list(): PrinterView[];
  /** How it stands with papers at a window: what the page there is told. */
  at(place: Place): PrinterState;
  /**
   * A person says whether a paper came out.
   * @param by `visitor` or the id of a member of staff
   * @throws CallFailure not-found
   */
  answer(jobId: string, out: boolean, by: string): PrintJobView;
  /** Somebody has put in another roll. @throws CallFailure not-found */
  newRoll(id: string): void;
  history(): PrinterHistoryView[];
  /**
   * Runs with a way to a printer for itself alone: whichever of these prints there lets go of it first.
   * @param way its name, see PrinterPort
   * @throws CallFailure conflict when it prints for longer than `timeoutMs`; and what `run` throws
   */
  lend<T>(way: string, run: () => Promise<T>, timeoutMs: number): Promise<T>;
}

/** Longer than its own printer needs for a second and a third try. */
const FAILOVER_MS = 4_000;
export const ANSWER_WITHIN_MS = 20_000;
/** A paper that nobody has asked for since the last start, and longer ago than this, is not asked for any more. */
const UNTOLD_WITHIN_MS = 10 * 60_000;
const JOBS_SHOWN = 50;

const SEVERITY = ['blocked', 'unknown', 'mute', 'ready'] as const satisfies readonly PrinterState['state'][];

/** @returns the worst of them in words for the centre, 40 characters at most: `ready`, `blocked paper-out`, with the name of the printer where there are several */
export const healthOf = (printers: readonly PrinterView[]): string => {
  const [worst] = [...printers].sort((a, b) => SEVERITY.indexOf(a.state) - SEVERITY.indexOf(b.state));
  if (!worst) return 'unknown';
  const of = printers.length > 1 && worst.state !== 'ready' ? worst.id : null;
  return [worst.state, worst.reason, of].filter(Boolean).join(' ').slice(0, 40);
};

export const createPrinters = (options: PrintersOptions): Printers => {
  const { store, clock, log, printers, answerMs = ANSWER_WITHIN_MS } = options;
  const stands = printers.map(({ config: { id, roles } }) => ({ id, roles }));
  const spools = new Map<string, Spool>();
  const stateOf = (id: string): PrinterState =>
    spools.get(id)?.status() ?? { state: 'unknown', reason: null, paperLow: false, since: clock.now() };
  const fleet: Fleet = {
    printers: stands,
    troubledSince: (id) => {
      const { state, since } = stateOf(id);
      return state === 'blocked' ? since : null;
    },
    failoverMs: options.failoverMs ?? FAILOVER_MS,
  };

  // --- a paper of which nobody knows ---

  const timers = new Set<() => void>();
  const later = (ms: number, run: () => void): void => {
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      try {
        run();
      } catch (error) {
        log.error('print.failed', { why: error instanceof Error ? error.message : String(error) });
      }
    });
    timers.add(cancel);
  };
  /** Who could be asked is given time to answer; where nobody is, or he has said no, staff are told at once. */
  const watch = (job: Job): void => {
    const asked = job.place === 'kiosk' && job.answer === null;
    const since = clock.now() - (job.finishedAt ?? 0);
    later(asked ? Math.max(0, answerMs - Math.max(0, since)) : 0, () => {
      const copy = store.read((db) => laterPaper(db, job));
      // There is another paper: what becomes of that one is what matters.
      if (copy && copy.state !== 'expired' && copy.state !== 'unknown') {
        if (copy.finishedAt === null) later(answerMs, () => watch(job));
        return;
      }
      const left = store.read((db) => readJob(db, job.jobId));
      if (left?.state !== 'unknown' || left.deskToldAt !== null) return;
      // Noted when it is done: who dies in between tells it once more, which is better than not at all.
      options.tellDesk(left);
      store.write((db) => noteDeskTold(db, job.jobId, clock.now()));
    });
  };

  // --- what a spool tells ---

  const kickOthers = (holder: string | null): void => {
    for (const [id, spool] of spools) if (id !== holder) spool.kick();
  };
  const onJob = (view: PrintJobView, job: Job): void => {
    options.onJob(view);
    if (job.state === 'unknown') watch(job);
    if (job.state !== 'blocked' || job.reason === 'render' || spools.size < 2) return;
    // At once when its printer has been out of order for long, else when it has waited for it.
    later(0, () => kickOthers(job.printer));
    later(fleet.failoverMs, () => kickOthers(job.printer));
  };
  let recovered: readonly Job[] | null = null;
  /** Once, before any of them prints: what one has begun since is not left over from before. */
  const recover = (): readonly Job[] => {
    if (recovered) return recovered;
    recovered = store.write((db) => recoverAfterCrash(db, clock.now()));
    for (const job of recovered) {
      log.warn('print.unknown', { jobId: job.jobId, printer: job.printer ?? undefined });
      options.onJob(viewOf(job));
    }
    for (const job of store.read((db) => untoldJobs(db, clock.now() - UNTOLD_WITHIN_MS))) watch(job);
    return recovered;
  };

  for (const { config, way, paper, dialect, encode, confirms } of printers) {
    const spool = createSpool({
      store,
      clock,
      log,
      printer: way,
      content: options.content,
      paper,
      dialect,
      known: config.answers?.questions ?? null,
      encode,
      confirms,
      speedMmPerS: config.speedMmPerS,
      id: config.id,
      fleet,
      recover,
      onJob,
      onPrinter: () => options.onPrinters(),
      ...(options.timeouts ? { timeouts: options.timeouts } : {}),
    });
    spools.set(config.id, spool);
  }
  const known = (id: string): void => {
    if (!spools.has(id)) throw new CallFailure('not-found', `there is no printer ${id}`);
  };
  const list = (): PrinterView[] =>
    printers.map(({ config: { id, name, roles } }) => ({ id, name, roles: [...roles], ...stateOf(id) }));

  return {
    start: async () => {
      for (const spool of spools.values()) await spool.start();
    },
    stop: async () => {
      for (const cancel of timers) cancel();
      timers.clear();
      await Promise.all([...spools.values()].map((spool) => spool.stop()));
    },
    kick: () => {
      for (const spool of spools.values()) spool.kick();
    },
    list,
    at: (place) => {
      const states = orderFor(stands, { place, copy: 0 }).map(({ id }) => stateOf(id));
      // One that prints is enough: papers go to it.
      const first = states.find(({ state }) => state === 'ready' || state === 'mute') ?? states[0] ?? stateOf('');
      return { ...first, paperLow: states.some(({ paperLow }) => paperLow) };
    },
    answer: (jobId, out, by) => {
      const { job, changed } = store.write((db) => {
        const after = applyEvent(db, jobId, { type: 'said', out, by }, clock.now());
        return { job: after ?? readJob(db, jobId), changed: after !== null };
      });
      if (!job) throw new CallFailure('not-found', 'no such print job');
      if (changed) {
        log.info('print.answered', { jobId, out, by: by === 'visitor' ? by : 'staff', state: job.state });
        options.onJob(viewOf(job));
        if (job.state === 'unknown') watch(job);
      }
      return viewOf(job);
    },
    newRoll: (id) => {
      known(id);
      store.write((db) => newRoll(db, id, clock.now()));
      log.info('printer.new-roll', { printer: id });
    },
    lend: (way, run, timeoutMs) => {
      const [own] = printers.filter((one) => one.way.name === way);
      const spool = own && spools.get(own.config.id);
      return spool ? spool.lend(run, timeoutMs) : run();
    },
    history: () =>
      store.read((db) =>
        list().map((printer) => ({
          printer,
          ...readHistory(db, printer.id),
          jobs: recentJobs(db, printer.id, JOBS_SHOWN),
        })),
      ),
  };
};
