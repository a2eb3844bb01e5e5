import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock, PrinterLink, PrinterPort } from '../../electron/core/ports.ts';
import { tcpPrinter } from '../../electron/core/printing/link-tcp.ts';
import { probePrinter, type ProbeReport } from '../../electron/core/printing/probe.ts';
import { startVirtualPrinter, type VirtualPrinter, type VirtualPrinterOptions } from '../printer/index.ts';

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
const TIMEOUTS = { connectMs: 1000, answerMs: 150, closeMs: 500 };

const servers: Server[] = [];
const sockets = new Set<Socket>();
let virtual: VirtualPrinter | undefined;
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await virtual?.close();
  virtual = undefined;
});

interface Scripted {
  port: number;
  /** All that came, over all connections. */
  received: () => Buffer;
  connections: () => number;
  open: () => number;
}
interface Script {
  /** Bytes in hexadecimal and what they are answered with, the longest first; what nobody knows is swallowed. */
  answers?: Readonly<Record<string, string | ((count: number) => string)>>;
  /** Said to everybody who comes. */
  hello?: string;
  /** A second caller is dropped. */
  oneSession?: boolean;
  /** Of each answer. */
  lateMs?: number;
}

const scripted = async ({ answers = {}, hello, oneSession = false, lateMs = 0 }: Script): Promise<Scripted> => {
  const received: Buffer[] = [];
  const open = new Set<Socket>();
  let connections = 0;
  const counts = new Map<string, number>();
  const known = Object.keys(answers).sort((a, b) => b.length - a.length);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    if (oneSession && open.size > 0) {
      socket.destroy();
      return;
    }
    connections += 1;
    sockets.add(socket);
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('end', () => socket.end());
    if (hello !== undefined) socket.write(Buffer.from(hello, 'hex'));
    let held = '';
    socket.on('data', (bytes: Buffer) => {
      received.push(bytes);
      held += bytes.toString('hex');
      while (held !== '') {
        const key = known.find((one) => held.startsWith(one));
        if (key === undefined) {
          // It may yet become something.
          if (known.some((one) => one.startsWith(held))) return;
          held = held.slice(2);
          continue;
        }
        held = held.slice(key.length);
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        const answer = answers[key];
        const say = Buffer.from(typeof answer === 'function' ? answer(count) : (answer ?? ''), 'hex');
        if (lateMs > 0) setTimeout(() => socket.writable && socket.write(say), lateMs);
        else socket.write(say);
      }
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    received: () => Buffer.concat(received),
    connections: () => connections,
    open: () => open.size,
  };
};
const probe = (port: number): Promise<ProbeReport> =>
  probePrinter(tcpPrinter({ host: '127.0.0.1', port }), clock, TIMEOUTS);

/** Nothing that prints by itself, cuts, opens a drawer, recovers or forgets. */
const expectHarmless = (bytes: Buffer): void => {
  const hex = bytes.toString('hex').replace(/../g, '$& ');
  for (const never of [
    '0a ',
    '0c ',
    '0d ',
    '10 05 ',
    '10 14 ',
    '1d 56 ',
    '1b 69 ',
    '1b 64 ',
    '1b 70 ',
    '1d 76 ',
    '07 ',
  ])
    expect(hex).not.toContain(never);
};

const EOT: Readonly<Record<string, string>> = { '100401': '16', '100402': '12', '100403': '12', '100404': '12' };
const PROCESS_ID = '1d284806003030';
const NAMES = {
  '1d4942': '5f4550534f4e00',
  '1d4943': '5f544d2d54383856 00'.replace(' ', ''),
  '1d4941': '5f312e303020455343 2f504f5300'.replace(' ', ''),
};
const asked = (report: ProbeReport, answered: boolean): string[] =>
  report.steps.filter((step) => (step.answered !== null) === answered).map((step) => step.asked);

describe('the probe', () => {
  it('knows an Epson by its GS ( H, and reports its name', async () => {
    const printer = await scripted({
      answers: { ...EOT, ...NAMES, '1d7201': '00', [PROCESS_ID]: '3722744c6e3f00' },
    });
    const report = await probe(printer.port);
    expect(report).toMatchObject({
      found: 'talks',
      dialect: 'epson',
      answers: { questions: [1, 2, 3, 4], processId: true, fence: true },
      condition: { blocked: null, paperLow: false },
      complete: true,
      steady: true,
      names: { maker: 'EPSON', model: 'TM-T88V', firmware: '1.00 ESC/POS' },
    });
    expect(asked(report, false)).toEqual(['status-star', 'status-full']);
    expectHarmless(printer.received());
    // What may have been left in the line is thrown away.
    expect(printer.received().subarray(-2).toString('hex')).toBe('1b40');
  });

  it('does not believe a clone that it is an Epson', async () => {
    const printer = await scripted({ answers: { ...EOT, ...NAMES, '1d7201': '03' } });
    expect(await probe(printer.port)).toMatchObject({
      dialect: 'generic',
      answers: { questions: [1, 2, 3, 4], processId: false, fence: true },
      names: { maker: 'EPSON', model: 'TM-T88V' },
    });
    expectHarmless(printer.received());
  });

  it('finds the few questions that a small clone answers, and asks none of its names', async () => {
    const printer = await scripted({ answers: { '100401': '12', '100404': '1e' } });
    const report = await probe(printer.port);
    expect(report).toMatchObject({
      found: 'talks',
      dialect: 'generic',
      answers: { questions: [1, 4], processId: false, fence: false },
      condition: { blocked: null, paperLow: true },
      steady: true,
      names: { maker: null, model: null, firmware: null },
    });
    expect(report.steps.map((step) => step.asked)).not.toContain('name-maker');
  });

  it('knows a Custom by its full status, and asks it no GS ( H', async () => {
    const printer = await scripted({ answers: { ...EOT, '100414': '100f04000000', '1d7201': '03' } });
    const report = await probe(printer.port);
    expect(report).toMatchObject({
      dialect: 'custom',
      answers: { questions: [20], processId: false, fence: true },
      condition: { blocked: null, paperLow: true },
    });
    expect(report.steps.map((step) => step.asked)).not.toContain('process-id');
    expectHarmless(printer.received());
  });

  it.each([
    ['tells by itself when it has counted', { '17': '23060200000000020 0'.replace(' ', '') }, 1],
    ['has to be asked', { '17': '' }, 1],
    ['counts only after a while', { '17': '' }, 3],
  ])('knows a Star by its packet and that it counts, where it %s', async (_how, etb, from) => {
    const printer = await scripted({
      answers: {
        ...etb,
        // Once before, then as often as it takes.
        '1b0601': (count) => (count > from ? '230600000000000200' : '230600000000000000'),
      },
    });
    const report = await probe(printer.port);
    expect(report).toMatchObject({
      found: 'talks',
      dialect: 'star',
      answers: { questions: [1], processId: true, fence: false },
      condition: { blocked: null, paperLow: false },
      complete: true,
    });
    // Nothing of the other dialects: it would be printed.
    expect(report.steps.every((step) => ['status-star', 'counter', 'together'].includes(step.asked))).toBe(true);
    expect(printer.received().toString('hex')).toMatch(/^1b060117(1b0601)+$/);
  });

  it('does not promise the counter of a Star that does not count', async () => {
    const printer = await scripted({ answers: { '1b0601': '230600000000000000' } });
    expect(await probe(printer.port)).toMatchObject({ dialect: 'star', answers: { questions: [1], processId: false } });
  });

  it('of one that cannot print now it says so, and leaves out what would wait for its paper', async () => {
    const epson = await scripted({
      answers: { ...EOT, '100401': '1a', '100402': '32', '100404': '7e', '1d7201': '0f' },
    });
    expect(await probe(epson.port)).toMatchObject({
      found: 'talks',
      dialect: 'generic',
      answers: { questions: [1, 2, 3, 4], processId: false, fence: false },
      condition: { blocked: 'paper-out', paperLow: true },
      complete: false,
    });
    expect(epson.received().includes(Buffer.from('1d72', 'hex'))).toBe(false);
    const star = await scripted({ answers: { '1b0601': '23060800000c000000' } });
    expect(await probe(star.port)).toMatchObject({
      dialect: 'star',
      condition: { blocked: 'paper-out' },
      complete: false,
    });
    expect(star.received().toString('hex')).toBe('1b06011b0601');
  });

  it('calls a printer that takes bytes and says nothing mute, not out of paper', async () => {
    const printer = await scripted({});
    const report = await probe(printer.port);
    expect(report).toMatchObject({
      found: 'mute',
      dialect: null,
      answers: { questions: [], processId: false, fence: false },
      condition: null,
    });
    expect(report.steps.every((step) => step.answered === null)).toBe(true);
    // Whoever is mute may be anything: nothing that it could print.
    expect(printer.received().every((byte) => byte < 0x20)).toBe(true);
    expectHarmless(printer.received());
  });

  it.each([
    ['echoes', (bytes: Buffer) => bytes],
    ['sends noise', () => Buffer.from([0xff, 0x80, 0x9b, 0xc1, 0x11, 0x13])],
  ])('is not taken in by something that %s', async (_what, reply) => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => socket.write(reply(bytes)));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    expect(await probe((server.address() as AddressInfo).port)).toMatchObject({ found: 'mute', dialect: null });
  });

  it('is not confused by a printer that tells its state unasked', async () => {
    const printer = await scripted({
      hello: '10000000',
      answers: { ...EOT, '1d7201': '00', [PROCESS_ID]: '3722744c6e3f00' },
    });
    expect(await probe(printer.port)).toMatchObject({ dialect: 'epson', answers: { questions: [1, 2, 3, 4] } });
    const star = await scripted({
      hello: '230600000000000000',
      answers: { '1b0601': (count) => (count > 1 ? '230600000000000200' : '230600000000000000'), '17': '' },
    });
    expect(await probe(star.port)).toMatchObject({ dialect: 'star', answers: { processId: true }, steady: true });
  });

  it('says so when what was answered one by one is not answered together', async () => {
    const printer = await scripted({ answers: { ...EOT, '100404': (count) => (count > 1 ? '' : '12') } });
    expect(await probe(printer.port)).toMatchObject({ answers: { questions: [1, 2, 3, 4] }, steady: false });
  });

  it('does not take an answer that comes too late for the answer to the next question', async () => {
    const printer = await scripted({ answers: { '100401': '12' }, lateMs: 200 });
    const report = await probe(printer.port);
    expect(report).toMatchObject({ found: 'mute' });
  });

  it('leaves nothing open, also with a printer of one session', async () => {
    const printer = await scripted({ answers: { '100401': '12', '100404': '12' }, oneSession: true });
    expect(await probe(printer.port)).toMatchObject({ dialect: 'generic', answers: { questions: [1, 4] } });
    expect(printer.connections()).toBeGreaterThan(1);
    expect(printer.open()).toBe(0);
  });

  it('says that nobody is there, at first and in the middle', async () => {
    const printer = await scripted({});
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    expect(await probe(printer.port)).toMatchObject({ found: 'unreachable', answers: null, steps: [] });

    let opened = 0;
    const gone: PrinterPort = {
      name: 'gone',
      open: () => {
        opened += 1;
        if (opened > 1) return Promise.reject(new Error('gone'));
        const link: PrinterLink = {
          write: () => Promise.reject(new Error('gone')),
          onData: () => undefined,
          onClose: () => undefined,
          close: () => Promise.resolve(),
        };
        return Promise.resolve(link);
      },
    };
    expect(await probePrinter(gone, clock, TIMEOUTS)).toMatchObject({ found: 'unreachable', dialect: null });
  });
});

describe('the probe of the virtual printer', () => {
  const start = async (options: VirtualPrinterOptions): Promise<VirtualPrinter> => {
    virtual = await startVirtualPrinter({ speed: 'max', httpPort: null, ...options });
    return virtual;
  };

  it.each<[string, VirtualPrinterOptions, Partial<ProbeReport>]>([
    [
      'an Epson',
      {},
      { found: 'talks', dialect: 'epson', answers: { questions: [1, 2, 3, 4], processId: true, fence: true } },
    ],
    [
      'without GS ( H',
      { gsH: false },
      { found: 'talks', dialect: 'generic', answers: { questions: [1, 2, 3, 4], processId: false, fence: true } },
    ],
    [
      'out of paper',
      { paper: 'out' },
      { found: 'talks', dialect: 'generic', complete: false, condition: { blocked: 'paper-out', paperLow: true } },
    ],
    [
      'a clone that gives itself out for an Epson',
      { profile: 'clone' },
      {
        found: 'talks',
        dialect: 'generic',
        answers: { questions: [1, 2, 3, 4], processId: false, fence: true },
        names: { maker: 'EPSON', model: 'TM-T88V', firmware: 'VIRTUAL CLONE 1.0' },
      },
    ],
    [
      'a Star',
      { profile: 'star' },
      { found: 'talks', dialect: 'star', answers: { questions: [1], processId: true, fence: false } },
    ],
    [
      'a Custom',
      { profile: 'custom' },
      { found: 'talks', dialect: 'custom', answers: { questions: [20], processId: false, fence: true } },
    ],
    ['mute', { mute: true }, { found: 'mute', dialect: null }],
    [
      'with one session',
      { oneSession: true },
      { found: 'talks', dialect: 'epson', answers: { questions: [1, 2, 3, 4], processId: true, fence: true } },
    ],
  ])('%s: found for what it is, and no paper moves', async (_name, options, expected) => {
    const printer = await start(options);
    expect(await probe(printer.port)).toMatchObject(expected);
    if (printer.state().connections > 0) await printer.events.next('disconnect');
    expect(printer.tickets).toHaveLength(0);
    expect(printer.state()).toMatchObject({ connections: 0, pending: null });
  });
});
