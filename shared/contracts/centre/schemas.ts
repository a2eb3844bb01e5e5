import { z } from 'zod';
import {
  bookingId,
  bookingStatus,
  businessDay,
  epochMs,
  factorKind,
  hours,
  i18nText,
  officeId,
  priority,
  series,
  serviceId,
  stageState,
  ticketNo,
  ticketNumber,
  uuid,
  visitState,
  windowState,
} from '../../domain/model.ts';
import { DEFAULT_CHECKIN_POLICY } from '../../domain/decide.ts';
import { SKIPPED_NUMBERS } from '../../domain/ticket-number.ts';
import { DEFAULT_FLOOD, DEFAULT_WALK_IN_POLICY } from '../../domain/walk-in.ts';

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

/** Who goes before others (льгота), by the office's own list. */
export const priorityClaim = z.object({
  id: z.string().min(1).max(40),
  name: i18nText,
  level: z.enum(['first', 'out-of-turn']),
  /** What the desk wants to see. */
  document: i18nText.nullable().default(null),
  /** It counts from the claim on, not from when the desk has seen the document. */
  at_once: z.boolean().default(false),
});
export type PriorityClaim = z.output<typeof priorityClaim>;

/** Asked before anything optional about a person is taken; who says yes says it to this version. */
export const consentText = z.object({ version: z.string().min(1).max(40), text: i18nText });

const minutes = z.int().min(0).max(1440);

export const officeRecord = z.object({
  name: i18nText,
  subtitle: i18nText,
  address: i18nText,
  time_zone: z.string().max(64),
  /** The business day changes at this many minutes after local midnight. */
  day_change_minutes: z.int().min(0).max(720),
  languages: z.array(z.string().max(16)).min(1),
  /** The language of the staff: tickets are in it too. */
  staff_language: z.string().max(16).default('ru'),
  /** Null: not known, nobody is turned away. */
  hours: hours.nullable().default(null),
  /** What is said while it is closed. */
  closed_message: i18nText.nullable().default(null),
  priority_claims: z.array(priorityClaim).max(40).default([]),
  /** Null: no phone is asked for. */
  consent: consentText.nullable().default(null),
  skipped_numbers: z
    .array(z.int().min(1).max(999))
    .max(100)
    .default([...SKIPPED_NUMBERS]),
  /** Walk-in tickets of one screen in a row, and how soon there is room for one more. */
  flood: z
    .object({ burst: z.int().min(1).max(100), refill_seconds: z.int().min(1).max(3600) })
    .default({ burst: DEFAULT_FLOOD.burst, refill_seconds: DEFAULT_FLOOD.refillSeconds }),
  /** A booking by number wants the second factor. False only where the office has decided that a number is enough. */
  factor_required: z.boolean().default(true),
  /** What is asked after a visit. */
  feedback_reasons: z
    .array(z.object({ id: z.string().min(1).max(40), name: i18nText }))
    .max(12)
    .default([]),
});

export const serviceGroupRecord = z.object({
  name: i18nText,
  series,
  icon: z.string().max(40),
  position: z.int(),
});

/** All minutes. See shared/domain/decide.ts and walk-in.ts for what each means. */
export const servicePolicy = z.object({
  early_minutes: minutes.default(DEFAULT_CHECKIN_POLICY.earlyMinutes),
  early_announced_minutes: minutes.default(DEFAULT_CHECKIN_POLICY.earlyAnnouncedMinutes),
  late_minutes: minutes.default(DEFAULT_CHECKIN_POLICY.lateMinutes),
  grace_minutes: minutes.default(DEFAULT_CHECKIN_POLICY.graceMinutes),
  after_grace: z.enum(['walk-in', 'desk']).default(DEFAULT_CHECKIN_POLICY.afterGrace),
  walk_in: z.boolean().default(DEFAULT_WALK_IN_POLICY.allowed),
  walk_ins_per_day: z.int().min(0).nullable().default(DEFAULT_WALK_IN_POLICY.perDay),
  capacity_per_day: z.int().min(0).nullable().default(DEFAULT_WALK_IN_POLICY.capacity),
  many_wait: z.int().min(1).nullable().default(DEFAULT_WALK_IN_POLICY.manyWait),
  last_ticket_minutes: minutes.default(DEFAULT_WALK_IN_POLICY.lastTicketMinutes),
  redirect_to: serviceId.nullable().default(DEFAULT_WALK_IN_POLICY.redirectTo),
  /** A request (a slot, another time, cancelling) may be taken while the centre does not answer, said to be unconfirmed. */
  unconfirmed_requests: z.boolean().default(false),
});
export type ServicePolicy = z.output<typeof servicePolicy>;

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
  /** Other words that people look for it with. */
  keywords: i18nText.nullable().default(null),
  /** Asked for often: shown first. */
  frequent: z.boolean().default(false),
  /** Its name tells something about health: never spoken on a loudspeaker, never on a public board. */
  sensitive: z.boolean().default(false),
  /** Null: the office's. */
  hours: hours.nullable().default(null),
  policy: servicePolicy.prefault({}),
});

/** A window or room. */
export const windowRecord = z.object({
  name: i18nText,
  service_ids: z.array(serviceId).max(200),
  state: windowState,
  /** Until when this state lasts, where it is known. */
  until: epochMs.nullable().default(null),
});

/** A time that can be booked. Its id is `service-start`: `101-1763980200000`. */
export const slotRecord = z.object({
  service_id: serviceId,
  starts_at: epochMs,
  free: z.int().min(0),
});

/**
 * Shows to a device that knows neither phone nor birthday whether four digits are right: scrypt (RFC 7914) of the digits
 * with r = 8, p = 1, N = 2^cost, 32 bytes. Both base64url.
 */
export const factorVerifier = z.object({
  kind: factorKind,
  salt: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  cost: z.int().min(10).max(17),
  hash: base64url(32),
});
export type FactorVerifier = z.output<typeof factorVerifier>;

/** The kiosk's view of a booking: no names, no phone, no documents. */
export const bookingRecord = z.object({
  office_id: officeId,
  /** 8 Crockford symbols, without the dash. */
  number: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/),
  service_id: serviceId,
  /** What comes after it in the same visit, in order. */
  further_services: z.array(serviceId).max(20).default([]),
  starts_at: epochMs,
  status: bookingStatus,
  language: z.string().max(16).nullable(),
  /** The ticket given when the booking was checked in (by any device): while it is `arrived`, and when it was `served`. */
  ticket: ticketNumber.nullable(),
  /** How often it was moved. */
  revision: z.int().min(0).default(0),
  /** As much of a name as may stand on a screen in a lobby: «И. П.» */
  masked: z.string().max(40).nullable().default(null),
  factors: z.array(factorVerifier).max(2).default([]),
  priority: priority.default('none'),
  /** The same for all bookings of one person, and says nothing about who that is. */
  person: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .nullable()
    .default(null),
});

/** A visit of today as the queue sees it; of all devices of the office. Nothing of it tells who it is. */
export const visitRecord = z.object({
  business_date: businessDay,
  origin: z.enum(['booking', 'walk-in']),
  ticket: ticketNumber,
  state: visitState,
  /** What counts in the queue. */
  priority,
  arrived_at: epochMs,
  /** Booked time, when he came in time for it; else when he arrived. */
  order_at: epochMs,
  /** In their order. */
  services: z
    .array(
      z.object({
        service_id: serviceId,
        state: stageState,
        window_id: z.int().min(0).nullable(),
        called_at: epochMs.nullable(),
        serving_at: epochMs.nullable(),
        done_at: epochMs.nullable(),
      }),
    )
    .min(1)
    .max(20),
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
  ...row('window', z.int().min(0), windowRecord),
  ...row('slot', z.string().max(40), slotRecord),
  ...row('visit', uuid, visitRecord),
  ...row('setting', z.string().max(80), settingRecord),
]);
export type Change = z.output<typeof change>;
export type OfficeRecord = z.output<typeof officeRecord>;
export type ServiceGroupRecord = z.output<typeof serviceGroupRecord>;
export type ServiceRecord = z.output<typeof serviceRecord>;
export type BookingRecord = z.output<typeof bookingRecord>;
export type WindowRecord = z.output<typeof windowRecord>;
export type SlotRecord = z.output<typeof slotRecord>;
export type VisitRecord = z.output<typeof visitRecord>;
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

/** What staff should know of a visit. */
export const visitFlag = z.enum(['late', 'clock', 'superseded']);

export const checkinPayload = z.object({
  visit_id: uuid,
  booking_id: bookingId,
  service_id: serviceId,
  further_services: z.array(serviceId).max(20).default([]),
  ticket: ticketNumber,
  /** True when the device had not heard of the booking and relied on its signature. */
  provisional: z.boolean(),
  /** After his time: he stands where he arrived, not where he was booked. */
  late: z.boolean().default(false),
  /** Booked time as the device knows it; for a provisional visit that of the confirmation. */
  starts_at: epochMs.nullable().default(null),
  flags: z.array(visitFlag).max(10).default([]),
  /** How the code came in. */
  source: z.string().max(20),
});

/**
 * A compact JWE (RFC 7516: ECDH-ES with P-256, A256GCM) to the centre's sealing key, of a JSON object with `phone`
 * (E.164) and `words`. The device itself cannot read it again.
 */
const sealed = z.string().max(4000);

export const walkInPayload = z.object({
  visit_id: uuid,
  service_id: serviceId,
  further_services: z.array(serviceId).max(20).default([]),
  ticket: ticketNumber,
  language: z.string().max(16),
  /** Of the office's list. */
  claim: z.string().max(40).nullable().default(null),
  contact: z
    .object({ sealed, consent_version: z.string().max(40), consent_at: epochMs })
    .nullable()
    .default(null),
  flags: z.array(visitFlag).max(10).default([]),
});

export type WalkInPayload = z.output<typeof walkInPayload>;

/** A number set aside that the device will not use any more: it went back in the same moment from what it may give. */
export const leaseReturnPayload = z.object({ series, numbers: z.array(ticketNo).min(1).max(300) });

export const helpPayload = z.object({
  help_id: uuid,
  screen: z.string().max(40),
  reason: z.string().max(40).nullable(),
  /** True: nobody needs to come any more. */
  over: z.boolean().default(false),
});

/** Manual entry was locked on the device (`device`) or for a number (`number`) after wrong second factors. */
export const entryLockedPayload = z.object({ what: z.enum(['device', 'number']), until: epochMs });

export const feedbackPayload = z.object({
  visit_id: uuid,
  score: z.int().min(1).max(5),
  reasons: z.array(z.string().max(40)).max(3),
  sealed: sealed.nullable().default(null),
});

export const bookingCreatePayload = z.object({
  /** Made by the device, so that the request can be repeated. */
  booking_id: bookingId,
  service_id: serviceId,
  further_services: z.array(serviceId).max(20).default([]),
  starts_at: epochMs,
  language: z.string().max(16),
  contact: z
    .object({ sealed, consent_version: z.string().max(40), consent_at: epochMs })
    .nullable()
    .default(null),
});
export const bookingReschedulePayload = z.object({ booking_id: bookingId, starts_at: epochMs });
export const bookingCancelPayload = z.object({ booking_id: bookingId });
/** The visitor was told that it did not work: what the request did, if it came in after all, is undone. */
export const withdrawPayload = z.object({ op_id: uuid });

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
  /**
   * How far the device's time can be relied on: `occurred_at` is corrected already, by `offset_ms` against the device's
   * own clock; it may be off by `err_ms`. `src`: the centre's clock, the device's own, or nothing to check it by.
   */
  clock: z
    .object({ offset_ms: z.number(), err_ms: z.number().min(0), src: z.enum(['server', 'rtc', 'none']) })
    .optional(),
};
export const operation = z.discriminatedUnion('type', [
  z.object({ ...opFields, type: z.literal('checkin'), payload: checkinPayload }),
  z.object({ ...opFields, type: z.literal('walkin'), payload: walkInPayload }),
  z.object({ ...opFields, type: z.literal('lease.return'), payload: leaseReturnPayload }),
  z.object({ ...opFields, type: z.literal('help'), payload: helpPayload }),
  z.object({ ...opFields, type: z.literal('entry.locked'), payload: entryLockedPayload }),
  z.object({ ...opFields, type: z.literal('feedback'), payload: feedbackPayload }),
  z.object({ ...opFields, type: z.literal('booking.create'), payload: bookingCreatePayload }),
  z.object({ ...opFields, type: z.literal('booking.reschedule'), payload: bookingReschedulePayload }),
  z.object({ ...opFields, type: z.literal('booking.cancel'), payload: bookingCancelPayload }),
  z.object({ ...opFields, type: z.literal('request.withdraw'), payload: withdrawPayload }),
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
  /** The booking as it is now, for a request about one. */
  booking: z
    .object({
      id: bookingId,
      number: bookingRecord.shape.number,
      starts_at: epochMs,
      status: bookingStatus,
      /** Its confirmation, for the slip. */
      token: z.string().max(200).nullable().default(null),
    })
    .optional(),
});
export type OpResult = z.output<typeof opResult>;
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
 * Handshake at the start and when the epoch changed: what the device holds, so that a centre that was restored from a
 * backup gives no number twice. For each day and series the highest online number it has seen, and its reserve.
 */
export const helloRequest = z.strictObject({
  epoch: z.string().max(100),
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
export const helloAnswer = z.object({ epoch: z.string().min(1).max(100) });

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
