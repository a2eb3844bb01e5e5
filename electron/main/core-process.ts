import { utilityProcess } from 'electron';
import { chooseTransport, coreEnvironment, findPinnedNode, forkCore, readLines } from './transport.ts';
import type { CoreProcess } from './supervisor.ts';

export interface CoreProcessOptions {
  /** The core's built entry. */
  entry: string;
  /** Root of the source tree or of the packaged app. */
  appDir: string;
  packaged: boolean;
  /** Lines that the core writes to its standard output and error. */
  onLine: (line: string) => void;
}

/**
 * @returns a function that starts a core process
 * @throws when this runtime cannot run the core
 */
export function coreSpawner({ entry, appDir, packaged, onLine }: CoreProcessOptions): () => CoreProcess {
  const env = coreEnvironment(process.env);
  if (chooseTransport({ napi: process.versions['napi'] ?? '0', packaged }) === 'utility') {
    return () => startUtility({ entry, env, onLine });
  }
  const node = findPinnedNode(appDir, process.env);
  return () => forkCore({ entry, node, env, onLine });
}

export interface UtilityOptions {
  entry: string;
  env: Record<string, string>;
  onLine: (line: string) => void;
}

/** Starts the core in a utility process of this runtime. The app must be ready. */
export function startUtility({ entry, env, onLine }: UtilityOptions): CoreProcess {
  const child = utilityProcess.fork(entry, [], {
    serviceName: 'talon-core',
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
    execArgv: [],
  });
  readLines(child.stdout, onLine);
  readLines(child.stderr, onLine);
  return {
    get pid() {
      return child.pid;
    },
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process port, not a window
    post: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.once('exit', listener),
    kill: (signal) => {
      const { pid } = child;
      if (signal === 'SIGTERM' || pid === undefined) child.kill();
      else killNow(pid);
    },
  };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has just ended: its exit is on the way.
  }
}
