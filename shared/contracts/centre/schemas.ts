import { z } from 'zod';
import {
  bookingId,
  bookingStatus,
  businessDay,
  epochMs,
  i18nText,
  officeId,
  series,
  serviceId,
  ticketNo,
  ticketNumber,
  uuid,
} from '../../domain/model.ts';

/**
 * RegSync/1: what a device and the central booking API say to each other, under `/kiosk/v1`, JSON over HTTPS.
 * Field names are snake_case on this wire. Readers keep unknown fields out of the way: objects that come from the
 * centre are read loosely (z.object strips what it does not know), so that a newer centre does not stop an older kiosk.
 */
export const SCHEMA_VERSION = 1;
export const API_PREFIX = '/kiosk/v1';

/** Base64url without padding. */
const base64url = (bytes: number) => z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 8) / 6)}}$`));

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

/** RFC 7523 client assertion: a JWS (EdDSA) with iss = sub = device_id, aud = the centre's base URL, nonce. */
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

// --- Collections -----------------------------------------------------------------------------------------------------

export const officeRecord = z.object({
  name: i18nText,
  subtitle: i18nText,
  address: i18nText,
  time_zone: z.string().max(64),
  /** The business day changes at this many minutes after local midnight. */
  day_change_minutes: z.int().min(0).max(720),
  languages: z.array(z.string().max(16)).min(1),
});

export const serviceGroupRecord = z.object({
  name: i18nText,
  series,
  icon: z.string().max(40),
  position: z.int(),
});

export const serviceRecord = z.object({
  group_id: z.int().min(0),
  name: i18nText,
  hint: i18nText.nullable(),
  papers: z.array(i18nText).max(20),
  icon: z.string().max(40),
  place: i18nText.nullable(),
  duration_minutes: z.number().positive(),
  duration_spread_minutes: z.number().min(0),
  position: z.int(),
});

/** The kiosk's view of a booking: no names, no phone, no documents. */
export const bookingRecord = z.object({
  office_id: officeId,
  /** 8 Crockford symbols, without the dash. */
  number: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/),
  service_id: serviceId,
  starts_at: epochMs,
  status: bookingStatus,
  language: z.string().max(16).nullable(),
  /** The ticket given when the booking was checked in (by any device), while it is `arrived`. */
  ticket: ticketNumber.nullable(),
});

/** A setting for the devices of the office: the middle layer between the program's own defaults and the device's file. */
export const settingRecord = z.object({ value: z.json() });

/** A row of the change feed. `del` is a tombstone; `evict` means it left this device's window or rights. */
const row = <C extends string, K extends z.ZodType, D extends z.ZodType>(collection: C, id: K, data: D) =>
  [
    z.object({ seq: z.int(), c: z.literal(collection), id, rev: z.int().min(0), op: z.literal('put'), data }),
    z.object({ seq: z.int(), c: z.literal(collection), id, rev: z.int().min(0), op: z.enum(['del', 'evict']) }),
  ] as const;

/** The envelope alone: a row of a collection this version does not know is skipped, not refused. */
export const changeEnvelope = z.looseObject({ seq: z.int(), c: z.string(), op: z.string() });

export const change = z.union([
  ...row('office', officeId, officeRecord),
  ...row('service_group', z.int().min(0), serviceGroupRecord),
  ...row('service', serviceId, serviceRecord),
  ...row('booking', bookingId, bookingRecord),
  ...row('setting', z.string().max(80), settingRecord),
]);
export type Change = z.output<typeof change>;
export type OfficeRecord = z.output<typeof officeRecord>;
export type ServiceGroupRecord = z.output<typeof serviceGroupRecord>;
export type ServiceRecord = z.output<typeof serviceRecord>;
export type BookingRecord = z.output<typeof bookingRecord>;
export const changesQuery = z.strictObject({
  /** Opaque; absent or empty means from the start. */
  cursor: z.string().max(200).default(''),
  limit: z.coerce.number().int().min(1).max(1000).default(500),
  /** Long poll: seconds to wait for something new. */
  wait: z.coerce.number().int().min(0).max(25).default(0),
});

export const changesAnswer = z.object({
  epoch: z.string(),
  cursor: z.string(),
  has_more: z.boolean(),
  /** Read one by one with `change`, so that one bad row does not hold up the page. */
  changes: z.array(changeEnvelope),
});

// --- Operations ------------------------------------------------------------------------------------------------------

export const checkinPayload = z.object({
  visit_id: uuid,
  booking_id: bookingId,
  service_id: serviceId,
  ticket: ticketNumber,
  /** True when the device had not heard of the booking and relied on its signature. */
  provisional: z.boolean(),
  /** How the code came in. */
  source: z.string().max(20),
});

export const reprintPayload = z.object({ visit_id: uuid, copy: z.int().min(1) });

/** A code that was refused: the reason and a hash of the text, nothing else. */
export const failedScanPayload = z.object({
  reason: z.string().max(40),
  text_sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const opFields = {
  op_id: uuid,
  /** Grows by one per device, without gaps. */
  seq: z.int().min(1),
  /** `fact`: it already happened in the room and is never rejected; `request`: needs the centre's consent. */
  kind: z.enum(['fact', 'request']),
  entity_id: z.string().max(64),
  business_date: businessDay,
  occurred_at: epochMs,
};
export const operation = z.discriminatedUnion('type', [
  z.object({ ...opFields, type: z.literal('checkin'), payload: checkinPayload }),
  z.object({ ...opFields, type: z.literal('ticket.reprint'), payload: reprintPayload }),
  z.object({ ...opFields, type: z.literal('scan.failed'), payload: failedScanPayload }),
]);
export type Operation = z.output<typeof operation>;

export const MAX_OPS = 200;
/** The operations are read one by one by the centre: one that cannot be read never fails the batch. */
export const opsRequest = z.strictObject({
  ops: z
    .array(z.looseObject({ op_id: uuid, seq: z.int().min(1) }))
    .min(1)
    .max(MAX_OPS),
});

export const opStatus = z.enum(['applied', 'duplicate', 'merged', 'conflict_recorded', 'rejected', 'deferred']);
export const opResult = z.object({
  op_id: uuid,
  status: opStatus,
  /** Why it was rejected or what it collides with. */
  problem: z.object({ type: z.string(), title: z.string() }).optional(),
});
export const opsAnswer = z.object({
  epoch: z.string(),
  /** All operations up to this sequence are known to the centre. */
  acked_seq: z.int().min(0),
  /** ... and are in its off-site backup: the device may forget them. */
  durable_seq: z.int().min(0),
  results: z.array(opResult),
});
export type OpsAnswer = z.output<typeof opsAnswer>;

// --- Numbers ---------------------------------------------------------------------------------------------------------

export const leaseRequest = z.strictObject({
  /** Idempotency: the same id is answered with the same numbers. */
  request_id: uuid,
  business_date: businessDay,
  series,
  /** `online`: 1-699, one at a time; `reserve`: 700-999, held for when the centre does not answer. */
  kind: z.enum(['online', 'reserve']),
  n: z.int().min(1).max(40),
});
export const leaseAnswer = z.object({
  request_id: uuid,
  business_date: businessDay,
  series,
  /** Fewer than asked for when the day's numbers run short; empty when they are used up. */
  numbers: z.array(ticketNo),
});
export type LeaseAnswer = z.output<typeof leaseAnswer>;

// --- Keys, time, health ----------------------------------------------------------------------------------------------

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
});

export const timeAnswer = z.object({ now: epochMs });

export const healthReport = z.strictObject({
  app: z.string().max(100),
  printer: z.string().max(40),
  waiting: z.int().min(0),
  parked: z.int().min(0),
  clock_offset_ms: z.number().nullable(),
});

/** RFC 9457. `type` is a path under /problems/. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
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
  'cursor-expired': 410,
  'too-large': 413,
  'schema-unsupported': 426,
  'rate-limited': 429,
  internal: 500,
  maintenance: 503,
} as const;
export type ProblemType = keyof typeof PROBLEMS;
