import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Catalogue } from '../../../shared/contracts/app.ts';
import type { DeskCard } from '../../../shared/contracts/desk.ts';
import { useDesk } from '../view.ts';

export interface PanelProps {
  card: DeskCard;
  /** It was done: what is to be said, and the visit that it led to. */
  onDone: (words: string, visit: string | null) => Promise<void>;
  onBack: () => void;
  onShow: (key: string) => void;
}

interface SheetProps {
  title: string;
  submit: string;
  ready: boolean;
  onSubmit: () => Promise<void>;
  onBack: () => void;
  children: ReactNode;
}
/** A form with one thing to do; Enter does it, Escape leaves it. */
export const Sheet = ({ title, submit, ready, onSubmit, onBack, children }: SheetProps) => {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const run = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    await onSubmit();
    setBusy(false);
  };
  return (
    <form
      className="panel"
      onSubmit={(event) => void run(event)}
      onKeyDown={(event) => (event.key === 'Escape' ? onBack() : undefined)}
    >
      <h3>{title}</h3>
      {children}
      <div className="acts">
        <button type="submit" className="go" data-action="panel-do" disabled={!ready || busy}>
          {submit}
        </button>
        <button type="button" data-action="panel-back" onClick={onBack}>
          {t('desk.back')}
        </button>
      </div>
    </form>
  );
};

/** The office's services and claims; null until they are here. */
export const useCatalogue = (): Catalogue | null => {
  const { client } = useDesk();
  const [catalogue, setCatalogue] = useState<Catalogue | null>(null);
  useEffect(() => {
    void client.call('desk.catalogue', {}).then((result) => (result.ok ? setCatalogue(result.value) : undefined));
  }, [client]);
  return catalogue;
};
