import { request } from 'node:http';
import { connect as connectTcp, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import { Agent, fetch as undiciFetch, type buildConnector } from 'undici';
import { isAllowedUrl } from './enrol.ts';
import { describeNetworkError, TransportError } from './http.ts';
import { createTrust, type Trust } from './trust.ts';

/** The way to the centre that ships: HTTP/1.1 over TLS, connections kept open, through a proxy where there is one. */

export interface TransportOptions {
  /** PEM files of authorities that are trusted beside those of the machine. */
  caFiles: readonly string[];
  /** SHA-256 of public keys, base64; empty: any trusted chain will do. */
  pins: readonly string[];
  /** `http://[name:password@]host:port`: everything but loopback goes through it (CONNECT). */
  proxy: string | null;
  /** For TCP, proxy and TLS together, ms. */
  connectTimeoutMs?: number;
  /** PEM of the authorities of this machine. */
  roots?: () => string[];
}

export interface CentreFetch {
  fetch: typeof fetch;
  /** Drops every connection; what is under way fails. */
  close: () => Promise<void>;
}

const CONNECT_MS = 10_000;
/** The stream of events and a long poll hold one each; the others share the rest. */
const CONNECTIONS = 6;
/** A number for a visitor is to be fetched within 400 ms: over a connection that is open already. */
const KEEP_ALIVE_MS = 30_000;
/** The callers have shorter limits of their own; a long poll is silent for 25 s, a stream of events too. */
const HEADERS_MS = 65_000;
const BODY_MS = 120_000;
/** Before the next address of a name is tried. Node's 250 ms are too short for a satellite. */
const NEXT_ADDRESS_MS = 2_500;

/** Plain HTTP is allowed to this very machine only, which is how one tells that a host is this machine. */
const isLoopback = (host: string): boolean => isAllowedUrl(`http://${isIPv6(host) ? `[${host}]` : host}`);

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
const ignore = (): void => undefined;

/**
 * Waits until a socket or a request is so far; it is destroyed when that fails or the attempt is given up.
 * @param begin told how it ends
 */
const reached = <T>(
  of: { on: (event: 'error', listener: (error: Error) => void) => unknown; destroy: (error: Error) => unknown },
  signal: AbortSignal,
  begin: (done: (value: T) => void, fail: (why: Error) => void) => void,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => fail(asError(signal.reason));
    const fail = (why: Error): void => {
      signal.removeEventListener('abort', onAbort);
      reject(why);
      of.destroy(why);
    };
    // Stays for good: an error between two owners must not end the process.
    of.on('error', fail);
    signal.addEventListener('abort', onAbort);
    begin((value) => {
      signal.removeEventListener('abort', onAbort);
      resolve(value);
    }, fail);
    if (signal.aborted) onAbort();
  });

const connectTo = (host: string, port: number): Socket =>
  connectTcp({ host, port, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS });

const tcp = async (host: string, port: number, signal: AbortSignal): Promise<Socket> => {
  const socket = connectTo(host, port);
  return reached(socket, signal, (done) => socket.once('connect', () => done(socket)));
};

const refusedByProxy = (proxy: string, status: number, target: string): TransportError => {
  const why =
    status === 407
      ? 'wants a name and a password, or others: put them into centre.proxy'
      : status === 403
        ? `does not allow connections to ${target}: its administrator has to`
        : status === 502 || status === 503 || status === 504
          ? `does not get through to ${target}: check the address of the centre, and the proxy's own network`
          : `makes no connection to ${target}: is it a proxy that knows CONNECT?`;
  return new TransportError('proxy-refused', `the proxy ${proxy} ${why} (HTTP ${status})`);
};

/** A line to `target` through the proxy (RFC 9110, 9.3.6). */
const tunnel = async (proxy: Proxy, target: string, signal: AbortSignal): Promise<Socket> => {
  const asked = request({
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: target,
    createConnection: () => connectTo(proxy.host, proxy.port),
    headers: { host: target, connection: 'keep-alive', ...proxy.headers },
  });
  try {
    return await reached<Socket>(asked, signal, (done, fail) => {
      asked.once('connect', (answer, socket, head) => {
        socket.on('error', ignore);
        if (answer.statusCode === 200) {
          if (head.length > 0) socket.unshift(head);
          done(socket);
          return;
        }
        socket.destroy();
        fail(refusedByProxy(proxy.name, answer.statusCode ?? 0, target));
      });
      asked.end();
    });
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const why = `the proxy ${proxy.name} (centre.proxy): ${describeNetworkError(error)}`;
    throw new TransportError('proxy-unreachable', why, { cause: error });
  }
};

interface Proxy {
  /** As `host:port`, for people. */
  name: string;
  host: string;
  port: number;
  headers: Record<string, string>;
}

const readProxy = (text: string): Proxy => {
  const url = new URL(text);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    name: url.host,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 80 : Number(url.port),
    headers: login === ':' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` },
  };
};

/** TLS over a line; the certificate is the host's and trusted when it resolves. No session is resumed: each is checked. */
const secured = async (
  line: Socket,
  host: string,
  context: SecureContext,
  explain: Trust['explain'],
  signal: AbortSignal,
): Promise<TLSSocket> => {
  const socket = connectTls({
    socket: line,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
  });
  // Of a certificate that is refused nothing is left afterwards. For the words only: the library is who refuses.
  let peer: PeerCertificate | null = null;
  socket.prependListener('secure', () => {
    peer = socket.getPeerCertificate();
  });
  try {
    return await reached<TLSSocket>(socket, signal, (done) => socket.once('secureConnect', () => done(socket)));
  } catch (error) {
    throw explain(asError(error), host, peer);
  }
};

/**
 * HTTP to the centre. Nothing is read or connected before the first call.
 * @throws TypeError when the proxy is no URL
 */
export const createCentreFetch = (options: TransportOptions): CentreFetch => {
  const trust = createTrust(options, options.roots);
  const proxy = options.proxy === null ? null : readProxy(options.proxy);
  const limit = options.connectTimeoutMs ?? CONNECT_MS;
  const attempts = new Set<AbortController>();

  const dial = async (url: { protocol: string; host: string; port: number }, signal: AbortSignal): Promise<Socket> => {
    const { protocol, host, port } = url;
    // Said before a packet leaves.
    const context = protocol === 'https:' ? trust.context() : null;
    const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    const line = proxy && !isLoopback(host) ? await tunnel(proxy, target, signal) : await tcp(host, port, signal);
    line.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
    if (!context) return line;
    const socket = await secured(line, host, context, trust.explain, signal);
    const stranger = trust.pinned(socket, host);
    if (!stranger) return socket;
    socket.destroy();
    throw stranger;
  };

  const connect: buildConnector.connector = ({ hostname, protocol, port }, callback) => {
    const attempt = new AbortController();
    attempts.add(attempt);
    const number = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
    const seconds = limit / 1000;
    const timer = setTimeout(() => {
      const what = `no connection to ${hostname}:${number} within ${seconds} s: check the network, firewalls and the proxy`;
      attempt.abort(new TransportError('timeout', what));
    }, limit);
    const over = (): void => {
      clearTimeout(timer);
      attempts.delete(attempt);
    };
    dial({ protocol, host: hostname, port: number }, attempt.signal).then(
      (socket) => {
        over();
        // oxlint-disable-next-line promise/no-callback-in-promise -- the library's shape; it calls back into no promise of ours
        callback(null, socket);
      },
      (error: unknown) => {
        over();
        // oxlint-disable-next-line promise/no-callback-in-promise -- as above
        callback(asError(error), null);
      },
    );
  };

  const agent = new Agent({
    connect,
    connections: CONNECTIONS,
    allowH2: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    bodyTimeout: BODY_MS,
  });

  return {
    fetch: async (input, init) => {
      if (input instanceof Request) throw new TypeError('a Request is not supported here: hand in the URL');
      const url = new URL(input);
      if (!isAllowedUrl(url.href)) {
        throw new TransportError(
          'not-allowed',
          `${url.protocol}//${url.host} is not allowed: the centre's address must begin with https:// (http:// only on this machine)`,
        );
      }
      const sent = { ...init, redirect: 'error', dispatcher: agent } as Parameters<typeof undiciFetch>[1];
      // The library's Response is the platform's, only its types are of another package.
      const answer: unknown = await undiciFetch(url, sent);
      return answer as Response;
    },
    close: async () => {
      for (const attempt of attempts) attempt.abort(new TransportError('closed', 'the program is stopping'));
      await agent.destroy(new TransportError('closed', 'the program is stopping'));
    },
  };
};
