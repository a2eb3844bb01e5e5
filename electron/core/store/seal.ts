import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Secrets } from '../ports.ts';

/**
 * Personal data of a desk is not in the database in clear: AES-256-GCM with a key that the secrets port keeps. Without the
 * key it is noise, so forgetting the key forgets the data, also in backups.
 */
export interface Sealer {
  /** @param about the row it belongs to: sealed data does not open as another row's */
  seal(about: string, value: unknown): Uint8Array;
  /** @throws Error when it was sealed with another key, for another row, or was changed */
  open(about: string, sealed: Uint8Array): unknown;
}

const NAME = 'seal-key';
const IV_BYTES = 12;
const TAG_BYTES = 16;

export const createSealer = (secrets: Secrets): Sealer => {
  let known: Buffer | null = null;
  const key = (): Buffer => {
    if (known) return known;
    const stored = secrets.get(NAME);
    known = stored === null ? randomBytes(32) : Buffer.from(stored, 'base64');
    if (stored === null) secrets.set(NAME, known.toString('base64'));
    return known;
  };
  return {
    seal: (about, value) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key(), iv).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([iv, body, cipher.getAuthTag()]);
    },
    open: (about, sealed) => {
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(about))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString('utf8')) as unknown;
    },
  };
};

/** What was sealed can be opened by nobody any more. */
export const forgetSealKey = (secrets: Secrets): void => secrets.set(NAME, null);
