import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SystemState } from '../../shared/contracts/app.ts';
import type { StaffState } from '../../shared/contracts/desk.ts';
import { inLanguage, type Language } from '../../shared/domain/language.ts';
import { formats } from '../i18n/format.ts';
import type { Client } from '../ui/client.ts';
import { Desk } from './Desk.tsx';
import { Setup } from './Setup.tsx';
import { SignIn } from './SignIn.tsx';
import { DeskContext, type DeskView } from './view.ts';

/** A wait that is shown in minutes is drawn anew so often. */
const MINUTE_PART_MS = 10_000;
/** The core locks a desk that nobody touches; it is told so often that somebody does. */
const TOUCH_EVERY_MS = 20_000;

/** The desk: nothing but the door while nobody is signed in, and nothing of anybody behind it. */
export const App = ({ client }: { client: Client }) => {
  const { i18n } = useTranslation();
  const [language, setLanguage] = useState<Language>('ru');
  const [staff, setStaff] = useState<StaffState | null>(null);
  const [system, setSystem] = useState<SystemState | null>(null);
  // Where the core's clock stood when it was heard last.
  const [wall, setWall] = useState<{ core: number; at: number } | null>(null);
  const [settingUp, setSettingUp] = useState(false);
  const [, setTick] = useState(0);

  useEffect(() => {
    document.documentElement.lang = language;
    void i18n.changeLanguage(language);
  }, [i18n, language]);

  useEffect(() => {
    const hear = (state: SystemState): void => {
      setSystem(state);
      setWall({ core: state.now, at: performance.now() });
    };
    const ask = async (): Promise<void> => {
      const [people, state] = await Promise.all([client.call('staff.state', {}), client.call('system.state', {})]);
      if (people.ok) setStaff(people.value);
      if (state.ok) hear(state.value);
    };
    const stops = [
      client.on('staff.changed', setStaff),
      client.on('system.changed', hear),
      // A core that died has forgotten who was signed in.
      client.on('core.link', ({ state }) => void (state === 'up' ? ask() : undefined)),
    ];
    void ask();
    const timer = setInterval(() => setTick((n) => n + 1), MINUTE_PART_MS);
    return () => {
      clearInterval(timer);
      for (const stop of stops) stop();
    };
  }, [client]);

  const phase = staff?.phase ?? null;
  useEffect(() => {
    if (phase !== 'signed-in') return undefined;
    let told = Number.NEGATIVE_INFINITY;
    const touch = (): void => {
      if (performance.now() - told < TOUCH_EVERY_MS) return;
      told = performance.now();
      void client.call('staff.touch', {});
    };
    const kinds = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const;
    for (const kind of kinds) window.addEventListener(kind, touch, { passive: true });
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, touch);
    };
  }, [client, phase]);

  const zone = system?.office?.timeZone ?? 'Europe/Moscow';
  const view = useMemo<DeskView>(
    () => ({
      client,
      system,
      staff,
      setStaff,
      language,
      setLanguage,
      say: (text) => inLanguage(text, language),
      may: (right) => staff?.rights.includes(right) === true,
      formats: formats(language, zone),
      now: () => (wall ? wall.core + performance.now() - wall.at : Date.now()),
    }),
    [client, system, staff, zone, wall, language],
  );
  // Not while a device enrols by its settings: that takes a moment.
  const fresh = system?.notReady === 'not-enrolled' && wall !== null;
  if (!staff || !system) return null;
  return (
    <DeskContext value={view}>
      {fresh || settingUp ? (
        <Setup onBegun={() => setSettingUp(true)} />
      ) : phase === 'signed-in' ? (
        <Desk key={staff.person?.id ?? ''} />
      ) : (
        <SignIn key={phase} />
      )}
    </DeskContext>
  );
};
