import { Clock, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { EstimateView } from '../../../shared/contracts/app.ts';
import { useView } from '../view.ts';

/** The wait as one sentence; honest where it is not known. */
export const useWaitWords = (): ((estimate: EstimateView) => string) => {
  const { t } = useTranslation();
  const { formats } = useView();
  return (estimate) => {
    const { ahead } = estimate;
    if (!estimate.known) {
      return ahead === null || ahead === 0 ? t('wait.unknown') : t('wait.aheadOnly', { people: formats.people(ahead) });
    }
    const wait = formats.wait(estimate.fromMinutes, estimate.toMinutes);
    return estimate.ahead === 0
      ? t('wait.free', { wait })
      : t('wait.ahead', { people: formats.people(estimate.ahead), wait });
  };
};

/** How many are ahead and how long it takes, large. */
export const WaitCard = ({ estimate }: { estimate: EstimateView }) => {
  const { t } = useTranslation();
  const { formats } = useView();
  const words = useWaitWords();
  if (!estimate.known) {
    return (
      <div className="wait-card unknown" data-wait="unknown">
        <Clock aria-hidden />
        <span className="p strong">{words(estimate)}</span>
      </div>
    );
  }
  return (
    <dl className="wait-card" data-wait={`${estimate.fromMinutes}-${estimate.toMinutes}`}>
      <div>
        <dt>
          <Users aria-hidden />
          {t('wait.aheadTitle')}
        </dt>
        <dd>{estimate.ahead === 0 ? t('wait.nobody') : formats.people(estimate.ahead)}</dd>
      </div>
      <div>
        <dt>
          <Clock aria-hidden />
          {t('wait.waitTitle')}
        </dt>
        <dd>{formats.wait(estimate.fromMinutes, estimate.toMinutes)}</dd>
      </div>
    </dl>
  );
};
