import { z } from 'zod';
import {
  blockReason,
  bookingId,
  businessDay,
  epochMs,
  grade,
  i18nText,
  jobState,
  language,
  officeId,
  serviceId,
  ticketNumber,
  uuid,
} from '../domain/model.ts';
import { REFUSALS } from '../domain/decide.ts';
import { WALK_IN_REFUSALS } from '../domain/walk-in.ts';

/** What windows may see: the forms of what the contract's methods answer. */

export const officeView = z.strictObject({
  id: officeId,
  name: i18nText,
  /** The second line of the header: the district or the address. */
  subtitle: i18nText,
  timeZone: z.string(),
  languages: z.array(language).min(1),
  /** By its hours; open when they are not known. */
  open: z.boolean(),
  opensAt: epochMs.nullable(),
  closesAt: epochMs.nullable(),
  /** What is said while it is closed, or about today. */
  message: i18nText.nullable(),
});
export type OfficeView = z.output<typeof officeView>;

export const printJobView = z.strictObject({
  id: uuid,
  ticket: uuid,
  /** 0 is the first paper; 1, 2 ... are copies and carry «ПОВТОР». */
  copy: z.int().min(0),
  state: jobState,
  reason: blockReason.nullable(),
  grade: grade.nullable(),
  /** The printer that has it, by its id; not there while nobody has tried. */
  printer: z.string().max(20).optional(),
  /** Printed because a person said so, who was asked; the printer did not. */
  word: z.enum(['visitor', 'staff']).optional(),
});
export type PrintJobView = z.output<typeof printJobView>;

/** The wait as it may be told to people: a range of minutes, or why there is none. */
export const estimateView = z.discriminatedUnion('known', [
  z.strictObject({
    known: z.literal(true),
    ahead: z.int().min(0),
    fromMinutes: z.int().min(0),
    toMinutes: z.int().min(0),
  }),
  z.strictObject({
    known: z.literal(false),
    why: z.enum(['stale', 'no-window', 'no-data']),
    ahead: z.int().min(0).nullable(),
  }),
]);
export type EstimateView = z.output<typeof estimateView>;

/** One service of a visit and where it is given. */
export const stationView = z.strictObject({ service: i18nText, place: i18nText.nullable() });
export type StationView = z.output<typeof stationView>;

export const visitView = z.strictObject({
  id: uuid,
  number: ticketNumber,
  /** The first of `stations`. */
  service: i18nText,
  /** All services in their order. */
  stations: z.array(stationView).min(1),
  origin: z.enum(['booking', 'walk-in']),
  /** Booked time; null for a walk-in. */
  startsAt: epochMs.nullable(),
  arrivedAt: epochMs,
  /** Window, room or hall of the first service, where it is known. */
  place: i18nText.nullable(),
  papers: z.array(i18nText),
  /** As told when the number was given. */
  estimate: estimateView,
  /** A claim to be served before others; `confirmed` when it counts already. */
  claim: z.strictObject({ name: i18nText, document: i18nText.nullable(), confirmed: z.boolean() }).nullable(),
  /** He came after his time: he stands where he came. */
  late: z.boolean(),
});
export type VisitView = z.output<typeof visitView>;

/** A booking whose holder has shown that it is his; nobody is named. */
export const bookingView = z.strictObject({
  id: bookingId,
  /** 8 symbols, without the dash. */
  number: z.string(),
  services: z.array(i18nText).min(1),
  serviceIds: z.array(serviceId).min(1),
  startsAt: epochMs,
  /** «И. П.», so that one of two can be told from the other. */
  masked: z.string().nullable(),
  /** What can be done with it now. `ready`: check in; `early`: from `opensAt`. */
  state: z.enum(['ready', 'early', 'late', 'checked-in', 'other-day', 'cancelled', 'other-office']),
  opensAt: epochMs.nullable(),
  /** It may be moved or cancelled here. */
  movable: z.boolean(),
});
export type BookingView = z.output<typeof bookingView>;

/** What the visitor can do next, as data; the words are the page's. */
export const nextStep = z.discriminatedUnion('step', [
  /** Print the same ticket again (marked as a copy). */
  z.strictObject({ step: z.literal('copy'), visit: visitView }),
  z.strictObject({
    step: z.literal('go-to-office'),
    name: i18nText,
    address: i18nText,
    /** Today, where its hours are known. */
    hours: z.array(z.strictObject({ from: epochMs, until: epochMs })).nullable(),
  }),
  z.strictObject({ step: z.literal('come-on'), date: businessDay, at: epochMs }),
  /** Today, from this time on. */
  z.strictObject({ step: z.literal('come-back'), at: epochMs }),
  /** The booking has another time now, and that is now. Needs `case` of the answer. */
  z.strictObject({ step: z.literal('check-in'), booking: bookingId, startsAt: epochMs }),
  /** A number without a booking, for this service if one is named. */
  z.strictObject({ step: z.literal('walk-in'), service: serviceId.nullable() }),
  /** Another time for this booking. Needs `case`. `soonest`: the next free time, where it is known. */
  z.strictObject({ step: z.literal('reschedule'), booking: bookingView, soonest: epochMs.nullable() }),
  /** A free time for these services. */
  z.strictObject({ step: z.literal('slots'), services: z.array(serviceId).min(1), soonest: epochMs.nullable() }),
  z.strictObject({ step: z.literal('other-service'), service: serviceId, name: i18nText }),
  z.strictObject({ step: z.literal('feedback'), visit: uuid, number: ticketNumber }),
  z.strictObject({ step: z.literal('scan-again') }),
  z.strictObject({ step: z.literal('type-number') }),
  z.strictObject({ step: z.literal('call-staff') }),
]);
export type NextStep = z.output<typeof nextStep>;

export const refusalReason = z.enum([
  ...REFUSALS,
  /** Number and second factor do not belong together; which of them is wrong is not told. */
  'no-match',
  /** Too many wrong tries; `until` tells when it can be tried again. */
  'locked',
  /** What was identified here was too long ago: once more, please. */
  'case-expired',
  ...WALK_IN_REFUSALS,
  // Of a request.
  'slot-taken',
  'request-rejected',
  /** It needs the centre, which does not answer. */
  'centre-away',
]);
export type RefusalReason = z.output<typeof refusalReason>;

export const refusedOutcome = z.strictObject({
  outcome: z.literal('refused'),
  reason: refusalReason,
  next: z.array(nextStep).min(1),
  /** What is known of the booking without naming anybody. */
  booking: z.strictObject({ startsAt: epochMs, service: i18nText.nullable() }).nullable(),
  /** The number already given today, for `already-used`. */
  number: ticketNumber.nullable(),
  /** `locked`, `flood`: until when; `closed`: when it opens. */
  until: epochMs.nullable(),
  /** Said by the office: why it is closed. */
  message: i18nText.nullable(),
  /** Allows what the next steps offer for a booking; for five minutes. */
  case: uuid.nullable(),
});
export type RefusedOutcome = z.output<typeof refusedOutcome>;

export const acceptedOutcome = z.strictObject({
  outcome: z.literal('accepted'),
  visit: visitView,
  job: printJobView,
  /** The confirmation is signed and valid but this device has not heard of the booking yet. */
  provisional: z.boolean(),
  /** The language of the booking, where known: the flow may follow it. */
  language: language.nullable(),
});

export const scanOutcome = z.discriminatedUnion('outcome', [
  acceptedOutcome,
  refusedOutcome,
  /** A bare booking number was read: four digits that only its holder knows are asked for. Said of every number. */
  z.strictObject({ outcome: z.literal('factor'), number: z.string() }),
  /** Several bookings of one person, or the visitor wants to move or cancel: which one? */
  z.strictObject({
    outcome: z.literal('choose'),
    case: uuid,
    purpose: z.enum(['check-in', 'manage']),
    bookings: z.array(bookingView).min(1).max(20),
    language: language.nullable(),
  }),
  /** His own ticket after the visit. */
  z.strictObject({
    outcome: z.literal('feedback'),
    visit: uuid,
    number: ticketNumber,
    reasons: z.array(z.strictObject({ id: z.string(), name: i18nText })),
    words: z.boolean(),
  }),
]);
export type ScanOutcome = z.output<typeof scanOutcome>;

/** What is to become of a code: a check-in, or moving and cancelling. */
export const purpose = z.enum(['check-in', 'manage']);
export type Purpose = z.output<typeof purpose>;

// --- Without a booking -----------------------------------------------------------------------------------------------

export const serviceView = z.strictObject({
  id: serviceId,
  group: z.int(),
  name: i18nText,
  hint: i18nText.nullable(),
  keywords: i18nText.nullable(),
  icon: z.string(),
  place: i18nText.nullable(),
  papers: z.array(i18nText),
  frequent: z.boolean(),
  sensitive: z.boolean(),
  minutes: z.number(),
  estimate: estimateView,
  /** Null: a number can be had now. */
  unavailable: z.enum(['closed', 'closing', 'booking-only', 'contingent']).nullable(),
  /** There are free times to be booked. */
  slots: z.boolean(),
});
export type ServiceView = z.output<typeof serviceView>;

export const catalogue = z.strictObject({
  groups: z.array(z.strictObject({ id: z.int(), name: i18nText, icon: z.string() })),
  services: z.array(serviceView),
  claims: z.array(
    z.strictObject({
      id: z.string(),
      name: i18nText,
      level: z.enum(['first', 'out-of-turn']),
      document: i18nText.nullable(),
      atOnce: z.boolean(),
    }),
  ),
  /** Null: no phone is asked for. */
  consent: z.strictObject({ version: z.string(), text: i18nText }).nullable(),
  /** The centre answers: times can be booked and will be confirmed at once. */
  online: z.boolean(),
});
export type Catalogue = z.output<typeof catalogue>;

export const slotView = z.strictObject({ startsAt: epochMs, free: z.int().min(1) });
export const slotDay = z.strictObject({ date: businessDay, slots: z.array(slotView) });
export type SlotDay = z.output<typeof slotDay>;

export const contactInput = z.strictObject({
  /** E.164: `+79161234567`. */
  phone: z.string().regex(/^\+[1-9]\d{9,14}$/),
  /** The version that was agreed to; without one there is no contact. */
  consent: z.string().min(1).max(40),
});

export const walkInOutcome = z.discriminatedUnion('outcome', [
  acceptedOutcome,
  refusedOutcome,
  /** Many wait: does he still want a number? `alternatives` wait less; `soonest` is the next time that can be booked. */
  z.strictObject({
    outcome: z.literal('many-wait'),
    estimate: estimateView,
    alternatives: z.array(z.strictObject({ service: serviceId, name: i18nText, estimate: estimateView })).max(3),
    soonest: epochMs.nullable(),
  }),
]);
export type WalkInOutcome = z.output<typeof walkInOutcome>;

/** A time that was booked, moved or cancelled here. */
export const requestOutcome = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('confirmed'),
    kind: z.enum(['create', 'reschedule', 'cancel']),
    startsAt: epochMs,
    services: z.array(i18nText).min(1),
    /** 8 symbols, without the dash. */
    number: z.string().nullable(),
    /** From when one can check in: what people are told. */
    arriveFrom: epochMs.nullable(),
    /** The slip with number, time and code; null where there is none (cancelled). */
    job: printJobView.nullable(),
  }),
  /** Taken, but the centre has not said yes yet; the slip says so too. */
  z.strictObject({
    outcome: z.literal('unconfirmed'),
    kind: z.enum(['create', 'reschedule', 'cancel']),
    startsAt: epochMs,
    services: z.array(i18nText).min(1),
    number: z.null(),
    arriveFrom: epochMs.nullable(),
    job: printJobView.nullable(),
  }),
  refusedOutcome,
]);
export type RequestOutcome = z.output<typeof requestOutcome>;

export const scanSource = z.enum(['camera', 'wedge', 'typed']);
export type ScanSource = z.output<typeof scanSource>;

/** Longest text that a code reader may hand over. The codec itself looks at 200 characters at most. */
export const MAX_SCAN_TEXT = 4096;

export const printerState = z.strictObject({
  /** `unknown` until the first answer; `mute` = takes bytes, answers nothing. */
  state: z.enum(['unknown', 'ready', 'blocked', 'mute']),
  reason: blockReason.nullable(),
  paperLow: z.boolean(),
  since: epochMs,
});
export type PrinterState = z.output<typeof printerState>;

/** One of the printers of this machine. */
export const printerView = z.strictObject({
  id: z.string().max(20),
  name: z.string().max(60),
  /** What papers it is for. */
  roles: z.array(z.enum(['kiosk', 'desk', 'copy'])),
  ...printerState.shape,
});
export type PrinterView = z.output<typeof printerView>;

export const syncState = z.strictObject({
  state: z.enum(['never', 'live', 'catching-up', 'offline', 'attention']),
  /** Since when the centre has not been heard, or since when it needs attention; null otherwise. */
  since: epochMs.nullable(),
  /** Why, when it is not well. */
  problem: z.enum(['unreachable', 'refused', 'schema', 'clock', 'parked', 'revoked', 'fork']).nullable(),
  lastContactAt: epochMs.nullable(),
  /** Operations not yet acknowledged by the centre, and when the oldest happened. */
  waiting: z.int().min(0),
  oldestAt: epochMs.nullable(),
  /** Operations the centre refused or that could not be read: kept, shown to staff. */
  parked: z.int().min(0),
  /** A snapshot is being read: rows so far, and of how many, where that is known. */
  progress: z.strictObject({ done: z.int().min(0), total: z.int().min(0).nullable() }).nullable(),
});
export type SyncState = z.output<typeof syncState>;

export const systemState = z.strictObject({
  now: epochMs,
  enrolled: z.boolean(),
  office: officeView.nullable(),
  /** As far as it matters to whoever stands before a kiosk: papers go to one that can print, if there is one. */
  printer: printerState,
  /** Each of them. */
  printers: z.array(printerView),
  sync: syncState,
  /** How many wait in all, and the range over the services (minutes); null when it is not known. */
  queue: z.strictObject({ waiting: z.int().min(0), fromMinutes: z.int().min(0), toMinutes: z.int().min(0) }).nullable(),
  /** The kiosk can serve a visitor; otherwise it shows `out-of-order` with this reason. */
  ready: z.boolean(),
  notReady: z.enum(['not-enrolled', 'no-data', 'store', 'revoked', 'fork', 'closed']).nullable(),
  /** Staff say this to whoever stands before it. */
  notice: i18nText.nullable(),
  /** When the database was restored at this start, because it was damaged or gone: staff should know. */
  recovered: epochMs.nullable(),
});
export type SystemState = z.output<typeof systemState>;

/** Facts that contradict each other: see the centre's contract. */
export const conflictView = z.strictObject({
  id: uuid,
  type: z.string().max(40),
  day: businessDay,
  at: epochMs,
  visit: uuid.nullable(),
  other: uuid.nullable(),
  booking: bookingId.nullable(),
  service: serviceId.nullable(),
  since: epochMs.nullable(),
  open: z.boolean(),
});
export type ConflictView = z.output<typeof conflictView>;

export const settingView = z.strictObject({
  key: z.string(),
  value: z.json(),
  source: z.enum(['build', 'centre', 'device']),
});
