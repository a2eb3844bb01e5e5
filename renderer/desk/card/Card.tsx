import { Check } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskCard, DeskHelp } from '../../../shared/contracts/desk.ts';
import { useDesk } from '../view.ts';
import { Acts, type PanelName } from './Acts.tsx';
import { Facts } from './Facts.tsx';
import { Panel } from './Panel.tsx';
import { outcomeWords, reasonOf } from './words.ts';

/** News come in swarms: read once for all of them. */
const SETTLE_MS = 150;

interface Props {
  id: string;
  /** The call from a kiosk that led here. */
  help: DeskHelp | null;
  onShow: (key: string) => void;
}

/** One person: who it is, what the rules say, and the one obvious thing to do, which Enter does. */
export const Card = ({ id, help, onShow }: Props) => {
  const { t } = useTranslation();
  const { client, formats, say, may } = useDesk();
  const [card, setCard] = useState<DeskCard | null>(null);
  const [gone, setGone] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const [panel, setPanel] = useState<PanelName | null>(null);
  const [busy, setBusy] = useState(false);

  const read = useCallback(async () => {
    const result = await client.call('desk.card', { key: id });
    if (!result.ok) return;
    setCard(result.value);
    setGone(result.value === null);
  }, [client, id]);
  useEffect(() => {
    const first = setTimeout(() => void read(), 0);
    let timer: ReturnType<typeof setTimeout> | null = null;
    // From the first of a swarm on: news that never end must not keep it from being read.
    const stop = client.on('desk.changed', () => {
      timer ??= setTimeout(() => {
        timer = null;
        void read();
      }, SETTLE_MS);
    });
    return () => {
      stop();
      clearTimeout(first);
      if (timer !== null) clearTimeout(timer);
    };
  }, [client, read]);

  /** What was done is said; a call from a kiosk that it was done for is over. */
  const done = useCallback(
    async (words: string, visit: string | null) => {
      setPanel(null);
      setSaid(words);
      if (help && visit !== null) await client.call('desk.endHelp', { help: help.id, visit });
      void read();
    },
    [client, help, read],
  );

  const checkIn = useCallback(
    async (paper: boolean) => {
      const booking = card?.row.booking ?? null;
      if (booking === null || card?.decision.may !== true || busy) return;
      setBusy(true);
      const result = await client.call('desk.checkIn', { attempt: crypto.randomUUID(), booking, paper });
      setBusy(false);
      if (!result.ok || result.value.outcome === 'second-person') setSaid(t('desk.failed'));
      else if (result.value.outcome === 'accepted')
        await done(outcomeWords(t, formats, result.value), result.value.visit.id);
      else setSaid(outcomeWords(t, formats, result.value));
    },
    [card, busy, client, done, t, formats],
  );

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      const elsewhere =
        target instanceof HTMLButtonElement ||
        (target instanceof Element && target.closest('aside form, dialog') !== null);
      if (event.key !== 'Enter' || elsewhere || panel !== null) return;
      event.preventDefault();
      void checkIn(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [checkIn, panel]);

  if (gone) return <p className="nobody">{t('desk.card.gone')}</p>;
  if (!card) return null;
  const { row, decision } = card;
  const here = row.visit !== null;
  return (
    <>
      {help ? <HelpOf help={help} onOver={() => void client.call('desk.endHelp', { help: help.id })} /> : null}
      <h2 data-key={row.key}>{row.name ?? t(row.booking === null ? 'desk.list.walkIn' : 'desk.list.unnamed')}</h2>
      <p>
        {card.services.map(({ name }) => say(name)).join(', ')} · <b>{formats.time(row.at)}</b>
      </p>
      {row.number ? (
        <p className="ticket" data-ticket={formats.number(row.number)}>
          {formats.number(row.number)}
        </p>
      ) : null}
      {here ? (
        <p className="say">
          <b>{t(`desk.state.${row.state}`)}</b>
          {row.since === null ? null : t('desk.card.since', { time: formats.time(row.since) })}
        </p>
      ) : decision.may ? (
        <p className="say good">
          <b>{t('desk.card.may')}</b>
          {t(
            decision.minutes > 1 ? 'desk.card.before' : decision.minutes < -1 ? 'desk.card.after' : 'desk.card.onTime',
            { minutes: Math.abs(decision.minutes) },
          )}
        </p>
      ) : (
        <p className="say warn" data-reason={decision.reason}>
          <b>{t('desk.card.mayNot')}</b>
          {t(`desk.reason.${reasonOf(decision.reason)}`, {
            time: decision.at === null ? '' : formats.dayTime(decision.at),
          })}
        </p>
      )}
      {panel ? (
        <Panel key={panel} name={panel} card={card} onDone={done} onBack={() => setPanel(null)} onShow={onShow} />
      ) : (
        <>
          {!here && decision.may && may('checkin') ? (
            <button
              type="button"
              className="go"
              data-action="check-in"
              disabled={busy}
              onClick={() => void checkIn(true)}
            >
              <Check aria-hidden />
              {t('desk.card.checkIn')}
              <kbd>Enter</kbd>
            </button>
          ) : null}
          <Acts card={card} onPanel={setPanel} onCheckIn={() => void checkIn(false)} onDone={done} onSaid={setSaid} />
        </>
      )}
      <p className="said" role="status">
        {said}
      </p>
      <Facts card={card} />
    </>
  );
};

const HelpOf = ({ help, onOver }: { help: DeskHelp; onOver: () => void }) => {
  const { t } = useTranslation();
  return (
    <p className="say help">
      <b>{t('desk.help.from', { kiosk: help.slot ?? '?' })}</b>
      {help.reason === null ? t('desk.help.noReason') : t(`desk.reason.${reasonOf(help.reason)}`, { time: '' })}
      <button type="button" data-action="end-help" onClick={onOver}>
        {t('desk.help.end')}
      </button>
    </p>
  );
};
