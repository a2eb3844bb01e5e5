import { phonesOf, wordsOf } from './text.ts';
import { createWords, NO_FIT } from './words.ts';

/**
 * Who can be found, in memory: numbers of words in one long array, the rest in columns. A hundred thousand people take
 * some twenty megabytes, and are gone through in a few milliseconds.
 */

export const KINDS = ['person', 'visit_detail'] as const;
/** Which rows: a person's (by the booking's id) or a visit's details (by the visit's id). */
export type Kind = (typeof KINDS)[number];

/** What can be found of a row. */
export interface Entry {
  kind: Kind;
  id: string;
  /** Tells one writing of the row from another. */
  mark: number;
  /** When he is or was expected, epoch ms; null when that is not known. */
  at: number | null;
  name: string;
  phone: string | null;
  /** Of a visit, the booking that it came from. */
  bookingId: string | null;
}

/** For each word or phone that was typed, what a person has of it: fits by the number of the word, or the phone's end. */
export type Wanted =
  | { kind: 'words'; /** One of them has to fit, and of it everything. */ ways: readonly (readonly Uint8Array[])[] }
  | { kind: 'phone'; digits: string };

const FREE = 0;
const MAX_WORDS = 255;
/** Typed digits from here on are looked for at the beginning of phones too. */
const PHONE_BEGINNING_FROM = 5;

const PHONE_FIT = { whole: 0, end: 1, beginning: 2 } as const;

const doubled = <T extends Int32Array | Uint8Array | Float64Array>(values: T, more: T): T => {
  more.set(values);
  return more;
};

/** Of how many words a fit is, and how good: worst first, then all of them. Up to 8 words. */
const together = (worst: number, sum: number): number => worst * 64 + Math.min(sum, 63);

export const createPeople = () => {
  const words = createWords();
  const slots: ReadonlyMap<Kind, Map<string, number>> = new Map(KINDS.map((kind) => [kind, new Map()]));
  const ids: string[] = [];
  /** Bookings of visits, and phones after the first: few have any. */
  const bookings = new Map<number, string>();
  const morePhones = new Map<number, string[]>();
  const free: number[] = [];
  let kinds = new Uint8Array(1024);
  let marks = new Int32Array(1024);
  let times = new Float64Array(1024);
  /** As a number, which leaves out zeros at its beginning, and how many digits there are: 0 for no phone. */
  let phones = new Float64Array(1024);
  let phoneDigits = new Uint8Array(1024);
  let starts = new Int32Array(1024);
  let counts = new Uint8Array(1024);
  /** In which round of comparing with the table it was there. */
  let rounds = new Int32Array(1024);
  let pool = new Int32Array(4096);
  let poolEnd = 0;
  let poolUsed = 0;

  const grow = (): void => {
    const n = kinds.length * 2;
    kinds = doubled(kinds, new Uint8Array(n));
    marks = doubled(marks, new Int32Array(n));
    times = doubled(times, new Float64Array(n));
    phones = doubled(phones, new Float64Array(n));
    phoneDigits = doubled(phoneDigits, new Uint8Array(n));
    starts = doubled(starts, new Int32Array(n));
    counts = doubled(counts, new Uint8Array(n));
    rounds = doubled(rounds, new Int32Array(n));
  };

  /** Room for the numbers of words: what was given back is closed up when it is half of all. */
  const room = (n: number): number => {
    if (poolEnd + n > pool.length) {
      const next = new Int32Array(poolUsed + n > pool.length / 2 ? pool.length * 2 : pool.length);
      let end = 0;
      for (let slot = 0; slot < ids.length; slot += 1) {
        const from = starts[slot] ?? 0;
        const count = counts[slot] ?? 0;
        next.set(pool.subarray(from, from + count), end);
        starts[slot] = end;
        end += count;
      }
      pool = next;
      poolEnd = end;
    }
    const from = poolEnd;
    poolEnd += n;
    return from;
  };

  const dropWords = (slot: number): void => {
    const from = starts[slot] ?? 0;
    const count = counts[slot] ?? 0;
    for (let i = from; i < from + count; i += 1) words.remove(pool[i] ?? 0);
    pool.fill(0, from, from + count);
    poolUsed -= count;
    counts[slot] = 0;
  };

  const setPhones = (slot: number, field: string | null): void => {
    const [first, ...more] = field === null ? [] : phonesOf(field);
    phones[slot] = Number(first ?? 0);
    phoneDigits[slot] = first?.length ?? 0;
    if (more.length > 0) morePhones.set(slot, more);
    else morePhones.delete(slot);
  };

  const slotOf = (kind: Kind, id: string): number | undefined => slots.get(kind)?.get(id);

  const remove = (kind: Kind, id: string): void => {
    const slot = slotOf(kind, id);
    if (slot === undefined) return;
    dropWords(slot);
    slots.get(kind)?.delete(id);
    ids[slot] = '';
    kinds[slot] = FREE;
    marks[slot] = 0;
    times[slot] = 0;
    setPhones(slot, null);
    bookings.delete(slot);
    free.push(slot);
  };

  /** Fits of one phone, by what was typed of it. */
  const phoneFit = (digits: string): ((slot: number) => number) => {
    const n = digits.length;
    const value = Number(digits);
    const size = 10 ** n;
    const lastFour = Number(digits.slice(-4));
    // Who begins with the 8 or 7 of Russia has not come to the end of it.
    const beginnings = n < PHONE_BEGINNING_FROM ? [] : /^[78]/.test(digits) ? [digits, digits.slice(1)] : [digits];
    const more = (phone: string): number => {
      if (phone === digits) return PHONE_FIT.whole;
      if (phone.endsWith(digits)) return PHONE_FIT.end;
      return beginnings.some((typed) => phone.startsWith(typed)) ? PHONE_FIT.beginning : NO_FIT;
    };
    return (slot) => {
      const has = phoneDigits[slot] ?? 0;
      let fit: number = NO_FIT;
      if (has >= n) {
        const phone = phones[slot] ?? 0;
        if (phone % 10_000 === lastFour && phone % size === value) fit = has === n ? PHONE_FIT.whole : PHONE_FIT.end;
        else {
          for (const typed of beginnings)
            if (Math.floor(phone / 10 ** (has - typed.length)) === Number(typed)) fit = PHONE_FIT.beginning;
        }
      }
      if (morePhones.size > 0) for (const phone of morePhones.get(slot) ?? []) fit = Math.min(fit, more(phone));
      return fit;
    };
  };

  const wordsFit =
    (ways: readonly (readonly Uint8Array[])[]): ((slot: number) => number) =>
    (slot) => {
      const from = starts[slot] ?? 0;
      const until = from + (counts[slot] ?? 0);
      let best: number = NO_FIT;
      for (const way of ways) {
        let worst = 0;
        for (const fits of way) {
          let fit: number = NO_FIT;
          for (let i = from; i < until; i += 1) {
            const of = fits[pool[i] ?? 0] ?? NO_FIT;
            if (of < fit) fit = of;
          }
          if (fit > worst) worst = fit;
          if (fit === NO_FIT) break;
        }
        if (worst < best) best = worst;
      }
      return best;
    };

  return {
    words,
    /** Takes a row in, in place of what was known of it. */
    put: (entry: Entry): void => {
      let slot = slotOf(entry.kind, entry.id);
      if (slot === undefined) {
        slot = free.pop() ?? ids.length;
        if (slot >= kinds.length) grow();
        slots.get(entry.kind)?.set(entry.id, slot);
        ids[slot] = entry.id;
        kinds[slot] = 1 + KINDS.indexOf(entry.kind);
        counts[slot] = 0;
      }
      // The new ones first: words that stay are not forgotten and taken in again.
      const numbers = [...new Set(wordsOf(entry.name, true))]
        .filter((word) => /\p{L}/u.test(word))
        .slice(0, MAX_WORDS)
        .map((word) => words.add(word));
      dropWords(slot);
      const start = room(numbers.length);
      pool.set(numbers, start);
      poolUsed += numbers.length;
      starts[slot] = start;
      counts[slot] = numbers.length;
      marks[slot] = entry.mark;
      times[slot] = entry.at ?? Number.NaN;
      setPhones(slot, entry.phone);
      if (entry.bookingId === null) bookings.delete(slot);
      else bookings.set(slot, entry.bookingId);
    },
    remove,
    /**
     * The row is there, in this round, and is expected then.
     * @returns whether it is the writing that is known; false also when nothing is
     */
    isSame: (kind: Kind, id: string, mark: number, at: number | null, round: number): boolean => {
      const slot = slotOf(kind, id);
      if (slot === undefined) return false;
      times[slot] = at ?? Number.NaN;
      rounds[slot] = round;
      return marks[slot] === mark;
    },
    seen: (kind: Kind, id: string, round: number): void => {
      const slot = slotOf(kind, id);
      if (slot !== undefined) rounds[slot] = round;
    },
    /**
     * Removes rows that were not there in this round.
     * @returns where to go on; null when all were looked at
     */
    removeOthers: (kind: Kind, round: number, from: number, most: number): number | null => {
      const until = Math.min(ids.length, from + most);
      for (let slot = from; slot < until; slot += 1) {
        if (kinds[slot] === 1 + KINDS.indexOf(kind) && rounds[slot] !== round) remove(kind, ids[slot] ?? '');
      }
      return until < ids.length ? until : null;
    },
    /** Calls `found` for whoever fits all that is wanted. @param wanted at least one, 8 at most */
    find: (wanted: readonly Wanted[], found: (slot: number, fit: number) => void): void => {
      const tests = wanted.map((one) => (one.kind === 'phone' ? phoneFit(one.digits) : wordsFit(one.ways)));
      for (let slot = 0; slot < ids.length; slot += 1) {
        if (kinds[slot] === FREE) continue;
        let worst = 0;
        let sum = 0;
        for (const test of tests) {
          const fit = test(slot);
          sum += fit;
          if (fit > worst) worst = fit;
          if (fit === NO_FIT) break;
        }
        if (worst !== NO_FIT) found(slot, together(worst, sum));
      }
    },
    at: (slot: number): number => times[slot] ?? Number.NaN,
    idAt: (slot: number): string => ids[slot] ?? '',
    kindAt: (slot: number): Kind => (kinds[slot] === 1 ? 'person' : 'visit_detail'),
    bookingAt: (slot: number): string | null => bookings.get(slot) ?? null,
    bookingOfVisit: (visitId: string): string | null => {
      const slot = slotOf('visit_detail', visitId);
      return slot === undefined ? null : (bookings.get(slot) ?? null);
    },
  };
};
export type People = ReturnType<typeof createPeople>;
