import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { audit, verifyAudit, type AuditEntry } from '../../electron/core/audit/audit.ts';
import { createAuditLog, type AuditLog } from '../../electron/core/desk/audit-log.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import type { SqlDriver } from '../../electron/core/ports.ts';
import { auditMethods, type AuditFilter, type AuditLine } from '../../shared/contracts/audit.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { formatBookingNumber } from '../../shared/domain/booking-number.ts';
import { seedRegistry, type SeededBooking } from '../fixtures/registry.ts';
import { actionWords, detailWords, shortThing, thingWords } from '../../renderer/desk/audit/words.ts';
import { formats } from '../../renderer/i18n/format.ts';
import { memoryLog } from '../fixtures/sqlite.ts';
import { ROOT } from '../tools/paths.ts';

/** The audit log at the desk: who may look, what is found, that looking leaves a trace, and that tampering shows. */

const START = Date.parse('2026-03-16T12:00:00+03:00');
const MINUTE = 60_000;
const DAY = 86_400_000;

let now: number;
let driver: SqlDriver;
let store: Store;
let log: AuditLog;
let allowed: boolean;
let bookings: SeededBooking[];

const open = (): AuditLog =>
  createAuditLog({
    store,
    moment: () => exactly(now),
    actor: () => {
      if (!allowed) throw new CallFailure('forbidden', 'the right audit is missing');
      return 'st-boss';
    },
    names: {
      staff: (id) => ({ 'st-boss': 'Главная Г.', 'st-anna': 'Анна К.' })[id] ?? null,
      entity: (_db, id) => (id === 'visit-1' ? 'А 001' : null),
    },
  });

beforeEach(() => {
  now = START;
  allowed = true;
  driver = openBetterSqlite3(':memory:');
  store = openStore(() => driver, memoryLog());
  bookings = seedRegistry(store, { now, count: 2 });
  log = open();
});
afterEach(() => store.close());

const add = (...entries: Partial<AuditEntry>[]): void =>
  store.write((db) => {
    for (const entry of entries)
      audit(db, { at: now, actor: 'kiosk', action: 'checkin', entityId: 'visit-1', detail: {}, ...entry });
  });
const many = (count: number, make: (n: number) => Partial<AuditEntry> = () => ({})): void =>
  add(...Array.from({ length: count }, (_, n) => make(n)));
const list = (filter: AuditFilter, before: number | null, limit: number) => log.list({ filter, before, limit });
const verify = (full = false) => log.verify({ full });
const csv = (filter: AuditFilter, language: 'ru' | 'en') => log.csv({ filter, language });
const seqs = async (...of: Parameters<typeof list>): Promise<number[]> =>
  (await list(...of)).entries.map(({ seq }) => seq);
const tamper = (statement: string): void => driver.exec(statement);
const last = () => store.read((db) => db.all({ text: 'SELECT * FROM audit ORDER BY seq DESC LIMIT 1', params: [] }))[0];

describe('whoever lacks the right', () => {
  it('sees nothing, checks nothing, takes nothing away, and leaves the log as it was', async () => {
    add({});
    allowed = false;
    const forbidden = expect.objectContaining({ error: expect.objectContaining({ code: 'forbidden' }) as unknown });
    await expect(list({}, null, 10)).rejects.toEqual(forbidden);
    await expect(verify(false)).rejects.toEqual(forbidden);
    await expect(csv({}, 'ru')).rejects.toEqual(forbidden);
    expect(last()).toMatchObject({ seq: 1, action: 'checkin' });
  });
});

describe('the list', () => {
  it('has the newest first, with the names of people and things, as the contract says', async () => {
    add(
      { detail: { series: 'A', number: 1, provisional: false } },
      { actor: 'st-anna', action: 'visit.edit', entityId: 'x' },
    );
    const page = await list({}, null, 10);
    expect(page.entries).toEqual([
      expect.objectContaining({ seq: 2, actor: 'st-anna', actorName: 'Анна К.', entity: 'x', entityName: null }),
      expect.objectContaining({ seq: 1, actorName: null, entityName: 'А 001', at: now }),
    ]);
    expect(page).toMatchObject({
      more: false,
      actors: [
        { id: 'kiosk', name: null },
        { id: 'st-anna', name: 'Анна К.' },
      ],
      actions: ['checkin', 'visit.edit'],
    });
    expect(auditMethods['audit.list'].output.parse(page)).toEqual(page);
  });

  it('is paged back by number without a gap and without an entry twice, also while new ones come', async () => {
    many(25);
    const first = await list({}, null, 10);
    expect(first).toMatchObject({ more: true });
    add({}, {});
    const second = await list({}, first.entries.at(-1)?.seq ?? 0, 10);
    const third = await list({}, second.entries.at(-1)?.seq ?? 0, 10);
    expect([...first.entries, ...second.entries, ...third.entries].map(({ seq }) => seq)).toEqual(
      Array.from({ length: 25 }, (_, n) => 25 - n),
    );
    expect([second.more, third.more]).toEqual([true, false]);
  });

  it('can be narrowed by person, action and day at once, across the blocks in which it is read', async () => {
    many(10_000, (n) => ({
      at: START + n * MINUTE,
      actor: n % 3 === 0 ? 'st-anna' : 'kiosk',
      action: n === 9000 ? 'visit.edit' : 'checkin',
    }));
    const day = { from: START + 2 * DAY, until: START + 3 * DAY };
    expect(await seqs({ actor: 'st-anna', ...day }, 20_000, 200)).toHaveLength(200);
    const ofDay = [await seqs(day, 20_000, 1000), await seqs({ ...day, actor: 'st-anna' }, 20_000, 1000)];
    expect(ofDay.map(({ length }) => length)).toEqual([1000, 480]);
    expect([ofDay[0]?.[0], ofDay[1]?.at(-1)]).toEqual([4320, 2881 + ((3 - (2880 % 3)) % 3)]);
    expect(await seqs({ action: 'visit.edit' }, null, 10)).toEqual([9001]);
    expect(await seqs({ action: 'visit.edit', actor: 'kiosk' }, null, 10)).toEqual([]);
    expect(await seqs({ action: 'visit.edit', ...day }, null, 10)).toEqual([]);
  });

  it('finds what has come since it was looked through the last time', async () => {
    many(5000);
    expect(await seqs({ action: 'later' }, null, 10)).toEqual([]);
    many(5000, (n) => ({ action: n === 100 ? 'later' : 'checkin' }));
    expect(await seqs({ action: 'later' }, null, 10)).toHaveLength(1);
    expect((await list({}, null, 1)).actions).toContain('later');
  });

  it('finds a day also where the clock was wrong in between', async () => {
    many(4500, (n) => ({ at: n === 4200 ? START : n * MINUTE }));
    expect(await seqs({ from: START - DAY, until: START + DAY }, 9999, 10)).toEqual([4201]);
  });

  it('finds a thing by its id, and a booking by the number that people have on paper', async () => {
    const [booking] = bookings;
    add({ entityId: booking?.id ?? '', action: 'booking.cancel' }, { entityId: 'visit-2' });
    expect(await seqs({ entity: 'visit-2' }, null, 10)).toEqual([2]);
    expect(await seqs({ entity: booking?.number ?? '' }, null, 10)).toEqual([1]);
    expect(await seqs({ entity: ` ${formatBookingNumber(booking?.number ?? '')} ` }, null, 10)).toEqual([1]);
  });

  it('finds visits by their ticket, typed in either alphabet', async () => {
    store.write((db) => {
      db.run({
        text: `INSERT INTO queue_visit (visit_id, rev, business_date, origin, series, number, service_id, state, priority, arrived_at, order_at)
          VALUES ('visit-9', 1, '2026-03-16', 'walk-in', 'A', 47, 1, 'waiting', 'none', 0, 0)`,
        params: [],
      });
    });
    add({ entityId: 'visit-9' }, {});
    expect(await seqs({ entity: 'А 047' }, null, 10)).toEqual([1]);
    expect(await seqs({ entity: 'a47' }, null, 10)).toEqual([1]);
    expect(await seqs({ entity: 'а48' }, null, 10)).toEqual([]);
  });
});

describe('who looks', () => {
  it('stands in the log, once for each opening and with what was asked for', async () => {
    many(30);
    const page = await list({ actor: 'kiosk' }, null, 10);
    await list({ actor: 'kiosk' }, page.entries.at(-1)?.seq ?? 0, 10);
    expect(last()).toMatchObject({ seq: 31, actor: 'st-boss', action: 'audit.seen', detail: '{"actor":"kiosk"}' });
    expect((await list({}, null, 1)).entries).toEqual([expect.objectContaining({ action: 'audit.seen' })]);
  });

  it('leaves no name there that was typed into the field for a thing', async () => {
    add({});
    await list({ entity: 'Иванова Мария' }, null, 10);
    expect(last()).toMatchObject({ action: 'audit.seen', detail: '{"thing":"unknown"}' });
    await list({ entity: 'visit-1' }, null, 10);
    expect(last()).toMatchObject({ detail: '{"thing":"visit-1"}' });
    await list({ entity: bookings[1]?.number ?? '' }, null, 10);
    expect(last()).toMatchObject({ detail: JSON.stringify({ thing: bookings[1]?.id }) });
  });

  it('gets nothing when the trace cannot be written', async () => {
    add({});
    vi.spyOn(store, 'write').mockImplementation(() => {
      throw new CallFailure('store-full', 'no room');
    });
    await expect(list({}, null, 10)).rejects.toThrow('no room');
    await expect(csv({}, 'en')).rejects.toThrow('no room');
  });
});

describe('the table', () => {
  it('has what the filter leaves, in the time of the office, and stands in the log', async () => {
    add({ detail: { copy: 1 } }, { actor: 'st-anna', action: 'visit.edit' }, {});
    const table = await csv({ actor: 'kiosk' }, 'ru');
    const lines = table.text.trim().split(/\r?\n/);
    expect(table).toMatchObject({ rows: 2, more: false, name: 'talon-audit-2026-03-16.csv' });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('Время');
    expect(lines[2]).toContain('2026-03-16 12:00:00');
    expect(lines[2]).toContain('А 001');
    expect(table.text).not.toContain('visit.edit');
    expect(last()).toMatchObject({ action: 'audit.exported', detail: '{"actor":"kiosk","rows":2}' });
    expect((await csv({}, 'en')).text).toContain('Fingerprint');
    expect(auditMethods['audit.csv'].output.parse(table)).toEqual(table);
  });
});

describe('the chain', () => {
  it('is whole when nobody touched it, also of none, and tells its last fingerprint', async () => {
    expect(await verify(false)).toEqual({ entries: 0, brokenAt: null, head: '0'.repeat(64) });
    many(2500, (n) => ({ detail: { number: n, text: 'ё "кавычки"', none: null } }));
    const state = await verify(false);
    expect(state).toEqual({ entries: 2500, brokenAt: null, head: last()?.['hash'] });
    expect(store.read(verifyAudit)).toBeNull();
    expect(auditMethods['audit.verify'].output.parse(state)).toEqual(state);
  });

  it.each([
    ['what was done', `UPDATE audit SET action = 'nothing' WHERE seq = 1500`, 1500],
    ['who did it', `UPDATE audit SET actor = 'st-anna' WHERE seq = 1`, 1],
    ['when', `UPDATE audit SET at = at + 1 WHERE seq = 2500`, 2500],
    ['the details', `UPDATE audit SET detail = '{"a":1}' WHERE seq = 1001`, 1001],
    ['that it was there', `DELETE FROM audit WHERE seq = 1200`, 1200],
    ['where it stood', `UPDATE audit SET seq = 9000 WHERE seq = 1300`, 1300],
  ])('shows where somebody changed %s, as the check at the store does', async (_what, statement, at) => {
    many(2500);
    tamper(statement);
    expect(await verify(false)).toMatchObject({ brokenAt: at });
    expect(store.read(verifyAudit)).toBe(at);
    expect(await verify(true)).toMatchObject({ brokenAt: at });
    // It can still be looked at.
    expect((await list({}, null, 200)).entries).toHaveLength(200);
  });

  it('shows also details that are none any more, and what stands there instead', async () => {
    many(20);
    tamper(`UPDATE audit SET detail = 'nothing', at = -5 WHERE seq = 7`);
    expect(await verify(false)).toMatchObject({ brokenAt: 7 });
    const page = await list({}, 8, 1);
    expect(page.entries).toMatchObject([{ seq: 7, detail: { unreadable: 'nothing' }, at: 0 }]);
    expect(auditMethods['audit.list'].output.parse(page)).toEqual(page);
    expect((await csv({}, 'ru')).rows).toBe(20);
  });

  it('is checked from where it was found whole, and everything only when it is asked for', async () => {
    many(2500);
    await verify(false);
    tamper(`UPDATE audit SET action = 'nothing' WHERE seq = 10`);
    many(5);
    const reads = vi.spyOn(store, 'read');
    expect(await verify(false)).toMatchObject({ entries: 2505, brokenAt: null });
    expect(reads.mock.calls.length).toBeLessThan(5);
    expect(await verify(true)).toMatchObject({ brokenAt: 10 });
  });

  it('shows that its end was cut off, or that it was written anew, while the program ran', async () => {
    many(30);
    await verify(false);
    tamper('DELETE FROM audit WHERE seq > 20');
    expect(await verify(false)).toMatchObject({ entries: 20, brokenAt: 21 });
    many(20, () => ({ actor: 'st-anna' }));
    expect(await verify(false)).toMatchObject({ entries: 40, brokenAt: 30 });
    expect(await verify(true)).toMatchObject({ brokenAt: 30 });
    expect(await open().verify({ full: false })).toMatchObject({ brokenAt: null });
  });

  it('lets others be served in between, and is walked once however many ask', async () => {
    many(5000);
    let served = 0;
    const one = setInterval(() => (served += 1), 0);
    const reads = vi.spyOn(store, 'read');
    const alone = (await verify(true), reads.mock.calls.length);
    const [a, b, c] = await Promise.all([verify(false), verify(true), verify(true)]);
    clearInterval(one);
    expect([a, b, c].map(({ brokenAt }) => brokenAt)).toEqual([null, null, null]);
    // One short look, and one walk for both who asked for all of it.
    expect(reads.mock.calls.length).toBeLessThan(2 * alone + 6);
    expect(served).toBeGreaterThan(0);
  });
});

describe('the words of the log', () => {
  const t = ((key: string, values?: { action?: string }) => values?.action ?? key) as never;
  const line = (about: Partial<AuditLine>): AuditLine => ({
    seq: 1,
    at: START,
    actor: 'kiosk',
    actorName: null,
    action: 'checkin',
    entity: 'visit-1',
    entityName: null,
    detail: {},
    ...about,
  });

  it('are a sentence for each action that the program writes; another one is shown by its name', () => {
    const code = readdirSync(join(ROOT, 'electron/core'), { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.name.endsWith('.ts'))
      .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
    const written = code.flatMap((of) => [...of.matchAll(/\baction: '([a-z.-]+)'/g)].map((found) => found[1] ?? ''));
    expect(written.length).toBeGreaterThan(10);
    expect(written.filter((action) => !actionWords(t, action).startsWith('audit.action.'))).toEqual([]);
    expect(actionWords(t, 'never.heard-of')).toBe('never.heard-of');
    expect(actionWords(t, 'constructor')).toBe('constructor');
  });

  it('say a ticket as it is called, people by their names, moments as times, and leave nothing out', () => {
    const people = new Map([['st-anna', 'Анна К.']]);
    const words = (detail: AuditLine['detail']) =>
      detailWords(t, line({ detail }), formats('ru', 'Europe/Moscow'), people).map((one) => [one.field, one.words]);
    expect(words({ series: 'A', number: 47, provisional: false })).toEqual([
      ['audit.field.number', 'А\u00a0047'],
      ['audit.field.provisional', 'audit.value.no'],
    ]);
    expect(words({ reason: 'too-late', second: 'st-anna', until: START })).toEqual([
      ['audit.field.reason', 'settings.choice.tooLate'],
      ['audit.field.second', 'Анна К.'],
      ['audit.field.until', expect.stringContaining('12:00')],
    ]);
    expect(words({ series: 'A', number: 0, reason: 'a word of its own', foo: null })).toEqual([
      ['series', 'A'],
      ['number', '0'],
      ['audit.field.reason', 'a word of its own'],
      ['foo', 'audit.value.none'],
    ]);
  });

  it('call a thing what people call it, a setting by its name, and a bare id by its end', () => {
    expect(thingWords(t, line({ entityName: 'А 001' }))).toBe('А 001');
    expect(thingWords(t, line({ entity: '' }))).toBeNull();
    expect(thingWords(t, line({ action: 'settings.set', entity: 'log.level' }))).toBe('settings.of.logLevel.name');
    expect(shortThing('0190b6f0-1111-7000-8000-000000004321')).toBe('…00004321');
    expect(shortThing('visit-1')).toBe('visit-1');
  });
});
