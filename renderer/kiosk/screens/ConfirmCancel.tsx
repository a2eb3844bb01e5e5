import { CalendarX2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button, Pictogram } from '../../ui/Tile.tsx';
import type { Moving } from '../steps.ts';
import { useView } from '../view.ts';

/** What cannot be taken back is asked once more, and keeping is the easier way. */
export const ConfirmCancel = ({ moving }: { moving: Moving }) => {
  const { t } = useTranslation();
  const { state, send, now, clock, formats, newAttempt } = useView();
  const { booking } = moving;
  return (
    <div className="page confirm cancel" data-cancel>
      <div className="confirm-what">
        <Pictogram icon={CalendarX2} tone="amber" large />
        <h2>{t('cancel.title', { when: formats.soon(booking.startsAt, clock ?? 0) })}</h2>
        {booking.services.map((s) => (
          <p key={s.ru} className="strong">
            {inLanguage(s, state.comfort.language)}
          </p>
        ))}
        <p>{t('cancel.text')}</p>
      </div>
      <div className="confirm-do">
        <div className="confirm-bottom">
          <Button primary action="keep" onPress={() => send({ type: 'back', now: now() })}>
            {t('cancel.keep')}
          </Button>
          <Button action="confirm" onPress={() => send({ type: 'request', attempt: newAttempt(), now: now() })}>
            {t('cancel.confirm')}
          </Button>
        </div>
      </div>
    </div>
  );
};
