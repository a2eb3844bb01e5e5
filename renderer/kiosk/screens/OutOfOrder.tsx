import { Hourglass, PlugZap, Wrench } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button, Pictogram } from '../../ui/Tile.tsx';
import { outOfOrder } from '../flow.ts';
import { useView } from '../view.ts';
import { Enrol } from './Enrol.tsx';

/** Short codes for staff, who find them in the guide. */
const CODES = {
  starting: 'START',
  core: 'CORE-1',
  'not-enrolled': 'ENROL-1',
  'no-data': 'DATA-1',
  store: 'STORE-1',
  revoked: 'REVOKED-1',
  fork: 'FORK-1',
  closed: 'CLOSED-1',
} as const;

/** So long is the code held by somebody who means it. */
const HOLD_MS = 3_000;

export const OutOfOrder = () => {
  const { t } = useTranslation();
  const { state, scanned } = useView();
  const why = outOfOrder(state) ?? 'starting';
  const [enrolling, setEnrolling] = useState(false);
  // A kiosk that has its identity and waits for its first data will serve in a moment.
  const soon = why === 'starting' || (why === 'no-data' && state.system?.sync.problem === null);
  const fresh = why === 'not-enrolled';
  const closed = why === 'closed';
  const stopped = why === 'revoked' || why === 'fork';
  if ((fresh || stopped) && (enrolling || (fresh && scanned !== null))) return <Enrol />;
  return (
    <div className="wait">
      <Pictogram icon={soon ? Hourglass : fresh ? PlugZap : Wrench} tone={soon || fresh ? 'blue' : 'amber'} large />
      <h1>
        {soon
          ? t('outOfOrder.starting')
          : fresh
            ? t('enrol.title')
            : closed
              ? t('outOfOrder.closed')
              : t('outOfOrder.title')}
      </h1>
      <p>
        {soon
          ? t('outOfOrder.startingText')
          : fresh
            ? t('enrol.text')
            : closed && state.system?.notice
              ? inLanguage(state.system.notice, state.comfort.language)
              : t('outOfOrder.text')}
      </p>
      {fresh ? (
        <Button icon={PlugZap} primary action="enrol-begin" onPress={() => setEnrolling(true)}>
          {t('enrol.begin')}
        </Button>
      ) : null}
      {soon || closed ? null : <Code code={CODES[why]} {...(stopped ? { onHeld: () => setEnrolling(true) } : {})} />}
    </div>
  );
};

/** For staff. Held for three seconds it leads on, where there is something to lead to: no visitor comes there by chance. */
const Code = ({ code, onHeld }: { code: string; onHeld?: () => void }) => {
  const { t } = useTranslation();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const release = useCallback((): void => {
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = null;
  }, []);
  useEffect(() => release, [release]);
  const words = t('outOfOrder.code', { code });
  if (!onHeld) return <p className="small code">{words}</p>;
  return (
    <button
      type="button"
      className="small code hold"
      data-action="hold-code"
      onPointerDown={() => {
        release();
        timer.current = setTimeout(onHeld, HOLD_MS);
      }}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
    >
      {words}
    </button>
  );
};
