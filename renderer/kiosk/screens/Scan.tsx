import { ArrowLeft, CameraOff } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createCameraScanner, type CameraState } from '../../scan/scanner.ts';
import { Button } from '../../ui/Tile.tsx';
import { TIMES } from '../flow.ts';
import { secondsLeft, useView } from '../view.ts';

/** The camera is on while this screen is shown, and at no other time. */
export const Scan = ({ until }: { until: number }) => {
  const { t } = useTranslation();
  const { send, now, at, newAttempt } = useView();
  const video = useRef<HTMLVideoElement>(null);
  const [camera, setCamera] = useState<CameraState>('off');
  useEffect(() => {
    const scanner = createCameraScanner({
      onRead: (text) => send({ type: 'code', text, source: 'camera', attempt: newAttempt(), now: now() }),
      onState: setCamera,
    });
    if (video.current) scanner.start(video.current);
    return () => scanner.stop();
    // The functions are the app's and never change.
  }, [send, now, newAttempt]);
  const dead = camera === 'missing' || camera === 'denied' || camera === 'broken';
  const left = secondsLeft(until, at);
  return (
    <>
      <h2 className="title">{t('scan.title')}</h2>
      <div className="camera" data-camera={camera}>
        <video ref={video} muted playsInline autoPlay hidden={dead} />
        {dead ? (
          <div className="camera-off">
            <CameraOff aria-hidden />
            <span className="h3">{t('scan.broken')}</span>
            <span className="p">{t('scan.brokenHint')}</span>
          </div>
        ) : (
          <>
            {camera === 'live' ? null : <span className="camera-wait p">{t('scan.starting')}</span>}
            <i className="corner c1" />
            <i className="corner c2" />
            <i className="corner c3" />
            <i className="corner c4" />
          </>
        )}
      </div>
      <div className="below">
        <p className="centred">{t('scan.hint')}</p>
        <Button icon={ArrowLeft} action="home" onPress={() => send({ type: 'home', now: now() })}>
          {left * 1000 <= TIMES.warn ? t('scan.closing', { count: left }) : t('back')}
        </Button>
      </div>
    </>
  );
};
