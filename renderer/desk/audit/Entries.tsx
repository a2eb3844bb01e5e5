import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditLine } from '../../../shared/contracts/audit.ts';
import { useDesk } from '../view.ts';
import { actionWords, actorWords, detailWords, shortThing, thingWords } from './words.ts';

/** Height of a row and of the line above them, CSS pixels; the same in audit.css. */
const ROW = 56;
const HEAD = 40;
const BEYOND = 8;
const idOf = (seq: number): string => `audit-${seq}`;

interface Props {
  entries: readonly AuditLine[];
  more: boolean;
  chosen: number | null;
  onChoose: (seq: number) => void;
  /** The end comes into view. */
  onEnd: () => void;
  day: Intl.DateTimeFormat;
  /** Names of the members of staff, by id. */
  people: ReadonlyMap<string, string>;
}

/** The entries, of which only those in view are drawn. */
export const Entries = ({ entries, more, chosen, onChoose, onEnd, day, people }: Props) => {
  const { t } = useTranslation();
  const { formats } = useDesk();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const first = Math.max(0, Math.floor(view.top / ROW) - BEYOND);
  const last = Math.min(entries.length - 1, Math.ceil((view.top + view.height) / ROW) + BEYOND);

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
    if (more && last >= entries.length - 1) onEnd();
  }, [more, last, entries.length, onEnd]);

  const at = entries.findIndex(({ seq }) => seq === chosen);
  const go = (place: number): void => {
    const to = Math.min(entries.length - 1, Math.max(0, place));
    const entry = entries[to];
    const element = box.current;
    if (!entry || !element) return;
    onChoose(entry.seq);
    const { scrollTop: top, clientHeight: height } = element;
    if (to * ROW < top) element.scrollTop = to * ROW;
    else if ((to + 1) * ROW > top + height - HEAD) element.scrollTop = (to + 1) * ROW - height + HEAD;
  };
  const onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((view.height - HEAD) / ROW) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: Infinity }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    // The list of the day behind this one has the same keys.
    event.stopPropagation();
    go(to);
  };

  return (
    <div
      ref={box}
      className="audit-list"
      role="grid"
      tabIndex={0}
      aria-label={t('audit.list.label')}
      aria-rowcount={more ? -1 : entries.length + 1}
      aria-activedescendant={chosen !== null && at >= first && at <= last ? idOf(chosen) : undefined}
      data-action="entries"
      onKeyDown={onKey}
    >
      <div className="audit-head" role="row" aria-rowindex={1}>
        <span role="columnheader">{t('audit.list.at')}</span>
        <span role="columnheader">{t('audit.list.what')}</span>
        <span role="columnheader">{t('audit.list.who')}</span>
      </div>
      <div className="audit-all" role="rowgroup" style={{ height: entries.length * ROW }}>
        {entries.slice(first, last + 1).map((entry, n) => {
          const thing = thingWords(t, entry);
          const about = detailWords(t, entry, formats, people)
            .filter(({ words, empty }) => !empty && words !== thing)
            .map(({ field, words }) => `${field}: ${words}`);
          if (thing !== null) about.unshift(entry.entityName ?? shortThing(thing));
          return (
            <div
              key={entry.seq}
              id={idOf(entry.seq)}
              role="row"
              aria-rowindex={first + n + 2}
              aria-selected={entry.seq === chosen}
              className={`audit-row ${entry.seq === chosen ? 'sel' : ''}`}
              data-action="entry"
              data-id={entry.seq}
              style={{ top: (first + n) * ROW }}
              onClick={() => onChoose(entry.seq)}
            >
              <span role="gridcell">
                <b>{formats.time(entry.at)}</b>
                <small>{day.format(entry.at)}</small>
              </span>
              <span role="gridcell">
                <b>{actionWords(t, entry.action)}</b>
                <small>{about.join(' · ')}</small>
              </span>
              <span role="gridcell">
                <b>{actorWords(t, entry.actor, entry.actorName)}</b>
                <small>{t('audit.list.number', { seq: entry.seq })}</small>
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
};
