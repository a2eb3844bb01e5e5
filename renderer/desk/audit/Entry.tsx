import { Filter } from 'lucide-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditFilter, AuditLine } from '../../../shared/contracts/audit.ts';
import { useDesk } from '../view.ts';
import { actionWords, actorWords, detailWords, thingWords } from './words.ts';

interface Props {
  entry: AuditLine;
  moment: Intl.DateTimeFormat;
  /** Names of the members of staff, by id. */
  people: ReadonlyMap<string, string>;
  /** Shows what has this in common with the entry. */
  onNarrow: (by: Pick<AuditFilter, 'actor' | 'action' | 'entity'>) => void;
}

/** One entry, whole. */
export const Entry = ({ entry, moment, people, onNarrow }: Props) => {
  const { t } = useTranslation();
  const { formats } = useDesk();
  const thing = thingWords(t, entry);
  return (
    <>
      <h2>{actionWords(t, entry.action)}</h2>
      <dl>
        <dt>{t('audit.one.when')}</dt>
        <dd>{moment.format(entry.at)}</dd>
        <dt>{t('audit.one.who')}</dt>
        <dd>{actorWords(t, entry.actor, entry.actorName)}</dd>
        {thing === null ? null : (
          <>
            <dt>{t('audit.one.thing')}</dt>
            <dd>
              {thing}
              {thing === entry.entity ? null : <small>{entry.entity}</small>}
            </dd>
          </>
        )}
        {detailWords(t, entry, formats, people).map(({ field, words }) => (
          <Fragment key={field}>
            <dt>{field}</dt>
            <dd>{words}</dd>
          </Fragment>
        ))}
        <dt>{t('audit.one.code')}</dt>
        <dd>{entry.action}</dd>
        <dt>{t('audit.one.number')}</dt>
        <dd>{t('audit.list.number', { seq: entry.seq })}</dd>
      </dl>
      <div className="audit-narrow">
        {entry.entity === '' ? null : (
          <button type="button" data-action="same-thing" onClick={() => onNarrow({ entity: entry.entity })}>
            <Filter aria-hidden />
            {t('audit.one.sameThing')}
          </button>
        )}
        <button type="button" data-action="same-who" onClick={() => onNarrow({ actor: entry.actor })}>
          <Filter aria-hidden />
          {t('audit.one.sameWho')}
        </button>
        <button type="button" data-action="same-action" onClick={() => onNarrow({ action: entry.action })}>
          <Filter aria-hidden />
          {t('audit.one.sameAction')}
        </button>
      </div>
    </>
  );
};
