import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dialect } from '../../electron/core/printing/dialect.ts';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import type { PaperOp } from '../../electron/core/printing/paper-ops.ts';
import { PROFILES } from '../../electron/core/printing/profiles.ts';
import type { SpoolOptions } from '../../electron/core/printing/spool.ts';
import { startVirtualPrinter, type VirtualPrinter, type VirtualPrinterOptions } from '../printer/index.ts';
import { type SpoolBench, startBench, view } from './spool-bench.ts';

const servers: Server[] = [];
const benches: SpoolBench[] = [];
let virtual: VirtualPrinter | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
  await virtual?.close();
  virtual = undefined;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

const listen = async (onByte: (byte: number, say: (bytes: readonly number[]) => void) => void): Promise<number> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      for (const byte of bytes) onByte(byte, (said) => socket.write(Uint8Array.from(said)));
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

/** A paper without a byte in it that is a command somewhere else. */
const OPS: readonly PaperOp[] = [{ op: 'line', runs: [{ text: 'A 042', wide: 4, high: 4 }], align: 'center' }];
const bench = async (port: number, dialect: Dialect, options: Partial<SpoolOptions> = {}): Promise<SpoolBench> => {
  const made = startBench(port, {
    dialect,
    paper: () => ({ ops: OPS, mm: 20 }),
    encode: (ops, how) => dialect.job(ops, { ...how, codePage: null, width: 576, cutter: true }),
    confirms: PROFILES[dialect.id]?.tells ?? { processId: false, fence: false },
    ...options,
  });
  benches.push(made);
  await made.spool.start();
  return made;
};
const finished = (job: { state: string; grade: string | null }): boolean =>
  ['printed', 'unknown', 'expired'].includes(job.state) || job.grade !== null;

/** A Star: it counts an ETB when what is before it is printed, and answers ESC ACK SOH at once. */
const starPrinter = async ({ counter = 0, tells = false, online = true, hangs = false }) => {
  const state = { counter, online, hangs, held: 0, cuts: 0 };
  let last: number[] = [];
  const packet = (): number[] => {
    const spread = ((state.counter & 0x07) << 1) | ((state.counter & 0x18) << 2);
    return [0x23, 0x06, state.online ? 0 : 0x08, 0, 0, state.online ? 0 : 0x0c, 0, spread, 0];
  };
  const print = (say: (bytes: readonly number[]) => void): void => {
    for (; state.online && !state.hangs && state.held > 0; state.held -= 1) {
      state.counter = (state.counter + 1) % 32;
      if (tells) say(packet());
    }
  };
  let sayTo = (_bytes: readonly number[]): void => undefined;
  const port = await listen((byte, say) => {
    sayTo = say;
    last = [...last, byte].slice(-3);
    if (last.join() === '27,6,1') say(packet());
    if (last.join() === '27,100,3') state.cuts += 1;
    if (byte === 0x17) state.held += 1;
    print(say);
  });
  return {
    port,
    state,
    set: (change: { online?: boolean; hangs?: boolean }): void => {
      Object.assign(state, change);
      if (tells) sayTo(packet());
      print(sayTo);
    },
  };
};

describe('a ticket on a Star', () => {
  it.each([
    ['tells by itself', true],
    ['has to be asked', false],
  ])('that %s is printed by its counter (A), over the end of the count too', async (_how, tells) => {
    const printer = await starPrinter({ counter: 29, tells });
    const spool = await bench(printer.port, DIALECTS.star);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const id = spool.print();
      expect(view(await spool.until(id, finished))).toBe('printed/A');
      ids.push(spool.job(id).processId ?? '');
    }
    expect(ids).toEqual(['30', '31', '0-1', '2', '3']);
    expect(printer.state.cuts).toBe(5);
  });

  it('waits for paper, and is sent once', async () => {
    const printer = await starPrinter({ online: false });
    const spool = await bench(printer.port, DIALECTS.star);
    const id = spool.print();
    await spool.until(id, (one) => one.reason === 'paper-out');
    expect(printer.state.cuts).toBe(0);
    printer.set({ online: true });
    expect(view(await spool.until(id, finished))).toBe('printed/A');
    expect(printer.state.cuts).toBe(1);
  });

  it('that hangs in the printer is not confirmed by, nor confirms, the next one', async () => {
    // The counter stands still although the printer says that it is well.
    const printer = await starPrinter({ hangs: true });
    const spool = await bench(printer.port, DIALECTS.star);
    const first = spool.print();
    expect(view(await spool.until(first, finished))).toBe('unknown');
    const second = spool.print();
    // No word can be had of this one: it is called sent, whatever the first may still do.
    expect(view(await spool.until(second, finished))).toBe('sent/C');
    expect(spool.job(second).processId).toBeNull();
    expect(printer.state.cuts).toBe(2);
    // It was only slow.
    printer.set({ hangs: false });
    expect(view(await spool.until(first, (one) => one.grade !== null))).toBe('printed/A');
    expect(spool.job(second)).toMatchObject({ state: 'sent', grade: 'C' });
    expect(view(await spool.until(spool.print(), finished))).toBe('printed/A');
  });
});

describe('a ticket on a Custom', () => {
  it.each([
    ['is printed by the fence (B)', [0, 0, 0, 0], 'printed/B'],
    ['is printed also when another ticket is still in the mouth', [0x20, 0, 0, 0], 'printed/B'],
  ])('%s', async (_name, states, expected) => {
    let last: number[] = [];
    const port = await listen((byte, say) => {
      last = [...last, byte].slice(-3);
      if (last.join() === '16,4,20') say([0x10, 0x0f, ...states]);
      if (last.join() === '29,114,1') say([0]);
    });
    const spool = await bench(port, DIALECTS.custom, { known: [20] });
    expect(view(await spool.until(spool.print(), finished))).toBe(expected);
    expect(spool.spool.status()).toMatchObject({ state: 'ready', paperLow: false });
  });
});

describe('a ticket on a clone', () => {
  it('that answers two questions and no fence is sent, with a clean state afterwards (C)', async () => {
    let last: number[] = [];
    const port = await listen((byte, say) => {
      last = [...last, byte].slice(-3);
      if (last[0] === 0x10 && last[1] === 0x04 && (byte === 1 || byte === 4)) say([0x12]);
    });
    const spool = await bench(port, DIALECTS.generic, {
      known: [1, 4],
      confirms: { processId: false, fence: false },
    });
    expect(view(await spool.until(spool.print(), finished))).toBe('sent/C');
  });

  it('that says nothing is sent, and called no more than that (E), never out of paper', async () => {
    const port = await listen(() => undefined);
    const spool = await bench(port, DIALECTS.generic, {
      known: [],
      confirms: { processId: false, fence: false },
    });
    expect(view(await spool.until(spool.print(), finished))).toBe('sent/E');
    expect(spool.told).toEqual(['sending', 'sent', 'sent/E']);
  });

  it('that was found to talk and is silent now gets nothing: it waits', async () => {
    const port = await listen(() => undefined);
    const spool = await bench(port, DIALECTS.generic, { known: [1, 4] });
    const id = spool.print({ ttlMs: 1500 });
    await spool.until(id, (one) => one.reason === 'offline');
    expect(view(await spool.until(id, finished))).toBe('expired');
    expect(spool.job(id).firstByteAt).toBeNull();
  });
});

describe('the same paper on every kind of virtual printer', () => {
  const bits = new Uint8Array(72 * 60).fill(0x1b, 0, 72 * 10).fill(0x10, 72 * 40);
  const paper: readonly PaperOp[] = [
    { op: 'line', runs: [{ text: 'Талон № 1', bold: true, wide: 2, high: 3 }], align: 'center' },
    { op: 'line', runs: [{ text: 'ёЁ ' }, { text: 'АБВ', inverse: true }], align: 'left' },
    { op: 'feed', dots: 300 },
    { op: 'qr', text: 'HTTPS://TALON/V/7K2M', moduleDots: 5 },
    { op: 'raster', bitmap: { width: 576, height: 60, bits } },
    { op: 'line', runs: [{ text: 'конец' }], align: 'right' },
  ];
  it.each<[NonNullable<VirtualPrinterOptions['profile']>, Dialect['id'], number, string]>([
    ['epson', 'epson', 17, 'printed/A'],
    ['clone', 'generic', 7, 'printed/B'],
    ['star', 'star', 10, 'printed/A'],
  ])(
    '%s: every letter, the code, nothing that it did not know, and its word for it',
    async (kind, id, number, word) => {
      virtual = await startVirtualPrinter({ speed: 'max', httpPort: null, profile: kind });
      const dialect = DIALECTS[id];
      const codePage = { page: 'cp866', number };
      const spool = await bench(virtual.port, dialect, {
        paper: () => ({ ops: paper, mm: 80 }),
        encode: (ops, how) => dialect.job(ops, { ...how, codePage, width: 576, cutter: true }),
      });
      expect(view(await spool.until(spool.print(), finished))).toBe(word);
      const [ticket] = await virtual.waitForTickets(1);
      expect(ticket?.text.split('\n').filter((line) => line !== '')).toEqual(['Талон № 1', 'ёЁ АБВ', 'конец']);
      expect(ticket).toMatchObject({
        qr: ['HTTPS://TALON/V/7K2M'],
        garbage: { count: 0 },
        realtimeInsideData: 0,
        complete: true,
      });
    },
  );
  it('custom: in its own page, with its fence', async () => {
    virtual = await startVirtualPrinter({ speed: 'max', httpPort: null, profile: 'custom' });
    const spool = await bench(virtual.port, DIALECTS.custom);
    expect(view(await spool.until(spool.print(), finished))).toBe('printed/B');
    expect((await virtual.waitForTickets(1))[0]).toMatchObject({ text: 'A 042', garbage: { count: 0 } });
  });
});
