import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty, ReadStream, WriteStream } from 'node:tty';

/** What a line tells of: bytes, the end of what the sender has to say, and that it is gone. */
export interface LineEvents {
  data(bytes: Uint8Array): void;
  end(): void;
}

/** One way to the printer: a TCP connection, or a device file. */
export interface Line {
  send(bytes: Uint8Array): void;
  pause(): void;
  resume(): void;
  /** Says that nothing more will come. */
  end(): void;
  /** Breaks it off at once. */
  reset(): void;
}

export function socketLine(socket: Socket, events: LineEvents): Line {
  socket.on('data', (chunk: Uint8Array) => events.data(chunk));
  socket.on('end', () => events.end());
  socket.on('close', () => events.end());
  return {
    send: (bytes) => {
      if (socket.writable) socket.write(bytes);
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
  };
}

/** A device file that stays open: `close` gives it back. */
export interface DeviceLine extends Line {
  close(): void;
}

/**
 * Opens a device file for reading and writing: one end of a pair of pseudo-terminals, which is set to raw mode, or a FIFO,
 * on which nothing can be answered. @throws when it cannot be opened.
 */
export function deviceLine(path: string, events: LineEvents): DeviceLine {
  const open = (): number => openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const fd = open();
  const terminal = isatty(fd);
  const input = terminal ? new ReadStream(fd) : new Socket({ fd, readable: true, writable: false });
  if (input instanceof ReadStream) input.setRawMode(true);
  // A stream of its own: each of the two closes what it was given.
  const output = terminal ? new WriteStream(open()) : null;
  for (const stream of [input, output]) stream?.on('error', () => events.end());
  input.on('data', (chunk: Buffer) => events.data(chunk));
  input.on('end', () => events.end());
  input.on('close', () => events.end());
  return {
    send: (bytes) => output?.write(bytes),
    pause: () => input.pause(),
    resume: () => input.resume(),
    // A serial line has no end that the other side would see.
    end: () => undefined,
    reset: () => undefined,
    close: () => {
      input.destroy();
      output?.destroy();
    },
  };
}
