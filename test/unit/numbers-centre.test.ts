import { v7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import type { Series } from '../../shared/domain/ticket-number.ts';
import { createContext, type Context } from '../centre/context.ts';
import type { Device } from '../centre/devices.ts';
import { hello } from '../centre/hello.ts';
import { giveNumber, lease, RESTORE_MARGIN, returnNumbers } from '../centre/leases.ts';
import { ProblemError } from '../centre/problems.ts';

/** How the centre hands numbers out, and what it does when a backup has made it forget some. */

const OFFICE = 7701;
const TODAY = '2026-11-23';
const TOMORROW = '2026-11-24';
const AFTER = '2026-11-25';

let context: Context;
let now: number;
let log: string[];
let a: Device;
let b: Device;

const enrolled = (slotNo: number): Device => {
  const device: Device = { id: v7(), officeId: OFFICE, slotNo, roles: ['kiosk'] };
  context.db
    .prepare(
      `INSERT INTO device (device_id, office_id, slot_no, roles, public_x, app, hardware, enrolled_at)
       VALUES (?, ?, ?, '[]', 'x', 'test', 'test', 0)`,
    )
    .run(device.id, OFFICE, slotNo);
  return device;
};
const ask = (device: Device, kind: 'online' | 'reserve', n = 1, date = TODAY, series: Series = 'A', epoch?: string) =>
  lease(context, device, {
    request_id: v7(),
    business_date: date,
    series,
    kind,
    n,
    ...(epoch === undefined ? {} : { epoch }),
  }).numbers;
const problemOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof ProblemError) return error.type;
    throw error;
  }
};
const say = (device: Device, numbers: Parameters<typeof hello>[2]['numbers'] = [], epoch = context.epoch) =>
  hello(context, device, {
    epoch,
    app: 'test',
    cursor: '',
    last_seq: 0,
    last_hash: GENESIS_HASH,
    acked_seq: 0,
    numbers,
  });
const held = (highest: number, reserve: number[] = [], series: Series = 'A') => ({
  business_date: TODAY,
  series,
  highest_online: highest,
  reserve,
});
const onTicket = (number: number, date = TODAY) => {
  context.db.pragma('foreign_keys = OFF');
  context.db.prepare('INSERT INTO ticket VALUES (?, ?, ?, ?, ?)').run(v7(), OFFICE, date, 'A', number);
};
/** What has happened since is forgotten. */
const restored = (work: () => void): void => {
  const saved = context.db.serialize();
  work();
  context = createContext(
    // better-sqlite3 opens a serialized database where it takes a file name.
    saved as unknown as string,
    () => now,
    (line) => log.push(line),
  );
  context.newEpoch();
};

beforeEach(() => {
  now = Date.parse('2026-11-23T09:00:00Z');
  log = [];
  context = createContext(
    ':memory:',
    () => now,
    (line) => log.push(line),
  );
  const text = { ru: 'Офис' };
  const office = {
    name: text,
    subtitle: text,
    address: text,
    time_zone: 'Europe/Moscow',
    day_change_minutes: 240,
    languages: ['ru'],
    skipped_numbers: [2, 701],
  };
  context.db.prepare(`INSERT INTO entity VALUES ('office', ?, -1, 1, ?)`).run(String(OFFICE), JSON.stringify(office));
  a = enrolled(1);
  b = enrolled(2);
});

describe('numbers of the centre', () => {
  it("leave the office's list out, online and in reserve, also those it gives out itself", () => {
    expect(ask(a, 'online', 3)).toEqual([1, 3, 4]);
    expect(giveNumber(context, OFFICE, TODAY, 'A', 'hall')).toBe(5);
    expect(ask(b, 'online')).toEqual([6]);
    expect(ask(a, 'reserve', 3)).toEqual([700, 702, 703]);
  });

  it('need no hello in the first epoch, but the right one where one is named', () => {
    expect(ask(a, 'online', 1, TODAY, 'A', context.epoch)).toEqual([1]);
    expect(problemOf(() => ask(a, 'online', 1, TODAY, 'A', 'another'))).toBe('epoch-changed');
    say(a, [held(9, [800])], 'another');
    expect(ask(a, 'online', 1, TODAY, 'A', context.epoch)).toEqual([10]);
  });

  it('that gave none may be asked for again with the same question', () => {
    const request = { request_id: v7(), business_date: TODAY, series: 'A', kind: 'reserve', n: 40 } as const;
    const first = ask(a, 'reserve', 40);
    expect(lease(context, a, request).numbers).toEqual([]);
    onTicket(first[0] ?? 0);
    const again = lease(context, a, request).numbers;
    expect(again).toHaveLength(1);
    expect(lease(context, a, request).numbers).toEqual(again);
  });
});

describe('returned numbers', () => {
  it('go to the reserve of others before new ones, and never to online', () => {
    const mine = ask(a, 'reserve', 3);
    expect(returnNumbers(context, a, TODAY, { series: 'A', numbers: mine })).toBe(3);
    expect(ask(a, 'reserve', 1)).toEqual([704]);
    expect(ask(b, 'reserve', 4)).toEqual([...mine, 705]);
    expect(ask(b, 'online', 1)).toEqual([1]);
  });

  it('are only its own, of the reserve, not on a ticket, and each once', () => {
    const [first = 0, second = 0, third = 0] = ask(a, 'reserve', 3);
    const numbers = [...ask(a, 'online', 1), ...ask(b, 'reserve', 1)];
    onTicket(first);
    expect(returnNumbers(context, a, TODAY, { series: 'A', numbers: [...numbers, first, second, 999] })).toBe(1);
    expect(returnNumbers(context, a, TODAY, { series: 'A', numbers: [second, third] })).toBe(1);
    expect(returnNumbers(context, b, TODAY, { series: 'A', numbers: [second] })).toBe(0);
    // It came up on a ticket after all.
    onTicket(third);
    expect(ask(b, 'reserve', 2)).toEqual([second, 705]);
    expect(returnNumbers(context, a, TODAY, { series: 'A', numbers: [second] })).toBe(0);
  });
});

describe('a centre that was restored', () => {
  it('gives nothing to who has not said hello in its epoch, whichever epoch is named', () => {
    const first = context.epoch;
    ask(a, 'online');
    restored(() => ask(a, 'online', 5));
    expect(problemOf(() => ask(a, 'online', 1, TODAY, 'A', first))).toBe('epoch-changed');
    expect(problemOf(() => ask(a, 'online'))).toBe('epoch-changed');
    // Never heard of in the backup: it may have been there since.
    expect(problemOf(() => ask(b, 'online'))).toBe('epoch-changed');
    expect(say(a, [held(6)], first).epoch).toBe(context.epoch);
    expect(problemOf(() => ask(a, 'online', 1, TODAY, 'A', context.epoch))).toBe('epoch-changed');
  });

  it('waits for every device that may hold a number of the days before it gives one of them', () => {
    ask(a, 'online');
    ask(b, 'online');
    restored(() => ask(b, 'online', 40, TODAY) && ask(b, 'online', 40) && ask(b, 'online', 40));
    say(a, [held(1)]);
    expect(ask(a, 'online')).toEqual([]);
    expect(ask(a, 'reserve', 40)).toEqual([]);
    expect(ask(a, 'online', 1, TOMORROW)).toEqual([]);
    expect(giveNumber(context, OFFICE, TODAY, 'A', 'hall')).toBeNull();
    expect(log.at(-1)).toContain('before 1 more');
    say(b, [held(124)]);
    expect(ask(a, 'online')).toEqual([125 + RESTORE_MARGIN]);
    expect(ask(b, 'online')).toEqual([126 + RESTORE_MARGIN]);
  });

  it('does not wait for revoked ones, nor for days that nobody could have numbers of', () => {
    ask(a, 'online');
    ask(b, 'online');
    restored(() => undefined);
    say(a);
    now += 86_400_000;
    expect(ask(a, 'online', 1, AFTER)).toEqual([1]);
    expect(ask(a, 'online', 1, TOMORROW)).toEqual([]);
    context.db.prepare('UPDATE device SET revoked_at = 1 WHERE device_id = ?').run(b.id);
    expect(ask(a, 'online', 1, TOMORROW)).toEqual([1 + RESTORE_MARGIN]);
  });

  it('leaves a margin in each series and day, also where nobody told of any, and for the reserve', () => {
    const [first = 0] = ask(a, 'reserve', 1);
    say(b);
    restored(() => undefined);
    say(a, [held(0, [720])]);
    say(b, [held(30, [], 'B')]);
    expect(ask(a, 'online', 2, TODAY, 'B')).toEqual([31 + RESTORE_MARGIN, 32 + RESTORE_MARGIN]);
    expect(ask(a, 'online', 1, TODAY, 'K')).toEqual([1 + RESTORE_MARGIN]);
    expect(ask(a, 'online', 1, TOMORROW, 'K')).toEqual([1 + RESTORE_MARGIN]);
    expect(ask(b, 'reserve', 1)).toEqual([721 + RESTORE_MARGIN]);
    expect(first).toBe(700);
  });

  it('gives reserve numbers back to whom they went since, and none of them anew', () => {
    const numbers = ask(a, 'reserve', 2);
    say(b);
    restored(() => {
      returnNumbers(context, a, TODAY, { series: 'A', numbers });
      ask(b, 'reserve', 2);
    });
    say(a);
    say(b, [held(0, numbers)]);
    // What a did before the backup is told again, and so is what it returned.
    expect(returnNumbers(context, a, TODAY, { series: 'A', numbers })).toBe(0);
    expect(returnNumbers(context, b, TODAY, { series: 'A', numbers })).toBe(0);
    expect(ask(a, 'reserve', 40).some((number) => numbers.includes(number))).toBe(false);
  });

  it('does not give what was free in the backup', () => {
    const numbers = ask(a, 'reserve', 2);
    say(b);
    returnNumbers(context, a, TODAY, { series: 'A', numbers });
    restored(() => ask(b, 'reserve', 2));
    say(a);
    say(b);
    expect(ask(b, 'reserve', 40).some((number) => numbers.includes(number))).toBe(false);
  });
});
