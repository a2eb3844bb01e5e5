import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumbersLine, NumbersReport } from '../../../shared/contracts/numbers.ts';
import { useDesk } from '../view.ts';
import { Columns, Rows, type RowData } from './charts.tsx';
import { Panel } from './Panel.tsx';
import type { Span } from './range.ts';
import { useSay } from './say.ts';

/** The matters of the page: each takes the report and says it as words, a chart and a table. */

interface Props {
  report: NumbersReport;
  span: Span;
}

/** Rows of a chart that can be taken in at a glance. */
const MOST_ROWS = 10;

/** The columns that every line has, and its cells. */
const useLine = (limit: number) => {
  const { t } = useTranslation();
  const say = useSay();
  return {
    columns: [
      t('numbers.column.visits'),
      t('numbers.column.booked'),
      t('numbers.column.left'),
      t('numbers.column.waitMedian'),
      t('numbers.column.waitP90'),
      t('numbers.column.over', { minutes: limit }),
      t('numbers.column.servingMedian'),
      t('numbers.column.servingP90'),
    ],
    cells: ({ visits, booked, left, waits, serving }: NumbersLine): string[] => [
      say.count(visits),
      say.count(booked),
      say.count(left),
      say.bare(waits.median),
      say.bare(waits.p90),
      waits.count === 0 ? say.share(null) : `${say.count(waits.over)} (${say.share(waits.overShare)})`,
      say.bare(serving.median),
      say.bare(serving.p90),
    ],
  };
};

/** When people come; today beside what was to be thought. */
export const Hours = ({ report, span }: Props) => {
  const { t } = useTranslation();
  const say = useSay();
  const { hours, openDays, forecast, today } = report;
  const onlyToday = span.from === today && span.until === today;
  const several = span.from !== span.until && openDays > 0;
  const came = (visits: number): number => (several ? visits / openDays : visits);
  const some = hours.map(({ visits, usual, expected }) => visits + (usual ?? 0) + (expected ?? 0) > 0);
  const from = some.indexOf(true);
  const shown = from === -1 ? [] : hours.slice(from, some.lastIndexOf(true) + 1);
  const peak = shown.reduce<(typeof hours)[number] | null>(
    (best, hour) => (hour.visits > (best?.visits ?? 0) ? hour : best),
    null,
  );
  const now = hours.find(({ expected }) => expected !== null)?.hour ?? null;
  const thought = forecast === null ? null : t('numbers.hours.thought', { hour: say.hour(now ?? 0) });
  const name = several ? t('numbers.hours.perDay') : t('numbers.hours.came');
  const summary = [
    peak === null
      ? t('numbers.none')
      : several
        ? t('numbers.hours.peakPerDay', { hour: say.hour(peak.hour), visits: say.count(came(peak.visits)) })
        : t('numbers.hours.peak', { hour: say.hour(peak.hour), visits: say.count(peak.visits) }),
    onlyToday
      ? forecast === null
        ? t('numbers.hours.noBasis')
        : t('numbers.hours.basis', { days: forecast.days })
      : '',
  ];
  return (
    <Panel
      id="hours"
      wide={report.days.length <= 1}
      table="hours"
      span={span}
      title={t('numbers.hours.title')}
      summary={summary.join(' ').trim()}
      legend={
        thought === null
          ? []
          : [
              { words: name, kind: 'solid' },
              { words: thought, kind: 'hatch' },
            ]
      }
      chart={
        shown.length === 0 ? null : (
          <Columns
            name={name}
            thought={thought}
            rows={shown.map(({ hour, visits, usual, expected }) => ({
              label: say.hour(hour),
              n: Math.round(came(visits) * 10) / 10,
              thought: Math.round(expected ?? usual ?? 0),
            }))}
          />
        )
      }
      columns={[
        t('numbers.hours.hour'),
        t('numbers.hours.came'),
        ...(several ? [t('numbers.hours.perDay')] : []),
        ...(forecast === null ? [] : [t('numbers.hours.usual'), t('numbers.hours.expected')]),
      ]}
      rows={shown.map(({ hour, visits, usual, expected }) => ({
        key: String(hour),
        head: `${say.hour(hour)}–${say.hour((hour + 1) % 24)}`,
        cells: [
          say.count(visits),
          ...(several ? [say.count(came(visits))] : []),
          ...(forecast === null ? [] : [usual, expected].map((n) => say.count(n === null ? null : Math.round(n)))),
        ],
      }))}
    />
  );
};

interface Named extends NumbersLine {
  id: number;
  words: string;
}

/** How long it takes, by service or by window. */
export const Times = ({ report, span, by }: Props & { by: 'services' | 'windows' }) => {
  const { t } = useTranslation();
  const { say: words } = useDesk();
  const say = useSay();
  const [kind, setKind] = useState<'waits' | 'serving'>('waits');
  const line = useLine(report.limitMinutes);
  const all: Named[] = report[by].map((one) => ({ ...one, words: words(one.name) }));
  const measured = all.filter((one) => one[kind].count > 0);
  const shown = measured
    .toSorted((a, b) => b[kind].count - a[kind].count)
    .slice(0, MOST_ROWS)
    .sort((a, b) => (b[kind].p90 ?? 0) - (a[kind].p90 ?? 0) || a.id - b.id);
  const [worst] = shown;
  const summary = [
    worst
      ? t(kind === 'waits' ? 'numbers.services.slowest' : 'numbers.services.longest', {
          name: worst.words,
          time: say.minutes(worst[kind].p90),
        })
      : t('numbers.none'),
    measured.length > shown.length ? t('numbers.more', { shown: shown.length, all: measured.length }) : '',
  ];
  const limit = t('numbers.legend.limit', { minutes: report.limitMinutes });
  const chosen = [
    { id: 'waits', words: t('numbers.waits') },
    { id: 'serving', words: t('numbers.serving') },
  ] as const;
  return (
    <Panel
      id={by}
      table={by}
      span={span}
      title={by === 'services' ? t('numbers.services.title') : t('numbers.windows.title')}
      summary={summary.join(' ').trim()}
      legend={[
        { words: t('numbers.legend.median'), kind: 'solid' },
        { words: t('numbers.legend.p90'), kind: 'hatch' },
        ...(kind === 'waits' ? [{ words: limit, kind: 'limit' } as const] : []),
      ]}
      chart={
        shown.length === 0 ? null : (
          <Rows
            name={t('numbers.legend.median')}
            second={t('numbers.legend.p90')}
            limit={
              kind === 'waits'
                ? { at: report.limitMinutes, label: t('numbers.minutes', { minutes: report.limitMinutes }) }
                : null
            }
            rows={shown.map((one): RowData => {
              const { median, p90, overShare } = one[kind];
              return {
                key: String(one.id),
                name: one.words,
                note:
                  kind === 'waits'
                    ? `${t('numbers.column.over', { minutes: report.limitMinutes })}: ${say.share(overShare)}`
                    : null,
                first: median ?? 0,
                firstLabel: say.bare(median),
                second: p90 ?? 0,
                secondLabel: say.bare(p90),
              };
            })}
          />
        )
      }
      columns={[by === 'services' ? t('numbers.services.name') : t('numbers.windows.name'), ...line.columns]}
      rows={all.map((one) => ({ key: String(one.id), head: one.words, cells: line.cells(one) }))}
    >
      <div className="filters" role="group" aria-label={t('numbers.what')}>
        {chosen.map((one) => (
          <button
            key={one.id}
            type="button"
            data-action={`numbers-${one.id}`}
            data-id={by}
            aria-pressed={kind === one.id}
            onClick={() => setKind(one.id)}
          >
            {one.words}
          </button>
        ))}
      </div>
    </Panel>
  );
};

/** Who had a time and did not come. */
export const NoShows = ({ report, span }: Props) => {
  const { t } = useTranslation();
  const { say: words } = useDesk();
  const say = useSay();
  const share = (missed: number, came: number): number | null =>
    missed + came === 0 ? null : missed / (missed + came);
  const rows = report.services
    .filter(({ noShows, booked }) => noShows + booked > 0)
    .toSorted((a, b) => b.noShows - a.noShows || a.id - b.id);
  const missed = rows.filter(({ noShows }) => noShows > 0);
  const shown = missed.slice(0, MOST_ROWS);
  const { noShows: all, booked } = report.total;
  const summary = [
    t('numbers.noShows.total', { missed: say.count(all), booked: say.count(all + booked) }),
    span.until >= report.today ? t('numbers.noShows.sofar') : '',
    missed.length > shown.length ? t('numbers.more', { shown: shown.length, all: missed.length }) : '',
  ];
  return (
    <Panel
      id="no-shows"
      table="services"
      span={span}
      title={t('numbers.noShows.title')}
      summary={summary.filter((part) => part !== '').join(' ')}
      chart={
        shown.length === 0 ? null : (
          <Rows
            name={t('numbers.noShows.count')}
            second={null}
            rows={shown.map((one) => ({
              key: String(one.id),
              name: words(one.name),
              note: `${t('numbers.noShows.share')}: ${say.share(share(one.noShows, one.booked))}`,
              first: one.noShows,
              firstLabel: say.count(one.noShows),
              second: null,
              secondLabel: '',
            }))}
          />
        )
      }
      columns={[
        t('numbers.services.name'),
        t('numbers.column.booked'),
        t('numbers.noShows.count'),
        t('numbers.noShows.share'),
      ]}
      rows={rows.map((one) => ({
        key: String(one.id),
        head: words(one.name),
        cells: [say.count(one.booked + one.noShows), say.count(one.noShows), say.share(share(one.noShows, one.booked))],
      }))}
    />
  );
};

/** Who took his ticket himself, and to whom it was given. */
export const Ways = ({ report, span }: Props) => {
  const { t } = useTranslation();
  const say = useSay();
  const line = useLine(report.limitMinutes);
  const { visits } = report.total;
  const nameOf = { kiosk: t('numbers.ways.kiosk'), desk: t('numbers.ways.desk') };
  const share = (n: number): string => say.share(visits === 0 ? null : n / visits);
  const self = report.ways.find(({ way }) => way === 'kiosk')?.visits ?? 0;
  return (
    <Panel
      id="ways"
      table="ways"
      span={span}
      title={t('numbers.ways.title')}
      summary={visits === 0 ? t('numbers.none') : t('numbers.ways.share', { share: share(self) })}
      chart={
        visits === 0 ? null : (
          <Rows
            name={t('numbers.column.visits')}
            second={null}
            rows={report.ways.map((one) => ({
              key: one.way,
              name: nameOf[one.way],
              note: `${t('numbers.tiles.wait')}: ${say.minutes(one.waits.median)}`,
              first: one.visits,
              firstLabel: say.count(one.visits),
              second: null,
              secondLabel: '',
            }))}
          />
        )
      }
      columns={[t('numbers.ways.way'), ...line.columns]}
      rows={report.ways.map((one) => ({ key: one.way, head: nameOf[one.way], cells: line.cells(one) }))}
    />
  );
};

/** One day after the other. */
export const Days = ({ report, span }: Props) => {
  const { t } = useTranslation();
  const say = useSay();
  const line = useLine(report.limitMinutes);
  const { days } = report;
  const fullest = days.reduce<(typeof days)[number] | null>(
    (best, day) => (day.visits > (best?.visits ?? 0) ? day : best),
    null,
  );
  return (
    <Panel
      id="days"
      table="days"
      span={span}
      title={t('numbers.days.title')}
      summary={
        fullest
          ? t('numbers.days.fullest', { day: say.day(fullest.date), visits: say.count(fullest.visits) })
          : t('numbers.none')
      }
      chart={
        fullest ? (
          <Columns
            name={t('numbers.column.visits')}
            thought={null}
            rows={days.map(({ date, visits }) => ({ label: say.shortDay(date), n: visits }))}
          />
        ) : null
      }
      columns={[t('numbers.days.day'), ...line.columns, t('numbers.noShows.count')]}
      rows={days.map((day) => ({
        key: day.date,
        head: say.day(day.date),
        cells: [...line.cells(day), say.count(day.noShows)],
      }))}
    />
  );
};
