import type { BlockReason } from '../../../shared/domain/model.ts';
import type { PaperOp } from './paper-ops.ts';
import type { PrinterCondition } from './status.ts';

/**
 * The way from the spool to one printer: a stream that it answers on (route-stream.ts), or a queue of the operating system
 * (route-spooler.ts). The spool keeps the journal; a route only ever says how things are, and sends what it is told to.
 */
export interface Route {
  /** Asks how the printer is, opening the way if need be. A second call meanwhile gets the same answer. Never rejects. */
  look(): Promise<RouteLook>;
  readonly looking: boolean;
  /** It takes bytes and answers nothing. */
  readonly mute: boolean;
  /** Something is held open that other machines may want. */
  readonly open: boolean;
  /** Answers are missing: either they still come, or the line is dead. */
  readonly owed: boolean;
  /** A job of an earlier run of the program may still be in it: its answer must not be taken for that of another one. */
  doubt(): void;
  /** Never rejects. */
  close(timeoutMs: number): Promise<void>;
}

export type RouteLook =
  | { ready: false; reason: BlockReason; paperLow: boolean | null }
  | { ready: true; mute: boolean; paperLow: boolean; load: (paper: Paper, jobId: string) => Loaded };

/** What is to be on paper, as it is sent. */
export interface Paper {
  ops: readonly PaperOp[];
  /** Length with the feed to the cutter. */
  mm: number;
}

/** Makes bytes of it, in the printer's language. @throws Error when that cannot be said in it */
export type Encode = (
  ops: readonly PaperOp[],
  options: { processId: string | null; fence: boolean; tellChanges: boolean },
) => Uint8Array;

/** A job that is ready to go, with nothing sent yet. */
export interface Loaded {
  processId: string | null;
  bytes: number;
  /** False: the way was lost meanwhile. */
  alive(): boolean;
  /** Sends the first byte: the journal must say so by now. */
  launch(job: { expiresAt: number; written: () => void; condition: (condition: PrinterCondition) => void }): Airborne;
}

/** How the sending of a job ended. */
export type RouteLanding =
  | { end: 'confirmed'; grade: 'A' | 'B' }
  /** No more will be said. */
  | { end: 'settled'; grade: 'C' | 'D' | 'E' }
  | { end: 'lost'; why: string }
  /** Taken back before anything of it was printed, because its time is over. */
  | { end: 'recalled' };

export interface Airborne {
  readonly landed: Promise<RouteLanding>;
  /** The program ends: what is known now must do. */
  stop(): void;
}

export interface RouteEvents {
  /** A job of earlier times is answered after all. */
  confirmed: (jobId: string, grade: 'A' | 'B') => void;
  /** The printer told how it is, with no job on its way. */
  condition: (condition: PrinterCondition) => void;
}
