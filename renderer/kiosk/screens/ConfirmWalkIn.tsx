import { CalendarClock, HandHeart, LayoutGrid, MessageSquareText, Plus, Ticket } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button } from '../../ui/Tile.tsx';
import type { WalkIn } from '../steps.ts';
import { useView } from '../view.ts';
import { canBook, estimateOf, lastDigits, MOST_SERVICES, papersOf, servicesOf } from '../chosen.ts';
import { isLong, Order, Papers } from './Order.tsx';
import { WaitCard } from './WaitCard.tsx';
import { Waiting } from './Waiting.tsx';

/** Everything before a number is taken; the third touch is the paper. */
export const ConfirmWalkIn = ({ walkIn }: { walkIn: WalkIn }) => {
  const { t } = useTranslation();
  const { state, send, now, newAttempt } = useView();
  const { catalogue } = state;
  const { language } = state.comfort;
  const services = servicesOf(catalogue, walkIn.services);
  if (catalogue === null) return <Waiting icon={LayoutGrid} title={t('services.loading')} />;
  const possible = services.length > 0 && services.every((s) => s.unavailable === null);
  const bookable = canBook(catalogue, services);
  const estimate = estimateOf(services);
  const claim = catalogue.claims.find((c) => c.id === walkIn.claim);
  const { contact } = walkIn;
  const papers = <Papers title={t('walkIn.papers')} papers={papersOf(services, language)} />;
  return (
    <div className="page confirm" data-possible={possible}>
      <div className="confirm-what">
        <h2>{possible ? t('walkIn.title') : t('walkIn.titleNone')}</h2>
        <Order
          services={services}
          {...(services.length > 1
            ? { onRemove: (service: number) => send({ type: 'remove-service', service, now: now() }) }
            : {})}
        />
        {isLong(services) ? null : papers}
      </div>
      <div className="confirm-do">
        {possible && estimate ? (
          <WaitCard estimate={estimate} />
        ) : (
          <p className="strong">{bookable ? t('walkIn.timeInstead') : t('walkIn.noTime')}</p>
        )}
        {isLong(services) ? papers : null}
        <div className="confirm-bottom">
          {possible ? (
            <div className="extras">
              {services.length < Math.min(MOST_SERVICES, catalogue.services.length) ? (
                <Extra icon={Plus} action="add-service" onPress={() => send({ type: 'add-service', now: now() })}>
                  {t('walkIn.add')}
                </Extra>
              ) : null}
              {catalogue.claims.length > 0 ? (
                <Extra
                  icon={HandHeart}
                  action="claim"
                  set={claim !== undefined}
                  onPress={() => send({ type: 'part', part: 'claim', now: now() })}
                >
                  {claim ? t('walkIn.claimed', { name: inLanguage(claim.name, language) }) : t('walkIn.claim')}
                </Extra>
              ) : null}
              {catalogue.consent !== null ? (
                <Extra
                  icon={MessageSquareText}
                  action="phone"
                  set={contact !== null}
                  onPress={() => send({ type: 'part', part: 'phone', now: now() })}
                >
                  {contact ? t('walkIn.phoned', { digits: lastDigits(contact.phone) }) : t('walkIn.phone')}
                </Extra>
              ) : null}
            </div>
          ) : null}
          <div className="choices">
            {bookable ? (
              <Button
                icon={CalendarClock}
                action="slots"
                primary={!possible}
                onPress={() => send({ type: 'slots', now: now() })}
              >
                {t('walkIn.time')}
              </Button>
            ) : null}
            {possible ? (
              <Button
                icon={Ticket}
                primary
                action="take"
                onPress={() => send({ type: 'take', attempt: newAttempt(), now: now() })}
              >
                {t('walkIn.take')}
              </Button>
            ) : bookable ? null : (
              <Button
                icon={LayoutGrid}
                primary
                action="other-service"
                onPress={() => send({ type: 'back', now: now() })}
              >
                {t('walkIn.other')}
              </Button>
            )}
          </div>
        </div>
      </div>
    </div>
  );
};

/** A lesser thing that may be added. */
export const Extra = ({
  icon: Icon,
  action,
  set = false,
  onPress,
  children,
}: {
  icon: typeof Plus;
  action: string;
  /** It has been given; touching it changes it. */
  set?: boolean;
  onPress: () => void;
  children: string;
}) => (
  <button
    type="button"
    className={`extra press${set ? ' set' : ''}`}
    data-action={action}
    data-set={set}
    onClick={onPress}
  >
    <Icon aria-hidden />
    <span>{children}</span>
  </button>
);
