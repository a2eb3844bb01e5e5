import type { CollectionName } from '../../../shared/contracts/centre/schemas.ts';
import { theseOf, bookingsOfNumber, visitsOfTicket } from './rows.ts';
import { createFollow, type FollowPorts } from './follow.ts';
import { KINDS, type Kind, type People } from './people.ts';
import { createBest } from './best.ts';
import { readTyped, wantedOf, type Typed } from './typed.ts';
import type { ReadDb } from '../store/sql.ts';

/**
 * The search of the desk: one field for a name, a phone, a booking number or a ticket. Names and phones are sealed at
 * rest, so what finds them is in memory, for as long as somebody may look for them: `forget` lets go of all of it. It is
 * never written, and neither it nor what was typed is ever logged.
 */

export type SearchPorts = FollowPorts;

export interface SearchHit {
  /** At least one of the two is there. */
  bookingId: string | null;
  visitId: string | null;
  /** Greater is better; says nothing outside of one answer. */
  score: number;
  matched: 'name' | 'phone' | 'number' | 'ticket';
}

export interface SearchOptions {
  /** The business day that is today, and its first moment and the next one's, epoch ms. */
  day: { date: string; from: number; until: number };
  /** The most hits, 200 at most. */
  limit: number;
}

const MOST_HITS = 200;
/** The worst fit of people is below it: see `together` in people.ts. */
const FITS = 512;
const MOST_MS = 2 ** 41 - 1;

/** @returns the order of hits, the smallest first: how well they fit, today before later before earlier, then by time */
const orderOf = (fit: number, at: number | null, { from, until }: SearchOptions['day']): number => {
  const [group, distance] =
    at === null || Number.isNaN(at)
      ? [3, 0]
      : at < from
        ? [2, from - at]
        : at < until
          ? [0, at - from]
          : [1, at - until];
  return (fit * 4 + group) * (MOST_MS + 1) + Math.min(distance, MOST_MS);
};

/** A hit with its place. */
interface Placed {
  hit: SearchHit;
  order: number;
}

const byOrder = (a: Placed, b: Placed): number => a.order - b.order || (idOf(a.hit) < idOf(b.hit) ? -1 : 1);
/** Somebody who is booked is the booking, whether he was found by it or by his visit. */
const idOf = ({ bookingId, visitId }: SearchHit): string => bookingId ?? visitId ?? '';

const byIdentifiers = (db: ReadDb, typed: Typed, people: People | null, { day }: SearchOptions): Placed[] => [
  ...typed.numbers.flatMap((number) =>
    bookingsOfNumber(db, number).map(({ id, at }): Placed => ({
      hit: { bookingId: id, visitId: null, score: FITS, matched: 'number' },
      order: orderOf(0, at, day),
    })),
  ),
  ...(typed.ticket === null ? [] : visitsOfTicket(db, day.date, typed.ticket)).map(
    ({ visitId, bookingId, at }): Placed => ({
      hit: {
        bookingId: bookingId ?? people?.bookingOfVisit(visitId) ?? null,
        visitId,
        score: FITS,
        matched: 'ticket',
      },
      order: orderOf(0, at, day),
    }),
  ),
];

export const createSearch = (ports: SearchPorts) => {
  const { store } = ports;
  const follow = createFollow(ports);

  /** Rows may be gone, or moved, since they were taken in: what is told is what the table says now. */
  const confirmed = (db: ReadDb, people: People, best: readonly { slot: number; fit: number }[]) => {
    const now = new Map<string, number | null>();
    for (const kind of KINDS) {
      const ids = best.flatMap(({ slot }) => (people.kindAt(slot) === kind ? [people.idAt(slot)] : []));
      for (const row of theseOf(db, kind, ids)) now.set(`${kind} ${row.id}`, row.at);
    }
    return best.flatMap(({ slot, fit }) => {
      const [kind, id]: [Kind, string] = [people.kindAt(slot), people.idAt(slot)];
      const at = now.get(`${kind} ${id}`);
      return at === undefined ? [] : [{ kind, id, at, fit, bookingId: people.bookingAt(slot) }];
    });
  };

  const inPeople = (db: ReadDb, typed: Typed, people: People, slips: boolean, options: SearchOptions): Placed[] => {
    if (typed.pieces.length === 0) return [];
    // A visit and its booking are one hit, and some may be gone.
    const best = createBest(options.limit * 2 + 20, (slot) => people.idAt(slot));
    people.find(wantedOf(typed, people.words, slips), (slot, fit) => {
      best.add(slot, orderOf(fit, people.at(slot), options.day), fit);
    });
    const matched = typed.pieces.some(({ kind }) => kind === 'words') ? 'name' : 'phone';
    return confirmed(db, people, best.all()).map(({ kind, id, at, fit, bookingId }) => ({
      hit: {
        bookingId: kind === 'person' ? id : bookingId,
        visitId: kind === 'person' ? null : id,
        score: FITS - 1 - fit,
        matched,
      },
      order: orderOf(fit, at, options.day),
    }));
  };

  return {
    /** Takes in all rows, in slices; resolves when it is done, or given up by `signal` or `forget`. Rejects with the store's failure. */
    build: follow.build,
    /** Whether everything is there that was there when it was asked for. Before that those are found who are there. */
    ready: follow.ready,
    /** To be told after rows were put, deleted or wiped: see `changed` in follow.ts. Costs next to nothing. */
    changed: (collection?: CollectionName, id?: string | number): void => follow.changed(collection, id),
    /** Whether rows are being taken in now. */
    pending: follow.pending,
    /** Nothing of anybody is in memory any more, and nothing is found by name or phone until the next `build`. */
    forget: follow.forget,
    /**
     * @param text as typed, any text at all; its first 200 characters count
     * @returns the best first: those that fit better, then those of today, then by time
     */
    find: (text: string, { day, limit }: SearchOptions): SearchHit[] => {
      const options = { day, limit: Math.max(0, Math.min(MOST_HITS, Math.floor(limit))) };
      const typed = readTyped(text);
      return store.read((db) => {
        const people = follow.people();
        const placed = byIdentifiers(db, typed, people, options);
        if (people) placed.push(...inPeople(db, typed, people, false, options));
        // One wrong letter is forgiven when nothing else is found.
        if (people && placed.length === 0) placed.push(...inPeople(db, typed, people, true, options));
        const hits = new Map<string, SearchHit>();
        for (const { hit } of placed.toSorted(byOrder)) {
          const known = hits.get(idOf(hit));
          if (!known) hits.set(idOf(hit), hit);
          else known.visitId ??= hit.visitId;
        }
        return [...hits.values()].slice(0, options.limit);
      });
    },
  };
};
export type Search = ReturnType<typeof createSearch>;
