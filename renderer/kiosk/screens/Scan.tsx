import { CameraOff, Keyboard } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createCameraScanner, type CameraState } from '../../scan/scanner.ts';
import { Button } from '../../ui/Tile.tsx';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';

/** The camera is on while this screen is shown, and at no other time. */
export const Scan = ({ step }: { step: Extract<Step, { at: 'scan' }> }) => {
  const { t } = useTranslation();
  const { send, now, newAttempt, report } = useView();
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
  useEffect(() => {
    if (camera === 'live') report('ok');
    else if (camera === 'missing') report('missing');
    else if (camera === 'denied' || camera === 'broken') report('failing');
  }, [camera, report]);
  const dead = camera === 'missing' || camera === 'denied' || camera === 'broken';
  return (
    <>
      <h2 className="title">{t(step.purpose === 'manage' ? 'scan.titleManage' : 'scan.title')}</h2>
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
        {dead ? null : <p className="centred">{t('scan.hint')}</p>}
        <Button primary icon={Keyboard} action="number" onPress={() => send({ type: 'number', now: now() })}>
          {t('scan.number')}
        </Button>
      </div>
    </>
  );
};
