import type * as Crypto from 'node:crypto';
import { scryptSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createFactorCheck,
  forgetTries,
  lockedUntil,
  noteWrongTry,
  numberHash,
} from '../../electron/core/checkin/factor.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { sql } from '../../electron/core/store/sql.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { factorVerifier, type FactorVerifier } from '../../shared/contracts/centre/schemas.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

/** What was derived: digits, and how costly. */
const derived = vi.hoisted(() => [] as { digits: unknown; N: number }[]);
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof Crypto>();
  return {
    ...real,
    scrypt: (...args: Parameters<typeof real.scrypt>) => {
      derived.push({ digits: args[0], N: args[3].N ?? 0 });
      real.scrypt(...args);
    },
  };
});

const verifier = (digits: string, kind: FactorVerifier['kind'] = 'phone4', cost = 10): FactorVerifier => {
  const salt = Buffer.from(`salt of ${kind} ${digits}`);
  const hash = scryptSync(digits, salt, 32, { N: 2 ** cost, r: 8, p: 1, maxmem: 256 * 1024 * 1024 });
  return factorVerifier.parse({ kind, salt: salt.toString('base64url'), cost, hash: hash.toString('base64url') });
};
const PHONE = verifier('4567');
const BORN = verifier('1968', 'birth-year');
const BOTH = [PHONE, BORN];

describe('the second factor', () => {
  beforeEach(() => {
    derived.length = 0;
  });

  it.each<[string, string, FactorVerifier[], boolean]>([
    ['the last digits of the phone', '4567', BOTH, true],
    ['the year of birth', '1968', BOTH, true],
    ['the year of birth, where there is no phone', '1968', [BORN], true],
    ['the phone, where there is no year', '4567', [PHONE], true],
    ['the one of several phones that comes last', '9999', [PHONE, BORN, verifier('1234'), verifier('9999')], true],
    ['a costlier verifier', '4567', [verifier('4567', 'phone4', 12)], true],
    ['wrong digits', '4568', BOTH, false],
    ['the digits turned round', '7654', BOTH, false],
    ['too few digits', '456', BOTH, false],
    ['more than the digits', '45670', BOTH, false],
    ['no digits', '', BOTH, false],
    ['digits of another script', '٤٥٦٧', BOTH, false],
    ['a booking without any factor', '4567', [], false],
    ['no booking', '0000', [], false],
  ])('%s', async (_name, digits, verifiers, expected) => {
    expect(await createFactorCheck()(digits, verifiers)).toBe(expected);
  });

  it('a verifier whose hash is cut or longer never fits', async () => {
    const check = createFactorCheck();
    for (const hash of ['', PHONE.hash.slice(0, 22), `${PHONE.hash}AAAA`]) {
      expect(await check('4567', [{ ...PHONE, hash }])).toBe(false);
    }
  });

  it('works as hard for no booking, for a wrong and for a right one', async () => {
    const check = createFactorCheck();
    await check('0000', BOTH);
    const work: (typeof derived)[] = [];
    for (const [digits, verifiers] of [
      ['4567', BOTH],
      ['1968', BOTH],
      ['4568', BOTH],
      ['4567', [PHONE]],
      ['4568', [PHONE]],
      ['4567', []],
    ] as const) {
      derived.length = 0;
      await check(digits, verifiers);
      work.push(derived.map((d) => ({ ...d })));
      expect(derived.every((d) => d.digits === digits)).toBe(true);
    }
    expect(work.map((w) => w.map((d) => d.N))).toEqual(work.map(() => [1024, 1024]));
  });

  it('works as hard for no booking as for the last real one', async () => {
    const check = createFactorCheck();
    await check('4567', []);
    expect(derived.map((d) => d.N)).toEqual([4096, 4096]);
    derived.length = 0;
    await check('4567', [verifier('1111', 'phone4', 13), verifier('2222', 'birth-year', 13)]);
    await check('4567', []);
    expect(derived.map((d) => d.N)).toEqual([8192, 8192, 8192, 8192]);
  });

  it('the padding fits nobody, whatever is typed', async () => {
    const check = createFactorCheck();
    for (const digits of ['0000', '1234', '1970', '']) expect(await check(digits, [])).toBe(false);
  });
});

describe('the hash of a number', () => {
  it('is the same for the same number, another for another, and holds nothing of it', () => {
    expect(numberHash('AB12CD34')).toBe(numberHash('AB12CD34'));
    expect(numberHash('AB12CD34')).not.toBe(numberHash('AB12CD35'));
    expect(numberHash('AB12CD34')).toMatch(/^[0-9a-f]{64}$/);
  });
});

// --- Locks -----------------------------------------------------------------------------------------------------------

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const NOW = Date.parse('2026-11-23T10:24+03:00');
const ANNA = numberHash('AAAA1111');
const BORIS = numberHash('BBBB2222');

describe('locks', () => {
  let dir: string;
  let store: Store;
  const open = () => {
    store = openStore(() => openBetterSqlite3(join(dir, 'talon.db')), memoryLog());
  };
  /** As after a cut of the power: another process, the same file. */
  const restart = () => {
    store.close();
    open();
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'talon-factor-'));
    open();
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const wrong = (hash: string, at: number) => store.write((db) => noteWrongTry(db, hash, at));
  const right = (hash: string) => store.write((db) => forgetTries(db, hash));
  const until = (hash: string, at: number) => store.read((db) => lockedUntil(db, hash, at));
  const rows = (): number => store.read((db) => Number(db.get(sql`SELECT count(*) AS n FROM wrong_try`)?.['n']));
  /** One wrong try a second for the same number. @returns what the last of them locked */
  const guess = (hash: string, times: number, from = NOW) => {
    let last: ReturnType<typeof wrong> = [];
    for (let i = 0; i < times; i += 1) last = wrong(hash, from + i * SECOND);
    return last;
  };
  /** So many wrong numbers, each tried once, at the given times. */
  const probe = (times: readonly number[]) => times.map((at, i) => wrong(numberHash(`N${i}`), at)).at(-1);

  it('four wrong tries lock nothing', () => {
    expect(guess(ANNA, 4)).toEqual([]);
    expect(until(ANNA, NOW + 5 * SECOND)).toBeNull();
  });

  it('the fifth locks the number and the device, for ten minutes from then', () => {
    const end = NOW + 4 * SECOND + 10 * MINUTE;
    expect(guess(ANNA, 5)).toEqual([
      { what: 'number', until: end },
      { what: 'device', until: end },
    ]);
    expect(until(ANNA, NOW + 4 * SECOND)).toBe(end);
    expect(until(BORIS, NOW + 4 * SECOND)).toBe(end);
    expect(until(ANNA, end - 1)).toBe(end);
    expect(until(ANNA, end)).toBeNull();
  });

  it('five numbers tried once each lock the device, and no number', () => {
    const end = NOW + 4 * SECOND + 10 * MINUTE;
    expect(probe([0, 1, 2, 3, 4].map((s) => NOW + s * SECOND))).toEqual([{ what: 'device', until: end }]);
    expect(until(ANNA, NOW + 5 * SECOND)).toBe(end);
    const locks = store.read((db) => db.all(sql`SELECT what FROM entry_lock`));
    expect(locks).toEqual([{ what: 'device' }]);
  });

  it('the window slides: four, and one when the first has gone', () => {
    guess(ANNA, 4);
    expect(wrong(ANNA, NOW + 10 * MINUTE)).toEqual([]);
    // The second try is within the ten minutes still.
    expect(wrong(ANNA, NOW + 10 * MINUTE + 500)).toHaveLength(2);
  });

  it('the first is a millisecond short of gone: locked', () => {
    guess(ANNA, 4);
    expect(wrong(ANNA, NOW + 10 * MINUTE - 1)).toHaveLength(2);
  });

  it('one wrong try in two and a half minutes never locks', () => {
    for (let i = 0; i < 100; i += 1) expect(wrong(ANNA, NOW + i * 2.5 * MINUTE)).toEqual([]);
    expect(rows()).toBeLessThanOrEqual(4);
  });

  it('when a lock has ended, there are five tries again', () => {
    guess(ANNA, 5);
    const after = NOW + 4 * SECOND + 10 * MINUTE;
    expect(until(ANNA, after)).toBeNull();
    expect(guess(ANNA, 4, after)).toEqual([]);
    expect(wrong(ANNA, after + 4 * SECOND)).toHaveLength(2);
  });

  it('a further wrong try makes a lock longer, never shorter', () => {
    guess(ANNA, 5);
    wrong(ANNA, NOW + 5 * MINUTE);
    expect(until(ANNA, NOW + 6 * MINUTE)).toBe(NOW + 15 * MINUTE);
  });

  it('the right digits forget what was tried for this number, and nothing else', () => {
    guess(ANNA, 4);
    right(ANNA);
    expect(rows()).toBe(0);
    guess(BORIS, 3, NOW + MINUTE);
    right(ANNA);
    expect(rows()).toBe(3);
    // Four more of the device with those of Boris: his are not forgotten for a right one of Anna.
    expect(guess(ANNA, 2, NOW + 2 * MINUTE)).toEqual([
      { what: 'device', until: NOW + 2 * MINUTE + SECOND + 10 * MINUTE },
    ]);
  });

  it('the right digits for one number do not end the lock of another, nor of the device', () => {
    guess(ANNA, 5);
    right(BORIS);
    right(ANNA);
    expect(until(ANNA, NOW + MINUTE)).not.toBeNull();
    expect(until(BORIS, NOW + MINUTE)).not.toBeNull();
  });

  it('tries and locks outlive a restart', () => {
    guess(ANNA, 3);
    restart();
    expect(guess(ANNA, 2, NOW + MINUTE)).toHaveLength(2);
    const end = NOW + MINUTE + SECOND + 10 * MINUTE;
    restart();
    expect(until(ANNA, NOW + 2 * MINUTE)).toBe(end);
    restart();
    expect(until(ANNA, end)).toBeNull();
  });

  it('a restart after each try helps nobody', () => {
    for (let i = 0; i < 4; i += 1) {
      expect(wrong(ANNA, NOW + i * SECOND)).toEqual([]);
      restart();
    }
    expect(wrong(ANNA, NOW + 4 * SECOND)).toHaveLength(2);
  });

  it('a clock that is corrected by a little opens no lock and forgets no try', () => {
    guess(ANNA, 4);
    const at = NOW - 2 * SECOND;
    expect(wrong(ANNA, at)).toHaveLength(2);
    const end = at + 10 * MINUTE;
    for (const back of [1, SECOND, MINUTE]) expect(until(ANNA, at - back)).toBe(end);
    wrong(BORIS, at - SECOND);
    expect(until(ANNA, at)).not.toBeNull();
  });

  it('a clock that is set back by hours opens what the wrong one locked, and counts anew', () => {
    const ahead = NOW + 5 * 60 * MINUTE;
    guess(ANNA, 5, ahead);
    expect(until(ANNA, NOW)).toBeNull();
    expect(guess(ANNA, 4)).toEqual([]);
    expect(rows()).toBe(4);
    expect(wrong(ANNA, NOW + 4 * SECOND)).toHaveLength(2);
    expect(until(ANNA, NOW + 5 * SECOND)).toBe(NOW + 4 * SECOND + 10 * MINUTE);
  });

  it('a clock that is set back never locks for longer than the time set back allows', () => {
    guess(ANNA, 5, NOW);
    const end = NOW + 4 * SECOND + 10 * MINUTE;
    // By half a minute: the lock holds till its end. By more than a minute: it is of another clock.
    expect(until(ANNA, NOW - 30 * SECOND)).toBe(end);
    expect(until(ANNA, NOW - 2 * MINUTE)).toBeNull();
  });

  it('a clock that is set forward ends the lock and counts anew', () => {
    guess(ANNA, 5);
    const later = NOW + 3 * 24 * 60 * MINUTE;
    expect(until(ANNA, later)).toBeNull();
    expect(guess(ANNA, 4, later)).toEqual([]);
    expect(wrong(ANNA, later + 4 * SECOND)).toHaveLength(2);
  });

  it('nothing typed is kept in the clear', () => {
    const number = 'AB12CD34';
    guess(numberHash(number), 5);
    const all = store.read((db) =>
      JSON.stringify([db.all(sql`SELECT * FROM wrong_try`), db.all(sql`SELECT * FROM entry_lock`)]),
    );
    expect(all).not.toContain(number);
  });
});
