import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { API_PREFIX } from '../../shared/contracts/centre/schemas.ts';

/** A proxy in front of a centre that can be told to spoil what goes through: a centre that is broken in one place. */

export interface Asked {
  method: string;
  /** Under API_PREFIX. */
  path: string;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
  /** Undefined when it is no JSON. */
  body: unknown;
}

export interface Replied {
  status: number;
  headers: http.OutgoingHttpHeaders;
  /** Of an answer in JSON. */
  body: unknown;
  /** Of any other. */
  text: string;
}

/** What is done to the calls of one run. */
export interface Mutation {
  /** Changes a request, or answers it in the place of the centre. */
  ask?: (asked: Asked) => Partial<Replied> | undefined;
  /** Changes an answer. */
  answer?: (replied: Replied, asked: Asked) => void | Promise<void>;
  /** Changes the head of an event stream. */
  head?: (headers: http.OutgoingHttpHeaders) => void;
  /** Changes a block of an event stream; null: it is left out. */
  event?: (block: string) => string | null;
}

export interface Proxy {
  url: string;
  /** Where it leads to. */
  to: (url: string) => void;
  /** From now on; null: nothing is spoilt. */
  mutate: (mutation: Mutation | null) => void;
  close: () => Promise<void>;
}

const bodyOf = async (stream: AsyncIterable<unknown>): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const textOf = (raw: Buffer, encoding: string | string[] | undefined): string => {
  try {
    return (encoding === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
  } catch {
    return '';
  }
};

/** What belongs to one connection, or is counted anew. */
const HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];
const carried = (headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.includes(name)));

export const startProxy = async (): Promise<Proxy> => {
  let target: URL | null = null;
  let mutation: Mutation | null = null;
  const agent = new http.Agent({ keepAlive: true });

  const send = (response: http.ServerResponse, { status, headers, body, text }: Replied): void => {
    const plain = Buffer.from(body === undefined ? text : JSON.stringify(body));
    const bytes = headers['content-encoding'] === 'gzip' ? gzipSync(plain) : plain;
    response.writeHead(status, { ...headers, 'content-length': bytes.length }).end(bytes);
  };

  const follow = (
    asked: Asked,
    body: Buffer | string,
    upstream: (response: http.IncomingMessage) => void,
    failed: (error: Error) => void,
  ): http.ClientRequest => {
    const url = new URL(API_PREFIX + asked.path, target ?? undefined);
    url.search = asked.query.toString();
    const headers = { ...carried(asked.headers), 'content-length': Buffer.byteLength(body) };
    const request = http.request(url, { method: asked.method, headers, agent }, upstream);
    request.on('error', failed);
    request.end(body);
    return request;
  };

  const streamed = (reply: http.IncomingMessage, response: http.ServerResponse): void => {
    const headers = carried(reply.headers);
    mutation?.head?.(headers);
    const change = mutation?.event;
    response.writeHead(reply.statusCode ?? 502, headers);
    response.flushHeaders();
    let rest = '';
    reply.setEncoding('utf8');
    reply.on('data', (part: string) => {
      const blocks = (rest + part).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const changed = change ? change(block) : block;
        if (changed !== null) response.write(`${changed}\n\n`);
      }
    });
    reply.on('end', () => response.end());
    reply.on('error', () => response.destroy());
    response.on('close', () => reply.destroy());
  };

  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const raw = await bodyOf(request);
    const url = new URL(request.url ?? '/', 'http://proxy');
    const asked: Asked = {
      method: request.method ?? 'GET',
      path: url.pathname.slice(API_PREFIX.length),
      query: url.searchParams,
      headers: request.headers,
      body: jsonOf(textOf(raw, request.headers['content-encoding'])),
    };
    const before = JSON.stringify(asked.body);
    const own = mutation?.ask?.(asked);
    if (own) {
      const headers = { 'content-type': 'application/json', 'server-time-ms': String(Date.now()), ...own.headers };
      send(response, { status: 200, body: undefined, text: '', ...own, headers });
      return;
    }
    const changed = JSON.stringify(asked.body) !== before;
    if (changed) delete asked.headers['content-encoding'];
    const body = changed ? JSON.stringify(asked.body) : raw;
    await new Promise<void>((resolve) => {
      const gone = (): void => {
        response.destroy();
        resolve();
      };
      const upstream = follow(
        asked,
        body,
        (reply) => {
          if (reply.headers['content-type']?.startsWith('text/event-stream')) {
            streamed(reply, response);
            resolve();
            return;
          }
          void bodyOf(reply)
            .then(async (bytes) => {
              const text = textOf(bytes, reply.headers['content-encoding']);
              const json =
                reply.headers['content-type']?.includes('json') && !reply.headers['content-type'].includes('ndjson');
              const replied: Replied = {
                status: reply.statusCode ?? 502,
                headers: carried(reply.headers),
                body: json ? jsonOf(text) : undefined,
                text,
              };
              await mutation?.answer?.(replied, asked);
              send(response, replied);
              resolve();
            })
            .catch(gone);
        },
        gone,
      );
      response.on('close', () => {
        if (!response.writableFinished) upstream.destroy();
      });
    });
  };

  const server = http.createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    to: (url) => {
      target = new URL(url);
    },
    mutate: (next) => {
      mutation = next;
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
};
