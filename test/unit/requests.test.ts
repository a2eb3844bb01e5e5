import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDevice } from '../../electron/core/store/registry.ts';
import { dropOldRequests } from '../../electron/core/store/requests.ts';
import { printable } from '../../electron/core/store/views.ts';
import { CentreError, type CentreClient } from '../../electron/core/sync/client.ts';
import { createPush } from '../../electron/core/sync/push.ts';
import { requestOutcome, type RequestOutcome } from '../../shared/contracts/app.ts';
import { operation, type Operation, type OpResult } from '../../shared/contracts/centre/schemas.ts';
import { at, DAY, MINUTE, openLobby, verifierOf, type Lobby } from '../fixtures/lobby.ts';

const NUMBER = '0000004X';
const TOKEN = `EZ1${'A'.repeat(151)}`;
const TIME = at('15:00');

type Answer = (op: Operation) => Omit<OpResult, 'op_id'>;

let lobby: Lobby;
let received: Operation[];
beforeEach(() => {
  lobby = openLobby();
  received = [];
  lobby.slot(1, TIME, 2);
  lobby.slot(1, at('15:30', 1));
});
afterEach(() => lobby.close());

const idOf = (op: Operation): string => ('booking_id' in op.payload ? (op.payload.booking_id ?? '') : '');
const booking = (op: Operation) => ({
  id: idOf(op),
  rev: 2,
  number: NUMBER,
  starts_at: ('starts_at' in op.payload ? op.payload.starts_at : null) ?? TIME,
  status: 'booked' as const,
  token: TOKEN,
});
const yes: Answer = (op) =>
  op.kind === 'request' ? { status: 'applied', booking: booking(op) } : { status: 'applied' };
const no =
  (type: string, status: OpResult['status'] = 'rejected'): Answer =>
  () => ({ status, problem: { type: `/problems/${type}`, title: 'no' } });

const pushOf = () =>
  createPush({
    store: lobby.store,
    clock: lobby.clock,
    log: lobby.log,
    deviceId: 'd1',
    settled: () => undefined,
    othersWork: () => true,
  });
/** The real push, to a centre that says what the test says. @returns one round of it */
const pushTo = (answer: Answer) => {
  const push = pushOf();
  const call = (_name: string, input: { ops: unknown[] }) => {
    const ops = input.ops.map((op) => operation.parse(op));
    received.push(...ops);
    const results = ops.map((op) => ({ op_id: op.op_id, ...answer(op) }));
    return Promise.resolve({ epoch: 'E1', acked_seq: ops.at(-1)?.seq ?? 0, durable_seq: 0, results });
  };
  const client = { call, sign: () => Promise.resolve('signature') } as unknown as CentreClient;
  return () => push.step(client, new AbortController().signal);
};
/** The centre answers while the visitor waits. */
const centre = (answer: Answer): void => {
  const step = pushTo(answer);
  lobby.answer = async () => {
    await step();
  };
};
const silent = (): void => {
  lobby.answer = () => Promise.resolve();
};

const create = (more: Partial<Parameters<Lobby['requests']['create']>[0]> = {}): Promise<RequestOutcome> =>
  lobby.requests.create({ attempt: v7(), services: [1], startsAt: TIME, contact: null, language: 'ru', ...more });
const of = <K extends RequestOutcome['outcome']>(o: RequestOutcome, outcome: K) => {
  requestOutcome.parse(o);
  if (o.outcome !== outcome) throw new Error(`not ${outcome}: ${JSON.stringify(o)}`);
  return o as Extract<RequestOutcome, { outcome: K }>;
};
const paperOf = (job: string | undefined) =>
  lobby.store.read((db) => {
    const device = readDevice(db);
    if (!device || job === undefined) throw new Error('nothing to print');
    return printable(db, device, job, lobby.now);
  });
/** Identifies by number and digits. @returns the case under which booking 0 may be moved */
const identified = async (): Promise<string> => {
  lobby.booking(0, { factors: [verifierOf('4417')], starts_at: at('16:00') });
  const out = await lobby.checkin.number({
    attempt: v7(),
    number: lobby.held(0).number,
    factor: '4417',
    purpose: 'manage',
  });
  if (out.outcome !== 'choose') throw new Error(out.outcome);
  return out.case;
};
const states = () => lobby.rows('request').map((row) => row['state']);

describe('a time that is booked here', () => {
  it('is confirmed by the centre: number, from when to come, and a slip with its code', async () => {
    centre(yes);
    const out = of(await create({ services: [1, 2, 1] }), 'confirmed');
    expect(out).toMatchObject({
      kind: 'create',
      startsAt: TIME,
      number: NUMBER,
      arriveFrom: TIME - 45 * MINUTE,
      job: { state: 'queued', copy: 0 },
    });
    expect(out.services.map((s) => s.ru)).toEqual(['Паспорт гражданина РФ', 'Водительское удостоверение']);
    const [op] = received;
    expect(op).toMatchObject({
      type: 'booking.create',
      kind: 'request',
      business_date: DAY,
      payload: { service_id: 1, further_services: [2], starts_at: TIME, language: 'ru', contact: null },
    });
    expect(op && idOf(op)).toMatch(/^[0-9a-f]{32}$/);
    expect(paperOf(out.job?.id)).toMatchObject({
      kind: 'slip',
      bookingNumber: '0000-004X',
      confirmed: true,
      qr: TOKEN,
      startsAt: TIME,
      arriveFrom: TIME - 45 * MINUTE,
      services: out.services,
      address: { ru: 'ул. Ленина, 5' },
      copy: 0,
      language: 'ru',
      papers: [{ ru: 'паспорт, который меняете' }],
    });
    expect(lobby.counts('visit', 'ticket')).toEqual([0, 0]);
  });

  it('tells another time to come from where the service says so', async () => {
    lobby.service(1, { policy: { early_announced_minutes: 10 } });
    centre(yes);
    expect(of(await create(), 'confirmed').arriveFrom).toBe(TIME - 10 * MINUTE);
  });

  it('is the same to a repeated attempt: one request, one slip', async () => {
    centre(yes);
    const attempt = v7();
    const first = await create({ attempt });
    lobby.restart();
    expect(await create({ attempt })).toEqual(first);
    expect(lobby.counts('request', 'outbox', 'print_job')).toEqual([1, 1, 1]);
  });

  it('is found by its attempt also when the first call ended before the answer', async () => {
    lobby.answer = () => Promise.reject(new Error('the core was killed'));
    const attempt = v7();
    await expect(create({ attempt })).rejects.toThrow('killed');
    expect(states()).toEqual(['waiting']);
    lobby.restart();
    centre(yes);
    of(await create({ attempt }), 'confirmed');
    expect(lobby.counts('request', 'print_job')).toEqual([1, 1]);
    expect(received).toHaveLength(1);
  });

  it('whose visitor was never answered is taken back after a minute, and what comes later changes nothing', async () => {
    lobby.answer = () => Promise.reject(new Error('the core was killed'));
    await expect(create()).rejects.toThrow('killed');
    lobby.restart();
    lobby.now += MINUTE - 1;
    lobby.requests.sweep();
    expect(states()).toEqual(['waiting']);
    lobby.now += 2;
    lobby.requests.sweep();
    lobby.requests.sweep();
    expect(states()).toEqual(['withdrawn']);
    await pushTo(yes)();
    expect(received.map((op) => op.type)).toEqual(['booking.create', 'request.withdraw']);
    expect(states()).toEqual(['withdrawn']);
  });

  it.each(['INTO request', 'INTO outbox', 'INTO audit'])('is nothing at all when it fails at %s', async (statement) => {
    lobby.driver.failAt = new RegExp(statement);
    await expect(create()).rejects.toThrow('the plug was pulled');
    expect(lobby.counts('request', 'outbox', 'audit', 'print_job')).toEqual([0, 0, 0, 0]);
  });

  it('was taken by somebody else: another free time than that one, no slip', async () => {
    centre(no('slot-taken', 'conflict_recorded'));
    const out = of(await create(), 'refused');
    expect(out.reason).toBe('slot-taken');
    expect(out.next).toEqual([{ step: 'slots', services: [1], soonest: at('15:30', 1) }, { step: 'call-staff' }]);
    expect(lobby.counts('print_job')).toEqual([0]);
    expect(lobby.rows('outbox')[0]).toMatchObject({ state: 'acked' });
  });

  it('is rejected for another reason: said so, nothing parked', async () => {
    centre(no('service-closed'));
    expect(of(await create(), 'refused').reason).toBe('request-rejected');
    expect(states()).toEqual(['rejected']);
    expect(lobby.rows('outbox')[0]).toMatchObject({ state: 'acked' });
  });

  it('that the centre cannot read, or that makes it fail, is refused and parked', async () => {
    const push = pushOf();
    const call = () => Promise.reject(new CentreError('refused', 'no', { status: 400 }));
    lobby.answer = async () => {
      await push.step(
        { call, sign: () => Promise.resolve('s') } as unknown as CentreClient,
        new AbortController().signal,
      );
    };
    expect(of(await create(), 'refused').reason).toBe('request-rejected');
    expect(lobby.rows('outbox')[0]).toMatchObject({ state: 'parked' });
  });

  it('that this device knows to be taken, past or not offered is not asked for', async () => {
    lobby.slot(2, at('10:15'));
    for (const [services, startsAt] of [
      [[1], at('15:15')],
      [[2], at('10:15')],
      [[3], TIME],
    ] as const) {
      expect(of(await create({ services, startsAt }), 'refused').reason).toBe('slot-taken');
    }
    lobby.slot(1, TIME, 0);
    expect(of(await create(), 'refused').next[0]).toEqual({
      step: 'slots',
      services: [1],
      soonest: at('15:30', 1),
    });
    expect(lobby.counts('request', 'outbox')).toEqual([0, 0]);
  });
});

describe('without an answer in time', () => {
  it('is taken back once, and what the centre says later changes nothing', async () => {
    silent();
    const attempt = v7();
    const out = of(await create({ attempt }), 'refused');
    expect([out.reason, out.next]).toEqual(['centre-away', [{ step: 'call-staff' }]]);
    expect(of(await create({ attempt }), 'refused').reason).toBe('centre-away');
    const [made, back, ...more] = lobby.operations();
    expect(more).toEqual([]);
    expect(back).toMatchObject({ type: 'request.withdraw', payload: { op_id: made?.id } });
    expect(lobby.rows('outbox')[1]).toMatchObject({ kind: 'fact' });
    await pushTo(yes)();
    expect(received.map((op) => op.type)).toEqual(['booking.create', 'request.withdraw']);
    expect(of(await create({ attempt }), 'refused').reason).toBe('centre-away');
    expect(states()).toEqual(['withdrawn']);
    expect(lobby.counts('print_job')).toEqual([0]);
  });

  it('where the service allows it, there is a slip that says that it is not confirmed, and nothing is taken back', async () => {
    lobby.service(1, { policy: { unconfirmed_requests: true } });
    silent();
    const attempt = v7();
    const out = of(await create({ attempt }), 'unconfirmed');
    expect(out).toMatchObject({ number: null, startsAt: TIME, job: { state: 'queued' } });
    expect(paperOf(out.job?.id)).toMatchObject({ kind: 'slip', confirmed: false, bookingNumber: null, qr: null });
    expect(await create({ attempt })).toEqual(out);
    expect(lobby.operations().map((op) => op.type)).toEqual(['booking.create']);
    // The yes comes before the paper does: it is drawn as things are then.
    await pushTo(yes)();
    expect(paperOf(out.job?.id)).toMatchObject({ confirmed: true, bookingNumber: '0000-004X', qr: TOKEN });
    expect(of(await create({ attempt }), 'confirmed').job?.id).toBe(out.job?.id);
    expect(lobby.counts('print_job')).toEqual([1]);
  });

  it('deferred is no answer', async () => {
    const step = pushTo(() => ({ status: 'deferred' }));
    lobby.answer = () =>
      step().then(
        () => undefined,
        () => undefined,
      );
    expect(of(await create(), 'refused').reason).toBe('centre-away');
  });

  it('offline: refused at once and not sent later, or unconfirmed where that is allowed', async () => {
    lobby.online = false;
    expect(of(await create(), 'refused').reason).toBe('centre-away');
    expect(lobby.counts('request', 'outbox')).toEqual([0, 0]);
    lobby.service(1, { policy: { unconfirmed_requests: true } });
    of(await create(), 'unconfirmed');
    expect(lobby.operations().map((op) => op.type)).toEqual(['booking.create']);
  });

  it('is forgotten with its slip on the next day, but not while it waits', async () => {
    centre(yes);
    await create();
    silent();
    lobby.answer = () => Promise.reject(new Error('killed'));
    await create().catch(() => undefined);
    lobby.store.write((db) => dropOldRequests(db, DAY));
    expect(lobby.counts('request', 'print_job')).toEqual([2, 1]);
    lobby.store.write((db) => dropOldRequests(db, '2026-11-24'));
    expect([states(), lobby.counts('print_job')]).toEqual([['waiting'], [0]]);
  });
});

describe('a booking that is moved or cancelled here', () => {
  const move = (id: string, more: Partial<Parameters<Lobby['requests']['reschedule']>[0]> = {}) =>
    lobby.requests.reschedule({
      attempt: v7(),
      case: id,
      booking: lobby.held(0).id,
      startsAt: TIME,
      language: 'en',
      ...more,
    });
  const cancel = (id: string, attempt = v7()) =>
    lobby.requests.cancel({ attempt, case: id, booking: lobby.held(0).id, language: 'ru' });

  it('is moved with the consent of the centre, and has a slip with the new time and code', async () => {
    const id = await identified();
    centre(yes);
    const out = of(await move(id), 'confirmed');
    expect(out).toMatchObject({ kind: 'reschedule', startsAt: TIME, number: NUMBER });
    expect(received[0]).toMatchObject({
      type: 'booking.reschedule',
      entity_id: lobby.held(0).id,
      payload: { booking_id: lobby.held(0).id, starts_at: TIME },
    });
    expect(paperOf(out.job?.id)).toMatchObject({ kind: 'slip', startsAt: TIME, qr: TOKEN, language: 'en' });
  });

  it('is cancelled, without a slip', async () => {
    const id = await identified();
    centre((op) => ({ status: 'applied', booking: { ...booking(op), status: 'cancelled', token: null } }));
    const attempt = v7();
    const out = of(await cancel(id, attempt), 'confirmed');
    expect(out).toMatchObject({ kind: 'cancel', startsAt: at('16:00'), arriveFrom: null, job: null });
    expect(received[0]).toMatchObject({ type: 'booking.cancel', payload: { booking_id: lobby.held(0).id } });
    expect(await cancel(id, attempt)).toEqual(out);
    expect(lobby.counts('print_job', 'request')).toEqual([0, 1]);
  });

  it('stays as it is when the centre says no: the time is taken, or it may not be done', async () => {
    const id = await identified();
    centre(no('slot-taken'));
    expect(of(await move(id), 'refused')).toMatchObject({ reason: 'slot-taken', next: [{ step: 'slots' }, {}] });
    centre(no('already-arrived'));
    expect(of(await cancel(id), 'refused')).toMatchObject({
      reason: 'request-rejected',
      next: [{ step: 'call-staff' }],
    });
  });

  it('without an answer it is taken back, or unconfirmed', async () => {
    const id = await identified();
    silent();
    expect(of(await cancel(id), 'refused').reason).toBe('centre-away');
    expect(lobby.operations().map((op) => op.type)).toEqual(['booking.cancel', 'request.withdraw']);
    lobby.service(1, { policy: { unconfirmed_requests: true } });
    expect(of(await cancel(id), 'unconfirmed')).toMatchObject({ kind: 'cancel', job: null });
    expect(of(await move(id), 'unconfirmed').job).toMatchObject({ state: 'queued' });
  });

  it('needs a case of its own that is still open; a repeated attempt is answered all the same', async () => {
    const id = await identified();
    centre(yes);
    expect(of(await move(v7()), 'refused').reason).toBe('case-expired');
    expect(of(await move(id, { booking: lobby.held(1).id }), 'refused').reason).toBe('case-expired');
    const attempt = v7();
    const done = of(await move(id, { attempt }), 'confirmed');
    lobby.now += 5 * MINUTE;
    expect(of(await move(id), 'refused')).toMatchObject({ reason: 'case-expired', next: [{ step: 'scan-again' }, {}] });
    expect(of(await cancel(id), 'refused').reason).toBe('case-expired');
    expect(await move(id, { attempt })).toEqual(done);
    expect(received).toHaveLength(1);
  });

  it('that has left the cache meanwhile is not known', async () => {
    const id = await identified();
    lobby.remove('booking', lobby.held(0).id);
    expect(of(await cancel(id), 'refused').reason).toBe('unknown');
  });

  it('is not moved to a time that is known to be taken', async () => {
    const id = await identified();
    lobby.slot(1, TIME, 0);
    expect(of(await move(id), 'refused').reason).toBe('slot-taken');
    expect(lobby.counts('request')).toEqual([0]);
  });
});
