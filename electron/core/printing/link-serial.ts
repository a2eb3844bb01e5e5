import type * as serialModule from 'serialport';
import type { PrinterLink, PrinterPort } from '../ports.ts';
import { linkEvents } from './link-events.ts';
import { withSafeIo } from './serial-io.ts';

/**
 * A printer on a serial line, also one that a USB adapter makes. 8 data bits, no parity, 1 stop bit: what printers are set to
 * when they come. The native module is loaded at the first opening, so that a core without it starts and prints elsewhere.
 */

export interface SerialAddress {
  /** `/dev/ttyUSB0`, `COM3`. */
  path: string;
  /** Bits per second. */
  baudRate: number;
  /** The printer holds the line by its wire when its buffer is full. Without it a long paper loses bytes. */
  rtscts: boolean;
}

type SerialModule = Pick<typeof serialModule, 'SerialPort'>;
type OpenOptions = Parameters<SerialModule['SerialPort']['binding']['open']>[0];
type SerialStream = InstanceType<SerialModule['SerialPort']>;

const linkOf = (port: SerialStream, name: string): PrinterLink => {
  const events = linkEvents(name);
  const lost = (why: string): Error => new Error(`${name}: ${why}`);
  port.on('data', (bytes: Uint8Array) => {
    if (!events.over) events.data(bytes);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      if (port.isOpen) port.close(() => resolve());
      else resolve();
    });
  /** What stands in the system's buffer would hold the close, and a drain that waits, for as long as the printer does. */
  const drop = (): Promise<void> =>
    new Promise((resolve) => {
      if (port.isOpen) port.flush(() => void close().then(resolve));
      else resolve();
    });
  port.on('close', (error: Error | null) => events.gone(error ? lost(`the line is gone: ${error.message}`) : null));
  port.on('error', (error: Error) => events.gone(lost(error.message)));
  // Nothing more can be read: hung up.
  port.on('end', () => {
    events.gone(lost('the line is gone'));
    void drop();
  });

  const writeAll = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (!port.isOpen) {
        reject(lost('the line is closed'));
        return;
      }
      port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (failed) => {
        if (failed) {
          reject(lost(failed.message));
          return;
        }
        if (!port.isOpen) {
          reject(lost('the line is closed'));
          return;
        }
        port.drain((error) => {
          if (error) reject(lost(error.message));
          else resolve();
        });
      });
    });

  let writing: Promise<unknown> = Promise.resolve();
  let closing = false;
  return {
    onData: events.onData,
    onClose: events.onClose,
    write: (bytes) => {
      if (closing) return Promise.reject(lost('the line is closed'));
      const job = writing.then(() => writeAll(bytes));
      writing = job.catch(() => undefined);
      return events.unlessGone(job);
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        closing = true;
        const end = (): void => {
          clearTimeout(timer);
          clearTimeout(last);
          events.gone(null);
          resolve();
        };
        const timer = setTimeout(() => void drop().then(end), timeoutMs);
        // Even a driver that holds the close is not waited for.
        const last = setTimeout(end, timeoutMs + 500);
        void writing.then(close).then(end);
      }),
  };
};

const loadSerial = (): Promise<SerialModule> => import('serialport');

/** @throws RangeError when it can be no serial line */
export const serialPrinter = (address: SerialAddress, load: () => Promise<SerialModule> = loadSerial): PrinterPort => {
  const { path, baudRate, rtscts } = address;
  if (path.trim() === '' || path.includes('\0'))
    throw new RangeError(`printer.path ${JSON.stringify(path)} is no serial port, as /dev/ttyUSB0 or COM3`);
  if (!Number.isInteger(baudRate) || baudRate < 300 || baudRate > 4_000_000)
    throw new RangeError(`printer.baudRate ${baudRate}: 300 to 4000000`);
  const name = `serial ${path} ${baudRate}${rtscts ? ' rts/cts' : ''}`;
  return {
    name,
    open: (timeoutMs) =>
      new Promise((resolve, reject) => {
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          reject(new Error(`${name} did not open within ${timeoutMs} ms`));
        }, timeoutMs);
        const failed = (error: Error): void => {
          clearTimeout(timer);
          reject(new Error(`${name}: ${error.message}`, { cause: error }));
        };
        load()
          .then(({ SerialPort }) => {
            const { binding } = SerialPort;
            const safe = {
              ...binding,
              open: async (options: OpenOptions) => withSafeIo(await binding.open(options)),
            };
            // serialport takes a binding here, though its types leave it out.
            const options = { path, baudRate, rtscts, autoOpen: false, binding: safe };
            const port = new SerialPort(options);
            port.open((error) => {
              clearTimeout(timer);
              if (error) failed(error);
              else if (late) port.close();
              else resolve(linkOf(port, name));
            });
          })
          .catch(failed);
      }),
  };
};
