import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { PrinterLinkConfig } from './printer-config.ts';
import { cupsQueues, type CupsHost } from './spooler-cups.ts';
import { within } from './spooler.ts';
import { winspoolQueues } from './spooler-winspool.ts';

/**
 * Looks for printers where they can be, for the set-up page. Nothing is sent to any of them. Of the network only those
 * addresses are tried that were given.
 */

export type PrinterSource = 'usb' | 'serial' | 'cups' | 'windows' | 'network';

export interface FoundPrinter {
  link: PrinterLinkConfig;
  /** As it calls itself, and where it is: `EPSON TM-T20II (/dev/usb/lp0)`. */
  label: string;
}

export interface FindResult {
  found: FoundPrinter[];
  /** Sources that could not be asked; the others are none the worse for it. */
  failed: { source: PrinterSource; why: string }[];
}

export interface FindOptions {
  /** Addresses to try, at most {@link MAX_ADDRESSES}. */
  addresses: readonly { host: string; port: number }[];
  /** null: is not asked. */
  cups: CupsHost | null;
  /** For each source, and for each address. */
  timeoutMs: number;
  platform?: NodeJS.Platform;
  /** Where the system keeps its devices; `/` when it is not given. */
  root?: string;
  serialPorts?: () => Promise<readonly SerialPortInfo[]>;
  windowsPrinters?: typeof winspoolQueues;
}

export interface SerialPortInfo {
  path: string;
  manufacturer?: string | undefined;
  serialNumber?: string | undefined;
}

export const MAX_ADDRESSES = 512;
const AT_ONCE = 16;
/** What most serial printers are set to when they come; the page lets one choose. */
const USUAL_BAUD = 9600;

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';

const MAX_LABEL = 120;
/** What a device says of itself may be anything. */
const clean = (text: string): string =>
  text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_LABEL);
const labelled = (name: string, where: string): string => (clean(name) === '' ? where : `${clean(name)} (${where})`);

/** The name in an IEEE 1284 device id: `MFG:EPSON;MDL:TM-T20II;`. */
const nameInDeviceId = (id: string): string => {
  const of = (...keys: string[]): string => {
    for (const pair of id.split(';')) {
      const [key, value] = pair.split(':', 2);
      // The first field may have the length of the id before it.
      if (value !== undefined && keys.some((wanted) => clean(key ?? '').endsWith(wanted))) return value.trim();
    }
    return '';
  };
  return `${of('MFG', 'MANUFACTURER')} ${of('MDL', 'MODEL')}`;
};

const usbDevices = async (root: string): Promise<FoundPrinter[]> => {
  const names = await readdir(`${root}dev/usb`).catch((error: unknown) => {
    // No printer was ever plugged in.
    if (isMissing(error)) return [];
    throw error;
  });
  const printers = names
    .filter((name) => /^lp\d{1,3}$/.test(name))
    .sort((a, b) => Number(a.slice(2)) - Number(b.slice(2)));
  return Promise.all(
    printers.map(async (name) => {
      const path = `${root}dev/usb/${name}`;
      const id = await readFile(`${root}sys/class/usbmisc/${name}/device/ieee1284_id`, 'latin1').catch(() => '');
      return { link: { kind: 'device', path } as const, label: labelled(nameInDeviceId(id), path) };
    }),
  );
};

const shippedSerialPorts = async (): Promise<readonly SerialPortInfo[]> => {
  const { SerialPort } = await import('serialport');
  return SerialPort.list();
};

const serialLines = async (list: () => Promise<readonly SerialPortInfo[]>): Promise<FoundPrinter[]> =>
  (await list()).map(({ path, manufacturer, serialNumber }) => ({
    link: { kind: 'serial', path, baudRate: USUAL_BAUD, rtscts: false },
    label: labelled([manufacturer, serialNumber].filter((part) => part !== undefined).join(' '), path),
  }));

const cupsPrinters = async (host: CupsHost, timeoutMs: number): Promise<FoundPrinter[]> =>
  (await cupsQueues(host, timeoutMs)).map(({ queue, info, device }) => ({
    link: { kind: 'cups', host: host.host, port: host.port, queue },
    label: labelled(info === '' ? queue : info, clean(device === '' ? queue : device)),
  }));

const windowsPrinters = async (timeoutMs: number, list: typeof winspoolQueues): Promise<FoundPrinter[]> =>
  (await list(timeoutMs)).map(({ queue, driver, port }) => ({
    link: { kind: 'winspool', queue },
    label: labelled(queue, clean([driver, port].filter((part) => part !== '').join(', '))),
  }));

/** Whether something takes a connection there; nothing is sent. */
const answers = (host: string, port: number, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end(false), timeoutMs);
    const end = (open: boolean): void => {
      clearTimeout(timer);
      // Ended, not reset: a printer with one session must be free at once.
      if (open) socket.end();
      else socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => {
      socket.resume();
      socket.setTimeout(timeoutMs, () => socket.destroy());
      end(true);
    });
    socket.on('error', () => end(false));
  });

const scan = async (addresses: FindOptions['addresses'], timeoutMs: number): Promise<FoundPrinter[]> => {
  if (addresses.length > MAX_ADDRESSES) throw new RangeError(`${addresses.length} addresses: at most ${MAX_ADDRESSES}`);
  const wanted = addresses.map(({ host, port }) => ({ host: host.replace(/^\[(.*)\]$/, '$1'), port }));
  for (const { host, port } of wanted)
    if (host === '' || /[\s/@]/.test(host) || !Number.isInteger(port) || port < 1 || port > 65_535)
      throw new RangeError(`${JSON.stringify(host)} port ${port} is no address`);
  const open: boolean[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < wanted.length; at = next++) {
      const address = wanted[at];
      if (address) open[at] = await answers(address.host, address.port, timeoutMs);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, wanted.length) }, worker));
  return wanted
    .filter((_, at) => open[at])
    .map(({ host, port }) => ({
      link: { kind: 'tcp', host, port },
      label: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    }));
};

/** Asks all sources at once. Never rejects. */
export const findPrinters = async (options: FindOptions): Promise<FindResult> => {
  const { addresses, cups, timeoutMs, platform = process.platform, root = '/' } = options;
  const windows = platform === 'win32';
  const ask = (source: PrinterSource, look: () => Promise<FoundPrinter[]>) =>
    // Called inside a promise, so that what throws at once fails alone too.
    Promise.resolve()
      .then(look)
      .then(
        (found) => ({ source, found, why: null }),
        (error: unknown) => ({ source, found: [], why: wordsOf(error) }),
      );
  const asked = await Promise.all(
    [
      windows ? null : ask('usb', () => within(usbDevices(root), timeoutMs, 'the system')),
      ask('serial', () => within(serialLines(options.serialPorts ?? shippedSerialPorts), timeoutMs, 'the system')),
      cups ? ask('cups', () => cupsPrinters(cups, timeoutMs)) : null,
      windows ? ask('windows', () => windowsPrinters(timeoutMs, options.windowsPrinters ?? winspoolQueues)) : null,
      ask('network', () => scan(addresses, timeoutMs)),
    ].filter((one) => one !== null),
  );
  return {
    found: asked.flatMap(({ found }) => found),
    failed: asked.flatMap(({ source, why }) => (why === null ? [] : [{ source, why }])),
  };
};
