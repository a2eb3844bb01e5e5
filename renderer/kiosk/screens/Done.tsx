import { Check, HandHeart, Hourglass } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { VisitView } from '../../../shared/contracts/app.ts';
import { unbroken } from '../../i18n/format.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { visitCode } from '../../../shared/domain/visit-code.ts';
import { Pill } from '../../ui/Tile.tsx';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';
import { PaperState } from './PaperState.tsx';

/** Checked in, or a number taken: the number, what to do next, and the truth about the paper. */
export const Done = ({ step }: { step: Extract<Step, { at: 'ticket' }> }) => {
  const { t } = useTranslation();
  const { state, formats } = useView();
  const { visit, job } = step;
  const { language } = state.comfort;
  const { number, stations, estimate, claim } = visit;
  const several = stations.length > 1;
  return (
    <>
      <div className="card-side">
        <Pill icon={Check} tone="green">
          {visit.origin === 'walk-in' ? t('ticket.taken') : t('done.checkedIn')}
        </Pill>
        <div
          className={`ticket${several ? ' several' : ''}`}
          data-ticket={formats.number(number)}
          data-job={job.id}
          data-stations={stations.length}
        >
          <p>{t('done.number')}</p>
          <div className={`number${number.number > 999 ? ' long' : ''}`}>{formats.number(number)}</div>
          {several ? null : <span className="h3">{inLanguage(visit.service, language)}</span>}
          <hr />
          {several ? <Stations visit={visit} /> : null}
          <dl className="facts">
            {visit.startsAt === null ? (
              <Fact title={t('ticket.takenAt')}>{formats.time(visit.arrivedAt)}</Fact>
            ) : (
              <Fact title={t('done.bookedAt')}>{formats.time(visit.startsAt)}</Fact>
            )}
            {estimate.known ? (
              <Fact title={t('wait.waitTitle')}>{formats.wait(estimate.fromMinutes, estimate.toMinutes)}</Fact>
            ) : null}
            {visit.place === null || several ? null : (
              <Fact title={t('done.where')}>{unbroken(inLanguage(visit.place, language))}</Fact>
            )}
            {estimate.ahead === null ? null : (
              <Fact title={t('wait.aheadTitle')}>
                {estimate.ahead === 0 ? t('wait.nobody') : formats.people(estimate.ahead)}
              </Fact>
            )}
            {several ? null : (
              <div className="wide">
                <dt>{t('done.waitCall')}</dt>
                <dd>{t('done.waitCallHint')}</dd>
              </div>
            )}
          </dl>
          {visit.late ? <Remark icon={Hourglass}>{t('ticket.late')}</Remark> : null}
          {claim ? (
            <Remark icon={HandHeart}>
              {claim.confirmed
                ? t('ticket.claim', { name: inLanguage(claim.name, language) })
                : claim.document
                  ? t('ticket.claimDocument', {
                      name: inLanguage(claim.name, language),
                      document: inLanguage(claim.document, language),
                    })
                  : t('ticket.claimShow', { name: inLanguage(claim.name, language) })}
            </Remark>
          ) : null}
        </div>
      </div>
      <PaperState
        job={job}
        since={step.since}
        until={step.until}
        copy
        code={visitCode(visit.id)}
        words={{
          take: job.copy > 0 ? t('done.copyTake') : t('done.take'),
          askTitle: t('done.askTitle'),
          blockedTitle: t('done.blockedTitle'),
          blockedHint: t('done.blockedHint'),
          yes: t('done.yes'),
        }}
      />
    </>
  );
};

/** One line of what is good to know, by its name. */
export const Fact = ({ title, children }: { title: string; children: ReactNode }) => (
  <div>
    <dt>{title}</dt>
    <dd>{children}</dd>
  </div>
);

const Remark = ({ icon: Icon, children }: { icon: LucideIcon; children: string }) => (
  <div className="remark">
    <Icon aria-hidden />
    <span className="p strong">{children}</span>
  </div>
);

/** Several services of one visit, in the order in which they are gone through. */
const Stations = ({ visit }: { visit: VisitView }) => {
  const { t } = useTranslation();
  const { language } = useView().state.comfort;
  return (
    <ol className="stations" aria-label={t('ticket.stations')}>
      {visit.stations.map((s, i) => (
        // A service may come twice in one visit: the order is what it is.
        // eslint-disable-next-line react/no-array-index-key
        <li key={i}>
          <b aria-hidden>{i + 1}</b>
          <span className="station-name">{inLanguage(s.service, language)}</span>
          {s.place === null ? null : <span className="station-place">{unbroken(inLanguage(s.place, language))}</span>}
        </li>
      ))}
    </ol>
  );
};
