import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { cupsQueues } from '../../electron/core/printing/spooler-cups.ts';
import { startProcess } from './proc.ts';
import { until } from './stage.ts';

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
  throw new Error(`${name} is missing, which this needs: apt-get install ${debianPackage}`);
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

const config = (port: number): string => `
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

const files = (at: string): string => `
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

export interface Cups {
  host: string;
  port: number;
  stop: () => Promise<void>;
}

/**
 * A CUPS of one's own with raw queues.
 * @param at a folder that is not there yet; readable for all, since its helpers run as another user
 * @param queues where each of them prints to: `socket://127.0.0.1:9100`
 */
export const startCups = async (at: string, queues: Readonly<Record<string, string>>): Promise<Cups> => {
  mkdirSync(at);
  for (const name of FOLDERS) mkdirSync(join(at, name));
  const port = await freePort();
  writeFileSync(join(at, 'cupsd.conf'), config(port));
  writeFileSync(join(at, 'cups-files.conf'), files(at));
  const printers = Object.entries(queues).map(
    ([name, device]) =>
      `<Printer ${name}>\nDeviceURI ${device}\nState Idle\nAccepting Yes\nErrorPolicy abort-job\n</Printer>\n`,
  );
  writeFileSync(join(at, 'root', 'printers.conf'), printers.join(''));
  if (!existsSync(SOCKET_BACKEND)) throw new Error(`${SOCKET_BACKEND} is missing: apt-get install cups`);
  const args = ['-f', '-c', join(at, 'cupsd.conf'), '-s', join(at, 'cups-files.conf')];
  const cupsd = await startProcess({ cmd: program('cupsd', 'cups'), args });
  const host = { host: '127.0.0.1', port };
  await until('cupsd answers', () =>
    cupsQueues(host, 1000).then(
      () => true,
      () => null,
    ),
  ).catch(async (error: unknown) => {
    const log = join(at, 'log', 'error');
    await cupsd.stop('SIGKILL');
    const words = [...cupsd.stderrLines, existsSync(log) ? readFileSync(log, 'utf8') : ''].join('\n');
    throw new Error(`cupsd did not start: ${words}`, { cause: error });
  });
  return { ...host, stop: async () => void (await cupsd.stop('SIGKILL')) };
};
