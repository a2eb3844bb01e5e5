import { MAX_OPS, type OpResult } from '../../../shared/contracts/centre/schemas.ts';
import type { Clock, Log } from '../ports.ts';
import type { Store } from '../store/store.ts';
import { CentreError, type CentreClient } from './client.ts';
import { settleRequest } from '../store/requests.ts';
import { acknowledge, park, pending } from './outbox.ts';

/** A batch that the centre answers with an error this often is halved until the one that does it stands alone. */
const TRIES_BEFORE_HALVING = 5;

/** States of an answer that are about the device or the moment, not about the operations. */
const aboutTheMoment = (e: CentreError): boolean =>
  e.kind === 'unreachable' ||
  e.status === 401 ||
  e.status === 403 ||
  e.status === 409 ||
  e.status === 429 ||
  e.status === 503;

const REFUSED = { confirmed: false, problem: null, number: null, token: null };

/** What the centre says to a request. A repeated one is answered with what became of it the first time. */
const answerOf = ({ status, problem, booking }: OpResult): Parameters<typeof settleRequest>[2] => {
  const yes = status !== 'rejected' && status !== 'conflict_recorded' && problem === undefined;
  const type = problem?.type.split('/').at(-1) ?? null;
  return { confirmed: yes, problem: type, number: booking?.number ?? null, token: booking?.token ?? null };
};

/**
 * Sends what waits, in order, in batches. An operation that the centre rejects, or that makes it fail every time, is
 * parked: kept, counted, shown, and out of the way of the others.
 * @param settledOps told, after the commit, which operations the centre has answered for good
 */
export const createPush = (store: Store, clock: Clock, log: Log, settledOps: (opIds: readonly string[]) => void) => {
  let size = MAX_OPS;
  let failures = 0;

  /**
   * Sends one batch.
   * @returns true when there is more to send
   * @throws CentreError when it is the moment that is bad: wait and try again
   */
  const step = async (client: CentreClient, signal: AbortSignal): Promise<boolean> => {
    const batch = store.read((db) => pending(db, size));
    if (batch.length === 0) return false;
    let answer;
    try {
      answer = await client.call('ops', { ops: batch }, { timeoutMs: 30_000, signal });
    } catch (error) {
      if (!(error instanceof CentreError) || aboutTheMoment(error)) throw error;
      // A 4xx will not get better by itself; a 5xx may.
      failures += 1;
      const hopeless = (error.status ?? 500) < 500 || failures >= TRIES_BEFORE_HALVING;
      if (!hopeless) throw error;
      failures = 0;
      const [only] = batch;
      if (batch.length > 1) {
        size = Math.ceil(batch.length / 2);
      } else if (only) {
        store.write((db) => {
          park(db, only.op_id, error.message);
          if (only.kind === 'request') settleRequest(db, only.op_id, { ...REFUSED, problem: 'unreadable' });
        });
        settledOps([only.op_id]);
        log.error('sync.parked', { op: only.op_id, type: only.type, why: error.message });
        size = MAX_OPS;
      }
      return true;
    }
    failures = 0;
    size = Math.min(MAX_OPS, size * 2);
    const results = new Map(answer.results.map((r) => [r.op_id, r]));
    const now = clock.now();
    const settled: string[] = [];
    store.write((db) => {
      for (const op of batch) {
        const result = results.get(op.op_id);
        if (!result || result.status === 'deferred') continue;
        settled.push(op.op_id);
        const problem = result.problem ? `${result.problem.type} ${result.problem.title}` : null;
        if (op.kind === 'request') settleRequest(db, op.op_id, answerOf(result));
        // A request that is refused has been heard: no more is to be sent, the visitor is told.
        const heard = result.status !== 'rejected' || (op.kind === 'request' && result.problem?.type !== 'unreadable');
        if (!heard) park(db, op.op_id, problem ?? 'rejected');
        else acknowledge(db, op.op_id, result.status, problem, now);
      }
    });
    settledOps(settled);
    for (const r of answer.results) {
      if (r.status === 'rejected') log.error('sync.rejected', { op: r.op_id, problem: r.problem?.type });
    }
    log.debug('sync.pushed', { operations: batch.length, settled: settled.length });
    // Nothing settled: asking again at once would turn in a circle.
    if (settled.length === 0) throw new CentreError('unreachable', 'ops: the centre settled none of the operations');
    return true;
  };
  return { step };
};
