import {
  byTurn,
  type Estimate,
  type Newcomer,
  type Priority,
  type QueueEntry,
  type QueueSnapshot,
  type QueueWindow,
} from './queue.ts';
import {
  HABITS,
  play,
  RUNS,
  servingTimes,
  sheetsFor,
  unknownServing,
  type Counter,
  type Hall,
  type Person,
  type Serving,
  type ToCome,
} from './estimate-play.ts';

/**
 * How long somebody will wait (pure, the same answer for the same question). The hall is played forward a number of
 * times with fixed random numbers, until a window that serves him is free and nobody before him wants it; the range is
 * what most of the plays lie in. Playing it keeps what a formula loses: who shares which window with whom, breaks, and
 * that one long service delays everybody.
 */

const MINUTE = 60_000;
/** News older than this says nothing about the hall. */
const STALE_AFTER_MS = 5 * MINUTE;

/** Fewer plays than the most for a hall that is too full for them: chance evens out there. */
const FEWEST_RUNS = 16;
/** Steps (visitors times what is looked at for each) that all plays together may take. */
const STEPS = 200_000;
/** Minutes. No service and no break of today lasts longer. */
const LONGEST = 600;
/** Nobody without a booking is thought of who comes later than in so many minutes. */
const COMING_WITHIN = 60;
/** A time that has passed: for so many minutes a window is thought to be about to close, or to come back. */
const CLOSING_WITHIN = 30;
const OVERDUE_WITHIN = 15;
/** At most so many people who have not come yet are thought of. */
const MOST_TO_COME = 100;

/** Of the plays, how many lie below and above the range. */
const BELOW = 0.09;
const ABOVE = 0.1;

interface Turn {
  priority: Priority;
  orderAt: number;
  arrivedAt: number;
}

const time = (at: number, otherwise: number): number => (Number.isFinite(at) ? at : otherwise);

const present = (e: QueueEntry): Person => {
  const arrivedAt = time(e.arrivedAt, time(e.orderAt, 0));
  return { serviceId: e.serviceId, priority: e.priority, orderAt: time(e.orderAt, arrivedAt), arrivedAt, toCome: null };
};

/** Who has not come and will stand before the newcomer: booked people, and whoever comes before his booked time. */
const peopleToCome = (snapshot: QueueSnapshot, who: Turn, start: number): Person[] => {
  const later = (serviceId: number, orderAt: number, toCome: ToCome): Person[] => {
    const person: Person = { serviceId, priority: 'none', orderAt, arrivedAt: orderAt, toCome };
    return byTurn(person, who) <= 0 ? [person] : [];
  };
  const { comeEarly, comeSpread, bookedNoShow, late, arrivals } = HABITS;
  const booked = snapshot.expected
    .filter(({ startsAt }) => startsAt > start - late * MINUTE && startsAt <= who.orderAt)
    .flatMap(({ serviceId, startsAt }) => {
      const at = (startsAt - start) / MINUTE;
      return later(serviceId, startsAt, {
        at: at - comeEarly,
        spread: comeSpread,
        comes: 1 - bookedNoShow,
        until: at + late,
      });
    });
  const ahead = Math.min((who.orderAt - start) / MINUTE, COMING_WITHIN);
  // As many as have come lately will come, each of them once or twice or not at all.
  const walkIns = snapshot.entries
    .filter((e) => e.orderAt === e.arrivedAt && e.arrivedAt > start - arrivals * MINUTE && e.arrivedAt <= start)
    .flatMap((e) => {
      const people: Person[] = [];
      const ago = (start - e.arrivedAt) / MINUTE;
      for (let at = arrivals - ago; at < ahead; at += arrivals) {
        const coming = later(e.serviceId, start + at * MINUTE, { at, spread: 1, comes: 0.5, until: Infinity });
        people.push(...coming, ...coming);
      }
      return people;
    });
  return [...booked, ...walkIns].toSorted((a, b) => a.orderAt - b.orderAt).slice(0, MOST_TO_COME);
};

const isStale = ({ freshAt }: QueueSnapshot, now: number): boolean =>
  !(freshAt !== null && now - freshAt <= STALE_AFTER_MS);

/**
 * `here`; back at a time that is known (`announced`), or that has just passed (`overdue`), or nobody knows when; or `gone`:
 * for today, or to serve only whom it has now.
 */
type Standing = 'here' | 'announced' | 'overdue' | 'unknown' | 'gone';

const standing = ({ state, until }: QueueWindow, now: number): Standing => {
  const passed = until === null ? Number.NaN : (now - until) / MINUTE;
  // An open window whose time is over ends with whom it serves; a time long past was forgotten there.
  if (state === 'open') return passed >= 0 && passed < CLOSING_WITHIN ? 'gone' : 'here';
  if (passed < -LONGEST) return 'gone';
  if (passed < 0) return 'announced';
  if (passed < OVERDUE_WITHIN) return 'overdue';
  return state === 'break' ? 'unknown' : 'gone';
};

const isServing = (kind: Standing): boolean => kind === 'here' || kind === 'announced' || kind === 'overdue';

const backOf = (w: QueueWindow, start: number, now: number): Counter['back'] => {
  const kind = standing(w, now);
  if (kind === 'here' || kind === 'gone') return null;
  return { at: ((kind === 'announced' ? (w.until ?? now) : now) - start) / MINUTE, kind };
};

/** Services that are served by the same windows wait in one queue: a class. Numbers are places in lists. */
interface Classes {
  of: ReadonlyMap<number, number>;
  windows: readonly (readonly number[])[];
}

const classesOf = (windows: readonly QueueWindow[]): Classes => {
  const windowsOf = new Map<number, number[]>();
  for (const [w, { serviceIds }] of windows.entries()) {
    for (const id of new Set(serviceIds)) {
      const list = windowsOf.get(id);
      if (list) list.push(w);
      else windowsOf.set(id, [w]);
    }
  }
  const byKey = new Map<string, number>();
  const of = new Map<number, number>();
  const lists: number[][] = [];
  for (const [id, list] of windowsOf) {
    const key = list.join();
    const c = byKey.get(key) ?? lists.length;
    if (c === lists.length) lists.push(list);
    byKey.set(key, c);
    of.set(id, c);
  }
  return { of, windows: lists };
};

/** Serving times by their place in a list that grows as services are met. */
const createServings = (known: ReadonlyMap<number, Serving>) => {
  const typical = [...known.values()].reduce((sum, t) => sum + t.mean / known.size, 0) || 1;
  const places = new Map<number, number>();
  const servings: Serving[] = [];
  const placeOf = (serviceId: number): number => {
    const place = places.get(serviceId) ?? servings.length;
    if (place === servings.length) servings.push(known.get(serviceId) ?? unknownServing(typical));
    places.set(serviceId, place);
    return place;
  };
  return { servings, placeOf };
};

const countersOf = (
  windows: readonly QueueWindow[],
  entries: readonly QueueEntry[],
  classes: Classes,
  placeOf: (serviceId: number) => number,
  start: number,
  now: number,
): Counter[] => {
  const atWindow = new Map<number, QueueEntry>();
  for (const e of entries) {
    if (e.state === 'waiting' || e.windowId === null) continue;
    const known = atWindow.get(e.windowId);
    // Two at one window: the news of the first one's end has not come.
    if (!known || (known.servingAt ?? start) < (e.servingAt ?? start)) atWindow.set(e.windowId, e);
  }
  const counters = windows.map((w): Counter => {
    const e = atWindow.get(w.id);
    const since = e?.state === 'serving' && e.servingAt !== null ? time(e.servingAt, start) : null;
    const elapsed = since === null ? null : Math.min(Math.max(0, (start - since) / MINUTE), LONGEST);
    const ends = w.state === 'open' && w.until !== null && w.until > now ? w.until : Infinity;
    return {
      current: e ? { service: placeOf(e.serviceId), elapsed } : null,
      back: backOf(w, start, now),
      closes: (ends - start) / MINUTE,
      mayBreak: w.state === 'open' && w.until === null,
      classes: [],
    };
  });
  for (const [c, list] of classes.windows.entries()) for (const w of list) counters[w]?.classes.push(c);
  return counters;
};

interface Prepared {
  hall: Hall;
  classOf: ReadonlyMap<number, number>;
  ahead: (serviceId: number) => number;
  /** Whether a window for the service stands idle. */
  idle: (serviceId: number) => boolean;
  /** Nobody's times are known, so that only an empty hall can be told. */
  blind: boolean;
}

const prepare = (snapshot: QueueSnapshot, who: Turn, visitId: string | null, start: number, now: number): Prepared => {
  const windows = snapshot.windows.filter((w) => standing(w, now) !== 'gone');
  const classes = classesOf(windows);
  const classOf = (p: { serviceId: number }): number => classes.of.get(p.serviceId) ?? -1;

  const others = snapshot.entries.filter((e) => e.visitId !== visitId);
  const before = others
    .filter((e) => e.state === 'waiting')
    .map(present)
    .filter((p) => byTurn(p, who) <= 0);
  const people = [...before, ...peopleToCome(snapshot, who, start)].filter((p) => classOf(p) >= 0).toSorted(byTurn);
  const waitingIn = classes.windows.map(() => 0);
  for (const p of before) if (classOf(p) >= 0) waitingIn[classOf(p)] = (waitingIn[classOf(p)] ?? 0) + 1;

  const times = servingTimes(snapshot.times);
  const { servings, placeOf } = createServings(times);
  const counters = countersOf(windows, others, classes, placeOf, start, now);
  const queues: number[][] = classes.windows.map(() => []);
  for (const [n, p] of people.entries()) queues[classOf(p)]?.push(n);
  const serviceOf = Int32Array.from(people, (p) => placeOf(p.serviceId));

  const looks = 10 + windows.length + counters.reduce((sum, c) => sum + c.classes.length, 0) / (windows.length + 1);
  const runs = Math.floor(STEPS / ((people.length + windows.length + 1) * looks));

  return {
    hall: {
      people: people.length,
      toCome: people.flatMap(({ toCome }, n) => (toCome ? [{ n, coming: toCome }] : [])),
      serviceOf,
      queues: queues.map((q) => Int32Array.from(q)),
      counters,
      servings,
      extra: HABITS.priority[who.priority],
      runs: Math.max(FEWEST_RUNS, Math.min(RUNS, runs)),
    },
    classOf: classes.of,
    ahead: (serviceId) => {
      const own = new Set(classes.windows[classOf({ serviceId })]);
      if (own.size === 0) return before.filter((p) => p.serviceId === serviceId).length;
      return waitingIn.reduce((sum, n, c) => (classes.windows[c]?.some((w) => own.has(w)) ? sum + n : sum), 0);
    },
    idle: (serviceId) =>
      counters.some((c) => !c.current && !c.back && c.closes > 0 && c.classes.includes(classOf({ serviceId }))),
    blind: times.size === 0,
  };
};

const AT_ONCE = 5;
const roundDown = (m: number): number => (m < 10 ? Math.floor(m) : Math.floor(m / 5) * 5);
const roundUp = (m: number): number => (m <= 10 ? Math.ceil(m) : Math.ceil(m / 5) * 5);

/** @param waits ascending. @returns the value at a share of them */
const valueAt = (waits: Float64Array, share: number): number => {
  const x = share * (waits.length - 1);
  const low = waits[Math.floor(x)] ?? Infinity;
  const high = waits[Math.ceil(x)] ?? Infinity;
  return low === high ? low : low + (high - low) * (x - Math.floor(x));
};

const rangeOf = (waits: Float64Array): { fromMinutes: number; toMinutes: number } | null => {
  const sorted = waits.toSorted();
  const to = valueAt(sorted, 1 - ABOVE);
  if (!Number.isFinite(to)) return null;
  const fromMinutes = roundDown(valueAt(sorted, BELOW));
  return { fromMinutes, toMinutes: Math.max(roundUp(to), fromMinutes, AT_ONCE) };
};

const unknown = (why: 'stale' | 'no-window' | 'no-data', ahead: number | null): Estimate => ({
  known: false,
  why,
  ahead,
});

const solve = (
  snapshot: QueueSnapshot,
  who: Turn,
  visitId: string | null,
  serviceIds: readonly number[],
  now: number,
): Map<number, Estimate> => {
  const { freshAt } = snapshot;
  const stale = isStale(snapshot, now);
  // The hall is played from when it was seen, and what has passed since is taken off.
  const start = stale || freshAt === null ? now : Math.min(now, freshAt);
  const { hall, classOf, ahead, idle, blind } = prepare(snapshot, who, visitId, start, now);
  if (stale) return new Map(serviceIds.map((id) => [id, unknown('stale', freshAt === null ? null : ahead(id))]));

  const servedSoon = new Set(snapshot.windows.filter((w) => isServing(standing(w, now))).flatMap((w) => w.serviceIds));
  const asked = new Set(serviceIds.filter((id) => servedSoon.has(id)).map((id) => classOf.get(id) ?? -1));
  const wanted = Uint8Array.from(hall.queues, (_, c) => (asked.has(c) ? 1 : 0));
  const waits = Array.from(wanted, (want) => (want === 1 ? new Float64Array(hall.runs) : null));
  const hit = new Float64Array(hall.queues.length);
  const sheets = sheetsFor(hall);
  const passed = (now - start) / MINUTE;
  for (let run = 0; run < hall.runs && asked.size > 0; run += 1) {
    play(hall, run, sheets, wanted, hit);
    for (const [c, list] of waits.entries()) if (list) list[run] = Math.max(0, (hit[c] ?? Infinity) - passed);
  }
  const ranges = waits.map((list) => (list ? rangeOf(list) : null));

  const estimateOf = (id: number): Estimate => {
    const before = ahead(id);
    const range = ranges[classOf.get(id) ?? -1] ?? null;
    if (!range) return unknown('no-window', before);
    if (blind && (before > 0 || !idle(id))) return unknown('no-data', before);
    return { known: true, ahead: before, ...range };
  };
  return new Map(serviceIds.map((id) => [id, estimateOf(id)]));
};

/**
 * How long somebody will wait for the first of his services, from now until he is called.
 *
 * `ahead` counts who waits in the hall (not who was called or is served, nor who has not come yet), goes before him by
 * `byTurn`, and wants a service that shares a window with his: one that is open, or away and not closed for the day.
 * Where no window serves his service, those who wait for the same one.
 *
 * The range is in whole minutes, below 10 to one and above to five, rounded outward, `0..5` for "at once"; the real wait
 * is within it about nine times in ten (`npm run bench:estimate`). One more who goes before him and stands last of them
 * makes neither end smaller, while nobody is still to come before him, and the hall is played equally often (up to some
 * sixty people; beyond, the plays grow fewer and the ends may move a little). Not known: `stale` when nothing was heard from the centre for five minutes; `no-window`
 * when no window serves him now or after a break whose end is known, or when those that do may well close before his
 * turn; `no-data` when no service's times are known and he would have to wait, or nothing was asked for.
 *
 * @param who `orderAt` is `now` for somebody without a booking; one who was called already waits no more
 * @param now epoch ms
 */
export const estimateWait = (snapshot: QueueSnapshot, who: Newcomer, now: number): Estimate => {
  const [serviceId] = who.serviceIds;
  if (serviceId === undefined || !Number.isFinite(now)) return unknown('no-data', null);
  const own = who.visitId === null ? undefined : snapshot.entries.find((e) => e.visitId === who.visitId);
  if (own && own.state !== 'waiting' && !isStale(snapshot, now)) {
    return { known: true, ahead: 0, fromMinutes: 0, toMinutes: AT_ONCE };
  }
  const turn = {
    priority: who.priority,
    orderAt: time(who.orderAt, now),
    arrivedAt: own ? time(own.arrivedAt, now) : now,
  };
  return solve(snapshot, turn, who.visitId, [serviceId], now).get(serviceId) ?? unknown('no-data', null);
};

/**
 * The same for each of many services, for somebody without booking and priority who comes now: what `estimateWait` says
 * of each, at the price of one.
 *
 * @param now epoch ms
 * @returns by service id
 */
export const estimateAll = (
  snapshot: QueueSnapshot,
  serviceIds: readonly number[],
  now: number,
): Map<number, Estimate> =>
  Number.isFinite(now)
    ? solve(snapshot, { priority: 'none', orderAt: now, arrivedAt: now }, null, serviceIds, now)
    : new Map(serviceIds.map((id) => [id, unknown('no-data', null)]));
