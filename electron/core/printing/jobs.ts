import type { PrintJobView, RecentJobView } from '../../../shared/contracts/app.ts';
import { BLOCK_REASONS, GRADES, JOB_STATES } from '../../../shared/domain/model.ts';
import { SERIES } from '../../../shared/domain/ticket-number.ts';
import type { SqlRow } from '../ports.ts';
import { int, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { countPaper } from './printer-history.ts';
import { type JobEvent, type JobFacts, isByWord, step, VISITOR } from './spool-rules.ts';

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
  /** At which window it was asked for. */
  place: Place;
  queuedAt: number;
  /** When staff were told that nobody knows whether it came out. */
  deskToldAt: number | null;
}

export const PLACES = ['kiosk', 'desk'] as const;
/** Where somebody waits for a paper. */
export type Place = (typeof PLACES)[number];

const among = <T extends string>(row: SqlRow, column: string, allowed: readonly T[]): T =>
  oneOf(allowed, text(row, column), column);

const jobOf = (row: SqlRow): Job => ({
  jobId: text(row, 'job_id'),
  paperId: orNull(row, 'ticket_id', text) ?? orNull(row, 'request_id', text) ?? text(row, 'elsewhere_id'),
  copy: int(row, 'copy'),
  place: among(row, 'place', PLACES),
  state: among(row, 'state', JOB_STATES),
  reason: orNull(row, 'reason', (r, c) => among(r, c, BLOCK_REASONS)),
  grade: orNull(row, 'grade', (r, c) => among(r, c, GRADES)),
  processId: orNull(row, 'process_id', text),
  printer: orNull(row, 'printer_id', text),
  blockedAt: orNull(row, 'blocked_at', int),
  mm: orNull(row, 'mm', int),
  answer: orNull(row, 'answer', (r, c) => among(r, c, ['yes', 'no'] as const)),
  answeredBy: orNull(row, 'answered_by', text),
  deskToldAt: orNull(row, 'desk_told_at', int),
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
  ...(job.printer === null ? {} : { printer: job.printer }),
  ...(isByWord(job) ? { word: job.answeredBy === VISITOR ? 'visitor' : 'staff' } : {}),
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
  /** At whose window; the kiosk's unless it is said. */
  place?: Place;
}

/** Part of the transaction that makes the ticket; call `spool.kick()` when it is committed. */
export const insertJob = (db: WriteDb, job: NewJob): void => {
  const ticket = 'ticket' in job.of ? job.of.ticket : null;
  const request = 'request' in job.of ? job.of.request : null;
  const elsewhere = 'elsewhere' in job.of ? job.of.elsewhere : null;
  db.run(sql`INSERT INTO print_job (job_id, ticket_id, request_id, elsewhere_id, copy, attempt_id, place, state, queued_at,
      expires_at)
    VALUES (${job.jobId}, ${ticket}, ${request}, ${elsewhere}, ${job.copy}, ${job.attemptId ?? null},
      ${job.place ?? 'kiosk'}, 'queued', ${job.now}, ${job.expiresAt})`);
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

/** One that nobody has asked to look at for longer is in the database alone. */
const RECENT = 2000;

/** What a printer has had lately, the newest first. */
export const recentJobs = (db: ReadDb, printer: string, limit: number): RecentJobView[] =>
  db
    .all(
      sql`SELECT recent.*, series, number FROM (SELECT * FROM print_job ORDER BY job_id DESC LIMIT ${RECENT}) AS recent
        LEFT JOIN ticket USING (ticket_id) WHERE printer_id = ${printer} ORDER BY queued_at DESC LIMIT ${limit}`,
    )
    .map((row) => {
      const { printer: _, ...view } = jobView(row);
      const series = orNull(row, 'series', text);
      return {
        ...view,
        number: series === null ? null : { series: oneOf(SERIES, series, 'series'), number: int(row, 'number') },
        place: among(row, 'place', PLACES),
        queuedAt: int(row, 'queued_at'),
        finishedAt: orNull(row, 'finished_at', int),
        mm: orNull(row, 'mm', int),
      };
    });

/** More wait only when nothing has been printed for long; the others get their turn when these have expired. */
const MOST_WAITING = 500;

/** @returns the jobs that wait and have not expired, the oldest first */
export const waitingJobs = (db: ReadDb, now: number): Job[] =>
  db
    .all(
      sql`SELECT * FROM print_job
    WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked') AND first_byte_at IS NULL AND expires_at > ${now}
    ORDER BY queued_at, job_id LIMIT ${MOST_WAITING}`,
    )
    .map(jobOf);

/** @returns jobs of which nobody knows whether they came out, and nobody at the desk has been told so */
export const untoldJobs = (db: ReadDb, since: number): Job[] =>
  db
    .all(
      sql`SELECT * FROM print_job WHERE state = 'unknown' AND finished_at > ${since} AND desk_told_at IS NULL
        AND first_byte_at IS NOT NULL ORDER BY finished_at`,
    )
    .map(jobOf);

/** @returns the newest paper of the same ticket, slip or visit that was made after this one */
export const laterPaper = (db: ReadDb, job: Job): Job | null => {
  const row = db.get(sql`SELECT * FROM print_job WHERE (ticket_id = ${job.paperId} OR request_id = ${job.paperId}
    OR elsewhere_id = ${job.paperId}) AND copy > ${job.copy} ORDER BY copy DESC LIMIT 1`);
  return row ? jobOf(row) : null;
};

export const noteDeskTold = (db: WriteDb, jobId: string, now: number): void => {
  db.run(sql`UPDATE print_job SET desk_told_at = ${now} WHERE job_id = ${jobId}`);
};

/** @returns when the next waiting job expires, null when none waits. */
export const nextExpiry = (db: ReadDb): number | null => {
  const row = db.get(
    sql`SELECT MIN(expires_at) AS at FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked')`,
  );
  return row ? orNull(row, 'at', int) : null;
};

/**
 * Lets an event happen to a job, if the rules allow it and nobody was faster (compare and set on the state and on who has
 * it), and counts what has become of its paper.
 * @returns the job after it, null when nothing changed.
 */
export const applyEvent = (db: WriteDb, jobId: string, event: JobEvent, now: number): Job | null => {
  const before = readJob(db, jobId);
  const after = before && step(before, event, now);
  if (!after) return null;
  const changed =
    db.run(sql`UPDATE print_job SET state = ${after.state}, reason = ${after.reason}, grade = ${after.grade},
      process_id = ${after.processId}, printer_id = ${after.printer}, blocked_at = ${after.blockedAt}, mm = ${after.mm},
      first_byte_at = ${after.firstByteAt}, sent_at = ${after.sentAt}, finished_at = ${after.finishedAt},
      answer = ${after.answer}, answered_by = ${after.answeredBy}
    WHERE job_id = ${jobId} AND state = ${before.state} AND printer_id IS ${before.printer}`);
  if (changed !== 1) return null;
  countPaper(db, before, after, now);
  return after;
};

/** Gives up what waited too long. @returns the jobs that expired now. */
export const expireDue = (db: WriteDb, now: number): Job[] =>
  db
    .all(
      sql`SELECT job_id FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') AND state IN ('queued', 'blocked') AND expires_at <= ${now} ORDER BY queued_at`,
    )
    .map((row) => applyEvent(db, text(row, 'job_id'), { type: 'expired' }, now))
    .filter((job) => job !== null);

/**
 * At start: what was on its way when the program ended may or may not have come out; what had not begun is nobody's, since
 * its printer may have been taken away.
 * @returns the jobs now `unknown`
 */
export const recoverAfterCrash = (db: WriteDb, now: number): Job[] =>
  db
    .all(sql`SELECT job_id FROM print_job WHERE state IN ('queued', 'blocked', 'sending', 'sent') ORDER BY queued_at`)
    .map((row) => {
      const jobId = text(row, 'job_id');
      return applyEvent(db, jobId, { type: 'released' }, now) ? null : applyEvent(db, jobId, { type: 'lost' }, now);
    })
    .filter((job) => job !== null);
