import { useTranslation } from 'react-i18next';

interface Props {
  onYes: () => void;
  onNo: () => void;
}

/** The count of a roll that is still in cannot be had back: what will happen is said before it does. */
export const NewRollSure = ({ onYes, onNo }: Props) => {
  const { t } = useTranslation();
  return (
    <div className="printers-sure" role="alert">
      <p>{t('printers.newRollSure')}</p>
      <div className="printers-acts">
        <button type="button" data-action="printer-roll-sure" autoFocus onClick={onYes}>
          {t('printers.newRollYes')}
        </button>
        <button type="button" data-action="printer-roll-not" onClick={onNo}>
          {t('printers.newRollNo')}
        </button>
      </div>
    </div>
  );
};
