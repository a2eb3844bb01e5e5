import { chainHash, newKey, signedText, signText } from './crypto.ts';
import { goesOn, harmless, harmlessOps, resultOf } from './checks-ops.ts';
import { askAs, batchOf, good, hello, mustRefuse, sendBatch, told, type Batch, type Device } from './device.ts';
import { must, type Check } from './suite.ts';
import { readFeed, type World } from './world.ts';

/** The chain of a device's operations, and where it stands. */

const mustNotTake = async (
  world: World,
  change: (batch: Batch, device: Device) => Batch,
  [status, type]: [number, string],
  why: string,
): Promise<void> => {
  const device = await world.device();
  const ops = await harmlessOps(world, 2);
  const batch = change(batchOf(device, ops), device);
  mustRefuse(await askAs(device, 'ops', batch), status, type, why);
  await goesOn(world, device);
};

/** The hash of a batch made anew over what stands in it, and signed. */
const signedAgain = (device: Device, batch: Batch): Batch => {
  const hash = batch.ops.reduce((prev, op) => chainHash(prev, op), batch.prev_hash);
  const last = batch.ops.at(-1)?.seq ?? 0;
  return { ...batch, hash, signature: signText(device.key, signedText(device.id, last, hash)) };
};

export const chainChecks: readonly Check[] = [
  {
    id: 'ops.canonical',
    about: 'hashes are over canonical JSON (RFC 8785), not over the text that came',
    run: async (world) => {
      const device = await world.device();
      const [op] = await harmlessOps(world, 1);
      if (!op) return;
      const batch = batchOf(device, [{ ...op, note: 'Талон №5 — "é"\n\u2028', size: 1e-7 }]);
      const upside = batch.ops.map((one) => Object.fromEntries(Object.entries(one).toReversed()));
      const body = JSON.stringify({ ...batch, ops: upside }, null, 2);
      const answer = await sendBatch(device, batch, { body });
      must(
        answer.status === 200,
        `members in another order, with white space, are refused with ${told(answer)}: hash the canonical form`,
      );
    },
  },
  {
    id: 'ops.gap',
    about: 'operations behind a gap are 409 seq-gap with expected_seq',
    run: async (world) => {
      const device = await world.device();
      const [lost = harmless(await world.moment()), op = lost] = await harmlessOps(world, 2);
      const behind = { seq: device.seq + 1, hash: chainHash(device.hash, { ...lost, seq: device.seq + 1 }) };
      const answer = await askAs(device, 'ops', batchOf(device, [op], behind));
      const { expected_seq } = mustRefuse(
        answer,
        409,
        'seq-gap',
        `operation ${device.seq + 2} is taken before ${device.seq + 1}`,
      );
      must(
        expected_seq === device.seq + 1,
        `expected_seq is ${expected_seq ?? 'missing'}: tell ${device.seq + 1}, so that the device knows where to begin`,
      );
      await goesOn(world, device);
    },
  },
  {
    id: 'ops.signature',
    about: 'a batch that the device has not signed is refused, and nothing of it taken',
    run: async (world) =>
      mustNotTake(
        world,
        (batch, device) => {
          const text = signedText(device.id, batch.ops.at(-1)?.seq ?? 0, batch.hash);
          return { ...batch, signature: signText(newKey(), text) };
        },
        [400, 'invalid-request'],
        'a batch that was signed by another key is taken',
      ),
  },
  {
    id: 'ops.signed-text',
    about: 'the signature is over device, sequence and hash',
    run: async (world) =>
      mustNotTake(
        world,
        (batch, device) => ({
          ...batch,
          signature: signText(device.key, signedText(device.id, (batch.ops.at(-1)?.seq ?? 0) + 1, batch.hash)),
        }),
        [400, 'invalid-request'],
        'a signature for another sequence number is taken',
      ),
  },
  {
    id: 'ops.hash',
    about: 'an operation that was changed on the way is noticed',
    run: async (world) =>
      mustNotTake(
        world,
        (batch) => ({
          ...batch,
          ops: batch.ops.map((op, i) => (i === 0 ? { ...op, occurred_at: Number(op['occurred_at']) - 1 } : op)),
        }),
        [400, 'invalid-request'],
        'an operation whose hash does not lead to that of the batch is taken',
      ),
  },
  {
    id: 'ops.consecutive',
    about: 'a hole inside of a batch is refused',
    run: async (world) =>
      mustNotTake(
        world,
        (batch, device) =>
          signedAgain(device, { ...batch, ops: batch.ops.map((op, i) => (i === 1 ? { ...op, seq: op.seq + 1 } : op)) }),
        [400, 'invalid-request'],
        'a batch whose sequence numbers have a hole is taken',
      ),
  },
  {
    id: 'ops.epoch',
    about: 'a push for another epoch is 409 epoch-changed, and nothing of it taken',
    run: async (world) =>
      mustNotTake(
        world,
        (batch) => ({ ...batch, epoch: 'another-epoch' }),
        [409, 'epoch-changed'],
        'a push for another history is taken',
      ),
  },
  {
    id: 'ops.withheld',
    about: 'in the place of an operation its hash may stand, and it may come in full later',
    run: async (world) => {
      const device = await world.device();
      const [a, held, b] = await harmlessOps(world, 3);
      if (!a || !held || !b) return;
      const start = { seq: device.seq, hash: device.hash };
      const answer = await sendBatch(device, batchOf(device, [a, held, b], start, [held]));
      must(
        answer.status === 200,
        `a batch with a withheld operation is refused with ${told(answer)}: the chain goes on over its hash`,
      );
      const { results, acked_seq } = good('ops', answer);
      must(
        resultOf(results, held).status === 'deferred',
        `a withheld operation is ${resultOf(results, held).status} instead of deferred`,
      );
      must(resultOf(results, b).status === 'applied', 'the operation behind a withheld one is not applied');
      must(
        acked_seq === device.seq,
        `acked_seq is ${acked_seq}: it goes on over a withheld operation, to ${device.seq}`,
      );
      const alone = batchOf(device, [held], {
        seq: start.seq + 1,
        hash: chainHash(start.hash, { ...a, seq: start.seq + 1 }),
      });
      const later = await askAs(device, 'ops', alone);
      must(
        later.status === 200,
        `the withheld operation in full is refused with ${told(later)}: its hash is the one that was told`,
      );
      const { status } = resultOf(good('ops', later).results, held);
      must(status === 'applied', `the withheld operation that comes in full is ${status} instead of applied`);
      await goesOn(world, device);
    },
  },
  {
    id: 'hello.position',
    about: 'hello tells the next operation, and that all is well',
    run: async (world) => {
      const device = await world.device();
      await goesOn(world, device);
      const { feed } = await readFeed(device);
      const answer = good('hello', await hello(device, { cursor: feed.cursor }));
      must(
        answer.expected_seq === device.seq + 1,
        `expected_seq is ${answer.expected_seq} after operation ${device.seq}`,
      );
      must(answer.epoch === device.epoch, `hello names the epoch ${answer.epoch} instead of ${device.epoch}`);
      must(answer.durable_seq <= device.seq, `durable_seq is ${answer.durable_seq}, but only ${device.seq} are known`);
      must(answer.resync === 'none', `hello wants ${answer.resync} of a device that has everything`);
    },
  },
  {
    id: 'hello.cursor',
    about: 'a cursor of another history is told to begin with a snapshot',
    run: async (world) => {
      const { resync } = good('hello', await hello(await world.device(), { cursor: 'garbage' }));
      must(resync === 'snapshot', `hello wants "${resync}" of a device whose cursor is of no use: say snapshot`);
    },
  },
  {
    id: 'hello.epoch',
    about: 'a device of another epoch is told the present one',
    run: async (world) => {
      const device = await world.device();
      const answer = await hello(device, { epoch: 'another-epoch' });
      must(
        answer.status === 200,
        `hello from another epoch is refused with ${told(answer)}: this call is how a device learns of it`,
      );
      must(good('hello', answer).epoch === device.epoch, 'hello does not tell the present epoch');
      // What was said last counts.
      good('hello', await hello(device));
    },
  },
  {
    id: 'hello.rewind',
    about: 'a device that was acknowledged more than the centre knows is told to send it again',
    run: async (world) => {
      const device = await world.device();
      const ahead = {
        last_seq: device.seq + 3,
        acked_seq: device.seq + 3,
        last_hash: chainHash(device.hash, 'of later ones'),
      };
      const answer = good('hello', await hello(device, ahead));
      must(
        answer.resync === 'rewind',
        `hello wants "${answer.resync}": operations ${device.seq + 1} to ${device.seq + 3} are lost here, say rewind`,
      );
      must(
        answer.expected_seq === device.seq + 1,
        `expected_seq is ${answer.expected_seq}, operations from ${device.seq + 1} on are missing`,
      );
    },
  },
];
