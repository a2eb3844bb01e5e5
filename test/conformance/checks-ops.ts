import { randomUUID } from 'node:crypto';
import { MAX_OPS, MAX_OPS_BYTES, type OpResult } from '../../shared/contracts/centre/schemas.ts';
import {
  askAs,
  because,
  batchOf,
  good,
  gzipped,
  makeOp,
  mustRefuse,
  push,
  pushOne,
  sendBatch,
  told,
  type Device,
  type Op,
  type OpFields,
} from './device.ts';
import { must, type Check } from './suite.ts';
import { addDays, readFeed, rowsOf, type World } from './world.ts';

/** Operations that a device pushes: the chain, results, what is never refused. */

/** What says nothing about anybody and changes nothing. */
export const harmless = (fields: OpFields): Op =>
  makeOp('scan.failed', fields, { reason: 'not-ours', text_sha256: 'ab'.repeat(32) });

export const harmlessOps = async (world: World, n: number): Promise<Op[]> => {
  const moment = await world.moment();
  return Array.from({ length: n }, () => harmless(moment));
};

export const resultOf = (results: readonly OpResult[], op: Op): OpResult => {
  const found = results.find(({ op_id }) => op_id === op.op_id);
  must(found !== undefined, `the answer has no result for ${op.op_id}: each operation gets one`);
  return found;
};

/** After something was refused the same device must be able to go on as if nothing had been. */
export const goesOn = async (world: World, device: Device): Promise<void> => {
  const [op] = await harmlessOps(world, 1);
  if (!op) return;
  const answer = await sendBatch(device, batchOf(device, [op]));
  must(
    answer.status === 200,
    `after a refused push the next good one is refused with ${told(answer)}: take nothing of what is refused`,
  );
};

/** Facts that contradict all that the centre can know. */
const strangeFacts = async (world: World): Promise<Op[]> => {
  const now = await world.moment();
  const [service] = rowsOf(await world.feed(), 'service');
  const unknown = (): string => randomUUID();
  let last = 97_000 + Math.floor(Math.random() * 900);
  const ticket = () => ({ series: 'X', number: (last += 1) }) as const;
  const checkin = (more: object, fields: OpFields = now): Op =>
    makeOp('checkin', fields, {
      visit_id: unknown(),
      booking_id: randomUUID().replaceAll('-', ''),
      service_id: Number(service?.id ?? 1),
      ticket: ticket(),
      provisional: true,
      source: 'camera',
      ...more,
    });
  const longAgo = { occurred_at: now.occurred_at - 10 * 86_400_000, business_date: addDays(now.business_date, -10) };
  return [
    checkin({}),
    checkin({ service_id: 65_000 }),
    checkin({}, longAgo),
    checkin({}, { occurred_at: now.occurred_at + 3 * 86_400_000, business_date: addDays(now.business_date, 3) }),
    makeOp('walkin', now, {
      visit_id: unknown(),
      service_id: 65_000,
      ticket: ticket(),
      language: 'xx',
      claim: 'no-such-claim',
    }),
    makeOp('ticket.reprint', now, { visit_id: unknown(), copy: 3 }),
    makeOp('checkin.undo', now, { visit_id: unknown() }),
    makeOp('feedback', now, { visit_id: unknown(), score: 1, reasons: ['no-such-reason'] }),
    makeOp('help', now, { help_id: unknown(), screen: 'home', reason: null, over: true }),
    makeOp('entry.locked', now, { what: 'device', until: now.occurred_at + 600_000 }),
    makeOp('lease.return', now, { series: 'X', numbers: [1, 699, 700, 999] }),
    makeOp('request.withdraw', now, { op_id: unknown() }),
    makeOp('purge.done', now, { c: 'booking', ids: [randomUUID().replaceAll('-', '')] }),
    makeOp('conflict.resolve', now, { conflict_id: unknown(), how: 'seen' }),
    makeOp('checkin.undo', now, { visit_id: unknown() }, { clock: { offset_ms: -1.5, err_ms: 1e7, src: 'none' } }),
  ];
};

export const opsChecks: readonly Check[] = [
  {
    id: 'ops.results',
    about: 'each operation gets its result, in their order, and acked_seq is the last of them',
    run: async (world) => {
      const device = await world.device();
      const ops = await harmlessOps(world, 5);
      const answer = good('ops', await sendBatch(device, batchOf(device, ops)));
      const ids = answer.results.map(({ op_id }) => op_id);
      must(
        JSON.stringify(ids) === JSON.stringify(ops.map(({ op_id }) => op_id)),
        ids.length === ops.length
          ? 'results come in another order than the operations'
          : `${ids.length} results come for ${ops.length} operations: one for each`,
      );
      const bad = answer.results.find(({ status }) => status !== 'applied');
      must(!bad, `a new operation is ${bad?.status ?? ''}${because(bad?.problem)} instead of applied`);
      must(answer.acked_seq === device.seq, `acked_seq is ${answer.acked_seq} after operation ${device.seq} was taken`);
      must(
        answer.durable_seq <= answer.acked_seq,
        `durable_seq (${answer.durable_seq}) is above acked_seq (${answer.acked_seq})`,
      );
      must(answer.epoch === device.epoch, `the answer names the epoch ${answer.epoch} instead of ${device.epoch}`);
    },
  },
  {
    id: 'ops.duplicate',
    about: 'the same batch again is a duplicate, and does nothing',
    run: async (world) => {
      const device = await world.device();
      const walkIn = await world.walkIn();
      const batch = batchOf(device, [walkIn]);
      good('ops', await sendBatch(device, batch));
      const before = (await readFeed(device)).feed;
      const { results, acked_seq } = good('ops', await sendBatch(device, batch));
      const { status } = resultOf(results, walkIn);
      must(status === 'duplicate', `an operation that comes again is ${status}: remember op_id, and say duplicate`);
      must(acked_seq === device.seq, `acked_seq is ${acked_seq} after a repeated batch, not ${device.seq}`);
      const visit = String(walkIn['entity_id']);
      const same = (await readFeed(device, before)).changes.find((row) => row.c === 'visit' && row['id'] === visit);
      must(!same, 'an operation that came again changed its visit: apply it once');
    },
  },
  {
    id: 'ops.overlap',
    about: 'a batch may begin with what is known and go on with what is new',
    run: async (world) => {
      const device = await world.device();
      const [a, b] = await harmlessOps(world, 2);
      if (!a || !b) return;
      const from = { seq: device.seq, hash: device.hash };
      good('ops', await sendBatch(device, batchOf(device, [a])));
      const { results } = good('ops', await sendBatch(device, batchOf(device, [a, b], from)));
      must(
        resultOf(results, a).status === 'duplicate',
        `the known one is ${resultOf(results, a).status}, not duplicate`,
      );
      must(
        resultOf(results, b).status === 'applied',
        `the new one behind it is ${resultOf(results, b).status}, not applied`,
      );
    },
  },
  {
    id: 'ops.unreadable',
    about: 'one that cannot be read is rejected, and holds up nothing',
    run: async (world) => {
      const device = await world.device();
      const [a, b] = await harmlessOps(world, 2);
      if (!a || !b) return;
      const strange = { ...harmless(await world.moment()), type: 'of.a.later.version', payload: { what: [1, null] } };
      const start = { seq: device.seq, hash: device.hash };
      const answer = await sendBatch(device, batchOf(device, [a, strange, b]));
      must(
        answer.status === 200,
        `a batch with one unknown operation is refused with ${told(answer)}: read them one by one`,
      );
      const { results, acked_seq } = good('ops', answer);
      must(
        resultOf(results, strange).status === 'rejected',
        `an unknown operation is ${resultOf(results, strange).status} instead of rejected`,
      );
      must(
        resultOf(results, a).status === 'applied' && resultOf(results, b).status === 'applied',
        'the operations around an unreadable one are not applied',
      );
      must(acked_seq === device.seq, 'an unreadable operation holds up acked_seq: it is known, and kept as it came');
      const again = good('ops', await sendBatch(device, batchOf(device, [a, strange, b], start)));
      must(
        resultOf(again.results, strange).status === 'rejected',
        'an unreadable operation that comes again is not rejected again: it would be taken for done',
      );
    },
  },
  {
    id: 'ops.unknown-fields',
    about: 'fields of a later version are no hindrance, and count in the hash',
    run: async (world) => {
      const op = { ...harmless(await world.moment()), later: { é: [1.5, 1e21, -0], a: 'ю' } };
      const { status, problem } = await pushOne(await world.device(), op);
      must(
        status === 'applied',
        `an operation with an unknown field is ${status}${because(problem)}: hash it as it came, and ignore the field`,
      );
    },
  },
  {
    id: 'ops.facts',
    about: 'facts are never refused, whatever they contradict',
    run: async (world) => {
      const device = await world.device();
      const facts = await strangeFacts(world);
      const results = await push(device, ...facts);
      for (const fact of facts) {
        const { status, problem } = resultOf(results, fact);
        must(
          status !== 'rejected' && status !== 'deferred',
          `a ${String(fact['type'])} is ${status}${because(problem)}: it has happened in the room; keep it, and flag what contradicts`,
        );
      }
    },
  },
  {
    id: 'ops.archive',
    about: 'what happened more than three days ago does not get into the queue of today',
    run: async (world) => {
      const device = await world.device();
      const now = await world.moment();
      const op = await world.walkIn({
        occurred_at: now.occurred_at - 10 * 86_400_000,
        business_date: addDays(now.business_date, -10),
      });
      await pushOne(device, op);
      const shown = rowsOf((await readFeed(device)).feed, 'visit').some(({ id }) => id === op['entity_id']);
      must(!shown, 'a walk-in of ten days ago stands in the queue of today: it is for the archive');
    },
  },
  {
    id: 'ops.gzip',
    about: 'a packed body is taken where the centre says so, else it is 415 unsupported-encoding',
    run: async (world) => {
      const device = await world.device();
      const plain = await sendBatch(device, batchOf(device, await harmlessOps(world, 1)));
      const says = (plain.headers['accept-encoding'] ?? '').split(',').some((one) => one.trim() === 'gzip');
      const batch = batchOf(device, await harmlessOps(world, 20));
      const packed = await sendBatch(device, batch, { body: gzipped(batch), headers: { 'content-encoding': 'gzip' } });
      if (!says) {
        mustRefuse(packed, 415, 'unsupported-encoding', 'the answers of ops have no Accept-Encoding: gzip');
        return;
      }
      must(
        packed.status === 200,
        `the centre says Accept-Encoding: gzip, and refuses a packed body with ${told(packed)}`,
      );
    },
  },
  {
    id: 'ops.encoding',
    about: 'a body packed in a way that nobody knows is 415 unsupported-encoding',
    run: async (world) => {
      const device = await world.device();
      const batch = batchOf(device, await harmlessOps(world, 1));
      const answer = await sendBatch(device, batch, { headers: { 'content-encoding': 'x-nobody-knows' } });
      mustRefuse(answer, 415, 'unsupported-encoding', 'a body in an unknown encoding is not told apart');
      await goesOn(world, device);
    },
  },
  {
    id: 'ops.size',
    about: `up to ${MAX_OPS} operations are taken; a body of more than ${MAX_OPS_BYTES / 1024} KiB is 413 too-large, also a packed one`,
    run: async (world) => {
      const device = await world.device();
      const full = await sendBatch(device, batchOf(device, await harmlessOps(world, MAX_OPS)));
      must(full.status === 200, `a batch of ${MAX_OPS} operations is refused with ${told(full)}`);
      const [op] = await harmlessOps(world, 1);
      if (!op) return;
      const large = batchOf(device, [{ ...op, ballast: 'x'.repeat(MAX_OPS_BYTES) }]);
      mustRefuse(await askAs(device, 'ops', large), 413, 'too-large', 'a body that is too large is not told apart');
      const packed = await askAs(device, 'ops', large, {
        body: gzipped(large),
        headers: { 'content-encoding': 'gzip' },
      });
      if (packed.status !== 415) {
        mustRefuse(
          packed,
          413,
          'too-large',
          'a body that is too large when it is unpacked is taken: a few kilobytes could fill the memory',
        );
      }
      await goesOn(world, device);
    },
  },
];
