import { COLLECTIONS, type CollectionDigest, type CollectionName } from '../../shared/contracts/centre/schemas.ts';
import { moveBookings } from './bookings.ts';
import { EVERYBODY, NO_ROWS, xorHex, type RowRole } from './change-log.ts';
import { officeDate, type Context, type Happening } from './context.ts';
import { makeDayNumbers } from './day-numbers.ts';
import type { Device } from './devices.ts';
import { moveHelp } from './help.ts';
import { ProblemError } from './problems.ts';
import { makeSlots } from './slots.ts';
import { moveVisits } from './visits.ts';

/**
 * The change feed. A device reads the rows of its office and those for everybody (those for desks only when it is one),
 * and of each entity only the newest: a first pull is the state as it is, later ones what changed.
 */

/** Whose rows somebody gets. */
export type Reader = Pick<Device, 'officeId' | 'roles'>;

/** The parts of the store that a reader gets rows of. */
export const partsOf = ({ officeId, roles }: Reader): { audience: number; role: RowRole }[] => {
  const mine: RowRole[] = roles.includes('desk') ? ['', 'desk'] : [''];
  return [EVERYBODY, officeId].flatMap((audience) => mine.map((role) => ({ audience, role })));
};

/** Whether something that happened is of interest to a reader. */
export const concerns = (happening: Happening, { officeId, roles }: Reader): boolean =>
  happening.type === 'changes' &&
  (happening.audience === null || happening.audience === officeId) &&
  (!happening.desk || roles.includes('desk'));

/**
 * Brings an office to the business day that it is now: bookings that left the window are evicted, those that came in are
 * put, yesterday's visits and older calls for help are evicted, the numbers of days that are over are made, and there are
 * slots for one more day. Called before each pull; does nothing but one read for as long as the day is the same.
 */
export const moveWindows = (context: Context, officeId: number): void => {
  const { db } = context;
  const today = officeDate(context, officeId, context.now());
  const known = db
    .prepare<[number], { business_date: string; since: string }>(
      'SELECT business_date, since FROM office_window WHERE office_id = ?',
    )
    .get(officeId);
  if (known?.business_date === today) return;
  context.write(() => {
    if (known) makeDayNumbers(context, officeId, { last: known.business_date, since: known.since, today });
    moveBookings(context, officeId);
    moveVisits(context, officeId);
    moveHelp(context, officeId);
    makeSlots(context, officeId);
    db.prepare(
      'INSERT INTO office_window VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET business_date = excluded.business_date',
    ).run(officeId, today, today);
  });
};

/** A place in the feed. */
interface Cursor {
  seq: number;
  /** Of a snapshot: who has it may hold rows that came after it. */
  snapshot: boolean;
}

const writeCursor = (epoch: string, { seq, snapshot }: Cursor): string =>
  Buffer.from(`${epoch}.${seq}${snapshot ? '.s' : ''}`).toString('base64url');

/** The sequence number of the newest row. */
const headOf = ({ db }: Context): number =>
  db.prepare<[], { head: number }>('SELECT coalesce(max(seq), 0) AS head FROM change_log').get()?.head ?? 0;

/** @throws ProblemError `cursor-expired` for one of another history, or that was never given out */
const readCursor = (context: Context, text: string, head: number): Cursor => {
  if (text === '') return { seq: 0, snapshot: false };
  const [epoch, digits = '', mark, ...more] = Buffer.from(text, 'base64url').toString('utf8').split('.');
  const seq = /^\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
  const whole = more.length === 0 && (mark === undefined || mark === 's');
  // Also a damaged one: starting anew is the only thing that helps the device.
  if (epoch !== context.epoch || !(seq <= head) || !whole) throw new ProblemError('cursor-expired');
  return { seq, snapshot: mark === 's' };
};

/** Whether a device can go on from a cursor. */
export const isKnownCursor = (context: Context, text: string): boolean => {
  try {
    readCursor(context, text, headOf(context));
    return true;
  } catch {
    return false;
  }
};

/** The cursor of a snapshot that begins now. */
export const snapshotCursor = (context: Context): string =>
  writeCursor(context.epoch, { seq: headOf(context), snapshot: true });

interface LogRow {
  seq: number;
  c: string;
  id: string;
  rev: number;
  op: 'put' | 'del' | 'evict';
  purge: number;
  data: string | null;
}

export interface Page {
  epoch: string;
  cursor: string;
  has_more: boolean;
  changes: { seq: number; c: string; id: number | string; rev: number; op: string; purge?: true; data?: unknown }[];
  digests?: CollectionDigest[];
}

export const isCollection = (name: string): name is CollectionName => Object.hasOwn(COLLECTIONS, name);
/** The id of a row as it is on the wire. */
const wireId = (c: string, id: string): number | string =>
  isCollection(c) && COLLECTIONS[c] === 'number' ? Number(id) : id;

/** Of each collection that a reader gets, all that he ought to hold now. */
export const digestsFor = ({ db }: Context, reader: Reader): CollectionDigest[] => {
  const sums = new Map<string, CollectionDigest>(
    Object.keys(COLLECTIONS).map((c) => [c, { c, count: 0, xor: NO_ROWS }]),
  );
  const told = db.prepare<[number, RowRole], CollectionDigest>(
    'SELECT collection AS c, count, xor FROM row_digest WHERE audience = ? AND role = ?',
  );
  for (const { audience, role } of partsOf(reader)) {
    for (const { c, count, xor } of told.all(audience, role)) {
      const sum = sums.get(c);
      if (sum) sums.set(c, { c, count: sum.count + count, xor: xorHex(sum.xor, xor) });
    }
  }
  return [...sums.values()];
};

/**
 * What a device has to learn after the cursor.
 * @param limit rows at most
 * @param digests whether they are told with the last page
 * @throws ProblemError `cursor-expired`
 */
export const readChanges = (context: Context, reader: Reader, cursor: string, limit: number, digests = false): Page => {
  const { db, epoch } = context;
  moveWindows(context, reader.officeId);
  // All reads see one state: nothing is written between them, this process is the only one and does not wait here.
  const head = headOf(context);
  const { seq: after, snapshot } = readCursor(context, cursor, head);
  const parts = partsOf(reader);
  const rows = db
    .prepare<(string | number)[], LogRow>(
      parts
        .map(
          () =>
            `SELECT seq, collection AS c, id, rev, op, purge, data FROM current_row
             WHERE audience = ? AND role = ? AND seq > ?
               -- The end of something that this device never had is no news to it.
               AND (op = 'put' OR first_seq <= ?)`,
        )
        .join(' UNION ALL ') + ' ORDER BY seq LIMIT ?',
    )
    .all(...parts.flatMap(({ audience, role }) => [audience, role, after, snapshot ? head : after]), limit + 1);
  const more = rows.length > limit;
  const page = rows.slice(0, limit);
  return {
    epoch,
    cursor: more
      ? writeCursor(epoch, { seq: page.at(-1)?.seq ?? after, snapshot })
      : writeCursor(epoch, { seq: head, snapshot: false }),
    has_more: more,
    changes: page.map(({ data, id, purge, ...row }) => ({
      ...row,
      id: wireId(row.c, id),
      ...(purge === 1 ? { purge: true as const } : {}),
      ...(data === null ? {} : { data: JSON.parse(data) as unknown }),
    })),
    ...(digests && !more ? { digests: digestsFor(context, reader) } : {}),
  };
};

/** Waits until there is something for the device, its access ends, the time is over, or it hung up. */
export const waitForChanges = async (
  context: Context,
  device: Device,
  ms: number,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stop();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const stop = context.listen((happening) => {
      const mine = happening.type === 'revoked' && happening.deviceId === device.id;
      if (mine || concerns(happening, device)) end();
    });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
