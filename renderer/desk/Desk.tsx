import {
  BarChart3,
  Bell,
  Clock,
  Headset,
  Languages,
  Lock,
  LogOut,
  ScrollText,
  Settings2,
  Ticket,
  UserRound,
  Users,
  type LucideIcon,
} from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskHelp, DeskOffice, DeskTask, Handover } from '../../shared/contracts/desk.ts';
import type { Right } from '../../shared/domain/rights.ts';
import { Audit } from './audit/Audit.tsx';
import { HandOver } from './HandOver.tsx';
import { Kiosks } from './Kiosks.tsx';
import { Numbers } from './numbers/Numbers.tsx';
import { Queue } from './Queue.tsx';
import { SettingsView } from './settings/SettingsView.tsx';
import { Tasks } from './Tasks.tsx';
import { Today } from './Today.tsx';
import { useNews } from './news.ts';
import { useDesk } from './view.ts';

const VIEWS = ['today', 'queue', 'tasks', 'kiosks', 'numbers', 'audit', 'settings'] as const;
export type ViewName = (typeof VIEWS)[number];
const ABOUT: Record<ViewName, { icon: LucideIcon; right: Right; key: string }> = {
  today: { icon: Users, right: 'list', key: 'F1' },
  queue: { icon: Clock, right: 'list', key: 'F2' },
  tasks: { icon: Bell, right: 'decide', key: 'F3' },
  kiosks: { icon: Headset, right: 'kiosks', key: 'F4' },
  numbers: { icon: BarChart3, right: 'numbers', key: 'F5' },
  audit: { icon: ScrollText, right: 'audit', key: 'F6' },
  settings: { icon: Settings2, right: 'settings', key: 'F7' },
};

const NOBODY: DeskOffice = { devices: [], help: [] };
const NOTHING: DeskTask[] = [];

/** What a receptionist has open all day: sections on the left, one of them beside it. */
export const Desk = () => {
  const { t } = useTranslation();
  const { client, staff, setStaff, may, language, setLanguage } = useDesk();
  const mine = VIEWS.filter((name) => may(ABOUT[name].right));
  const [view, setView] = useState<ViewName>(mine[0] ?? 'today');
  const [leaving, setLeaving] = useState(false);
  const [left, setLeft] = useState<Handover | null>(null);
  /** Who is to be shown, and the call for help that he made. */
  const [wanted, setWanted] = useState<{ key: string; help: DeskHelp | null; n: number } | null>(null);
  const [scanned, setScanned] = useState<{ text: string; n: number } | null>(null);
  const office = useNews('desk.office', may('kiosks'), NOBODY);
  const tasks = useNews('desk.tasks', may('decide'), NOTHING);
  const calls = office.value.help.filter(({ state }) => state === 'open');

  useEffect(() => {
    void client.call('staff.handover', {}).then((result) => (result.ok ? setLeft(result.value) : undefined));
  }, [client]);
  const show = useCallback((key: string, help: DeskHelp | null = null) => {
    setView('today');
    setWanted((before) => ({ key, help, n: (before?.n ?? 0) + 1 }));
  }, []);
  useEffect(
    () =>
      client.on('scan.read', ({ text }) => {
        setView('today');
        setScanned((before) => ({ text, n: (before?.n ?? 0) + 1 }));
      }),
    [client],
  );
  const lock = useCallback(
    () => void client.call('staff.lock', {}).then((r) => (r.ok ? setStaff(r.value) : undefined)),
    [client, setStaff],
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const name = VIEWS.find((one) => ABOUT[one].key === event.key);
      if (name && may(ABOUT[name].right)) setView(name);
      else if (event.key === 'F10') lock();
      else if (!name) return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [may, lock]);

  const badge: Partial<Record<ViewName, number>> = { tasks: tasks.value.length, kiosks: calls.length };
  return (
    <div className="desk">
      <nav aria-label={t('desk.nav.label')}>
        <div className="logo">
          <Ticket aria-hidden />
        </div>
        {mine.map((name) => {
          const { icon: Icon, key } = ABOUT[name];
          const count = badge[name] ?? 0;
          return (
            <button
              key={name}
              type="button"
              data-action="view"
              data-id={name}
              className={view === name ? 'on' : ''}
              aria-current={view === name ? 'page' : undefined}
              aria-keyshortcuts={key}
              onClick={() => setView(name)}
            >
              <span className="icon">
                <Icon aria-hidden />
                {count > 0 ? <em className="badge">{count}</em> : null}
              </span>
              {t(`desk.nav.${name}`)}
            </button>
          );
        })}
        <span />
        <button
          type="button"
          data-action="language"
          lang={language === 'ru' ? 'en' : 'ru'}
          onClick={() => setLanguage(language === 'ru' ? 'en' : 'ru')}
        >
          <Languages aria-hidden />
          {language === 'ru' ? 'English' : 'Русский'}
        </button>
        <button type="button" data-action="lock" aria-keyshortcuts="F10" onClick={lock}>
          <Lock aria-hidden />
          {t('desk.nav.lock')}
        </button>
        <button type="button" data-action="sign-out" onClick={() => setLeaving(true)}>
          <LogOut aria-hidden />
          {t('desk.nav.out')}
        </button>
        <div className="me">
          <UserRound aria-hidden />
          {staff?.person?.name}
        </div>
      </nav>
      <div className="stage" data-view={view}>
        {left ? (
          <p className="note" role="status">
            <span>
              <b>{t('desk.handover.from', { name: left.by })}</b> {left.text}
            </span>
            <button type="button" data-action="handover-seen" onClick={() => setLeft(null)}>
              {t('desk.handover.seen')}
            </button>
          </p>
        ) : null}
        {calls.length > 0 && view !== 'kiosks' && may('help') ? (
          <HelpBar call={calls[0] ?? null} onShow={show} />
        ) : null}
        {view === 'today' ? <Today wanted={wanted} scanned={scanned} /> : null}
        {view === 'queue' ? <Queue onShow={show} /> : null}
        {view === 'tasks' ? <Tasks tasks={tasks.value} onShow={show} /> : null}
        {view === 'kiosks' ? <Kiosks office={office.value} onShow={show} /> : null}
        {view === 'numbers' ? (
          <main className="page">
            <Numbers />
          </main>
        ) : null}
        {view === 'audit' ? (
          <main className="page">
            <Audit />
          </main>
        ) : null}
        {view === 'settings' ? (
          <main className="page">
            <SettingsView />
          </main>
        ) : null}
      </div>
      {leaving ? <HandOver onBack={() => setLeaving(false)} /> : null}
    </div>
  );
};

/** Somebody calls from a kiosk: whatever is open, it is one key away. */
const HelpBar = ({ call, onShow }: { call: DeskHelp | null; onShow: (key: string, help: DeskHelp) => void }) => {
  const { t } = useTranslation();
  const { client, formats } = useDesk();
  if (!call) return null;
  const take = async (): Promise<void> => {
    const result = await client.call('desk.takeHelp', { help: call.id });
    if (result.ok && call.key !== null) onShow(call.key, { ...call, state: 'taken' });
  };
  return (
    <p className="note urgent" role="alert">
      <span>
        <b>{t('desk.help.calls', { kiosk: call.slot ?? '?' })}</b> {formats.time(call.at)}
      </span>
      <button type="button" data-action="take-help" data-id={call.id} onClick={() => void take()}>
        {t('desk.help.take')}
      </button>
    </p>
  );
};
