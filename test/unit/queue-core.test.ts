import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bookingsOfPerson, readBookingByNumber } from '../../electron/core/store/bookings.ts';
import { queueEntries, queueWindows, serviceTimes, visitCounts } from '../../electron/core/store/queue.ts';
import { acknowledge } from '../../electron/core/sync/outbox.ts';
import type { Estimate } from '../../shared/domain/queue.ts';
import { at, DAY, MINUTE, openLobby, START, verifierOf, type Lobby } from '../fixtures/lobby.ts';
import { explain } from '../fixtures/sqlite.ts';

let lobby: Lobby;
beforeEach(() => {
  lobby = openLobby();
  lobby.window(1, [1, 2, 3]);
});
afterEach(() => lobby.close());

const entries = () => lobby.store.read((db) => queueEntries(db, DAY, lobby.now));
const counts = () => lobby.store.read((db) => visitCounts(db, DAY));
const take = async (services = [1], more: { claim?: string } = {}) => {
  const out = await lobby.walkIn.take({
    attempt: v7(),
    services,
    claim: null,
    contact: null,
    language: 'ru',
    despiteQueue: true,
    ...more,
  });
  if (out.outcome !== 'accepted') throw new Error(out.outcome);
  return out.visit;
};
const scan = async (n: number) => {
  const text = lobby.held(n).token;
  const out = await lobby.checkin.scan({ attempt: v7(), text, source: 'camera', purpose: 'check-in' });
  if (out.outcome !== 'accepted') throw new Error(JSON.stringify(out));
  return out.visit;
};
const newcomer = (service = 1): Estimate =>
  lobby.queue.estimate({ serviceIds: [service], priority: 'none', orderAt: lobby.now, visitId: null });
const known = (e: Estimate) => {
  if (!e.known) throw new Error(`not known: ${e.why}`);
  return e;
};

describe('who waits', () => {
  it('is whom the centre told, for the service that is next or present, with where and since when', () => {
    const waiting = lobby.visit({ service: 1, further: [2], orderAt: at('10:00'), arrivedAt: at('10:10') });
    const second = lobby.visit({ service: 1, stage: 'done', further: [3] });
    const serving = lobby.visit({ service: 2, state: 'serving', window: 1, servingAt: at('10:20'), priority: 'first' });
    for (const state of ['done', 'left'] as const) lobby.visit({ service: 1, state });
    const all = new Map(entries().map((e) => [e.visitId, e]));
    expect([...all.keys()].toSorted()).toEqual([waiting, second, serving].toSorted());
    expect(all.get(waiting)).toEqual({
      visitId: waiting,
      serviceId: 1,
      state: 'waiting',
      priority: 'none',
      orderAt: at('10:00'),
      arrivedAt: at('10:10'),
      windowId: null,
      servingAt: null,
    });
    expect(all.get(second)?.serviceId).toBe(3);
    expect(all.get(serving)).toMatchObject({
      state: 'serving',
      windowId: 1,
      servingAt: at('10:20'),
      priority: 'first',
    });
  });

  it('is nobody of another day', () => {
    lobby.visit({ service: 1 });
    expect(lobby.store.read((db) => queueEntries(db, '2026-11-24', lobby.now))).toEqual([]);
  });

  it('is also who got a number here, at once, and not twice when the centre tells it back', async () => {
    const mine = await take([2]);
    expect(entries()).toMatchObject([
      { visitId: mine.id, serviceId: 2, state: 'waiting', orderAt: lobby.now, arrivedAt: lobby.now },
    ]);
    expect(known(newcomer()).ahead).toBe(1);
    lobby.visit({ id: mine.id, service: 2, arrivedAt: lobby.now });
    expect(entries()).toHaveLength(1);
    expect(known(newcomer()).ahead).toBe(1);
    lobby.visit({ id: mine.id, service: 2, state: 'done', arrivedAt: lobby.now });
    expect(entries()).toEqual([]);
    expect(known(newcomer()).ahead).toBe(0);
  });

  it('stands at his booked time when he came in time for it, else where he came', async () => {
    lobby.service(2, { policy: { grace_minutes: 30 } });
    lobby.booking(0, { starts_at: START + 20 * MINUTE });
    lobby.booking(1, { service_id: 2, starts_at: START - 30 * MINUTE, priority: 'first' });
    await lobby.checkin.scan({ attempt: v7(), text: lobby.held(0).token, source: 'camera', purpose: 'check-in' });
    expect(entries()).toEqual([]);
    lobby.booking(0, { factors: [verifierOf('4417')], starts_at: START + 20 * MINUTE });
    lobby.booking(1, {
      service_id: 2,
      factors: [verifierOf('4418')],
      starts_at: START - 30 * MINUTE,
      priority: 'first',
    });
    for (const [n, factor] of [
      [0, '4417'],
      [1, '4418'],
    ] as const) {
      const { number } = lobby.held(n);
      const out = await lobby.checkin.number({ attempt: v7(), number, factor, purpose: 'check-in' });
      expect(out.outcome).toBe('accepted');
    }
    expect(entries().map((e) => [e.serviceId, e.orderAt, e.priority])).toEqual(
      expect.arrayContaining([
        [1, START + 20 * MINUTE, 'none'],
        [2, START, 'first'],
      ]),
    );
  });

  it('is no visit of this device that the centre has not told back for half an hour', async () => {
    await take();
    lobby.now += 30 * MINUTE;
    // What the centre has not heard yet stays, however long it is away.
    expect(entries()).toHaveLength(1);
    lobby.store.write((db) => {
      for (const { id } of lobby.operations()) acknowledge(db, id, 'applied', null, lobby.now);
    });
    lobby.queue.changed();
    expect(entries()).toEqual([]);
  });

  it('goes first when the desk has seen his document: the word of the centre counts, not the claim', async () => {
    lobby.office({ priority_claims: [{ id: 'war', name: { ru: 'Ветераны' }, level: 'first' }] });
    for (let n = 0; n < 3; n += 1) lobby.visit({ service: 1 });
    const mine = await take([1], { claim: 'war' });
    const wait = () =>
      known(lobby.queue.estimate({ serviceIds: [1], priority: 'none', orderAt: mine.arrivedAt, visitId: mine.id }))
        .ahead;
    expect(entries().find((e) => e.visitId === mine.id)?.priority).toBe('none');
    expect(wait()).toBe(3);
    lobby.visit({ id: mine.id, service: 1, priority: 'first', arrivedAt: mine.arrivedAt });
    expect(entries().find((e) => e.visitId === mine.id)?.priority).toBe('first');
    // Who comes now stands behind all four; he whose claim counts behind nobody.
    expect(known(newcomer()).ahead).toBe(4);
  });
});

describe('visits of the day by service', () => {
  it('count each once by its first service: told and own, served or gone', async () => {
    const mine = await take([1, 2]);
    await scan(1);
    lobby.visit({ service: 1, origin: 'booking', state: 'done' });
    lobby.visit({ service: 3, state: 'left' });
    const all = { 1: { walkIns: 1, all: 2 }, 2: { walkIns: 0, all: 1 }, 3: { walkIns: 1, all: 1 } };
    expect(Object.fromEntries(counts())).toEqual(all);
    lobby.visit({ id: mine.id, service: 1, further: [2] });
    expect(Object.fromEntries(counts())).toEqual(all);
    // The desk changed its services.
    lobby.visit({ id: mine.id, service: 2 });
    expect(Object.fromEntries(counts())).toMatchObject({ 1: { walkIns: 0, all: 1 }, 2: { walkIns: 1, all: 2 } });
  });
});

describe('how long serving takes', () => {
  it('is measured from the visits of the day; what cannot be is left out', () => {
    const served = (minutes: number) =>
      lobby.visit({ service: 1, state: 'done', servingAt: at('10:00'), doneAt: at('10:00') + minutes * MINUTE });
    for (const minutes of [6, 10, 14]) served(minutes);
    served(-5);
    lobby.visit({ service: 1, state: 'serving', servingAt: at('10:00') });
    const times = lobby.store.read((db) => serviceTimes(db, DAY));
    expect(times.map((t) => t.serviceId)).toEqual([1, 2, 3]);
    expect(times[0]).toMatchObject({ meanMinutes: 12, spreadMinutes: 4, measured: { n: 3, meanMinutes: 10 } });
    expect(times[0]?.measured?.spreadMinutes).toBeCloseTo(Math.sqrt(32 / 3));
    expect(times[1]?.measured).toBeNull();
  });
});

describe('the wait', () => {
  it('grows with who waits, and shrinks with windows', () => {
    const empty = known(newcomer());
    expect([empty.ahead, empty.fromMinutes]).toEqual([0, 0]);
    for (let n = 0; n < 6; n += 1) lobby.visit({ service: 1 });
    const full = known(newcomer());
    expect(full.fromMinutes).toBeGreaterThan(empty.toMinutes);
    for (const id of [2, 3]) lobby.window(id, [1, 2, 3]);
    expect(known(newcomer()).toMinutes).toBeLessThan(full.toMinutes);
  });

  it('of bookings that are expected before him lengthens it', () => {
    lobby.window(1, [1]);
    for (let n = 0; n < 4; n += 1) lobby.visit({ service: 1 });
    const before = known(newcomer());
    for (let n = 0; n < 10; n += 1) lobby.booking(n, { service_id: 1, status: 'cancelled' });
    const without = known(newcomer());
    expect(before.toMinutes).toBeGreaterThan(without.toMinutes);
  });

  it('is not known when the centre is not heard, or was heard too long ago', () => {
    lobby.visit({ service: 1 });
    expect(newcomer().known).toBe(true);
    lobby.heard = null;
    expect(newcomer()).toEqual({ known: false, why: 'stale', ahead: null });
    lobby.heard = lobby.now - 5 * MINUTE - 1;
    expect(newcomer()).toEqual({ known: false, why: 'stale', ahead: 1 });
    lobby.heard = lobby.now - 4 * MINUTE;
    expect(newcomer().known).toBe(true);
  });

  it('is read again when something changed, and by itself after a quarter of a minute', () => {
    expect(known(newcomer()).ahead).toBe(0);
    expect(lobby.queue.summary()?.waiting).toBe(0);
    const more = () =>
      lobby.store.write((db) => {
        db.run({
          text: `INSERT INTO queue_visit VALUES (?, 1, ?, 'walk-in', 1, 'A', 1, 'waiting', 'none', 0, 0, '[]', 'kiosk')`,
          params: [v7(), DAY],
        });
        db.run({
          text: `INSERT INTO queue_stage SELECT visit_id, 0, business_date, 1, 'waiting', NULL, NULL, NULL, NULL
            FROM queue_visit WHERE visit_id NOT IN (SELECT visit_id FROM queue_stage)`,
          params: [],
        });
      });
    more();
    expect(known(newcomer()).ahead).toBe(0);
    lobby.now += 15_000;
    expect(known(newcomer()).ahead).toBe(1);
    expect(lobby.queue.summary()?.waiting).toBe(1);
    more();
    lobby.queue.changed();
    expect(known(newcomer()).ahead).toBe(2);
    lobby.now += 5_000;
    expect(lobby.queue.summary()?.waiting).toBe(2);
  });

  it('is read anew when the business day changes', () => {
    lobby.visit({ service: 1 });
    lobby.now = at('04:00', 1) - 1000;
    expect(known(newcomer()).ahead).toBe(1);
    lobby.now = at('04:00', 1);
    expect(known(newcomer()).ahead).toBe(0);
  });
});

describe('the summary of the first screen', () => {
  it('has how many wait in all, and the usual range', () => {
    for (let n = 0; n < 4; n += 1) lobby.visit({ service: 1 + (n % 3) });
    lobby.visit({ service: 1, state: 'serving', window: 1, servingAt: lobby.now - MINUTE });
    const each = [...lobby.queue.everyService().values()].map(known);
    const summary = lobby.queue.summary();
    expect(summary?.waiting).toBe(4);
    expect(each.map((e) => e.fromMinutes)).toContain(summary?.fromMinutes);
    expect(each.map((e) => e.toMinutes)).toContain(summary?.toMinutes);
  });

  it('is nothing when the wait of no service is known', () => {
    lobby.heard = null;
    expect(lobby.queue.summary()).toBeNull();
    lobby.heard = undefined;
    expect(lobby.queue.summary()).not.toBeNull();
    lobby.window(1, [1, 2, 3], 'closed');
    lobby.now += 5_000;
    expect(lobby.queue.summary()).toBeNull();
  });

  it('is not worked out anew for each visitor, but every few seconds', () => {
    expect(lobby.queue.summary()?.waiting).toBe(0);
    lobby.visit({ service: 1 });
    lobby.queue.changed();
    lobby.now += 4_999;
    expect(lobby.queue.summary()?.waiting).toBe(0);
    lobby.now += 1;
    expect(lobby.queue.summary()?.waiting).toBe(1);
  });
});

describe('hot queries', () => {
  /** What grows: the caches, and what this device has done. */
  const LARGE = /\b(booking|slot|queue_visit|queue_stage|visit|ticket|print_job|outbox|request|audit|q|s)\b/;

  it('of a visitor read no large table from end to end', async () => {
    lobby.service(1, { policy: { capacity_per_day: 1000, unconfirmed_requests: true } });
    lobby.office({ factor_required: false });
    lobby.booking(0, { person: 'a'.repeat(32), factors: [verifierOf('4417')] });
    lobby.booking(3, { person: 'a'.repeat(32) });
    lobby.slot(1, at('15:00'));
    lobby.visit({ service: 1 });
    const { number } = lobby.held(0);
    const choice = await lobby.checkin.number({ attempt: v7(), number, factor: '4417', purpose: 'check-in' });
    if (choice.outcome !== 'choose') throw new Error(choice.outcome);
    await lobby.checkin.booking({ attempt: v7(), case: choice.case, booking: lobby.held(0).id });
    await scan(1);
    await take();
    lobby.catalogue.catalogue();
    lobby.catalogue.slots([1]);
    lobby.queue.summary();
    await lobby.requests.create({
      attempt: v7(),
      services: [1],
      startsAt: at('15:00'),
      contact: null,
      language: 'ru',
    });
    await lobby.voice.call(v7(), 'home', null, { booking: null, visit: null });
    lobby.store.read((db) => {
      readBookingByNumber(db, number, lobby.now);
      bookingsOfPerson(db, 'a'.repeat(32), 0, lobby.now);
      queueWindows(db);
    });
    // But for what a migration reads, once.
    const texts = [...lobby.driver.texts].filter((t) => /^\s*SELECT/.test(t) && !t.startsWith('SELECT seq, body'));
    const plans = texts.map((text) => ({ text, plan: explain(lobby.driver, text.replaceAll('?', 'NULL')) }));
    expect(texts.length).toBeGreaterThan(30);
    const scans = plans
      // In the order of the table itself, up to the first row.
      .filter(({ text, plan }) => !(text.endsWith('LIMIT 1') && !plan.some((line) => line.includes('TEMP B-TREE'))))
      .flatMap(({ text, plan }) =>
        plan.filter((line) => line.startsWith('SCAN') && LARGE.test(line)).map((line) => `${line}: ${text}`),
      );
    expect(scans).toEqual([]);
  });

  it.each([
    ['expected bookings', /FROM booking WHERE office_id .* ORDER BY starts_at/s, /COVERING INDEX booking_expected/],
    ['free times', /FROM slot WHERE service_id .* ORDER BY starts_at/s, /INDEX slot_free/],
    ['the next free time', /min\(starts_at\) AS at FROM slot/, /INDEX slot_free/],
    ['who waits', /FROM queue_visit AS q JOIN/, /INDEX queue_visit_by_state/],
    [
      'times of serving',
      /FROM queue_stage WHERE business_date .* GROUP BY service_id/s,
      /COVERING INDEX queue_stage_times/,
    ],
    ['visits by service', /service_id, origin, count/, /COVERING INDEX queue_visit_by_service/],
    ['the latest walk-ins', /origin = 'walk-in' AND business_date/, /INDEX visit_walk_in/],
  ])('%s: from the index that is made for it, without sorting', async (_what, text, index) => {
    lobby.slot(1, at('15:00'));
    await take();
    lobby.catalogue.catalogue();
    lobby.catalogue.slots([1]);
    const found = [...lobby.driver.texts].filter((t) => text.test(t));
    expect(found).toHaveLength(1);
    const plan = explain(lobby.driver, (found[0] ?? '').replaceAll('?', 'NULL')).join(' | ');
    expect(plan).toMatch(index);
    expect(plan.includes('TEMP B-TREE') && !plan.includes('USE TEMP B-TREE FOR GROUP BY')).toBe(false);
  });
});
