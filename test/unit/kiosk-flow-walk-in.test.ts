import { describe, expect, it } from 'vitest';
import { TIMES } from '../../renderer/kiosk/flow.ts';
import type { FlowEvent, FlowState, WalkIn } from '../../renderer/kiosk/steps.ts';
import type { RequestOutcome, WalkInOutcome } from '../../shared/contracts/app.ts';
import { fail, ok } from '../../shared/contracts/result.ts';
import {
  accepted,
  AT,
  booking,
  CASE,
  CATALOGUE,
  DAYS,
  effectsOf,
  HOME,
  manyWait,
  moved,
  on,
  play,
  refused,
  stepAt,
} from '../fixtures/kiosk-flow.ts';
import { job } from '../fixtures/kiosk-gallery/states.ts';

const walkInOf = (s: FlowState): WalkIn => {
  const step = stepAt(s, 'confirm');
  if (step.what !== 'walk-in') throw new Error(step.what);
  return step.walkIn;
};
const service = (id: number, now = 50): FlowEvent => ({ type: 'service', service: id, now });
const add: FlowEvent = { type: 'add-service', now: 45 };
const take: FlowEvent = { type: 'take', attempt: 't1', now: 50 };
const taken = (outcome: WalkInOutcome, attempt = 't1'): FlowEvent => ({
  type: 'walk-in-answered',
  attempt,
  result: ok(outcome),
  now: 60,
});
const contact = { phone: '+79161234567', consent: '2026-01' };

describe('a number without a booking', () => {
  it('begins with the services and leads to what was chosen; a number is fetched meanwhile', () => {
    expect(effectsOf(HOME, { type: 'services', now: 1 })).toEqual([{ do: 'catalogue' }]);
    const { state, effects } = play(AT.services, service(7));
    expect(effects).toEqual([{ do: 'catalogue' }, { do: 'prepare', services: [7] }]);
    expect(walkInOf(state)).toEqual({ services: [7], claim: null, contact: null });
    expect(on(state, { type: 'back', now: 60 }).step).toMatchObject({ at: 'services', walkIn: null });
  });

  it('takes several services in their order, each once, five at most', () => {
    let s = AT.confirm;
    for (const id of [2, 1, 3, 4, 5]) s = on(s, add, service(id));
    expect(walkInOf(s).services).toEqual([1, 2, 3, 4, 5]);
    expect(on(s, add)).toBe(s);
    // `back` takes away what was added last, not the list that it was added from.
    expect(walkInOf(on(s, { type: 'back', now: 60 })).services).toEqual([1, 2, 3, 4]);
  });

  it('lets go of services but of the last one', () => {
    const two = on(AT.confirm, add, service(2));
    const { state, effects } = play(two, { type: 'remove-service', service: 1, now: 60 });
    expect(walkInOf(state).services).toEqual([2]);
    expect(effects).toEqual([{ do: 'prepare', services: [2] }]);
    expect(on(state, { type: 'remove-service', service: 2, now: 61 })).toBe(state);
    expect(on(two, { type: 'remove-service', service: 9, now: 61 })).toBe(two);
  });

  it('keeps a claim and a phone beside the services, and goes back to the whole by itself', () => {
    const claimed = on(AT.claim, { type: 'claim', claim: 'veteran', now: 50 });
    expect(stepAt(claimed, 'confirm')).toMatchObject({ part: 'main', walkIn: { services: [1], claim: 'veteran' } });
    const phoned = on(claimed, { type: 'part', part: 'phone', now: 51 }, { type: 'contact', contact, now: 52 });
    expect(stepAt(phoned, 'confirm')).toMatchObject({ part: 'main', walkIn: { claim: 'veteran', contact } });
    expect(walkInOf(on(phoned, add, service(2)))).toEqual({ services: [1, 2], claim: 'veteran', contact });
    // The parts leave no trace in the way back.
    expect(phoned.trail).toEqual(AT.confirm.trail);
    for (const way of [
      { type: 'part', part: 'main', now: 60 },
      { type: 'back', now: 60 },
    ] as const) {
      const back = on(AT.phone, way);
      expect([back.step, back.trail]).toMatchObject([{ at: 'confirm', part: 'main' }, AT.confirm.trail]);
    }
  });

  it('does in a part only what belongs to it', () => {
    for (const event of [
      take,
      add,
      { type: 'slots', now: 50 },
      { type: 'part', part: 'claim', now: 50 },
      { type: 'claim', claim: 'x', now: 50 },
    ] as const) {
      expect(on(AT.phone, event)).toBe(AT.phone);
    }
    expect(on(AT.confirm, { type: 'contact', contact, now: 50 })).toBe(AT.confirm);
    expect(on(AT.confirm, { type: 'claim', claim: 'x', now: 50 })).toBe(AT.confirm);
  });

  it('is taken in the language of the screen', () => {
    const { state, effects } = play(AT.confirm, { type: 'language', language: 'en', now: 40 }, take);
    expect(effects).toEqual([
      {
        do: 'take',
        attempt: 't1',
        walkIn: { services: [1], claim: null, contact: null },
        language: 'en',
        despiteQueue: false,
      },
    ]);
    expect(stepAt(state, 'checking').what).toBe('walk-in');
    const { state: done, effects: look } = play(state, taken(accepted()));
    expect([done.step.at, done.trail, look]).toEqual(['ticket', [], [{ do: 'look', job: job().id }]]);
    expect(on(state, taken(accepted(), 'old'))).toBe(state);
  });

  it('is asked about when many wait: taken nevertheless, or another service in its place', () => {
    const asked = on(AT.confirm, take, taken(manyWait));
    expect(stepAt(asked, 'confirm')).toMatchObject({ walkIn: { services: [1] }, manyWait });
    expect(effectsOf(asked, { ...take, attempt: 't2' })).toMatchObject([
      { do: 'take', attempt: 't2', despiteQueue: true },
    ]);
    const fewer = on(AT.confirm, add, service(2), take, taken(manyWait), {
      type: 'remove-service',
      service: 1,
      now: 70,
    });
    expect(stepAt(fewer, 'confirm')).toMatchObject({ walkIn: { services: [2] }, manyWait: null });
    expect(walkInOf(on(asked, service(9))).services).toEqual([9]);
    expect(on(asked, service(8))).toBe(asked);
    expect(on(asked, { type: 'slots', now: 60 }).step).toMatchObject({ at: 'slots', walkIn: { services: [1] } });
  });

  it('is refused with a way back to what was chosen', () => {
    const no = on(AT.confirm, take, taken(refused('contingent')));
    expect(stepAt(no, 'refused')).toMatchObject({ purpose: 'check-in', refused: { reason: 'contingent' } });
    expect(walkInOf(on(no, { type: 'back', now: 70 })).services).toEqual([1]);
  });

  it('sees the waits anew every ten seconds, and at once where it comes back to them', () => {
    const tick = (s: FlowState, now: number) => play(s, { type: 'tick', now });
    const due = 1 + TIMES.catalogue;
    expect(tick(AT.services, due - 1).effects).toEqual([]);
    const asked = tick(AT.services, due);
    expect(asked.effects).toEqual([{ do: 'catalogue' }]);
    expect(tick(asked.state, due + 1).effects).toEqual([]);
    expect(tick(AT.confirm, 2 + TIMES.catalogue).effects).toEqual([{ do: 'catalogue' }]);
    expect(tick(AT.slots, 60_000).effects).toEqual([]);
    expect(effectsOf(AT.slots, { type: 'back', now: 60_000 })).toEqual([{ do: 'catalogue' }]);
    expect(effectsOf(AT.slots, { type: 'back', now: 100 })).toEqual([]);
  });

  it('keeps the last waits when they cannot be had', () => {
    const heard = on(AT.services, { type: 'catalogue', result: ok(CATALOGUE), now: 2 });
    expect(heard.catalogue).toEqual(CATALOGUE);
    expect(on(heard, { type: 'catalogue', result: fail('timeout', 'x'), now: 3 }).catalogue).toEqual(CATALOGUE);
  });
});

describe('a time', () => {
  const heard = (services: readonly number[]): FlowEvent => ({
    type: 'slots-heard',
    services,
    result: ok({ days: DAYS, online: true }),
    now: 40,
  });
  const request: FlowEvent = { type: 'request', attempt: 'r1', now: 50 };
  const answer = (outcome: RequestOutcome, attempt = 'r1'): FlowEvent => ({
    type: 'request-answered',
    attempt,
    result: ok(outcome),
    now: 60,
  });

  it('is looked for with the services that were chosen; an answer about others is late', () => {
    expect(effectsOf(AT.confirm, { type: 'slots', now: 30 })).toEqual([{ do: 'slots', services: [1] }]);
    expect(stepAt(on(AT.loading, heard([1])), 'slots')).toMatchObject({ days: DAYS, online: true });
    for (const other of [[2], [1, 2], []]) expect(on(AT.loading, heard(other))).toBe(AT.loading);
  });

  it('is said not to be had when the core cannot tell', () => {
    const lost = on(AT.loading, { type: 'slots-heard', services: [1], result: fail('timeout', 'x'), now: 40 });
    expect(stepAt(lost, 'slots')).toMatchObject({ days: [], online: false });
  });

  it('is one of those that were offered', () => {
    expect(stepAt(AT.slot, 'confirm')).toMatchObject({ what: 'slot', startsAt: 5_000, part: 'main' });
    expect(on(AT.slots, { type: 'slot', startsAt: 6_000, now: 40 })).toBe(AT.slots);
    expect(on(AT.loading, { type: 'slot', startsAt: 5_000, now: 40 })).toBe(AT.loading);
    const back = on(AT.slot, { type: 'back', now: 50 });
    expect(stepAt(back, 'slots').days).toEqual(DAYS);
  });

  it('is booked with a phone, where one was given; a booking that is moved has its own', () => {
    const phoned = on(AT.slot, { type: 'part', part: 'phone', now: 40 }, { type: 'contact', contact, now: 41 });
    expect(stepAt(phoned, 'confirm')).toMatchObject({ what: 'slot', part: 'main' });
    expect(effectsOf(phoned, request)).toEqual([
      {
        do: 'request',
        attempt: 'r1',
        request: { kind: 'create', services: [1], startsAt: 5_000, contact },
        language: 'ru',
      },
    ]);
    expect(on(AT.move, { type: 'part', part: 'phone', now: 40 })).toBe(AT.move);
    expect(on(AT.slot, { type: 'part', part: 'claim', now: 40 })).toBe(AT.slot);
  });

  it('is moved and cancelled with the case that allows it', () => {
    const { id } = booking(1);
    expect(effectsOf(AT.move, request)).toMatchObject([
      { request: { kind: 'reschedule', case: CASE, booking: id, startsAt: 5_000 } },
    ]);
    expect(effectsOf(AT.cancel, request)).toMatchObject([{ request: { kind: 'cancel', case: CASE, booking: id } }]);
    for (const s of [AT.confirm, AT.slots, AT.managed]) expect(on(s, request)).toBe(s);
  });

  it('is done with a slip, or without one when it was cancelled', () => {
    const slip = play(AT.move, request, answer(moved()));
    expect(stepAt(slip.state, 'booked')).toMatchObject({ booked: { kind: 'reschedule' }, job: { id: job().id } });
    expect(slip.effects).toEqual([{ do: 'look', job: job().id }]);
    const none = play(AT.cancel, request, answer(moved(null)));
    expect([stepAt(none.state, 'booked').job, none.effects, none.state.trail]).toEqual([null, [], []]);
    const asked = on(AT.move, request);
    expect(on(asked, answer(moved(), 'old'))).toBe(asked);
  });

  it('that somebody else has just taken leads to the times again, and they are asked for anew', () => {
    for (const s of [AT.slot, AT.move]) {
      const { state, effects } = play(s, request, answer(refused('slot-taken')));
      expect(stepAt(state, 'slots')).toMatchObject({ taken: true, days: null });
      expect(effects).toEqual([{ do: 'slots', services: [1] }]);
      // `back` leads to where the times were asked from.
      expect(on(state, { type: 'back', now: 70 }).step.at).toBe(s === AT.slot ? 'confirm' : 'choose');
    }
  });

  it('that the centre refuses is refused with a way back', () => {
    const no = on(AT.move, request, answer(refused('centre-away')));
    expect(stepAt(no, 'refused')).toMatchObject({ purpose: 'manage', refused: { reason: 'centre-away' } });
    expect(on(no, { type: 'back', now: 70 }).step).toMatchObject({ at: 'confirm', what: 'slot' });
    expect(stepAt(on(AT.slot, request, answer(refused('centre-away'))), 'refused').purpose).toBe('check-in');
  });
});
