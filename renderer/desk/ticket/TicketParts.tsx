import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { TicketPartView, TicketTemplateView } from '../../../shared/contracts/ticket-template.ts';
import { addPart, dropPart, FIXED, missingParts, movePart, setPart, setWords } from './edit.ts';
import { TICKET_LANGUAGES } from './TicketPreview.tsx';

const PART_WORDS = {
  logo: 'ticketPage.part.logo',
  office: 'ticketPage.part.office',
  number: 'ticketPage.part.number',
  priority: 'ticketPage.part.priority',
  services: 'ticketPage.part.services',
  time: 'ticketPage.part.time',
  window: 'ticketPage.part.window',
  ahead: 'ticketPage.part.ahead',
  papers: 'ticketPage.part.papers',
  qr: 'ticketPage.part.qr',
  footer: 'ticketPage.part.footer',
  text: 'ticketPage.part.text',
} as const;
const SIZES = ['small', 'normal', 'large'] as const;
const SIZE_WORDS = {
  small: 'ticketPage.sizes.small',
  normal: 'ticketPage.sizes.normal',
  large: 'ticketPage.sizes.large',
} as const;
/** Part of the ticket whose words can be others, and where they stand in it. */
const FIELDS: Partial<Record<TicketPartView['section'], 'label' | 'text'>> = {
  number: 'label',
  footer: 'text',
  text: 'text',
};

interface WordsProps {
  part: TicketPartView;
  field: 'label' | 'text';
  at: number;
  onChange: (part: TicketPartView) => void;
}

/** Words of the office's own: Russian, which all others fall back to, and the others behind a fold. */
const Words = ({ part, field, at, onChange }: WordsProps) => {
  const { t } = useTranslation();
  const [[russian, russianName], ...others] = TICKET_LANGUAGES;
  const input = (code: string, name: string) => (
    <label key={code} className="printers-field">
      {name}
      <input
        lang={code}
        dir={code === 'ar' ? 'rtl' : 'ltr'}
        data-action="ticket-words"
        data-id={`${at} ${code}`}
        value={part[field]?.[code] ?? ''}
        maxLength={300}
        placeholder={code === 'ru' && part.section !== 'text' ? t('ticketPage.asBuilt') : ''}
        onChange={({ target }) => onChange(setWords(part, field, code, target.value))}
      />
    </label>
  );
  return (
    <div className="ticket-words">
      {input(russian, russianName)}
      <details>
        <summary>{t('ticketPage.otherLanguages')}</summary>
        {others.map(([code, name]) => input(code, name))}
      </details>
      {part.section === 'text' ? (
        <label className="printers-field">
          {t('ticketPage.sizeLabel')}
          <select
            data-action="ticket-size"
            value={part.size ?? 'normal'}
            onChange={({ target }) =>
              onChange({ ...part, size: SIZES.find((one) => one === target.value) ?? 'normal' })
            }
          >
            {SIZES.map((one) => (
              <option key={one} value={one}>
                {t(SIZE_WORDS[one])}
              </option>
            ))}
          </select>
        </label>
      ) : null}
    </div>
  );
};

interface Props {
  template: TicketTemplateView;
  onChange: (template: TicketTemplateView) => void;
}

/** The parts of the ticket, from top to bottom. */
export const TicketParts = ({ template, onChange }: Props) => {
  const { t } = useTranslation();
  const { sections } = template;
  return (
    <section className="printers-box" aria-labelledby="ticket-parts">
      <h2 id="ticket-parts">{t('ticketPage.parts')}</h2>
      <ol className="ticket-parts">
        {sections.map((part, at) => {
          const name = t(PART_WORDS[part.section]);
          const field = FIELDS[part.section];
          return (
            <li
              key={`${part.section}-${sections.slice(0, at).filter((one) => one.section === part.section).length}`}
              data-part={part.section}
            >
              <div className="ticket-part">
                <b>{name}</b>
                <button
                  type="button"
                  data-action="ticket-up"
                  data-id={part.section}
                  aria-label={t('ticketPage.up', { name })}
                  title={t('ticketPage.up', { name })}
                  aria-disabled={at === 0}
                  onClick={() => onChange(movePart(template, at, -1))}
                >
                  <ArrowUp aria-hidden />
                </button>
                <button
                  type="button"
                  data-action="ticket-down"
                  data-id={part.section}
                  aria-label={t('ticketPage.down', { name })}
                  title={t('ticketPage.down', { name })}
                  aria-disabled={at === sections.length - 1}
                  onClick={() => onChange(movePart(template, at, 1))}
                >
                  <ArrowDown aria-hidden />
                </button>
                {FIXED.has(part.section) ? (
                  <span className="hint">{t('ticketPage.always')}</span>
                ) : (
                  <button
                    type="button"
                    data-action="ticket-off"
                    data-id={part.section}
                    aria-label={t('ticketPage.off', { name })}
                    title={t('ticketPage.off', { name })}
                    onClick={() => onChange(dropPart(template, at))}
                  >
                    <X aria-hidden />
                  </button>
                )}
              </div>
              {field ? (
                <Words part={part} field={field} at={at} onChange={(next) => onChange(setPart(template, at, next))} />
              ) : null}
            </li>
          );
        })}
      </ol>
      <h3>{t('ticketPage.canAdd')}</h3>
      <div className="printers-acts">
        {missingParts(template).map((section) => (
          <button
            key={section}
            type="button"
            data-action="ticket-on"
            data-id={section}
            onClick={() => onChange(addPart(template, section))}
          >
            <Plus aria-hidden />
            {t(PART_WORDS[section])}
          </button>
        ))}
      </div>
      <label className="ticket-check">
        <input
          type="checkbox"
          data-action="ticket-bilingual"
          checked={template.bilingual}
          onChange={({ target }) => onChange({ ...template, bilingual: target.checked })}
        />
        {t('ticketPage.bilingual')}
      </label>
      <p className="hint">{t('ticketPage.marks')}</p>
    </section>
  );
};
