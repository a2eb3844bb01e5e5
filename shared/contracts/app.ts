import { z } from 'zod';
import {
  blockReason,
  businessDay,
  epochMs,
  grade,
  i18nText,
  jobState,
  language,
  officeId,
  ticketNumber,
  uuid,
} from '../domain/model.ts';
import { event, read, write } from './define.ts';

/**
 * The contract between the windows and the core. Main's gate, the preload bridges, the page's client and the core's
 * dispatcher are all derived from this one object (see contracts/README.md: how to add a method).
 */

const nothing = z.strictObject({});

export const officeView = z.strictObject({
  id: officeId,
  name: i18nText,
  /** The second line of the header: the district or the address. */
  subtitle: i18nText,
  timeZone: z.string(),
  languages: z.array(language).min(1),
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
});
export type PrintJobView = z.output<typeof printJobView>;

export const visitView = z.strictObject({
  id: uuid,
  number: ticketNumber,
  service: i18nText,
  /** Booked time; null for a walk-in. */
  startsAt: epochMs.nullable(),
  arrivedAt: epochMs,
  /** Window, room or hall, where it is known. */
  place: i18nText.nullable(),
  papers: z.array(i18nText),
});
export type VisitView = z.output<typeof visitView>;

/** What the visitor can do next, as data; the words are the page's. */
export const nextStep = z.discriminatedUnion('step', [
  /** Print the same ticket again (marked as a copy). */
  z.strictObject({ step: z.literal('copy'), visit: visitView }),
  z.strictObject({ step: z.literal('go-to-office'), name: i18nText, address: i18nText }),
  z.strictObject({ step: z.literal('come-on'), date: businessDay, at: epochMs }),
  z.strictObject({ step: z.literal('scan-again') }),
  z.strictObject({ step: z.literal('ask-staff') }),
]);
export type NextStep = z.output<typeof nextStep>;

export const refusalReason = z.enum(['not-ours', 'other-office', 'cancelled', 'other-day', 'already-used', 'unknown']);
export type RefusalReason = z.output<typeof refusalReason>;

export const scanOutcome = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('accepted'),
    visit: visitView,
    job: printJobView,
    /** The confirmation is signed and valid but this device has not heard of the booking yet. */
    provisional: z.boolean(),
    /** The language of the booking, where known: the flow may follow it. */
    language: language.nullable(),
  }),
  z.strictObject({
    outcome: z.literal('refused'),
    reason: refusalReason,
    next: z.array(nextStep).min(1),
    /** What is known of the booking without naming anybody. */
    booking: z.strictObject({ startsAt: epochMs, service: i18nText.nullable() }).nullable(),
    /** The number already given today, for `already-used`. */
    number: ticketNumber.nullable(),
  }),
]);
export type ScanOutcome = z.output<typeof scanOutcome>;

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

export const syncState = z.strictObject({
  state: z.enum(['never', 'live', 'catching-up', 'offline', 'attention']),
  /** Why, when it is not well. */
  problem: z.enum(['unreachable', 'refused', 'revoked', 'schema', 'clock']).nullable(),
  lastContactAt: epochMs.nullable(),
  /** Operations not yet acknowledged by the centre, and when the oldest happened. */
  waiting: z.int().min(0),
  oldestAt: epochMs.nullable(),
  /** Operations the centre refused or that could not be read: kept, shown to staff. */
  parked: z.int().min(0),
});
export type SyncState = z.output<typeof syncState>;

export const systemState = z.strictObject({
  now: epochMs,
  enrolled: z.boolean(),
  office: officeView.nullable(),
  printer: printerState,
  sync: syncState,
  /** The kiosk can serve a visitor; otherwise it shows `out-of-order` with this reason. */
  ready: z.boolean(),
  notReady: z.enum(['not-enrolled', 'no-data', 'store']).nullable(),
});
export type SystemState = z.output<typeof systemState>;

export const settingView = z.strictObject({
  key: z.string(),
  value: z.json(),
  source: z.enum(['build', 'centre', 'device']),
});

const attempt = uuid;

export const appContract = {
  methods: {
    'core.ping': read(['kiosk', 'desk', 'service'], nothing, z.strictObject({ now: epochMs, pid: z.int() })),
    'system.state': read(['kiosk', 'desk', 'service'], nothing, systemState),
    /** A code was read: verify, decide, and if accepted check in, number, print. `attempt` is new for each reading. */
    'checkin.scan': write(
      ['kiosk', 'service'],
      z.strictObject({ attempt, text: z.string().min(1).max(MAX_SCAN_TEXT), source: scanSource }),
      scanOutcome,
      { repeatable: true },
    ),
    /** The same ticket again, marked as a copy. Refused with `conflict` when the copies are used up. */
    'ticket.copy': write(['kiosk', 'service'], z.strictObject({ attempt, visit: uuid }), printJobView, {
      repeatable: true,
    }),
    'print.job': read(['kiosk', 'desk', 'service'], z.strictObject({ job: uuid }), printJobView),
    'print.list': read(
      ['service'],
      z.strictObject({ limit: z.int().min(1).max(1000).default(100) }),
      z.array(printJobView),
    ),
    'device.enrol': write(
      ['service'],
      z.strictObject({ url: z.url({ protocol: /^https?$/ }), code: z.string().min(4).max(32) }),
      z.strictObject({ device: uuid, office: officeId }),
      { repeatable: false },
    ),
    'settings.list': read(['desk', 'service'], nothing, z.array(settingView)),
    /** Push and pull now; answers when both are done or have failed. */
    'sync.now': write(['service'], nothing, syncState, { repeatable: true }),
    'visit.list': read(
      ['service'],
      z.strictObject({ limit: z.int().min(1).max(100_000).default(100) }),
      z.array(z.strictObject({ visit: visitView, booking: z.string().nullable(), job: printJobView.nullable() })),
    ),
  },
  events: {
    'print.changed': event(['kiosk', 'desk', 'service'], printJobView),
    'system.changed': event(['kiosk', 'desk', 'service'], systemState),
    /** From main: a keyboard-wedge scanner read something. */
    'scan.read': event(['kiosk'], z.strictObject({ text: z.string().max(MAX_SCAN_TEXT), source: scanSource })),
    /** From main: the core process is up, is being brought back, or could not be. */
    'core.link': event(['kiosk', 'desk'], z.strictObject({ state: z.enum(['up', 'restarting', 'failed']) })),
  },
} as const;

export type AppContract = typeof appContract;
