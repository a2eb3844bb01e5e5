import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findPrinters } from '../../electron/core/printing/find-printers.ts';
import { encodeRequest, IPP_OPERATION, type IppSent } from '../../electron/core/printing/ipp.ts';
import { printerWay } from '../../electron/core/printing/links.ts';
import { cupsQueues, cupsSpooler } from '../../electron/core/printing/spooler-cups.ts';
import { type SpoolerPort, UncertainSubmit } from '../../electron/core/printing/spooler.ts';
import { ippAnswer, type IppGroupBytes } from '../fixtures/ipp-answer.ts';
import { type Machines, printMachines, type Sink } from './print-machines.ts';

let machines: Machines;
beforeEach(() => {
  machines = printMachines();
});
afterEach(() => machines.close());

const soon = { timeout: 30_000, interval: 50 };
/** Bytes that any filter would change: line ends, zeros, escapes, what looks like a picture. */
const job = Buffer.concat([
  Buffer.from('%!PS not really\r\n\n'),
  ...Array.from({ length: 200 }, () => Buffer.from(Array.from({ length: 256 }, (_, i) => i))),
]);

describe('a queue of a CUPS of its own', () => {
  let sink: Sink;
  let host: { host: string; port: number };
  let spooler: SpoolerPort;
  beforeEach(async () => {
    sink = await machines.sink();
    host = await machines.cups({ ticket: `socket://127.0.0.1:${sink.port}` });
    const way = printerWay({ kind: 'cups', ...host, queue: 'ticket' });
    if (way.kind !== 'spooler') throw new Error('no spooler');
    spooler = way.port;
  });

  /** Told as an administrator would. */
  const order = async (operation: number, queue = 'ticket'): Promise<void> => {
    const operationAttributes: IppSent[] = [
      ['uri', 'printer-uri', `ipp://127.0.0.1:${host.port}/printers/${queue}`],
      ['name', 'requesting-user-name', 'root'],
    ];
    const answer = await fetch(`http://127.0.0.1:${host.port}/admin/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/ipp' },
      body: Buffer.from(encodeRequest({ operation, requestId: 1, operationAttributes })),
    });
    expect(new DataView(await answer.arrayBuffer()).getUint16(2)).toBe(0);
  };

  it('hands every byte over as it was given, and says when it has', async () => {
    expect(spooler.name).toBe(`cups 127.0.0.1:${host.port}/ticket`);
    expect(await spooler.look(3000)).toEqual({ ready: true });
    const given = await spooler.submit(job, 'talon job 1', 5000);
    await vi.waitUntil(async () => (await given.state(3000)) === 'completed', soon);
    expect(sink.received().equals(job)).toBe(true);
    // What is done cannot be taken back.
    expect(await given.cancel(3000)).toBe(false);
    expect(await given.state(3000)).toBe('completed');
  });

  it('says that the printer is not reached, and gives the job back before a byte of it has left', async () => {
    const { port } = sink;
    await sink.close();
    const given = await spooler.submit(job, 'talon job 2', 5000);
    await vi.waitFor(async () => {
      expect(await spooler.look(3000)).toEqual({ ready: false, reason: 'unreachable' });
    }, soon);
    expect(await given.state(3000)).toBe('printing');
    expect(await given.cancel(3000)).toBe(true);
    await vi.waitUntil(async () => (await given.state(3000)) === 'gone', soon);
    // The printer comes back, and only what is given now is printed.
    const back = await machines.sink({ port });
    const next = await spooler.submit(Buffer.from('next'), 'talon job 3', 5000);
    await vi.waitUntil(async () => (await next.state(3000)) === 'completed', soon);
    expect(back.received().toString()).toBe('next');
  });

  it('throws a job away by itself when nobody took it back', async () => {
    await sink.close();
    const given = await cupsSpooler({ ...host, queue: 'ticket', keepS: 1 }).submit(job, 'talon job 4', 5000);
    await vi.waitFor(async () => {
      expect(await given.state(3000)).toBe('gone');
    }, soon);
  });

  it('is blocked while it is paused, and what waits in it can be taken back', async () => {
    await order(0x0010);
    await vi.waitFor(async () => {
      expect(await spooler.look(3000)).toEqual({ ready: false, reason: 'offline' });
    }, soon);
    const given = await spooler.submit(job, 'talon job 5', 5000);
    expect(await given.state(3000)).toBe('waiting');
    expect(await given.cancel(3000)).toBe(true);
    expect(await given.state(3000)).toBe('gone');
    await order(0x0011);
    await vi.waitFor(async () => {
      expect(await spooler.look(3000)).toEqual({ ready: true });
    }, soon);
    expect(sink.received()).toHaveLength(0);
  });

  it('that is not there takes nothing and says so', async () => {
    const none = cupsSpooler({ ...host, queue: 'other' });
    await expect(none.look(3000)).rejects.toThrow(/no such queue/);
    await expect(none.submit(job, 'talon job 6', 3000)).rejects.toThrow(/no such queue/);
  });

  it('is found by the set-up', async () => {
    const { found, failed } = await findPrinters({
      addresses: [],
      cups: host,
      timeoutMs: 3000,
      root: `${machines.folder}/`,
      serialPorts: () => Promise.resolve([]),
    });
    expect(failed).toEqual([]);
    expect(found).toEqual([
      { link: { kind: 'cups', ...host, queue: 'ticket' }, label: `ticket (socket://127.0.0.1:${sink.port})` },
    ]);
  });
});

it('a CUPS without a queue has none, which is no failure', async () => {
  const host = await machines.cups({});
  expect(await cupsQueues(host, 3000)).toEqual([]);
});

describe('what is not CUPS, or has lost its way', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });

  interface Asked {
    operation: number;
    requestId: number;
    body: Buffer;
    path: string;
  }
  const serve = async (answer: (asked: Asked, response: ServerResponse, request: IncomingMessage) => void) => {
    const seen: Asked[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        const path = request.url ?? '';
        const asked = { operation: body.readUInt16BE(2), requestId: body.readInt32BE(4), body, path };
        seen.push(asked);
        answer(asked, response, request);
      });
      request.on('error', () => undefined);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    return { host, seen, spooler: cupsSpooler({ ...host, queue: 'талон 1'.replace(' ', '-') }) };
  };
  const say = (
    { requestId }: Asked,
    response: ServerResponse,
    status: number,
    ...groups: IppGroupBytes[]
  ): ServerResponse =>
    response.writeHead(200, { 'Content-Type': 'application/ipp' }).end(ippAnswer(status, requestId, groups));

  it.each([
    ['a web page', 200, 'text/html', /does not speak IPP/],
    ['a password', 401, 'text/html', /name and a password/],
    ['another place', 302, 'text/html', /HTTP 302/],
    ['noise', 200, 'application/ipp', /not an answer of IPP/],
  ])('refuses %s, and goes nowhere else', async (_, status, type, words) => {
    const elsewhere = await serve((asked, response) => say(asked, response, 0));
    const { spooler, seen } = await serve((__, response) => {
      response.writeHead(status, { 'Content-Type': type, Location: `http://127.0.0.1:${elsewhere.host.port}/` });
      response.end('<html>');
    });
    await expect(spooler.look(2000)).rejects.toThrow(words);
    expect(seen).toHaveLength(1);
    expect(elsewhere.seen).toEqual([]);
  });

  it('refuses the answer to another question', async () => {
    const { spooler } = await serve((asked, response) =>
      say({ ...asked, requestId: asked.requestId ^ 1 }, response, 0, { tag: 0x04, attributes: [] }),
    );
    await expect(spooler.look(2000)).rejects.toThrow(/not asked/);
  });

  it('stops reading an answer without end', async () => {
    const { spooler } = await serve((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/ipp' });
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await expect(spooler.look(10_000)).rejects.toThrow(/without end/);
  });

  it('waits no longer than it was told', async () => {
    const { spooler } = await serve(() => undefined);
    const before = performance.now();
    await expect(spooler.look(150)).rejects.toThrow(/within 150 ms/);
    expect(performance.now() - before).toBeLessThan(1500);
  });

  it('sends the raw format, and plain octets to those who do not know it', async () => {
    const { spooler, seen } = await serve((asked, response) => {
      if (asked.body.includes('application/vnd.cups-raw')) say(asked, response, 0x040a);
      else say(asked, response, 0, { tag: 0x02, attributes: [[0x21, 'job-id', Buffer.from([0, 0, 0, 9])]] });
    });
    await spooler.submit(job, 'talon job 7', 2000);
    expect(seen.map(({ operation }) => operation)).toEqual([IPP_OPERATION.printJob, IPP_OPERATION.printJob]);
    expect(seen[1]?.body.includes('application/octet-stream')).toBe(true);
    expect(seen[1]?.body.subarray(-job.length).equals(job)).toBe(true);
    expect(seen[1]?.path).toBe('/printers/%D1%82%D0%B0%D0%BB%D0%BE%D0%BD-1');
  });

  it('finds a job again whose acceptance it did not hear', async () => {
    const { spooler, seen } = await serve((asked, response, request) => {
      if (asked.operation === IPP_OPERATION.printJob) request.socket.destroy();
      else if (asked.operation === IPP_OPERATION.getJobs)
        say(
          asked,
          response,
          0,
          {
            tag: 0x02,
            attributes: [
              [0x21, 'job-id', Buffer.from([0, 0, 0, 3])],
              [0x42, 'job-name', Buffer.from('x')],
            ],
          },
          {
            tag: 0x02,
            attributes: [
              [0x21, 'job-id', Buffer.from([0, 0, 0, 4])],
              [0x42, 'job-name', Buffer.from('talon job 8')],
            ],
          },
        );
      else say(asked, response, 0, { tag: 0x02, attributes: [[0x23, 'job-state', Buffer.from([0, 0, 0, 5])]] });
    });
    const given = await spooler.submit(job, 'talon job 8', 2000);
    expect(await given.state(2000)).toBe('printing');
    expect(seen.at(-1)?.body.includes(Buffer.from([0, 6, ...Buffer.from('job-id'), 0, 4, 0, 0, 0, 4]))).toBe(true);
  });

  it('says that nothing was taken when the queue does not know the job', async () => {
    const { spooler } = await serve((asked, response, request) => {
      if (asked.operation === IPP_OPERATION.printJob) request.socket.destroy();
      else say(asked, response, 0);
    });
    const failed: unknown = await spooler.submit(job, 'talon job 9', 2000).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(failed).not.toBeInstanceOf(UncertainSubmit);
  });

  it('says that it cannot know, when the queue fell silent for good', async () => {
    const { spooler } = await serve((_, __, request) => {
      request.socket.destroy();
    });
    await expect(spooler.submit(job, 'talon job 10', 500)).rejects.toThrow(UncertainSubmit);
  });

  it('says that nobody listens, and is sure that nothing was taken', async () => {
    const sink = await machines.sink();
    await sink.close();
    const failed: unknown = await cupsSpooler({ host: '127.0.0.1', port: sink.port, queue: 'ticket' })
      .submit(job, 'talon job 11', 2000)
      .catch((error: unknown) => error);
    expect(String(failed)).toMatch(/ECONNREFUSED/);
    expect(failed).not.toBeInstanceOf(UncertainSubmit);
  });

  it('keeps one source that fails from the others', async () => {
    const { host } = await serve((_, response) => response.writeHead(500).end());
    const sink = await machines.sink();
    const { found, failed } = await findPrinters({
      addresses: [{ host: '127.0.0.1', port: sink.port }],
      cups: host,
      timeoutMs: 2000,
      root: `${machines.folder}/`,
      serialPorts: () => Promise.reject(new Error('no udev here')),
    });
    expect(found).toHaveLength(1);
    expect(failed).toEqual([
      { source: 'serial', why: 'no udev here' },
      { source: 'cups', why: `cups 127.0.0.1:${host.port}: HTTP 500, it does not speak IPP here` },
    ]);
  });
});
