import { CalendarClock, CalendarX2, Check, ChevronRight, CircleCheck, Clock, Lock, MapPin } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BookingView } from '../../../shared/contracts/app.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Pager, pageOf, useRoom } from '../../ui/Pager.tsx';
import { Button, Pill } from '../../ui/Tile.tsx';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';

const STATES: Record<BookingView['state'], { icon: LucideIcon; tone: 'blue' | 'amber' | 'green' }> = {
  ready: { icon: Check, tone: 'green' },
  early: { icon: Clock, tone: 'amber' },
  late: { icon: Clock, tone: 'amber' },
  'checked-in': { icon: CircleCheck, tone: 'green' },
  'other-day': { icon: CalendarClock, tone: 'blue' },
  cancelled: { icon: CalendarX2, tone: 'amber' },
  'other-office': { icon: MapPin, tone: 'blue' },
};

/** Several bookings of one person, or what is to become of one: which? */
export const Choose = ({ step }: { step: Extract<Step, { at: 'choose' }> }) => {
  const { t } = useTranslation();
  const { state } = useView();
  const [wanted, setWanted] = useState(0);
  const room = useRoom();
  const { purpose, bookings } = step;
  const manage = purpose === 'manage';
  // Large text, and buttons below each one in portrait, take their room.
  const rows = manage || state.comfort.text === 1.5 ? 3 : 4;
  const wide = manage && bookings.length > 3 ? 2 : 3;
  const size = state.comfort.text === 2 ? 2 : room === 'portrait' ? rows : wide;
  const { shown, page, pages } = pageOf(bookings, size, wanted);
  const ready = bookings.find((b) => b.state === 'ready');
  return (
    <>
      <div className="ask">
        <h2>{t(manage ? 'choose.titleManage' : 'choose.title')}</h2>
        {manage || ready === undefined ? null : <p>{t('choose.lead')}</p>}
      </div>
      <div className="bookings">
        {shown.map((booking) =>
          manage ? (
            <Managed key={booking.id} booking={booking} />
          ) : (
            <Offered key={booking.id} booking={booking} first={booking === ready} />
          ),
        )}
      </div>
      <Pager page={page} pages={pages} onPage={setWanted} />
    </>
  );
};

/** When, what for, and whose, without a name. */
const What = ({ booking }: { booking: BookingView }) => {
  const { t } = useTranslation();
  const { state, clock, formats } = useView();
  const { startsAt, services, masked, opensAt } = booking;
  const { icon, tone } = STATES[booking.state];
  const today = clock !== null && formats.day(startsAt) === formats.day(clock);
  const early = booking.state === 'early';
  const words =
    early && opensAt === null
      ? t('choose.state.earlyUnknown')
      : t(`choose.state.${booking.state}`, { time: opensAt === null ? '' : formats.time(opensAt) });
  return (
    <>
      <span className="at">
        {formats.time(startsAt)}
        {today ? null : <small>{formats.dayMonth(startsAt)}</small>}
      </span>
      <span className="words">
        <span className="h3">{services.map((s) => inLanguage(s, state.comfort.language)).join('\u00a0· ')}</span>
        <span className="about">
          <Pill icon={icon} tone={tone}>
            {words}
          </Pill>
          {masked === null ? null : <span className="small">{masked}</span>}
        </span>
      </span>
    </>
  );
};

const Offered = ({ booking, first }: { booking: BookingView; first: boolean }) => {
  const { send, now, newAttempt } = useView();
  if (booking.state !== 'ready') {
    return (
      <div className="tile booking" data-state={booking.state}>
        <What booking={booking} />
      </div>
    );
  }
  return (
    <button
      type="button"
      className={`tile booking press${first ? ' primary' : ''}`}
      data-action="booking"
      data-id={booking.id}
      data-state={booking.state}
      onClick={() => send({ type: 'booking', booking: booking.id, attempt: newAttempt(), now: now() })}
    >
      <What booking={booking} />
      <ChevronRight className="on" aria-hidden />
    </button>
  );
};

const Managed = ({ booking }: { booking: BookingView }) => {
  const { t } = useTranslation();
  const { send, now } = useView();
  const { id, movable } = booking;
  return (
    <div className="tile booking managed" data-state={booking.state}>
      <div className="what">
        <What booking={booking} />
      </div>
      {movable ? (
        <div className="row">
          <Button
            icon={CalendarClock}
            action="reschedule"
            id={id}
            onPress={() => send({ type: 'manage', booking: id, action: 'reschedule', now: now() })}
          >
            {t('choose.reschedule')}
          </Button>
          <Button
            icon={CalendarX2}
            action="cancel-booking"
            id={id}
            onPress={() => send({ type: 'manage', booking: id, action: 'cancel', now: now() })}
          >
            {t('choose.cancel')}
          </Button>
        </div>
      ) : (
        <Pill icon={Lock}>{t('choose.fixed')}</Pill>
      )}
    </div>
  );
};
