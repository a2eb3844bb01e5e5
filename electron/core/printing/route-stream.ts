import { randomInt } from 'node:crypto';
import type { Clock, Log, PrinterPort } from '../ports.ts';
import type { Dialect, Question } from './dialect.ts';
import { type Flight, type Landing, takeOff } from './flight.ts';
import { createPrinterLine, type LineTimeouts, type Look } from './printer-line.ts';
import type { Airborne, Encode, Loaded, Paper, Route, RouteEvents } from './route.ts';

export interface StreamTimeouts extends LineTimeouts {
  /** For the printer's answer, besides three times what the paper takes. */
  jobMs: number;
  troubleMs: number;
  askEveryMs: number;
  graceMs: number;
  /** The same once a printer has been seen not to know `GS ( H`. */
  shortGraceMs: number;
}

export interface StreamRouteOptions {
  printer: PrinterPort;
  clock: Clock;
  log: Log;
  timeouts: StreamTimeouts;
  /** What the printer can confirm with. */
  confirms: { processId: boolean; fence: boolean };
  dialect: Dialect;
  /** What it was found to answer at set-up; see LineOptions. */
  known: readonly Question[] | null;
  /** Slowest speed of the paper, in mm/s. */
  speed: number;
  encode: Encode;
}

/** Where ids are only numbered, they begin anywhere: an earlier run of the program has used others. */
const FIRST_IDS = 2 ** 24;

/** A printer that is spoken with over a stream of bytes in both directions. */
export const createStreamRoute = (options: StreamRouteOptions, on: RouteEvents): Route => {
  const { printer, clock, log, timeouts, confirms, speed, encode, dialect, known } = options;
  let flight: Flight | null = null;
  /** Whether `GS ( H` has been answered; null until the first job. */
  let knowsProcessId: boolean | null = null;
  let jobs = randomInt(FIRST_IDS);

  const confirmed = (jobId: string, grade: 'A' | 'B'): void => {
    if (grade === 'A') knowsProcessId = true;
    if (flight?.jobId !== jobId) on.confirmed(jobId, grade);
    else if (grade === 'A') flight.done();
    else flight.fence();
  };
  const line = createPrinterLine(
    { printer, clock, log, timeouts, dialect, known },
    {
      done: (jobId) => confirmed(jobId, 'A'),
      fence: (jobId) => confirmed(jobId, 'B'),
      condition: (condition) => {
        if (flight) flight.condition(condition);
        else on.condition(condition);
      },
      closed: () => flight?.lineClosed(),
    },
  );

  const land = (landing: Landing): Landing => {
    flight = null;
    // The lesser answer alone: next time the better one is not waited for that long.
    if (landing.end === 'confirmed' && landing.grade === 'B') knowsProcessId ??= false;
    return landing;
  };

  const load = (look: Look & { ready: true }, { ops, mm }: Paper, jobId: string): Loaded => {
    const { conversation, mute, sure, answers } = look;
    // While it is not sure whose fence would be answered, an id must do, else the status.
    const knows = confirms.processId && (sure || knowsProcessId !== false);
    const processId = knows ? dialect.nextProcessId(answers, jobs) : null;
    const fence = confirms.fence && sure;
    jobs += 1;
    const bytes = encode(ops, {
      processId,
      fence,
      // Only printers that answer everything are trusted to take this one in the right spirit.
      tellChanges: !mute && line.questions.length === dialect.questions.length,
    });
    return {
      processId,
      bytes: bytes.length,
      alive: () => conversation.alive,
      launch: ({ written, condition }): Airborne => {
        if (processId !== null) conversation.expectDone(jobId, processId);
        if (fence) conversation.expectFence(jobId);
        const own = takeOff({
          jobId,
          conversation,
          clock,
          bytes,
          expects: { done: processId !== null, fence },
          mute,
          questions: line.questions,
          interpret: (seen) => dialect.interpret(seen),
          jobMs: timeouts.jobMs + (mm / speed) * 3000,
          paperMs: (mm / speed) * 1000,
          troubleMs: timeouts.troubleMs,
          askEveryMs: timeouts.askEveryMs,
          graceMs: knowsProcessId === false ? timeouts.shortGraceMs : timeouts.graceMs,
          written,
          condition,
        });
        flight = own;
        return { landed: own.landed.then(land), stop: own.stop };
      },
    };
  };

  return {
    look: async () => {
      const look = await line.look();
      if (!look.ready) return look;
      return {
        ready: true,
        mute: look.mute,
        paperLow: look.paperLow,
        load: (paper, jobId) => load(look, paper, jobId),
      };
    },
    get looking() {
      return line.looking;
    },
    get mute() {
      return line.mute;
    },
    get open() {
      return line.current !== null;
    },
    get owed() {
      return line.current?.clean === false;
    },
    doubt: line.doubt,
    close: line.close,
  };
};
