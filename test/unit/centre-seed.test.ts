import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { createContext, type Context } from '../centre/context.ts';
import { plainBooking, putBooking, readBooking } from '../centre/bookings.ts';
import { demoSeed } from '../centre/demo.ts';
import { demoBookings } from '../centre/demo-list.ts';
import { DEMO_OFFICE, OTHER_OFFICE } from '../centre/demo-services.ts';
import { openCodes } from '../centre/devices.ts';
import { moveWindows, readChanges } from '../centre/feed.ts';
import { publicKeys } from '../centre/keys.ts';
import { reservePerDevice } from '../centre/leases.ts';
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
    [
      { offices: [office], windows: [{ id: 1, office_id: 2, name: { ru: 'Окно' }, service_ids: [5], state: 'open' }] },
      /there is no office 2[\s\S]*there is no service 5/,
    ],
    [{ offices: [office], slots: [{ office_id: 3, every_minutes: 30 }] }, /there is no office 3/],
  ])('names what is wrong in %#', (value, message) => {
    expect(() => parseSeed(value, 'seed.json')).toThrow(message);
  });
});

describe('the change feed', () => {
  const noon = Date.parse('2026-03-16T12:00:00+03:00');
  const booking = (id: string, startsAt: number) =>
    plainBooking({ id: id.repeat(32), office_id: DEMO_OFFICE, service_id: 101, starts_at: startsAt });
  /** All there is after a cursor. */
  const readAll = (context: Context, officeId: number, cursor: string) => {
    const changes: ReturnType<typeof readChanges>['changes'] = [];
    for (let at = cursor; ;) {
      const page = readChanges(context, { officeId: officeId, roles: ['kiosk'] }, at, 1000);
      changes.push(...page.changes);
      at = page.cursor;
      if (!page.has_more) return { changes, cursor: at };
    }
  };

  it('evicts what leaves the window as days go by, and brings what comes in', () => {
    let now = noon;
    const context = contextAt(() => now);
    applySeed(context, { ...demoSeed(context), bookings: [], slots: [] });
    putBooking(context, booking('a', noon));
    putBooking(context, booking('b', noon + 7 * DAY));
    putBooking(context, booking('c', noon + 8 * DAY));
    const rows = (page: { changes: { c: string; id: unknown; op: string }[] }) =>
      page.changes.filter(({ c }) => c === 'booking').map(({ id, op }) => `${op} ${String(id).charAt(0)}`);

    let page = readAll(context, DEMO_OFFICE, '');
    expect(rows(page)).toEqual(['put a', 'put b']);
    now += DAY;
    page = readAll(context, DEMO_OFFICE, page.cursor);
    expect(rows(page)).toEqual(['put c']);
    now += DAY;
    page = readAll(context, DEMO_OFFICE, page.cursor);
    expect(rows(page)).toEqual(['evict a']);
    page = readAll(context, DEMO_OFFICE, page.cursor);
    expect(rows(page)).toEqual([]);
    // A device that comes only now hears nothing of what it never had.
    expect(rows(readAll(context, DEMO_OFFICE, ''))).toEqual(['put b', 'put c']);
  });

  it('has tombstones for what a seed no longer has, for those who had it', () => {
    const context = demoAt('2026-03-16T12:00:00+03:00');
    // Slots come and go with their services: that is another test.
    const seed = { ...demoSeed(context), slots: [] };
    applySeed(context, seed);
    const { cursor } = readAll(context, DEMO_OFFICE, '');
    const setting = { id: 'kiosk.idle', office_id: DEMO_OFFICE, value: 30 };
    const services = seed.services.filter(({ id }) => id !== 403);
    applySeed(context, { ...seed, services, settings: [setting] });
    const news = readAll(context, DEMO_OFFICE, cursor).changes;
    expect(news.map(({ c, id, op, data }) => [c, id, op, data])).toEqual([
      ['setting', 'kiosk.idle', 'put', { value: 30 }],
      ['service', 403, 'del', undefined],
    ]);
    expect(news.every((row) => change.safeParse(row).success)).toBe(true);
    expect(readAll(context, OTHER_OFFICE, cursor).changes).toHaveLength(1);
    expect(readAll(context, DEMO_OFFICE, '').changes.filter(({ op }) => op === 'del')).toEqual([]);
    // Put in again it says nothing new.
    const after = readAll(context, DEMO_OFFICE, '').cursor;
    applySeed(context, { ...seed, services, settings: [setting] });
    expect(readAll(context, DEMO_OFFICE, after).changes).toEqual([]);
  });

  it('gives each entity once, whatever the page size', () => {
    const context = demoAt('2026-03-16T12:00:00+03:00');
    for (const { id } of demoBookings(context).slice(0, 20)) {
      const known = readBooking(context, id);
      if (known) putBooking(context, { ...known, language: 'tt' });
    }
    moveWindows(context, DEMO_OFFICE);
    const all = readAll(context, DEMO_OFFICE, '');
    const seen: string[] = [];
    let cursor = '';
    for (;;) {
      const page = readChanges(context, { officeId: DEMO_OFFICE, roles: ['kiosk'] }, cursor, 37);
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
