import { Hourglass, Wrench } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Pictogram } from '../../ui/Tile.tsx';
import { outOfOrder } from '../flow.ts';
import { useView } from '../view.ts';

/** Short codes for staff, who find them in the guide. */
const CODES = {
  starting: 'START',
  core: 'CORE-1',
  'not-enrolled': 'ENROL-1',
  'no-data': 'DATA-1',
  store: 'STORE-1',
} as const;

export const OutOfOrder = () => {
  const { t } = useTranslation();
  const { state } = useView();
  const why = outOfOrder(state) ?? 'starting';
  // A kiosk that has its identity and waits for its first data will serve in a moment.
  const soon = why === 'starting' || (why === 'no-data' && state.system?.sync.problem === null);
  return (
    <div className="wait">
      <Pictogram icon={soon ? Hourglass : Wrench} tone={soon ? 'blue' : 'amber'} large />
      <h1>{soon ? t('outOfOrder.starting') : t('outOfOrder.title')}</h1>
      <p>{soon ? t('outOfOrder.startingText') : t('outOfOrder.text')}</p>
      {soon ? null : <p className="small code">{t('outOfOrder.code', { code: CODES[why] })}</p>}
    </div>
  );
};
