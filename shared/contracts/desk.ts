import { z } from 'zod';
import { STAFF_ROLES } from '../domain/rights.ts';
import { bookingId, epochMs, i18nText, priority, serviceId, ticketNumber, uuid, windowState } from '../domain/model.ts';
import { PART_STATES } from './centre/collections.ts';

/** What the desk window is told: the day of its office as one list, and one person. */

export const DESK_FILTERS = ['all', 'expected', 'waiting', 'serving', 'done', 'gone'] as const;
export const deskFilter = z.enum(DESK_FILTERS);
export type DeskFilter = z.output<typeof deskFilter>;

export const DESK_STATES = [
  /** Booked, and not here yet; `late` when his time has passed. */
  'expected',
  'late',
  'waiting',
  'called',
  'serving',
  'done',
  /** He left, cancelled, or did not come. */
  'left',
  'cancelled',
  'no-show',
] as const;
export const deskState = z.enum(DESK_STATES);
export type DeskState = z.output<typeof deskState>;

/** A booking of today, a visit, or both in one: somebody. */
export const deskRow = z.strictObject({
  /** Stays the same while he goes from booked to served. */
  key: z.string().max(80),
  booking: bookingId.nullable(),
  visit: uuid.nullable(),
  /** Booked time; of a walk-in, when he came. */
  at: epochMs,
  /** Null of a walk-in, and while it has not come from the centre. */
  name: z.string().max(200).nullable(),
  service: i18nText,
  /** Further services of the same visit. */
  more: z.int().min(0),
  number: ticketNumber.nullable(),
  state: deskState,
  /** Where he was called to. */
  window: i18nText.nullable(),
  /** Since when he waits; null when he does not. */
  since: epochMs.nullable(),
  /** Which of his services is the next one, or the present one. */
  next: z.int().min(0),
  priority,
  /** A claim to go before others whose document nobody has seen yet. */
  claimed: z.boolean(),
  /** The centre has not confirmed this booking, or does not know it. */
  provisional: z.boolean(),
});
export type DeskRow = z.output<typeof deskRow>;

export const deskTiles = z.strictObject({
  waiting: z.int().min(0),
  /** Of those who were called today, minutes; null when nobody was. */
  averageMinutes: z.int().min(0).nullable(),
  /** Who waits for longer than the limit. */
  tooLong: z.int().min(0),
  arrived: z.int().min(0),
  /** Everybody who is or was expected today. */
  expected: z.int().min(0),
});

export const deskList = z.strictObject({
  total: z.int().min(0),
  rows: z.array(deskRow),
  /** Place of the first row of now, of those that fit: where the list opens. */
  now: z.int().min(0),
  tiles: deskTiles,
  /** Rows for each filter. */
  counts: z.record(deskFilter, z.int().min(0)),
  /** Minutes of waiting from which a row is shown as one to watch, and as too long. */
  warnMinutes: z.int().min(1),
  limitMinutes: z.int().min(1),
});
export type DeskList = z.output<typeof deskList>;

/** One service of a person's visit, and how far it is. */
export const deskStage = z.strictObject({
  id: serviceId,
  name: i18nText,
  /** Of the visit; null while there is none. */
  position: z.int().min(0).nullable(),
  state: z.enum(['waiting', 'called', 'serving', 'done', 'skipped']).nullable(),
});

/** One person, with what may be done. */
export const deskCard = z.strictObject({
  row: deskRow,
  /** As it is printed, 8 symbols. */
  bookingNumber: z.string().max(20).nullable(),
  phone: z.string().max(40).nullable(),
  document: z.string().max(100).nullable(),
  note: z.string().max(500).nullable(),
  people: z.int().min(1),
  companion: z.boolean(),
  services: z.array(deskStage),
  papers: z.array(i18nText),
  /** What he claims, and the kind of document that was seen. */
  claim: z
    .strictObject({
      id: z.string().max(40),
      name: i18nText.nullable(),
      document: z.string().max(100).nullable(),
      confirmed: z.boolean(),
    })
    .nullable(),
  /** What the rules say to a check-in now. */
  decision: z.discriminatedUnion('may', [
    z.strictObject({ may: z.literal(true), late: z.boolean(), minutes: z.int() }),
    z.strictObject({
      may: z.literal(false),
      reason: z.string().max(40),
      at: epochMs.nullable(),
      /** Staff may let him in with a reason; `second`: only two of them together. */
      override: z.enum(['no', 'reason', 'second']),
    }),
  ]),
  /** Papers that were printed of his ticket here; null when it was not given here. */
  copies: z.int().min(0).nullable(),
  /** He may be taken out of the queue again. */
  undoable: z.boolean(),
  /** He has not come, and his time can be moved or taken back. */
  movable: z.boolean(),
});
export type DeskCard = z.output<typeof deskCard>;

/** Whom a code belongs to. */
export const deskScan = z.discriminatedUnion('found', [
  z.strictObject({ found: z.literal(true), key: z.string().max(80) }),
  /**
   * Why there is nobody: `not-here` of a booking that has not arrived here (`signed`: its code is good, so it may be
   * checked in by the code itself), `not-today` of a ticket, or why the code could not be read.
   */
  z.strictObject({ found: z.literal(false), reason: z.string().max(40), signed: z.boolean() }),
]);

// --- Staff -----------------------------------------------------------------------------------------------------------

export const staffPerson = z.strictObject({
  id: z.string().min(1).max(64),
  /** As shown: «Анна К.». */
  name: z.string().max(100),
  role: z.enum(STAFF_ROLES),
  /** A code of the authenticator is asked for too. */
  totp: z.boolean(),
});
export type StaffPerson = z.output<typeof staffPerson>;

export const staffState = z.strictObject({
  phase: z.enum(['signed-out', 'signed-in', 'locked']),
  /** Who is signed in, also while it is locked. */
  person: staffPerson.nullable(),
  /** What he may do: names of rights. */
  rights: z.array(z.string().max(40)),
  /** Who may sign in here. */
  people: z.array(staffPerson).max(2000),
  /** The code of the sealed envelope may be used. */
  emergency: z.boolean(),
});
export type StaffState = z.output<typeof staffState>;

export const signInOutcome = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('in'), state: staffState }),
  /** The same for an unknown person and a wrong PIN. */
  z.strictObject({ outcome: z.literal('wrong'), left: z.int().min(0).nullable() }),
  z.strictObject({ outcome: z.literal('wait'), seconds: z.int().min(0) }),
  z.strictObject({ outcome: z.literal('totp-needed') }),
  /** His role needs a second factor, and he has none; or the clock is too far off for one. */
  z.strictObject({ outcome: z.literal('totp-impossible'), why: z.enum(['no-secret', 'clock']) }),
]);
export type SignInOutcome = z.output<typeof signInOutcome>;

export const pin = z.string().regex(/^\d{4,12}$/);
export const totpCode = z.string().regex(/^\d{6}$/);

// --- The queue -------------------------------------------------------------------------------------------------------

export const deskQueue = z.strictObject({
  services: z.array(
    z.strictObject({
      id: serviceId,
      name: i18nText,
      waiting: z.int().min(0),
      /** Who waits longest, since when. */
      since: epochMs.nullable(),
      /** Minutes that those who were called today had waited, on average. */
      averageMinutes: z.int().min(0).nullable(),
      /** What somebody who comes now may be told. */
      estimate: z.strictObject({ fromMinutes: z.int(), toMinutes: z.int() }).nullable(),
      /** The next free times that can be booked. */
      slots: z.array(epochMs).max(5),
      windows: z.array(z.int()),
      /** In the order in which they are called. */
      people: z.array(deskRow).max(500),
    }),
  ),
  windows: z.array(
    z.strictObject({
      id: z.int(),
      name: i18nText,
      state: windowState,
      until: epochMs.nullable(),
      services: z.array(serviceId),
      /** Who is called to it or served at it. */
      at: z
        .strictObject({ row: deskRow, position: z.int().min(0), state: z.enum(['called', 'serving']), since: epochMs })
        .nullable(),
      /** Whose turn it is here. */
      next: deskRow.nullable(),
    }),
  ),
  warnMinutes: z.int().min(1),
  limitMinutes: z.int().min(1),
});
export type DeskQueue = z.output<typeof deskQueue>;

// --- The machines of the office, and who calls from them -----------------------------------------------------------------

export const DEVICE_PROBLEMS = [
  'never',
  'silent',
  'revoked',
  'closed',
  'printer',
  'paper-low',
  'scanner',
  'camera',
  'parked',
  'waiting',
  'clock',
] as const;

export const deskDevice = z.strictObject({
  id: uuid,
  /** This very machine. */
  own: z.boolean(),
  slot: z.int(),
  name: z.string().max(200),
  roles: z.array(z.enum(['kiosk', 'desk'])),
  app: z.string().max(100),
  seenAt: epochMs.nullable(),
  printer: z.string().max(40),
  paperLow: z.boolean(),
  scanner: z.enum(PART_STATES),
  camera: z.enum(PART_STATES),
  waiting: z.int().min(0),
  parked: z.int().min(0),
  clockOffsetMs: z.number().nullable(),
  lastVisitAt: epochMs.nullable(),
  closed: z.boolean(),
  message: i18nText.nullable(),
  /** What is wrong with it, the worst first. */
  problems: z.array(z.enum(DEVICE_PROBLEMS)),
});
export type DeskDevice = z.output<typeof deskDevice>;

export const deskHelp = z.strictObject({
  id: uuid,
  device: uuid,
  deviceName: z.string().max(200),
  slot: z.int().nullable(),
  at: epochMs,
  screen: z.string().max(40),
  reason: z.string().max(40).nullable(),
  state: z.enum(['open', 'taken', 'over']),
  by: z.string().max(64).nullable(),
  byName: z.string().max(100).nullable(),
  /** Whom he has shown there: the row's key, where he is of today. */
  key: z.string().max(80).nullable(),
});
export type DeskHelp = z.output<typeof deskHelp>;

export const deskOffice = z.strictObject({ devices: z.array(deskDevice), help: z.array(deskHelp) });
export type DeskOffice = z.output<typeof deskOffice>;

// --- To decide -------------------------------------------------------------------------------------------------------

export const DECISIONS = ['seen', 'split', 'retry', 'came-out', 'copy'] as const;
export const deskTask = z.strictObject({
  id: z.string().max(80),
  /** `conflict`: facts contradict each other; `request`: the centre said no; `parked`: it could not be told; `print`: nobody knows whether a paper came out. */
  kind: z.enum(['conflict', 'request', 'parked', 'print']),
  /** What of that kind: the conflict's type, the operation's type, or the problem's. */
  type: z.string().max(60),
  problem: z.string().max(200).nullable(),
  at: epochMs,
  name: z.string().max(200).nullable(),
  number: ticketNumber.nullable(),
  /** The ticket that it collides with. */
  other: ticketNumber.nullable(),
  service: i18nText.nullable(),
  /** When what it collides with happened. */
  since: epochMs.nullable(),
  key: z.string().max(80).nullable(),
  choices: z.array(z.enum(DECISIONS)).min(1),
});
export type DeskTask = z.output<typeof deskTask>;

/** What must not be forgotten between two people at one desk. */
export const handover = z.strictObject({
  at: epochMs,
  by: z.string().max(100),
  text: z.string().max(1000),
});
export type Handover = z.output<typeof handover>;
