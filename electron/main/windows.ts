import { BrowserWindow, screen } from 'electron';
import type { WebContents } from 'electron';
import { isBlockedKey, mayNavigate, reloadDelay, webPreferences } from './lockdown.ts';
import type { Log } from './log.ts';
import { appUrl, isEntryPage } from './origin.ts';
import type { WindowRole } from './origin.ts';
import { createWedge } from './wedge.ts';

export interface WindowOptions {
  role: WindowRole;
  preload: string;
  partition: string;
  /** Size of the contents of a plain window; null = the whole screen, as a kiosk. */
  size: { width: number; height: number } | null;
  /** Which of two displays is the kiosk's. */
  kioskDisplay: 'main' | 'other';
  developer: boolean;
  log: Log;
  /** Whether the app is on its way out: until then a kiosk's window stays, whoever wants to close it. */
  quitting: () => boolean;
  /** A keyboard-wedge scanner has read something while this window had the focus. */
  onRead: (contents: WebContents, text: string) => void;
  /** The page stands (again) and listens. */
  onLoaded: (contents: WebContents) => void;
}

/** A page that does not answer for this long is thrown away, in milliseconds. */
const UNRESPONSIVE_LIMIT_MS = 10_000;

/** @param onContents told the id of the new web contents before its page loads, so that the gate knows it */
export function openWindow(options: WindowOptions, onContents: (contents: WebContents) => void): BrowserWindow {
  const { role, preload, partition, size, kioskDisplay, developer } = options;
  const kiosk = role === 'kiosk' && size === null;
  const window = new BrowserWindow({
    ...(kiosk
      ? { ...KIOSK, ...displayOf('kiosk', kioskDisplay).bounds }
      : role === 'desk' && size === null
        ? { ...DESK, ...displayOf('desk', kioskDisplay).workArea }
        : { ...size, useContentSize: true, fullscreenable: false }),
    show: false,
    backgroundColor: '#ffffff',
    title: 'Talon',
    autoHideMenuBar: true,
    webPreferences: webPreferences({ preload, partition, developer }),
  });
  onContents(window.webContents);
  window.removeMenu();
  window.once('ready-to-show', () => (role === 'desk' && size === null ? window.maximize() : window.show()));
  // The page's title is not the window's.
  window.on('page-title-updated', (event) => event.preventDefault());
  if (kiosk) {
    keepOnTop(window);
    // Alt+F4, a window list of the desktop. (A page that closes itself asks nobody: the app then opens a new window.)
    window.on('close', (event) => {
      if (!options.quitting()) event.preventDefault();
    });
  }
  bringBack(window, options);
  readKeys(window.webContents, options);
  if (role === 'kiosk') holdZoom(window.webContents);
  else stepZoom(window.webContents);
  window.webContents.on('did-finish-load', () => options.onLoaded(window.webContents));
  void window.loadURL(appUrl(role)).catch((error: unknown) => {
    options.log.error('window.load-failed', { role, error: String(error) });
  });
  return window;
}

const KIOSK = {
  kiosk: true,
  fullscreen: true,
  frame: false,
  closable: false,
  minimizable: false,
  maximizable: false,
  movable: false,
  resizable: false,
  skipTaskbar: true,
} as const;

const DESK = { minWidth: 960, minHeight: 600 } as const;
/** Kiosk and desk stand on different displays, where there are two. */
const displayOf = (role: WindowRole, kioskDisplay: 'main' | 'other') => {
  const main = screen.getPrimaryDisplay();
  const onMain = (role === 'kiosk') === (kioskDisplay === 'main');
  return onMain ? main : (screen.getAllDisplays().find(({ id }) => id !== main.id) ?? main);
};

/** From the moment a window of ours loses the focus until another has it. */
const FOCUS_MOVES_MS = 200;

/** What covers the kiosk is covered again: a dialog of the system, a notification, a changed display. */
function keepOnTop(window: BrowserWindow): void {
  const assert = (): void => {
    if (window.isDestroyed()) return;
    window.setAlwaysOnTop(true, 'screen-saver');
    if (!window.isKiosk()) window.setKiosk(true);
    window.moveTop();
    window.focus();
  };
  window.once('show', assert);
  // A desk on the other display is ours too: whoever works there keeps the keyboard.
  window.on('blur', () => {
    setTimeout(() => {
      if (BrowserWindow.getFocusedWindow() === null) assert();
    }, FOCUS_MOVES_MS);
  });
  window.on('leave-full-screen', assert);
  window.on('minimize', assert);
  screen.on('display-metrics-changed', assert);
  screen.on('display-added', assert);
  screen.on('display-removed', assert);
  window.on('closed', () => {
    screen.off('display-metrics-changed', assert);
    screen.off('display-added', assert);
    screen.off('display-removed', assert);
  });
}

/** A page that died, hangs or did not load is loaded anew, ever more rarely but without end. */
function bringBack(window: BrowserWindow, { role, log }: WindowOptions): void {
  const contents = window.webContents;
  let attempts: number[] = [];
  let waiting: NodeJS.Timeout | null = null;
  let hung: NodeJS.Timeout | null = null;
  const again = (): void => {
    if (waiting !== null || window.isDestroyed()) return;
    const now = performance.now();
    const delay = reloadDelay(attempts, now);
    attempts = [...attempts.filter((at) => now - at < 60_000), now];
    waiting = setTimeout(() => {
      waiting = null;
      if (!window.isDestroyed()) void contents.loadURL(appUrl(role)).catch(() => {});
    }, delay);
  };
  contents.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.error('window.gone', { role, reason, exitCode });
    if (reason !== 'clean-exit') again();
  });
  contents.on('did-fail-load', (_event, code, description, url, isMainFrame) => {
    // -3 is ABORTED: a navigation that was refused or replaced.
    if (!isMainFrame || code === -3) return;
    log.error('window.load-failed', { role, code, description, url: url.slice(0, 200) });
    again();
  });
  // Chromium asks nobody about `about:blank`; a page that got there would leave the visitor with an empty screen.
  contents.on('did-navigate', (_event, url) => {
    if (isEntryPage(url, role)) return;
    log.warn('window.astray', { role, url: url.slice(0, 200) });
    again();
  });
  window.on('unresponsive', () => {
    log.warn('window.unresponsive', { role });
    hung ??= setTimeout(() => contents.forcefullyCrashRenderer(), UNRESPONSIVE_LIMIT_MS);
  });
  const responsive = (): void => {
    if (hung !== null) clearTimeout(hung);
    hung = null;
  };
  window.on('responsive', responsive);
  contents.on('render-process-gone', responsive);
  window.on('closed', () => {
    responsive();
    if (waiting !== null) clearTimeout(waiting);
  });
}

/** Scanner first (its keys are no shortcuts), then the policy. */
function readKeys(contents: WebContents, { role, developer, onRead }: WindowOptions): void {
  const wedge = createWedge({
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    onRead: (text) => onRead(contents, text),
  });
  contents.on('before-input-event', (event, input) => {
    const kept =
      (input.type === 'keyDown' || input.type === 'keyUp') &&
      wedge.feed({
        type: input.type,
        code: input.code,
        shift: input.shift,
        control: input.control,
        alt: input.alt,
        meta: input.meta,
        repeat: input.isAutoRepeat,
        composing: input.isComposing,
        at: performance.now(),
      });
    if (kept || isBlockedKey(input, role, developer)) event.preventDefault();
  });
}

function holdZoom(contents: WebContents): void {
  const hold = (): void => {
    if (contents.isDestroyed()) return;
    contents.setZoomFactor(1);
    contents.setVisualZoomLevelLimits(1, 1).catch(() => {});
  };
  contents.on('did-finish-load', hold);
  contents.on('zoom-changed', (event) => {
    event.preventDefault();
    hold();
  });
}

/** Larger and smaller by Ctrl with plus, minus, zero or the wheel: a desk is worked at all day. */
function stepZoom(contents: WebContents): void {
  const set = (factor: number): void =>
    contents.setZoomFactor(Math.min(2, Math.max(0.8, Math.round(factor * 10) / 10)));
  contents.on('zoom-changed', (event, direction) => {
    event.preventDefault();
    set(contents.getZoomFactor() + (direction === 'in' ? 0.1 : -0.1));
  });
  contents.on('before-input-event', (event, { type, control, alt, code }) => {
    if (type !== 'keyDown' || !control || alt) return;
    const step = { Equal: 0.1, NumpadAdd: 0.1, Minus: -0.1, NumpadSubtract: -0.1 }[code];
    if (step === undefined && code !== 'Digit0' && code !== 'Numpad0') return;
    event.preventDefault();
    set(step === undefined ? 1 : contents.getZoomFactor() + step);
  });
}

/** For every web contents there will ever be, also ones that nobody meant to make. */
export function lockContents(contents: WebContents, roleOf: (id: number) => WindowRole | null, log: Log): void {
  const refuse = (event: { preventDefault: () => void }, what: string, url: string): void => {
    log.warn('navigation.refused', { what, url: url.slice(0, 200) });
    event.preventDefault();
  };
  const may = (url: string, isMainFrame: boolean): boolean => {
    const role = roleOf(contents.id);
    return role !== null && mayNavigate(url, role, isMainFrame);
  };
  contents.on('will-navigate', (event) => {
    if (!may(event.url, true)) refuse(event, 'will-navigate', event.url);
  });
  contents.on('will-frame-navigate', (event) => {
    if (!may(event.url, event.isMainFrame)) refuse(event, 'will-frame-navigate', event.url);
  });
  contents.on('will-redirect', (event) => refuse(event, 'will-redirect', event.url));
  contents.on('will-attach-webview', (event) => refuse(event, 'will-attach-webview', ''));
  contents.on('will-prevent-unload', (event) => event.preventDefault());
  contents.on('context-menu', (event) => event.preventDefault());
  contents.on('select-bluetooth-device', (event, _devices, choose) => {
    event.preventDefault();
    choose('');
  });
  contents.on('login', (event, _details, _auth, cancel) => {
    event.preventDefault();
    cancel();
  });
  contents.setWindowOpenHandler(({ url }) => {
    log.warn('window.refused', { url: url.slice(0, 200) });
    return { action: 'deny' };
  });
}
