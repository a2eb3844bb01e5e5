import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../electron/core/audit/audit.ts';
import { connection } from '../../electron/core/store/sql.ts';
import type { DeskRow, DeskTask } from '../../shared/contracts/desk.ts';
import { businessDate } from '../../shared/domain/business-day.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { closeDevices, startDevice, type CoreDevice } from '../fixtures/core-device.ts';
import { totpAt } from '../../electron/core/staff/totp.ts';
import { until } from '../tools/stage.ts';

/** A desk and a kiosk of one office, with the real centre between them. */

let centre: Centre;
let desk: CoreDevice;
beforeEach(async () => {
  centre = await startCentre({ db: ':memory:', seed: 'demo', control: true, log: () => undefined });
  desk = await startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE, ['desk']) } });
  await desk.live();
});
afterEach(async () => {
  await closeDevices();
  await centre.close();
});

const PINS = { anna: '2580', boris: '1470', vera: '3690' } as const;
const enter = async (person: keyof typeof PINS, device = desk): Promise<void> => {
  const totp = person === 'vera' ? totpAt('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', Date.now()) : null;
  const outcome = await device.call('staff.signIn', { person, pin: PINS[person], totp }, 'desk');
  expect(outcome).toMatchObject({ outcome: 'in' });
};
const call: typeof desk.call = (method, input) => desk.call(method, input, 'desk');
const code = async (method: Parameters<typeof desk.ask>[0], input: unknown): Promise<string> => {
  const answer = await desk.ask(method, input, 'desk');
  return answer.ok ? 'ok' : answer.error.code;
};
const book = (more: { starts_at?: number } = {}) => {
  const { booking } = centre.control({
    book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: Date.now() + 300_000, ...more },
  });
  if (!booking) throw new Error('no booking was made');
  return booking;
};
/** All of them: late in the evening the day has more than one page. */
const rows = async (): Promise<DeskRow[]> => {
  const pages = await Promise.all([0, 200].map((from) => call('desk.list', { from, count: 200 })));
  return pages.flatMap((page) => page.rows);
};
const rowOf = (what: string, fits: (row: DeskRow) => boolean): Promise<DeskRow> =>
  until(what, async () => (await rows()).find(fits) ?? null);
const booked = async (id: string): Promise<DeskRow> => rowOf('the booking', (row) => row.booking === id);
const checkIn = async (id: string, more: Record<string, unknown> = {}) => {
  if (await desk.sync().then(({ state }) => state === 'live')) await booked(id);
  const outcome = await call('desk.checkIn', { attempt: v7(), booking: id, ...more });
  if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome));
  return outcome.visit;
};
const task = (type: string): Promise<DeskTask> =>
  until(type, async () => (await call('desk.tasks', {})).find((one) => one.type === type) ?? null);
const kiosk = async (): Promise<CoreDevice> => {
  const device = await startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE) } });
  await device.live();
  return device;
};

describe('the door of a desk', () => {
  it('lets nobody do anything before he has signed in', async () => {
    expect((await call('staff.state', {})).people.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['anna', 'boris', 'vera', 'gleb']),
    );
    expect(await code('desk.list', { from: 0, count: 1 })).toBe('forbidden');
    expect(await code('audit.list', { filter: {}, before: null, limit: 10 })).toBe('forbidden');
    await enter('anna');
    expect(await code('desk.list', { from: 0, count: 1 })).toBe('ok');
    expect(await code('audit.list', { filter: {}, before: null, limit: 10 })).toBe('forbidden');
    await call('staff.lock', {});
    expect(await code('desk.list', { from: 0, count: 1 })).toBe('forbidden');
  });
  it('works the same without the centre, and takes what it says about people and rights at once', async () => {
    desk.line(false);
    await enter('anna');
    await call('staff.signOut', { handover: 'Киоск 2 ждёт бумагу.' });
    await enter('vera');
    expect(await call('staff.handover', {})).toMatchObject({ by: 'Анна Ковалёва', text: 'Киоск 2 ждёт бумагу.' });
  });
});

describe('people of today', () => {
  it('are found by name as soon as somebody is signed in, and looking at them is audited', async () => {
    await enter('anna');
    const list = await until('names', async () => {
      const named = (await rows()).filter(({ name }) => name !== null);
      return named.length > 3 ? named : null;
    });
    const somebody = list.at(0);
    const name = somebody?.name ?? '';
    const found = await until('found', async () => {
      const hits = await call('desk.find', { text: name.slice(0, 5).toLowerCase() });
      return hits.some(({ key }) => key === somebody?.key) ? hits : null;
    });
    expect(found.length).toBeGreaterThan(0);
    const card = await call('desk.card', { key: somebody?.key ?? '' });
    expect(card?.row.name).toBe(name);
    const seen = desk.rows(`SELECT actor, entity_id FROM audit WHERE action = 'person.seen'`);
    expect(seen).toEqual([{ actor: 'anna', entity_id: somebody?.key.slice(1) }]);
    // Neither the log nor the audit names him.
    expect(JSON.stringify(desk.log.lines)).not.toContain(name);
    expect(JSON.stringify(desk.rows('SELECT * FROM audit'))).not.toContain(name);
  });
  it('are checked in, noted, put first, given other services, and taken back', async () => {
    await enter('anna');
    const booking = book();
    const row = await booked(booking.id);
    expect((await call('desk.card', { key: row.key }))?.decision).toMatchObject({ may: true });
    expect(await call('desk.scan', { text: booking.token })).toEqual({ found: true, key: row.key });
    const visit = await checkIn(booking.id);
    // Once more is the same visit.
    expect((await checkIn(booking.id)).id).toBe(visit.id);
    await call('desk.edit', { visit: visit.id, set: { note: 'с коляской', people: 2, services: [101, 103] } });
    await call('desk.edit', { visit: visit.id, set: { claim: { id: 'war-veteran', document: 'удостоверение' } } });
    const card = await until('all of it', async () => {
      const now = await call('desk.card', { key: row.key });
      return now?.note === 'с коляской' && now.claim?.confirmed === true && now.services.length === 2 ? now : null;
    });
    expect(card).toMatchObject({ people: 2, claim: { document: 'удостоверение' }, row: { visit: visit.id } });
    await desk.told();
    // The centre says the same.
    await until('the centre has it', async () => {
      const now = await call('desk.card', { key: row.key });
      return now?.row.priority !== 'none' && now?.note === 'с коляской' ? true : null;
    });
    await call('desk.undo', { visit: visit.id });
    expect((await booked(booking.id)).state).toBe('expected');
  });
  it('come without a booking, with all that a kiosk asks and more; without paper too', async () => {
    await enter('anna');
    const outcome = await call('desk.walkIn', {
      attempt: v7(),
      services: [101],
      claim: { id: 'war-veteran', document: 'удостоверение' },
      language: 'ru',
      note: 'глухой',
      people: 3,
      companion: true,
      despite: 'приём по просьбе руководителя',
      paper: false,
    });
    if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome));
    const row = await rowOf('the visit', ({ visit }) => visit === outcome.visit.id);
    const card = await until('the note', async () => {
      const now = await call('desk.card', { key: row.key });
      return now?.note === 'глухой' ? now : null;
    });
    expect(card).toMatchObject({ people: 3, companion: true, claim: { confirmed: true } });
    expect(card.copies).toBe(0);
    expect(desk.rows('SELECT state FROM print_job')).toEqual([{ state: 'expired' }]);
    await desk.told();
    const at = centre.context.db.prepare('SELECT count(*) AS n FROM visit').get() as { n: number };
    expect(at.n).toBe(1);
  });
});

describe('against the rules', () => {
  it('somebody is let in with a reason, and where it takes two, by two', async () => {
    await enter('anna');
    const early = book({ starts_at: Date.now() + 3 * 3_600_000 });
    const row = await booked(early.id).catch(() => null);
    // Late in the evening there is no time three hours ahead on the same day.
    if (row) {
      expect((await call('desk.card', { key: row.key }))?.decision).toMatchObject({ may: false, override: 'reason' });
      const refused = await call('desk.checkIn', { attempt: v7(), booking: early.id });
      expect(refused).toMatchObject({ outcome: 'refused', reason: 'too-early' });
      await checkIn(early.id, { override: { reason: 'Плохо себя чувствует' } });
    }
    const gone = book();
    await booked(gone.id);
    centre.control({ cancel: gone.id });
    await rowOf('the cancellation', (one) => one.booking === gone.id && one.state === 'cancelled');
    const ask = (second: unknown) =>
      desk.call(
        'desk.checkIn',
        { attempt: v7(), booking: gone.id, override: { reason: 'Ошибка портала', second: second as never } },
        'desk',
      );
    expect(await ask(null)).toEqual({ outcome: 'second-person', said: null });
    expect(await ask({ person: 'boris', pin: '0000' })).toMatchObject({
      outcome: 'second-person',
      said: { outcome: 'wrong' },
    });
    expect(await ask({ person: 'anna', pin: '2580' })).toMatchObject({ outcome: 'second-person' });
    expect(await ask({ person: 'boris', pin: '1470' })).toMatchObject({ outcome: 'accepted' });
    const [line] = desk.rows(`SELECT detail FROM audit WHERE action = 'checkin.override' ORDER BY seq DESC LIMIT 1`);
    expect(JSON.parse(String(line?.['detail']))).toMatchObject({ reason: 'Ошибка портала', second: 'boris' });
    await desk.told();
  });
});

describe('a call from a kiosk', () => {
  it('is at the desk within two seconds, is taken over, and ends with a number on the kiosk', async () => {
    const lobby = await kiosk();
    await enter('anna');
    const news: unknown[] = [];
    lobby.core.onEvent((event, payload) => (event === 'help.changed' ? news.push(payload) : undefined));
    // In the last hour of the business day there is no time that is too early.
    const dayOf = (minutes: number): string => businessDate(Date.now() + minutes * 60_000, 'Europe/Moscow', 240);
    const lastHour = dayOf(0) !== dayOf(52);
    const why = lastHour ? 'too-late' : 'too-early';
    const early = book({ starts_at: Date.now() + (lastHour ? -100 : 50) * 60_000 });
    await until('the booking', () =>
      lobby.rows('SELECT 1 FROM booking WHERE booking_id = ?', early.id)[0] ? true : null,
    );
    const refused = await lobby.call('checkin.scan', { attempt: v7(), text: early.token, source: 'camera' }, 'kiosk');
    if (refused.outcome !== 'refused') throw new Error(`it should be ${why}`);
    const attempt = v7();
    const begun = performance.now();
    const told = await lobby.call(
      'help.call',
      { attempt, screen: 'refused', reason: refused.reason, case: refused.case },
      'kiosk',
    );
    expect(told.told).toBe(true);
    const helped = await until(
      'the call',
      async () => (await call('desk.office', {})).help.find(({ id }) => id === attempt) ?? null,
    );
    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(helped).toMatchObject({ state: 'open', screen: 'refused', reason: why });
    const taking = performance.now();
    await call('desk.takeHelp', { help: attempt });
    await until('told at the kiosk', () =>
      news.some((one) => (one as { state: string }).state === 'taken') ? true : null,
    );
    expect(performance.now() - taking).toBeLessThan(2_000);
    if (refused.case !== null) expect(helped.key).toBe(`b${early.id}`);
    const visit = await checkIn(early.id, { override: { reason: 'Плохо себя чувствует' } });
    await call('desk.endHelp', { help: attempt, visit: visit.id });
    const over = await until('the end', () => news.find((one) => (one as { state: string }).state === 'over') ?? null);
    expect(over).toMatchObject({ help: attempt, state: 'over' });
    await until('the number', () => (news.some((one) => (one as { number: unknown }).number !== null) ? true : null));
    expect((await call('desk.office', {})).help.find(({ id }) => id === attempt)).toMatchObject({
      state: 'over',
      byName: 'Анна Ковалёва',
    });
  });
});

describe('the machines', () => {
  it('are seen with what they say of themselves, and do what a senior orders', async () => {
    const lobby = await kiosk();
    await lobby.call('device.report', { camera: 'failing', scanner: 'ok' }, 'kiosk');
    await enter('boris');
    const machine = await until('the kiosk', async () => {
      const all = (await call('desk.office', {})).devices;
      return all.find(({ roles, camera }) => roles.includes('kiosk') && camera === 'failing') ?? null;
    });
    expect(machine.problems).toContain('camera');
    const message = { ru: 'Пройдите к стойке', en: 'Please go to the desk' };
    await call('desk.order', { device: machine.id, order: 'close' });
    await call('desk.order', { device: machine.id, order: 'message', message });
    await until('closed', async () => {
      const { notReady, notice } = await lobby.call('system.state', {}, 'kiosk');
      return notReady === 'closed' && notice?.ru === message.ru ? true : null;
    });
    const restarts: string[] = [];
    lobby.core.onEvent((event) => (event === 'device.restart' ? restarts.push(event) : undefined));
    await call('desk.order', { device: machine.id, order: 'restart' });
    await until('the restart', () => (restarts.length > 0 ? true : null));
    await call('desk.order', { device: machine.id, order: 'open' });
    await until('open', async () => ((await lobby.call('system.state', {}, 'kiosk')).ready ? true : null));
    // Once is once, also for the next start.
    const next = await lobby.again();
    next.core.onEvent((event) => (event === 'device.restart' ? restarts.push(event) : undefined));
    await next.live();
    expect(restarts).toHaveLength(1);
  });
});

describe('the queue', () => {
  it('is called, served and finished by a desk that serves people itself', async () => {
    await enter('anna');
    const visit = await checkIn(book().id);
    await desk.told();
    const queue = await until('the line', async () => {
      const now = await call('desk.queue', {});
      return now.services.some(({ people }) => people.some((one) => one.visit === visit.id)) ? now : null;
    });
    const window = queue.windows.find(({ services, at }) => services.includes(101) && at === null);
    if (!window) throw new Error('no free window serves it');
    const step = (to: 'called' | 'serving' | 'done') =>
      call('desk.stage', { visit: visit.id, position: 0, to, window: window.id });
    const state = async () => (await rows()).find((row) => row.visit === visit.id)?.state;
    // At once, and for the centre soon after.
    for (const [to, shown] of [
      ['called', 'called'],
      ['serving', 'serving'],
      ['done', 'done'],
    ] as const) {
      await step(to);
      expect(await state()).toBe(shown);
      await desk.told();
      await until('the centre says so too', () => {
        const [row] = desk.rows('SELECT state FROM queue_visit WHERE visit_id = ?', visit.id);
        return row?.['state'] === shown ? true : null;
      });
    }
  });
});

describe('what has to be decided', () => {
  it('is told in words that can be acted on, and is gone when somebody has', async () => {
    await enter('anna');
    const lobby = await kiosk();
    const booking = book();
    await booked(booking.id);
    await until('the booking', () =>
      lobby.rows('SELECT 1 FROM booking WHERE booking_id = ?', booking.id)[0] ? true : null,
    );
    desk.line(false);
    lobby.line(false);
    await checkIn(booking.id);
    const other = await lobby.call('checkin.scan', { attempt: v7(), text: booking.token, source: 'camera' }, 'kiosk');
    expect(other.outcome).toBe('accepted');
    desk.line(true);
    lobby.line(true);
    await desk.told();
    await lobby.told();
    const double = await task('double-checkin');
    expect(double).toMatchObject({ kind: 'conflict', choices: ['seen', 'split'] });
    expect(double.number).not.toBeNull();
    await call('desk.decide', { task: double.id, how: 'split' });
    expect((await call('desk.tasks', {})).map(({ id }) => id)).not.toContain(double.id);
    await desk.told();
    await until('closed at the centre', () =>
      desk.rows('SELECT 1 FROM conflict WHERE open = 1').length === 0 ? true : null,
    );
  });
  it('has what the centre refused', async () => {
    await enter('anna');
    const visit = await checkIn(book().id);
    await desk.told();
    const refuse = desk.ask('desk.edit', { visit: visit.id, set: { note: 'первая' } }, 'desk');
    await refuse;
    await desk.told();
    desk.line(false);
    // Somebody else's change comes first.
    const second = await startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE, ['desk']) } });
    await second.live();
    await enter('boris', second);
    await second.call('desk.edit', { visit: visit.id, set: { note: 'вторая' } }, 'desk');
    await second.told();
    await call('desk.edit', { visit: visit.id, set: { note: 'третья' } });
    desk.line(true);
    await desk.told();
    const refused = await task('visit.edit');
    expect(refused).toMatchObject({ kind: 'request', problem: 'stale-revision', choices: ['seen'] });
    await call('desk.decide', { task: refused.id, how: 'seen' });
    expect(await call('desk.tasks', {})).toEqual([]);
  });
});

describe('a day without the centre', () => {
  it('loses nothing: all is done at once, and told afterwards', async () => {
    await enter('boris');
    const bookings = [book(), book(), book()];
    for (const { id } of bookings) await booked(id);
    desk.line(false);
    const [first, second, third] = bookings.map(({ id }) => id);
    const visits = [await checkIn(first ?? ''), await checkIn(second ?? '')];
    const walkIn = await call('desk.walkIn', { attempt: v7(), services: [101], language: 'ru', despite: 'нет связи' });
    expect(walkIn.outcome).toBe('accepted');
    await call('desk.edit', { visit: visits[0]?.id ?? '', set: { note: 'без сети' } });
    // Who changes his mind contradicts nobody.
    await call('desk.edit', { visit: visits[0]?.id ?? '', set: { note: 'без связи' } });
    await call('desk.noShow', { booking: third ?? '' });
    await call('desk.stage', { visit: visits[1]?.id ?? '', position: 0, to: 'called', window: 1 });
    const now = await rows();
    expect(now.find(({ visit }) => visit === visits[1]?.id)?.state).toBe('called');
    expect(now.find(({ booking }) => booking === third)?.state).toBe('no-show');
    expect((await call('desk.card', { key: `b${first ?? ''}` }))?.note).toBe('без связи');
    // Whatever happens to the machine meanwhile.
    desk = await desk.again();
    await enter('boris');
    await desk.told();
    await desk.live();
    await until('the centre has all', () => {
      const { n } = centre.context.db.prepare('SELECT count(*) AS n FROM visit').get() as { n: number };
      return n === 3 ? true : null;
    });
    const again = await until('the rows', async () => {
      const all = await rows();
      return all.some(({ state }) => state === 'no-show') ? all : null;
    });
    expect(again.find(({ visit }) => visit === visits[1]?.id)?.state).toBe('called');
    expect(await call('desk.tasks', {})).toEqual([]);
    expect(
      verifyAudit(
        connection({ prepare: (query: string) => ({ all: (...p: never[]) => desk.rows(query, ...p) }) } as never),
      ),
    ).toBeNull();
  });
});
