import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../../shared/contracts/app.ts';
import { useDesk } from '../view.ts';

interface Props {
  /** E.164. */
  value: string;
  onChange: (value: string) => void;
  agreed: boolean;
  onAgree: (agreed: boolean) => void;
  consent: Catalogue['consent'];
}

/** As it is dictated: `8 916 123-45-67` is `+79161234567`. */
const toE164 = (typed: string): string => {
  const digits = typed.replaceAll(/\D/g, '');
  if (digits === '') return '';
  if (typed.trim().startsWith('+')) return `+${digits}`;
  return digits.length <= 10 ? `+7${digits}` : `+${digits.replace(/^8/, '7')}`;
};

/** A phone with the consent that it may not be taken without; neither is filled in for him. */
export const Phone = ({ value, onChange, agreed, onAgree, consent }: Props) => {
  const { t } = useTranslation();
  const { say } = useDesk();
  return (
    <>
      <label>
        {t('desk.phone.label')}
        <input
          data-action="phone"
          inputMode="tel"
          autoComplete="off"
          maxLength={24}
          placeholder="+7 916 123-45-67"
          onChange={(event) => onChange(toE164(event.target.value))}
        />
        <small>{value}</small>
      </label>
      {consent ? (
        <label className="check">
          <input
            type="checkbox"
            data-action="phone-consent"
            checked={agreed}
            onChange={(event) => onAgree(event.target.checked)}
          />
          {t('desk.phone.consent')} {say(consent.text)}
        </label>
      ) : null}
    </>
  );
};
