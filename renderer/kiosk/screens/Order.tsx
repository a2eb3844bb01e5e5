import { ClipboardCheck, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { ServiceView } from '../../../shared/contracts/app.ts';
import { unbroken } from '../../i18n/format.ts';
import { inLanguage } from '../../../shared/domain/language.ts';
import { pictogramOf } from '../../ui/icons.ts';
import { Pictogram } from '../../ui/Tile.tsx';
import { useView } from '../view.ts';
import { useReason } from './reason.ts';

/** From so many on they stand in one paragraph: a list would be longer than the screen. */
const LISTED_PAPERS = 4;

/** From so many on the list is dense. */
const MANY = 4;

/** So many services that the papers stand beside them rather than below. */
export const isLong = (services: readonly ServiceView[]): boolean => services.length >= MANY;

/** The chosen services in their order, with the place of each. */
export const Order = ({
  services,
  onRemove,
}: {
  services: readonly ServiceView[];
  /** None: nothing can be taken out. */
  onRemove?: (service: number) => void;
}) => {
  const { t } = useTranslation();
  const { language } = useView().state.comfort;
  const reason = useReason();
  return (
    <ol className={`order tile${isLong(services) ? ' many' : ''}`}>
      {services.map((s) => {
        const name = inLanguage(s.name, language);
        return (
          <li key={s.id} data-service={s.id}>
            <Pictogram icon={pictogramOf(s.icon)} />
            <span className="words">
              <span className="h3">{name}</span>
              {s.unavailable !== null ? (
                <span className="small why">{reason(s.unavailable)}</span>
              ) : s.place === null ? null : (
                <span className="small">{unbroken(inLanguage(s.place, language))}</span>
              )}
            </span>
            {onRemove ? (
              <button
                type="button"
                className="remove press"
                data-action="remove-service"
                data-id={s.id}
                aria-label={`${t('walkIn.remove')}: ${name}`}
                onClick={() => onRemove(s.id)}
              >
                <X aria-hidden />
                {isLong(services) ? null : <span>{t('walkIn.remove')}</span>}
              </button>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
};

/** What has to be brought; nothing when no papers are needed. */
export const Papers = ({ title, papers }: { title: string; papers: readonly string[] }) =>
  papers.length === 0 ? null : (
    <div className="papers">
      <ClipboardCheck aria-hidden />
      <div className="words">
        <span className="h3">{title}</span>
        {papers.length > LISTED_PAPERS ? (
          <p className="strong">{papers.join('\u00a0· ')}</p>
        ) : (
          <ul>
            {papers.map((paper) => (
              <li key={paper} className="p strong">
                {paper}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
