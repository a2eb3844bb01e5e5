import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SlotDay } from '../../../shared/contracts/app.ts';
import type { SignInOutcome } from '../../../shared/contracts/desk.ts';
import { useDesk } from '../view.ts';
import { Sheet, type PanelProps } from './Sheet.tsx';
import { outcomeWords, requestWords, signInWords } from './words.ts';

/** What can be done with a booking whose holder is not checked in: against the rules, at another time, not at all. */

const REASONS = ['ill', 'transport', 'portal', 'office', 'other'] as const;

/** Letting somebody in against the rules: why, and where it takes two, who agrees. */
export const Override = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client, formats, staff } = useDesk();
  const [why, setWhy] = useState<(typeof REASONS)[number]>('transport');
  const [words, setWords] = useState('');
  const [person, setPerson] = useState('');
  const [pin, setPin] = useState('');
  const [code, setCode] = useState('');
  const [said, setSaid] = useState<string | null>(null);
  const two = !card.decision.may && card.decision.override === 'second';
  const others = (staff?.people ?? []).filter(({ id, role }) => id !== staff?.person?.id && role !== 'auditor');
  const reason = why === 'other' ? words.trim() : t(`desk.override.${why}`);
  const ready = reason.length >= 3 && (!two || (person !== '' && pin.length >= 4));
  const needsCode = others.find(({ id }) => id === person)?.totp === true;

  const agreed = (outcome: SignInOutcome | null): void => {
    setPin('');
    setSaid(outcome ? signInWords(t, outcome) : t('desk.override.two'));
  };
  const run = async (): Promise<void> => {
    const result = await client.call('desk.checkIn', {
      attempt: crypto.randomUUID(),
      booking: card.row.booking,
      override: { reason, second: two ? { person, pin, totp: needsCode && code !== '' ? code : null } : null },
    });
    if (!result.ok) setSaid(t('desk.failed'));
    else if (result.value.outcome === 'second-person') agreed(result.value.said);
    else if (result.value.outcome === 'accepted')
      await onDone(outcomeWords(t, formats, result.value), result.value.visit.id);
    else setSaid(outcomeWords(t, formats, result.value));
  };
  return (
    <Sheet title={t('desk.override.title')} submit={t('desk.override.do')} ready={ready} onSubmit={run} onBack={onBack}>
      <label>
        {t('desk.override.why')}
        <select
          autoFocus
          data-action="override-why"
          value={why}
          onChange={(event) => setWhy(REASONS.find((one) => one === event.target.value) ?? 'other')}
        >
          {REASONS.map((one) => (
            <option key={one} value={one}>
              {t(`desk.override.${one}`)}
            </option>
          ))}
        </select>
      </label>
      {why === 'other' ? (
        <label>
          {t('desk.override.words')}
          <input
            data-action="override-words"
            maxLength={300}
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
          <small>{t('desk.override.noNames')}</small>
        </label>
      ) : null}
      {two ? (
        <fieldset>
          <legend>{t('desk.override.two')}</legend>
          <label>
            {t('desk.override.person')}
            <select data-action="second-person" value={person} onChange={(event) => setPerson(event.target.value)}>
              <option value="">–</option>
              {others.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t('desk.signIn.pin')}
            <input
              type="password"
              data-action="second-pin"
              inputMode="numeric"
              autoComplete="off"
              maxLength={12}
              value={pin}
              onChange={(event) => setPin(event.target.value.replaceAll(/\D/g, ''))}
            />
          </label>
          {needsCode ? (
            <label>
              {t('desk.signIn.code')}
              <input
                data-action="second-code"
                inputMode="numeric"
                autoComplete="off"
                maxLength={6}
                value={code}
                onChange={(event) => setCode(event.target.value.replaceAll(/\D/g, ''))}
              />
            </label>
          ) : null}
        </fieldset>
      ) : null}
      <p className="said" role="alert">
        {said}
      </p>
    </Sheet>
  );
};

/** Free times by day, of these services. */
export const SlotPick = ({
  services,
  chosen,
  onChoose,
}: {
  services: readonly number[];
  chosen: number | null;
  onChoose: (at: number) => void;
}) => {
  const { t } = useTranslation();
  const { client, formats, now } = useDesk();
  const [days, setDays] = useState<readonly SlotDay[] | null>(null);
  const [online, setOnline] = useState(true);
  const [date, setDate] = useState<string | null>(null);
  const key = services.join(' ');
  useEffect(() => {
    const wanted = key === '' ? [] : key.split(' ').map(Number);
    if (wanted.length === 0) return;
    void client.call('desk.slots', { services: wanted }).then((result) => {
      if (!result.ok) return;
      setDays(result.value.days);
      setOnline(result.value.online);
    });
  }, [client, key]);
  if (!days) return null;
  const day = days.find((one) => one.date === date) ?? days[0];
  if (!day) return <p>{t('desk.slots.none')}</p>;
  return (
    <>
      {online ? null : <p className="say warn">{t('desk.slots.offline')}</p>}
      <div className="filters" role="group" aria-label={t('desk.slots.day')}>
        {days.map((one) => (
          <button
            key={one.date}
            type="button"
            data-action="slot-day"
            data-id={one.date}
            aria-pressed={one.date === day.date}
            onClick={() => setDate(one.date)}
          >
            {formats.dayName(one.slots[0]?.startsAt ?? 0, now())}
          </button>
        ))}
      </div>
      <div className="slots" role="group" aria-label={t('desk.slots.time')}>
        {day.slots.map(({ startsAt }) => (
          <button
            key={startsAt}
            type="button"
            data-action="slot"
            data-id={startsAt}
            aria-pressed={chosen === startsAt}
            onClick={() => onChoose(startsAt)}
          >
            {formats.time(startsAt)}
          </button>
        ))}
      </div>
    </>
  );
};

export const Reschedule = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client, formats } = useDesk();
  const [startsAt, setStartsAt] = useState<number | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const move = async (): Promise<void> => {
    if (startsAt === null || card.row.booking === null) return;
    const result = await client.call('desk.reschedule', {
      attempt: crypto.randomUUID(),
      booking: card.row.booking,
      startsAt,
    });
    if (result.ok && result.value.outcome !== 'refused') await onDone(requestWords(t, formats, result.value), null);
    else setSaid(result.ok ? requestWords(t, formats, result.value) : t('desk.failed'));
  };
  return (
    <Sheet
      title={t('desk.slots.move')}
      submit={startsAt === null ? t('desk.slots.choose') : t('desk.slots.moveTo', { time: formats.dayTime(startsAt) })}
      ready={startsAt !== null}
      onSubmit={move}
      onBack={onBack}
    >
      <SlotPick services={card.services.map(({ id }) => id)} chosen={startsAt} onChoose={setStartsAt} />
      <p className="said" role="alert">
        {said}
      </p>
    </Sheet>
  );
};

export const Cancel = ({ card, onDone, onBack }: PanelProps) => {
  const { t } = useTranslation();
  const { client, formats } = useDesk();
  const [said, setSaid] = useState<string | null>(null);
  const cancel = async (): Promise<void> => {
    if (card.row.booking === null) return;
    const result = await client.call('desk.cancel', { attempt: crypto.randomUUID(), booking: card.row.booking });
    if (result.ok && result.value.outcome !== 'refused') await onDone(requestWords(t, formats, result.value), null);
    else setSaid(result.ok ? requestWords(t, formats, result.value) : t('desk.failed'));
  };
  return (
    <Sheet title={t('desk.cancel.title')} submit={t('desk.cancel.do')} ready onSubmit={cancel} onBack={onBack}>
      <p>{t('desk.cancel.text', { time: formats.dayTime(card.row.at) })}</p>
      <p className="said" role="alert">
        {said}
      </p>
    </Sheet>
  );
};
