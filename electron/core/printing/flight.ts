import type { Clock } from '../ports.ts';
import type { Conversation } from './conversation.ts';
import type { Dialect, Question } from './dialect.ts';
import type { PrinterCondition } from './status.ts';

/** How the sending of a job ended. */
export type Landing =
  | { end: 'confirmed'; grade: 'A' | 'B' }
  /** All is with the printer, which will not say more. */
  | { end: 'settled'; grade: 'C' | 'E' }
  | { end: 'lost'; why: 'line' | 'timeout' | 'stopped' | 'trouble' };

/** A job between its first byte and the printer's last word on it. */
export interface Flight {
  readonly jobId: string;
  readonly landed: Promise<Landing>;
  done(): void;
  fence(): void;
  condition(condition: PrinterCondition): void;
  lineClosed(): void;
  readonly stop: () => void;
}

export interface FlightOptions {
  jobId: string;
  conversation: Conversation;
  clock: Clock;
  bytes: Uint8Array;
  /** Which answers have been asked for. None of both: a clean status afterwards must do. */
  expects: { done: boolean; fence: boolean };
  /** Answers nothing: there is nothing to wait for. */
  mute: boolean;
  questions: readonly Question[];
  interpret: Dialect['interpret'];
  /** For answer after answer, in ms. */
  jobMs: number;
  /** How long paper may be missing in the middle of a ticket. */
  troubleMs: number;
  askEveryMs: number;
  /** What the paper takes: before that a clean status says nothing of the end of the ticket. */
  paperMs: number;
  /** How long the better answer may follow the lesser one: the one comes when it is read, the other when it is printed. */
  graceMs: number;
  written: () => void;
  condition: (condition: PrinterCondition) => void;
}

/**
 * Sends and waits. While the printer says that something is missing (paper, cover) the line is kept open and the job may
 * still be finished; without a word from it `jobMs` is all it gets.
 */
export const takeOff = (options: FlightOptions): Flight => {
  const { conversation, clock, expects } = options;
  let land!: (landing: Landing) => void;
  const landed = new Promise<Landing>((resolve) => {
    land = resolve;
  });
  let over = false;
  let isWritten = false;
  let trouble = false;
  let hadTrouble = false;
  let stopDeadline = (): void => undefined;
  let stopAsking = (): void => undefined;
  let stopGrace = (): void => undefined;

  /** Since when nothing has kept it from being printed. */
  let paperFrom = clock.monotonic();
  /** @returns ms until the last of it can be on paper */
  const leftOfPaper = (): number => paperFrom + options.paperMs - clock.monotonic();

  const end = (landing: Landing): void => {
    if (over) return;
    over = true;
    stopDeadline();
    stopAsking();
    stopGrace();
    land(landing);
  };
  const within = (ms: number): void => {
    stopDeadline();
    stopDeadline = clock.after(ms, () => end({ end: 'lost', why: 'timeout' }));
  };
  const condition = (seen: PrinterCondition): void => {
    if (over) return;
    options.condition(seen);
    if (seen.blocked && !trouble) within(options.troubleMs);
    else if (!seen.blocked && trouble) within(options.jobMs);
    if (trouble && !seen.blocked) paperFrom = clock.monotonic();
    trouble = seen.blocked !== null;
    hadTrouble ||= trouble;
    if (trouble || !isWritten || expects.done || expects.fence || leftOfPaper() > 0) return;
    // Some go on with a ticket where the paper ended, some throw the rest away: the status does not say which.
    end(hadTrouble ? { end: 'lost', why: 'trouble' } : { end: 'settled', grade: 'C' });
  };
  const ask = async (): Promise<void> => {
    // Not timed: an answer that comes late must still be known for what it answers.
    const answers = await conversation.ask(options.questions, Infinity);
    if (over) return;
    if (answers.size === options.questions.length) condition(options.interpret(answers));
    // Where its status is all there is to know, it is asked as soon as that can mean something.
    const left = expects.done || expects.fence ? Infinity : leftOfPaper();
    askLater(left > 0 ? Math.min(options.askEveryMs, left) : options.askEveryMs);
  };
  const askLater = (ms: number): void => {
    stopAsking = clock.after(ms, () => {
      if (!over) void ask();
    });
  };

  within(options.jobMs);
  conversation.write(options.bytes).then(
    () => {
      if (over) return;
      isWritten = true;
      options.written();
      if (options.mute) end({ end: 'settled', grade: 'E' });
      else askLater(expects.done || expects.fence ? options.askEveryMs : 0);
    },
    () => end({ end: 'lost', why: 'line' }),
  );

  return {
    jobId: options.jobId,
    landed,
    done: () => end({ end: 'confirmed', grade: 'A' }),
    fence: () => {
      if (over) return;
      if (!expects.done) {
        end({ end: 'confirmed', grade: 'B' });
        return;
      }
      stopDeadline();
      stopGrace = clock.after(options.graceMs, () => end({ end: 'confirmed', grade: 'B' }));
    },
    condition,
    lineClosed: () => end({ end: 'lost', why: 'line' }),
    stop: () => end({ end: 'lost', why: 'stopped' }),
  };
};
