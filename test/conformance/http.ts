import http from 'node:http';
import https from 'node:https';
import { gunzipSync } from 'node:zlib';

/** HTTP as it is on the wire: nothing is unpacked, followed or repeated behind the back of who asks. */

export interface Ask {
  method: 'GET' | 'POST';
  url: URL;
  headers?: Record<string, string>;
  body?: string | Buffer;
  timeoutMs?: number;
}

export interface Answer {
  method: string;
  path: string;
  status: number;
  headers: http.IncomingHttpHeaders;
  /** As it came. */
  raw: Buffer;
  /** Unpacked. */
  text: string;
  /** Undefined when it is no JSON. */
  json: unknown;
  /** From the request to the last byte. */
  tookMs: number;
}

/** An answer that goes on. */
export interface Stream {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Parts as they come; ends with the answer. */
  parts: AsyncIterable<Buffer>;
  close: () => void;
}

const TIMEOUT_MS = 40_000;

const agents = {
  'http:': new http.Agent({ keepAlive: true, maxSockets: 60 }),
  'https:': new https.Agent({ keepAlive: true, maxSockets: 60 }),
};

const begin = async ({ method, url, headers = {}, body, timeoutMs = TIMEOUT_MS }: Ask): Promise<http.IncomingMessage> =>
  new Promise((resolve, reject) => {
    const bytes = body === undefined ? null : Buffer.from(body);
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http).request(
      url,
      {
        method,
        agent: agents[secure ? 'https:' : 'http:'],
        headers: { ...headers, ...(bytes ? { 'content-length': String(bytes.length) } : {}) },
      },
      (response) => {
        clearTimeout(timer);
        resolve(response);
      },
    );
    const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`${method} ${url.pathname}: ${error.message || String(error)}`));
    });
    request.end(bytes ?? undefined);
  });

/** What a packed body says. @throws Error when it is not packed as it says */
export const unpacked = (raw: Buffer, encoding: string | undefined): string => {
  if (encoding === undefined || encoding === 'identity') return raw.toString('utf8');
  if (encoding === 'gzip') return gunzipSync(raw).toString('utf8');
  throw new Error(`a body packed with ${encoding}`);
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** @throws Error when there is no whole answer */
export const exchange = async (ask: Ask): Promise<Answer> => {
  const begun = performance.now();
  const response = await begin(ask);
  const { timeoutMs = TIMEOUT_MS } = ask;
  const timer = setTimeout(() => response.destroy(new Error(`no end within ${timeoutMs / 1000} s`)), timeoutMs);
  const parts: Buffer[] = [];
  try {
    for await (const part of response) parts.push(part as Buffer);
  } finally {
    clearTimeout(timer);
  }
  if (!response.complete) throw new Error(`${ask.method} ${ask.url.pathname}: the answer was cut off`);
  const raw = Buffer.concat(parts);
  const text = unpacked(raw, response.headers['content-encoding']);
  return {
    method: ask.method,
    path: ask.url.pathname,
    status: response.statusCode ?? 0,
    headers: response.headers,
    raw,
    text,
    json: parsed(text),
    tookMs: performance.now() - begun,
  };
};

/** Begins an answer that is read as it comes. @throws Error when it does not begin */
export const openStream = async (ask: Ask): Promise<Stream> => {
  const response = await begin(ask);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    parts: response as AsyncIterable<Buffer>,
    close: () => response.destroy(),
  };
};
