import { z } from 'zod';
import { bookingId, epochMs, language, officeId, priority, serviceId, ticketNumber, uuid } from '../domain/model.ts';
import { PART_STATES } from './centre/collections.ts';
import { auditMethods } from './audit.ts';
import { event, read, write } from './define.ts';
import { staffState } from './desk.ts';
import { deskMethods } from './desk-methods.ts';
import { numbersMethods } from './numbers.ts';
import { printersMethods } from './printers.ts';
import { ticketTemplateMethods } from './ticket-template.ts';
import { printersSetupMethods, setupPrintersMethods } from './printers-setup.ts';
import { settingsMethods } from './settings-view.ts';
import {
  catalogue,
  conflictView,
  contactInput,
  MAX_SCAN_TEXT,
  printJobView,
  purpose,
  requestOutcome,
  scanOutcome,
  scanSource,
  settingView,
  slotDay,
  syncState,
  systemState,
  visitView,
  walkInOutcome,
} from './views.ts';

export * from './views.ts';
export type { PrinterHistoryView, RecentJobView } from './printers.ts';

/**
 * The contract between the windows and the core. Main's gate, the preload bridges, the page's client and the core's
 * dispatcher are all derived from this one object (see contracts/README.md: how to add a method).
 */

const nothing = z.strictObject({});
const attempt = uuid;

export const appContract = {
  methods: {
    'core.ping': read(['kiosk', 'desk', 'service'], nothing, z.strictObject({ now: epochMs, pid: z.int() })),
    'system.state': read(['kiosk', 'desk', 'service'], nothing, systemState),
    /** A code was read: verify, decide, and if accepted check in, number, print. `attempt` is new for each reading. */
    'checkin.scan': write(
      ['kiosk', 'service'],
      z.strictObject({
        attempt,
        text: z.string().min(1).max(MAX_SCAN_TEXT),
        source: scanSource,
        purpose: purpose.default('check-in'),
      }),
      scanOutcome,
      { repeatable: true },
    ),
    /** Booking number and second factor, typed. The answer to a wrong pair never tells which of them was wrong. */
    'checkin.number': write(
      ['kiosk', 'service'],
      z.strictObject({
        attempt,
        number: z.string().min(1).max(40),
        factor: z.string().regex(/^\d{4}$/),
        purpose: purpose.default('check-in'),
      }),
      scanOutcome,
      { repeatable: true },
    ),
    /** One of the bookings of a `choose` or of a next step `check-in`. */
    'checkin.booking': write(
      ['kiosk', 'service'],
      z.strictObject({ attempt, case: uuid, booking: bookingId }),
      scanOutcome,
      { repeatable: true },
    ),
    /** Groups and services with the wait for each, as they are now. */
    'walkin.catalogue': read(['kiosk', 'service'], nothing, catalogue),
    /** The visitor looks at these services: a number is fetched ahead. */
    'walkin.prepare': write(['kiosk'], z.strictObject({ services: z.array(serviceId).min(1).max(5) }), nothing, {
      repeatable: true,
    }),
    /** A number without a booking. `despiteQueue`: he was told that many wait. */
    'walkin.take': write(
      ['kiosk', 'service'],
      z.strictObject({
        attempt,
        services: z.array(serviceId).min(1).max(5),
        claim: z.string().max(40).nullable().default(null),
        contact: contactInput.nullable().default(null),
        language,
        despiteQueue: z.boolean().default(false),
      }),
      walkInOutcome,
      { repeatable: true },
    ),
    /** Free times for a visit of these services, by day, the next eight days. */
    'slots.list': read(
      ['kiosk', 'service'],
      z.strictObject({ services: z.array(serviceId).min(1).max(5) }),
      z.strictObject({ days: z.array(slotDay), online: z.boolean() }),
    ),
    'booking.create': write(
      ['kiosk', 'service'],
      z.strictObject({
        attempt,
        services: z.array(serviceId).min(1).max(5),
        startsAt: epochMs,
        contact: contactInput.nullable().default(null),
        language,
      }),
      requestOutcome,
      { repeatable: true },
    ),
    'booking.reschedule': write(
      ['kiosk', 'service'],
      z.strictObject({ attempt, case: uuid, booking: bookingId, startsAt: epochMs, language }),
      requestOutcome,
      { repeatable: true },
    ),
    'booking.cancel': write(
      ['kiosk', 'service'],
      z.strictObject({ attempt, case: uuid, booking: bookingId, language }),
      requestOutcome,
      { repeatable: true },
    ),
    /** `told`: the centre, and with it the desk, has heard. When not, the visitor is sent to the desk. */
    'help.call': write(
      ['kiosk', 'service'],
      z.strictObject({
        attempt,
        screen: z.string().max(40),
        reason: z.string().max(40).nullable(),
        /** Of the refusal or choice that he stands before: the desk goes on with the same booking. */
        case: uuid.nullable().default(null),
        visit: uuid.nullable().default(null),
      }),
      z.strictObject({ told: z.boolean() }),
      { repeatable: true },
    ),
    /** Nobody needs to come any more. */
    'help.over': write(['kiosk', 'service'], z.strictObject({ attempt }), nothing, { repeatable: true }),
    /** How the window's own camera and scanner are; told to the centre with the rest. */
    'device.report': write(
      ['kiosk'],
      z.strictObject({ camera: z.enum(PART_STATES), scanner: z.enum(PART_STATES) }),
      nothing,
      { repeatable: true },
    ),
    /** What was set for this machine: the camera by its name, and how large the screen is. */
    'device.machine': read(
      ['kiosk'],
      nothing,
      z.strictObject({ camera: z.string().nullable(), inches: z.number().nullable() }),
    ),
    /** Once for a visit; the last one counts. */
    'feedback.send': write(
      ['kiosk', 'service'],
      z.strictObject({
        attempt,
        visit: uuid,
        score: z.int().min(1).max(5),
        reasons: z.array(z.string().max(40)).max(3),
        words: z.string().max(500).nullable().default(null),
      }),
      nothing,
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
    /** Once, and again after the device was revoked or its disk copied; `conflict` otherwise. */
    'device.enrol': write(
      ['kiosk', 'service'],
      z.strictObject({ url: z.url({ protocol: /^https?$/ }), code: z.string().min(4).max(32) }),
      z.strictObject({ device: uuid, office: officeId }),
      { repeatable: false },
    ),
    'settings.list': read(['service'], nothing, z.array(settingView)),
    /** Push and pull now; answers when both are done or have failed. */
    'sync.now': write(['service'], nothing, syncState, { repeatable: true }),
    /** Takes a check-in back. */
    'visit.undo': write(['service'], z.strictObject({ visit: uuid }), z.strictObject({ op: uuid }), {
      repeatable: true,
    }),
    /** Asks the centre to note something of a visit, or to put it before others; it refuses what somebody else changed. */
    'visit.edit': write(
      ['service'],
      z.strictObject({
        visit: uuid,
        note: z.string().max(500).nullable().optional(),
        priority: priority.optional(),
      }),
      z.strictObject({ op: uuid }),
      { repeatable: true },
    ),
    /** What contradicts what, the open ones first. */
    'conflict.list': read(
      ['service'],
      z.strictObject({ limit: z.int().min(1).max(1000).default(100) }),
      z.array(conflictView),
    ),
    'conflict.resolve': write(
      ['service'],
      z.strictObject({ conflict: uuid, how: z.enum(['seen', 'split']) }),
      z.strictObject({ op: uuid }),
      { repeatable: true },
    ),
    // --- The desk: see shared/contracts/desk-methods.ts.
    ...deskMethods,
    ...auditMethods,
    ...settingsMethods,
    ...numbersMethods,
    ...printersMethods,
    ...printersSetupMethods,
    ...setupPrintersMethods,
    ...ticketTemplateMethods,
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
    'scan.read': event(['kiosk', 'desk'], z.strictObject({ text: z.string().max(MAX_SCAN_TEXT), source: scanSource })),
    /** What the list of the day is made of has changed. */
    'desk.changed': event(['desk'], nothing),
    /** What became of a call of this kiosk. `number`: staff have finished for him, and this is his ticket. */
    'help.changed': event(
      ['kiosk'],
      z.strictObject({ help: uuid, state: z.enum(['open', 'taken', 'over']), number: ticketNumber.nullable() }),
    ),
    /** A desk has ordered it: main starts the program anew. */
    'device.restart': event(['kiosk', 'desk'], nothing),
    'staff.changed': event(['desk'], staffState),
    /** From main: the core process is up, is being brought back, or could not be. */
    'core.link': event(['kiosk', 'desk'], z.strictObject({ state: z.enum(['up', 'restarting', 'failed']) })),
  },
} as const;

export type AppContract = typeof appContract;
