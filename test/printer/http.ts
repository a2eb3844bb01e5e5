import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PrinterControl } from './control.ts';
import type { EventHub, PrinterEvent } from './events.ts';
import { PAGE } from './page.ts';
import type { TicketStore } from './tickets.ts';

const MAX_BODY = 65_536;
const CSP =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

/** What the page shows and turns. */
export interface PageSource {
  readonly events: EventHub;
  readonly tickets: TicketStore;
  state(): unknown;
  counts(): Promise<unknown>;
  control(change: PrinterControl): Promise<unknown>;
}

/** The printer's page and its controls over HTTP: `/`, `/state`, `/events`, `/tickets`, `/counts`, `/control`. */
export class PrinterPage {
  readonly #source: PageSource;
  readonly #streams = new Set<ServerResponse>();
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: message });
    });
  });
  readonly #unsubscribe: () => void;

  constructor(source: PageSource) {
    this.#source = source;
    this.#unsubscribe = source.events.subscribe((event) => {
      for (const stream of this.#streams) writeEvent(stream, event);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#unsubscribe();
    for (const stream of this.#streams) stream.end();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://printer').pathname;
    if (path === '/control') {
      if (request.method === 'POST') return this.#control(request, response);
      response.setHeader('allow', 'POST');
      return sendJson(response, 405, { error: 'use POST with a JSON body' });
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET');
      return sendJson(response, 405, { error: `${path} is only read: use GET` });
    }
    const picture = /^\/tickets\/(\d{1,9})\.png$/.exec(path);
    if (picture !== null) return this.#picture(Number(picture[1]), response);
    if (path === '/state') return sendJson(response, 200, this.#source.state());
    if (path === '/tickets') return sendJson(response, 200, this.#source.tickets.list);
    if (path === '/counts') return sendJson(response, 200, await this.#source.counts());
    if (path === '/events') return this.#stream(response);
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP });
      response.end(PAGE);
      return undefined;
    }
    return sendJson(response, 404, {
      error: `there is no ${path}; see /, /state, /events, /tickets, /counts, /control`,
    });
  }

  async #control(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A page of another origin cannot send this type without asking first, so it cannot turn the printer's knobs.
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return sendJson(response, 415, { error: 'send the control as application/json' });
    }
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY) return sendJson(response, 413, { error: `the body is over ${MAX_BODY} bytes` });
      chunks.push(chunk);
    }
    let change: unknown;
    try {
      change = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch {
      return sendJson(response, 400, { error: 'the body is not JSON' });
    }
    try {
      return sendJson(response, 200, await this.#source.control(change as PrinterControl));
    } catch (error) {
      if (error instanceof RangeError) return sendJson(response, 400, { error: error.message });
      throw error;
    }
  }

  async #picture(n: number, response: ServerResponse): Promise<void> {
    const png = await this.#source.tickets.png(n);
    if (png === undefined) return sendJson(response, 404, { error: `ticket ${n} was not printed or is not kept` });
    response.writeHead(200, { 'content-type': 'image/png', 'content-length': png.length });
    response.end(png);
    return undefined;
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }
}

function writeEvent(stream: ServerResponse, event: PrinterEvent): void {
  const { type, ...data } = event;
  stream.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(value));
}
