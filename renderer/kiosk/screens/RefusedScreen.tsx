import {
  CalendarClock,
  CalendarX2,
  Check,
  CircleHelp,
  Headset,
  House,
  MapPin,
  Printer,
  QrCode,
  ScanQrCode,
  TriangleAlert,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { NextStep } from '../../../shared/contracts/app.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button, Pictogram, Tile } from '../../ui/Tile.tsx';
import type { Refused } from '../flow.ts';
import { secondsLeft, useView } from '../view.ts';

const LOOK: Record<Refused['reason'], { icon: LucideIcon; tone: 'amber' | 'green' | 'red' }> = {
  'not-ours': { icon: QrCode, tone: 'amber' },
  'other-office': { icon: MapPin, tone: 'amber' },
  cancelled: { icon: CalendarX2, tone: 'amber' },
  'other-day': { icon: CalendarClock, tone: 'amber' },
  'already-used': { icon: Check, tone: 'green' },
  unknown: { icon: CircleHelp, tone: 'amber' },
  error: { icon: TriangleAlert, tone: 'amber' },
};

/** Why not, in words a neighbour would use, and what to do now. */
export const RefusedScreen = ({ refused, until }: { refused: Refused; until: number }) => {
  const { t } = useTranslation();
  const { state, send, now, at, formats, newAttempt } = useView();
  const { language } = state.comfort;
  const { reason, next, booking, number } = refused;
  const when = booking ? formats.dayTime(booking.startsAt) : '';
  const has = (step: NextStep['step']) => next.some((n) => n.step === step);
  const text = (): string => {
    switch (reason) {
      case 'other-office':
        return has('go-to-office') ? t('refused.other-office.text', { when }) : t('refused.other-office.textUnknown');
      case 'other-day':
        return has('come-on') ? t('refused.other-day.text', { when }) : t('refused.other-day.textPast', { when });
      case 'cancelled':
        return t('refused.cancelled.text', { when });
      case 'already-used':
        return number
          ? t('refused.already-used.text', { number: formats.number(number) })
          : t('refused.already-used.textUnknown');
      default:
        return t(`refused.${reason}.text`);
    }
  };
  const tile = (n: NextStep) => {
    switch (n.step) {
      case 'copy':
        return (
          <Tile
            key={n.step}
            icon={Printer}
            title={t('refused.copy')}
            hint={t('refused.copyHint')}
            action="copy"
            onPress={() => send({ type: 'copy', attempt: newAttempt(), now: now() })}
          />
        );
      case 'go-to-office':
        return (
          <Tile
            key={n.step}
            icon={MapPin}
            title={inLanguage(n.name, language)}
            hint={inLanguage(n.address, language)}
          />
        );
      case 'scan-again':
        return (
          <Tile
            key={n.step}
            icon={ScanQrCode}
            title={t('refused.scanAgain')}
            action="scan"
            onPress={() => send({ type: 'scan', now: now() })}
          />
        );
      case 'ask-staff':
        return <Tile key={n.step} icon={Headset} title={t('refused.staff')} hint={t('refused.staffHint')} />;
      case 'come-on':
        return null;
      default:
        return null;
    }
  };
  const { icon, tone } = LOOK[reason];
  return (
    <>
      <div className="say" role="alert">
        <Pictogram icon={icon} tone={tone} large />
        <h1>{t(`refused.${reason}.title`)}</h1>
        <p className="strong">{text()}</p>
      </div>
      <div className="ways">
        {next.map(tile)}
        <Button icon={House} action="home" onPress={() => send({ type: 'home', now: now() })}>
          {`${t('refused.home')} · ${secondsLeft(until, at)}`}
        </Button>
      </div>
    </>
  );
};
