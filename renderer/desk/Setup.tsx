import { Languages, MonitorSmartphone, PlugZap, Ruler } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet, SetupPrintersView } from '../../shared/contracts/printers-setup.ts';
import { NO_SEARCH, type PrinterSearch } from './printers/draft.ts';
import { ChooseCamera, Trial, TryScanner } from './SetupParts.tsx';
import { Page } from './SetupPage.tsx';
import { SetupPrinters } from './SetupPrinters.tsx';
import { useDesk } from './view.ts';

const ROLE_CHOICES = [
  { id: 'kiosk', roles: ['kiosk'] },
  { id: 'desk', roles: ['desk'] },
  { id: 'both', roles: ['kiosk', 'desk'] },
] as const;

/** What was said so far: whoever goes a step back finds it as he left it. */
interface Said {
  machine: (typeof ROLE_CHOICES)[number];
  display: 'main' | 'other';
  search: PrinterSearch;
  /** A code was read by the scanner. */
  read: boolean;
  camera: string | null;
  inches: string;
  url: string;
  code: string;
}
const NOTHING_SAID: Said = {
  machine: ROLE_CHOICES[0],
  display: 'main',
  search: NO_SEARCH,
  read: false,
  camera: null,
  inches: '',
  url: 'https://',
  code: '',
};
interface StepProps {
  said: Said;
  onSay: (more: Partial<Said>) => void;
  onBack: () => void;
  onNext: () => void;
}

const JOIN = 7;

/** A machine that belongs to no office yet: what it is, what is connected to it, its office, and one visit on trial. */
export const Setup = ({ onBegun }: { onBegun: () => void }) => {
  const [step, setStep] = useState(1);
  const [said, setSaid] = useState(NOTHING_SAID);
  const [printers, setPrinters] = useState<SetupPrintersView | null>(null);
  const [joined, setJoined] = useState(false);
  const [mending, setMending] = useState(false);
  /** An office is joined once: from then on that step is passed over. */
  const go = (by: 1 | -1): void => setStep((n) => (joined && n + by === JOIN ? n + 2 * by : n + by));
  const steps: StepProps = {
    said,
    onSay: (more) => setSaid((now) => ({ ...now, ...more })),
    onBack: () => go(-1),
    onNext: () => go(1),
  };
  const choosePrinters = (onBack: (() => void) | undefined, onNext: () => void) => (
    <SetupPrinters
      view={printers}
      onView={setPrinters}
      search={said.search}
      onSearch={(change) => setSaid((now) => ({ ...now, search: change(now.search) }))}
      onBack={onBack}
      onNext={onNext}
    />
  );
  switch (step) {
    case 1:
      return <ChooseLanguage onNext={steps.onNext} />;
    case 2:
      return <ChooseWindows {...steps} />;
    case 3:
      return choosePrinters(steps.onBack, steps.onNext);
    case 4:
      return (
        <TryScanner
          read={said.read}
          onRead={() => steps.onSay({ read: true })}
          onBack={steps.onBack}
          onNext={steps.onNext}
        />
      );
    case 5:
      return (
        <ChooseCamera
          chosen={said.camera}
          onChoose={(camera) => steps.onSay({ camera })}
          onBack={steps.onBack}
          onNext={steps.onNext}
        />
      );
    case 6:
      return <ScreenSize {...steps} />;
    case JOIN:
      return (
        <Join
          {...steps}
          onBegun={onBegun}
          onNext={() => {
            setJoined(true);
            steps.onNext();
          }}
        />
      );
    default:
      return mending ? (
        choosePrinters(undefined, () => setMending(false))
      ) : (
        <Trial
          printer={printerFor(said.machine.roles[0], printers?.printers ?? [])}
          onPrinters={() => setMending(true)}
          onBack={steps.onBack}
        />
      );
  }
};

/** @returns the one that the papers of this place come from */
const printerFor = (place: 'kiosk' | 'desk', printers: readonly PrinterSet[]): PrinterSet | null =>
  printers.find(({ roles }) => roles.includes(place)) ?? printers[0] ?? null;

const ChooseLanguage = ({ onNext }: { onNext: () => void }) => {
  const { t } = useTranslation();
  const { language, setLanguage } = useDesk();
  return (
    <Page step={1} title={t('desk.setup.language')} text="" icon={<Languages aria-hidden />}>
      <div className="filters" role="group" aria-label={t('desk.setup.language')}>
        {(['ru', 'en'] as const).map((one) => (
          <button
            key={one}
            type="button"
            lang={one}
            data-action="setup-language"
            data-id={one}
            aria-pressed={language === one}
            onClick={() => setLanguage(one)}
          >
            {one === 'ru' ? 'Русский' : 'English'}
          </button>
        ))}
      </div>
      <button type="button" className="go" autoFocus data-action="setup-next" onClick={onNext}>
        {t('desk.setup.next')}
        <kbd>Enter</kbd>
      </button>
    </Page>
  );
};

const ChooseWindows = ({ said: { machine, display }, onSay, onBack, onNext }: StepProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [failed, setFailed] = useState(false);
  const save = async (): Promise<void> => {
    const result = await client.call('setup.machine', { roles: [...machine.roles], kioskDisplay: display });
    if (result.ok) onNext();
    else setFailed(true);
  };
  return (
    <Page
      step={2}
      onBack={onBack}
      title={t('desk.setup.windows')}
      text={t('desk.setup.windowsText')}
      icon={<MonitorSmartphone aria-hidden />}
    >
      <div className="filters" role="group" aria-label={t('desk.setup.windows')}>
        {ROLE_CHOICES.map((one) => (
          <button
            key={one.id}
            type="button"
            data-action="setup-roles"
            data-id={one.id}
            aria-pressed={one === machine}
            onClick={() => onSay({ machine: one })}
          >
            {t(`desk.setup.role.${one.id}`)}
          </button>
        ))}
      </div>
      {machine.id === 'both' && (
        <div className="filters" role="group" aria-label={t('desk.setup.displays')}>
          {(['main', 'other'] as const).map((one) => (
            <button
              key={one}
              type="button"
              data-action="setup-display"
              data-id={one}
              aria-pressed={one === display}
              onClick={() => onSay({ display: one })}
            >
              {t(`desk.setup.display.${one}`)}
            </button>
          ))}
        </div>
      )}
      <p className="door-said" role="alert">
        {failed ? t('desk.failed') : null}
      </p>
      <button type="button" className="go" autoFocus data-action="setup-next" onClick={() => void save()}>
        {t('desk.setup.next')}
        <kbd>Enter</kbd>
      </button>
    </Page>
  );
};

const ScreenSize = ({ said: { inches }, onSay, onBack, onNext }: StepProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [failed, setFailed] = useState(false);
  const value = Number(inches.replace(',', '.'));
  const valid = inches === '' || (value >= 7 && value <= 100);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const result = await client.call('setup.machine', { inches: inches === '' ? null : value });
    if (result.ok) onNext();
    else setFailed(true);
  };
  return (
    <Page
      step={6}
      onBack={onBack}
      title={t('desk.setup.screen')}
      text={t('desk.setup.screenText')}
      icon={<Ruler aria-hidden />}
    >
      <form className="plain" onSubmit={(event) => void save(event)}>
        <label>
          {t('desk.setup.inches')}
          <input
            autoFocus
            data-action="setup-inches"
            inputMode="decimal"
            value={inches}
            maxLength={5}
            onChange={(e) => onSay({ inches: e.target.value.replaceAll(/[^\d.,]/g, '') })}
          />
        </label>
        <p className="door-said" role="alert">
          {valid ? (failed ? t('desk.failed') : null) : t('desk.setup.inchesRange')}
        </p>
        <button type="submit" className="go" data-action="setup-next" disabled={!valid}>
          {t(inches === '' ? 'desk.setup.later' : 'desk.setup.next')}
          <kbd>Enter</kbd>
        </button>
      </form>
    </Page>
  );
};

const Join = ({ said: { url, code }, onSay, onBegun, onBack, onNext }: StepProps & { onBegun: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [answer, setAnswer] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const join = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    // From here on the page stays until it is done, though the machine has its office.
    onBegun();
    const result = await client.call('setup.enrol', { url: url.trim(), code: code.trim() });
    setBusy(false);
    if (result.ok) onNext();
    else if (result.error.code === 'centre-refused') setAnswer(t('desk.setup.refused'));
    else setAnswer(t(result.error.code === 'invalid-input' ? 'desk.setup.badUrl' : 'desk.setup.unreachable'));
  };
  return (
    <Page
      step={JOIN}
      onBack={busy ? undefined : onBack}
      title={t('desk.setup.enrol')}
      text={t('desk.setup.enrolText')}
      icon={<PlugZap aria-hidden />}
    >
      <form className="plain" onSubmit={(event) => void join(event)}>
        <label>
          {t('desk.setup.url')}
          <input data-action="setup-url" value={url} maxLength={300} onChange={(e) => onSay({ url: e.target.value })} />
        </label>
        <label>
          {t('desk.setup.code')}
          <input
            autoFocus
            data-action="setup-code"
            value={code}
            maxLength={32}
            onChange={(e) => onSay({ code: e.target.value })}
          />
        </label>
        <p className="door-said" role="alert">
          {answer}
        </p>
        <button type="submit" className="go" data-action="setup-join" disabled={busy || code.trim().length < 4}>
          {t('desk.setup.join')}
          <kbd>Enter</kbd>
        </button>
      </form>
    </Page>
  );
};
