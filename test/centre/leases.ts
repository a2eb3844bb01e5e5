import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import type { leaseReturnPayload } from '../../shared/contracts/centre/schemas.ts';
import { addDays } from '../../shared/domain/business-day.ts';
import { isSkipped, ONLINE_LAST, RESERVE_FIRST, RESERVE_LAST, type Series } from '../../shared/domain/ticket-number.ts';
import { officeDate, readOffice, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { ProblemError } from './problems.ts';

/**
 * Ticket numbers are handed out here, each once in an office, business day and series, whatever becomes of it. Online
 * numbers come one after the other; of the reserve every device holds an equal part.
 *
 * A centre that was restored from a backup has forgotten what it gave since. Each device then tells what it holds
 * (`hello`), and until all of them have, any number may be the one that a silent device holds: no margin above what the
 * others told is safe, for it may have been the only one that was online. So nothing is granted for the days of which
 * numbers had been given; the devices live on their reserve, and on five digits, meanwhile. A device that will never come
 * is revoked. The margin is for those that the backup does not know at all.
 */

type In<N extends 'hello' | 'leases'> = z.output<(typeof centreApi)[N]['input']>;
type Out<N extends 'leases'> = z.input<(typeof centreApi)[N]['output']>;

/** The most that one device holds in reserve, per series and day. */
const MAX_RESERVE = 40;
/** How many numbers are left out after a restore, above the highest that anybody knows of; per day, series and kind. */
export const RESTORE_MARGIN = 50;

export const reservePerDevice = (devices: number): number =>
  Math.min(MAX_RESERVE, Math.floor((RESERVE_LAST - RESERVE_FIRST + 1) / Math.max(1, devices)));

const count = (row: { n: number } | undefined): number => row?.n ?? 0;

/** One row of numbers: of an office, a day and a series. */
interface Row {
  officeId: number;
  date: string;
  series: Series;
}

type Kind = In<'leases'>['kind'];
const RANGE: Record<Kind, readonly [first: number, last: number]> = {
  online: [1, ONLINE_LAST],
  reserve: [RESERVE_FIRST, RESERVE_LAST],
};

/**
 * How the office stands after a restore; null in a centre's first epoch.
 * @returns the last day that the forgotten history may have given numbers for, and how many devices have not said hello
 */
const afterRestore = (context: Context, officeId: number): { lastDay: string; silent: number } | null => {
  const { db, epoch, now } = context;
  let lastDay = db
    .prepare<[string, number], { last_day: string }>(
      'SELECT last_day FROM lease_restore WHERE epoch = ? AND office_id = ?',
    )
    .get(epoch, officeId)?.last_day;
  if (lastDay === undefined) {
    // Somebody was known in another epoch, or had been when another office was looked at.
    const earlier = db
      .prepare<[string, string], { n: number }>(
        `SELECT (SELECT count(*) FROM device WHERE hello_epoch <> ?)
           + (SELECT count(*) FROM lease_restore WHERE epoch = ?) AS n`,
      )
      .get(epoch, epoch);
    if (count(earlier) === 0) return null;
    lastDay = addDays(officeDate(context, officeId, now()), 1);
    db.prepare('INSERT INTO lease_restore VALUES (?, ?, ?)').run(epoch, officeId, lastDay);
  }
  const silent = db
    .prepare<[number, string], { n: number }>(
      'SELECT count(*) AS n FROM device WHERE office_id = ? AND revoked_at IS NULL AND hello_epoch IS NOT ?',
    )
    .get(officeId, epoch);
  return { lastDay, silent: count(silent) };
};

/** The highest number that is leased or stands on a ticket (also one of another history); one below the first if none. */
const highestOf = ({ db }: Context, { officeId, date, series }: Row, kind: Kind): number => {
  const [first, last] = RANGE[kind];
  const highest = (table: 'lease' | 'ticket'): number =>
    db
      .prepare<(string | number)[], { highest: number | null }>(
        `SELECT max(number) AS highest FROM ${table}
         WHERE office_id = ? AND business_date = ? AND series = ? AND number BETWEEN ? AND ?`,
      )
      .get(officeId, date, series, first, last)?.highest ?? first - 1;
  return Math.max(highest('lease'), highest('ticket'));
};

/** What the counter of a row has to be above after a restore: set when the first is granted, and fixed from then on. */
const floorOf = (context: Context, row: Row, kind: Kind): number => {
  const { db, epoch } = context;
  const key = [epoch, row.officeId, row.date, row.series, kind];
  const known = db
    .prepare<(string | number)[], { floor: number }>(
      `SELECT floor FROM lease_floor WHERE epoch = ? AND office_id = ? AND business_date = ? AND series = ? AND kind = ?`,
    )
    .get(...key);
  if (known) return known.floor;
  const floor = highestOf(context, row, kind) + RESTORE_MARGIN;
  db.prepare('INSERT INTO lease_floor VALUES (?, ?, ?, ?, ?, ?)').run(...key, floor);
  return floor;
};

/** Reserve numbers that other devices have returned, lowest first. */
const freeOf = ({ db }: Context, { officeId, date, series }: Row, deviceId: string | null): number[] =>
  db
    .prepare<(string | number | null)[], { number: number }>(
      `SELECT number FROM lease_free JOIN lease USING (office_id, business_date, series, number)
       WHERE office_id = ? AND business_date = ? AND series = ? AND lease.device_id IS NOT ?
       AND NOT EXISTS (SELECT 1 FROM ticket WHERE ticket.office_id = lease.office_id
         AND ticket.business_date = lease.business_date AND ticket.series = lease.series
         AND ticket.number = lease.number)
       ORDER BY number`,
    )
    .all(officeId, date, series, deviceId)
    .map(({ number }) => number);

/** @param holder null: nobody's, the centre gives it out itself */
const grant = (
  context: Context,
  row: Row,
  kind: Kind,
  wanted: number,
  holder: string | null,
  requestId: string,
): number[] => {
  const { db } = context;
  const { officeId, date, series } = row;
  const restored = afterRestore(context, officeId);
  const touched = restored !== null && date <= restored.lastDay;
  if (touched && restored.silent > 0) return [];
  const [, last] = RANGE[kind];
  const highest = Math.max(highestOf(context, row, kind), touched ? floorOf(context, row, kind) : 0);
  const skipped = readOffice(context, officeId)?.skipped_numbers;
  const candidates = function* (): Generator<number> {
    // Of a touched day nothing is free: whoever had it next may have given it since the backup.
    if (kind === 'reserve' && !touched) yield* freeOf(context, row, holder);
    for (let number = highest + 1; number <= last; number += 1) yield number;
  };
  const lease = db.prepare(
    `INSERT INTO lease VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET device_id = excluded.device_id, request_id = excluded.request_id`,
  );
  const numbers: number[] = [];
  for (const number of candidates()) {
    if (numbers.length >= wanted) break;
    if (isSkipped(number, skipped)) continue;
    lease.run(officeId, date, series, number, holder, requestId);
    numbers.push(number);
  }
  const taken = db.prepare(
    'DELETE FROM lease_free WHERE office_id = ? AND business_date = ? AND series = ? AND number = ?',
  );
  if (kind === 'reserve') for (const number of numbers) taken.run(officeId, date, series, number);
  return numbers;
};

/** How many more the device may take in reserve: its part, less what it holds and has not been seen on a ticket. */
const allowance = ({ db }: Context, device: Device, { date, series }: Row): number => {
  const devices = count(
    db
      .prepare<[number], { n: number }>('SELECT count(*) AS n FROM device WHERE office_id = ? AND revoked_at IS NULL')
      .get(device.officeId),
  );
  const held = count(
    db
      .prepare<[number, string, string, string, number], { n: number }>(
        `SELECT count(*) AS n FROM lease WHERE office_id = ? AND business_date = ? AND series = ? AND device_id = ?
         AND number >= ? AND NOT EXISTS (SELECT 1 FROM ticket WHERE ticket.office_id = lease.office_id
           AND ticket.business_date = lease.business_date AND ticket.series = lease.series
           AND ticket.number = lease.number)
         AND NOT EXISTS (SELECT 1 FROM lease_free AS free WHERE free.office_id = lease.office_id
           AND free.business_date = lease.business_date AND free.series = lease.series AND free.number = lease.number)`,
      )
      .get(device.officeId, date, series, device.id, RESERVE_FIRST),
  );
  return Math.max(0, reservePerDevice(devices) - held);
};

const sayHello = ({ db, epoch }: Context, device: Device): void => {
  db.prepare('UPDATE device SET hello_epoch = ? WHERE device_id = ?').run(epoch, device.id);
};

/** @throws ProblemError `epoch-changed` when the device has to say hello first */
const mustHaveGreeted = (context: Context, device: Device, stated: string | undefined): void => {
  const { db, epoch } = context;
  if (stated !== undefined && stated !== epoch) throw new ProblemError('epoch-changed');
  const said = db
    .prepare<[string], { hello_epoch: string | null }>('SELECT hello_epoch FROM device WHERE device_id = ?')
    .get(device.id)?.hello_epoch;
  if (said === epoch) return;
  // In a centre's first epoch nothing is forgotten: who has just been enrolled holds nothing.
  if (said !== null || afterRestore(context, device.officeId) !== null) {
    throw new ProblemError('epoch-changed', 'say hello in this epoch first');
  }
  sayHello(context, device);
};

/**
 * Leases numbers. The same request id of a device is answered with the same numbers; an answer without any is not kept.
 * @returns fewer numbers than asked for when they are used up, the device holds its part, or devices are waited for
 * @throws ProblemError `invalid-request`: neither today nor tomorrow, or the request id was used for another question;
 * `epoch-changed`: the device has to say hello first
 */
export const lease = (context: Context, device: Device, input: In<'leases'>): Out<'leases'> =>
  context.write(() => {
    const { db, now } = context;
    const { request_id, business_date, series, kind, n } = input;
    const requestId = request_id.toLowerCase();
    const answer = (numbers: number[]): Out<'leases'> => ({ request_id, business_date, series, numbers });
    mustHaveGreeted(context, device, input.epoch);

    const question = JSON.stringify([business_date, series, kind, n]);
    const before = db
      .prepare<[string, string], { question: string; numbers: string }>(
        'SELECT question, numbers FROM lease_request WHERE device_id = ? AND request_id = ?',
      )
      .get(device.id, requestId);
    if (before) {
      if (before.question !== question) {
        throw new ProblemError('invalid-request', 'this request_id was used for another lease: take a new one');
      }
      return answer(JSON.parse(before.numbers) as number[]);
    }

    const today = officeDate(context, device.officeId, now());
    if (business_date !== today && business_date !== addDays(today, 1)) {
      throw new ProblemError(
        'invalid-request',
        `numbers are leased for ${today} and the day after it, not for ${business_date}`,
      );
    }
    const row: Row = { officeId: device.officeId, date: business_date, series };
    const wanted = kind === 'online' ? n : Math.min(n, allowance(context, device, row));
    const numbers = grant(context, row, kind, wanted, device.id, requestId);
    if (numbers.length > 0) {
      db.prepare('INSERT INTO lease_request VALUES (?, ?, ?, ?, ?)').run(
        device.id,
        requestId,
        question,
        JSON.stringify(numbers),
        now(),
      );
    }
    return answer(numbers);
  });

/**
 * The next online number of a row for a ticket that the centre gives out itself.
 * @param holder what it is for, for the record
 * @returns null when they are used up, or devices are waited for
 */
export const giveNumber = (
  context: Context,
  officeId: number,
  date: string,
  series: Series,
  holder: string,
): number | null =>
  context.write(() => grant(context, { officeId, date, series }, 'online', 1, null, holder)[0] ?? null);

/**
 * A device tells which numbers it has. They are known as given from then on, whoever they were given to in this history.
 * It counts as said in this epoch only when it names it: what was said before the device knew of the epoch may be older
 * than the restore, and so may miss numbers.
 */
export const takeNumbers = (context: Context, device: Device, input: Pick<In<'hello'>, 'epoch' | 'numbers'>): void =>
  context.write(() => {
    const { db, epoch } = context;
    const { officeId } = device;
    const restored = afterRestore(context, officeId);
    const known = db.prepare(`INSERT INTO lease VALUES (?, ?, ?, ?, ?, 'hello') ON CONFLICT DO NOTHING`);
    const moved = db.prepare(
      'UPDATE lease SET device_id = ? WHERE office_id = ? AND business_date = ? AND series = ? AND number = ?',
    );
    const taken = db.prepare(
      'DELETE FROM lease_free WHERE office_id = ? AND business_date = ? AND series = ? AND number = ?',
    );
    for (const { business_date, series, highest_online, reserve } of input.numbers) {
      if (highest_online > 0) known.run(officeId, business_date, series, highest_online, device.id);
      for (const number of reserve) {
        if (number < RESERVE_FIRST || number > RESERVE_LAST) continue;
        known.run(officeId, business_date, series, number, device.id);
        taken.run(officeId, business_date, series, number);
        // It may have changed hands since the backup.
        if (restored && business_date <= restored.lastDay) {
          moved.run(device.id, officeId, business_date, series, number);
        }
      }
    }
    if (input.epoch === epoch) sayHello(context, device);
    if (restored) {
      const { silent = 0 } = afterRestore(context, officeId) ?? {};
      context.log(
        silent === 0
          ? `office ${officeId}: all devices have said hello, numbers are given again`
          : `office ${officeId}: no numbers up to ${restored.lastDay} before ${silent} more devices have said hello (revoke those that will not come)`,
      );
    }
  });

/**
 * Reserve numbers that a device will not use: other devices may have them in reserve. Left out are numbers that are not
 * its own and those of tickets. Of the days that a restore touches none is taken: the operation may be from before, and
 * the device may have got the number again since.
 * @returns how many are free now
 */
export const returnNumbers = (
  context: Context,
  device: Device,
  businessDate: string,
  { series, numbers }: z.output<typeof leaseReturnPayload>,
): number =>
  context.write(() => {
    const { db } = context;
    const restored = afterRestore(context, device.officeId);
    if (restored && businessDate <= restored.lastDay) return 0;
    const free = db.prepare(
      `INSERT INTO lease_free SELECT office_id, business_date, series, number FROM lease
       WHERE office_id = ? AND business_date = ? AND series = ? AND number = ? AND number BETWEEN ? AND ?
       AND device_id = ? AND NOT EXISTS (SELECT 1 FROM ticket WHERE ticket.office_id = lease.office_id
         AND ticket.business_date = lease.business_date AND ticket.series = lease.series
         AND ticket.number = lease.number)
       ON CONFLICT DO NOTHING`,
    );
    return numbers
      .map((number) => free.run(device.officeId, businessDate, series, number, RESERVE_FIRST, RESERVE_LAST, device.id))
      .reduce((sum, { changes }) => sum + changes, 0);
  });
