import type { CollectionName } from '../../../shared/contracts/centre/schemas.ts';
import type { Clock, Log } from '../ports.ts';
import type { Sealer } from '../store/seal.ts';
import type { ReadDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { createPeople, KINDS, type Kind, type People } from './people.ts';
import { openRow, pageOf, theseOf, type SealedRow } from './rows.ts';

/**
 * Keeps what can be found like the sealed rows. There is one way to come from any state to the right one: to go through
 * the table from end to end, open what is new or was written again, and drop what is not there any more. The first time
 * that is the building; later it is quick, since little is opened. Whoever knows which row has changed says so, and it is
 * looked at by itself.
 */

export interface FollowPorts {
  store: Store;
  sealer: Sealer;
  clock: Clock;
  /** Awaited between two slices: people at a screen come first. */
  turn: () => Promise<void>;
  log: Log;
}

/** How long a slice takes, about. */
const SLICE_MS = 2;
const PAGE_ROWS = 16;
const SLOTS_AT_ONCE = 1_000;
/** More changed rows than this are not looked at one by one. */
const MOST_ROWS = 2_000;
/** While everything changes all the time the table is not gone through all the time. */
const SWEEP_EVERY_MS = 15_000;

/** Which rows of ours are another collection's rows, too: when somebody comes stands in them. */
const KIND_OF: Partial<Record<CollectionName, Kind>> = {
  person: 'person',
  booking: 'person',
  visit_detail: 'visit_detail',
  visit: 'visit_detail',
};

interface Sweep {
  kind: Kind;
  round: number;
  /** The last id that was looked at; null: at the end of the table, what was not seen goes. */
  after: string | null;
  slot: number;
}

/** All that is in memory, in one piece that can be let go of. */
interface Held {
  people: People;
  sweep: Sweep | null;
  rounds: number;
  /** To be gone through. */
  wanted: Set<Kind>;
  changed: ReadonlyMap<Kind, Set<string>>;
  unreadable: number;
  /** Never gone through yet. */
  left: Set<Kind>;
  /** Monotonic. */
  sweptAt: number;
}

export const createFollow = ({ store, sealer, clock, turn, log }: FollowPorts) => {
  let held: Held | null = null;
  /** Grows with each forgetting: work that was begun before is not gone on with. */
  let life = 0;
  let working: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;

  const take = ({ people }: Held, kind: Kind, row: SealedRow, round: number): boolean => {
    if (people.isSame(kind, row.id, row.mark, row.at, round)) return true;
    const entry = openRow(sealer, kind, row);
    if (!entry) {
      people.remove(kind, row.id);
      return false;
    }
    people.put(entry);
    people.seen(kind, row.id, round);
    return true;
  };

  const lookAt = (h: Held, db: ReadDb, kind: Kind, id: string): void => {
    const [row] = theseOf(db, kind, [id]);
    if (!row) h.people.remove(kind, id);
    else take(h, kind, row, h.rounds);
  };

  const goOn = (h: Held, db: ReadDb, sweep: Sweep): void => {
    if (sweep.after !== null) {
      const rows = pageOf(db, sweep.kind, sweep.after, PAGE_ROWS);
      for (const row of rows) if (!take(h, sweep.kind, row, sweep.round)) h.unreadable += 1;
      sweep.after = rows.length < PAGE_ROWS ? null : (rows.at(-1)?.id ?? null);
      return;
    }
    const next = h.people.removeOthers(sweep.kind, sweep.round, sweep.slot, SLOTS_AT_ONCE);
    if (next !== null) {
      sweep.slot = next;
      return;
    }
    if (h.unreadable > 0) log.warn('search.unreadable', { table: sweep.kind, rows: h.unreadable });
    h.unreadable = 0;
    h.sweep = null;
    h.sweptAt = clock.monotonic();
    h.left.delete(sweep.kind);
  };

  const mayBegin = (h: Held): boolean => h.left.size > 0 || clock.monotonic() - h.sweptAt >= SWEEP_EVERY_MS;

  /** @returns false when there is nothing to do now */
  const step = (h: Held, db: ReadDb): boolean => {
    for (const [kind, ids] of h.changed) {
      for (const id of ids) {
        ids.delete(id);
        lookAt(h, db, kind, id);
        return true;
      }
    }
    if (h.sweep) {
      goOn(h, db, h.sweep);
      return true;
    }
    if (h.wanted.size === 0 || !mayBegin(h)) return false;
    h.rounds += 1;
    const [kind = 'person'] = h.wanted;
    h.wanted.delete(kind);
    h.sweep = { kind, round: h.rounds, after: '', slot: 0 };
    return true;
  };

  const slice = (db: ReadDb): boolean => {
    const until = clock.monotonic() + SLICE_MS;
    let more = false;
    // One piece at least: however slow the machine is, it comes to an end.
    do more = held !== null && step(held, db);
    while (more && clock.monotonic() < until);
    return more;
  };

  /** Holds nothing but the number of its life while it waits for its turn. */
  const workOff = async (mine: number): Promise<void> => {
    for (;;) {
      await turn();
      if (life !== mine) return;
      if (!store.read(slice)) return;
    }
  };

  const forget = (): void => {
    life += 1;
    held = null;
    working = null;
    cancelTimer?.();
    cancelTimer = null;
  };

  const wake = async (): Promise<void> => {
    if (working) return working;
    const mine = life;
    const work = workOff(mine)
      .catch((error: unknown) => {
        // Its words may hold what was read.
        log.error('search.failed', { error: error instanceof Error ? error.name : typeof error });
        if (life === mine) forget();
        throw error;
      })
      .finally(() => {
        if (life !== mine) return;
        working = null;
        rest();
      });
    working = work;
    return work;
  };

  /** What came in the meantime is taken up when it is time. */
  const rest = (): void => {
    if (held === null || working) return;
    if ([...held.changed.values()].some((ids) => ids.size > 0)) {
      wake().catch(() => undefined);
      return;
    }
    if (held.wanted.size === 0) return;
    if (mayBegin(held)) {
      wake().catch(() => undefined);
      return;
    }
    cancelTimer ??= clock.after(Math.max(1, held.sweptAt + SWEEP_EVERY_MS - clock.monotonic()), () => {
      cancelTimer = null;
      rest();
    });
  };

  return {
    /** Who can be found; null when nothing is held. */
    people: (): People | null => held?.people ?? null,
    ready: (): boolean => held?.left.size === 0,
    /** Resolves when everything is there; at once when it is already. Also when it is forgotten in between. */
    build: async (signal?: AbortSignal): Promise<void> => {
      if (signal?.aborted === true) return;
      held ??= {
        people: createPeople(),
        sweep: null,
        rounds: 0,
        wanted: new Set(KINDS),
        changed: new Map(KINDS.map((kind) => [kind, new Set<string>()])),
        unreadable: 0,
        left: new Set(KINDS),
        sweptAt: 0,
      };
      if (held.left.size === 0) return;
      signal?.addEventListener('abort', forget, { once: true });
      try {
        await wake();
      } finally {
        signal?.removeEventListener('abort', forget);
      }
    },
    /**
     * Rows of a collection are not what they were: there are new ones, others, or fewer.
     * @param collection undefined: of any. @param id undefined: nobody knows which
     */
    changed: (collection?: CollectionName, id?: string | number): void => {
      if (held === null) return;
      const kind = collection === undefined ? null : KIND_OF[collection];
      if (kind === undefined) return;
      const ids = kind === null ? undefined : held.changed.get(kind);
      if (id !== undefined && kind !== null && ids && ids.size < MOST_ROWS) ids.add(String(id));
      else for (const one of kind === null ? KINDS : [kind]) held.wanted.add(one);
      rest();
    },
    /** Rows are being taken in now. */
    pending: (): boolean => working !== null,
    forget,
  };
};
