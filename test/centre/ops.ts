import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { GENESIS_HASH, operation, opResult, type Operation } from '../../shared/contracts/centre/schemas.ts';
import { linksOf, mustBeSigned, type Body, type Link } from './chain.ts';
import type { Context } from './context.ts';
import { blockDevice, deviceKeyOf, type Device } from './devices.ts';
import { applyFact } from './facts.ts';
import { returnNumbers } from './leases.ts';
import { applied, rejected, type Outcome } from './outcome.ts';
import { ProblemError } from './problems.ts';
import { applyRequest, bookingOfRequest, withdraw } from './requests.ts';
import { openNow } from './sealing.ts';

/**
 * Operations of devices. A fact has already happened in the room: it is never refused, only flagged. A request may be.
 * What cannot be read is kept too, as it came, and holds up nothing.
 */

type Push = z.output<(typeof centreApi)['ops']['input']>;
type Answer = z.input<(typeof centreApi)['ops']['output']>;
type Result = Answer['results'][number];

/** The last digits of the phone that was left with a request; null when none was. */
const phone4Of = (context: Context, op: Operation): string | null => {
  const contact = op.type === 'booking.create' ? op.payload.contact : null;
  return (contact && openNow(context, contact.sealed)?.phone?.slice(-4)) ?? null;
};

const apply = (context: Context, device: Device, op: Operation): Outcome => {
  switch (op.type) {
    case 'booking.create':
    case 'booking.reschedule':
    case 'booking.cancel':
      return applyRequest(context, device, op, phone4Of(context, op));
    case 'request.withdraw':
      return withdraw(context, device, op);
    case 'lease.return':
      returnNumbers(context, device, op.business_date, op.payload);
      return applied;
    default:
      return applyFact(context, device, op);
  }
};

/** A full disk or a broken file is no fault of the operation: the batch fails and comes again. */
const isStoreFailure = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('SQLITE_') &&
  !error.code.startsWith('SQLITE_CONSTRAINT');

const outcomeOf = (context: Context, device: Device, body: Body): { type: string | null; outcome: Outcome } => {
  const read = operation.safeParse(body);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    const title = `The operation cannot be read${where === '' ? '' : `: ${where}`}`.slice(0, 200);
    return { type: null, outcome: rejected(UNREADABLE, title) };
  }
  try {
    return { type: read.data.type, outcome: context.write(() => apply(context, device, read.data)) };
  } catch (error) {
    if (isStoreFailure(error)) throw error;
    context.log(
      `operation ${body.op_id} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    const outcome = rejected(FAILED, 'The centre could not apply the operation; it is kept');
    return { type: read.data.type, outcome };
  }
};

const outcomeSchema = opResult.omit({ op_id: true });

const UNREADABLE = 'unreadable';
const FAILED = 'internal';

interface StoredOp {
  body: string;
  problem_type: string | null;
  outcome: string;
}

/** The answer to an operation that was decided before, with the booking of a request as it is now. */
const again = (context: Context, device: Device, opId: string, known: StoredOp): Result => {
  const read = operation.safeParse(JSON.parse(known.body));
  const outcome = outcomeSchema.parse(JSON.parse(known.outcome));
  return {
    ...outcome,
    op_id: opId,
    // The word about a request stands: who was told no, and asks once more with the same id, is told no.
    status: outcome.status === 'rejected' ? 'rejected' : 'duplicate',
    ...(read.success ? bookingOfRequest(context, device, read.data) : {}),
  };
};

/** The hash of a link that is known here. */
export const chainHashAt = ({ db }: Context, device: Device, seq: number): string | null =>
  seq === 0
    ? GENESIS_HASH
    : (db
        .prepare<[string, number], { hash: string }>('SELECT hash FROM chain WHERE device_id = ? AND seq = ?')
        .get(device.id, seq)?.hash ?? null);

const addLink = ({ db }: Context, device: Device, { seq, hash, opId, body }: Link): void => {
  // What was withheld may come in full later, never the other way round.
  db.prepare(
    `INSERT INTO chain VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET op_id = CASE excluded.withheld WHEN 0 THEN excluded.op_id ELSE op_id END,
       withheld = min(withheld, excluded.withheld)`,
  ).run(device.id, seq, hash, opId, body ? 0 : 1);
};

const takeOne = (context: Context, device: Device, link: Link): Result => {
  const { db, now } = context;
  const { opId, seq, body } = link;
  const known = db
    .prepare<[string, string], StoredOp>(
      'SELECT body, problem_type, outcome FROM operation WHERE device_id = ? AND op_id = ?',
    )
    .get(device.id, opId);
  addLink(context, device, link);
  if (!body) return known ? again(context, device, opId, known) : { op_id: opId, status: 'deferred' };
  // One that could not be read or applied is read again: this centre may have learned it since, or it was mended.
  if (known && known.problem_type !== UNREADABLE && known.problem_type !== FAILED) {
    return again(context, device, body.op_id, known);
  }
  const { type, outcome } = outcomeOf(context, device, body);
  db.prepare(
    `INSERT INTO operation (device_id, op_id, seq, type, body, received_at, status, problem_type, outcome)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET type = excluded.type, received_at = excluded.received_at, status = excluded.status,
       problem_type = excluded.problem_type, outcome = excluded.outcome`,
  ).run(
    device.id,
    opId,
    seq,
    type,
    JSON.stringify(body),
    now(),
    outcome.status,
    outcome.problem?.type ?? null,
    JSON.stringify(outcome),
  );
  return { op_id: body.op_id, ...outcome };
};

/** What the centre knows of a device's chain: its last operation, and the last that is in a backup. */
export const chainOf = ({ db }: Context, device: Device): { acked: number; durable: number } => {
  const row = db
    .prepare<[string], { acked: number; durable: number; saved: number }>(
      `SELECT acked_seq AS acked, durable_seq AS durable, EXISTS (SELECT 1 FROM meta WHERE key = 'backup') AS saved
       FROM device WHERE device_id = ?`,
    )
    .get(device.id);
  if (!row) throw new ProblemError('unauthorized');
  // A centre that is never backed up has nothing that would be more durable than itself.
  return { acked: row.acked, durable: row.saved === 1 ? row.durable : row.acked };
};

/** The first link that is not the one that is known here; null when all are, or follow on. */
const forkIn = (context: Context, device: Device, prev: string, links: readonly Link[]): number | null => {
  const first = links[0]?.seq ?? 1;
  if (chainHashAt(context, device, first - 1) !== prev) return first - 1;
  return links.find(({ seq, hash }) => (chainHashAt(context, device, seq) ?? hash) !== hash)?.seq ?? null;
};

/**
 * Two say that they are this device: from now on neither is.
 * @returns the problem to answer with
 */
export const forked = (context: Context, device: Device, why: string): ProblemError => {
  blockDevice(context, device, why);
  return new ProblemError('chain-fork', why);
};

/**
 * Takes a batch in, in the order of its sequence, all of it in one transaction.
 * @throws ProblemError `invalid-request`, `epoch-changed`, `seq-gap` or `chain-fork`: nothing of it is taken
 */
export const takeOps = (context: Context, device: Device, input: Push): Answer => {
  if (input.epoch !== context.epoch) throw new ProblemError('epoch-changed');
  const links = linksOf(input);
  // Before anything is said about the chain: only the device itself may make itself blocked.
  mustBeSigned(deviceKeyOf(context, device), device.id, input);
  const fork = forkIn(context, device, input.prev_hash, links);
  const { acked: before } = chainOf(context, device);
  const first = input.ops[0]?.seq ?? 1;
  if (first > before + 1) {
    throw new ProblemError('seq-gap', `operation ${before + 1} is the next that is expected here`, {
      expectedSeq: before + 1,
    });
  }
  if (fork !== null) throw forked(context, device, `operation ${fork} is another one than the one that is known`);
  return context.write(() => {
    const results = links.map((link) => takeOne(context, device, link));
    const last = Math.max(before, links.at(-1)?.seq ?? 0);
    context.db.prepare('UPDATE device SET acked_seq = ? WHERE device_id = ?').run(last, device.id);
    const { acked, durable } = chainOf(context, device);
    return { epoch: context.epoch, acked_seq: acked, durable_seq: durable, results };
  });
};
