import type { SyncState } from '../../../shared/contracts/app.ts';
import { addDays, businessDate } from '../../../shared/domain/business-day.ts';
import type { Series } from '../../../shared/domain/ticket-number.ts';
import type { Clock, Ids, Log, Secrets } from '../ports.ts';
import { readDevice, readKeys, readOffice, readSeries } from '../store/registry.ts';
import { int, orNull, sql } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { addReserve, LEASE_FRESH_MS, reserveCounts, type Lease } from '../tickets/numbers.ts';
import { CentreError, createCentreClient, type CentreClient } from './client.ts';
import { outboxCounts } from './outbox.ts';
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
  onChange: () => void;
}

/** How long a visitor waits for a number from the centre before one of the reserve is taken. */
export const LEASE_BUDGET_MS = 400;
/** After the centre did not answer a lease in time, visitors are not made to wait for it again for so long. */
const LEASE_REST_MS = 10_000;
const KEYS_EVERY_MS = 10 * 60_000;
const HEALTH_EVERY_MS = 5 * 60_000;
const RESERVE_EVERY_MS = 60_000;
/** The most that is asked for; the centre gives what is this device's share. */
const RESERVE_WANTED = 40;
const RESERVE_LOW = 5;
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_CAP_MS = 5 * 60_000;
/** A kick (a visitor checked in) may shorten a wait, but not below this. */
const LEAST_PAUSE_MS = 1_000;

/**
 * Sync in the background: two loops, one that pulls changes and one that pushes operations. Nothing here is ever waited
 * for by a visitor but `lease`, and that for 400 ms at most.
 */
export const createSync = (ports: SyncPorts) => {
  const { store, clock, ids, log, secrets, onChange } = ports;
  const push = createPush(store, clock, log);
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

  const reserveAsked = new Map<string, number>();
  const refillReserve = async (c: CentreClient): Promise<void> => {
    const device = store.read(readDevice);
    const office = device && store.read((db) => readOffice(db, device.officeId));
    if (!office) return;
    const today = businessDate(clock.now(), office.time_zone, office.day_change_minutes);
    const held = store.read(reserveCounts);
    for (const date of [today, addDays(today, 1)]) {
      for (const series of store.read(readSeries)) {
        const key = `${date} ${series}`;
        const count = held.get(key) ?? 0;
        const asked = reserveAsked.get(key);
        const soon = asked !== undefined && clock.monotonic() - asked < KEYS_EVERY_MS;
        if (count >= RESERVE_WANTED || (soon && count >= RESERVE_LOW)) continue;
        reserveAsked.set(key, clock.monotonic());
        const n = RESERVE_WANTED - count;
        const answer = await c.call(
          'leases',
          { request_id: ids.uuid(), business_date: date, series, kind: 'reserve', n },
          { timeoutMs: 10_000, signal: stopping.signal },
        );
        store.write((db) => addReserve(db, date, series, answer.numbers));
        log.debug('numbers.reserve', { date, series, got: answer.numbers.length });
      }
    }
  };

  const pullRound = async (c: CentreClient): Promise<void> => {
    const due = (at: number, every: number) => clock.monotonic() - at >= every;
    if (due(keysAt, KEYS_EVERY_MS)) await refreshKeys(c, 30_000);
    const { more, rows } = await pull.step(c, caughtUp, stopping.signal);
    if (more !== !caughtUp) caughtUp = !more;
    contact();
    if (!caughtUp) return;
    if (due(reserveAt, RESERVE_EVERY_MS)) {
      await refillReserve(c);
      reserveAt = clock.monotonic();
    }
    if (due(healthAt, HEALTH_EVERY_MS)) {
      const { waiting, parked } = store.read(outboxCounts);
      await c.call(
        'health',
        { app: ports.app, printer: ports.printer(), waiting, parked, clock_offset_ms: null },
        { timeoutMs: 10_000, signal: stopping.signal },
      );
      healthAt = clock.monotonic();
    }
    // A centre without long polling answers at once, with nothing: do not run hot.
    if (rows === 0) await pullWaiter.wait(LEAST_PAUSE_MS, LEAST_PAUSE_MS);
  };

  const spare = new Map<Series, Lease>();
  let leaseRestUntil = Number.NEGATIVE_INFINITY;
  const takeSpare = (businessDate: string, series: Series): Lease | null => {
    const lease = spare.get(series);
    if (!lease) return null;
    spare.delete(series);
    return lease.businessDate === businessDate && clock.monotonic() - lease.at < LEASE_FRESH_MS ? lease : null;
  };

  const lease = async (date: string, series: Series): Promise<Lease | null> => {
    const kept = takeSpare(date, series);
    if (kept) return kept;
    const c = client;
    if (!c || online === false || clock.monotonic() < leaseRestUntil) return null;
    const asked = c
      .call(
        'leases',
        { request_id: ids.uuid(), business_date: date, series, kind: 'online', n: 1 },
        { timeoutMs: 5_000, signal: stopping.signal },
      )
      .then((answer): Lease | null => {
        const [number] = answer.numbers;
        return number === undefined ? null : { businessDate: date, series, number, at: clock.monotonic() };
      })
      .catch((error: unknown) => {
        leaseRestUntil = clock.monotonic() + LEASE_REST_MS;
        log.warn('numbers.lease-failed', { why: error instanceof Error ? error.message : String(error) });
        return null;
      });
    return new Promise((resolve) => {
      let late = false;
      const cancel = clock.after(LEASE_BUDGET_MS, () => {
        late = true;
        leaseRestUntil = clock.monotonic() + LEASE_REST_MS;
        log.warn('numbers.lease-late', { series });
        resolve(null);
      });
      void asked.then((got) => {
        cancel();
        if (!late) resolve(got);
        else if (got) {
          spare.set(series, got);
          leaseRestUntil = Number.NEGATIVE_INFINITY;
        }
      });
    });
  };

  return {
    state,
    lease,

    /** Begins, if the device is enrolled; call again after an enrolment. */
    start: (): void => {
      const device = store.read(readDevice);
      if (!device || client) return;
      const row = store.read((db) => db.get(sql`SELECT revoked FROM sync`));
      revoked = row !== undefined && int(row, 'revoked') === 1;
      if (revoked) problem = 'revoked';
      client = createCentreClient(ports.fetch, secrets, device, () => clock.monotonic());
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
