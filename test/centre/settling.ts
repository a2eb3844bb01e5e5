import { bookingRow, publishBooking, statusOf, type BookingRow } from './booking-rows.ts';
import { how, setConflict, type Conflict } from './conflicts.ts';
import { officeDate, type Context } from './context.ts';
import { checkinTimes, rulesOf } from './rules.ts';
import { byRank, settle, type Checkin, type Collision, type Placed, type Progress } from './settle.ts';
import { refreshSlotAt } from './slots.ts';
import { newStages, publishVisit, stagesOf, visitRow, type VisitRow } from './visits.ts';

/**
 * Works out anew what follows from what is known about a booking or a visit, and tells the devices what has changed by
 * that. To be called after each thing that comes in; the rules themselves stand in settle.ts.
 */

const MINUTE_MS = 60_000;

const placeOf = (officeId: number, date: string): string => `${officeId} ${date}`;

const rankOf = (row: VisitRow): Pick<Checkin, 'at' | 'device' | 'seq' | 'visit'> => ({
  at: row.ranked_at,
  device: row.device_id ?? '',
  seq: row.seq,
  visit: row.visit_id,
});

const undoneAt = ({ db }: Context, visitId: string): number | null =>
  db.prepare<[string], { at: number }>('SELECT at FROM visit_undo WHERE visit_id = ?').get(visitId)?.at ?? null;

const isSplit = (context: Context, row: VisitRow): boolean =>
  row.op_id !== null && how(context, row.office_id, row.op_id) === 'split';

const NOT_BEGUN: Progress = { begun: false, over: false, doneAt: null };

const progressOf = (context: Context, row: VisitRow): Progress => {
  const stages = stagesOf(context, row.visit_id);
  return {
    begun: row.state !== 'waiting' || stages.some(({ state }) => state !== 'waiting'),
    over: row.state === 'done',
    doneAt: row.state === 'done' ? (stages.at(-1)?.done_at ?? null) : null,
  };
};

const walkIn = (context: Context, row: VisitRow): Placed => ({
  role: undoneAt(context, row.visit_id) !== null && !progressOf(context, row).begun ? 'undone' : 'visit',
  main: null,
  orderAt: row.arrived_at,
  late: false,
  collision: null,
});

// --- Visits ----------------------------------------------------------------------------------------------------------

/** What staff did with a visit goes on with the ticket that is the visit from now on. */
const handOver = (context: Context, from: VisitRow, to: string): void => {
  const { db } = context;
  if (progressOf(context, from).begun || from.edits.includes('"services"')) {
    db.prepare('DELETE FROM stage WHERE visit_id = ?').run(to);
    db.prepare('UPDATE stage SET visit_id = ? WHERE visit_id = ?').run(to, from.visit_id);
    newStages(context, from.visit_id, from.services);
  }
  db.prepare(
    `UPDATE visit SET state = from_row.state, claim_confirmed = from_row.claim_confirmed,
       claim = from_row.claim, claim_level = from_row.claim_level, claim_document = from_row.claim_document,
       set_priority = from_row.set_priority, note = from_row.note, people = from_row.people,
       companion = from_row.companion, edits = from_row.edits, rev = max(visit.rev, from_row.rev)
     FROM (SELECT * FROM visit WHERE visit_id = ?) AS from_row WHERE visit.visit_id = ?`,
  ).run(from.visit_id, to);
  db.prepare(
    `UPDATE visit SET state = 'waiting', claim = NULL, claim_level = NULL, claim_document = NULL, claim_confirmed = 0,
       set_priority = NULL, note = NULL, people = 1, companion = 0, edits = '{}' WHERE visit_id = ?`,
  ).run(from.visit_id);
};

/** Whether staff have done anything with it. */
const isTouched = (context: Context, row: VisitRow): boolean =>
  row.edits !== '{}' || row.claim_confirmed === 1 || progressOf(context, row).begun;

/** The first of the other visits of the day with the same number; null when this one was the first. */
const sameNumber = ({ db }: Context, row: VisitRow): string | null => {
  const [first] = db
    .prepare<[number, string, string, number], VisitRow>(
      'SELECT * FROM visit WHERE office_id = ? AND business_date = ? AND series = ? AND number = ?',
    )
    .all(row.office_id, row.business_date, row.series, row.number)
    .toSorted((a, b) => byRank(rankOf(a), rankOf(b)));
  return first === undefined || first.visit_id === row.visit_id ? null : first.visit_id;
};

/** Other tickets for the same phone and service, of other devices, about the same time. */
const samePhone = (context: Context, row: VisitRow): VisitRow[] => {
  if (row.contact_hash === null || row.queue_date === null) return [];
  const within = rulesOf(context, row.office_id).duplicate_minutes * MINUTE_MS;
  return context.db
    .prepare<[string, number, string], VisitRow>(
      `SELECT * FROM visit WHERE contact_hash = ? AND office_id = ? AND queue_date = ? AND origin = 'walk-in'`,
    )
    .all(row.contact_hash, row.office_id, row.queue_date)
    .filter(
      (other) =>
        other.visit_id !== row.visit_id &&
        other.service_id === row.service_id &&
        other.device_id !== row.device_id &&
        Math.abs(other.ranked_at - row.ranked_at) <= within,
    );
};

/** What a visit collides with that has nothing to do with a booking. */
const otherCollision = (context: Context, row: VisitRow): (Collision & { service: number | null }) | null => {
  const plain = { other: null, since: null, service: null };
  if (row.redirect === 1 && row.role === 'visit')
    return { ...plain, type: 'needs-redirect', service: row.redirect_to, open: true };
  const twin = sameNumber(context, row);
  if (twin !== null) return { ...plain, type: 'number-used-twice', other: twin, open: true };
  const [double] = samePhone(context, row)
    .filter((other) => other.role === 'visit' && byRank(rankOf(other), rankOf(row)) < 0)
    .toSorted((a, b) => byRank(rankOf(a), rankOf(b)));
  // A hint: only people can tell whether it is one person.
  return double ? { ...plain, type: 'possible-duplicate', other: double.visit_id, open: false } : null;
};

const settleConflict = (context: Context, row: VisitRow): void => {
  if (row.op_id === null) return;
  const own = row.collision === null ? null : (JSON.parse(row.collision) as Collision);
  const collision = ((): (Collision & { service: number | null }) | null => {
    if (row.queue_date === null || row.role === 'undone') return null;
    // There is one row for an operation: what somebody has to do something about comes first.
    if (own?.open === true) return { ...own, service: null };
    const other = otherCollision(context, row);
    const known = own && { ...own, service: null };
    return other?.open === true ? other : (known ?? other);
  })();
  const conflict: Conflict | null = collision && {
    type: collision.type,
    business_date: row.queue_date ?? row.business_date,
    at: row.arrived_at,
    visit_id: row.visit_id,
    other_visit_id: collision.other,
    booking_id: row.booking_id,
    service_id: collision.service,
    since: collision.since,
    open: collision.open,
  };
  setConflict(context, row.office_id, row.op_id, conflict);
};

/** Writes down where a visit stands, and what it collides with. */
const place = (
  context: Context,
  row: VisitRow,
  placed: Placed,
  more: { split: boolean; provisional: boolean; priority: string },
): void => {
  const collision = placed.collision && JSON.stringify(placed.collision);
  context.db
    .prepare(
      `UPDATE visit SET role = ?, main_visit = ?, order_at = ?, late = ?, collision = ?, split = ?, provisional = ?,
         priority = coalesce(set_priority, ?) WHERE visit_id = ?`,
    )
    .run(
      placed.role,
      placed.main,
      placed.orderAt,
      placed.late ? 1 : 0,
      collision,
      more.split ? 1 : 0,
      more.provisional ? 1 : 0,
      more.priority,
      row.visit_id,
    );
};

/** After visits were placed: their conflicts, those of others that bear on them, and what devices get. */
const tell = (context: Context, ids: readonly string[]): void => {
  const around = new Map<string, VisitRow>();
  for (const id of ids) {
    const row = visitRow(context, id);
    if (!row) continue;
    around.set(id, row);
    for (const other of samePhone(context, row)) around.set(other.visit_id, other);
    if (sameNumber(context, row) === null) {
      const later = context.db
        .prepare<[number, string, string, number, string], VisitRow>(
          'SELECT * FROM visit WHERE office_id = ? AND business_date = ? AND series = ? AND number = ? AND visit_id <> ?',
        )
        .all(row.office_id, row.business_date, row.series, row.number, id);
      for (const other of later) around.set(other.visit_id, other);
    }
  }
  for (const row of around.values()) settleConflict(context, row);
  for (const id of ids) publishVisit(context, id);
  context.tell({ type: 'visit' });
};

// --- Bookings --------------------------------------------------------------------------------------------------------

const cancelsOf = ({ db }: Context, bookingId: string): number[] =>
  db
    .prepare<[string], { at: number }>('SELECT at FROM cancellation WHERE booking_id = ? AND withdrawn_at IS NULL')
    .all(bookingId)
    .map(({ at }) => at);

/** Whether a desk of its office said that he did not come. */
const wasNoShow = ({ db }: Context, row: BookingRow): boolean =>
  db
    .prepare<[string, number]>('SELECT 1 FROM no_show WHERE booking_id = ? AND office_id = ? AND withdrawn_at IS NULL')
    .get(row.booking_id, row.office_id) !== undefined;

const factsOf = (context: Context, row: BookingRow) => {
  const times = checkinTimes(context, row.office_id, row.service_id, row.starts_at);
  const said = statusOf(row.said);
  return {
    place: placeOf(row.office_id, officeDate(context, row.office_id, row.starts_at)),
    officeId: row.office_id,
    startsAt: row.starts_at,
    inTime: times?.inTime ?? row.starts_at,
    until: times?.until ?? row.starts_at,
    said,
    noShow: said === 'no-show' || row.no_show_at !== null || wasNoShow(context, row),
    cancels: cancelsOf(context, row.booking_id),
  };
};

/** Brings a booking and its visits to what is known of them. @param changed the booking itself has been written */
export const settleBooking = (context: Context, bookingId: string, changed = false): void => {
  const { db } = context;
  const booking = bookingRow(context, bookingId);
  const rows = db
    .prepare<[string], VisitRow>('SELECT * FROM visit WHERE booking_id = ? AND queue_date IS NOT NULL')
    .all(bookingId);
  const splits = new Set(rows.filter((row) => isSplit(context, row)).map(({ visit_id: id }) => id));
  const key = (row: VisitRow): string =>
    splits.has(row.visit_id) ? row.visit_id : placeOf(row.office_id, row.queue_date ?? '');
  const progress = new Map<string, Progress>();
  for (const row of rows) {
    const own = progressOf(context, row);
    if (own.begun || !progress.has(key(row))) progress.set(key(row), own);
  }
  const checkins = rows.map((row): Checkin => ({
    ...rankOf(row),
    place: placeOf(row.office_id, row.queue_date ?? ''),
    arrivedAt: row.arrived_at,
    late: row.said_late === 1,
    startsAt: row.said_starts_at,
    undoneAt: undoneAt(context, row.visit_id),
    split: splits.has(row.visit_id),
    override: row.override === 1,
  }));
  const returnMs = rulesOf(context, rows[0]?.office_id ?? booking?.office_id ?? 0).return_minutes * MINUTE_MS;
  const settled = settle(
    checkins,
    booking ? factsOf(context, booking) : null,
    (place) => progress.get(place) ?? NOT_BEGUN,
    returnMs,
  );
  const heads = new Map(
    rows
      .filter(({ visit_id: id }) => settled.visits.get(id)?.role === 'visit')
      .map((row) => [key(row), row.visit_id] as const),
  );
  for (const row of rows) {
    const placed = settled.visits.get(row.visit_id);
    if (!placed) throw new Error(`visit ${row.visit_id} has no place`);
    // Who leaves the visit to another ticket, or was taken back in its favour, leaves it what was done with it.
    const heir = placed.main ?? heads.get(key(row));
    if (placed.role !== 'visit' && heir !== undefined && isTouched(context, row)) handOver(context, row, heir);
    const split = splits.has(row.visit_id);
    place(context, row, placed, {
      split,
      provisional: !booking,
      priority: split ? 'none' : (booking?.priority ?? 'none'),
    });
  }
  tell(
    context,
    rows.map(({ visit_id: id }) => id),
  );
  if (booking) conclude(context, booking, settled.status, settled.by, changed);
};

/** The booking itself: its status, the ticket it was checked in with, and the place that it takes or frees. */
const conclude = (context: Context, before: BookingRow, status: string, by: string | null, changed: boolean): void => {
  const visit = by === null ? undefined : visitRow(context, by);
  const said = status === 'arrived' || status === 'served' ? before : null;
  const after: BookingRow = {
    ...before,
    status,
    ticket_series: visit?.series ?? said?.said_series ?? null,
    ticket_number: visit?.number ?? said?.said_number ?? null,
  };
  const same =
    before.status === after.status &&
    before.ticket_series === after.ticket_series &&
    before.ticket_number === after.ticket_number;
  if (same && !changed) return;
  after.rev += 1;
  context.db
    .prepare('UPDATE booking SET rev = ?, status = ?, ticket_series = ?, ticket_number = ? WHERE booking_id = ?')
    .run(after.rev, after.status, after.ticket_series, after.ticket_number, after.booking_id);
  publishBooking(context, after, true);
  refreshSlotAt(context, after.office_id, after.service_id, after.starts_at);
};

/** Brings a visit, and whatever hangs together with it, to what is known. */
export const settleVisit = (context: Context, visitId: string): void => {
  const row = visitRow(context, visitId);
  if (!row) return;
  if (row.booking_id !== null && row.queue_date !== null) {
    settleBooking(context, row.booking_id);
    return;
  }
  if (row.booking_id === null) {
    place(context, row, walkIn(context, row), { split: false, provisional: false, priority: row.said_priority });
  }
  tell(context, [visitId]);
};

/** The same for the visit that a conflict is about. */
export const settleConflictOf = (context: Context, conflictId: string): void => {
  const rows = context.db
    .prepare<[string], { visit_id: string }>('SELECT visit_id FROM visit WHERE op_id = ?')
    .all(conflictId);
  for (const { visit_id: id } of rows) settleVisit(context, id);
};
