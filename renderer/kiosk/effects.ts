import type { Client } from '../ui/client.ts';
import type { Effect, FlowEvent } from './steps.ts';

/** Does in the world what the flow asks for, and tells it what came of it. Never rejects: every failure is an answer. */
export const perform = async (
  client: Client,
  effect: Effect,
  send: (event: FlowEvent) => void,
  now: () => number,
): Promise<void> => {
  switch (effect.do) {
    case 'scan': {
      const { attempt, text, source, purpose } = effect;
      const result = await client.call('checkin.scan', { attempt, text, source, purpose });
      send({ type: 'answered', attempt, result, now: now() });
      return;
    }
    case 'number': {
      const { attempt, number, factor, purpose } = effect;
      const result = await client.call('checkin.number', { attempt, number, factor, purpose });
      send({ type: 'answered', attempt, result, now: now() });
      return;
    }
    case 'booking': {
      const { attempt, booking } = effect;
      const result = await client.call('checkin.booking', { attempt, case: effect.case, booking });
      send({ type: 'answered', attempt, result, now: now() });
      return;
    }
    case 'copy': {
      const { attempt, visit } = effect;
      const result = await client.call('ticket.copy', { attempt, visit });
      send({ type: 'copied', attempt, result, now: now() });
      return;
    }
    case 'look': {
      const result = await client.call('print.job', { job: effect.job });
      if (result.ok) send({ type: 'job', job: result.value, now: now() });
      return;
    }
    case 'has-paper':
      await client.call('print.answer', { job: effect.job, out: true });
      return;
    case 'catalogue':
      send({ type: 'catalogue', result: await client.call('walkin.catalogue', {}), now: now() });
      return;
    case 'prepare':
      await client.call('walkin.prepare', { services: [...effect.services] });
      return;
    case 'take': {
      const { attempt, walkIn, language, despiteQueue } = effect;
      const { services, claim, contact } = walkIn;
      const result = await client.call('walkin.take', {
        attempt,
        services: [...services],
        claim,
        contact,
        language,
        despiteQueue,
      });
      send({ type: 'walk-in-answered', attempt, result, now: now() });
      return;
    }
    case 'slots': {
      const { services } = effect;
      const result = await client.call('slots.list', { services: [...services] });
      send({ type: 'slots-heard', services, result, now: now() });
      return;
    }
    case 'request': {
      const result = await request(client, effect);
      send({ type: 'request-answered', attempt: effect.attempt, result, now: now() });
      return;
    }
    case 'help': {
      const { attempt, screen, reason, visit } = effect;
      const result = await client.call('help.call', { attempt, screen, reason, case: effect.case, visit });
      send({ type: 'helped', attempt, result, now: now() });
      return;
    }
    case 'help-over':
      await client.call('help.over', { attempt: effect.attempt });
      return;
    case 'feedback': {
      const { attempt, visit, score, reasons, words } = effect;
      await client.call('feedback.send', { attempt, visit, score, reasons: [...reasons], words });
      return;
    }
    default:
  }
};

const request = (client: Client, { attempt, request: r, language }: Extract<Effect, { do: 'request' }>) => {
  switch (r.kind) {
    case 'create': {
      const { startsAt, contact } = r;
      return client.call('booking.create', { attempt, services: [...r.services], startsAt, contact, language });
    }
    case 'reschedule': {
      const { booking, startsAt } = r;
      return client.call('booking.reschedule', { attempt, case: r.case, booking, startsAt, language });
    }
    default:
      return client.call('booking.cancel', { attempt, case: r.case, booking: r.booking, language });
  }
};
