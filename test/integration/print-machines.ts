import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { program, startCups } from '../tools/cups.ts';

/** What printers hang on, made of real things: a sink on TCP, a terminal pair, a FIFO, a CUPS of one's own. */

/** Ends a program at once, also one that was stopped. */
const endChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await gone;
};

const within = { timeout: 15_000, interval: 20 };

export interface Machines {
  /** A folder of this test, gone after it; readable for all. */
  folder: string;
  sink(options?: { host?: string; port?: number }): Promise<Sink>;
  terminal(sink: Sink): Promise<Terminal>;
  fifo(): string;
  start(command: string, args: readonly string[]): ChildProcess;
  cups(queues: Readonly<Record<string, string>>): Promise<{ host: string; port: number }>;
  close(): Promise<void>;
}

/** A printer's side of a connection. */
export interface Sink {
  port: number;
  /** Connections so far. */
  sockets: Socket[];
  /** All that came, over all connections. */
  received(): Buffer;
  say(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** A terminal whose other end is a sink. It echoes and rewrites line ends until somebody sets it raw. */
export interface Terminal {
  path: string;
  /** Whoever reads its bytes holds still: the system's buffer fills. */
  hold(): void;
  release(): void;
  unplug(): Promise<void>;
}

export const printMachines = (): Machines => {
  const folder = mkdtempSync(join(tmpdir(), 'print-links-'));
  // The helpers of CUPS run as another user when the tests run as root.
  chmodSync(folder, 0o755);
  const children: ChildProcess[] = [];
  const spoolers: (() => Promise<void>)[] = [];
  const sinks: Sink[] = [];
  let names = 0;
  const freshName = (kind: string): string => join(folder, `${kind}-${(names += 1)}`);

  const start: Machines['start'] = (command, args) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  };

  const sink: Machines['sink'] = async ({ host = '127.0.0.1', port = 0 } = {}) => {
    const sockets: Socket[] = [];
    const parts: Buffer[] = [];
    const server: Server = createServer((socket) => {
      sockets.push(socket);
      socket.on('data', (bytes: Buffer) => parts.push(bytes));
      socket.on('error', () => undefined);
    });
    server.listen(port, host);
    await once(server, 'listening');
    const made: Sink = {
      port: (server.address() as AddressInfo).port,
      sockets,
      received: () => Buffer.concat(parts),
      say: (bytes) => {
        for (const socket of sockets) socket.write(bytes);
      },
      close: async () => {
        for (const socket of sockets) socket.destroy();
        if (!server.listening) return;
        server.close();
        await once(server, 'close');
      },
    };
    sinks.push(made);
    return made;
  };

  return {
    folder,
    start,
    sink,
    terminal: async ({ port }) => {
      const path = freshName('tty');
      const socat = start(program('socat', 'socat'), [`PTY,link=${path}`, `TCP:127.0.0.1:${port},nodelay`]);
      await vi.waitUntil(() => existsSync(path), within);
      return {
        path,
        hold: () => socat.kill('SIGSTOP'),
        release: () => socat.kill('SIGCONT'),
        unplug: () => endChild(socat),
      };
    },
    fifo: () => {
      const path = freshName('fifo');
      execFileSync(program('mkfifo', 'coreutils'), [path]);
      return path;
    },
    cups: async (queues) => {
      const { host, port, stop } = await startCups(freshName('cups'), queues);
      spoolers.push(stop);
      return { host, port };
    },
    close: async () => {
      for (const stop of spoolers) await stop();
      for (const child of children) await endChild(child);
      for (const one of sinks) await one.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
