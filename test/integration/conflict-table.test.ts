import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConflictView, ScanOutcome } from '../../shared/contracts/app.ts';
import type { Control } from '../centre/control.ts';
import { markNoShows } from '../centre/bookings.ts';
import { keepEntities, readEntities } from '../centre/change-log.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { erase } from '../centre/retention.ts';
import { NOON } from '../centre/test-stage.ts';
import { closeDevices, startDevice, type CoreDevice } from '../fixtures/core-device.ts';
import { until } from '../tools/stage.ts';

/**
 * What contradicts what, and what becomes of it: each case of resources/centre-api.md, "Conflicts", with whole devices
 * (two kiosks and a desk) and the reference centre, over real HTTP. The time is noon of a Monday and goes on from there.
 */

const MINUTE = 60_000;
const SERVICE = 101;

let dir: string;
let centre: Centre;
let one: CoreDevice;
let two: CoreDevice;
let desk: CoreDevice;
/** What has to be added to this machine's clock. */
let shift: number;
const now = (): number => Date.now() + shift;
/** Time passes for everybody. */
const pass = (ms: number): void => {
  shift += ms;
  for (const device of [one, two, desk]) device.advance(ms);
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'talon-conflicts-'));
  shift = NOON - Date.now();
  centre = await startCentre({ db: join(dir, 'centre.db'), seed: 'demo', control: true, now, log: () => undefined });
  const start = async (roles: ('kiosk' | 'desk')[]): Promise<CoreDevice> =>
    startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE, roles) }, offsetMs: shift });
  [one, two, desk] = await Promise.all([start(['kiosk']), start(['kiosk']), start(['desk'])]);
  await Promise.all([one, two, desk].map((device) => device.live()));
});
afterEach(async () => {
  await closeDevices();
  await centre.close();
  rmSync(dir, { recursive: true, force: true });
});

const turn = (change: Partial<Control>) => centre.control(change);
const book = (minutes = 10) => {
  const { booking } = centre.control({
    book: { office_id: DEMO_OFFICE, service_id: SERVICE, starts_at: now() + minutes * MINUTE },
  });
  if (!booking) throw new Error('no booking was made');
  return booking;
};
const has = async (device: CoreDevice, booking: string): Promise<void> => {
  await until('the booking has come', () =>
    device.rows('SELECT 1 FROM booking WHERE booking_id = ?', booking).length > 0 ? true : null,
  );
};
/** A booking that both kiosks hold, with their lines cut then. */
const heldOffline = async (minutes = 10) => {
  const booking = book(minutes);
  await Promise.all([has(one, booking.id), has(two, booking.id)]);
  for (const device of [one, two]) device.line(false);
  return booking;
};
const scan = async (device: CoreDevice, text: string): Promise<ScanOutcome> =>
  device.call('checkin.scan', { attempt: v7(), text, source: 'camera' });
const checkIn = async (device: CoreDevice, token: string) => {
  const outcome = await scan(device, token);
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.visit;
};
const walkIn = async (device: CoreDevice, more: Record<string, unknown> = {}) => {
  const outcome = await device.call('walkin.take', {
    attempt: v7(),
    services: [SERVICE],
    language: 'ru',
    despiteQueue: true,
    ...more,
  });
  if (outcome.outcome !== 'accepted') throw new Error(`no ticket: ${JSON.stringify(outcome)}`);
  return outcome.visit;
};
const back = async (...devices: CoreDevice[]): Promise<void> => {
  for (const device of devices) {
    device.line(true);
    await device.told();
  }
};
/** The first conflict of a type that the desk sees. */
const conflict = async (type: string, fits: (c: ConflictView) => boolean = () => true): Promise<ConflictView> =>
  until(`a conflict ${type}`, async () => {
    const all = await desk.call('conflict.list', {});
    return all.find((c) => c.type === type && fits(c)) ?? null;
  });
const conflicts = async (): Promise<string[]> => (await desk.call('conflict.list', {})).map((c) => c.type);
const at = <T>(query: string, ...params: (string | number)[]): T[] =>
  centre.context.db.prepare<(string | number)[], T>(query).all(...params);
const bookingAt = (id: string) =>
  at<{ status: string; starts_at: number }>('SELECT status, starts_at FROM booking WHERE booking_id = ?', id)[0];
/** Visits in the queue that the desk holds. */
const queue = () =>
  desk.rows('SELECT visit_id, state, number, order_at, priority, also FROM queue_visit ORDER BY visit_id');
const inQueue = (visit: string) => queue().find((row) => row['visit_id'] === visit);
const shown = async (visit: string) => until('in the queue', () => inQueue(visit) ?? null);
const operations = (type: string) =>
  at<{ status: string; body: string }>('SELECT status, body FROM operation WHERE type = ?', type);

describe('row', () => {
  it('1: the same operation twice is one', async () => {
    turn({ drop: { path: '/sync/ops', at: 'after', times: 1, lines: 0 } });
    const visit = await checkIn(one, book().token);
    await one.told();
    expect(operations('checkin')).toHaveLength(1);
    expect(at('SELECT * FROM visit WHERE visit_id = ?', visit.id)).toHaveLength(1);
    expect(one.rows(`SELECT status FROM outbox WHERE type = 'checkin'`)).toEqual([{ status: 'duplicate' }]);
  });

  it.each(['in order', 'the later one first'])(
    '2: checked in twice while offline: one visit with two tickets, told %s; the desk may split',
    async (order) => {
      const booking = await heldOffline();
      const first = await checkIn(one, booking.token);
      pass(3 * MINUTE);
      const second = await checkIn(two, booking.token);
      expect(second.number).not.toEqual(first.number);
      await (order === 'in order' ? back(one, two) : back(two, one));
      const found = await conflict('double-checkin');
      expect(found).toMatchObject({ open: true, booking: booking.id });
      await shown(first.id);
      expect(inQueue(second.id)).toBeUndefined();
      expect(JSON.parse(String(inQueue(first.id)?.['also']))).toEqual([second.number]);
      await desk.call('conflict.resolve', { conflict: found.id, how: 'split' });
      await shown(second.id);
      await until('nothing left to decide', async () =>
        (await desk.call('conflict.list', {})).every((c) => !c.open) ? true : null,
      );
      expect(JSON.parse(String(inQueue(first.id)?.['also']))).toEqual([]);
    },
  );

  it('3: again much later on the same day: he came back, one visit, nothing to decide', async () => {
    const booking = await heldOffline();
    const first = await checkIn(one, booking.token);
    pass(31 * MINUTE);
    // For this kiosk he is only late: let the rules take him in all the same.
    const outcome = await scan(two, booking.token);
    if (outcome.outcome !== 'accepted') {
      // Out of time at the second kiosk: nothing was given, nothing collides.
      await back(one, two);
      await shown(first.id);
      expect(await conflicts()).not.toContain('double-checkin');
      return;
    }
    await back(one, two);
    await shown(first.id);
    expect(
      operations('checkin')
        .map((op) => op.status)
        .sort(),
    ).toEqual(['applied', 'merged']);
    expect(inQueue(outcome.visit.id)).toBeUndefined();
    expect((await desk.call('conflict.list', {})).filter((c) => c.open)).toEqual([]);
  });

  it('4: cancelled before the check-in that was made offline: to the desk, not to the window', async () => {
    const booking = await heldOffline();
    turn({ cancel: booking.id });
    pass(2 * MINUTE);
    const visit = await checkIn(one, booking.token);
    await back(one);
    expect(await conflict('from-cancelled')).toMatchObject({ open: true, booking: booking.id, visit: visit.id });
    expect(bookingAt(booking.id)?.status).toBe('cancelled');
  });

  it('5: cancelled after he came: the check-in wins', async () => {
    const booking = await heldOffline();
    const visit = await checkIn(one, booking.token);
    pass(2 * MINUTE);
    turn({ cancel: booking.id });
    await back(one);
    expect(await conflict('cancel-reverted')).toMatchObject({ open: false, booking: booking.id });
    expect(bookingAt(booking.id)?.status).toBe('arrived');
    await shown(visit.id);
  });

  it('6: moved on the same day: the check-in belongs to the new time', async () => {
    const booking = await heldOffline();
    const later = now() + 30 * MINUTE;
    turn({ move: { booking: booking.id, starts_at: later } });
    const visit = await checkIn(one, booking.token);
    await back(one);
    expect(await shown(visit.id)).toMatchObject({ order_at: later });
    expect(await conflicts()).toEqual([]);
  });

  it('7: moved to another day: he is here without a time, the booking to come stays', async () => {
    const booking = await heldOffline();
    const tomorrow = now() + 24 * 60 * MINUTE;
    turn({ move: { booking: booking.id, starts_at: tomorrow } });
    const visit = await checkIn(one, booking.token);
    await back(one);
    expect(await conflict('other-day')).toMatchObject({ open: true, visit: visit.id });
    expect(bookingAt(booking.id)).toMatchObject({ status: 'booked', starts_at: tomorrow });
  });

  /** A time with one place left that both kiosks know of. */
  const lastPlace = async () => {
    const [slot] = one.rows(
      `SELECT slot_id, starts_at FROM slot WHERE service_id = ? AND free > 0 AND starts_at > ? ORDER BY starts_at LIMIT 1`,
      SERVICE,
      now() + 60 * MINUTE,
    );
    const startsAt = Number(slot?.['starts_at']);
    turn({ slots: { office_id: DEMO_OFFICE, slot: String(slot?.['slot_id']), free: 1 } });
    for (const device of [one, two]) {
      await until('one place is left', () =>
        device.rows('SELECT free FROM slot WHERE slot_id = ?', String(slot?.['slot_id']))[0]?.['free'] === 1
          ? true
          : null,
      );
    }
    return startsAt;
  };
  const take = (device: CoreDevice, startsAt: number) =>
    device.call('booking.create', { attempt: v7(), services: [SERVICE], startsAt, contact: null, language: 'ru' });

  it('8: two take the last place: the first that is heard has it, the other is told no', async () => {
    const startsAt = await lastPlace();
    turn({ hold: { path: '/sync/ops', at: 'before', release: false } });
    const both = [take(one, startsAt), take(two, startsAt)];
    await until('both are asked', () => (centre.gate.state().held.length === 2 ? true : null));
    turn({ hold: { path: '/sync/ops', at: 'before', release: true } });
    const outcomes = await Promise.all(both);
    expect(outcomes.map((o) => o.outcome).sort()).toEqual(['confirmed', 'refused']);
    expect(outcomes.find((o) => o.outcome === 'refused')).toMatchObject({ reason: 'slot-taken' });
    // He was told at once: to be known at the desk, nobody has to be called.
    expect(await conflict('request-rejected')).toMatchObject({ open: false });
  });

  it('8: two take it while offline, with papers that say "not confirmed": the desk has to call the second', async () => {
    const startsAt = await lastPlace();
    for (const device of [one, two]) device.line(false);
    expect((await take(one, startsAt)).outcome).toBe('unconfirmed');
    expect((await take(two, startsAt)).outcome).toBe('unconfirmed');
    pass(5 * MINUTE);
    await back(one, two);
    const found = await conflict('request-rejected');
    expect(found.open).toBe(true);
    expect(at<{ n: number }>(`SELECT count(*) AS n FROM booking WHERE starts_at = ?`, startsAt)[0]?.n).toBeGreaterThan(
      0,
    );
    expect(
      operations('booking.create')
        .map((op) => op.status)
        .sort(),
    ).toEqual(['applied', 'rejected']);
  });

  it('9: sold online meanwhile: told no', async () => {
    const startsAt = await lastPlace();
    turn({ hold: { path: '/sync/ops', at: 'before', release: false } });
    const mine = take(one, startsAt);
    await until('it is asked', () => (centre.gate.state().held.length === 1 ? true : null));
    centre.control({ book: { office_id: DEMO_OFFICE, service_id: SERVICE, starts_at: startsAt } });
    turn({ hold: { path: '/sync/ops', at: 'before', release: true } });
    expect(await mine).toMatchObject({ outcome: 'refused', reason: 'slot-taken' });
  });

  it('10: a service that is closed by now: he is sent elsewhere, not away', async () => {
    for (const device of [one, two]) device.line(false);
    const visit = await walkIn(one);
    const others = readEntities(centre.context, 'service').map(({ id }) => id);
    keepEntities(
      centre.context,
      'service',
      others.filter((id) => id !== String(SERVICE)),
    );
    await back(one);
    expect(await conflict('needs-redirect')).toMatchObject({ open: true, visit: visit.id });
    expect(at('SELECT * FROM visit WHERE visit_id = ?', visit.id)).toHaveLength(1);
  });

  it('11: the same phone took two tickets at two kiosks: a hint, nothing is merged', async () => {
    const consent = (await one.call('walkin.catalogue', {})).consent;
    const contact = { phone: '+79161234567', consent: consent?.version ?? '' };
    const [a, b] = [await walkIn(one, { contact }), await walkIn(two, { contact })];
    await Promise.all([one.told(), two.told()]);
    const found = await conflict('possible-duplicate');
    expect(new Set([a.id, b.id])).toEqual(new Set([found.visit, found.other]));
    await Promise.all([shown(a.id), shown(b.id)]);
  });

  it('12: a confirmation that the kiosk has not heard of: taken at its word, and found at the centre', async () => {
    one.line(false);
    const booking = book(15);
    const outcome = await scan(one, booking.token);
    expect(outcome).toMatchObject({ outcome: 'accepted', provisional: true });
    await back(one);
    await until('found', () => (bookingAt(booking.id)?.status === 'arrived' ? true : null));
    expect(await conflicts()).toEqual([]);
  });

  it('13: a forged one: noted with the reason and a hash, nothing else', async () => {
    const { token } = book();
    const forged = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A');
    expect((await scan(one, forged)).outcome).toBe('refused');
    await one.told();
    const [noted] = operations('scan.failed');
    expect(noted?.status).toBe('applied');
    expect(noted?.body).not.toContain(forged);
    expect(Object.keys((JSON.parse(noted?.body ?? '{}') as { payload: object }).payload).sort()).toEqual([
      'reason',
      'text_sha256',
    ]);
  });

  it.each(['called first', 'undone first'])(
    '14: taken back at one device and served at another: being served wins (%s)',
    async (order) => {
      const visit = await checkIn(one, book().token);
      await one.told();
      await shown(visit.id);
      const serve = () => turn({ visit: { visit: visit.id, to: 'called', window: 1 } });
      if (order === 'called first') serve();
      one.line(false);
      await one.call('visit.undo', { visit: visit.id });
      if (order !== 'called first') serve();
      await back(one);
      expect(at<{ state: string }>('SELECT state FROM visit WHERE visit_id = ?', visit.id)[0]?.state).toBe('called');
    },
  );

  it('14: taken back and not called: he is gone from the queue, and may check in again', async () => {
    const { token } = book();
    const visit = await checkIn(one, token);
    await one.told();
    await shown(visit.id);
    await one.call('visit.undo', { visit: visit.id });
    await one.told();
    await until('gone', () => (inQueue(visit.id)?.['state'] === 'waiting' ? null : true));
    const again = await until('he may come again', async () => {
      const outcome = await scan(one, token);
      return outcome.outcome === 'accepted' && outcome.visit.id !== visit.id ? outcome.visit : null;
    });
    expect(again.number).not.toEqual(visit.number);
  });

  it('15: taken for a no-show, but he had come in time: the no-show is withdrawn', async () => {
    const booking = await heldOffline(2);
    pass(3 * MINUTE);
    const visit = await checkIn(one, booking.token);
    pass(40 * MINUTE);
    markNoShows(centre.context, DEMO_OFFICE);
    expect(bookingAt(booking.id)?.status).toBe('no-show');
    await back(one);
    await until('withdrawn', () => (bookingAt(booking.id)?.status === 'arrived' ? true : null));
    await shown(visit.id);
  });

  it('16: two desks change different things of a visit: both count; the same thing: the second is told that it is stale', async () => {
    const other = await startDevice({
      centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE, ['desk']) },
      offsetMs: shift,
    });
    await other.live();
    const visit = await checkIn(one, book().token);
    await one.told();
    const both = async (run: () => Promise<unknown>): Promise<void> => {
      const rev = (device: CoreDevice) =>
        device.rows('SELECT rev FROM queue_visit WHERE visit_id = ?', visit.id)[0]?.['rev'];
      const last = () => at<{ rev: number }>('SELECT rev FROM visit WHERE visit_id = ?', visit.id)[0]?.rev;
      await until('both desks have it', () => (rev(desk) === last() && rev(other) === last() ? true : null));
      desk.line(false);
      other.line(false);
      await run();
      await back(desk, other);
    };
    await both(async () => {
      await desk.call('visit.edit', { visit: visit.id, note: 'с переводчиком' });
      await other.call('visit.edit', { visit: visit.id, priority: 'first' });
    });
    await until('both count', () => (inQueue(visit.id)?.['priority'] === 'first' ? true : null));
    expect(
      operations('visit.edit')
        .map((op) => op.status)
        .sort(),
    ).toEqual(['applied', 'merged']);
    await both(async () => {
      await desk.call('visit.edit', { visit: visit.id, priority: 'none' });
      await other.call('visit.edit', { visit: visit.id, priority: 'out-of-turn' });
    });
    expect(
      operations('visit.edit')
        .map((op) => op.status)
        .sort(),
    ).toEqual(['applied', 'applied', 'merged', 'rejected']);
    await until('the first one counts', () => (inQueue(visit.id)?.['priority'] === 'none' ? true : null));
  });

  it('17: told days later: kept, and in no queue of today', async () => {
    one.line(false);
    const visit = await walkIn(one);
    pass(4 * 24 * 60 * MINUTE);
    await back(one);
    expect(at('SELECT * FROM visit WHERE visit_id = ?', visit.id)).toHaveLength(1);
    await desk.live();
    expect(inQueue(visit.id)).toBeUndefined();
  });

  it('18: a claim that nobody has confirmed does not count yet', async () => {
    const claim = 'infant';
    const visit = await walkIn(one, { claim });
    await one.told();
    const before = await shown(visit.id);
    const [row] = at<{ claim: string; claim_confirmed: number }>(
      'SELECT claim, claim_confirmed FROM visit WHERE visit_id = ?',
      visit.id,
    );
    expect(row).toEqual({ claim, claim_confirmed: 0 });
    expect(before['priority']).toBe('none');
    turn({ visit: { visit: visit.id, to: 'confirm', window: null } });
    await until('it counts', () => (inQueue(visit.id)?.['priority'] === 'none' ? null : true));
  });

  it('19: rated twice: both are kept, the latest counts', async () => {
    const visit = await walkIn(one);
    await one.told();
    for (const score of [2, 5]) {
      await one.call('feedback.send', { attempt: v7(), visit: visit.id, score, reasons: [], words: null });
      pass(MINUTE);
    }
    await one.told();
    const said = at<{ score: number }>('SELECT score FROM feedback WHERE visit_id = ? ORDER BY occurred_at', visit.id);
    expect(said.map((f) => f.score)).toEqual([2, 5]);
  });

  it('20: what the centre purges is gone from the device, which says so', async () => {
    const booking = book();
    await has(one, booking.id);
    erase(centre.context, booking.id);
    await until('gone', () =>
      one.rows('SELECT 1 FROM booking WHERE booking_id = ?', booking.id).length === 0 ? true : null,
    );
    await one.told();
    const said = operations('purge.done').map(
      (op) => (JSON.parse(op.body) as { payload: { ids: string[] } }).payload.ids,
    );
    expect(said.flat()).toContain(booking.id);
  });
});
