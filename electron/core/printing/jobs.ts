import type { PrintJobView } from '../../../shared/contracts/app.ts';
import { BLOCK_REASONS, GRADES, JOB_STATES } from '../../../shared/domain/model.ts';
import type { SqlRow } from '../ports.ts';
import { int, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { type JobEvent, type JobFacts, step } from './spool-rules.ts';

/**
 * Print jobs in the database. Every change goes through the rules in spool-rules.ts. Times are epoch ms.
 *
 * The queries name the four open states before the ones they want: these are the words of the partial index
 * `print_job_open`, without which SQLite would read through all the jobs there ever were.
 */

export interface Job extends JobFacts {
  jobId: string;
  /** Of the ticket, of the request whose slip it is, or of the visit that another device made. */
  paperId: string;
  copy: number;
  queuedAt: number;
}

const oneOf = <T extends string>(row: SqlRow, column: string, allowed: readonly T[]): T => {
  const value = text(row, column);
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw new Error(`column ${column}: ${value} is not known`);
  return found;
};

const jobOf = (row: SqlRow): Job => ({
  jobId: text(row, 'job_id'),
  paperId: orNull(row, 'ticket_id', text) ?? orNull(row, 'request_id', text) ?? text(row, 'elsewhere_id'),
  copy: int(row, 'copy'),
  state: oneOf(row, 'state', JOB_STATES),
  reason: orNull(row, 'reason', (r, c) => oneOf(r, c, BLOCK_REASONS)),
  grade: orNull(row, 'grade', (r, c) => oneOf(r, c, GRADES)),
  processId: orNull(row, 'process_id', text),
  queuedAt: int(row, 'queued_at'),
  expiresAt: int(row, 'expires_at'),
  firstByteAt: orNull(row, 'first_byte_at', int),
  sentAt: orNull(row, 'sent_at', int),
  finishedAt: orNull(row, 'finished_at', int),
});

export const viewOf = (job: Job): PrintJobView => ({
  id: job.jobId,
  ticket: job.paperId,
  copy: job.copy,
  state: job.state,
  reason: job.reason,
  grade: job.grade,
});

/** @returns what windows may see of a row of `print_job`. */
export const jobView = (row: SqlRow): PrintJobView => viewOf(jobOf(row));

export interface NewJob {
  jobId: string;
  /** What is printed: a ticket, the slip of a request, or the ticket of a visit that another device made. */
  of: { ticket: string } | { request: string } | { elsewhere: string };
  /** 0 is the first paper. */
  copy: number;
  now: number;
  /** When nobody waits for the paper any more. */
  expiresAt: number;
  /** The call that asked for it: found again by it when the call is repeated. */
  attemptId?: string;
}

/** Part of the transaction that makes the ticket; call `spool.kick()` when it is committed. */
export const insertJob = (db: WriteDb, job: NewJob): void => {
  const ticket = 'ticket' in job.of ? job.of.ticket : null;
  const request = 'request' in job.of ? job.of.request : null;
  const elsewhere = 'elsewhere' in job.of ? job.of.elsewhere : null;
  db.run(sql`INSERT INTO print_job (job_id, ticket_id, request_id, elsewhere_id, copy, attempt_id, state, queued_at, expires_at)
    VALUES (${job.jobId}, ${ticket}, ${request}, ${elsewhere}, ${job.copy}, ${job.attemptId ?? null}, 'queued', ${job.now},
      ${job.expiresAt})`);
};

export const readJob = (db: ReadDb, jobId: string): Job | null => {
  const row = db.get(sql`SELECT * FROM print_job WHERE job_id = ${jobId}`);
  return row ? jobOf(row) : null;
};

export const getJob = (db: ReadDb, jobId: string): PrintJobView | null => {
  const job = readJob(db, jobId);
  return job ? viewOf(job) : null;
};

/** What a call made before, if it is one that is sent again. */
export const jobOfAttempt = (db: ReadDb, attemptId: string): PrintJobView | null => {
  const row = db.get(sql`SELECT * FROM print_job WHERE attempt_id = ${attemptId}`);
  return row ? jobView(row) : null;
};

/** The slip of a request, when one was made. */
export const jobOfRequest = (db: ReadDb, requestId: string): PrintJobView | null => {
  const row = db.get(sql`SELECT * FROM print_job WHERE request_id = ${requestId} ORDER BY copy DESC LIMIT 1`);
  return row ? jobView(row) : null;
};

/** Newest first. */
export const listJobs = (db: ReadDb, limit: number): PrintJobView[] =>
  db.all(sql`SELECT * FROM print_job ORDER BY queued_at DESC, job_id DESC LIMIT ${limit}`).map(jobView);

/**
 * @returns the job to print next: the oldest that waits and has not expired. One that could not be drawn lets the others
 *   go first, since they may well be drawn.
 */
export const nextJob = (db: ReadDb, now: number): Job | null => {
  const row = db.get(sql`SELECT * FROM print_job
    WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked') AND first_byte_at IS NULL AND expires_at > ${now}
    ORDER BY COALESCE(reason, '') = 'render', queued_at, job_id LIMIT 1`);
  return row ? jobOf(row) : null;
};

/** @returns when the next waiting job expires, null when none waits. */
export const nextExpiry = (db: ReadDb): number | null => {
  const row = db.get(
    sql`SELECT MIN(expires_at) AS at FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked')`,
  );
  return row ? orNull(row, 'at', int) : null;
};

/**
 * Lets an event happen to a job, if the rules allow it and nobody was faster (compare and set on the state).
 * @returns the job after it, null when nothing changed.
 */
export const applyEvent = (db: WriteDb, jobId: string, event: JobEvent, now: number): Job | null => {
  const before = readJob(db, jobId);
  const after = before && step(before, event, now);
  if (!after) return null;
  const changed =
    db.run(sql`UPDATE print_job SET state = ${after.state}, reason = ${after.reason}, grade = ${after.grade},
      process_id = ${after.processId}, first_byte_at = ${after.firstByteAt}, sent_at = ${after.sentAt},
      finished_at = ${after.finishedAt}
    WHERE job_id = ${jobId} AND state = ${before.state}`);
  return changed === 1 ? after : null;
};

/** Gives up what waited too long. @returns the jobs that expired now. */
export const expireDue = (db: WriteDb, now: number): Job[] =>
  db
    .all(
      sql`SELECT job_id FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked') AND expires_at <= ${now} ORDER BY queued_at`,
    )
    .map((row) => applyEvent(db, text(row, 'job_id'), { type: 'expired' }, now))
    .filter((job) => job !== null);

/** At start: what was on its way when the program ended may or may not have come out. @returns the jobs now `unknown`. */
export const recoverAfterCrash = (db: WriteDb, now: number): Job[] =>
  db
    .all(
      sql`SELECT job_id FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('sending', 'sent') AND finished_at IS NULL ORDER BY queued_at`,
    )
    .map((row) => applyEvent(db, text(row, 'job_id'), { type: 'lost' }, now))
    .filter((job) => job !== null);
