import { Delete } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

const DIGITS = Array.from('1234567890');
/** Crockford's base32, of which booking numbers are made: nothing that looks like something else. */
const SYMBOLS = Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ');

/** Letters that are in no booking number, as they are read. */
const READ_AS: Record<string, string> = { O: '0', I: '1', L: '1' };

/** By the key itself, so that a Russian layout does no harm. @returns null for keys that are no symbol */
const symbolOf = (code: string): string | null => {
  const typed = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(code)?.[1];
  return typed === undefined ? null : (READ_AS[typed] ?? typed);
};

/**
 * Large keys of our own: the system's keyboard would cover the screen, and offer ways out of it. `digits` stands like a
 * telephone; `booking` has the 32 symbols of booking numbers. Keys of a real keyboard do the same; its Enter is `onDone`.
 */
export const Keypad = ({
  layout,
  label,
  disabled = false,
  onKey,
  onDelete,
  onDone,
}: {
  layout: 'digits' | 'booking';
  /** What is typed here, for those who do not see it. */
  label: string;
  /** All keys but the one that deletes: there is no room for more. */
  disabled?: boolean;
  onKey: (symbol: string) => void;
  onDelete: () => void;
  onDone?: () => void;
}) => {
  const { t } = useTranslation();
  const symbols = layout === 'digits' ? DIGITS : SYMBOLS;
  useEffect(() => {
    const pressed = (e: KeyboardEvent): void => {
      if (e.ctrlKey || e.altKey || e.metaKey) return;
      if (e.code === 'Backspace') onDelete();
      // A button that has the focus answers to Enter by itself.
      else if (e.code === 'Enter' || e.code === 'NumpadEnter') {
        if (!(e.target instanceof HTMLButtonElement)) onDone?.();
      } else if (!e.repeat && !disabled) {
        const symbol = symbolOf(e.code);
        if (symbol !== null && symbols.includes(symbol)) onKey(symbol);
      }
    };
    globalThis.addEventListener('keydown', pressed);
    return () => globalThis.removeEventListener('keydown', pressed);
  }, [symbols, disabled, onKey, onDelete, onDone]);
  return (
    <div className={`keypad ${layout}`} role="group" aria-label={label}>
      {symbols.map((symbol) => (
        <button
          key={symbol}
          type="button"
          className="key"
          data-action="key"
          data-id={symbol}
          disabled={disabled}
          onClick={() => onKey(symbol)}
        >
          {symbol}
        </button>
      ))}
      <button type="button" className="key delete" data-action="key-delete" onClick={onDelete}>
        <Delete aria-hidden />
        <span>{t('keypad.delete')}</span>
      </button>
    </div>
  );
};
