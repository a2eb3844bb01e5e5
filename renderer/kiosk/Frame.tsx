import {
  ALargeSmall,
  ArrowLeft,
  Contrast,
  Headset,
  Hourglass,
  Landmark,
  Languages,
  WifiOff,
  Wrench,
  X,
} from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { syncSign } from '../i18n/sync.ts';
import { useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { inLanguage, LANGUAGES } from '../../shared/domain/language.ts';
import { locales } from '../../shared/locales/index.ts';
import { useFit } from '../ui/fit.ts';
import { Pill } from '../ui/Tile.tsx';
import { progressOf, TIMES } from './flow.ts';
import type { Comfort, Screen } from './steps.ts';
import { secondsLeft, type View } from './view.ts';

/** Where one can go back, call somebody, and leave it be; on the others the way is the screen's own. */
const NAVIGATED: ReadonlySet<Screen> = new Set([
  'scan',
  'number',
  'factor',
  'choose',
  'services',
  'slots',
  'confirm',
  'refused',
  'help',
  'feedback',
] as const satisfies Screen[]);

/** What is the same on every screen: whose office it is, the time, the ways out, and the bar of comforts at the bottom. */
export const Frame = ({
  view,
  screen,
  data,
  children,
}: {
  view: View;
  screen: Screen;
  /** Further `data-` attributes of the root, for tests and support. */
  data?: Record<string, string | undefined>;
  children: ReactNode;
}) => {
  const { t } = useTranslation();
  const { state, send, formats } = view;
  const { system, comfort } = state;
  const office = system?.office;
  const progress = progressOf(state);
  const sign = system ? syncSign(t, system.sync, view.clock ?? system.now, formats) : null;
  return (
    <div
      className="screen"
      data-screen={screen}
      data-theme={comfort.contrast ? 'contrast' : 'light'}
      data-text={comfort.text}
      {...data}
    >
      <header>
        <div className="mark" aria-hidden>
          <Landmark />
        </div>
        <div className="office">
          {office ? inLanguage(office.name, comfort.language) : ''}
          <small>{office ? inLanguage(office.subtitle, comfort.language) : ''}</small>
        </div>
        {view.clock === null ? null : (
          <div className="clock">
            {formats.time(view.clock)}
            <small>{formats.day(view.clock)}</small>
          </div>
        )}
      </header>
      {progress === null ? null : <Progress {...progress} />}
      <Content key={screen} screen={screen}>
        {children}
      </Content>
      <footer className={NAVIGATED.has(screen) ? 'navigated' : undefined}>
        {sign !== null && office ? (
          <div className="sign">
            <Pill icon={system?.sync.state === 'attention' ? Wrench : system?.sync.progress ? Hourglass : WifiOff}>
              {sign}
            </Pill>
          </div>
        ) : null}
        {NAVIGATED.has(screen) ? <Navigation view={view} screen={screen} /> : null}
        <Bar
          comfort={comfort}
          send={send}
          now={view.now}
          languages={office?.languages ?? LANGUAGES}
          label={t('bar.label')}
        />
      </footer>
    </div>
  );
};

/** Another element for each screen, which comes in with a short movement; what is in it is made to fit. */
const Content = ({ screen, children }: { screen: Screen; children: ReactNode }) => {
  const main = useRef<HTMLElement>(null);
  useFit(main);
  return (
    <main ref={main} className={`at-${screen}`}>
      {children}
    </main>
  );
};

const Progress = ({ step, of }: { step: number; of: number }) => {
  const { t } = useTranslation();
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={t('progress', { step, of })}
      aria-valuemin={0}
      aria-valuemax={of}
      aria-valuenow={step}
    >
      {Array.from({ length: of }, (_, i) => (
        // Parts of a line have no other name than where they are.
        <i key={i} className={i < step ? 'past' : undefined} />
      ))}
    </div>
  );
};

const Navigation = ({ view, screen }: { view: View; screen: Screen }) => {
  const { t } = useTranslation();
  const { state, send, now, at, newAttempt } = view;
  const left = 'until' in state.step ? secondsLeft(state.step.until, at) : null;
  const closing = left !== null && left * 1000 < TIMES.warn;
  const helping = screen === 'help';
  // There is nothing to be cancelled where nothing is being done.
  const leave = t(helping || screen === 'refused' ? 'nav.home' : 'nav.cancel');
  return (
    <nav className="navigation" aria-label={t('nav.label')}>
      {/* Help has its own way back, and cannot be called a second time. */}
      {helping ? null : (
        <>
          <Way icon={ArrowLeft} action="back" onPress={() => send({ type: 'back', now: now() })}>
            {t('nav.back')}
          </Way>
          <Way icon={Headset} action="help" onPress={() => send({ type: 'help', attempt: newAttempt(), now: now() })}>
            {t('nav.help')}
          </Way>
        </>
      )}
      <Way icon={X} action="home" onPress={() => send({ type: 'home', now: now() })}>
        {closing ? `${leave} · ${left}` : leave}
      </Way>
    </nav>
  );
};

const Way = ({
  icon: Icon,
  action,
  onPress,
  children,
}: {
  icon: LucideIcon;
  action: string;
  onPress: () => void;
  children: string;
}) => (
  <button type="button" className="btn press" data-action={action} onClick={onPress}>
    <Icon aria-hidden />
    <span>{children}</span>
  </button>
);

const Bar = ({
  comfort,
  send,
  now,
  languages,
  label,
}: {
  comfort: Comfort;
  send: View['send'];
  now: () => number;
  languages: readonly (typeof LANGUAGES)[number][];
  label: string;
}) => {
  const { t } = useTranslation();
  const next = languages[(languages.indexOf(comfort.language) + 1) % languages.length] ?? 'ru';
  return (
    <nav className="bar" aria-label={label}>
      {next === comfort.language ? null : (
        <button
          type="button"
          className="press"
          data-action="language"
          lang={next}
          onClick={() => send({ type: 'language', language: next, now: now() })}
        >
          <Languages aria-hidden />
          <span>{locales[next].language.name}</span>
        </button>
      )}
      <button
        type="button"
        className="press"
        data-action="text"
        aria-pressed={comfort.text > 1}
        onClick={() => send({ type: 'text', now: now() })}
      >
        <ALargeSmall aria-hidden />
        <span>{t(comfort.text === 1 ? 'bar.larger' : comfort.text === 1.5 ? 'bar.evenLarger' : 'bar.normal')}</span>
      </button>
      <button
        type="button"
        className="press"
        data-action="contrast"
        aria-pressed={comfort.contrast}
        onClick={() => send({ type: 'contrast', now: now() })}
      >
        <Contrast aria-hidden />
        <span>{t('bar.contrast')}</span>
      </button>
    </nav>
  );
};
