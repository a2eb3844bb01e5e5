import { Plus, RotateCcw, Undo2 } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterHistoryView } from '../../../shared/contracts/app.ts';
import type { PrinterSet, PrintersSetView } from '../../../shared/contracts/printers-setup.ts';
import { useDesk } from '../view.ts';
import { AddPrinter } from './AddPrinter.tsx';
import { NO_SEARCH, withPrinter } from './draft.ts';
import { PrinterCard } from './PrinterCard.tsx';
import { SetUpPrinter } from './SetUpPrinter.tsx';
import { deskTools } from './tools.ts';
import { wrongWords } from './words.ts';
import './printers.css';

/** Printers of this machine: how they are, setting one up, and taking that back. */
export const PrintersPage = () => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [set, setSet] = useState<PrintersSetView | null>(null);
  const [history, setHistory] = useState<readonly PrinterHistoryView[]>([]);
  const [problem, setProblem] = useState<'failed' | 'forbidden' | null>(null);
  const [open, setOpen] = useState<'add' | PrinterSet | null>(null);
  const [search, setSearch] = useState(NO_SEARCH);
  const [undone, setUndone] = useState(false);
  const [sure, setSure] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const add = useRef<HTMLButtonElement>(null);
  const notice = useRef<HTMLDivElement>(null);

  const readHistory = useCallback(async () => {
    const result = await client.call('printers.history', {});
    if (result.ok) setHistory(result.value);
  }, [client]);
  const read = useCallback(async () => {
    const [result] = await Promise.all([client.call('printers.list', {}), readHistory()]);
    if (result.ok) setSet(result.value);
    setProblem(result.ok ? null : result.error.code === 'forbidden' ? 'forbidden' : 'failed');
  }, [client, readHistory]);
  useEffect(() => {
    const timer = setTimeout(() => void read(), 0);
    const stop = client.on('system.changed', () => void readHistory());
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [client, read, readHistory]);
  const profiles = set?.profiles;
  const tools = useMemo(() => deskTools(client, profiles ?? []), [client, profiles]);
  const was = useRef(open);
  useEffect(() => {
    // Whoever comes back goes on where he began, or hears what has become of it.
    if (was.current !== null && open === null) (notice.current ?? add.current)?.focus();
    was.current = open;
  }, [open]);

  if (problem === 'forbidden') return <p className="nobody">{t('printers.forbidden')}</p>;
  if (problem === 'failed')
    return (
      <div className="settings">
        <p role="alert">{t('printers.failed')}</p>
        <button type="button" data-action="printers-again" onClick={() => void read()}>
          {t('printers.again')}
        </button>
      </div>
    );
  if (set === null) return null;

  const named = (printers: readonly PrinterSet[]): PrinterSet[] =>
    printers.map((one) => (set.simple && one.id === 'main' ? { ...one, name: t('printers.main') } : one));
  const shown = named(set.printers);
  const save = async (printers: PrinterSet[]): Promise<string | null> => {
    const result = await client.call('printers.save', { printers });
    if (!result.ok) return t(result.error.code === 'forbidden' ? 'printers.forbidden' : 'printers.save.failed');
    if (result.value.outcome === 'wrong') return wrongWords(t, result.value);
    setSet(result.value.set);
    setUndone(false);
    setSaid(null);
    setOpen(null);
    return null;
  };
  const keep = (printer: PrinterSet): Promise<string | null> => save(withPrinter(shown, printer));
  const undo = async (): Promise<void> => {
    const result = await client.call('printers.undo', {});
    setSaid(result.ok ? null : t('printers.failed'));
    if (!result.ok) return;
    setSet(result.value);
    setUndone(true);
    notice.current?.focus();
  };
  const newRoll = async (printer: string): Promise<boolean> => {
    const result = await client.call('printers.newRoll', { printer });
    if (result.ok) await readHistory();
    return result.ok;
  };

  if (open !== null)
    return (
      <section className="settings printers" aria-label={t('printers.title')}>
        {open === 'add' ? (
          <AddPrinter
            tools={tools}
            set={shown}
            search={search}
            onSearch={setSearch}
            onSave={keep}
            onBack={() => setOpen(null)}
          />
        ) : (
          <SetUpPrinter start={open} tools={tools} onSave={keep} onCancel={() => setOpen(null)} />
        )}
      </section>
    );
  const words = undone
    ? t(set.waits ? 'printers.undone' : 'printers.undoneNow')
    : set.waits
      ? t('printers.waits')
      : null;
  return (
    <section className="settings printers" aria-label={t('printers.title')}>
      <div className="settings-top">
        <h1>{t('printers.title')}</h1>
        <p>{t('printers.intro')}</p>
      </div>
      {words === null ? null : (
        <div ref={notice} tabIndex={-1} className="printers-waits" data-waits={set.waits}>
          <p role="status">{words}</p>
          {set.waits ? (
            <button type="button" data-action="printers-restart" onClick={() => setSure(true)}>
              <RotateCcw aria-hidden />
              {t('printers.restart')}
            </button>
          ) : null}
          {sure ? (
            <div role="alert">
              <p>{t('printers.restartSure')}</p>
              <div className="printers-acts">
                <button
                  type="button"
                  className="go"
                  autoFocus
                  data-action="printers-restart-sure"
                  onClick={() => void client.call('printers.restart', {})}
                >
                  {t('printers.restart')}
                </button>
                <button type="button" data-action="printers-restart-not" onClick={() => setSure(false)}>
                  {t('printers.back')}
                </button>
              </div>
            </div>
          ) : null}
        </div>
      )}
      <div className="printers-acts">
        <button ref={add} type="button" className="go" data-action="printer-add" onClick={() => setOpen('add')}>
          <Plus aria-hidden />
          {t('printers.add')}
        </button>
        {set.before === null ? null : (
          <button type="button" data-action="printers-undo" onClick={() => void undo()}>
            <Undo2 aria-hidden />
            {t('printers.undo')}
          </button>
        )}
        <p className="bad" role="alert">
          {said}
        </p>
      </div>
      {shown.length === 0 ? <p className="hint">{t('printers.none')}</p> : null}
      {shown.map((printer) => (
        <PrinterCard
          key={printer.id}
          printer={printer}
          name={printer.name}
          history={history.find((one) => one.printer.id === printer.id) ?? null}
          fixed={set.simple}
          onEdit={() => setOpen(printer)}
          onRemove={() => void save(shown.filter(({ id }) => id !== printer.id)).then((why) => setSaid(why))}
          onNewRoll={() => newRoll(printer.id)}
        />
      ))}
    </section>
  );
};
