import { Languages, PlugZap, Printer, ScanLine } from 'lucide-react';
import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk } from './view.ts';

/** A machine that belongs to no office yet: language, printer, scanner, and the office itself. */
export const Setup = ({ onBegun }: { onBegun: () => void }) => {
  const [step, setStep] = useState(1);
  const next = (): void => setStep((n) => n + 1);
  switch (step) {
    case 1:
      return <ChooseLanguage onNext={next} />;
    case 2:
      return <ChoosePrinter onNext={next} />;
    case 3:
      return <TryScanner onNext={next} />;
    default:
      return <Join onBegun={onBegun} />;
  }
};

interface PageProps {
  step: number;
  title: string;
  text: string;
  icon: ReactNode;
  children: ReactNode;
}
const Page = ({ step, title, text, icon, children }: PageProps) => {
  const { t } = useTranslation();
  return (
    <main className="door" data-setup={step}>
      <section className="door-card" aria-labelledby="setup-title">
        <p className="door-office">
          {t('desk.setup.title')} · {t('desk.setup.step', { step })}
        </p>
        <h1 id="setup-title">
          {icon} {title}
        </h1>
        <p>{text}</p>
        {children}
      </section>
    </main>
  );
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

const ChoosePrinter = ({ onNext }: { onNext: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [host, setHost] = useState('');
  const [port, setPort] = useState('9100');
  const [width, setWidth] = useState<576 | 384>(576);
  const [said, setSaid] = useState<string | null>(null);
  const [found, setFound] = useState(false);
  const valid = host.trim() !== '' && Number(port) >= 1 && Number(port) <= 65_535;
  const check = async (): Promise<void> => {
    const result = await client.call('setup.tryPrinter', { host: host.trim(), port: Number(port) });
    setFound(result.ok && result.value.answers);
    setSaid(t(!result.ok ? 'desk.failed' : result.value.answers ? 'desk.setup.answers' : 'desk.setup.silent'));
  };
  const save = async (event: FormEvent | null): Promise<void> => {
    event?.preventDefault();
    const printer = event ? { host: host.trim(), port: Number(port), width } : null;
    const result = await client.call('setup.printer', { printer });
    if (result.ok) onNext();
    else setSaid(t('desk.failed'));
  };
  return (
    <Page step={2} title={t('desk.setup.printer')} text={t('desk.setup.printerText')} icon={<Printer aria-hidden />}>
      <form className="plain" onSubmit={(event) => void save(event)}>
        <label>
          {t('desk.setup.host')}
          <input
            autoFocus
            data-action="setup-host"
            value={host}
            maxLength={255}
            onChange={(e) => setHost(e.target.value)}
          />
        </label>
        <label>
          {t('desk.setup.port')}
          <input
            data-action="setup-port"
            inputMode="numeric"
            value={port}
            maxLength={5}
            onChange={(e) => setPort(e.target.value.replaceAll(/\D/g, ''))}
          />
        </label>
        <label>
          {t('desk.setup.width')}
          <select
            data-action="setup-width"
            value={width}
            onChange={(e) => setWidth(e.target.value === '384' ? 384 : 576)}
          >
            <option value="576">80 mm</option>
            <option value="384">58 mm</option>
          </select>
        </label>
        <p className={`door-said ${found ? 'good' : ''}`} role="status">
          {said}
        </p>
        <button type="submit" className="go" data-action="setup-next" disabled={!valid}>
          {t('desk.setup.next')}
          <kbd>Enter</kbd>
        </button>
        <button type="button" data-action="setup-try" disabled={!valid} onClick={() => void check()}>
          {t('desk.setup.try')}
        </button>
        <button type="button" data-action="setup-none" onClick={() => void save(null)}>
          {t('desk.setup.noPrinter')}
        </button>
      </form>
    </Page>
  );
};

const TryScanner = ({ onNext }: { onNext: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [read, setRead] = useState(false);
  useEffect(() => client.on('scan.read', () => setRead(true)), [client]);
  return (
    <Page step={3} title={t('desk.setup.scanner')} text={t('desk.setup.scannerText')} icon={<ScanLine aria-hidden />}>
      <p className="door-said good" role="status" data-read={read}>
        {read ? t('desk.setup.read') : ''}
      </p>
      <button type="button" className={read ? 'go' : ''} data-action="setup-next" onClick={onNext}>
        {t(read ? 'desk.setup.next' : 'desk.setup.skip')}
      </button>
    </Page>
  );
};

const Join = ({ onBegun }: { onBegun: () => void }) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [url, setUrl] = useState('https://');
  const [code, setCode] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [joined, setJoined] = useState(false);
  const join = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    // From here on the page stays until it is done, though the machine has its office.
    onBegun();
    const result = await client.call('setup.enrol', { url: url.trim(), code: code.trim() });
    setBusy(false);
    if (result.ok) setJoined(true);
    else if (result.error.code === 'centre-refused') setSaid(t('desk.setup.refused'));
    else setSaid(t(result.error.code === 'invalid-input' ? 'desk.setup.badUrl' : 'desk.setup.unreachable'));
  };
  return (
    <Page step={4} title={t('desk.setup.enrol')} text={t('desk.setup.enrolText')} icon={<PlugZap aria-hidden />}>
      {joined ? (
        <>
          <p role="status">{t('desk.setup.done')}</p>
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
        </>
      ) : (
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
      )}
    </Page>
  );
};
