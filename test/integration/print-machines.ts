import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { vi } from 'vitest';
import { cupsQueues } from '../../electron/core/printing/spooler-cups.ts';

/** What printers hang on, made of real things: a sink on TCP, a terminal pair, a FIFO, a CUPS of one's own. */

/** @throws Error that names the package, since a test that is left out proves nothing */
export const program = (name: string, debianPackage: string): string => {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const place of places) {
    try {
      const path = join(place, name);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not here.
    }
  }
  throw new Error(`${name} is missing, which this test needs: apt-get install ${debianPackage}`);
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

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGCONT');
  child.kill('SIGKILL');
  await gone;
};

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** In another package than cupsd itself. */
const SOCKET_BACKEND = '/usr/lib/cups/backend/socket';
const FOLDERS = ['spool', 'cache', 'state', 'root', 'tmp', 'log'] as const;

const cupsConfig = (port: number): string => `
LogLevel warn
MaxLogSize 0
Listen 127.0.0.1:${port}
Browsing No
DefaultAuthType None
WebInterface No
DirtyCleanInterval 0
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess default
  JobPrivateValues default
  <Limit Cancel-Job>
    Require user @OWNER @SYSTEM
    Order deny,allow
  </Limit>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
`;

const cupsFiles = (at: string): string => `
ServerRoot ${at}/root
RequestRoot ${at}/spool
CacheDir ${at}/cache
StateDir ${at}/state
TempDir ${at}/tmp
AccessLog ${at}/log/access
ErrorLog ${at}/log/error
PageLog ${at}/log/page
Sandboxing relaxed
${process.getuid?.() === 0 ? 'User lp\nGroup lp\n' : ''}`;

export const printMachines = (): Machines => {
  const folder = mkdtempSync(join(tmpdir(), 'print-links-'));
  // The helpers of CUPS run as another user when the tests run as root.
  chmodSync(folder, 0o755);
  const children: ChildProcess[] = [];
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
        unplug: () => end(socat),
      };
    },
    fifo: () => {
      const path = freshName('fifo');
      execFileSync(program('mkfifo', 'coreutils'), [path]);
      return path;
    },
    cups: async (queues) => {
      const at = freshName('cups');
      mkdirSync(at);
      for (const name of FOLDERS) mkdirSync(join(at, name));
      const port = await freePort();
      writeFileSync(join(at, 'cupsd.conf'), cupsConfig(port));
      writeFileSync(join(at, 'cups-files.conf'), cupsFiles(at));
      const printers = Object.entries(queues).map(
        ([name, device]) =>
          `<Printer ${name}>\nDeviceURI ${device}\nState Idle\nAccepting Yes\nErrorPolicy abort-job\n</Printer>\n`,
      );
      writeFileSync(join(at, 'root', 'printers.conf'), printers.join(''));
      if (!existsSync(SOCKET_BACKEND)) throw new Error(`${SOCKET_BACKEND} is missing: apt-get install cups`);
      const args = ['-f', '-c', join(at, 'cupsd.conf'), '-s', join(at, 'cups-files.conf')];
      const cupsd = start(program('cupsd', 'cups'), args);
      const said: Buffer[] = [];
      cupsd.stderr?.on('data', (bytes: Buffer) => said.push(bytes));
      const host = { host: '127.0.0.1', port };
      await vi
        .waitFor(async () => {
          await cupsQueues(host, 1000);
        }, within)
        .catch((error: unknown) => {
          const log = join(at, 'log', 'error');
          const words = `${Buffer.concat(said).toString()}${existsSync(log) ? readFileSync(log, 'utf8') : ''}`;
          throw new Error(`cupsd did not start (exit ${cupsd.exitCode}): ${words}`, { cause: error });
        });
      return host;
    },
    close: async () => {
      for (const child of children) await end(child);
      for (const one of sinks) await one.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};
