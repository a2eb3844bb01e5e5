import { randomInt } from 'node:crypto';
import type { PrinterState, PrintJobView } from '../../../shared/contracts/app.ts';
import type { Clock, Log, PrinterPort, TicketBitmap, Printable, TicketRenderer } from '../ports.ts';
import type { ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { ticketBytes } from './escpos.ts';
import { type Flight, type Landing, takeOff } from './flight.ts';
import { applyEvent, expireDue, type Job, nextExpiry, nextJob, recoverAfterCrash, viewOf } from './jobs.ts';
import { createPrinterLine, type LineTimeouts, type Look } from './printer-line.ts';
import type { JobEvent } from './spool-rules.ts';
import { type PrinterCondition, QUESTIONS } from './status.ts';

export interface SpoolTimeouts extends LineTimeouts {
  /** For the printer's answer, besides three times what the paper takes. */
  jobMs: number;
  troubleMs: number;
  askEveryMs: number;
  graceMs: number;
  /** The same once a printer has been seen not to know `GS ( H`. */
  shortGraceMs: number;
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
  printer: PrinterPort;
  renderer: TicketRenderer;
  /** What stands on the ticket of a job. What it throws blocks the job with the reason `render`. */
  content: (db: ReadDb, jobId: string) => Printable;
  /** Dots: 576 or 384. */
  width: number;
  /** Slowest speed of the paper, in mm/s; 150 unless said otherwise. */
  speedMmPerS?: number;
  /** What the printer can confirm with; both unless it is known not to. */
  confirms?: { processId: boolean; fence: boolean };
  /** A job has changed. */
  onJob: (view: PrintJobView) => void;
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
}

const DOTS_PER_MM = 8;
/** From the head to the cutter. */
const FEED_MM = 15;
const ID_FIRST = 0x20;
const ID_COUNT = 95;

/** The `n`-th process id: four characters of 0x20-0x7E. */
export const processId = (n: number): string =>
  [3, 2, 1, 0].map((digit) => String.fromCharCode(ID_FIRST + (Math.floor(n / ID_COUNT ** digit) % ID_COUNT))).join('');

/** Prints the jobs of one printer, one at a time, oldest first (the rules: spool-rules.ts). */
export const createSpool = (options: SpoolOptions): Spool => {
  const { store, clock, log, printer, renderer } = options;
  const timeouts: SpoolTimeouts = { ...SPOOL_TIMEOUTS, ...options.timeouts };
  const confirms = options.confirms ?? { processId: true, fence: true };
  const speed = options.speedMmPerS ?? 150;

  let state: PrinterState = { state: 'unknown', reason: null, paperLow: false, since: clock.now() };
  let stopping = false;
  let running: Promise<void> = Promise.resolve();
  let flight: Flight | null = null;
  let drawn: { jobId: string; bitmap: TicketBitmap } | null = null;
  /** Whether `GS ( H` has been answered; null until the first job. */
  let knowsProcessId: boolean | null = null;
  let nextProcessId = randomInt(ID_COUNT ** 4);
  let lastSeen = '';
  let failures = 0;
  let usedAt = -Infinity;
  let polledAt = -Infinity;
  let stopExpiry = (): void => undefined;

  // --- telling ---

  const tell = <T>(listener: (value: T) => void, value: T): void => {
    try {
      listener(value);
    } catch (error) {
      log.error('print.listener', { why: String(error) });
    }
  };
  const setPrinter = (change: Pick<PrinterState, 'state' | 'reason'> & { paperLow: boolean | null }): void => {
    const paperLow = change.paperLow ?? state.paperLow;
    if (state.state === change.state && state.reason === change.reason && state.paperLow === paperLow) return;
    const same = state.state === change.state && state.reason === change.reason;
    state = { state: change.state, reason: change.reason, paperLow, since: same ? state.since : clock.now() };
    log.info('printer.state', { state: state.state, reason: state.reason, paperLow });
    tell(options.onPrinter, state);
  };
  const setCondition = ({ blocked, paperLow }: PrinterCondition): void =>
    setPrinter({ state: blocked ? 'blocked' : 'ready', reason: blocked, paperLow });
  const noteLook = (look: Look): void => {
    if (!look.ready) setPrinter({ state: 'blocked', reason: look.reason, paperLow: look.paperLow });
    else setPrinter({ state: look.mute ? 'mute' : 'ready', reason: null, paperLow: look.paperLow });
  };

  // --- the journal ---

  const announce = (job: Job): void => {
    const fields = { jobId: job.jobId, reason: job.reason ?? undefined, grade: job.grade ?? undefined };
    const bad = job.state === 'unknown' || job.state === 'expired' || job.state === 'blocked';
    log[bad ? 'warn' : 'info'](`print.${job.state}`, fields);
    tell(options.onJob, viewOf(job));
  };
  /** One event, one transaction. @returns the job after it, null when the rules or somebody else forbade it. */
  const happen = (jobId: string, event: JobEvent): Job | null => {
    const job = store.write((db) => applyEvent(db, jobId, event, clock.now()));
    if (job) announce(job);
    return job;
  };
  /** The same where nobody can be told of a failure: the job stays as it is, and is looked into at the next start. */
  const note = (jobId: string, event: JobEvent): void => {
    try {
      happen(jobId, event);
    } catch (error) {
      log.error('print.journal', { jobId, event: event.type, why: String(error) });
    }
  };
  const expire = (): void => {
    stopExpiry();
    const now = clock.now();
    const next = store.read(nextExpiry);
    if (next === null) return;
    if (next <= now) for (const job of store.write((db) => expireDue(db, now))) announce(job);
    const following = store.read(nextExpiry);
    if (following !== null && !stopping) stopExpiry = clock.after(Math.max(1, following - now), safely(expire));
  };
  const safely = (run: () => void) => (): void => {
    try {
      run();
    } catch (error) {
      log.error('print.failed', { why: String(error) });
    }
  };

  // --- the printer's answers ---

  const confirmed = (jobId: string, grade: 'A' | 'B'): void => {
    if (grade === 'A') knowsProcessId = true;
    if (flight?.jobId === jobId) {
      if (grade === 'A') flight.done();
      else flight.fence();
    } else note(jobId, { type: 'confirmed', grade });
  };
  const line = createPrinterLine(
    { printer, clock, log, timeouts },
    {
      done: (jobId) => confirmed(jobId, 'A'),
      fence: (jobId) => confirmed(jobId, 'B'),
      condition: (condition) => {
        if (flight) flight.condition(condition);
        else setCondition(condition);
        // Paper has come, the cover is shut: a job that waits for it need not wait any longer.
        if (!flight && !condition.blocked) wake();
      },
      closed: () => flight?.lineClosed(),
    },
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

  const draw = (job: Job): TicketBitmap | null => {
    if (drawn?.jobId === job.jobId) return drawn.bitmap;
    try {
      const bitmap = renderer.draw(
        store.read((db) => options.content(db, job.jobId)),
        options.width,
      );
      drawn = { jobId: job.jobId, bitmap };
      return bitmap;
    } catch (error) {
      log.error('print.render', { jobId: job.jobId, why: error instanceof Error ? error.message : String(error) });
      return null;
    }
  };

  /** @returns false when the job could not be begun, and must wait. */
  const attempt = async (job: Job, since: number): Promise<boolean> => {
    const started = clock.monotonic();
    // The printer answers while we draw.
    const looking = line.look().then((look) => ({ look, at: clock.monotonic() }));
    const bitmap = draw(job);
    const renderMs = clock.monotonic() - started;
    const { look, at } = await looking;
    noteLook(look);
    if (stopping) return true;
    if (!bitmap || !look.ready) {
      happen(job.jobId, { type: 'blocked', reason: look.ready ? 'render' : look.reason });
      return false;
    }
    const id = processId(nextProcessId);
    nextProcessId = (nextProcessId + 1) % ID_COUNT ** 4;
    const bytes = ticketBytes(bitmap, {
      confirm: confirms.processId ? { processId: id } : null,
      fence: confirms.fence,
      // Only printers that answer everything are trusted to take this one in the right spirit.
      tellChanges: !look.mute && line.questions.length === QUESTIONS.length,
    });
    const { conversation } = look;
    // It may have gone while the ticket was drawn; nothing has left yet.
    if (!conversation.alive) {
      happen(job.jobId, { type: 'blocked', reason: 'unreachable' });
      return false;
    }
    const begun = store.write((db) => {
      applyEvent(db, job.jobId, { type: 'unblocked' }, clock.now());
      return applyEvent(db, job.jobId, { type: 'sending', processId: id }, clock.now());
    });
    // Expired in the meantime.
    if (!begun) return true;
    const firstByteAt = clock.monotonic();
    if (confirms.processId) conversation.expectDone(job.jobId, id);
    if (confirms.fence) conversation.expectFence(job.jobId);
    const mm = bitmap.height / DOTS_PER_MM + FEED_MM;
    const own = takeOff({
      jobId: job.jobId,
      conversation,
      clock,
      bytes,
      expects: { done: confirms.processId, fence: confirms.fence },
      mute: look.mute,
      questions: line.questions,
      jobMs: timeouts.jobMs + (mm / speed) * 3000,
      troubleMs: timeouts.troubleMs,
      askEveryMs: timeouts.askEveryMs,
      graceMs: knowsProcessId === false ? timeouts.shortGraceMs : timeouts.graceMs,
      written: () => note(job.jobId, { type: 'written' }),
      condition: setCondition,
    });
    flight = own;
    announce(begun);
    const landing = await own.landed;
    flight = null;
    drawn = null;
    usedAt = clock.monotonic();
    finish(job.jobId, landing);
    log.info('print.timing', {
      jobId: job.jobId,
      bytes: bytes.length,
      renderMs: Math.round(renderMs * 10) / 10,
      preflightMs: Math.round((at - started) * 10) / 10,
      firstByteMs: Math.round((firstByteAt - since) * 10) / 10,
      confirmMs: landing.end === 'confirmed' ? Math.round((usedAt - firstByteAt) * 10) / 10 : null,
    });
    return true;
  };

  const finish = (jobId: string, landing: Landing): void => {
    if (landing.end === 'confirmed') {
      // The lesser answer alone: next time the better one is not waited for that long.
      if (landing.grade === 'B') knowsProcessId ??= false;
      note(jobId, { type: 'confirmed', grade: landing.grade });
    } else if (landing.end === 'settled') note(jobId, { type: 'settled', grade: landing.grade });
    else {
      log.warn('print.lost', { jobId, why: landing.why });
      note(jobId, { type: 'lost' });
      // Find out soon what is the matter; but a line that is only slow may still bring an answer.
      if (line.current?.clean === false) setPrinter({ state: 'blocked', reason: 'offline', paperLow: null });
      else polledAt = -Infinity;
    }
  };

  // --- the loop ---

  /** Nothing to print: keeps an eye on the printer, lets go of a line that is not used. */
  const idle = async (): Promise<void> => {
    const pollMs = line.mute ? timeouts.mutePollMs : timeouts.idlePollMs;
    const keptUntil = usedAt + timeouts.keepOpenMs;
    const now = clock.monotonic();
    // An answer that is still owed would be lost with its connection.
    const owed = line.current?.clean === false && !line.mute && now < keptUntil;
    if (now >= polledAt + pollMs && !owed && !line.looking) {
      polledAt = now;
      const looked = line.look().then(noteLook);
      void looked.then(() => wake());
    }
    if (line.looking) {
      // A job does not wait for the end of this: it joins the look that is going on.
      await rest(pollMs);
      return;
    }
    if (line.current && now >= keptUntil) await line.close(timeouts.closeMs);
    const next = Math.max(polledAt + pollMs, owed ? keptUntil : 0);
    await rest(Math.max(1, Math.min(next, line.current ? keptUntil : Infinity) - clock.monotonic()));
  };

  const turn = async (): Promise<void> => {
    const since = kicked ?? clock.monotonic();
    kicked = null;
    expire();
    const job = store.read((db) => nextJob(db, clock.now()));
    if (!job) {
      failures = 0;
      await idle();
      return;
    }
    if (lastSeen !== job.jobId) {
      lastSeen = job.jobId;
      log.info('print.queued', { jobId: job.jobId, copy: job.copy });
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
    for (const job of store.write((db) => recoverAfterCrash(db, clock.now()))) announce(job);
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
        await rest(timeouts.backoffMs.at(-1) ?? 1000);
      }
    }
  };

  return {
    start: () => {
      try {
        recover();
      } catch (error) {
        // A full disk: nothing is printed until there is room, and everything else goes on.
        log.error('print.not-recovered', { why: error instanceof Error ? error.message : String(error) });
      }
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
      await line.close(timeouts.closeMs);
    },
    kick: () => {
      kicked ??= clock.monotonic();
      safely(expire)();
      wake();
    },
    status: () => state,
  };
};
