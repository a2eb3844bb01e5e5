import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import type { SealingKey } from '../../shared/contracts/centre/schemas.ts';

/** Sealing to the centre's key: a compact JWE (RFC 7516) with ECDH-ES on P-256 and A256GCM, by hand. */

const ENC = 'A256GCM';

const lengthAnd = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Concat KDF of RFC 7518, 4.6.2: one round of SHA-256, no party information. */
const contentKey = (secret: Buffer): Buffer => {
  const one = Buffer.from([0, 0, 0, 1]);
  const bits = Buffer.from([0, 0, 1, 0]);
  const other = Buffer.concat([
    lengthAnd(Buffer.from(ENC)),
    lengthAnd(Buffer.alloc(0)),
    lengthAnd(Buffer.alloc(0)),
    bits,
  ]);
  return createHash('sha256')
    .update(Buffer.concat([one, secret, other]))
    .digest();
};

export interface Chance {
  /** P-256, of one message. */
  ephemeral: KeyObject;
  /** 12 bytes. */
  iv: Buffer;
}
const chance = (): Chance => ({
  ephemeral: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  iv: randomBytes(12),
});

/**
 * @param value a JSON object with `phone` or `words`
 * @param by what is random in it; given only where the result has to be the same each time
 */
export const seal = (to: SealingKey, value: unknown, { ephemeral, iv }: Chance = chance()): string => {
  const { kty, crv, x, y } = createPublicKey(ephemeral).export({ format: 'jwk' });
  const header = Buffer.from(
    JSON.stringify({ alg: 'ECDH-ES', enc: ENC, kid: to.kid, epk: { kty, crv, x, y } }),
    'utf8',
  ).toString('base64url');
  const secret = diffieHellman({
    privateKey: ephemeral,
    publicKey: createPublicKey({ format: 'jwk', key: { kty: to.kty, crv: to.crv, x: to.x, y: to.y } }),
  });
  const cipher = createCipheriv('aes-256-gcm', contentKey(secret), iv);
  cipher.setAAD(Buffer.from(header, 'ascii'));
  const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
  const parts = [iv, text, cipher.getAuthTag()].map((bytes) => bytes.toString('base64url'));
  return `${header}..${parts.join('.')}`;
};
