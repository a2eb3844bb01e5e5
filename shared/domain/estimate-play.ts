import type { Priority, ServiceTimes } from './queue.ts';

/**
 * The hall played forward, for `estimate.ts`: how long serving takes, what luck is, and one play from the snapshot until
 * a newcomer would be called.
 */

/** Plays of the hall at the most. */
export const RUNS = 128;

/** What is not in the snapshot, in minutes and shares: as offices usually are. */
export const HABITS = {
  /** From the call until serving begins; and from the end of serving until the next call. */
  walk: 0.6,
  pause: 0.3,
  /** Of those who wait, so many do not come when called, which takes so long. */
  noShow: 0.06,
  noShowTakes: 2,
  /** Of the services, by the newcomer's priority: while it lasts, somebody comes who goes before him for his priority. */
  priority: { none: 0.05, first: 0.01, 'out-of-turn': 0 },
  /** An open window goes on a break that was not announced: once in so long, for so long. */
  breakEvery: 300,
  breakShortest: 15,
  breakLongest: 45,
  /** A break that nobody knows the end of lasts so long from now, on average. */
  openBreak: 30,
  /** Booked people come so long before their time, give or take; some never do. Later than `late` they lose their place. */
  comeEarly: 8,
  comeSpread: 5,
  bookedNoShow: 0.15,
  late: 15,
  /** How far back arrivals are looked at to tell how many more will come. */
  arrivals: 15,
} as const;

/** How far the declared times may be off, all services alike and each by itself; standard deviation of the logarithm. */
const OFF_ALIKE = 0.15;
const OFF_EACH = 0.12;
/** The declared spread counts like so many measurements. */
const SPREAD_WEIGHT = 10;

// --- Random numbers that are always the same ------------------------------------------------------------------------

/** Abramowitz and Stegun 26.2.23. @param p above 0, below 1. @returns the normal quantile, to three digits */
const normalQuantile = (p: number): number => {
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  return (
    (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t) - t
  );
};

const NORMAL = Float64Array.from({ length: RUNS }, (_, i) => normalQuantile((i + 0.5) / RUNS));

const ROWS = 509;
/** Row after row the numbers 0 to RUNS - 1 in some order: in all plays together each person has a bit of every luck. */
const LUCK = ((): Uint8Array => {
  const rows = new Uint8Array(ROWS * RUNS);
  let state = 0x7a10_0001;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 4_294_967_296) * n);
  };
  for (let row = 0; row < ROWS; row += 1) {
    const order = rows.subarray(row * RUNS, (row + 1) * RUNS).map((_, i) => i);
    for (let i = RUNS - 1; i > 0; i -= 1) {
      const j = below(i + 1);
      const kept = order[i] ?? 0;
      order[i] = order[j] ?? 0;
      order[j] = kept;
    }
    rows.set(order, row * RUNS);
  }
  return rows;
})();

/** @returns 0 to RUNS - 1, for the thing number `n` in a play */
const luck = (n: number, run: number): number => LUCK[(n % ROWS) * RUNS + run] ?? 0;
/** @returns the same as a share, above 0 and below 1 */
const chance = (n: number, run: number): number => (luck(n, run) + 0.5) / RUNS;
/** Where the numbers of windows, services and so on begin, so that nobody shares another's luck by his place. */
const LUCK_OF = { event: 251, coming: 131, window: 211, windowExtra: 307, away: 353, service: 401 } as const;

// --- How long serving takes -----------------------------------------------------------------------------------------

export interface Serving {
  mean: number;
  /** Quantiles in minutes, ascending, RUNS of them. */
  table: Float64Array;
  /** Standard deviation of the logarithm of the mean: what is known of it alike for all services, and of this one. */
  offAlike: number;
  offEach: number;
}

const sane = (n: number, least: number, most: number): boolean => Number.isFinite(n) && n >= least && n <= most;

interface Blended {
  serviceId: number;
  declared: number;
  spread: number;
  /** Of the mean in the logarithm, against the declared one, with its variance. */
  seen: { log: number; variance: number } | null;
}

const readTimes = (t: ServiceTimes): Blended | null => {
  const m = t.measured;
  const measured = m && sane(m.n, 1, 1e6) && sane(m.meanMinutes, 0.05, 600) ? m : null;
  const declared = sane(t.meanMinutes, 0.05, 600) ? t.meanMinutes : measured?.meanMinutes;
  if (declared === undefined) return null;
  const ordinary = sane(t.spreadMinutes, 0, 600) ? t.spreadMinutes : declared * 0.4;
  const mean = measured?.meanMinutes ?? declared;
  // One alone has no spread.
  const known = measured && measured.n >= 2 && sane(measured.spreadMinutes, 0, 600) ? measured : null;
  const variance = known
    ? (SPREAD_WEIGHT * ordinary ** 2 + known.n * known.spreadMinutes ** 2) / (SPREAD_WEIGHT + known.n)
    : ordinary ** 2;
  const spread = Math.min(Math.max(Math.sqrt(variance) / mean, 0.1), 2);
  return {
    serviceId: t.serviceId,
    declared,
    spread,
    seen: measured && {
      log: Math.log(measured.meanMinutes / declared),
      variance: spread ** 2 / measured.n,
    },
  };
};

/** Right-skewed like serving is: log-normal. @param spread relative to the mean. @returns quantiles with that mean */
const quantiles = (mean: number, spread: number): Float64Array => {
  const width = Math.sqrt(Math.log(1 + spread ** 2));
  const raw = NORMAL.map((z) => Math.exp(z * width));
  const scale = (mean * RUNS) / raw.reduce((sum, q) => sum + q, 0);
  return raw.map((q) => q * scale);
};

/**
 * What is declared, corrected by what was measured: the more was measured the more, and what all services have in common
 * today corrects also those that were not measured.
 */
export const servingTimes = (times: readonly ServiceTimes[]): Map<number, Serving> => {
  const known = times.map(readTimes).filter((t) => t !== null);
  let weight = 1 / OFF_ALIKE ** 2;
  let sum = 0;
  for (const { seen } of known) {
    if (!seen) continue;
    const w = 1 / (OFF_EACH ** 2 + seen.variance);
    weight += w;
    sum += w * seen.log;
  }
  const alike = sum / weight;
  return new Map(
    known.map(({ serviceId, declared, spread, seen }) => {
      const trust = seen ? OFF_EACH ** 2 / (OFF_EACH ** 2 + seen.variance) : 0;
      const mean = declared * Math.exp(alike + (seen ? trust * (seen.log - alike) : 0));
      return [
        serviceId,
        {
          mean,
          table: quantiles(mean, spread),
          offAlike: (1 - trust) / Math.sqrt(weight),
          offEach: OFF_EACH * Math.sqrt(1 - trust),
        },
      ];
    }),
  );
};

/** Of a service whose times nobody has told. */
export const unknownServing = (mean: number): Serving => ({
  mean,
  table: quantiles(mean, 0.6),
  offAlike: OFF_ALIKE,
  offEach: 0.3,
});

// --- The hall -------------------------------------------------------------------------------------------------------

/** Somebody who is not there yet: his coming, as a logistic distribution in minutes from the start of the play. */
export interface ToCome {
  at: number;
  spread: number;
  /** That he comes at all, were the whole day before us. */
  comes: number;
  /** Later than this he stands behind. */
  until: number;
}

export interface Person {
  serviceId: number;
  priority: Priority;
  orderAt: number;
  arrivedAt: number;
  toCome: ToCome | null;
}

/** A window as the play starts; minutes from then. */
export interface Counter {
  /** Who is served at it, as an index of services, and for how long already; null: he was called. */
  current: { service: number; elapsed: number | null } | null;
  /** When it is back; null: it is there. */
  back: { at: number; kind: 'announced' | 'overdue' | 'unknown' } | null;
  closes: number;
  mayBreak: boolean;
  /** Classes of services that it serves. */
  classes: number[];
}

export interface Hall {
  /** How many go before the newcomer, numbered in their order. */
  people: number;
  /** Those of them who have not come yet. */
  toCome: readonly { n: number; coming: ToCome }[];
  serviceOf: Int32Array;
  /** For each class, who of the people is in it, in order. */
  queues: Int32Array[];
  counters: Counter[];
  servings: Serving[];
  /** That a service is followed by somebody with priority. */
  extra: number;
  runs: number;
}

/** What a play writes on, the same sheets for all plays of a hall. */
export interface Sheets {
  gone: Uint8Array;
  there: Float64Array;
  free: Float64Array;
  breaks: Float64Array;
  heads: Int32Array;
  factors: Float64Array;
}

export const sheetsFor = ({ people, counters, queues, servings }: Hall): Sheets => ({
  gone: new Uint8Array(people),
  there: new Float64Array(people),
  free: new Float64Array(counters.length),
  breaks: new Float64Array(counters.length),
  heads: new Int32Array(queues.length),
  factors: new Float64Array(servings.length),
});

/** Remaining minutes of a service that has lasted `elapsed`. @param u share of the chances that are left */
const remaining = (table: Float64Array, factor: number, elapsed: number, u: number): number => {
  let from = 0;
  for (let step = RUNS / 2; step >= 1; step /= 2) {
    if ((table[from + step - 1] ?? 0) * factor <= elapsed) from += step;
  }
  // Longer than ever: nobody knows, and the longer it was the longer it may be.
  if (from >= RUNS - 3) return -Math.log(1 - u) * Math.max(1, elapsed * 0.25);
  return (table[from + Math.floor((RUNS - from) * u)] ?? 0) * factor - elapsed;
};

/**
 * One play.
 *
 * @param wanted 1 for each class of services that somebody asks for
 * @param hit takes the answer: when each class is free for a newcomer, minutes from the start; Infinity for never
 */
export const play = (hall: Hall, run: number, sheets: Sheets, wanted: Uint8Array, hit: Float64Array): void => {
  const { people, serviceOf, queues, counters, servings, extra } = hall;
  const { gone, there, free, breaks, heads, factors } = sheets;
  const alike = NORMAL[Math.floor(((run + 0.5) / hall.runs) * RUNS)] ?? 0;
  for (const [s, { offAlike, offEach }] of servings.entries()) {
    factors[s] = Math.exp(offAlike * alike + offEach * (NORMAL[luck(LUCK_OF.service + s, run)] ?? 0));
  }
  const missed = HABITS.noShow * RUNS;
  const jumped = (1 - extra) * RUNS;
  // The pause, and perhaps somebody with a priority who has come meanwhile.
  const after = (service: number, event: number): number =>
    HABITS.pause + (event >= jumped ? HABITS.walk + (servings[service]?.mean ?? 0) * (factors[service] ?? 1) : 0);
  const whole = (service: number, n: number): number => {
    const event = luck(LUCK_OF.event + n, run);
    const serving = servings[service];
    if (!serving || event < missed) return HABITS.noShowTakes;
    return HABITS.walk + (serving.table[luck(n, run)] ?? 0) * (factors[service] ?? 1) + after(service, event);
  };

  gone.fill(0);
  for (const { n, coming } of hall.toCome) {
    const { at, spread, comes, until } = coming;
    const passed = 1 / (1 + Math.exp(at / spread));
    const left = comes * (1 - passed);
    const exists = chance(LUCK_OF.coming + 2 * n + 1, run) < left / (left + 1 - comes);
    const u = passed + (1 - passed) * chance(LUCK_OF.coming + n, run);
    const when = Math.max(0, at + spread * Math.log(u / (1 - u)));
    there[n] = when;
    if (!exists || !(when <= until)) gone[n] = 1;
  }

  for (const [w, { current, back, mayBreak }] of counters.entries()) {
    let from = 0;
    if (current) {
      const { service, elapsed } = current;
      const table = servings[service]?.table;
      from =
        elapsed === null || !table
          ? whole(service, LUCK_OF.window + w)
          : remaining(table, factors[service] ?? 1, elapsed, chance(LUCK_OF.window + w, run)) +
            after(service, luck(LUCK_OF.windowExtra + w, run));
    }
    const u = chance(LUCK_OF.away + 2 * w, run);
    if (back) {
      const late = { announced: -1 + u * 8, overdue: u * 10, unknown: -Math.log(1 - u) * HABITS.openBreak };
      from = Math.max(from, back.at + late[back.kind]);
    }
    free[w] = from;
    breaks[w] = mayBreak ? -Math.log(1 - u) * HABITS.breakEvery : Infinity;
  }

  heads.fill(0);
  let missing = 0;
  hit.fill(Infinity);
  for (const want of wanted) missing += want;
  while (missing > 0) {
    let w = -1;
    let t = Infinity;
    for (let i = 0; i < free.length; i += 1) {
      const f = free[i] ?? Infinity;
      if (f < t) {
        t = f;
        w = i;
      }
    }
    const counter = counters[w];
    if (!counter) return;
    if (t >= counter.closes) {
      free[w] = Infinity;
      continue;
    }
    if (t >= (breaks[w] ?? Infinity)) {
      breaks[w] = Infinity;
      const u = chance(LUCK_OF.away + 2 * w + 1, run);
      free[w] = t + HABITS.breakShortest + u * (HABITS.breakLongest - HABITS.breakShortest);
      continue;
    }
    let first = people;
    let next = Infinity;
    for (const c of counter.classes) {
      const queue = queues[c];
      if (!queue) continue;
      let head = heads[c] ?? 0;
      while (head < queue.length && gone[queue[head] ?? 0] === 1) head += 1;
      heads[c] = head;
      for (let j = head; j < queue.length; j += 1) {
        const i = queue[j] ?? 0;
        if (i >= first) break;
        if (gone[i] === 1) continue;
        const at = there[i] ?? 0;
        if (at <= t) {
          first = i;
          break;
        }
        if (at < next) next = at;
      }
    }
    if (first < people) {
      gone[first] = 1;
      free[w] = t + whole(serviceOf[first] ?? 0, first);
      continue;
    }
    for (const c of counter.classes) {
      if (hit[c] !== Infinity) continue;
      hit[c] = t;
      missing -= wanted[c] ?? 0;
    }
    free[w] = next;
  }
};
