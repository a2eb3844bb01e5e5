import { BrowserWindow, Menu, app, dialog, powerSaveBlocker, session } from 'electron';
import type { WebContents } from 'electron';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { appContract } from '../../shared/contracts/app.ts';
import { forbiddenSwitch, parseArgs } from './args.ts';
import type { Args } from './args.ts';
import { coreSpawner } from './core-process.ts';
import { deliver, openGate } from './gate.ts';
import { createLog } from './log.ts';
import { readMachine, type Machine } from './machine.ts';
import type { FileLog } from './log.ts';
import type { WindowRole } from './origin.ts';
import { lockSession } from './permissions.ts';
import { registerAppScheme, serveApp } from './protocol.ts';
import { createSupervisor } from './supervisor.ts';
import type { Supervisor } from './supervisor.ts';
import { lockContents, openWindow } from './windows.ts';

/** Puts the app together. Decisions live in the modules that this one connects. */

/** Without `persist:` nothing of a visitor outlives the process. */
const partitionOf = (role: WindowRole): string => `talon-${role}`;
/** Longest that quitting waits for the core, in milliseconds. */
const QUIT_LIMIT_MS = 6000;

function main(): void {
  // A developer's root account cannot have the system's sandbox (`--no-sandbox`, which no release accepts): there the
  // helper processes would not start with this. The pages are sandboxed by their windows' preferences all the same.
  if (app.isPackaged || !app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  registerAppScheme();
  const args = readArgs();
  if (args === null) return app.exit(2);
  const userData = app.getPath('userData');
  const dataDir = args.data ?? path.join(userData, 'data');
  const defaultConfig = path.join(userData, 'talon.json');
  const configFile = args.config ?? ownConfig(defaultConfig);
  // The browser's own folder decides which second start is refused: one app per data folder.
  if (args.data !== null) app.setPath('userData', path.join(args.data, 'shell'));
  const log = createLog(path.join(dataDir, 'logs'));
  if (!app.requestSingleInstanceLock()) {
    log.warn('app.second-instance');
    return app.exit(0);
  }
  log.info('app.starting', {
    version: app.getVersion(),
    electron: process.versions.electron,
    packaged: app.isPackaged,
  });
  const machine = readMachine(configFile, dataDir);
  run({ args, machine: { ...machine, roles: args.roles ?? machine.roles }, dataDir, configFile, log });
}

interface Setup {
  args: Args;
  machine: Machine;
  dataDir: string;
  configFile: string | null;
  log: FileLog;
}

function run({ args, machine, dataDir, configFile, log }: Setup): void {
  const appDir = app.getAppPath();
  const packaged = app.isPackaged;
  const developer = !packaged;
  const roles = new Map<number, WindowRole>();
  const roleOf = (contents: number): WindowRole | null => roles.get(contents) ?? null;

  const supervisor = createSupervisor({
    spawn: lazily(() =>
      coreSpawner({
        entry: path.join(appDir, 'out', 'core', 'entry.cjs'),
        appDir,
        packaged,
        onLine: (line) => log.foreign('core', line),
      }),
    ),
    start: { dataDir, configFile, resourcesDir: packaged ? process.resourcesPath : path.join(appDir, 'resources') },
    clock: {
      now: () => performance.now(),
      after: (ms, then) => {
        const timer = setTimeout(then, ms);
        return () => clearTimeout(timer);
      },
    },
    log,
  });
  const tell = (contents: WebContents, event: string, payload: unknown): void => {
    const role = roleOf(contents.id);
    if (role !== null) deliver(contents, role, event, payload, { contract: appContract, log });
  };
  const send = (event: string, payload: unknown): void => {
    for (const window of BrowserWindow.getAllWindows()) tell(window.webContents, event, payload);
  };
  supervisor.onEvent((event, payload) => {
    if (event === 'device.restart') {
      log.info('app.restarting');
      app.relaunch();
      app.quit();
      return;
    }
    send(event, payload);
  });
  supervisor.onState((state) => send('core.link', { state }));
  for (const role of machine.roles) openGate(role, { contract: appContract, roleOf, forward: supervisor.call, log });

  app.on('web-contents-created', (_event, contents) => lockContents(contents, roleOf, log));
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, decide) => {
    event.preventDefault();
    decide(false);
  });
  app.on('select-client-certificate', (event) => event.preventDefault());
  app.on('child-process-gone', (_event, { type, reason, exitCode, serviceName }) => {
    log.warn('process.gone', { type, reason, exitCode, serviceName });
  });
  let quitting = false;
  app.on('before-quit', () => {
    quitting = true;
  });
  const open = (role: WindowRole): void => {
    openWindow(
      {
        role,
        preload: path.join(appDir, 'out', 'preload', `${role}.cjs`),
        partition: partitionOf(role),
        size: args.window,
        kioskDisplay: machine.kioskDisplay,
        developer,
        log,
        quitting: () => quitting,
        // To the window that has the focus: the scanner of the desk is nothing to the kiosk.
        onRead: (contents, text) => tell(contents, 'scan.read', { text, source: 'wedge' }),
        onLoaded: (contents) => tell(contents, 'core.link', { state: supervisor.state }),
      },
      (contents) => {
        const { id } = contents;
        roles.set(id, role);
        contents.once('destroyed', () => roles.delete(id));
      },
    );
  };
  // A kiosk without its window is of no use to anybody, however that came about. A desk is closed in the evening.
  const kiosk = machine.roles.includes('kiosk') && args.window === null;
  app.on('window-all-closed', () => (quitting || !kiosk ? app.quit() : open('kiosk')));
  quitInOrder(supervisor, log);

  void app.whenReady().then(() => {
    Menu.setApplicationMenu(null);
    if (kiosk) powerSaveBlocker.start('prevent-display-sleep');
    for (const role of machine.roles) {
      const own = session.fromPartition(partitionOf(role), { cache: false });
      lockSession(own, role, { developer, log });
      serveApp(own, role, path.join(appDir, 'out', 'renderer'), log);
    }
    // Nothing runs in it. What would, could do no more than a kiosk's page.
    lockSession(session.defaultSession, 'kiosk', { developer, log });
    supervisor.start();
    for (const role of machine.roles) open(role);
  });
}

/** The device's own settings; a machine that has none yet gets an empty file, which the first-start page fills. */
function ownConfig(file: string): string | null {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    if (!existsSync(file)) writeFileSync(file, '{ "version": 1, "settings": {} }\n', { mode: 0o600, flag: 'wx' });
    return file;
  } catch {
    // A disk that cannot be written: the program runs by what is built in and by what the centre says.
    return null;
  }
}

/** Made at the first use, so that a runtime that cannot run the core is a failed start with a message, not a crash. */
function lazily<T>(make: () => () => T): () => T {
  let made: (() => T) | null = null;
  return () => (made ??= make())();
}

/** The core is stopped before the app goes, within a limit. */
function quitInOrder(supervisor: Supervisor, log: FileLog): void {
  let state: 'running' | 'stopping' | 'stopped' = 'running';
  app.on('will-quit', (event) => {
    if (state === 'stopped') return;
    event.preventDefault();
    if (state === 'stopping') return;
    state = 'stopping';
    const limit = new Promise<void>((resolve) => setTimeout(resolve, QUIT_LIMIT_MS));
    void Promise.race([supervisor.stop(), limit]).then(() => {
      state = 'stopped';
      log.info('app.stopped');
      app.exit(0);
    });
  });
}

function readArgs(): Args | null {
  const strict = app.isPackaged;
  const forbidden = strict ? forbiddenSwitch((name) => app.commandLine.hasSwitch(name)) : null;
  const parsed =
    forbidden === null
      ? parseArgs(process.argv.slice(1), { strict, cwd: process.cwd() })
      : { ok: false as const, message: `Talon does not run with --${forbidden}.` };
  if (parsed.ok) return parsed.args;
  process.stderr.write(`${parsed.message}\n`);
  // Started by hand without a terminal there is nobody to read standard error; in an unattended start nobody closes a box.
  if (process.platform === 'win32' && !process.stdout.isTTY) dialog.showErrorBox('Talon', parsed.message);
  return null;
}

main();
