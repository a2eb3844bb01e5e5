import { RotateCcw } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { KeptTemplate, TicketTemplateView } from '../../../shared/contracts/ticket-template.ts';
import { inLanguage, type I18nText } from '../../../shared/domain/language.ts';
import { useDesk } from '../view.ts';
import { TicketParts } from './TicketParts.tsx';
import { TicketPreview } from './TicketPreview.tsx';
import '../printers/printers.css';
import './ticket.css';

const SOURCE_WORDS = {
  build: 'ticketPage.source.build',
  centre: 'ticketPage.source.centre',
  device: 'ticketPage.source.device',
} as const;

/** The ticket's template: what stands on it, in which order, with a picture of what will come out. */
export const TicketPage = () => {
  const { t } = useTranslation();
  const { client, language } = useDesk();
  const [kept, setKept] = useState<KeptTemplate | null>(null);
  const [draft, setDraft] = useState<TicketTemplateView | null>(null);
  const [problems, setProblems] = useState<readonly I18nText[]>([]);
  const [said, setSaid] = useState<string | null>(null);
  const [failed, setFailed] = useState<'failed' | 'forbidden' | null>(null);
  const [json, setJson] = useState<string | null>(null);
  const notice = useRef<HTMLDivElement>(null);
  const take = useCallback((value: KeptTemplate) => {
    setKept(value);
    setDraft(value.template);
    setJson(null);
    setProblems([]);
  }, []);
  useEffect(() => {
    let here = true;
    void client.call('ticket.template', {}).then((result) => {
      if (!here) return;
      if (result.ok) take(result.value);
      else setFailed(result.error.code === 'forbidden' ? 'forbidden' : 'failed');
    });
    return () => {
      here = false;
    };
  }, [client, take]);
  if (failed !== null)
    return (
      <p className="nobody" role="alert">
        {t(failed === 'forbidden' ? 'ticketPage.forbidden' : 'printers.failed')}
      </p>
    );
  if (kept === null || draft === null) return null;

  const changed = JSON.stringify(draft) !== JSON.stringify(kept.template);
  const save = async (template: TicketTemplateView | null): Promise<void> => {
    const result = await client.call('ticket.save', { template });
    if (!result.ok) setSaid(t(result.error.code === 'forbidden' ? 'ticketPage.forbidden' : 'printers.save.failed'));
    else if (result.value.outcome === 'wrong') setProblems(result.value.problems);
    else {
      take(result.value);
      setSaid(t(template === null ? 'ticketPage.isReset' : 'ticketPage.saved'));
      notice.current?.focus();
    }
  };
  const paste = async (): Promise<void> => {
    const result = await client.call('ticket.read', { json: json ?? '' });
    if (!result.ok) setSaid(t('printers.failed'));
    else if (result.value.outcome === 'wrong') setProblems(result.value.problems);
    else {
      setDraft(result.value.template);
      setProblems([]);
      setJson(null);
      setSaid(t('ticketPage.taken'));
    }
  };
  return (
    <section className="settings printers ticket-page" aria-label={t('ticketPage.title')}>
      <div className="settings-top">
        <h1>{t('ticketPage.title')}</h1>
        <p>
          {t('ticketPage.intro')} {t(SOURCE_WORDS[kept.source])}
        </p>
      </div>
      <div ref={notice} tabIndex={-1} className={kept.waits ? 'printers-waits' : ''} data-waits={kept.waits}>
        <p role="status">{[said, kept.waits ? t('ticketPage.waits') : null].filter(Boolean).join(' ')}</p>
        {kept.waits ? (
          <button type="button" data-action="ticket-restart" onClick={() => void client.call('printers.restart', {})}>
            <RotateCcw aria-hidden />
            {t('printers.restart')}
          </button>
        ) : null}
      </div>
      <ul className="ticket-problems bad" role="alert">
        {problems.map((problem) => (
          <li key={problem.ru}>{inLanguage(problem, language)}</li>
        ))}
      </ul>
      <div className="ticket-columns">
        <div className="ticket-column">
          <TicketParts
            template={draft}
            onChange={(next) => {
              setSaid(null);
              setDraft(next);
            }}
          />
          <details
            className="printers-box"
            open={json !== null}
            onToggle={({ currentTarget }) => {
              if (currentTarget.open && json === null) setJson(JSON.stringify(draft, null, 2));
              if (!currentTarget.open) setJson(null);
            }}
          >
            <summary data-action="ticket-json">{t('ticketPage.json')}</summary>
            <p className="hint">{t('ticketPage.jsonHint')}</p>
            <textarea
              data-action="ticket-json-text"
              aria-label={t('ticketPage.json')}
              rows={10}
              spellCheck={false}
              value={json ?? ''}
              onChange={({ target }) => setJson(target.value)}
            />
            <button type="button" data-action="ticket-paste" onClick={() => void paste()}>
              {t('ticketPage.paste')}
            </button>
          </details>
          <div className="printers-acts">
            <button
              type="button"
              className="go"
              data-action="ticket-save"
              aria-disabled={!changed || problems.length > 0}
              onClick={() => {
                if (changed && problems.length === 0) void save(draft);
              }}
            >
              {t('printers.save.do')}
            </button>
            {changed ? (
              <button type="button" data-action="ticket-undo" onClick={() => setDraft(kept.template)}>
                {t('ticketPage.undo')}
              </button>
            ) : null}
            {kept.source === 'device' ? (
              <button type="button" data-action="ticket-reset" onClick={() => void save(null)}>
                {t('ticketPage.reset')}
              </button>
            ) : null}
          </div>
        </div>
        <TicketPreview template={draft} printers={kept.printers} onProblems={setProblems} />
      </div>
    </section>
  );
};
