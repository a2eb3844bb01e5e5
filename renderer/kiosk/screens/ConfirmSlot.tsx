import { ArrowDown, CalendarCheck, MessageSquareText } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button } from '../../ui/Tile.tsx';
import type { Moving, WalkIn } from '../steps.ts';
import { useView } from '../view.ts';
import { lastDigits, papersOf, servicesOf } from '../chosen.ts';
import { Extra } from './ConfirmWalkIn.tsx';
import { Papers } from './Order.tsx';

/** A time before it is booked, or before a booking is moved to it. */
export const ConfirmSlot = ({
  walkIn,
  moving,
  startsAt,
}: {
  walkIn: WalkIn | null;
  moving: Moving | null;
  startsAt: number;
}) => {
  const { t } = useTranslation();
  const { state, send, now, newAttempt } = useView();
  const { language } = state.comfort;
  const { catalogue } = state;
  const services = servicesOf(catalogue, moving?.booking.serviceIds ?? walkIn?.services ?? []);
  const names = moving
    ? moving.booking.services.map((s) => inLanguage(s, language))
    : services.map((s) => inLanguage(s.name, language));
  const contact = walkIn?.contact ?? null;
  return (
    <div className="page confirm" data-slot={startsAt}>
      <div className="confirm-what">
        <h2>{moving ? t('book.titleMove') : t('book.title')}</h2>
        <div className="appointment tile">
          {moving ? (
            <>
              <When label={t('book.was')} at={moving.booking.startsAt} old />
              <ArrowDown aria-hidden />
              <When label={t('book.willBe')} at={startsAt} />
            </>
          ) : (
            <When at={startsAt} />
          )}
          <ul className="appointment-for">
            {names.map((name) => (
              <li key={name} className="h3">
                {name}
              </li>
            ))}
          </ul>
        </div>
      </div>
      <div className="confirm-do">
        <Papers title={t('book.papers')} papers={papersOf(services, language)} />
        <div className="confirm-bottom">
          {walkIn !== null && catalogue?.consent ? (
            <div className="extras">
              <Extra
                icon={MessageSquareText}
                action="phone"
                set={contact !== null}
                onPress={() => send({ type: 'part', part: 'phone', now: now() })}
              >
                {contact ? t('walkIn.phoned', { digits: lastDigits(contact.phone) }) : t('book.phone')}
              </Extra>
            </div>
          ) : null}
          <Button
            icon={CalendarCheck}
            primary
            action="confirm"
            onPress={() => send({ type: 'request', attempt: newAttempt(), now: now() })}
          >
            {t('book.confirm')}
          </Button>
        </div>
      </div>
    </div>
  );
};

/** A day and a time, to be read from afar. */
export const When = ({ label, at, old = false }: { label?: string; at: number; old?: boolean }) => {
  const { clock, formats } = useView();
  return (
    <div className={`when${old ? ' old' : ''}`} data-at={at}>
      {label === undefined ? null : <span className="small">{label}</span>}
      <span className="when-time">{formats.time(at)}</span>
      <span className="h3">
        {formats.dayName(at, clock ?? 0)}, {formats.dayMonth(at)}
      </span>
    </div>
  );
};
