import { z } from 'zod';
import { CallFailure } from '../../../shared/contracts/result.ts';
import type { SettingOutcome, SettingRow } from '../../../shared/contracts/settings-view.ts';
import type { Moment } from '../../../shared/domain/decide.ts';
import { audit, type AuditEntry } from '../audit/audit.ts';
import { SETTINGS, SHOWN, type SettingKey, type SettingValue } from '../settings/schema.ts';
import { mergeSettings, type Settings } from '../settings/settings.ts';
import { json, sql, text } from '../store/sql.ts';
import type { Store } from '../store/store.ts';

/** What the desk may see of the device's settings, and change. A change is checked, noted in the audit log, and saved. */

export interface SettingsViewPorts {
  store: Store;
  moment: () => Moment;
  /** As they hold since the start. */
  settings: () => Settings;
  /** Who is signed in, as the audit log names him. @throws CallFailure forbidden */
  actor: (right: 'settings' | 'audit') => string;
  /**
   * Writes the device's own layer; `undefined` takes the key out of it. It is on the disk when this is done.
   * @throws when it could not be written; the file is as it was then
   */
  saveDeviceSettings: (key: SettingKey, value: z.core.util.JSONType | undefined) => Promise<void> | void;
}

type Json = z.core.util.JSONType;
type Source = SettingRow['source'];

/**
 * What may be changed from the desk. Whom the device belongs to and whom it trusts is not among it: that takes access to the
 * machine itself, so a stolen PIN cannot lead a device to another centre. Nor is what takes two people: one of them could
 * do away with the other.
 */
const DESK_MAY_SET: ReadonlySet<SettingKey> = new Set<SettingKey>([
  'centre.proxy',
  'windows.roles',
  'windows.kioskDisplay',
  'screen.inches',
  'scan.camera',
  'printer.kind',
  'printer.host',
  'printer.port',
  'printer.width',
  'printer.speedMmPerS',
  'desk.lockMinutes',
  'desk.warnMinutes',
  'desk.limitMinutes',
  'log.level',
]);
/** Looked at only while the device is not enrolled; all others are read at the start. */
const AT_ENROLMENT: ReadonlySet<SettingKey> = new Set<SettingKey>(['centre.url', 'centre.enrolmentCode']);

const isKey = (key: string): key is SettingKey => Object.hasOwn(SETTINGS, key);
const KEYS = Object.keys(SETTINGS).filter(isKey);

const shown = (key: SettingKey, value: unknown): Json =>
  (typeof value === 'string' ? SHOWN[key]?.(value) : undefined) ?? (value as Json);

interface Shape {
  type?: string;
  enum?: (string | number)[];
  const?: string | number;
  anyOf?: Shape[];
}
/** How a value is typed follows from its schema, so that a new setting needs no line here. */
const inputOf = (key: SettingKey): Pick<SettingRow, 'input' | 'optional'> => {
  const all = z.toJSONSchema(SETTINGS[key].schema) as Shape;
  const parts = (all.anyOf ?? [all]).filter(({ type }) => type !== 'null');
  const optional = (all.anyOf ?? []).some(({ type }) => type === 'null');
  const choices = parts.flatMap((part) => part.enum ?? (part.const === undefined ? [] : [part.const]));
  const type = parts[0]?.type;
  if (choices.length > 0) return { input: { kind: 'choice', of: choices }, optional };
  if (type === 'number' || type === 'integer') return { input: { kind: 'number' }, optional };
  return { input: { kind: type === 'array' ? 'list' : 'text' }, optional };
};
const INPUTS = new Map(KEYS.map((key) => [key, inputOf(key)]));

/** The audit log takes plain values; a list is told as its text. */
const forLog = (value: Json): AuditEntry['detail'][string] =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value;

export const createSettingsView = ({ store, moment, settings, actor, saveDeviceSettings }: SettingsViewPorts) => {
  /** What was changed since the start, unmasked: it holds from the next start on. */
  const changed = new Map<SettingKey, { value: unknown; source: Source }>();

  /** @returns what holds without the device's own layer */
  const beneath = (key: SettingKey): { value: unknown; source: Source } => {
    const rows = store.read((db) => db.all(sql`SELECT key, value FROM centre_setting WHERE key = ${key}`));
    const merged = mergeSettings(new Map(rows.map((row) => [text(row, 'key'), json<unknown>(row, 'value')])), {});
    const source = merged.list().find((one) => one.key === key)?.source ?? 'build';
    return { value: merged.get(key), source };
  };

  const rowOf = (one: ReturnType<Settings['list']>[number], mayChange: boolean): SettingRow => {
    const { key, value, source } = one;
    const waiting = changed.get(key);
    const same = waiting?.source === source && JSON.stringify(waiting.value) === JSON.stringify(settings().get(key));
    const next = same ? null : (waiting ?? null);
    return {
      key,
      value,
      source,
      pending: next && { value: shown(key, next.value), source: next.source },
      effect: AT_ENROLMENT.has(key) ? 'enrolment' : 'restart',
      editable: DESK_MAY_SET.has(key) ? mayChange || 'right' : 'machine',
      masked: SHOWN[key] !== undefined,
      ...(INPUTS.get(key) ?? inputOf(key)),
    };
  };
  const rowFor = (key: SettingKey, mayChange: boolean): SettingRow => {
    const one = settings()
      .list()
      .find((of) => of.key === key);
    if (!one) throw new CallFailure('not-found', `there is no setting ${key}`);
    return rowOf(one, mayChange);
  };
  const mayChange = (): boolean => {
    try {
      actor('settings');
      return true;
    } catch (error) {
      if (!(error instanceof CallFailure) || error.error.code !== 'forbidden') throw error;
      // Who answers for the log may see how the machine is set, and change nothing.
      actor('audit');
      return false;
    }
  };

  const holds = (key: SettingKey): { value: unknown } => changed.get(key) ?? { value: settings().get(key) };
  /** @param value checked already; `undefined` takes the device's own value away */
  const write = async (who: string, key: SettingKey, value: Json | undefined): Promise<void> => {
    const next = value === undefined ? beneath(key) : { value, source: 'device' as const };
    const detail = { before: forLog(shown(key, holds(key).value)), after: forLog(shown(key, next.value)) };
    const note = (action: string): void =>
      store.write((db) => audit(db, { at: moment().at, actor: who, action, entityId: key, detail }));
    // Before it is saved: there is no change without its entry.
    note('settings.set');
    try {
      await saveDeviceSettings(key, value);
    } catch (error) {
      note('settings.not-set');
      throw error;
    }
    changed.set(key, next);
  };

  return {
    /** @returns where that value comes from */
    sourceOf: (key: SettingKey): Source =>
      changed.get(key)?.source ??
      settings()
        .list()
        .find((one) => one.key === key)?.source ??
      'build',
    /** @returns the value that will hold from the next start on */
    holds: <K extends SettingKey>(key: K): SettingValue<K> => holds(key).value as SettingValue<K>,
    /**
     * For a setting that has a page of its own, by which alone it is changed here.
     * @throws whatever `saveDeviceSettings` throws
     */
    write,
    /** @throws CallFailure forbidden */
    list: (): SettingRow[] => {
      const may = mayChange();
      return settings()
        .list()
        .map((one) => rowOf(one, may));
    },
    /**
     * @param value `undefined` takes the device's own value away
     * @throws CallFailure forbidden | not-found (no such setting); whatever `saveDeviceSettings` throws
     */
    set: async ({ key, value }: { key: string; value?: Json | undefined }): Promise<SettingOutcome> => {
      const who = actor('settings');
      if (!isKey(key)) throw new CallFailure('not-found', `there is no setting ${key.slice(0, 100)}`);
      if (!DESK_MAY_SET.has(key)) throw new CallFailure('forbidden', `${key} is set on the machine itself`);
      // `***` may well be a name and a password: what a page was shown must not be saved as one.
      if (SHOWN[key] && typeof value === 'string' && value.includes('***'))
        return { outcome: 'wrong', why: 'hidden', message: `${key}: the hidden part is missing` };
      const checked = value === undefined ? null : SETTINGS[key].schema.safeParse(value);
      if (checked && !checked.success)
        return { outcome: 'wrong', why: 'value', message: `${key}: ${z.prettifyError(checked.error)}` };
      await write(who, key, checked?.data);
      return { outcome: 'saved', row: rowFor(key, true) };
    },
  };
};
export type SettingsView = ReturnType<typeof createSettingsView>;
