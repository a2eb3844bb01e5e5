import { z } from 'zod';
import { blockReason, grade } from '../domain/model.ts';
import { read, write } from './define.ts';

/**
 * Setting printers up: looking for them, asking what they are, printing to try, and keeping what was found. Whoever sets
 * one up works on a `PrinterSet` and saves all of them at once.
 */

const nothing = z.strictObject({});
const host = z.string().min(1).max(255);
const port = z.int().min(1).max(65_535);

/** Where the bytes go. The core is stricter with some of it, see printer-config.ts there. */
const printerLinkView = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tcp'), host, port }),
  z.strictObject({ kind: z.literal('device'), path: z.string().min(1).max(255) }),
  z.strictObject({
    kind: z.literal('serial'),
    path: z.string().min(1).max(255),
    baudRate: z.int().min(1).max(1_000_000),
    rtscts: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('cups'), host, port, queue: z.string().max(127) }),
  z.strictObject({ kind: z.literal('winspool'), queue: z.string().max(220) }),
]);
export type PrinterLinkView = z.output<typeof printerLinkView>;

const printerAnswersView = z.strictObject({
  /** Numbers of the questions of its dialect that it answers; none: it is mute. */
  questions: z.array(z.int().min(0).max(255)).max(16),
  processId: z.boolean(),
  fence: z.boolean(),
});

/** A printer as it is set. Bounds are those of a page; which one is wrong, and why, is told by `printers.save`. */
export const printerSet = z.strictObject({
  id: z.string().max(60),
  name: z.string().max(200),
  roles: z.array(z.enum(['kiosk', 'desk', 'copy'])).max(3),
  link: printerLinkView,
  profile: z.string().max(40),
  mode: z.enum(['auto', 'raster', 'text']),
  width: z.int().min(1).max(10_000),
  codePage: z.strictObject({ page: z.string().max(20), number: z.int().min(0).max(255) }).nullable(),
  answers: printerAnswersView.nullable(),
  speedMmPerS: z.number().min(0).max(10_000),
});
export type PrinterSet = z.output<typeof printerSet>;

const profileView = z.strictObject({
  id: z.string(),
  name: z.string(),
  dialect: z.string(),
  /** The usual one first. */
  widths: z.array(z.int()).min(1),
  cutter: z.boolean(),
});
export type PrinterProfileView = z.output<typeof profileView>;

const printersSetView = z.strictObject({
  /** As they hold from the next start on. */
  printers: z.array(printerSet),
  /** They are told by the simple keys `printer.*`: there is no list yet. */
  simple: z.boolean(),
  /** They are not as the program was started with. */
  waits: z.boolean(),
  /** How many there were before the last change, which can be taken back; null: nothing was changed. */
  before: z.int().min(0).nullable(),
  profiles: z.array(profileView),
});
export type PrintersSetView = z.output<typeof printersSetView>;
/** In a first start. */
const setupPrintersView = printersSetView.pick({ printers: true, simple: true, profiles: true });
export type SetupPrintersView = z.output<typeof setupPrintersView>;

export const PRINTERS_AT_MOST = 8;
/** More are not looked for at once: whoever waits for it should have the answer in a quarter of a minute. */
export const ADDRESSES_AT_MOST = 256;

const findView = z.strictObject({
  /** `printer`: the one of this machine that is there already. */
  found: z.array(z.strictObject({ link: printerLinkView, label: z.string(), printer: z.string().nullable() })),
  /** Sources that could not be asked. `why` is for logs, in English. */
  failed: z.array(z.strictObject({ source: z.enum(['usb', 'serial', 'cups', 'windows', 'network']), why: z.string() })),
});
export type FindView = z.output<typeof findView>;

const probeView = z.strictObject({
  /** `queue`: a queue of the system, behind which a printer says nothing. `mute`: takes bytes and says nothing. */
  found: z.enum(['unreachable', 'mute', 'talks', 'queue']),
  dialect: z.enum(['epson', 'generic', 'star', 'custom']).nullable(),
  answers: printerAnswersView.nullable(),
  condition: z.strictObject({ blocked: blockReason.nullable(), paperLow: z.boolean() }).nullable(),
  /** False: it could not print, so how it confirms is not known. */
  complete: z.boolean(),
  /** False: asked all at once it did not answer all; its line may be bad. */
  steady: z.boolean(),
  names: z.strictObject({
    maker: z.string().nullable(),
    model: z.string().nullable(),
    firmware: z.string().nullable(),
  }),
  steps: z.array(z.strictObject({ asked: z.string(), answered: z.string().nullable(), tookMs: z.number().min(0) })),
});
export type ProbeView = z.output<typeof probeView>;

export const TEST_KINDS = ['code-pages', 'width', 'ticket', 'text'] as const;
export type TestKind = (typeof TEST_KINDS)[number];

const testView = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('sent'),
    /** A and B: the printer has said that it is on paper. */
    grade,
    /** Of `code-pages`: what stands on which line. */
    lines: z.array(z.strictObject({ n: z.int().min(1), page: z.string(), number: z.int().min(0).max(255) })),
  }),
  /** Nothing was sent. */
  z.strictObject({ outcome: z.literal('blocked'), reason: blockReason }),
  /** The line broke, or it fell silent: it may be on paper or not. */
  z.strictObject({ outcome: z.literal('lost') }),
  /** `text`: its page does not have all characters, or none was chosen yet. */
  z.strictObject({ outcome: z.literal('unsaid') }),
]);
export type TestView = z.output<typeof testView>;

const wrongPrinter = z.strictObject({
  outcome: z.literal('wrong'),
  /** Which of them, from 0; null: all of them together. */
  at: z.int().min(0).nullable(),
  /** `same`: two of them are one printer. */
  why: z.enum(['id', 'name', 'roles', 'link', 'profile', 'width', 'codePage', 'other', 'same', 'many']),
  /** For logs, in English. */
  message: z.string(),
});
export type WrongPrinter = z.output<typeof wrongPrinter>;
const saveView = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('saved'), set: printersSetView }),
  wrongPrinter,
]);
export type SaveView = z.output<typeof saveView>;

const addresses = z.strictObject({ addresses: z.array(z.strictObject({ host, port })).max(ADDRESSES_AT_MOST) });
const printers = z.strictObject({ printers: z.array(printerSet).max(PRINTERS_AT_MOST * 2) });
/** Nothing is sent to any of them; of the network only these addresses are tried. */
const find = read(['desk'], addresses, findView);
/** Asks what it answers; prints nothing. `conflict`: it is printing. */
const probe = read(['desk'], z.strictObject({ link: printerLinkView }), probeView);
/** A paper for whoever sets it up: it is no job, and counts nowhere. `conflict`: it is printing. */
const testPage = write(['desk'], z.strictObject({ printer: printerSet, kind: z.enum(TEST_KINDS) }), testView, {
  repeatable: false,
});

/** In the first start, when nobody can be signed in yet; afterwards they answer `conflict`. */
export const setupPrintersMethods = {
  /** Those that this machine has already, and what can be set of them. */
  'setup.printers': read(['desk'], nothing, setupPrintersView),
  'setup.find': find,
  'setup.probe': probe,
  'setup.testPage': testPage,
  /** The printers of this machine, none too, instead of those before. They hold from the next start on. */
  'setup.savePrinters': write(
    ['desk'],
    printers,
    z.discriminatedUnion('outcome', [z.strictObject({ outcome: z.literal('saved') }), wrongPrinter]),
    { repeatable: true },
  ),
  /** Prints a trial ticket. `code` is what the scanner reads from it; `taken`: the printer has it and says nothing. */
  'setup.trial': write(
    ['desk'],
    z.strictObject({ printer: printerSet }),
    z.strictObject({ code: z.string().max(40), outcome: z.enum(['printed', 'taken', 'failed']) }),
    { repeatable: false },
  ),
} as const;

export const printersSetupMethods = {
  'printers.list': read(['desk'], nothing, printersSetView),
  'printers.find': find,
  'printers.probe': probe,
  'printers.testPage': testPage,
  /** All of them, instead of those before. They hold from the next start on. */
  'printers.save': write(['desk'], printers, saveView, { repeatable: false }),
  /** As it was before the last change; once more takes that back. `conflict`: nothing was changed. */
  'printers.undo': write(['desk'], nothing, printersSetView, { repeatable: false }),
  /** Starts the program anew, so that what was saved holds. */
  'printers.restart': write(['desk'], nothing, nothing, { repeatable: true }),
} as const;
