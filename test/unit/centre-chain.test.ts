import fc from 'fast-check';
import canonicalize from 'canonicalize';
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { batchText, GENESIS_HASH } from '../../shared/contracts/centre/schemas.ts';
import { canonicalJson, chainHash, linksOf, mustBeSigned } from '../centre/chain.ts';
import { ProblemError } from '../centre/problems.ts';

/** The centre's own reading of the chain of operations, beside that of the devices. */

const problemOf = (work: () => unknown): string | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof ProblemError) return error.type;
    throw error;
  }
};
const ops = (n: number, from = 1) =>
  Array.from({ length: n }, (_, i) => ({ op_id: uuidv7(), seq: from + i, type: 'x', payload: { n: i } }));
const batch = (given: ReturnType<typeof ops>, prev = GENESIS_HASH) => {
  let hash = prev;
  for (const op of given) hash = chainHash(hash, op);
  return { epoch: 'E', prev_hash: prev, ops: given, hash, signature: '' };
};

describe('canonical JSON', () => {
  it('is that of RFC 8785', () => {
    // 3.2.3, and the numbers of appendix B that JSON can say.
    const value = JSON.parse(
      String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0],` +
        String.raw`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
    ) as unknown;
    expect(canonicalJson(value)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],` +
        String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    // 3.2.3: by UTF-16 units, not by code points.
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalJson(keys)) as object)).toHaveLength(7);
    expect([...canonicalJson(keys).matchAll(/:(\d)/g)].map(([, n]) => n).join('')).toBe('2467153');
  });

  it('is the same as that of the devices', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
  });

  it('ends where an operation was made to make it fail', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
    expect(() => canonicalJson(deep)).toThrow(RangeError);
    expect(() => canonicalJson(JSON.parse('[1e999]'))).toThrow(RangeError);
    const [op] = ops(1);
    expect(problemOf(() => linksOf({ ...batch([]), ops: [{ ...op!, deep }] }))).toBe('invalid-request');
  });
});

describe('a batch', () => {
  it('has a link for each operation, whatever stands in its place', () => {
    const given = ops(4, 7);
    const whole = linksOf(batch(given, 'a'.repeat(64)));
    expect(whole.map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
    const stub = { op_id: given[1]?.op_id ?? '', seq: 8, withheld: true, hash: whole[1]?.hash ?? '' };
    const told = linksOf({ ...batch(given, 'a'.repeat(64)), ops: given.with(1, stub as never) });
    expect(told.map(({ hash }) => hash)).toEqual(whole.map(({ hash }) => hash));
    expect(told.map(({ body }) => body !== null)).toEqual([true, false, true, true]);
  });

  it('that was changed anywhere does not hold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), fc.nat(2), (n, at, how) => {
        const request = batch(ops(n));
        const i = at % n;
        const changed = { ...request, ops: request.ops.map((op) => ({ ...op })) };
        const op = changed.ops[i];
        if (op && how === 0) op.payload = { n: 99 };
        if (how === 1) changed.ops.splice(i, 1);
        if (how === 2) changed.prev_hash = 'b'.repeat(64);
        if (changed.ops.length > 0) expect(problemOf(() => linksOf(changed))).toBe('invalid-request');
        expect(problemOf(() => linksOf(request))).toBeNull();
      }),
    );
  });

  it('is signed by the device that sends it, for itself', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const request = batch(ops(3));
    const [mine, other] = [uuidv7(), uuidv7()];
    const signed = (key: typeof privateKey, text: string) => ({
      ...request,
      signature: sign(null, Buffer.from(text), key).toString('base64url'),
    });
    const key = createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
    const check = (r: ReturnType<typeof signed>) => problemOf(() => mustBeSigned(key, mine, r));
    expect(check(signed(privateKey, `RegSync/1 ${mine} 3 ${request.hash}`))).toBeNull();
    expect(check(signed(stranger, batchText(mine, 3, request.hash)))).toBe('invalid-request');
    expect(check(signed(privateKey, batchText(other, 3, request.hash)))).toBe('invalid-request');
    expect(check(signed(privateKey, batchText(mine, 2, request.hash)))).toBe('invalid-request');
    expect(check({ ...request, signature: '' })).toBe('invalid-request');
  });
});
