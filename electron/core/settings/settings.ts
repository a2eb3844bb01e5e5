import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { z } from 'zod';
import {
  CENTRE_MAY_SET,
  CENTRE_ONLY,
  SETTINGS,
  SHOWN,
  settingsFile,
  type SettingKey,
  type SettingSource,
  type SettingValue,
} from './schema.ts';

/** A settings file that cannot be used: `message` names the file, the key, and what is expected. */
export class SettingsError extends Error {
  override name = 'SettingsError';
}

export interface Settings {
  get<K extends SettingKey>(key: K): SettingValue<K>;
  /** Every setting with its value and the layer it comes from. Secrets are not settings. */
  list(): { key: SettingKey; value: z.core.util.JSONType; source: SettingSource }[];
}

type Layer = Partial<Record<SettingKey, unknown>>;

const isKey = (key: string): key is SettingKey => Object.hasOwn(SETTINGS, key);

/**
 * @returns the device's layer: what stands in the file, checked; empty without a file name
 * @throws SettingsError when the file cannot be read, is no JSON, or has an unknown key or a wrong value: a device must
 *   not run with half of what its administrator wrote
 */
export const readSettingsFile = (file: string | null): Layer => {
  if (file === null) return {};
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new SettingsError(`settings file ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = settingsFile.safeParse(raw);
  if (!parsed.success) throw new SettingsError(`settings file ${file}: ${z.prettifyError(parsed.error)}`);
  for (const [key, value] of Object.entries(parsed.data.settings)) {
    if (!isKey(key)) continue;
    const checked = SETTINGS[key].schema.safeParse(value);
    if (!checked.success) throw new SettingsError(`settings file ${file}: ${key}: ${z.prettifyError(checked.error)}`);
  }
  return parsed.data.settings;
};

/**
 * Writes one setting of the device's layer; without a value it is taken out. Beside the file and renamed over it, so that
 * it is there whole at any moment.
 * @throws SettingsError when the value does not fit, or the device was started without a settings file
 * @throws Error when it cannot be written
 */
export const writeSetting = (file: string | null, key: SettingKey, value: z.core.util.JSONType | undefined): void => {
  if (file === null) throw new SettingsError('this device was started without a settings file: there is none to write');
  if (value !== undefined) {
    const checked = SETTINGS[key].schema.safeParse(value);
    if (!checked.success) throw new SettingsError(`${key}: ${z.prettifyError(checked.error)}`);
  }
  const settings: Record<string, unknown> = existsSync(file) ? { ...readSettingsFile(file) } : {};
  if (value === undefined) delete settings[key];
  else settings[key] = value;
  const beside = `${file}.new`;
  const fd = openSync(beside, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify({ version: 1, settings }, null, 2)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, file);
};

/**
 * Build < centre < device.
 * @param centre the rows of `centre_setting`; what the centre may not set, or what does not fit, is left out
 * @param ignored told of each row that was left out
 */
export const mergeSettings = (
  centre: ReadonlyMap<string, unknown>,
  device: Layer,
  ignored: (key: string, why: string) => void = () => undefined,
): Settings => {
  const values = new Map<SettingKey, { value: unknown; source: SettingSource }>();
  for (const key of Object.keys(SETTINGS).filter(isKey))
    values.set(key, { value: SETTINGS[key].value, source: 'build' });
  for (const [key, value] of centre) {
    if (CENTRE_ONLY.includes(key)) continue;
    if (!isKey(key) || !CENTRE_MAY_SET.includes(key)) ignored(key, 'not a setting of the centre');
    else if (!SETTINGS[key].schema.safeParse(value).success) ignored(key, 'the value does not fit');
    else values.set(key, { value, source: 'centre' });
  }
  for (const key of Object.keys(device).filter(isKey)) values.set(key, { value: device[key], source: 'device' });
  return {
    get: <K extends SettingKey>(key: K) => values.get(key)?.value as SettingValue<K>,
    list: () =>
      [...values].map(([key, { value, source }]) => ({
        key,
        value: (typeof value === 'string' ? SHOWN[key]?.(value) : undefined) ?? (value as z.core.util.JSONType),
        source,
      })),
  };
};
