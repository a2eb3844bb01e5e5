import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { StaffRecord } from '../../../shared/contracts/centre/schemas.ts';

/** PINs are known here by salted verifiers only (scrypt, RFC 7914). */

type Verifier = StaffRecord['pin'];

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const NOBODY: Verifier = { salt: 'bm9ib2R5LW5vYm9keS0tLQ', cost: 15, hash: 'A'.repeat(43) };

/**
 * @param verifier null when there is no such person: the same work is done then, as costly as the last real one, so that
 *   the time of the answer does not tell who works here
 * @returns whether these are the digits
 */
export const createPinCheck = () => {
  let cost = NOBODY.cost;
  return async (digits: string, verifier: Verifier | null): Promise<boolean> => {
    cost = verifier?.cost ?? cost;
    const { salt, hash } = verifier ?? NOBODY;
    const N = 2 ** cost;
    const made = await derive(digits, Buffer.from(salt, 'base64url'), 32, { N, r: 8, p: 1, maxmem: 2 * 128 * 8 * N });
    const expected = Buffer.from(hash, 'base64url');
    return (
      timingSafeEqual(made, expected.length === made.length ? expected : Buffer.alloc(made.length)) && verifier !== null
    );
  };
};
