import type { BlockReason } from '../../../shared/domain/model.ts';
import type { Clock, Log, PrinterLink, PrinterPort } from '../ports.ts';
import { converse, type Conversation, type ConversationEvents } from './conversation.ts';
import { type Answers, interpretStatus, QUESTIONS, type Question } from './status.ts';

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
  /** Never rejects. */
  close(timeoutMs: number): Promise<void>;
}

export type Look =
  | { ready: true; conversation: Conversation; mute: boolean; paperLow: boolean }
  | { ready: false; reason: BlockReason; paperLow: boolean | null };

export interface LineTimeouts {
  connectMs: number;
  preflightMs: number;
  /** For a printer that has not answered the last time either. */
  mutePreflightMs: number;
  closeMs: number;
}

/** A connection that does not answer is not waited for long: it may be the other half of one that is gone. */
const DROP_MS = 300;
const UNREACHABLE: Look = { ready: false, reason: 'unreachable', paperLow: null };

export const createPrinterLine = (
  { printer, clock, log, timeouts }: { printer: PrinterPort; clock: Clock; log: Log; timeouts: LineTimeouts },
  on: ConversationEvents,
): PrinterLine => {
  let current: Conversation | null = null;
  let looking: Promise<Look> | null = null;
  /** What it answers, once that is known. */
  let known: readonly Question[] | null = null;
  let mute = false;
  /** Connections in a row without any answer. */
  let silent = 0;

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
    const opened: Conversation = converse(link, clock, {
      ...on,
      closed: (error) => {
        if (current === opened) current = null;
        on.closed(error);
      },
    });
    current = opened;
    return opened.alive ? opened : null;
  };

  const clean = (): Promise<Conversation | null> =>
    current?.alive && current.clean ? Promise.resolve(current) : open();

  const judge = (conversation: Conversation, answers: Answers): Look => {
    if (mute) log.info('print.talks-again', { printer: printer.name });
    mute = false;
    silent = 0;
    known = [...answers.keys()];
    const { blocked, paperLow } = interpretStatus(answers);
    return blocked ? { ready: false, reason: blocked, paperLow } : { ready: true, conversation, mute: false, paperLow };
  };

  /** Small printers answer some of the questions only. Asked one by one it is clear which; done once. */
  const askOneByOne = async (): Promise<Look> => {
    const answered: Question[] = [];
    for (const question of QUESTIONS) {
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
    const questions = known ?? QUESTIONS;
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
    silent += 1;
    // One that has talked before gets a second chance before it is taken for one that never does.
    if (known && silent < 2) return { ready: false, reason: 'offline', paperLow: null };
    if (!mute) log.warn('print.mute', { printer: printer.name });
    mute = true;
    known = null;
    return { ready: true, conversation: fresh, mute: true, paperLow: false };
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
      return known ?? QUESTIONS;
    },
    get mute() {
      return mute;
    },
    close: drop,
  };
};
