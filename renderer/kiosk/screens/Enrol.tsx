import { Check, CircleAlert, Hourglass, PlugZap } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallError } from '../../../shared/contracts/result.ts';
import {
  ENROLMENT_SYMBOLS,
  formatEnrolmentCode,
  parseEnrolmentCode,
  parseEnrolmentQr,
} from '../../../shared/domain/enrolment.ts';
import { Keyboard } from '../../ui/Keyboard.tsx';
import { Keypad } from '../../ui/Keypad.tsx';
import { Button, Pictogram } from '../../ui/Tile.tsx';
import { useView } from '../view.ts';

/** What went wrong, as the installer needs to hear it. */
const wordsFor = (error: CallError) => {
  const problem =
    typeof error.details === 'object' && error.details !== null && 'problem' in error.details
      ? error.details.problem
      : null;
  switch (error.code) {
    case 'invalid-input':
      return 'enrol.badAddress' as const;
    case 'conflict':
      return 'enrol.already' as const;
    case 'centre-refused':
      return problem === 'rate-limited' ? ('enrol.tooMany' as const) : ('enrol.badCode' as const);
    case 'centre-unreachable':
      return /certificate/i.test(error.message) ? ('enrol.untrusted' as const) : ('enrol.unreachable' as const);
    default:
      return 'enrol.failed' as const;
  }
};

type At = 'address' | 'code' | 'busy';
const START = 'https://';
const MAX_ADDRESS = 200;

/**
 * Makes this machine one of an office: the centre's address and a one-time code, typed here or scanned from the
 * administrator's QR code. It is reached only while the machine belongs to nobody.
 */
export const Enrol = () => {
  const { t } = useTranslation();
  const { enrol, scanned } = useView();
  const [at, setAt] = useState<At>('address');
  const [url, setUrl] = useState(START);
  const [code, setCode] = useState('');
  const [error, setError] = useState<CallError | null>(null);

  const go = useCallback(
    async (about: { url: string; code: string }): Promise<void> => {
      setUrl(about.url);
      setCode(about.code);
      setAt('busy');
      setError(null);
      const failure = await enrol(about);
      // When it worked the screen changes by itself, as soon as the first data is there.
      if (!failure) return;
      setError(failure);
      setAt(failure.code === 'centre-refused' ? 'code' : 'address');
    },
    [enrol],
  );

  useEffect(() => {
    const read = scanned === null ? null : parseEnrolmentQr(scanned.text);
    if (!read) return undefined;
    const timer = setTimeout(() => void go(read), 0);
    return () => clearTimeout(timer);
  }, [scanned, go]);

  const onKey = useCallback((key: string) => setCode((c) => (c + key).slice(0, ENROLMENT_SYMBOLS)), []);
  const onDelete = useCallback(() => setCode((c) => c.slice(0, -1)), []);
  const ready = parseEnrolmentCode(code);
  const onDone = useCallback(() => {
    if (ready !== null) void go({ url, code: ready });
  }, [ready, go, url]);

  if (at === 'busy') {
    return (
      <div className="wait" role="status">
        <Pictogram icon={Hourglass} tone="blue" large />
        <h1>{t('enrol.busy')}</h1>
        <p>{t('enrol.busyText')}</p>
      </div>
    );
  }
  return (
    <div className="page enrol">
      <div className="enrol-say">
        <Pictogram icon={error ? CircleAlert : PlugZap} tone={error ? 'amber' : 'blue'} />
        <h2>{t(at === 'address' ? 'enrol.address' : 'enrol.code')}</h2>
        <p role={error ? 'alert' : undefined}>
          {error ? t(wordsFor(error)) : t(at === 'address' ? 'enrol.addressHint' : 'enrol.codeHint')}
        </p>
        <output className="phone-field" aria-label={t(at === 'address' ? 'enrol.address' : 'enrol.code')}>
          {at === 'address' ? url : formatEnrolmentCode(code.padEnd(ENROLMENT_SYMBOLS, '_'))}
        </output>
      </div>
      {at === 'address' ? (
        <Keyboard
          language="en"
          layout="address"
          label={t('enrol.address')}
          onKey={(key) => setUrl((u) => (u + key).slice(0, MAX_ADDRESS))}
          onDelete={() => setUrl((u) => u.slice(0, -1))}
          onDone={() => {
            setError(null);
            setAt('code');
          }}
        />
      ) : (
        <div className="enrol-do">
          <Keypad
            layout="booking"
            label={t('enrol.code')}
            disabled={code.length === ENROLMENT_SYMBOLS}
            onKey={onKey}
            onDelete={onDelete}
            onDone={onDone}
          />
          <div className="choices">
            <Button action="enrol-address" onPress={() => setAt('address')}>
              {t('enrol.back')}
            </Button>
            <Button icon={Check} primary action="enrol" disabled={ready === null} onPress={onDone}>
              {t('enrol.connect')}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
};
