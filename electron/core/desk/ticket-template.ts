import type { z } from 'zod';
import type {
  KeptTemplate,
  TicketExample,
  TicketPreview,
  TicketTemplateView,
} from '../../../shared/contracts/ticket-template.ts';
import type { I18nText } from '../../../shared/domain/language.ts';
import type { Clock, TicketRenderer } from '../ports.ts';
import { DIALECTS } from '../printing/dialects/index.ts';
import type { PaperOp } from '../printing/paper-ops.ts';
import type { PrinterConfig } from '../printing/printer-config.ts';
import { PROFILES } from '../printing/profiles.ts';
import { createPaper, mainOf } from '../printing/route-setup.ts';
import { exampleTicket } from '../printing/template-examples.ts';
import { DEFAULT_TEMPLATE, readTemplate, type TicketTemplate } from '../printing/template.ts';
import type { Settings } from '../settings/settings.ts';
import { readDevice, readOffice } from '../store/registry.ts';
import type { Store } from '../store/store.ts';
import type { SettingsView } from './settings-view.ts';

/** The template of the ticket at the desk; what it may be is told by template.ts. */

export interface TicketTemplatePorts {
  store: Store;
  clock: Clock;
  settings: () => Settings;
  settingsView: Pick<SettingsView, 'holds' | 'sourceOf' | 'write'>;
  renderer: TicketRenderer;
  /** Who is signed in, as the audit log names him. @throws CallFailure forbidden */
  actor: () => string;
}

type JSONType = z.core.util.JSONType;
type Wrong = Extract<TicketPreview, { outcome: 'wrong' }>;
export interface PreviewInput {
  template: TicketTemplateView;
  example: TicketExample;
  language: string;
  width: PrinterConfig['width'];
  page: string | null;
}

const DOTS_OF_A_CHARACTER = 12;
const CODE_MODULES = 33;
const NO_OFFICE: { name: I18nText; subtitle: I18nText } = {
  name: { ru: 'Мои документы', en: 'My Documents' },
  subtitle: { ru: 'Центральный район', en: 'Central District' },
};
const NO_JSON: I18nText = {
  ru: 'Это не шаблон: текст не читается как JSON. Вставьте его целиком, от первой скобки до последней.',
  en: 'This is no template: the text is not JSON. Paste all of it, from the first bracket to the last.',
};

const linesOf = (ops: readonly PaperOp[]): Extract<TicketPreview, { outcome: 'text' }>['lines'] =>
  ops.map((op) => {
    if (op.op === 'line')
      return {
        is: 'line',
        align: op.align,
        runs: op.runs.map(({ text, bold = false, inverse = false, wide = 1, high = 1 }) => ({
          text,
          bold,
          inverse,
          wide,
          high,
        })),
      };
    if (op.op === 'feed') return { is: 'feed', dots: op.dots };
    return { is: 'code', dots: op.op === 'qr' ? op.moduleDots * CODE_MODULES : op.bitmap.height };
  });

export const createTicketTemplate = (ports: TicketTemplatePorts) => {
  const { store, clock, settings, settingsView, renderer, actor } = ports;
  const running = (): readonly PrinterConfig[] => {
    const list = settings().get('printers');
    return list.length > 0 ? list : [mainOf(settings())];
  };
  /** A template that holds was checked when it was set; one that does not fit any more gives way to ours. */
  const templateOf = (value: unknown): TicketTemplate => {
    const read = readTemplate(value ?? DEFAULT_TEMPLATE);
    return read.ok ? read.template : DEFAULT_TEMPLATE;
  };
  const kept = (): KeptTemplate => {
    const holds = settingsView.holds('ticket.template');
    return {
      outcome: 'kept',
      template: templateOf(holds),
      source: settingsView.sourceOf('ticket.template'),
      waits: JSON.stringify(holds) !== JSON.stringify(settings().get('ticket.template')),
      printers: running().map(({ id, name, width, codePage, mode }) => ({
        id,
        name,
        width,
        page: mode === 'raster' ? null : (codePage?.page ?? null),
      })),
    };
  };
  const wrongOf = (problems: readonly I18nText[]): Wrong => ({ outcome: 'wrong', problems: problems.slice(0, 200) });

  return {
    /** @throws CallFailure forbidden */
    view: (): KeptTemplate => {
      actor();
      return kept();
    },

    /** @throws CallFailure forbidden */
    preview: ({ template, example, language, width, page }: PreviewInput): TicketPreview => {
      actor();
      const read = readTemplate(template);
      if (!read.ok) return wrongOf(read.problems);
      const office = store.read((db) => {
        const device = readDevice(db);
        return device && readOffice(db, device.officeId);
      });
      const content = exampleTicket(example, {
        office: office?.name ?? NO_OFFICE.name,
        officeSubtitle: office?.subtitle ?? NO_OFFICE.subtitle,
        timeZone: office?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
        language,
        staffLanguage: office?.staff_language ?? 'ru',
        now: clock.now(),
      });
      const like = running().find((one) => one.width === width) ?? running()[0] ?? mainOf(settings());
      const codePage = page === null ? null : { page, number: 0 };
      const config: PrinterConfig = { ...like, width, codePage, mode: page === null ? 'raster' : 'text' };
      const { ops, mm } = createPaper(config, read.template, renderer)(content);
      const profile = PROFILES[like.profile];
      const bytes = DIALECTS[profile?.dialect ?? 'generic'].job(ops, {
        processId: null,
        fence: false,
        tellChanges: false,
        codePage,
        width,
        cutter: profile?.cutter ?? true,
      }).length;
      const [first] = ops;
      if (first?.op === 'raster') {
        const { bitmap } = first;
        return {
          outcome: 'picture',
          width: bitmap.width,
          height: bitmap.height,
          bits: Buffer.from(bitmap.bits).toString('base64'),
          insteadOfText: page !== null,
          mm,
          bytes,
        };
      }
      const columns = Math.floor(width / DOTS_OF_A_CHARACTER);
      return {
        outcome: 'text',
        columns,
        lines: linesOf(ops),
        mm,
        bytes,
      };
    },

    /** @throws CallFailure forbidden */
    read: (text: string): { outcome: 'read'; template: TicketTemplateView } | Wrong => {
      actor();
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        return wrongOf([NO_JSON]);
      }
      const read = readTemplate(value);
      return read.ok ? { outcome: 'read', template: read.template } : wrongOf(read.problems);
    },

    /** @throws CallFailure forbidden; whatever the settings throw that cannot be written */
    save: async (template: TicketTemplateView | null): Promise<KeptTemplate | Wrong> => {
      const who = actor();
      if (template === null) {
        await settingsView.write(who, 'ticket.template', undefined);
        return kept();
      }
      const read = readTemplate(template);
      if (!read.ok) return wrongOf(read.problems);
      // What was read is plain data; undefined in it is left out.
      await settingsView.write(who, 'ticket.template', JSON.parse(JSON.stringify(read.template)) as JSONType);
      return kept();
    },
  };
};
