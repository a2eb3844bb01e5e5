import type { PrinterState, PrintJobView } from '../../../shared/contracts/app.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Clock, Log, PrinterPort, Printable } from '../ports.ts';
import type { ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import type { Dialect, Question } from './dialect.ts';
import { epson } from './dialects/epson.ts';
import { applyEvent, expireDue, type Job, nextExpiry, recoverAfterCrash, viewOf, waitingJobs } from './jobs.ts';
import { noteCondition } from './printer-history.ts';
import { alone, chooseJob, type Fleet, ownJobs } from './route-jobs.ts';
import { createSpoolerRoute, type SpoolerTimeouts } from './route-spooler.ts';
import { createStreamRoute, type StreamTimeouts } from './route-stream.ts';
import type { Airborne, Encode, Loaded, Paper, RouteEvents, RouteLanding, RouteLook } from './route.ts';
import type { JobEvent } from './spool-rules.ts';
import type { SpoolerPort } from './spooler.ts';
import type { PrinterCondition } from './status.ts';

export interface SpoolTimeouts extends StreamTimeouts, SpoolerTimeouts {
  /** An idle connection is kept this long; many printers serve one connection at a time. */
  keepOpenMs: number;
  idlePollMs: number;
  mutePollMs: number;
  /** Waits between tries of a blocked job; the last one repeats. */
  backoffMs: readonly number[];
  /** How long `stop()` lets a job in flight go on. */
  stopMs: number;
}

export const SPOOL_TIMEOUTS: SpoolTimeouts = {
  connectMs: 2000,
  preflightMs: 1000,
  mutePreflightMs: 300,
  closeMs: 2000,
  jobMs: 5000,
  troubleMs: 60_000,
  askEveryMs: 1000,
  graceMs: 1500,
  shortGraceMs: 300,
  submitMs: 5000,
  queueAskMs: 500,
  queuePrintMs: 60_000,
  keepOpenMs: 30_000,
  idlePollMs: 10_000,
  mutePollMs: 60_000,
  backoffMs: [1000, 2000, 5000],
  stopMs: 3000,
};

export interface SpoolOptions {
  store: Store;
  clock: Clock;
  log: Log;
  printer: PrinterPort | SpoolerPort;
  /** What stands on the paper of a job. What it throws blocks the job with the reason `render`, as does `paper`. */
  content: (db: ReadDb, jobId: string) => Printable;
  /** Puts that on paper, for this printer. */
  paper: (content: Printable) => Paper;
  /** The printer's language; Epson's unless it is said. */
  dialect?: Dialect;
  /** What it was found to answer at set-up; nobody has asked unless it is said. */
  known?: readonly Question[] | null;
  /** Makes bytes in that language; pictures only unless it is said. */
  encode?: Encode;
  /** Slowest speed of the paper, in mm/s; 150 unless said otherwise. */
  speedMmPerS?: number;
  /** What the printer can confirm with; both unless it is known not to. */
  confirms?: { processId: boolean; fence: boolean };
  /** Its id in the settings, and the printers beside it; `main`, alone, unless said otherwise. */
  id?: string;
  fleet?: Fleet;
  /**
   * Settles what the program before this one left, and says what that was. With several printers it must be done once,
   * before any of them prints.
   */
  recover?: () => readonly Job[];
  /** A job has changed. */
  onJob: (view: PrintJobView, job: Job) => void;
  /** The printer has changed. */
  onPrinter: (state: PrinterState) => void;
  timeouts?: Partial<SpoolTimeouts>;
}

export interface Spool {
  /** Gives up what was on its way when the program ended (`unknown`), then prints what waits. */
  start(): Promise<void>;
  /** Lets the job in flight finish, within `stopMs`; closes the line. What waits is printed after the next start. */
  stop(): Promise<void>;
  /** A job was added, or somebody has seen to the printer: try now. */
  kick(): void;
  status(): PrinterState;
  /**
   * Lets go of the printer for `run`, once nothing is on its way to it; no paper is begun meanwhile.
   * @throws CallFailure conflict when that takes longer than `timeoutMs`, or somebody else has it; and what `run` throws
   */
  lend<T>(run: () => Promise<T>, timeoutMs: number): Promise<T>;
}

/** Pictures only, for a printer with a cutter; as wide as they are. */
const encodeFor =
  (dialect: Dialect): Encode =>
  (ops, options) => {
    const width = ops.find((op) => op.op === 'raster')?.bitmap.width ?? 0;
    return dialect.job(ops, { ...options, codePage: null, width, cutter: true });
  };

/** Prints the jobs of one printer, one at a time, oldest first (the rules: spool-rules.ts, and whose job: route-jobs.ts). */
export const createSpool = (options: SpoolOptions): Spool => {
  const { store, clock, log, printer, id: me = 'main' } = options;
  const timeouts: SpoolTimeouts = { ...SPOOL_TIMEOUTS, ...options.timeouts };
  const fleet = options.fleet ?? alone(me);
  const dialect = options.dialect ?? epson;
  const encode = options.encode ?? encodeFor(dialect);

  let state: PrinterState = { state: 'unknown', reason: null, paperLow: false, since: clock.now() };
  let stopping = false;
  let running: Promise<void> = Promise.resolve();
  let flight: Airborne | null = null;
  let drawn: { jobId: string; paper: Paper } | null = null;
  let lastSeen = '';
  let failures = 0;
  let usedAt = -Infinity;
  let polledAt = -Infinity;
  let stopExpiry = (): void => undefined;

  // --- telling ---

  const tell = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      log.error('print.listener', { why: String(error) });
    }
  };
  /** Runs where nobody can be told of a failure (the store is full): it is logged. */
  const quietly = (event: string, run: () => void, fields: Record<string, unknown> = {}): void => {
    try {
      run();
    } catch (error) {
      log.error(event, { ...fields, why: error instanceof Error ? error.message : String(error) });
    }
  };
  const setPrinter = (change: Pick<PrinterState, 'state' | 'reason'> & { paperLow: boolean | null }): void => {
    const paperLow = change.paperLow ?? state.paperLow;
    if (state.state === change.state && state.reason === change.reason && state.paperLow === paperLow) return;
    const same = state.state === change.state && state.reason === change.reason;
    state = { state: change.state, reason: change.reason, paperLow, since: same ? state.since : clock.now() };
    log.info('printer.state', { printer: me, state: state.state, reason: state.reason, paperLow });
    const condition = { blocked: state.reason, paperLow, mute: state.state === 'mute' };
    quietly('printer.not-noted', () => store.write((db) => noteCondition(db, me, condition, clock.now())));
    tell(() => options.onPrinter(state));
    holdBack();
  };
  const setCondition = ({ blocked, paperLow }: PrinterCondition): void =>
    setPrinter({ state: blocked ? 'blocked' : 'ready', reason: blocked, paperLow });
  const noteLook = (look: RouteLook): void => {
    if (!look.ready) setPrinter({ state: 'blocked', reason: look.reason, paperLow: look.paperLow });
    else setPrinter({ state: look.mute ? 'mute' : 'ready', reason: null, paperLow: look.paperLow });
  };

  // --- the journal ---

  const announce = (job: Job): void => {
    const fields = {
      jobId: job.jobId,
      printer: job.printer ?? undefined,
      reason: job.reason ?? undefined,
      grade: job.grade ?? undefined,
    };
    const bad = job.state === 'unknown' || job.state === 'expired' || job.state === 'blocked';
    log[bad ? 'warn' : 'info'](`print.${job.state}`, fields);
    tell(() => options.onJob(viewOf(job), job));
  };
  /**
   * Events of a job that this printer has, or takes now, in one transaction: all of them or none.
   * @param from who had it when it was chosen; it is left alone when somebody else has it by now
   * @returns the job after the last one, null when the rules or somebody else forbade it
   */
  const happenTo = (jobId: string, from: string | null, ...events: JobEvent[]): Job | null => {
    const job = store.write((db) => {
      const now = clock.now();
      if (from !== me && !applyEvent(db, jobId, { type: 'taken', printer: me, from }, now)) return null;
      let last: Job | null = null;
      for (const event of events) last = applyEvent(db, jobId, event, now);
      return last;
    });
    if (job) announce(job);
    return job;
  };
  const block = (job: Job, reason: (JobEvent & { type: 'blocked' })['reason']): Job | null =>
    happenTo(job.jobId, job.printer, { type: 'blocked', printer: me, reason });
  /** An event where nobody can be told of a failure: the job stays as it is, and is looked into at the next start. */
  const note = (jobId: string, event: JobEvent): void =>
    quietly('print.journal', () => happenTo(jobId, me, event), { jobId, event: event.type });
  const expire = (): void => {
    stopExpiry();
    const now = clock.now();
    const next = store.read(nextExpiry);
    if (next === null) return;
    if (next <= now) for (const job of store.write((db) => expireDue(db, now))) announce(job);
    const following = store.read(nextExpiry);
    if (following !== null && !stopping) {
      stopExpiry = clock.after(Math.max(1, following - now), () => quietly('print.failed', expire));
    }
  };
  /** Paper is missing in the middle of a ticket: those behind it wait for the same, and another printer may take them. */
  const holdBack = (): void => {
    const { reason } = state;
    if (!flight || reason === null) return;
    quietly('print.failed', () => {
      const behind = ownJobs(
        fleet,
        me,
        store.read((db) => waitingJobs(db, clock.now())),
      );
      for (const job of behind) if (job.reason !== 'render') block(job, reason);
    });
  };

  // --- the way to the printer ---

  const events: RouteEvents = {
    confirmed: (jobId, grade) => note(jobId, { type: 'confirmed', grade }),
    condition: (condition) => {
      setCondition(condition);
      // Paper has come, the cover is shut: a job that waits for it need not wait any longer.
      if (!flight && !condition.blocked) wake();
    },
  };
  const route =
    'submit' in printer
      ? createSpoolerRoute({ spooler: printer, clock, log, timeouts, encode })
      : createStreamRoute(
          {
            printer,
            clock,
            log,
            timeouts,
            confirms: options.confirms ?? { processId: true, fence: true },
            dialect,
            known: options.known ?? null,
            speed: options.speedMmPerS ?? 150,
            encode,
          },
          events,
        );

  // --- waiting ---

  let kicked: number | null = null;
  let wake = (): void => undefined;
  /** Until `ms` are over or somebody kicks; a kick that came before counts. */
  const rest = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      if (kicked !== null || stopping) {
        resolve();
        return;
      }
      const end = (): void => {
        cancel();
        wake = () => undefined;
        resolve();
      };
      const cancel = clock.after(ms, end);
      wake = end;
    });

  // --- one job ---

  const draw = (job: Job): Paper | null => {
    if (drawn?.jobId === job.jobId) return drawn.paper;
    try {
      const paper = options.paper(store.read((db) => options.content(db, job.jobId)));
      drawn = { jobId: job.jobId, paper };
      return paper;
    } catch (error) {
      log.error('print.render', { jobId: job.jobId, why: error instanceof Error ? error.message : String(error) });
      return null;
    }
  };
  const load = (look: RouteLook & { ready: true }, paper: Paper, jobId: string): Loaded | null => {
    try {
      return look.load(paper, jobId);
    } catch (error) {
      log.error('print.render', { jobId, why: error instanceof Error ? error.message : String(error) });
      return null;
    }
  };

  /** @returns false when the job could not be begun, and must wait. */
  const attempt = async (job: Job, since: number): Promise<boolean> => {
    const started = clock.monotonic();
    // The printer answers while we draw.
    const looking = route.look().then((look) => ({ look, at: clock.monotonic() }));
    const paper = draw(job);
    const renderMs = clock.monotonic() - started;
    const { look, at } = await looking;
    noteLook(look);
    if (stopping) return true;
    const loaded = look.ready && paper ? load(look, paper, job.jobId) : null;
    if (!paper || !look.ready || !loaded?.alive()) {
      const reason = !look.ready ? look.reason : loaded ? 'unreachable' : 'render';
      // What another printer has stays with it when this one can do no better.
      if (job.printer === null || job.printer === me) block(job, reason);
      return false;
    }
    const begun = happenTo(
      job.jobId,
      job.printer,
      { type: 'unblocked' },
      { type: 'sending', printer: me, processId: loaded.processId, mm: Math.round(paper.mm) },
    );
    // Expired in the meantime, or another printer was faster.
    if (begun?.state !== 'sending') return true;
    const firstByteAt = clock.monotonic();
    let landing: RouteLanding;
    try {
      flight = loaded.launch({
        expiresAt: job.expiresAt,
        written: () => note(job.jobId, { type: 'written' }),
        condition: setCondition,
      });
      landing = await flight.landed;
    } catch (error) {
      landing = { end: 'lost', why: error instanceof Error ? error.message : String(error) };
    }
    flight = null;
    drawn = null;
    usedAt = clock.monotonic();
    finish(job.jobId, landing);
    log.info('print.timing', {
      jobId: job.jobId,
      bytes: loaded.bytes,
      renderMs: Math.round(renderMs * 10) / 10,
      preflightMs: Math.round((at - started) * 10) / 10,
      firstByteMs: Math.round((firstByteAt - since) * 10) / 10,
      confirmMs: landing.end === 'confirmed' ? Math.round((usedAt - firstByteAt) * 10) / 10 : null,
    });
    return true;
  };

  const finish = (jobId: string, landing: RouteLanding): void => {
    if (landing.end === 'confirmed') note(jobId, { type: 'confirmed', grade: landing.grade });
    else if (landing.end === 'settled') note(jobId, { type: 'settled', grade: landing.grade });
    else if (landing.end === 'recalled') note(jobId, { type: 'recalled' });
    else {
      log.warn('print.lost', { jobId, why: landing.why });
      note(jobId, { type: 'lost' });
      // Find out soon what is the matter; but a line that is only slow may still bring an answer.
      if (route.owed) setPrinter({ state: 'blocked', reason: 'offline', paperLow: null });
      else polledAt = -Infinity;
    }
  };

  // --- the loop ---

  let borrower: (() => Promise<void>) | null = null;
  /** @returns whether somebody else had the printer meanwhile */
  const lendOut = async (): Promise<boolean> => {
    const owed = route.owed && !route.mute && clock.monotonic() < usedAt + timeouts.keepOpenMs;
    // A look that goes on would open the line again.
    if (!borrower || owed || route.looking) return false;
    await route.close(timeouts.closeMs);
    await borrower?.();
    polledAt = -Infinity;
    return true;
  };
  /** Nothing to print: keeps an eye on the printer, lets go of a line that is not used. */
  const idle = async (): Promise<void> => {
    const pollMs = route.mute ? timeouts.mutePollMs : timeouts.idlePollMs;
    const keptUntil = usedAt + timeouts.keepOpenMs;
    const now = clock.monotonic();
    // An answer that is still owed would be lost with its connection.
    const owed = route.owed && !route.mute && now < keptUntil;
    if (now >= polledAt + pollMs && !owed && !route.looking) {
      polledAt = now;
      const looked = route.look().then(noteLook);
      void looked.then(() => wake());
    }
    if (route.looking) {
      // A job does not wait for the end of this: it joins the look that is going on.
      await rest(pollMs);
      return;
    }
    if (route.open && now >= keptUntil) await route.close(timeouts.closeMs);
    const next = Math.max(polledAt + pollMs, owed ? keptUntil : 0);
    await rest(Math.max(1, Math.min(next, route.open ? keptUntil : Infinity) - clock.monotonic()));
  };

  const turn = async (): Promise<void> => {
    const since = kicked ?? clock.monotonic();
    kicked = null;
    expire();
    if (await lendOut()) return;
    const now = clock.now();
    const job = chooseJob(
      fleet,
      me,
      store.read((db) => waitingJobs(db, now)),
      now,
    );
    if (!job) {
      failures = 0;
      await idle();
      return;
    }
    if (lastSeen !== job.jobId) {
      lastSeen = job.jobId;
      log.info('print.queued', { jobId: job.jobId, copy: job.copy, printer: me });
    }
    if (await attempt(job, since)) {
      failures = 0;
      return;
    }
    const { backoffMs } = timeouts;
    const wait = backoffMs[Math.min(failures, backoffMs.length - 1)] ?? 1000;
    failures += 1;
    polledAt = clock.monotonic();
    // A blocked job expires on time even between two tries.
    await rest(wait);
  };

  let recovered = false;
  /** What the program before this one left is settled before anything is printed. */
  const recover = (): void => {
    const left = options.recover?.() ?? store.write((db) => recoverAfterCrash(db, clock.now()));
    if (!options.recover) for (const job of left) announce(job);
    if (left.some((job) => job.printer === me)) route.doubt();
    recovered = true;
  };

  const loop = async (): Promise<void> => {
    while (!stopping) {
      try {
        if (!recovered) recover();
        await turn();
      } catch (error) {
        // The store is full, or worse. Nothing has left: whatever has is noted by `note`, which does not throw.
        log.error('print.failed', { why: error instanceof Error ? error.message : String(error) });
        // A kick that came before has been heeded: it must not have this tried without a pause.
        kicked = null;
        await rest(timeouts.backoffMs.at(-1) ?? 1000);
      }
    }
  };

  return {
    start: () => {
      // A full disk: nothing is printed until there is room, and everything else goes on.
      quietly('print.not-recovered', recover);
      running = loop();
      return Promise.resolve();
    },
    stop: async () => {
      stopping = true;
      wake();
      const cancel = clock.after(timeouts.stopMs, () => flight?.stop());
      await running;
      cancel();
      stopExpiry();
      await route.close(timeouts.closeMs);
    },
    kick: () => {
      kicked ??= clock.monotonic();
      quietly('print.failed', expire);
      holdBack();
      wake();
    },
    status: () => state,
    lend: (run, timeoutMs) =>
      new Promise((resolve, reject) => {
        const busy = (): void => reject(new CallFailure('conflict', `the printer ${me} is in use`));
        if (borrower || stopping) {
          busy();
          return;
        }
        const cancel = clock.after(timeoutMs, () => {
          borrower = null;
          busy();
        });
        borrower = async () => {
          cancel();
          await run()
            .then(resolve, reject)
            .finally(() => {
              borrower = null;
            });
        };
        kicked ??= clock.monotonic();
        wake();
      }),
  };
};
