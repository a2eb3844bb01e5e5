import { Printer, RefreshCw } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NumbersReport } from '../../../shared/contracts/numbers.ts';
import { MOST_DAYS_TOGETHER } from '../../../shared/domain/day-numbers.ts';
import { useDesk } from '../view.ts';
import { Days, Hours, NoShows, Times, Ways } from './panels.tsx';
import { RANGES, spanOf, type Range, type Span } from './range.ts';
import { useDays, useReport } from './report.ts';
import { useSay } from './say.ts';
import './numbers.css';

const RANGE_WORDS = {
  today: 'numbers.range.today',
  yesterday: 'numbers.range.yesterday',
  week: 'numbers.range.week',
  month: 'numbers.range.month',
  own: 'numbers.range.own',
} as const;

/** How many came, how long it took, and when: of today as it goes, and of days that are over. */
export const Numbers = () => {
  const { t } = useTranslation();
  const { client, system, say: words } = useDesk();
  const say = useSay();
  const [range, setRange] = useState<Range>('today');
  const [own, setOwn] = useState<Span>({ from: '', until: '' });
  const days = useDays(client);
  const today = days?.today ?? null;
  const span = useMemo(() => (today === null ? null : spanOf(range, today, own)), [range, today, own]);
  const { state, report, again } = useReport(client, span);
  const wrong = range === 'own' && today !== null && span === null;

  const choose = (name: Range): void => {
    // Whoever wants other dates begins with those that he looks at.
    if (name === 'own' && span) setOwn(span);
    setRange(name);
  };

  return (
    <section className="numbers" aria-label={t('desk.nav.numbers')} aria-busy={state === 'reading'}>
      <header>
        <h1>{t('desk.nav.numbers')}</h1>
        <div className="filters" role="group" aria-label={t('numbers.range.label')}>
          {RANGES.map((name) => (
            <button
              key={name}
              type="button"
              data-action="numbers-range"
              data-id={name}
              aria-pressed={range === name}
              onClick={() => choose(name)}
            >
              {t(RANGE_WORDS[name])}
            </button>
          ))}
        </div>
        {range === 'own' ? (
          <div className="numbers-own">
            {(['from', 'until'] as const).map((end) => (
              <label key={end}>
                {end === 'from' ? t('numbers.range.from') : t('numbers.range.until')}
                <input
                  type="date"
                  data-action={`numbers-${end}`}
                  value={own[end]}
                  min={days?.first}
                  max={today ?? undefined}
                  aria-invalid={wrong}
                  onChange={(event) => setOwn({ ...own, [end]: event.target.value })}
                />
              </label>
            ))}
          </div>
        ) : null}
        <span />
        <button
          type="button"
          className="quiet"
          data-action="numbers-print"
          disabled={report === null}
          onClick={() => window.print()}
        >
          <Printer aria-hidden />
          {t('numbers.print')}
        </button>
      </header>
      {wrong ? (
        <p className="note" role="alert">
          {t('numbers.range.wrong', { days: MOST_DAYS_TOGETHER })}
        </p>
      ) : null}
      {state === 'failed' ? (
        <p className="note urgent" role="alert">
          {t('numbers.failed')}
          <button type="button" data-action="numbers-again" onClick={again}>
            <RefreshCw aria-hidden />
            {t('numbers.again')}
          </button>
        </p>
      ) : null}
      <p className="numbers-of" role="status">
        {report === null ? (
          state === 'failed' ? null : (
            t('numbers.reading')
          )
        ) : (
          <>
            {system?.office ? <b className="on-paper">{words(system.office.name)}</b> : null}
            <span>{say.days(report)}</span>
            {report.from === report.until ? null : (
              <span>
                {t('numbers.partly', {
                  known: report.openDays,
                  all: daysOf(report),
                })}
              </span>
            )}
            {state === 'reading' ? <span>{t('numbers.reading')}</span> : null}
          </>
        )}
      </p>
      {report === null ? null : <Content report={report} />}
    </section>
  );
};

const DAY_MS = 86_400_000;
const daysOf = ({ from, until }: Span): number => Math.round((Date.parse(until) - Date.parse(from)) / DAY_MS) + 1;

const Content = ({ report }: { report: NumbersReport }) => {
  const { t } = useTranslation();
  const { from, until, total, forecast } = report;
  const span = { from, until };
  if (total.visits + total.noShows === 0 && forecast === null) return <p className="nobody">{t('numbers.nothing')}</p>;
  // What is shown stays what it was when other days are chosen: nothing jumps under the hand.
  const about = { report, span };
  return (
    <>
      <Tiles report={report} />
      <div className="numbers-grid">
        <Hours {...about} />
        {report.days.length > 1 ? <Days {...about} /> : null}
        <Times {...about} by="services" />
        <Times {...about} by="windows" />
        <NoShows {...about} />
        <Ways {...about} />
      </div>
    </>
  );
};

/** A day that is less different from others is as usual. */
const UNUSUAL = 0.05;

const Tiles = ({ report }: { report: NumbersReport }) => {
  const { t } = useTranslation();
  const say = useSay();
  const { total, forecast, limitMinutes } = report;
  const { waits } = total;
  const expected = total.booked + total.noShows;
  const differs = (forecast?.scale ?? 1) - 1;
  const pace = Math.abs(differs) < UNUSUAL ? 'usual' : differs > 0 ? 'fuller' : 'emptier';
  const paces = {
    usual: 'numbers.tiles.usual',
    fuller: 'numbers.tiles.fuller',
    emptier: 'numbers.tiles.emptier',
  } as const;
  return (
    <section className="tiles" aria-label={t('numbers.tiles.label')}>
      <div>
        <small>{t('numbers.tiles.visits')}</small>
        <b>{say.count(total.visits)}</b>
        <span>
          {t('numbers.tiles.origins', { booked: say.count(total.booked), walkIns: say.count(total.walkIns) })}
        </span>
      </div>
      <div>
        <small>{t('numbers.tiles.wait')}</small>
        <b>{say.minutes(waits.median)}</b>
        <span>{waits.p90 === null ? '' : t('numbers.tiles.p90', { time: say.minutes(waits.p90) })}</span>
      </div>
      <div className={waits.over > 0 ? 'bad' : ''}>
        <small>{t('numbers.tiles.tooLong', { minutes: limitMinutes })}</small>
        <b>{say.share(waits.overShare)}</b>
        <span>{t('numbers.tiles.of', { over: say.count(waits.over), all: say.count(waits.count) })}</span>
      </div>
      <div>
        <small>{t('numbers.tiles.noShows')}</small>
        <b>{say.count(total.noShows)}</b>
        {expected === 0 ? null : <i>{say.share(total.noShows / expected)}</i>}
        <span>{t('numbers.tiles.left', { left: say.count(total.left) })}</span>
      </div>
      {forecast === null ? null : (
        <div>
          <small>{t('numbers.tiles.toCome')}</small>
          <b>{say.count(Math.round(forecast.toCome))}</b>
          <span>{t(paces[pace], { share: say.share(Math.abs(differs)) })}</span>
        </div>
      )}
    </section>
  );
};
