import { CalendarX2, Check, Clock } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { formatBookingNumber } from '../../../shared/domain/booking-number.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button, Pictogram, Pill } from '../../ui/Tile.tsx';
import type { Booked as Outcome, Step } from '../steps.ts';
import { secondsLeft, useView } from '../view.ts';
import { When } from './ConfirmSlot.tsx';
import { Fact } from './Done.tsx';
import { PaperState } from './PaperState.tsx';

/** A time was booked, moved or cancelled: plainly what is true now, also when the centre has not said yes. */
export const Booked = ({ step }: { step: Extract<Step, { at: 'booked' }> }) => {
  const { t } = useTranslation();
  const { booked, job } = step;
  const { outcome, kind } = booked;
  return kind === 'cancel' ? (
    <Cancelled booked={booked} until={step.until} />
  ) : (
    <>
      <div className="card-side">
        {outcome === 'confirmed' ? (
          <Pill icon={Check} tone="green">
            {kind === 'create' ? t('booked.created') : t('booked.moved')}
          </Pill>
        ) : (
          <div className="notice amber" role="status">
            <Clock aria-hidden />
            <span className="words">
              <span className="h3">{t('booked.unconfirmed')}</span>
              <span className="p">
                {kind === 'reschedule' ? t('booked.unconfirmedMove') : t('booked.unconfirmedText')}
              </span>
            </span>
          </div>
        )}
        <Card booked={booked} />
      </div>
      {job ? (
        <PaperState
          job={job}
          since={step.since}
          until={step.until}
          copy={false}
          code={null}
          words={{
            take: t('booked.take'),
            askTitle: t('booked.askTitle'),
            blockedTitle: t('booked.blockedTitle'),
            blockedHint: booked.number === null ? t('booked.blockedUnconfirmed') : t('booked.blockedHint'),
            yes: t('booked.yes'),
          }}
        />
      ) : (
        <div className="next-side">
          <Finish until={step.until} />
        </div>
      )}
    </>
  );
};

const Card = ({ booked }: { booked: Outcome }) => {
  const { t } = useTranslation();
  const { state, formats } = useView();
  const { language } = state.comfort;
  return (
    <div className="ticket appointment" data-booked={booked.outcome} data-kind={booked.kind}>
      <When at={booked.startsAt} />
      <ul className="appointment-for">
        {booked.services.map((s) => (
          <li key={s.ru} className="h3">
            {inLanguage(s, language)}
          </li>
        ))}
      </ul>
      {booked.number === null && booked.arriveFrom === null ? null : (
        <>
          <hr />
          <dl className="facts">
            {booked.number === null ? null : (
              <Fact title={t('booked.number')}>{formatBookingNumber(booked.number)}</Fact>
            )}
            {booked.arriveFrom === null ? null : (
              <Fact title={t('booked.arriveFrom')}>{formats.time(booked.arriveFrom)}</Fact>
            )}
          </dl>
        </>
      )}
    </div>
  );
};

const Cancelled = ({ booked, until }: { booked: Outcome; until: number }) => {
  const { t } = useTranslation();
  const { formats } = useView();
  const sure = booked.outcome === 'confirmed';
  return (
    <>
      <div className="say" role="status" data-booked={booked.outcome} data-kind="cancel">
        <Pictogram icon={sure ? CalendarX2 : Clock} tone={sure ? 'green' : 'amber'} large />
        <h1>{sure ? t('booked.cancelled') : t('booked.unconfirmed')}</h1>
        <p className="strong">
          {sure ? t('booked.cancelledText', { when: formats.dayTime(booked.startsAt) }) : t('booked.unconfirmedCancel')}
        </p>
      </div>
      <div className="next-side">
        <Finish until={until} />
      </div>
    </>
  );
};

const Finish = ({ until }: { until: number }) => {
  const { t } = useTranslation();
  const { send, now, at } = useView();
  return (
    <Button primary action="home" onPress={() => send({ type: 'taken', now: now() })}>
      {`${t('done.ready')} · ${secondsLeft(until, at)}`}
    </Button>
  );
};
