import { v7 as uuidv7 } from 'uuid';
import { afterEach, describe, expect, it } from 'vitest';
import { GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import type { Centre } from '../centre/index.ts';
import { chained, type TestDevice } from '../centre/test-device.ts';
import { closeCentres, enrol, start, TODAY } from '../centre/test-stage.ts';

/** The chain of a device's operations: what the centre takes, what it wants first, and what it never believes again. */

afterEach(closeCentres);

const OTHER_HASH = 'ab'.repeat(32);
const walkIn = (device: TestDevice, number: number) => device.walkIn({ businessDate: TODAY, number });
const visits = (centre: Centre): number =>
  centre.context.db.prepare<[], { n: number }>('SELECT count(*) AS n FROM visit').get()?.n ?? -1;
const problem = (type: string, status: number) => ({ ok: false, status, problem: { type: `/problems/${type}` } });

describe('a push', () => {
  it('goes on where the one before it ended, and says how far the centre has come', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const ops = Array.from({ length: 7 }, (_, i) => walkIn(device, i + 1));
    expect(await device.push(...ops.slice(0, 3))).toMatchObject({ acked_seq: 3, durable_seq: 3 });
    // The answer was lost, and more has come since: what is known is known, the rest is taken.
    const again = await device.push(...ops.slice(1));
    expect(again.acked_seq).toBe(7);
    expect(again.results.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 2 }, () => 'duplicate'),
      ...Array.from({ length: 4 }, () => 'applied'),
    ]);
    expect(visits(centre)).toBe(7);
  });

  it('of a device that is ahead is refused with the operation that is missing, and takes nothing', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const [one, two, three] = [walkIn(device, 1), walkIn(device, 2), walkIn(device, 3)];
    await device.push(one);
    const ahead = await device.batch([three], { prev_hash: chained(device.hashes.get(1) ?? '', two) });
    expect(await device.ask('ops', ahead)).toMatchObject({
      ...problem('seq-gap', 409),
      problem: { type: '/problems/seq-gap', expected_seq: 2 },
    });
    expect(visits(centre)).toBe(1);
    // It is no fault of the device: it tells from there.
    expect((await device.push(two, three)).acked_seq).toBe(3);
  });

  it.each([
    ['with a signature of another key', { signature: 'A'.repeat(86) }],
    ['with another hash than that of its last operation', { hash: OTHER_HASH }],
    ['that says it goes on from elsewhere', { prev_hash: OTHER_HASH, hash: GENESIS_HASH }],
  ])('%s is refused, and harms nobody', async (_, said) => {
    const centre = await start();
    const device = await enrol(centre);
    const [one, two] = [walkIn(device, 1), walkIn(device, 2)];
    await device.push(one);
    const right = await device.batch([two]);
    expect(await device.ask('ops', { ...right, ...said })).toMatchObject(problem('invalid-request', 400));
    expect(visits(centre)).toBe(1);
    expect((await device.push(two)).acked_seq).toBe(2);
  });

  it('with a hole, or with an operation twice, is refused', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const [one, , three] = [walkIn(device, 1), walkIn(device, 2), walkIn(device, 3)];
    for (const ops of [
      [one, three],
      [one, one],
    ]) {
      expect(await device.ask('ops', await device.batch(ops))).toMatchObject(problem('invalid-request', 400));
    }
    expect(visits(centre)).toBe(0);
  });

  it('signed by another device is refused, and blocks nobody', async () => {
    const centre = await start();
    const [mine, other] = [await enrol(centre), await enrol(centre)];
    await mine.push(walkIn(mine, 1));
    const forged = await other.batch([walkIn(other, 2)], { prev_hash: OTHER_HASH });
    expect(await mine.ask('ops', forged)).toMatchObject(problem('invalid-request', 400));
    expect((await mine.push(walkIn(mine, 3))).acked_seq).toBe(2);
  });

  it('of another epoch is refused until the device has said hello', async () => {
    const centre = await start();
    const device = await enrol(centre);
    centre.control({ restore: true });
    const op = walkIn(device, 1);
    expect(await device.tryPush(op)).toMatchObject(problem('epoch-changed', 409));
    expect(visits(centre)).toBe(0);
    expect((await device.hello()).epoch).toBe(centre.context.epoch);
    expect((await device.push(op)).results[0]?.status).toBe('applied');
  });

  it('is taken whole or not at all', async () => {
    const centre = await start();
    const device = await enrol(centre);
    // The disk is full when the third is written.
    centre.context.db.exec(`CREATE TRIGGER full BEFORE INSERT ON chain WHEN NEW.seq = 3
      BEGIN SELECT raise(FAIL, 'disk'); END`);
    const ops = [walkIn(device, 1), walkIn(device, 2), walkIn(device, 3)];
    expect(await device.tryPush(...ops)).toMatchObject(problem('internal', 500));
    expect(visits(centre)).toBe(0);
    centre.context.db.exec('DROP TRIGGER full');
    expect((await device.push(...ops)).acked_seq).toBe(3);
  });
});

describe('an operation that the centre cannot read, or fails with', () => {
  it('is kept, holds up nothing, and is tried again when it comes again', async () => {
    const log: string[] = [];
    const centre = await start({ log: (line) => log.push(line) });
    const device = await enrol(centre);
    const unknown = { op_id: uuidv7(), seq: device.nextSeq(), type: 'teleport', to: 'moon' };
    centre.context.db.exec(`CREATE TRIGGER odd BEFORE INSERT ON visit BEGIN SELECT raise(ABORT, 'odd'); END`);
    const failing = walkIn(device, 1);
    const first = await device.push(unknown, failing);
    expect(first.acked_seq).toBe(2);
    expect(first.results.map(({ status, problem: why }) => [status, why?.type])).toEqual([
      ['rejected', 'unreadable'],
      ['rejected', 'internal'],
    ]);
    expect(log.join('\n')).toContain(failing.op_id);
    centre.context.db.exec('DROP TRIGGER odd');
    const again = await device.push(unknown, failing);
    expect(again.results.map(({ status, problem: why }) => [status, why?.type])).toEqual([
      ['rejected', 'unreadable'],
      ['applied', undefined],
    ]);
    expect(visits(centre)).toBe(1);
  });

  it('may be withheld: the chain goes on over its hash, and it may still come', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const [one, poison, three] = [walkIn(device, 1), walkIn(device, 2), walkIn(device, 3)];
    await device.push(one);
    const stub = device.withheld(poison);
    const answer = await device.push(stub, three);
    expect(answer).toMatchObject({ acked_seq: 3, results: [{ status: 'deferred' }, { status: 'applied' }] });
    expect(visits(centre)).toBe(2);
    expect((await device.push(stub)).results[0]?.status).toBe('deferred');
    // In full, and only what was told of.
    expect((await device.push(poison)).results[0]?.status).toBe('applied');
    expect(visits(centre)).toBe(3);
    expect((await device.push(poison)).results[0]?.status).toBe('duplicate');
    // Told of once more it is known.
    expect((await device.push(stub)).results[0]?.status).toBe('duplicate');
    expect((await device.push(walkIn(device, 4))).acked_seq).toBe(4);
  });

  it('that was withheld and comes as another one is a fork', async () => {
    const centre = await start();
    const device = await enrol(centre);
    const [poison, other] = [walkIn(device, 1), { ...walkIn(device, 2), seq: 1 }];
    await device.push(device.withheld(poison));
    expect(await device.tryPush(other)).toMatchObject(problem('chain-fork', 409));
    expect(visits(centre)).toBe(0);
  });
});

describe('a cloned device', () => {
  const forks: [string, (clone: TestDevice, device: TestDevice) => Promise<unknown>][] = [
    ['an operation that the other has told as another one', async (clone) => clone.tryPush(walkIn(clone, 9))],
    [
      'an operation that follows another one',
      async (clone) =>
        clone.ask('ops', await clone.batch([{ ...walkIn(clone, 9), seq: 3 }], { prev_hash: OTHER_HASH })),
    ],
    [
      'as many operations, the last of them another one',
      async (clone) => clone.ask('hello', clone.standing({ last_seq: 2, last_hash: OTHER_HASH })),
    ],
  ];
  it.each(forks)('is noticed by %s, and neither is believed from then on', async (_, tell) => {
    const log: string[] = [];
    const centre = await start({ log: (line) => log.push(line) });
    const device = await enrol(centre);
    await device.push(walkIn(device, 1));
    const clone = device.clone();
    await device.push(walkIn(device, 2));
    expect(await tell(clone, device)).toMatchObject(problem('chain-fork', 409));
    expect(visits(centre)).toBe(2);
    expect(log.join('\n')).toMatch(new RegExp(`ALARM.*${device.id}`));
    for (const one of [device, clone]) {
      for (const call of [one.ask('keys', {}), one.ask('hello', one.standing()), one.tryPush(walkIn(one, 5))]) {
        expect(await call).toMatchObject(problem('device-revoked', 403));
      }
      await expect(one.signIn()).rejects.toThrow('device-revoked');
    }
    // Others go on.
    const bystander = await enrol(centre);
    expect((await bystander.push(walkIn(bystander, 6))).acked_seq).toBe(1);
  });

  it('that says hello with fewer operations than are known may only be late: it is told what is expected of it', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.push(walkIn(device, 1));
    const late = device.standing();
    await device.push(walkIn(device, 2));
    expect(await device.ask('hello', late)).toMatchObject({ ok: true, body: { expected_seq: 3, resync: 'none' } });
    expect((await device.push(walkIn(device, 3))).acked_seq).toBe(3);
  });

  it('ends what the other is waiting for', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.push(walkIn(device, 1));
    await device.pull();
    const events = await device.events();
    const clone = device.clone();
    expect(await clone.ask('hello', clone.standing({ last_seq: 1, last_hash: OTHER_HASH }))).toMatchObject(
      problem('chain-fork', 409),
    );
    expect((await events.next()).value).toBe('revoke');
    expect((await events.next()).done).toBe(true);
  });
});

describe('hello', () => {
  it('says what comes next', async () => {
    const centre = await start();
    const device = await enrol(centre);
    expect(await device.call('hello', device.standing())).toEqual({
      epoch: device.epoch,
      expected_seq: 1,
      durable_seq: 0,
      resync: 'none',
    });
    await device.push(walkIn(device, 1), walkIn(device, 2));
    await device.pull();
    // What it has not told yet is no contradiction.
    const more = device.standing({ last_seq: 5, last_hash: OTHER_HASH });
    expect(await device.call('hello', more)).toMatchObject({ expected_seq: 3, durable_seq: 2, resync: 'none' });
  });

  it('tells a device to go back to what the centre has forgotten', async () => {
    const centre = await start();
    const device = await enrol(centre);
    await device.push(walkIn(device, 1));
    const ahead = device.standing({ last_seq: 4, last_hash: OTHER_HASH, acked_seq: 3 });
    expect(await device.call('hello', ahead)).toMatchObject({ expected_seq: 2, resync: 'rewind' });
    // Rather than to fetch anew: that comes by itself.
    const old = Buffer.from('0123456789ab.5').toString('base64url');
    expect(await device.call('hello', { ...ahead, cursor: old })).toMatchObject({ resync: 'rewind' });
  });

  it.each([
    ['of another epoch', Buffer.from('0123456789ab.5').toString('base64url'), 'snapshot'],
    ['that nobody gave out', 'nonsense', 'snapshot'],
    ['that is none', '', 'none'],
  ])('judges a cursor %s', async (_, cursor, resync) => {
    const centre = await start();
    const device = await enrol(centre);
    expect(await device.call('hello', device.standing({ cursor }))).toMatchObject({ resync });
  });
});
