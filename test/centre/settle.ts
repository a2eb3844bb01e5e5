import type { BookingStatus } from '../../shared/domain/model.ts';
import type { ConflictRecord } from '../../shared/contracts/centre/schemas.ts';

/**
 * What follows from all that was said about a booking (pure). Devices are offline for hours and tell what happened in any
 * order; so nothing here goes by what came in first: check-ins, undos and cancellations stand in the order of their
 * corrected times, and the same set of them has the same outcome.
 */

/** A check-in as it was told. Times are epoch ms. */
export interface Checkin {
  visit: string;
  /** The office, and the business day in whose queue it is. */
  place: string;
  /** Ties are broken by these, in this order. */
  at: number;
  device: string;
  seq: number;
  arrivedAt: number;
  /** As the device knew it. */
  late: boolean;
  startsAt: number | null;
  /** It was taken back at this time. */
  undoneAt: number | null;
  /** A desk said that it is another person: a visit of its own, without the booking. */
  split: boolean;
  /** Staff let him in against the rules: what is wrong with it is to be known, and nobody has to decide it any more. */
  override: boolean;
}

export interface BookingFacts {
  /** Where and when he is expected, like the place of a check-in; and the office alone. */
  place: string;
  officeId: number;
  startsAt: number;
  /** Until when one is in time, and until when one is let in at all. */
  inTime: number;
  until: number;
  said: BookingStatus;
  noShow: boolean;
  cancels: readonly number[];
}

export interface Collision {
  type: ConflictRecord['type'];
  /** A visit. */
  other: string | null;
  since: number | null;
  open: boolean;
}

export interface Placed {
  /** `also`: a further ticket of `main`; `return`: the same, scanned again much later. */
  role: 'visit' | 'also' | 'return' | 'undone';
  main: string | null;
  orderAt: number;
  late: boolean;
  collision: Collision | null;
}

/** How far the queue has come with the visit of a place: `served`: at least one call has been answered, or he left. */
export interface Progress {
  begun: boolean;
  over: boolean;
  doneAt: number | null;
}

export interface Settled {
  visits: ReadonlyMap<string, Placed>;
  status: BookingStatus;
  /** The visit that the booking is checked in by. */
  by: string | null;
}

/** Who was first: by corrected time, then by device. */
export const byRank = (
  a: Pick<Checkin, 'at' | 'device' | 'seq' | 'visit'>,
  b: Pick<Checkin, 'at' | 'device' | 'seq' | 'visit'>,
): number => {
  if (a.at !== b.at) return a.at - b.at;
  if (a.device !== b.device) return a.device < b.device ? -1 : 1;
  if (a.seq !== b.seq) return a.seq - b.seq;
  return a.visit < b.visit ? -1 : Number(a.visit > b.visit);
};

/** Confirmations carry whole seconds. */
const sameSecond = (a: number, b: number): boolean => Math.floor(a / 1000) === Math.floor(b / 1000);

/** Those of one place that were not taken back. Who was called has come: an undo is no matter then, whenever it is told. */
const standing = (group: readonly Checkin[], progress: Progress): Checkin[] =>
  group.filter(
    ({ undoneAt }) =>
      undoneAt === null ||
      // Unless he took a new ticket after it: then it is that one which was called.
      (progress.begun && !group.some((later) => later.at > undoneAt)),
  );

/** Cancellations that hold: not those of somebody who was there at the time. */
const holding = (cancels: readonly number[], group: readonly Checkin[], there: readonly Checkin[]): number[] =>
  cancels.filter(
    (at) =>
      !group.some((stay) => stay.at <= at && (there.includes(stay) || stay.undoneAt === null || at < stay.undoneAt)),
  );

const alone = (c: Checkin, undone: boolean): Placed => ({
  role: undone ? 'undone' : 'visit',
  main: null,
  orderAt: c.arrivedAt,
  late: c.late,
  collision: null,
});

/** Where the first of a place stands, and what it collides with. */
const placeMain = (
  main: Checkin,
  group: readonly Checkin[],
  there: readonly Checkin[],
  booking: BookingFacts | null,
): { placed: Placed; holds: boolean } => {
  const bare = alone(main, false);
  if (!booking) {
    // Not known here yet: his own confirmation says the time.
    return {
      placed: { ...bare, orderAt: main.late ? main.arrivedAt : (main.startsAt ?? main.arrivedAt) },
      holds: false,
    };
  }
  const apart = (type: Collision['type'], since: number | null = null) => ({
    placed: { ...bare, collision: { type, other: null, since, open: !main.override } },
    holds: false,
  });
  if (booking.place !== main.place) {
    const [office] = main.place.split(' ');
    return apart(office === String(booking.officeId) ? 'other-day' : 'other-office');
  }
  const held = holding(booking.cancels, group, there).filter((at) => at < main.at);
  if (held.length > 0) return apart('from-cancelled', Math.min(...held) || null);
  if (booking.said === 'arrived') return apart('double-checkin');
  if (booking.said === 'served') return apart('already-served');
  const missed = booking.noShow && main.at > booking.until && !main.override;
  if (missed) return { placed: { ...bare, late: true }, holds: false };
  const reverted = booking.cancels.filter((at) => at >= main.at);
  const collision = ((): Collision | null => {
    if (reverted.length > 0) {
      return { type: 'cancel-reverted', other: null, since: Math.min(...reverted), open: false };
    }
    return booking.noShow ? { type: 'no-show-withdrawn', other: null, since: null, open: false } : null;
  })();
  // The device did not know that it was moved: whether he is late is another question then.
  const late =
    main.startsAt === null || sameSecond(main.startsAt, booking.startsAt) ? main.late : main.at > booking.inTime;
  const placed = { ...bare, late, orderAt: late ? main.arrivedAt : booking.startsAt, collision };
  return { placed, holds: true };
};

/**
 * Works out what became of a booking.
 * @param checkins all of it, in any order
 * @param booking null while it is not known here
 * @param progressAt how far the queue has come with whom of a place; of those that were split, by visit
 * @param returnMs a scan that is later than this after the first is somebody who came back
 */
export const settle = (
  checkins: readonly Checkin[],
  booking: BookingFacts | null,
  progressAt: (placeOrVisit: string) => Progress,
  returnMs: number,
): Settled => {
  const visits = new Map<string, Placed>();
  const groups = new Map<string, Checkin[]>();
  for (const one of checkins.toSorted(byRank)) {
    if (one.split) visits.set(one.visit, alone(one, one.undoneAt !== null && !progressAt(one.visit).begun));
    else groups.set(one.place, [...(groups.get(one.place) ?? []), one]);
  }
  let by: string | null = null;
  for (const [place, group] of groups) {
    const progress = progressAt(place);
    const there = standing(group, progress);
    for (const gone of group) if (!there.includes(gone)) visits.set(gone.visit, alone(gone, true));
    const [main, ...further] = there;
    if (!main) continue;
    const { placed, holds } = placeMain(main, group, there, booking);
    visits.set(main.visit, placed);
    if (holds) by = main.visit;
    for (const one of further) {
      const back = one.at - main.at > returnMs;
      const type = progress.doneAt !== null && progress.doneAt <= one.at ? 'already-served' : 'double-checkin';
      visits.set(one.visit, {
        ...alone(one, false),
        role: back ? 'return' : 'also',
        main: main.visit,
        collision: back ? null : { type, other: main.visit, since: null, open: true },
      });
    }
  }
  const status = ((): BookingStatus => {
    if (!booking) return 'booked';
    const group = groups.get(booking.place) ?? [];
    const progress = progressAt(booking.place);
    if (by !== null) return progress.over ? 'served' : 'arrived';
    if (holding(booking.cancels, group, standing(group, progress)).length > 0) return 'cancelled';
    return booking.noShow ? 'no-show' : booking.said;
  })();
  return { visits, status, by };
};
