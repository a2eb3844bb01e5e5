import type { WebPreferences } from 'electron';
import { isAppUrl, isEntryPage } from './origin.ts';
import type { WindowRole } from './origin.ts';

/** What the windows may do, as decisions that need no Electron: all of it is `no` unless a line here says yes. */

/** Preferences of every window's page. `webSecurity` and the like are never named: their defaults are the safe ones. */
export const webPreferences = (options: {
  preload: string;
  partition: string;
  developer: boolean;
}): WebPreferences => ({
  preload: options.preload,
  partition: options.partition,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
  devTools: options.developer,
  // The screen speaks when a scanner reads something: nobody has touched the page then.
  autoplayPolicy: 'no-user-gesture-required',
  // A clock and a time-out that stand still because another window has the focus would strand a visitor.
  backgroundThrottling: false,
});

// --- Where a page may go ---------------------------------------------------------------------------------------------

/** A page may load itself anew. It may go nowhere else, not even to another file of its own origin. */
export const mayNavigate = (url: string, role: WindowRole, isMainFrame: boolean): boolean =>
  isMainFrame && isEntryPage(url, role);

/** Every request of the pages is to their own origin or stays in memory; the network is the core's business. */
export const mayRequest = (url: string, role: WindowRole, developer: boolean): boolean => {
  if (isAppUrl(url, role)) return true;
  if (url.startsWith(`blob:app://${role}/`) || url.startsWith('data:')) return true;
  return developer && url.startsWith('devtools://');
};

/** A file that the desk's page made itself, as a blob; nothing from elsewhere, and nothing at a kiosk. */
export const mayDownload = (url: string, role: WindowRole): boolean =>
  role === 'desk' && url.startsWith('blob:app://desk/');

// --- Permissions -----------------------------------------------------------------------------------------------------

export interface PermissionQuestion {
  permission: string;
  /** The origin or URL that asks; empty when the browser does not say. */
  origin: string;
  isMainFrame: boolean;
  /** Kinds of media asked for, where the permission is `media`. */
  media: readonly string[];
}

/**
 * The camera, for the code reader; the desk's page tries it at the first start. Nothing else: no sound recording, no
 * location, no files.
 */
export const mayUse = ({ permission, origin, isMainFrame, media }: PermissionQuestion, role: WindowRole): boolean =>
  permission === 'media' && isMainFrame && isAppUrl(origin, role) && media.length === 1 && media[0] === 'video';

// --- Keys ------------------------------------------------------------------------------------------------------------

/** The part of Electron's `Input` that the policy looks at. */
export interface KeyInput {
  key: string;
  code: string;
  control: boolean;
  alt: boolean;
  meta: boolean;
}

/** Keys beyond F1-F12 that leave the page, change the window or call the system. */
const BLOCKED_KEYS = new Set([
  'AppSwitch',
  'BrowserBack',
  'BrowserFavorites',
  'BrowserForward',
  'BrowserHome',
  'BrowserRefresh',
  'BrowserSearch',
  'BrowserStop',
  'Close',
  'ContextMenu',
  'Copy',
  'Cut',
  'Find',
  'Help',
  'Hibernate',
  'LogOff',
  'New',
  'Open',
  'Paste',
  'Power',
  'PowerOff',
  'Print',
  'PrintScreen',
  'Props',
  'Save',
  'Sleep',
  'Standby',
  'WakeUp',
  'ZoomIn',
  'ZoomOut',
  'ZoomToggle',
]);

/** With Ctrl, in a field of the desk. */
const EDITING_KEYS = new Set([
  'KeyA',
  'KeyC',
  'KeyV',
  'KeyX',
  'KeyY',
  'KeyZ',
  'ArrowLeft',
  'ArrowRight',
  'Backspace',
  'Delete',
  'Home',
  'End',
]);

const MODIFIERS = new Set(['Alt', 'AltGraph', 'CapsLock', 'Control', 'Meta', 'NumLock', 'Shift']);

/**
 * Whether a key is kept from the page and the browser. Free are text, Enter, Tab, Space, Escape, Backspace, the arrows and
 * their like, and F13-F24, which the tactile keypads of accessible kiosks send. With Ctrl, Alt or the system key: nothing.
 *
 * At a desk the function keys are the program's own, and a text may be edited as everywhere.
 *
 * @param developer lets Ctrl+R and Ctrl+Shift+I through
 */
export function isBlockedKey(input: KeyInput, role: WindowRole, developer: boolean): boolean {
  const { key, code, control, alt, meta } = input;
  if (MODIFIERS.has(key)) return key === 'Meta';
  if (developer && control && !alt && !meta && (code === 'KeyR' || code === 'KeyI')) return false;
  const editing = control && !alt && !meta && EDITING_KEYS.has(code);
  if (role === 'desk' && (editing || (!control && !alt && !meta && /^F([1-9]|10)$/.test(key)))) return false;
  if (control || alt || meta) return true;
  if (/^F([1-9]|1[0-2])$/.test(key)) return true;
  return BLOCKED_KEYS.has(key) || /^(Launch|Media|AudioVolume|Brightness|Mail|TV)/.test(key);
}

// --- Coming back -----------------------------------------------------------------------------------------------------

/**
 * How long to wait before the next attempt to bring something back, given the times of the earlier ones: at once a few
 * times, then once a minute. It never gives up: nobody stands by a kiosk at night.
 */
export function reloadDelay(attempts: readonly number[], now: number): number {
  const recent = attempts.filter((at) => now - at < 60_000).length;
  return recent < 5 ? 250 * 2 ** recent - 250 : 60_000;
}
