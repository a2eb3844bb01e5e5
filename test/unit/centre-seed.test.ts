import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPublicKey, verify } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { parseBookingNumber } from '../../shared/domain/booking-number.ts';
import { verifyToken, type SigningKey } from '../../shared/token/ez1.ts';
import { createContext, type Context } from '../centre/context.ts';
import { demoBookings, demoSeed } from '../centre/demo.ts';
import { DEMO_OFFICE, demoGroups, demoServices, OTHER_OFFICE } from '../centre/demo-services.ts';
import { openCodes } from '../centre/devices.ts';
import { moveWindows, putBooking, readBooking, readChanges } from '../centre/feed.ts';
import { publicKeys } from '../centre/keys.ts';
import { reservePerDevice } from '../centre/leases.ts';
import { ROOT } from '../tools/paths.ts';
import { applySeed, parseSeed } from '../centre/seed.ts';

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

describe('the demo', () => {
  it.each([
    '2026-03-16T09:30:00+03:00',
    '2026-03-16T03:59:59+03:00',
    '2026-03-16T04:00:00+03:00',
    '2026-03-16T04:02:00+03:00',
    '2026-03-16T23:58:00+03:00',
    '2026-12-31T21:00:00Z',
  ])('has a full day around %s', (iso) => {
    const context = demoAt(iso);
    const now = Date.parse(iso);
    const day = demoBookings(context).filter(({ kind }) => kind === 'today' || kind === 'cancelled');
    expect(day).toHaveLength(200);
    const today = businessDate(now, 'Europe/Moscow', 240);
    for (const { starts_at: at, number } of day) {
      expect(businessDate(at, 'Europe/Moscow', 240)).toBe(today);
      expect(at).toBeGreaterThanOrEqual(now - 3 * HOUR - 5 * 60_000);
      expect(at).toBeLessThanOrEqual(now + 5 * HOUR);
      expect(parseBookingNumber(number).ok).toBe(true);
    }
    expect(new Set(day.map(({ number }) => number)).size).toBe(200);
    expect(day.map(({ starts_at }) => starts_at)).toEqual(
      day.map(({ starts_at }) => starts_at).toSorted((a, b) => a - b),
    );
    expect(new Set(day.map(({ language }) => language))).toEqual(new Set(['ru', 'en']));
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
    const day = demoBookings(context).filter(({ kind }) => kind === 'today' || kind === 'cancelled');
    // ... and some of the day before had been booked for it already.
    expect(day.length).toBeGreaterThanOrEqual(200);
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
      expect(token.payload.startsAt * 1000).toBe(booking.starts_at);
      expect(token.payload.office === DEMO_OFFICE).toBe(booking.kind !== 'other-office');
      expect(readBooking(context, booking.id) === null).toBe(booking.kind === 'unknown');
    }
    expect(used.size).toBe(2);
    expect(new Set(bookings.map(({ kind }) => kind)).size).toBe(6);
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

describe('a seed file', () => {
  const office = {
    id: 1,
    name: { ru: 'Отдел' },
    subtitle: { ru: 'Первый' },
    address: { ru: 'Улица, 1' },
    time_zone: 'Asia/Yekaterinburg',
    day_change_minutes: 240,
    languages: ['ru'],
  };

  it('is put in as it says', () => {
    const context = contextAt(Date.now);
    applySeed(context, parseSeed({ offices: [office], enrolment: [{ office_id: 1, count: 2 }] }, 'seed.json'));
    expect(openCodes(context)).toHaveLength(2);
    expect(publicKeys(context).keys).toHaveLength(2);
  });

  it.each([
    [{}, /seed\.json is no seed[\s\S]*offices/],
    [{ offices: [office, office] }, /1 is there twice/],
    [{ offices: [{ ...office, time_zone: 'Moscow' }] }, /IANA time zone[\s\S]*offices\[0\]\.time_zone/],
    [{ offices: [office], extra: 1 }, /extra/],
    [
      {
        offices: [office],
        bookings: [{ id: 'a'.repeat(32), office_id: 2, number: '00000000', service_id: 5, starts_at: 0 }],
      },
      /there is no office 2[\s\S]*there is no service 5/,
    ],
  ])('names what is wrong in %#', (value, message) => {
    expect(() => parseSeed(value, 'seed.json')).toThrow(message);
  });
});

describe('the change feed', () => {
  const noon = Date.parse('2026-03-16T12:00:00+03:00');
  const booking = (id: string, startsAt: number, officeId = DEMO_OFFICE) => ({
    id: id.repeat(32),
    number: '00000000',
    office_id: officeId,
    service_id: 101,
    starts_at: startsAt,
    status: 'booked' as const,
    language: null,
    ticket: null,
  });

  it('evicts what leaves the window as days go by, and brings what comes in', () => {
    let now = noon;
    const context = contextAt(() => now);
    applySeed(context, { ...demoSeed(context), bookings: [] });
    putBooking(context, booking('a', noon));
    putBooking(context, booking('b', noon + 7 * DAY));
    putBooking(context, booking('c', noon + 8 * DAY));
    const rows = (page: { changes: { c: string; id: unknown; op: string }[] }) =>
      page.changes.filter(({ c }) => c === 'booking').map(({ id, op }) => `${op} ${String(id).charAt(0)}`);

    let page = readChanges(context, DEMO_OFFICE, '', 1000);
    expect(rows(page)).toEqual(['put a', 'put b']);
    now += DAY;
    page = readChanges(context, DEMO_OFFICE, page.cursor, 1000);
    expect(rows(page)).toEqual(['put c']);
    now += DAY;
    page = readChanges(context, DEMO_OFFICE, page.cursor, 1000);
    expect(rows(page)).toEqual(['evict a']);
    page = readChanges(context, DEMO_OFFICE, page.cursor, 1000);
    expect(rows(page)).toEqual([]);
    // A device that comes only now hears nothing of what it never had.
    expect(rows(readChanges(context, DEMO_OFFICE, '', 1000))).toEqual(['put b', 'put c']);
  });

  it('has tombstones for what a seed no longer has, for those who had it', () => {
    const context = demoAt('2026-03-16T12:00:00+03:00');
    const { cursor } = readChanges(context, DEMO_OFFICE, '', 1000);
    const seed = demoSeed(context);
    const setting = { id: 'kiosk.idle', office_id: DEMO_OFFICE, value: 30 };
    const services = seed.services.filter(({ id }) => id !== 403);
    applySeed(context, { ...seed, services, settings: [setting] });
    const news = readChanges(context, DEMO_OFFICE, cursor, 1000).changes;
    expect(news.map(({ c, id, op, data }) => [c, id, op, data])).toEqual([
      ['setting', 'kiosk.idle', 'put', { value: 30 }],
      ['service', 403, 'del', undefined],
    ]);
    expect(news.every((row) => change.safeParse(row).success)).toBe(true);
    expect(readChanges(context, OTHER_OFFICE, cursor, 1000).changes).toHaveLength(1);
    expect(readChanges(context, DEMO_OFFICE, '', 1000).changes.filter(({ op }) => op === 'del')).toEqual([]);
    // Put in again it says nothing new.
    const after = readChanges(context, DEMO_OFFICE, '', 1000).cursor;
    applySeed(context, { ...seed, services, settings: [setting] });
    expect(readChanges(context, DEMO_OFFICE, after, 1000).changes).toEqual([]);
  });

  it('gives each entity once, whatever the page size', () => {
    const context = demoAt('2026-03-16T12:00:00+03:00');
    for (const { id } of demoBookings(context).slice(0, 20)) {
      const known = readBooking(context, id);
      if (known) putBooking(context, { ...known, language: 'tt' });
    }
    moveWindows(context, DEMO_OFFICE);
    const all = readChanges(context, DEMO_OFFICE, '', 1000);
    expect(all.has_more).toBe(false);
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const page = readChanges(context, DEMO_OFFICE, cursor, 7);
      seen.push(...page.changes.map(({ c, id }) => `${c} ${id}`));
      cursor = page.cursor;
      if (!page.has_more) break;
    }
    expect(seen).toEqual(all.changes.map(({ c, id }) => `${c} ${id}`));
    expect(new Set(seen).size).toBe(seen.length);
    expect(cursor).toBe(all.cursor);
  });
});

describe('the store', () => {
  it('refuses a file of another version', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'talon-centre-'));
    const file = path.join(folder, 'centre.db');
    try {
      const context = createContext(file, Date.now, () => undefined);
      context.db.pragma('user_version = 99');
      context.db.close();
      expect(() => createContext(file, Date.now, () => undefined)).toThrow(/schema version 99/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has what it wrote on disk before it answers', () => {
    const { db } = demoAt('2026-03-16T12:00:00+03:00');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
  });

  it('keeps its change log as it is', () => {
    const context = demoAt('2026-03-16T12:00:00+03:00');
    expect(() => context.db.exec('DELETE FROM change_log')).toThrow(/append-only/);
    expect(() => context.db.exec('UPDATE change_log SET rev = 9')).toThrow(/append-only/);
  });
});

it('parts the reserve fairly', () => {
  expect([0, 1, 7, 8, 30, 99, 300].map(reservePerDevice)).toEqual([40, 40, 40, 37, 10, 3, 1]);
});
