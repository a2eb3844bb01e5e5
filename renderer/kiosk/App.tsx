import { Hourglass } from 'lucide-react';
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CallError } from '../../shared/contracts/result.ts';
import { formats } from '../i18n/format.ts';
import { switchLanguage } from '../i18n/i18n.ts';
import { preferCamera } from '../scan/cameras.ts';
import type { Client } from '../ui/client.ts';
import { pixelsPerMm } from '../ui/size.ts';
import { perform } from './effects.ts';
import { advance, initialState, screenOf } from './flow.ts';
import type { Comfort, Effect, FlowEvent, FlowState, Screen, Step } from './steps.ts';
import { Frame } from './Frame.tsx';
import { Booked } from './screens/Booked.tsx';
import { Choose } from './screens/Choose.tsx';
import { Confirm } from './screens/Confirm.tsx';
import { Done } from './screens/Done.tsx';
import { Factor } from './screens/Factor.tsx';
import { Feedback } from './screens/Feedback.tsx';
import { Help } from './screens/Help.tsx';
import { Home } from './screens/Home.tsx';
import { NumberEntry } from './screens/NumberEntry.tsx';
import { OutOfOrder } from './screens/OutOfOrder.tsx';
import { Printing } from './screens/Printing.tsx';
import { RefusedScreen } from './screens/RefusedScreen.tsx';
import { Scan } from './screens/Scan.tsx';
import { Services } from './screens/Services.tsx';
import { Slots } from './screens/Slots.tsx';
import { ViewContext, type View } from './view.ts';

const now = (): number => performance.now();
const newAttempt = (): string => crypto.randomUUID();

interface Machine {
  flow: FlowState;
  /** Effects not begun yet. */
  todo: readonly Effect[];
}
const begin = (initial: FlowState | undefined): Machine => ({ flow: initial ?? initialState(now()), todo: [] });
const reduce = (machine: Machine, event: FlowEvent | { begun: readonly Effect[] }): Machine => {
  if ('begun' in event) {
    // What came in since then is still to be begun.
    return { ...machine, todo: machine.todo.filter((effect) => !event.begun.includes(effect)) };
  }
  const { state, effects } = advance(machine.flow, event);
  if (state === machine.flow && effects.length === 0) return machine;
  return { flow: state, todo: effects.length === 0 ? machine.todo : [...machine.todo, ...effects] };
};

/** What a finger hits without looking twice, in millimetres. */
const TOUCH_MM = 15;

/** @param initial a state to begin in, other than that of a kiosk that was just switched on */
export const App = ({ client, initial }: { client: Client; initial?: FlowState }) => {
  const [{ flow, todo }, dispatch] = useReducer(reduce, initial, begin);
  /** The flow's clock at the last event or second: what is drawn does not change between them. */
  const [at, setAt] = useState(now);
  const send = useCallback((event: FlowEvent) => {
    setAt(now());
    dispatch(event);
  }, []);

  // Where the core's clock stood when it was heard last; between, this page's own clock goes on.
  const [wall, setWall] = useState<{ core: number; at: number } | null>(null);

  const nobodys = useRef(false);
  const [scanned, setScanned] = useState<View['scanned']>(null);
  const report = useCallback<View['report']>(
    (camera) => void client.call('device.report', { camera, scanner: 'unknown' }),
    [client],
  );
  const enrol = useCallback(
    async (about: { url: string; code: string }): Promise<CallError | null> => {
      const result = await client.call('device.enrol', about);
      return result.ok ? null : result.error;
    },
    [client],
  );

  useEffect(() => {
    const hear = (state: FlowState['system']): void => {
      if (!state) return;
      setWall({ core: state.now, at: now() });
      nobodys.current = !state.enrolled;
      if (state.enrolled) setScanned(null);
      send({ type: 'system', state });
    };
    const ask = async (): Promise<void> => {
      const result = await client.call('system.state', {});
      if (result.ok) hear(result.value);
    };
    const stops = [
      client.on('system.changed', hear),
      client.on('print.changed', (job) => send({ type: 'job', job, now: now() })),
      client.on('help.changed', ({ help, state: news, number }) =>
        send({ type: 'help-news', help, state: news, number, now: now() }),
      ),
      client.on('scan.read', ({ text, source }) => {
        // Nobody's machine serves nobody: what is read is the administrator's code, or nothing.
        if (nobodys.current) setScanned({ text });
        else send({ type: 'code', text, source, attempt: newAttempt(), now: now() });
      }),
      client.on('core.link', ({ state }) => {
        send({ type: 'link', state });
        if (state === 'up') void ask();
      }),
    ];
    const askMachine = async (): Promise<void> => {
      const result = await client.call('device.machine', {});
      if (!result.ok) return;
      const { camera, inches } = result.value;
      preferCamera(camera);
      const mm = inches === null ? null : pixelsPerMm(inches, globalThis.screen);
      if (mm !== null) document.documentElement.style.setProperty('--touch', `${TOUCH_MM * mm}px`);
    };
    void ask();
    void askMachine();
    let seconds = 0;
    const ticking = setInterval(() => {
      send({ type: 'tick', now: now() });
      // The page's clock stands still while the machine sleeps; the core's does not.
      seconds += 1;
      if (seconds % 60 === 0) void ask();
    }, 1000);
    const touched = (): void => send({ type: 'touched', now: now() });
    globalThis.addEventListener('pointerdown', touched);
    return () => {
      for (const stop of stops) stop();
      clearInterval(ticking);
      globalThis.removeEventListener('pointerdown', touched);
    };
  }, [client, send]);

  useEffect(() => {
    if (todo.length === 0) return;
    dispatch({ begun: todo });
    for (const effect of todo) void perform(client, effect, send, now);
  }, [client, send, todo]);

  const { language } = flow.comfort;
  useEffect(() => {
    void switchLanguage(language);
    document.documentElement.lang = language;
  }, [language]);

  const zone = flow.system?.office?.timeZone ?? 'Europe/Moscow';
  const format = useMemo(() => formats(language, zone), [language, zone]);
  const view: View = {
    state: flow,
    send,
    now,
    at,
    clock: wall ? wall.core + (at - wall.at) : null,
    formats: format,
    newAttempt,
    scanned,
    enrol,
    report,
  };
  const screen = screenOf(flow, at);
  const { step } = flow;
  return (
    <ViewContext value={view}>
      <Frame view={view} screen={screen} data={step.at === 'refused' ? { 'data-reason': step.refused.reason } : {}}>
        {screenFor(step, screen)}
      </Frame>
      {flow.link === 'restarting' && flow.system ? <Moment comfort={flow.comfort} /> : null}
    </ViewContext>
  );
};

const screenFor = (step: Step, screen: Screen) => {
  if (screen === 'out-of-order') return <OutOfOrder />;
  if (screen === 'printing') return <Printing />;
  switch (step.at) {
    case 'home':
      return <Home />;
    case 'scan':
      return <Scan step={step} />;
    case 'number':
      return <NumberEntry step={step} />;
    case 'factor':
      return <Factor step={step} />;
    case 'choose':
      return <Choose step={step} />;
    case 'services':
      return <Services step={step} />;
    case 'confirm':
      return <Confirm step={step} />;
    case 'slots':
      return <Slots step={step} />;
    case 'ticket':
      return <Done step={step} />;
    case 'booked':
      return <Booked step={step} />;
    case 'refused':
      return <RefusedScreen step={step} />;
    case 'help':
      return <Help step={step} />;
    case 'feedback':
      return <Feedback step={step} />;
    default:
      return null;
  }
};

/** Over whatever is shown, while the core is brought back; at the very start the kiosk says so on its own screen. */
const Moment = ({ comfort }: { comfort: Comfort }) => {
  const { t } = useTranslation();
  return (
    <div className="moment" data-theme={comfort.contrast ? 'contrast' : 'light'} data-text={comfort.text} role="status">
      <div className="tile">
        <div className="disc" aria-hidden>
          <Hourglass />
        </div>
        <span className="words">
          <span className="h2">{t('moment.title')}</span>
          <span className="p">{t('moment.text')}</span>
        </span>
      </div>
    </div>
  );
};
