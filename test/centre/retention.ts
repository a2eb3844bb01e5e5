import { addDays, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { append, type RowRole } from './change-log.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { rulesOf } from './rules.ts';
import { publishVisit } from './visits.ts';

/**
 * Personal data is kept for so long as the office's rules say, and no longer: neither here nor on any device that may hold
 * it. Each of those is told to erase it, and stays on the list until it has said that it did. Visits are kept for
 * statistics, without anything that tells who it was.
 */

const COLLECTIONS = ['booking', 'person', 'visit', 'visit_detail'] as const;
type Collection = (typeof COLLECTIONS)[number];
type Why = 'retention' | 'request';

interface CurrentRow {
  audience: number;
  role: RowRole;
  rev: number;
  op: string;
  purge: number;
}

/** Asks the devices that may hold a row to erase it and what they made of it. Nobody is asked about what none ever got. */
const evict = (context: Context, collection: Collection, id: string): void => {
  const { db, now } = context;
  const rows = db
    .prepare<[string, string], CurrentRow>(
      'SELECT audience, role, rev, op, purge FROM current_row WHERE collection = ? AND id = ?',
    )
    .all(collection, id);
  for (const { audience, role, rev, op, purge: asked } of rows) {
    // Told once more, with the same revision: who went on from a snapshot has not heard of it.
    append(context, audience, collection, id, op === 'evict' && asked === 1 ? rev : rev + 1, 'evict', null, {
      role: role === 'desk' ? 'desk' : null,
      purge: true,
    });
    if (asked === 1) continue;
    db.prepare(
      `INSERT INTO purge_open (device_id, collection, id, asked_at)
       SELECT device_id, ?, ?, ? FROM device
       WHERE office_id = ? AND revoked_at IS NULL AND (? = '' OR roles LIKE '%"desk"%') ON CONFLICT DO NOTHING`,
    ).run(collection, id, now(), audience, role);
  }
};

const log = ({ db, now }: Context, collection: Collection, id: string, why: Why): void => {
  db.prepare('INSERT INTO purge_log VALUES (?, ?, ?, ?)').run(now(), collection, id, why);
};

const eraseBooking = (context: Context, bookingId: string, why: Why): void => {
  const { db } = context;
  const known = db
    .prepare('SELECT 1 FROM booking WHERE booking_id = ? UNION SELECT 1 FROM person WHERE booking_id = ?')
    .get(bookingId, bookingId);
  if (known === undefined) return;
  for (const collection of ['booking', 'person'] as const) evict(context, collection, bookingId);
  db.prepare('DELETE FROM person WHERE booking_id = ?').run(bookingId);
  db.prepare('DELETE FROM booking WHERE booking_id = ?').run(bookingId);
  db.prepare('DELETE FROM cancellation WHERE booking_id = ?').run(bookingId);
  log(context, 'booking', bookingId, why);
};

const eraseVisit = (context: Context, visitId: string, why: Why): void => {
  const { db } = context;
  const row = db.prepare<[string], { shown: number }>('SELECT shown FROM visit WHERE visit_id = ?').get(visitId);
  if (!row) return;
  db.prepare(
    `UPDATE visit SET contact = NULL, contact_hash = NULL, note = NULL, claim_document = NULL, language = NULL
     WHERE visit_id = ?`,
  ).run(visitId);
  db.prepare('UPDATE sms_task SET sealed = NULL WHERE visit_id = ?').run(visitId);
  if (row.shown === 1) {
    // He is in the hall: his number stays in the queue, with nothing else about him.
    publishVisit(context, visitId);
  } else {
    for (const collection of ['visit', 'visit_detail'] as const) evict(context, collection, visitId);
    db.prepare('UPDATE visit SET queue_date = NULL WHERE visit_id = ?').run(visitId);
  }
  log(context, 'visit', visitId, why);
};

/** Operations are kept as they came, but for what people left of themselves in them. */
const FORGET = `UPDATE operation
  SET body = json_replace(body, '$.payload.contact', NULL, '$.payload.sealed', NULL, '$.payload.override', NULL)
  WHERE type IN ('walkin', 'booking.create', 'feedback', 'ticket.send', 'checkin')`;

/** Erases what is known of who a booking was for, with the visits it led to: it was asked for, or its time has come. */
export const erase = (context: Context, bookingId: string, why: Why = 'request'): void => {
  context.write(() => {
    context.db.pragma('secure_delete = ON');
    const visits = context.db
      .prepare<[string], { visit_id: string }>('SELECT visit_id FROM visit WHERE booking_id = ?')
      .all(bookingId);
    for (const { visit_id: id } of visits) eraseVisit(context, id, why);
    eraseBooking(context, bookingId, why);
    context.db.prepare(`${FORGET} AND body ->> '$.payload.booking_id' = ?`).run(bookingId);
  });
};

/** Those that have been asked to erase something and have not said that they did. */
export const openPurges = (
  { db }: Context,
  officeId: number,
): { device_id: string; slot: number; rows: number; since: number }[] =>
  db
    .prepare<[number], { device_id: string; slot: number; rows: number; since: number }>(
      `SELECT device_id, slot_no AS slot, count(*) AS rows, min(asked_at) AS since
       FROM purge_open JOIN device USING (device_id)
       WHERE office_id = ? AND revoked_at IS NULL GROUP BY device_id ORDER BY slot_no`,
    )
    .all(officeId);

/** A device has erased rows. */
export const purgeDone = ({ db, tell }: Context, device: Device, collection: string, ids: readonly string[]): void => {
  const done = db.prepare('DELETE FROM purge_open WHERE device_id = ? AND collection = ? AND id = ?');
  for (const id of ids) done.run(device.id, collection, id);
  tell({ type: 'visit' });
};

/**
 * Erases what is older than the offices' rules allow, and asks those once more who have not answered since before.
 * @returns how many bookings and visits there were
 */
export const purge = (context: Context, now = context.now()): number =>
  context.write(() => {
    const { db } = context;
    // What is deleted is overwritten in the file too.
    db.pragma('secure_delete = ON');
    const before = db
      .prepare<[], { collection: Collection; id: string }>('SELECT DISTINCT collection, id FROM purge_open')
      .all();
    let count = 0;
    const offices = db.prepare<[], { id: string }>(`SELECT id FROM entity WHERE collection = 'office'`).all();
    for (const id of offices.map((office) => Number(office.id))) {
      const office = readOffice(context, id);
      if (!office) continue;
      const first = addDays(officeDate(context, id, now), -rulesOf(context, id).personal_days);
      const from = startOfBusinessDay(first, office.time_zone, office.day_change_minutes);
      const bookings = db
        .prepare<[number, number, number, number], { booking_id: string }>(
          `SELECT booking_id FROM booking WHERE office_id = ? AND starts_at < ?
           UNION SELECT booking_id FROM person WHERE office_id = ? AND kept_since < ?
             AND booking_id NOT IN (SELECT booking_id FROM booking)`,
        )
        .all(id, from, id, from);
      for (const { booking_id: booking } of bookings) eraseBooking(context, booking, 'retention');
      const visits = db
        .prepare<[number, string], { visit_id: string }>(
          `SELECT visit_id FROM visit WHERE office_id = ? AND business_date < ?
             AND (queue_date IS NOT NULL OR contact IS NOT NULL OR note IS NOT NULL)`,
        )
        .all(id, first);
      for (const { visit_id: visit } of visits) eraseVisit(context, visit, 'retention');
      db.prepare('UPDATE feedback SET sealed = NULL WHERE office_id = ? AND occurred_at < ?').run(id, from);
      db.prepare('UPDATE sms_task SET sealed = NULL WHERE office_id = ? AND at < ?').run(id, from);
      db.prepare(
        `${FORGET} AND received_at < ? AND device_id IN (SELECT device_id FROM device WHERE office_id = ?)`,
      ).run(from, id);
      count += bookings.length + visits.length;
    }
    for (const { collection, id } of before) evict(context, collection, id);
    if (count > 0) context.log(`purge: ${count} bookings and visits are older than they may be`);
    return count;
  });
