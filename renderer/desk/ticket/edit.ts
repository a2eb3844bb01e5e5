import type { TicketPart, TicketPartView, TicketTemplateView } from '../../../shared/contracts/ticket-template.ts';

/** Changes of a template, one at a time; what is allowed is told by the core. */

/** Without them a ticket is of no use: they can be moved, not taken off. */
export const FIXED: ReadonlySet<TicketPart> = new Set<TicketPart>(['number', 'qr']);
const ALL: readonly TicketPart[] = [
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
];
const OWN_TEXTS = 4;

const withParts = (template: TicketTemplateView, sections: TicketPartView[]): TicketTemplateView => ({
  ...template,
  sections,
});

/** @returns parts that can be put on, a text of one's own among them while there is room for one */
export const missingParts = ({ sections }: TicketTemplateView): TicketPart[] => {
  const missing = ALL.filter((part) => !sections.some(({ section }) => section === part));
  const texts = sections.filter(({ section }) => section === 'text').length;
  return texts < OWN_TEXTS ? [...missing, 'text'] : missing;
};

export const movePart = (template: TicketTemplateView, at: number, by: -1 | 1): TicketTemplateView => {
  const sections = [...template.sections];
  const [moved] = sections.splice(at, 1);
  if (!moved || at + by < 0 || at + by > sections.length) return template;
  sections.splice(at + by, 0, moved);
  return withParts(template, sections);
};

export const dropPart = (template: TicketTemplateView, at: number): TicketTemplateView =>
  withParts(
    template,
    template.sections.filter((_, n) => n !== at),
  );

/** Before the code, which most tickets end with. */
export const addPart = (template: TicketTemplateView, section: TicketPart): TicketTemplateView => {
  const made: TicketPartView = section === 'text' ? { section, text: { ru: '' }, size: 'normal' } : { section };
  const code = template.sections.findIndex((one) => one.section === 'qr');
  const at = section === 'footer' || code < 0 ? template.sections.length : code;
  return withParts(template, [...template.sections.slice(0, at), made, ...template.sections.slice(at)]);
};

export const setPart = (template: TicketTemplateView, at: number, part: TicketPartView): TicketTemplateView =>
  withParts(
    template,
    template.sections.map((one, n) => (n === at ? part : one)),
  );

/**
 * Words of one's own in one language. Without any they are left out, and what is built in holds; a text of one's own is
 * kept, since it may be empty while it is written.
 */
export const setWords = (
  part: TicketPartView,
  field: 'label' | 'text',
  language: string,
  words: string,
): TicketPartView => {
  const { [field]: before = {}, ...rest } = part;
  const { [language]: _, ...others } = before;
  const now = words === '' && language !== 'ru' ? others : { ...others, [language]: words };
  const empty = Object.values(now).every((one) => one === '');
  return empty && part.section !== 'text' ? rest : { ...rest, [field]: now };
};
