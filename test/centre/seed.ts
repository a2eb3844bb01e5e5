import { z } from 'zod';
import { dayNumbersRecord } from '../../shared/contracts/centre/day-numbers.ts';
import {
  bookingRecord,
  officeRecord,
  personRecord,
  serviceGroupRecord,
  serviceRecord,
  settingRecord,
  staffRecord,
  windowRecord,
} from '../../shared/contracts/centre/schemas.ts';
import { isTimeZone } from '../../shared/domain/business-day.ts';
import { bookingId, businessDay, epochMs, officeId, serviceId } from '../../shared/domain/model.ts';
import type { Context } from './context.ts';
import { putBooking, readBooking } from './bookings.ts';
import { EVERYBODY, keepEntities, putEntity, readEntity } from './change-log.ts';
import { createCode, openCodes } from './devices.ts';
import { ensureKeys } from './keys.ts';
import { putPerson } from './persons.ts';
import { officeRules, setRules } from './rules.ts';
import { ensureSealingKey } from './sealing.ts';
import { bookingTimes, makeSlots, setBookingTimes } from './slots.ts';
import { putStaff } from './staff.ts';

/**
 * What a centre starts with: the entities in the form of the wire, with their ids. The same file may be put in again:
 * offices, groups, services, windows and settings become what it says (offices are never taken away, and windows that are
 * there keep their state); bookings, staff and numbers of days that are there stay as they are.
 */

const roles = z.array(z.enum(['kiosk', 'desk'])).min(1);

const base64url32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

const seedSchema = z
  .strictObject({
    offices: z
      .array(
        z.strictObject({
          id: officeId,
          ...officeRecord.shape,
          time_zone: z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Moscow'),
        }),
      )
      .min(1),
    service_groups: z.array(z.strictObject({ id: z.int().min(0), ...serviceGroupRecord.shape })).default([]),
    services: z.array(z.strictObject({ id: serviceId, ...serviceRecord.shape })).default([]),
    windows: z.array(z.strictObject({ id: z.int().min(0), office_id: officeId, ...windowRecord.shape })).default([]),
    /** Offices that are not here have no times to choose from. */
    slots: z.array(z.strictObject({ office_id: officeId, ...bookingTimes.shape })).default([]),
    bookings: z
      .array(
        z.strictObject({
          id: bookingId,
          ...bookingRecord.shape,
          status: bookingRecord.shape.status.default('booked'),
          language: bookingRecord.shape.language.default(null),
          ticket: bookingRecord.shape.ticket.default(null),
          /** Who it is for: desks get it, kiosks never do. */
          name: personRecord.shape.name.nullable().default(null),
          phone: personRecord.shape.phone,
          document: personRecord.shape.document,
        }),
      )
      .default([]),
    settings: z
      .array(z.strictObject({ id: z.string().min(1).max(80), office_id: officeId.nullable(), ...settingRecord.shape }))
      .default([]),
    /** Who may sign in at desks; of all offices, or of one. */
    staff: z
      .array(
        z.strictObject({
          id: z.string().min(1).max(64),
          office_id: officeId.nullable(),
          ...staffRecord.shape,
          /** Of a sealed envelope: its code in clear, for the page from which envelopes are written. */
          code: z
            .string()
            .regex(/^\d{6,20}$/)
            .nullable()
            .default(null),
        }),
      )
      .default([]),
    /** The numbers of business days before the centre began. */
    day_numbers: z
      .array(z.strictObject({ office_id: officeId, date: businessDay, numbers: dayNumbersRecord }))
      .default([]),
    /** Where an office decides otherwise than offices do. */
    rules: z.array(z.strictObject({ office_id: officeId, ...officeRules.shape })).default([]),
    /** Keys of the issuer of confirmations; without any the centre makes its own. `d` lets it sign. */
    keys: z
      .array(
        z.strictObject({
          kid: z.int().min(0).max(255),
          x: base64url32,
          d: base64url32.nullable().default(null),
          nbf: epochMs,
          exp: epochMs.nullable(),
          revoked_at: epochMs.nullable().default(null),
        }),
      )
      .default([]),
    /** How many one-time codes are kept open. */
    enrolment: z
      .array(z.strictObject({ office_id: officeId, roles: roles.default(['kiosk']), count: z.int().min(1).max(1000) }))
      .default([]),
  })
  .check(({ value, issues }) => {
    const names = (list: readonly { id: number | string }[], what: keyof typeof value) => {
      const ids = new Set<number | string>();
      list.forEach(({ id }, i) => {
        if (ids.has(id))
          issues.push({ code: 'custom', input: id, path: [what, i, 'id'], message: `${id} is there twice` });
        ids.add(id);
      });
      return ids;
    };
    const offices = names(value.offices, 'offices');
    const groups = names(value.service_groups, 'service_groups');
    const services = names(value.services, 'services');
    names(value.bookings, 'bookings');
    names(value.staff, 'staff');
    const must = (known: Set<number | string>, id: number, path: (string | number)[], what: string) => {
      if (!known.has(id)) issues.push({ code: 'custom', input: id, path, message: `there is no ${what} ${id}` });
    };
    value.services.forEach((s, i) => must(groups, s.group_id, ['services', i, 'group_id'], 'service group'));
    value.bookings.forEach((b, i) => {
      must(offices, b.office_id, ['bookings', i, 'office_id'], 'office');
      must(services, b.service_id, ['bookings', i, 'service_id'], 'service');
      b.further_services.forEach((id, n) => must(services, id, ['bookings', i, 'further_services', n], 'service'));
    });
    value.windows.forEach((w, i) => {
      must(offices, w.office_id, ['windows', i, 'office_id'], 'office');
      w.service_ids.forEach((id, n) => must(services, id, ['windows', i, 'service_ids', n], 'service'));
    });
    value.slots.forEach((s, i) => must(offices, s.office_id, ['slots', i, 'office_id'], 'office'));
    value.rules.forEach((r, i) => must(offices, r.office_id, ['rules', i, 'office_id'], 'office'));
    value.settings.forEach((s, i) => {
      if (s.office_id !== null) must(offices, s.office_id, ['settings', i, 'office_id'], 'office');
    });
    value.staff.forEach((one, i) => {
      if (one.office_id !== null) must(offices, one.office_id, ['staff', i, 'office_id'], 'office');
    });
    value.day_numbers.forEach((d, i) => must(offices, d.office_id, ['day_numbers', i, 'office_id'], 'office'));
    value.enrolment.forEach((e, i) => must(offices, e.office_id, ['enrolment', i, 'office_id'], 'office'));
  });
export type Seed = z.output<typeof seedSchema>;
export type SeedInput = z.input<typeof seedSchema>;

/** @throws Error that names every field which is wrong */
export const parseSeed = (value: unknown, source: string): Seed => {
  const read = seedSchema.safeParse(value);
  if (read.success) return read.data;
  throw new Error(`${source} is no seed:\n${z.prettifyError(read.error)}`);
};

/** The windows of an office. What state they are in is not the seed's to say again. */
const putWindows = (context: Context, officeId: number, windows: Seed['windows']): void => {
  for (const { id, office_id: _, ...data } of windows) {
    const known = windowRecord.safeParse(readEntity(context, 'window', String(id), officeId));
    const { state, until } = known.success ? known.data : data;
    putEntity(context, 'window', id, { ...data, state, until }, officeId);
  }
  keepEntities(
    context,
    'window',
    windows.map(({ id }) => id),
    officeId,
  );
};

/** Puts a seed into the store, all of it or nothing. */
export const applySeed = (context: Context, seed: Seed): void => {
  context.write(() => {
    for (const { id, ...data } of seed.offices) putEntity(context, 'office', id, data);
    for (const { id, ...data } of seed.service_groups) putEntity(context, 'service_group', id, data);
    for (const { id, ...data } of seed.services) putEntity(context, 'service', id, data);
    for (const { id, office_id, ...data } of seed.settings) {
      putEntity(context, 'setting', id, data, office_id ?? EVERYBODY);
    }
    keepEntities(
      context,
      'service_group',
      seed.service_groups.map(({ id }) => id),
    );
    keepEntities(
      context,
      'service',
      seed.services.map(({ id }) => id),
    );
    for (const audience of [null, ...seed.offices.map(({ id }) => id)]) {
      const ids = seed.settings.filter(({ office_id }) => office_id === audience).map(({ id }) => id);
      keepEntities(context, 'setting', ids, audience ?? EVERYBODY);
    }
    for (const { office_id: office, ...rules } of seed.rules) setRules(context, office, rules);
    for (const { id, office_id: office, code, ...record } of seed.staff) {
      const audience = office ?? EVERYBODY;
      // A code that was used must not come back, nor somebody who has left.
      if (readEntity(context, 'staff', id, audience) === null) putStaff(context, id, record, audience, code);
    }
    for (const { office_id: office, date, numbers } of seed.day_numbers) {
      if (readEntity(context, 'day_numbers', date, office) === null) {
        putEntity(context, 'day_numbers', date, numbers, office);
      }
    }
    for (const { name, phone, document, ...booking } of seed.bookings) {
      if (readBooking(context, booking.id)) continue;
      putBooking(context, booking);
      if (name !== null) putPerson(context, booking.id, booking.office_id, { name, phone, document });
    }
    for (const { id } of seed.offices) {
      const mine = seed.windows.filter((window) => window.office_id === id);
      putWindows(context, id, mine);
      const { office_id: _, ...times } = seed.slots.find((slots) => slots.office_id === id) ?? { office_id: id };
      setBookingTimes(context, id, 'every_minutes' in times ? times : null);
      makeSlots(context, id);
    }
    ensureSealingKey(context);
    const key = context.db.prepare(
      `INSERT INTO signing_key VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET public_x = excluded.public_x,
       private_d = excluded.private_d, not_before = excluded.not_before, not_after = excluded.not_after,
       revoked_at = excluded.revoked_at`,
    );
    for (const k of seed.keys) key.run(k.kid, k.x, k.d, k.nbf, k.exp, k.revoked_at);
    if (seed.keys.length === 0) ensureKeys(context);
    const open = new Set(openCodes(context));
    for (const { office_id, roles, count } of seed.enrolment) {
      const mine = context.db
        .prepare<[number, string], { code: string }>(
          'SELECT code FROM enrolment_code WHERE office_id = ? AND roles = ?',
        )
        .all(office_id, JSON.stringify(roles))
        .filter(({ code }) => open.has(code)).length;
      for (let i = mine; i < count; i += 1) createCode(context, office_id, roles);
    }
  });
};
