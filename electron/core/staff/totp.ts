import { createHmac, timingSafeEqual } from 'node:crypto';

/** Codes of an authenticator: RFC 6238 with SHA-1, 30 seconds and 6 digits, which is what all of them speak. */

const STEP_MS = 30_000;
const DIGITS = 6;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** @returns the bytes of a base32 text (RFC 4648) without padding; left-over bits are dropped */
const fromBase32 = (text: string): Buffer => {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const symbol of text) {
    held = (held << 5) | ALPHABET.indexOf(symbol);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
    held &= 0xff;
  }
  return Buffer.from(bytes);
};

/** The code of a time step (RFC 4226, 5.3). @param secret base32 */
const codeOf = (secret: string, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 0x0f;
  const value = mac.readUInt32BE(at) & 0x7fffffff;
  return String(value % 10 ** DIGITS).padStart(DIGITS, '0');
};

/** @param at epoch ms. @returns the code that an authenticator shows then */
export const totpAt = (secret: string, at: number): string => codeOf(secret, Math.floor(at / STEP_MS));

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/**
 * @param at epoch ms. @param after steps up to it were used already: a code opens once (RFC 6238, 5.2)
 * @returns the step that the code is of, one before and one after now allowed; null when it fits none
 */
export const totpStep = (secret: string, code: string, at: number, after: number): number | null => {
  const now = Math.floor(at / STEP_MS);
  let found: number | null = null;
  // All are looked at, whichever it is.
  for (const step of [now - 1, now, now + 1]) if (same(codeOf(secret, step), code) && step > after) found = step;
  return found;
};
