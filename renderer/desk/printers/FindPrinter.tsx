import { Search } from 'lucide-react';
import { useEffect, useId, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet } from '../../../shared/contracts/printers-setup.ts';
import { readAddresses } from './addresses.ts';
import { printerAt, type ChangeSearch, type FoundPrinter, type PrinterSearch } from './draft.ts';
import type { PrinterTools } from './tools.ts';
import { linkWords } from './words.ts';

const SOURCE_WORDS = {
  usb: 'printers.find.source.usb',
  serial: 'printers.find.source.serial',
  cups: 'printers.find.source.cups',
  windows: 'printers.find.source.windows',
  network: 'printers.find.source.network',
} as const;

/** So many at once, as the contract has it: the page must not import what checks it. */
const ADDRESSES_AT_MOST = 256;

interface Props {
  tools: Pick<PrinterTools, 'find'>;
  set: readonly PrinterSet[];
  search: PrinterSearch;
  onSearch: ChangeSearch;
  onChoose: (found: FoundPrinter) => void;
  onBack: () => void;
}

/** Looks on this machine and at the addresses that were typed; whatever was found can be chosen. */
export const FindPrinter = ({ tools, set, search, onSearch, onChoose, onBack }: Props) => {
  const { t } = useTranslation();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const { typed, view } = search;
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (view && view.found.length > 0) list.current?.querySelector('button')?.focus();
  }, [view]);

  const find = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const { addresses, wrong } = readAddresses(typed);
    onSearch((now) => ({ ...now, view: null }));
    if (wrong !== null) {
      setSaid(t('printers.find.wrong', { text: wrong }));
      return;
    }
    if (addresses.length > ADDRESSES_AT_MOST) {
      setSaid(t('printers.find.many', { most: ADDRESSES_AT_MOST }));
      return;
    }
    setSaid(null);
    setBusy(true);
    const result = await tools.find(addresses);
    setBusy(false);
    if (!result.ok) {
      setSaid(t('printers.failed'));
      return;
    }
    onSearch((now) => ({ ...now, view: result.value }));
    if (result.value.found.length === 0) setSaid(t('printers.find.nothing'));
  };

  return (
    <section className="printers-box" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{t('printers.find.title')}</h2>
      <form className="printers-find" onSubmit={(event) => void find(event)}>
        <label>
          {t('printers.find.addresses')}
          <input
            ref={field}
            data-action="printer-addresses"
            value={typed}
            maxLength={1000}
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${id}-hint ${id}-said`}
            onChange={({ target }) => onSearch((now) => ({ ...now, typed: target.value }))}
          />
        </label>
        <button type="submit" className="go" data-action="printer-find" aria-disabled={busy}>
          <Search aria-hidden />
          {t('printers.find.do')}
          <kbd>Enter</kbd>
        </button>
      </form>
      <p id={`${id}-hint`} className="hint">
        {t('printers.find.hint')}
      </p>
      <p id={`${id}-said`} className={said === null ? 'hint' : 'bad'} role="status">
        {busy ? t('printers.find.busy') : said}
      </p>
      {view && view.found.length > 0 ? (
        <>
          <h3>{t('printers.find.found')}</h3>
          <ul ref={list} className="printers-found">
            {view.found.map((one) => (
              <li key={JSON.stringify(one.link)}>
                <button type="button" data-action="printer-found" data-id={one.label} onClick={() => onChoose(one)}>
                  <b>{one.label}</b>
                  <span>{one.link.kind === 'tcp' ? null : linkWords(t, one.link)}</span>
                  {printerAt(set, one.link) === null ? null : <em className="pill good">{t('printers.find.here')}</em>}
                </button>
              </li>
            ))}
          </ul>
        </>
      ) : null}
      {view && view.failed.length > 0 ? (
        <p className="hint">
          {t('printers.find.failed', { sources: view.failed.map(({ source }) => t(SOURCE_WORDS[source])).join(', ') })}
        </p>
      ) : null}
      <div className="printers-acts">
        <button type="button" data-action="printers-back" onClick={onBack}>
          {t('printers.back')}
        </button>
      </div>
    </section>
  );
};
