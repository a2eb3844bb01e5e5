import { Printer, Search } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useView } from '../view.ts';

/** Something is on its way: what, in words, and a calm movement. */
export const Printing = () => {
  const { t } = useTranslation();
  const { state, formats } = useView();
  const { step } = state;
  const checking = step.at === 'checking';
  const visit = step.at === 'ticket' || step.at === 'copying' ? step.visit : null;
  const Icon = checking ? Search : Printer;
  return (
    <div className="wait" role="status">
      <div className="disc" aria-hidden>
        <Icon />
      </div>
      <h2>{checking ? t('printing.checking') : t('printing.printing')}</h2>
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
};
