import { execFile } from 'node:child_process';
import {
  close as closeFd,
  constants,
  fstat,
  open as openFile,
  read as readFd,
  type Stats,
  write as writeFd,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import type { PrinterLink, PrinterPort } from '../ports.ts';
import { linkEvents } from './link-events.ts';

/**
 * A printer behind a device file of Linux, as `/dev/usb/lp0`, read and written. The file is opened without waiting
 * (O_NONBLOCK) and asked again and again: a read that waits for a silent printer, or a write to one without paper, would
 * hold one of the few threads of libuv, and could not be taken back.
 *
 * It is never created and never cut: a printer that is not plugged in must not become a file on the disk that takes tickets.
 * A FIFO is written only, since whoever opens it for both reads his own bytes.
 */

const fsOpen = promisify(openFile);
const fsFstat = promisify(fstat);
const fsClose = promisify(closeFd);
const fsWrite = promisify(writeFd);
const fsRead = promisify(readFd);
const run = promisify(execFile);

/** After something has happened a device is asked soon again, a quiet one seldom. */
const SOON_MS = 2;
const READ_SELDOM_MS = 80;
const WRITE_SELDOM_MS = 40;
const SLOWER = 1.5;
const READ_SIZE = 4096;
/** The most that usblp takes at once. */
const WRITE_SIZE = 8192;
const STTY_MS = 2000;
/** Major number of /dev/null, /dev/zero, /dev/mem: whatever prints there is lost. */
const MEMORY_DEVICES = 1;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | null)?.code ?? '';
const notNow = (error: unknown): boolean => ['EAGAIN', 'EINTR'].includes(codeOf(error));

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such device: is the printer plugged in and switched on?',
  ENODEV: 'the printer has been unplugged or switched off',
  ENXIO: 'nobody is at the other end',
  EACCES: 'this program may not use it (its group is usually «lp»)',
  EPERM: 'this program may not use it',
  EBUSY: 'another program has it open',
  EROFS: 'it cannot be written to',
  EISDIR: 'it is a directory',
};

const inWords = (name: string, error: unknown): Error => {
  const code = codeOf(error);
  const why = error instanceof Error ? error.message : String(error);
  return new Error(`${name}: ${WORDS[code] ?? why}${code === '' ? '' : ` (${code})`}`, { cause: error });
};

/** @throws Error in words when it is no device that bytes can be sent to */
const kindOf = (name: string, stats: Stats): 'device' | 'fifo' => {
  if (stats.isFIFO()) return 'fifo';
  if (stats.isCharacterDevice() && stats.rdev >> 8 !== MEMORY_DEVICES) return 'device';
  const what = stats.isFile()
    ? 'an ordinary file'
    : stats.isDirectory()
      ? 'a directory'
      : stats.isCharacterDevice()
        ? 'a device that keeps nothing'
        : 'no device that prints';
  throw new Error(`${name} is ${what}, no printer`);
};

const linkOf = (fd: number, name: string, readable: boolean): PrinterLink => {
  const events = linkEvents(name);
  const terminal = isatty(fd);
  /** Calls that are with the system: the file is closed after them, since its number is given to the next one at once. */
  const under = new Set<Promise<unknown>>();
  const through = <T>(call: Promise<T>): Promise<T> => {
    const settled = call.then(
      () => undefined,
      () => undefined,
    );
    under.add(settled);
    void settled.then(() => under.delete(settled));
    return call;
  };
  const timers = new Map<NodeJS.Timeout, () => void>();
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        timers.delete(timer);
        resolve();
      };
      const timer = setTimeout(end, ms);
      timers.set(timer, end);
    });

  let closed: Promise<void> | null = null;
  const finish = (error: Error | null): Promise<void> => {
    closed ??= Promise.all(under)
      .then(() => fsClose(fd))
      .catch(() => undefined);
    events.gone(error);
    for (const end of timers.values()) end();
    return closed;
  };
  const die = (error: unknown): Error => {
    const inOurs = inWords(name, error);
    void finish(inOurs);
    return inOurs;
  };

  let readEvery = SOON_MS;
  const listen = async (): Promise<void> => {
    const room = new Uint8Array(READ_SIZE);
    while (!events.over) {
      try {
        const { bytesRead } = await through(fsRead(fd, room, 0, READ_SIZE, null));
        if (bytesRead > 0) {
          readEvery = SOON_MS;
          // What came after the close belongs to nobody.
          if (!events.over) events.data(room.slice(0, bytesRead));
          continue;
        }
        // usblp reads nothing now and then; a terminal reads nothing when it has been hung up.
        if (terminal) {
          die(Object.assign(new Error('hung up'), { code: 'ENODEV' }));
          return;
        }
      } catch (error) {
        // usblp says so of printers that can only be written to.
        if (codeOf(error) === 'EINVAL') return;
        if (!notNow(error)) {
          die(error);
          return;
        }
      }
      await pause(readEvery);
      readEvery = Math.min(READ_SELDOM_MS, readEvery * SLOWER);
    }
  };

  /** Tries until the system takes it; `length` 0 waits until the device has taken what it was given before. */
  const send = async (bytes: Uint8Array, from: number, length: number): Promise<number> => {
    let again = SOON_MS;
    for (;;) {
      if (events.over) throw events.over.error ?? new Error(`${name} is closed`);
      try {
        const { bytesWritten } = await through(fsWrite(fd, bytes, from, length, null));
        return bytesWritten;
      } catch (error) {
        if (!notNow(error)) throw die(error);
      }
      await pause(again);
      again = Math.min(WRITE_SELDOM_MS, again * SLOWER);
    }
  };
  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length;) from += await send(bytes, from, Math.min(WRITE_SIZE, bytes.length - from));
    // Closing usblp throws away the block that is on its way; it is asked for by writing nothing.
    await send(Uint8Array.of(0), 0, 0);
    readEvery = SOON_MS;
  };

  let writing: Promise<unknown> = Promise.resolve();
  let closing = false;
  if (readable) void listen();
  return {
    onData: events.onData,
    onClose: events.onClose,
    write: (bytes) => {
      if (closing) return Promise.reject(new Error(`${name} is closed`));
      readEvery = SOON_MS;
      const job = writing.then(() => writeAll(bytes));
      writing = job.catch(() => undefined);
      return events.unlessGone(job);
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        closing = true;
        const timer = setTimeout(() => {
          void finish(null);
          // A driver that does not let go is waited for no longer.
          resolve();
        }, timeoutMs);
        void writing
          .then(() => finish(null))
          .then(() => {
            clearTimeout(timer);
            resolve();
          });
      }),
  };
};

export interface DeviceAddress {
  /** `/dev/usb/lp0`, or a name of udev's for it. */
  path: string;
}

/** @throws RangeError when the path cannot be one */
export const devicePrinter = ({ path }: DeviceAddress): PrinterPort => {
  if (!path.startsWith('/') || path.includes('\0'))
    throw new RangeError(`printer.path ${JSON.stringify(path)} is no path of a device, as /dev/usb/lp0`);
  const name = `device ${path}`;
  const { O_RDWR, O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;

  const openNow = async (): Promise<PrinterLink> => {
    // Looked at first: opening alone already does something to some devices.
    const kind = await stat(path).then(
      (stats) => kindOf(name, stats),
      (error: unknown) => {
        throw inWords(name, error);
      },
    );
    const flags = (kind === 'fifo' ? O_WRONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY;
    const fd = await fsOpen(path, flags).catch((error: unknown) => {
      throw inWords(name, error);
    });
    try {
      // It may be another one by now.
      const opened = kindOf(name, await fsFstat(fd));
      if (opened !== kind) throw new Error(`${name} has changed while it was opened`);
      // A line with an echo would send the printer its own answers, and a line break is two bytes there.
      if (isatty(fd))
        await run('stty', ['-F', path, 'raw', '-echo'], { timeout: STTY_MS }).catch((error: unknown) => {
          throw new Error(`${name}: stty could not set the line raw`, { cause: error });
        });
      return linkOf(fd, name, kind === 'device');
    } catch (error) {
      await fsClose(fd).catch(() => undefined);
      throw error;
    }
  };

  return {
    name,
    open: (timeoutMs) =>
      new Promise((resolve, reject) => {
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          reject(new Error(`${name} did not open within ${timeoutMs} ms`));
        }, timeoutMs);
        openNow().then(
          (link) => {
            clearTimeout(timer);
            if (late) void link.close(0);
            else resolve(link);
          },
          (error: unknown) => {
            clearTimeout(timer);
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      }),
  };
};
