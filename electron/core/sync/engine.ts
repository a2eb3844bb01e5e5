import type { SyncState } from '../../../shared/contracts/app.ts';
import { businessDate } from '../../../shared/domain/business-day.ts';
import type { Clock, Ids, Log, Secrets } from '../ports.ts';
import { readDevice, readKeys, readOffice } from '../store/registry.ts';
import { int, orNull, sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { createLeases } from '../tickets/leases.ts';
import { CentreError, createCentreClient, type CentreClient } from './client.ts';
import { operationState, outboxCounts } from './outbox.ts';
import { createPull } from './pull.ts';
import { createPush } from './push.ts';
import { createWaiter } from './waiter.ts';

export interface SyncPorts {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Log;
  fetch: typeof fetch;
  secrets: Secrets;
  app: string;
  /** For the health report: `ready`, `blocked paper-out` ... */
  printer: () => string;
  /** The centre's clock as an answer told it, with the monotonic times of question and answer. */
  heardTime: (centre: number, sent: number, received: number) => void;
  /** How far the device's clock is off, for the health report. */
  clockOffset: () => number | null;
  onChange: () => void;
  /** Rows came that may have changed the queue. */
  onRows: () => void;
}

const KEYS_EVERY_MS = 10 * 60_000;
const HEALTH_EVERY_MS = 5 * 60_000;
const RESERVE_EVERY_MS = 60_000;
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_CAP_MS = 5 * 60_000;
/** A kick (a visitor checked in) may shorten a wait, but not below this. */
const LEAST_PAUSE_MS = 1_000;

/**
 * Sync in the background: two loops, one that pulls changes and one that pushes operations. Visitors wait here for two
 * things only: a number, 400 ms at most, and the answer to a request of theirs, two seconds at most.
 */
export const createSync = (ports: SyncPorts) => {
  const { store, clock, ids, log, secrets, onChange } = ports;
  const settledOps = new Map<string, () => void>();
  const push = createPush(store, clock, log, (opIds) => {
    for (const id of opIds) settledOps.get(id)?.();
  });
  const pull = createPull(store, clock, log);
  const stopping = new AbortController();
  const pushWaiter = createWaiter(clock);
  const pullWaiter = createWaiter(clock);
  const loops: Promise<void>[] = [];
  let client: CentreClient | null = null;
  let online: boolean | null = null;
  let caughtUp = false;
  let revoked = false;
  let problem: SyncState['problem'] = null;
  let lastContactAt: number | null = store.read((db) => {
    const row = db.get(sql`SELECT last_contact_at FROM sync`);
    return row ? orNull(row, 'last_contact_at', int) : null;
  });

  const state = (): SyncState => {
    const counts = store.read(outboxCounts);
    const base = { problem, lastContactAt, waiting: counts.waiting, oldestAt: counts.oldestAt, parked: counts.parked };
    if (revoked) return { ...base, state: 'attention' };
    if (online !== true) return { ...base, state: lastContactAt === null ? 'never' : 'offline' };
    if (counts.parked > 0) return { ...base, state: 'attention' };
    return { ...base, state: caughtUp && counts.waiting === 0 ? 'live' : 'catching-up' };
  };

  const contact = (): void => {
    lastContactAt = clock.now();
    const back = online !== true;
    online = true;
    problem = null;
    if (back) {
      log.info('sync.online');
      pushWaiter.wake();
      pullWaiter.wake();
    }
    onChange();
  };
  const lost = (error: unknown): void => {
    const centre = error instanceof CentreError ? error : null;
    if (!centre)
      log.error('sync.failed', { why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    if (centre?.problem === 'device-revoked') {
      revoked = true;
      log.error('sync.revoked');
      store.write((db) => db.run(sql`UPDATE sync SET revoked = 1`));
    }
    const now = centre?.kind === 'refused' ? 'refused' : 'unreachable';
    if (online !== false || problem !== now) log.warn('sync.offline', { why: centre?.message });
    online = false;
    problem = revoked ? 'revoked' : centre?.problem === 'schema-unsupported' ? 'schema' : now;
    onChange();
  };

  /** Runs `round` until stopped; after a failure waits with full jitter, the longer the more failures in a row. */
  const loop = async (waiter: ReturnType<typeof createWaiter>, round: () => Promise<void>): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted && !revoked) {
      try {
        await round();
        failures = 0;
      } catch (error) {
        if (stopping.signal.aborted) return;
        lost(error);
        const longest = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** failures);
        failures += 1;
        const asked = error instanceof CentreError ? error.retryAfterMs : null;
        await waiter.wait(asked ?? LEAST_PAUSE_MS + Math.random() * longest, asked ?? LEAST_PAUSE_MS);
      }
    }
  };

  const pushRound = async (c: CentreClient): Promise<void> => {
    if (store.read(outboxCounts).waiting === 0) {
      await pushWaiter.wait(null, 0);
      return;
    }
    await push.step(c, stopping.signal);
    contact();
  };

  let keysAt = Number.NEGATIVE_INFINITY;
  let healthAt = Number.NEGATIVE_INFINITY;
  let reserveAt = Number.NEGATIVE_INFINITY;
  const refreshKeys = async (c: CentreClient, timeoutMs: number): Promise<boolean> => {
    keysAt = clock.monotonic();
    return pull.keys(c, timeoutMs, stopping.signal, store.read(readKeys));
  };

  const leases = createLeases({
    store,
    clock,
    ids,
    log,
    // Not enrolled yet: nobody to ask.
    call: (name, input, options) =>
      client?.call(name, input, options) ?? Promise.reject(new CentreError('unreachable', 'not enrolled')),
    online: () => (client && !revoked ? online : false),
    stopping: stopping.signal,
  });
  /** The centre's history that has heard which numbers are held here. */
  let greeted: string | null = null;
  const refillReserve = async (): Promise<void> => {
    const device = store.read(readDevice);
    const office = device && store.read((db) => readOffice(db, device.officeId));
    if (!office) return;
    if (greeted === null) {
      await leases.hello();
      greeted = store.read((db) => text(db.get(sql`SELECT epoch FROM sync`) ?? {}, 'epoch'));
    }
    await leases.refill(businessDate(clock.now(), office.time_zone, office.day_change_minutes));
  };

  const pullRound = async (c: CentreClient): Promise<void> => {
    const due = (at: number, every: number) => clock.monotonic() - at >= every;
    if (due(keysAt, KEYS_EVERY_MS)) await refreshKeys(c, 30_000);
    const { more, rows, epoch } = await pull.step(c, caughtUp, stopping.signal);
    // Another history than the one that was greeted: what numbers are held here is told anew.
    if (epoch !== null && epoch !== greeted) greeted = null;
    if (more !== !caughtUp) caughtUp = !more;
    if (rows > 0) ports.onRows();
    contact();
    if (!caughtUp) return;
    if (due(reserveAt, RESERVE_EVERY_MS)) {
      await refillReserve();
      reserveAt = clock.monotonic();
    }
    if (due(healthAt, HEALTH_EVERY_MS)) {
      const { waiting, parked } = store.read(outboxCounts);
      await c.call(
        'health',
        { app: ports.app, printer: ports.printer(), waiting, parked, clock_offset_ms: ports.clockOffset() },
        { timeoutMs: 10_000, signal: stopping.signal },
      );
      healthAt = clock.monotonic();
    }
    // A centre without long polling answers at once, with nothing: do not run hot.
    if (rows === 0) await pullWaiter.wait(LEAST_PAUSE_MS, LEAST_PAUSE_MS);
  };

  /** The centre's clock comes with every answer; what is no time is none. */
  const timedFetch: typeof fetch = async (input, init) => {
    const sent = clock.monotonic();
    const response = await ports.fetch(input, init);
    const told = Number(response.headers.get('server-time-ms') ?? Number.NaN);
    if (Number.isSafeInteger(told) && told > 0) ports.heardTime(told, sent, clock.monotonic());
    return response;
  };

  return {
    state,
    leases,

    /** Whether the centre answers, as far as is known. */
    online: (): boolean => online === true && !revoked,

    /** When the queue was heard last: now, for as long as the feed is followed; null when the centre does not answer. */
    heardAt: (): number | null => (online === true && caughtUp && !revoked ? lastContactAt : null),

    /** Resolves when the centre has answered the operation, or after the time. Never rejects. */
    settled: (opId: string, withinMs: number): Promise<void> =>
      new Promise((resolve) => {
        const state = store.read((db) => operationState(db, opId));
        if (state !== 'pending' || online === false) {
          resolve();
          return;
        }
        const end = (): void => {
          cancel();
          settledOps.delete(opId);
          resolve();
        };
        const cancel = clock.after(withinMs, end);
        settledOps.set(opId, end);
        pushWaiter.wake();
      }),

    /** Begins, if the device is enrolled; call again after an enrolment. */
    start: (): void => {
      const device = store.read(readDevice);
      if (!device || client) return;
      const row = store.read((db) => db.get(sql`SELECT revoked FROM sync`));
      revoked = row !== undefined && int(row, 'revoked') === 1;
      if (revoked) problem = 'revoked';
      client = createCentreClient(timedFetch, secrets, device, () => clock.monotonic());
      const c = client;
      loops.push(
        loop(pullWaiter, () => pullRound(c)),
        loop(pushWaiter, () => pushRound(c)),
      );
    },

    /** Something waits to be sent. */
    kick: (): void => pushWaiter.wake(),

    /** Asks for the keys, at most once in 30 s; for a code whose key is not known here. Never rejects. */
    refreshKeys: async (): Promise<boolean> => {
      if (!client || online === false || clock.monotonic() - keysAt < 30_000) return false;
      return refreshKeys(client, 1_000).catch(() => false);
    },

    /** One round of each kind now. */
    now: async (): Promise<SyncState> => {
      if (client && !revoked) {
        const c = client;
        try {
          while (await push.step(c, stopping.signal));
          while ((await pull.step(c, false, stopping.signal)).more);
          contact();
        } catch (error) {
          lost(error);
        }
      }
      return state();
    },

    stop: async (): Promise<void> => {
      stopping.abort();
      pushWaiter.close();
      pullWaiter.close();
      await Promise.all(loops);
    },
  };
};
export type Sync = ReturnType<typeof createSync>;
