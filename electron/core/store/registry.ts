import type { Change, OfficeRecord, ServiceRecord } from '../../../shared/contracts/centre/schemas.ts';
import type { KnownBooking } from '../../../shared/domain/decide.ts';
import { type I18nText } from '../../../shared/domain/language.ts';
import { BOOKING_STATUS } from '../../../shared/domain/model.ts';
import { SERIES, type Series } from '../../../shared/domain/ticket-number.ts';
import type { SigningKey } from '../../../shared/token/ez1.ts';
import type { SqlRow } from '../ports.ts';
import { int, json, orNull, sql, text, type ReadDb, type WriteDb } from './sql.ts';

/** What the centre told us: offices, services, bookings, keys; and who we are to it. */

/**
 * What is read at every visit and changes a few times a day, kept as it was read. Cleared by whatever writes these
 * tables, and by `store.write` when a transaction is rolled back.
 */
interface Kept {
  device?: Device | null;
  offices: Map<number, Office | null>;
  services: Map<number, Service | null>;
  keys?: SigningKey[];
}
const keptOf = new WeakMap<ReadDb, Kept>();
const kept = (db: ReadDb): Kept => {
  let found = keptOf.get(db);
  if (!found) {
    found = { offices: new Map(), services: new Map() };
    keptOf.set(db, found);
  }
  return found;
};
export const forgetRegistry = (db: ReadDb): void => {
  keptOf.delete(db);
};
/** Ids come from outside (a token's service): what is kept must not grow without end. */
const KEPT_MAX = 1000;
const keep = <K, V>(map: Map<K, V>, key: K, read: () => V): V => {
  const found = map.get(key);
  if (found !== undefined) return found;
  if (map.size >= KEPT_MAX) map.clear();
  const value = read();
  map.set(key, value);
  return value;
};

export interface Device {
  deviceId: string;
  officeId: number;
  slotNo: number;
  roles: string[];
  centreUrl: string;
}

const oneOf = <T extends string>(values: readonly T[], value: string, what: string): T => {
  const found = values.find((v) => v === value);
  if (found === undefined) throw new Error(`${what}: "${value}" is none of ${values.join(', ')}`);
  return found;
};

export const readDevice = (db: ReadDb): Device | null => {
  const cache = kept(db);
  if (cache.device === undefined) cache.device = deviceOf(db);
  return cache.device;
};

const deviceOf = (db: ReadDb): Device | null => {
  const row = db.get(sql`SELECT * FROM device`);
  return row
    ? {
        deviceId: text(row, 'device_id'),
        officeId: int(row, 'office_id'),
        slotNo: int(row, 'slot_no'),
        roles: json<string[]>(row, 'roles'),
        centreUrl: text(row, 'centre_url'),
      }
    : null;
};

export const writeDevice = (db: WriteDb, device: Device, epoch: string, now: number): void => {
  forgetRegistry(db);
  db.run(sql`INSERT INTO device (only_row, device_id, office_id, slot_no, roles, centre_url, enrolled_at)
    VALUES (1, ${device.deviceId}, ${device.officeId}, ${device.slotNo}, ${JSON.stringify(device.roles)}, ${device.centreUrl}, ${now})`);
  db.run(sql`INSERT INTO sync (only_row, epoch, cursor) VALUES (1, ${epoch}, '')`);
};

export interface Office extends OfficeRecord {
  id: number;
}

const officeOf = (row: SqlRow): Office => ({
  id: int(row, 'office_id'),
  name: json<I18nText>(row, 'name'),
  subtitle: json<I18nText>(row, 'subtitle'),
  address: json<I18nText>(row, 'address'),
  time_zone: text(row, 'time_zone'),
  day_change_minutes: int(row, 'day_change_minutes'),
  languages: json<string[]>(row, 'languages'),
});

export const readOffice = (db: ReadDb, id: number): Office | null =>
  keep(kept(db).offices, id, () => {
    const row = db.get(sql`SELECT * FROM office WHERE office_id = ${id}`);
    return row ? officeOf(row) : null;
  });

export interface Service extends ServiceRecord {
  id: number;
  /** Of its group; null while the group has not arrived. */
  series: Series | null;
}

export const readService = (db: ReadDb, id: number): Service | null =>
  keep(kept(db).services, id, () => serviceOf(db, id));

const serviceOf = (db: ReadDb, id: number): Service | null => {
  const row = db.get(
    sql`SELECT service.*, service_group.series AS series FROM service
        LEFT JOIN service_group USING (group_id) WHERE service_id = ${id}`,
  );
  if (!row) return null;
  const series = orNull(row, 'series', text);
  return {
    id,
    group_id: int(row, 'group_id'),
    name: json<I18nText>(row, 'name'),
    hint: orNull(row, 'hint', json<I18nText>),
    papers: json<I18nText[]>(row, 'papers'),
    icon: text(row, 'icon'),
    place: orNull(row, 'place', json<I18nText>),
    duration_minutes: Number(row['duration_minutes']),
    duration_spread_minutes: Number(row['duration_spread_minutes']),
    position: int(row, 'position'),
    series: series === null ? null : oneOf(SERIES, series, 'series'),
  };
};

export const countServices = (db: ReadDb): number =>
  int(db.get(sql`SELECT count(*) AS n FROM service`) ?? { n: 0 }, 'n');

/** The series in use, for which numbers are held in reserve. */
export const readSeries = (db: ReadDb): Series[] =>
  db
    .all(sql`SELECT DISTINCT series FROM service_group ORDER BY series`)
    .map((row) => oneOf(SERIES, text(row, 'series'), 'series'));

const bookingOf = (row: SqlRow): KnownBooking & { language: string | null } => {
  const series = orNull(row, 'ticket_series', text);
  return {
    bookingId: text(row, 'booking_id'),
    officeId: int(row, 'office_id'),
    serviceId: int(row, 'service_id'),
    startsAt: int(row, 'starts_at'),
    status: oneOf(BOOKING_STATUS, text(row, 'status'), 'status'),
    language: orNull(row, 'language', text),
    ticket: series === null ? null : { series: oneOf(SERIES, series, 'series'), number: int(row, 'ticket_number') },
  };
};
export type Booking = ReturnType<typeof bookingOf>;

export const readBooking = (db: ReadDb, bookingId: string): Booking | null => {
  const row = db.get(sql`SELECT * FROM booking WHERE booking_id = ${bookingId}`);
  return row ? bookingOf(row) : null;
};

/** Booking numbers may be used again after years: the one nearest to `near` is meant. */
export const readBookingByNumber = (db: ReadDb, number: string, near: number): Booking | null => {
  const row = db.get(sql`SELECT * FROM booking WHERE number = ${number} ORDER BY abs(starts_at - ${near}) LIMIT 1`);
  return row ? bookingOf(row) : null;
};

export const readKeys = (db: ReadDb): readonly SigningKey[] => {
  const cache = kept(db);
  cache.keys ??= keysOf(db);
  return cache.keys;
};

const keysOf = (db: ReadDb): SigningKey[] =>
  db.all(sql`SELECT * FROM signing_key`).map((row) => ({
    keyId: int(row, 'key_id'),
    publicKey: row['public_key'] as Uint8Array,
    notBefore: int(row, 'not_before'),
    notAfter: orNull(row, 'not_after', int),
    revokedAt: orNull(row, 'revoked_at', int),
  }));

/** The whole set at once: a key that is gone from the centre's list is gone here. */
export const replaceKeys = (db: WriteDb, keys: readonly SigningKey[]): void => {
  forgetRegistry(db);
  db.run(sql`DELETE FROM signing_key`);
  for (const k of keys) {
    db.run(sql`INSERT INTO signing_key (key_id, public_key, not_before, not_after, revoked_at)
      VALUES (${k.keyId}, ${k.publicKey}, ${k.notBefore}, ${k.notAfter}, ${k.revokedAt})`);
  }
};

const asJson = (value: unknown): string => JSON.stringify(value);

/** Puts one row of the change feed into the cache. An older revision than the one held changes nothing. */
export const applyChange = (db: WriteDb, change: Change): void => {
  const { id, rev } = change;
  if (change.c !== 'booking') forgetRegistry(db);
  switch (change.c) {
    case 'office': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM office WHERE office_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO office (office_id, rev, name, subtitle, address, time_zone, day_change_minutes, languages)
        VALUES (${id}, ${rev}, ${asJson(d.name)}, ${asJson(d.subtitle)}, ${asJson(d.address)}, ${d.time_zone}, ${d.day_change_minutes}, ${asJson(d.languages)})
        ON CONFLICT (office_id) DO UPDATE SET rev = excluded.rev, name = excluded.name, subtitle = excluded.subtitle,
          address = excluded.address, time_zone = excluded.time_zone, day_change_minutes = excluded.day_change_minutes,
          languages = excluded.languages WHERE excluded.rev >= office.rev`);
      return;
    }
    case 'service_group': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM service_group WHERE group_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO service_group (group_id, rev, name, series, icon, position)
        VALUES (${id}, ${rev}, ${asJson(d.name)}, ${d.series}, ${d.icon}, ${d.position})
        ON CONFLICT (group_id) DO UPDATE SET rev = excluded.rev, name = excluded.name, series = excluded.series,
          icon = excluded.icon, position = excluded.position WHERE excluded.rev >= service_group.rev`);
      return;
    }
    case 'service': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM service WHERE service_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO service (service_id, rev, group_id, name, hint, papers, icon, place, duration_minutes,
          duration_spread_minutes, position)
        VALUES (${id}, ${rev}, ${d.group_id}, ${asJson(d.name)}, ${d.hint && asJson(d.hint)}, ${asJson(d.papers)}, ${d.icon},
          ${d.place && asJson(d.place)}, ${d.duration_minutes}, ${d.duration_spread_minutes}, ${d.position})
        ON CONFLICT (service_id) DO UPDATE SET rev = excluded.rev, group_id = excluded.group_id, name = excluded.name,
          hint = excluded.hint, papers = excluded.papers, icon = excluded.icon, place = excluded.place,
          duration_minutes = excluded.duration_minutes, duration_spread_minutes = excluded.duration_spread_minutes,
          position = excluded.position WHERE excluded.rev >= service.rev`);
      return;
    }
    case 'booking': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM booking WHERE booking_id = ${change.id}`);
        return;
      }
      const d = change.data;
      db.run(sql`INSERT INTO booking (booking_id, rev, office_id, number, service_id, starts_at, status, language,
          ticket_series, ticket_number)
        VALUES (${id}, ${rev}, ${d.office_id}, ${d.number}, ${d.service_id}, ${d.starts_at}, ${d.status}, ${d.language},
          ${d.ticket?.series ?? null}, ${d.ticket?.number ?? null})
        ON CONFLICT (booking_id) DO UPDATE SET rev = excluded.rev, office_id = excluded.office_id, number = excluded.number,
          service_id = excluded.service_id, starts_at = excluded.starts_at, status = excluded.status,
          language = excluded.language, ticket_series = excluded.ticket_series, ticket_number = excluded.ticket_number
          WHERE excluded.rev >= booking.rev`);
      return;
    }
    case 'setting': {
      if (change.op !== 'put') {
        db.run(sql`DELETE FROM centre_setting WHERE key = ${change.id}`);
        return;
      }
      db.run(sql`INSERT INTO centre_setting (key, rev, value) VALUES (${id}, ${rev}, ${asJson(change.data.value)})
        ON CONFLICT (key) DO UPDATE SET rev = excluded.rev, value = excluded.value WHERE excluded.rev >= centre_setting.rev`);
      return;
    }
    default:
      assertAll(change);
  }
};

const assertAll = (change: never): never => {
  throw new Error(`a collection without a table: ${JSON.stringify(change)}`);
};
