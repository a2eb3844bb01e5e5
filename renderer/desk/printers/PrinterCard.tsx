import { History, PaintRoller, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterHistoryView } from '../../../shared/contracts/app.ts';
import type { PrinterSet } from '../../../shared/contracts/printers-setup.ts';
import { useDesk } from '../view.ts';
import { confirmsOf, paperMm } from './draft.ts';
import { NewRollSure } from './NewRollSure.tsx';
import { PrinterHistory } from './PrinterHistory.tsx';
import { linkWords, metresOf, REASON_WORDS, ROLE_WORDS, VERDICT_WORDS } from './words.ts';

const STATE_WORDS = {
  ready: 'printers.state.ready',
  blocked: 'printers.state.blocked',
  mute: 'printers.state.mute',
  unknown: 'printers.state.unknown',
} as const;

interface Props {
  printer: PrinterSet;
  name: string;
  /** Null: the program does not know it yet, it begins with the next start. */
  history: PrinterHistoryView | null;
  /** It is told by other settings, and cannot be taken away here. */
  fixed: boolean;
  onEdit: () => void;
  onRemove: () => void;
  onNewRoll: () => Promise<boolean>;
}

/** A printer as it is now, with what can be done to it. */
export const PrinterCard = ({ printer, name, history, fixed, onEdit, onRemove, onNewRoll }: Props) => {
  const { t, i18n } = useTranslation();
  const { formats } = useDesk();
  const [open, setOpen] = useState(false);
  const [sure, setSure] = useState<'remove' | 'roll' | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const state = history?.printer ?? null;
  const roll = history?.rolls[0] ?? null;
  const confirms = confirmsOf(printer);
  const metres = metresOf(roll?.mm ?? 0, i18n.language);
  const facts: [string, string, string?][] = [
    [t('printers.fact.roles'), printer.roles.map((role) => t(ROLE_WORDS[role])).join(', ')],
    [t('printers.fact.link'), linkWords(t, printer.link)],
    [
      t('printers.fact.confirms'),
      confirms === null ? t('printers.probe.notYet') : t(VERDICT_WORDS[confirms], { reason: '' }),
    ],
    [t('printers.fact.paper'), t('printers.fact.paperIs', { mm: paperMm(printer.width) })],
    roll === null
      ? [t('printers.fact.roll'), t('printers.fact.rollNone')]
      : [
          t('printers.fact.roll'),
          t('printers.fact.rollIs', { metres, papers: roll.papers }),
          t('printers.fact.rollSince', { since: formats.dayTime(roll.since) }),
        ],
  ];
  const newRoll = async (): Promise<void> => {
    setSure(null);
    setSaid(t((await onNewRoll()) ? 'printers.newRollDone' : 'printers.failed'));
  };
  return (
    <article className="printers-card" data-printer={printer.id}>
      <header>
        <h2>{name}</h2>
        {state === null ? (
          <em className="pill">{t('printers.state.later')}</em>
        ) : (
          <em className={`pill ${state.state === 'ready' ? 'good' : state.state === 'blocked' ? 'bad' : ''}`}>
            {t(STATE_WORDS[state.state])}
            {state.reason === null ? null : `: ${t(REASON_WORDS[state.reason])}`}
          </em>
        )}
        {state?.paperLow === true ? <em className="pill">{t('printers.state.low')}</em> : null}
      </header>
      <dl>
        {facts.map(([title, value, more]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>
              {value}
              {more === undefined ? null : <small>{more}</small>}
            </dd>
          </div>
        ))}
      </dl>
      <div className="printers-acts">
        <button type="button" data-action="printer-edit" data-id={printer.id} onClick={onEdit}>
          <Pencil aria-hidden />
          {t('printers.edit')}
        </button>
        {history === null ? null : (
          <>
            <button type="button" data-action="printer-roll" data-id={printer.id} onClick={() => setSure('roll')}>
              <PaintRoller aria-hidden />
              {t('printers.newRoll')}
            </button>
            <button
              type="button"
              data-action="printer-history"
              data-id={printer.id}
              aria-expanded={open}
              onClick={() => setOpen(!open)}
            >
              <History aria-hidden />
              {t(open ? 'printers.history.hide' : 'printers.history.show')}
            </button>
          </>
        )}
        {fixed ? null : (
          <button type="button" data-action="printer-remove" data-id={printer.id} onClick={() => setSure('remove')}>
            <Trash2 aria-hidden />
            {t('printers.remove')}
          </button>
        )}
      </div>
      {sure === 'roll' ? <NewRollSure onYes={() => void newRoll()} onNo={() => setSure(null)} /> : null}
      {sure === 'remove' ? (
        <div className="printers-sure" role="alert">
          <p>{t('printers.removeSure')}</p>
          <div className="printers-acts">
            <button type="button" data-action="printer-remove-sure" autoFocus onClick={onRemove}>
              {t('printers.removeYes')}
            </button>
            <button type="button" data-action="printer-remove-not" onClick={() => setSure(null)}>
              {t('printers.removeNo')}
            </button>
          </div>
        </div>
      ) : null}
      <p className="said" role="status">
        {said}
      </p>
      {open && history ? <PrinterHistory history={history} /> : null}
    </article>
  );
};
