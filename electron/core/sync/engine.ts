import type { SyncState } from '../../../shared/contracts/app.ts';
import type { CollectionName, HealthReport } from '../../../shared/contracts/centre/schemas.ts';
import { businessDate } from '../../../shared/domain/business-day.ts';
import type { Clock, Ids, Log, Secrets } from '../ports.ts';
import { readDevice, readKeys, readOffice } from '../store/registry.ts';
import { createSealer } from '../store/seal.ts';
import { int, orNull, sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { createLeases } from '../tickets/leases.ts';
import { afterOutage, backoff, PROBE } from './backoff.ts';
import { CentreError, createCentreClient, type CentreClient } from './client.ts';
import { differing } from './digest.ts';
import { createIntake } from './intake.ts';
import { createLadder, readEvents } from './live.ts';
import { ackedSeq, chainEnd, dropDurable, operationState, outboxCounts, setDurable } from './outbox.ts';
import { createPull, emptyLog, type Page } from './pull.ts';
import { createPush } from './push.ts';
import { beginSnapshot, collectionsOf, createSnapshot, readProgress } from './snapshot.ts';
import { syncState, type SyncFacts } from './state.ts';
import { readStopped, stopDevice, type Stopped } from './stopped.ts';
import { createWaiter } from './waiter.ts';

export interface SyncPorts {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Log;
  fetch: typeof fetch;
  secrets: Secrets;
  /** From 0 to below 1, for waits that must not be the same on all devices. */
  random: () => number;
  app: string;
  /** How this machine's parts are, for the health report; `printer`: `ready`, `blocked paper-out` ... */
  health: () => Pick<HealthReport, 'printer' | 'paper_low' | 'scanner' | 'camera' | 'last_visit_at'>;
  /** The centre's clock as an answer told it, with the monotonic times of question and answer. */
  heardTime: (centre: number, sent: number, received: number) => void;
  /** How far the device's clock is off, for the health report. */
  clockOffset: () => number | null;
  /** Awaited between two pieces of long work: people at a screen come first. */
  turn: () => Promise<void>;
  onChange: () => void;
  /** Rows came that may have changed the queue. */
  onRows: () => void;
  /** A row was put or is gone; told inside the transaction of its page. */
  onRow: (collection: CollectionName, id: string | number) => void;
  /** The centre will have nothing more to do with this device: what it held of people is wiped. */
  onStopped: (why: Stopped) => void;
}

const KEYS_EVERY_MS = 10 * 60_000;
const HEALTH_EVERY_MS = 5 * 60_000;
const RESERVE_EVERY_MS = 60_000;
const CHORES_EVERY_MS = 30_000;
const HELLO_EVERY_MS = 24 * 3_600_000;
const TIDY_EVERY_MS = 3_600_000;
/** Digests are compared after so many pages with news, and this often at least while there are some. */
const DIGEST_EVERY_PAGES = 20;
const DIGEST_EVERY_MS = 30 * 60_000;
/** A kick (a visitor checked in) may shorten a wait, but not below this. */
const LEAST_PAUSE_MS = 1_000;
/** Between two pulls: what changes all the time is fetched in pages, not one by one. */
const PULL_PAUSE_MS = 400;
const SOON_MS = 1_500;
/** While events tell of news, the feed is asked this often all the same. */
const LISTENING_PULL_MS = 5 * 60_000;
const POLL_MS = 60_000;
/** Silence for so long on the line of events: it is dead. The centre says something every 25 s. */
const EVENTS_SILENT_MS = 60_000;
/** How often people are told how far a snapshot is. */
const PROGRESS_EVERY_MS = 250;
const PROBE_TIMEOUT_MS = 5_000;
/** After a failure that the probe looks after. */
const FAILED_WAIT_MS = 5 * 60_000;
const HEARD_LATELY_MS = 90_000;

/**
 * Sync in the background: loops that pull, push, listen for news, and look whether a lost centre is back. Visitors wait
 * here for two things only: a number, 400 ms at most, and the answer to a request of theirs, two seconds at most.
 */
export const createSync = (ports: SyncPorts) => {
  const { store, clock, ids, log, secrets, random, onChange } = ports;
  const stopping = new AbortController();
  const { signal } = stopping;
  const waiters = {
    push: createWaiter(clock),
    pull: createWaiter(clock),
    live: createWaiter(clock),
    probe: createWaiter(clock),
    chores: createWaiter(clock),
  };
  const loops: Promise<void>[] = [];
  const settledOps = new Map<string, () => void>();
  const ladder = createLadder(random);
  const intake = createIntake({
    clock,
    ids,
    log,
    sealer: createSealer(secrets),
    onRow: ports.onRow,
  });
  const pull = createPull(store, clock, log, intake);
  const snapshot = createSnapshot({
    store,
    clock,
    log,
    intake,
    turn: ports.turn,
    onProgress: (done) => {
      facts.progress = { done, total: null };
      const now = clock.monotonic();
      if (now - at.progress < PROGRESS_EVERY_MS) return;
      at.progress = now;
      onChange();
    },
  });
  let client: CentreClient | null = null;
  let push: ReturnType<typeof createPush> | null = null;
  /** When the centre was heard last without a failure since, and when it was lost; monotonic ms. */
  let heardMono = Number.NEGATIVE_INFINITY;
  let lostMono: number | null = null;
  let listening = false;

  const facts: Omit<SyncFacts, 'waiting' | 'oldestAt' | 'parked'> = {
    stopped: store.read(readStopped),
    online: null,
    caughtUp: false,
    problem: null,
    lastContactAt: store.read((db) => {
      const row = db.get(sql`SELECT last_contact_at FROM sync`);
      return row ? orNull(row, 'last_contact_at', int) : null;
    }),
    attentionSince: null,
    progress: null,
  };

  const state = (): SyncState => {
    const told = syncState({ ...facts, ...store.read(outboxCounts) });
    if (told.state !== 'attention') facts.attentionSince = null;
    else if (facts.attentionSince === null) return { ...told, since: (facts.attentionSince = clock.now()) };
    return told;
  };

  /** The centre has answered as it should. */
  const contact = (): void => {
    facts.lastContactAt = clock.now();
    heardMono = clock.monotonic();
    const back = facts.online !== true;
    facts.online = true;
    if (facts.problem !== 'schema') facts.problem = null;
    if (back) {
      lostMono = null;
      log.info('sync.online');
      for (const waiter of Object.values(waiters)) waiter.wake();
    }
    onChange();
  };

  const heardLately = (): boolean => clock.monotonic() - heardMono < HEARD_LATELY_MS;

  const stop = (why: Stopped): void => {
    if (facts.stopped) return;
    facts.stopped = why;
    log.error('sync.stopped', { why });
    stopDevice(store, secrets, why, clock.now());
    ports.onStopped(why);
    for (const waiter of Object.values(waiters)) waiter.close();
    stopping.abort();
    for (const end of settledOps.values()) end();
    onChange();
  };

  const lost = (error: unknown): void => {
    const centre = error instanceof CentreError ? error : null;
    if (!centre) {
      // A full disk, or a mistake of ours: no word about the centre, which may be well.
      log.error('sync.failed', { why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return;
    }
    if (centre.problem === 'device-revoked') {
      stop('revoked');
      return;
    }
    if (centre.problem === 'chain-fork') {
      stop('fork');
      return;
    }
    if (centre.problem === 'schema-unsupported') {
      // Pulling is over until the program is newer; what happened here is still told.
      if (facts.problem !== 'schema') log.error('sync.schema', { why: centre.message });
      facts.problem = 'schema';
      onChange();
      return;
    }
    const problem = centre.kind === 'refused' ? 'refused' : 'unreachable';
    if (facts.online !== false || facts.problem !== problem) log.warn('sync.offline', { why: centre.message });
    if (facts.online !== false) lostMono = clock.monotonic();
    facts.online = false;
    facts.caughtUp = false;
    if (facts.problem !== 'schema') facts.problem = problem;
    if (problem === 'unreachable') waiters.probe.wake();
    onChange();
  };

  type Waiter = ReturnType<typeof createWaiter>;
  /** Runs `round` until stopped; after a failure waits, the longer the more failures in a row. */
  const loop = async (
    waiter: Waiter,
    round: () => Promise<void>,
    /** A failure that says nothing about whether the centre is there. */
    isItsOwn: (error: CentreError) => boolean = () => false,
  ): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await round();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        const centre = error instanceof CentreError ? error : null;
        if (centre && isItsOwn(centre)) log.warn('sync.failed-alone', { why: centre.message });
        else lost(error);
        const asked = centre?.retryAfterMs ?? null;
        failures += 1;
        // Who cannot be reached at all is looked after by the probe, which wakes everybody.
        const wait = centre?.kind === 'unreachable' ? FAILED_WAIT_MS : backoff(failures, random());
        await waiter.wait(asked ?? LEAST_PAUSE_MS + wait, asked ?? LEAST_PAUSE_MS);
      }
    }
  };

  // --- Hello and numbers -----------------------------------------------------------------------------------------------

  let greetedEpoch: string | null = null;
  let greetedAt = Number.NEGATIVE_INFINITY;
  const storeEpoch = (): string =>
    store.read((db) => text(db.get(sql`SELECT epoch FROM sync`) ?? { epoch: '' }, 'epoch'));

  const leases = createLeases({
    store,
    clock,
    ids,
    log,
    // Not enrolled yet: nobody to ask.
    call: (name, input, options) =>
      client?.call(name, input, options) ?? Promise.reject(new CentreError('unreachable', 'not enrolled')),
    online: () => (client && !facts.stopped ? facts.online : false),
    stopping: signal,
    stand: (db) => {
      const end = chainEnd(db);
      const row = db.get(sql`SELECT cursor FROM sync`);
      return {
        app: ports.app,
        cursor: row ? text(row, 'cursor') : '',
        last_seq: end.seq,
        last_hash: end.hash,
        acked_seq: ackedSeq(db),
      };
    },
    greeted: (answer) => {
      greetedEpoch = answer.epoch;
      greetedAt = clock.monotonic();
      const { acked, end } = store.read((db) => ({ acked: ackedSeq(db), end: chainEnd(db) }));
      if (answer.expected_seq > end.seq + 1) {
        // The centre has operations of this device that it does not have itself: it is an older copy of its own disk.
        log.error('sync.behind-itself', { here: end.seq, expected: answer.expected_seq });
        stop('fork');
        return;
      }
      if (answer.expected_seq <= acked) {
        push?.rewindTo(answer.expected_seq);
        waiters.push.wake();
      }
      store.write((db) => {
        setDurable(db, answer.durable_seq);
        if (answer.resync === 'snapshot' && readProgress(db) === null) beginSnapshot(db, []);
      });
    },
  });
  const greet = async (): Promise<void> => {
    const due = clock.monotonic() - greetedAt >= HELLO_EVERY_MS;
    if (greetedEpoch === null || greetedEpoch !== storeEpoch() || due) await leases.hello();
  };
  const refillReserve = async (): Promise<void> => {
    const device = store.read(readDevice);
    const office = device && store.read((db) => readOffice(db, device.officeId));
    if (office) await leases.refill(businessDate(clock.now(), office.time_zone, office.day_change_minutes));
  };

  // --- Push --------------------------------------------------------------------------------------------------------

  const pushRound = async (c: CentreClient, p: NonNullable<typeof push>): Promise<void> => {
    try {
      const then = await p.step(c, signal);
      if (then === 'idle') await waiters.push.wait(null, 0);
      else {
        contact();
        if (then === 'soon') await waiters.push.wait(SOON_MS * (0.5 + random()), SOON_MS / 2);
      }
    } catch (error) {
      if (!(error instanceof CentreError) || error.problem !== 'epoch-changed') throw error;
      // The centre was restored: it says from where on it wants to be told again.
      await leases.hello();
      contact();
    }
  };

  // --- Pull --------------------------------------------------------------------------------------------------------

  const at = {
    keys: Number.NEGATIVE_INFINITY,
    health: Number.NEGATIVE_INFINITY,
    reserve: Number.NEGATIVE_INFINITY,
    digest: Number.NEGATIVE_INFINITY,
    tidy: Number.NEGATIVE_INFINITY,
    progress: Number.NEGATIVE_INFINITY,
  };
  const due = (what: keyof typeof at, every: number): boolean => clock.monotonic() - at[what] >= every;
  /** At the start both ends compare what they hold. */
  let pagesSinceDigest: number = DIGEST_EVERY_PAGES;
  /** How soon to ask again, as the centre said. */
  let nextPollMs: number | null = null;

  const refreshKeys = async (c: CentreClient, timeoutMs: number): Promise<boolean> => {
    at.keys = clock.monotonic();
    return pull.keys(c, timeoutMs, signal, store.read(readKeys));
  };

  const readSnapshot = async (c: CentreClient): Promise<void> => {
    facts.caughtUp = false;
    facts.progress = { done: store.read(readProgress)?.rows ?? 0, total: null };
    await snapshot.run(c, signal);
    facts.progress = null;
    pagesSinceDigest = DIGEST_EVERY_PAGES;
    ports.onRows();
    contact();
  };

  /** What both ends hold is not the same: what differs is read anew. */
  const compare = async (digests: NonNullable<Page['digests']>): Promise<void> => {
    pagesSinceDigest = 0;
    at.digest = clock.monotonic();
    const roles = store.read(readDevice)?.roles ?? [];
    const mine = collectionsOf(roles);
    const wrong = (await differing(store, digests, ports.turn)).filter((c) => mine.includes(c));
    if (wrong.length === 0) return;
    log.error('sync.digest-mismatch', { collections: wrong });
    store.write((db) => beginSnapshot(db, wrong));
  };

  const pullOnce = async (c: CentreClient, wait: boolean): Promise<Page> => {
    const digests = pagesSinceDigest >= DIGEST_EVERY_PAGES || (pagesSinceDigest > 0 && due('digest', DIGEST_EVERY_MS));
    const page = await pull.step(c, { wait, digests, signal });
    contact();
    if (page.epoch === null) {
      greetedEpoch = null;
      store.write((db) => beginSnapshot(db, []));
      return page;
    }
    if (facts.problem === 'schema') facts.problem = null;
    if (page.epoch !== storeEpoch()) greetedEpoch = null;
    if (page.rows > 0) {
      pagesSinceDigest += 1;
      ports.onRows();
    }
    if (page.purged) {
      emptyLog(store);
      // What is gone is said at once: the centre counts who still holds it.
      waiters.push.wake();
    }
    nextPollMs = page.nextPollMs;
    if (page.digests) await compare(page.digests);
    return page;
  };

  /** What is done now and then while the connection is well. */
  const choreRound = async (c: CentreClient): Promise<void> => {
    if (facts.online !== true || !facts.caughtUp) {
      await waiters.chores.wait(null, 0);
      return;
    }
    if (due('reserve', RESERVE_EVERY_MS)) {
      await refillReserve();
      at.reserve = clock.monotonic();
    }
    if (due('health', HEALTH_EVERY_MS)) {
      const { waiting, parked } = store.read(outboxCounts);
      await c.call(
        'health',
        { app: ports.app, waiting, parked, clock_offset_ms: ports.clockOffset(), ...ports.health() },
        { timeoutMs: 10_000, signal, urgency: 'chore' },
      );
      at.health = clock.monotonic();
    }
    if (due('tidy', TIDY_EVERY_MS)) {
      store.write((db) => dropDurable(db, clock.now()));
      at.tidy = clock.monotonic();
    }
    await waiters.chores.wait(CHORES_EVERY_MS, LEAST_PAUSE_MS);
  };

  const pullRound = async (c: CentreClient): Promise<void> => {
    await greet();
    if (due('keys', KEYS_EVERY_MS)) await refreshKeys(c, 30_000);
    if (store.read(needsSnapshot)) {
      if (store.read(readProgress) === null) store.write((db) => beginSnapshot(db, []));
      await readSnapshot(c);
    }
    // A program that ended between a snapshot and its last index.
    await snapshot.makeIndexes();
    const rung = ladder.rung(clock.monotonic());
    const wait = facts.caughtUp && rung === 'long-poll';
    const started = clock.monotonic();
    let page: Page;
    try {
      page = await pullOnce(c, wait);
      if (wait) ladder.worked('long-poll', clock.monotonic());
    } catch (error) {
      if (wait) ladder.failed('long-poll', clock.monotonic());
      throw error;
    }
    if (page.more || page.epoch === null || store.read(needsSnapshot)) return;
    if (!facts.caughtUp) {
      facts.caughtUp = true;
      onChange();
      waiters.live.wake();
      waiters.chores.wake();
    }
    await restBetweenPulls(rung, clock.monotonic() - started);
  };

  const restBetweenPulls = async (rung: ReturnType<typeof ladder.rung>, took: number): Promise<void> => {
    if (rung === 'sse' && listening) await waiters.pull.wait(LISTENING_PULL_MS, PULL_PAUSE_MS);
    else if (rung === 'long-poll') {
      // A centre without long polling answers at once, with nothing: do not run hot.
      const pause = took < LEAST_PAUSE_MS ? LEAST_PAUSE_MS : PULL_PAUSE_MS;
      await waiters.pull.wait(pause, PULL_PAUSE_MS);
    } else {
      const poll = nextPollMs ?? POLL_MS;
      await waiters.pull.wait(poll * (0.8 + 0.4 * random()), PULL_PAUSE_MS);
    }
  };

  // --- News ----------------------------------------------------------------------------------------------------------

  /** Listens for as long as the line is good; whatever it says only leads to a pull. */
  const liveRound = async (c: CentreClient): Promise<void> => {
    if (facts.online !== true || !facts.caughtUp || ladder.rung(clock.monotonic()) !== 'sse') {
      await waiters.live.wait(LISTENING_PULL_MS, LEAST_PAUSE_MS);
      return;
    }
    const began = clock.monotonic();
    try {
      const response = await c.open('events', {}, { timeoutMs: 30_000, signal });
      listening = true;
      // What came between the last pull and now would not be told.
      waiters.pull.wake();
      await readEvents(response, {
        clock,
        silentMs: EVENTS_SILENT_MS,
        signal,
        onAlive: () => {
          ladder.worked('sse', clock.monotonic());
          contact();
        },
        onEvent: () => waiters.pull.wake(),
      });
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CentreError && (error.problem === 'device-revoked' || error.status === 401)) throw error;
      log.debug('sync.events-ended', { why: error instanceof Error ? error.message : String(error) });
    } finally {
      listening = false;
    }
    ladder.failed('sse', clock.monotonic());
    waiters.pull.wake();
    const lasted = clock.monotonic() - began;
    await waiters.live.wait(LEAST_PAUSE_MS + backoff(lasted > POLL_MS ? 1 : 2, random()), LEAST_PAUSE_MS);
  };

  /** Looks whether the centre is back: a small question that needs no token, asked now and then. */
  const probeRound = async (c: CentreClient): Promise<void> => {
    if (facts.online !== false || facts.problem !== 'unreachable') {
      await waiters.probe.wait(null, 0);
      return;
    }
    const offlineStill = (): boolean => !(facts.online ?? true) && !signal.aborted;
    for (let tries = 1; offlineStill(); tries += 1) {
      await waiters.probe.wait(LEAST_PAUSE_MS + backoff(tries, random(), PROBE), LEAST_PAUSE_MS);
      if (!offlineStill()) return;
      try {
        await c.call('time', {}, { timeoutMs: PROBE_TIMEOUT_MS, signal });
      } catch (error) {
        if (!(error instanceof CentreError) || error.kind === 'unreachable') continue;
        // It is there, and says that it will not have us yet: the loops know how long to wait.
        lost(error);
        for (const waiter of [waiters.push, waiters.pull]) waiter.wake();
        return;
      }
      // Everybody in the office notices at the same time: not all of them at once.
      const away = clock.monotonic() - (lostMono ?? clock.monotonic());
      await waiters.probe.wait(afterOutage(away, store.read(outboxCounts).waiting > 0, random()), 0);
      contact();
    }
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
    online: (): boolean => facts.online === true && !facts.stopped,

    /** When the queue was heard last: now, for as long as the feed is followed; null when the centre does not answer. */
    heardAt: (): number | null =>
      facts.online === true && facts.caughtUp && !facts.stopped ? facts.lastContactAt : null,

    stopped: (): Stopped | null => facts.stopped,

    /** Resolves when the centre has answered the operation, or after the time. Never rejects. */
    settled: (opId: string, withinMs: number): Promise<void> =>
      new Promise((resolve) => {
        const known = store.read((db) => operationState(db, opId));
        if (known !== 'pending' || facts.online === false || facts.stopped) {
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
        waiters.push.wake();
      }),

    /** Begins, if the device is enrolled; call again after an enrolment. */
    start: (): void => {
      const device = store.read(readDevice);
      if (!device || client || facts.stopped) return;
      client = createCentreClient({ fetch: timedFetch, clock }, secrets, device);
      push = createPush({
        store,
        clock,
        log,
        deviceId: device.deviceId,
        settled: (opIds) => {
          for (const id of opIds) settledOps.get(id)?.();
        },
        othersWork: heardLately,
      });
      const [c, p] = [client, push];
      loops.push(
        loop(waiters.pull, () => pullRound(c)),
        // The centre that fails with our operations and answers everything else is there.
        loop(
          waiters.push,
          () => pushRound(c, p),
          (e) => e.kind === 'refused' && (e.status ?? 0) >= 500 && e.status !== 503 && heardLately(),
        ),
        loop(waiters.live, () => liveRound(c)),
        loop(waiters.probe, () => probeRound(c)),
        loop(waiters.chores, () => choreRound(c)),
      );
    },

    /** Something waits to be sent. */
    kick: (): void => waiters.push.wake(),

    /** Something of the health report has changed: the centre, and with it the desk, is to know soon. */
    report: (): void => {
      at.health = Number.NEGATIVE_INFINITY;
      waiters.chores.wake();
    },

    /** Operations that were put aside are offered once more. */
    retryParked: (): void => {
      push?.retryParked();
      waiters.push.wake();
    },

    /** Asks for the keys, at most once in 30 s; for a code whose key is not known here. Never rejects. */
    refreshKeys: async (): Promise<boolean> => {
      if (!client || facts.stopped || facts.online === false || clock.monotonic() - at.keys < 30_000) return false;
      return refreshKeys(client, 1_000).catch(() => false);
    },

    /** Wakes the loops, and waits until nothing is left to do or the centre does not answer. */
    now: async (): Promise<SyncState> => {
      if (client && push && !facts.stopped) {
        try {
          while ((await push.step(client, signal)) === 'more');
          while ((await pullOnce(client, false)).more && !store.read(needsSnapshot));
          waiters.pull.wake();
        } catch (error) {
          lost(error);
        }
      }
      return state();
    },

    stop: async (): Promise<void> => {
      stopping.abort();
      for (const waiter of Object.values(waiters)) waiter.close();
      await Promise.all(loops);
    },
  };
};
export type Sync = ReturnType<typeof createSync>;

/** The feed has not been begun, or a snapshot is under way. */
const needsSnapshot = (db: Parameters<typeof readProgress>[0]): boolean => {
  if (readProgress(db) !== null) return true;
  const row = db.get(sql`SELECT cursor FROM sync`);
  return row !== undefined && text(row, 'cursor') === '';
};
