import type { PersonRecord } from '../../shared/contracts/centre/schemas.ts';
import { append } from './change-log.ts';
import type { Context } from './context.ts';

/**
 * Who booked, in clear. Desks get it for as long as they have the booking, or the conflict of one that was refused to
 * somebody; kiosks never do.
 */

interface PersonRow extends PersonRecord {
  booking_id: string;
  rev: number;
  office_id: number;
  visible_to: number | null;
}

const NOBODY: PersonRecord = { name: '', phone: null, document: null };

/** The office whose desks are to have it. */
const audienceOf = ({ db }: Context, row: PersonRow): number | null => {
  const booking = db
    .prepare<[string], { visible_to: number | null }>('SELECT visible_to FROM booking WHERE booking_id = ?')
    .get(row.booking_id);
  if (booking) return booking.visible_to;
  const refused = db
    .prepare(`SELECT 1 FROM conflict WHERE booking_id = ? AND type = 'request-rejected' AND shown = 1`)
    .get(row.booking_id);
  return refused === undefined ? null : row.office_id;
};

/** To be called after each change of what makes a person visible. */
export const publishPerson = (context: Context, bookingId: string, changed = false): void => {
  const { db } = context;
  const row = db.prepare<[string], PersonRow>('SELECT * FROM person WHERE booking_id = ?').get(bookingId);
  if (!row) return;
  const target = audienceOf(context, row);
  if (row.visible_to !== null && row.visible_to !== target) {
    append(context, row.visible_to, 'person', bookingId, row.rev, 'evict', null, { role: 'desk' });
  }
  if (target !== null && (changed || row.visible_to !== target)) {
    const { name, phone, document } = row;
    append(context, target, 'person', bookingId, row.rev, 'put', { name, phone, document }, { role: 'desk' });
  }
  if (row.visible_to !== target) {
    db.prepare('UPDATE person SET visible_to = ? WHERE booking_id = ?').run(target, bookingId);
  }
};

/** Writes down what is known of somebody; what is not given stays as it is. */
export const putPerson = (
  context: Context,
  bookingId: string,
  officeId: number,
  given: Partial<PersonRecord>,
): void => {
  const { db, now } = context;
  const known = db.prepare<[string], PersonRow>('SELECT * FROM person WHERE booking_id = ?').get(bookingId);
  const before: PersonRecord = known ?? NOBODY;
  const { name = before.name, phone = before.phone, document = before.document } = given;
  if (known?.name === name && known.phone === phone && known.document === document) return;
  db.prepare(
    `INSERT INTO person (booking_id, rev, office_id, name, phone, document, kept_since) VALUES (?, 1, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET rev = rev + 1, name = excluded.name, phone = excluded.phone, document = excluded.document`,
  ).run(bookingId, officeId, name, phone, document, now());
  publishPerson(context, bookingId, true);
};
