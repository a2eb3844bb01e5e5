import { addDays, businessDate } from '../../../shared/domain/business-day.ts';
import { readDevice, readOffice } from '../store/registry.ts';
import { int, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { isByWord, type JobFacts } from './spool-rules.ts';
import type { PrinterCondition } from './status.ts';

/**
 * What each printer has done: papers by what became of them, metres of each roll, faults from when until when. For those
 * who look after it; nothing is decided by it. What is old goes when something new comes.
 */

const DAYS_KEPT = 62;
const ROLLS_KEPT = 30;
const FAULTS_KEPT = 200;

export const OUTCOMES = ['A', 'B', 'C', 'D', 'E', 'said', 'unknown', 'expired'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** @returns what has become of a paper, null while that is open */
export const outcomeOf = (job: JobFacts): Outcome | null => {
  if (isByWord(job)) return 'said';
  if (job.state === 'unknown' || job.state === 'expired') return job.state;
  return job.finishedAt === null ? null : job.grade;
};

const dayOf = (db: ReadDb, at: number): string => {
  const device = readDevice(db);
  const office = device && readOffice(db, device.officeId);
  return businessDate(at, office?.time_zone ?? 'UTC', office?.day_change_minutes ?? 0);
};

const count = (db: WriteDb, printer: string, day: string, outcome: Outcome, papers: 1 | -1): void => {
  db.run(sql`INSERT INTO printer_tally (printer_id, day, outcome, papers) VALUES (${printer}, ${day}, ${outcome}, ${papers})
    ON CONFLICT (printer_id, day, outcome) DO UPDATE SET papers = papers + ${papers}`);
};

const currentRoll = (db: WriteDb, printer: string, now: number): number => {
  const row = db.get(sql`SELECT since FROM printer_roll WHERE printer_id = ${printer} AND until IS NULL`);
  if (row) return int(row, 'since');
  db.run(sql`INSERT INTO printer_roll (printer_id, since) VALUES (${printer}, ${now})`);
  return now;
};

/** Part of every change of a job. A late answer moves the paper from one count to the other. */
export const countPaper = (db: WriteDb, before: JobFacts, after: JobFacts, now: number): void => {
  const { printer } = after;
  if (printer === null) return;
  // What a queue has given back has used no paper.
  const used = (job: JobFacts): number => (job.sentAt !== null && job.state !== 'expired' ? 1 : 0);
  const papers = used(after) - used(before);
  if (papers !== 0) {
    const since = currentRoll(db, printer, now);
    db.run(sql`UPDATE printer_roll SET mm = max(0, mm + ${papers * (after.mm ?? 0)}), papers = max(0, papers + ${papers})
      WHERE printer_id = ${printer} AND since = ${since}`);
  }
  const [was, is] = [outcomeOf(before), outcomeOf(after)];
  if (was === is) return;
  if (was !== null) count(db, printer, dayOf(db, before.finishedAt ?? now), was, -1);
  if (is !== null) {
    const day = dayOf(db, after.finishedAt ?? now);
    count(db, printer, day, is, 1);
    db.run(sql`DELETE FROM printer_tally WHERE printer_id = ${printer} AND day < ${addDays(day, -DAYS_KEPT)}`);
  }
};

/** Another roll is in. */
export const newRoll = (db: WriteDb, printer: string, now: number): void => {
  const since = currentRoll(db, printer, now);
  const row = db.get(sql`SELECT papers FROM printer_roll WHERE printer_id = ${printer} AND since = ${since}`);
  // Nothing was printed on it: the same is said twice, or the clock has not gone on.
  if (row && int(row, 'papers') === 0) {
    db.run(
      sql`UPDATE printer_roll SET low_at = NULL, out_at = NULL WHERE printer_id = ${printer} AND since = ${since}`,
    );
    return;
  }
  db.run(sql`UPDATE printer_roll SET until = ${now} WHERE printer_id = ${printer} AND since = ${since}`);
  db.run(sql`INSERT INTO printer_roll (printer_id, since) VALUES (${printer}, ${Math.max(now, since + 1)})`);
  db.run(sql`DELETE FROM printer_roll WHERE printer_id = ${printer} AND until IS NOT NULL AND since NOT IN
    (SELECT since FROM printer_roll WHERE printer_id = ${printer} ORDER BY since DESC LIMIT ${ROLLS_KEPT})`);
};

/** What is known of the roll that is in. */
export interface RollSeen {
  lowAt: number | null;
  outAt: number | null;
}

/**
 * A roll that ran low, came to its end, and then is neither: it is another one. One that was only taken out and put in
 * again has not been low; one whose end is hidden by an open cover says nothing.
 * @returns what is known now, and whether the roll is another one
 */
export const rollAfter = (seen: RollSeen, condition: PrinterCondition, now: number): RollSeen & { other: boolean } => {
  const { blocked, paperLow } = condition;
  if (blocked === 'paper-out')
    return { ...seen, outAt: seen.lowAt === null ? null : (seen.outAt ?? now), other: false };
  if (blocked !== null) return { ...seen, other: false };
  if (paperLow) return { lowAt: seen.lowAt ?? now, outAt: seen.outAt, other: false };
  return { lowAt: null, outAt: null, other: seen.lowAt !== null && seen.outAt !== null };
};

const setFaults = (db: WriteDb, printer: string, kinds: ReadonlySet<string>, now: number): void => {
  const open = db
    .all(sql`SELECT kind FROM printer_fault WHERE printer_id = ${printer} AND until IS NULL`)
    .map((row) => text(row, 'kind'));
  for (const kind of open.filter((one) => !kinds.has(one))) {
    db.run(
      sql`UPDATE printer_fault SET until = ${now} WHERE printer_id = ${printer} AND kind = ${kind} AND until IS NULL`,
    );
  }
  for (const kind of kinds) {
    if (open.includes(kind)) continue;
    db.run(sql`INSERT OR IGNORE INTO printer_fault (printer_id, kind, since) VALUES (${printer}, ${kind}, ${now})`);
    db.run(sql`DELETE FROM printer_fault WHERE printer_id = ${printer} AND until IS NOT NULL AND since <=
      (SELECT since FROM printer_fault WHERE printer_id = ${printer} ORDER BY since DESC LIMIT 1 OFFSET ${FAULTS_KEPT})`);
  }
};

/** How a printer is now: to be called when that changes. `mute`: it answers nothing, which is none of its faults but worth knowing. */
export const noteCondition = (
  db: WriteDb,
  printer: string,
  { blocked, paperLow, mute }: PrinterCondition & { mute: boolean },
  now: number,
): void => {
  const kinds = new Set([...(blocked ? [blocked] : []), ...(paperLow ? ['paper-low'] : []), ...(mute ? ['mute'] : [])]);
  setFaults(db, printer, kinds, now);
  if (mute) return;
  const row = db.get(sql`SELECT low_at, out_at FROM printer_roll WHERE printer_id = ${printer} AND until IS NULL`);
  const seen = { lowAt: row ? orNull(row, 'low_at', int) : null, outAt: row ? orNull(row, 'out_at', int) : null };
  const { other, lowAt, outAt } = rollAfter(seen, { blocked, paperLow }, now);
  if (other) newRoll(db, printer, now);
  else if (lowAt !== seen.lowAt || outAt !== seen.outAt) {
    currentRoll(db, printer, now);
    db.run(
      sql`UPDATE printer_roll SET low_at = ${lowAt}, out_at = ${outAt} WHERE printer_id = ${printer} AND until IS NULL`,
    );
  }
};

export interface PrinterHistory {
  /** The newest first; the first one is in. Millimetres. */
  rolls: { since: number; until: number | null; mm: number; papers: number }[];
  /** The newest first. */
  days: { day: string; papers: Partial<Record<Outcome, number>> }[];
  /** The newest first; `until` null: it is so now. */
  faults: { kind: string; since: number; until: number | null }[];
}

export const readHistory = (db: ReadDb, printer: string): PrinterHistory => {
  const days = new Map<string, Partial<Record<Outcome, number>>>();
  for (const row of db.all(
    sql`SELECT day, outcome, papers FROM printer_tally WHERE printer_id = ${printer} AND papers > 0 ORDER BY day DESC`,
  )) {
    const day = days.get(text(row, 'day')) ?? {};
    const outcome = OUTCOMES.find((one) => one === text(row, 'outcome'));
    if (outcome) day[outcome] = int(row, 'papers');
    days.set(text(row, 'day'), day);
  }
  const span = (row: Parameters<typeof text>[0]) => ({ since: int(row, 'since'), until: orNull(row, 'until', int) });
  return {
    rolls: db
      .all(sql`SELECT * FROM printer_roll WHERE printer_id = ${printer} ORDER BY since DESC LIMIT ${ROLLS_KEPT}`)
      .map((row) => ({ ...span(row), mm: int(row, 'mm'), papers: int(row, 'papers') })),
    days: [...days].map(([day, papers]) => ({ day, papers })),
    faults: db
      .all(
        sql`SELECT * FROM printer_fault WHERE printer_id = ${printer} ORDER BY since DESC, kind LIMIT ${FAULTS_KEPT}`,
      )
      .map((row) => ({ ...span(row), kind: text(row, 'kind') })),
  };
};
