import type { Change } from '../../../shared/contracts/centre/schemas.ts';
import { forgetRegistry } from './registry.ts';
import type { Sealer } from './seal.ts';
import { sql, type WriteDb } from './sql.ts';

/** The change feed into the cache. */

const asJson = (value: unknown): string => JSON.stringify(value);

/** How rows are taken in. */
export interface ApplyOptions {
  /** For what only a desk holds; without it such rows cannot be taken in. */
  sealer?: Sealer;
  /** Of a snapshot: it counts also when it is older than what is here (the centre was restored). */
  force?: boolean;
}

/** Puts one row of the change feed into the cache. An older revision than the one held changes nothing. */
export const applyChange = (db: WriteDb, change: Change, options: ApplyOptions = {}): void => {
  const { id, rev } = change;
  const force = options.force === true;
  switch (change.c) {
    case 'office': {
      forgetRegistry(db);
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM office WHERE office_id = ${change.id}`);
        return;
      }
      const { name, subtitle, address, time_zone, day_change_minutes, languages, ...rules } = change.data;
      db.run(sql`INSERT INTO office (office_id, rev, name, subtitle, address, time_zone, day_change_minutes, languages, rules)
        VALUES (${id}, ${rev}, ${asJson(name)}, ${asJson(subtitle)}, ${asJson(address)}, ${time_zone}, ${day_change_minutes},
          ${asJson(languages)}, ${asJson(rules)})
        ON CONFLICT (office_id) DO UPDATE SET rev = excluded.rev, name = excluded.name, subtitle = excluded.subtitle,
          address = excluded.address, time_zone = excluded.time_zone, day_change_minutes = excluded.day_change_minutes,
          languages = excluded.languages, rules = excluded.rules WHERE excluded.rev >= office.rev OR ${force}`);
      return;
    }
    case 'service_group': {
      forgetRegistry(db);
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM service_group WHERE group_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO service_group (group_id, rev, name, series, icon, position)
        VALUES (${id}, ${rev}, ${asJson(d.name)}, ${d.series}, ${d.icon}, ${d.position})
        ON CONFLICT (group_id) DO UPDATE SET rev = excluded.rev, name = excluded.name, series = excluded.series,
          icon = excluded.icon, position = excluded.position WHERE excluded.rev >= service_group.rev OR ${force}`);
      return;
    }
    case 'service': {
      forgetRegistry(db);
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM service WHERE service_id = ${change.id}`);
        return;
      }
      const {
        group_id,
        name,
        hint,
        papers,
        icon,
        place,
        duration_minutes,
        duration_spread_minutes,
        position,
        ...rules
      } = change.data;
      db.run(sql`INSERT INTO service (service_id, rev, group_id, name, hint, papers, icon, place, duration_minutes,
          duration_spread_minutes, position, rules)
        VALUES (${id}, ${rev}, ${group_id}, ${asJson(name)}, ${hint && asJson(hint)}, ${asJson(papers)}, ${icon},
          ${place && asJson(place)}, ${duration_minutes}, ${duration_spread_minutes}, ${position}, ${asJson(rules)})
        ON CONFLICT (service_id) DO UPDATE SET rev = excluded.rev, group_id = excluded.group_id, name = excluded.name,
          hint = excluded.hint, papers = excluded.papers, icon = excluded.icon, place = excluded.place,
          duration_minutes = excluded.duration_minutes, duration_spread_minutes = excluded.duration_spread_minutes,
          position = excluded.position, rules = excluded.rules WHERE excluded.rev >= service.rev OR ${force}`);
      return;
    }
    case 'booking':
      applyBooking(db, change, force);
      return;
    case 'window': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM service_window WHERE window_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO service_window (window_id, rev, name, service_ids, state, until)
        VALUES (${id}, ${rev}, ${asJson(d.name)}, ${asJson(d.service_ids)}, ${d.state}, ${d.until})
        ON CONFLICT (window_id) DO UPDATE SET rev = excluded.rev, name = excluded.name, service_ids = excluded.service_ids,
          state = excluded.state, until = excluded.until WHERE excluded.rev >= service_window.rev OR ${force}`);
      return;
    }
    case 'slot': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM slot WHERE slot_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO slot (slot_id, rev, service_id, starts_at, free)
        VALUES (${id}, ${rev}, ${d.service_id}, ${d.starts_at}, ${d.free})
        ON CONFLICT (slot_id) DO UPDATE SET rev = excluded.rev, service_id = excluded.service_id,
          starts_at = excluded.starts_at, free = excluded.free WHERE excluded.rev >= slot.rev OR ${force}`);
      return;
    }
    case 'visit':
      applyVisit(db, change, force);
      return;
    case 'setting': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM centre_setting WHERE key = ${change.id}`);
        return;
      }
      db.run(sql`INSERT INTO centre_setting (key, rev, value) VALUES (${id}, ${rev}, ${asJson(change.data.value)})
        ON CONFLICT (key) DO UPDATE SET rev = excluded.rev, value = excluded.value WHERE excluded.rev >= centre_setting.rev OR ${force}`);
      return;
    }
    case 'person': {
      if (change.op !== 'put') db.run(sql`DELETE FROM person WHERE booking_id = ${change.id}`);
      else
        db.run(sql`INSERT INTO person (booking_id, rev, sealed) VALUES (${id}, ${rev}, ${sealed(options, change)})
          ON CONFLICT (booking_id) DO UPDATE SET rev = excluded.rev, sealed = excluded.sealed
            WHERE excluded.rev >= person.rev OR ${force}`);
      return;
    }
    case 'visit_detail': {
      if (change.op !== 'put') db.run(sql`DELETE FROM visit_detail WHERE visit_id = ${change.id}`);
      else
        db.run(sql`INSERT INTO visit_detail (visit_id, rev, business_date, sealed)
          VALUES (${id}, ${rev}, ${change.data.business_date}, ${sealed(options, change)})
          ON CONFLICT (visit_id) DO UPDATE SET rev = excluded.rev, business_date = excluded.business_date,
            sealed = excluded.sealed WHERE excluded.rev >= visit_detail.rev OR ${force}`);
      return;
    }
    case 'conflict': {
      if (change.op !== 'put') db.run(sql`DELETE FROM conflict WHERE conflict_id = ${change.id}`);
      else
        db.run(sql`INSERT INTO conflict (conflict_id, rev, business_date, open, data)
          VALUES (${id}, ${rev}, ${change.data.business_date}, ${change.data.open}, ${asJson(change.data)})
          ON CONFLICT (conflict_id) DO UPDATE SET rev = excluded.rev, business_date = excluded.business_date,
            open = excluded.open, data = excluded.data WHERE excluded.rev >= conflict.rev OR ${force}`);
      return;
    }
    case 'staff': {
      // Who is gone opens no door any more; how often a wrong PIN was tried stays.
      if (change.op !== 'put') db.run(sql`DELETE FROM staff WHERE staff_id = ${change.id}`);
      else
        db.run(sql`INSERT INTO staff (staff_id, rev, sealed) VALUES (${id}, ${rev}, ${sealed(options, change)})
          ON CONFLICT (staff_id) DO UPDATE SET rev = excluded.rev, sealed = excluded.sealed
            WHERE excluded.rev >= staff.rev OR ${force}`);
      return;
    }
    case 'device': {
      if (change.op !== 'put') db.run(sql`DELETE FROM office_device WHERE device_id = ${change.id}`);
      else
        db.run(sql`INSERT INTO office_device (device_id, rev, data) VALUES (${id}, ${rev}, ${asJson(change.data)})
          ON CONFLICT (device_id) DO UPDATE SET rev = excluded.rev, data = excluded.data
            WHERE excluded.rev >= office_device.rev OR ${force}`);
      return;
    }
    case 'help': {
      if (change.op !== 'put') db.run(sql`DELETE FROM help WHERE help_id = ${change.id}`);
      else
        db.run(sql`INSERT INTO help (help_id, rev, business_date, state, data)
          VALUES (${id}, ${rev}, ${change.data.business_date}, ${change.data.state}, ${asJson(change.data)})
          ON CONFLICT (help_id) DO UPDATE SET rev = excluded.rev, business_date = excluded.business_date,
            state = excluded.state, data = excluded.data WHERE excluded.rev >= help.rev OR ${force}`);
      return;
    }
    case 'day_numbers': {
      if (change.op !== 'put') db.run(sql`DELETE FROM day_numbers WHERE business_date = ${change.id}`);
      else
        db.run(sql`INSERT INTO day_numbers (business_date, rev, data) VALUES (${id}, ${rev}, ${asJson(change.data)})
          ON CONFLICT (business_date) DO UPDATE SET rev = excluded.rev, data = excluded.data
            WHERE excluded.rev >= day_numbers.rev OR ${force}`);
      return;
    }
    default:
      assertAll(change);
  }
};

const sealed = ({ sealer }: ApplyOptions, { c, id, data }: { c: string; id: string; data: unknown }): Uint8Array => {
  if (!sealer) throw new Error(`a row of ${c} came without a key to seal it with`);
  return sealer.seal(`${c} ${id}`, data);
};

type Of<C extends Change['c']> = Extract<Change, { c: C }>;

/** What is here already is not written again: a snapshot of a large office changes few of its bookings. */
const applyBooking = (db: WriteDb, change: Of<'booking'>, force: boolean): void => {
  if (change.op !== 'put') {
    db.run(sql`DELETE FROM booking WHERE booking_id = ${change.id}`);
    return;
  }
  const { id, rev, data: d } = change;
  db.run(sql`INSERT INTO booking (booking_id, rev, office_id, number, service_id, further_services, starts_at, status,
      language, ticket_series, ticket_number, revision, masked, factors, priority, person)
    VALUES (${id}, ${rev}, ${d.office_id}, ${d.number}, ${d.service_id}, ${asJson(d.further_services)}, ${d.starts_at},
      ${d.status}, ${d.language}, ${d.ticket?.series ?? null}, ${d.ticket?.number ?? null}, ${d.revision}, ${d.masked},
      ${asJson(d.factors)}, ${d.priority}, ${d.person})
    ON CONFLICT (booking_id) DO UPDATE SET rev = excluded.rev, office_id = excluded.office_id, number = excluded.number,
      service_id = excluded.service_id, further_services = excluded.further_services, starts_at = excluded.starts_at,
      status = excluded.status, language = excluded.language, ticket_series = excluded.ticket_series,
      ticket_number = excluded.ticket_number, revision = excluded.revision, masked = excluded.masked,
      factors = excluded.factors, priority = excluded.priority, person = excluded.person
      WHERE (excluded.rev >= booking.rev OR ${force})
        AND (excluded.rev, excluded.office_id, excluded.number, excluded.service_id, excluded.further_services,
          excluded.starts_at, excluded.status, excluded.language, excluded.ticket_series, excluded.ticket_number,
          excluded.revision, excluded.masked, excluded.factors, excluded.priority, excluded.person)
        IS NOT (booking.rev, booking.office_id, booking.number, booking.service_id, booking.further_services,
          booking.starts_at, booking.status, booking.language, booking.ticket_series, booking.ticket_number,
          booking.revision, booking.masked, booking.factors, booking.priority, booking.person)`);
};

const applyVisit = (db: WriteDb, change: Of<'visit'>, force: boolean): void => {
  if (change.op !== 'put') {
    db.run(sql`DELETE FROM queue_visit WHERE visit_id = ${change.id}`);
    return;
  }
  const { id, rev, data: d } = change;
  const changed =
    db.run(sql`INSERT INTO queue_visit (visit_id, rev, business_date, origin, service_id, series, number, state, priority,
      arrived_at, order_at, also, via)
    VALUES (${id}, ${rev}, ${d.business_date}, ${d.origin}, ${d.services[0]?.service_id ?? 0}, ${d.ticket.series},
      ${d.ticket.number}, ${d.state}, ${d.priority}, ${d.arrived_at}, ${d.order_at}, ${asJson(d.also)}, ${d.via})
    ON CONFLICT (visit_id) DO UPDATE SET rev = excluded.rev, business_date = excluded.business_date,
      origin = excluded.origin, service_id = excluded.service_id, series = excluded.series, number = excluded.number, state = excluded.state,
      priority = excluded.priority, arrived_at = excluded.arrived_at, order_at = excluded.order_at, also = excluded.also,
      via = excluded.via
      WHERE excluded.rev >= queue_visit.rev OR ${force}`);
  if (changed === 0) return;
  db.run(sql`DELETE FROM queue_stage WHERE visit_id = ${id}`);
  for (const [position, s] of d.services.entries()) {
    db.run(sql`INSERT INTO queue_stage (visit_id, position, business_date, service_id, state, window_id, called_at,
        serving_at, done_at)
      VALUES (${id}, ${position}, ${d.business_date}, ${s.service_id}, ${s.state}, ${s.window_id}, ${s.called_at},
        ${s.serving_at}, ${s.done_at})`);
  }
};

const assertAll = (change: never): never => {
  throw new Error(`a collection without a table: ${JSON.stringify(change)}`);
};
