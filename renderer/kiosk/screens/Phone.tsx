import { Check, Square, SquareCheckBig } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { inLanguage } from '../../../shared/domain/language.ts';
import { formatPhone, PHONE_DIGITS } from '../../i18n/format.ts';
import { Keypad } from '../../ui/Keypad.tsx';
import { Button } from '../../ui/Tile.tsx';
import type { Contact } from '../steps.ts';
import { useView } from '../view.ts';

const COUNTRY = '+7';
const EMPTY = '_';

/**
 * A phone for messages: optional, and only with consent, which is asked for by itself and is never ticked beforehand. What is
 * typed stays in this part until it is saved, and goes with it.
 */
export const Phone = ({ contact, slot }: { contact: Contact | null; slot: boolean }) => {
  const { t } = useTranslation();
  const { state, send, now } = useView();
  const [digits, setDigits] = useState('');
  const [agreed, setAgreed] = useState(false);
  const consent = state.catalogue?.consent ?? null;
  const ready = consent !== null && agreed && digits.length === PHONE_DIGITS;
  const onKey = useCallback((digit: string) => setDigits((d) => (d + digit).slice(0, PHONE_DIGITS)), []);
  const onDelete = useCallback(() => setDigits((d) => d.slice(0, -1)), []);
  const shown = formatPhone(digits);
  const Box = agreed ? SquareCheckBig : Square;
  return (
    <div className="page phone">
      <div className="phone-say">
        <h2>{t('phone.title')}</h2>
        <p>{slot ? t('phone.hintSlot') : t('phone.hint')}</p>
        <output className="phone-field" aria-label={t('phone.label')} data-digits={digits.length}>
          <span>{shown}</span>
          <span className="phone-rest" aria-hidden>
            {formatPhone(digits.padEnd(PHONE_DIGITS, EMPTY)).slice(shown.length)}
          </span>
        </output>
        {consent === null ? null : (
          <button
            type="button"
            className="consent press"
            data-action="consent"
            role="checkbox"
            aria-checked={agreed}
            onClick={() => setAgreed(!agreed)}
          >
            <Box aria-hidden />
            <span className="small strong">{inLanguage(consent.text, state.comfort.language)}</span>
          </button>
        )}
      </div>
      <div className="phone-do">
        <Keypad
          layout="digits"
          label={t('phone.label')}
          disabled={digits.length === PHONE_DIGITS}
          onKey={onKey}
          onDelete={onDelete}
        />
        <div className="choices">
          {contact === null ? null : (
            <Button action="no-phone" onPress={() => send({ type: 'contact', contact: null, now: now() })}>
              {t('phone.none')}
            </Button>
          )}
          <Button
            icon={Check}
            primary
            action="save-phone"
            disabled={!ready}
            onPress={() => {
              if (ready)
                send({
                  type: 'contact',
                  contact: { phone: COUNTRY + digits, consent: consent.version },
                  now: now(),
                });
            }}
          >
            {t('phone.save')}
          </Button>
        </div>
      </div>
    </div>
  );
};
