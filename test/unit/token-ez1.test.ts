import { createPrivateKey, createPublicKey, sign, verify as verifyEd25519 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  decodeToken,
  encodePayload,
  encodeToken,
  EZ1_LENGTH,
  signedBytes,
  verifyToken,
  type Ez1Payload,
  type SigningKey,
  type VerifySignature,
} from '../../shared/token/ez1.ts';
import { GOLDEN_FILE, goldenText, typedInRussian, type Golden, type GoldenKey } from '../tools/golden-ez1.ts';

const goldenFile = readFileSync(GOLDEN_FILE, 'utf8');
const golden = JSON.parse(goldenFile) as Golden;
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

const keyOf = (key: GoldenKey): SigningKey => ({
  keyId: key.keyId,
  publicKey: bytes(key.publicKey),
  notBefore: key.notBefore,
  notAfter: key.notAfter,
  revokedAt: key.revokedAt,
});
const keys = golden.keys.map(keyOf);

const verify: VerifySignature = (publicKey, message, signature) => {
  const key = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]),
    format: 'der',
    type: 'spki',
  });
  return verifyEd25519(null, message, key, signature);
};

const privateKeys = new Map(
  golden.keys.map((key) => [
    key.keyId,
    createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes(key.seed)]),
      format: 'der',
      type: 'pkcs8',
    }),
  ]),
);
const issue = (payload: Ez1Payload): string => {
  const key = privateKeys.get(payload.keyId);
  if (!key) throw new Error(`no key ${payload.keyId}`);
  return encodeToken(payload, sign(null, signedBytes(payload), key));
};

const readPayload = (body: Buffer): Ez1Payload => ({
  version: body.readUInt8(0) as 1,
  keyId: body.readUInt8(1),
  bookingId: body.subarray(2, 18).toString('hex'),
  office: body.readUInt32BE(18),
  service: body.readUInt16BE(22),
  startsAt: body.readUInt32BE(24),
  validMinutes: body.readUInt16BE(28),
});

const check = (text: string, now = golden.now) => verifyToken(text, keys, verify, now);
const usual = golden.tokens[0];
if (!usual) throw new Error('the golden file is empty');

const anyPayload = (keyId: fc.Arbitrary<number>): fc.Arbitrary<Ez1Payload> =>
  fc.record({
    version: fc.constant(1 as const),
    keyId,
    bookingId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(hex),
    office: fc.nat({ max: 0xffff_ffff }),
    service: fc.nat({ max: 0xffff }),
    startsAt: fc.nat({ max: 0xffff_ffff }),
    validMinutes: fc.nat({ max: 0xffff }),
  });

describe('golden vectors', () => {
  it('are what their generator writes', () => {
    expect(goldenFile).toBe(goldenText());
    expect(golden.tokens.length).toBeGreaterThanOrEqual(12);
    expect(golden.rejected.length).toBeGreaterThanOrEqual(20);
  });

  it.each(golden.tokens)('$name: written, read and verified', ({ key, payload, payloadHex, signatureHex, token }) => {
    expect(hex(encodePayload(payload))).toBe(payloadHex);
    expect(hex(signedBytes(payload))).toBe(`455a31${payloadHex}`);
    expect(encodeToken(payload, bytes(signatureHex))).toBe(token);
    expect(token).toHaveLength(154);
    expect(token).toMatch(/^EZ1[A-Z2-7]{151}$/);
    const signer = golden.keys.find(({ name }) => name === key);
    expect(decodeToken(token)).toEqual({
      ok: true,
      payload,
      signature: bytes(signatureHex),
      signed: bytes(`455a31${payloadHex}`),
    });
    expect(check(token)).toEqual({ ok: true, payload, key: signer && keyOf(signer) });
  });

  it.each(golden.spellings)('accepted: $name', ({ text, token }) => {
    expect(check(text)).toEqual(check(token));
    expect(check(text).ok).toBe(true);
  });

  it.each(golden.rejected)('$reason: $name', ({ text, reason }) => {
    expect(check(text)).toEqual({ ok: false, reason });
  });

  it('read the same through every layout and Caps Lock', () => {
    for (const { token } of golden.tokens) {
      const typed = typedInRussian(token);
      for (const text of [token.toLowerCase(), typed, typed.toLowerCase()]) {
        expect(decodeToken(text)).toEqual(decodeToken(token));
      }
    }
  });
});

describe('encodePayload', () => {
  const good = usual.payload;
  it.each([
    ['version', { version: 2 as 1 }],
    ['keyId', { keyId: 256 }],
    ['keyId', { keyId: -1 }],
    ['bookingId', { bookingId: 'F'.repeat(32) }],
    ['bookingId', { bookingId: 'f'.repeat(31) }],
    ['bookingId', { bookingId: `${'f'.repeat(32)}\n` }],
    ['office', { office: 2 ** 32 }],
    ['service', { service: 65_536 }],
    ['startsAt', { startsAt: 1.5 }],
    ['startsAt', { startsAt: Number.NaN }],
    ['validMinutes', { validMinutes: Number.POSITIVE_INFINITY }],
  ])('names the field %s that does not fit', (field, change) => {
    expect(() => encodePayload({ ...good, ...change })).toThrow(new RegExp(`EZ1 payload: ${field} must`));
  });

  it('takes only signatures of 64 bytes', () => {
    expect(() => encodeToken(good, new Uint8Array(63))).toThrow('64 bytes, not 63');
  });
});

describe('verifyToken', () => {
  it('knows a key from its first millisecond to just before its last', () => {
    const [key] = keys;
    if (!key) throw new Error('no key');
    const at = (now: number, change: Partial<SigningKey> = {}) =>
      verifyToken(usual.token, [{ ...key, notBefore: 1000, notAfter: 2000, ...change }], verify, now).ok;
    expect([999, 1000, 1999, 2000].map((now) => at(now))).toEqual([false, true, true, false]);
    expect([1499, 1500].map((now) => at(now, { revokedAt: 1500 }))).toEqual([true, false]);
    expect(at(9e15, { notAfter: null })).toBe(true);
    expect(at(Number.NaN)).toBe(false);
  });

  it('prefers an active key over an ended one with the same id and value', () => {
    const [key] = keys;
    if (!key) throw new Error('no key');
    const renewed = { ...key, notAfter: null };
    expect(verifyToken(usual.token, [{ ...key, notAfter: 1 }, renewed], verify, golden.now)).toMatchObject({
      ok: true,
      key: renewed,
    });
  });

  it('takes a verifier that throws for one that says no', () => {
    const broken = () => {
      throw new Error('bad point');
    };
    expect(verifyToken(usual.token, keys, broken, golden.now)).toEqual({ ok: false, reason: 'bad-signature' });
  });

  it('does not even ask about keys of a wrong length, other ids, or texts that are no tokens', () => {
    const asked = vi.fn(() => true);
    const [key] = keys;
    if (!key) throw new Error('no key');
    const short = { ...key, publicKey: key.publicKey.subarray(1) };
    expect(verifyToken(usual.token, [short], asked, golden.now)).toEqual({ ok: false, reason: 'bad-signature' });
    expect(verifyToken(usual.token, [{ ...key, keyId: 7 }], asked, golden.now)).toMatchObject({
      reason: 'unknown-key',
    });
    expect(verifyToken(usual.token, [], asked, golden.now)).toMatchObject({ reason: 'unknown-key' });
    expect(verifyToken(`${usual.token}A`, keys, asked, golden.now)).toMatchObject({ reason: 'malformed' });
    expect(asked).not.toHaveBeenCalled();
  });
});

describe('any input', () => {
  it('any payload comes back, signed and through any layout', () => {
    fc.assert(
      fc.property(anyPayload(fc.constantFrom(0, 2, 255)), (payload) => {
        const token = issue(payload);
        expect(token).toHaveLength(EZ1_LENGTH);
        expect(check(token)).toMatchObject({ ok: true, payload });
        expect(check(typedInRussian(token).toLowerCase())).toMatchObject({ ok: true, payload });
      }),
    );
  });

  it('any string is refused with a reason', () => {
    const body = fc.string({
      unit: fc.constantFrom(...Array.from('ABCXYZ27az018 =УЯ')),
      minLength: 140,
      maxLength: 160,
    });
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      body.map((text) => `EZ1${text}`),
      body.map((text) => `УЯ1${text}`),
    );
    fc.assert(
      fc.property(any, (text) => {
        expect(check(text).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('any well-formed token of random bytes is refused', () => {
    fc.assert(
      fc.property(
        anyPayload(fc.nat({ max: 255 })),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        (payload, signature) => {
          const result = check(encodeToken(payload, signature));
          expect(['unknown-key', 'bad-signature']).toContain(result.ok ? 'verified' : result.reason);
        },
      ),
    );
  });

  it('no flipped bit of any character is believed, unless it only changes the case', () => {
    const { token } = usual;
    const kept: string[] = [];
    for (let at = 0; at < token.length; at += 1) {
      for (let bit = 0; bit < 16; bit += 1) {
        const flipped = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
        const text = token.slice(0, at) + flipped + token.slice(at + 1);
        if (check(text).ok) kept.push(text);
      }
    }
    expect(kept.filter((text) => text.toUpperCase() !== token)).toEqual([]);
    // Every letter has its other case, one bit away.
    expect(kept).toHaveLength(token.replaceAll(/\d/g, '').length);
  });

  it('no flipped bit of the bytes is believed', () => {
    fc.assert(
      fc.property(anyPayload(fc.constant(2)), fc.nat({ max: 94 * 8 - 1 }), (payload, bit) => {
        const decoded = decodeToken(issue(payload));
        if (!decoded.ok) throw new Error(decoded.reason);
        const body = Buffer.concat([decoded.signed.subarray(3), decoded.signature]);
        body[bit >> 3] = (body[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const forged = readPayload(body);
        if (forged.version !== 1) return;
        expect(check(encodeToken(forged, body.subarray(30))).ok).toBe(false);
      }),
    );
  });

  it('no replaced character is believed', () => {
    const { token } = usual;
    fc.assert(
      fc.property(
        fc.nat({ max: token.length - 1 }),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
        (at, char) => {
          const text = token.slice(0, at) + char + token.slice(at + 1);
          fc.pre(text.toUpperCase() !== token);
          expect(check(text).ok).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
