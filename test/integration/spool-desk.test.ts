import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { closeDevices, startDevice, type CoreDevice } from '../fixtures/core-device.ts';
import { until } from '../tools/stage.ts';

/** Papers of which nobody knows whether they came out: what the visitor says, and what the desk is told. */

let centre: Centre;
beforeEach(async () => {
  centre = await startCentre({ db: ':memory:', seed: 'demo', control: true, log: () => undefined });
});
afterEach(async () => {
  await closeDevices();
  await centre.close();
});

const start = async (role: 'kiosk' | 'desk'): Promise<CoreDevice> => {
  const device = await startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE, [role]) } });
  await device.live();
  return device;
};
const signIn = async (desk: CoreDevice): Promise<void> => {
  const outcome = await desk.call('staff.signIn', { person: 'anna', pin: '2580', totp: null }, 'desk');
  expect(outcome).toMatchObject({ outcome: 'in' });
};
/** As a power cut leaves a ticket whose first byte has left, at the next start. */
const cutWith = async (device: CoreDevice, job: string): Promise<CoreDevice> => {
  await until('the printer is not there', async () =>
    (await device.call('print.job', { job })).state === 'blocked' ? true : null,
  );
  device.rows(
    `UPDATE print_job SET state = 'sending', reason = NULL, blocked_at = NULL, mm = 120, first_byte_at = queued_at
      WHERE job_id = ? RETURNING job_id`,
    job,
  );
  await device.stop();
  const next = await device.again();
  await next.live();
  expect(await next.call('print.job', { job })).toMatchObject({ state: 'unknown', printer: 'main' });
  return next;
};
const visitAt = async (device: CoreDevice, at: 'kiosk' | 'desk'): Promise<{ visit: string; job: string }> => {
  const asked = { attempt: v7(), services: [101], language: 'ru' as const };
  const outcome =
    at === 'kiosk'
      ? await device.call('walkin.take', { ...asked, despiteQueue: true }, 'kiosk')
      : await device.call('desk.walkIn', { ...asked, despite: 'приём по просьбе руководителя' }, 'desk');
  if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome));
  return { visit: outcome.visit.id, job: outcome.job.id };
};

describe('at a kiosk', () => {
  it('the visitor says no: the desks are called to him, with his visit; once', async () => {
    const desk = await start('desk');
    await signIn(desk);
    const first = await start('kiosk');
    const { visit, job } = await visitAt(first, 'kiosk');
    const kiosk = await cutWith(first, job);
    expect(await kiosk.call('print.answer', { job, out: false }, 'kiosk')).toMatchObject({ state: 'unknown' });
    // Said twice it is one call.
    await kiosk.call('print.answer', { job, out: false }, 'kiosk');
    const call = await until('the call', async () => (await desk.call('desk.office', {}, 'desk')).help[0] ?? null);
    expect(call).toMatchObject({ id: job, state: 'open', screen: 'done', reason: 'paper-not-out' });
    const card = await until('his card', async () => {
      const key = (await desk.call('desk.office', {}, 'desk')).help[0]?.key;
      return key === null || key === undefined ? null : desk.call('desk.card', { key }, 'desk');
    });
    expect(card?.row.visit).toBe(visit);
    await kiosk.told();
    expect((await desk.call('desk.office', {}, 'desk')).help).toHaveLength(1);
    expect(kiosk.rows('SELECT answer, answered_by FROM print_job')).toEqual([{ answer: 'no', answered_by: 'visitor' }]);
  });

  it('he says yes: it is printed by his word, and nobody is called', async () => {
    const first = await start('kiosk');
    const { job } = await visitAt(first, 'kiosk');
    const kiosk = await cutWith(first, job);
    const news: unknown[] = [];
    kiosk.core.onEvent((event, payload) => {
      if (event === 'print.changed') news.push(payload);
    });
    const said = await kiosk.call('print.answer', { job, out: true }, 'kiosk');
    expect(said).toMatchObject({ id: job, state: 'printed', grade: null, word: 'visitor' });
    expect(news).toEqual([said]);
    expect(kiosk.rows(`SELECT type FROM outbox WHERE type = 'help'`)).toEqual([]);
    expect(await kiosk.ask('print.answer', { job: v7(), out: true }, 'kiosk')).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
  });

  it('he asks for another paper, which says that there was none', async () => {
    const first = await start('kiosk');
    const { visit, job } = await visitAt(first, 'kiosk');
    const kiosk = await cutWith(first, job);
    await kiosk.call('ticket.copy', { attempt: v7(), visit }, 'kiosk');
    expect(kiosk.rows('SELECT copy, place, answer FROM print_job ORDER BY copy')).toEqual([
      { copy: 0, place: 'kiosk', answer: 'no' },
      { copy: 1, place: 'kiosk', answer: null },
    ]);
  });
});

describe('at a desk', () => {
  it('a paper stands among what is to be decided at once, and is printed when staff have seen it', async () => {
    const first = await start('desk');
    await signIn(first);
    const { job } = await visitAt(first, 'desk');
    const desk = await cutWith(first, job);
    await signIn(desk);
    const tasks = await desk.call('desk.tasks', {}, 'desk');
    expect(tasks).toMatchObject([{ id: `print ${job}`, kind: 'print', choices: ['came-out', 'copy'] }]);
    await desk.call('desk.decide', { task: `print ${job}`, how: 'came-out' }, 'desk');
    expect(await desk.call('desk.tasks', {}, 'desk')).toEqual([]);
    expect(await desk.call('print.job', { job }, 'desk')).toMatchObject({ state: 'printed', word: 'staff' });
    const [printer] = await desk.call('printers.history', {}, 'desk');
    expect(printer).toMatchObject({
      printer: { id: 'main', roles: ['kiosk', 'desk', 'copy'], state: 'blocked', reason: 'unreachable' },
      days: [{ papers: { said: 1 } }],
      jobs: [{ id: job, place: 'desk', state: 'printed', word: 'staff' }],
    });
    expect(printer?.faults[0]).toMatchObject({ kind: 'unreachable', until: null });
    await desk.call('printers.newRoll', { printer: 'main' }, 'desk');
    expect((await desk.call('printers.history', {}, 'desk'))[0]?.rolls[0]).toMatchObject({ papers: 0, until: null });
    expect(await desk.ask('printers.newRoll', { printer: 'other' }, 'desk')).toMatchObject({ ok: false });
  });
});
