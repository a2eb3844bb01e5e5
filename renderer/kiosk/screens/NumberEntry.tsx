import { useTranslation } from 'react-i18next';
import { formatBookingNumber } from '../../../shared/domain/booking-number.ts';
import { Keypad } from '../../ui/Keypad.tsx';
import { Button } from '../../ui/Tile.tsx';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';

const LENGTH = 8;

/** The booking number, for those who have no code with them. */
export const NumberEntry = ({ step }: { step: Extract<Step, { at: 'number' }> }) => {
  const { t } = useTranslation();
  const { send, now } = useView();
  const { text, wrong } = step;
  const full = text.length >= LENGTH;
  // The same wrong number a second time is as wrong.
  const ready = full && !wrong;
  const typed = (next: string) => send({ type: 'typed', text: next, now: now() });
  const next = (): void => {
    if (ready) send({ type: 'number-done', now: now() });
  };
  return (
    <>
      <div className="ask">
        <h2>{t('number.title')}</h2>
        {wrong ? (
          <p className="wrong" role="alert">
            {t('number.wrong')}
          </p>
        ) : (
          <p>{t('number.where')}</p>
        )}
      </div>
      <div
        className={`places${wrong ? ' is-wrong' : ''}`}
        role="status"
        aria-label={t('number.typed', { text: formatBookingNumber(text) })}
        data-typed={text}
      >
        {Array.from({ length: LENGTH }, (_, i) => (
          // Places have no other name than where they are.
          <i key={i} className={i === text.length ? 'place here' : 'place'} aria-hidden>
            {text.charAt(i)}
          </i>
        ))}
      </div>
      <Keypad
        layout="booking"
        label={t('number.keys')}
        disabled={full}
        onKey={(symbol) => typed(text + symbol)}
        onDelete={() => typed(text.slice(0, -1))}
        onDone={next}
      />
      <Button primary={ready} disabled={!ready} action="next" onPress={next}>
        {t('number.next')}
      </Button>
    </>
  );
};
