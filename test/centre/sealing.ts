import { generateKeyPairSync } from 'node:crypto';
import { compactDecrypt, importJWK } from 'jose';
import { z } from 'zod';
import type { Context } from './context.ts';

/**
 * Personal data that visitors leave at a device is sealed there to a key of the centre: who takes the device away, or
 * reads its disk, learns nothing. It is kept as it came and opened only where it is needed.
 */

interface SealingKey {
  kid: string;
  x: string;
  y: string;
  d: string;
}

const read = ({ db }: Context): SealingKey | undefined =>
  db.prepare<[], SealingKey>('SELECT kid, x, y, d FROM sealing_key LIMIT 1').get();

const make = (): SealingKey => {
  const { x, y, d } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  if (x === undefined || y === undefined || d === undefined) throw new Error('this Node makes no P-256 keys');
  return { kid: x.slice(0, 16), x, y, d };
};

/** Made at the first start, and then the same for good. */
export const ensureSealingKey = (context: Context): void => {
  if (read(context)) return;
  const { kid, x, y, d } = make();
  context.db.prepare('INSERT INTO sealing_key (kid, x, y, d) VALUES (?, ?, ?, ?)').run(kid, x, y, d);
};

/** The public half, as devices get it; null before the first seed. */
export const sealingKey = (context: Context): { kid: string; kty: 'EC'; crv: 'P-256'; x: string; y: string } | null => {
  const key = read(context);
  return key ? { kid: key.kid, kty: 'EC', crv: 'P-256', x: key.x, y: key.y } : null;
};

/** What may be inside. */
const contents = z.object({
  /** E.164. */
  phone: z
    .string()
    .regex(/^\+\d{7,15}$/)
    .optional(),
  words: z.string().max(2000).optional(),
});
export type Contents = z.output<typeof contents>;

/** @returns null for what is not sealed to this centre, or holds something else */
export const openSealed = async (context: Context, text: string): Promise<Contents | null> => {
  const key = read(context);
  if (!key) return null;
  try {
    const secret = await importJWK({ kty: 'EC', crv: 'P-256', x: key.x, y: key.y, d: key.d }, 'ECDH-ES');
    const { plaintext } = await compactDecrypt(text, secret, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    return contents.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plaintext)));
  } catch {
    return null;
  }
};
