import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { addDays } from '../../shared/domain/business-day.ts';
import { isSkipped, ONLINE_LAST, RESERVE_FIRST, RESERVE_LAST } from '../../shared/domain/ticket-number.ts';
import { officeDate, type Context } from './context.ts';
import type { Device } from './devices.ts';
import { ProblemError } from './problems.ts';

/**
 * Ticket numbers are handed out here, each once in an office, business day and series, whatever becomes of it. Online
 * numbers come one after the other; of the reserve every device holds an equal part.
 */

type In = z.output<(typeof centreApi)['leases']['input']>;
type Out = z.input<(typeof centreApi)['leases']['output']>;

/** The most that one device holds in reserve, per series and day. */
const MAX_RESERVE = 40;

export const reservePerDevice = (devices: number): number =>
  Math.min(MAX_RESERVE, Math.floor((RESERVE_LAST - RESERVE_FIRST + 1) / Math.max(1, devices)));

const count = (row: { n: number } | undefined): number => row?.n ?? 0;

/** How many more the device may take in reserve: its part, less what it holds and has not been seen on a ticket. */
const allowance = ({ db }: Context, device: Device, { business_date, series }: In): number => {
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
           AND ticket.number = lease.number)`,
      )
      .get(device.officeId, business_date, series, device.id, RESERVE_FIRST),
  );
  return Math.max(0, reservePerDevice(devices) - held);
};

/**
 * Leases numbers. The same request id of a device is answered with the same numbers.
 * @returns fewer numbers than asked for when they are used up, or the device holds its part
 * @throws ProblemError `invalid-request`: neither today nor tomorrow, or the request id was used for another question
 */
export const lease = (context: Context, device: Device, input: In): Out =>
  context.write(() => {
    const { db, now } = context;
    const { request_id, business_date, series, kind, n } = input;
    const requestId = request_id.toLowerCase();
    const answer = (numbers: number[]): Out => ({ request_id, business_date, series, numbers });

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
    const [first, last] = kind === 'online' ? [1, ONLINE_LAST] : [RESERVE_FIRST, RESERVE_LAST];
    const wanted = kind === 'online' ? n : Math.min(n, allowance(context, device, input));
    // A number seen on a ticket without a lease (of a device that another history of this centre gave it to) counts too.
    const highest =
      db
        .prepare<(string | number)[], { highest: number | null }>(
          `SELECT max(number) AS highest FROM (
             SELECT number FROM lease WHERE office_id = ? AND business_date = ? AND series = ? AND number BETWEEN ? AND ?
             UNION ALL
             SELECT number FROM ticket WHERE office_id = ? AND business_date = ? AND series = ? AND number BETWEEN ? AND ?)`,
        )
        .get(device.officeId, business_date, series, first, last, device.officeId, business_date, series, first, last)
        ?.highest ?? first - 1;
    const insert = db.prepare('INSERT INTO lease VALUES (?, ?, ?, ?, ?, ?)');
    const numbers: number[] = [];
    for (let number = highest + 1; number <= last && numbers.length < wanted; number += 1) {
      if (isSkipped(number)) continue;
      insert.run(device.officeId, business_date, series, number, device.id, requestId);
      numbers.push(number);
    }
    db.prepare('INSERT INTO lease_request VALUES (?, ?, ?, ?, ?)').run(
      device.id,
      requestId,
      question,
      JSON.stringify(numbers),
      now(),
    );
    return answer(numbers);
  });
