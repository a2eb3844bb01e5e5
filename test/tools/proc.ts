import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { MARK, describe, eventually, killTree, processTree, signalAll, signalPid } from './processes.ts';

/**
 * Starting the programs that a test or the demo needs (centre, printer, core, Xvfb), and leaving none behind: whatever
 * is started here ends with this process, in whichever way this process ends.
 */

/** The line by which a program says that it is ready: one JSON object on its standard output. */
type ReadyLine = Readonly<Record<string, unknown>>;

interface StartOptions {
  /** Program: a path or a name on PATH. For our own TypeScript tools: `process.execPath`. */
  readonly cmd: string;
  readonly args?: readonly string[];
  /** Added to this process's environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Ready when a line of stdout is a JSON object whose `event` is this. */
  readonly readyEvent?: string;
  /** For programs of others: what makes a line of stdout the ready line. Goes before `readyEvent`. */
  readonly readyWhen?: (line: string) => ReadyLine | null;
  /** How long until ready, in milliseconds; 30 000 unless told. */
  readonly readyTimeoutMs?: number;
  /** How it is called in messages; the command's last path part unless told. */
  readonly name?: string;
}

/** How a process ended: an exit code or a signal. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProcess {
  readonly name: string;
  readonly pid: number;
  /** The ready line; an empty object when none was asked for. */
  readonly ready: ReadyLine;
  /** Settles when the process has ended and its output is read; never rejects. */
  readonly exited: Promise<Exit>;
  /** Whether it has ended. */
  readonly ended: boolean;
  /** The last lines of stdout and stderr, up to 2000 each. */
  readonly stdoutLines: readonly string[];
  readonly stderrLines: readonly string[];
  /** @returns a function that ends the subscription */
  onLine(listener: (line: string) => void): () => void;
  /** The first line of stdout, past or to come, that fits. Rejects at the limit (30 s unless told) or when it ends. */
  waitForLine(fits: (line: string) => boolean, timeoutMs?: number): Promise<string>;
  /** The first JSON line, past or to come, with this `event`. Rejects like `waitForLine`. */
  waitForEvent(event: string, timeoutMs?: number): Promise<ReadyLine>;
  /**
   * Asks it to end (SIGTERM unless told), kills it and its descendants after 10 seconds.
   * A second call waits for the same end. With SIGKILL the whole tree is killed at once.
   * @throws when the process leaves descendants behind (they are killed and named)
   */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
}

const KEPT_LINES = 2000;
const STOP_LIMIT_MS = 10_000;

/** @returns the object in a JSON line, null for any other line */
function parseJsonLine(line: string): ReadyLine | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as ReadyLine) : null;
  } catch {
    return null;
  }
}

/**
 * Starts a program and waits until it is ready.
 * @throws when it cannot be started, ends before it is ready, or is not ready in time; the message carries its output
 */
export async function startProcess(options: StartOptions): Promise<StartedProcess> {
  const name = options.name ?? options.cmd.split(/[\\/]/).at(-1) ?? options.cmd;
  if (findProgram(options.cmd) === null) {
    throw new Error(`${name} could not be started: there is no program ${options.cmd}.`);
  }
  const mark = randomUUID();
  const env: NodeJS.ProcessEnv = { ...process.env, ...options.env, [MARK]: mark };
  for (const key of Object.keys(env)) if (env[key] === undefined) delete env[key];
  const [command, args] = dieWithParent(options.cmd, options.args ?? []);
  const child = spawn(command, args, {
    env,
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const started = new Started(name, mark, child);
  try {
    await started.spawned;
    started.ready = await started.becomeReady(options);
    return started;
  } catch (error) {
    await started.abort();
    throw error;
  }
}

class Started implements StartedProcess {
  readonly name: string;
  readonly stdoutLines: string[] = [];
  readonly stderrLines: string[] = [];
  readonly exited: Promise<Exit>;
  readonly spawned: Promise<void>;
  ready: ReadyLine = {};
  ended = false;
  readonly #mark: string;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();
  #stopping: Promise<Exit> | null = null;
  /** The system has forgotten it: its number may be another's from now on. */
  #reaped = false;

  constructor(name: string, mark: string, child: ChildProcess) {
    this.name = name;
    this.#mark = mark;
    this.#child = child;
    this.spawned = new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new Error(`${name} could not be started: ${error.message}`)));
    });
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        this.ended = true;
        resolve({ code, signal });
      };
      child.once('close', end);
      // A grandchild may hold the pipes open: the end of the process itself counts, after a moment for its last words.
      child.once('exit', (code, signal) => {
        this.#reaped = true;
        setTimeout(() => end(code, signal), 1000).unref();
      });
      child.once('error', () => {
        this.#reaped = true;
        end(null, null);
      });
    });
    if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', (line) => this.#take(line));
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (line) => keep(this.stderrLines, line));
    }
    guard(this);
    void this.exited.then(() => release(this));
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Where its tree hangs: nowhere (no process has the parent -1) once it is gone; strays are found by their mark. */
  get #root(): number {
    return this.#reaped ? -1 : this.pid;
  }

  #take(line: string): void {
    keep(this.stdoutLines, line);
    for (const listener of this.#listeners) listener(line);
  }

  onLine(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async becomeReady({ readyEvent, readyWhen, readyTimeoutMs = 30_000 }: StartOptions): Promise<ReadyLine> {
    const isReady =
      readyWhen ??
      ((line: string): ReadyLine | null => {
        const value = parseJsonLine(line);
        return value?.['event'] === readyEvent ? value : null;
      });
    if (readyWhen === undefined && readyEvent === undefined) return {};
    return this.#first(isReady, readyTimeoutMs, `its ready line${readyEvent === undefined ? '' : ` "${readyEvent}"`}`);
  }

  async waitForLine(fits: (line: string) => boolean, timeoutMs = 30_000): Promise<string> {
    return this.#first((line) => (fits(line) ? line : null), timeoutMs, 'the expected line');
  }

  async waitForEvent(event: string, timeoutMs = 30_000): Promise<ReadyLine> {
    return this.#first(
      (line) => {
        const value = parseJsonLine(line);
        return value?.['event'] === event ? value : null;
      },
      timeoutMs,
      `the event "${event}"`,
    );
  }

  async #first<T>(pick: (line: string) => T | null, timeoutMs: number, what: string): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      for (const line of this.stdoutLines) {
        const value = pick(line);
        if (value !== null) return resolve(value);
      }
      const finish = (): void => {
        clearTimeout(timer);
        unsubscribe();
      };
      const unsubscribe = this.onLine((line) => {
        const value = pick(line);
        if (value === null) return;
        finish();
        resolve(value);
      });
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`${this.name} did not print ${what} within ${timeoutMs / 1000} s.\n${this.#output()}`));
      }, timeoutMs);
      const onEnd = async (): Promise<void> => {
        const { code, signal } = await this.exited;
        finish();
        reject(new Error(`${this.name} ended (${signal ?? `code ${code}`}) before ${what}.\n${this.#output()}`));
      };
      void onEnd();
    });
  }

  #output(): string {
    const lines = [...this.stdoutLines.slice(-40), ...this.stderrLines.slice(-40)];
    return lines.length === 0 ? 'It printed nothing.' : `Its last output:\n  ${lines.join('\n  ')}`;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.#stopping ??= this.#stop(signal);
    return this.#stopping;
  }

  async #stop(signal: NodeJS.Signals): Promise<Exit> {
    if (signal === 'SIGKILL') {
      await this.abort();
      return this.exited;
    }
    const tree = processTree(this.#root, this.#mark);
    if (!this.ended) signalPid(this.pid, signal);
    const inTime = await eventually(() => this.ended, STOP_LIMIT_MS, 20);
    // Its children have the same few moments to follow it.
    await eventually(() => processTree(this.#root, this.#mark).length === 0, inTime ? 3000 : 0, 20);
    const left = await killTree(this.#root, this.#mark);
    signalAll(tree, 'SIGKILL');
    const exit = await this.exited;
    if (left.length > 0) {
      throw new Error(
        inTime
          ? `${this.name} ended but left processes behind (killed now):\n${describe(left)}`
          : `${this.name} did not end within ${STOP_LIMIT_MS / 1000} s of ${signal}; killed:\n${describe(left)}`,
      );
    }
    return exit;
  }

  /** Kills the tree and waits for the end, without a complaint. */
  async abort(): Promise<void> {
    if (this.#child.pid !== undefined) await killTree(this.#root, this.#mark);
    await this.exited;
  }

  /** For the last moments of this process: no waiting. */
  killNow(): void {
    if (this.#child.pid === undefined) return;
    signalAll(processTree(this.#root, this.#mark), 'SIGKILL');
  }
}

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > KEPT_LINES) lines.shift();
}

/** @returns the path of a program given by path or by name on PATH; null if there is none */
export function findProgram(cmd: string): string | null {
  if (/[\\/]/.test(cmd)) return existsSync(cmd) ? cmd : null;
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : [''];
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    if (folder === '') continue;
    for (const ending of endings) {
      const file = path.join(folder, cmd + ending);
      if (existsSync(file)) return file;
    }
  }
  return null;
}

// ---- Nothing outlives us -------------------------------------------------------------------------------------------

/** Something to be ended when this process ends. */
interface Mortal {
  /** Must be synchronous. */
  killNow(): void;
}

const mortals = new Set<Mortal>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** From now on `mortal` is ended when this process exits or is told to by a signal. */
export function guard(mortal: Mortal): void {
  if (mortals.size === 0) {
    process.on('exit', killAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  mortals.add(mortal);
}

/** `mortal` has ended. */
export function release(mortal: Mortal): void {
  if (!mortals.delete(mortal) || mortals.size > 0) return;
  process.off('exit', killAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

function killAll(): void {
  for (const mortal of mortals) {
    try {
      mortal.killNow();
    } catch {
      // We are on our way out; the others still have their turn.
    }
  }
}

function onSignal(signal: NodeJS.Signals): void {
  // Someone else's handler (a test runner's, the demo's) decides how to end; the exit event then comes here again.
  if (process.listenerCount(signal) > 1) return;
  killAll();
  mortals.clear();
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
}

let parentDeathSignal: boolean | null = null;

/**
 * SIGKILL runs no handler: on Linux the kernel itself ends the child then (util-linux `setpriv`, PR_SET_PDEATHSIG).
 * Where that is missing, the handlers above are all there is.
 */
export function dieWithParent(cmd: string, args: readonly string[]): [string, string[]] {
  parentDeathSignal ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return parentDeathSignal ? ['setpriv', ['--pdeathsig', 'KILL', '--', cmd, ...args]] : [cmd, [...args]];
}
