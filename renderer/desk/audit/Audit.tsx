import { Download, RefreshCw, Search, ShieldAlert, ShieldCheck, X } from 'lucide-react';
import { useMemo, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditFilter } from '../../../shared/contracts/audit.ts';
import { addDays, startOfBusinessDay } from '../../../shared/domain/business-day.ts';
import { useDesk } from '../view.ts';
import { Entries } from './Entries.tsx';
import { Entry } from './Entry.tsx';
import { useChain, useLog } from './log.ts';
import { saveText } from './save.ts';
import { actionWords, actorWords } from './words.ts';
import './audit.css';

/** What is chosen, as it stands in the fields: nothing is an empty text. */
interface Chosen {
  actor: string;
  action: string;
  /** `YYYY-MM-DD` of the office's calendar. */
  day: string;
  entity: string;
}
const ALL: Chosen = { actor: '', action: '', day: '', entity: '' };
/** Times on the wall are shown, so a day here is one of the calendar and begins at midnight. */
const MIDNIGHT = 0;
/** Entries after a broken one that are shown above it. */
const AFTER_BROKEN = 5;

const filterOf = ({ actor, action, day, entity }: Chosen, zone: string): AuditFilter => ({
  ...(actor === '' ? {} : { actor }),
  ...(action === '' ? {} : { action }),
  ...(entity === '' ? {} : { entity }),
  ...(/^[12]\d{3}-\d{2}-\d{2}$/.test(day)
    ? {
        from: Math.max(0, startOfBusinessDay(day, zone, MIDNIGHT)),
        until: Math.max(0, startOfBusinessDay(addDays(day, 1), zone, MIDNIGHT)),
      }
    : {}),
});

/** Who did what to whom and when; and whether anybody has changed that afterwards. */
export const Audit = () => {
  const { t, i18n } = useTranslation();
  const { client, system } = useDesk();
  const zone = system?.office?.timeZone ?? 'Europe/Moscow';
  const [chosen, setChosen] = useState(ALL);
  const [typed, setTyped] = useState('');
  const [start, setStart] = useState<number | null>(null);
  const [seq, setSeq] = useState<number | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const filter = useMemo(() => filterOf(chosen, zone), [chosen, zone]);
  const log = useLog(client, filter, start);
  const [chain, checkAll] = useChain(client);
  const english = i18n.language === 'en';
  const [day, moment] = useMemo(() => {
    const by = (options: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat(english ? 'en-GB' : 'ru-RU', { timeZone: zone, ...options });
    return [by({ dateStyle: 'short' }), by({ dateStyle: 'long', timeStyle: 'medium' })];
  }, [english, zone]);

  const people = useMemo(
    () => new Map(log.actors.flatMap(({ id, name }) => (name === null ? [] : [[id, name]]))),
    [log.actors],
  );

  const change = (by: Partial<Chosen>): void => {
    setStart(null);
    setSeq(null);
    setSaid(null);
    setChosen((was) => ({ ...was, ...by }));
    if (by.entity !== undefined) setTyped(by.entity);
  };
  const narrow = ({ actor = '', action = '', entity = '' }: AuditFilter): void =>
    change({ ...ALL, actor, action, entity });
  const onThing = (event: FormEvent): void => {
    event.preventDefault();
    change({ entity: typed.trim() });
  };
  const showBroken = (at: number): void => {
    change(ALL);
    setStart(at + AFTER_BROKEN + 1);
    setSeq(at);
  };
  const save = async (): Promise<void> => {
    setSaving(true);
    const result = await client.call('audit.csv', { filter, language: english ? 'en' : 'ru' });
    setSaving(false);
    if (!result.ok) {
      setSaid(t('audit.export.failed'));
      return;
    }
    const { name, text, rows, more } = result.value;
    saveText(name, text);
    setSaid(t(more ? 'audit.export.more' : 'audit.export.done', { rows }));
  };

  const entry = log.entries.find((one) => one.seq === seq) ?? null;
  const narrowed = start !== null || Object.values(chosen).some((part) => part !== '');
  if (log.state === 'forbidden') return <p className="nobody">{t('audit.forbidden')}</p>;
  return (
    <section className="audit" aria-label={t('audit.label')}>
      <div className="audit-top">
        <h1>{t('audit.title')}</h1>
        <p>{t('audit.intro')}</p>
        <button type="button" data-action="audit-again" onClick={log.anew}>
          <RefreshCw aria-hidden />
          {t('audit.again')}
        </button>
        <button type="button" data-action="audit-export" disabled={saving} onClick={() => void save()}>
          <Download aria-hidden />
          {t('audit.export.do')}
        </button>
      </div>
      <div className="audit-chain">
        {chain.state !== 'known' ? (
          <p className="pill" role="status">
            {t(chain.state === 'checking' ? 'audit.chain.checking' : 'audit.chain.failed')}
          </p>
        ) : chain.brokenAt === null ? (
          <p className="pill good" role="status">
            <ShieldCheck aria-hidden />
            {t('audit.chain.whole')},{' '}
            {t('audit.chain.entries', { entries: chain.entries.toLocaleString(i18n.language) })}
          </p>
        ) : (
          <p className="pill bad" role="alert">
            <ShieldAlert aria-hidden />
            {t('audit.chain.broken')} {t('audit.chain.brokenAt', { seq: chain.brokenAt })}
          </p>
        )}
        {chain.state === 'known' && chain.brokenAt !== null ? (
          <button type="button" data-action="show-broken" onClick={() => showBroken(chain.brokenAt ?? 1)}>
            {t('audit.chain.show')}
          </button>
        ) : null}
        {chain.state === 'checking' ? null : (
          <button type="button" data-action="check-all" onClick={checkAll}>
            {t('audit.chain.full')}
          </button>
        )}
        {chain.state === 'known' ? (
          <details>
            <summary data-action="fingerprint">{t('audit.chain.head')}</summary>
            <code>{chain.head}</code>
            <p>{t('audit.chain.about')}</p>
          </details>
        ) : null}
      </div>
      <form className="audit-filter" aria-label={t('audit.filter.label')} onSubmit={onThing}>
        <label>
          {t('audit.filter.who')}
          <select data-action="filter-who" value={chosen.actor} onChange={(e) => change({ actor: e.target.value })}>
            <option value="">{t('audit.filter.anybody')}</option>
            {log.actors.map(({ id, name }) => (
              <option key={id} value={id}>
                {actorWords(t, id, name)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t('audit.filter.action')}
          <select data-action="filter-what" value={chosen.action} onChange={(e) => change({ action: e.target.value })}>
            <option value="">{t('audit.filter.anything')}</option>
            {log.actions
              .map((action) => ({ action, words: actionWords(t, action) }))
              .sort((a, b) => a.words.localeCompare(b.words))
              .map(({ action, words }) => (
                <option key={action} value={action}>
                  {words}
                </option>
              ))}
          </select>
        </label>
        <label>
          {t('audit.filter.day')}
          <input
            type="date"
            data-action="filter-day"
            value={chosen.day}
            onChange={(e) => change({ day: e.target.value })}
          />
        </label>
        <label className="audit-thing">
          {t('audit.filter.thing')}
          <span>
            <Search aria-hidden />
            <input
              data-action="filter-thing"
              placeholder={t('audit.filter.hint')}
              value={typed}
              maxLength={100}
              autoComplete="off"
              onChange={(e) => setTyped(e.target.value)}
            />
            <kbd>Enter</kbd>
          </span>
        </label>
        {narrowed ? (
          <button type="button" data-action="filter-none" onClick={() => change(ALL)}>
            <X aria-hidden />
            {t('audit.reset')}
          </button>
        ) : null}
      </form>
      <p className="said" role="status">
        {log.state === 'failed' ? t('audit.failed') : said}
      </p>
      <div className="audit-body">
        {log.entries.length === 0 ? (
          <p className="nobody">
            {log.state === 'reading' ? t('audit.loading') : log.state === 'here' ? t('audit.nothing') : null}
          </p>
        ) : (
          <Entries
            key={`${JSON.stringify(filter)} ${start ?? ''}`}
            entries={log.entries}
            more={log.more}
            chosen={seq}
            onChoose={setSeq}
            onEnd={log.further}
            day={day}
            people={people}
          />
        )}
        <section className="audit-one" aria-label={t('audit.one.label')}>
          {entry ? (
            <Entry entry={entry} moment={moment} people={people} onNarrow={narrow} />
          ) : (
            <p className="nobody">{t('audit.one.nobody')}</p>
          )}
        </section>
      </div>
    </section>
  );
};
