import { useCallback, useEffect, useMemo, useRef, type MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { KeyboardReact } from 'react-simple-keyboard';
import type { Language } from '../../shared/domain/language.ts';

const LAST_ROW = ', {space} . {done}';
/** Every row of a layout stands on the same number of columns, so that keys are as large as they can be. */
const LAYOUTS: Record<Language | 'address', { default: string[] }> = {
  ru: {
    default: [
      '1 2 3 4 5 6 7 8 9 0 - {bksp}',
      'й ц у к е н г ш щ з х ъ',
      'ф ы в а п р о л д ж э',
      'я ч с м и т ь б ю ё',
      LAST_ROW,
    ],
  },
  en: {
    default: ['1 2 3 4 5 6 7 8 9 0 - {bksp}', 'q w e r t y u i o p', 'a s d f g h j k l', 'z x c v b n m', LAST_ROW],
  },
  /** Of a server. */
  address: {
    default: [
      '1 2 3 4 5 6 7 8 9 0 - {bksp}',
      'q w e r t y u i o p',
      'a s d f g h j k l :',
      'z x c v b n m / _',
      '. {done}',
    ],
  },
};
const KEYS = [...new Set(Object.values(LAYOUTS).flatMap((l) => l.default.flatMap((row) => row.split(' '))))];

/**
 * Letters and digits for a search or a few words, in the language of the screen. What is typed is not kept here: each key
 * is handed on. The system's keyboard would offer ways out of the kiosk.
 */
export const Keyboard = ({
  language,
  layout = language,
  label,
  onKey,
  onDelete,
  onDone,
}: {
  language: Language;
  /** Another one than the language's. */
  layout?: 'address' | Language;
  /** What is typed here, for those who do not see it. */
  label: string;
  onKey: (letter: string) => void;
  onDelete: () => void;
  onDone: () => void;
}) => {
  const { t } = useTranslation();
  const latest = useRef({ onKey, onDelete, onDone });
  useEffect(() => {
    latest.current = { onKey, onDelete, onDone };
  });
  // The library builds all keys anew when one of its options is another one: they stay the same.
  const press = useCallback((key: string): void => {
    if (key === '{bksp}') latest.current.onDelete();
    else if (key === '{done}') latest.current.onDone();
    else latest.current.onKey(key === '{space}' ? ' ' : key);
  }, []);
  const display = useMemo(
    () => ({ '{bksp}': t('keyboard.delete'), '{space}': t('keyboard.space'), '{done}': t('keyboard.done') }),
    [t],
  );
  /** Touches are taken as they begin, by the library; a press of a real Enter key, or of a helping device, is a click. */
  const clicked = (event: MouseEvent): void => {
    if (event.detail !== 0 || !(event.target instanceof Element)) return;
    const key = event.target.closest('[data-skbtn]')?.getAttribute('data-skbtn');
    if (key) press(key);
  };
  return (
    <div className="keyboard" role="group" aria-label={label} onClick={clicked}>
      <KeyboardReact
        layout={LAYOUTS[layout]}
        display={display}
        buttonAttributes={ATTRIBUTES}
        theme="keys"
        useButtonTag
        disableCaretPositioning
        onKeyPress={press}
      />
    </div>
  );
};

const ATTRIBUTES = [
  { attribute: 'type', value: 'button', buttons: KEYS.join(' ') },
  { attribute: 'data-action', value: 'key', buttons: KEYS.filter((k) => k !== '{done}').join(' ') },
  { attribute: 'data-action', value: 'keys-done', buttons: '{done}' },
  ...KEYS.map((key) => ({ attribute: 'data-id', value: key.replaceAll(/[{}]/g, ''), buttons: key })),
];
