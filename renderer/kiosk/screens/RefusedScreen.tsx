import {
  ArrowRightLeft,
  CalendarClock,
  CalendarDays,
  CalendarX2,
  Check,
  Clock,
  CloudOff,
  DoorClosed,
  Headset,
  Hourglass,
  Keyboard,
  MapPin,
  Printer,
  QrCode,
  ScanQrCode,
  SearchX,
  Star,
  Ticket,
  TicketX,
  TriangleAlert,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { NextStep } from '../../../shared/contracts/app.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Pictogram, Tile } from '../../ui/Tile.tsx';
import type { FlowState, Refused, Step } from '../steps.ts';
import { useView } from '../view.ts';

const LOOK: Record<Refused['reason'], { icon: LucideIcon; tone: 'amber' | 'green' }> = {
  'not-ours': { icon: QrCode, tone: 'amber' },
  unknown: { icon: SearchX, tone: 'amber' },
  'other-office': { icon: MapPin, tone: 'amber' },
  cancelled: { icon: CalendarX2, tone: 'amber' },
  superseded: { icon: CalendarClock, tone: 'amber' },
  'other-day': { icon: CalendarDays, tone: 'amber' },
  'already-used': { icon: Check, tone: 'green' },
  'too-early': { icon: Clock, tone: 'amber' },
  'too-late': { icon: Clock, tone: 'amber' },
  'no-match': { icon: Keyboard, tone: 'amber' },
  locked: { icon: Hourglass, tone: 'amber' },
  'case-expired': { icon: Hourglass, tone: 'amber' },
  closed: { icon: DoorClosed, tone: 'amber' },
  closing: { icon: Clock, tone: 'amber' },
  'booking-only': { icon: CalendarDays, tone: 'amber' },
  contingent: { icon: TicketX, tone: 'amber' },
  flood: { icon: Hourglass, tone: 'amber' },
  'slot-taken': { icon: CalendarX2, tone: 'amber' },
  'request-rejected': { icon: CalendarX2, tone: 'amber' },
  'centre-away': { icon: CloudOff, tone: 'amber' },
  error: { icon: TriangleAlert, tone: 'amber' },
};

/** Why not, in words a neighbour would use, and what to do now: the first step is the obvious one. */
export const RefusedScreen = ({ step }: { step: Extract<Step, { at: 'refused' }> }) => {
  const { t } = useTranslation();
  const { refused } = step;
  const { icon, tone } = LOOK[refused.reason];
  const text = useText(refused);
  const fact = useFact(refused);
  return (
    <>
      <div className="say" role="alert">
        <Pictogram icon={icon} tone={tone} large />
        <h1>{t(`refused.${refused.reason}.title`)}</h1>
        <p className="strong">{text}</p>
      </div>
      <div className="ways">
        {fact}
        {refused.next.map((next, i) => (
          <Next
            key={next.step === 'other-service' ? `${next.step} ${next.service}` : next.step}
            next={next}
            first={i === 0 && (fact === null || next.step !== 'call-staff')}
          />
        ))}
      </div>
    </>
  );
};

const useText = ({ reason, next, booking, number, message }: Refused): string => {
  const { t } = useTranslation();
  const { state, clock, formats } = useView();
  const has = (step: NextStep['step']) => next.some((n) => n.step === step);
  const onlyStaff = next.every((n) => n.step === 'call-staff');
  // Without the time of the booking a sentence about it would have a hole.
  const when = booking ? formats.dayTime(booking.startsAt) : null;
  const soon = booking ? formats.soon(booking.startsAt, clock ?? 0) : null;
  switch (reason) {
    case 'other-office':
      return when !== null && has('go-to-office')
        ? t('refused.other-office.text', { when })
        : t('refused.other-office.textUnknown');
    case 'cancelled':
      return when === null ? t('refused.cancelled.textUnknown') : t('refused.cancelled.text', { when });
    case 'other-day':
      if (has('come-on')) return t(has('reschedule') ? 'refused.other-day.textMove' : 'refused.other-day.text');
      return t(has('walk-in') ? 'refused.other-day.textPast' : 'refused.other-day.textStaff', { when: when ?? '' });
    case 'already-used':
      return t(number ? 'refused.already-used.text' : 'refused.already-used.textUnknown');
    case 'too-early':
      return t('refused.too-early.text', { when: soon ?? '' });
    case 'too-late':
      return t(onlyStaff ? 'refused.too-late.textStaff' : 'refused.too-late.text', { when: soon ?? '' });
    case 'closed':
      return message ? inLanguage(message, state.comfort.language) : t('refused.closed.text');
    case 'error':
      return t(onlyStaff ? 'refused.error.textStaff' : 'refused.error.text');
    default:
      return t(`refused.${reason}.text`);
  }
};

/** What is to be remembered, in the largest letters. */
const Fact = ({ icon, label, children }: { icon: LucideIcon; label: string; children: string }) => (
  <div className="tile fact">
    <Pictogram icon={icon} />
    <span className="words">
      <span className="p">{label}</span>
      <span className={children.length > 8 ? 'value long' : 'value'}>{children}</span>
    </span>
  </div>
);

/** The number already given, the new time, or until when: what belongs to the reason itself. */
const useFact = ({ reason, next, booking, number, until }: Refused) => {
  const { t } = useTranslation();
  const { clock, formats } = useView();
  switch (reason) {
    case 'already-used':
      return number ? (
        <Fact icon={Ticket} label={t('refused.yourNumber')}>
          {formats.number(number)}
        </Fact>
      ) : null;
    case 'superseded':
      // A day to come is among the next steps.
      return booking && !next.some((n) => n.step === 'come-on') ? (
        <Fact icon={CalendarClock} label={t('refused.newTime')}>
          {clock !== null && formats.day(booking.startsAt) === formats.day(clock)
            ? formats.time(booking.startsAt)
            : formats.soon(booking.startsAt, clock ?? 0)}
        </Fact>
      ) : null;
    case 'locked':
      return until === null ? null : (
        <Fact icon={Clock} label={t('refused.until.locked')}>
          {formats.time(until)}
        </Fact>
      );
    case 'flood':
      return until === null ? null : (
        <Fact icon={Clock} label={t('refused.until.flood')}>
          {formats.time(until)}
        </Fact>
      );
    case 'closed':
      return until === null ? null : (
        <Fact icon={Clock} label={t('refused.until.closed')}>
          {formats.soon(until, clock ?? 0)}
        </Fact>
      );
    default:
      return null;
  }
};

/** A step that the visitor can take here is a button; one that he takes with his feet is something to remember. */
const Next = ({ next, first }: { next: NextStep; first: boolean }) => {
  const { t } = useTranslation();
  const { state, send, now, clock, formats, newAttempt } = useView();
  const { language } = state.comfort;
  const soonest = (at: number | null) =>
    at === null ? undefined : t('next.soonest', { when: formats.soon(at, clock ?? 0) });
  const go = {
    primary: first,
    onPress: () => send({ type: 'next', next, attempt: newAttempt(), now: now() }),
  };
  switch (next.step) {
    case 'come-back':
      return (
        <Fact icon={Clock} label={t('next.comeBack')}>
          {formats.time(next.at)}
        </Fact>
      );
    case 'come-on':
      return (
        <Fact icon={CalendarDays} label={t('next.comeOn')}>
          {formats.soon(next.at, clock ?? 0)}
        </Fact>
      );
    case 'go-to-office': {
      // Word joiners: a span is not broken at its dash.
      const hours = next.hours
        ?.map(({ from, until }) => `${formats.time(from)}\u2060–\u2060${formats.time(until)}`)
        .join(', ');
      const today = hours === '' ? t('next.closedToday') : t('next.openToday', { hours: hours ?? '' });
      return (
        <Tile
          icon={MapPin}
          title={inLanguage(next.name, language)}
          hint={
            <>
              {inLanguage(next.address, language)}
              {hours === undefined ? null : (
                <>
                  <br />
                  {today}
                </>
              )}
            </>
          }
        />
      );
    }
    case 'copy':
      return <Tile {...go} icon={Printer} title={t('next.copy')} hint={t('next.copyHint')} action="copy" />;
    case 'check-in':
      return (
        <Tile
          {...go}
          icon={Check}
          title={t('next.checkIn')}
          hint={t('next.checkInHint', { time: formats.time(next.startsAt) })}
          action="check-in"
        />
      );
    case 'walk-in': {
      const wait = waitOf(state, next.service);
      return (
        <Tile
          {...go}
          icon={Ticket}
          title={t('next.walkIn')}
          {...(wait ? { hint: t('next.walkInHint', { wait: formats.wait(wait.fromMinutes, wait.toMinutes) }) } : {})}
          action="walk-in"
        />
      );
    }
    case 'reschedule':
      return (
        <Tile
          {...go}
          icon={CalendarClock}
          title={t('next.reschedule')}
          hint={soonest(next.soonest)}
          action="reschedule"
        />
      );
    case 'slots':
      return <Tile {...go} icon={CalendarDays} title={t('next.slots')} hint={soonest(next.soonest)} action="slots" />;
    case 'other-service':
      return (
        <Tile
          {...go}
          icon={ArrowRightLeft}
          title={inLanguage(next.name, language)}
          hint={t('next.otherService')}
          action="other-service"
          id={next.service}
        />
      );
    case 'feedback':
      return <Tile {...go} icon={Star} title={t('next.feedback')} hint={t('next.feedbackHint')} action="feedback" />;
    case 'scan-again':
      return <Tile {...go} icon={ScanQrCode} title={t('next.scanAgain')} action="scan" />;
    case 'type-number':
      return <Tile {...go} icon={Keyboard} title={t('next.typeNumber')} action="number" />;
    case 'call-staff':
      return <Tile {...go} icon={Headset} title={t('next.callStaff')} action="help" />;
    default:
      return null;
  }
};

/** Of the service where it is known, else of the office. */
const waitOf = (
  { catalogue, system }: FlowState,
  service: number | null,
): { fromMinutes: number; toMinutes: number } | null => {
  const estimate = catalogue?.services.find((s) => s.id === service)?.estimate;
  if (estimate?.known === true) return estimate;
  return service === null ? (system?.queue ?? null) : null;
};
