import type { BlockReason } from '../../../shared/domain/model.ts';

/**
 * A print queue of the operating system: CUPS (spooler-cups.ts) or Windows (spooler-winspool.ts). It takes a whole job and
 * says what became of it; the printer's own words do not come through it.
 */
export interface SpoolerPort {
  /** Where it prints to, for logs: `cups localhost:631/ticket`. */
  readonly name: string;
  /** @throws Error when the queue cannot be asked, or is not there */
  look(timeoutMs: number): Promise<SpoolerLook>;
  /**
   * Hands the bytes over as they are.
   * @param title shown in the queue; ASCII, and another for each job
   * @throws Error when nothing was accepted; an {@link UncertainSubmit} when that cannot be known
   */
  submit(bytes: Uint8Array, title: string, timeoutMs: number): Promise<SpoolerJob>;
}

export type SpoolerLook = { ready: true } | { ready: false; reason: BlockReason };

/** `completed`: the queue has handed all bytes to the printer. `gone`: the queue knows it no more, or somebody took it away. */
export type SpoolerJobState = 'waiting' | 'printing' | 'completed' | 'stopped' | 'gone';

export interface SpoolerJob {
  /** @throws Error when the queue does not answer */
  state(timeoutMs: number): Promise<SpoolerJobState>;
  /** @returns whether the queue has taken it back; what had begun may be on paper all the same. @throws Error when it does not answer */
  cancel(timeoutMs: number): Promise<boolean>;
}

/** The queue fell silent while it was taking the job: it may print it. */
export class UncertainSubmit extends Error {
  override name = 'UncertainSubmit';
}

export const READY: SpoolerLook = { ready: true };
export const blockedBy = (reason: BlockReason): SpoolerLook => ({ ready: false, reason });

/** Gives up after `timeoutMs`; what goes on regardless is the caller's. @throws Error «WHAT did not answer within ...» */
export const within = <T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} did not answer within ${timeoutMs} ms`)), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
