import { createPrivateKey, sign as signBytes, type KeyObject, type webcrypto } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import type { Secrets } from '../ports.ts';

/** The device's private key: made here, kept by the secrets port, never sent. */

const NAME = 'device-key';

export interface DeviceKey {
  /** For what jose signs. */
  key: webcrypto.CryptoKey;
  publicJwk: { kty: 'OKP'; crv: 'Ed25519'; x: string };
  /** Ed25519 over the UTF-8 of a text. @returns base64url */
  sign: (text: string) => string;
}

/**
 * The key that there is, or a new one.
 * @throws Error when what is kept is no key: the device has to be enrolled anew
 */
export const deviceKey = async (secrets: Secrets): Promise<DeviceKey> => {
  const stored = secrets.get(NAME);
  let jwk: JWK;
  if (stored === null) {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    jwk = await exportJWK(pair.privateKey);
    secrets.set(NAME, JSON.stringify(jwk));
  } else {
    jwk = JSON.parse(stored) as JWK;
  }
  const key = await importJWK({ ...jwk, alg: 'EdDSA' }, 'EdDSA');
  const { x, d } = jwk;
  if (key instanceof Uint8Array || typeof x !== 'string' || typeof d !== 'string')
    throw new Error('the device key is damaged: enrol this device anew');
  const signer: KeyObject = createPrivateKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x, d } });
  return {
    key,
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x },
    sign: (text) => signBytes(null, Buffer.from(text, 'utf8'), signer).toString('base64url'),
  };
};

/** What was signed with it is signed by nobody any more: for a device that is revoked, or enrolled anew. */
export const forgetDeviceKey = (secrets: Secrets): void => secrets.set(NAME, null);
