import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { SettingRow } from '../../../shared/contracts/settings-view.ts';
import { useDesk } from '../view.ts';
import { choiceWords, settingHint, settingName } from './words.ts';

type Value = SettingRow['value'];

/** @returns the text of a field as a value; undefined: it is none of that kind */
const valueOf = ({ input, optional }: SettingRow, typed: string): Value | undefined => {
  const text = typed.trim();
  if (text === '' && optional) return null;
  if (input.kind === 'choice') return input.of.find((one) => String(one) === text);
  if (input.kind !== 'number') return text;
  const number = Number(text.replace(',', '.'));
  return text === '' || !Number.isFinite(number) ? undefined : number;
};

interface Props {
  row: SettingRow;
  onSaved: (row: SettingRow) => void;
  onCancel: () => void;
}

/** One value being changed. What is wrong with it is said beside it, and it stays as it was typed. */
export const Editor = ({ row, onSaved, onCancel }: Props) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const id = useId();
  const field = useRef<HTMLInputElement & HTMLSelectElement>(null);
  const now = row.pending ? row.pending.value : row.value;
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState(
    row.masked || (typeof now !== 'string' && typeof now !== 'number') ? '' : String(now),
  );
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const { input, key } = row;
  const hint = settingHint(t, key);
  const own = (row.pending ?? row).source === 'device';

  useEffect(() => {
    field.current?.focus();
    form.current?.scrollIntoView({ block: 'nearest' });
  }, []);

  const save = async (value: Value | undefined): Promise<void> => {
    setBusy(true);
    const result = await client.call('settings.set', value === undefined ? { key } : { key, value });
    setBusy(false);
    if (!result.ok) setWrong(t(result.error.code === 'forbidden' ? 'settings.readOnly' : 'settings.saveFailed'));
    else if (result.value.outcome === 'saved') onSaved(result.value.row);
    else setWrong(t('settings.wrong', { hint: result.value.why === 'hidden' ? t('settings.whole') : hint }));
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    const value = valueOf(row, typed);
    if (value === undefined) setWrong(t('settings.wrong', { hint }));
    else void save(value);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onCancel();
  };
  const about = {
    ref: field,
    value: typed,
    'data-action': 'setting-value',
    'aria-label': `${t('settings.value')}: ${settingName(t, key)}`,
    'aria-invalid': wrong !== null,
    'aria-describedby': `${id}-hint ${id}-wrong`,
  };
  return (
    <form ref={form} className="setting-editor" onSubmit={onSubmit} onKeyDown={onKey}>
      <label>
        {t('settings.value')}
        {input.kind === 'choice' ? (
          <select {...about} onChange={(e) => setTyped(e.target.value)}>
            {input.of.map((one) => (
              <option key={one} value={String(one)}>
                {choiceWords(t, key, one)}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...about}
            inputMode={input.kind === 'number' ? 'decimal' : 'text'}
            autoComplete="off"
            spellCheck={false}
            maxLength={500}
            onChange={(e) => setTyped(e.target.value)}
          />
        )}
      </label>
      <p id={`${id}-hint`}>{wrong === null ? (row.masked ? t('settings.whole') : hint) : null}</p>
      <p id={`${id}-wrong`} className="setting-wrong" role="alert">
        {wrong}
      </p>
      <div>
        <button type="submit" className="go" data-action="save-setting" disabled={busy}>
          {t('settings.save')}
          <kbd>Enter</kbd>
        </button>
        <button type="button" data-action="cancel-setting" onClick={onCancel}>
          {t('settings.cancel')}
          <kbd>Esc</kbd>
        </button>
        {own ? (
          <button type="button" data-action="drop-setting" disabled={busy} onClick={() => void save(undefined)}>
            {t('settings.drop')}
          </button>
        ) : null}
      </div>
    </form>
  );
};
