import type { Clock, PrinterLink, PrinterPort } from '../ports.ts';
import type { Dialect, Question } from './dialect.ts';
import { DIALECTS } from './dialects/index.ts';
import type { PrinterAnswers } from './printer-config.ts';
import type { PrinterCondition } from './status.ts';

/**
 * Finds what a printer answers, at set-up. Prints nothing and changes nothing that lasts. The order is what makes it
 * harmless: to Star first, since it would take other makes' questions for text; what a strange printer might print is
 * asked only of those that have answered an ESC/POS question, and `ESC @` throws it away before a line ends.
 * `DLE ENQ` and `DLE DC4`, which make printers go on or forget, are never sent.
 */

export interface ProbeStep {
  asked: 'status-star' | 'status-1' | 'status-2' | 'status-3' | 'status-4' | 'status-full' | ProbeExtra;
  /** Hexadecimal; null: nothing that fits came in time. */
  answered: string | null;
  tookMs: number;
}
type ProbeExtra = 'counter' | 'fence' | 'process-id' | 'name-maker' | 'name-model' | 'name-firmware' | 'together';

export interface ProbeReport {
  /** `unreachable`: no connection. `mute`: takes bytes and says nothing, which is not «no paper». */
  found: 'unreachable' | 'mute' | 'talks';
  /** null where nothing was said: it must be set by hand. */
  dialect: Dialect['id'] | null;
  answers: PrinterAnswers | null;
  condition: PrinterCondition | null;
  /**
   * False: it could not print when it was asked, so that what is queued behind its paper was left out: how it confirms a
   * job is not known. Ask again when it is well.
   */
  complete: boolean;
  /** False: asked once more, all at once, it did not answer all that it had answered before; its line may be bad. */
  steady: boolean;
  /** What it calls itself. Not believed: clones give the names of others. */
  names: { maker: string | null; model: string | null; firmware: string | null };
  steps: readonly ProbeStep[];
}

export interface ProbeTimeouts {
  connectMs: number;
  /** For each answer. */
  answerMs: number;
  closeMs: number;
}

export const PROBE_TIMEOUTS: ProbeTimeouts = { connectMs: 3000, answerMs: 600, closeMs: 1000 };

const NO_NAMES: ProbeReport['names'] = { maker: null, model: null, firmware: null };
/** To be recognised in the answer; nobody sees it. */
const PROBE_ID = 'tLn?';
/** `ESC @`. */
const RESET = [0x1b, 0x40];
/** Longer than any answer; what a printer says beyond is not kept. */
const LONGEST = 512;

/** Looks for an answer in what has come. */
type Find = (seen: Uint8Array) => readonly number[] | null;

const hex = (bytes: readonly number[]): string => Buffer.from(bytes).toString('hex');

/** As many answers as questions were asked, one after the other. */
const answersOf =
  (dialect: Dialect, count = 1): Find =>
  (seen) => {
    const found = dialect
      .parser()
      .push(seen)
      .flatMap((reply) => (reply.kind === 'answer' ? [reply.bytes] : []));
    return found.length < count ? null : found.slice(0, count).flat();
  };
const fence: Find = (seen) => {
  const found = DIALECTS.epson.parser().push(seen);
  return found.some(({ kind }) => kind === 'fence') ? [...seen] : null;
};
const printed: Find = (seen) => {
  const found = DIALECTS.epson.parser().push(seen);
  return found.some((reply) => reply.kind === 'done' && reply.processId === PROBE_ID) ? [...seen] : null;
};
/** The counter is not any more what it was in the packet before. */
const counted =
  (before: readonly number[]): Find =>
  (seen) => {
    const found = DIALECTS.star.parser().push(Uint8Array.from([...before, ...seen]));
    return found.some(({ kind }) => kind === 'done') ? [...seen] : null;
  };
/** `5F`, printable characters, NUL; without the first and the last. */
const name: Find = (seen) => {
  const from = seen.indexOf(0x5f) + 1;
  const to = seen.indexOf(0, from);
  const body = [...seen.subarray(from, Math.max(from, to))];
  return from === 0 || to < 0 || body.some((byte) => byte < 0x20 || byte > 0x7e) ? null : body;
};
const textOf = (bytes: readonly number[] | null): string | null =>
  bytes === null ? null : String.fromCharCode(...bytes).trim() || null;

/** The line to the printer while it is asked. */
interface Asking {
  /** @returns the answer, null when there was none in time; never rejects. */
  ask(asked: ProbeStep['asked'], bytes: readonly number[], find: Find): Promise<readonly number[] | null>;
  /** Never rejects. */
  tell(bytes: readonly number[]): Promise<void>;
  /** It could not be reached a second time. */
  readonly lost: boolean;
  readonly steps: readonly ProbeStep[];
  close(): Promise<void>;
}

/** Rejects when the printer cannot be reached. */
const openAsking = async (printer: PrinterPort, clock: Clock, timeouts: ProbeTimeouts): Promise<Asking> => {
  const steps: ProbeStep[] = [];
  let link: PrinterLink | null = null;
  let lost = false;
  let seen = new Uint8Array();
  let heard = (): void => undefined;

  const open = async (): Promise<PrinterLink> => {
    const opened = await printer.open(timeouts.connectMs);
    link = opened;
    seen = new Uint8Array();
    opened.onClose(() => {
      if (link === opened) link = null;
      heard();
    });
    opened.onData((bytes) => {
      if (link !== opened) return;
      seen = Uint8Array.from([...seen, ...bytes]).slice(-LONGEST);
      heard();
    });
    return opened;
  };
  /** The line, opened again when it was closed. */
  const reached = async (): Promise<PrinterLink> => {
    if (link) return link;
    try {
      return await open();
    } catch (error) {
      lost = true;
      throw error;
    }
  };
  const close = async (): Promise<void> => {
    const closing = link;
    link = null;
    await closing?.close(timeouts.closeMs);
  };
  /** Until it has answered, the line is gone, or the time is over. */
  const answer = (line: PrinterLink, bytes: readonly number[], find: Find): Promise<readonly number[] | null> =>
    new Promise((resolve) => {
      const end = (found: readonly number[] | null): void => {
        stop();
        heard = () => undefined;
        resolve(found);
      };
      const stop = clock.after(timeouts.answerMs, () => end(null));
      heard = () => {
        const found = find(seen);
        if (found !== null || link !== line) end(found);
      };
      line.write(Uint8Array.from(bytes)).catch(() => end(null));
    });

  await open();
  return {
    ask: async (asked, bytes, find) => {
      const started = clock.monotonic();
      let answered: readonly number[] | null = null;
      try {
        const line = await reached();
        // What was said before is no answer to this.
        seen = new Uint8Array();
        answered = await answer(line, bytes, find);
      } catch {
        // Not reached: that is no answer either.
      }
      const tookMs = Math.round(clock.monotonic() - started);
      steps.push({ asked, answered: answered === null ? null : hex(answered), tookMs });
      // What comes late must not be taken for an answer to the next question.
      if (answered === null) await close();
      return answered;
    },
    tell: async (bytes) => {
      try {
        await (await reached()).write(Uint8Array.from(bytes));
      } catch {
        // Every job begins with the same.
      }
    },
    get lost() {
      return lost;
    },
    steps,
    close,
  };
};

type Found = Omit<ProbeReport, 'steps' | 'found'> & { dialect: Dialect['id']; answers: PrinterAnswers };

const STAR_TRIES = 5;
const STAR_PAUSE_MS = 40;

const probeStar = async (line: Asking, clock: Clock): Promise<Found | null> => {
  const dialect = DIALECTS.star;
  const [question = 1] = dialect.questions;
  const status = (asked: ProbeStep['asked'], find: Find) => line.ask(asked, dialect.ask(question), find);
  const packet = await status('status-star', answersOf(dialect));
  if (!packet) return null;
  const answers = new Map([[question, packet]]);
  const condition = dialect.interpret(answers);
  const complete = condition.blocked === null;
  let counts = false;
  if (complete && dialect.nextProcessId(answers, 0) !== null) {
    // Counts once when all before it is on paper, which is nothing. Who does not tell it by itself is asked.
    await line.tell([0x17]);
    for (let tries = 0; tries < STAR_TRIES && !counts; tries += 1) {
      if (tries > 0) await new Promise<void>((resolve) => void clock.after(STAR_PAUSE_MS, resolve));
      const next = await status('counter', answersOf(dialect));
      if (!next) break;
      counts = counted(packet)(Uint8Array.from(next)) !== null;
    }
  }
  const again = await status('together', answersOf(dialect));
  return {
    dialect: 'star',
    answers: { questions: [question], processId: counts, fence: false },
    condition,
    complete,
    steady: again !== null,
    names: NO_NAMES,
  };
};

const probeEscpos = async (line: Asking): Promise<Found | null> => {
  const { epson, custom } = DIALECTS;
  const known = new Map<Question, readonly number[]>();
  for (const n of [1, 2, 3, 4] as const) {
    const answered = await line.ask(`status-${n}`, epson.ask(n), answersOf(epson));
    if (answered) known.set(n, answered);
  }
  const [fullStatus = 20] = custom.questions;
  const full = await line.ask('status-full', custom.ask(fullStatus), answersOf(custom));
  if (known.size === 0 && !full) return null;

  const answers = full ? new Map([[fullStatus, full]]) : known;
  const asked = [...answers.keys()];
  const dialect = full ? custom : epson;
  const condition = dialect.interpret(answers);
  const together = await line.ask(
    'together',
    asked.flatMap((question) => dialect.ask(question)),
    answersOf(dialect, asked.length),
  );
  const complete = condition.blocked === null;
  let fenced = false;
  let says = false;
  let names = NO_NAMES;
  if (complete) {
    fenced = (await line.ask('fence', [0x1d, 0x72, 1], fence)) !== null;
    if (!full) {
      const request = [0x1d, 0x28, 0x48, 6, 0, 0x30, 0x30, ...Buffer.from(PROBE_ID, 'latin1')];
      says = (await line.ask('process-id', request, printed)) !== null;
      // One that does not know it has taken it for text, and holds it until a line ends.
      await line.tell(RESET);
    }
    if (fenced || says) {
      names = {
        maker: textOf(await line.ask('name-maker', [0x1d, 0x49, 66], name)),
        model: textOf(await line.ask('name-model', [0x1d, 0x49, 67], name)),
        firmware: textOf(await line.ask('name-firmware', [0x1d, 0x49, 65], name)),
      };
    }
    await line.tell(RESET);
  }
  return {
    dialect: full ? 'custom' : says ? 'epson' : 'generic',
    answers: { questions: asked, processId: says, fence: fenced },
    condition,
    complete,
    steady: together !== null,
    names,
  };
};

/** Asks a printer what it is; never rejects. The line is closed when it resolves. */
export const probePrinter = async (
  printer: PrinterPort,
  clock: Clock,
  timeouts: ProbeTimeouts = PROBE_TIMEOUTS,
): Promise<ProbeReport> => {
  const nothing = { dialect: null, condition: null, complete: false, steady: true, names: NO_NAMES };
  let line: Asking;
  try {
    line = await openAsking(printer, clock, timeouts);
  } catch {
    return { found: 'unreachable', answers: null, steps: [], ...nothing };
  }
  const found = (await probeStar(line, clock)) ?? (await probeEscpos(line));
  await line.close();
  const { steps } = line;
  if (found) return { found: 'talks', ...found, steps };
  // It was there once and then no more: that is no printer that takes bytes.
  if (line.lost) return { found: 'unreachable', answers: null, steps, ...nothing };
  return {
    found: 'mute',
    answers: { questions: [], processId: false, fence: false },
    steps,
    ...nothing,
    complete: true,
  };
};
