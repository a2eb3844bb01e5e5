import { LogOut } from 'lucide-react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk } from './view.ts';

/** The end of a shift: what the next one has to know. */
export const HandOver = ({ onBack }: { onBack: () => void }) => {
  const { t } = useTranslation();
  const { client, setStaff } = useDesk();
  const [text, setText] = useState('');
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  const leave = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const result = await client.call('staff.signOut', { handover: text.trim() === '' ? null : text.trim() });
    if (result.ok) setStaff(result.value);
  };
  return (
    <dialog ref={box} className="sheet" aria-labelledby="handover-title" onClose={onBack}>
      <form onSubmit={(event) => void leave(event)}>
        <h2 id="handover-title">{t('desk.handover.title')}</h2>
        <label>
          {t('desk.handover.text')}
          <textarea
            data-action="handover"
            rows={4}
            maxLength={1000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="acts">
          <button type="submit" className="go" data-action="leave">
            <LogOut aria-hidden />
            {t('desk.nav.out')}
          </button>
          <button type="button" data-action="stay" onClick={onBack}>
            {t('desk.handover.stay')}
          </button>
        </div>
      </form>
    </dialog>
  );
};
