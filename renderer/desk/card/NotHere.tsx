import { Check } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk } from '../view.ts';
import { outcomeWords } from './words.ts';

/** A good code of a booking that has not arrived here yet: he may be checked in by the code itself. */
export const NotHere = ({ text }: { text: string }) => {
  const { t } = useTranslation();
  const { client, formats, may } = useDesk();
  const [said, setSaid] = useState<string | null>(null);
  const checkIn = async (): Promise<void> => {
    const result = await client.call('desk.checkIn', { attempt: crypto.randomUUID(), booking: null, text });
    if (!result.ok || result.value.outcome === 'second-person') setSaid(t('desk.failed'));
    else setSaid(outcomeWords(t, formats, result.value));
  };
  return (
    <>
      <h2>{t('desk.notHere.title')}</h2>
      <p>{t('desk.notHere.text')}</p>
      {may('checkin') && said === null ? (
        <button type="button" className="go" autoFocus data-action="check-in" onClick={() => void checkIn()}>
          <Check aria-hidden />
          {t('desk.card.checkIn')}
          <kbd>Enter</kbd>
        </button>
      ) : null}
      <p className="said" role="status">
        {said}
      </p>
    </>
  );
};
