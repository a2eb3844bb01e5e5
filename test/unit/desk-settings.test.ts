import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../electron/core/audit/audit.ts';
import { createSettingsView, type SettingsView } from '../../electron/core/desk/settings-view.ts';
import { SETTINGS } from '../../electron/core/settings/schema.ts';
import { mergeSettings } from '../../electron/core/settings/settings.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { settingsMethods, type SettingRow } from '../../shared/contracts/settings-view.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { DEFAULT_RIGHTS, type StaffRole } from '../../shared/domain/rights.ts';
import { groupOf, settingName } from '../../renderer/desk/settings/words.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

/** Settings at the desk: who sees and changes what, what is hidden, and that no change is without its trace. */

const NOW = Date.parse('2026-03-16T12:00:00+03:00');

type JsonValue = SettingRow['value'];

let store: Store;
let role: StaffRole;
let saved: [string, unknown][];
let broken: boolean;
let device: Parameters<typeof mergeSettings>[1];
let view: SettingsView;

beforeEach(() => {
  store = openStore(() => openBetterSqlite3(':memory:'), memoryLog());
  role = 'administrator';
  saved = [];
  broken = false;
  device = {
    'printer.host': '10.0.0.5',
    'centre.proxy': 'http://talon:secret@10.0.0.1:3128',
    'centre.enrolmentCode': 'ONCE1',
  };
  const centre = { 'log.level': 'warn', 'printer.speedMmPerS': 200 };
  store.write((db) => {
    for (const [key, value] of Object.entries(centre))
      db.run({
        text: 'INSERT INTO centre_setting (key, rev, value) VALUES (?, 1, ?)',
        params: [key, JSON.stringify(value)],
      });
  });
  view = createSettingsView({
    store,
    moment: () => exactly(NOW),
    settings: () => mergeSettings(new Map(Object.entries(centre)), device),
    actor: (right) => {
      if (!DEFAULT_RIGHTS[role].includes(right)) throw new CallFailure('forbidden', `the right ${right} is missing`);
      return 'st-boss';
    },
    saveDeviceSettings: async (key, value) => {
      await Promise.resolve();
      if (broken) throw new CallFailure('store-readonly', 'the file cannot be written');
      saved.push([key, value]);
    },
  });
});
afterEach(() => store.close());

const set = (key: string, value: JsonValue | undefined) => view.set(value === undefined ? { key } : { key, value });
const row = (key: string) => {
  const found = view.list().find((one) => one.key === key);
  if (!found) throw new Error(`no setting ${key}`);
  return found;
};
const trace = () =>
  store.read((db) => db.all({ text: 'SELECT actor, action, entity_id, detail FROM audit ORDER BY seq', params: [] }));
const code = (of: string): unknown =>
  expect.objectContaining({ error: expect.objectContaining({ code: of }) as unknown });

describe('what is seen', () => {
  it('is every setting with its layer, its effect and how it is typed, as the contract says', () => {
    const rows = view.list();
    expect(rows.map(({ key }) => key)).toEqual(Object.keys(SETTINGS));
    expect(settingsMethods['settings.view'].output.parse(rows)).toEqual(rows);
    expect(row('printer.kind')).toMatchObject({
      value: 'none',
      source: 'build',
      effect: 'restart',
      editable: true,
      optional: false,
      input: { kind: 'choice', of: ['none', 'tcp'] },
    });
    expect(row('printer.width')).toMatchObject({ input: { kind: 'choice', of: [576, 384] } });
    expect(row('printer.port')).toMatchObject({ input: { kind: 'number' } });
    expect(row('printer.host')).toMatchObject({ source: 'device', input: { kind: 'text' } });
    expect(row('log.level')).toMatchObject({ value: 'warn', source: 'centre' });
    expect(row('centre.caFiles')).toMatchObject({ input: { kind: 'list' }, editable: 'machine' });
    expect(row('centre.url')).toMatchObject({ effect: 'enrolment', editable: 'machine' });
    expect(row('centre.proxy')).toMatchObject({ optional: true, masked: true });
  });

  it('never has a password or a code in it', () => {
    const all = JSON.stringify(view.list());
    expect(all).not.toContain('secret');
    expect(all).not.toContain('ONCE1');
    expect(row('centre.proxy').value).toBe('http://***@10.0.0.1:3128');
  });

  it('is changed by an administrator, only looked at by an auditor, and nothing to others', () => {
    role = 'auditor';
    expect(row('printer.host').editable).toBe('right');
    expect(row('centre.url').editable).toBe('machine');
    for (role of ['receptionist', 'senior'] as const) expect(() => view.list()).toThrow(code('forbidden'));
  });

  it('has a name in words for each setting', () => {
    const named = Object.keys(SETTINGS).filter((key) => settingName(((of: string) => of) as never, key) !== key);
    expect(named).toEqual(Object.keys(SETTINGS));
    expect(Object.keys(SETTINGS).map(groupOf)).not.toContain('other');
  });
});

describe('a change', () => {
  it('is saved, stands in the log, and is shown as waiting for the next start', async () => {
    const outcome = await set('printer.port', 9101);
    expect(outcome).toEqual({ outcome: 'saved', row: row('printer.port') });
    expect(settingsMethods['settings.set'].output.parse(outcome)).toEqual(outcome);
    expect(saved).toEqual([['printer.port', 9101]]);
    expect(row('printer.port')).toMatchObject({
      value: 9100,
      source: 'build',
      pending: { value: 9101, source: 'device' },
    });
    expect(trace()).toEqual([
      { actor: 'st-boss', action: 'settings.set', entity_id: 'printer.port', detail: '{"before":9100,"after":9101}' },
    ]);
    expect(store.read(verifyAudit)).toBeNull();
  });

  it('waits no more when the program has taken it, or when it was taken back', async () => {
    await set('printer.port', 9101);
    device = { ...device, 'printer.port': 9101 };
    expect(row('printer.port')).toMatchObject({ value: 9101, source: 'device', pending: null });
    await set('printer.port', 9102);
    expect(row('printer.port').pending).toEqual({ value: 9102, source: 'device' });
    await set('printer.port', 9101);
    expect(row('printer.port').pending).toBeNull();
  });

  it('can be taken out of this layer: then the centre is heard again, or what was built in', async () => {
    device = { ...device, 'log.level': 'debug' };
    await set('log.level', undefined);
    expect(saved).toEqual([['log.level', undefined]]);
    expect(row('log.level')).toMatchObject({ value: 'debug', pending: { value: 'warn', source: 'centre' } });
    await set('printer.host', undefined);
    expect(row('printer.host').pending).toEqual({ value: '127.0.0.1', source: 'build' });
  });

  it.each([
    ['printer.port', 0, 'value'],
    ['printer.port', 70_000, 'value'],
    ['printer.port', '9100', 'value'],
    ['printer.port', null, 'value'],
    ['printer.width', 500, 'value'],
    ['printer.kind', 'usb', 'value'],
    ['printer.host', '', 'value'],
    ['centre.proxy', 'https://10.0.0.1', 'value'],
    ['centre.proxy', 'http://***@10.0.0.1:3128', 'hidden'],
  ] as const)('of %s to %j is refused with what is wrong, and changes nothing', async (key, value, why) => {
    const before = view.list();
    const outcome = await set(key, value);
    expect(outcome).toMatchObject({ outcome: 'wrong', why });
    expect(outcome).toHaveProperty('message', expect.stringContaining(key));
    expect([saved, trace(), view.list()]).toEqual([[], [], before]);
  });

  it('hides in the log what is hidden on the screen', async () => {
    await set('centre.proxy', 'http://other:word@10.0.0.2:3128');
    expect(trace()).toMatchObject([
      { detail: '{"before":"http://***@10.0.0.1:3128","after":"http://***@10.0.0.2:3128"}' },
    ]);
    expect(row('centre.proxy').pending?.value).toBe('http://***@10.0.0.2:3128');
    await set('centre.proxy', null);
    expect(row('centre.proxy').pending).toEqual({ value: null, source: 'device' });
    await set('centre.proxy', 'http://10.0.0.3:3128');
    expect(trace().at(-1)).toMatchObject({ detail: '{"before":null,"after":"http://10.0.0.3:3128"}' });
  });

  it('that could not be saved is told so, and the log says that it failed', async () => {
    broken = true;
    await expect(set('printer.port', 9101)).rejects.toEqual(code('store-readonly'));
    expect(row('printer.port').pending).toBeNull();
    expect(trace().map(({ action }) => action)).toEqual(['settings.set', 'settings.not-set']);
  });

  it('of whom the device trusts and belongs to takes the machine itself', async () => {
    for (const key of ['centre.url', 'centre.enrolmentCode', 'centre.caFiles', 'centre.pins'])
      await expect(set(key, null)).rejects.toEqual(code('forbidden'));
    await expect(set('no.such', 1)).rejects.toEqual(code('not-found'));
    await expect(set('constructor', 1)).rejects.toEqual(code('not-found'));
    role = 'auditor';
    await expect(set('printer.port', 9101)).rejects.toEqual(code('forbidden'));
    expect([saved, trace()]).toEqual([[], []]);
  });
});
