import { z } from 'zod';
import type { I18nText } from '../../../shared/domain/language.ts';

/**
 * The template of the ticket as data: which parts it has, in which order, and the office's own words. It comes with the
 * settings of the centre (`ticket.template`). What a ticket is useless without cannot be left out, and what the staff
 * must see (a copy, not confirmed, late) is not a part of it: that always stands where it belongs.
 */

const OWN_TEXTS = 4;
const MAX_TEXT = 300;

/** A text of the office: Russian is what all other languages fall back to. */
const ownText = z
  .object({ ru: z.string().trim().min(1).max(MAX_TEXT) })
  .catchall(z.string().max(MAX_TEXT))
  .refine((text) => Object.keys(text).every((key) => /^[a-z]{2,3}$/.test(key)), { error: 'languages' });

const bare = <const S extends string>(section: S) => z.strictObject({ section: z.literal(section) });

const section = z.discriminatedUnion('section', [
  bare('logo'),
  bare('office'),
  /** `label`: instead of «Ваш номер». */
  z.strictObject({ section: z.literal('number'), label: ownText.optional() }),
  bare('priority'),
  bare('services'),
  bare('time'),
  bare('window'),
  bare('ahead'),
  bare('papers'),
  bare('qr'),
  /** `text`: instead of «Вас вызовут по номеру…». */
  z.strictObject({ section: z.literal('footer'), text: ownText.optional() }),
  /** Words of the office's own, anywhere. */
  z.strictObject({ section: z.literal('text'), text: ownText, size: z.enum(['small', 'normal', 'large']) }),
]);
export type TemplateSection = z.output<typeof section>;
export const SECTIONS = section.options.map((option) => option.shape.section.value);

/** An own sign as an SVG path on a square of `box` units: it is sharp on every width of paper, and small. */
const ownLogo = z.strictObject({
  path: z
    .string()
    .max(4000)
    .regex(/^[Mm][MmLlHhVvCcSsQqTtAaZz0-9eE\s,.+-]+$/),
  box: z.number().min(1).max(10_000),
  /** Surfaces in black, or lines of a twelfth of the box. */
  drawn: z.enum(['filled', 'lines']),
});

const template = z
  .strictObject({
    version: z.literal(1),
    logo: z.union([z.literal('landmark'), ownLogo]),
    /** Names also in the language of the staff, where the visitor's is another. Marks for the staff are always in both. */
    bilingual: z.boolean(),
    sections: z.array(section).min(2).max(20),
  })
  .superRefine(({ sections }, ctx) => {
    const count = (kind: TemplateSection['section']): number => sections.filter((s) => s.section === kind).length;
    for (const kind of SECTIONS) {
      const [found, most] = [count(kind), kind === 'text' ? OWN_TEXTS : 1];
      const needed = kind === 'number' || kind === 'qr';
      if (needed && found === 0) ctx.addIssue({ code: 'custom', path: ['sections'], message: `missing ${kind}` });
      if (found > most) ctx.addIssue({ code: 'custom', path: ['sections'], message: `repeated ${kind}` });
    }
  });
export type TicketTemplate = z.output<typeof template>;
export type TicketLogo = TicketTemplate['logo'];

export const DEFAULT_TEMPLATE: TicketTemplate = {
  version: 1,
  logo: 'landmark',
  bilingual: true,
  sections: [
    { section: 'logo' },
    { section: 'office' },
    { section: 'number' },
    { section: 'priority' },
    { section: 'services' },
    { section: 'time' },
    { section: 'window' },
    { section: 'ahead' },
    { section: 'papers' },
    { section: 'qr' },
    { section: 'footer' },
  ],
};

const NAMES: Readonly<Record<TemplateSection['section'], I18nText>> = {
  logo: { ru: 'знак', en: 'logo' },
  office: { ru: 'название офиса', en: 'office' },
  number: { ru: 'номер', en: 'number' },
  priority: { ru: 'льгота', en: 'priority' },
  services: { ru: 'услуги', en: 'services' },
  time: { ru: 'время записи', en: 'time' },
  window: { ru: 'окно', en: 'window' },
  ahead: { ru: 'кто впереди и сколько ждать', en: 'people ahead and the wait' },
  papers: { ru: 'документы', en: 'papers' },
  qr: { ru: 'QR-код', en: 'QR code' },
  footer: { ru: 'последняя строка', en: 'footer' },
  text: { ru: 'свой текст', en: 'own text' },
};

const nameOf = (kind: unknown): I18nText | null =>
  typeof kind === 'string' && Object.hasOwn(NAMES, kind) ? NAMES[kind as TemplateSection['section']] : null;

const own = (kind: TemplateSection['section'], why: 'missing' | 'repeated'): I18nText => {
  const { ru, en } = NAMES[kind] as { ru: string; en: string };
  if (why === 'missing') {
    return {
      ru: `На талоне нет части «${ru}»: без неё он бесполезен`,
      en: `The ticket has no ${en}: it is useless without`,
    };
  }
  return kind === 'text'
    ? { ru: `Своих текстов больше, чем ${OWN_TEXTS}`, en: `There are more than ${OWN_TEXTS} own texts` }
    : { ru: `Часть «${ru}» стоит дважды`, en: `The part “${en}” stands twice` };
};

/** Where it is wrong: the number of the part and its name, if it has one, else the field. */
const placeOf = (json: unknown, path: readonly PropertyKey[]): I18nText => {
  const [field, index] = path;
  if (field !== 'sections' || typeof index !== 'number') {
    const named = path.length === 0 ? '' : `: ${path.map(String).join('.')}`;
    return { ru: `Шаблон талона${named}`, en: `The template of the ticket${named}` };
  }
  const sections = (json as { sections?: unknown }).sections;
  const part: unknown = Array.isArray(sections) ? sections[index] : null;
  const name = nameOf((part as { section?: unknown } | null)?.section);
  return {
    ru: `Часть ${index + 1}${name ? ` («${name.ru}»)` : ''}`,
    en: `Part ${index + 1}${name ? ` (${name['en']})` : ''}`,
  };
};

const reasonOf = (issue: z.core.$ZodIssue): { ru: string; en: string } => {
  switch (issue.code) {
    case 'too_big':
      return { ru: `больше ${String(issue.maximum)}`, en: `more than ${String(issue.maximum)}` };
    case 'too_small':
      return issue.origin === 'string'
        ? { ru: 'русский текст пуст', en: 'the Russian text is empty' }
        : { ru: `меньше ${String(issue.minimum)}`, en: `less than ${String(issue.minimum)}` };
    case 'unrecognized_keys':
      return { ru: `лишнее: ${issue.keys.join(', ')}`, en: `not known: ${issue.keys.join(', ')}` };
    case 'invalid_union':
      return { ru: 'такой части талона нет', en: 'there is no such part or sign' };
    case 'invalid_format':
      return { ru: 'это не путь SVG: команды и числа', en: 'this is no SVG path: commands and numbers' };
    case 'custom':
      return { ru: 'язык обозначают двумя-тремя буквами: ru, tt', en: 'a language is two or three letters: ru, tt' };
    default:
      return { ru: 'значение не того вида', en: 'a value of the wrong kind' };
  }
};

const MISSING = /^(missing|repeated) (\w+)$/;

export type TemplateReading =
  | { ok: true; template: TicketTemplate }
  /** Whole sentences for whoever wrote the template, in the languages of the desk; never empty. */
  | { ok: false; problems: I18nText[] };

/** Reads what the centre sends or the office has typed. Pure; never throws. */
export const readTemplate = (json: unknown): TemplateReading => {
  const read = template.safeParse(json);
  if (read.success) return { ok: true, template: read.data };
  const problems = read.error.issues.map((issue): I18nText => {
    const [, why, kind] = issue.code === 'custom' ? (MISSING.exec(issue.message) ?? []) : [];
    if ((why === 'missing' || why === 'repeated') && nameOf(kind)) return own(kind as TemplateSection['section'], why);
    const place = placeOf(json, issue.path);
    const reason = reasonOf(issue);
    return { ru: `${place.ru}: ${reason.ru}`, en: `${place['en']}: ${reason.en}` };
  });
  return { ok: false, problems };
};
