import { read, write } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Reading of serialport's own on Linux asks again at once, for ever, when a line that is gone gives it nothing to read
 * (serialport/bindings-cpp #162): one unplugged adapter takes a processor and then the memory of the core. So its reading is
 * replaced by this one, in which nothing read means that the line is gone.
 *
 * Its writing waits to be told that there is room again, and is not always told: a pair of terminals with a slow other end
 * leaves it waiting for ever, with the rest of a ticket. So it is replaced as well, by one that also looks for itself.
 */

const fsRead = promisify(read);
const fsWrite = promisify(write);

/** Waits between looks for room: a line of 115,200 bits a second takes 23 ms for the least that is asked for. */
const ROOM_SOON_MS = 5;
const ROOM_SELDOM_MS = 40;
const SLOWER = 1.5;
/** More at once only waits in the kernel, where nothing can be taken back. */
const WRITE_SIZE = 4096;

/** What is used of an open port of serialport's on Linux and macOS; on Windows it has no number of a file. */
interface UnixPort {
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', then: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  /** What its `drain` waits for. */
  writeOperation: Promise<void> | null;
}

const isUnixPort = (port: object): port is UnixPort =>
  ['fd', 'poller', 'read', 'write', 'writeOperation'].every((name) => name in port);

/** serialport knows by this mark that it was closed and not lost. */
const closedByUs = (): Error => Object.assign(new Error('the line is closed'), { canceled: true });

const readable = ({ poller }: UnixPort): Promise<void> =>
  new Promise((resolve, reject) => {
    poller.once('readable', (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

const notNow = (error: unknown): boolean => ['EAGAIN', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '');

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** @throws Error when the line has gone, or is closed meanwhile */
const writeAll = async (port: UnixPort, bytes: Buffer): Promise<void> => {
  let again = ROOM_SOON_MS;
  for (let from = 0; from < bytes.length;) {
    if (port.fd === null) throw closedByUs();
    try {
      const length = Math.min(WRITE_SIZE, bytes.length - from);
      const { bytesWritten } = await fsWrite(port.fd, bytes, from, length, null);
      from += bytesWritten;
      again = ROOM_SOON_MS;
    } catch (error) {
      if (!notNow(error)) throw error;
      await pause(again);
      again = Math.min(ROOM_SELDOM_MS, again * SLOWER);
    }
  }
};

/** Replaces the reading and writing of a port that was just opened; others are left as they are. */
export const withSafeIo = <P extends object>(port: P): P => {
  if (!isUnixPort(port)) return port;
  port.read = async (buffer, offset, length) => {
    for (;;) {
      if (port.fd === null) throw closedByUs();
      try {
        const { bytesRead } = await fsRead(port.fd, buffer, offset, length, null);
        if (bytesRead > 0) return { buffer, bytesRead };
      } catch (error) {
        if (!notNow(error)) throw error;
        // Its native poller must not be asked after the close: that ends the process.
        if (port.fd === null) throw closedByUs();
        await readable(port);
        continue;
      }
      throw port.fd === null ? closedByUs() : new Error('hung up');
    }
  };
  port.write = (buffer) => {
    const operation = writeAll(port, buffer).finally(() => {
      if (port.writeOperation === operation) port.writeOperation = null;
    });
    port.writeOperation = operation;
    return operation;
  };
  return port;
};
