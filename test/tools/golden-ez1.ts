/**
 * Golden vectors of the EZ1 token, for this codec and for whoever writes another one.
 *
 *     node test/tools/golden-ez1.ts            writes test/fixtures/golden/ez1.json
 *     node test/tools/golden-ez1.ts --check    fails if the file is not what this would write
 *
 * Everything follows from fixed seeds (Ed25519 signatures are deterministic). The encoding is written out a second time
 * here, on purpose: vectors made by the codec under test would agree with its mistakes.
 */
import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Fields {
  keyId: number;
  bookingId: string;
  office: number;
  service: number;
  startsAt: number;
  validMinutes: number;
}

export interface GoldenKey {
  name: string;
  keyId: number;
  /** Private key seed, hexadecimal: only for tests, made from the name. */
  seed: string;
  publicKey: string;
  notBefore: number;
  notAfter: number | null;
  revokedAt: number | null;
}

export interface GoldenToken {
  name: string;
  key: string;
  payload: Fields & { version: 1 };
  payloadHex: string;
  signatureHex: string;
  token: string;
}

export interface Golden {
  about: string;
  /** The moment at which all of this is judged, milliseconds since 1970. */
  now: number;
  keys: GoldenKey[];
  tokens: GoldenToken[];
  /** Other texts that must be read as one of the tokens. */
  spellings: { name: string; text: string; token: string }[];
  rejected: { name: string; text: string; reason: string }[];
}

export const GOLDEN_FILE = fileURLToPath(new URL('../fixtures/golden/ez1.json', import.meta.url));

const NOW = Date.UTC(2026, 2, 16, 6, 0);
const DAY = 86_400_000;
const START = Date.UTC(2026, 2, 16, 6, 30) / 1000;
const MAX_32 = 0xffff_ffff;

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** PKCS #8 wrapping of an Ed25519 seed (RFC 8410). */
const privateKey = (seed: Buffer): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });

const makeKey = (name: string, keyId: number, validity: Partial<GoldenKey> = {}): GoldenKey => {
  const seed = sha256(`EZ1 golden key ${name}`);
  const spki = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
  return {
    name,
    keyId,
    seed: seed.toString('hex'),
    publicKey: spki.subarray(-32).toString('hex'),
    notBefore: NOW - 90 * DAY,
    notAfter: NOW + 90 * DAY,
    revokedAt: null,
    ...validity,
  };
};

/** Through a string of bits: slow, and nothing like the codec. */
const base32 = (bytes: Buffer, unusedBits = '0000'): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const padded = bits + unusedBits.slice(0, (5 - (bits.length % 5)) % 5);
  return (padded.match(/.{5}/g) ?? [])
    .map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)])
    .join('');
};

const payloadBytes = (fields: Fields, version = 1): Buffer =>
  Buffer.from(
    [
      [version, 2],
      [fields.keyId, 2],
      [fields.bookingId, 32],
      [fields.office, 8],
      [fields.service, 4],
      [fields.startsAt, 8],
      [fields.validMinutes, 4],
    ]
      .map(([value, digits]) =>
        (typeof value === 'string' ? value : Number(value).toString(16)).padStart(Number(digits), '0'),
      )
      .join(''),
    'hex',
  );

const signWith = (key: GoldenKey, message: Buffer): Buffer =>
  sign(null, message, privateKey(Buffer.from(key.seed, 'hex')));

const signPayload = (key: GoldenKey, payload: Buffer): Buffer =>
  signWith(key, Buffer.concat([Buffer.from('EZ1'), payload]));

/** @returns the whole content of the file. */
export const buildGolden = (): Golden => {
  const current = makeKey('current', 1);
  const next = makeKey('next', 2, { notAfter: null });
  const twin = makeKey('twin of current, same id', 1, { notAfter: null });
  const zero = makeKey('zero', 0);
  const top = makeKey('top', 255, { notBefore: 0, notAfter: null });
  const future = makeKey('future', 10, { notBefore: NOW + 1 });
  const ended = makeKey('ended', 11, { notAfter: NOW });
  const revoked = makeKey('revoked', 12, { revokedAt: NOW });
  const stranger = makeKey('stranger, not trusted', 99);
  const forger = makeKey('forger, not trusted', 1);
  const keys = [current, next, twin, zero, top, future, ended, revoked];

  const plain: Fields = {
    keyId: 1,
    bookingId: '0192f0a1b2c37d4e8f90a1b2c3d4e5f6',
    office: 77_0101,
    service: 12,
    startsAt: START,
    validMinutes: 60,
  };
  const token = (name: string, key: GoldenKey, changes: Partial<Fields> = {}): GoldenToken => {
    const fields = { ...plain, keyId: key.keyId, ...changes };
    const payload = payloadBytes(fields);
    const signature = signPayload(key, payload);
    return {
      name,
      key: key.name,
      payload: { version: 1, ...fields },
      payloadHex: payload.toString('hex'),
      signatureHex: signature.toString('hex'),
      token: `EZ1${base32(Buffer.concat([payload, signature]))}`,
    };
  };
  const usual = token('usual', current);
  const tokens = [
    usual,
    token('key 2', next),
    token('second key with the same id', twin),
    token('all numbers zero', zero, {
      bookingId: '0'.repeat(32),
      office: 0,
      service: 0,
      startsAt: 0,
      validMinutes: 0,
    }),
    token('all numbers at their maximum', top, {
      bookingId: 'f'.repeat(32),
      office: MAX_32,
      service: 0xffff,
      startsAt: MAX_32,
      validMinutes: 0xffff,
    }),
    token('office at its maximum', current, { office: MAX_32 }),
    token('office with only the top bit', current, { office: 0x8000_0000 }),
    token('service at its maximum', current, { service: 0xffff }),
    token('start at its maximum, 2106-02-07T06:28:15Z', current, { startsAt: MAX_32 }),
    token('start after 2038, the top bit set', current, { startsAt: 0x8000_0000 }),
    token('validity at its maximum', current, { validMinutes: 0xffff }),
    token('valid for one minute', current, { validMinutes: 1 }),
    token('booking id with leading zeros', current, { bookingId: `${'0'.repeat(31)}1` }),
    token('booking id of ones only', current, { bookingId: 'f'.repeat(32) }),
    token('distinct bytes everywhere', current, {
      bookingId: '00112233445566778899aabbccddeeff',
      office: 0x0102_0304,
      service: 0x0506,
      startsAt: 0x0708_090a,
      validMinutes: 0x0b0c,
    }),
  ];

  const text = usual.token;
  const inRussian = typedInRussian(text);
  const spelling = (name: string, spelled: string) => ({ name, text: spelled, token: text });
  const spellings = [
    spelling('lower case', text.toLowerCase()),
    spelling('mixed case', Array.from(text, (c, i) => (i % 3 === 0 ? c.toLowerCase() : c)).join('')),
    spelling('CR LF behind', `${text}\r\n`),
    spelling('STX and ETX around', `\u0002${text}\u0003`),
    spelling('AIM identifier for QR', `]Q1${text}`),
    spelling('AIM identifier and ECI for UTF-8', `]Q2\\000026${text}`),
    spelling('everything at once', ` \u0002]Q1\\000026${text}\r\u0003\n `),
    spelling('Russian layout', inRussian),
    spelling('Russian layout with Caps Lock', inRussian.toLowerCase()),
    spelling('Russian layout with an AIM identifier', `ъЙ1${inRussian}\r`),
    spelling('Russian layout with an AIM identifier and Caps Lock', `Ъй1${inRussian.toLowerCase()}\r`),
    spelling('white space up to and past the 200th character', `${text}${' '.repeat(100)}`),
  ];

  const body = Buffer.from(usual.payloadHex + usual.signatureHex, 'hex');
  const payload = body.subarray(0, 30);
  const raw = (bytes: Buffer): string => `EZ1${base32(bytes)}`;
  const withBit = (bit: number): string => {
    const damaged = Buffer.from(body);
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
    return raw(damaged);
  };
  const signed = (key: GoldenKey, bytes: Buffer): string => raw(Buffer.concat([bytes, signPayload(key, bytes)]));
  const reject = (reason: string, name: string, rejected: string) => ({ name, text: rejected, reason });
  const rejected = [
    reject('not-ez1', 'empty', ''),
    reject('not-ez1', 'white space only', ' \r\n\t'),
    reject('not-ez1', 'a link', 'https://example.org/q/0192f0a1b2c37d4e8f90a1b2c3d4e5f6'),
    reject('not-ez1', 'a booking number', 'B7K4-Q2M9'),
    reject('not-ez1', 'the prefix in a link', `HTTPS://EXAMPLE.ORG/Q/${text}`),
    reject('not-ez1', 'no prefix', text.slice(3)),
    reject('not-ez1', 'another prefix', `EZ2${text.slice(3)}`),
    reject('not-ez1', 'Cyrillic letters that look like the prefix', `\u0415Z1${text.slice(3)}`),
    reject('not-ez1', 'a token behind 200 characters of white space', ' '.repeat(200) + text),
    reject('malformed', 'the prefix alone', 'EZ1'),
    reject('malformed', 'one character short', text.slice(0, -1)),
    reject('malformed', 'the first character of the body lost', `EZ1${text.slice(4)}`),
    reject('malformed', 'one character too many', `${text}A`),
    reject('malformed', 'twice in one scan', text + text),
    reject('malformed', 'padded as base32 may be', `${text}=`),
    reject('malformed', 'a colon behind the prefix', `EZ1:${text.slice(3)}`),
    reject('malformed', 'a space inside', `${text.slice(0, 80)} ${text.slice(81)}`),
    reject('malformed', 'a digit outside the alphabet (1)', `${text.slice(0, 80)}1${text.slice(81)}`),
    reject(
      'malformed',
      'a letter that only becomes ASCII in upper case (U+017F)',
      `${text.slice(0, 80)}\u017f${text.slice(81)}`,
    ),
    reject('malformed', 'a Cyrillic letter among Latin ones', `${text.slice(0, 80)}\u0410${text.slice(81)}`),
    reject('malformed', 'unused bits set', `EZ1${base32(body, '1111')}`),
    reject('malformed', 'the lowest unused bit set', `EZ1${base32(body, '0010')}`),
    reject('version', 'version 0', signed(current, payloadBytes(plain, 0))),
    reject('version', 'version 2, rightly signed', signed(current, payloadBytes(plain, 2))),
    reject('version', 'version 255', signed(current, payloadBytes(plain, 255))),
    reject('unknown-key', 'a key nobody has announced', token('', stranger).token),
    reject('unknown-key', 'the key id changed', signed(current, payloadBytes({ ...plain, keyId: 3 }))),
    reject('key-not-active', 'a key that begins a millisecond later', token('', future).token),
    reject('key-not-active', 'a key that has ended this millisecond', token('', ended).token),
    reject('key-not-active', 'a key revoked this millisecond', token('', revoked).token),
    reject('bad-signature', 'forged under a known key id', token('', forger).token),
    reject('bad-signature', 'signed by another trusted key', signed(next, payload)),
    reject('bad-signature', 'signed without the prefix', raw(Buffer.concat([payload, signWith(current, payload)]))),
    reject('bad-signature', 'signature of zeros', raw(Buffer.concat([payload, Buffer.alloc(64)]))),
    reject('bad-signature', 'signature of ones', raw(Buffer.concat([payload, Buffer.alloc(64, 0xff)]))),
    reject('bad-signature', 'a bit of the booking id flipped', withBit(2 * 8 + 5)),
    reject('bad-signature', 'a bit of the office flipped', withBit(18 * 8 + 31)),
    reject('bad-signature', 'a bit of the start flipped', withBit(24 * 8 + 20)),
    reject('bad-signature', 'the last bit of the validity flipped', withBit(30 * 8 - 1)),
    reject('bad-signature', 'the first bit of the signature flipped', withBit(30 * 8)),
    reject('bad-signature', 'the last bit of the signature flipped', withBit(94 * 8 - 1)),
    reject(
      'bad-signature',
      'signature of another token',
      raw(Buffer.concat([payload, signPayload(current, payloadBytes({ ...plain, service: 13 }))])),
    ),
  ];

  return {
    about: 'EZ1 tokens, made by test/tools/golden-ez1.ts. The keys are for tests only.',
    now: NOW,
    keys,
    tokens,
    spellings,
    rejected,
  };
};

/** What the keys that give `text` on a US layout give on the Russian one. */
export function typedInRussian(text: string): string {
  const rows = [
    ['QWERTYUIOP{}', 'ЙЦУКЕНГШЩЗХЪ'],
    ['ASDFGHJKL:"', 'ФЫВАПРОЛДЖЭ'],
    ['ZXCVBNM<>?', 'ЯЧСМИТЬБЮ,'],
    ['qwertyuiop[]', 'йцукенгшщзхъ'],
    ["asdfghjkl;'", 'фывапролджэ'],
    ['zxcvbnm,./', 'ячсмитьбю.'],
    ['`~@#$^&|', 'ёЁ"№;:?/'],
  ];
  const keys = new Map(rows.flatMap(([us = '', ru = '']) => Array.from(us, (key, i) => [key, ru.charAt(i)] as const)));
  return Array.from(text, (key) => keys.get(key) ?? key).join('');
}

export const goldenText = (): string => `${JSON.stringify(buildGolden(), null, 2)}\n`;

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) {
    writeFileSync(GOLDEN_FILE, goldenText());
  } else if (readFileSync(GOLDEN_FILE, 'utf8') !== goldenText()) {
    console.error(`${GOLDEN_FILE} is out of date: run node test/tools/golden-ez1.ts`);
    process.exitCode = 1;
  }
}
