import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { tcpPrinter } from '../../electron/core/printing/link-tcp.ts';
import { startBench, view, type SpoolBench } from './spool-bench.ts';

const servers: Server[] = [];
const benches: SpoolBench[] = [];
const sockets = new Set<Socket>();

const listen = async (onSocket: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> => {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

describe('tcpPrinter', () => {
  it('reads and writes, and names itself', async () => {
    const port = await listen((socket) => socket.pipe(socket));
    const printer = tcpPrinter({ host: '127.0.0.1', port });
    expect(printer.name).toBe(`tcp 127.0.0.1:${port}`);
    const link = await printer.open(2000);
    const echoed = new Promise<Uint8Array>((resolve) => {
      link.onData(resolve);
    });
    await link.write(Uint8Array.of(1, 2, 3));
    expect([...(await echoed)]).toEqual([1, 2, 3]);
    await link.close(1000);
    await expect(link.write(Uint8Array.of(1))).rejects.toThrow(/clos/);
  });
  it('takes IPv6 with and without brackets', () => {
    expect(tcpPrinter({ host: '[::1]', port: 9100 }).name).toBe('tcp [::1]:9100');
    expect(tcpPrinter({ host: '::1', port: 9100 }).name).toBe('tcp [::1]:9100');
  });
  it.each([
    ['', 9100],
    ['a b', 9100],
    ['tcp://x', 9100],
    ['printer', 0],
    ['printer', 65_536],
    ['printer', 1.5],
  ])('refuses %j port %j', (host, port) => {
    expect(() => tcpPrinter({ host, port })).toThrow(RangeError);
  });
  it('says that nobody listens', async () => {
    const port = await listen(() => undefined);
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    await expect(tcpPrinter({ host: '127.0.0.1', port }).open(2000)).rejects.toThrow(/ECONNREFUSED/);
  });
  it('waits with writing until the printer takes it, and rejects when the line dies instead', async () => {
    const peers: Socket[] = [];
    const port = await listen((socket) => {
      socket.pause();
      peers.push(socket);
    });
    const link = await tcpPrinter({ host: '127.0.0.1', port }).open(2000);
    const writing = link.write(new Uint8Array(64 * 1024 * 1024)).then(
      () => 'written',
      () => 'lost',
    );
    const closed = new Promise((resolve) => {
      link.onClose(resolve);
    });
    peers[0]?.resetAndDestroy();
    expect(await writing).toBe('lost');
    await closed;
    // Told to whoever asks afterwards too.
    await new Promise((resolve) => {
      link.onClose(resolve);
    });
  });
  it('closes gracefully while status is still coming, so that no byte of a job is lost to a reset', async () => {
    let received = 0;
    const ended = new Promise<void>((resolve) => {
      void listen((socket) => {
        const chatter = setInterval(() => socket.write(Uint8Array.of(0x10, 0, 0, 0)), 1);
        socket.on('data', (bytes: Uint8Array) => {
          received += bytes.length;
        });
        socket.on('end', () => {
          clearInterval(chatter);
          socket.end();
          resolve();
        });
      }).then(async (port) => {
        const link = await tcpPrinter({ host: '127.0.0.1', port }).open(2000);
        await link.write(new Uint8Array(400_000));
        await link.close(5000);
      });
    });
    await ended;
    expect(received).toBe(400_000);
  });
  it('drops a line whose other side never closes', async () => {
    const port = await listen((socket) => socket.resume());
    const link = await tcpPrinter({ host: '127.0.0.1', port }).open(2000);
    await link.close(50);
    await expect(link.write(Uint8Array.of(1))).rejects.toThrow(/clos/);
  });
});

/** A printer of few words: answers only some of the DLE EOT questions, and fences. */
const smallPrinter = (answers: Readonly<Record<number, number>>) => {
  const seen: { jobs: number } = { jobs: 0 };
  const onSocket = (socket: Socket): void => {
    let held = Buffer.alloc(0);
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes]);
      for (;;) {
        if (held[0] === 0x10 && held[1] === 0x04 && held.length >= 3) {
          const value = answers[held[2] ?? 0];
          if (value !== undefined) socket.write(Uint8Array.of(value));
          held = held.subarray(3);
          continue;
        }
        const fence = held.indexOf(Buffer.of(0x1d, 0x72, 1));
        if (held[0] === 0x1b && fence > 0) {
          seen.jobs += 1;
          held = held.subarray(fence + 3);
          socket.write(Uint8Array.of(0));
          continue;
        }
        return;
      }
    });
  };
  return { seen, onSocket };
};

describe('printers that answer in part', () => {
  it('the spool learns which questions they answer', async () => {
    const { seen, onSocket } = smallPrinter({ 1: 0x12, 4: 0x1e });
    const bench = startBench(await listen(onSocket));
    benches.push(bench);
    await bench.spool.start();
    const job = await bench.until(bench.print(), (j) => j.grade !== null);
    expect(view(job)).toBe('printed/B');
    expect(seen.jobs).toBe(1);
    expect(bench.spool.status()).toMatchObject({ state: 'ready', paperLow: true });
    expect((await bench.untilLogged('print.partial-status'))['answers']).toEqual([1, 4]);
  });
  it('and still sees that they are offline', async () => {
    const { seen, onSocket } = smallPrinter({ 1: 0x1a });
    const bench = startBench(await listen(onSocket));
    benches.push(bench);
    await bench.spool.start();
    const job = await bench.until(bench.print(), (j) => j.state === 'blocked');
    expect(view(job)).toBe('blocked(offline)');
    expect(seen.jobs).toBe(0);
  });
  it('one that takes a connection only to drop it is unreachable, not mute', async () => {
    const bench = startBench(await listen((socket) => socket.resetAndDestroy()));
    benches.push(bench);
    await bench.spool.start();
    const id = bench.print();
    await bench.until(id, (j) => j.reason === 'unreachable');
    expect(bench.job(id).firstByteAt).toBeNull();
  });
});
