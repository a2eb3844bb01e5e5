import { createPublicKey, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { leaseRequest } from '../../shared/contracts/centre/schemas.ts';

import { askAs, because, callAs, good, mustRefuse, pushOne, type Device } from './device.ts';
import { seal } from './sealing.ts';
import { fail, must, skip, type Check } from './suite.ts';
import { addDays, rowsOf, type World } from './world.ts';

/** Ticket numbers and keys. */

type Kind = 'online' | 'reserve';
const ONLINE_LAST = 699;
const RESERVE_FIRST = 700;
const RESERVE_LAST = 999;
const MOST_RESERVE = 40;
/** The letter whose numbers are least likely to be wanted by anybody while this runs. */
const SERIES = 'X';

type Question = z.input<typeof leaseRequest>;

const question = async (
  world: World,
  device: Device,
  kind: Kind,
  n: number,
  more: Partial<Question> = {},
): Promise<Question> => ({
  request_id: randomUUID(),
  business_date: (await world.moment()).business_date,
  series: SERIES,
  kind,
  n,
  epoch: device.epoch,
  ...more,
});

const lease = async (world: World, device: Device, kind: Kind, n: number, more: Partial<Question> = {}) =>
  callAs(device, 'leases', await question(world, device, kind, n, more));

const twiceIn = (numbers: readonly number[]): number | undefined =>
  numbers.find((number, i) => numbers.indexOf(number) !== i);

export const numberChecks: readonly Check[] = [
  {
    id: 'leases.online',
    about: `online numbers are 1-${ONLINE_LAST}, and none of those that the office leaves out`,
    run: async (world) => {
      const device = await world.device();
      const { numbers } = await lease(world, device, 'online', 3);
      if (numbers.length === 0) skip("the day's numbers are used up");
      const out = numbers.find((n) => n < 1 || n > ONLINE_LAST);
      must(out === undefined, `${out ?? 0} is given online: these are 1 to ${ONLINE_LAST}`);
      const office = rowsOf(await world.feed(), 'office').find(({ id }) => id === device.office_id);
      const left = numbers.find((n) => office?.data.skipped_numbers.includes(n));
      must(left === undefined, `${left ?? 0} is given, which the office leaves out (skipped_numbers)`);
      must(numbers.length <= 3, `${numbers.length} numbers are given for n=3`);
    },
  },
  {
    id: 'leases.reserve',
    about: `the reserve is ${RESERVE_FIRST}-${RESERVE_LAST}, at most ${MOST_RESERVE} for a device, series and day`,
    run: async (world) => {
      const device = await world.device();
      const tomorrow = addDays((await world.moment()).business_date, 1);
      const given: number[] = [];
      for (let i = 0; i < 3; i += 1) {
        given.push(...(await lease(world, device, 'reserve', MOST_RESERVE, { business_date: tomorrow })).numbers);
      }
      const out = given.find((n) => n < RESERVE_FIRST || n > RESERVE_LAST);
      must(out === undefined, `${out ?? 0} is given as reserve: these are ${RESERVE_FIRST} to ${RESERVE_LAST}`);
      must(
        given.length <= MOST_RESERVE,
        `one device gets ${given.length} numbers of the reserve of one series and day: at most ${MOST_RESERVE}, or others have none`,
      );
    },
  },
  {
    id: 'leases.again',
    about: 'the same request_id is answered with the same numbers',
    run: async (world) => {
      const device = await world.device();
      const asked = await question(world, device, 'online', 2);
      const one = await callAs(device, 'leases', asked);
      const two = await callAs(device, 'leases', asked);
      if (one.numbers.length === 0) skip("the day's numbers are used up");
      must(
        JSON.stringify(one.numbers) === JSON.stringify(two.numbers),
        `a repeated request_id brings ${two.numbers.join(', ')} after ${one.numbers.join(', ')}: the answer before may have been lost`,
      );
    },
  },
  {
    id: 'leases.other-question',
    about: 'a request_id that was used for another lease is refused',
    run: async (world) => {
      const device = await world.device();
      const asked = await question(world, device, 'online', 1);
      if ((await callAs(device, 'leases', asked)).numbers.length === 0) skip("the day's numbers are used up");
      const answer = await askAs(device, 'leases', { ...asked, n: 2 });
      mustRefuse(answer, 400, 'invalid-request', 'one request_id is taken for two different leases');
    },
  },
  {
    id: 'leases.never-twice',
    about: 'no number is given twice, to whomever',
    run: async (world) => {
      const devices = [await world.device(), await world.other().catch(world.device)];
      const given: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        for (const device of devices) given.push(...(await lease(world, device, 'online', 2)).numbers);
      }
      const twice = twiceIn(given);
      must(twice === undefined, `${SERIES} ${twice ?? 0} is given twice: two people will stand up for one number`);
    },
  },
  {
    id: 'leases.at-once',
    about: 'nor of fifty that are asked for at once',
    run: async (world) => {
      const device = await world.device();
      const answers = await Promise.all(
        Array.from({ length: 50 }, async () => askAs(device, 'leases', await question(world, device, 'online', 1))),
      );
      // A centre may put off a device that asks too fast; it must not answer it wrongly.
      const given = answers.filter(({ status }) => status !== 429).flatMap((answer) => good('leases', answer).numbers);
      const twice = twiceIn(given);
      must(
        twice === undefined,
        `${SERIES} ${twice ?? 0} is given twice when fifty ask at once: count in the transaction that gives`,
      );
    },
  },
  {
    id: 'leases.day',
    about: 'numbers are leased for today and tomorrow only',
    run: async (world) => {
      const device = await world.device();
      const today = (await world.moment()).business_date;
      for (const n of [-1, 2]) {
        const asked = await question(world, device, 'online', 1, { business_date: addDays(today, n) });
        const answer = await askAs(device, 'leases', asked);
        mustRefuse(answer, 400, 'invalid-request', `on ${today} numbers of ${addDays(today, n)} are given`);
      }
    },
  },
  {
    id: 'leases.epoch',
    about: 'a lease for another epoch is 409 epoch-changed',
    run: async (world) => {
      const device = await world.device();
      const asked = await question(world, device, 'online', 1, { epoch: 'another-epoch' });
      const answer = await askAs(device, 'leases', asked);
      mustRefuse(
        answer,
        409,
        'epoch-changed',
        'a device of another history gets numbers before it has said which it holds',
      );
    },
  },
  {
    id: 'keys.answer',
    about: 'keys that confirmations are verified with, one of them in force',
    run: async (world) => {
      const { keys } = await callAs(await world.device(), 'keys', {});
      must(keys.length > 0, 'there is no key: no confirmation can be verified while the centre is away');
      for (const { kid, x } of keys) {
        must(Number(kid) <= 255, `the key id ${kid} does not fit into a byte of the confirmation`);
        try {
          createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
        } catch {
          must(false, `the key ${kid} is no Ed25519 key`);
        }
      }
      const now = world.now();
      const good = keys.some(
        ({ nbf, exp, revoked_at }) => nbf <= now && (exp === null || exp > now) && revoked_at === null,
      );
      must(good, 'no key is in force now: nbf and exp are milliseconds');
    },
  },
  {
    id: 'keys.sealing',
    about: 'what is sealed to the sealing key is taken',
    run: async (world) => {
      const device = await world.device();
      const { sealing } = await callAs(device, 'keys', {});
      if (!sealing) skip('the centre has no sealing key: devices ask for no phone');
      const walkIn = await world.walkIn();
      const sealed = ((): string => {
        try {
          return seal(sealing, { phone: '+79990000000' });
        } catch {
          return fail('the sealing key is no point of P-256');
        }
      })();
      const contact = { sealed, consent_version: '1', consent_at: world.now() };
      const { status, problem } = await pushOne(device, {
        ...walkIn,
        payload: { ...(walkIn['payload'] as object), contact },
      });
      must(status !== 'rejected', `a walk-in with a sealed phone is ${status}${because(problem)}`);
    },
  },
];
