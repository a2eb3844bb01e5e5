import { Check, Headset, MessageCircleWarning } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, Pictogram } from '../../ui/Tile.tsx';
import type { Step } from '../steps.ts';
import { useView } from '../view.ts';

/** Whether somebody comes, told truly. */
export const Help = ({ step }: { step: Extract<Step, { at: 'help' }> }) => {
  const { t } = useTranslation();
  const { send, now, formats } = useView();
  const { told, by, number } = step;
  return (
    <div className="wait" role="status" data-told={String(told)} data-by={by}>
      {told === null ? (
        <>
          <div className="disc" aria-hidden>
            <Headset />
          </div>
          <h1>{t('help.calling')}</h1>
          <p>{t('help.callingText')}</p>
        </>
      ) : by === 'finished' ? (
        <>
          <Pictogram icon={Check} tone="green" large />
          <h1>{t('help.finished')}</h1>
          {number ? <p className="big-number">{formats.number(number)}</p> : null}
          <p className="strong">{t('help.finishedText')}</p>
        </>
      ) : by === 'taken' ? (
        <>
          <Pictogram icon={Headset} tone="green" large />
          <h1>{t('help.taken')}</h1>
          <p className="strong">{t('help.takenText')}</p>
        </>
      ) : (
        <>
          <Pictogram icon={told ? Check : MessageCircleWarning} tone={told ? 'green' : 'amber'} large />
          <h1>{t(told ? 'help.told' : 'help.untold')}</h1>
          <p className="strong">{t(told ? 'help.toldText' : 'help.untoldText')}</p>
        </>
      )}
      <Button primary action="back" onPress={() => send({ type: 'back', now: now() })}>
        {t(by === 'finished' ? 'help.ready' : 'help.return')}
      </Button>
    </div>
  );
};
