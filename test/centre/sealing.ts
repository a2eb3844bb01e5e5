import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
} from 'node:crypto';
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
type Contents = z.output<typeof contents>;

const header = z.object({
  alg: z.literal('ECDH-ES'),
  enc: z.literal('A256GCM'),
  epk: z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
  apu: z.string().default(''),
  apv: z.string().default(''),
});

/** A field of the key derivation, with its length before it. */
const withLength = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** The content key that both sides agree on (RFC 7518, 4.6.2): one round of the Concat KDF is 256 bits. */
const contentKey = (secret: Buffer, { enc, apu, apv }: z.output<typeof header>): Buffer =>
  createHash('sha256')
    .update(Buffer.from([0, 0, 0, 1]))
    .update(secret)
    .update(withLength(Buffer.from(enc)))
    .update(withLength(Buffer.from(apu, 'base64url')))
    .update(withLength(Buffer.from(apv, 'base64url')))
    .update(Buffer.from([0, 0, 1, 0]))
    .digest();

/**
 * Opens what a device sealed: a compact JWE (RFC 7516). At once, so that it can be done within a transaction.
 * @returns null for what is not sealed to this centre, or holds something else
 */
export const openNow = (context: Context, text: string): Contents | null => {
  const key = read(context);
  if (!key) return null;
  try {
    const [head = '', wrapped, iv = '', ciphertext = '', tag = '', ...more] = text.split('.');
    if (wrapped !== '' || more.length > 0) return null;
    const said = header.parse(JSON.parse(Buffer.from(head, 'base64url').toString('utf8')));
    const secret = diffieHellman({
      privateKey: createPrivateKey({
        key: { kty: 'EC', crv: 'P-256', x: key.x, y: key.y, d: key.d },
        format: 'jwk',
      }),
      publicKey: createPublicKey({ key: said.epk, format: 'jwk' }),
    });
    const decipher = createDecipheriv('aes-256-gcm', contentKey(secret, said), Buffer.from(iv, 'base64url'), {
      authTagLength: 16,
    });
    decipher.setAAD(Buffer.from(head, 'ascii')).setAuthTag(Buffer.from(tag, 'base64url'));
    const plain = Buffer.concat([decipher.update(Buffer.from(ciphertext, 'base64url')), decipher.final()]);
    return contents.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain)));
  } catch {
    return null;
  }
};

/** The same, for who can wait. */
export const openSealed = async (context: Context, text: string): Promise<Contents | null> =>
  Promise.resolve(openNow(context, text));

/** The phone that was left with a ticket or a request. @param contact JSON of it, or null */
export const phoneIn = (context: Context, contact: string | null): string | null => {
  const left = contact === null ? null : sealedContact.parse(JSON.parse(contact));
  return left === null ? null : (openNow(context, left.sealed)?.phone ?? null);
};
const sealedContact = z.object({ sealed: z.string() }).nullable();

/** The same for the same phone, and says nothing of it to who does not have the centre's key. */
export const blinded = (context: Context, phone: string): string | null => {
  const key = read(context);
  return key ? createHmac('sha256', `phone ${key.d}`).update(phone).digest('hex') : null;
};
