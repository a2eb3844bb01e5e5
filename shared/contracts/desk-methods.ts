import { z } from 'zod';
import { bookingId, epochMs, i18nText, language, officeId, serviceId, uuid } from '../domain/model.ts';
import { DEVICE_ORDERS, STAGE_STEPS } from './centre/operations.ts';
import { read, write } from './define.ts';
import {
  DECISIONS,
  deskCard,
  deskFilter,
  deskList,
  deskOffice,
  deskQueue,
  deskRow,
  deskScan,
  deskTask,
  handover,
  pin,
  signInOutcome,
  staffState,
  totpCode,
} from './desk.ts';
import {
  catalogue,
  contactInput,
  MAX_SCAN_TEXT,
  printJobView,
  requestOutcome,
  scanOutcome,
  slotDay,
  walkInOutcome,
} from './views.ts';

/**
 * What the desk may ask and do. Whoever calls must be signed in and have the right that electron/core/desk/rights-table.ts
 * names for the method; main lets no other window come here.
 */

const nothing = z.strictObject({});
const attempt = uuid;
const services = z.array(serviceId).min(1).max(5);
const reason = z.string().trim().min(3).max(300);

/** A second person, at the same desk. */
export const secondPerson = z.strictObject({
  person: z.string().min(1).max(64),
  pin,
  totp: totpCode.nullable().default(null),
});

/** Against the rules: why, and with whom where that takes two. */
export const overrideInput = z.strictObject({ reason, second: secondPerson.nullable().default(null) });

/** `second-person`: it takes two; `said`: why the second one was not accepted. */
const needsSecond = z.strictObject({
  outcome: z.literal('second-person'),
  said: signInOutcome.nullable(),
});
export const deskCheckInOutcome = z.union([scanOutcome, needsSecond]);
export type DeskCheckInOutcome = z.output<typeof deskCheckInOutcome>;

const edits = z.strictObject({
  note: z.string().trim().max(500).nullable().optional(),
  claim: z
    .strictObject({ id: z.string().max(40), document: z.string().trim().min(2).max(100).nullable() })
    .nullable()
    .optional(),
  services: services.optional(),
  people: z.int().min(1).max(99).optional(),
  companion: z.boolean().optional(),
});
export type DeskEdits = z.output<typeof edits>;

export const deskMethods = {
  // --- A machine that belongs to no office yet: anybody may, who stands before it; afterwards nobody.
  'setup.enrol': write(
    ['desk'],
    z.strictObject({ url: z.url({ protocol: /^https?$/ }), code: z.string().min(4).max(32) }),
    z.strictObject({ office: officeId }),
    { repeatable: false },
  ),
  /** What this machine is; it holds from the next start on. What is not given stays as it was. */
  'setup.machine': write(
    ['desk'],
    z.strictObject({
      roles: z
        .array(z.enum(['kiosk', 'desk']))
        .min(1)
        .max(2)
        .optional(),
      kioskDisplay: z.enum(['main', 'other']).optional(),
      inches: z.number().min(7).max(100).nullable().optional(),
      camera: z.string().min(1).max(200).nullable().optional(),
    }),
    nothing,
    { repeatable: true },
  ),
  /** The set-up is over: the program starts anew with what was said. */
  'setup.done': write(['desk'], nothing, nothing, { repeatable: true }),

  'staff.state': read(['desk'], nothing, staffState),
  /** `totp` is null until it was asked for. */
  'staff.signIn': write(['desk'], secondPerson, signInOutcome, { repeatable: false }),
  /** The code of the sealed envelope. */
  'staff.emergency': write(['desk'], z.strictObject({ code: pin }), signInOutcome, { repeatable: false }),
  'staff.lock': write(['desk'], nothing, staffState, { repeatable: true }),
  'staff.unlock': write(['desk'], z.strictObject({ pin }), signInOutcome, { repeatable: false }),
  /** `handover`: for who comes next. */
  'staff.signOut': write(
    ['desk'],
    z.strictObject({ handover: z.string().trim().max(1000).nullable().default(null) }),
    staffState,
    { repeatable: true },
  ),
  /** Somebody has touched the desk: it is not locked yet. */
  'staff.touch': write(['desk'], nothing, nothing, { repeatable: true }),
  'staff.handover': read(['desk'], nothing, handover.nullable()),

  /** The day as one list, by time: a part of it. */
  'desk.list': read(
    ['desk'],
    z.strictObject({ filter: deskFilter.default('all'), from: z.int().min(0), count: z.int().min(0).max(200) }),
    deskList,
  ),
  /** Null: nobody of that key today. Looking at somebody is audited. */
  'desk.card': read(['desk'], z.strictObject({ key: z.string().min(1).max(80) }), deskCard.nullable()),
  /** People of today by name, phone, number or ticket, the best first. */
  'desk.find': read(['desk'], z.strictObject({ text: z.string().max(200) }), z.array(deskRow).max(100)),
  /** Whom of today a code belongs to, without checking him in. */
  'desk.scan': read(['desk'], z.strictObject({ text: z.string().min(1).max(MAX_SCAN_TEXT) }), deskScan),
  /** A check-in by staff, who have the person before them. `paper`: false where he takes the number without a ticket. */
  'desk.checkIn': write(
    ['desk'],
    z.strictObject({
      attempt,
      /** Or, of one that has not arrived here yet, the code that was read. */
      booking: bookingId.nullable(),
      text: z.string().min(1).max(MAX_SCAN_TEXT).nullable().default(null),
      override: overrideInput.nullable().default(null),
      paper: z.boolean().default(true),
    }),
    deskCheckInOutcome,
    { repeatable: true },
  ),
  /** Takes a check-in back. */
  'desk.undo': write(['desk'], z.strictObject({ visit: uuid }), nothing, { repeatable: true }),
  'desk.catalogue': read(['desk'], nothing, catalogue),
  /** A number without a booking. `despite`: the reason to give one though the rules say no (closed, used up). */
  'desk.walkIn': write(
    ['desk'],
    z.strictObject({
      attempt,
      services,
      claim: z
        .strictObject({ id: z.string().max(40), document: z.string().trim().min(2).max(100).nullable() })
        .nullable()
        .default(null),
      contact: contactInput.nullable().default(null),
      language,
      note: z.string().trim().max(500).nullable().default(null),
      people: z.int().min(1).max(99).default(1),
      companion: z.boolean().default(false),
      despite: reason.nullable().default(null),
      paper: z.boolean().default(true),
    }),
    walkInOutcome,
    { repeatable: true },
  ),
  'desk.edit': write(['desk'], z.strictObject({ visit: uuid, set: edits }), nothing, { repeatable: false }),
  'desk.slots': read(
    ['desk'],
    z.strictObject({ services }),
    z.strictObject({ days: z.array(slotDay), online: z.boolean() }),
  ),
  'desk.book': write(
    ['desk'],
    z.strictObject({ attempt, services, startsAt: epochMs, contact: contactInput.nullable().default(null), language }),
    requestOutcome,
    { repeatable: true },
  ),
  'desk.reschedule': write(
    ['desk'],
    z.strictObject({ attempt, booking: bookingId, startsAt: epochMs }),
    requestOutcome,
    {
      repeatable: true,
    },
  ),
  'desk.cancel': write(['desk'], z.strictObject({ attempt, booking: bookingId }), requestOutcome, { repeatable: true }),
  'desk.noShow': write(['desk'], z.strictObject({ booking: bookingId }), nothing, { repeatable: true }),
  /** As often as staff want, counted; also of a visit that another device of the office made. */
  'desk.copy': write(['desk'], z.strictObject({ attempt, visit: uuid }), printJobView, { repeatable: true }),
  /** The number goes to his phone. */
  'desk.send': write(['desk'], z.strictObject({ visit: uuid, contact: contactInput }), nothing, { repeatable: false }),
  'desk.queue': read(['desk'], nothing, deskQueue),
  /** Served at a window: called, called again, being served, done, put back, did not come. */
  'desk.stage': write(
    ['desk'],
    z.strictObject({
      visit: uuid,
      position: z.int().min(0).max(19),
      to: z.enum(STAGE_STEPS),
      window: z.int().min(0).nullable(),
    }),
    nothing,
    { repeatable: true },
  ),
  'desk.office': read(['desk'], nothing, deskOffice),
  'desk.order': write(
    ['desk'],
    z.strictObject({ device: uuid, order: z.enum(DEVICE_ORDERS), message: i18nText.nullable().default(null) }),
    nothing,
    { repeatable: true },
  ),
  /** Takes a call over: the kiosk says that somebody has it. */
  'desk.takeHelp': write(['desk'], z.strictObject({ help: uuid }), nothing, { repeatable: true }),
  /** The call is over; `visit`: its number is shown at the kiosk. */
  'desk.endHelp': write(['desk'], z.strictObject({ help: uuid, visit: uuid.nullable().default(null) }), nothing, {
    repeatable: true,
  }),
  'desk.tasks': read(['desk'], nothing, z.array(deskTask).max(1000)),
  'desk.decide': write(['desk'], z.strictObject({ task: z.string().max(80), how: z.enum(DECISIONS) }), nothing, {
    repeatable: true,
  }),
} as const;
