import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { Code } from '../../../shared/domain/decide.ts';
import { parseBookingNumber } from '../../../shared/domain/booking-number.ts';
import { parseVisitCode } from '../../../shared/domain/visit-code.ts';
import { cleanScan } from '../../../shared/token/clean.ts';
import {
  decodeToken,
  verifyToken,
  type Ez1Payload,
  type SigningKey,
  type VerifySignature,
} from '../../../shared/token/ez1.ts';

/** SubjectPublicKeyInfo of Ed25519 up to the key itself (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Imported keys by their bytes: there are a handful, and importing one costs as much as half a verification. */
const imported = new Map<string, KeyObject>();
const IMPORTED_MAX = 1000;

/** Ed25519 (RFC 8032) by Node's crypto. */
const verifyEd25519: VerifySignature = (publicKey, message, signature) => {
  const name = Buffer.from(publicKey).toString('latin1');
  let key = imported.get(name);
  if (!key) {
    key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' });
    if (imported.size >= IMPORTED_MAX) imported.clear();
    imported.set(name, key);
  }
  return verify(null, message, key, signature);
};

/** What a text is: a code that decides for itself, or a bare booking number, which needs a second factor. */
export type ReadText = Code | { kind: 'number'; number: string };

export interface ReadCode {
  code: ReadText;
  /** Why a text was not taken for one of ours, for the log: never shown. */
  why: string | null;
  /** The signature is right, but the key is not (or no longer) valid: only a booking in the cache may vouch for it. */
  needsBooking: boolean;
}

const tokenCode = (p: Ez1Payload): Code => ({
  kind: 'token',
  bookingId: p.bookingId,
  officeId: p.office,
  serviceId: p.service,
  startsAt: p.startsAt * 1000,
  validUntil: p.startsAt * 1000 + p.validMinutes * 60_000,
});

/** Tells what a scanned text is. Never throws; looks at 200 characters at most. */
export const readCode = (raw: string, keys: readonly SigningKey[], now: number): ReadCode => {
  const text = cleanScan(raw);
  const known = (code: ReadText): ReadCode => ({ code, why: null, needsBooking: false });
  const foreign = (why: string): ReadCode => ({ code: { kind: 'foreign' }, why, needsBooking: false });
  const token = verifyToken(text, keys, verifyEd25519, now);
  if (token.ok) return known(tokenCode(token.payload));
  if (token.reason === 'key-not-active') {
    // Its signature was right: the key is out of date, or was withdrawn. A booking that is in the cache is still good.
    const decoded = decodeToken(text);
    if (decoded.ok) return { code: tokenCode(decoded.payload), why: token.reason, needsBooking: true };
  }
  if (token.reason !== 'not-ez1') return foreign(token.reason);
  const visitId = parseVisitCode(text);
  if (visitId) return known({ kind: 'visit', visitId });
  const number = parseBookingNumber(text);
  return number.ok ? known({ kind: 'number', number: number.number }) : foreign('no-known-form');
};

/** What is kept of a refused code: a hash, never the text. */
export const textHash = (raw: string): string => createHash('sha256').update(cleanScan(raw)).digest('hex');
