import { createPrivateKey, scryptSync, sign } from 'node:crypto';
import type { ExampleCrypto } from '../../shared/contracts/centre/openapi-rows.ts';
import { encodeToken, signedBytes, type Ez1Payload } from '../../shared/token/ez1.ts';
import { chainHash, compactJws, digestOf, keyOf, signText } from './crypto.ts';
import { seal } from './sealing.ts';

/** The keys of the examples and of the test vectors: published ones, which keep nothing secret and open nothing. */

/** RFC 8032, 7.1, TEST 1. */
export const DEVICE_SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
/** RFC 8032, 7.1, TEST 2. */
export const ISSUER_SEED = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
/** RFC 7515, A.3.1. */
export const SEALING_JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
} as const;
/** RFC 7518, appendix C: Alice's. */
const EPHEMERAL_JWK = {
  kty: 'EC',
  crv: 'P-256',
  x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
  y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
  d: '0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo',
} as const;
const IV = Buffer.from('000102030405060708090a0b', 'hex');

export const deviceKey = keyOf(Buffer.from(DEVICE_SEED, 'hex'));
export const issuerKey = keyOf(Buffer.from(ISSUER_SEED, 'hex'));

/** Scrypt as the second factor is made with it, base64url. */
export const verifierOf = (digits: string, salt: string, cost: number): string =>
  scryptSync(digits, Buffer.from(salt, 'base64url'), 32, {
    N: 2 ** cost,
    r: 8,
    p: 1,
    maxmem: 256 * 1024 * 1024,
  }).toString('base64url');

/** A confirmation by the example issuer. */
export const confirmationOf = (payload: Ez1Payload): string =>
  encodeToken(payload, sign(null, signedBytes(payload), issuerKey.privateKey));

export const exampleCrypto: ExampleCrypto = {
  deviceKey: deviceKey.publicJwk.x,
  signingKey: issuerKey.publicJwk.x,
  sealingKey: { x: SEALING_JWK.x, y: SEALING_JWK.y },
  chain: chainHash,
  sign: (text) => signText(deviceKey, text),
  jws: (payload) => compactJws(deviceKey, payload),
  digest: digestOf,
  verifier: verifierOf,
  confirmation: ({ id, office, service, startsAt, minutes }) =>
    confirmationOf({
      version: 1,
      keyId: 1,
      bookingId: id,
      office,
      service,
      startsAt: startsAt / 1000,
      validMinutes: minutes,
    }),
  seal: (to, value) => seal(to, value, { ephemeral: createPrivateKey({ format: 'jwk', key: EPHEMERAL_JWK }), iv: IV }),
};
