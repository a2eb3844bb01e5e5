import { Pencil, Plus, Printer, Trash2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterProfileView, PrinterSet } from '../../shared/contracts/printers-setup.ts';
import { AddPrinter } from './printers/AddPrinter.tsx';
import { confirmsOf, paperMm, withPrinter } from './printers/draft.ts';
import { SetUpPrinter } from './printers/SetUpPrinter.tsx';
import { setupTools } from './printers/tools.ts';
import { linkWords, ROLE_WORDS, VERDICT_WORDS, wrongWords } from './printers/words.ts';
import { Page } from './SetupPage.tsx';
import { useDesk } from './view.ts';
import './printers/printers.css';

interface Props {
  /** Those that were set up in this first start. */
  set: readonly PrinterSet[];
  onSet: (set: readonly PrinterSet[]) => void;
  onNext: () => void;
}

/** Printers of a machine that has none yet: found, asked, tried and kept as later at the desk. */
export const SetupPrinters = ({ set, onSet, onNext }: Props) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [profiles, setProfiles] = useState<readonly PrinterProfileView[] | null>(null);
  const [open, setOpen] = useState<'add' | PrinterSet | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    let here = true;
    void client.call('setup.profiles', {}).then((result) => {
      if (here) setProfiles(result.ok ? result.value.profiles : []);
    });
    return () => {
      here = false;
    };
  }, [client]);
  const tools = useMemo(() => setupTools(client, profiles ?? []), [client, profiles]);
  useEffect(() => {
    if (open === null && profiles !== null) first.current?.focus();
  }, [open, profiles]);
  if (profiles === null) return null;

  const keep = async (printers: readonly PrinterSet[]): Promise<string | null> => {
    const result = await client.call('setup.printers', { printers: [...printers] });
    if (!result.ok) return t('printers.save.failed');
    if (result.value.outcome === 'wrong') return wrongWords(t, result.value);
    onSet(printers);
    setOpen(null);
    return null;
  };
  const save = (printer: PrinterSet): Promise<string | null> => keep(withPrinter(set, printer));
  const none = set.length === 0;
  return (
    <Page
      step={3}
      wide
      title={t('desk.setup.printer')}
      text={t(none ? 'desk.setup.printerText' : 'desk.setup.printerSet')}
      icon={<Printer aria-hidden />}
    >
      {open === 'add' ? (
        <AddPrinter tools={tools} set={set} onSave={save} onBack={() => setOpen(null)} />
      ) : open === null ? (
        <>
          {set.map((printer) => {
            const confirms = confirmsOf(printer);
            return (
              <article key={printer.id} className="printers-card" data-printer={printer.id}>
                <h2>{printer.name}</h2>
                <p>
                  {linkWords(t, printer.link)} · {t('printers.fact.paperIs', { mm: paperMm(printer.width) })} ·{' '}
                  {printer.roles.map((role) => t(ROLE_WORDS[role])).join(', ')}
                </p>
                <p className="hint">
                  {confirms === null ? t('printers.probe.notYet') : t(VERDICT_WORDS[confirms], { reason: '' })}
                </p>
                <div className="printers-acts">
                  <button type="button" data-action="printer-edit" onClick={() => setOpen(printer)}>
                    <Pencil aria-hidden />
                    {t('printers.edit')}
                  </button>
                  <button
                    type="button"
                    data-action="printer-remove"
                    onClick={() => void keep(set.filter(({ id }) => id !== printer.id)).then(setSaid)}
                  >
                    <Trash2 aria-hidden />
                    {t('printers.remove')}
                  </button>
                </div>
              </article>
            );
          })}
          <p className="bad" role="alert">
            {said}
          </p>
          <div className="printers-acts">
            {none ? null : (
              <button ref={first} type="button" className="go" data-action="setup-next" onClick={onNext}>
                {t('desk.setup.next')}
                <kbd>Enter</kbd>
              </button>
            )}
            <button
              ref={none ? first : null}
              type="button"
              className={none ? 'go' : ''}
              data-action="printer-add"
              onClick={() => setOpen('add')}
            >
              <Plus aria-hidden />
              {t('printers.add')}
            </button>
            {none ? (
              <button type="button" data-action="setup-none" onClick={onNext}>
                {t('desk.setup.noPrinter')}
              </button>
            ) : null}
          </div>
        </>
      ) : (
        <SetUpPrinter start={open} tools={tools} onSave={save} onCancel={() => setOpen(null)} />
      )}
    </Page>
  );
};
