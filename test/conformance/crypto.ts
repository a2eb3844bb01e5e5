import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

/**
 * The few computations of RegSync/1, written from resources/centre-api.md with nothing but Node, apart from those of the
 * device and of the reference centre: three who agree are not likely to share one mistake.
 */

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Canonical JSON (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript writes them. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      // The default order of strings is that of their UTF-16 code units.
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
};

const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** Hash of an operation in the chain, 64 lower-case hexadecimal digits. @param prev of the operation before it */
export const chainHash = (prev: string, op: unknown): string => sha256(`${prev}\n${canonicalJson(op)}`).toString('hex');

/** What the device's key signs of a batch. */
export const signedText = (deviceId: string, lastSeq: number, hash: string): string =>
  `RegSync/1 ${deviceId} ${lastSeq} ${hash}`;

/** Rows as their digest is made: how many, and the XOR of the first 8 bytes of SHA-256(`id|rev`). */
export const digestOf = (rows: Iterable<{ id: string | number; rev: number }>): { count: number; xor: string } => {
  let count = 0;
  let xor = 0n;
  for (const { id, rev } of rows) {
    count += 1;
    xor ^= sha256(`${id}|${rev}`).readBigUInt64BE(0);
  }
  return { count, xor: xor.toString(16).padStart(16, '0') };
};

export interface Ed25519 {
  privateKey: KeyObject;
  publicJwk: { kty: 'OKP'; crv: 'Ed25519'; x: string };
}

const withPublic = (privateKey: KeyObject): Ed25519 => {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (x === undefined) throw new Error('a key without a public half');
  return { privateKey, publicJwk: { kty: 'OKP', crv: 'Ed25519', x } };
};

export const newKey = (): Ed25519 => withPublic(generateKeyPairSync('ed25519').privateKey);

/** @param seed 32 bytes (RFC 8032) */
export const keyOf = (seed: Buffer): Ed25519 =>
  withPublic(
    createPrivateKey({
      // PKCS #8 around a seed, RFC 8410.
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
      format: 'der',
      type: 'pkcs8',
    }),
  );

/** Ed25519 over the UTF-8 of a text, base64url. */
export const signText = (key: Ed25519, text: string): string =>
  sign(null, Buffer.from(text, 'utf8'), key.privateKey).toString('base64url');

const part = (value: unknown): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

/** A compact JWS (RFC 7515) with EdDSA. */
export const compactJws = (key: Ed25519, payload: unknown): string => {
  const signed = `${part({ alg: 'EdDSA' })}.${part(payload)}`;
  return `${signed}.${signText(key, signed)}`;
};

/** @returns whether a confirmation (`EZ1` and base32) was signed by the key; also its booking id */
export const readConfirmation = (
  token: string,
  publicJwk: JsonWebKey,
): { holds: boolean; bookingId: string } | null => {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  if (!/^EZ1[A-Z2-7]{151}$/.test(token)) return null;
  const bits = Array.from(token.slice(3), (symbol) => ALPHABET.indexOf(symbol).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(Array.from({ length: 94 }, (_, i) => Number.parseInt(bits.slice(i * 8, i * 8 + 8), 2)));
  const payload = bytes.subarray(0, 30);
  const message = Buffer.concat([Buffer.from('EZ1', 'ascii'), payload]);
  const key = createPublicKey({ format: 'jwk', key: publicJwk });
  return {
    holds: verify(null, message, key, bytes.subarray(30)),
    bookingId: payload.subarray(2, 18).toString('hex'),
  };
};
