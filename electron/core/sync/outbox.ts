import type { Operation } from '../../../shared/contracts/centre/schemas.ts';
import { int, json, oneOf, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';

export type NewOperation = {
  [T in Operation['type']]: Omit<Extract<Operation, { type: T }>, 'seq'>;
}[Operation['type']];

/** Writes an operation for the centre, inside the transaction of its effect. `seq` has no gaps: rows are never deleted before they are durable. */
export const enqueue = (db: WriteDb, op: NewOperation): void => {
  const last = db.get(sql`SELECT max(seq) AS seq FROM outbox`);
  const seq = (last ? (orNull(last, 'seq', int) ?? 0) : 0) + 1;
  db.run(sql`INSERT INTO outbox (seq, op_id, type, kind, entity_id, business_date, occurred_at, payload, clock, state)
    VALUES (${seq}, ${op.op_id}, ${op.type}, ${op.kind}, ${op.entity_id}, ${op.business_date}, ${op.occurred_at},
      ${JSON.stringify(op.payload)}, ${op.clock ? JSON.stringify(op.clock) : null}, 'pending')`);
};

/** The next operations to send, in order, in the form of the wire. */
export const pending = (db: ReadDb, limit: number): Operation[] =>
  db.all(sql`SELECT * FROM outbox WHERE state = 'pending' ORDER BY seq LIMIT ${limit}`).map(
    (row) =>
      ({
        op_id: text(row, 'op_id'),
        seq: int(row, 'seq'),
        type: text(row, 'type'),
        kind: text(row, 'kind'),
        entity_id: text(row, 'entity_id'),
        business_date: text(row, 'business_date'),
        occurred_at: int(row, 'occurred_at'),
        payload: json<unknown>(row, 'payload'),
        ...(row['clock'] === null ? {} : { clock: json<unknown>(row, 'clock') }),
      }) as Operation,
  );

/** How an operation stands: null when there is none of that id. */
export const operationState = (db: ReadDb, opId: string): 'pending' | 'acked' | 'parked' | null => {
  const row = db.get(sql`SELECT state FROM outbox WHERE op_id = ${opId}`);
  return row ? oneOf(['pending', 'acked', 'parked'] as const, text(row, 'state'), 'state') : null;
};

/** The centre has it, whatever it thinks of it: a conflict is its to resolve. */
export const acknowledge = (db: WriteDb, opId: string, status: string, problem: string | null, now: number): void => {
  db.run(sql`UPDATE outbox SET state = 'acked', status = ${status}, problem = ${problem}, acked_at = ${now}
    WHERE op_id = ${opId} AND state <> 'acked'`);
};

/** Kept and shown to staff, out of the way of the rest; never deleted. */
export const park = (db: WriteDb, opId: string, problem: string): void => {
  db.run(sql`UPDATE outbox SET state = 'parked', problem = ${problem} WHERE op_id = ${opId} AND state = 'pending'`);
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
