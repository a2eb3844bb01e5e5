import type { BlockReason } from '../../../shared/domain/model.ts';
import type { Clock, Log, PrinterLink, PrinterPort } from '../ports.ts';
import { converse, type Conversation, type ConversationEvents } from './conversation.ts';
import type { Answers, Dialect, Question } from './dialect.ts';

/** The way to one printer: opens it, finds out how much it tells about itself, keeps the connection while it is good. */
export interface PrinterLine {
  /** Asks how the printer is, opening it if need be. A second call meanwhile gets the same answer. */
  look(): Promise<Look>;
  /** The open connection, if there is one. */
  readonly current: Conversation | null;
  /** A look is going on. */
  readonly looking: boolean;
  /** The questions this printer answers. */
  readonly questions: readonly Question[];
  /** It takes bytes and answers nothing. */
  readonly mute: boolean;
  /** A job that nobody waits for any more may still be in the printer: of an earlier run of the program. See Look.answers. */
  readonly doubt: () => void;
  /** Never rejects. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

export type Look =
  | {
      ready: true;
      conversation: Conversation;
      mute: boolean;
      paperLow: boolean;
      /**
       * No earlier job can be in the printer any more. While one may be, what only counts (a fence, a Star's counter) proves
       * nothing: the end of that job would be taken for the end of the next one.
       */
      sure: boolean;
      /** For `nextProcessId`; empty while it is not sure. */
      answers: Answers;
    }
  | { ready: false; reason: BlockReason; paperLow: boolean | null };

export interface LineTimeouts {
  connectMs: number;
  preflightMs: number;
  /** For a printer that has not answered the last time either. */
  mutePreflightMs: number;
  closeMs: number;
  /** How long a printer must have been ready and said the same for nothing to be in it any more; 10 s. */
  quietMs?: number;
}

export interface LineOptions {
  printer: PrinterPort;
  clock: Clock;
  log: Log;
  timeouts: LineTimeouts;
  dialect: Dialect;
  /** What it was found to answer at set-up: none, it is mute; null, nobody has asked. */
  known: readonly Question[] | null;
}

/** A connection that does not answer is not waited for long: it may be the other half of one that is gone. */
const DROP_MS = 300;
const QUIET_MS = 10_000;
const UNREACHABLE: Look = { ready: false, reason: 'unreachable', paperLow: null };

export const createPrinterLine = (
  { printer, clock, log, timeouts, dialect, known: found }: LineOptions,
  on: ConversationEvents,
): PrinterLine => {
  let current: Conversation | null = null;
  let looking: Promise<Look> | null = null;
  /** What it answers, once that is known. */
  let known: readonly Question[] | null = found?.length === 0 ? null : found;
  /** One that answered at set-up, or since, is never mute: when it is silent, something is wrong with it or its cable. */
  let talks = known !== null;
  let mute = found?.length === 0;
  /** A connection ended that owed the id or the fence of a job. */
  let orphaned = false;
  let quiet: { said: string; since: number } | null = null;

  const drop = async (timeoutMs: number): Promise<void> => {
    const dropped = current;
    current = null;
    await dropped?.close(timeoutMs);
  };

  const open = async (): Promise<Conversation | null> => {
    await drop(DROP_MS);
    let link: PrinterLink;
    try {
      link = await printer.open(timeouts.connectMs);
    } catch (error) {
      log.debug('print.unreachable', {
        printer: printer.name,
        why: error instanceof Error ? error.message : String(error),
      });
      return null;
    }
    // A line that is gone already is told before there is anything to name.
    let opened: Conversation | null = null;
    const conversation = converse(link, clock, dialect, {
      ...on,
      closed: (error) => {
        if (opened?.owing) orphaned = true;
        if (opened && current === opened) current = null;
        on.closed(error);
      },
    });
    if (!conversation.alive) return null;
    opened = conversation;
    current = conversation;
    return conversation;
  };

  const clean = (): Promise<Conversation | null> =>
    current?.alive && current.clean ? Promise.resolve(current) : open();

  /** @returns whether no earlier job can be in the printer any more */
  const isEmpty = (conversation: Conversation, answers: Answers): boolean => {
    if (!orphaned && !conversation.owing) {
      quiet = null;
      return true;
    }
    const said = JSON.stringify([...answers]);
    const now = clock.monotonic();
    if (quiet?.said !== said) quiet = { said, since: now };
    if (now - quiet.since < (timeouts.quietMs ?? QUIET_MS)) return false;
    orphaned = false;
    quiet = null;
    conversation.forgive();
    return true;
  };

  const judge = (conversation: Conversation, answers: Answers): Look => {
    if (mute) log.info('print.talks-again', { printer: printer.name });
    mute = false;
    talks = true;
    known = [...answers.keys()];
    const { blocked, paperLow } = dialect.interpret(answers);
    if (blocked) {
      quiet = null;
      return { ready: false, reason: blocked, paperLow };
    }
    const sure = isEmpty(conversation, answers);
    return { ready: true, conversation, mute: false, paperLow, sure, answers: sure ? answers : new Map() };
  };

  /** Small printers answer some of the questions only. Asked one by one it is clear which; done once. */
  const askOneByOne = async (): Promise<Look> => {
    const answered: Question[] = [];
    for (const question of dialect.questions) {
      const conversation = await clean();
      if (!conversation) return UNREACHABLE;
      const answers = await conversation.ask([question], timeouts.mutePreflightMs);
      if (answers.size > 0) answered.push(question);
    }
    const conversation = await clean();
    if (!conversation) return UNREACHABLE;
    const answers = await conversation.ask(answered, timeouts.preflightMs);
    if (!conversation.alive) return UNREACHABLE;
    log.info('print.partial-status', { printer: printer.name, answers: answered });
    return answers.size === answered.length && answers.size > 0
      ? judge(conversation, answers)
      : { ready: false, reason: 'offline', paperLow: null };
  };

  const lookNow = async (): Promise<Look> => {
    const questions = known ?? dialect.questions;
    const kept = current;
    if (kept?.alive && kept.clean) {
      const answers = await kept.ask(questions, timeouts.preflightMs);
      if (kept.alive && answers.size === questions.length) return judge(kept, answers);
    }
    const fresh = await open();
    if (!fresh) return UNREACHABLE;
    const answers = await fresh.ask(questions, mute ? timeouts.mutePreflightMs : timeouts.preflightMs);
    // Some printers accept a second connection only to drop it.
    if (!fresh.alive) return UNREACHABLE;
    if (answers.size === questions.length) return judge(fresh, answers);
    if (answers.size > 0) return askOneByOne();
    if (talks) return { ready: false, reason: 'offline', paperLow: null };
    if (!mute) log.warn('print.mute', { printer: printer.name });
    mute = true;
    known = null;
    return { ready: true, conversation: fresh, mute: true, paperLow: false, sure: false, answers: new Map() };
  };

  return {
    look: () => {
      looking ??= lookNow().finally(() => {
        looking = null;
      });
      return looking;
    },
    get current() {
      return current;
    },
    get looking() {
      return looking !== null;
    },
    get questions() {
      return known ?? dialect.questions;
    },
    get mute() {
      return mute;
    },
    doubt: () => {
      orphaned = true;
    },
    close: drop,
  };
};
