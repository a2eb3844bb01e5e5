import { CalendarSync, Printer, Search, Ticket } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';
import { Waiting } from './Waiting.tsx';

const LOOK = { booking: Search, 'walk-in': Ticket, request: CalendarSync } as const;

/** Something is on its way: what, in words, and a calm movement. */
export const Printing = () => {
  const { t } = useTranslation();
  const { state, formats } = useView();
  const { step } = state;
  if (step.at === 'checking') {
    const words = { booking: t('printing.checking'), 'walk-in': t('doing.walkIn'), request: requestWords(step.back) };
    return <Waiting icon={LOOK[step.what]} title={words[step.what]} hint={t('printing.wait')} />;
  }
  const visit = step.at === 'ticket' || step.at === 'copying' ? step.visit : null;
  return (
    <div className="wait" role="status">
      <div className="disc" aria-hidden>
        <Printer />
      </div>
      <h2>{t('printing.printing')}</h2>
      <p>{t('printing.wait')}</p>
      {visit ? (
        <div className="ticket brief" data-ticket={formats.number(visit.number)}>
          <p>{t('printing.number')}</p>
          <div className={`number small-number${visit.number.number > 999 ? ' long' : ''}`}>
            {formats.number(visit.number)}
          </div>
        </div>
      ) : null}
    </div>
  );

  /** The step that it was asked from tells what it is. */
  function requestWords(back: Step | null): string {
    if (back?.at !== 'confirm') return t('doing.request');
    if (back.what === 'cancel') return t('doing.cancelling');
    return back.what === 'slot' && back.moving ? t('doing.moving') : t('doing.request');
  }
};
