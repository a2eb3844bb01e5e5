import { useTranslation } from 'react-i18next';
import type { PrinterHistoryView } from '../../../shared/contracts/app.ts';
import { useDesk } from '../view.ts';
import { faultWords, JOB_WORDS, OUTCOMES, outcomeWords } from './words.ts';

const DAYS_SHOWN = 14;
const FAULTS_SHOWN = 20;
const JOBS_SHOWN = 20;

/** What a printer has done: papers by what became of them, faults from when until when, the latest tickets. */
export const PrinterHistory = ({ history }: { history: PrinterHistoryView }) => {
  const { t } = useTranslation();
  const { formats } = useDesk();
  const { days, faults, jobs } = history;
  // At noon it is the same day in every zone of the country.
  const dayWords = (day: string): string => formats.dayMonth(Date.parse(`${day}T09:00:00Z`));
  return (
    <div className="printers-history">
      <section>
        <h3>{t('printers.history.days')}</h3>
        {days.length === 0 ? <p className="hint">{t('printers.history.nothing')}</p> : null}
        <ul>
          {days.slice(0, DAYS_SHOWN).map(({ day, papers }) => (
            <li key={day}>
              <b>{dayWords(day)}</b>
              {OUTCOMES.map((outcome) =>
                papers[outcome] === undefined ? null : (
                  <span key={outcome} data-outcome={outcome}>
                    {t('printers.history.count', { what: outcomeWords(t, outcome), papers: papers[outcome] })}
                  </span>
                ),
              )}
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{t('printers.history.faults')}</h3>
        {faults.length === 0 ? <p className="hint">{t('printers.history.noFaults')}</p> : null}
        <ul>
          {faults.slice(0, FAULTS_SHOWN).map(({ kind, since, until }) => (
            <li key={`${kind} ${since}`} data-fault={kind}>
              <b>{faultWords(t, kind)}</b>
              <span>
                {t('printers.history.span', {
                  since: formats.dayTime(since),
                  until: until === null ? t('printers.history.now') : formats.time(until),
                })}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h3>{t('printers.history.jobs')}</h3>
        {jobs.length === 0 ? <p className="hint">{t('printers.history.nothing')}</p> : null}
        <ul>
          {jobs.slice(0, JOBS_SHOWN).map((job) => (
            <li key={job.id} data-job={job.id}>
              <b>
                {job.number === null
                  ? t('printers.history.other')
                  : t('printers.history.number', { number: formats.number(job.number) })}
              </b>
              {job.copy > 0 ? <span>{t('printers.history.copy', { copy: job.copy })}</span> : null}
              <span>{formats.dayTime(job.queuedAt)}</span>
              <span>
                {t(JOB_WORDS[job.state])}
                {job.word !== undefined
                  ? ` (${outcomeWords(t, 'said')})`
                  : job.grade === null
                    ? ''
                    : ` (${outcomeWords(t, job.grade)})`}
              </span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
};
