import { staffRecord, type StaffRecord } from '../../../shared/contracts/centre/schemas.ts';
import type { SignInOutcome, StaffPerson, StaffState } from '../../../shared/contracts/desk.ts';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import { NEEDS_TOTP, rightsOf, type Right } from '../../../shared/domain/rights.ts';
import { audit } from '../audit/audit.ts';
import { here } from '../checkin/here.ts';
import type { Clock, Ids, Log } from '../ports.ts';
import type { Sealer } from '../store/seal.ts';
import { int, json, sql, text, type ReadDb, type WriteDb } from '../store/sql.ts';
import type { Store } from '../store/store.ts';
import { enqueue } from '../sync/outbox.ts';
import type { NewOperation } from '../sync/outbox.ts';
import { createDoor } from './door.ts';
import { createPinCheck } from './pin.ts';
import { totpStep } from './totp.ts';

/**
 * Who is at the desk. What shows that it is he came from the centre and is sealed here, so the door opens without the
 * centre too. Who is signed in is in memory only: after a restart nobody is.
 */

export interface StaffPorts {
  store: Store;
  sealer: Sealer;
  clock: Clock;
  moment: () => Moment;
  stamp: () => NonNullable<NewOperation['clock']>;
  ids: Ids;
  log: Log;
  /** A desk that nobody touches is locked after so many minutes. */
  lockMinutes: () => number;
  /** Who is at the desk, or what he may do, has changed. */
  onChange: (state: StaffState) => void;
  /** Nobody is at the desk any more: what was taken in clear into memory is to go. */
  onLeft: () => void;
  committed: () => void;
}

interface Known {
  id: string;
  rev: number;
  record: StaffRecord;
}

/** A code is only as good as the clock: one step before and after are allowed, 30 s each. */
const CODE_SURE_MS = 45_000;
/** Who was away for so long signs in anew, with everything that his role asks for. */
const LONGEST_LOCK_MS = 4 * 3_600_000;

export const createStaff = (ports: StaffPorts) => {
  const { store, sealer, clock, moment, stamp, ids, log, onChange, onLeft, committed } = ports;
  const door = createDoor(clock, moment);
  const pinFits = createPinCheck();
  let at: { id: string; locked: boolean; touched: number; lockedAt: number } | null = null;
  let stopWatch: () => void = () => undefined;

  const open = (row: Parameters<typeof text>[0]): Known | null => {
    const id = text(row, 'staff_id');
    const bytes = row['sealed'];
    try {
      if (!(bytes instanceof Uint8Array)) return null;
      return { id, rev: int(row, 'rev'), record: staffRecord.parse(sealer.open(`staff ${id}`, bytes)) };
    } catch {
      // Sealed with another key, or damaged: nobody gets in by it.
      log.warn('staff.unreadable', { person: id });
      return null;
    }
  };
  const valid = ({ record }: Known): boolean =>
    record.active && (record.valid_until === null || moment().at < record.valid_until);
  const read = (db: ReadDb, id: string): Known | null => {
    const row = db.get(sql`SELECT * FROM staff WHERE staff_id = ${id}`);
    return row ? open(row) : null;
  };
  const everybody = (db: ReadDb): Known[] =>
    db
      .all(sql`SELECT * FROM staff ORDER BY staff_id`)
      .map(open)
      .filter((one) => one !== null);
  const rights = (db: ReadDb, record: StaffRecord): ReadonlySet<Right> => {
    const row = db.get(sql`SELECT value FROM centre_setting WHERE key = 'staff.rights'`);
    return rightsOf(record.role, row ? json<unknown>(row, 'value') : null);
  };
  const shown = ({ id, record }: Known): StaffPerson => ({
    id,
    name: record.name,
    role: record.role,
    totp: NEEDS_TOTP.has(record.role) && !record.emergency,
  });

  const state = (): StaffState =>
    store.read((db) => {
      const all = everybody(db).filter(valid);
      const own = at === null ? null : (all.find(({ id }) => id === at?.id) ?? null);
      const people = all
        .filter(({ record }) => !record.emergency)
        .sort((a, b) => (a.record.name < b.record.name ? -1 : 1));
      return {
        phase: own === null ? 'signed-out' : at?.locked === true ? 'locked' : 'signed-in',
        person: own && shown(own),
        rights: own && at?.locked === false ? [...rights(db, own.record)] : [],
        people: people.map(shown).slice(0, 2_000),
        emergency: all.some(({ id, rev, record }) => record.emergency && door.usedRev(db, id) !== rev),
      };
    });
  const tell = (): StaffState => {
    const now = state();
    onChange(now);
    return now;
  };
  const note = (
    db: WriteDb,
    who: string,
    action: string,
    detail: Record<string, string | number | boolean> = {},
  ): void => audit(db, { at: moment().at, actor: who, action, entityId: who, detail });

  /** Looks now and then whether somebody is still there. */
  const watch = (): void => {
    stopWatch();
    if (!at || at.locked) return;
    const idle = ports.lockMinutes() * 60_000;
    const left = at.touched + idle - clock.monotonic();
    if (left <= 0) lock();
    else stopWatch = clock.after(Math.max(250, left), watch);
  };
  const lock = (): StaffState => {
    stopWatch();
    if (at && !at.locked) {
      at = { ...at, locked: true, lockedAt: clock.monotonic() };
      const { id } = at;
      store.write((db) => note(db, id, 'staff.lock'));
      onLeft();
    }
    return tell();
  };
  const leave = (): void => {
    if (!at) return;
    const { id } = at;
    at = null;
    stopWatch();
    onLeft();
    store.write((db) => note(db, id, 'staff.sign-out'));
  };
  const enter = (id: string): SignInOutcome => {
    if (at && at.id !== id) leave();
    at = { id, locked: false, touched: clock.monotonic(), lockedAt: 0 };
    watch();
    return { outcome: 'in', state: tell() };
  };

  type Proof = { ok: true; known: Known; step: number | null } | { ok: false; outcome: SignInOutcome };
  /**
   * Whether this is who he says he is. Counts the try before it looks.
   * @param full with the second factor, where the role has one
   */
  const prove = async (id: string, pin: string, totp: string | null, full: boolean): Promise<Proof> => {
    const begun = store.write((db) => {
      const wait = door.wait(db, id);
      return wait > 0 ? { wait, left: 0 } : { wait: 0, left: door.begin(db, id) };
    });
    if (begun.wait > 0) return { ok: false, outcome: { outcome: 'wait', seconds: Math.ceil(begun.wait / 1000) } };
    const found = store.read((db) => read(db, id));
    const known = found && valid(found) ? found : null;
    const spent = known !== null && known.record.emergency && store.read((db) => door.usedRev(db, id)) === known.rev;
    const fits = await pinFits(pin, known?.record.pin ?? null);
    const wrong = (what: string): Proof => {
      store.write((db) => note(db, known ? id : 'unknown', 'staff.sign-in-failed', { what }));
      const wait = store.read((db) => door.wait(db, id));
      return wait > 0
        ? { ok: false, outcome: { outcome: 'wait', seconds: Math.ceil(wait / 1000) } }
        : { ok: false, outcome: { outcome: 'wrong', left: begun.left } };
    };
    if (!fits || !known || spent) return wrong('pin');
    const { record } = known;
    if (!full || record.emergency || !NEEDS_TOTP.has(record.role)) return { ok: true, known, step: null };
    const impossible = (why: 'no-secret' | 'clock'): Proof => {
      store.write((db) => door.asked(db, id));
      return { ok: false, outcome: { outcome: 'totp-impossible', why } };
    };
    if (record.totp === null) return impossible('no-secret');
    if (totp === null) {
      store.write((db) => door.asked(db, id));
      return { ok: false, outcome: { outcome: 'totp-needed' } };
    }
    const now = moment();
    if (now.notAfter - now.notBefore > 2 * CODE_SURE_MS) return impossible('clock');
    const step = totpStep(
      record.totp,
      totp,
      now.at,
      store.read((db) => door.totpStep(db, id)),
    );
    return step === null ? wrong('code') : { ok: true, known, step };
  };
  const accept = (db: WriteDb, { known, step }: Extract<Proof, { ok: true }>): void =>
    door.right(db, known.id, step === null ? {} : { totpStep: step });

  /** Tries at the same time would all see the same count. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const mine = turn.then(run, run);
    turn = mine.catch(() => undefined);
    return mine;
  };

  return {
    state,
    signIn: (input: { person: string; pin: string; totp: string | null }): Promise<SignInOutcome> =>
      inTurn(async () => {
        const proof = await prove(input.person, input.pin, input.totp, true);
        if (!proof.ok) return proof.outcome;
        // The envelope has a door of its own.
        if (proof.known.record.emergency) return { outcome: 'wrong', left: null };
        store.write((db) => {
          accept(db, proof);
          note(db, input.person, 'staff.sign-in', { role: proof.known.record.role });
        });
        return enter(input.person);
      }),
    /** The code of the sealed envelope. It opens once, the centre is told, and everything is audited. */
    emergency: (code: string): Promise<SignInOutcome> =>
      inTurn(async () => {
        const id = store.read((db) => everybody(db).find(({ record }) => record.emergency)?.id) ?? 'emergency';
        const proof = await prove(id, code, null, true);
        if (!proof.ok) return proof.outcome;
        if (!proof.known.record.emergency) return { outcome: 'wrong', left: null };
        const now = moment().at;
        store.write((db) => {
          door.right(db, id, { usedRev: proof.known.rev });
          enqueue(db, {
            op_id: ids.uuid(),
            type: 'staff.emergency',
            kind: 'fact',
            entity_id: id,
            business_date: here(db, now).day,
            occurred_at: now,
            actor: id,
            clock: stamp(),
            payload: { staff_id: id },
          });
          note(db, id, 'staff.emergency');
        });
        log.warn('staff.emergency', { person: id });
        committed();
        return enter(id);
      }),
    lock,
    unlock: (pin: string): Promise<SignInOutcome> =>
      inTurn(async () => {
        if (!at) throw new CallFailure('forbidden', 'nobody is signed in');
        const { id, lockedAt } = at;
        const known = store.read((db) => read(db, id));
        // The envelope opens once; who was away for long, or is gone by now, comes in by the front door.
        if (known?.record.emergency === true || clock.monotonic() - lockedAt > LONGEST_LOCK_MS) {
          leave();
          tell();
          return { outcome: 'wrong', left: null };
        }
        const proof = await prove(id, pin, null, false);
        if (!proof.ok) return proof.outcome;
        store.write((db) => {
          accept(db, proof);
          note(db, id, 'staff.unlock');
        });
        return enter(id);
      }),
    signOut: (): StaffState => {
      leave();
      return tell();
    },
    /** Somebody touched the desk. */
    touch: (): void => {
      if (at && !at.locked) at.touched = clock.monotonic();
    },
    /** Rows of staff or rights came: who is gone, or has lost his role, must not go on. */
    changed: (): void => {
      if (at && state().phase === 'signed-out') leave();
      tell();
    },
    /** @returns the id of who is signed in, for the audit log. @throws CallFailure forbidden */
    require: (right: Right): string => {
      const who = at && !at.locked ? at.id : null;
      if (who === null) throw new CallFailure('forbidden', 'nobody is signed in, or the desk is locked');
      const may = store.read((db) => {
        const known = read(db, who);
        return known !== null && valid(known) && rights(db, known.record).has(right);
      });
      if (!may) throw new CallFailure('forbidden', `${who} has no right to this: ${right}`);
      return who;
    },
    /** Who is signed in, whatever he may do. @throws CallFailure forbidden */
    anybody: (): string => {
      if (!at || at.locked) throw new CallFailure('forbidden', 'nobody is signed in, or the desk is locked');
      return at.id;
    },
    /**
     * A second person agrees: with his own PIN, and the code where his role has one.
     * @returns null when he does, else what is to be said
     */
    agree: (first: string, by: { person: string; pin: string; totp: string | null }): Promise<SignInOutcome | null> =>
      inTurn(async () => {
        const proof = await prove(by.person, by.pin, by.totp, true);
        if (!proof.ok) return proof.outcome;
        const may =
          by.person !== first &&
          !proof.known.record.emergency &&
          store.read((db) => rights(db, proof.known.record).has('approve'));
        store.write((db) => accept(db, proof));
        return may ? null : { outcome: 'wrong', left: null };
      }),
    /** Name of a member of staff; null when he is not known here. */
    name: (id: string): string | null => store.read((db) => read(db, id))?.record.name ?? null,
    stop: (): void => stopWatch(),
  };
};
export type Staff = ReturnType<typeof createStaff>;
