import { ALargeSmall, Contrast, Landmark, Languages, WifiOff } from 'lucide-react';
import { useRef, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { inLanguage, LANGUAGES } from '../../shared/domain/language.ts';
import { locales } from '../../shared/locales/index.ts';
import { useFit } from '../ui/fit.ts';
import { Pill } from '../ui/Tile.tsx';
import type { Comfort, Screen } from './flow.ts';
import type { View } from './view.ts';

/** What is the same on every screen: whose office it is, the time, and the bar of comforts at the bottom. */
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
  const main = useRef<HTMLElement>(null);
  useFit(main);
  const offline = system?.sync.state === 'offline' || system?.sync.state === 'never';
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
      <main key={screen} ref={main} className={`at-${screen}`}>
        {children}
      </main>
      <footer>
        {offline && office ? (
          <div className="sign">
            <Pill icon={WifiOff}>{t('sign.offline')}</Pill>
          </div>
        ) : null}
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
