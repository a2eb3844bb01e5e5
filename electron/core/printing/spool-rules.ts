import { assertNever, type BlockReason, type Grade, type JobState } from '../../../shared/domain/model.ts';

/**
 * The life of a print job, as a pure function. The rule above all others: once a byte may have left, a job never waits to
 * be sent again. Whether it came out is then the printer's word, or a person's, and another paper is another job.
 *
 *     queued <-> blocked      nothing has left; the reason says what is missing
 *     queued  -> sending      journalled before the first byte, by the one printer that has taken it
 *     sending -> sent         all bytes are with the operating system
 *     sent    -> printed      the printer said so (grade A, B); also from sending: it may be faster than our bookkeeping
 *     sent    -> sent         finished: this printer never says so (grade C, D, E)
 *     sending | sent -> unknown   the line died, or no answer came in time
 *     unknown | sent -> printed   a late answer, or somebody holds it in his hand
 *     sent    -> unknown      somebody looked, and there is nothing
 *     queued | blocked -> expired its visitor has gone; not printed any more
 *     sending | sent -> expired   the same, taken back from a queue of the operating system that had not begun it
 */

/** What the rules look at. Times are epoch ms. */
export interface JobFacts {
  state: JobState;
  reason: BlockReason | null;
  grade: Grade | null;
  processId: string | null;
  /** The printer that has it. Only that one may block or send it; null: nobody has tried yet. */
  printer: string | null;
  expiresAt: number;
  /** Since when something is missing, whatever it was. */
  blockedAt: number | null;
  /** Set before the first byte leaves, never taken back. */
  firstByteAt: number | null;
  /** Of paper, as far as it is known when it is sent. */
  mm: number | null;
  sentAt: number | null;
  /** Nothing more is expected to happen; a late answer may still come. */
  finishedAt: number | null;
  /** What a person said who was asked whether it came out, and who: `visitor` or the id of a member of staff. */
  answer: 'yes' | 'no' | null;
  answeredBy: string | null;
}

export type JobEvent =
  /** `from`: who had it before; another printer gives up only what is blocked. */
  | { type: 'taken'; printer: string; from: string | null }
  /** The program starts: whoever had it need not be there any more. */
  | { type: 'released' }
  | { type: 'blocked'; printer: string; reason: BlockReason }
  | { type: 'unblocked' }
  /** The first byte is about to leave. `processId`: what the printer will say when it is done, if it can. */
  | { type: 'sending'; printer: string; processId: string | null; mm: number }
  | { type: 'written' }
  | { type: 'confirmed'; grade: 'A' | 'B' }
  /** No confirmation is to be had from this printer. */
  | { type: 'settled'; grade: 'C' | 'D' | 'E' }
  | { type: 'lost' }
  /** Whoever had it for the printer has given it back, unbegun. */
  | { type: 'recalled' }
  | { type: 'said'; out: boolean; by: string }
  | { type: 'expired' };

/** For {@link JobFacts.answeredBy}: the one who stands before the kiosk. */
export const VISITOR = 'visitor';

export const waits = (job: Pick<JobFacts, 'firstByteAt' | 'state'>): boolean =>
  job.firstByteAt === null && (job.state === 'queued' || job.state === 'blocked');
const isOut = (job: JobFacts): boolean => job.state === 'sending' || job.state === 'sent';
const isConfirmed = (job: JobFacts): boolean => job.grade === 'A' || job.grade === 'B';

/** Printed because a person said so; no printer did. */
export const isByWord = (job: JobFacts): boolean => job.state === 'printed' && !isConfirmed(job);

/** A person's word. A printer's own word that it is printed stands above it. */
const said = <Job extends JobFacts>(job: Job, out: boolean, by: string, now: number): Job | null => {
  if (job.state !== 'unknown' && !isOut(job)) return null;
  if (out) {
    return {
      ...job,
      state: 'printed',
      sentAt: job.sentAt ?? now,
      finishedAt: now,
      answer: 'yes',
      answeredBy: by,
    };
  }
  if (job.answer === 'no') return null;
  const answered = { ...job, answer: 'no', answeredBy: by } as const;
  // What is still on its way may come out yet.
  return isOut(job) && job.finishedAt !== null ? { ...answered, state: 'unknown', finishedAt: now } : answered;
};

/**
 * @param now epoch ms, for expiry and for what is noted down
 * @returns the job after the event, or null when the event is not allowed (or changes nothing)
 */
export const step = <Job extends JobFacts>(job: Job, event: JobEvent, now: number): Job | null => {
  switch (event.type) {
    case 'taken': {
      if (!waits(job) || job.printer !== event.from || job.printer === event.printer) return null;
      // A paper that cannot be drawn is no fault of the printer: no other one would do better.
      if (event.from !== null && (job.state !== 'blocked' || job.reason === 'render')) return null;
      return { ...job, printer: event.printer };
    }
    case 'released':
      return waits(job) && job.printer !== null ? { ...job, printer: null } : null;
    case 'blocked':
      if (!waits(job) || job.printer !== event.printer) return null;
      if (job.state === 'blocked' && job.reason === event.reason) return null;
      return { ...job, state: 'blocked', reason: event.reason, blockedAt: job.blockedAt ?? now };
    case 'unblocked':
      if (!waits(job) || job.state !== 'blocked') return null;
      return { ...job, state: 'queued', reason: null, blockedAt: null };
    case 'sending':
      if (!waits(job) || job.state !== 'queued' || job.printer !== event.printer || now >= job.expiresAt) return null;
      return { ...job, state: 'sending', processId: event.processId, mm: event.mm, firstByteAt: now };
    case 'written':
      return job.state === 'sending' ? { ...job, state: 'sent', sentAt: now } : null;
    case 'confirmed':
      if (job.state === 'printed') {
        // A better answer may follow a good one, and the printer's word that of a person.
        const better = !isConfirmed(job) || (job.grade === 'B' && event.grade === 'A');
        return better ? { ...job, grade: event.grade } : null;
      }
      if (job.state !== 'unknown' && !isOut(job)) return null;
      return { ...job, state: 'printed', grade: event.grade, sentAt: job.sentAt ?? now, finishedAt: now };
    case 'settled': {
      if (job.state !== 'sent' || job.finishedAt !== null) return null;
      const settled = { ...job, grade: event.grade, finishedAt: now };
      return job.answer === 'no' ? { ...settled, state: 'unknown' } : settled;
    }
    case 'lost':
      return isOut(job) && job.finishedAt === null ? { ...job, state: 'unknown', finishedAt: now } : null;
    case 'recalled':
      if (!isOut(job) || job.finishedAt !== null || now < job.expiresAt) return null;
      return { ...job, state: 'expired', finishedAt: now };
    case 'said':
      return said(job, event.out, event.by, now);
    case 'expired':
      if (!waits(job) || now < job.expiresAt) return null;
      return { ...job, state: 'expired', reason: null, blockedAt: null, finishedAt: now };
    default:
      return assertNever(event);
  }
};
