import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNumbers } from '../../electron/core/desk/numbers.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { insertVisit } from '../../electron/core/store/visits.ts';
import { enqueue, type NewOperation } from '../../electron/core/sync/outbox.ts';
import { spanOf } from '../../renderer/desk/numbers/range.ts';
import { change } from '../../shared/contracts/centre/schemas.ts';
import { numbersMethods } from '../../shared/contracts/numbers.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { addDays, businessDate } from '../../shared/domain/business-day.ts';
import { MOST_DAYS_TOGETHER, summarise, type NumberedVisit } from '../../shared/domain/day-numbers.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { bookingId, OFFICE, seedRegistry, ZONE } from '../fixtures/registry.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

/** The numbers at a desk: today as this device knows it, days that are over as the centre tells them. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.parse('2026-03-16T12:00:00+03:00');
const TODAY = businessDate(START, ZONE, 240);
const YESTERDAY = addDays(TODAY, -1);

let now: number;
let store: Store;
let numbers: ReturnType<typeof createNumbers>;
let allowed: boolean;
let asked: string[];

beforeEach(() => {
  now = START;
  allowed = true;
  asked = [];
  store = openStore(() => openBetterSqlite3(':memory:'), memoryLog());
  seedRegistry(store, { now, count: 4 });
  numbers = createNumbers({
    store,
    moment: () => exactly(now),
    limits: () => ({ warnMinutes: 12, limitMinutes: 15 }),
    actor: (right) => {
      asked.push(right);
      if (!allowed) throw new CallFailure('forbidden', 'he may not');
      return 'anna';
    },
  });
});
afterEach(() => store.close());

const put = (c: string, id: string | number, data: unknown, rev = 2): void =>
  store.write((db) => applyChange(db, change.parse({ seq: 1, c, id, rev, op: 'put', data })));

interface About {
  day?: string;
  via?: 'kiosk' | 'desk';
  origin?: 'booking' | 'walk-in';
  arrivedAt?: number;
  state?: string;
  service?: number;
  window?: number | null;
  calledAt?: number | null;
  servingAt?: number | null;
  doneAt?: number | null;
}
let number = 0;
const told = (id: string, about: About = {}): void => {
  const { day = TODAY, via = 'kiosk', origin = 'walk-in', arrivedAt = now - HOUR, state = 'waiting' } = about;
  number += 1;
  put('visit', id, {
    business_date: day,
    origin,
    via,
    ticket: { series: 'A', number: (number % 600) + 1 },
    state,
    priority: 'none',
    arrived_at: arrivedAt,
    order_at: arrivedAt,
    services: [
      {
        service_id: about.service ?? 1,
        state: state === 'left' ? 'waiting' : state,
        window_id: about.window ?? null,
        called_at: about.calledAt ?? null,
        serving_at: about.servingAt ?? null,
        done_at: about.doneAt ?? null,
      },
    ],
  });
};
const served = (wait: number, about: About = {}): void => {
  const arrivedAt = about.arrivedAt ?? now - HOUR;
  const calledAt = arrivedAt + wait * MINUTE;
  told(v7(), {
    window: 5,
    ...about,
    arrivedAt,
    state: 'done',
    calledAt,
    servingAt: calledAt + MINUTE,
    doneAt: calledAt + 9 * MINUTE,
  });
};
const booking = (n: number, status: string): void =>
  put('booking', bookingId(n), {
    office_id: OFFICE,
    number: `ABCDEFG${n}`,
    service_id: 1 + (n % 3),
    starts_at: START,
    status,
    language: 'ru',
    ticket: null,
  });
/** A day as the centre tells it: so many visitors at nine, with this wait. */
const pastDay = (date: string, visitors: number, waitMinutes = 5): void => {
  const visit: NumberedVisit = {
    origin: 'booking',
    via: 'desk',
    arrivedAt: 0,
    state: 'done',
    services: [
      { serviceId: 2, windowId: 7, calledAt: waitMinutes * MINUTE, servingAt: null, doneAt: null, state: 'done' },
    ],
  };
  const visits = Array.from({ length: visitors }, () => visit);
  put('day_numbers', date, summarise(visits, { noShows: [3], hourOf: () => 13 }));
};
const own = (id: string, about: { actor?: string; arrivedAt?: number; booking?: string } = {}): void =>
  store.write((db) => {
    const { actor = 'kiosk', arrivedAt = now - 5 * MINUTE, booking: bookedAs = null } = about;
    number += 1;
    const ticket = { series: 'A', number: number + 700 } as const;
    insertVisit(db, {
      visitId: id,
      ticketId: v7(),
      businessDate: TODAY,
      bookingId: bookedAs,
      services: [1, 2],
      startsAt: null,
      arrivedAt,
      provisional: false,
      language: 'ru',
      number: ticket,
      claim: null,
      priority: 'none',
      late: false,
      flags: [],
      told: null,
    });
    db.run({
      text: `INSERT INTO outbox (seq, op_id, type, kind, entity_id, business_date, occurred_at, body, hash, state)
        VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM outbox), ?, 'walkin', 'fact', ?, ?, ?, ?, '', 'pending')`,
      params: [v7(), id, TODAY, arrivedAt, JSON.stringify({ type: 'walkin', actor })],
    });
  });
const op = (operation: Pick<NewOperation, 'type' | 'payload' | 'entity_id'>, occurredAt = now): void =>
  store.write((db) =>
    enqueue(db, {
      op_id: v7(),
      kind: 'fact',
      business_date: TODAY,
      occurred_at: occurredAt,
      ...operation,
    } as NewOperation),
  );
const stage = (visit: string, to: 'called' | 'serving' | 'done' | 'waiting' | 'no-show', at: number): void =>
  op({ type: 'visit.stage', entity_id: visit, payload: { visit_id: visit, position: 0, to, window_id: 5 } }, at);

const today = () => numbers.get({ from: TODAY, until: TODAY });
const failure = async (work: () => Promise<unknown>): Promise<string> => {
  try {
    await work();
    return 'none';
  } catch (error) {
    return error instanceof CallFailure ? error.error.code : 'another';
  }
};

describe('the numbers of today', () => {
  it('are counted here, from what the centre told of each visit', async () => {
    put('window', 5, { name: { ru: 'Окно 5', en: 'Window 5' }, service_ids: [1], state: 'open' });
    served(4);
    served(16, { via: 'desk', origin: 'booking' });
    told(v7(), { state: 'left', service: 2 });
    told(v7());
    const report = await today();
    expect(report.total).toMatchObject({ visits: 4, booked: 1, walkIns: 3, left: 1, noShows: 0 });
    expect(report.total.waits).toEqual({ count: 2, median: 4, p90: 16, over: 1, overShare: 0.5 });
    expect(report.total.serving).toMatchObject({ count: 2, median: 8 });
    expect(report.services.map(({ id, name, visits }) => [id, name.ru, visits])).toEqual([
      [1, 'Паспорт гражданина РФ', 3],
      [2, 'Водительское удостоверение', 1],
    ]);
    expect(report.windows).toMatchObject([{ id: 5, name: { ru: 'Окно 5' }, visits: 2 }]);
    expect(report.ways.map(({ way, visits }) => [way, visits])).toEqual([
      ['kiosk', 3],
      ['desk', 1],
    ]);
    expect(report.hours.find(({ hour }) => hour === 11)?.visits).toBe(4);
    expect(report.hours[0]?.hour).toBe(4);
    expect(numbersMethods['numbers.get'].output.parse(report)).toEqual(report);
  });

  it('call what has no name any more by its number', async () => {
    served(4, { service: 99, window: 12 });
    const report = await today();
    expect(report.services[0]?.name).toEqual({ ru: '№ 99', en: 'No. 99' });
    expect(report.windows[0]?.name).toEqual({ ru: '№ 12', en: 'No. 12' });
  });

  it('count as no-shows only whom staff have marked, also while the centre has not heard it', async () => {
    booking(0, 'no-show');
    op({ type: 'booking.no-show', entity_id: bookingId(1), payload: { booking_id: bookingId(1) } });
    const report = await today();
    expect(report.total.noShows).toBe(2);
    own(v7(), { booking: bookingId(1) });
    expect((await today()).total.noShows).toBe(1);
  });

  it('have visits of this device that the centre does not know yet, by who gave the number', async () => {
    own(v7());
    own(v7(), { actor: 'anna' });
    const told1 = v7();
    own(told1);
    told(told1, { via: 'kiosk' });
    const report = await today();
    expect(report.ways.map(({ visits }) => visits)).toEqual([2, 1]);
    expect(report.total.visits).toBe(3);
  });

  it('forget a visit of this device that the centre has and the feed does not bring', async () => {
    own(v7(), { arrivedAt: now - 2 * HOUR });
    expect((await today()).total.visits).toBe(1);
    store.write((db) => db.run({ text: `UPDATE outbox SET state = 'acked', acked_at = 1`, params: [] }));
    expect((await today()).total.visits).toBe(0);
  });

  it('go on without the centre: calling, serving and finishing here count at once', async () => {
    const [done, gone, undone, back] = [v7(), v7(), v7(), v7()];
    for (const id of [done, gone, undone, back]) told(id, { arrivedAt: now - 30 * MINUTE });
    stage(done, 'called', now - 20 * MINUTE);
    stage(done, 'serving', now - 19 * MINUTE);
    stage(done, 'done', now - 12 * MINUTE);
    stage(gone, 'called', now - 10 * MINUTE);
    stage(gone, 'no-show', now - 5 * MINUTE);
    stage(back, 'called', now - 14 * MINUTE);
    stage(back, 'waiting', now - 13 * MINUTE);
    op({ type: 'checkin.undo', entity_id: undone, payload: { visit_id: undone } });
    const { total, windows } = await today();
    expect(total).toMatchObject({ visits: 3, left: 1 });
    expect(total.waits).toMatchObject({ count: 3, median: 16, p90: 20, over: 2 });
    expect(total.serving).toMatchObject({ count: 1, median: 7 });
    expect(windows).toMatchObject([{ id: 5, visits: 2 }]);
  });
});

describe('days that are over', () => {
  it('are the centre’s, added up with today', async () => {
    pastDay(YESTERDAY, 3);
    pastDay(addDays(TODAY, -2), 1, 20);
    served(4);
    const report = await numbers.get({ from: addDays(TODAY, -6), until: TODAY });
    expect(report.days.map(({ date, visits, noShows }) => [date, visits, noShows])).toEqual([
      [addDays(TODAY, -2), 1, 1],
      [YESTERDAY, 3, 1],
      [TODAY, 1, 0],
    ]);
    expect(report.total).toMatchObject({ visits: 5, noShows: 2 });
    expect(report.total.waits).toMatchObject({ count: 5, median: 5, over: 1, overShare: 0.2 });
    expect(report.openDays).toBe(3);
    expect(report.forecast).toBeNull();
    expect(numbersMethods['numbers.get'].output.parse(report)).toEqual(report);
  });

  it('are counted here while the centre has not told them: whoever did not come by the end is a no-show', async () => {
    served(4, { day: YESTERDAY, arrivedAt: now - 24 * HOUR });
    put('booking', bookingId(0), {
      office_id: OFFICE,
      number: 'ABCDEFG0',
      service_id: 1,
      starts_at: START - 24 * HOUR,
      status: 'booked',
      language: 'ru',
      ticket: null,
    });
    const yesterday = () => numbers.get({ from: YESTERDAY, until: YESTERDAY });
    expect((await yesterday()).total).toMatchObject({ visits: 1, noShows: 1 });
    pastDay(YESTERDAY, 8);
    expect((await yesterday()).total.visits).toBe(8);
  });

  it('that cannot be read are as if they had not come, and the others are shown', async () => {
    pastDay(YESTERDAY, 3);
    pastDay(addDays(TODAY, -2), 1);
    store.write((db) =>
      db.run({ text: `UPDATE day_numbers SET data = '{"all":1}' WHERE business_date = ?`, params: [YESTERDAY] }),
    );
    const report = await numbers.get({ from: addDays(TODAY, -6), until: YESTERDAY });
    expect(report.days.map(({ date }) => date)).toEqual([addDays(TODAY, -2)]);
  });

  it('are listed, today among them whatever there is of it', () => {
    pastDay(YESTERDAY, 3);
    told(v7(), { day: addDays(TODAY, -3) });
    expect(numbers.days()).toEqual({ today: TODAY, days: [addDays(TODAY, -3), YESTERDAY, TODAY] });
  });

  it('are read a quarter of a year at a time', async () => {
    for (let n = 1; n < MOST_DAYS_TOGETHER; n += 1) pastDay(addDays(TODAY, -n), 2);
    const report = await numbers.get({ from: addDays(TODAY, 1 - MOST_DAYS_TOGETHER), until: TODAY });
    expect(report.total.visits).toBe(2 * (MOST_DAYS_TOGETHER - 1));
    expect(numbersMethods['numbers.get'].output.safeParse(report).success).toBe(true);
  });

  it.each([
    ['too many of them', addDays(TODAY, -MOST_DAYS_TOGETHER), TODAY],
    ['the last one first', TODAY, YESTERDAY],
    ['one that is not in the calendar', '2026-02-30', '2026-03-02'],
  ])('are refused: %s', async (_, from, until) => {
    expect(await failure(() => numbers.get({ from, until }))).toBe('invalid-input');
  });
});

describe('the forecast', () => {
  it('is there for today alone, when there are two days like it', async () => {
    pastDay(addDays(TODAY, -7), 20);
    expect((await today()).forecast).toBeNull();
    pastDay(addDays(TODAY, -14), 30);
    const report = await today();
    expect(report.forecast).toMatchObject({ days: 2, scale: 1, toCome: 25 });
    expect(report.hours.find(({ hour }) => hour === 13)).toEqual({ hour: 13, visits: 0, usual: 25, expected: 25 });
    expect(report.hours.find(({ hour }) => hour === 9)?.expected).toBeNull();
    expect((await numbers.get({ from: YESTERDAY, until: TODAY })).forecast).toBeNull();
  });
});

describe('a table for a spreadsheet', () => {
  it('has a row for each service, in words of its language', async () => {
    served(16);
    const ru = await numbers.csv({ from: TODAY, until: TODAY, table: 'services', language: 'ru' });
    expect(ru.name).toBe(`numbers-services-${TODAY}.csv`);
    const [head, row, ...rest] = ru.text.split('\r\n');
    expect(head).toMatch(/^\uFEFFКод;Услуга;Посетителей;/);
    expect(row).toBe('1;Паспорт гражданина РФ;1;0;1;0;0;1;16;16;1;100;1;8;8');
    expect(rest).toEqual(['']);
    const en = await numbers.csv({ from: TODAY, until: TODAY, table: 'services', language: 'en' });
    expect(en.text).toContain('1,Service 1,1,0,1,0,0,1,16,16,1,100,1,8,8\r\n');
  });

  it('makes no formula of a name that the centre has told', async () => {
    put('window', 5, { name: { ru: '=HYPERLINK("http://x")' }, service_ids: [1], state: 'open' });
    served(16);
    const { text } = await numbers.csv({ from: TODAY, until: TODAY, table: 'windows', language: 'ru' });
    expect(text).toContain(`;"'=HYPERLINK(""http://x"")";`);
  });

  it.each(['days', 'hours', 'services', 'windows', 'ways'] as const)(
    'of %s has as many cells in each row',
    async (table) => {
      pastDay(YESTERDAY, 3);
      served(16);
      const { text, name } = await numbers.csv({ from: YESTERDAY, until: TODAY, table, language: 'ru' });
      expect(name).toBe(`numbers-${table}-${YESTERDAY}-${TODAY}.csv`);
      const lines = text.trimEnd().split('\r\n');
      expect(lines.length).toBeGreaterThan(1);
      expect(new Set(lines.map((line) => line.split(';').length)).size).toBe(1);
    },
  );

  it('stands in the audit log, once it has been made', async () => {
    await numbers.csv({ from: YESTERDAY, until: TODAY, table: 'hours', language: 'ru' });
    await failure(() => numbers.csv({ from: TODAY, until: YESTERDAY, table: 'hours', language: 'ru' }));
    const rows = store.read((db) => db.all({ text: 'SELECT actor, action, detail FROM audit', params: [] }));
    expect(rows).toEqual([
      {
        actor: 'anna',
        action: 'numbers.exported',
        detail: JSON.stringify({ what: 'hours', from: YESTERDAY, until: TODAY }),
      },
    ]);
  });

  it('has a decimal comma in Russian', async () => {
    for (const wait of [1, 2, 16]) served(wait);
    const { text } = await numbers.csv({ from: TODAY, until: TODAY, table: 'ways', language: 'ru' });
    expect(text).toContain(';1;33,3;');
    expect(text).toContain('\r\nКиоск;3;');
  });
});

describe('the days that the page asks for', () => {
  const none = { from: '', until: '' };

  it('are today, yesterday, or so many up to today', () => {
    expect(spanOf('today', TODAY, none)).toEqual({ from: TODAY, until: TODAY });
    expect(spanOf('yesterday', TODAY, none)).toEqual({ from: YESTERDAY, until: YESTERDAY });
    expect(spanOf('week', '2026-03-03', none)).toEqual({ from: '2026-02-25', until: '2026-03-03' });
    expect(spanOf('month', '2026-03-03', none)).toEqual({ from: '2026-02-04', until: '2026-03-03' });
  });

  it('are of one’s own choice only where the core will answer', async () => {
    const last = addDays(TODAY, 1 - MOST_DAYS_TOGETHER);
    expect(spanOf('own', TODAY, { from: last, until: TODAY })).toEqual({ from: last, until: TODAY });
    expect(await failure(() => numbers.get({ from: last, until: TODAY }))).toBe('none');
    expect(spanOf('own', TODAY, { from: addDays(last, -1), until: TODAY })).toBeNull();
    expect(spanOf('own', TODAY, { from: TODAY, until: YESTERDAY })).toBeNull();
    expect(spanOf('own', TODAY, { from: '', until: TODAY })).toBeNull();
    expect(spanOf('own', TODAY, { from: '0002-01-01', until: TODAY })).toBeNull();
  });
});

it('all of it is for whoever has the right only', async () => {
  allowed = false;
  expect(() => numbers.days()).toThrow(CallFailure);
  expect(await failure(() => today())).toBe('forbidden');
  expect(await failure(() => numbers.csv({ from: TODAY, until: TODAY, table: 'days', language: 'ru' }))).toBe(
    'forbidden',
  );
  expect(asked).toEqual(['numbers', 'numbers', 'numbers']);
});
