import type { Clock } from '../ports.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import { int, orNull, sql, type ReadDb, type WriteDb } from '../store/sql.ts';

/**
 * Wrong tries at the door. A try is counted before it is looked at, so that pulling the plug gains nothing. After five of
 * one person, or twenty at this desk, the next one has to wait, twice as long each time up to a quarter of an hour.
 * The wait goes by the monotonic clock; after a restart by the wall clock, but no longer and, where that is not to be
 * relied on, no shorter than it was set to.
 */

const FREE = { person: 5, desk: 20 } as const;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** A clock that is surer than this tells how much of a wait is left after a restart. */
const SURE_MS = 5 * 60_000;
/** All tries at this desk, whoever was named. No id of a member of staff is written so. */
const DESK = '*';

/** @returns how long to wait after so many wrong tries in a row, ms */
export const waitAfter = (wrong: number, free: number): number =>
  wrong < free ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(10, wrong - free));

interface Held {
  wrong: number;
  at: number;
  waitMs: number;
  totpStep: number;
  usedRev: number | null;
}
const NONE: Held = { wrong: 0, at: 0, waitMs: 0, totpStep: 0, usedRev: null };

const read = (db: ReadDb, who: string): Held => {
  const row = db.get(sql`SELECT * FROM staff_door WHERE staff_id = ${who}`);
  return row
    ? {
        wrong: int(row, 'wrong'),
        at: int(row, 'at'),
        waitMs: int(row, 'wait_ms'),
        totpStep: int(row, 'totp_step'),
        usedRev: orNull(row, 'used_rev', int),
      }
    : NONE;
};
const write = (db: WriteDb, who: string, h: Held): void => {
  db.run(sql`INSERT INTO staff_door (staff_id, wrong, at, wait_ms, totp_step, used_rev)
    VALUES (${who}, ${h.wrong}, ${h.at}, ${h.waitMs}, ${h.totpStep}, ${h.usedRev})
    ON CONFLICT (staff_id) DO UPDATE SET wrong = excluded.wrong, at = excluded.at, wait_ms = excluded.wait_ms,
      totp_step = excluded.totp_step, used_rev = excluded.used_rev`);
};

export const createDoor = (clock: Clock, moment: () => Moment) => {
  /** Until when, by the monotonic clock; of those that were looked at since the start. */
  const until = new Map<string, number>();

  const left = (db: ReadDb, who: string): number => {
    let end = until.get(who);
    if (end === undefined) {
      const { at, waitMs } = read(db, who);
      const now = moment();
      const sure = now.notAfter - now.notBefore <= SURE_MS;
      const rest = sure ? Math.min(waitMs, Math.max(0, at + waitMs - now.at)) : waitMs;
      end = clock.monotonic() + rest;
      until.set(who, end);
    }
    return Math.max(0, end - clock.monotonic());
  };
  const count = (db: WriteDb, who: string, free: number): void => {
    const held = read(db, who);
    const wrong = held.wrong + 1;
    const waitMs = waitAfter(wrong, free);
    write(db, who, { ...held, wrong, at: moment().at, waitMs });
    until.set(who, clock.monotonic() + waitMs);
  };
  const clear = (db: WriteDb, who: string, more: Partial<Held>): void => {
    write(db, who, { ...read(db, who), wrong: 0, waitMs: 0, ...more });
    until.delete(who);
  };

  return {
    /** @returns how long nobody may try as this person, ms; 0 when he may */
    wait: (db: ReadDb, who: string): number => Math.max(left(db, who), left(db, DESK)),
    /** A try begins: it counts as wrong until it was right. @returns tries that are left before a wait */
    begin: (db: WriteDb, who: string): number => {
      count(db, who, FREE.person);
      count(db, DESK, FREE.desk);
      return Math.max(0, FREE.person - read(db, who).wrong);
    },
    /** It was right. @param used a code that may not be used again, or the envelope that was opened */
    right: (db: WriteDb, who: string, used: { totpStep?: number; usedRev?: number } = {}): void => {
      clear(db, who, used);
      clear(db, DESK, {});
    },
    /** The PIN was right, and a code is to follow: a person who is asked for it has tried nothing wrong yet. */
    asked: (db: WriteDb, who: string): void => {
      for (const one of [who, DESK]) {
        const held = read(db, one);
        write(db, one, { ...held, wrong: Math.max(0, held.wrong - 1), waitMs: 0 });
        until.delete(one);
      }
    },
    totpStep: (db: ReadDb, who: string): number => read(db, who).totpStep,
    usedRev: (db: ReadDb, who: string): number | null => read(db, who).usedRev,
  };
};
