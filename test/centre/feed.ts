import { officeDate, type Context } from './context.ts';
import { moveBookings } from './bookings.ts';
import { EVERYBODY } from './change-log.ts';
import { ProblemError } from './problems.ts';
import { makeSlots } from './slots.ts';
import { moveVisits } from './visits.ts';

/**
 * The change feed. A device reads the rows of its office and those for everybody, and of each entity only the newest: a
 * first pull is the state as it is, later ones what changed.
 */

/**
 * Brings an office to the business day that it is now: bookings that left the window are evicted, those that came in are
 * put, yesterday's visits are evicted, and there are slots for one more day. Called before each pull; does nothing but one
 * read for as long as the day is the same.
 */
export const moveWindows = (context: Context, officeId: number): void => {
  const { db } = context;
  const today = officeDate(context, officeId, context.now());
  const known = db
    .prepare<[number], { business_date: string }>('SELECT business_date FROM office_window WHERE office_id = ?')
    .get(officeId);
  if (known?.business_date === today) return;
  context.write(() => {
    moveBookings(context, officeId);
    moveVisits(context, officeId);
    makeSlots(context, officeId);
    db.prepare(
      'INSERT INTO office_window VALUES (?, ?) ON CONFLICT DO UPDATE SET business_date = excluded.business_date',
    ).run(officeId, today);
  });
};

const writeCursor = (epoch: string, seq: number): string => Buffer.from(`${epoch}.${seq}`).toString('base64url');

/** @throws ProblemError `cursor-expired` for one of another history, or that was never given out */
const readCursor = (text: string, epoch: string, head: number): number => {
  if (text === '') return 0;
  const [cursorEpoch, seq = ''] = Buffer.from(text, 'base64url').toString('utf8').split('.');
  const at = /^\d{1,15}$/.test(seq) ? Number(seq) : Number.NaN;
  // Also a damaged one: starting anew is the only thing that helps the device.
  if (cursorEpoch !== epoch || !(at <= head)) throw new ProblemError('cursor-expired');
  return at;
};

interface LogRow {
  seq: number;
  c: string;
  id: string;
  rev: number;
  op: 'put' | 'del' | 'evict';
  data: string | null;
}

export interface Page {
  epoch: string;
  cursor: string;
  has_more: boolean;
  changes: { seq: number; c: string; id: number | string; rev: number; op: string; data?: unknown }[];
}

const NUMBERED: ReadonlySet<string> = new Set(['office', 'service_group', 'service', 'window']);

/**
 * What the devices of an office have to learn after the cursor.
 * @param limit rows at most
 * @throws ProblemError `cursor-expired`
 */
export const readChanges = (context: Context, officeId: number, cursor: string, limit: number): Page => {
  const { db, epoch } = context;
  moveWindows(context, officeId);
  // Both reads see one state: nothing is written between them, this process is the only one and does not wait here.
  const head =
    db.prepare<[], { head: number }>('SELECT coalesce(max(seq), 0) AS head FROM change_log').get()?.head ?? 0;
  const after = readCursor(cursor, epoch, head);
  const rows = db
    .prepare<[number, number, number, number, number], LogRow>(
      `SELECT seq, collection AS c, id, rev, op, data FROM change_log AS log
       WHERE seq > ? AND seq <= ? AND audience IN (${EVERYBODY}, ?)
         AND NOT EXISTS (SELECT 1 FROM change_log AS newer WHERE newer.audience = log.audience
           AND newer.collection = log.collection AND newer.id = log.id AND newer.seq > log.seq)
         -- The end of something that this device never had is no news to it.
         AND (op = 'put' OR EXISTS (SELECT 1 FROM change_log AS older WHERE older.audience = log.audience
           AND older.collection = log.collection AND older.id = log.id AND older.seq <= ?))
       ORDER BY seq LIMIT ?`,
    )
    .all(after, head, officeId, after, limit + 1);
  const more = rows.length > limit;
  const page = rows.slice(0, limit);
  return {
    epoch,
    cursor: writeCursor(epoch, more ? (page.at(-1)?.seq ?? after) : head),
    has_more: more,
    changes: page.map(({ data, id, ...row }) => ({
      ...row,
      id: NUMBERED.has(row.c) ? Number(id) : id,
      ...(data === null ? {} : { data: JSON.parse(data) as unknown }),
    })),
  };
};

/** Waits until something was committed, the time is over, or the device hung up. */
export const waitForChanges = async (context: Context, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const stop = context.listen(({ type }) => {
      if (type === 'changes') end();
    });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
