import { Printer, Search, UserPlus, Wifi, WifiOff } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskFilter, DeskHelp, DeskRow } from '../../shared/contracts/desk.ts';
import { syncSentence } from '../i18n/sync.ts';
import { Card } from './card/Card.tsx';
import { NotHere } from './card/NotHere.tsx';
import { WalkIn } from './card/WalkIn.tsx';
import { DayList } from './DayList.tsx';
import { useDay } from './day.ts';
import { useDesk } from './view.ts';

const FILTERS = ['all', 'expected', 'waiting', 'serving', 'done', 'gone'] as const satisfies readonly DeskFilter[];

/** What the right side shows: somebody, a new walk-in, or a code whose booking has not arrived here. */
type Beside =
  | { what: 'nobody' }
  | { what: 'person'; key: string; help: DeskHelp | null }
  | { what: 'walk-in' }
  | { what: 'not-here'; text: string };

interface Props {
  wanted: { key: string; help: DeskHelp | null; n: number } | null;
  scanned: { text: string; n: number } | null;
}

/** The list of the day, and one person of it. */
export const Today = ({ wanted, scanned }: Props) => {
  const { t } = useTranslation();
  const { client, may } = useDesk();
  const [filter, setFilter] = useState<DeskFilter>('all');
  const [query, setQuery] = useState('');
  const [hits, setHits] = useState<{ query: string; rows: readonly DeskRow[] } | null>(null);
  const found = query.trim() === '' ? null : (hits?.rows ?? null);
  const [beside, setBeside] = useState<Beside>({ what: 'nobody' });
  const [said, setSaid] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const answered = useRef('');
  const day = useDay(client, filter);
  const chosen = beside.what === 'person' ? beside.key : null;
  const choose = useCallback((key: string) => setBeside({ what: 'person', key, help: null }), []);

  const { version } = day;
  useEffect(() => {
    // Who was found may have come meanwhile: with the day the answer is read anew.
    if (query.trim() === '' || version < 0) {
      answered.current = '';
      return undefined;
    }
    let over = false;
    void client.call('desk.find', { text: query.slice(0, 200) }).then((result) => {
      if (over || !result.ok) return;
      setHits({ query, rows: result.value });
      const first = result.value[0];
      // The best one is shown for what was typed, not whenever there are news.
      if (answered.current === query) return;
      answered.current = query;
      setBeside((before) => {
        const stays = before.what === 'person' && result.value.some(({ key }) => key === before.key);
        return stays || !first ? before : { what: 'person', key: first.key, help: null };
      });
    });
    return () => {
      over = true;
    };
  }, [client, query, version]);

  // Somebody was asked for elsewhere: shown in the same drawing.
  const [shown, setShown] = useState(0);
  if (wanted && wanted.n !== shown) {
    setShown(wanted.n);
    setQuery('');
    setBeside({ what: 'person', key: wanted.key, help: wanted.help });
  }
  useEffect(() => {
    if (!scanned) return;
    const { text } = scanned;
    void client.call('desk.scan', { text }).then((result) => {
      setQuery('');
      if (!result.ok) setSaid(t('desk.failed'));
      else if (result.value.found) {
        setSaid(null);
        choose(result.value.key);
      } else if (result.value.signed) {
        setSaid(null);
        setBeside({ what: 'not-here', text });
      } else setSaid(t(result.value.reason === 'not-today' ? 'desk.scan.notToday' : 'desk.scan.nobody'));
    });
  }, [client, scanned, choose, t]);

  const move = useCallback(
    (by: number) => {
      if (found) {
        const at = found.findIndex(({ key }) => key === chosen);
        const next = found[Math.min(found.length - 1, Math.max(0, at + by))];
        if (next) choose(next.key);
        return;
      }
      const at = chosen === null ? null : day.placeOf(chosen);
      const place = at === null ? (day.nowAt ?? 0) : Math.min(day.total - 1, Math.max(0, at + by));
      const next = day.row(place);
      if (next) choose(next.key);
    },
    [found, day, chosen, choose],
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      const inForm = target instanceof Element && target.closest('aside form, dialog') !== null;
      const typing = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
      // By the key, not by its letter: under a Russian layout it is another one.
      if ((event.code === 'Slash' || event.key === '/') && !typing) {
        event.preventDefault();
        field.current?.focus();
      } else if (event.key === 'F8' && may('walkin')) {
        event.preventDefault();
        setBeside({ what: 'walk-in' });
      } else if (event.key === 'Escape' && !inForm) {
        setQuery('');
        setSaid(null);
        field.current?.blur();
      } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !inForm) {
        event.preventDefault();
        move(event.key === 'ArrowDown' ? 1 : -1);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [may, move]);

  return (
    <div className="today">
      <main>
        <header>
          <label className="q">
            <Search aria-hidden />
            <input
              ref={field}
              data-action="find"
              placeholder={t('desk.find.hint')}
              aria-label={t('desk.find.hint')}
              value={query}
              maxLength={200}
              onChange={(e) => setQuery(e.target.value)}
            />
            <kbd>/</kbd>
          </label>
          {may('walkin') ? (
            <button
              type="button"
              className="quiet"
              data-action="walk-in"
              onClick={() => setBeside({ what: 'walk-in' })}
            >
              <UserPlus aria-hidden />
              {t('desk.walkIn.new')} <kbd>F8</kbd>
            </button>
          ) : null}
          <Link />
        </header>
        {said === null ? null : (
          <p className="note" role="alert">
            {said}
          </p>
        )}
        <Tiles day={day} />
        {found === null ? (
          <div className="filters" role="group" aria-label={t('desk.filter.label')}>
            {FILTERS.map((name) => (
              <button
                key={name}
                type="button"
                data-action="filter"
                data-id={name}
                aria-pressed={filter === name}
                onClick={() => setFilter(name)}
              >
                {t(`desk.filter.${name}`)} <em>{day.counts?.[name] ?? ''}</em>
              </button>
            ))}
          </div>
        ) : null}
        <DayList rows={found} day={day} chosen={chosen} onChoose={choose} />
      </main>
      <aside aria-label={t('desk.card.label')}>
        {beside.what === 'nobody' ? <p className="nobody">{t('desk.card.nobody')}</p> : null}
        {beside.what === 'person' ? <Card key={beside.key} id={beside.key} help={beside.help} onShow={choose} /> : null}
        {beside.what === 'walk-in' ? (
          <WalkIn onDone={(visit) => choose(`v${visit}`)} onBack={() => setBeside({ what: 'nobody' })} />
        ) : null}
        {beside.what === 'not-here' ? <NotHere key={beside.text} text={beside.text} /> : null}
      </aside>
    </div>
  );
};

/** Whether the centre is heard, and whether the printer prints. */
const Link = () => {
  const { t } = useTranslation();
  const { system, now, formats } = useDesk();
  const sync = system?.sync ?? null;
  const paper = system?.printer ?? null;
  const away = sync?.state === 'offline' || sync?.state === 'never';
  // What is on its way for a moment is no news: the line would flicker all day.
  const state = sync?.state === 'catching-up' && sync.progress === null ? 'live' : sync?.state;
  const tone = state === 'live' ? 'good' : state === 'attention' ? 'bad' : 'soft';
  return (
    <>
      {sync ? (
        <p className={`pill ${tone}`} role="status" data-sync={sync.state}>
          {away ? <WifiOff aria-hidden /> : <Wifi aria-hidden />}
          <span title={syncSentence(t, sync, now(), formats)}>{t(`desk.link.${state ?? 'never'}`)}</span>
          {state !== 'live' && sync.waiting > 0 ? <b>{sync.waiting}</b> : null}
        </p>
      ) : null}
      {paper && (paper.state === 'blocked' || paper.paperLow) ? (
        <p className={`pill ${paper.state === 'blocked' ? 'bad' : 'soft'}`} role="status">
          <Printer aria-hidden />
          {t(paper.state === 'blocked' ? 'desk.printer.not' : 'desk.printer.low')}
        </p>
      ) : null}
    </>
  );
};

const Tiles = ({ day }: { day: ReturnType<typeof useDay> }) => {
  const { t } = useTranslation();
  const { tiles } = day;
  return (
    <section className="tiles" aria-label={t('desk.tiles.label')}>
      <div>
        <small>{t('desk.tiles.waiting')}</small>
        <b>{tiles?.waiting ?? '–'}</b>
      </div>
      <div>
        <small>{t('desk.tiles.average')}</small>
        <b>{tiles?.averageMinutes == null ? '–' : t('desk.minutes', { minutes: tiles.averageMinutes })}</b>
      </div>
      <div className={tiles && tiles.tooLong > 0 ? 'bad' : ''}>
        <small>{t('desk.tiles.tooLong', { minutes: day.limitMinutes })}</small>
        <b>{tiles?.tooLong ?? '–'}</b>
      </div>
      <div>
        <small>{t('desk.tiles.arrived')}</small>
        <b>{tiles?.arrived ?? '–'}</b>
        {tiles ? <i>{t('desk.tiles.of', { all: tiles.expected })}</i> : null}
      </div>
    </section>
  );
};
