import { createHash, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { FactorVerifier } from '../../../shared/contracts/centre/schemas.ts';
import { int, sql, type ReadDb, type WriteDb } from '../store/sql.ts';

/**
 * The second factor of manual entry: four digits, the last ones of the phone or the year of birth. The device holds
 * salted verifiers only (scrypt, RFC 7914), and guessing is made useless: five wrong tries in ten minutes lock the
 * device, or the number that was tried.
 */

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

/** As many as a booking has at most in practice; always so many are worked out, whatever was typed. */
const ALWAYS = 2;
const MEMORY = 256 * 1024 * 1024;
const NOBODY: FactorVerifier = { kind: 'phone4', salt: 'bm9ib2R5LW5vYm9keS0tLQ', cost: 12, hash: 'A'.repeat(43) };

const matches = async (digits: string, v: FactorVerifier): Promise<boolean> => {
  const N = 2 ** v.cost;
  const made = await derive(digits, Buffer.from(v.salt, 'base64url'), 32, { N, r: 8, p: 1, maxmem: MEMORY });
  const expected = Buffer.from(v.hash, 'base64url');
  return expected.length === made.length && timingSafeEqual(made, expected);
};

/**
 * @param verifiers of the booking; empty when there is no such booking: the same work is done then, as costly as the last
 *   real one, so that the time of the answer tells nothing
 * @returns whether the digits fit one of them
 */
export const createFactorCheck = () => {
  let cost = NOBODY.cost;
  return async (digits: string, verifiers: readonly FactorVerifier[]): Promise<boolean> => {
    const real = verifiers.slice(0, 4);
    cost = real[0]?.cost ?? cost;
    const padded = [...real];
    while (padded.length < ALWAYS) padded.push({ ...NOBODY, cost });
    const results = await Promise.all(padded.map((v) => matches(digits, v)));
    return results.some((right, i) => right && i < real.length);
  };
};

// --- Locks -----------------------------------------------------------------------------------------------------------

const TRIES = 5;
const WITHIN_MS = 10 * 60_000;
/** The clock is corrected by a little all the time: what lies so little in the future still counts. */
const SLACK_MS = 60_000;
const DEVICE = 'device';

/** What was typed may be nobody's number, or nearly somebody's: only its hash is kept. */
export const numberHash = (number: string): string =>
  createHash('sha256').update(`booking number ${number}`).digest('hex');

/** @returns until when manual entry is locked for the device or this number, epoch ms; null when it is not */
export const lockedUntil = (db: ReadDb, hash: string, now: number): number | null => {
  // A lock that ends much later than one made now was made by a clock that has been set right since.
  const last = now + WITHIN_MS + SLACK_MS;
  const rows = db.all(
    sql`SELECT until FROM entry_lock WHERE what IN (${DEVICE}, ${hash}) AND until > ${now} AND until <= ${last}`,
  );
  return rows.length === 0 ? null : Math.max(...rows.map((row) => int(row, 'until')));
};

/**
 * Counts one wrong try.
 * @returns what became locked by it, with the end of the lock
 */
export const noteWrongTry = (
  db: WriteDb,
  hash: string,
  now: number,
): { what: 'device' | 'number'; until: number }[] => {
  // Those far in the future are of a clock that has been set right since.
  db.run(sql`DELETE FROM wrong_try WHERE at <= ${now - WITHIN_MS} OR at > ${now + SLACK_MS}`);
  db.run(sql`DELETE FROM entry_lock WHERE until <= ${now} OR until > ${now + WITHIN_MS + SLACK_MS}`);
  db.run(sql`INSERT INTO wrong_try (at, number_hash) VALUES (${now}, ${hash})`);
  const row = db.get(sql`SELECT count(*) AS n, sum(number_hash = ${hash}) AS mine FROM wrong_try`) ?? {};
  const locked: { what: 'device' | 'number'; until: number }[] = [];
  const until = now + WITHIN_MS;
  if (int(row, 'mine') >= TRIES) locked.push({ what: 'number', until });
  if (int(row, 'n') >= TRIES) locked.push({ what: 'device', until });
  for (const { what } of locked) {
    db.run(sql`INSERT INTO entry_lock (what, until) VALUES (${what === 'device' ? DEVICE : hash}, ${until})
      ON CONFLICT (what) DO UPDATE SET until = excluded.until`);
  }
  return locked;
};

/** The right digits: what was tried wrongly for this number before is forgotten, other numbers' tries are not. */
export const forgetTries = (db: WriteDb, hash: string): void => {
  db.run(sql`DELETE FROM wrong_try WHERE number_hash = ${hash}`);
};
