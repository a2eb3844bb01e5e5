import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSearch, type Search, type SearchHit } from '../../electron/core/search/search.ts';
import { applyChange } from '../../electron/core/store/apply.ts';
import { createSealer, forgetSealKey, type Sealer } from '../../electron/core/store/seal.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { makeBookingNumber } from '../../shared/domain/booking-number.ts';
import { putOf } from '../fixtures/lobby.ts';
import { createDb, memoryLog, type LoggedLine } from '../fixtures/sqlite.ts';

/** The search of a desk over a real database, with rows as the feed brings them. */

const DAY = 86_400_000;
const FROM = Date.parse('2026-11-23T01:00:00Z');
const day = { date: '2026-11-23', from: FROM, until: FROM + DAY };
const NOON = FROM + 8 * 3_600_000;

const idOf = (n: number): string => createHash('sha256').update(`search ${n}`).digest('hex').slice(0, 32);
const visitIdOf = (n: number): string => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const numberOf = (n: number): string => makeBookingNumber(123_456_789 + n * 7919);

let store: Store;
let sealer: Sealer;
let search: Search;
let lines: LoggedLine[];
let secrets: Map<string, string | null>;
let opened: number;
let turns: number;
/** What was opened between two turns. */
let slices: number[];
let mono: number;
let slow: number;
let timers: { at: number; run: () => void }[];
let atTurn: () => void;

beforeEach(() => {
  [opened, turns, slices, mono, slow, timers, atTurn] = [0, 0, [], 0, 1, [], () => undefined];
  secrets = new Map();
  const log = memoryLog();
  ({ lines } = log);
  store = openStore(() => createDb(), log);
  lines.length = 0;
  const real = createSealer({
    get: (name) => secrets.get(name) ?? null,
    set: (name, value) => void secrets.set(name, value),
  });
  sealer = {
    seal: (about, value) => real.seal(about, value),
    open: (about, sealed) => {
      opened += 1;
      return real.open(about, sealed);
    },
  };
  let before = 0;
  search = createSearch({
    store,
    sealer,
    log,
    clock: {
      now: () => NOON,
      // Each look at it takes a while.
      monotonic: () => (mono += slow),
      after: (ms, run) => {
        const timer = { at: mono + ms, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((one) => one !== timer);
        };
      },
    },
    turn: async () => {
      turns += 1;
      slices.push(opened - before);
      before = opened;
      await Promise.resolve();
      atTurn();
    },
  });
});
afterEach(() => {
  search.forget();
  store.close();
});

const book = (n: number, startsAt: number, rev = 1): void =>
  store.write((db) =>
    applyChange(
      db,
      putOf(
        'booking',
        idOf(n),
        {
          office_id: 7701,
          number: numberOf(n),
          service_id: 1,
          starts_at: startsAt,
          status: 'booked',
          language: 'ru',
          ticket: null,
        },
        rev,
      ),
    ),
  );
const put = (n: number, name: string, phone: string | null = null, startsAt = NOON, rev = 1): void => {
  book(n, startsAt, rev);
  store.write((db) => applyChange(db, putOf('person', idOf(n), { name, phone }, rev), { sealer }));
};
const remove = (n: number): void =>
  store.write((db) =>
    applyChange(db, { seq: 1, c: 'person', id: idOf(n), rev: 9, op: 'evict', purge: true }, { sealer }),
  );
const detail = (n: number, phone: string | null, booking: number | null = null): void =>
  store.write((db) =>
    applyChange(
      db,
      putOf('visit_detail', visitIdOf(n), {
        business_date: day.date,
        booking_id: booking === null ? null : idOf(booking),
        phone,
      }),
      { sealer },
    ),
  );
const visit = (n: number, series: string, number: number, also: { series: string; number: number }[] = []): void =>
  store.write((db) =>
    applyChange(
      db,
      putOf('visit', visitIdOf(n), {
        business_date: day.date,
        origin: 'walk-in',
        ticket: { series, number },
        also,
        state: 'waiting',
        priority: 'none',
        arrived_at: NOON,
        order_at: NOON,
        services: [
          { service_id: 1, state: 'waiting', window_id: null, called_at: null, serving_at: null, done_at: null },
        ],
      }),
    ),
  );
const NAMES: Record<string, number> = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [idOf(n), n]));
const hits = (text: string, limit = 50): SearchHit[] => search.find(text, { day, limit });
/** Who is found, by the numbers of the people, the best first. */
const found = (text: string, limit = 50): (number | undefined)[] =>
  hits(text, limit).map(({ bookingId }) => (bookingId === null ? undefined : NAMES[bookingId]));
const sorted = (numbers: (number | undefined)[]): (number | undefined)[] => numbers.toSorted((a = -1, b = -1) => a - b);
const settled = async (): Promise<void> => {
  while (search.pending()) await new Promise(setImmediate);
};

describe('what is forgiven', () => {
  beforeEach(async () => {
    put(1, 'Иванова Мария Петровна', '+7 (912) 345-67-89');
    put(2, 'Щербаков Фёдор Ильич', '8 913 000 11 22');
    put(3, 'Салтыков-Щедрин Михаил', null);
    put(4, 'Ivanova Anna', null);
    put(5, 'Хасанов Әмир Ришат улы', '22-33-44, 89170001122');
    put(6, 'Белова Юлия Сергеевна', null);
    put(7, 'Сюй Цзиньпин', '+86 138 0013 8000');
    await search.build();
  });

  it.each([
    ['a word', 'иванова', [1, 4]],
    ['its beginning', 'Иван', [1, 4]],
    ['a part of it', 'бако', [2]],
    ['words in any order', 'петровна иванова', [1]],
    ['beginnings in any order', 'мар ива', [1]],
    ['every word has to be found', 'иванова фёдор', []],
    ['case', 'ИВАНОВА', [1, 4]],
    ['е for ё', 'федор', [2]],
    ['ё for е', 'щёрбаков', [2]],
    ['и for й', 'сюи', [7]],
    ['й for и', 'йльич', [2]],
    ['half of a double name', 'щедрин', [3]],
    ['a double name with its hyphen', 'салтыков-щедрин', [3]],
    ['a double name with a space', 'салтыков щедрин', [3]],
    ['a double name in one', 'салтыковщедрин', [3]],
    ['a double name not yet typed to its end', 'салтыков-щ', [3]],
    ['letters that the keyboard does not have', 'амир', [5]],
    ['Tatar letters', 'Әмир', [5]],
    ['Latin for Cyrillic, passport', 'shcherbakov', [2]],
    ['Latin for Cyrillic, short', 'Scherbakov', [2]],
    ['Latin for Cyrillic, not yet typed to its end', 'shche', [2, 3]],
    ['Latin for Cyrillic, softened', 'Iuliia', [6]],
    ['Latin words in two alphabets', 'Fedor щербаков', [2]],
    ['keyboard: English instead of Russian', 'bdfyjdf vfhbz', [1]],
    ['keyboard: letters under signs', '[fcfyjd', [5]],
    ['keyboard: one that begins with a sign', ',tkjdf', [6]],
    ['keyboard: Russian instead of English', 'Шмфтщмф Фттф', [4]],
    ['keyboard: half of it switched', 'bdfyjdf мария', [1]],
    ['a wrong letter', 'щирбаков', [2]],
    ['a missing letter', 'щебаков', [2]],
    ['a needless letter', 'щерббаков', [2]],
    ['swapped letters', 'щерабков', [2]],
    ['a slip beside a right word', 'фёдор щебраков', [2]],
    ['a slip in Latin letters', 'Shcherbokov', [2]],
    ['a slip on the other keyboard', 'oth,frljd', [2]],
    ['no slip in four letters', 'белк', []],
    ['no second slip', 'щирбокав', []],
    ['the last four digits', '67-89', [1]],
    ['more digits', '345 67 89', [1]],
    ['a whole phone', '89123456789', [1]],
    ['a whole phone, as written by hand', '+7 (912) 345-67-89', [1]],
    ['the beginning of a phone', '8912345', [1]],
    ['a second phone', '917 000 11 22', [5]],
    ['a phone of elsewhere', '8613800138000', [7]],
    ['an end that several have', '1122', [2, 5]],
    ['three digits are too few', '789', []],
    ['digits in the middle of a phone', '3456', []],
    ['a name and a phone', 'щербаков 1122', [2]],
    ['a name and somebody else’s phone', 'иванова 1122', []],
    ['a name and the beginning of a phone’s end', 'щербаков 11', [2]],
    ['nothing', ' ', []],
    ['signs', '!?., -- %_*', []],
  ] as const)('%s: %s', (_, typed, who) => expect(sorted(found(typed))).toEqual(who));

  it('a Latin name and the same in Cyrillic are found by either, the one as typed first', () => {
    expect(found('Ivanova')).toEqual([4, 1]);
    expect(found('Иванова')).toEqual([1, 4]);
  });

  it('says what it was found by', () => {
    expect(hits('иванова').map(({ matched }) => matched)).toEqual(['name', 'name']);
    expect(hits('6789').map(({ matched }) => matched)).toEqual(['phone']);
  });
});

describe('the order', () => {
  it('is exact, beginning, part, other alphabet, and a slip only when there is nothing else', async () => {
    put(1, 'Poivan', null);
    put(2, 'Поиван', null);
    put(3, 'Иванова', null);
    put(4, 'Ivan', null);
    put(5, 'Иван', null);
    put(6, 'Ивген', null);
    await search.build();
    expect(found('иван')).toEqual([5, 3, 2, 4]);
    const scores = hits('иван').map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(new Set(scores).size).toBe(4);
    expect(found('ивгаен')).toEqual([6]);
    put(7, 'Ивгаенко', null);
    search.changed('person', idOf(7));
    await settled();
    expect(found('ивгаен')).toEqual([7]);
  });

  it('is today, later, earlier, and by time: the nearest first', async () => {
    const times = [NOON + DAY, NOON - DAY, NOON + 60_000, NOON, NOON - 2 * DAY, NOON + 2 * DAY];
    for (const [n, at] of times.entries()) put(n, 'Иванова Мария', null, at);
    put(6, 'Ивановаа', null, NOON);
    await search.build();
    expect(found('иванова')).toEqual([3, 2, 0, 5, 1, 4, 6]);
    expect(found('иванова', 2)).toEqual([3, 2]);
    expect(found('иванова', 0)).toEqual([]);
  });

  it('goes by the time that the centre has answered, before the feed has brought it', async () => {
    put(1, 'Иванова', null, NOON + DAY);
    put(2, 'Иванова', null, NOON + 60_000);
    await search.build();
    store.write((db) =>
      db.run(
        sql`INSERT INTO booking_told (booking_id, rev, status, starts_at) VALUES (${idOf(1)}, 5, 'rescheduled', ${NOON})`,
      ),
    );
    expect(found('иванова')).toEqual([1, 2]);
  });
});

describe('numbers and tickets', () => {
  it('a booking number is found however it is typed, before anything is taken in', () => {
    put(1, 'Иванова');
    const number = numberOf(1);
    for (const typed of [
      number,
      `${number.slice(0, 4)}-${number.slice(4)}`,
      number.toLowerCase(),
      ` ${number.replaceAll('0', 'O').replaceAll('1', 'l')} `,
    ])
      expect(hits(typed)).toMatchObject([{ bookingId: idOf(1), visitId: null, matched: 'number' }]);
    expect(hits(`${number.slice(0, 7)}${number.endsWith('A') ? 'B' : 'A'}`)).toEqual([]);
  });

  it('a booking number typed on the other keyboard is found too', () => {
    const letters = 'QWERTYUIOPASDFGHJKLZXCVBNM';
    const keys = 'ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬ';
    for (let n = 0; n < 20; n += 1) {
      book(n, NOON);
      const typed = Array.from(numberOf(n), (c) => (letters.includes(c) ? keys.charAt(letters.indexOf(c)) : c)).join(
        '',
      );
      expect([typed, found(typed)]).toEqual([typed, [n]]);
    }
  });

  it('a ticket is found with either alphabet’s letter, also as one of several, and only today’s', () => {
    visit(1, 'A', 31);
    visit(2, 'B', 7, [{ series: 'A', number: 40 }]);
    for (const typed of ['А 031', 'A31', 'а31', 'a-031', 'f31', 'Ф 031'])
      expect([typed, hits(typed).map(({ visitId, matched }) => [visitId, matched])]).toEqual([
        typed,
        [[visitIdOf(1), 'ticket']],
      ]);
    expect(hits('А 040')).toMatchObject([{ visitId: visitIdOf(2) }]);
    expect(hits('А 041')).toEqual([]);
    const tomorrow = { date: '2026-11-24', from: day.until, until: day.until + DAY };
    expect(search.find('А 031', { day: tomorrow, limit: 5 })).toEqual([]);
  });

  it('a ticket that was given here brings its booking', () => {
    store.write((db) => {
      db.run(sql`INSERT INTO visit (visit_id, business_date, origin, booking_id, service_id, arrived_at, provisional, language)
        VALUES (${visitIdOf(1)}, ${day.date}, 'booking', ${idOf(1)}, 1, ${NOON}, 0, 'ru')`);
      db.run(sql`INSERT INTO ticket (ticket_id, visit_id, business_date, series, number, issued_at)
        VALUES ('t', ${visitIdOf(1)}, ${day.date}, 'A', 31, ${NOON})`);
    });
    visit(1, 'A', 31);
    expect(hits('А031')).toMatchObject([{ bookingId: idOf(1), visitId: visitIdOf(1), matched: 'ticket' }]);
  });

  it('visits are found by the phone that was left, and are one with their booking', async () => {
    put(1, 'Иванова', '+79123456789');
    visit(1, 'A', 1);
    visit(2, 'A', 2);
    detail(1, '8 912 345-67-89', 1);
    detail(2, '+7 900 000 67 89');
    await search.build();
    const all = hits('6789').toSorted((a, b) => (String(a.visitId) < String(b.visitId) ? -1 : 1));
    expect(all).toMatchObject([
      { bookingId: idOf(1), visitId: visitIdOf(1) },
      { bookingId: null, visitId: visitIdOf(2) },
    ]);
    expect(hits('А 001')).toMatchObject([{ bookingId: idOf(1), visitId: visitIdOf(1) }]);
  });
});

describe('keeping up', () => {
  it('takes rows in slices, with a turn before each', async () => {
    for (let n = 0; n < 200; n += 1) put(n, `Иванова${n}`);
    await search.build();
    expect(opened).toBe(200);
    expect(turns).toBeGreaterThan(4);
    // Three looks at the clock, 16 rows between two of them.
    expect(Math.max(...slices)).toBeLessThanOrEqual(48);
  });

  it('comes to an end on a machine that is slower than a slice', async () => {
    for (let n = 0; n < 40; n += 1) put(n, 'Иванова');
    atTurn = () => {
      if (turns > 100) throw new Error('no end');
    };
    slow = 1_000;
    await search.build();
    expect(found('иванова')).toHaveLength(40);
  });

  it('finds those who are there while the rest comes', async () => {
    for (let n = 0; n < 60; n += 1) put(n, 'Иванова');
    const seen: number[] = [];
    atTurn = () => seen.push(found('иванова', 200).length);
    const building = search.build();
    expect(search.ready()).toBe(false);
    await building;
    expect(search.ready()).toBe(true);
    expect(seen[0]).toBe(0);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBeGreaterThan(2);
    expect(found('иванова', 200)).toHaveLength(60);
  });

  it('takes up a row that is said to have changed, and opens no other', async () => {
    for (let n = 0; n < 50; n += 1) put(n, 'Иванова');
    await search.build();
    opened = 0;
    put(7, 'Петрова', '+79990001234', NOON, 2);
    put(50, 'Петров');
    remove(8);
    for (const n of [7, 50, 8]) search.changed('person', idOf(n));
    await settled();
    expect(opened).toBe(2);
    expect(sorted(found('петров'))).toEqual([7, 50]);
    expect(found('1234')).toEqual([7]);
    expect(found('иванова')).toHaveLength(48);
  });

  it('a row that is gone is not found from that moment on, whether it was said or not', async () => {
    put(1, 'Иванова', '+79123456789');
    put(2, 'Иванова');
    await search.build();
    remove(1);
    expect(found('иванова')).toEqual([2]);
    expect(found('6789')).toEqual([]);
    store.write((db) => db.run(sql`DELETE FROM person`));
    expect(found('иванова')).toEqual([]);
  });

  it('not knowing which row has changed, goes through all, opens what was written anew, and not all the time', async () => {
    for (let n = 0; n < 40; n += 1) put(n, 'Иванова');
    await search.build();
    opened = 0;
    // The same revision, as after the centre was restored.
    put(3, 'Петрова');
    put(41, 'Петрова');
    remove(5);
    book(6, NOON - DAY, 2);
    search.changed();
    search.changed('person');
    search.changed('slot');
    await settled();
    expect(opened).toBe(0);
    expect(timers).toHaveLength(1);
    const [timer] = timers;
    mono = timer?.at ?? 0;
    timer?.run();
    timers = timers.filter((one) => one !== timer);
    await settled();
    expect(opened).toBe(2);
    expect(sorted(found('петрова'))).toEqual([3, 41]);
    expect(found('иванова')).toHaveLength(38);
    expect(found('иванова').at(-1)).toBe(6);
  });

  it('what changes while it is built is right in the end', async () => {
    for (let n = 0; n < 59; n += 1) put(n, 'Иванова');
    let at = 0;
    atTurn = () => {
      for (const until = Math.min(30, at + 10); at < until;) {
        at += 1;
        if (at % 3 === 0) remove(at);
        else put(at, 'Петрова', null, NOON, 2);
        search.changed('person', idOf(at));
      }
    };
    await search.build();
    await settled();
    const [petrova, ivanova] = [found('петрова'), found('иванова')];
    expect(petrova).toHaveLength(20);
    expect(ivanova).toHaveLength(29);
    expect(petrova.every((n) => n !== undefined && n <= 30 && n % 3 !== 0)).toBe(true);
  });

  it('rows that cannot be opened are left out and counted, without a word of them', async () => {
    put(1, 'Иванова');
    forgetSealKey({ get: () => null, set: (name, value) => void secrets.set(name, value) });
    const other = createSealer({ get: () => Buffer.alloc(32, 9).toString('base64'), set: () => undefined });
    store.write((db) => applyChange(db, putOf('person', idOf(2), { name: 'Петрова' }), { sealer: other }));
    store.write((db) => db.run(sql`UPDATE person SET sealed = x'00' WHERE booking_id = ${idOf(1)}`));
    await search.build();
    expect(found('иванова')).toEqual([]);
    expect(found('петрова')).toEqual([]);
    expect(lines).toEqual([{ level: 'warn', event: 'search.unreadable', fields: { table: 'person', rows: 2 } }]);
  });

  it('nothing of anybody, and nothing that was typed, is logged', async () => {
    put(1, 'Иванова', '+79123456789');
    await search.build();
    found('иванова');
    found('+79123456789');
    expect(lines).toEqual([]);
  });

  it('a store that fails ends it: nothing is held, and who waits for it is told', async () => {
    put(1, 'Иванова');
    atTurn = () => store.write((db) => db.run(sql`ALTER TABLE person RENAME TO nobody`));
    await expect(search.build()).rejects.toThrow(/person/);
    expect(search.ready()).toBe(false);
    expect(lines).toMatchObject([{ level: 'error', event: 'search.failed' }]);
    expect(JSON.stringify(lines)).not.toContain('Иванова');
  });
});

describe('forgetting', () => {
  it('finds nobody by name or phone any more, and everybody when it is built again', async () => {
    put(1, 'Иванова', '+79123456789');
    await search.build();
    search.forget();
    expect(search.ready()).toBe(false);
    expect(found('иванова')).toEqual([]);
    expect(found('6789')).toEqual([]);
    search.changed('person', idOf(1));
    search.changed();
    expect(search.pending()).toBe(false);
    await search.build();
    expect(found('иванова')).toEqual([1]);
  });

  it.each([
    ['forget', () => search.forget()],
    ['the signal', (stop: AbortController) => stop.abort()],
  ])('in the middle of building, by %s: it ends, and nothing more is opened', async (_, end) => {
    for (let n = 0; n < 200; n += 1) put(n, 'Иванова');
    const stop = new AbortController();
    atTurn = () => {
      if (turns === 2) end(stop);
    };
    await search.build(stop.signal);
    const then = opened;
    expect(then).toBeGreaterThan(0);
    expect(then).toBeLessThan(200);
    await settled();
    expect([search.ready(), opened, found('иванова')]).toEqual([false, then, []]);
  });

  it('a timer that was set is gone too', async () => {
    put(1, 'Иванова');
    await search.build();
    search.changed();
    expect(timers).toHaveLength(1);
    search.forget();
    expect(timers).toEqual([]);
  });

  it('building twice at once is one building', async () => {
    for (let n = 0; n < 40; n += 1) put(n, 'Иванова');
    await Promise.all([search.build(), search.build()]);
    await search.build();
    expect(opened).toBe(40);
  });
});

describe('hostile text', () => {
  it.each([
    ['long', 'а'.repeat(10_000)],
    ['many words', 'а б '.repeat(5_000)],
    ['many parts', 'а-'.repeat(5_000)],
    ['halves of surrogates', '\ud800'.repeat(100) + '\udc00'],
    ['control characters', '\u0000\u0007\u001b[31m\u202eиванова'],
    ['regular expressions', '(.*)+$[^а]{1,}|\\'],
    ['SQL', "'; DROP TABLE person; --"],
    ['JSON', '"]}'],
    ['digits', '9'.repeat(10_000)],
    ['marks alone', '\u0301'.repeat(1_000)],
    ['names of properties', '__proto__ constructor'],
  ])('%s does no harm', async (_, text) => {
    put(1, 'Иванова Мария', '+79123456789');
    await search.build();
    expect(Array.isArray(hits(text))).toBe(true);
    expect(found('иванова')).toEqual([1]);
  });
});
