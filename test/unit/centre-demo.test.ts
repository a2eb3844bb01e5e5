import { readdirSync } from 'node:fs';
import path from 'node:path';
import { createPublicKey, scryptSync, verify } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { serviceRecord, windowRecord } from '../../shared/contracts/centre/schemas.ts';
import { businessDate, startOfBusinessDay } from '../../shared/domain/business-day.ts';
import { parseBookingNumber } from '../../shared/domain/booking-number.ts';
import { openingAt } from '../../shared/domain/hours.ts';
import { verifyToken, type SigningKey } from '../../shared/token/ez1.ts';
import { createContext, readOffice, type Context } from '../centre/context.ts';
import { bookingsOn, readBooking } from '../centre/bookings.ts';
import { readEntities } from '../centre/change-log.ts';
import { demoSeed } from '../centre/demo.ts';
import { demoBookings, type DemoKind } from '../centre/demo-list.ts';
import { DEMO_OFFICE, demoGroups, demoServices, OTHER_OFFICE } from '../centre/demo-services.ts';
import { openCodes } from '../centre/devices.ts';
import { publicKeys } from '../centre/keys.ts';
import { ROOT } from '../tools/paths.ts';
import { applySeed } from '../centre/seed.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const open: Context[] = [];
const contextAt = (now: () => number, file = ':memory:'): Context => {
  const context = createContext(file, now, () => undefined);
  open.push(context);
  return context;
};
const demoAt = (iso: string): Context => {
  const context = contextAt(() => Date.parse(iso));
  applySeed(context, demoSeed(context));
  return context;
};
afterEach(() => {
  for (const context of open.splice(0)) context.db.close();
});

const keysOf = (context: Context): SigningKey[] =>
  publicKeys(context).keys.map((key) => ({
    keyId: Number(key.kid),
    publicKey: Buffer.from(key.x, 'base64url'),
    notBefore: key.nbf,
    notAfter: key.exp,
    revokedAt: key.revoked_at,
  }));
const ed25519 = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verify(
    null,
    message,
    createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') } }),
    signature,
  );

const scrypt = (digits: string, salt: string, cost: number): string =>
  scryptSync(digits, Buffer.from(salt, 'base64url'), 32, { N: 2 ** cost, r: 8, p: 1 }).toString('base64url');
/** Few people share many bookings' digits: each is worked out once. */
const results = new Map<string, string>();
const known = (name: string, make: () => string): string => {
  const value = results.get(name) ?? make();
  results.set(name, value);
  return value;
};

const HOURS = [
  '2026-03-16T09:30:00+03:00',
  '2026-03-16T03:59:59+03:00',
  '2026-03-16T04:00:00+03:00',
  '2026-03-16T04:02:00+03:00',
  '2026-03-16T23:58:00+03:00',
  '2026-12-31T21:00:00Z',
];
/** Of the day, not of those that are refused for something else. */
const DAY_KINDS: readonly DemoKind[] = ['today', 'cancelled', 'early', 'late', 'superseded', 'multi', 'twice'];

describe('the demo', () => {
  it.each(HOURS)('has a full day around %s', (iso) => {
    const context = demoAt(iso);
    const now = Date.parse(iso);
    const day = demoBookings(context).filter(({ kind }) => DAY_KINDS.includes(kind));
    expect(day).toHaveLength(209);
    const today = businessDate(now, 'Europe/Moscow', 240);
    for (const { starts_at: at, number } of day) {
      expect(businessDate(at, 'Europe/Moscow', 240)).toBe(today);
      expect(at).toBeGreaterThanOrEqual(now - 3 * HOUR - 5 * MINUTE);
      expect(at).toBeLessThanOrEqual(now + 5 * HOUR);
      expect(parseBookingNumber(number).ok).toBe(true);
    }
    expect(new Set(day.map(({ number }) => number)).size).toBe(209);
    expect(day.map(({ starts_at }) => starts_at)).toEqual(
      day.map(({ starts_at }) => starts_at).toSorted((a, b) => a - b),
    );
    expect(new Set(day.map(({ language }) => language))).toEqual(new Set(['ru', 'en']));
  });

  it.each(HOURS)('has every kind around %s, but what the edge of the day forbids', (iso) => {
    const context = demoAt(iso);
    const now = Date.parse(iso);
    const bookings = demoBookings(context);
    const count = (kind: DemoKind) => bookings.filter((b) => b.kind === kind).length;
    const start = startOfBusinessDay(businessDate(now, 'Europe/Moscow', 240), 'Europe/Moscow', 240);
    // Nothing of a day that has just begun is over, and nothing of one that ends is hours away.
    expect(count('late')).toBe(now - start < 45 * MINUTE ? 0 : 4);
    expect(count('early')).toBe(start + DAY - now < HOUR ? 0 : 4);
    expect(
      ['multi', 'twice', 'superseded', 'unknown', 'other-office', 'other-day', 'forged'].map((k) =>
        count(k as DemoKind),
      ),
    ).toEqual([3, 4, 2, 3, 2, expect.any(Number), 1]);
    expect(count('other-day')).toBeGreaterThan(0);
    for (const b of bookings) {
      if (b.kind === 'early') expect(b.starts_at).toBeGreaterThan(now + HOUR);
      if (b.kind === 'late') expect(b.starts_at).toBeLessThan(now - 45 * MINUTE);
      if (b.kind === 'multi') expect(b.further_services.length).toBeGreaterThan(0);
    }
    // Of what can be shown at the kiosk now, something is in time.
    for (const kind of ['today', 'multi', 'twice', 'superseded', 'unknown'] as const) {
      const inTime = bookings.filter(
        (b) => b.kind === kind && b.starts_at >= now - 15 * MINUTE && b.starts_at <= now + 40 * MINUTE,
      );
      expect([kind, inTime.length > 0]).toEqual([kind, true]);
    }
  });

  it.each(HOURS)('has plain bookings around %s for whoever wants just to check in', (iso) => {
    const context = demoAt(iso);
    const now = Date.parse(iso);
    const persons = new Map<string | null, number>();
    for (const { person } of bookingsOn(context, DEMO_OFFICE, businessDate(now, 'Europe/Moscow', 240))) {
      persons.set(person, (persons.get(person) ?? 0) + 1);
    }
    const nearest = demoBookings(context)
      .filter((b) => b.kind === 'today' && b.status === 'booked')
      .toSorted((a, b) => Math.abs(a.starts_at - now) - Math.abs(b.starts_at - now))
      .slice(0, 20);
    for (const { id, starts_at: at } of nearest) {
      const booking = readBooking(context, id);
      expect(booking).toMatchObject({ further_services: [], revision: 0 });
      expect(persons.get(booking?.person ?? null)).toBe(1);
      expect(Math.abs(at - now)).toBeLessThanOrEqual(40 * MINUTE);
    }
  });

  it('has a second factor for each booking, which its verifiers know', () => {
    const context = demoAt('2026-03-16T09:30:00+03:00');
    for (const { id, factor } of demoBookings(context)) {
      const booking = readBooking(context, id);
      if (!booking) continue;
      for (const { kind, salt, cost, hash } of booking.factors) {
        const digits = kind === 'phone4' ? factor?.phone4 : factor?.birth_year;
        expect(digits).toMatch(/^\d{4}$/);
        const right = known(`${digits} ${salt} ${cost}`, () => scrypt(digits ?? '', salt, cost));
        expect(right).toBe(hash);
        expect(known(`wrong ${salt} ${cost}`, () => scrypt('0000', salt, cost))).not.toBe(hash);
      }
      expect(booking.factors.map(({ kind }) => kind)).toEqual(['phone4', 'birth-year']);
      expect(booking.masked).toMatch(/^[А-Я]\. [А-Я]\.$/);
    }
  });

  it('is open at any hour, and the other office is not', () => {
    for (const iso of HOURS) {
      const context = demoAt(iso);
      const hours = (id: number) => readOffice(context, id)?.hours ?? null;
      expect(openingAt(hours(DEMO_OFFICE), Date.parse(iso), 'Europe/Moscow').open).toBe(true);
    }
    const context = demoAt(HOURS[0] ?? '');
    const other = readOffice(context, OTHER_OFFICE)?.hours ?? null;
    const at = (time: string) => openingAt(other, Date.parse(`${time}+03:00`), 'Europe/Moscow');
    expect(at('2026-03-16T12:30:00').open).toBe(true);
    // Lunch, a day off with its reason, and Sunday.
    expect(at('2026-03-16T13:30:00').open).toBe(false);
    expect(at('2026-03-19T12:00:00')).toMatchObject({ open: false, note: { ru: 'Санитарный день' } });
    expect(at('2026-03-22T12:00:00').open).toBe(false);
  });

  it('has every setting of a service that a kiosk has to honour', () => {
    const context = demoAt(HOURS[0] ?? '');
    const services = readEntities(context, 'service').map(({ id, data }) => ({
      id: Number(id),
      ...serviceRecord.parse(data),
    }));
    const policies = services.map(({ policy }) => policy);
    const some = (fits: (policy: (typeof policies)[number]) => boolean) => policies.filter(fits).length;
    expect(some(({ walk_in: walkIn }) => !walkIn)).toBe(2);
    expect(some(({ walk_ins_per_day: n }) => n !== null)).toBe(1);
    expect(some(({ redirect_to: to }) => to !== null)).toBe(1);
    expect(some(({ grace_minutes: n }) => n === 10)).toBeGreaterThan(0);
    expect(some(({ after_grace: then }) => then === 'desk')).toBe(1);
    expect(some((p) => p.early_announced_minutes < p.early_minutes)).toBe(1);
    expect(services.filter(({ frequent }) => frequent).length).toBeGreaterThan(3);
    expect(services.every(({ keywords }) => keywords !== null)).toBe(true);
    // Somebody serves each of them.
    const served = new Set(
      readEntities(context, 'window', DEMO_OFFICE).flatMap(({ data }) => windowRecord.parse(data).service_ids),
    );
    expect(services.filter(({ id }) => !served.has(id))).toEqual([]);
    const office = readOffice(context, DEMO_OFFICE);
    expect(new Set(office?.priority_claims.map(({ level }) => level))).toEqual(new Set(['first', 'out-of-turn']));
    expect(office?.consent?.version).toBe('1');
  });

  it('is the same for the same moment, and survives a restart', () => {
    const ids = (context: Context) => demoBookings(context).map(({ id, number, starts_at }) => [id, number, starts_at]);
    const [a, b] = [demoAt('2026-03-16T09:30:00+03:00'), demoAt('2026-03-16T09:30:00+03:00')];
    expect(ids(a)).toEqual(ids(b));
    const before = ids(a);
    applySeed(a, demoSeed(a));
    expect(ids(a)).toEqual(before);
    expect(openCodes(a)).toHaveLength(20);
  });

  it('makes a new day when it is started on the next', () => {
    let now = Date.parse('2026-03-16T09:30:00+03:00');
    const context = contextAt(() => now);
    applySeed(context, demoSeed(context));
    now += DAY;
    applySeed(context, demoSeed(context));
    const day = demoBookings(context).filter(({ kind }) => DAY_KINDS.includes(kind));
    // ... and some of the day before had been booked for it already.
    expect(day.length).toBeGreaterThanOrEqual(209);
    expect(openCodes(context)).toHaveLength(20);
  });

  it('signs confirmations with two keys; the forged one does not hold', () => {
    const context = demoAt('2026-03-16T09:30:00+03:00');
    const keys = keysOf(context);
    expect(keys).toHaveLength(2);
    const used = new Set<number>();
    const bookings = demoBookings(context);
    for (const booking of bookings) {
      const token = verifyToken(booking.token, keys, ed25519, context.now());
      if (booking.kind === 'forged') {
        expect(token).toEqual({ ok: false, reason: 'bad-signature' });
        continue;
      }
      if (!token.ok) throw new Error(`${booking.kind}: ${token.reason}`);
      used.add(token.payload.keyId);
      expect(token.payload.bookingId).toBe(booking.id);
      expect(token.payload.service).toBe(booking.service.id);
      const saysNow = token.payload.startsAt * 1000 === booking.starts_at;
      expect([booking.kind, saysNow]).toEqual([booking.kind, booking.kind !== 'superseded']);
      expect(token.payload.office === DEMO_OFFICE).toBe(booking.kind !== 'other-office');
      expect(readBooking(context, booking.id) === null).toBe(booking.kind === 'unknown');
    }
    expect(used.size).toBe(2);
    expect(new Set(bookings.map(({ kind }) => kind)).size).toBe(11);
  });

  it('has pictograms that exist, and Russian and English for every text', () => {
    expect(demoServices).toHaveLength(12);
    expect(demoGroups.map(({ series }) => series)).toEqual(['A', 'B', 'E', 'K']);
    const icons = new Set(
      readdirSync(path.join(ROOT, 'node_modules/lucide-react/dist/esm/icons')).map((file) => path.parse(file).name),
    );
    for (const { icon, name } of [...demoServices, ...demoGroups]) {
      expect(icons).toContain(icon);
      expect(Object.keys(name)).toEqual(['ru', 'en']);
    }
  });
});
