import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CharacterSet, PrinterTypes, ThermalPrinter } from 'node-thermal-printer';
import { afterEach, describe, expect, it } from 'vitest';
import { startVirtualPrinter, type VirtualPrinter, type VirtualPrinterOptions } from '../printer/index.ts';
import { bytes, confirmRequest, CUT, INIT, raster, textTicket } from '../printer/sample-jobs.ts';

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
    expect(await page.text()).toContain('Виртуальный принтер');
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
