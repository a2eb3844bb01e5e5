import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk } from '../view.ts';
import type { PanelName } from './Acts.tsx';
import { Cancel, Override, Reschedule } from './Booked.tsx';
import { Phone } from './Phone.tsx';
import { ServicePick } from './ServicePick.tsx';
import { Sheet, useCatalogue, type PanelProps } from './Sheet.tsx';

/** What has to be asked before something is done; one thing at a time, in the place of the buttons. */

export const Panel = ({ name, ...props }: PanelProps & { name: PanelName }) => {
  switch (name) {
    case 'override':
      return <Override {...props} />;
    case 'claim':
      return <Claim {...props} />;
    case 'services':
      return <Services {...props} />;
    case 'note':
      return <Note {...props} />;
    case 'reschedule':
      return <Reschedule {...props} />;
    case 'cancel':
      return <Cancel {...props} />;
    default:
      return <Send {...props} />;
  }
};

const Claim = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client, say } = useDesk();
  const catalogue = useCatalogue();
  const [claim, setClaim] = useState(card.claim?.id ?? '');
  const [document, setDocument] = useState(card.claim?.document ?? '');
  const visit = card.row.visit ?? '';
  const of = catalogue?.claims.find(({ id }) => id === claim) ?? null;
  const set = async (): Promise<void> => {
    const result = await client.call('desk.edit', {
      visit,
      set: { claim: claim === '' ? null : { id: claim, document: document.trim() } },
    });
    await onDone(t(result.ok ? (claim === '' ? 'desk.claim.taken' : 'desk.claim.given') : 'desk.failed'), null);
  };
  return (
    <Sheet
      title={t('desk.claim.title')}
      submit={t('desk.save')}
      ready={claim === '' ? card.claim !== null : document.trim().length >= 2}
      onSubmit={set}
      onBack={onBack}
    >
      <label>
        {t('desk.claim.which')}
        <select autoFocus data-action="claim-which" value={claim} onChange={(event) => setClaim(event.target.value)}>
          <option value="">{t('desk.claim.none')}</option>
          {catalogue?.claims.map(({ id, name }) => (
            <option key={id} value={id}>
              {say(name)}
            </option>
          ))}
        </select>
      </label>
      {claim === '' ? null : (
        <label>
          {t('desk.claim.document')}
          <input
            data-action="claim-document"
            maxLength={100}
            value={document}
            placeholder={of?.document ? say(of.document) : ''}
            onChange={(event) => setDocument(event.target.value)}
          />
          <small>{t('desk.claim.noNumber')}</small>
        </label>
      )}
    </Sheet>
  );
};

const Services = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const catalogue = useCatalogue();
  // What has begun stays as it is.
  const begun = card.services.filter(({ state }) => state !== 'waiting' && state !== null).map(({ id }) => id);
  const [chosen, setChosen] = useState<readonly number[]>(card.services.map(({ id }) => id));
  const save = async (): Promise<void> => {
    const result = await client.call('desk.edit', { visit: card.row.visit ?? '', set: { services: [...chosen] } });
    await onDone(t(result.ok ? 'desk.services.changed' : 'desk.failed'), null);
  };
  return (
    <Sheet
      title={t('desk.services.title')}
      submit={t('desk.save')}
      ready={chosen.length > 0}
      onSubmit={save}
      onBack={onBack}
    >
      <ServicePick catalogue={catalogue} chosen={chosen} fixed={begun} onChange={setChosen} />
    </Sheet>
  );
};

const Note = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [note, setNote] = useState(card.note ?? '');
  const [people, setPeople] = useState(card.people);
  const [companion, setCompanion] = useState(card.companion);
  const save = async (): Promise<void> => {
    const trimmed = note.trim();
    const result = await client.call('desk.edit', {
      visit: card.row.visit ?? '',
      set: {
        ...(trimmed === (card.note ?? '') ? {} : { note: trimmed === '' ? null : trimmed }),
        ...(people === card.people ? {} : { people }),
        ...(companion === card.companion ? {} : { companion }),
      },
    });
    await onDone(t(result.ok ? 'desk.note.saved' : 'desk.failed'), null);
  };
  return (
    <Sheet title={t('desk.note.title')} submit={t('desk.save')} ready onSubmit={save} onBack={onBack}>
      <label>
        {t('desk.note.text')}
        <textarea
          autoFocus
          data-action="note-text"
          rows={3}
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
      </label>
      <label>
        {t('desk.note.people')}
        <input
          type="number"
          data-action="note-people"
          min={1}
          max={99}
          value={people}
          onChange={(event) => setPeople(Math.min(99, Math.max(1, Number(event.target.value) || 1)))}
        />
      </label>
      <label className="check">
        <input
          type="checkbox"
          data-action="note-companion"
          checked={companion}
          onChange={(event) => setCompanion(event.target.checked)}
        />
        {t('desk.note.companion')}
      </label>
    </Sheet>
  );
};

const Send = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const catalogue = useCatalogue();
  const [phone, setPhone] = useState('');
  const consent = catalogue?.consent ?? null;
  const [agreed, setAgreed] = useState(false);
  const send = async (): Promise<void> => {
    if (!consent) return;
    const result = await client.call('desk.send', {
      visit: card.row.visit ?? '',
      contact: { phone, consent: consent.version },
    });
    await onDone(t(result.ok ? 'desk.send.sent' : 'desk.failed'), null);
  };
  return (
    <Sheet
      title={t('desk.send.title')}
      submit={t('desk.send.do')}
      ready={consent !== null && agreed && /^\+[1-9]\d{9,14}$/.test(phone)}
      onSubmit={send}
      onBack={onBack}
    >
      {catalogue && !consent ? <p>{t('desk.send.impossible')}</p> : null}
      <Phone value={phone} onChange={setPhone} agreed={agreed} onAgree={setAgreed} consent={consent} />
    </Sheet>
  );
};
