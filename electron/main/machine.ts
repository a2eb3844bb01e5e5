import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WINDOW_ROLES, type WindowRole } from './origin.ts';

/** What the device's file says about its windows. Main looks at nothing else in it; the core reads and checks all of it. */
export interface Machine {
  roles: readonly WindowRole[];
  kioskDisplay: 'main' | 'other';
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * A machine that has neither settings nor data is new: its first start is the desk's, where it is set up. One whose file
 * cannot be read is a kiosk, which says what is the matter.
 * @param configFile the device's settings, null when there are none
 */
export const readMachine = (configFile: string | null, dataDir: string): Machine => {
  let settings: Record<string, unknown>;
  try {
    settings = configFile === null ? {} : asRecord(asRecord(JSON.parse(readFileSync(configFile, 'utf8')))['settings']);
  } catch {
    return { roles: ['kiosk'], kioskDisplay: 'main' };
  }
  const said = settings['windows.roles'];
  const roles = Array.isArray(said) ? WINDOW_ROLES.filter((role) => said.includes(role)) : [];
  const isNew = Object.keys(settings).length === 0 && !existsSync(path.join(dataDir, 'talon.db'));
  return {
    roles: roles.length > 0 ? roles : [isNew ? 'desk' : 'kiosk'],
    kioskDisplay: settings['windows.kioskDisplay'] === 'other' ? 'other' : 'main',
  };
};
