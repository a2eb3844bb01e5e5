import {
  batchText,
  GENESIS_HASH,
  MAX_OPS_BYTES,
  type OpResult,
  type OpsAnswer,
} from '../../../shared/contracts/centre/schemas.ts';
import type { Clock, Log } from '../ports.ts';
import { noteTold } from '../store/told.ts';
import { settleRequest } from '../store/requests.ts';
import { sql, text, type ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { bisectFailed, bisectWorked, WHOLE } from './bisect.ts';
import { CentreError, type CentreClient } from './client.ts';
import {
  acknowledge,
  firstPending,
  operationsAfter,
  park,
  parkedOperations,
  rewind,
  setDurable,
  type OutboxRow,
} from './outbox.ts';

/**
 * Failures that are about the device or the moment, not about the operations. A filter on the way that lets everything
 * through but one operation is not of the moment.
 */
const aboutTheMoment = (e: CentreError, othersWork: boolean): boolean =>
  (e.kind === 'unreachable' && !(e.status !== null && othersWork)) ||
  e.status === 401 ||
  (e.status === 403 && e.kind === 'refused') ||
  e.status === 409 ||
  e.status === 429 ||
  e.status === 503;

const REFUSED = { confirmed: false, problem: null, number: null, token: null };
const CALL_MS = 30_000;
/** Room for what stands around the operations. */
const ENVELOPE_BYTES = 1_024;

/** What the centre says to a request. A repeated one is answered with what became of it the first time. */
const answerOf = ({ status, problem, booking }: OpResult): Parameters<typeof settleRequest>[2] => {
  const yes = status !== 'rejected' && status !== 'conflict_recorded' && problem === undefined;
  const type = problem?.type.split('/').at(-1) ?? null;
  return { confirmed: yes, problem: type, number: booking?.number ?? null, token: booking?.token ?? null };
};

/** In the place of an operation that is withheld stands its hash. */
const onWire = ({ op, opId, seq, hash, withheld }: OutboxRow): { op_id: string; seq: number } =>
  withheld ? ({ op_id: opId, seq, withheld: true, hash } as { op_id: string; seq: number }) : op;

export interface PushPorts {
  store: Store;
  clock: Clock;
  log: Log;
  deviceId: string;
  /** Told, after the commit, which operations the centre has answered for good. */
  settled: (opIds: readonly string[]) => void;
  /** Whether the centre answers other calls: one that fails with everything is no reason to put operations aside. */
  othersWork: () => boolean;
}

/**
 * Sends what waits, in order, in batches that are chained and signed. An operation that the centre rejects, or that makes
 * it fail every time, is parked: kept, counted, shown, and out of the way of the others.
 */
export const createPush = (ports: PushPorts) => {
  const { store, clock, log, deviceId, settled, othersWork } = ports;
  let bisect = WHOLE;
  /** The centre wants operations from here on, whatever was said of them before. */
  let from: number | null = null;
  /** Parked operations up to here were offered once more since the start. */
  let retried: number | null = null;

  /** As many of them as fit into one push. */
  const fitting = (rows: readonly OutboxRow[]): OutboxRow[] => {
    let bytes = ENVELOPE_BYTES;
    const taken: OutboxRow[] = [];
    for (const row of rows) {
      bytes += Buffer.byteLength(JSON.stringify(onWire(row))) + 1;
      if (taken.length > 0 && bytes > MAX_OPS_BYTES) break;
      taken.push(row);
    }
    return taken;
  };

  const nextBatch = (db: ReadDb): OutboxRow[] => {
    const pending = firstPending(db);
    const first = from === null ? pending : Math.min(from, pending ?? from);
    if (first === null) return [];
    const rows = operationsAfter(db, first - 1, bisect.size);
    const last = rows.findLastIndex((row) => row.state === 'pending' || (from !== null && row.seq >= from));
    return fitting(rows.slice(0, last + 1));
  };

  const send = async (client: CentreClient, batch: readonly OutboxRow[], signal: AbortSignal): Promise<OpsAnswer> => {
    const first = batch[0];
    const last = batch.at(-1);
    if (!first || !last) throw new Error('an empty batch');
    const { prev, epoch } = store.read((db) => ({
      prev: hashBefore(db, first.seq),
      epoch: text(db.get(sql`SELECT epoch FROM sync`) ?? {}, 'epoch'),
    }));
    return client.call(
      'ops',
      {
        epoch,
        prev_hash: prev,
        ops: batch.map(onWire),
        hash: last.hash,
        signature: await client.sign(batchText(deviceId, last.seq, last.hash)),
      },
      { timeoutMs: CALL_MS, signal },
    );
  };

  /** Writes down what became of a batch. @returns how many operations have an answer for good */
  const take = (batch: readonly OutboxRow[], answer: OpsAnswer): number => {
    const results = new Map(answer.results.map((r) => [r.op_id, r]));
    const now = clock.now();
    const done: string[] = [];
    store.write((db) => {
      for (const { op, opId, withheld, state } of batch) {
        const result = results.get(opId);
        if (withheld || !result || result.status === 'deferred') continue;
        done.push(opId);
        const problem = result.problem ? `${result.problem.type} ${result.problem.title}` : null;
        if (op.kind === 'request') settleRequest(db, opId, answerOf(result));
        if (result.booking) noteTold(db, result.booking);
        // A request that is refused has been heard: no more is to be sent, the visitor is told.
        const unread = ['unreadable', 'internal'].includes(result.problem?.type.split('/').at(-1) ?? '');
        const heard = result.status !== 'rejected' || (op.kind === 'request' && !unread);
        if (heard) acknowledge(db, opId, result.status, problem, now);
        else if (state === 'pending') park(db, opId, problem ?? 'rejected');
      }
      setDurable(db, answer.durable_seq);
    });
    settled(done);
    for (const r of answer.results) {
      if (r.status === 'rejected') log.error('sync.rejected', { op: r.op_id, problem: r.problem?.type });
    }
    return done.length;
  };

  const withhold = ({ op, opId }: OutboxRow, why: string): void => {
    store.write((db) => {
      park(db, opId, why, true);
      if (op.kind === 'request') settleRequest(db, opId, { ...REFUSED, problem: 'unreadable' });
    });
    settled([opId]);
    log.error('sync.parked', { op: opId, type: op.type, why });
  };

  /** Operations that were put aside get another chance after each start: the centre may have been mended. */
  const retryParked = async (client: CentreClient, signal: AbortSignal): Promise<boolean> => {
    const next = store.read((db) => parkedOperations(db, retried ?? 0, 1))[0];
    if (!next) return false;
    retried = next.seq;
    try {
      const answer = await send(client, [{ ...next, withheld: false, state: 'parked' }], signal);
      const known = take([{ ...next, withheld: false }], answer);
      if (known > 0) store.write((db) => db.run(sql`UPDATE outbox SET withheld = 0 WHERE op_id = ${next.opId}`));
    } catch (error) {
      if (!(error instanceof CentreError) || aboutTheMoment(error, othersWork())) throw error;
      log.warn('sync.still-parked', { op: next.opId, why: error.message });
    }
    return true;
  };

  /**
   * Sends one batch.
   * @returns `more` to send at once, `soon` to send after a short pause, `idle` when there is nothing
   * @throws CentreError when it is the moment that is bad: wait and try again
   */
  const step = async (client: CentreClient, signal: AbortSignal): Promise<'more' | 'soon' | 'idle'> => {
    const batch = store.read(nextBatch);
    if (batch.length === 0) {
      from = null;
      return (await retryParked(client, signal)) ? 'soon' : 'idle';
    }
    let answer: OpsAnswer;
    try {
      answer = await send(client, batch, signal);
    } catch (error) {
      if (!(error instanceof CentreError)) throw error;
      if (error.problem === 'seq-gap' && error.expectedSeq !== null) {
        rewindTo(error.expectedSeq);
        return 'soon';
      }
      if (aboutTheMoment(error, othersWork())) throw error;
      const hopeless = error.kind === 'refused' && (error.status ?? 500) < 500;
      const { next, step } = bisectFailed(bisect, batch.length, hopeless);
      if (step === 'withhold' && !hopeless && !othersWork()) throw error;
      bisect = next;
      if (step === 'wait') throw error;
      const [only] = batch;
      if (step === 'withhold' && only) withhold(only, error.message);
      // Who says no to what cannot get better is not in trouble: no need to spare him.
      return hopeless || step === 'withhold' ? 'more' : 'soon';
    }
    bisect = bisectWorked(bisect);
    if (from !== null) from = (batch.at(-1)?.seq ?? from) + 1;
    const done = take(batch, answer);
    log.debug('sync.pushed', { operations: batch.length, settled: done });
    // Nothing settled: asking again at once would turn in a circle.
    if (done === 0 && batch.some((row) => !row.withheld))
      throw new CentreError('unreachable', 'ops: the centre settled none of the operations');
    return 'more';
  };

  /** The centre knows nothing from `seq` on: it is sent again. */
  const rewindTo = (seq: number): void => {
    const again = store.write((db) => rewind(db, seq));
    from = seq;
    log.warn('sync.rewound', { from: seq, operations: again });
  };

  return {
    step,
    rewindTo,
    /** What was put aside gets another chance now. */
    retryParked: (): void => {
      retried = null;
    },
  };
};

/** The hash that an operation is chained to. @throws Error when it was dropped long ago */
const hashBefore = (db: ReadDb, seq: number): string => {
  if (seq === 1) return GENESIS_HASH;
  const row =
    db.get(sql`SELECT hash FROM outbox WHERE seq = ${seq - 1}`) ??
    db.get(sql`SELECT hash FROM outbox_dropped WHERE seq = ${seq - 1}`);
  if (!row) throw new Error(`the operation before ${seq} is gone: the chain cannot be sent from there`);
  return text(row, 'hash');
};
