import { z } from 'zod';
import { i18nText } from '../domain/model.ts';
import { read, write } from './define.ts';

/**
 * The template of the ticket at the desk: looked at as it will come out, changed, and kept. What is right is told by the
 * core alone; bounds here are those of a page.
 */

/** Languages that a ticket can be printed in. */
export const TICKET_LANGUAGES = ['ru', 'en', 'tt', 'uz', 'tg', 'ky', 'zh', 'ar'] as const;

export const TICKET_PARTS = [
  'logo',
  'office',
  'number',
  'priority',
  'services',
  'time',
  'window',
  'ahead',
  'papers',
  'qr',
  'footer',
  'text',
] as const;
export type TicketPart = (typeof TICKET_PARTS)[number];

/** Text by language. */
const words = z.record(z.string().max(8), z.string().max(1000));
const partView = z.strictObject({
  section: z.enum(TICKET_PARTS),
  /** Of the number: instead of «Ваш номер». */
  label: words.optional(),
  /** Of the footer and of a text of one's own. */
  text: words.optional(),
  size: z.enum(['small', 'normal', 'large']).optional(),
});
export type TicketPartView = z.output<typeof partView>;

const templateView = z.strictObject({
  version: z.literal(1),
  logo: z.union([
    z.literal('landmark'),
    z.strictObject({ path: z.string().max(20_000), box: z.number(), drawn: z.enum(['filled', 'lines']) }),
  ]),
  bilingual: z.boolean(),
  sections: z.array(partView).max(40),
});
export type TicketTemplateView = z.output<typeof templateView>;

/** Whole sentences for whoever wrote it. */
const wrong = z.strictObject({ outcome: z.literal('wrong'), problems: z.array(i18nText).min(1).max(200) });

const kept = z.strictObject({
  outcome: z.literal('kept'),
  /** As it holds from the next start on. */
  template: templateView,
  source: z.enum(['build', 'centre', 'device']),
  /** It is not what tickets are printed by now. */
  waits: z.boolean(),
  /** What it can be printed on here; `page`: it prints text, in this code page. */
  printers: z.array(
    z.strictObject({ id: z.string(), name: z.string(), width: z.int(), page: z.string().max(20).nullable() }),
  ),
});
export type KeptTemplate = z.output<typeof kept>;

export const TICKET_EXAMPLES = ['booking', 'walk-in', 'several', 'priority', 'provisional', 'copy', 'long'] as const;
export type TicketExample = (typeof TICKET_EXAMPLES)[number];

const size = { mm: z.number().min(0), bytes: z.int().min(0) };
const run = z.strictObject({
  text: z.string(),
  bold: z.boolean(),
  inverse: z.boolean(),
  wide: z.int().min(1),
  high: z.int().min(1),
});
const preview = z.discriminatedUnion('outcome', [
  z.strictObject({
    outcome: z.literal('picture'),
    width: z.int().min(1).max(1000),
    height: z.int().min(1).max(20_000),
    /** Base64; 1 bit a dot, row by row, the most significant bit first, 1 is black. */
    bits: z.base64(),
    /** In text it would have been, but the code page does not have all of it. */
    insteadOfText: z.boolean(),
    ...size,
  }),
  z.strictObject({
    outcome: z.literal('text'),
    columns: z.int().min(1).max(100),
    lines: z.array(
      z.discriminatedUnion('is', [
        z.strictObject({ is: z.literal('line'), runs: z.array(run), align: z.enum(['left', 'center', 'right']) }),
        z.strictObject({ is: z.literal('feed'), dots: z.int().min(0) }),
        z.strictObject({ is: z.literal('code'), dots: z.int().min(1) }),
      ]),
    ),
    ...size,
  }),
  wrong,
]);
export type TicketPreview = z.output<typeof preview>;

export const ticketTemplateMethods = {
  'ticket.template': read(['desk'], z.strictObject({}), kept),
  /** As it will come out of such a printer; nothing is printed. */
  'ticket.preview': read(
    ['desk'],
    z.strictObject({
      template: templateView,
      example: z.enum(TICKET_EXAMPLES),
      language: z.enum(TICKET_LANGUAGES),
      width: z.union([z.literal(576), z.literal(512), z.literal(640), z.literal(384)]),
      /** Text in this code page; null: a picture. */
      page: z.string().max(20).nullable(),
    }),
    preview,
  ),
  /** Reads what somebody has pasted. */
  'ticket.read': read(
    ['desk'],
    z.strictObject({ json: z.string().max(200_000) }),
    z.discriminatedUnion('outcome', [z.strictObject({ outcome: z.literal('read'), template: templateView }), wrong]),
  ),
  /** Null: as the centre has it, or as it was built. It holds from the next start on. */
  'ticket.save': write(
    ['desk'],
    z.strictObject({ template: templateView.nullable() }),
    z.discriminatedUnion('outcome', [kept, wrong]),
    { repeatable: false },
  ),
} as const;
