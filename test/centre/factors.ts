import { randomBytes, scryptSync } from 'node:crypto';
import type { FactorVerifier } from '../../shared/contracts/centre/schemas.ts';

/** Verifiers of the second factor: a device can tell whether four digits are right, and knows neither phone nor birthday. */

/** Four digits are found by trying whatever the cost: the device's limits protect them, the cost keeps the start short. */
const COST = 10;

/** In clear; only tests and the demo have it. */
export interface Factors {
  /** The last four digits of the phone. */
  phone4?: string | undefined;
  birth_year?: string | undefined;
}

const verifier = (kind: FactorVerifier['kind'], digits: string, salt: Buffer): FactorVerifier => ({
  kind,
  salt: salt.toString('base64url'),
  cost: COST,
  hash: scryptSync(digits, salt, 32, { N: 2 ** COST, r: 8, p: 1 }).toString('base64url'),
});

/** @param salt at least 12 bytes, used for each; null: a new one for each */
export const verifiersOf = ({ phone4, birth_year: year }: Factors, salt: Buffer | null = null): FactorVerifier[] => [
  ...(phone4 === undefined ? [] : [verifier('phone4', phone4, salt ?? randomBytes(16))]),
  ...(year === undefined ? [] : [verifier('birth-year', year, salt ?? randomBytes(16))]),
];
