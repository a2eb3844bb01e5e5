import type { ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { _electron } from 'playwright-core';
import type { ElectronApplication, Page } from 'playwright-core';
import { ensureBuilt } from './build.ts';
import { ensureSystemLibraries, withDisplay } from './display.ts';
import type { Display } from './display.ts';
import { ROOT, TEST_OUTPUT, cacheFolder } from './paths.ts';
import { dieWithParent, guard, release } from './proc.ts';
import { MARK, describe, eventually, killTree, processTree, signalAll, stillAlive } from './processes.ts';
import type { ProcessInfo } from './processes.ts';
import { resolveElectron } from './runtime.ts';

/** The app for a test: a real Electron with a data folder and a display of its own, driven by Playwright. */

interface LaunchOptions {
  /** Folder for the app's data. A new one that goes with the app unless told; one that is told is kept. */
  readonly userData?: string;
  /** Device settings: written as JSON to `talon.json` in the data folder before the start. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Chromium switches and arguments of the app, e.g. `fakeCamera(file)`. */
  readonly args?: readonly string[];
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Screen size in pixels of the display that is made (Linux), or a display to share; 1080x1920 unless told. */
  readonly display?: Display | { readonly width: number; readonly height: number };
  /** Wants what only tests need on the system, too; yes unless told. */
  readonly forTests?: boolean;
  /** Folder of the app with its package.json; the built Talon unless told. */
  readonly appDir?: string;
}

export interface Talon {
  readonly app: ElectronApplication;
  /** The first window. */
  readonly page: Page;
  /** Folder of the app's data. */
  readonly userData: string;
  readonly display: Display;
  readonly pid: number;
  /** All that the app said so far, a line each: console, page errors, stderr, exit. */
  readonly logs: readonly string[];
  /** The first window, open or to come, that fits. */
  window(fits: (page: Page) => boolean | Promise<boolean>, timeoutMs?: number): Promise<Page>;
  /** `logs` and the processes that live, for a failure's message. */
  report(): string;
  /**
   * Quits the app and makes sure that nothing is left: no process, no display, no data folder.
   * @throws when it does not quit in 15 seconds, or leaves a process behind (killed then, and named)
   */
  close(): Promise<void>;
  /** Ends it as a power cut does: SIGKILL for every process at once. The data folder stays for the next start. */
  crash(): Promise<void>;
}

/** For Electron itself; an idle machine takes a second. */
const LAUNCH_LIMIT_MS = 30_000;
const QUIT_LIMIT_MS = 15_000;
const ORPHAN_LIMIT_MS = 5000;

const running = new Set<RunningTalon>();

/** The apps that run now, for what is told when a test fails. */
export const runningApps = (): readonly RunningTalon[] => [...running];

/** @throws when no runtime or display can be had, or the app shows no window in time; with what the app said */
export async function launchTalon(options: LaunchOptions = {}): Promise<Talon> {
  const runtime = await prepare(options.forTests ?? true);
  if (options.appDir === undefined) await ensureBuilt();

  const userData = options.userData ?? (await mkdtemp(path.join(tmpdir(), 'talon-data-')));
  await mkdir(userData, { recursive: true });
  if (options.config !== undefined) {
    await writeFile(path.join(userData, 'talon.json'), JSON.stringify(options.config), { mode: 0o600 });
  }
  const size = options.display ?? { width: 1080, height: 1920 };
  const ownDisplay = 'close' in size ? null : await withDisplay({ ...size, headless: wantsHeadless() });
  const display = ownDisplay ?? (size as Display);
  const cleanUp = async (): Promise<void> => {
    await ownDisplay?.close();
    if (options.userData === undefined) await rm(userData, { recursive: true, force: true, maxRetries: 5 });
  };

  const mark = randomUUID();
  const logs = new Log();
  const stopWatching = watchOutput(`--user-data-dir=${userData}`, logs);
  const asRoot = process.getuid?.() === 0;
  let app: ElectronApplication;
  const executablePath = await mortalProgram(runtime.executablePath);
  const launch = (): Promise<ElectronApplication> =>
    _electron.launch({
      executablePath,
      // Chromium refuses to run as root with its sandbox; everybody else tests with the sandbox that the product has.
      chromiumSandbox: !asRoot,
      args: [
        ...(asRoot ? ['--no-sandbox'] : []),
        // Xvfb has no GPU: without this its process is tried and given up at each start, and now and then under load the
        // window is left without a single frame.
        ...(display.headless ? ['--disable-gpu'] : []),
        `--user-data-dir=${userData}`,
        ...(options.args ?? []).filter((argument) => argument.startsWith('-')),
        options.appDir ?? ROOT,
        ...(options.args ?? []).filter((argument) => !argument.startsWith('-')),
      ],
      env: environment({ ...display.env, ...options.env, [MARK]: mark }),
      cwd: ROOT,
      timeout: LAUNCH_LIMIT_MS,
    });
  try {
    app = await launch().catch(async (error: unknown) => {
      // On a loaded machine the runtime now and then stands still before it has run a line of the app. Once more; what
      // the app itself does wrong it does again.
      if (!(error instanceof Error) || !error.message.includes('Timeout')) throw error;
      console.log(`NOTE: Electron did not come up within ${LAUNCH_LIMIT_MS / 1000} s, and is started once more.`);
      await killTree(-1, mark);
      return launch();
    });
  } catch (error) {
    await killTree(-1, mark);
    await cleanUp();
    throw new Error(`The app did not start: ${(error as Error).message}\n${logs.lines.join('\n')}`, { cause: error });
  } finally {
    stopWatching();
  }
  const talon = new RunningTalon(app, mark, userData, display, logs, cleanUp);
  try {
    await talon.openFirstWindow();
    return talon;
  } catch (error) {
    const report = talon.report();
    await talon.crash();
    await cleanUp();
    throw new Error(`The app showed no window: ${(error as Error).message}\n${report}`, { cause: error });
  }
}

let prepared: Promise<{ executablePath: string }> | null = null;

/** Once per process: the runtime, and the system libraries that it needs. */
async function prepare(forTests: boolean): Promise<{ executablePath: string }> {
  prepared ??= (async () => {
    const { executablePath } = await resolveElectron();
    await ensureSystemLibraries({ executablePath, forTests });
    return { executablePath };
  })();
  return prepared;
}

/** Tests leave a person's screen alone, unless `TALON_SHOW=1` asks to watch. */
function wantsHeadless(): boolean {
  return process.env['TALON_SHOW'] !== '1';
}

function environment(changes: Readonly<Record<string, string | undefined>>): Record<string, string> {
  // Variables that would make Electron something else than the app.
  const merged: Record<string, string | undefined> = { ...process.env, ...changes };
  for (const name of ['ELECTRON_RUN_AS_NODE', 'NODE_OPTIONS', 'VITEST', 'NODE_ENV']) {
    if (!(name in changes)) delete merged[name];
  }
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(merged)) if (value !== undefined) kept[name] = value;
  return kept;
}

/** What an app said, a line each with the time and where it came from. */
class Log {
  readonly lines: string[] = [];

  add(source: string, text: string): void {
    for (const line of text.split('\n')) {
      if (line.trim() !== '') this.lines.push(`${new Date().toISOString().slice(11, 23)} [${source}] ${line}`);
    }
  }
}

/**
 * Playwright hands the process over when its window debugger is connected; what the app printed until then would be lost.
 * Node announces every child process on a channel: there the output is followed from the first byte.
 * @param argument of the command line, by which the process is known
 * @returns a function that ends the watch for new processes
 */
function watchOutput(argument: string, log: Log): () => void {
  const onProcess = (message: unknown): void => {
    const { process: child } = message as { process: ChildProcess };
    child.once('spawn', () => {
      if (!child.spawnargs.includes(argument)) return;
      child.stdout?.on('data', (chunk: Buffer) => log.add('stdout', chunk.toString()));
      child.stderr?.on('data', (chunk: Buffer) => log.add('stderr', chunk.toString()));
    });
  };
  subscribe('child_process', onProcess);
  return () => unsubscribe('child_process', onProcess);
}

/**
 * On Linux, a script that becomes the program, after asking the kernel to end it with us: a test runner that kills its
 * hanging worker leaves no window behind.
 */
async function mortalProgram(executablePath: string): Promise<string> {
  const [command, args] = dieWithParent(executablePath, []);
  if (command === executablePath) return executablePath;
  const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const text = `#!/bin/sh\nexec ${quoted} "$@"\n`;
  const folder = path.join(cacheFolder(), 'launchers');
  const file = path.join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.sh`);
  if (existsSync(file)) return file;
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text, { mode: 0o755 });
  await rename(temporary, file);
  return file;
}

export class RunningTalon implements Talon {
  readonly app: ElectronApplication;
  readonly userData: string;
  readonly display: Display;
  readonly pid: number;
  readonly #log: Log;
  readonly #mark: string;
  readonly #cleanUp: () => Promise<void>;
  readonly #mortal: { killNow: () => void };
  #page: Page | null = null;
  #exited = false;
  #closing: Promise<void> | null = null;

  constructor(
    app: ElectronApplication,
    mark: string,
    userData: string,
    display: Display,
    log: Log,
    cleanUp: () => Promise<void>,
  ) {
    this.#log = log;
    this.app = app;
    this.userData = userData;
    this.display = display;
    this.#mark = mark;
    this.#cleanUp = cleanUp;
    const child = app.process();
    this.pid = child.pid ?? -1;
    this.#mortal = { killNow: () => signalAll(this.#tree(), 'SIGKILL') };
    guard(this.#mortal);
    running.add(this);

    child.once('exit', (code, signal) => {
      this.#exited = true;
      log.add('exit', signal ?? `code ${code}`);
    });
    app.on('console', (message) => log.add(`main ${message.type()}`, message.text()));
    const context = app.context();
    context.on('console', (message) => log.add(`page ${message.type()}`, message.text()));
    context.on('weberror', (event) => log.add('page error', event.error().stack ?? event.error().message));
    context.on('requestfailed', (request) => {
      log.add('request failed', `${request.url()} ${request.failure()?.errorText ?? ''}`);
    });
  }

  get logs(): readonly string[] {
    return this.#log.lines;
  }

  get page(): Page {
    if (this.#page === null) throw new Error('The app has no window yet.');
    return this.#page;
  }

  async openFirstWindow(): Promise<void> {
    this.#page = await this.app.firstWindow({ timeout: 60_000 });
    await this.#page.waitForLoadState('domcontentloaded');
  }

  #tree(): ProcessInfo[] {
    return processTree(this.#exited ? -1 : this.pid, this.#mark);
  }

  async window(fits: (page: Page) => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<Page> {
    const end = Date.now() + timeoutMs;
    const seen = new Set<Page>();
    for (;;) {
      for (const page of this.app.windows()) {
        if (await fits(page)) return page;
        seen.add(page);
      }
      const left = end - Date.now();
      if (left <= 0) break;
      // A new window, or an open one that goes somewhere else: look again.
      await Promise.race([this.app.waitForEvent('window', { timeout: left }).catch(() => null), delay(100)]);
    }
    throw new Error(
      `No window fits after ${timeoutMs / 1000} s; open are: ${[...seen].map((page) => page.url()).join(', ') || 'none'}`,
    );
  }

  report(): string {
    const processes = describe(this.#tree());
    return `--- What the app said ---\n${this.logs.slice(-200).join('\n')}\n--- Its processes ---\n${processes || '  none'}`;
  }

  /** Saves a picture of every window next to the results. */
  async screenshots(name: string): Promise<string[]> {
    const folder = path.join(TEST_OUTPUT, 'failures');
    await mkdir(folder, { recursive: true });
    const files: string[] = [];
    for (const [index, page] of this.app.windows().entries()) {
      const file = path.join(folder, `${name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 120)}-${index + 1}.png`);
      try {
        await page.screenshot({ path: file, timeout: 5000 });
        files.push(file);
      } catch {
        // A window that is closing or hangs has no picture; the log still tells.
      }
    }
    return files;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const before = this.#tree();
    const quit = this.app.close().catch(() => {});
    const inTime = await eventually(() => this.#exited, QUIT_LIMIT_MS);
    const left = (): ProcessInfo[] => unite(this.#tree(), stillAlive(before));
    if (inTime) await eventually(() => left().length === 0, ORPHAN_LIMIT_MS);
    const orphans = left();
    const report = this.report();
    await this.#killAll(before);
    // Playwright takes its own temporary folders away when the last holder of the app's pipes is gone.
    await Promise.race([quit, delay(2000, undefined, { ref: false })]);
    await this.#cleanUp();
    if (!inTime) throw new Error(`The app did not quit within ${QUIT_LIMIT_MS / 1000} s; it was killed.\n${report}`);
    if (orphans.length > 0) {
      throw new Error(`The app quit but left processes behind (killed now):\n${describe(orphans)}\n${report}`);
    }
  }

  async crash(): Promise<void> {
    await this.#killAll(this.#tree());
  }

  async #killAll(known: readonly ProcessInfo[]): Promise<void> {
    await killTree(this.#exited ? -1 : this.pid, this.#mark);
    signalAll(known, 'SIGKILL');
    await eventually(() => this.#exited && stillAlive(known).length === 0, ORPHAN_LIMIT_MS);
    running.delete(this);
    release(this.#mortal);
  }
}

function unite(a: readonly ProcessInfo[], b: readonly ProcessInfo[]): ProcessInfo[] {
  return [...new Map([...a, ...b].map((one) => [one.pid, one])).values()];
}
