import { z } from 'zod';
import { businessDay, epochMs, officeId, series, ticketNo, uuid } from '../../domain/model.ts';
import { base64url, changeEnvelope, COLLECTIONS, partState, type CollectionName } from './collections.ts';
import { opHash } from './operations.ts';

export * from './collections.ts';
export * from './operations.ts';

/**
 * RegSync/1: what a device and the central booking API say to each other, under `/kiosk/v1`, JSON over HTTPS.
 * Field names are snake_case on this wire. Readers keep unknown fields out of the way: objects that come from the
 * centre are read loosely (z.object strips what it does not know), so that a newer centre does not stop an older kiosk.
 */
export const SCHEMA_VERSION = 2;
export const API_PREFIX = '/kiosk/v1';

export const publicJwk = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url(32) });

// --- Enrolment and sign-in -------------------------------------------------------------------------------------------

export const enrolmentRequest = z.strictObject({
  /** One-time code, 8 Crockford characters, as typed: case, spaces and dashes do not matter. */
  code: z.string().min(4).max(32),
  public_jwk: publicJwk,
  /** Compact JWS by the new key over {code, nonce}: proof that the device holds the private half. */
  proof: z.string().max(2000),
  nonce: z.string().min(16).max(100),
  app: z.string().max(100),
  /** What kind of machine it is, for the administrator's list (host name, platform). */
  hardware: z.string().max(200),
});

export const enrolmentAnswer = z.object({
  device_id: uuid,
  office_id: officeId,
  /** 1-99, fixed for this device in its office; part of five-digit ticket numbers. */
  slot_no: z.int().min(1).max(99),
  roles: z.array(z.enum(['kiosk', 'desk'])).min(1),
  epoch: z.string().min(1).max(100),
});
export type EnrolmentAnswer = z.output<typeof enrolmentAnswer>;

export const challengeRequest = z.strictObject({ device_id: uuid });
/** The centre's nonce replaces trust in the device's clock: a device whose clock is wrong can still sign in. */
export const challengeAnswer = z.object({ nonce: z.string().min(16).max(100), expires_in: z.int().positive() });

/** RFC 7523 client assertion: a JWS (EdDSA) with iss = sub = device_id, aud = the origin of the centre's URL, nonce. */
export const tokenRequest = z.strictObject({
  grant_type: z.literal('client_credentials'),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer'),
  client_assertion: z.string().max(4000),
});
export const tokenAnswer = z.object({
  access_token: z.string().min(16).max(4000),
  token_type: z.literal('Bearer'),
  expires_in: z.int().positive(),
});

// --- Sync ------------------------------------------------------------------------------------------------------------

/** Of all rows of a collection that a device holds: how many, and the XOR of the first 8 bytes of SHA-256(`id|rev`). */
export const collectionDigest = z.object({
  c: z.string().max(40),
  count: z.int().min(0),
  xor: z.string().regex(/^[0-9a-f]{16}$/),
});
export type CollectionDigest = z.output<typeof collectionDigest>;

export const changesQuery = z.strictObject({
  /** Opaque; absent or empty means from the start. */
  cursor: z.string().max(200).default(''),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
  /** Long poll: seconds to wait for something new. */
  wait: z.coerce.number().int().min(0).max(25).default(0),
  /** 1: with the last page come the digests of all collections as they are at its cursor. */
  digests: z.coerce.number().int().min(0).max(1).default(0),
});

export const changesAnswer = z.object({
  epoch: z.string(),
  cursor: z.string(),
  has_more: z.boolean(),
  /** Read one by one with `change`, so that one bad row does not hold up the page. */
  changes: z.array(changeEnvelope),
  digests: z.array(collectionDigest).max(100).optional(),
  /** When to come again, for who neither listens nor waits; seconds. */
  next_poll_s: z.int().min(1).max(3600).optional(),
});

const collectionNames = Object.keys(COLLECTIONS) as [CollectionName, ...CollectionName[]];
const collectionList = z
  .string()
  .max(400)
  .refine((text) => text === '' || text.split(',').every((name) => Object.hasOwn(COLLECTIONS, name)), 'unknown name');

/** A snapshot from the start, or on from the row that was read last. */
export const snapshotQuery = z.strictObject({
  /** Names separated by commas; none: all that the device may have. */
  collections: collectionList.default(''),
  after_c: z.enum(collectionNames).optional(),
  after_id: z.string().max(80).optional(),
});

/**
 * A line of a snapshot (NDJSON): a head, rows, an end. Rows stand in the order of COLLECTIONS and there in the order of
 * their ids. They are as they were at the head's cursor or later: who reads the changes from that cursor on afterwards
 * has the whole. A snapshot without an end was cut off, and is read on from its last row.
 */
export const snapshotLine = z.discriminatedUnion('t', [
  z.object({ t: z.literal('head'), epoch: z.string().min(1).max(100), cursor: z.string().max(200) }),
  z.object({
    t: z.literal('row'),
    c: z.string(),
    id: z.union([z.int(), z.string()]),
    rev: z.int().min(0),
    data: z.json(),
  }),
  z.object({ t: z.literal('end'), rows: z.int().min(0) }),
]);

/**
 * Events of `GET /sync/events` (text/event-stream), with `{}` as data: they only say that there is something to ask for,
 * or that this device was revoked. Comment lines in between show that the line is alive.
 */
export const syncEvent = z.object({ event: z.enum(['poke', 'revoke']) });

// --- Numbers ---------------------------------------------------------------------------------------------------------

export const leaseRequest = z.strictObject({
  /** Idempotency: the same id is answered with the same numbers. */
  request_id: uuid,
  business_date: businessDay,
  series,
  /** `online`: 1-699, one at a time; `reserve`: 700-999, held for when the centre does not answer. */
  kind: z.enum(['online', 'reserve']),
  n: z.int().min(1).max(40),
  /** The centre's history that the device knows; after a restore numbers are given only to who has said `hello` first. */
  epoch: z.string().max(100).optional(),
});
export const leaseAnswer = z.object({
  request_id: uuid,
  business_date: businessDay,
  series,
  /** Fewer than asked for when the day's numbers run short; empty when they are used up. */
  numbers: z.array(ticketNo),
});
export type LeaseAnswer = z.output<typeof leaseAnswer>;

/**
 * Handshake at the start, when the epoch changed, and once a day: where the device stands, and what numbers it holds, so
 * that a centre that was restored from a backup gives none twice. For each day and series the highest online number it
 * has seen, and its reserve.
 */
export const helloRequest = z.strictObject({
  epoch: z.string().max(100),
  app: z.string().max(100),
  cursor: z.string().max(200),
  /** Of the latest operation there is here, sent or not; 0 and the genesis hash when there is none. */
  last_seq: z.int().min(0),
  last_hash: opHash,
  /** The last that the centre has acknowledged, as far as is known here. */
  acked_seq: z.int().min(0),
  numbers: z
    .array(
      z.strictObject({
        business_date: businessDay,
        series,
        highest_online: z.int().min(0).max(699),
        reserve: z.array(ticketNo).max(300),
      }),
    )
    .max(100),
});
export const helloAnswer = z.object({
  epoch: z.string().min(1).max(100),
  /**
   * The next operation that the centre expects. Up to `acked_seq` of the device: the centre has forgotten operations (it
   * was restored), they are sent again from here. Beyond the next one of the device: it has lost operations (its disk is
   * an old copy), and must not go on.
   */
  expected_seq: z.int().min(1),
  durable_seq: z.int().min(0),
  /** `snapshot`: the device's cursor is of no use any more. */
  resync: z.enum(['none', 'rewind', 'snapshot']),
});

// --- Keys, time, health ----------------------------------------------------------------------------------------------

const sealingKey = z.object({
  kid: z.string().max(100),
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: base64url(32),
  y: base64url(32),
});
export type SealingKey = z.output<typeof sealingKey>;

/** JWKS with the validity of each key (kid = the key id byte of the token, as decimal text). */
export const keysAnswer = z.object({
  keys: z
    .array(
      publicJwk.extend({
        kid: z.string().regex(/^\d{1,3}$/),
        nbf: epochMs,
        exp: epochMs.nullable(),
        revoked_at: epochMs.nullable(),
      }),
    )
    .max(256),
  /** What devices seal personal data to (walk-in phone, words of a feedback). Without it they do not ask for any. */
  sealing: sealingKey.nullable().default(null),
});

export const timeAnswer = z.object({ now: epochMs });

export const healthReport = z.strictObject({
  app: z.string().max(100),
  printer: z.string().max(40),
  waiting: z.int().min(0),
  parked: z.int().min(0),
  clock_offset_ms: z.number().nullable(),
  paper_low: z.boolean().default(false),
  scanner: partState.default('unknown'),
  camera: partState.default('unknown'),
  last_visit_at: epochMs.nullable().default(null),
});

export type HealthReport = z.output<typeof healthReport>;

/** RFC 9457. `type` is a path under /problems/. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  /** With `seq-gap`. */
  expected_seq: z.int().min(1).optional(),
});
export type Problem = z.output<typeof problem>;

export const PROBLEMS = {
  'invalid-request': 400,
  'code-invalid': 400,
  unauthorized: 401,
  'device-revoked': 403,
  'not-found': 404,
  'epoch-changed': 409,
  'seq-gap': 409,
  'chain-fork': 409,
  'cursor-expired': 410,
  'too-large': 413,
  'unsupported-encoding': 415,
  'schema-unsupported': 426,
  'rate-limited': 429,
  internal: 500,
  maintenance: 503,
} as const;
export type ProblemType = keyof typeof PROBLEMS;
