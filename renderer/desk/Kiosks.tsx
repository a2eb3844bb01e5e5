import type { TFunction } from 'i18next';
import { DoorClosed, DoorOpen, MessageSquare, Monitor, RotateCcw, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskDevice, DeskHelp, DeskOffice } from '../../shared/contracts/desk.ts';
import { reasonOf } from './card/words.ts';
import { Rolls } from './Rolls.tsx';
import { useDesk } from './view.ts';

/** Words for what is wrong with a machine, and for the screens of a kiosk, live in the locale under these names. */
const SCREENS = [
  'home',
  'scan',
  'number',
  'factor',
  'choose',
  'services',
  'slots',
  'confirm',
  'printing',
  'done',
  'refused',
  'feedback',
  'out-of-order',
] as const;
const screenOf = (screen: string): (typeof SCREENS)[number] | 'other' =>
  SCREENS.find((one) => one === screen) ?? 'other';

interface Props {
  office: DeskOffice;
  onShow: (key: string, help: DeskHelp | null) => void;
}

/** The machines of the office, and who calls from them. */
export const Kiosks = ({ office, onShow }: Props) => {
  const { t } = useTranslation();
  const { may } = useDesk();
  const open = office.help.filter(({ state }) => state !== 'over');
  const over = office.help.filter(({ state }) => state === 'over').slice(0, 20);
  return (
    <main className="page kiosks">
      <h1>{t('desk.nav.kiosks')}</h1>
      <section aria-labelledby="calls">
        <h2 id="calls">{t('desk.help.title')}</h2>
        {open.length === 0 ? <p className="nobody">{t('desk.help.nobody')}</p> : null}
        {open.map((call) => (
          <Call key={call.id} call={call} onShow={onShow} />
        ))}
      </section>
      <section aria-labelledby="machines">
        <h2 id="machines">{t('desk.devices.title')}</h2>
        <div className="machines">
          {office.devices.map((device) => (
            <Machine key={device.id} device={device} mayOrder={may('order')} />
          ))}
        </div>
      </section>
      {over.length === 0 ? null : (
        <section aria-labelledby="past">
          <h2 id="past">{t('desk.help.past')}</h2>
          <table>
            <tbody>
              {over.map((call) => (
                <PastCall key={call.id} call={call} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </main>
  );
};

const Call = ({ call, onShow }: { call: DeskHelp; onShow: Props['onShow'] }) => {
  const { t } = useTranslation();
  const { client, formats, may, staff } = useDesk();
  const [said, setSaid] = useState<string | null>(null);
  const mine = call.by === staff?.person?.id;
  const take = async (): Promise<void> => {
    const result = await client.call('desk.takeHelp', { help: call.id });
    if (!result.ok) setSaid(t(result.error.code === 'conflict' ? 'desk.help.tooLate' : 'desk.failed'));
    else if (call.key !== null) onShow(call.key, { ...call, state: 'taken' });
  };
  const end = async (): Promise<void> => {
    const result = await client.call('desk.endHelp', { help: call.id });
    if (!result.ok) setSaid(t('desk.failed'));
  };
  return (
    <article className={`call ${call.state}`} data-help={call.id}>
      <p>
        <b>{t('desk.help.calls', { kiosk: call.slot ?? '?' })}</b> {formats.time(call.at)}
        <br />
        {t('desk.help.screen', { screen: t(`desk.screen.${screenOf(call.screen)}`) })}
        {call.reason === null ? null : <> {t(`desk.reason.${reasonOf(call.reason)}`, { time: '' })}</>}
        {call.byName === null ? null : (
          <>
            <br />
            {t('desk.help.by', { name: call.byName })}
          </>
        )}
      </p>
      {may('help') ? (
        <div className="acts">
          {call.state === 'open' ? (
            <button type="button" className="go" data-action="take-help" data-id={call.id} onClick={() => void take()}>
              {t('desk.help.take')}
            </button>
          ) : mine ? (
            <>
              {call.key === null ? null : (
                <button
                  type="button"
                  className="go"
                  data-action="show-help"
                  onClick={() => (call.key === null ? undefined : onShow(call.key, call))}
                >
                  {t('desk.help.person')}
                </button>
              )}
              <button type="button" data-action="end-help" onClick={() => void end()}>
                {t('desk.help.end')}
              </button>
            </>
          ) : null}
        </div>
      ) : null}
      <p className="said" role="status">
        {said}
      </p>
    </article>
  );
};

const PastCall = ({ call }: { call: DeskHelp }) => {
  const { t } = useTranslation();
  const { formats } = useDesk();
  return (
    <tr>
      <td>{formats.time(call.at)}</td>
      <td>{t('desk.help.calls', { kiosk: call.slot ?? '?' })}</td>
      <td>{call.byName ?? '–'}</td>
    </tr>
  );
};

const Machine = ({ device, mayOrder }: { device: DeskDevice; mayOrder: boolean }) => {
  const { t } = useTranslation();
  const { client, formats, say } = useDesk();
  const [asks, setAsks] = useState<'message' | 'restart' | null>(null);
  const [words, setWords] = useState(device.message ? say(device.message) : '');
  const [said, setSaid] = useState<string | null>(null);
  const order = async (what: 'close' | 'open' | 'message' | 'restart', text: string | null = null): Promise<void> => {
    const message = text === null || text.trim() === '' ? null : { ru: text.trim(), en: text.trim() };
    const result = await client.call('desk.order', { device: device.id, order: what, message });
    setAsks(null);
    setSaid(t(result.ok ? 'desk.devices.ordered' : 'desk.failed'));
  };
  const facts: [string, string][] = [
    [t('desk.devices.printer'), device.printer === '' ? '–' : printerWords(t, device.printer)],
    [t('desk.devices.camera'), t(`desk.part.${device.camera}`)],
    [t('desk.devices.scanner'), t(`desk.part.${device.scanner}`)],
    [t('desk.devices.waiting'), String(device.waiting)],
    [t('desk.devices.last'), device.lastVisitAt === null ? '–' : formats.time(device.lastVisitAt)],
    [t('desk.devices.seen'), device.seenAt === null ? '–' : formats.time(device.seenAt)],
    [t('desk.devices.version'), device.app],
  ];
  const kiosk = device.roles.includes('kiosk');
  return (
    <article className={`machine ${device.problems.length > 0 ? 'bad' : ''}`} data-device={device.id}>
      <h3>
        <Monitor aria-hidden />
        {t(kiosk ? 'desk.devices.kiosk' : 'desk.devices.desk', { slot: device.slot })}
        {device.own ? <em className="st">{t('desk.devices.own')}</em> : null}
      </h3>
      <small>{device.name}</small>
      {device.problems.length === 0 ? (
        <p className="pill good">{t('desk.devices.well')}</p>
      ) : (
        <ul className="problems">
          {device.problems.map((problem) => (
            <li key={problem}>
              <TriangleAlert aria-hidden />
              {t(`desk.problem.${problem}`)}
            </li>
          ))}
        </ul>
      )}
      <dl>
        {facts.map(([title, value]) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {device.own ? <Rolls /> : null}
      {mayOrder && kiosk ? (
        <div className="acts">
          <button
            type="button"
            data-action={device.closed ? 'open' : 'close'}
            onClick={() => void order(device.closed ? 'open' : 'close')}
          >
            {device.closed ? <DoorOpen aria-hidden /> : <DoorClosed aria-hidden />}
            {t(device.closed ? 'desk.devices.open' : 'desk.devices.close')}
          </button>
          <button type="button" data-action="message" onClick={() => setAsks(asks === 'message' ? null : 'message')}>
            <MessageSquare aria-hidden />
            {t('desk.devices.message')}
          </button>
          <button type="button" data-action="restart" onClick={() => setAsks(asks === 'restart' ? null : 'restart')}>
            <RotateCcw aria-hidden />
            {t('desk.devices.restart')}
          </button>
        </div>
      ) : null}
      {asks === 'message' ? (
        <form
          className="panel"
          onSubmit={(event) => {
            event.preventDefault();
            void order('message', words);
          }}
        >
          <label>
            {t('desk.devices.says')}
            <input
              autoFocus
              data-action="message-text"
              maxLength={120}
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
          </label>
          <button type="submit" className="go" data-action="message-send">
            {t(words.trim() === '' ? 'desk.devices.unsay' : 'desk.devices.say')}
          </button>
        </form>
      ) : null}
      {asks === 'restart' ? (
        <div className="panel">
          <p>{t('desk.devices.sure')}</p>
          <button
            type="button"
            className="go"
            autoFocus
            data-action="restart-sure"
            onClick={() => void order('restart')}
          >
            {t('desk.devices.restart')}
          </button>
        </div>
      ) : null}
      <p className="said" role="status">
        {said}
      </p>
    </article>
  );
};

const PRINTER = ['ready', 'blocked', 'mute', 'unknown'] as const;
const printerWords = (t: TFunction, told: string): string => {
  const state = PRINTER.find((one) => told.startsWith(one)) ?? 'unknown';
  return t(`desk.printer.${state}`);
};
