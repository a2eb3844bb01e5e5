import { randomUUID } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGunzip, createGzip, gzip } from 'node:zlib';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { API_PREFIX, MAX_OPS_BYTES, SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Detour, Gate } from './control.ts';
import { takeHealth } from './device-rows.ts';
import { createSignIn, enrol, type Device } from './devices.ts';
import { readChanges, waitForChanges } from './feed.ts';
import { hello } from './hello.ts';
import { publicKeys } from './keys.ts';
import { lease } from './leases.ts';
import { takeOps } from './ops.ts';
import { problemBody, ProblemError } from './problems.ts';
import { readSnapshot } from './snapshot.ts';
import { streamEvents, subscribeDevice } from './sse.ts';

/** The calls of RegSync/1, served as the table of the contract says: nothing of HTTP stands in the parts behind. */

/** What devices pull; of these the schema must be one that this centre still serves. */
const PULLS: ReadonlySet<Name> = new Set(['changes', 'snapshot', 'events']);
/** Shorter answers are not worth packing. */
const PACK_FROM_BYTES = 1024;
const packed = promisify(gzip);

type Name = keyof CentreApi;
/** The calls whose answer is one JSON document. */
type JsonName = Exclude<Name, 'snapshot' | 'events'>;
type In<N extends Name> = z.output<CentreApi[N]['input']>;
type Out<N extends Name> = z.input<CentreApi[N]['output']>;

interface Caller {
  source: string;
  /**
   * Who signed in; only calls that need a token may ask.
   * @throws ProblemError when the token is not good, or no longer
   */
  device: () => Device;
  /** Fires when the device hangs up. */
  gone: AbortSignal;
}
type Handlers = { [N in JsonName]: (input: In<N>, caller: Caller) => Out<N> | Promise<Out<N>> };

/** The headers of every answer of the protocol. */
const heads = (context: Context): Record<string, string> => ({
  'sync-schema': String(SCHEMA_VERSION),
  'sync-schema-min': String(context.minSchema),
  'sync-epoch': context.epoch,
  'server-time-ms': String(context.now()),
  // RFC 7694: bodies of requests may be packed.
  'accept-encoding': 'gzip',
  'cache-control': 'no-store',
});
export const stamp = (context: Context, reply: FastifyReply): FastifyReply => reply.headers(heads(context));

/** Answers a problem; everything that is not one of ours is an error of this program and is logged. */
export const sendProblem = (context: Context, reply: FastifyReply, error: unknown): FastifyReply => {
  const instance = `urn:uuid:${randomUUID()}`;
  let known: ProblemError;
  if (error instanceof ProblemError) known = error;
  else {
    const status =
      error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
    const message = error instanceof Error ? error.message : String(error);
    if (status === 413) known = new ProblemError('too-large', message);
    else if (status >= 400 && status < 500) known = new ProblemError('invalid-request', message);
    else {
      context.log(`${instance}: ${error instanceof Error ? (error.stack ?? message) : message}`);
      known = new ProblemError('internal');
    }
  }
  if (known.retryAfter !== undefined) void reply.header('retry-after', String(known.retryAfter));
  if (known.type === 'unauthorized') void reply.header('www-authenticate', 'Bearer');
  return reply
    .code(known.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(known, instance)));
};

const handlersFor = (context: Context, signIn: ReturnType<typeof createSignIn>, closing: AbortSignal): Handlers => ({
  enrol: async (input, { source }) => enrol(context, input, source),
  challenge: (input) => signIn.challenge(input),
  token: async (input) => signIn.token(input),
  time: () => ({ now: context.now() }),
  keys: () => publicKeys(context),
  changes: async ({ cursor, limit, wait, digests }, { device, gone }) => {
    const until = performance.now() + wait * 1000;
    for (;;) {
      // Each time: it may have been revoked while it waited.
      const reader = device();
      const page = readChanges(context, reader, cursor, limit, digests === 1);
      const left = until - performance.now();
      if (page.changes.length > 0 || left <= 0 || gone.aborted || closing.aborted) return page;
      await waitForChanges(context, reader, left, AbortSignal.any([gone, closing]));
    }
  },
  hello: (input, { device }) => hello(context, device(), input),
  ops: (input, { device }) => takeOps(context, device(), input),
  leases: (input, { device }) => lease(context, device(), input),
  health: (input, { device }) => {
    takeHealth(context, device().id, input);
    return {};
  },
});

/** Whether the one who asks can read gzip. */
const readsGzip = (request: FastifyRequest): boolean =>
  (request.headers['accept-encoding'] ?? '')
    .split(',')
    .some((one) => /^\s*(?:gzip|\*)\s*(?:;\s*q=(?:1|0\.\d*[1-9]\d*)[\d.]*\s*)?$/i.test(one));

/** Unpacks the body of a request. What is too large when it is unpacked is refused as one that was not packed. */
const unpack = (request: FastifyRequest, payload: Readable): Readable => {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity') return payload;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new ProblemError('unsupported-encoding', `the body is ${encoding.slice(0, 40)}; gzip is understood`);
  }
  let received = 0;
  payload.on('data', (part: Buffer) => {
    received += part.length;
  });
  const body = pipeline(payload, createGunzip(), () => undefined);
  // Fastify compares it to Content-Length.
  Object.defineProperty(body, 'receivedEncodedLength', { get: () => received });
  return body;
};

/** A stream of lines that breaks off after so many of them: the connection is cut. */
async function* cutAfter(parts: AsyncIterable<string>, lines: number): AsyncGenerator<string> {
  let left = lines;
  for await (const part of parts) {
    for (const line of part.split(/(?<=\n)/)) {
      if (left === 0) throw new Error('told to drop it');
      left -= 1;
      yield line;
    }
  }
}

/**
 * Adds the calls to a server.
 * @param audiences base URLs under which devices may address this centre
 * @param gate the knobs for tests, or null
 * @param closing fires when the server ends: those who wait are answered
 */
export const addApi = (
  app: FastifyInstance,
  context: Context,
  audiences: () => readonly string[],
  gate: Gate | null,
  closing: AbortSignal,
): void => {
  const signIn = createSignIn(context, audiences);
  const handlers = handlersFor(context, signIn, closing) as Record<
    JsonName,
    (input: unknown, caller: Caller) => unknown
  >;

  /** @throws ProblemError when the request is not to be served @returns what was asked, and by whom */
  const admit = (name: Name, request: FastifyRequest): { input: unknown; device: () => Device } => {
    const call = centreApi[name];
    const schema = request.headers['sync-schema'];
    if (PULLS.has(name) && schema !== undefined && !(Number(schema) >= context.minSchema)) {
      throw new ProblemError('schema-unsupported', `schemas ${context.minSchema} to ${SCHEMA_VERSION} may pull here`);
    }
    const device = (): Device => {
      if (!call.auth) throw new Error(`${name} asks for the device but needs no token`);
      return signIn.authenticate(request.headers.authorization);
    };
    // Before the body is looked at: who has no token learns nothing about what would be right.
    if (call.auth) device();
    const given: unknown = call.method === 'GET' ? request.query : request.body;
    const input = call.input.safeParse(given ?? {});
    if (!input.success) throw new ProblemError('invalid-request', z.prettifyError(input.error).slice(0, 1000));
    return { input: input.data, device };
  };

  const answer = async (name: JsonName, request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const { input, device } = admit(name, request);
    const gone = new AbortController();
    const hungUp = (): void => {
      if (!reply.raw.writableFinished) gone.abort();
    };
    reply.raw.on('close', hungUp);
    try {
      const given = await handlers[name](input, { source: request.ip, gone: gone.signal, device });
      // An answer that does not fit the contract is our mistake: the device must not have to find out.
      return centreApi[name].output.parse(given);
    } finally {
      reply.raw.off('close', hungUp);
    }
  };

  const drop = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    reply.hijack();
    request.raw.socket.destroy();
    return reply;
  };

  /** Sends what becomes of a call that is told to fail. */
  const sendFailure = (reply: FastifyReply, { status, problem, retryAfter }: Detour & { type: 'fail' }): void => {
    if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
    const body = problem
      ? problemBody(new ProblemError(problem, 'told to fail'), `urn:uuid:${randomUUID()}`)
      : { type: 'about:blank', title: 'Told to fail' };
    void stamp(context, reply)
      .code(status)
      .type('application/problem+json')
      .send(JSON.stringify({ ...body, status }));
  };

  const sendJson = async (request: FastifyRequest, reply: FastifyReply, code: number, body: unknown): Promise<void> => {
    const text = JSON.stringify(body);
    void reply.code(code).type('application/json; charset=utf-8').header('vary', 'accept-encoding');
    if (text.length < PACK_FROM_BYTES || !readsGzip(request)) void reply.send(text);
    else void reply.header('content-encoding', 'gzip').send(await packed(text));
  };

  const sendSnapshot = (request: FastifyRequest, reply: FastifyReply, lines: AsyncIterable<string>): void => {
    void reply.type('application/x-ndjson; charset=utf-8').header('vary', 'accept-encoding');
    const plain = Readable.from(lines, { objectMode: false });
    const broken = (error: NodeJS.ErrnoException | null): void => {
      if (error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && !closing.aborted)
        context.log(`a snapshot broke off: ${error.message}`);
    };
    if (readsGzip(request)) {
      void reply.header('content-encoding', 'gzip').send(pipeline(plain, createGzip({ level: 4 }), broken));
    } else void reply.send(plain);
  };

  /** @param cut lines until the connection is cut; null: it is not */
  const sendStream = (
    name: 'snapshot' | 'events',
    request: FastifyRequest,
    reply: FastifyReply,
    cut: number | null,
  ): void => {
    const { input, device } = admit(name, request);
    stamp(context, reply);
    if (name === 'snapshot') {
      const lines = readSnapshot(context, device, input as In<'snapshot'>);
      sendSnapshot(request, reply, cut === null ? lines : cutAfter(lines, cut));
      return;
    }
    let left = cut ?? Number.POSITIVE_INFINITY;
    const subscribe = subscribeDevice(context, device());
    streamEvents(
      request,
      reply,
      closing,
      (send, end) =>
        subscribe((event, data) => {
          left -= 1;
          if (left >= 0) send(event, data);
          else request.raw.socket.destroy();
        }, end),
      heads(context),
    );
    if (left <= 0) request.raw.socket.destroy();
  };

  for (const name of Object.keys(centreApi) as Name[]) {
    const { method, path } = centreApi[name];
    app.route({
      method,
      url: API_PREFIX + path,
      exposeHeadRoute: false,
      bodyLimit: MAX_OPS_BYTES,
      preParsing: async (request, _reply, payload) => unpack(request, payload as Readable),
      handler: async (request, reply) => {
        const n = gate?.arrive(method, path) ?? 0;
        reply.raw.once('finish', () => gate?.leave(n, method, path, reply.statusCode));
        const before = (await gate?.pass(n, method, path, 'before')) ?? null;
        if (before?.type === 'drop') return drop(request, reply);
        if (before) {
          sendFailure(reply, before);
          return reply;
        }
        try {
          if (name === 'snapshot' || name === 'events') {
            // Of a stream this is the point before its first line: who may not have it is told so anyway.
            admit(name, request);
            const after = (await gate?.pass(n, method, path, 'after')) ?? null;
            sendStream(name, request, reply, after?.type === 'drop' ? after.lines : null);
            return reply;
          }
          const body = await answer(name, request, reply);
          if ((await gate?.pass(n, method, path, 'after'))?.type === 'drop') return drop(request, reply);
          await sendJson(request, stamp(context, reply), name === 'enrol' ? 201 : 200, body);
        } catch (error) {
          const after = name === 'snapshot' || name === 'events' ? null : await gate?.pass(n, method, path, 'after');
          if (after?.type === 'drop') return drop(request, reply);
          sendProblem(context, stamp(context, reply), error);
        }
        return reply;
      },
    });
  }
};
