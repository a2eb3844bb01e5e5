import { Pencil } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SettingRow } from '../../../shared/contracts/settings-view.ts';
import { useDesk } from '../view.ts';
import { Editor } from './Editor.tsx';
import { GROUPS, groupOf, settingAbout, settingName, valueWords, type Group } from './words.ts';
import './settings.css';

const GROUP_WORDS = {
  desk: 'settings.group.desk',
  machine: 'settings.group.machine',
  printer: 'settings.group.printer',
  centre: 'settings.group.centre',
  log: 'settings.group.log',
  other: 'settings.group.other',
} as const satisfies Record<Group, string>;
const SOURCE_WORDS = {
  build: 'settings.source.build',
  centre: 'settings.source.centre',
  device: 'settings.source.device',
} as const;
const EFFECT_WORDS = { restart: 'settings.effect.restart', enrolment: 'settings.effect.enrolment' } as const;

/** How this device is set, where each value comes from, and what may be changed here. */
export const SettingsPage = () => {
  const { t } = useTranslation();
  const { client } = useDesk();
  const [rows, setRows] = useState<readonly SettingRow[] | null>(null);
  const [problem, setProblem] = useState<'failed' | 'forbidden' | null>(null);
  const [edited, setEdited] = useState<string | null>(null);
  const [saved, setSaved] = useState<string | null>(null);

  const read = useCallback(async () => {
    const result = await client.call('settings.view', {});
    if (result.ok) setRows(result.value);
    setProblem(result.ok ? null : result.error.code === 'forbidden' ? 'forbidden' : 'failed');
  }, [client]);
  useEffect(() => {
    const timer = setTimeout(() => void read(), 0);
    return () => clearTimeout(timer);
  }, [read]);

  if (problem === 'forbidden') return <p className="nobody">{t('settings.forbidden')}</p>;
  if (problem === 'failed')
    return (
      <div className="settings">
        <p role="alert">{t('settings.failed')}</p>
        <button type="button" data-action="settings-again" onClick={() => void read()}>
          {t('settings.again')}
        </button>
      </div>
    );
  if (rows === null) return null;
  const onSaved = (row: SettingRow): void => {
    setRows(rows.map((one) => (one.key === row.key ? row : one)));
    setEdited(null);
    setSaved(row.key);
  };
  const edit = (key: string): void => {
    setSaved(null);
    setEdited(key);
  };
  const groups = GROUPS.map((group) => ({ group, of: rows.filter(({ key }) => groupOf(key) === group) }));
  return (
    <section className="settings" aria-label={t('settings.label')}>
      <div className="settings-top">
        <h1>{t('settings.title')}</h1>
        <p>{t('settings.intro')}</p>
        {rows.some(({ editable }) => editable === 'right') ? <p>{t('settings.readOnly')}</p> : null}
      </div>
      {groups.map(({ group, of }) =>
        of.length === 0 ? null : (
          <section key={group} className="settings-group" aria-label={t(GROUP_WORDS[group])}>
            <h2>{t(GROUP_WORDS[group])}</h2>
            <ul>
              {of.map((row) => (
                <li key={row.key} data-id={row.key}>
                  <Row row={row} saved={saved === row.key} edited={edited === row.key} onEdit={() => edit(row.key)} />
                  {edited === row.key ? <Editor row={row} onSaved={onSaved} onCancel={() => setEdited(null)} /> : null}
                </li>
              ))}
            </ul>
          </section>
        ),
      )}
    </section>
  );
};

interface RowProps {
  row: SettingRow;
  saved: boolean;
  edited: boolean;
  onEdit: () => void;
}
const Row = ({ row, saved, edited, onEdit }: RowProps) => {
  const { t } = useTranslation();
  const { key, value, source, pending, editable } = row;
  const button = useRef<HTMLButtonElement>(null);
  const was = useRef(edited);
  useEffect(() => {
    // Whoever has changed it, or has not, goes on where he began.
    if (was.current && !edited) button.current?.focus();
    was.current = edited;
  }, [edited]);
  const about = settingAbout(t, key);
  return (
    <div className="setting">
      <div>
        <b>{settingName(t, key)}</b>
        {about === null ? null : <p>{about}</p>}
        <code>{key}</code>
      </div>
      <div>
        <b className="setting-value">{valueWords(t, key, value)}</b>
        <p>
          {t(SOURCE_WORDS[source])} · {t(editable === 'machine' ? 'settings.why.machine' : EFFECT_WORDS[row.effect])}
        </p>
        {pending === null ? null : (
          <p className="setting-pending">
            {t('settings.pending', { value: valueWords(t, key, pending.value) })} ({t(SOURCE_WORDS[pending.source])})
          </p>
        )}
        <p className="setting-said" role="status">
          {saved ? t('settings.saved') : null}
        </p>
      </div>
      {editable === true && row.input.kind !== 'list' && !edited ? (
        <button
          ref={button}
          type="button"
          data-action="edit-setting"
          data-id={key}
          aria-label={`${t('settings.change')}: ${settingName(t, key)}`}
          onClick={onEdit}
        >
          <Pencil aria-hidden />
          {t('settings.change')}
        </button>
      ) : null}
    </div>
  );
};
