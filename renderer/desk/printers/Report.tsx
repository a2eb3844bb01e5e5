import { CircleCheck, TriangleAlert } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet, ProbeView } from '../../../shared/contracts/printers-setup.ts';
import { confirmsOf, verdictOf } from './draft.ts';
import { MEANS_WORDS, REASON_WORDS, VERDICT_WORDS } from './words.ts';

interface Props {
  printer: PrinterSet;
  /** What it has just answered; null: only what was kept of it is known. */
  probe: ProbeView | null;
  state: 'asking' | 'busy' | 'failed' | null;
  onAsk: () => void;
}

/** What a printer answers, and what that means for the people before it. */
export const Report = ({ printer, probe, state, onAsk }: Props) => {
  const { t } = useTranslation();
  const id = useId();
  const verdict = probe ? verdictOf(probe, printer.link) : confirmsOf(printer);
  const good = verdict === 'each' || verdict === 'after';
  const reason = probe?.condition?.blocked ?? null;
  const notes: string[] = [];
  if (probe?.found === 'talks') notes.push(t('printers.probe.can.paper'));
  if (probe?.found === 'queue') notes.push(t('printers.probe.can.noPaper'));
  if (probe?.condition?.paperLow === true && reason === null) notes.push(t('printers.probe.can.low'));
  if (probe?.steady === false) notes.push(t('printers.probe.can.unsteady'));
  const name = [probe?.names.maker, probe?.names.model].filter(Boolean).join(' ');
  if (name !== '') notes.push(t('printers.probe.can.named', { name }));
  return (
    <section className="printers-box" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t('printers.probe.title')}</h2>
      <div role="status" className="printers-report" data-verdict={state === null ? verdict : state}>
        {state === 'asking' ? (
          <p>{t('printers.probe.busy')}</p>
        ) : state !== null ? (
          <p className="bad">{t(state === 'busy' ? 'printers.busy' : 'printers.failed')}</p>
        ) : verdict === null ? (
          <p>{t('printers.probe.notYet')}</p>
        ) : (
          <>
            <p className={good ? 'verdict good' : 'verdict'}>
              {good ? <CircleCheck aria-hidden /> : <TriangleAlert aria-hidden />}
              {t(VERDICT_WORDS[verdict], { reason: reason === null ? '' : t(REASON_WORDS[reason]) })}
            </p>
            <p>{t(MEANS_WORDS[verdict])}</p>
            {notes.length === 0 ? null : (
              <ul>
                {notes.map((note) => (
                  <li key={note}>{note}</li>
                ))}
              </ul>
            )}
          </>
        )}
      </div>
      <div className="printers-acts">
        <button type="button" data-action="printer-probe" aria-disabled={state === 'asking'} onClick={onAsk}>
          {t('printers.probe.again')}
        </button>
      </div>
      {probe && probe.steps.length > 0 ? (
        <details>
          <summary data-action="printer-steps">{t('printers.probe.details')}</summary>
          <ul className="printers-steps">
            {probe.steps.map((step, i) => (
              // The same may be asked twice.
              <li key={`${i} ${step.asked}`}>
                <code>{step.asked}</code>{' '}
                {step.answered === null ? t('printers.probe.silence') : <code>{step.answered}</code>}{' '}
                <span>{t('printers.probe.took', { ms: Math.round(step.tookMs) })}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
};
