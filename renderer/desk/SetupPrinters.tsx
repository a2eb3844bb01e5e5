import { Pencil, Plus, Printer, Trash2, Undo2 } from 'lucide-react';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterSet, SetupPrintersView } from '../../shared/contracts/printers-setup.ts';
import { AddPrinter } from './printers/AddPrinter.tsx';
import { confirmsOf, paperMm, withPrinter, type ChangeSearch, type PrinterSearch } from './printers/draft.ts';
import { SetUpPrinter } from './printers/SetUpPrinter.tsx';
import { setupTools } from './printers/tools.ts';
import { linkWords, ROLE_WORDS, VERDICT_WORDS, wrongWords } from './printers/words.ts';
import { Page } from './SetupPage.tsx';
import { useDesk } from './view.ts';
import './printers/printers.css';

interface Props {
  /** Null: they were not looked at yet. */
  view: SetupPrintersView | null;
  onView: (view: SetupPrintersView) => void;
  search: PrinterSearch;
  onSearch: ChangeSearch;
  onBack: (() => void) | undefined;
  onNext: () => void;
}

/** Printers of a machine that belongs to no office yet: found, asked, tried and kept as later at the desk. */
export const SetupPrinters = ({ view, onView, search, onSearch, onBack, onNext }: Props) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [open, setOpen] = useState<'add' | PrinterSet | null>(null);
  const [removed, setRemoved] = useState<{ printer: PrinterSet; before: readonly PrinterSet[] } | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const first = useRef<HTMLButtonElement>(null);
  const read = useEffectEvent(async (): Promise<void> => {
    const result = await client.call('setup.printers', {});
    if (result.ok) onView(result.value);
    setSaid(result.ok ? null : t('printers.failed'));
  });
  const unread = view === null;
  useEffect(() => {
    if (!unread) return undefined;
    const timer = setTimeout(() => void read(), 0);
    return () => clearTimeout(timer);
  }, [unread]);
  const profiles = view?.profiles;
  const tools = useMemo(() => setupTools(client, profiles ?? []), [client, profiles]);
  const set = (view?.printers ?? []).map((one) =>
    view?.simple === true && one.id === 'main' ? { ...one, name: t('printers.main') } : one,
  );
  const none = set.length === 0;
  const list = open !== null || unread ? null : none ? 'none' : 'some';
  useEffect(() => {
    if (list !== null) first.current?.focus();
  }, [list]);

  /** @returns what is wrong in words, null when they are kept */
  const keep = async (printers: readonly PrinterSet[]): Promise<string | null> => {
    const result = await client.call('setup.savePrinters', { printers: [...printers] });
    if (!result.ok) return t('printers.save.failed');
    if (result.value.outcome === 'wrong') return wrongWords(t, result.value);
    onView({ printers: [...printers], simple: false, profiles: profiles ?? [] });
    setSaid(null);
    setRemoved(null);
    setOpen(null);
    return null;
  };
  const save = (printer: PrinterSet): Promise<string | null> => keep(withPrinter(set, printer));
  const remove = async (printer: PrinterSet): Promise<void> => {
    const wrong = await keep(set.filter(({ id }) => id !== printer.id));
    setSaid(wrong);
    if (wrong === null) setRemoved({ printer, before: set });
  };
  const putBack = async (before: readonly PrinterSet[]): Promise<void> => {
    setSaid(await keep(before));
    first.current?.focus();
  };
  return (
    <Page
      step={3}
      wide
      // Within it one goes back by its own button.
      onBack={open === null ? onBack : undefined}
      title={t('desk.setup.printer')}
      text={open === null ? t(none ? 'desk.setup.printerText' : 'desk.setup.printerSet') : ''}
      icon={<Printer aria-hidden />}
    >
      {open === 'add' ? (
        <AddPrinter
          tools={tools}
          set={set}
          search={search}
          onSearch={onSearch}
          onSave={save}
          onBack={() => setOpen(null)}
        />
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
                  <button
                    type="button"
                    data-action="printer-edit"
                    data-id={printer.id}
                    onClick={() => setOpen(printer)}
                  >
                    <Pencil aria-hidden />
                    {t('printers.edit')}
                  </button>
                  <button
                    type="button"
                    data-action="printer-remove"
                    data-id={printer.id}
                    onClick={() => void remove(printer)}
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
          {unread && said !== null ? (
            <div className="printers-acts">
              <button type="button" data-action="printers-again" onClick={() => void read()}>
                {t('printers.again')}
              </button>
            </div>
          ) : null}
          {removed === null ? null : (
            <div className="printers-waits" role="status">
              <p>{t('desk.setup.printerRemoved', { name: removed.printer.name })}</p>
              <button
                key={removed.printer.id}
                type="button"
                autoFocus
                data-action="printers-put-back"
                onClick={() => void putBack(removed.before)}
              >
                <Undo2 aria-hidden />
                {t('desk.setup.putBack')}
              </button>
            </div>
          )}
          {unread ? null : (
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
          )}
          {none && !unread ? <p className="hint">{t('desk.setup.noPrinterMeans')}</p> : null}
        </>
      ) : (
        <SetUpPrinter start={open} tools={tools} onSave={save} onCancel={() => setOpen(null)} />
      )}
    </Page>
  );
};
