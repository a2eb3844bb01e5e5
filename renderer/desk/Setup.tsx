import { Languages, MonitorSmartphone, PlugZap, Ruler } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet } from '../../shared/contracts/printers-setup.ts';
import { ChooseCamera, Trial, TryScanner } from './SetupParts.tsx';
import { Page } from './SetupPage.tsx';
import { SetupPrinters } from './SetupPrinters.tsx';
import { useDesk } from './view.ts';

/** A machine that belongs to no office yet: what it is, what is connected to it, its office, and one visit on trial. */
export const Setup = ({ onBegun }: { onBegun: () => void }) => {
  const [step, setStep] = useState(1);
  const [printers, setPrinters] = useState<readonly PrinterSet[]>([]);
  const next = (): void => setStep((n) => n + 1);
  switch (step) {
    case 1:
      return <ChooseLanguage onNext={next} />;
    case 2:
      return <ChooseWindows onNext={next} />;
    case 3:
      return <SetupPrinters set={printers} onSet={setPrinters} onNext={next} />;
    case 4:
      return <TryScanner onNext={next} />;
    case 5:
      return <ChooseCamera onNext={next} />;
    case 6:
      return <ScreenSize onNext={next} />;
    case 7:
      return <Join onBegun={onBegun} onNext={next} />;
    default:
      return <Trial printer={printers.find(({ roles }) => roles.includes('kiosk')) ?? printers[0] ?? null} />;
  }
};

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

const ROLE_CHOICES = [
  { id: 'kiosk', roles: ['kiosk'] },
  { id: 'desk', roles: ['desk'] },
  { id: 'both', roles: ['kiosk', 'desk'] },
] as const;

const ChooseWindows = ({ onNext }: { onNext: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [chosen, setChosen] = useState<(typeof ROLE_CHOICES)[number]>(ROLE_CHOICES[0]);
  const [display, setDisplay] = useState<'main' | 'other'>('main');
  const [said, setSaid] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    const result = await client.call('setup.machine', { roles: [...chosen.roles], kioskDisplay: display });
    if (result.ok) onNext();
    else setSaid(t('desk.failed'));
  };
  return (
    <Page
      step={2}
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
            aria-pressed={one === chosen}
            onClick={() => setChosen(one)}
          >
            {t(`desk.setup.role.${one.id}`)}
          </button>
        ))}
      </div>
      {chosen.id === 'both' && (
        <div className="filters" role="group" aria-label={t('desk.setup.displays')}>
          {(['main', 'other'] as const).map((one) => (
            <button
              key={one}
              type="button"
              data-action="setup-display"
              data-id={one}
              aria-pressed={one === display}
              onClick={() => setDisplay(one)}
            >
              {t(`desk.setup.display.${one}`)}
            </button>
          ))}
        </div>
      )}
      <p className="door-said" role="alert">
        {said}
      </p>
      <button type="button" className="go" autoFocus data-action="setup-next" onClick={() => void save()}>
        {t('desk.setup.next')}
        <kbd>Enter</kbd>
      </button>
    </Page>
  );
};

const ScreenSize = ({ onNext }: { onNext: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [inches, setInches] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const value = Number(inches.replace(',', '.'));
  const valid = inches === '' || (value >= 7 && value <= 100);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const result = await client.call('setup.machine', { inches: inches === '' ? null : value });
    if (result.ok) onNext();
    else setSaid(t('desk.failed'));
  };
  return (
    <Page step={6} title={t('desk.setup.screen')} text={t('desk.setup.screenText')} icon={<Ruler aria-hidden />}>
      <form className="plain" onSubmit={(event) => void save(event)}>
        <label>
          {t('desk.setup.inches')}
          <input
            autoFocus
            data-action="setup-inches"
            inputMode="decimal"
            value={inches}
            maxLength={5}
            onChange={(e) => setInches(e.target.value.replaceAll(/[^\d.,]/g, ''))}
          />
        </label>
        <p className="door-said" role="alert">
          {valid ? said : t('desk.setup.inchesRange')}
        </p>
        <button type="submit" className="go" data-action="setup-next" disabled={!valid}>
          {t(inches === '' ? 'desk.setup.later' : 'desk.setup.next')}
          <kbd>Enter</kbd>
        </button>
      </form>
    </Page>
  );
};

const Join = ({ onBegun, onNext }: { onBegun: () => void; onNext: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [url, setUrl] = useState('https://');
  const [code, setCode] = useState('');
  const [said, setSaid] = useState<string | null>(null);
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
    else if (result.error.code === 'centre-refused') setSaid(t('desk.setup.refused'));
    else setSaid(t(result.error.code === 'invalid-input' ? 'desk.setup.badUrl' : 'desk.setup.unreachable'));
  };
  return (
    <Page step={7} title={t('desk.setup.enrol')} text={t('desk.setup.enrolText')} icon={<PlugZap aria-hidden />}>
      <form className="plain" onSubmit={(event) => void join(event)}>
        <label>
          {t('desk.setup.url')}
          <input data-action="setup-url" value={url} maxLength={300} onChange={(e) => setUrl(e.target.value)} />
        </label>
        <label>
          {t('desk.setup.code')}
          <input
            autoFocus
            data-action="setup-code"
            value={code}
            maxLength={32}
            onChange={(e) => setCode(e.target.value)}
          />
        </label>
        <p className="door-said" role="alert">
          {said}
        </p>
        <button type="submit" className="go" data-action="setup-join" disabled={busy || code.trim().length < 4}>
          {t('desk.setup.join')}
          <kbd>Enter</kbd>
        </button>
      </form>
    </Page>
  );
};
