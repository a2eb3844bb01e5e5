import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { CoreProcess } from './supervisor.ts';

/** Ways to start the core process that need no Electron, and the choice between them. */

/** The core's database is a Node-API 10 addon: a runtime with less cannot load it. */
const NEEDED_NAPI = 10;

/**
 * @returns how to start the core: in a utility process of this runtime, or, on development runtimes too old for that,
 *   as a child of the pinned Node
 * @throws in a packaged app on such a runtime: that is a broken build
 */
export function chooseTransport(runtime: { napi: string; packaged: boolean }): 'utility' | 'fork' {
  if (Number(runtime.napi) >= NEEDED_NAPI) return 'utility';
  if (!runtime.packaged) return 'fork';
  throw new Error(
    `This package was built with a runtime that offers Node-API ${runtime.napi}; Talon needs ${NEEDED_NAPI}. Build it with the pinned Electron.`,
  );
}

/** Variables that the core may see. All others stay with main: they may change how a process runs, or be secrets. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|SYSTEMDRIVE|COMSPEC|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PATHEXT|LC_\w+|XDG_\w+|TALON_\w+)$/i;

/** @returns the environment of the core process */
export const coreEnvironment = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && PASSED.test(entry[0])),
  );

/**
 * Development only.
 * @param appDir root of the source tree
 * @returns the pinned Node: `TALON_NODE` or the one among the dependencies
 * @throws naming where it was looked for
 */
export function findPinnedNode(appDir: string, env: NodeJS.ProcessEnv): string {
  const exe = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const candidates = [
    env['TALON_NODE'],
    path.join(appDir, 'node_modules', `node-${platform}-${process.arch}`, 'bin', exe),
    path.join(appDir, 'node_modules', '.bin', exe),
  ].filter((one): one is string => one !== undefined && one !== '');
  const found = candidates.find((one) => existsSync(one));
  if (found === undefined) {
    throw new Error(
      `This development runtime needs the pinned Node, which is not at ${candidates.join(' nor ')}. Run npm ci.`,
    );
  }
  return found;
}

export interface ForkOptions {
  /** The core's built entry. */
  entry: string;
  /** The Node to run it with. */
  node: string;
  env: Record<string, string>;
  onLine: (line: string) => void;
  /** Arguments for Node itself. */
  execArgv?: readonly string[];
}

/** Starts the core as a child of plain Node, with messages as JSON over its IPC channel. */
export function forkCore({ entry, node, env, onLine, execArgv = [] }: ForkOptions): CoreProcess {
  const child = fork(entry, [], {
    execPath: node,
    execArgv: [...execArgv],
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);
  return {
    get pid() {
      return child.pid;
    },
    post: (message) => {
      // Without a callback a closed channel would be an `error` event.
      child.send(message as object, () => {});
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      let over = false;
      const end = (code: number | null): void => {
        if (over) return;
        over = true;
        listener(code);
      };
      child.once('exit', end);
      child.on('error', (error) => {
        onLine(`the core process: ${error.message}`);
        // One that could not be started has no exit.
        if (child.pid === undefined) end(null);
      });
    },
    kill: (signal) => void child.kill(signal),
  };
}

export function readLines(stream: Readable | NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on('line', onLine);
}
