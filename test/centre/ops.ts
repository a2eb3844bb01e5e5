import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { operation, type Operation } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { applyFact } from './facts.ts';
import { returnNumbers } from './leases.ts';
import { applied, rejected, type Outcome } from './outcome.ts';
import { applyRequest, bookingOfRequest, withdraw } from './requests.ts';
import { openSealed } from './sealing.ts';

/**
 * Operations of devices. A fact has already happened in the room: it is never refused, only flagged. A request may be.
 * What cannot be read is kept too, as it came, and holds up nothing.
 */

type Body = z.output<(typeof centreApi)['ops']['input']>['ops'][number];
type Answer = z.input<(typeof centreApi)['ops']['output']>;
type Result = Answer['results'][number];

/** The last digits of the phones that were left with requests, by operation. */
type Phones = ReadonlyMap<string, string>;

/** Opened before the transaction begins: that cannot be done inside it. */
export const phonesOf = async (context: Context, bodies: readonly Body[]): Promise<Phones> => {
  const phones = new Map<string, string>();
  for (const body of bodies) {
    if (body['type'] !== 'booking.create') continue;
    const read = operation.safeParse(body);
    if (!read.success || read.data.type !== 'booking.create' || !read.data.payload.contact) continue;
    const opened = await openSealed(context, read.data.payload.contact.sealed);
    if (opened?.phone !== undefined) phones.set(body.op_id, opened.phone.slice(-4));
  }
  return phones;
};

const apply = (context: Context, device: Device, op: Operation, phones: Phones): Outcome => {
  switch (op.type) {
    case 'booking.create':
    case 'booking.reschedule':
    case 'booking.cancel':
      return applyRequest(context, device, op, phones.get(op.op_id) ?? null);
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

const outcomeOf = (
  context: Context,
  device: Device,
  body: Body,
  phones: Phones,
): { type: string | null; outcome: Outcome } => {
  const read = operation.safeParse(body);
  if (!read.success) {
    const where = read.error.issues[0]?.path.join('.') ?? '';
    const title = `The operation cannot be read${where === '' ? '' : `: ${where}`}`.slice(0, 200);
    return { type: null, outcome: rejected(UNREADABLE, title) };
  }
  try {
    return { type: read.data.type, outcome: context.write(() => apply(context, device, read.data, phones)) };
  } catch (error) {
    if (isStoreFailure(error)) throw error;
    context.log(
      `operation ${body.op_id} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    const outcome = rejected(FAILED, 'The centre could not apply the operation; it is kept');
    return { type: read.data.type, outcome };
  }
};

const UNREADABLE = 'unreadable';
const FAILED = 'internal';

interface StoredOp {
  body: string;
  status: string;
  problem_type: string | null;
  problem_title: string | null;
}

/** The answer to an operation that was decided before, with the booking of a request as it is now. */
const again = (context: Context, device: Device, opId: string, known: StoredOp): Result => {
  const { problem_type: type, problem_title: title } = known;
  const read = operation.safeParse(JSON.parse(known.body));
  return {
    op_id: opId,
    // The word about a request stands: who was told no, and asks once more with the same id, is told no.
    status: known.status === 'rejected' ? 'rejected' : 'duplicate',
    ...(type === null || title === null ? {} : { problem: { type, title } }),
    ...(read.success ? bookingOfRequest(context, device, read.data) : {}),
  };
};

const takeOne = (context: Context, device: Device, body: Body, phones: Phones): Result => {
  const { db, now } = context;
  const opId = body.op_id.toLowerCase();
  const known = db
    .prepare<[string, string], StoredOp>(
      'SELECT body, status, problem_type, problem_title FROM operation WHERE device_id = ? AND op_id = ?',
    )
    .get(device.id, opId);
  // One that could not be read or applied is read again: this centre may have learned it since, or it was mended.
  if (known && known.problem_type !== UNREADABLE && known.problem_type !== FAILED) {
    return again(context, device, body.op_id, known);
  }
  const { type, outcome } = outcomeOf(context, device, body, phones);
  db.prepare(
    `INSERT INTO operation (device_id, op_id, seq, type, body, received_at, status, problem_type, problem_title)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, type = excluded.type, body = excluded.body,
       received_at = excluded.received_at, status = excluded.status, problem_type = excluded.problem_type,
       problem_title = excluded.problem_title`,
  ).run(
    device.id,
    opId,
    body.seq,
    type,
    JSON.stringify(body),
    now(),
    outcome.status,
    outcome.problem?.type ?? null,
    outcome.problem?.title ?? null,
  );
  return { op_id: body.op_id, ...outcome };
};

/** @returns the last of the sequence that is known without a gap */
const advance = ({ db }: Context, device: Device): number => {
  const from =
    db.prepare<[string], { acked_seq: number }>('SELECT acked_seq FROM device WHERE device_id = ?').get(device.id)
      ?.acked_seq ?? 0;
  let acked = from;
  const later = db
    .prepare<[string, number], { seq: number }>(
      'SELECT seq FROM operation WHERE device_id = ? AND seq > ? ORDER BY seq',
    )
    .iterate(device.id, from);
  for (const { seq } of later) {
    if (seq > acked + 1) break;
    acked = seq;
  }
  if (acked !== from) db.prepare('UPDATE device SET acked_seq = ? WHERE device_id = ?').run(acked, device.id);
  return acked;
};

/** Takes a batch in, in the order of its sequence, all of it in one transaction. */
export const takeOps = (context: Context, device: Device, ops: readonly Body[], phones: Phones): Answer =>
  context.write(() => {
    const results = [...ops].sort((a, b) => a.seq - b.seq).map((body) => takeOne(context, device, body, phones));
    const acked = advance(context, device);
    // This centre is one node: what is committed is as durable as it gets.
    return { epoch: context.epoch, acked_seq: acked, durable_seq: acked, results };
  });
