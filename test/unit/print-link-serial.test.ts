import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'node:events';
import type * as serialModule from 'serialport';
import { describe, expect, it, vi } from 'vitest';
import { serialPrinter } from '../../electron/core/printing/link-serial.ts';
import { withSafeIo } from '../../electron/core/printing/serial-io.ts';

/** Of coreutils. */
const MKFIFO = 'mkfifo';
/** What a promise is rejected with; listened to at once. */
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'no failure', String);

type Done = (error?: Error | null) => void;

/** serialport as far as it is used: what it is called with is answered by the test. */
class FakePort extends EventEmitter {
  isOpen = false;
  readonly calls: string[] = [];
  opened: Done = () => undefined;
  wrote: Done = () => undefined;
  drained: Done = () => undefined;
  flushed: Done = (): void => undefined;
  holdFlush = false;
  readonly options: Record<string, unknown>;
  constructor(options: Record<string, unknown>) {
    super();
    this.options = options;
  }
  open(done: Done): void {
    this.opened = (error = null) => {
      this.isOpen = error === null;
      done(error);
    };
  }
  write(bytes: Uint8Array, done: Done): void {
    this.calls.push(`write ${bytes.length}`);
    this.wrote = done;
  }
  drain(done: Done): void {
    this.calls.push('drain');
    this.drained = done;
  }
  flush(done: Done): void {
    this.calls.push('flush');
    if (!this.holdFlush) done();
  }
  close(done: Done = () => undefined): void {
    this.calls.push('close');
    this.isOpen = false;
    done();
    this.emit('close', null);
  }
  static binding = { list: () => Promise.resolve([]), open: () => Promise.resolve({}) };
}

/** Lets everything that is ready run. */
const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const made = () => {
  const ports: FakePort[] = [];
  const SerialPort = class extends FakePort {
    constructor(options: Record<string, unknown>) {
      super(options);
      ports.push(this);
    }
  };
  const printer = serialPrinter({ path: '/dev/ttyS9', baudRate: 19_200, rtscts: true }, () =>
    Promise.resolve({ SerialPort } as unknown as Pick<typeof serialModule, 'SerialPort'>),
  );
  const theOne = (): FakePort => {
    const [port] = ports;
    if (!port) throw new Error('none was made');
    return port;
  };
  return { printer, ports, theOne };
};
const opened = async () => {
  const { printer, theOne } = made();
  const opening = printer.open(1000);
  await settle();
  const port = theOne();
  port.opened();
  return { port, link: await opening };
};

describe('serialPrinter', () => {
  it('names itself with its speed and its flow control', () => {
    expect(serialPrinter({ path: 'COM3', baudRate: 9600, rtscts: false }).name).toBe('serial COM3 9600');
    expect(made().printer.name).toBe('serial /dev/ttyS9 19200 rts/cts');
  });
  it.each([
    ['', 9600],
    ['a\0', 9600],
    ['COM3', 0],
    ['COM3', 9600.5],
    ['COM3', 5_000_000],
  ])('refuses %j at %d', (path, baudRate) => {
    expect(() => serialPrinter({ path, baudRate, rtscts: false })).toThrow(RangeError);
  });
  it('sets speed and flow control', async () => {
    const { port } = await opened();
    expect(port.options).toMatchObject({ path: '/dev/ttyS9', baudRate: 19_200, rtscts: true, autoOpen: false });
  });
  it('says that the native module is missing, at the first opening and not before', async () => {
    const printer = serialPrinter({ path: 'COM3', baudRate: 9600, rtscts: false }, () =>
      Promise.reject(new Error('no native build')),
    );
    await expect(printer.open(1000)).rejects.toThrow('serial COM3 9600: no native build');
  });
  it('rejects when the port cannot be opened', async () => {
    const { printer, theOne } = made();
    const opening = failure(printer.open(1000));
    await settle();
    theOne().opened(new Error('Cannot lock port'));
    expect(await opening).toMatch(/Cannot lock port/);
  });
  it('closes a port that opens too late', async () => {
    const { printer, theOne } = made();
    await expect(printer.open(20)).rejects.toThrow(/within 20 ms/);
    theOne().opened();
    expect(theOne().calls).toEqual(['close']);
  });
  it('has written when the bytes have left the machine, one write after the other', async () => {
    const { port, link } = await opened();
    const done: string[] = [];
    const first = link.write(new Uint8Array(3)).then(() => done.push('first'));
    const second = link.write(new Uint8Array(5)).then(() => done.push('second'));
    await settle();
    expect(port.calls).toEqual(['write 3']);
    port.wrote();
    await settle();
    expect(port.calls).toEqual(['write 3', 'drain']);
    expect(done).toEqual([]);
    port.drained();
    await first;
    await settle();
    expect(port.calls).toEqual(['write 3', 'drain', 'write 5']);
    port.wrote();
    port.drained();
    await second;
    expect(done).toEqual(['first', 'second']);
  });
  it('rejects a write that fails, or whose draining fails', async () => {
    const { port, link } = await opened();
    const first = failure(link.write(new Uint8Array(1)));
    await settle();
    port.wrote(new Error('EIO'));
    expect(await first).toMatch(/EIO/);
    const second = failure(link.write(new Uint8Array(1)));
    await settle();
    port.wrote();
    port.drained(new Error('drained not'));
    expect(await second).toMatch(/drained not/);
  });
  it('ends a drain that waits when the line is lost', async () => {
    const { port, link } = await opened();
    const writing = failure(link.write(new Uint8Array(1)));
    await settle();
    port.wrote();
    port.isOpen = false;
    port.emit('close', new Error('unplugged'));
    expect(await writing).toMatch(/the line is gone: unplugged/);
  });
  it('closes without throwing away what is on its way, when all was written', async () => {
    const { port, link } = await opened();
    const writing = link.write(new Uint8Array(1));
    await settle();
    const closing = link.close(1000);
    port.wrote();
    port.drained();
    await writing;
    await closing;
    expect(port.calls).toEqual(['write 1', 'drain', 'close']);
  });
  it('throws away what the printer does not take, when the time is over', async () => {
    const { port, link } = await opened();
    const writing = failure(link.write(new Uint8Array(1)));
    await settle();
    port.wrote();
    await link.close(20);
    expect(await writing).toMatch(/clos/);
    expect(port.calls).toEqual(['write 1', 'drain', 'flush', 'close']);
  });
  it('ends its close even when the driver does not', async () => {
    const { port, link } = await opened();
    port.holdFlush = true;
    const writing = failure(link.write(new Uint8Array(1)));
    await link.close(20);
    expect(await writing).toMatch(/clos/);
  });
});

describe('withSafeIo', () => {
  it('leaves alone what has no number of a file, as on Windows', () => {
    const port = { read: () => Promise.resolve({ buffer: Buffer.alloc(0), bytesRead: 0 }) };
    const { read } = port;
    expect(withSafeIo(port).read).toBe(read);
  });
  it('does not ask the poller of a port that is closed', async () => {
    let asked = 0;
    const port = {
      fd: null,
      poller: {
        once: () => {
          asked += 1;
        },
      },
      read: (buffer: Buffer, offset: number, length: number) => Promise.resolve({ buffer, bytesRead: length - offset }),
      write: () => Promise.resolve(),
      writeOperation: null,
    };
    await expect(withSafeIo(port).read(Buffer.alloc(1), 0, 1)).rejects.toMatchObject({ canceled: true });
    expect(asked).toBe(0);
  });
  it('writes on as soon as there is room, though nobody tells it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'talon-serial-'));
    const path = join(folder, 'fifo');
    execFileSync(MKFIFO, [path]);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    try {
      const port = {
        fd: fd as number | null,
        poller: { once: () => undefined },
        read: () => Promise.reject(new Error('not read')),
        write: (_bytes: Buffer): Promise<void> => Promise.reject(new Error('replaced')),
        writeOperation: null as Promise<void> | null,
      };
      const sent = Buffer.alloc(200_000, 'talon');
      const writing = withSafeIo(port).write(sent);
      expect(port.writeOperation).not.toBeNull();
      const parts: Buffer[] = [];
      const room = Buffer.alloc(65_536);
      await vi.waitFor(() => {
        for (let read = 1; read > 0;) {
          try {
            read = readSync(fd, room);
          } catch {
            read = 0;
          }
          parts.push(Buffer.from(room.subarray(0, read)));
        }
        expect(Buffer.concat(parts).equals(sent)).toBe(true);
      });
      await writing;
      expect(port.writeOperation).toBeNull();
      port.fd = null;
      await expect(port.write(sent)).rejects.toMatchObject({ canceled: true });
    } finally {
      closeSync(fd);
      rmSync(folder, { recursive: true });
    }
  });
});
