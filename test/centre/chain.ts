import { createHash, verify, type KeyObject } from 'node:crypto';
import type { z } from 'zod';
import type { centreApi } from '../../shared/contracts/centre/api.ts';
import { batchText, withheldOp } from '../../shared/contracts/centre/schemas.ts';
import { ProblemError } from './problems.ts';

/**
 * The chain of a device's operations: each hash is over the one before it and the operation in canonical JSON (RFC 8785),
 * and the device signs the last. So nothing can be changed, left out or put in between, not even by this centre.
 */

type Push = z.output<(typeof centreApi)['ops']['input']>;
export type Body = Push['ops'][number];

/** Deeper than any operation is; what is deeper was made to make a reader fail. */
const MAX_DEPTH = 40;

/**
 * RFC 8785: no white space, members in the order of their names' UTF-16 units, numbers and texts as ECMAScript writes
 * them.
 * @param value what JSON.parse gave
 * @throws RangeError when it is nested too deeply, or has a number that no JSON has
 */
export const canonicalJson = (value: unknown, depth = 0): string => {
  if (depth > MAX_DEPTH) throw new RangeError('nested too deeply');
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('a number that is too large');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => canonicalJson(one, depth + 1)).join(',')}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one, depth + 1)}`).join(',')}}`;
};

export const chainHash = (prev: string, op: unknown): string =>
  createHash('sha256')
    .update(`${prev}\n${canonicalJson(op)}`)
    .digest('hex');

/** A link of the chain, and what came for it: null when the operation was withheld. */
export interface Link {
  seq: number;
  opId: string;
  hash: string;
  body: Body | null;
}

/**
 * Follows the chain through a batch.
 * @throws ProblemError `invalid-request` when the sequence has a hole or the last hash is not the one that was told
 */
export const linksOf = ({ prev_hash, ops, hash }: Push): Link[] => {
  let prev = prev_hash;
  const links = ops.map((body, i): Link => {
    const seq = (ops[0]?.seq ?? 0) + i;
    if (body.seq !== seq) throw new ProblemError('invalid-request', `after operation ${seq - 1} comes ${body.seq}`);
    const stub = withheldOp.safeParse(body);
    try {
      prev = stub.success ? stub.data.hash : chainHash(prev, body);
    } catch (error) {
      throw new ProblemError('invalid-request', `operation ${seq}: ${error instanceof Error ? error.message : ''}`);
    }
    return { seq, opId: body.op_id.toLowerCase(), hash: prev, body: stub.success ? null : body };
  });
  if (prev !== hash) throw new ProblemError('invalid-request', 'the hash of the last operation is another one');
  return links;
};

/**
 * Whether the device has signed what it sent.
 * @throws ProblemError `invalid-request` when it has not
 */
export const mustBeSigned = (
  key: KeyObject,
  deviceId: string,
  { ops, hash, signature }: Pick<Push, 'ops' | 'hash' | 'signature'>,
): void => {
  const text = Buffer.from(batchText(deviceId, ops.at(-1)?.seq ?? 0, hash));
  if (!verify(null, text, key, Buffer.from(signature, 'base64url'))) {
    throw new ProblemError('invalid-request', 'the signature is not that of this device');
  }
};
