import { Headset, PrinterX, QrCode, ScanQrCode } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Pictogram, Pill, Tile } from '../../ui/Tile.tsx';
import { useView } from '../view.ts';

export const Home = () => {
  const { t } = useTranslation();
  const { state, send, now } = useView();
  return (
    <>
      <div className="say">
        <h1>{t('home.title')}</h1>
        <p>{t('home.lead')}</p>
      </div>
      <div className="ways">
        <button
          type="button"
          className="tile hero press"
          data-action="scan"
          onClick={() => send({ type: 'scan', now: now() })}
        >
          <QrCode className="ghost" aria-hidden />
          <Pictogram icon={ScanQrCode} />
          <span className="words">
            <span className="h2">{t('home.booked')}</span>
            <span className="p">{t('home.bookedHint')}</span>
          </span>
        </button>
        {state.system?.printer.state === 'blocked' ? (
          <Pill icon={PrinterX} tone="amber">
            {t('sign.noPaper')}
          </Pill>
        ) : null}
        <Tile icon={Headset} title={t('home.helpTitle')} hint={t('home.help')} />
      </div>
    </>
  );
};
