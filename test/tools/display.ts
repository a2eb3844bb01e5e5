import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram, guard, release, startProcess } from './proc.ts';

/** What a window needs on this machine: system libraries, and a display to stand on. */

const run = promisify(execFile);

// ---- System libraries ----------------------------------------------------------------------------------------------

/** Debian packages that Electron's shared libraries come from. Alternatives: the name since the 64-bit time_t change. */
const LIBRARY_PACKAGES: readonly (readonly string[])[] = [
  ['libgtk-3-0t64', 'libgtk-3-0'],
  ['libnss3'],
  ['libasound2t64', 'libasound2'],
  ['libgbm1'],
  ['libatk1.0-0t64', 'libatk1.0-0'],
  ['libatk-bridge2.0-0t64', 'libatk-bridge2.0-0'],
  ['libatspi2.0-0t64', 'libatspi2.0-0'],
  ['libcups2t64', 'libcups2'],
  ['libdrm2'],
  ['libxss1'],
  ['libxkbcommon0'],
  ['libxcomposite1'],
  ['libxdamage1'],
  ['libxrandr2'],
];

interface LibraryNeeds {
  /** The Electron to check. */
  readonly executablePath: string;
  /**
   * Also what only tests need: a display of their own even where there is one, xdotool, Debian's Chromium, and what printers
   * are plugged into.
   */
  readonly forTests?: boolean;
}

/** What is not there, by what it is (for the message) and by the packages that bring it. */
interface Missing {
  readonly what: readonly string[];
  readonly packages: readonly (readonly string[])[];
}

/**
 * @param lddOutput of `ldd PROGRAM`
 * @returns the file names of the libraries that the loader did not find
 */
export function missingLibraries(lddOutput: string): string[] {
  const names = [...lddOutput.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1] ?? '');
  return [...new Set(names)];
}

async function findMissing({ executablePath, forTests = false }: LibraryNeeds): Promise<Missing> {
  const what: string[] = [];
  const packages: (readonly string[])[] = [];
  const { stdout } = await run('ldd', [executablePath]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  const libraries = missingLibraries(stdout);
  if (libraries.length > 0) {
    what.push(`the libraries ${libraries.join(', ')}`);
    packages.push(...LIBRARY_PACKAGES);
  }
  if ((forTests || !(await displayWorks())) && findProgram('Xvfb') === null) {
    what.push('Xvfb (a display without a screen)');
    packages.push(['xvfb']);
  }
  if (forTests && findProgram('xdotool') === null) {
    what.push('xdotool (presses keys like a scanner does)');
    packages.push(['xdotool']);
  }
  if (forTests && findProgram('chromium') === null && process.env['TALON_CHROMIUM'] === undefined) {
    what.push('chromium (the pages are tested in it)');
    packages.push(['chromium']);
  }
  if (forTests && findProgram('socat') === null) {
    what.push('socat (joins two terminals to a serial line)');
    packages.push(['socat']);
  }
  if (forTests && !existsSync('/usr/sbin/cupsd')) {
    what.push('cupsd (the print spooler of the system)');
    packages.push(['cups']);
  }
  return { what, packages };
}

/** Without these, other scripts are drawn as boxes: worth installing, not worth failing for. */
async function wantsFonts(): Promise<boolean> {
  if (findProgram('fc-list') === null) return true;
  const { stdout } = await run('fc-list', [':lang=ar', 'family']).catch(() => ({ stdout: '' }));
  return stdout.trim() === '';
}

/**
 * Makes sure that a window can open here. As root on Debian or Ubuntu it installs what is missing; elsewhere it names
 * everything missing in one message. On Windows and macOS there is nothing to do.
 *
 * @throws Error naming what is missing and the command that installs it
 */
export async function ensureSystemLibraries(needs: LibraryNeeds): Promise<void> {
  if (process.platform !== 'linux') return;
  const missing = await findMissing(needs);
  const fonts = await wantsFonts();
  if (missing.what.length === 0 && !fonts) return;

  const isRoot = process.getuid?.() === 0;
  const packages = [...missing.packages, ...(fonts ? [['fontconfig'], ['fonts-noto-core']] : [])];
  if (isRoot && findProgram('apt-get') !== null) {
    const problem = await aptInstall(packages);
    const left = await findMissing(needs);
    if (left.what.length === 0) return;
    throw new Error(missingMessage(left, problem));
  }
  if (missing.what.length > 0) throw new Error(missingMessage(missing, null));
  process.stderr.write('NOTE: there are no fonts for Arabic here; install fonts-noto-core to see every language.\n');
}

function missingMessage(missing: Missing, problem: string | null): string {
  const names = missing.packages.map((alternatives) => alternatives.at(-1)).join(' ');
  return (
    `A window cannot open on this system. Missing: ${missing.what.join('; ')}.\n` +
    (problem === null ? '' : `Installing it failed: ${problem}\n`) +
    `On Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names}\n` +
    '(since Debian 13 and Ubuntu 24.04 some of these names end in "t64"). Elsewhere install the packages that bring the same.'
  );
}

/** @returns what went wrong, null if nothing did */
async function aptInstall(packages: readonly (readonly string[])[]): Promise<string | null> {
  process.stderr.write('Installing the system packages that a window needs (apt-get) ...\n');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await apt(['update'], env);
  } catch (error) {
    // Lists from an earlier update may do.
    process.stderr.write(`${(error as Error).message}\n`);
  }
  const names: string[] = [];
  for (const alternatives of packages) {
    const name = await firstKnown(alternatives);
    if (name === null) return `apt knows none of: ${alternatives.join(', ')}`;
    names.push(name);
  }
  try {
    await apt(['install', '-y', '--no-install-recommends', ...names], env);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Runs apt-get with its output on our standard error; another apt at work is waited for. */
async function apt(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('apt-get', ['-o', 'DPkg::Lock::Timeout=120', '-q', ...args], { stdio: ['ignore', 2, 2], env });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`apt-get ${args[0]} ended with code ${code}; its output is above.`);
}

async function firstKnown(alternatives: readonly string[]): Promise<string | null> {
  for (const name of alternatives) {
    try {
      await run('apt-cache', ['show', '--no-all-versions', name]);
      return name;
    } catch {
      // not in this distribution's lists
    }
  }
  return null;
}

// ---- A display -----------------------------------------------------------------------------------------------------

interface DisplayOptions {
  /** Size of the screen in pixels, if one is made. */
  readonly width: number;
  readonly height: number;
  /** Make one even where there is a display, so that no window disturbs a person and the size is as told. */
  readonly headless?: boolean;
}

export interface Display {
  /** To be added to the environment of what opens windows. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether it was made for this. */
  readonly headless: boolean;
  /** Ends it, if it was made for this. Can be called again. */
  close(): Promise<void>;
}

/**
 * Gives a display to open windows on: the one there is, or a new Xvfb with a number of its own, that only holders of
 * its cookie may use and that ends with this process. On Windows and macOS always the one there is.
 *
 * @throws when Xvfb is needed and missing (see `ensureSystemLibraries`) or does not start
 */
export async function withDisplay(options: DisplayOptions): Promise<Display> {
  const wantsOwn = options.headless === true || process.env['TALON_HEADLESS'] === '1';
  if (process.platform !== 'linux' || (!wantsOwn && (await displayWorks()))) {
    return { env: {}, headless: false, close: async () => {} };
  }
  if (findProgram('Xvfb') === null) {
    throw new Error(
      'There is no display, and no Xvfb to make one: sudo apt-get install -y --no-install-recommends xvfb',
    );
  }
  const cookies = cookieFile();
  try {
    const { width, height } = options;
    const xvfb = await startProcess({
      cmd: 'Xvfb',
      // The server chooses a free number itself and prints it when it can be connected to.
      args: [
        '-displayfd',
        '1',
        '-screen',
        '0',
        `${width}x${height}x24`,
        '-nolisten',
        'tcp',
        '-noreset',
        '-auth',
        cookies.file,
      ],
      readyWhen: (line) => (/^\d+$/.test(line) ? { display: `:${line}` } : null),
    });
    return {
      // Electron must not find a Wayland session and go there.
      env: {
        DISPLAY: String(xvfb.ready['display']),
        XAUTHORITY: cookies.file,
        XDG_SESSION_TYPE: 'x11',
        WAYLAND_DISPLAY: '',
      },
      headless: true,
      close: async () => {
        await xvfb.stop();
        cookies.remove();
      },
    };
  } catch (error) {
    cookies.remove();
    throw error;
  }
}

/**
 * An X authority file with one random cookie, for any host and display number (family "wild", 65535).
 * Layout (libXau): family u16, then address, number, name and data, each with a u16 length before it, big endian.
 */
function cookieFile(): { file: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'talon-display-'));
  const file = path.join(folder, 'authority');
  const counted = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const none = Buffer.alloc(0);
  const parts = [none, none, Buffer.from('MIT-MAGIC-COOKIE-1'), randomBytes(16)].map(counted);
  writeFileSync(file, Buffer.concat([Buffer.from([0xff, 0xff]), ...parts]), { mode: 0o600 });
  const mortal = { killNow: () => rmSync(folder, { recursive: true, force: true }) };
  guard(mortal);
  return {
    file,
    remove: () => {
      mortal.killNow();
      release(mortal);
    },
  };
}

/**
 * @param display like `:0`, `:99.0`, `unix:0` or `host:10.0` (X forwarded by ssh)
 * @returns where its server listens; null if it is not a display's name
 */
export function displaySocket(display: string): { path: string } | { host: string; port: number } | null {
  const match = /^([^:]*):(\d+)(?:\.\d+)?$/.exec(display);
  if (match === null) return null;
  const [, host = '', number = ''] = match;
  if (host === '' || host === 'unix') return { path: `/tmp/.X11-unix/X${number}` };
  return { host, port: 6000 + Number(number) };
}

/** @returns whether DISPLAY names a server that takes connections */
async function displayWorks(): Promise<boolean> {
  const target = displaySocket(process.env['DISPLAY'] ?? '');
  if (target === null) return false;
  return new Promise((resolve) => {
    const socket = connect(target);
    const finish = (works: boolean): void => {
      socket.destroy();
      resolve(works);
    };
    socket.setTimeout(2000, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
