import { Camera, CircleCheck, CircleDashed, CircleX, ScanLine, TicketCheck } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet } from '../../shared/contracts/printers-setup.ts';
import { listCameras, preferCamera } from '../scan/cameras.ts';
import type { CameraInfo } from '../scan/camera-choice.ts';
import { createCameraScanner, type CameraState } from '../scan/scanner.ts';
import { Page } from './SetupPage.tsx';
import { useDesk } from './view.ts';

/** What is connected to the machine, and whether it works. */

interface StepProps {
  onBack: () => void;
  onNext: () => void;
}

export const TryScanner = ({ read, onRead, onBack, onNext }: StepProps & { read: boolean; onRead: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const hear = useEffectEvent(onRead);
  useEffect(() => client.on('scan.read', () => hear()), [client]);
  return (
    <Page
      step={4}
      onBack={onBack}
      title={t('desk.setup.scanner')}
      text={t('desk.setup.scannerText')}
      icon={<ScanLine aria-hidden />}
    >
      <p className="door-said good" role="status" data-read={read}>
        {read ? t('desk.setup.read') : ''}
      </p>
      <button type="button" className={read ? 'go' : ''} data-action="setup-next" onClick={onNext}>
        {t(read ? 'desk.setup.next' : 'desk.setup.skip')}
      </button>
    </Page>
  );
};

interface CameraProps extends StepProps {
  /** Its name; null: whichever there is. */
  chosen: string | null;
  onChoose: (camera: string | null) => void;
}
export const ChooseCamera = ({ chosen, onChoose, onBack, onNext }: CameraProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [cameras, setCameras] = useState<readonly CameraInfo[] | null>(null);
  const [state, setState] = useState<CameraState>('off');
  const [read, setRead] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    let here = true;
    listCameras().then(
      (found) => here && setCameras(found),
      () => here && setCameras([]),
    );
    return () => {
      here = false;
    };
  }, []);
  const any = cameras !== null && cameras.length > 0;
  useEffect(() => {
    const { current } = video;
    if (!any || current === null) return undefined;
    preferCamera(chosen);
    const scanner = createCameraScanner({ onRead: () => setRead(true), onState: setState });
    scanner.start(current);
    return () => scanner.stop();
  }, [any, chosen]);
  const save = async (): Promise<void> => {
    const result = await client.call('setup.machine', { camera: chosen });
    if (result.ok) onNext();
    else setSaid(t('desk.failed'));
  };
  const words = !any
    ? t(cameras === null ? 'desk.setup.looking' : 'desk.setup.noCamera')
    : read
      ? t('desk.setup.cameraRead')
      : state === 'live'
        ? t('desk.setup.cameraLive')
        : t('desk.setup.cameraOpening');
  return (
    <Page
      step={5}
      onBack={onBack}
      title={t('desk.setup.camera')}
      text={t('desk.setup.cameraText')}
      icon={<Camera aria-hidden />}
    >
      {any && (
        <>
          <label>
            {t('desk.setup.cameraWhich')}
            <select
              data-action="setup-camera"
              value={chosen ?? ''}
              onChange={(e) => {
                setRead(false);
                onChoose(e.target.value === '' ? null : e.target.value);
              }}
            >
              <option value="">{t('desk.setup.cameraAny')}</option>
              {cameras
                .filter(({ label }) => label !== '')
                .map(({ id, label }) => (
                  <option key={id} value={label}>
                    {label}
                  </option>
                ))}
            </select>
          </label>
          <video ref={video} className="setup-video" muted playsInline aria-hidden />
        </>
      )}
      <p className={`door-said ${read ? 'good' : ''}`} role="status" data-read={read}>
        {said ?? words}
      </p>
      <button type="button" className="go" autoFocus data-action="setup-next" onClick={() => void save()}>
        {t(any ? 'desk.setup.next' : 'desk.setup.later')}
        <kbd>Enter</kbd>
      </button>
    </Page>
  );
};

type Mark = 'waits' | 'good' | 'bad' | 'none';
const Check = ({ mark, id, children }: { mark: Mark; id: string; children: string }) => (
  <li data-check={id} data-mark={mark}>
    {mark === 'good' ? (
      <CircleCheck aria-hidden />
    ) : mark === 'bad' ? (
      <CircleX aria-hidden />
    ) : (
      <CircleDashed aria-hidden />
    )}
    {children}
  </li>
);

/** A visit without a visitor: the printer prints, the scanner reads what it printed, the centre answers. */
interface TrialProps {
  printer: PrinterSet | null;
  onPrinters: () => void;
  onBack: () => void;
}
export const Trial = ({ printer, onPrinters, onBack }: TrialProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [printing, setPrinting] = useState(false);
  const [paper, setPaper] = useState<{ code: string; outcome: 'printed' | 'taken' | 'failed' } | null>(null);
  const [read, setRead] = useState<'own' | 'other' | null>(null);
  const [online, setOnline] = useState(false);
  const [state, setState] = useState<CameraState>('off');
  const video = useRef<HTMLVideoElement>(null);
  const code = paper?.code ?? null;
  // A kiosk may have nothing but a camera: whichever of the two reads the paper is good.
  useEffect(() => {
    const hear = (text: string): void => setRead(text === code || code === null ? 'own' : 'other');
    const stop = client.on('scan.read', ({ text }) => hear(text));
    const camera = createCameraScanner({ onRead: hear, onState: setState });
    if (video.current !== null) camera.start(video.current);
    return () => {
      stop();
      camera.stop();
    };
  }, [client, code]);
  useEffect(() => {
    const hear = ({ sync }: { sync: { state: string } }): void =>
      setOnline(sync.state === 'live' || sync.state === 'catching-up');
    const stop = client.on('system.changed', hear);
    void client.call('system.state', {}).then((result) => result.ok && hear(result.value));
    return stop;
  }, [client]);
  const print = async (): Promise<void> => {
    if (printer === null) return;
    setPrinting(true);
    setRead(null);
    const result = await client.call('setup.trial', { printer });
    setPrinting(false);
    setPaper(result.ok ? result.value : { code: '', outcome: 'failed' });
  };
  const paperMark: Mark =
    printer === null ? 'none' : paper === null ? 'waits' : paper.outcome === 'failed' ? 'bad' : 'good';
  const paperState = printer === null ? 'noPrinter' : printing ? 'printing' : (paper?.outcome ?? 'print');
  return (
    <Page
      step={8}
      onBack={printing ? undefined : onBack}
      title={t('desk.setup.trial.title')}
      text={t(printer === null ? 'desk.setup.trial.textNoPrinter' : 'desk.setup.trial.text')}
      icon={<TicketCheck aria-hidden />}
    >
      <div role="status">
        <ul className="setup-checks">
          <Check id="centre" mark={online ? 'good' : 'waits'}>
            {t(online ? 'desk.setup.trial.online' : 'desk.setup.trial.connecting')}
          </Check>
          <Check id="printer" mark={paperMark}>
            {t(`desk.setup.trial.${paperState}`)}
          </Check>
          <Check id="scanner" mark={read === null ? 'waits' : read === 'own' ? 'good' : 'bad'}>
            {t(
              read === null
                ? 'desk.setup.trial.scan'
                : read === 'own'
                  ? 'desk.setup.trial.scanned'
                  : 'desk.setup.trial.scannedOther',
            )}
          </Check>
        </ul>
      </div>
      <video ref={video} className="setup-video" hidden={state !== 'live'} muted playsInline aria-hidden />
      {printer !== null && (
        <button type="button" data-action="setup-trial" disabled={printing} onClick={() => void print()}>
          {t(paper === null ? 'desk.setup.trial.go' : 'desk.setup.trial.again')}
        </button>
      )}
      {paper?.outcome === 'failed' || printer === null ? (
        <button type="button" data-action="setup-printers" disabled={printing} onClick={onPrinters}>
          {t(printer === null ? 'printers.add' : 'desk.setup.trial.mend')}
        </button>
      ) : null}
      <p>{t('desk.setup.done')}</p>
      <button
        type="button"
        className="go"
        autoFocus
        data-action="setup-restart"
        onClick={() => void client.call('setup.done', {})}
      >
        {t('desk.setup.restart')}
        <kbd>Enter</kbd>
      </button>
    </Page>
  );
};
