import { CalendarClock, Clock, Headset, Info, PrinterX, QrCode, ScanQrCode, Ticket, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Pictogram, Pill, Tile } from '../../ui/Tile.tsx';
import { useView } from '../view.ts';

/** The four things people come for; with a booking is what most of them are. */
export const Home = () => {
  const { t } = useTranslation();
  const { state, send, now, clock, formats, newAttempt } = useView();
  const { language } = state.comfort;
  const office = state.system?.office ?? null;
  const queue = state.system?.queue ?? null;
  const closed = office !== null && !office.open;
  const message = office?.message ? inLanguage(office.message, language) : null;
  const opens =
    closed && office.opensAt !== null ? t('home.opens', { when: formats.soon(office.opensAt, clock ?? 0) }) : null;
  return (
    <>
      <div className="say">
        <h1>{t('home.title')}</h1>
        <p>{t('home.lead')}</p>
      </div>
      {state.system?.notice ? <Pill icon={Info}>{inLanguage(state.system.notice, language)}</Pill> : null}
      {closed ? (
        <div className="notice amber" role="status" data-office="closed">
          <Clock aria-hidden />
          <span className="words">
            <span className="h3">{t('home.closed')}</span>
            <span className="p">{[opens, message].filter((line) => line !== null).join(' ')}</span>
          </span>
        </div>
      ) : message === null ? null : (
        <Pill icon={Info}>{message}</Pill>
      )}
      {state.system?.printer.state === 'blocked' ? (
        <Pill icon={PrinterX} tone="amber">
          {t('sign.noPaper')}
        </Pill>
      ) : null}
      <div className="ways">
        <button
          type="button"
          className="tile hero press"
          data-action="scan"
          onClick={() => send({ type: 'scan', purpose: 'check-in', now: now() })}
        >
          <QrCode className="ghost" aria-hidden />
          <Pictogram icon={ScanQrCode} />
          <span className="words">
            <span className="h2">{t('home.booked')}</span>
            <span className="p">{t('home.bookedHint')}</span>
          </span>
        </button>
        <button
          type="button"
          className="tile walk-in press"
          data-action="services"
          onClick={() => send({ type: 'services', now: now() })}
        >
          <Pictogram icon={Ticket} />
          <span className="words">
            <span className="h2">{t('home.walkIn')}</span>
            <span className="p">{t('home.walkInHint')}</span>
            {queue === null || closed ? null : (
              <Pill icon={Users}>
                {queue.waiting === 0 ? (
                  t('home.nobody')
                ) : (
                  <>
                    <span className="whole">{`${formats.waiting(queue.waiting)} ·`}</span>{' '}
                    <span className="whole">{formats.wait(queue.fromMinutes, queue.toMinutes)}</span>
                  </>
                )}
              </Pill>
            )}
          </span>
        </button>
        <div className="pair">
          <Tile
            stacked
            icon={Headset}
            title={t('home.help')}
            action="help"
            onPress={() => send({ type: 'help', attempt: newAttempt(), now: now() })}
          />
          <Tile
            stacked
            icon={CalendarClock}
            title={t('home.manage')}
            action="manage"
            onPress={() => send({ type: 'scan', purpose: 'manage', now: now() })}
          />
        </div>
      </div>
    </>
  );
};
