import { CalendarClock, Ticket, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { pictogramOf } from '../../ui/icons.ts';
import { Button, Pictogram, Tile } from '../../ui/Tile.tsx';
import type { ManyWait as Many, WalkIn } from '../steps.ts';
import { useView } from '../view.ts';
import { canBook, servicesOf } from '../chosen.ts';
import { useWaitWords } from './WaitCard.tsx';

/** He is told before he has a number, not by the board: many wait, and what else there is. */
export const ManyWait = ({ walkIn, many }: { walkIn: WalkIn; many: Many }) => {
  const { t } = useTranslation();
  const { state, send, now, clock, formats, newAttempt } = useView();
  const words = useWaitWords();
  const { catalogue } = state;
  const { language } = state.comfort;
  const { alternatives, soonest } = many;
  const icon = (id: number) => pictogramOf(catalogue?.services.find((s) => s.id === id)?.icon ?? '');
  const bookable = soonest !== null || canBook(catalogue, servicesOf(catalogue, walkIn.services));
  return (
    <div className="page confirm" data-many-wait>
      <div className="confirm-what">
        <Pictogram icon={Users} tone="amber" large />
        <h2>{t('walkIn.many')}</h2>
        <p className="strong">{`${words(many.estimate)}.`}</p>
        <p>{t('walkIn.manyAsk')}</p>
      </div>
      <div className="confirm-do">
        {alternatives.map((a) => (
          <Tile
            key={a.service}
            icon={icon(a.service)}
            title={t('walkIn.quicker', { name: inLanguage(a.name, language) })}
            hint={words(a.estimate)}
            action="other-service"
            id={a.service}
            onPress={() => send({ type: 'service', service: a.service, now: now() })}
          />
        ))}
        {bookable ? (
          <Tile
            icon={CalendarClock}
            title={t('walkIn.soonest')}
            hint={
              soonest === null ? undefined : t('walkIn.soonestHint', { when: formats.soon(soonest, clock ?? soonest) })
            }
            action="slots"
            onPress={() => send({ type: 'slots', now: now() })}
          />
        ) : null}
        <div className="confirm-bottom">
          <Button
            icon={Ticket}
            primary
            action="take"
            onPress={() => send({ type: 'take', attempt: newAttempt(), now: now() })}
          >
            {t('walkIn.manyTake')}
          </Button>
        </div>
      </div>
    </div>
  );
};
