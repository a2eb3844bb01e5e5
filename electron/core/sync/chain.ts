import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/**
 * The chain of a device's operations: the hash of each is over the hash before it and its canonical JSON (RFC 8785), so
 * that nothing in it can be changed, left out or put in between without the rest telling.
 */

/**
 * @param prev 64 hexadecimal digits, GENESIS_HASH before the first
 * @param op as it is on the wire
 * @returns 64 lower-case hexadecimal digits
 */
export const opHash = (prev: string, op: unknown): string => {
  const body = canonicalize(op);
  if (body === undefined) throw new Error('an operation that is no JSON');
  return createHash('sha256').update(`${prev}\n${body}`).digest('hex');
};
