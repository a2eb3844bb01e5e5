import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { v7 as uuidv7 } from 'uuid';
import { CallFailure } from '../../shared/contracts/result.ts';
import type { StartMessage } from '../../shared/contracts/wire.ts';
import { createCore, type Core } from './core.ts';
import { createLog } from './log.ts';
import type { Clock, PrinterPort } from './ports.ts';
import { findPrinters } from './printing/find-printers.ts';
import { tcpPrinter } from './printing/link-tcp.ts';
import { printerWay } from './printing/links.ts';
import { bundledFonts, createTicketRenderer } from './printing/ticket.ts';
import { fileSecrets } from './secrets.ts';
import { mergeSettings, readSettingsFile, writeSetting, type Settings } from './settings/settings.ts';
import { openBetterSqlite3 } from './store/better-sqlite3.ts';
import { createCentreFetch } from './sync/transport.ts';
import { openVault } from './vault/vault.ts';

export const APP = 'talon 0.1.0';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const noPrinter: PrinterPort = {
  name: 'none',
  open: () => Promise.reject(new Error('no printer is configured: set printer.kind')),
};

const printerOf = (settings: Settings): PrinterPort =>
  settings.get('printer.kind') === 'tcp'
    ? tcpPrinter({ host: settings.get('printer.host'), port: settings.get('printer.port') })
    : noPrinter;

const HOUR_MS = 3_600_000;
/** For each address and each source of printers; there may be many addresses. */
const FIND_MS = 800;
const LOCAL_CUPS = { host: 'localhost', port: 631 };

/**
 * Ends this process, which is started anew and then mends the database. A copy that is bad has harmed nobody yet: a disk
 * that spoils every copy must not have the core start all day.
 */
const endForMending = (found: 'in-use' | 'copy'): void => {
  const wait = found === 'in-use' ? 0 : Math.max(0, HOUR_MS - process.uptime() * 1000);
  setTimeout(() => {
    throw new CallFailure('store-corrupt', `the database is damaged (${found}): the next start mends it`);
  }, wait).unref();
};

/**
 * The core with the ports that ship: system clock, better-sqlite3, HTTP over trusted TLS, TCP printer, secrets in a file.
 * @throws SettingsError | CallFailure (store-*): why it cannot run on this machine
 */
export const createShippedCore = async (
  start: StartMessage['start'],
  logTo: 'file' | 'stderr' = 'file',
): Promise<Core> => {
  mkdirSync(start.dataDir, { recursive: true, mode: 0o700 });
  const deviceSettings = readSettingsFile(start.configFile);
  // Before the store is open only the device's own layer is known; it is enough for the printer and the log.
  const settings = mergeSettings(new Map(), deviceSettings);
  const log = createLog(logTo === 'file' ? join(start.dataDir, 'logs', 'core.log') : null, settings.get('log.level'));
  const centre = createCentreFetch({
    caFiles: settings.get('centre.caFiles'),
    pins: settings.get('centre.pins'),
    proxy: settings.get('centre.proxy'),
  });
  const core = createCore(
    {
      clock: systemClock,
      ids: { uuid: () => uuidv7() },
      log,
      openStore: () => openBetterSqlite3(join(start.dataDir, 'talon.db')),
      openVault: (vault) =>
        openVault({
          ...vault,
          dir: join(start.dataDir, 'vault'),
          file: join(start.dataDir, 'talon.db'),
          openDriver: openBetterSqlite3,
          onDamaged: endForMending,
        }),
      fetch: centre.fetch,
      secrets: fileSecrets(join(start.dataDir, 'secrets.json')),
      printer: printerOf(settings),
      printerWay,
      findPrinters: (addresses) => findPrinters({ addresses, cups: LOCAL_CUPS, timeoutMs: FIND_MS }),
      render: createTicketRenderer(bundledFonts()),
      saveSetting: (key, value) => writeSetting(start.configFile, key, value),
    },
    { app: APP, deviceSettings, pid: process.pid, onSettings: (s) => log.setLevel(s.get('log.level')) },
  );
  return {
    ...core,
    stop: async () => {
      await core.stop();
      await centre.close();
    },
  };
};
