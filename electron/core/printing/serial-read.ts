import { read } from 'node:fs';
import { promisify } from 'node:util';

/**
 * Reading of serialport's own on Linux asks again at once, for ever, when a line that is gone gives it nothing to read
 * (serialport/bindings-cpp #162): one unplugged adapter takes a processor and then the memory of the core. So its reading is
 * replaced by this one, in which nothing read means that the line is gone.
 */

const fsRead = promisify(read);

/** What is used of an open port of serialport's on Linux and macOS; on Windows it has no number of a file. */
interface UnixPort {
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', then: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

const isUnixPort = (port: object): port is UnixPort => 'fd' in port && 'poller' in port && 'read' in port;

/** serialport knows by this mark that it was closed and not lost. */
const closedByUs = (): Error => Object.assign(new Error('the line is closed'), { canceled: true });

const readable = ({ poller }: UnixPort): Promise<void> =>
  new Promise((resolve, reject) => {
    poller.once('readable', (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

/** Replaces the reading of a port that was just opened; others are left as they are. */
export const withSafeRead = <P extends object>(port: P): P => {
  if (!isUnixPort(port)) return port;
  port.read = async (buffer, offset, length) => {
    for (;;) {
      if (port.fd === null) throw closedByUs();
      try {
        const { bytesRead } = await fsRead(port.fd, buffer, offset, length, null);
        if (bytesRead > 0) return { buffer, bytesRead };
      } catch (error) {
        if (!['EAGAIN', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
        // Its native poller must not be asked after the close: that ends the process.
        if (port.fd === null) throw closedByUs();
        await readable(port);
        continue;
      }
      throw port.fd === null ? closedByUs() : new Error('hung up');
    }
  };
  return port;
};
