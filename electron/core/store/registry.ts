import {
  officeRecord,
  serviceRecord,
  type OfficeRecord,
  type ServiceRecord,
} from '../../../shared/contracts/centre/schemas.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import { SERIES, type Series } from '../../../shared/domain/ticket-number.ts';
import type { SigningKey } from '../../../shared/token/ez1.ts';
import type { SqlRow } from '../ports.ts';
import type { SealingKey } from '../../../shared/contracts/centre/schemas.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from './sql.ts';

/** What the centre told us of itself: offices, services, keys; and who we are to it. Rows are written by apply.ts. */

/**
 * What is read at every visit and changes a few times a day, kept as it was read. Cleared by whatever writes these
 * tables, and by `store.write` when a transaction is rolled back.
 */
interface Kept {
  device?: Device | null;
  offices: Map<number, Office | null>;
  services: Map<number, Service | null>;
  keys?: SigningKey[];
  catalogue?: { groups: readonly ServiceGroup[]; services: readonly Service[] };
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

/** Who it was: before it is enrolled anew. */
export const forgetDevice = (db: WriteDb): void => {
  forgetRegistry(db);
  db.run(sql`DELETE FROM device`);
  db.run(sql`DELETE FROM sync`);
};

export interface Office extends OfficeRecord {
  id: number;
}

const officeOf = (row: SqlRow): Office => ({
  id: int(row, 'office_id'),
  // A row of an older program has no rules: the schema fills them in.
  ...officeRecord.parse({
    ...json<object>(row, 'rules'),
    name: json(row, 'name'),
    subtitle: json(row, 'subtitle'),
    address: json(row, 'address'),
    time_zone: text(row, 'time_zone'),
    day_change_minutes: int(row, 'day_change_minutes'),
    languages: json(row, 'languages'),
  }),
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
  keep(kept(db).services, id, () => {
    const row = db.get(
      sql`SELECT service.*, service_group.series AS series FROM service
          LEFT JOIN service_group USING (group_id) WHERE service_id = ${id}`,
    );
    return row ? serviceOf(row) : null;
  });

const serviceOf = (row: SqlRow): Service => {
  const series = orNull(row, 'series', text);
  return {
    id: int(row, 'service_id'),
    series: series === null ? null : oneOf(SERIES, series, 'series'),
    ...serviceRecord.parse({
      ...json<object>(row, 'rules'),
      group_id: int(row, 'group_id'),
      name: json(row, 'name'),
      hint: orNull(row, 'hint', json),
      papers: json(row, 'papers'),
      icon: text(row, 'icon'),
      place: orNull(row, 'place', json),
      duration_minutes: Number(row['duration_minutes']),
      duration_spread_minutes: Number(row['duration_spread_minutes']),
      position: int(row, 'position'),
    }),
  };
};

export interface ServiceGroup {
  id: number;
  name: I18nText;
  icon: string;
  series: Series;
}

/** All groups and services of the office in the order in which people see them. */
export const readCatalogue = (db: ReadDb): { groups: readonly ServiceGroup[]; services: readonly Service[] } => {
  const cache = kept(db);
  cache.catalogue ??= {
    groups: db.all(sql`SELECT * FROM service_group ORDER BY position, group_id`).map((row) => ({
      id: int(row, 'group_id'),
      name: json<I18nText>(row, 'name'),
      icon: text(row, 'icon'),
      series: oneOf(SERIES, text(row, 'series'), 'series'),
    })),
    services: db
      .all(
        sql`SELECT service.*, service_group.series AS series, service_group.position AS group_position FROM service
            JOIN service_group USING (group_id) ORDER BY group_position, service.position, service_id`,
      )
      .map(serviceOf),
  };
  return cache.catalogue;
};

export const countServices = (db: ReadDb): number =>
  int(db.get(sql`SELECT count(*) AS n FROM service`) ?? { n: 0 }, 'n');

/** The series in use, for which numbers are held in reserve. */
export const readSeries = (db: ReadDb): Series[] =>
  db
    .all(sql`SELECT DISTINCT series FROM service_group ORDER BY series`)
    .map((row) => oneOf(SERIES, text(row, 'series'), 'series'));

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

/** The key that personal data for the centre is sealed to; null: the centre takes none. */
export const readSealingKey = (db: ReadDb): SealingKey | null => {
  const row = db.get(sql`SELECT jwk FROM sealing_key`);
  return row ? json<SealingKey>(row, 'jwk') : null;
};

export const writeSealingKey = (db: WriteDb, key: SealingKey | null): void => {
  if (key === null) db.run(sql`DELETE FROM sealing_key`);
  else
    db.run(sql`INSERT INTO sealing_key (only_row, jwk) VALUES (1, ${JSON.stringify(key)})
      ON CONFLICT (only_row) DO UPDATE SET jwk = excluded.jwk`);
};
