import { GENESIS_HASH, type Operation, type OperationInput } from '../../../shared/contracts/centre/schemas.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import { opHash } from './chain.ts';

/** What has a default need not be said. */
export type NewOperation = {
  [T in Operation['type']]: Omit<Extract<OperationInput, { type: T }>, 'seq'>;
}[Operation['type']];

/** Where the chain of operations ends. */
export interface ChainEnd {
  seq: number;
  hash: string;
}

/** Of the last operation there has been here; seq 0 and the genesis hash when there is none. */
export const chainEnd = (db: ReadDb): ChainEnd => {
  const row =
    db.get(sql`SELECT seq, hash FROM outbox ORDER BY seq DESC LIMIT 1`) ??
    db.get(sql`SELECT seq, hash FROM outbox_dropped`);
  return row ? { seq: int(row, 'seq'), hash: text(row, 'hash') } : { seq: 0, hash: GENESIS_HASH };
};

/**
 * Writes an operation for the centre, inside the transaction of its effect. `seq` has no gaps, and each operation is
 * chained to the one before it.
 */
export const enqueue = (db: WriteDb, op: NewOperation): void => {
  const end = chainEnd(db);
  // As it is on the wire: what is not there has no place in the hash.
  const whole = JSON.parse(JSON.stringify({ ...op, seq: end.seq + 1 })) as Operation;
  insertOperation(db, whole, opHash(end.hash, whole));
};

/** Writes an operation at its place in the chain: for `enqueue`, and when the journal is replayed. */
export const insertOperation = (db: WriteDb, op: Operation, hash: string): void => {
  db.run(sql`INSERT INTO outbox (seq, op_id, type, kind, entity_id, business_date, occurred_at, body, hash, state)
    VALUES (${op.seq}, ${op.op_id}, ${op.type}, ${op.kind}, ${op.entity_id}, ${op.business_date}, ${op.occurred_at},
      ${JSON.stringify(op)}, ${hash}, 'pending')`);
};

/** An operation as it stands in the outbox. */
export interface OutboxRow {
  seq: number;
  opId: string;
  op: Operation;
  hash: string;
  state: OutboxState;
  /** In the batch its hash stands for it. */
  withheld: boolean;
}
const STATES = ['pending', 'acked', 'parked'] as const;
type OutboxState = (typeof STATES)[number];
const rowOf = (row: Parameters<typeof text>[0]): OutboxRow => ({
  seq: int(row, 'seq'),
  opId: text(row, 'op_id'),
  op: json<Operation>(row, 'body'),
  hash: text(row, 'hash'),
  state: oneOf(STATES, text(row, 'state'), 'state'),
  withheld: int(row, 'withheld') === 1,
});

/** Operations behind `seq`, in order, whatever became of them. */
export const operationsAfter = (db: ReadDb, seq: number, limit: number): OutboxRow[] =>
  db.all(sql`SELECT * FROM outbox WHERE seq > ${seq} ORDER BY seq LIMIT ${limit}`).map(rowOf);

/** How an operation stands: null when there is none of that id. */
export const operationState = (db: ReadDb, opId: string): OutboxState | null => {
  const row = db.get(sql`SELECT state FROM outbox WHERE op_id = ${opId}`);
  return row ? oneOf(STATES, text(row, 'state'), 'state') : null;
};

/** The centre has it, whatever it thinks of it: a conflict is its to resolve. */
export const acknowledge = (db: WriteDb, opId: string, status: string, problem: string | null, now: number): void => {
  db.run(sql`UPDATE outbox SET state = 'acked', withheld = 0, status = ${status}, problem = ${problem}, acked_at = ${now}
    WHERE op_id = ${opId} AND state <> 'acked'`);
};

/**
 * Kept and shown to staff, out of the way of the rest; never deleted.
 * @param withheld the centre does not have it: later batches carry its hash in its place
 */
export const park = (db: WriteDb, opId: string, problem: string, withheld = false): void => {
  db.run(sql`UPDATE outbox SET state = 'parked', withheld = ${withheld}, problem = ${problem}
    WHERE op_id = ${opId} AND state = 'pending'`);
};

export interface OutboxCounts {
  waiting: number;
  oldestAt: number | null;
  parked: number;
}

export const outboxCounts = (db: ReadDb): OutboxCounts => {
  const open = db.get(sql`SELECT count(*) AS n, min(occurred_at) AS oldest FROM outbox WHERE state = 'pending'`) ?? {};
  const parked = db.get(sql`SELECT count(*) AS n FROM outbox WHERE state = 'parked'`) ?? {};
  return { waiting: int(open, 'n'), oldestAt: orNull(open, 'oldest', int), parked: int(parked, 'n') };
};

/** The sequence number of the first operation that waits; null when none does. */
export const firstPending = (db: ReadDb): number | null => {
  const row = db.get(sql`SELECT min(seq) AS seq FROM outbox WHERE state = 'pending'`);
  return row ? orNull(row, 'seq', int) : null;
};

/** Parked operations behind `seq`, in order. */
export const parkedOperations = (db: ReadDb, seq: number, limit: number): OutboxRow[] =>
  db.all(sql`SELECT * FROM outbox WHERE state = 'parked' AND seq > ${seq} ORDER BY seq LIMIT ${limit}`).map(rowOf);

/** Up to here the centre has everything, as far as is known here: all before the first that waits. */
export const ackedSeq = (db: ReadDb): number => (firstPending(db) ?? chainEnd(db).seq + 1) - 1;

/**
 * The centre has forgotten what it was told from `seq` on: it waits again. What it rejected is told again too; what is
 * withheld stays so.
 * @returns how many
 */
export const rewind = (db: WriteDb, seq: number): number =>
  db.run(sql`UPDATE outbox SET state = 'pending', acked_at = NULL
    WHERE seq >= ${seq} AND (state = 'acked' OR (state = 'parked' AND withheld = 0))`);

/** All up to it is in the centre's off-site backup. It may go back: the centre was restored. */
export const setDurable = (db: WriteDb, seq: number): void => {
  db.run(sql`UPDATE sync SET durable_seq = ${seq} WHERE durable_seq <> ${seq}`);
};

/** Acknowledged operations are kept this long at least, and until they are durable. */
export const KEPT_MS = 14 * 86_400_000;

/**
 * Drops acknowledged operations from the beginning of the chain that are durable and old.
 * @returns how many
 */
export const dropDurable = (db: WriteDb, now: number): number => {
  const stop = db.get(sql`SELECT min(seq) AS seq FROM outbox
    WHERE state <> 'acked' OR acked_at > ${now - KEPT_MS} OR seq > (SELECT durable_seq FROM sync)`);
  const end = (stop && orNull(stop, 'seq', int)) ?? chainEnd(db).seq + 1;
  const last = db.get(sql`SELECT seq, hash FROM outbox WHERE seq = ${end - 1}`);
  if (!last) return 0;
  db.run(sql`INSERT INTO outbox_dropped (only_row, seq, hash) VALUES (1, ${int(last, 'seq')}, ${text(last, 'hash')})
    ON CONFLICT (only_row) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`);
  return db.run(sql`DELETE FROM outbox WHERE seq < ${end}`);
};

/** What the centre has not heard for good, in order. */
export const untold = (db: ReadDb): Operation[] =>
  db.all(sql`SELECT body FROM outbox WHERE state <> 'acked' ORDER BY seq`).map((row) => json<Operation>(row, 'body'));

/** For a device that begins a chain of its own: whoever it was before is another one. */
export const clearOutbox = (db: WriteDb): void => {
  db.run(sql`DELETE FROM outbox`);
  db.run(sql`DELETE FROM outbox_dropped`);
};
