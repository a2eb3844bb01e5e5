import type { PaperOp } from './paper-ops.ts';
import type { PrinterCondition } from './status.ts';

/**
 * What differs between makes of printers: what they are asked, how they answer, how a job is written for them, and how
 * they say that it is on paper. One object a dialect; none holds anything of a connection, see `parser`.
 */

/** The number of a question in its dialect. */
export type Question = number;

/** What came back. */
export type Reply =
  /** To the oldest question that is open: the bytes of one answer. */
  | { kind: 'answer'; bytes: readonly number[] }
  /** Told unasked: how it is now. */
  | { kind: 'told'; condition: PrinterCondition }
  /** The job that was sent with this id is on paper (grade A). */
  | { kind: 'done'; processId: string }
  /** The oldest request queued behind a job is answered: everything before it was processed (grade B). */
  | { kind: 'fence' };

/** Of one connection: fed with bytes as they come, in pieces of any size. Never throws; holds little. */
export interface ReplyParser {
  push(bytes: Uint8Array): Reply[];
}

export type Answers = ReadonlyMap<Question, readonly number[]>;

export interface JobOptions {
  /** The id that the printer shall say when it has printed it; null when it cannot. See `nextProcessId`. */
  processId: string | null;
  /** Asks for a sign behind the job that it was processed. */
  fence: boolean;
  /** Asks it to tell of changes by itself from here on. */
  tellChanges: boolean;
  /** For text: the page and its number on this printer. */
  codePage: { page: string; number: number } | null;
  /** Dots a row. */
  width: number;
  cutter: boolean;
}

export interface Dialect {
  readonly id: 'epson' | 'generic' | 'star' | 'custom';
  /** Harmless at any time, also in a probe; asked together and answered in this order. */
  readonly questions: readonly Question[];
  /** The bytes of a question. */
  ask(question: Question): readonly number[];
  parser(): ReplyParser;
  /** @returns what the answers mean. Questions it did not answer are taken to be well. */
  interpret(answers: Answers): PrinterCondition;
  /**
   * @param answers of the look right before the job: some dialects count on from there
   * @param n grows by one with every job
   * @returns the id for a job, null when this dialect has none
   */
  nextProcessId(answers: Answers, n: number): string | null;
  /**
   * The whole job, reset and cut included. Holds no real-time command inside a picture's data.
   * @throws RangeError for what it cannot say: a character outside the page, a picture of another width
   */
  job(ops: readonly PaperOp[], options: JobOptions): Uint8Array;
}
