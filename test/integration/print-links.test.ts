import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findPrinters } from '../../electron/core/printing/find-printers.ts';
import { printerWay } from '../../electron/core/printing/links.ts';
import type { PrinterLinkConfig } from '../../electron/core/printing/printer-config.ts';
import type { PrinterLink } from '../../electron/core/ports.ts';
import { program } from '../tools/cups.ts';
import { type Machines, printMachines, type Sink, type Terminal } from './print-machines.ts';

/** What a promise is rejected with; listened to at once. */
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'no failure', String);

let machines: Machines;
const links: PrinterLink[] = [];
beforeEach(() => {
  machines = printMachines();
});
afterEach(async () => {
  for (const link of links.splice(0)) await link.close(200);
  await machines.close();
});

const open = async (config: PrinterLinkConfig): Promise<PrinterLink> => {
  const way = printerWay(config);
  if (way.kind !== 'stream') throw new Error('no stream');
  const link = await way.port.open(5000);
  links.push(link);
  return link;
};
const closeOf = (link: PrinterLink): Promise<Error | null> =>
  new Promise((resolve) => {
    link.onClose(resolve);
  });
const soon = { timeout: 15_000, interval: 10 };

/** Every byte there is, in an order that a wrong line break, echo or parity would spoil. */
const job = Buffer.concat(Array.from({ length: 200 }, () => Buffer.from(Array.from({ length: 256 }, (_, i) => i))));

describe.each(['127.0.0.1', '::1', '[::1]'])('TCP to %s', (host) => {
  it('carries bytes both ways and closes without loss', async () => {
    const sink = await machines.sink({ host: host.replace(/[[\]]/g, '') });
    const link = await open({ kind: 'tcp', host, port: sink.port });
    const heard: number[] = [];
    link.onData((bytes) => heard.push(...bytes));
    await link.write(job);
    await vi.waitUntil(() => sink.sockets.length === 1, soon);
    sink.say(Uint8Array.of(0x16, 0x12));
    await vi.waitUntil(() => heard.length === 2, soon);
    expect(heard).toEqual([0x16, 0x12]);
    await link.close(2000);
    await vi.waitUntil(() => sink.received().length === job.length, soon);
    expect(sink.received().equals(job)).toBe(true);
  });
});

describe.each(['device', 'serial'] as const)('a terminal as %s', (kind) => {
  let sink: Sink;
  let terminal: Terminal;
  const config = (path: string): PrinterLinkConfig =>
    kind === 'device' ? { kind, path } : { kind, path, baudRate: 115_200, rtscts: true };
  beforeEach(async () => {
    sink = await machines.sink();
    terminal = await machines.terminal(sink);
  });

  it('carries every byte both ways, unchanged', async () => {
    const link = await open(config(terminal.path));
    const heard: number[] = [];
    link.onData((bytes) => heard.push(...bytes));
    await link.write(job);
    await vi.waitUntil(() => sink.received().length === job.length, soon);
    expect(sink.received().equals(job)).toBe(true);
    sink.say(Uint8Array.of(0x0a, 0x0d, 0x03, 0x04, 0x11, 0x13, 0x7f, 0xff, 0x00));
    await vi.waitUntil(() => heard.length === 9, soon);
    expect(heard).toEqual([0x0a, 0x0d, 0x03, 0x04, 0x11, 0x13, 0x7f, 0xff, 0x00]);
    // What the printer says is not sent back to it.
    expect(sink.received()).toHaveLength(job.length);
  });

  it('keeps what came before anybody listened', async () => {
    const link = await open(config(terminal.path));
    await link.write(Uint8Array.of(1));
    await vi.waitUntil(() => sink.received().length === 1, soon);
    sink.say(Uint8Array.of(7));
    const heard = await new Promise<Uint8Array>((resolve) => {
      link.onData(resolve);
    });
    expect([...heard]).toEqual([7]);
  });

  it('waits with writing while the printer takes nothing, and goes on after', async () => {
    const link = await open(config(terminal.path));
    terminal.hold();
    let written = false;
    const long = Buffer.concat(Array.from({ length: 10 }, () => job));
    const writing = link.write(long).then(() => {
      written = true;
    });
    // A second one stands behind it.
    const after = link.write(Uint8Array.of(0x42));
    // Meanwhile a whole job goes to another one.
    const other = await machines.sink();
    const beside = await open(config((await machines.terminal(other)).path));
    await beside.write(job);
    await vi.waitUntil(() => other.received().length === job.length, soon);
    expect(written).toBe(false);
    terminal.release();
    await writing;
    await after;
    await vi.waitUntil(() => sink.received().length === long.length + 1, soon);
    expect(sink.received().equals(Buffer.concat([long, Uint8Array.of(0x42)]))).toBe(true);
  });

  it('rejects what is being written and tells why, when it is unplugged', async () => {
    const link = await open(config(terminal.path));
    const closed = closeOf(link);
    terminal.hold();
    const writing = link.write(Buffer.concat(Array.from({ length: 20 }, () => job)));
    const rejected = failure(writing);
    await terminal.unplug();
    expect(await closed).toBeInstanceOf(Error);
    expect(await rejected).toContain(terminal.path);
    await expect(link.write(Uint8Array.of(1))).rejects.toThrow(terminal.path);
    // Who asks later hears it too.
    expect(await closeOf(link)).toBeInstanceOf(Error);
  });

  it('notices that it was unplugged while nothing was sent', async () => {
    const link = await open(config(terminal.path));
    const closed = closeOf(link);
    await terminal.unplug();
    expect((await closed)?.message).toContain(terminal.path);
  });

  it('ends its close in time, though the printer takes nothing', async () => {
    const link = await open(config(terminal.path));
    const closed = closeOf(link);
    terminal.hold();
    const writing = link.write(Buffer.concat(Array.from({ length: 20 }, () => job)));
    const rejected = failure(writing);
    const before = performance.now();
    await link.close(300);
    expect(performance.now() - before).toBeLessThan(2500);
    expect(await rejected).toMatch(/clos|cancel/i);
    expect(await closed).toBeNull();
    await expect(link.write(Uint8Array.of(1))).rejects.toThrow(/clos/);
    await link.close(300);
  });

  it('is free for the next one after it was closed', async () => {
    const first = await open(config(terminal.path));
    const held = await machines.sink();
    const other = await machines.terminal(held);
    await first.write(job);
    await first.close(2000);
    const link = await open(config(other.path));
    await link.write(Uint8Array.of(5));
    await vi.waitUntil(() => held.received().length === 1, soon);
    await vi.waitUntil(() => sink.received().length === job.length, soon);
    expect(sink.received().equals(job)).toBe(true);
  });
});

describe('a serial line', () => {
  it('is not shared: the second opener is told so', async () => {
    const terminal = await machines.terminal(await machines.sink());
    const config = { kind: 'serial', path: terminal.path, baudRate: 9600, rtscts: false } as const;
    await open(config);
    await expect(open(config)).rejects.toThrow(/lock|busy|denied|permission/i);
  });
  it('that is not there is said in words', async () => {
    const path = `${machines.folder}/none`;
    await expect(open({ kind: 'serial', path, baudRate: 9600, rtscts: false })).rejects.toThrow(/No such file/);
  });
});

describe('device files', () => {
  it('leave the system its threads, however many printers are silent and full', async () => {
    const terminals = await Promise.all(
      Array.from({ length: 6 }, async () => machines.terminal(await machines.sink())),
    );
    for (const terminal of terminals) {
      const link = await open({ kind: 'device', path: terminal.path });
      terminal.hold();
      void link.write(Buffer.concat(Array.from({ length: 20 }, () => job))).catch(() => undefined);
    }
    // As many threads as libuv has are four, and this needs one of them.
    const read = readFile('/proc/self/status', 'utf8');
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error('no thread was free')), 3000);
    });
    expect(await Promise.race([read, late])).toContain('Name:');
  });

  it('may be a FIFO: it is written, and never read', async () => {
    const path = machines.fifo();
    await expect(open({ kind: 'device', path })).rejects.toThrow(/nobody is at the other end/);
    const cat = machines.start(program('cat', 'coreutils'), [path]);
    const parts: Buffer[] = [];
    cat.stdout?.on('data', (bytes: Buffer) => parts.push(bytes));
    const read = once(cat, 'close');
    const link = await vi.waitFor(() => open({ kind: 'device', path }), soon);
    const heard: Uint8Array[] = [];
    link.onData((bytes) => heard.push(bytes));
    await link.write(job);
    await link.close(2000);
    await read;
    expect(Buffer.concat(parts).equals(job)).toBe(true);
    expect(heard).toEqual([]);
  });

  it('tell that nobody reads a FIFO any more', async () => {
    const path = machines.fifo();
    const cat = machines.start(program('cat', 'coreutils'), [path]);
    const link = await vi.waitFor(() => open({ kind: 'device', path }), soon);
    const closed = closeOf(link);
    const gone = once(cat, 'exit');
    cat.kill('SIGKILL');
    await gone;
    await expect(link.write(job)).rejects.toThrow(/EPIPE/);
    expect(await closed).toBeInstanceOf(Error);
  });
});

describe('the search for printers', () => {
  it('tries the addresses that were given, many at once, and tells only those that answer', async () => {
    const one = await machines.sink();
    const six = await machines.sink({ host: '::1' });
    const dead = await machines.sink();
    await dead.close();
    const shut = Array.from({ length: 40 }, () => ({ host: '127.0.0.1', port: dead.port }));
    const { found, failed } = await findPrinters({
      addresses: [...shut, { host: '127.0.0.1', port: one.port }, { host: '[::1]', port: six.port }],
      cups: null,
      timeoutMs: 2000,
      root: `${machines.folder}/`,
      serialPorts: () => Promise.resolve([]),
    });
    expect(failed).toEqual([]);
    expect(found).toEqual([
      { link: { kind: 'tcp', host: '127.0.0.1', port: one.port }, label: `127.0.0.1:${one.port}` },
      { link: { kind: 'tcp', host: '::1', port: six.port }, label: `[::1]:${six.port}` },
    ]);
    // Nothing was said to them, and the line is free again.
    await vi.waitUntil(() => one.sockets.every((socket) => socket.readableEnded || socket.destroyed), soon);
    expect(one.received()).toHaveLength(0);
  });
});
