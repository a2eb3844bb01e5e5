import type { FromCore, StartMessage } from '../../shared/contracts/wire.ts';
import { EXIT, describeError, logLine, serveCore } from './serve.ts';
import type { CoreEndpoint, ServedCore } from './serve.ts';

/** The core as a process of its own: an Electron utility process, or a child of plain Node with an IPC channel. */

/** The port that a utility process finds in `process.parentPort`. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: { data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
}

/** A utility process ends with its parent by itself; `close` is listened to all the same. */
const overParentPort = (port: ParentPort): CoreEndpoint => ({
  post: (message: FromCore) => port.postMessage(message),
  onMessage: (listener) => void port.on('message', ({ data }) => listener(data)),
  onClosed: (listener) => void port.on('close', listener),
  // The port says nothing about delivery; a message leaves with the next turns of the loop.
  flush: () => new Promise((resolve) => setTimeout(resolve, 100)),
});

const overIpcChannel = (): CoreEndpoint => {
  let last: Promise<void> = Promise.resolve();
  return {
    post: (message: FromCore) => {
      if (!process.connected) return;
      last = new Promise((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
    },
    onMessage: (listener) => void process.on('message', listener),
    onClosed: (listener) => void process.on('disconnect', listener),
    flush: () => last,
  };
};

function findEndpoint(): CoreEndpoint | null {
  const { parentPort } = process as unknown as { parentPort?: ParentPort };
  if (parentPort !== undefined) return overParentPort(parentPort);
  return process.send === undefined ? null : overIpcChannel();
}

const defect = (kind: string) => (error: unknown) => {
  logLine('error', `core.${kind}`, { error: describeError(error) });
  process.exit(EXIT.defect);
};

/** Serves a core to the process that started this one, until told to stop or left alone. Called once, at once. */
export function runCoreProcess(create: (start: StartMessage['start']) => Promise<ServedCore>): void {
  // State after an uncaught error is unknown: end, and be started anew from what is on disk.
  process.on('uncaughtException', defect('uncaught-exception'));
  process.on('unhandledRejection', defect('unhandled-rejection'));
  const endpoint = findEndpoint();
  if (endpoint === null) {
    logLine('error', 'core.no-parent', { message: 'start the core from Talon or with its command line, not directly' });
    process.exit(EXIT.startFailed);
  }
  const serving = serveCore(endpoint, create, (code) => process.exit(code));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void serving.stop());
}
