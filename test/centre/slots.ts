import { z } from 'zod';
import { serviceRecord, slotRecord, windowRecord, type SlotRecord } from '../../shared/contracts/centre/schemas.ts';
import { addDays, localTime, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { openSpans } from '../../shared/domain/hours.ts';
import { hours } from '../../shared/domain/model.ts';
import { keepEntities, putEntity, readEntities, readEntity } from './change-log.ts';
import { officeDate, readOffice, type Context } from './context.ts';

/**
 * Times that can be booked: one every so many minutes of the booking hours, for as many people as there are windows that
 * serve it, less the bookings that start in it. They are entities of the feed, brought up to date by every booking.
 */

const MINUTE_MS = 60_000;
/** Business days ahead, like the bookings of the feed. */
const DAYS_AHEAD = 7;
/** Statuses of bookings that take a place. */
const TAKING = `('booked', 'rescheduled', 'arrived', 'served')`;

/** When an office takes bookings. */
export const bookingTimes = z.strictObject({
  every_minutes: z.int().min(5).max(480),
  /** Null: the office's hours. */
  hours: hours.nullable().default(null),
});
export type BookingTimes = z.output<typeof bookingTimes>;

const timesOf = ({ db }: Context, officeId: number): BookingTimes | null => {
  const row = db
    .prepare<[number], { data: string }>('SELECT data FROM booking_times WHERE office_id = ?')
    .get(officeId);
  return row ? bookingTimes.parse(JSON.parse(row.data)) : null;
};

/** @param times null: the office has no slots */
export const setBookingTimes = ({ db }: Context, officeId: number, times: BookingTimes | null): void => {
  if (times === null) db.prepare('DELETE FROM booking_times WHERE office_id = ?').run(officeId);
  else {
    db.prepare('INSERT INTO booking_times VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data').run(
      officeId,
      JSON.stringify(times),
    );
  }
};

export const slotId = (serviceId: number, startsAt: number): string => `${serviceId}-${startsAt}`;

export const readSlot = (context: Context, officeId: number, id: string): SlotRecord | null => {
  const data = readEntity(context, 'slot', id, officeId);
  return data === null ? null : slotRecord.parse(data);
};

/** How many windows of the office serve each service, open or not: a break does not last for a week. */
const windowsFor = (context: Context, officeId: number): Map<number, number> => {
  const count = new Map<number, number>();
  for (const { data } of readEntities(context, 'window', officeId)) {
    for (const id of windowRecord.parse(data).service_ids) count.set(id, (count.get(id) ?? 0) + 1);
  }
  return count;
};

const setCapacities = ({ db }: Context, officeId: number): Map<string, number> =>
  new Map(
    db
      .prepare<[number], { slot_id: string; capacity: number }>(
        'SELECT slot_id, capacity FROM slot_capacity WHERE office_id = ?',
      )
      .all(officeId)
      .map(({ slot_id, capacity }) => [slot_id, capacity]),
  );

/** @param sorted ascending */
const countBelow = (sorted: readonly number[], limit: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Makes the slots of today and the days ahead; what is past, or is no slot any more, is taken away. */
export const makeSlots = (context: Context, officeId: number): void => {
  context.write(() => {
    const office = readOffice(context, officeId);
    const times = timesOf(context, officeId);
    const open = times?.hours ?? office?.hours ?? null;
    if (!office || !times || !open) {
      keepEntities(context, 'slot', [], officeId);
      return;
    }
    const { time_zone: zone, day_change_minutes: change } = office;
    const now = context.now();
    const today = officeDate(context, officeId, now);
    const until = startOfBusinessDay(addDays(today, DAYS_AHEAD + 1), zone, change);
    const every = times.every_minutes * MINUTE_MS;
    const dates = Array.from({ length: DAYS_AHEAD + 3 }, (_, n) => addDays(localTime(now, zone).date, n - 1));
    const starts = dates
      .flatMap((date) => openSpans(open, date, zone))
      .flatMap((span) =>
        Array.from({ length: Math.floor((span.until - span.from) / every) }, (_, n) => span.from + n * every),
      )
      .filter((at) => at > now && at < until);

    const capacity = windowsFor(context, officeId);
    const set = setCapacities(context, officeId);
    const taken = context.db.prepare<[number, number, number], { starts_at: number }>(
      `SELECT starts_at FROM booking WHERE office_id = ? AND service_id = ? AND starts_at >= ? AND status IN ${TAKING}
       ORDER BY starts_at`,
    );
    const ids: string[] = [];
    for (const { id: service, data } of readEntities(context, 'service')) {
      const serviceId = Number(service);
      const own = serviceRecord.parse(data).hours;
      const spans = own ? dates.flatMap((date) => openSpans(own, date, zone)) : null;
      const booked = taken.all(officeId, serviceId, now - every).map((row) => row.starts_at);
      for (const at of starts) {
        if (spans && !spans.some(({ from, until: end }) => at >= from && at + every <= end)) continue;
        const id = slotId(serviceId, at);
        const places = set.get(id) ?? Math.max(1, capacity.get(serviceId) ?? 1);
        const gone = countBelow(booked, at + every) - countBelow(booked, at);
        const slot: SlotRecord = { service_id: serviceId, starts_at: at, free: Math.max(0, places - gone) };
        putEntity(context, 'slot', id, slot, officeId);
        ids.push(id);
      }
    }
    keepEntities(context, 'slot', ids, officeId);
  });
};

/** Bookings that start in a slot. */
const takenIn = ({ db }: Context, officeId: number, slot: SlotRecord, every: number): number =>
  db
    .prepare<[number, number, number, number], { n: number }>(
      `SELECT count(*) AS n FROM booking WHERE office_id = ? AND service_id = ? AND starts_at >= ? AND starts_at < ?
       AND status IN ${TAKING}`,
    )
    .get(officeId, slot.service_id, slot.starts_at, slot.starts_at + every)?.n ?? 0;

/** The slot in which a booking at `at` starts, if there is one. */
export const slotOver = (context: Context, officeId: number, serviceId: number, at: number): SlotRecord | null => {
  const times = timesOf(context, officeId);
  if (!times) return null;
  // The ids of a service are in the order of time: all of them have thirteen digits until the year 2286.
  const row = context.db
    .prepare<[number, string, string], { data: string }>(
      `SELECT data FROM entity WHERE collection = 'slot' AND audience = ? AND id > ? AND id <= ? ORDER BY id DESC LIMIT 1`,
    )
    .get(officeId, slotId(serviceId, at - times.every_minutes * MINUTE_MS), slotId(serviceId, at));
  return row ? slotRecord.parse(JSON.parse(row.data)) : null;
};

/** Counts anew the slot in which a booking at `at` starts, if there is one. */
export const refreshSlotAt = (context: Context, officeId: number, serviceId: number, at: number): void => {
  const slot = slotOver(context, officeId, serviceId, at);
  const times = timesOf(context, officeId);
  if (!slot || !times) return;
  const id = slotId(serviceId, slot.starts_at);
  const free = Math.max(
    0,
    placesIn(context, officeId, slot) - takenIn(context, officeId, slot, times.every_minutes * MINUTE_MS),
  );
  putEntity(context, 'slot', id, { ...slot, free }, officeId);
};

/** How many a slot has room for. */
const placesIn = (context: Context, officeId: number, slot: SlotRecord): number =>
  setCapacities(context, officeId).get(slotId(slot.service_id, slot.starts_at)) ??
  Math.max(1, windowsFor(context, officeId).get(slot.service_id) ?? 1);

/** Whether one more may start at exactly this time. @param more how many more than there are places */
export const hasRoom = (
  context: Context,
  officeId: number,
  serviceId: number,
  startsAt: number,
  more: number,
): boolean => {
  const slot = readSlot(context, officeId, slotId(serviceId, startsAt));
  const times = timesOf(context, officeId);
  if (!slot || !times) return false;
  if (slot.free > 0) return true;
  const taken = takenIn(context, officeId, slot, times.every_minutes * MINUTE_MS);
  return more > 0 && taken < placesIn(context, officeId, slot) + more;
};

/** Free times of a service to come, the nearest to `at` first. */
export const nearestFree = (
  context: Context,
  officeId: number,
  serviceId: number,
  at: number,
  count: number,
): number[] =>
  readEntities(context, 'slot', officeId)
    .map(({ data }) => slotRecord.parse(data))
    .filter((slot) => slot.service_id === serviceId && slot.free > 0 && slot.starts_at > context.now())
    .map(({ starts_at: start }) => start)
    .toSorted((a, b) => Math.abs(a - at) - Math.abs(b - at) || a - b)
    .slice(0, count);

/** From now on the slot has so many places that `free` are left. @returns false when there is no such slot */
export const setFree = (context: Context, officeId: number, id: string, free: number): boolean => {
  const slot = readSlot(context, officeId, id);
  const times = timesOf(context, officeId);
  if (!slot || !times) return false;
  const capacity = takenIn(context, officeId, slot, times.every_minutes * MINUTE_MS) + free;
  context.db
    .prepare('INSERT INTO slot_capacity VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET capacity = excluded.capacity')
    .run(officeId, id, capacity);
  putEntity(context, 'slot', id, { ...slot, free }, officeId);
  return true;
};
