import { assertNever, type BlockReason, type Grade, type JobState } from '../../../shared/domain/model.ts';

/**
 * The life of a print job, as a pure function. The rule above all others: once a byte may have left, a job never waits to
 * be sent again. Whether it came out is then the printer's word, or a person's, and another paper is another job.
 *
 *     queued <-> blocked      nothing has left; the reason says what is missing
 *     queued  -> sending      journalled before the first byte
 *     sending -> sent         all bytes are with the operating system
 *     sent    -> printed      the printer said so (grade A, B); also from sending: it may be faster than our bookkeeping
 *     sent    -> sent         finished: this printer never says so (grade C, D, E)
 *     sending | sent -> unknown   the line died, or no answer came in time
 *     unknown | sent -> printed   a late answer
 *     queued | blocked -> expired its visitor has gone; not printed any more
 */

/** What the rules look at. Times are epoch ms. */
export interface JobFacts {
  state: JobState;
  reason: BlockReason | null;
  grade: Grade | null;
  processId: string | null;
  expiresAt: number;
  /** Set before the first byte leaves, never taken back. */
  firstByteAt: number | null;
  sentAt: number | null;
  /** Nothing more is expected to happen; a late answer may still come. */
  finishedAt: number | null;
}

export type JobEvent =
  | { type: 'blocked'; reason: BlockReason }
  | { type: 'unblocked' }
  /** The first byte is about to leave. */
  | { type: 'sending'; processId: string }
  | { type: 'written' }
  | { type: 'confirmed'; grade: 'A' | 'B' }
  /** No confirmation is to be had from this printer. */
  | { type: 'settled'; grade: 'C' | 'D' | 'E' }
  | { type: 'lost' }
  | { type: 'expired' };

const waits = (job: JobFacts): boolean =>
  job.firstByteAt === null && (job.state === 'queued' || job.state === 'blocked');
const isOut = (job: JobFacts): boolean => job.state === 'sending' || job.state === 'sent';

/**
 * @param now epoch ms, for expiry and for what is noted down
 * @returns the job after the event, or null when the event is not allowed (or changes nothing)
 */
export const step = <Job extends JobFacts>(job: Job, event: JobEvent, now: number): Job | null => {
  switch (event.type) {
    case 'blocked':
      if (!waits(job) || (job.state === 'blocked' && job.reason === event.reason)) return null;
      return { ...job, state: 'blocked', reason: event.reason };
    case 'unblocked':
      return waits(job) && job.state === 'blocked' ? { ...job, state: 'queued', reason: null } : null;
    case 'sending':
      if (!waits(job) || job.state !== 'queued' || now >= job.expiresAt) return null;
      return { ...job, state: 'sending', processId: event.processId, firstByteAt: now };
    case 'written':
      return job.state === 'sending' ? { ...job, state: 'sent', sentAt: now } : null;
    case 'confirmed':
      // A better answer may follow a good one.
      if (job.state === 'printed') return job.grade === 'B' && event.grade === 'A' ? { ...job, grade: 'A' } : null;
      if (job.state !== 'unknown' && !isOut(job)) return null;
      return { ...job, state: 'printed', grade: event.grade, sentAt: job.sentAt ?? now, finishedAt: now };
    case 'settled':
      if (job.state !== 'sent' || job.finishedAt !== null) return null;
      return { ...job, grade: event.grade, finishedAt: now };
    case 'lost':
      return isOut(job) && job.finishedAt === null ? { ...job, state: 'unknown', finishedAt: now } : null;
    case 'expired':
      if (!waits(job) || now < job.expiresAt) return null;
      return { ...job, state: 'expired', reason: null, finishedAt: now };
    default:
      return assertNever(event);
  }
};
