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
  ticketNumber,
  uuid,
  visitState,
  windowState,
} from '../../domain/model.ts';
import { DEFAULT_CHECKIN_POLICY } from '../../domain/decide.ts';
import { STAFF_ROLES } from '../../domain/rights.ts';
import { dayNumbersRecord } from './day-numbers.ts';
import { SKIPPED_NUMBERS } from '../../domain/ticket-number.ts';
import { DEFAULT_FLOOD, DEFAULT_WALK_IN_POLICY } from '../../domain/walk-in.ts';

/** What a device holds of the centre: the collections of the feed and the form of their rows. */

/** Base64url without padding. */
export const base64url = (bytes: number) =>
  z.string().regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 8) / 6)}}$`));

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
  /** How many more than there are places the centre may give a slot to. */
  overbook: z.int().min(0).max(100).default(0),
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
  /** Where his number was given: by himself at a kiosk, or by staff at a desk. */
  via: z.enum(['kiosk', 'desk']).default('kiosk'),
  ticket: ticketNumber,
  /** Further tickets of the same visit (checked in twice while offline): whoever is called by one of them is this one. */
  also: z.array(ticketNumber).max(10).default([]),
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

// --- What only a desk gets -------------------------------------------------------------------------------------------

/** Who booked, in clear. Its id is the booking's. Devices that are no desk never get a row of this collection. */
export const personRecord = z.object({
  name: z.string().max(200),
  phone: z.string().max(40).nullable().default(null),
  /** Kind and last digits of the document, as the booking portal keeps it. */
  document: z.string().max(100).nullable().default(null),
});
export type PersonRecord = z.output<typeof personRecord>;

/** What staff may know of a visit beside the queue. Its id is the visit's. */
export const visitDetailRecord = z.object({
  business_date: businessDay,
  booking_id: bookingId.nullable(),
  /** What was claimed, and whether the document was seen. */
  claim: z
    .object({
      id: z.string().max(40),
      level: priority,
      confirmed: z.boolean(),
      /** The kind of document that staff have seen; never its number. */
      document: z.string().max(100).nullable().default(null),
    })
    .nullable()
    .default(null),
  /** A phone that was left with a walk-in, opened by the centre. */
  phone: z.string().max(40).nullable().default(null),
  note: z.string().max(500).nullable().default(null),
  /** How many come together. */
  people: z.int().min(1).max(99).default(1),
  /** Somebody comes with him who helps him. */
  companion: z.boolean().default(false),
  /** What the device wants staff to know: `late`, `clock`, `superseded`. */
  flags: z.array(z.string().max(20)).max(10).default([]),
});
export type VisitDetailRecord = z.output<typeof visitDetailRecord>;

/**
 * What contradicts what, for a person to decide: facts are never refused, so they may collide. Its id is the operation's
 * that brought it to light.
 */
export const CONFLICTS = [
  'double-checkin',
  'from-cancelled',
  'cancel-reverted',
  'other-day',
  'other-office',
  'already-served',
  'needs-redirect',
  'possible-duplicate',
  'number-used-twice',
  'request-rejected',
  'no-show-withdrawn',
] as const;
export const conflictRecord = z.object({
  type: z.enum(CONFLICTS),
  business_date: businessDay,
  at: epochMs,
  visit_id: uuid.nullable(),
  /** The visit that it collides with. */
  other_visit_id: uuid.nullable(),
  booking_id: bookingId.nullable(),
  /** A service to send the visitor to (`needs-redirect`). */
  service_id: serviceId.nullable().default(null),
  /** When what it collides with happened (a cancellation). */
  since: epochMs.nullable().default(null),
  /** Somebody has to do something about it; false: to be known only. */
  open: z.boolean(),
});
export type ConflictRecord = z.output<typeof conflictRecord>;

/** Shows whether a PIN is right: scrypt (RFC 7914) of its digits with r = 8, p = 1, N = 2^cost, 32 bytes. Both base64url. */
export const pinVerifier = z.object({
  salt: z.string().regex(/^[A-Za-z0-9_-]{22,64}$/),
  cost: z.int().min(14).max(18),
  hash: base64url(32),
});

/** Who may sign in at a desk, and what shows that it is he, so that it works without the centre too. */
export const staffRecord = z.object({
  /** As shown: «Анна К.». */
  name: z.string().min(1).max(100),
  role: z.enum(STAFF_ROLES),
  pin: pinVerifier,
  /** The secret of RFC 6238 (SHA-1, 30 s, 6 digits) in base32; null: no second factor is set up. */
  totp: z
    .string()
    .regex(/^[A-Z2-7]{16,64}$/)
    .nullable()
    .default(null),
  /** False: he does not work here any more. */
  active: z.boolean().default(true),
  /** After it this row opens no door: a desk that has not heard from the centre for long must not trust it for ever. */
  valid_until: epochMs.nullable().default(null),
  /** The code of a sealed envelope, for when nobody who may can sign in. Opens once; then the centre makes another. */
  emergency: z.boolean().default(false),
});
export type StaffRecord = z.output<typeof staffRecord>;

// --- How the office's machines are -----------------------------------------------------------------------------------

/** Somebody at a kiosk asks for a person. Its id is the call's. Kiosks get it too: who calls sees that he is heard. */
export const helpRecord = z.object({
  business_date: businessDay,
  device_id: uuid,
  at: epochMs,
  /** What the kiosk's screen shows: its id. */
  screen: z.string().max(40),
  /** Why it went no further there: a reason of a refusal. */
  reason: z.string().max(40).nullable(),
  /** What he has shown there, so that the desk can go on with it. */
  booking_id: bookingId.nullable().default(null),
  visit_id: uuid.nullable().default(null),
  state: z.enum(['open', 'taken', 'over']),
  /** The member of staff who took it. */
  by: z.string().max(64).nullable().default(null),
  taken_at: epochMs.nullable().default(null),
  over_at: epochMs.nullable().default(null),
  /** The visit that it led to: its number may be shown at the kiosk. */
  result_visit: uuid.nullable().default(null),
});
export type HelpRecord = z.output<typeof helpRecord>;

export const PART_STATES = ['ok', 'missing', 'failing', 'unknown'] as const;
export const partState = z.enum(PART_STATES);
export type PartState = z.output<typeof partState>;

/** A device of the office as the centre last heard of it, and what it is told to do. */
export const deviceRecord = z.object({
  slot_no: z.int().min(1).max(99),
  name: z.string().max(200),
  roles: z.array(z.enum(['kiosk', 'desk'])).min(1),
  app: z.string().max(100),
  /** When it was heard last, to some minutes. */
  seen_at: epochMs.nullable(),
  printer: z.string().max(40),
  paper_low: z.boolean().default(false),
  scanner: partState.default('unknown'),
  camera: partState.default('unknown'),
  /** Operations that wait, and that were put aside. */
  waiting: z.int().min(0).default(0),
  parked: z.int().min(0).default(0),
  clock_offset_ms: z.number().nullable().default(null),
  last_visit_at: epochMs.nullable().default(null),
  revoked: z.boolean().default(false),
  /** What a desk has ordered of it. */
  order: z
    .object({
      /** It takes no visitors. */
      closed: z.boolean().default(false),
      /** Said on its screen. */
      message: i18nText.nullable().default(null),
      /** Another value than the one it has done: it is to start anew. */
      restart: uuid.nullable().default(null),
    })
    .prefault({}),
});
export type DeviceRecord = z.output<typeof deviceRecord>;

/** Collections in the order of a snapshot, and how their ids are ordered: numbers by value, texts by their bytes. */
export const COLLECTIONS = {
  office: 'number',
  service_group: 'number',
  service: 'number',
  window: 'number',
  setting: 'text',
  staff: 'text',
  device: 'text',
  slot: 'text',
  visit: 'text',
  booking: 'text',
  person: 'text',
  visit_detail: 'text',
  conflict: 'text',
  help: 'text',
  day_numbers: 'text',
} as const;
export type CollectionName = keyof typeof COLLECTIONS;
/** Never in a kiosk's feed. */
export const DESK_COLLECTIONS: readonly CollectionName[] = [
  'staff',
  'person',
  'visit_detail',
  'conflict',
  'day_numbers',
];

/**
 * A row of the change feed. `del` is a tombstone; `evict` means it left this device's window or rights. With `purge` the
 * device also forgets what it derived from it, and confirms that by a `purge.done`.
 */
const row = <C extends string, K extends z.ZodType, D extends z.ZodType>(collection: C, id: K, data: D) =>
  [
    z.object({ seq: z.int(), c: z.literal(collection), id, rev: z.int().min(0), op: z.literal('put'), data }),
    z.object({
      seq: z.int(),
      c: z.literal(collection),
      id,
      rev: z.int().min(0),
      op: z.enum(['del', 'evict']),
      purge: z.boolean().default(false),
    }),
  ] as const;

/** The envelope alone: a row of a collection this version does not know is skipped, not refused. */
export const changeEnvelope = z.looseObject({ seq: z.int(), c: z.string(), op: z.string() });

/** What identifies a row of a collection, and what is in it. */
export const RECORDS = {
  office: { id: officeId, data: officeRecord },
  service_group: { id: z.int().min(0), data: serviceGroupRecord },
  service: { id: serviceId, data: serviceRecord },
  window: { id: z.int().min(0), data: windowRecord },
  setting: { id: z.string().max(80), data: settingRecord },
  slot: { id: z.string().max(40), data: slotRecord },
  visit: { id: uuid, data: visitRecord },
  booking: { id: bookingId, data: bookingRecord },
  person: { id: bookingId, data: personRecord },
  visit_detail: { id: uuid, data: visitDetailRecord },
  conflict: { id: uuid, data: conflictRecord },
  staff: { id: z.string().min(1).max(64), data: staffRecord },
  device: { id: uuid, data: deviceRecord },
  help: { id: uuid, data: helpRecord },
  day_numbers: { id: businessDay, data: dayNumbersRecord },
} as const satisfies Record<CollectionName, { id: z.ZodType; data: z.ZodType }>;

export const change = z.union([
  ...row('office', RECORDS.office.id, RECORDS.office.data),
  ...row('service_group', RECORDS.service_group.id, RECORDS.service_group.data),
  ...row('service', RECORDS.service.id, RECORDS.service.data),
  ...row('window', RECORDS.window.id, RECORDS.window.data),
  ...row('setting', RECORDS.setting.id, RECORDS.setting.data),
  ...row('slot', RECORDS.slot.id, RECORDS.slot.data),
  ...row('visit', RECORDS.visit.id, RECORDS.visit.data),
  ...row('booking', RECORDS.booking.id, RECORDS.booking.data),
  ...row('person', RECORDS.person.id, RECORDS.person.data),
  ...row('visit_detail', RECORDS.visit_detail.id, RECORDS.visit_detail.data),
  ...row('conflict', RECORDS.conflict.id, RECORDS.conflict.data),
  ...row('staff', RECORDS.staff.id, RECORDS.staff.data),
  ...row('device', RECORDS.device.id, RECORDS.device.data),
  ...row('help', RECORDS.help.id, RECORDS.help.data),
  ...row('day_numbers', RECORDS.day_numbers.id, RECORDS.day_numbers.data),
]);
export type Change = z.output<typeof change>;
export type OfficeRecord = z.output<typeof officeRecord>;
export type ServiceGroupRecord = z.output<typeof serviceGroupRecord>;
export type ServiceRecord = z.output<typeof serviceRecord>;
export type BookingRecord = z.output<typeof bookingRecord>;
export type WindowRecord = z.output<typeof windowRecord>;
export type SlotRecord = z.output<typeof slotRecord>;
export type VisitRecord = z.output<typeof visitRecord>;
