import { useTranslation } from 'react-i18next';
import { formatBookingNumber } from '../../../shared/domain/booking-number.ts';
import { Keypad } from '../../ui/Keypad.tsx';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';

const LENGTH = 4;

/** Four digits that only the holder knows; the fourth one sends them. Others look on: they are never shown. */
export const Factor = ({ step }: { step: Extract<Step, { at: 'factor' }> }) => {
  const { t } = useTranslation();
  const { send, now, newAttempt } = useView();
  const { number, digits, wrong } = step;
  const typed = (next: string) => send({ type: 'digits', digits: next, attempt: newAttempt(), now: now() });
  return (
    <>
      <div className="ask">
        <h2>{t('factor.title')}</h2>
        {wrong ? (
          <p className="wrong" role="alert">
            {t('factor.wrong')}
          </p>
        ) : (
          <p>{t('factor.lead', { number: formatBookingNumber(number).replace('-', '\u2011') })}</p>
        )}
      </div>
      <div
        className={`places digits${wrong ? ' is-wrong' : ''}`}
        role="status"
        aria-label={t('factor.typed', { count: digits.length })}
      >
        {Array.from({ length: LENGTH }, (_, i) => (
          // Places have no other name than where they are.
          <i key={i} className={i === digits.length ? 'place here' : 'place'} aria-hidden>
            {i < digits.length ? <b className="dot" /> : null}
          </i>
        ))}
      </div>
      <Keypad
        layout="digits"
        label={t('factor.keys')}
        disabled={digits.length >= LENGTH}
        onKey={(digit) => typed(digits + digit)}
        onDelete={() => typed(digits.slice(0, -1))}
      />
    </>
  );
};
