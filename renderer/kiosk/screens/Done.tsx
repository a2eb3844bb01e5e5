import { ArrowDownToLine, Check, Printer, PrinterX } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { Button, Pill } from '../../ui/Tile.tsx';
import { blockedBy, paperOf, type Step } from '../flow.ts';
import { secondsLeft, useView } from '../view.ts';

/** Checked in: the number, what to do next, and the truth about the paper. */
export const Done = ({ step }: { step: Extract<Step, { at: 'ticket' }> }) => {
  const { t } = useTranslation();
  const { state, send, now, at, formats, newAttempt } = useView();
  const { visit, job } = step;
  const { language } = state.comfort;
  const paper = paperOf(job, at - step.since);
  const left = secondsLeft(step.until, at);
  const home = (label: string) => (
    <Button primary action="home" onPress={() => send({ type: 'taken', now: now() })}>
      {`${label} · ${left}`}
    </Button>
  );
  const again = (label: string) => (
    <Button icon={Printer} action="copy" onPress={() => send({ type: 'copy', attempt: newAttempt(), now: now() })}>
      {label}
    </Button>
  );
  const reason = blockedBy(job) ?? 'none';
  return (
    <>
      <div className="card-side">
        <Pill icon={Check} tone="green">
          {t('done.checkedIn')}
        </Pill>
        <div className="ticket" data-ticket={formats.number(visit.number)} data-job={job.id}>
          <p>{t('done.number')}</p>
          <div className={`number${visit.number.number > 999 ? ' long' : ''}`}>{formats.number(visit.number)}</div>
          <span className="h3">{inLanguage(visit.service, language)}</span>
          <hr />
          <dl className="facts">
            {visit.startsAt === null ? null : (
              <div>
                <dt>{t('done.bookedAt')}</dt>
                <dd>{formats.time(visit.startsAt)}</dd>
              </div>
            )}
            {visit.place === null ? null : (
              <div>
                <dt>{t('done.where')}</dt>
                <dd>{inLanguage(visit.place, language)}</dd>
              </div>
            )}
            <div className="wide">
              <dt>{t('done.waitCall')}</dt>
              <dd>{t('done.waitCallHint')}</dd>
            </div>
          </dl>
        </div>
      </div>
      <div className="next-side" data-paper={paper}>
        {paper === 'out' ? (
          <div className="take">
            <span className="h3">{job.copy > 0 ? t('done.copyTake') : t('done.take')}</span>
            <ArrowDownToLine className="arrow" aria-hidden />
          </div>
        ) : (
          <div className="notice amber" role="status">
            <PrinterX aria-hidden />
            <span className="words">
              <span className="h3">{paper === 'ask' ? t('done.askTitle') : t('done.blockedTitle')}</span>
              <span className="p">
                {paper === 'ask' ? t('done.askHint') : `${t(`done.reason.${reason}`)} ${t('done.blockedHint')}`}
              </span>
            </span>
          </div>
        )}
        <div className="row">
          {paper === 'out' ? (
            <>
              {again(t('done.notOut'))}
              {home(t('done.ready'))}
            </>
          ) : paper === 'ask' ? (
            <>
              {again(t('done.again'))}
              {home(t('done.yes'))}
            </>
          ) : (
            home(t('done.ready'))
          )}
        </div>
      </div>
    </>
  );
};
