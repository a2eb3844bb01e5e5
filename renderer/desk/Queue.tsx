import { BellRing, Check, CircleSlash, Play, Undo2, UserX } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeskQueue, DeskRow } from '../../shared/contracts/desk.ts';
import { useNews } from './news.ts';
import { useDesk } from './view.ts';

const EMPTY: DeskQueue = { services: [], windows: [], warnMinutes: 12, limitMinutes: 15 };
type Window = DeskQueue['windows'][number];
type Served = NonNullable<Window['at']>;
type Step = 'called' | 'serving' | 'done' | 'waiting' | 'no-show';

/** Who waits for what, for how long, and what each window does; and calling and serving for a desk that does it itself. */
export const Queue = ({ onShow }: { onShow: (key: string) => void }) => {
  const { t } = useTranslation();
  const { client, may } = useDesk();
  const { value: queue, read } = useNews('desk.queue', true, EMPTY);
  const [own, setOwn] = useState<number | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const busy = queue.services.filter(({ waiting }) => waiting > 0);
  const free = queue.services.filter(({ waiting }) => waiting === 0);
  const window = queue.windows.find(({ id }) => id === own) ?? null;
  const next = window?.next ?? null;

  const step = async (row: DeskRow, position: number, to: Step, at: number): Promise<void> => {
    if (row.visit === null) return;
    const result = await client.call('desk.stage', { visit: row.visit, position, to, window: at });
    setSaid(result.ok ? null : t('desk.failed'));
    await read();
  };

  return (
    <main className="page queue">
      <h1>{t('desk.nav.queue')}</h1>
      {said === null ? null : (
        <p className="note" role="alert">
          {said}
        </p>
      )}
      <section aria-labelledby="windows">
        <h2 id="windows">{t('desk.queue.windows')}</h2>
        <div className="windows">
          {queue.windows.map((one) => (
            <WindowTile key={one.id} window={one} own={one.id === own} onShow={onShow} />
          ))}
        </div>
        {may('serve') ? (
          <div className="serve">
            <label>
              {t('desk.queue.own')}
              <select
                data-action="own-window"
                value={own ?? ''}
                onChange={(event) => setOwn(event.target.value === '' ? null : Number(event.target.value))}
              >
                <option value="">{t('desk.queue.none')}</option>
                {queue.windows.map((one) => (
                  <Option key={one.id} window={one} />
                ))}
              </select>
            </label>
            {window?.at ? (
              <Serving at={window.at} onStep={(at, to) => void step(at.row, at.position, to, window.id)} />
            ) : window ? (
              <button
                type="button"
                className="go"
                data-action="call-next"
                disabled={next === null}
                onClick={() => (next ? void step(next, next.next, 'called', window.id) : undefined)}
              >
                <BellRing aria-hidden />
                {next ? <CallWords row={next} /> : t('desk.queue.nobody')}
              </button>
            ) : null}
          </div>
        ) : null}
      </section>
      <section aria-labelledby="lines">
        <h2 id="lines">{t('desk.queue.lines')}</h2>
        {busy.length === 0 ? <p className="nobody">{t('desk.queue.empty')}</p> : null}
        {busy.map((service) => (
          <Line key={service.id} service={service} queue={queue} onShow={onShow} />
        ))}
      </section>
      {free.length === 0 ? null : (
        <section aria-labelledby="free">
          <h2 id="free">{t('desk.queue.free')}</h2>
          <table>
            <thead>
              <tr>
                <th>{t('desk.queue.service')}</th>
                <th>{t('desk.queue.average')}</th>
                <th>{t('desk.queue.slots')}</th>
              </tr>
            </thead>
            <tbody>
              {free.map((service) => (
                <FreeRow key={service.id} service={service} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </main>
  );
};

const Option = ({ window }: { window: Window }) => {
  const { say } = useDesk();
  return <option value={window.id}>{say(window.name)}</option>;
};

const CallWords = ({ row }: { row: DeskRow }) => {
  const { t } = useTranslation();
  const { formats } = useDesk();
  return t('desk.queue.call', { number: row.number ? formats.number(row.number) : '' });
};

const WindowTile = ({ window, own, onShow }: { window: Window; own: boolean; onShow: (key: string) => void }) => {
  const { t } = useTranslation();
  const { say, formats, now } = useDesk();
  const { at } = window;
  return (
    <div className={`window ${window.state} ${own ? 'own' : ''}`} data-window={window.id}>
      <b>{say(window.name)}</b>
      {at ? (
        <button type="button" data-action="show" data-id={at.row.key} onClick={() => onShow(at.row.key)}>
          <strong>{at.row.number ? formats.number(at.row.number) : '–'}</strong>
          <small>
            {t(`desk.state.${at.state}`)} · {t('desk.minutes', { minutes: minutesSince(at.since, now()) })}
          </small>
        </button>
      ) : (
        <small>{t(`desk.window.${window.state}`)}</small>
      )}
    </div>
  );
};

const minutesSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / 60_000));

const Serving = ({ at, onStep }: { at: Served; onStep: (at: Served, to: Step) => void }) => {
  const { t } = useTranslation();
  const { formats } = useDesk();
  return (
    <>
      <p className="ticket">{at.row.number ? formats.number(at.row.number) : '–'}</p>
      <div className="acts">
        {at.state === 'called' ? (
          <>
            <button type="button" className="go" data-action="serve" onClick={() => onStep(at, 'serving')}>
              <Play aria-hidden />
              {t('desk.queue.serve')}
            </button>
            <button type="button" data-action="recall" onClick={() => onStep(at, 'called')}>
              <BellRing aria-hidden />
              {t('desk.queue.again')}
            </button>
            <button type="button" data-action="did-not-come" onClick={() => onStep(at, 'no-show')}>
              <UserX aria-hidden />
              {t('desk.queue.absent')}
            </button>
          </>
        ) : (
          <button type="button" className="go" data-action="finish" onClick={() => onStep(at, 'done')}>
            <Check aria-hidden />
            {t('desk.queue.finish')}
          </button>
        )}
        <button type="button" data-action="put-back" onClick={() => onStep(at, 'waiting')}>
          <Undo2 aria-hidden />
          {t('desk.queue.back')}
        </button>
      </div>
    </>
  );
};

type Service = DeskQueue['services'][number];

const Line = ({ service, queue, onShow }: { service: Service; queue: DeskQueue; onShow: (key: string) => void }) => {
  const { t } = useTranslation();
  const { say, formats, now } = useDesk();
  const open = queue.windows.filter(({ id, state }) => service.windows.includes(id) && state === 'open').length;
  return (
    <div className="line" data-service={service.id}>
      <h3>
        {say(service.name)} <em>{formats.waiting(service.waiting)}</em>
        {open === 0 ? (
          <span className="pill bad">
            <CircleSlash aria-hidden />
            {t('desk.queue.noWindow')}
          </span>
        ) : null}
        {service.estimate ? (
          <span className="pill">{formats.waitShort(service.estimate.fromMinutes, service.estimate.toMinutes)}</span>
        ) : null}
      </h3>
      <ol>
        {service.people.map((row) => {
          const minutes = row.since === null ? 0 : minutesSince(row.since, now());
          const slow = minutes >= queue.limitMinutes ? 'late' : minutes >= queue.warnMinutes ? 'warn' : '';
          return (
            <li key={row.key}>
              <button
                type="button"
                className={slow}
                data-action="show"
                data-id={row.key}
                onClick={() => onShow(row.key)}
              >
                <strong>{row.number ? formats.number(row.number) : '–'}</strong>
                <span>{row.name ?? t(row.booking === null ? 'desk.list.walkIn' : 'desk.list.unnamed')}</span>
                {row.priority === 'none' ? null : <em className="st">{t('desk.list.priority')}</em>}
                <b>{t('desk.minutes', { minutes })}</b>
                {slow === '' ? null : (
                  <span className="sr">{t(slow === 'late' ? 'desk.queue.breach' : 'desk.queue.warning')}</span>
                )}
              </button>
            </li>
          );
        })}
      </ol>
    </div>
  );
};

const FreeRow = ({ service }: { service: Service }) => {
  const { t } = useTranslation();
  const { say, formats, now } = useDesk();
  return (
    <tr>
      <td>{say(service.name)}</td>
      <td>{service.averageMinutes === null ? '–' : t('desk.minutes', { minutes: service.averageMinutes })}</td>
      <td>
        {service.slots
          .slice(0, 3)
          .map((at) => formats.soon(at, now()))
          .join(', ') || '–'}
      </td>
    </tr>
  );
};
