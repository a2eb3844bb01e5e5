import { useState } from 'react';
import type { PrinterSet } from '../../../shared/contracts/printers-setup.ts';
import {
  draftOf,
  printerAt,
  withDraft,
  withoutDraft,
  type ChangeSearch,
  type FoundPrinter,
  type PrinterSearch,
} from './draft.ts';
import { FindPrinter } from './FindPrinter.tsx';
import { SetUpPrinter } from './SetUpPrinter.tsx';
import type { PrinterTools } from './tools.ts';

interface Props {
  tools: PrinterTools;
  /** Those that are set already: choosing one of them again changes it. */
  set: readonly PrinterSet[];
  /** Whoever shows this keeps it, so that nothing is lost by going back. */
  search: PrinterSearch;
  onSearch: ChangeSearch;
  /** @returns what is wrong in words, null when it is kept */
  onSave: (printer: PrinterSet) => Promise<string | null>;
  onBack: () => void;
}

/** From nothing to a printer that prints: found, asked, tried, kept. It stands by itself: all it does is done by `tools`. */
export const AddPrinter = ({ tools, set, search, onSearch, onSave, onBack }: Props) => {
  const [chosen, setChosen] = useState<{ found: FoundPrinter; start: PrinterSet } | null>(null);
  if (chosen === null)
    return (
      <FindPrinter
        tools={tools}
        set={set}
        search={search}
        onSearch={onSearch}
        onChoose={(found) => setChosen({ found, start: draftOf(found, set, search.drafts) })}
        onBack={onBack}
      />
    );
  const { found, start } = chosen;
  const back = (draft: PrinterSet): void => {
    // One that is kept already stays as it is kept.
    if (printerAt(set, found.link) === null) onSearch((now) => withDraft(now, found.link, draft));
    setChosen(null);
  };
  const save = async (printer: PrinterSet): Promise<string | null> => {
    const wrong = await onSave(printer);
    if (wrong === null) onSearch((now) => withoutDraft(now, found.link));
    return wrong;
  };
  return <SetUpPrinter start={start} tools={tools} onSave={save} onCancel={back} />;
};
