import { CalendarSearch, CalendarX2, TriangleAlert, WifiOff } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { SlotDay } from '../../../shared/contracts/app.ts';
import { Pager, useRoom, type Room } from '../../ui/Pager.tsx';
import { slotPages, type DayPart } from '../slot-pages.ts';
import type { Comfort, Step } from '../steps.ts';
import { useView } from '../view.ts';
import { Waiting } from './Waiting.tsx';

/** Times in a row, and rows on a page. */
const GRID: Record<Room, Record<Comfort['text'], { columns: number; rows: number }>> = {
  portrait: { 1: { columns: 4, rows: 7 }, 1.5: { columns: 4, rows: 5.5 }, 2: { columns: 3, rows: 4.5 } },
  landscape: { 1: { columns: 4, rows: 6 }, 1.5: { columns: 4, rows: 5 }, 2: { columns: 3, rows: 4 } },
  low: { 1: { columns: 5, rows: 4 }, 1.5: { columns: 4, rows: 3.5 }, 2: { columns: 4, rows: 2.5 } },
};

/** Days, and the free times of one of them. */
export const Slots = ({ step }: { step: Extract<Step, { at: 'slots' }> }) => {
  const { t } = useTranslation();
  const { moving, taken, online } = step;
  const { clock, formats } = useView();
  if (step.days === null) return <Waiting icon={CalendarSearch} title={t('slots.loading')} />;
  const days = step.days.filter((d) => d.slots.length > 0);
  const title = (
    <>
      <h2>{moving ? t('slots.titleMove') : t('slots.title')}</h2>
      {moving ? <p>{t('slots.present', { when: formats.soon(moving.booking.startsAt, clock ?? 0) })}</p> : null}
      {taken ? (
        <div className="notice amber slim" role="status">
          <TriangleAlert aria-hidden />
          <span className="p">{t('slots.taken')}</span>
        </div>
      ) : null}
    </>
  );
  if (!online) return <Nothing icon={WifiOff} title={t('slots.offline')} hint={t('slots.offlineHint')} />;
  if (days.length === 0) {
    return (
      <Nothing
        icon={CalendarX2}
        title={t('slots.none')}
        hint={moving ? t('slots.noneMoveHint') : t('slots.noneHint')}
      />
    );
  }
  return <Times days={days} title={title} />;
};

const Nothing = ({ icon: Icon, title, hint }: { icon: LucideIcon; title: string; hint: string }) => (
  <div className="wait" role="status">
    <div className="pictogram amber large" aria-hidden>
      <Icon />
    </div>
    <h2>{title}</h2>
    <p>{hint}</p>
  </div>
);

const Times = ({ days, title }: { days: readonly SlotDay[]; title: ReactNode }) => {
  const { t } = useTranslation();
  const { state, send, now, clock, formats } = useView();
  const room = useRoom();
  const [wanted, setWanted] = useState<string | null>(null);
  const [page, setPage] = useState(0);
  const day = days.find((d) => d.date === wanted) ?? days[0];
  const pages = slotPages(day?.slots ?? [], formats.hour, GRID[room][state.comfort.text]);
  const at = Math.min(page, pages.length - 1);
  const parts: Record<DayPart, string> = {
    morning: t('slots.morning'),
    day: t('slots.day'),
    evening: t('slots.evening'),
  };
  return (
    <div className="page slots">
      <div className="slots-days">
        {title}
        <div className="days" role="group" aria-label={t('slots.days')}>
          {days.map((d) => {
            const starts = d.slots[0]?.startsAt ?? 0;
            return (
              <button
                key={d.date}
                type="button"
                className="chip day press"
                data-action="day"
                data-id={d.date}
                aria-pressed={d.date === day?.date}
                onClick={() => {
                  setWanted(d.date);
                  setPage(0);
                }}
              >
                <b>{formats.dayName(starts, clock ?? 0)}</b>
                <span>{formats.dayMonth(starts)}</span>
              </button>
            );
          })}
        </div>
      </div>
      <div className="slots-times">
        {(pages[at] ?? []).map(({ part, slots }) => (
          <section key={part} aria-label={parts[part]}>
            <h3 className="small">{parts[part]}</h3>
            <div className={`times columns-${GRID[room][state.comfort.text].columns}`}>
              {slots.map((s) => (
                <button
                  key={s.startsAt}
                  type="button"
                  className="time press"
                  data-action="slot"
                  data-id={s.startsAt}
                  onClick={() => send({ type: 'slot', startsAt: s.startsAt, now: now() })}
                >
                  {formats.time(s.startsAt)}
                </button>
              ))}
            </div>
          </section>
        ))}
        <Pager page={at} pages={pages.length} onPage={setPage} />
      </div>
    </div>
  );
};
