import { PaintRoller } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PrinterHistoryView } from '../../shared/contracts/app.ts';
import { NewRollSure } from './printers/NewRollSure.tsx';
import { useDesk } from './view.ts';
import { metresOf } from './printers/words.ts';

/** How much each printer of this machine has printed on its roll, and telling that another one is in. */
export const Rolls = () => {
  const { client } = useDesk();
  const [history, setHistory] = useState<readonly PrinterHistoryView[]>([]);
  const read = useCallback(async () => {
    const result = await client.call('printers.history', {});
    if (result.ok) setHistory(result.value);
  }, [client]);
  useEffect(() => {
    const timer = setTimeout(() => void read(), 0);
    const stops = [client.on('system.changed', () => void read()), client.on('print.changed', () => void read())];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [client, read]);
  // One that has printed nothing yet has no roll to count.
  const counted = history.filter(({ rolls }) => rolls.length > 0);
  if (counted.length === 0) return null;
  return (
    <ul className="rolls">
      {counted.map((one) => (
        <Roll key={one.printer.id} history={one} several={counted.length > 1} onChange={() => void read()} />
      ))}
    </ul>
  );
};

interface RollProps {
  history: PrinterHistoryView;
  /** Each has to be told by its name. */
  several: boolean;
  onChange: () => void;
}
const Roll = ({ history: { printer, rolls }, several, onChange }: RollProps) => {
  const { t, i18n } = useTranslation();
  const { client } = useDesk();
  const [sure, setSure] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const roll = rolls[0];
  if (!roll) return null;
  const put = async (): Promise<void> => {
    const result = await client.call('printers.newRoll', { printer: printer.id });
    setSure(false);
    setSaid(t(result.ok ? 'printers.newRollDone' : 'printers.failed'));
    onChange();
  };
  return (
    <li data-roll={printer.id}>
      <p>
        {several ? <b>{printer.name === 'main' ? t('printers.main') : printer.name} </b> : null}
        {t('printers.rollLine', { metres: metresOf(roll.mm, i18n.language), papers: roll.papers })}
      </p>
      {sure ? (
        <NewRollSure onYes={() => void put()} onNo={() => setSure(false)} />
      ) : (
        <button
          type="button"
          data-action="printer-roll"
          data-id={printer.id}
          onClick={() => {
            setSaid(null);
            setSure(true);
          }}
        >
          <PaintRoller aria-hidden />
          {t('printers.newRoll')}
        </button>
      )}
      <p className="said" role="status">
        {said}
      </p>
    </li>
  );
};
