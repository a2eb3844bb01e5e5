import { decodeBase32, encodeBase32 } from './base32.ts';
import { cleanScan } from './clean.ts';

/**
 * The `EZ1` confirmation token, the text of a booking's QR code:
 *
 *     "EZ1" + base32(payload || signature)          154 characters, no personal data
 *
 *     payload, 30 bytes, big endian:
 *       0  u8   version, 1          18  u32  office
 *       1  u8   signing key's id    22  u16  service
 *       2  16   booking id          24  u32  start, unix seconds
 *                                   28  u16  validity in minutes
 *     signature, 64 bytes: Ed25519 (RFC 8032) over ASCII "EZ1" || payload
 *
 * 154 characters of this alphabet are the most that a version 6-M symbol holds, and they survive any keyboard layout
 * and Caps Lock. Cryptography is handed in: this code runs in pages, in Node and at the centre.
 */

const PREFIX = 'EZ1';
const VERSION = 1;
const PAYLOAD_BYTES = 30;
const SIGNATURE_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;
/** Length of every token, in characters. */
export const EZ1_LENGTH = PREFIX.length + Math.ceil(((PAYLOAD_BYTES + SIGNATURE_BYTES) * 8) / 5);

export interface Ez1Payload {
  version: 1;
  /** 0-255; two keys may share an id while one follows the other. */
  keyId: number;
  /** 16 bytes as 32 lower-case hexadecimal digits. */
  bookingId: string;
  /** 32 bits. */
  office: number;
  /** 16 bits. */
  service: number;
  /** Start of the booked slot, unix SECONDS, 32 bits. */
  startsAt: number;
  /** How long the confirmation is good, in minutes; 16 bits. */
  validMinutes: number;
}

/** A public key of the issuer. Times are milliseconds since 1970. */
export interface SigningKey {
  keyId: number;
  /** Ed25519, 32 bytes. */
  publicKey: Uint8Array;
  /** Good from this moment on ... */
  notBefore: number;
  /** ... until just before this one (null: no end yet). */
  notAfter: number | null;
  /** Known to be compromised since; nothing it signed is believed from then on. */
  revokedAt: number | null;
}

/** Ed25519 over `message`; must not accept on error. One that throws is taken to have said no. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/**
 * `not-ez1`: another kind of code. `malformed`: begins like a token but has a wrong length, a foreign character or
 * unused bits set (mostly a scan cut short). `version`: a token of a later version: Talon must be updated.
 */
export type DecodeFailure = 'not-ez1' | 'malformed' | 'version';
export type DecodedToken =
  { ok: true; payload: Ez1Payload; signature: Uint8Array; signed: Uint8Array } | { ok: false; reason: DecodeFailure };

/**
 * `unknown-key`: no key with this id (the device may have to fetch keys). `key-not-active`: the signature is right, but
 * its key is not valid yet, no longer, or revoked. `bad-signature`: forged or damaged.
 */
export type VerifyFailure = DecodeFailure | 'unknown-key' | 'key-not-active' | 'bad-signature';
export type VerifiedToken = { ok: true; payload: Ez1Payload; key: SigningKey } | { ok: false; reason: VerifyFailure };

const uint = (name: string, value: number, bits: 8 | 16 | 32): number => {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`EZ1 payload: ${name} must be a whole number of ${bits} bits, not ${value}`);
  }
  return value;
};

/** @returns the 30 bytes of the payload. @throws RangeError naming the field that does not fit. */
export const encodePayload = (payload: Ez1Payload): Uint8Array => {
  const version: number = payload.version;
  if (version !== VERSION) throw new RangeError(`EZ1 payload: version must be ${VERSION}, not ${version}`);
  if (!/^[0-9a-f]{32}$/.test(payload.bookingId)) {
    throw new RangeError('EZ1 payload: bookingId must be 32 lower-case hexadecimal digits');
  }
  const bytes = new Uint8Array(PAYLOAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, uint('keyId', payload.keyId, 8));
  for (let i = 0; i < 16; i += 1) bytes[2 + i] = Number.parseInt(payload.bookingId.slice(i * 2, i * 2 + 2), 16);
  view.setUint32(18, uint('office', payload.office, 32));
  view.setUint16(22, uint('service', payload.service, 16));
  view.setUint32(24, uint('startsAt', payload.startsAt, 32));
  view.setUint16(28, uint('validMinutes', payload.validMinutes, 16));
  return bytes;
};

const withPrefix = (payload: Uint8Array): Uint8Array => {
  const message = new Uint8Array(PREFIX.length + PAYLOAD_BYTES);
  for (let i = 0; i < PREFIX.length; i += 1) message[i] = PREFIX.charCodeAt(i);
  message.set(payload, PREFIX.length);
  return message;
};

/** @returns the bytes that the issuer signs: ASCII `EZ1`, then the payload. @throws RangeError like `encodePayload`. */
export const signedBytes = (payload: Ez1Payload): Uint8Array => withPrefix(encodePayload(payload));

/** @returns the token's 154 characters. @throws RangeError like `encodePayload`, or if the signature is not 64 bytes. */
export const encodeToken = (payload: Ez1Payload, signature: Uint8Array): string => {
  if (signature.length !== SIGNATURE_BYTES) {
    throw new RangeError(`EZ1 token: an Ed25519 signature has ${SIGNATURE_BYTES} bytes, not ${signature.length}`);
  }
  const body = new Uint8Array(PAYLOAD_BYTES + SIGNATURE_BYTES);
  body.set(encodePayload(payload));
  body.set(signature, PAYLOAD_BYTES);
  return PREFIX + encodeBase32(body);
};

/**
 * Reads a scanned text as a token; the signature is not looked at. The text may be anything: the first 200 characters
 * are cleaned (see `cleanScan`), what is left must be a token to the letter. Characters behind the 200th do not count,
 * so a token followed by that much white space is still that token.
 *
 * @returns the payload, the signature, and the bytes it must be a signature of. Never throws.
 */
export const decodeToken = (text: string): DecodedToken => {
  const token = cleanScan(text);
  if (!/^EZ1/i.test(token)) return { ok: false, reason: 'not-ez1' };
  const body = token.length === EZ1_LENGTH ? decodeBase32(token.slice(PREFIX.length)) : null;
  if (body === null) return { ok: false, reason: 'malformed' };
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (view.getUint8(0) !== VERSION) return { ok: false, reason: 'version' };
  return {
    ok: true,
    payload: {
      version: VERSION,
      keyId: view.getUint8(1),
      bookingId: Array.from(body.subarray(2, 18), (byte) => byte.toString(16).padStart(2, '0')).join(''),
      office: view.getUint32(18),
      service: view.getUint16(22),
      startsAt: view.getUint32(24),
      validMinutes: view.getUint16(28),
    },
    signature: body.slice(PAYLOAD_BYTES),
    signed: withPrefix(body.subarray(0, PAYLOAD_BYTES)),
  };
};

/** As for `nbf` and `exp` of RFC 7519: the start belongs to the time of validity, the end does not. */
const isActive = (key: SigningKey, nowMs: number): boolean =>
  key.notBefore <= nowMs &&
  (key.notAfter === null || nowMs < key.notAfter) &&
  (key.revokedAt === null || nowMs < key.revokedAt);

/**
 * Reads a scanned text as a token and proves that it comes from the issuer. Tries every key that has the token's key id.
 * Says nothing about office, day, validity or use of the confirmation: that is for the check-in rules.
 *
 * @param nowMs this moment, milliseconds since 1970: decides which keys are active.
 * @returns the payload with the key that signed it, or the reason why it cannot be believed. Never throws.
 */
export const verifyToken = (
  text: string,
  keys: readonly SigningKey[],
  verify: VerifySignature,
  nowMs: number,
): VerifiedToken => {
  const token = decodeToken(text);
  if (!token.ok) return token;
  const candidates = keys.filter((key) => key.keyId === token.payload.keyId);
  if (candidates.length === 0) return { ok: false, reason: 'unknown-key' };
  const signers = candidates.filter((key) => {
    if (key.publicKey.length !== PUBLIC_KEY_BYTES) return false;
    try {
      return verify(key.publicKey, token.signed, token.signature);
    } catch {
      // Libraries throw for a key that is no point of the curve: it has signed nothing.
      return false;
    }
  });
  if (signers.length === 0) return { ok: false, reason: 'bad-signature' };
  const key = signers.find((signer) => isActive(signer, nowMs));
  return key ? { ok: true, payload: token.payload, key } : { ok: false, reason: 'key-not-active' };
};
