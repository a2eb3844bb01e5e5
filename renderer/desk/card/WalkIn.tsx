import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDesk } from '../view.ts';
import { SlotPick } from './Booked.tsx';
import { Phone } from './Phone.tsx';
import { ServicePick } from './ServicePick.tsx';
import { Sheet, useCatalogue } from './Sheet.tsx';
import { outcomeWords, requestWords } from './words.ts';

/** Somebody without a booking: a number now, or a time later. */
export const WalkIn = ({ onDone, onBack }: { onDone: (visit: string) => void; onBack: () => void }) => {
  const { t } = useTranslation();
  const { client, formats, language, say, may } = useDesk();
  const catalogue = useCatalogue();
  const [services, setServices] = useState<readonly number[]>([]);
  const [later, setLater] = useState(false);
  const [startsAt, setStartsAt] = useState<number | null>(null);
  const [claim, setClaim] = useState('');
  const [document, setDocument] = useState('');
  const [note, setNote] = useState('');
  const [people, setPeople] = useState(1);
  const [companion, setCompanion] = useState(false);
  const [paper, setPaper] = useState(true);
  const [phone, setPhone] = useState('');
  const [agreed, setAgreed] = useState(false);
  const [despite, setDespite] = useState<string | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const consent = catalogue?.consent ?? null;
  const contact = consent && agreed && /^\+[1-9]\d{9,14}$/.test(phone) ? { phone, consent: consent.version } : null;

  const give = async (): Promise<void> => {
    if (later) {
      if (startsAt === null) return;
      const result = await client.call('desk.book', {
        attempt: crypto.randomUUID(),
        services: [...services],
        startsAt,
        contact,
        language,
      });
      setSaid(result.ok ? requestWords(t, formats, result.value) : t('desk.failed'));
      return;
    }
    const result = await client.call('desk.walkIn', {
      attempt: crypto.randomUUID(),
      services: [...services],
      claim: claim === '' ? null : { id: claim, document: document.trim().length < 2 ? null : document.trim() },
      contact,
      language,
      note: note.trim() === '' ? null : note.trim(),
      people,
      companion,
      despite: despite === null || despite.trim().length < 3 ? null : despite.trim(),
      paper,
    });
    if (!result.ok) setSaid(t('desk.failed'));
    else if (result.value.outcome === 'accepted') onDone(result.value.visit.id);
    else {
      setSaid(outcomeWords(t, formats, result.value));
      // The rules say no; with a reason staff may all the same.
      if (may('override')) setDespite((before) => before ?? '');
    }
  };
  return (
    <Sheet
      title={t('desk.walkIn.title')}
      submit={t(later ? 'desk.walkIn.book' : 'desk.walkIn.give')}
      ready={services.length > 0 && (!later || startsAt !== null)}
      onSubmit={give}
      onBack={onBack}
    >
      <ServicePick catalogue={catalogue} chosen={services} fixed={[]} onChange={setServices} />
      <div className="filters" role="group" aria-label={t('desk.walkIn.when')}>
        <button type="button" data-action="now" aria-pressed={!later} onClick={() => setLater(false)}>
          {t('desk.walkIn.now')}
        </button>
        <button type="button" data-action="later" aria-pressed={later} onClick={() => setLater(true)}>
          {t('desk.walkIn.later')}
        </button>
      </div>
      {later ? (
        <SlotPick services={services} chosen={startsAt} onChoose={setStartsAt} />
      ) : (
        <>
          <details>
            <summary>{t('desk.walkIn.more')}</summary>
            {may('priority') ? (
              <label>
                {t('desk.claim.which')}
                <select data-action="walk-in-claim" value={claim} onChange={(event) => setClaim(event.target.value)}>
                  <option value="">{t('desk.claim.none')}</option>
                  {catalogue?.claims.map(({ id, name }) => (
                    <option key={id} value={id}>
                      {say(name)}
                    </option>
                  ))}
                </select>
              </label>
            ) : null}
            {claim === '' ? null : (
              <label>
                {t('desk.claim.document')}
                <input
                  data-action="walk-in-document"
                  maxLength={100}
                  value={document}
                  onChange={(event) => setDocument(event.target.value)}
                />
                <small>{t('desk.claim.noNumber')}</small>
              </label>
            )}
            <label>
              {t('desk.note.people')}
              <input
                type="number"
                data-action="walk-in-people"
                min={1}
                max={99}
                value={people}
                onChange={(event) => setPeople(Math.min(99, Math.max(1, Number(event.target.value) || 1)))}
              />
            </label>
            <label className="check">
              <input
                type="checkbox"
                data-action="walk-in-companion"
                checked={companion}
                onChange={(event) => setCompanion(event.target.checked)}
              />
              {t('desk.note.companion')}
            </label>
            <label>
              {t('desk.note.text')}
              <input
                data-action="walk-in-note"
                maxLength={500}
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
            </label>
            <label className="check">
              <input
                type="checkbox"
                data-action="walk-in-paper"
                checked={!paper}
                onChange={(event) => setPaper(!event.target.checked)}
              />
              {t('desk.walkIn.noPaper')}
            </label>
          </details>
        </>
      )}
      {consent ? (
        <details>
          <summary>{t('desk.phone.label')}</summary>
          <Phone value={phone} onChange={setPhone} agreed={agreed} onAgree={setAgreed} consent={consent} />
        </details>
      ) : null}
      {despite === null || later ? null : (
        <label>
          {t('desk.walkIn.despite')}
          <input
            data-action="walk-in-despite"
            maxLength={300}
            value={despite}
            onChange={(event) => setDespite(event.target.value)}
          />
        </label>
      )}
      <p className="said" role="status">
        {said}
      </p>
    </Sheet>
  );
};
