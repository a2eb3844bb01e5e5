import { useCallback, useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet, ProbeView } from '../../../shared/contracts/printers-setup.ts';
import { addressOf, withAddress, withProbe, withProfile } from './draft.ts';
import { Report } from './Report.tsx';
import { TestPrints } from './TestPrints.tsx';
import type { PrinterTools } from './tools.ts';
import { linkWords, ROLE_WORDS } from './words.ts';

const ROLES = ['kiosk', 'desk', 'copy'] as const;
const SPEEDS = [9600, 19_200, 38_400, 57_600, 115_200, 230_400] as const;

interface Props {
  /** As it was found, or as it is set. */
  start: PrinterSet;
  tools: Omit<PrinterTools, 'find'>;
  /** @returns what is wrong in words, null when it is kept */
  onSave: (printer: PrinterSet) => Promise<string | null>;
  /** Back without keeping it; as far as it has come. */
  onCancel: (printer: PrinterSet) => void;
}

/** One printer: what it answers, what it is called, papers to try, and keeping all that. It is asked at once. */
export const SetUpPrinter = ({ start, tools, onSave, onCancel }: Props) => {
  const { t } = useTranslation();
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const [printer, setPrinter] = useState(start);
  const [probe, setProbe] = useState<ProbeView | null>(null);
  const [asking, setAsking] = useState<'asking' | 'busy' | 'failed' | null>('asking');
  const [wrong, setWrong] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const [typed, setTyped] = useState(addressOf(start));
  const asked = useRef(0);
  const { link } = printer;
  const address = JSON.stringify(link);

  const ask = useCallback(async (): Promise<void> => {
    asked.current += 1;
    const turn = asked.current;
    setAsking('asking');
    const result = await tools.probe(JSON.parse(address) as typeof link);
    // It has another address by now, and is asked there.
    if (asked.current !== turn) return;
    if (!result.ok) {
      setAsking(result.error.code === 'conflict' ? 'busy' : 'failed');
      return;
    }
    setProbe(result.value);
    setPrinter((now) => withProbe(now, result.value, tools.profiles));
    setAsking(null);
  }, [tools, address]);
  useEffect(() => {
    const timer = setTimeout(() => void ask(), 0);
    return () => clearTimeout(timer);
  }, [ask]);
  useEffect(() => title.current?.focus(), []);

  const change = (next: PrinterSet): void => {
    setWrong(null);
    setPrinter(next);
  };
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (saving) return;
    const there = withAddress(printer, typed);
    if (!there) {
      setWrong(t('printers.find.wrong', { text: typed }));
      return;
    }
    setSaving(true);
    setWrong(await onSave({ ...there, name: printer.name.trim() }));
    setSaving(false);
  };
  /** Asked anew when somebody has finished typing, not at each letter. */
  const move = (): void => {
    const there = withAddress(printer, typed);
    if (there === null) setWrong(t('printers.find.wrong', { text: typed }));
    else if (there !== printer) {
      setProbe(null);
      change(there);
    }
  };
  return (
    <div className="printers-set" data-printer={printer.id}>
      <h2 ref={title} tabIndex={-1} className="printers-name">
        {printer.name === '' ? linkWords(t, link) : printer.name}
        {printer.name === '' ? null : <small>{linkWords(t, link)}</small>}
      </h2>
      <div className="printers-left">
        <Report
          printer={printer}
          probe={probe}
          state={asking}
          onAsk={() => (asking === 'asking' ? undefined : void ask())}
        />
        <form className="printers-box" aria-labelledby={`${id}-is`} id={`${id}-form`} onSubmit={(e) => void save(e)}>
          <h2 id={`${id}-is`}>{t('printers.is.title')}</h2>
          <label className="printers-field">
            {t('printers.is.name')}
            <input
              data-action="printer-name"
              value={printer.name}
              maxLength={60}
              autoComplete="off"
              placeholder={t('printers.is.nameHint')}
              onChange={({ target }) => change({ ...printer, name: target.value })}
            />
          </label>
          <fieldset className="printers-test">
            <legend>{t('printers.role.label')}</legend>
            <div className="printers-choices">
              {ROLES.map((role) => (
                <label key={role}>
                  <input
                    type="checkbox"
                    data-action="printer-role"
                    data-id={role}
                    checked={printer.roles.includes(role)}
                    onChange={({ target }) =>
                      change({
                        ...printer,
                        roles: ROLES.filter((one) => (one === role ? target.checked : printer.roles.includes(one))),
                      })
                    }
                  />
                  {t(ROLE_WORDS[role])}
                </label>
              ))}
            </div>
          </fieldset>
          <label className="printers-field">
            {t('printers.is.profile')}
            <select
              data-action="printer-profile"
              value={printer.profile}
              onChange={({ target }) => change(withProfile(printer, target.value, tools.profiles))}
            >
              {tools.profiles.map((profile) => (
                <option key={profile.id} value={profile.id}>
                  {profile.name}
                </option>
              ))}
            </select>
          </label>
          <p className="hint">{t('printers.is.profileHint')}</p>
          {link.kind === 'tcp' ? (
            <label className="printers-field">
              {t('printers.is.address')}
              <input
                data-action="printer-address"
                value={typed}
                maxLength={270}
                autoComplete="off"
                spellCheck={false}
                onChange={({ target }) => setTyped(target.value)}
                onBlur={move}
              />
            </label>
          ) : null}
          {link.kind === 'serial' ? (
            <div className="printers-choices">
              <label className="printers-field">
                {t('printers.is.baud')}
                <select
                  data-action="printer-baud"
                  value={link.baudRate}
                  onChange={({ target }) =>
                    change({ ...printer, answers: null, link: { ...link, baudRate: Number(target.value) } })
                  }
                >
                  {SPEEDS.map((speed) => (
                    <option key={speed} value={speed}>
                      {speed}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                <input
                  type="checkbox"
                  data-action="printer-flow"
                  checked={link.rtscts}
                  onChange={({ target }) => change({ ...printer, link: { ...link, rtscts: target.checked } })}
                />
                {t('printers.is.flow')}
              </label>
            </div>
          ) : null}
        </form>
      </div>
      <TestPrints printer={printer} tools={tools} onChange={change} />
      <div className="printers-end">
        <p className="bad" role="alert">
          {wrong}
        </p>
        <button type="submit" form={`${id}-form`} className="go" data-action="printer-save" aria-disabled={saving}>
          {t('printers.save.do')}
        </button>
        <button type="button" data-action="printer-cancel" onClick={() => onCancel(printer)}>
          {t('printers.back')}
        </button>
      </div>
    </div>
  );
};
