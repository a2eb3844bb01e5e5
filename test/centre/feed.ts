import type { BookingRecord } from '../../shared/contracts/centre/schemas.ts';
import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { BOOKING_STATUS, type BookingStatus } from '../../shared/domain/model.ts';
import { SERIES } from '../../shared/domain/ticket-number.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import { ProblemError } from './problems.ts';

/**
 * The change feed. Entities are written here and nowhere else, so that each write has its row in the log. A device
 * reads the rows of its office and those for everybody, and of each entity only the newest: a first pull is the state as
 * it is, later ones what changed.
 */

/** Audience of rows that all devices get. */
export const EVERYBODY = -1;
/** Business days of bookings that a device holds, relative to its today. */
const WINDOW_DAYS = { before: 1, after: 7 } as const;

export interface Booking extends BookingRecord {
  id: string;
}

interface BookingRow {
  booking_id: string;
  rev: number;
  office_id: number;
  number: string;
  service_id: number;
  starts_at: number;
  status: string;
  language: string | null;
  ticket_series: string | null;
  ticket_number: number | null;
  visible_to: number | null;
}

const statusOf = (text: string): BookingStatus => {
  const status = BOOKING_STATUS.find((known) => known === text);
  if (status === undefined) throw new Error(`the database holds a booking with the unknown status ${text}`);
  return status;
};

const toBooking = (row: BookingRow): Booking => {
  const series = SERIES.find((known) => known === row.ticket_series);
  return {
    id: row.booking_id,
    office_id: row.office_id,
    number: row.number,
    service_id: row.service_id,
    starts_at: row.starts_at,
    status: statusOf(row.status),
    language: row.language,
    ticket: series === undefined || row.ticket_number === null ? null : { series, number: row.ticket_number },
  };
};

const bookingRow = ({ db }: Context, id: string): BookingRow | undefined =>
  db.prepare<[string], BookingRow>('SELECT * FROM booking WHERE booking_id = ?').get(id);

export const readBooking = (context: Context, id: string): Booking | null => {
  const row = bookingRow(context, id);
  return row ? toBooking(row) : null;
};

/** Bookings of an office on a business day, by time. */
export const bookingsOn = (context: Context, officeId: number, date: string): Booking[] => {
  const office = readOffice(context, officeId);
  if (!office) return [];
  const at = (day: string) => startOfBusinessDay(day, office.time_zone, office.day_change_minutes);
  return context.db
    .prepare<[number, number, number], BookingRow>(
      'SELECT * FROM booking WHERE office_id = ? AND starts_at >= ? AND starts_at < ? ORDER BY starts_at, number',
    )
    .all(officeId, at(date), at(addDays(date, 1)))
    .map((row) => toBooking(row));
};

const append = (
  { db, tell }: Context,
  audience: number,
  collection: string,
  id: string,
  rev: number,
  op: 'put' | 'del' | 'evict',
  data: unknown,
): void => {
  db.prepare('INSERT INTO change_log (audience, collection, id, rev, op, data) VALUES (?, ?, ?, ?, ?, ?)').run(
    audience,
    collection,
    id,
    rev,
    op,
    op === 'put' ? JSON.stringify(data) : null,
  );
  tell({ type: 'changes' });
};

type Collection = 'office' | 'service_group' | 'service' | 'setting';

/** Writes an entity that is not a booking. Nothing is logged when it is as it was. */
export const putEntity = (
  context: Context,
  collection: Collection,
  id: number | string,
  data: unknown,
  audience = EVERYBODY,
): void => {
  context.write(() => {
    const { db } = context;
    const text = JSON.stringify(data);
    const known = db
      .prepare<[string, string, number], { rev: number; data: string }>(
        'SELECT rev, data FROM entity WHERE collection = ? AND id = ? AND audience = ?',
      )
      .get(collection, String(id), audience);
    if (known?.data === text) return;
    const rev = (known?.rev ?? 0) + 1;
    db.prepare(
      `INSERT INTO entity (collection, id, audience, rev, data) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET rev = excluded.rev, data = excluded.data`,
    ).run(collection, String(id), audience, rev, text);
    append(context, audience, collection, String(id), rev, 'put', data);
  });
};

/** Takes away what is not among `ids`: devices get a tombstone. */
export const keepEntities = (
  context: Context,
  collection: Collection,
  ids: readonly (number | string)[],
  audience = EVERYBODY,
): void => {
  context.write(() => {
    const { db } = context;
    const kept = new Set(ids.map(String));
    const rows = db
      .prepare<[string, number], { id: string; rev: number }>(
        'SELECT id, rev FROM entity WHERE collection = ? AND audience = ?',
      )
      .all(collection, audience);
    for (const { id, rev } of rows) {
      if (kept.has(id)) continue;
      db.prepare('DELETE FROM entity WHERE collection = ? AND id = ? AND audience = ?').run(collection, id, audience);
      append(context, audience, collection, id, rev + 1, 'del', null);
    }
  });
};

/** First and last moment (not included) of what devices of the office hold. Null for an office that is not there. */
const windowOf = (context: Context, officeId: number): { from: number; until: number } | null => {
  const office = readOffice(context, officeId);
  if (!office) return null;
  const today = officeDate(context, officeId, context.now());
  const at = (days: number) => startOfBusinessDay(addDays(today, days), office.time_zone, office.day_change_minutes);
  return { from: at(-WINDOW_DAYS.before), until: at(WINDOW_DAYS.after + 1) };
};

/** Tells the devices what a booking is now: a put to the office that holds it, an evict to one that held it. */
const publish = (context: Context, row: BookingRow, changed: boolean): void => {
  const window = windowOf(context, row.office_id);
  const inside = window !== null && row.starts_at >= window.from && row.starts_at < window.until;
  const target = inside ? row.office_id : null;
  if (row.visible_to !== null && row.visible_to !== target) {
    append(context, row.visible_to, 'booking', row.booking_id, row.rev, 'evict', null);
  }
  if (target !== null && (changed || row.visible_to !== target)) {
    const { id: _, ...data } = toBooking(row);
    append(context, target, 'booking', row.booking_id, row.rev, 'put', data);
  }
  if (row.visible_to !== target) {
    context.db.prepare('UPDATE booking SET visible_to = ? WHERE booking_id = ?').run(target, row.booking_id);
  }
};

/**
 * Writes a booking, new or changed. A booking that comes in after the visitor did (a provisional check-in) is `arrived`
 * at once.
 */
export const putBooking = (context: Context, given: Booking): Booking =>
  context.write(() => {
    const { db } = context;
    const known = bookingRow(context, given.id);
    const early =
      known || given.status !== 'booked'
        ? undefined
        : db
            .prepare<[string], { series: string; number: number }>(
              'SELECT series, number FROM visit WHERE booking_id = ? ORDER BY received_at, visit_id LIMIT 1',
            )
            .get(given.id);
    const row: BookingRow = {
      booking_id: given.id,
      rev: (known?.rev ?? 0) + 1,
      office_id: given.office_id,
      number: given.number,
      service_id: given.service_id,
      starts_at: given.starts_at,
      status: early ? 'arrived' : given.status,
      language: given.language,
      ticket_series: early?.series ?? given.ticket?.series ?? null,
      ticket_number: early?.number ?? given.ticket?.number ?? null,
      visible_to: known?.visible_to ?? null,
    };
    db.prepare(
      `INSERT INTO booking (booking_id, rev, office_id, number, service_id, starts_at, status, language, ticket_series,
         ticket_number, visible_to)
       VALUES (@booking_id, @rev, @office_id, @number, @service_id, @starts_at, @status, @language, @ticket_series,
         @ticket_number, @visible_to)
       ON CONFLICT (booking_id) DO UPDATE SET rev = excluded.rev, office_id = excluded.office_id,
         number = excluded.number, service_id = excluded.service_id, starts_at = excluded.starts_at,
         status = excluded.status, language = excluded.language, ticket_series = excluded.ticket_series,
         ticket_number = excluded.ticket_number`,
    ).run(row);
    publish(context, row, true);
    return toBooking(row);
  });

/**
 * Brings the windows to the business day that it is now: bookings that left are evicted, those that came in are put.
 * Called before each pull; does nothing but one read for as long as the day is the same.
 */
export const moveWindows = (context: Context, officeId: number): void => {
  const { db } = context;
  const today = officeDate(context, officeId, context.now());
  const known = db
    .prepare<[number], { business_date: string }>('SELECT business_date FROM office_window WHERE office_id = ?')
    .get(officeId);
  if (known?.business_date === today) return;
  context.write(() => {
    const window = windowOf(context, officeId);
    if (!window) return;
    const rows = db
      .prepare<[number, number, number, number], BookingRow>(
        `SELECT * FROM booking WHERE visible_to = ?
         UNION SELECT * FROM booking WHERE office_id = ? AND starts_at >= ? AND starts_at < ?`,
      )
      .all(officeId, officeId, window.from, window.until);
    for (const row of rows) publish(context, row, false);
    db.prepare(
      'INSERT INTO office_window VALUES (?, ?) ON CONFLICT DO UPDATE SET business_date = excluded.business_date',
    ).run(officeId, today);
  });
};

// --- Reading ---------------------------------------------------------------------------------------------------------

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

const NUMBERED: ReadonlySet<string> = new Set(['office', 'service_group', 'service']);

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
