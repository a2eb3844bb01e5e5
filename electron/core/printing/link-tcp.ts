import { connect, isIPv6, type Socket } from 'node:net';
import type { PrinterLink, PrinterPort } from '../ports.ts';

/** Raw TCP, «port 9100», to network printers and print servers. */

export interface TcpPrinterAddress {
  /** Name, IPv4 or IPv6 address, the latter with or without brackets. */
  host: string;
  port: number;
}

const linkOf = (socket: Socket): PrinterLink => {
  let early: Uint8Array[] | null = [];
  let onData = (bytes: Uint8Array): void => {
    early?.push(bytes);
  };
  let gone: { error: Error | null } | null = null;
  let failed: Error | null = null;
  const closeListeners = new Set<(error: Error | null) => void>();
  // What comes in is always read, also while closing: an unread byte would turn our close into a reset, and a reset makes
  // the printer throw away what it has not printed yet.
  socket.on('data', (bytes: Uint8Array) => onData(bytes));
  socket.on('error', (error) => {
    failed = error;
  });
  socket.on('close', () => {
    gone = { error: failed };
    for (const listener of closeListeners) listener(failed);
    closeListeners.clear();
  });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (gone || !socket.writable) {
          reject(failed ?? new Error('the printer has closed the connection'));
          return;
        }
        const lost = (error: Error | null): void => reject(error ?? new Error('the printer closed the connection'));
        closeListeners.add(lost);
        // Called when the system has taken all of them, which is when the printer's window lets it.
        socket.write(bytes, (error) => {
          closeListeners.delete(lost);
          if (error) reject(error);
          else resolve();
        });
      }),
    onData: (listener) => {
      onData = listener;
      for (const bytes of early ?? []) listener(bytes);
      early = null;
    },
    onClose: (listener) => {
      if (gone) listener(gone.error);
      else closeListeners.add(listener);
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        if (gone) {
          resolve();
          return;
        }
        const timer = setTimeout(() => socket.destroy(), timeoutMs);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.end();
      }),
  };
};

/** @throws RangeError when the address cannot be one: better at start than at the first ticket. */
export const tcpPrinter = (address: TcpPrinterAddress): PrinterPort => {
  const host = address.host.replace(/^\[(.*)\]$/, '$1');
  const { port } = address;
  if (host === '' || /[\s/@]/.test(host))
    throw new RangeError(`printer.host ${JSON.stringify(address.host)} is no name or address`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError(`printer.port ${port}: 1 to 65535`);
  const name = `tcp ${isIPv6(host) ? `[${host}]` : host}:${port}`;
  return {
    name,
    open: (timeoutMs) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 });
        const timer = setTimeout(() => {
          socket.destroy();
          reject(new Error(`${name} did not answer within ${timeoutMs} ms`));
        }, timeoutMs);
        const refused = (error: Error): void => {
          clearTimeout(timer);
          reject(new Error(`${name}: ${error.message}`, { cause: error }));
        };
        socket.once('error', refused);
        socket.once('connect', () => {
          clearTimeout(timer);
          socket.off('error', refused);
          resolve(linkOf(socket));
        });
      }),
  };
};
