import { personRecord } from '../../../shared/contracts/centre/schemas.ts';
import {
  DESK_FILTERS,
  type DeskCard,
  type DeskFilter,
  type DeskList,
  type DeskRow,
  type DeskState,
} from '../../../shared/contracts/desk.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import { mayOverride } from '../checkin/checkin.ts';
import { consider } from '../checkin/consider.ts';
import { here, checkinPolicyOf, type Here } from '../checkin/here.ts';
import type { Log } from '../ports.ts';
import { bookingsBetween, readBooking, type Booking } from '../store/bookings.ts';
import { json, sql, text, type ReadDb } from '../store/sql.ts';
import type { Sealer } from '../store/seal.ts';
import type { Store } from '../store/store.ts';
import { papersOf, serviceName } from '../store/views.ts';
import { jobsOfPaper, readVisit } from '../store/visits.ts';
import { readPending } from './pending.ts';
import { activeStage, firstCalledAt, nextStage, readSeen, type Seen } from './seen.ts';

/** The day of an office as one list: who is booked, who is here, and how it goes on; and one person of it. */

export interface DayPorts {
  store: Store;
  sealer: Sealer;
  moment: () => Moment;
  log: Log;
  /** Reasons that staff go against only with a second person. */
  secondFor: () => readonly string[];
  /** Minutes of waiting from which somebody is one to watch, and one who waits too long. */
  limits: () => { warnMinutes: number; limitMinutes: number };
}

const MINUTE_MS = 60_000;
/** Who was booked so long ago is still looked for. */
const RECENT_MS = 20 * MINUTE_MS;

export interface Entry {
  row: Omit<DeskRow, 'name'>;
  booking: Booking | null;
  seen: Seen | null;
}
interface Model {
  entries: Entry[];
  byKey: Map<string, Entry>;
  /** Minutes that those who were called had waited. */
  waits: number[];
}

const IN_HALL: ReadonlySet<DeskState> = new Set(['waiting', 'called', 'serving', 'done']);

/** @returns whether somebody in this state belongs to what is asked for */
const fits = (state: DeskState, filter: DeskFilter): boolean => {
  switch (filter) {
    case 'all':
      return true;
    case 'expected':
      return state === 'expected' || state === 'late';
    case 'waiting':
      return state === 'waiting';
    case 'serving':
      return state === 'called' || state === 'serving';
    case 'done':
      return state === 'done';
    default:
      return state === 'left' || state === 'cancelled' || state === 'no-show';
  }
};

const BOOKED: Partial<Record<Booking['status'], DeskState>> = {
  cancelled: 'cancelled',
  'no-show': 'no-show',
  served: 'done',
  arrived: 'waiting',
};

export const createDay = ({ store, sealer, moment, log, secondFor, limits }: DayPorts) => {
  let kept: { day: string; model: Model } | null = null;

  const personOf = (db: ReadDb, bookingId: string | null) => {
    const sealed =
      bookingId === null ? null : db.get(sql`SELECT sealed FROM person WHERE booking_id = ${bookingId}`)?.['sealed'];
    if (!(sealed instanceof Uint8Array)) return null;
    try {
      return personRecord.parse(sealer.open(`person ${bookingId}`, sealed));
    } catch {
      // Another key, or damaged: shown as if it had not come.
      log.warn('desk.unreadable', { table: 'person' });
      return null;
    }
  };

  const rowOf = (
    db: ReadDb,
    booking: Booking | null,
    seen: Seen | null,
    now: number,
    /** What staff here have said of a booking that has no visit, and the centre has not heard. */
    said: 'no-show' | 'open' | null,
  ): Entry['row'] => {
    const services = seen ? seen.stages.map(({ serviceId }) => serviceId) : [...(booking?.services ?? [])];
    const active = seen && activeStage(seen);
    const present = active?.stage.serviceId ?? services[0] ?? -1;
    const late = (checkinPolicyOf(db)(services[0] ?? -1).lateMinutes ?? 0) * MINUTE_MS;
    const booked = said === 'no-show' ? said : said === 'open' ? undefined : BOOKED[booking?.status ?? 'booked'];
    const told = seen?.state ?? booked;
    const state = told ?? (booking && booking.startsAt + late < now ? 'late' : 'expected');
    const claim = seen?.detail?.claim;
    const windowId = active?.stage.windowId ?? null;
    return {
      key: booking ? `b${booking.bookingId}` : `v${seen?.visitId ?? ''}`,
      booking: booking?.bookingId ?? seen?.bookingId ?? null,
      visit: seen?.visitId ?? null,
      at: booking?.startsAt ?? seen?.arrivedAt ?? now,
      service: serviceName(db, present),
      more: Math.max(0, services.length - 1),
      number: seen?.number ?? booking?.ticket ?? null,
      state,
      window: windowId === null ? null : windowName(db, windowId),
      since: state === 'waiting' ? (seen?.arrivedAt ?? null) : null,
      next: active?.position ?? (seen && nextStage(seen)?.position) ?? 0,
      priority: seen?.priority ?? booking?.priority ?? 'none',
      claimed: claim !== null && claim !== undefined && !claim.confirmed,
      provisional: seen?.provisional ?? false,
    };
  };

  const build = (db: ReadDb, at: Here, now: number): Model => {
    const pending = readPending(db, now);
    const seen = readSeen(db, { day: at.day, officeId: at.office.id, pending }, { sealer, log });
    const byBooking = new Map<string, Seen>();
    for (const visit of seen.values()) if (visit.bookingId !== null) byBooking.set(visit.bookingId, visit);
    const { from, until } = at.dayBounds(now);
    // Taken back here: the booking is open again, whatever the centre has not heard yet.
    const open = new Set(
      db
        .all(
          sql`SELECT booking_id FROM visit WHERE business_date = ${at.day} AND undone_at IS NOT NULL AND booking_id IS NOT NULL`,
        )
        .map((row) => text(row, 'booking_id')),
    );
    const saidOf = (booking: Booking | null): 'no-show' | 'open' | null => {
      if (booking === null) return null;
      if (pending.noShows.has(booking.bookingId)) return 'no-show';
      return open.has(booking.bookingId) && booking.status === 'arrived' ? 'open' : null;
    };
    const entry = (booking: Booking | null, visit: Seen | null): Entry => ({
      row: rowOf(db, booking, visit, now, saidOf(booking)),
      booking,
      seen: visit,
    });
    const entries = bookingsBetween(db, at.office.id, from, until).map((booking) => {
      const visit = byBooking.get(booking.bookingId) ?? null;
      if (visit) seen.delete(visit.visitId);
      return entry(booking, visit);
    });
    for (const visit of seen.values())
      entries.push(entry(visit.bookingId === null ? null : readBooking(db, visit.bookingId), visit));
    entries.sort((a, b) => a.row.at - b.row.at || (a.row.key < b.row.key ? -1 : 1));
    const waits = entries.flatMap(({ seen: v }) => {
      const called = v && firstCalledAt(v);
      return v && called !== null ? [Math.max(0, called - v.arrivedAt) / MINUTE_MS] : [];
    });
    return { entries, byKey: new Map(entries.map((one) => [one.row.key, one])), waits };
  };

  const current = (db: ReadDb): { model: Model; at: Here; now: number } => {
    const now = moment().at;
    const at = here(db, now);
    // Who is late is a matter of the clock: never older than a minute.
    const minute = `${at.day} ${Math.floor(now / MINUTE_MS)}`;
    kept = kept?.day === minute ? kept : { day: minute, model: build(db, at, now) };
    return { model: kept.model, at, now };
  };

  const named = (db: ReadDb, { row }: Entry): DeskRow => ({ ...row, name: personOf(db, row.booking)?.name ?? null });

  /** Somebody of today; or a booking that is of another day or office, for who comes with it. */
  const find = (db: ReadDb, key: string): Entry | null => {
    const { model, now } = current(db);
    const found = model.byKey.get(key);
    if (found) return found;
    const booking = key.startsWith('b') ? readBooking(db, key.slice(1)) : null;
    return booking && { row: rowOf(db, booking, null, now, null), booking, seen: null };
  };

  const decisionOf = (db: ReadDb, { booking, seen }: Entry): DeskCard['decision'] => {
    const now = moment();
    const d = booking ? consider(db, { kind: 'booking', bookingId: booking.bookingId }, false, now).decision : null;
    if (seen) return { may: false, reason: 'already-used', at: seen.arrivedAt, override: 'no' };
    if (d?.accept === true) {
      return { may: true, late: d.late, minutes: Math.round((d.startsAt - now.at) / MINUTE_MS) };
    }
    const reason = d?.accept === false ? d.reason : 'already-used';
    const override = !mayOverride(reason) ? 'no' : secondFor().includes(reason) ? 'second' : 'reason';
    return { may: false, reason, at: d?.accept === false ? d.startsAt : null, override };
  };

  return {
    /** Rows came, or something happened here. */
    changed: (): void => {
      kept = null;
    },
    /** @param from place of the first row that is wanted, of those that fit; `count` at most */
    list: (filter: DeskFilter, from: number, count: number): DeskList =>
      store.read((db) => {
        const { model, now } = current(db);
        const counts = Object.fromEntries(DESK_FILTERS.map((name) => [name, 0])) as Record<DeskFilter, number>;
        for (const { row } of model.entries)
          for (const name of DESK_FILTERS) if (fits(row.state, name)) counts[name] += 1;
        const rows = model.entries.filter(({ row }) => fits(row.state, filter));
        const waiting = model.entries.filter(({ row }) => row.since !== null);
        const { waits } = model;
        return {
          total: rows.length,
          rows: rows.slice(from, from + count).map((entry) => named(db, entry)),
          now: Math.max(
            0,
            rows.findIndex(({ row }) => row.at > now - RECENT_MS),
          ),
          tiles: {
            waiting: waiting.length,
            averageMinutes:
              waits.length === 0 ? null : Math.round(waits.reduce((sum, one) => sum + one, 0) / waits.length),
            tooLong: waiting.filter(({ row }) => now - (row.since ?? now) > limits().limitMinutes * MINUTE_MS).length,
            arrived: model.entries.filter(({ row }) => IN_HALL.has(row.state)).length,
            expected: model.entries.filter(({ row }) => row.state !== 'cancelled').length,
          },
          counts,
          ...limits(),
        };
      }),
    /** Rows of these bookings and visits, in this order; those that are not of today are left out. */
    rows: (of: readonly { booking: string | null; visit: string | null }[]): DeskRow[] =>
      store.read((db) => {
        const { entries, byKey } = current(db).model;
        return of.flatMap(({ booking, visit }) => {
          const found =
            booking === null
              ? visit === null
                ? undefined
                : entries.find(({ row }) => row.visit === visit)
              : byKey.get(`b${booking}`);
          return found ? [named(db, found)] : [];
        });
      }),
    /** Everybody of today, by time. */
    entries: (db: ReadDb): { entries: readonly Entry[]; now: number; day: string } => {
      const { model, now, at } = current(db);
      return { entries: model.entries, now, day: at.day };
    },
    named,
    nameOf: (db: ReadDb, bookingId: string | null): string | null => personOf(db, bookingId)?.name ?? null,
    /** @returns the bounds of the business day, epoch ms */
    bounds: (): { date: string; from: number; until: number } =>
      store.read((db) => {
        const now = moment().at;
        const at = here(db, now);
        return { date: at.day, ...at.dayBounds(now) };
      }),
    /** @returns null when there is nobody of that key */
    card: (key: string): DeskCard | null =>
      store.read((db) => {
        const entry = find(db, key);
        if (!entry) return null;
        const { booking, seen } = entry;
        const person = personOf(db, entry.row.booking);
        const detail = seen?.detail ?? null;
        const own = seen === null ? null : readVisit(db, seen.visitId);
        const services = seen ? seen.stages.map(({ serviceId }) => serviceId) : [...(booking?.services ?? [])];
        const papers =
          seen === null ? [] : jobsOfPaper(db, own ? { ticket: own.ticketId } : { elsewhere: seen.visitId });
        const { office } = current(db).at;
        const row = named(db, entry);
        return {
          row,
          bookingNumber: booking?.number ?? null,
          phone: person?.phone ?? detail?.phone ?? null,
          document: person?.document ?? null,
          note: detail?.note ?? null,
          people: detail?.people ?? 1,
          companion: detail?.companion ?? false,
          services: services.map((id, position) => ({
            id,
            name: serviceName(db, id),
            position: seen ? position : null,
            state: seen?.stages[position]?.state ?? null,
          })),
          papers: papersOf(db, services),
          claim: detail?.claim
            ? {
                id: detail.claim.id,
                name: office.priority_claims.find(({ id }) => id === detail.claim?.id)?.name ?? null,
                document: detail.claim.document,
                confirmed: detail.claim.confirmed,
              }
            : null,
          decision: decisionOf(db, entry),
          copies: seen === null ? null : papers.filter(({ state }) => state !== 'expired').length,
          undoable: seen !== null && seen.state === 'waiting',
          movable:
            seen === null &&
            booking !== null &&
            (booking.status === 'booked' || booking.status === 'rescheduled' || booking.status === 'no-show') &&
            booking.officeId === office.id,
        };
      }),
  };
};
export type Day = ReturnType<typeof createDay>;

const windowName = (db: ReadDb, id: number): I18nText | null => {
  const row = db.get(sql`SELECT name FROM service_window WHERE window_id = ${id}`);
  return row ? json<I18nText>(row, 'name') : null;
};
