import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPrinters, MAX_ADDRESSES } from '../../electron/core/printing/find-printers.ts';
import { linkEvents } from '../../electron/core/printing/link-events.ts';
import { printerWay } from '../../electron/core/printing/links.ts';
import { type PrinterLinkConfig, printerLink } from '../../electron/core/printing/printer-config.ts';

/** What a promise is rejected with; listened to at once. */
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'no failure', String);

describe('printerWay', () => {
  it.each([
    [{ kind: 'tcp', host: '10.0.0.5', port: 9100 }, 'stream', 'tcp 10.0.0.5:9100'],
    [{ kind: 'tcp', host: 'fe80::1', port: 9100 }, 'stream', 'tcp [fe80::1]:9100'],
    [{ kind: 'device', path: '/dev/usb/lp0' }, 'stream', 'device /dev/usb/lp0'],
    [{ kind: 'serial', path: '/dev/ttyS0', baudRate: 9600, rtscts: true }, 'stream', 'serial /dev/ttyS0 9600 rts/cts'],
    [{ kind: 'cups', host: 'localhost', port: 631, queue: 'ticket' }, 'spooler', 'cups localhost:631/ticket'],
  ] as const)('%j', (link, kind, name) => {
    const way = printerWay(printerLink.parse(link), 'linux');
    expect([way.kind, way.port.name]).toEqual([kind, name]);
    // The spool tells them apart by this.
    expect('submit' in way.port).toBe(kind === 'spooler');
  });
  it('has the printers of Windows on Windows, and device files elsewhere', () => {
    const windows: PrinterLinkConfig = { kind: 'winspool', queue: 'Талон' };
    const device: PrinterLinkConfig = { kind: 'device', path: '/dev/usb/lp0' };
    expect(printerWay(windows, 'win32').port.name).toBe('winspool Талон');
    expect(() => printerWay(windows, 'linux')).toThrow(RangeError);
    expect(() => printerWay(device, 'win32')).toThrow(RangeError);
  });
  it.each([
    { kind: 'tcp', host: 'a b', port: 9100 },
    { kind: 'device', path: 'lp0' },
    { kind: 'serial', path: ' ', baudRate: 9600, rtscts: false },
    { kind: 'cups', host: 'a@b', port: 631, queue: 'q' },
  ] as const)('says what is wrong with %j', (link) => {
    expect(() => printerWay(link, 'linux')).toThrow(RangeError);
  });
});

describe('linkEvents', () => {
  it('keeps bytes until somebody listens, in their order', () => {
    const events = linkEvents('x');
    events.data(Uint8Array.of(1));
    events.data(Uint8Array.of(2));
    const heard: number[] = [];
    events.onData((bytes) => heard.push(...bytes));
    events.data(Uint8Array.of(3));
    expect(heard).toEqual([1, 2, 3]);
  });
  it('tells its end once to each, with the first reason', () => {
    const events = linkEvents('x');
    const told: (string | null)[] = [];
    events.onClose((error) => told.push(error?.message ?? null));
    events.gone(new Error('first'));
    events.gone(null);
    events.onClose((error) => told.push(`later: ${error?.message ?? ''}`));
    expect(told).toEqual(['first', 'later: first']);
  });
  it('rejects work when the end comes before, and after', async () => {
    const events = linkEvents('x');
    const never = new Promise<void>(() => undefined);
    const waiting = failure(events.unlessGone(never));
    expect(await events.unlessGone(Promise.resolve(7))).toBe(7);
    events.gone(null);
    expect(await waiting).toContain('x is closed');
    await expect(events.unlessGone(Promise.reject(new Error('own')))).rejects.toThrow('x is closed');
  });
});

describe('findPrinters', () => {
  let root: string;
  beforeEach(() => {
    root = `${mkdtempSync(join(tmpdir(), 'find-'))}/`;
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));
  const quiet = { addresses: [], cups: null, timeoutMs: 1000, serialPorts: () => Promise.resolve([]) };

  it('finds USB printers by the names they give themselves, in the order of their numbers', async () => {
    mkdirSync(`${root}dev/usb`, { recursive: true });
    for (const name of ['lp10', 'lp2', 'lp0', 'hiddev0']) writeFileSync(`${root}dev/usb/${name}`, '');
    const id = (name: string, text: string): void => {
      mkdirSync(`${root}sys/class/usbmisc/${name}/device`, { recursive: true });
      writeFileSync(`${root}sys/class/usbmisc/${name}/device/ieee1284_id`, text, 'latin1');
    };
    id('lp0', 'MFG:EPSON;CMD:ESC/POS;MDL:TM-T20II;CLS:PRINTER;');
    id('lp2', '\0/MANUFACTURER:STAR;MODEL:TSP\x1b[2J\n143;');
    const { found, failed } = await findPrinters({ ...quiet, root, platform: 'linux' });
    expect(failed).toEqual([]);
    expect(found).toEqual([
      { link: { kind: 'device', path: `${root}dev/usb/lp0` }, label: `EPSON TM-T20II (${root}dev/usb/lp0)` },
      { link: { kind: 'device', path: `${root}dev/usb/lp2` }, label: `STAR TSP [2J 143 (${root}dev/usb/lp2)` },
      { link: { kind: 'device', path: `${root}dev/usb/lp10` }, label: `${root}dev/usb/lp10` },
    ]);
  });
  it('lists serial lines, ready to be set', async () => {
    const serialPorts = () =>
      Promise.resolve([{ path: '/dev/ttyUSB0', manufacturer: 'FTDI', serialNumber: 'A1' }, { path: '/dev/ttyS0' }]);
    const { found } = await findPrinters({ ...quiet, root, serialPorts });
    expect(found.map(({ label }) => label)).toEqual(['FTDI A1 (/dev/ttyUSB0)', '/dev/ttyS0']);
    for (const { link } of found) expect(printerLink.safeParse(link).success).toBe(true);
  });
  it('asks Windows on Windows only', async () => {
    const windowsPrinters = () => Promise.resolve([{ queue: 'Талон', driver: 'Generic', port: 'USB001' }]);
    expect((await findPrinters({ ...quiet, root, windowsPrinters, platform: 'linux' })).found).toEqual([]);
    expect((await findPrinters({ ...quiet, root, windowsPrinters, platform: 'win32' })).found).toEqual([
      { link: { kind: 'winspool', queue: 'Талон' }, label: 'Талон (Generic, USB001)' },
    ]);
  });
  it('tells each failure apart, and never rejects', async () => {
    writeFileSync(`${root}dev`, 'no folder');
    const { found, failed } = await findPrinters({
      root,
      platform: 'linux',
      timeoutMs: 50,
      cups: { host: 'a b', port: 1 },
      addresses: Array.from({ length: MAX_ADDRESSES + 1 }, () => ({ host: '127.0.0.1', port: 9 })),
      serialPorts: () => new Promise(() => undefined),
    });
    expect(found).toEqual([]);
    expect(failed.map(({ source }) => source)).toEqual(['usb', 'serial', 'cups', 'network']);
    expect(failed[1]?.why).toMatch(/within 50 ms/);
    expect(failed[3]?.why).toMatch(/at most 512/);
  });
  it.each([
    ['', 9100],
    ['a/b', 9100],
    ['10.0.0.0/24', 9100],
    ['10.0.0.1', 0],
  ])('tries nothing when %j port %d is among the addresses', async (host, port) => {
    const { failed } = await findPrinters({ ...quiet, root, addresses: [{ host, port }] });
    expect(failed).toMatchObject([{ source: 'network' }]);
  });
});
