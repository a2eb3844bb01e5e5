import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, request as askHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { describeNetworkError, TransportError } from '../../electron/core/sync/http.ts';
import { createCentreFetch, type CentreFetch, type TransportOptions } from '../../electron/core/sync/transport.ts';
import { startCentre } from '../centre/index.ts';
import { startDevice } from '../fixtures/core-device.ts';
import { ROOT } from '../tools/paths.ts';

/** The way to the centre, over real sockets: TLS, an office's own authority, pins, proxies, and everything that goes wrong. */

const tlsFile = (name: string): string => join(ROOT, 'test/fixtures/tls', `${name}.pem`);
const pem = (name: string): string => readFileSync(tlsFile(name), 'utf8');
const pinOf = (name: string): string =>
  createHash('sha256')
    .update(new X509Certificate(pem(name)).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Listens on loopback until the test is over; connections are broken off then. */
const listening = async (server: Server): Promise<number> => {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((done) => server.close(done));
  });
  return (server.address() as AddressInfo).port;
};

const hello: RequestListener = (_, reply) => void reply.end('hello');
/** A server that shows the certificate of this name; how many connections it has had. */
const shows = async (name: string, listener: RequestListener = hello, more: object = {}) => {
  const server = createHttps({ key: pem(name), cert: pem(name), ...more }, listener);
  let connections = 0;
  server.on('secureConnection', () => (connections += 1));
  server.on('tlsClientError', () => undefined);
  const port = await listening(server);
  return { port, url: `https://127.0.0.1:${port}/`, connections: () => connections };
};

const line = (options: Partial<TransportOptions> = {}): CentreFetch => {
  const made = createCentreFetch({ caFiles: [tlsFile('root')], pins: [], proxy: null, ...options });
  closing.push(() => made.close());
  return made;
};
/** What an administrator reads about a call that fails. */
const failure = async (call: Promise<Response>): Promise<string> => {
  try {
    const answer = await call;
    await answer.text();
    return `no failure: ${answer.status}`;
  } catch (error) {
    return describeNetworkError(error);
  }
};

describe('a connection to the centre', () => {
  it('trusts an authority of the office, and is kept for the next request', async () => {
    const server = await shows('server');
    const { fetch } = line();
    for (let n = 0; n < 20; n += 1) await expect((await fetch(server.url)).text()).resolves.toBe('hello');
    // A second one, when the next request comes before the first is quite over.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  it('trusts no more than that: an unknown issuer is named, with what to do', async () => {
    const server = await shows('server');
    const words = await failure(line({ caFiles: [] }).fetch(server.url));
    expect(words).toContain('«Test centre, Talon tests, worth nothing»');
    expect(words).toContain('Test intermediate');
    expect(words).toContain('centre.caFiles');
    expect(server.connections()).toBe(0);
  });

  it.each([
    ['expired', 'expired on 2021-01-01'],
    ['future', 'is valid from 2073-01-01 only'],
    ['other-name', 'is for DNS:elsewhere.example, not for 127.0.0.1'],
    ['self-signed', 'is not trusted here'],
  ])('refuses a certificate that is %s, and says why', async (name, words) => {
    const server = await shows(name);
    await expect(failure(line().fetch(server.url))).resolves.toContain(words);
  });

  it('is believed only with a pinned key in the chain, where keys are pinned', async () => {
    const server = await shows('server');
    for (const pin of [pinOf('server'), pinOf('intermediate'), pinOf('root')]) {
      const { fetch } = line({ pins: [pinOf('next'), pin] });
      await expect((await fetch(server.url)).text()).resolves.toBe('hello');
    }
    const words = await failure(line({ pins: [pinOf('next')] }).fetch(server.url));
    expect(words).toContain('is not a pinned one');
    expect(words).toContain(pinOf('server'));
    expect(words).toContain('centre.pins');
  });

  it('is not believed because a pinned certificate, which vouches for nothing, is sent along', async () => {
    const server = await shows('stray');
    await expect((await line().fetch(server.url)).text()).resolves.toBe('hello');
    await expect(failure(line({ pins: [pinOf('intermediate')] }).fetch(server.url))).resolves.toContain(
      'is not a pinned one',
    );
  });

  it('speaks TLS 1.2 at least', async () => {
    const server = await shows('server', hello, {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await expect(failure(line().fetch(server.url))).resolves.toContain('no TLS connection could be agreed on');
  });

  it.each([
    ['missing.pem', null, 'cannot be read'],
    ['empty.pem', 'nothing', 'holds no certificate'],
    ['damaged.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n', 'is damaged'],
  ])('says what is wrong with a file of authorities: %s', async (name, text, words) => {
    const dir = mkdtempSync(join(tmpdir(), 'talon-ca-'));
    closing.push(() => rmSync(dir, { recursive: true }));
    const file = join(dir, name);
    if (text !== null) writeFileSync(file, text);
    const server = await shows('server');
    const told = await failure(line({ caFiles: [file] }).fetch(server.url));
    expect(told).toContain(words);
    expect(told).toContain('centre.caFiles');
  });

  it('is never plain but to this machine: not a packet leaves', async () => {
    const port = await listening(createHttp(hello));
    const { fetch } = line();
    await expect((await fetch(`http://127.0.0.1:${port}/`)).text()).resolves.toBe('hello');
    await expect(failure(fetch('http://centre.example/'))).resolves.toContain('must begin with https://');
    await expect(failure(fetch('ftp://127.0.0.1/'))).resolves.toContain('must begin with https://');
  });

  it('follows nobody elsewhere', async () => {
    const server = await shows('server', (_, reply) => void reply.writeHead(302, { location: '/login' }).end());
    await expect(failure(line().fetch(server.url))).resolves.toContain('which is not followed');
  });

  it('unpacks what is packed, and says so when it cannot', async () => {
    const packed = gzipSync('hello '.repeat(1_000));
    const server = await shows('server', (request, reply) => {
      expect(request.headers['accept-encoding']).toContain('gzip');
      reply.setHeader('content-encoding', 'gzip');
      reply.end(request.url === '/good' ? packed : Buffer.from('no gzip at all'));
    });
    const { fetch } = line();
    await expect((await fetch(`${server.url}good`)).text()).resolves.toHaveLength(6_000);
    await expect(failure(fetch(`${server.url}bad`))).resolves.toContain('the answer is damaged');
  });

  it('is given up when there is none in time', async () => {
    const port = await listening(createTcp(() => undefined));
    const words = await failure(line({ connectTimeoutMs: 200 }).fetch(`https://127.0.0.1:${port}/`));
    expect(words).toBe(`no connection to 127.0.0.1:${port} within 0.2 s: check the network, firewalls and the proxy`);
  });

  it('says what answers there instead', async () => {
    const plain = await listening(createHttp(hello));
    await expect(failure(line().fetch(`https://127.0.0.1:${plain}/`))).resolves.toContain('no TLS connection');
    const babble = await listening(createTcp((socket) => void socket.on('error', () => undefined).end('220 mail\r\n')));
    await expect(failure(line().fetch(`http://127.0.0.1:${babble}/`))).resolves.toContain('does not speak HTTP');
    const none = await listening(createTcp(() => undefined));
    await closing.pop()?.();
    await expect(failure(line().fetch(`https://127.0.0.1:${none}/`))).resolves.toContain(
      `nothing accepts connections at 127.0.0.1:${none}`,
    );
  });

  it('is dropped when the program stops: whatever is under way fails, and the next request too', async () => {
    const server = await shows('server', () => undefined);
    const silent = await listening(createTcp(() => undefined));
    const made = line();
    const asked = [made.fetch(server.url), made.fetch(`https://127.0.0.1:${silent}/`)].map(failure);
    await new Promise<void>((done) => {
      const look = (): void => void (server.connections() > 0 ? done() : setImmediate(look));
      look();
    });
    await made.close();
    await expect(Promise.all(asked)).resolves.toEqual(['the program is stopping', 'the program is stopping']);
    await expect(failure(made.fetch(server.url))).resolves.toBe('the program is stopping');
  });

  it('tells errors of transport from others', async () => {
    const server = await shows('expired');
    const error: unknown = await line()
      .fetch(server.url)
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ cause: expect.any(TransportError) });
    expect((error as { cause: TransportError }).cause.code).toBe('tls-expired');
  });
});

describe('through the proxy of an office', () => {
  /** Knows one name, as if by a DNS of its own: whatever is asked for is at `port` here. */
  const proxy = async (port: number, refuse: (authorization: string | undefined) => number = () => 200) => {
    const asked: string[] = [];
    const server = createHttp((_, reply) => void reply.writeHead(400).end());
    server.on('connect', (request, socket, head) => {
      socket.on('error', () => undefined);
      asked.push(request.url ?? '');
      const status = refuse(request.headers['proxy-authorization']);
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
        return;
      }
      const on = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        on.write(head);
        socket.pipe(on).pipe(socket);
      });
      on.on('error', () => socket.destroy());
    });
    return { at: `127.0.0.1:${await listening(server)}`, asked };
  };

  it('reaches the centre by its name, and checks its certificate all the same', async () => {
    const there = await shows('other-name');
    const { at, asked } = await proxy(there.port);
    const { fetch } = line({ proxy: `http://${at}` });
    await expect((await fetch('https://elsewhere.example/')).text()).resolves.toBe('hello');
    expect(asked).toEqual(['elsewhere.example:443']);
    await expect(failure(fetch('https://another.example/'))).resolves.toContain('not for another.example');
  });

  it('shows the name and password of the device to the proxy, and to nobody else', async () => {
    const there = await shows(
      'other-name',
      (request, reply) => void reply.end(request.headers['proxy-authorization'] ?? '-'),
    );
    const right = `Basic ${Buffer.from('talon:top secret').toString('base64')}`;
    const { at } = await proxy(there.port, (said) => (said === right ? 200 : 407));
    const good = line({ proxy: `http://talon:top%20secret@${at}` });
    await expect((await good.fetch('https://elsewhere.example/')).text()).resolves.toBe('-');
    const words = await failure(line({ proxy: `http://talon:wrong@${at}` }).fetch('https://elsewhere.example/'));
    expect(words).toContain('wants a name and a password, or others');
    expect(words).not.toContain('wrong');
  });

  it.each([
    [403, 'does not allow connections to elsewhere.example:443'],
    [503, 'does not get through to elsewhere.example:443'],
    [405, 'is it a proxy that knows CONNECT?'],
  ])('says so when it answers %d', async (status, words) => {
    const { at } = await proxy(0, () => status);
    await expect(failure(line({ proxy: `http://${at}` }).fetch('https://elsewhere.example/'))).resolves.toContain(
      words,
    );
  });

  it('says so when the proxy is not there, or says nothing', async () => {
    const gone = await listening(createTcp(() => undefined));
    await closing.pop()?.();
    const words = await failure(line({ proxy: `http://127.0.0.1:${gone}` }).fetch('https://elsewhere.example/'));
    expect(words).toContain(`the proxy 127.0.0.1:${gone} (centre.proxy): nothing accepts connections`);
    const silent = await listening(createTcp(() => undefined));
    const waited = line({ proxy: `http://127.0.0.1:${silent}`, connectTimeoutMs: 200 });
    await expect(failure(waited.fetch('https://elsewhere.example/'))).resolves.toContain('within 0.2 s');
  });

  it('is not asked for this very machine', async () => {
    const there = await shows('server');
    const { asked, at } = await proxy(0);
    await expect((await line({ proxy: `http://${at}` }).fetch(there.url)).text()).resolves.toBe('hello');
    expect(asked).toEqual([]);
  });
});

describe('a device', () => {
  it('enrols, reads, tells and listens over TLS with an authority of the office', { timeout: 60_000 }, async () => {
    let back = 0;
    const front = await shows('server', (request, reply) => {
      const { method, headers, url: path } = request;
      const on = askHttp({ host: '127.0.0.1', port: back, method, headers, path }, (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(reply);
      });
      on.on('error', () => reply.destroy());
      reply.on('close', () => on.destroy());
      request.pipe(on);
    });
    const dir = mkdtempSync(join(tmpdir(), 'talon-tls-'));
    closing.push(() => rmSync(dir, { recursive: true }));
    const publicUrl = front.url.slice(0, -1);
    const centre = await startCentre({ db: join(dir, 'centre.db'), seed: 'demo', port: 0, publicUrl });
    closing.push(() => centre.close());
    back = Number(new URL(centre.url).port);
    const made = line({ pins: [pinOf('server')] });
    const device = await startDevice({ centre: { url: publicUrl, code: centre.codes()[0] ?? '' }, fetch: made.fetch });
    closing.push(() => device.stop());
    await device.live();
    expect(Number(device.rows('SELECT count(*) AS n FROM booking')[0]?.['n'])).toBeGreaterThan(50);
    // The stream of events is one of them.
    expect(front.connections()).toBeLessThanOrEqual(6);
  });
});
