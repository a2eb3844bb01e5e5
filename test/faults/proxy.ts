import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CALM, decideFault, type Decision, type Fault, type FaultRates } from './plan.ts';

/**
 * A proxy before the centre that does what networks do: see plan.ts. What it does is decided by chance from a seed, or
 * said for the next requests. Streams pass through as they come.
 */

export interface FaultProxyOptions {
  /** The centre. */
  target: string;
  port?: number;
  seed?: number;
}

export interface FaultProxy {
  url: string;
  port: number;
  /** From now on. */
  set(rates: FaultRates): void;
  /** What happens to the next requests whose path ends so, one after the other, before chance has a word. */
  next(path: string, ...faults: Fault[]): void;
  /** The line is cut: nothing is accepted, what is under way is broken off. */
  cut(down: boolean): void;
  /** How often each kind happened, and how many requests there were in all. */
  counts(): Partial<Record<Fault, number>>;
  close(): Promise<void>;
}

const chanceOf = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

const SLOW_PIECE = 512;
const DELAY: FaultRates = { ...CALM, delayMs: 1_500 };

const read = async (message: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

export const startFaultProxy = async (options: FaultProxyOptions): Promise<FaultProxy> => {
  const target = new URL(options.target);
  const random = chanceOf(options.seed ?? 1);
  const planned: { path: string; fault: Fault }[] = [];
  const counts: Partial<Record<Fault, number>> = {};
  const timers = new Set<NodeJS.Timeout>();
  let rates: FaultRates = CALM;
  let down = false;

  const later = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };
  const decide = (path: string): Decision => {
    const decision = decideFault(rates, random);
    const at = planned.findIndex((one) => path.endsWith(one.path));
    if (at < 0) return decision;
    const [{ fault } = { fault: decision.fault }] = planned.splice(at, 1);
    const slow = fault === 'delayed' || fault === 'slow';
    return { ...decision, fault, delayMs: slow ? DELAY.delayMs : 0 };
  };

  const page = (
    reply: ServerResponse,
    status: number,
    type: string,
    body: string,
    more: Record<string, string> = {},
  ): void => {
    reply.writeHead(status, { 'content-type': type, ...more });
    reply.end(body);
  };
  const problem = (reply: ServerResponse, status: number, type: string, more: Record<string, string> = {}): void =>
    page(
      reply,
      status,
      'application/problem+json',
      JSON.stringify({ type: `/problems/${type}`, title: type, status }),
      more,
    );

  /** Sends the request on. @returns the centre's answer, its body not read yet */
  const forward = async (from: IncomingMessage, body: Buffer): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const out = ask(
        {
          host: target.hostname,
          port: target.port,
          method: from.method ?? 'GET',
          path: from.url ?? '/',
          headers: { ...from.headers, host: target.host, 'content-length': body.length, connection: 'close' },
        },
        resolve,
      );
      out.on('error', reject);
      from.on('close', () => {
        if (!from.complete || from.destroyed) out.destroy();
      });
      out.end(body);
    });

  const pass = async (from: IncomingMessage, reply: ServerResponse, body: Buffer, d: Decision): Promise<void> => {
    const answer = await forward(from, body);
    reply.on('close', () => answer.destroy());
    const headers = { ...answer.headers };
    delete headers['connection'];
    if (d.fault === 'lost-answer') {
      await read(answer);
      // Whoever waits for it waits for nothing.
      return;
    }
    if (d.fault === 'wrong-type') headers['content-type'] = 'text/html';
    if (d.fault === 'truncated') {
      const whole = await read(answer);
      delete headers['transfer-encoding'];
      reply.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': whole.length });
      reply.write(whole.subarray(0, Math.floor(whole.length * d.share)), () => reply.destroy());
      return;
    }
    reply.writeHead(answer.statusCode ?? 502, headers);
    reply.flushHeaders();
    if (d.fault !== 'slow') {
      answer.pipe(reply);
      return;
    }
    const whole = await read(answer);
    const step = d.delayMs / Math.max(1, Math.ceil(whole.length / SLOW_PIECE));
    const dribble = (at: number): void => {
      if (at >= whole.length) return void reply.end();
      reply.write(whole.subarray(at, at + SLOW_PIECE));
      later(Math.min(step, 100), () => dribble(at + SLOW_PIECE));
    };
    dribble(0);
  };

  const handle = async (from: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const path = new URL(from.url ?? '/', options.target).pathname;
    const d = decide(path);
    counts[d.fault] = (counts[d.fault] ?? 0) + 1;
    const body = await read(from);
    const retry = { 'retry-after': String(Math.min(2, d.retryAfterS)) };
    switch (d.fault) {
      case 'lost-request':
        return;
      case 'reset':
        from.socket.destroy();
        return;
      case 'error':
        return problem(reply, 500, 'internal');
      case 'unavailable':
        return problem(reply, 503, 'maintenance', retry);
      case 'too-many':
        return problem(reply, 429, 'rate-limited', retry);
      case 'gateway':
        return page(reply, 502, 'text/html', '<h1>502 Bad Gateway</h1>');
      case 'portal':
        return page(reply, 200, 'text/html; charset=utf-8', '<html><title>Wi-Fi</title>Sign in to the network</html>');
      case 'redirect':
        return page(reply, 302, 'text/html', '', { location: 'http://login.invalid/' });
      case 'duplicated':
        await read(await forward(from, body));
        break;
      case 'delayed':
        await new Promise<void>((resolve) => later(d.delayMs, resolve));
        break;
      default:
        break;
    }
    if (!reply.destroyed) await pass(from, reply, body, d);
  };

  const server: Server = createServer((from, reply) => {
    if (down) {
      from.socket.destroy();
      return;
    }
    handle(from, reply).catch(() => reply.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    set: (next) => {
      rates = next;
    },
    next: (path, ...faults) => {
      for (const fault of faults) planned.push({ path, fault });
    },
    cut: (value) => {
      down = value;
      if (down) server.closeAllConnections();
    },
    counts: () => ({ ...counts }),
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
};
