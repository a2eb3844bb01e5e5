import { describe, expect, it } from 'vitest';
import { perform } from '../../renderer/kiosk/effects.ts';
import type { Effect, FlowEvent } from '../../renderer/kiosk/steps.ts';
import type { Client } from '../../renderer/ui/client.ts';
import { fail, ok, type Result } from '../../shared/contracts/result.ts';
import { accepted, booking, CASE, CATALOGUE, DAYS, NUMBER } from '../fixtures/kiosk-flow.ts';
import { job, visit } from '../fixtures/kiosk-gallery/states.ts';

/** @returns what was called, and what the flow was told */
const done = async (effect: Effect, answer: Result<unknown>) => {
  const calls: unknown[] = [];
  const told: FlowEvent[] = [];
  const client: Client = {
    call: (method, params) => {
      calls.push([method, params]);
      return Promise.resolve(answer as never);
    },
    on: () => () => undefined,
  };
  await perform(
    client,
    effect,
    (event) => told.push(event),
    () => 7,
  );
  return { calls, told };
};
const away = fail('timeout', 'x');
const request = (what: Extract<Effect, { do: 'request' }>['request']): Effect => ({
  do: 'request',
  attempt: 'r1',
  request: what,
  language: 'en',
});
const { id } = booking(1);

describe('what the flow asks for', () => {
  it('print.answer tells that the visitor has his paper', async () => {
    const { calls, told } = await done({ do: 'has-paper', job: job().id }, ok(job()));
    expect(calls).toEqual([['print.answer', { job: job().id, out: true }]]);
    expect(told).toEqual([]);
  });
  it.each<[string, Effect, unknown]>([
    [
      'checkin.scan',
      { do: 'scan', attempt: 'a1', text: 'EZ1', source: 'camera', purpose: 'manage' },
      { attempt: 'a1', text: 'EZ1', source: 'camera', purpose: 'manage' },
    ],
    [
      'checkin.number',
      { do: 'number', attempt: 'a1', number: NUMBER, factor: '1234', purpose: 'check-in' },
      { attempt: 'a1', number: NUMBER, factor: '1234', purpose: 'check-in' },
    ],
    [
      'checkin.booking',
      { do: 'booking', attempt: 'a1', case: CASE, booking: id },
      { attempt: 'a1', case: CASE, booking: id },
    ],
  ])('%s tells its answer, a failure too', async (method, effect, params) => {
    for (const result of [ok(accepted()), away]) {
      const { calls, told } = await done(effect, result);
      expect(calls).toEqual([[method, params]]);
      expect(told).toEqual([{ type: 'answered', attempt: 'a1', result, now: 7 }]);
    }
  });

  it('is a number without a booking, with what belongs to it', async () => {
    const walkIn = { services: [1, 2], claim: 'veteran', contact: { phone: '+79161234567', consent: '1' } };
    const effect: Effect = { do: 'take', attempt: 't1', walkIn, language: 'ru', despiteQueue: true };
    const { calls, told } = await done(effect, away);
    expect(calls).toEqual([['walkin.take', { attempt: 't1', ...walkIn, language: 'ru', despiteQueue: true }]]);
    expect(told).toEqual([{ type: 'walk-in-answered', attempt: 't1', result: away, now: 7 }]);
  });

  it.each<[string, Effect, unknown]>([
    [
      'booking.create',
      request({ kind: 'create', services: [1], startsAt: 5, contact: null }),
      { attempt: 'r1', services: [1], startsAt: 5, contact: null, language: 'en' },
    ],
    [
      'booking.reschedule',
      request({ kind: 'reschedule', case: CASE, booking: id, startsAt: 5 }),
      { attempt: 'r1', case: CASE, booking: id, startsAt: 5, language: 'en' },
    ],
    [
      'booking.cancel',
      request({ kind: 'cancel', case: CASE, booking: id }),
      { attempt: 'r1', case: CASE, booking: id, language: 'en' },
    ],
  ])('%s is a request', async (method, effect, params) => {
    const { calls, told } = await done(effect, away);
    expect(calls).toEqual([[method, params]]);
    expect(told).toEqual([{ type: 'request-answered', attempt: 'r1', result: away, now: 7 }]);
  });

  it('tells of free times for which services they are', async () => {
    const times = ok({ days: DAYS, online: true });
    const { calls, told } = await done({ do: 'slots', services: [1, 2] }, times);
    expect(calls).toEqual([['slots.list', { services: [1, 2] }]]);
    expect(told).toEqual([{ type: 'slots-heard', services: [1, 2], result: times, now: 7 }]);
  });

  it('tells of services, copies and help', async () => {
    const services = await done({ do: 'catalogue' }, ok(CATALOGUE));
    expect(services.told).toEqual([{ type: 'catalogue', result: ok(CATALOGUE), now: 7 }]);
    const copy = await done({ do: 'copy', attempt: 'c1', visit: visit.id }, away);
    expect(copy.calls).toEqual([['ticket.copy', { attempt: 'c1', visit: visit.id }]]);
    expect(copy.told).toEqual([{ type: 'copied', attempt: 'c1', result: away, now: 7 }]);
    const help = await done({ do: 'help', attempt: 'h1', screen: 'scan', reason: null, case: null, visit: null }, away);
    expect(help.calls).toEqual([
      ['help.call', { attempt: 'h1', screen: 'scan', reason: null, case: null, visit: null }],
    ]);
    expect(help.told).toEqual([{ type: 'helped', attempt: 'h1', result: away, now: 7 }]);
  });

  it('tells how a job stands when that is known', async () => {
    const look: Effect = { do: 'look', job: job().id };
    expect((await done(look, ok(job()))).told).toEqual([{ type: 'job', job: job(), now: 7 }]);
    expect((await done(look, away)).told).toEqual([]);
  });

  it('does not bother the visitor with what became of his words, of a call that is over, of a number fetched ahead', async () => {
    const words: Effect = { do: 'feedback', attempt: 'f1', visit: visit.id, score: 4, reasons: ['wait'], words: 'а' };
    const sent = await done(words, away);
    expect(sent.calls).toEqual([
      ['feedback.send', { attempt: 'f1', visit: visit.id, score: 4, reasons: ['wait'], words: 'а' }],
    ]);
    expect(sent.told).toEqual([]);
    expect(await done({ do: 'help-over', attempt: 'h1' }, away)).toEqual({
      calls: [['help.over', { attempt: 'h1' }]],
      told: [],
    });
    expect(await done({ do: 'prepare', services: [1] }, away)).toEqual({
      calls: [['walkin.prepare', { services: [1] }]],
      told: [],
    });
  });
});
