import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadStream, WriteStream } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { CharacterSet, PrinterTypes, ThermalPrinter } from 'node-thermal-printer';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startVirtualPrinter, type VirtualPrinter, type VirtualPrinterOptions } from '../printer/index.ts';
import { bytes, confirmRequest, CUT, encoded, INIT, qrCode, raster, textTicket } from '../printer/sample-jobs.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function start(options: VirtualPrinterOptions = {}): Promise<VirtualPrinter> {
  const printer = await startVirtualPrinter({ speed: 'max', ...options });
  cleanups.push(() => printer.close());
  return printer;
}

/** A sender that remembers the answers and can wait for them. */
class Client {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #answers = '';
  #changed: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.on('error', () => undefined);
    this.socket.on('data', (data: Buffer) => {
      this.#answers += data.toString('hex');
      for (const changed of this.#changed.splice(0)) changed();
    });
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    cleanups.push(() => this.socket.destroy());
  }

  get answers(): string {
    return this.#answers;
  }

  /** Resolves when the answers so far are exactly these (hex). */
  async answered(expected: string): Promise<void> {
    while (this.#answers !== expected) {
      if (!expected.startsWith(this.#answers)) throw new Error(`answered ${this.#answers}, expected ${expected}`);
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  send(data: Uint8Array): void {
    this.socket.write(data);
  }
}

const status = (n: number): Buffer => bytes(0x10, 0x04, n);
const confirmed = (id: string): string => `3722${Buffer.from(id).toString('hex')}00`;
const refused = (port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.destroy());
    socket.once('connect', () => resolve('connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
  });

describe('over TCP', () => {
  it('a whole job: status, ticket, confirmation', async () => {
    const printer = await start({ speed: 1000 });
    const client = new Client(printer.port);
    client.send(bytes(status(1), status(4)));
    await client.answered('1212');
    client.send(bytes(textTicket('А-042', 'Паспорт'), confirmRequest('A042')));
    await client.answered(`1212${confirmed('A042')}`);
    expect(printer.tickets).toHaveLength(1);
    expect(printer.tickets[0]).toMatchObject({ text: 'Ваш номер\nА-042\nПаспорт', complete: true, connections: [1] });
    const first = await printer.events.next('bytes', { match: (event) => event.first, past: true });
    expect(first.jobBytes).toBeGreaterThan(6);
  });

  it('understands what node-thermal-printer writes', async () => {
    const encoder = new ThermalPrinter({
      type: PrinterTypes.EPSON,
      width: 48,
      characterSet: CharacterSet.PC866_CYRILLIC2,
      interface: { execute: async () => undefined } as unknown as string,
    });
    encoder.alignCenter();
    encoder.bold(true);
    encoder.println('Ваш номер');
    encoder.bold(false);
    encoder.setTextSize(3, 3);
    encoder.println('А-042');
    encoder.setTextNormal();
    encoder.leftRight('Окно', '12');
    encoder.invert(true);
    encoder.println('ПОВТОР');
    encoder.invert(false);
    encoder.printQR('https://example.org/t/1', { cellSize: 6, correction: 'M', model: 2 });
    encoder.cut();
    const printer = await start();
    new Client(printer.port).send(encoder.getBuffer() ?? bytes());
    const [ticket] = await printer.waitForTickets(1);
    expect(ticket).toMatchObject({
      text: `Ваш номер\nА-042\n${'Окно'.padEnd(46)}12\nПОВТОР`,
      qr: ['https://example.org/t/1'],
      garbage: { count: 0 },
      skipped: {},
      complete: true,
    });
  });

  it('pushes back when its buffer is full, answers nothing lost, prints all of it when paper returns', async () => {
    const printer = await start({ paper: 'out', bufferBytes: 4096 });
    const client = new Client(printer.port);
    client.send(bytes(status(1), INIT, raster(72, 2000), CUT, confirmRequest('0001')));
    await client.answered('1a');
    await printer.events.next('bytes', { match: (event) => event.jobBytes >= 4096, past: true });
    expect(printer.state()).toMatchObject({ queuedBytes: 4096, online: false, tickets: 0 });
    await printer.control({ paper: 'ok' });
    await client.answered(`1a${confirmed('0001')}`);
    expect(printer.tickets[0]?.lengthMm).toBe(265);
  });

  it('takes in no faster than it is told, so that a sender can be broken off in mid-job', async () => {
    const printer = await start({ bytesPerSecond: 20_000 });
    await printer.control({ loseUnread: true });
    const client = new Client(printer.port);
    client.send(bytes(INIT, 'begin\n', raster(72, 700), CUT));
    await printer.events.next('bytes', { match: (event) => event.jobBytes > 500 && event.jobBytes < 40_000 });
    client.socket.destroy();
    const { bytes: taken } = await printer.events.next('disconnect');
    expect(taken).toBeLessThan(45_000);
    expect(printer.tickets).toHaveLength(0);
    await printer.control({ bytesPerSecond: null });
    const next = new Client(printer.port);
    next.send(bytes(INIT, 'next\n', CUT));
    const [ticket] = await printer.waitForTickets(1);
    expect(ticket).toMatchObject({ text: 'begin\nnext', interruptions: ['disconnect'], connections: [1, 2] });
  });

  it('without loseUnread a slow printer prints what was sent before the sender closed', async () => {
    const printer = await start({ bytesPerSecond: 20_000 });
    const client = new Client(printer.port);
    client.socket.end(bytes(INIT, 'A\n', raster(8, 100), CUT));
    await printer.waitForTickets(1);
    await client.closed;
    expect(printer.tickets[0]).toMatchObject({ text: 'A', interruptions: [] });
  });

  it('one session at a time', async () => {
    const printer = await start({ oneSession: true });
    const first = new Client(printer.port);
    first.send(status(1));
    await first.answered('12');
    const second = new Client(printer.port);
    await second.closed;
    expect(second.answers).toBe('');
    first.socket.end();
    await printer.events.next('disconnect', { past: true });
    const third = new Client(printer.port);
    third.send(status(1));
    await third.answered('12');
  });

  it('resets the connection after a number of bytes', async () => {
    const printer = await start();
    await printer.control({ dropAfterBytes: 100 });
    const client = new Client(printer.port);
    client.send(bytes(INIT, raster(72, 100), CUT));
    await client.closed;
    const { bytes: taken } = await printer.events.next('disconnect', { past: true });
    expect(taken).toBe(100);
    expect(printer.tickets).toHaveLength(0);
  });

  it('power cycle drops the connections, the port answers again', async () => {
    const printer = await start({ paper: 'out' });
    const client = new Client(printer.port);
    client.send(bytes(INIT, 'lost\n', CUT, status(1)));
    await client.answered('1a');
    await printer.control({ powerCycle: true, paper: 'ok' });
    await client.closed;
    const next = new Client(printer.port);
    next.send(bytes(INIT, 'printed\n', CUT));
    const tickets = await printer.waitForTickets(1);
    expect(tickets.map((ticket) => ticket.text)).toEqual(['printed']);
  });

  it('switched off it is gone, switched on it is empty', async () => {
    const printer = await start({ paper: 'out' });
    const client = new Client(printer.port);
    client.send(bytes(INIT, 'lost\n', CUT, status(1)));
    await client.answered('1a');
    expect(await printer.control({ power: 'off', paper: 'ok' })).toMatchObject({ power: 'off', listening: false });
    await client.closed;
    expect(await refused(printer.port)).toBe('ECONNREFUSED');
    expect(await printer.control({ power: 'on' })).toMatchObject({ power: 'on', queuedBytes: 0, tickets: 0 });
    const next = new Client(printer.port);
    next.send(bytes(INIT, 'printed\n', CUT));
    expect(await printer.waitForTickets(1)).toMatchObject([{ text: 'printed' }]);
  });

  it('drops its connections when told to, and takes the next one', async () => {
    const printer = await start();
    const client = new Client(printer.port);
    client.send(status(1));
    await client.answered('12');
    await printer.control({ drop: true });
    await client.closed;
    expect(await refused(printer.port)).toBe('connected');
  });

  it('takes in everything and prints nothing while it is stalled', async () => {
    const printer = await start();
    await printer.control({ stall: true });
    const client = new Client(printer.port);
    client.send(bytes(INIT, 'A\n', CUT, confirmRequest('0001'), status(1)));
    await client.answered('12');
    expect(printer.state()).toMatchObject({ tickets: 0, stall: true, online: true });
    await printer.control({ stall: false });
    await client.answered(`12${confirmed('0001')}`);
  });

  it('that tells of itself from power-on does so at a connection and at changes', async () => {
    const printer = await start({ asb: true });
    const client = new Client(printer.port);
    await client.answered('10000000');
    await printer.control({ cover: 'open' });
    await client.answered('1000000038000000');
    expect(printer.state()).toMatchObject({ asb: true, online: false });
  });

  it.each([
    ['clone', status(1), '12', {}],
    ['star', bytes(0x1b, 0x06, 0x01), '230600000000000000', {}],
    ['custom', bytes(0x10, 0x04, 0x14), '100f00000000', {}],
    ['mute', status(1), '', { mute: true }],
  ] as const)('is a %s when it is told to be', async (profile, question, answer, state) => {
    const printer = await start({ profile });
    expect(printer.state()).toMatchObject({ profile, gsH: false, ...state });
    const client = new Client(printer.port);
    const cut = profile === 'star' ? bytes(0x1b, 'd', 3) : CUT;
    client.send(bytes(question, INIT, 'A\n', cut));
    expect(await printer.waitForTickets(1)).toMatchObject([{ text: 'A', complete: true }]);
    await client.answered(answer);
  });

  it('closes its port and opens the same one again', async () => {
    const printer = await start();
    await printer.control({ refuse: true });
    expect(await refused(printer.port)).toBe('ECONNREFUSED');
    expect(printer.state().listening).toBe(false);
    await printer.control({ refuse: false });
    expect(await refused(printer.port)).toBe('connected');
  });

  it('with its cable out neither reads nor answers; put back, goes on', async () => {
    const printer = await start();
    const client = new Client(printer.port);
    client.send(status(1));
    await client.answered('12');
    await printer.control({ halfOpen: true });
    client.send(bytes(status(4), INIT, 'A\n', CUT));
    const other = new Client(printer.port);
    await printer.events.next('connection', { match: (event) => event.connection === 2, past: true });
    expect(printer.state()).toMatchObject({ jobBytes: 0, tickets: 0, connections: 2 });
    expect([client.answers, other.answers]).toEqual(['12', '']);
    await printer.control({ halfOpen: false });
    await client.answered('1212');
    await printer.waitForTickets(1);
  });

  it('holds confirmations until released', async () => {
    const printer = await start();
    await printer.control({ holdConfirm: true });
    const client = new Client(printer.port);
    client.send(bytes(INIT, 'A\n', CUT, confirmRequest('0001')));
    await printer.waitForTickets(1);
    client.send(status(1));
    await client.answered('12');
    expect(printer.state().heldConfirmations).toBe(1);
    await printer.control({ holdConfirm: false });
    await client.answered(`12${confirmed('0001')}`);
  });

  it('refuses an impossible width and a taken port', async () => {
    await expect(startVirtualPrinter({ widthDots: 100 })).rejects.toThrow(/widthDots 100/);
    const printer = await start();
    await expect(startVirtualPrinter({ port: printer.port })).rejects.toThrow(/EADDRINUSE/);
    await expect(startVirtualPrinter({ httpPort: printer.httpPort })).rejects.toThrow(/EADDRINUSE/);
  });
});

const SOCAT = 'socat';
const MKFIFO = 'mkfifo';

/** A serial line: two terminals, what is written into one comes out of the other. */
async function cable(): Promise<{ here: string; there: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'virtual-cable-'));
  const [here, there] = [join(folder, 'here'), join(folder, 'there')];
  const socat = spawn(SOCAT, [`PTY,link=${here},rawer`, `PTY,link=${there},rawer`], { stdio: 'ignore' });
  const failed = once(socat, 'error').then(([error]) => Promise.reject(error as Error));
  cleanups.push(async () => {
    socat.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const made = vi.waitFor(() => Promise.all([access(here), access(there)]), { timeout: 15_000, interval: 20 });
  await Promise.race([made, failed]);
  return { here, there };
}

/** The computer's end of a serial line. */
class Serial {
  readonly #out: WriteStream;
  answers = '';

  constructor(path: string) {
    const open = (): number => openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    const input = new ReadStream(open());
    input.setRawMode(true);
    input.on('error', () => undefined).on('data', (data: Buffer) => (this.answers += data.toString('hex')));
    this.#out = new WriteStream(open());
    this.#out.on('error', () => undefined);
    cleanups.push(() => {
      input.destroy();
      this.#out.destroy();
    });
  }

  send(data: Uint8Array): void {
    this.#out.write(data);
  }

  async answered(expected: string): Promise<void> {
    await vi.waitUntil(() => this.answers === expected, { timeout: 10_000, interval: 5 });
  }
}

// There is no other kind of computer here that has terminals in pairs.
describe.runIf(process.platform === 'linux')('over a device file', () => {
  it('is a serial printer: asks are answered, all bytes come through, and a ticket is confirmed', async () => {
    const { here, there } = await cable();
    const printer = await start({ pty: there });
    const serial = new Serial(here);
    serial.send(status(1));
    await serial.answered('12');
    const every = Uint8Array.from({ length: 256 * 72 }, (_, i) => (i % 256 === 0x10 ? 0 : i % 256));
    serial.send(bytes(INIT, raster(72, 256, every), CUT, confirmRequest('0001')));
    await serial.answered(`12${confirmed('0001')}`);
    expect(printer.tickets).toMatchObject([{ complete: true, garbage: { count: 0 }, lengthMm: 47 }]);
    const { bits } = printer.bitmap(1) ?? { bits: new Uint8Array() };
    expect(Buffer.compare(Buffer.from(bits).subarray(120 * 72, 376 * 72), Buffer.from(every))).toBe(0);
  });

  it('serves its port as well, and the answers go where the questions came from', async () => {
    const { here, there } = await cable();
    const printer = await start({ pty: there, profile: 'custom' });
    const serial = new Serial(here);
    const client = new Client(printer.port);
    client.send(bytes(0x10, 0x04, 0x14));
    await client.answered('100f00000000');
    expect(serial.answers).toBe('');
    serial.send(status(4));
    await serial.answered('12');
  });

  it('with its cable out gets nothing of what is sent, and goes on when it is put in again', async () => {
    const { here, there } = await cable();
    const printer = await start({ pty: there });
    const serial = new Serial(here);
    await printer.control({ dropAfterBytes: 4 });
    serial.send(bytes(INIT, 'lost\n', CUT, status(1)));
    await printer.events.next('disconnect', { past: true });
    expect(printer.state()).toMatchObject({ plugged: false, jobBytes: 4 });
    serial.send(bytes(status(1), status(1)));
    const lost = bytes(INIT, 'lost\n', CUT, status(1)).length - 4 + 6;
    await vi.waitFor(() => expect(printer.state().lostBytes).toBe(lost), { timeout: 10_000, interval: 5 });
    expect(serial.answers).toBe('');
    await printer.control({ plug: true });
    serial.send(bytes(INIT, 'whole\n', CUT, confirmRequest('0001')));
    await serial.answered(confirmed('0001'));
    expect(printer.tickets.map(({ text }) => text)).toEqual(['whole']);
  });

  it('a power cycle loses what is in it, and the line goes on', async () => {
    const { here, there } = await cable();
    const printer = await start({ pty: there, paper: 'out' });
    const serial = new Serial(here);
    serial.send(bytes(INIT, 'lost\n', CUT, status(1)));
    await serial.answered('1a');
    await printer.control({ powerCycle: true, paper: 'ok' });
    serial.send(bytes(INIT, 'printed\n', CUT, confirmRequest('0002')));
    await serial.answered(`1a${confirmed('0002')}`);
    expect(printer.tickets.map(({ text }) => text)).toEqual(['printed']);
  });

  it('half open, neither reads nor answers; the sender’s bytes wait in the line', async () => {
    const { here, there } = await cable();
    const printer = await start({ pty: there });
    const serial = new Serial(here);
    await printer.control({ halfOpen: true });
    serial.send(bytes(status(1), INIT, 'A\n', CUT));
    const other = new Client(printer.port);
    await printer.events.next('connection', { match: (event) => event.connection === 2, past: true });
    expect(printer.state()).toMatchObject({ bytesReceived: 0, tickets: 0 });
    expect([serial.answers, other.answers]).toEqual(['', '']);
    await printer.control({ halfOpen: false });
    await serial.answered('12');
    await printer.waitForTickets(1);
  });

  it('reads a FIFO, on which it cannot answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'virtual-fifo-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, 'lp0');
    execFileSync(MKFIFO, [path]);
    const printer = await start({ pty: path });
    const fd = openSync(path, 'w');
    writeSync(fd, bytes(status(1), INIT, 'A\n', CUT));
    closeSync(fd);
    expect(await printer.waitForTickets(1)).toMatchObject([{ text: 'A' }]);
    const again = openSync(path, 'w');
    writeSync(again, bytes(INIT, 'B\n', CUT));
    closeSync(again);
    expect(await printer.waitForTickets(2)).toMatchObject([{ text: 'A' }, { text: 'B' }]);
  });

  it('says what it cannot open', async () => {
    await expect(startVirtualPrinter({ pty: '/dev/there-is-no-such-printer' })).rejects.toThrow(/ENOENT/);
  });
});

describe('over HTTP', () => {
  const post = (printer: VirtualPrinter, body: unknown, type = 'application/json'): Promise<Response> =>
    fetch(`http://127.0.0.1:${printer.httpPort}/control`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const get = (printer: VirtualPrinter, path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${printer.httpPort}${path}`);

  it('turns what it is told, and gives the state', async () => {
    const printer = await start();
    const answer = await post(printer, { paper: 'near', cover: 'open', speed: 'max', bytesPerSecond: null });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ paper: 'near', cover: 'open', online: false });
    expect(await (await get(printer, '/state')).json()).toEqual(printer.state());
  });

  it.each([
    [{ paper: 'full' }, /paper/],
    [{ papr: 'ok' }, /papr/],
    [{ dropAfterBytes: 0 }, /dropAfterBytes/],
    [{ mute: 'yes' }, /mute/],
    ['{', /not JSON/],
    [[], /bad control/],
  ])('refuses %j', async (body, message) => {
    const printer = await start();
    const answer = await post(printer, body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(message) as string });
  });

  it('counts how many papers came out of each ticket and copy', async () => {
    const printer = await start();
    const client = new Client(printer.port);
    const one = (text: string): Buffer =>
      bytes(INIT, 0x1c, '.', 0x1b, 't', 17, encoded('cp866', text), qrCode('https://example.org/t/7'), CUT);
    client.send(bytes(one('А-7\n'), one('А-7\n'), one('ПОВТОР № 2\nА-7\n'), INIT, 'half'));
    await printer.waitForTickets(3);
    const ticket = 'https://example.org/t/7';
    expect(await (await get(printer, '/counts')).json()).toEqual({
      papers: 3,
      counts: [
        { ticket, visit: null, copy: 'original', complete: 2, incomplete: 0, papers: [1, 2] },
        { ticket, visit: null, copy: 'ПОВТОР № 2', complete: 1, incomplete: 0, papers: [3] },
      ],
      doubled: [{ ticket, visit: null, copy: 'original', complete: 2, incomplete: 0, papers: [1, 2] }],
      notKept: [],
    });
  });

  it('refuses controls of another type, methods and paths it does not have', async () => {
    const printer = await start();
    expect((await post(printer, '{}', 'text/plain')).status).toBe(415);
    expect((await get(printer, '/control')).status).toBe(405);
    expect((await get(printer, '/nothing')).status).toBe(404);
    expect((await get(printer, '/tickets/1.png')).status).toBe(404);
    expect((await post(printer, 'x'.repeat(70_000))).status).toBe(413);
  });

  it('shows tickets as they are printed', async () => {
    const printer = await start();
    const stream = await get(printer, '/events');
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error('no event stream');
    const client = new Client(printer.port);
    client.send(bytes(status(1), textTicket('К-7', 'Карта'), confirmRequest('0007')));
    let text = '';
    while (!text.includes('event: confirm\n')) text += (await reader.read()).value ?? '';
    for (const kind of ['connection', 'status-request', 'bytes', 'ticket']) expect(text).toContain(`event: ${kind}\n`);
    await reader.cancel();

    const list = (await (await get(printer, '/tickets')).json()) as { text: string; png: string }[];
    expect(list).toEqual(printer.tickets);
    const png = await get(printer, list[0]?.png ?? '');
    expect(png.headers.get('content-type')).toBe('image/png');
    expect((await png.bytes()).subarray(1, 4)).toEqual(Uint8Array.from(Buffer.from('PNG')));

    const page = await get(printer, '/');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const markup = await page.text();
    expect(markup).toContain('Виртуальный принтер');
    // Every button's control is one that the printer knows.
    const sets = [...markup.matchAll(/data-(?:set|off)='([^']+)'/g)].map(([, json = '']) => JSON.parse(json) as object);
    expect(sets.length).toBeGreaterThan(25);
    for (const set of sets.filter((one) => !('plugged' in one))) expect((await post(printer, set)).status).toBe(200);
  });
});

describe('the command', () => {
  const cli = fileURLToPath(new URL('../printer/cli.ts', import.meta.url));

  function run(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [cli, ...args], { stdio: 'pipe' });
    cleanups.push(() => child.exitCode ?? child.kill('SIGKILL'));
    return child;
  }

  async function ready(child: ChildProcess): Promise<{ event: string; port: number; http: number }> {
    const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
    return JSON.parse(line.toString()) as { event: string; port: number; http: number };
  }

  it('says where it is, writes tickets whole, ends with its parent', async () => {
    const out = await mkdtemp(join(tmpdir(), 'virtual-printer-'));
    cleanups.push(() => rm(out, { recursive: true, force: true }));
    const child = run(
      '--port',
      '0',
      '--http',
      '0',
      '--speed',
      'max',
      '--width',
      '384',
      '--exit-with-parent',
      '--out',
      out,
    );
    const { event, port, http } = await ready(child);
    expect(event).toBe('ready');
    const client = new Client(port);
    client.send(bytes(textTicket('А-1', 'Справка'), confirmRequest('0001')));
    await client.answered(confirmed('0001'));
    expect(await (await fetch(`http://127.0.0.1:${http}/tickets`)).json()).toMatchObject([{ widthDots: 384 }]);
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect((await readdir(out)).sort()).toEqual(['ticket-1.png', 'ticket-1.txt']);
    const text = await readFile(join(out, 'ticket-1.txt'), 'utf8');
    expect(text).toBe('Ваш номер\nА-1\nСправка\nQR: https://example.org/t/3\n');
  });

  it('is of another make when it is told so', async () => {
    const child = run(
      '--port',
      '0',
      '--http',
      '0',
      '--profile',
      'clone',
      '--gs-h',
      '--asb',
      '--lose-buffer',
      '--width',
      '640',
    );
    const { http } = await ready(child);
    const state: unknown = await (await fetch(`http://127.0.0.1:${http}/state`)).json();
    expect(state).toMatchObject({ profile: 'clone', gsH: true, asb: true, loseBuffer: true, mute: false });
  });

  // Windows has no SIGTERM to catch: the process is simply ended there.
  it.runIf(process.platform !== 'win32')('ends cleanly when told to, not when its input closes', async () => {
    const child = run('--port', '0', '--http', '0');
    const { http } = await ready(child);
    child.stdin?.end();
    expect((await fetch(`http://127.0.0.1:${http}/state`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.each([
    [['--speed', 'fast'], /--speed fast/],
    [['--paper', 'torn'], /--paper torn/],
    [['--width', '500'], /--width 500/],
    [['--port', '70000'], /--port 70000/],
    [['--profile', 'canon'], /--profile canon/],
    [['--colour'], /--colour/],
    [['extra'], /extra/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const child = run(...args);
    let errors = '';
    child.stderr?.on('data', (data: Buffer) => (errors += data.toString()));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(errors).toMatch(message);
  });
});
