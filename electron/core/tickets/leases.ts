import type { z } from 'zod';
import type { CentreApi } from '../../../shared/contracts/centre/api.ts';
import { addDays } from '../../../shared/domain/business-day.ts';
import { GENESIS_HASH } from '../../../shared/contracts/centre/schemas.ts';
import { ONLINE_LAST, RESERVE_FIRST, RESERVE_LAST, SERIES, type Series } from '../../../shared/domain/ticket-number.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import { readSeries } from '../store/registry.ts';
import { int, orNull, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { CentreError, type CentreClient } from '../sync/client.ts';
import { enqueue } from '../sync/outbox.ts';
import { addReserve, dropReserve, LEASE_FRESH_MS, reserveCounts, type Lease } from './numbers.ts';

/**
 * What this device asks the centre for: one number after the other while visitors come, a reserve ahead of time; and what
 * it tells: which numbers it holds, which it will not need. No visitor waits for any of it but in `lease`, and there for
 * 400 ms.
 *
 * A centre that was restored from a backup has forgotten numbers that it gave. So it gives none before everybody has said
 * hello in its new history, and here every answer to a question from before a hello is thrown away: such a number may be
 * missing in what was said.
 */
export interface LeasePorts {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Rejects with CentreError when the centre does not answer within `timeoutMs`, or says no. */
  call: CentreClient['call'];
  /** False: known not to answer, it is not even asked. Null: not tried yet. */
  online: () => boolean | null;
  stopping?: AbortSignal;
  /** Where the device stands otherwise, for hello; nothing yet when there is none. */
  stand?: (db: ReadDb) => Omit<HelloInput, 'epoch' | 'numbers'>;
  /** What the centre answered to hello in the history that the store has now. */
  greeted?: (answer: z.output<CentreApi['hello']['output']>) => void;
}

/** How long a visitor waits for a number from the centre before one of the reserve is taken. */
export const LEASE_BUDGET_MS = 400;
/** After the centre did not answer a lease in time, visitors are not made to wait for it again for so long. */
export const LEASE_REST_MS = 10_000;
/** What is too late for its visitor may still come until then, and serve the next one. */
const LEASE_TIMEOUT_MS = 5_000;
const CALL_TIMEOUT_MS = 10_000;
/** The most of a reserve that is asked for; the centre gives what is this device's share. */
const RESERVE_WANTED = 40;
/** A reserve as small as this is filled up at once, another one now and then. */
const RESERVE_LOW = 5;
const RESERVE_EVERY_MS = 10 * 60_000;
/** Who got nothing has its share, until it has used some of it; others may give theirs back meanwhile. */
const RESERVE_FULL_MS = 60 * 60_000;
/** Days before the latest one that numbers are held of, that hello tells about. */
const HELLO_DAYS_BACK = 2;
/** A centre that has yet another epoch after so many hellos is not one centre. */
const HELLO_ROUNDS = 3;

type HelloInput = z.input<CentreApi['hello']['input']>;
/** A device that has told nothing yet. */
const NOWHERE = { app: '', cursor: '', last_seq: 0, last_hash: GENESIS_HASH, acked_seq: 0 } as const;
type LeaseInput = z.input<CentreApi['leases']['input']>;

/** A question under way; whose `claimed` is false is waited for by nobody, and becomes a spare. */
interface Ask {
  businessDate: string;
  series: Series;
  claimed: boolean;
  answer: Promise<Lease | null>;
}
interface Spare {
  lease: Lease;
  /** Wall clock when it came: while a machine sleeps its monotonic clock may stand still. */
  wall: number;
}
/** When a reserve was last filled up; `open` is a question whose answer has not been heard. */
interface Refill {
  at: number;
  got: number;
  /** How many there were then. */
  held: number;
  open: { id: string; n: number } | null;
}

const readEpoch = (db: ReadDb): string => {
  const row = db.get(sql`SELECT epoch FROM sync`);
  return row ? text(row, 'epoch') : '';
};

/** A day is closed on this device once its reserve was given back. */
const isClosed = (db: ReadDb, businessDate: string): boolean =>
  db.get(sql`SELECT 1 AS one FROM outbox WHERE type = 'lease.return' AND business_date = ${businessDate} LIMIT 1`) !==
  undefined;

const keyOf = (businessDate: string, series: Series): string => `${businessDate} ${series}`;
const toEntry = (key: string) => {
  const [business_date = '', letter] = key.split(' ');
  const series = SERIES.find((one) => one === letter);
  return series && { business_date, series, highest_online: 0, reserve: [] as number[] };
};

/**
 * What the device holds and has given of what was leased, of the latest days that there is anything of. That is no
 * matter of the clock, which may be wrong: numbers were leased only for days that the centre took for today and tomorrow.
 * The reserve on papers is told too: a centre that forgot giving it would give it again.
 *
 * @param seen highest online numbers that came, by `date series`; they may be on their way to a ticket
 */
const heldNumbers = (db: ReadDb, seen: ReadonlyMap<string, number>): HelloInput['numbers'] => {
  const latest = db.get(sql`SELECT max(day) AS day FROM (
      SELECT max(business_date) AS day FROM ticket WHERE number <= ${RESERVE_LAST}
      UNION ALL SELECT max(business_date) FROM reserve
      UNION ALL SELECT max(business_date) FROM queue_visit WHERE number <= ${ONLINE_LAST})`);
  const days = [...[...seen.keys()].map((key) => key.slice(0, 10)), orNull(latest ?? {}, 'day', text) ?? ''];
  const last = days.toSorted().at(-1) ?? '';
  if (last === '') return [];
  const from = addDays(last, -HELLO_DAYS_BACK);
  const entries = new Map<string, NonNullable<ReturnType<typeof toEntry>>>();
  const entry = (key: string) => {
    const made = entries.get(key) ?? toEntry(key);
    if (made) entries.set(key, made);
    return made;
  };
  const online = [
    ...db
      .all(
        sql`SELECT business_date, series, max(number) AS number FROM (
              SELECT business_date, series, number FROM ticket WHERE business_date >= ${from} AND number <= ${ONLINE_LAST}
              UNION ALL SELECT business_date, series, number FROM queue_visit
                WHERE business_date >= ${from} AND number <= ${ONLINE_LAST})
            GROUP BY business_date, series`,
      )
      .map((row) => [`${text(row, 'business_date')} ${text(row, 'series')}`, int(row, 'number')] as const),
    ...[...seen].filter(([key]) => key.slice(0, 10) >= from),
  ];
  for (const [key, number] of online) {
    const of = entry(key);
    if (of) of.highest_online = Math.max(of.highest_online, number);
  }
  for (const row of db.all(
    sql`SELECT business_date, series, number FROM reserve WHERE business_date >= ${from}
        UNION SELECT business_date, series, number FROM ticket
          WHERE business_date >= ${from} AND number BETWEEN ${RESERVE_FIRST} AND ${RESERVE_LAST}
        ORDER BY business_date, series, number`,
  ))
    entry(`${text(row, 'business_date')} ${text(row, 'series')}`)?.reserve.push(int(row, 'number'));
  return [...entries.values()];
};

/** Makes the device's side of number leases. It runs no timers of its own but the 400 ms that a visitor waits. */
export const createLeases = (ports: LeasePorts) => {
  const { store, clock, ids, log, call, online, stopping, stand, greeted } = ports;
  let spares: Spare[] = [];
  const asks = new Set<Ask>();
  let restUntil = Number.NEGATIVE_INFINITY;
  /** Grows with each hello: what was asked before is not taken any more when it comes. */
  let generation = 0;
  let greeting: Promise<void> | null = null;
  /** One at a time: the same answer taken in twice would bring back a number that was used in between. */
  let refilling: Promise<void> | null = null;
  const seen = new Map<string, number>();
  const refills = new Map<string, Refill>();

  const within = (timeoutMs: number) => ({ timeoutMs, ...(stopping ? { signal: stopping } : {}) });

  const greet = async (): Promise<void> => {
    for (let round = 0; round < HELLO_ROUNDS; round += 1) {
      generation += 1;
      const epoch = store.read(readEpoch);
      const input = store.read((db) => ({ ...(stand?.(db) ?? NOWHERE), epoch, numbers: heldNumbers(db, seen) }));
      const answer = await call('hello', input, within(CALL_TIMEOUT_MS));
      log.info('numbers.hello', { epoch: answer.epoch, entries: input.numbers.length, resync: answer.resync });
      if (answer.epoch === epoch) {
        greeted?.(answer);
        return;
      }
      // What was said may be older than the new history: it is said once more by who knows of it, and that counts.
      store.write((db) => db.run(sql`UPDATE sync SET epoch = ${answer.epoch}`));
      log.warn('numbers.epoch-changed', { from: epoch, to: answer.epoch });
    }
    throw new CentreError('unreachable', 'hello: the centre has another epoch each time it is asked');
  };
  const hello = async (): Promise<void> => {
    greeting ??= greet().finally(() => {
      greeting = null;
    });
    return greeting;
  };

  /** @returns null when the answer came, but a hello was said since the question. */
  const grant = async (input: Omit<LeaseInput, 'epoch'>, timeoutMs: number): Promise<number[] | null> => {
    const once = async (): Promise<number[] | null> => {
      const asked = generation;
      const answer = await call(
        'leases',
        { ...input, epoch: store.read(readEpoch) },
        {
          ...within(timeoutMs),
          urgency: input.kind === 'online' ? 'visitor' : 'chore',
        },
      );
      if (asked !== generation) return null;
      if (answer.business_date !== input.business_date || answer.series !== input.series) return [];
      const [first, last] = input.kind === 'online' ? [1, ONLINE_LAST] : [RESERVE_FIRST, RESERVE_LAST];
      return answer.numbers.filter((number) => number >= first && number <= last);
    };
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof CentreError) || error.problem !== 'epoch-changed') throw error;
      await hello();
      return once();
    }
  };

  const grantOne = async (businessDate: string, series: Series): Promise<Lease | null> => {
    const at = clock.monotonic();
    const numbers = await grant(
      { request_id: ids.uuid(), business_date: businessDate, series, kind: 'online', n: 1 },
      LEASE_TIMEOUT_MS,
    );
    const number = numbers?.[0];
    if (number === undefined) {
      log.debug('numbers.none', { series, late: numbers === null });
      return null;
    }
    const key = keyOf(businessDate, series);
    seen.set(key, Math.max(number, seen.get(key) ?? 0));
    return { businessDate, series, number, at };
  };

  const rest = (): void => {
    restUntil = clock.monotonic() + LEASE_REST_MS;
  };

  const ask = (businessDate: string, series: Series, claimed: boolean): Ask => {
    const made: Ask = {
      businessDate,
      series,
      claimed,
      answer: grantOne(businessDate, series).then(
        (lease) => {
          asks.delete(made);
          if (lease) restUntil = Number.NEGATIVE_INFINITY;
          if (lease && !made.claimed) spares.push({ lease, wall: clock.now() });
          return lease;
        },
        (error: unknown) => {
          asks.delete(made);
          rest();
          log.warn('numbers.lease-failed', { why: error instanceof Error ? error.message : String(error) });
          return null;
        },
      ),
    };
    asks.add(made);
    return made;
  };

  /** Forgets what is too old to be used; such numbers stay holes. */
  const dropStale = (): void => {
    const isFresh = ({ lease, wall }: Spare): boolean =>
      clock.monotonic() - lease.at < LEASE_FRESH_MS && Math.abs(clock.now() - wall) < LEASE_FRESH_MS;
    if (spares.length > 0) spares = spares.filter(isFresh);
  };
  const spareFor = (businessDate: string, series: Series): Spare | undefined => {
    dropStale();
    return spares
      .filter(({ lease }) => lease.businessDate === businessDate && lease.series === series)
      .toSorted((a, b) => a.lease.number - b.lease.number)[0];
  };
  const openFor = (businessDate: string, series: Series): Ask | undefined =>
    [...asks].find((one) => !one.claimed && one.businessDate === businessDate && one.series === series);
  const mayAsk = (): boolean => stopping?.aborted !== true && online() !== false && clock.monotonic() >= restUntil;

  /** Fills up the reserve of one day and series, if it is time to. */
  const refillOne = async (businessDate: string, series: Series, held: number): Promise<void> => {
    const key = keyOf(businessDate, series);
    const before = refills.get(key);
    if (!before?.open) {
      if (held >= RESERVE_WANTED) return;
      if (before) {
        const passed = clock.monotonic() - before.at;
        const full = before.got === 0 && before.held <= held;
        if (passed < RESERVE_EVERY_MS && (held >= RESERVE_LOW || before.got === 0)) return;
        if (passed < RESERVE_FULL_MS && full) return;
      }
    }
    // A question whose answer was lost is asked again as it was, else its numbers would be held by nobody all day.
    const open = before?.open ?? { id: ids.uuid(), n: RESERVE_WANTED - held };
    refills.set(key, { at: clock.monotonic(), got: before?.got ?? 0, held, open });
    let numbers: number[] | null = [];
    try {
      numbers = await grant(
        { request_id: open.id, business_date: businessDate, series, kind: 'reserve', n: open.n },
        CALL_TIMEOUT_MS,
      );
    } catch (error) {
      // Of a day that the centre does not take for today or tomorrow: one of the two clocks is wrong.
      if (!(error instanceof CentreError) || error.problem !== 'invalid-request') throw error;
      log.warn('numbers.reserve-refused', { date: businessDate, series, why: error.message });
    }
    if (numbers === null) return;
    const got = numbers;
    // Closed while the answer was under way: nobody will need them.
    store.write((db) => {
      if (!isClosed(db, businessDate)) addReserve(db, businessDate, series, got);
    });
    refills.set(key, { at: clock.monotonic(), got: got.length, held: held + got.length, open: null });
    log.debug('numbers.reserve', { date: businessDate, series, got: got.length });
  };

  const refillAll = async (today: string): Promise<void> => {
    for (const key of refills.keys()) if (key.slice(0, 10) < today) refills.delete(key);
    const { held, series, days } = store.read((db) => ({
      held: reserveCounts(db),
      series: readSeries(db),
      days: [today, addDays(today, 1)].filter((day) => !isClosed(db, day)),
    }));
    for (const day of days) for (const one of series) await refillOne(day, one, held.get(keyOf(day, one)) ?? 0);
  };

  return {
    /**
     * A number for the visitor who waits: a spare, or one from the centre if it answers within 400 ms. After a failure or
     * a late answer the centre is left alone for 10 s; a number that comes late is a spare for the next visitor.
     * @returns null when there is none in time: take one of the reserve. Never rejects.
     */
    lease: async (businessDate: string, series: Series): Promise<Lease | null> => {
      const spare = spareFor(businessDate, series);
      if (spare) {
        spares = spares.filter((one) => one !== spare);
        return spare.lease;
      }
      if (!mayAsk()) return null;
      const asked = openFor(businessDate, series) ?? ask(businessDate, series, true);
      asked.claimed = true;
      return new Promise((resolve) => {
        let late = false;
        const cancel = clock.after(LEASE_BUDGET_MS, () => {
          late = true;
          asked.claimed = false;
          rest();
          log.warn('numbers.lease-late', { series });
          resolve(null);
        });
        void asked.answer.then((lease) => {
          if (late) return;
          cancel();
          resolve(lease);
        });
      });
    },

    /** Fetches a spare while the visitor chooses, unless there is one or one is on its way. Never throws. */
    prefetch: (businessDate: string, series: Series): void => {
      if (!mayAsk() || openFor(businessDate, series) || spareFor(businessDate, series)) return;
      ask(businessDate, series, false);
    },

    /**
     * Fills up the reserve of `today` and the day after it, for each series in use. A day that was given back stays empty.
     * Calls that come together share one.
     * @throws CentreError when the centre does not answer or refuses the device; what came until then is kept
     */
    refill: async (today: string): Promise<void> => {
      refilling ??= refillAll(today).finally(() => {
        refilling = null;
      });
      return refilling;
    },

    /**
     * At closing, inside a write transaction: the reserve of the day that was not needed is out of use here, and operations
     * tell the centre which numbers others may have. A number of a ticket is not among them: it left the reserve in the
     * transaction of its ticket.
     * @returns what was enqueued, one entry a series; nothing when there was no reserve
     */
    giveBack: (db: WriteDb, businessDate: string): { series: Series; numbers: number[] }[] => {
      const returned = [...dropReserve(db, businessDate)].map(([series, numbers]) => ({ series, numbers }));
      for (const payload of returned) {
        enqueue(db, {
          op_id: ids.uuid(),
          type: 'lease.return',
          kind: 'fact',
          entity_id: payload.series,
          business_date: businessDate,
          occurred_at: clock.now(),
          payload,
        });
      }
      return returned;
    },

    /**
     * Tells the centre what this device holds, at the start and when its epoch changed; afterwards the store has the
     * centre's epoch. Calls that come together share one.
     * @throws CentreError
     */
    hello,
  };
};
export type Leases = ReturnType<typeof createLeases>;
