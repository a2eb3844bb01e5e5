import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskRow } from '../../shared/contracts/desk.ts';
import type { DayView } from './day.ts';
import { useDesk } from './view.ts';

/** Height of a row, CSS pixels; the same in desk.css. Only those in view are drawn, so ten thousand cost as much as twenty. */
const ROW = 56;
const BEYOND = 8;

interface Props {
  /** What was found; null: the day. */
  rows: readonly DeskRow[] | null;
  day: DayView;
  chosen: string | null;
  onChoose: (key: string) => void;
}

export const DayList = ({ rows, day, chosen, onChoose }: Props) => {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const total = rows?.length ?? day.total;
  const first = Math.max(0, Math.floor(view.top / ROW) - BEYOND);
  const last = Math.min(total - 1, Math.ceil((view.top + view.height) / ROW) + BEYOND);
  const { look, version } = day;

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  useEffect(() => {
    if (rows === null && last >= first && version >= 0) look(first, last);
  }, [rows, first, last, look, version]);

  // The list opens at now, once for each filter.
  const opened = useRef<string | null>(null);
  const { nowAt, filter } = day;
  useEffect(() => {
    const element = box.current;
    if (!element || rows !== null || nowAt === null || opened.current === filter) return;
    opened.current = filter;
    element.scrollTop = Math.max(0, nowAt - 1) * ROW;
  }, [rows, nowAt, filter]);
  // Who was chosen by the keys is seen.
  const place = chosen === null ? -1 : (rows?.findIndex(({ key }) => key === chosen) ?? day.placeOf(chosen) ?? -1);
  const followed = useRef<string | null>(null);
  useEffect(() => {
    const element = box.current;
    // Only when somebody else was chosen: news move the list, not the view.
    if (!element || place < 0 || followed.current === chosen) return;
    followed.current = chosen;
    if (place * ROW < element.scrollTop) element.scrollTop = place * ROW;
    else if ((place + 1) * ROW > element.scrollTop + element.clientHeight)
      element.scrollTop = (place + 1) * ROW - element.clientHeight;
  }, [chosen, place]);

  const places = Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
  return (
    <section className="list">
      <div className="list-grid" role="grid" aria-rowcount={total + 1} aria-label={t('desk.list.label')}>
        <div className="list-head" role="row">
          <span role="columnheader">{t('desk.list.time')}</span>
          <span role="columnheader">{t('desk.list.visitor')}</span>
          <span role="columnheader">{t('desk.list.state')}</span>
          <span role="columnheader">{t('desk.list.wait')}</span>
        </div>
        <div className="list-body" role="rowgroup" ref={box} tabIndex={0}>
          <div className="list-all" role="presentation" style={{ height: total * ROW }}>
            {places.map((place) => {
              const row = rows ? (rows[place] ?? null) : day.row(place);
              return row ? (
                <Row key={row.key} row={row} place={place} day={day} chosen={row.key === chosen} onChoose={onChoose} />
              ) : null;
            })}
          </div>
        </div>
      </div>
      {total === 0 ? <p className="nobody">{t(rows ? 'desk.find.nothing' : 'desk.list.nobody')}</p> : null}
    </section>
  );
};

interface RowProps {
  row: DeskRow;
  place: number;
  day: DayView;
  chosen: boolean;
  onChoose: (key: string) => void;
}
const Row = ({ row, place, day, chosen, onChoose }: RowProps) => {
  const { t } = useTranslation();
  const { formats, now, say } = useDesk();
  const minutes = row.since === null ? null : Math.max(0, Math.floor((now() - row.since) / 60_000));
  const slow = minutes === null ? '' : minutes >= day.limitMinutes ? 'late' : minutes >= day.warnMinutes ? 'warn' : '';
  const gone = row.state === 'cancelled' || row.state === 'left' || row.state === 'no-show';
  const about = [
    say(row.service),
    row.more > 0 ? t('desk.list.more', { more: row.more }) : null,
    row.number ? formats.number(row.number) : null,
    row.priority === 'none' ? (row.claimed ? t('desk.list.claimed') : null) : t('desk.list.priority'),
  ].filter((one) => one !== null);
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-selected={chosen}
      className={`row ${chosen ? 'sel' : ''} ${gone ? 'off' : ''} ${slow}`}
      data-action="row"
      data-id={row.key}
      style={{ top: place * ROW }}
      onClick={() => onChoose(row.key)}
    >
      <span role="gridcell" className="t">
        {formats.time(row.at)}
      </span>
      <span role="gridcell" className="who">
        <b>{row.name ?? t(row.booking === null ? 'desk.list.walkIn' : 'desk.list.unnamed')}</b>
        <small>{about.join(' · ')}</small>
      </span>
      <span role="gridcell">
        <em className={`st ${row.state}`}>{row.window ? say(row.window) : t(`desk.state.${row.state}`)}</em>
      </span>
      <span role="gridcell" className="t">
        {minutes === null ? '–' : t('desk.minutes', { minutes })}
      </span>
    </div>
  );
};
