import { useState } from 'react';
import type { PrinterSet } from '../../../shared/contracts/printers-setup.ts';
import { newDraft } from './draft.ts';
import { FindPrinter, type FoundPrinter } from './FindPrinter.tsx';
import { SetUpPrinter } from './SetUpPrinter.tsx';
import type { PrinterTools } from './tools.ts';

interface Props {
  tools: PrinterTools;
  /** Those that are set already: choosing one of them again changes it. */
  set: readonly PrinterSet[];
  /** @returns what is wrong in words, null when it is kept */
  onSave: (printer: PrinterSet) => Promise<string | null>;
  onBack: () => void;
}

/** From nothing to a printer that prints: found, asked, tried, kept. It stands by itself: all it does is done by `tools`. */
export const AddPrinter = ({ tools, set, onSave, onBack }: Props) => {
  const [start, setStart] = useState<PrinterSet | null>(null);
  const choose = ({ link, label, printer }: FoundPrinter): void => {
    const known = set.find(({ id }) => id === printer);
    // What stands in brackets is where it is: a name for people is without it.
    const name = label.replace(/\s*\([^)]*\)$/, '');
    const ids = set.map(({ id }) => id);
    setStart(known ?? newDraft(link, link.kind === 'tcp' ? '' : name, ids));
  };
  return start === null ? (
    <FindPrinter tools={tools} onChoose={choose} onBack={onBack} />
  ) : (
    <SetUpPrinter start={start} tools={tools} onSave={onSave} onCancel={() => setStart(null)} />
  );
};
