import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { centreApi, type CentreApi } from '../../shared/contracts/centre/api.ts';
import { API_PREFIX, SCHEMA_VERSION } from '../../shared/contracts/centre/schemas.ts';
import type { Context } from './context.ts';
import type { Gate } from './control.ts';
import { createSignIn, enrol, type Device } from './devices.ts';
import { readChanges, waitForChanges } from './feed.ts';
import { publicKeys } from './keys.ts';
import { hello, lease } from './leases.ts';
import { phonesOf, takeOps } from './ops.ts';
import { problemBody, ProblemError } from './problems.ts';

/** The calls of RegSync/1, served as the table of the contract says: nothing of HTTP stands in the parts behind. */

/** Older devices than this are not served; what they have to unload is taken from all. */
const MIN_SCHEMA = 1;
/** The largest request. */
const BODY_LIMIT = 512 * 1024;

type Name = keyof CentreApi;
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
type Handlers = { [N in Name]: (input: In<N>, caller: Caller) => Out<N> | Promise<Out<N>> };

/** The headers of every answer of the protocol. */
export const stamp = (context: Context, reply: FastifyReply): FastifyReply =>
  reply.headers({
    'sync-schema': String(SCHEMA_VERSION),
    'sync-schema-min': String(MIN_SCHEMA),
    'sync-epoch': context.epoch,
    'server-time-ms': String(context.now()),
    'cache-control': 'no-store',
  });

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
  changes: async ({ cursor, limit, wait }, { device, gone }) => {
    const until = performance.now() + wait * 1000;
    for (;;) {
      // Each time: it may have been revoked while it waited.
      const { officeId } = device();
      const page = readChanges(context, officeId, cursor, limit);
      const left = until - performance.now();
      if (page.changes.length > 0 || left <= 0 || gone.aborted || closing.aborted) return page;
      // What was committed may be another office's: then it waits on.
      await waitForChanges(context, left, AbortSignal.any([gone, closing]));
    }
  },
  hello: (input, { device }) => hello(context, device(), input),
  ops: async ({ ops }, { device }) => {
    const phones = await phonesOf(context, ops);
    return takeOps(context, device(), ops, phones);
  },
  leases: (input, { device }) => lease(context, device(), input),
  health: (input, { device }) => {
    context.db
      .prepare(
        `INSERT INTO device_health VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET report = excluded.report, received_at = excluded.received_at`,
      )
      .run(device().id, JSON.stringify(input), context.now());
    return {};
  },
});

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
  const handlers = handlersFor(context, signIn, closing) as Record<Name, (input: unknown, caller: Caller) => unknown>;

  const run = async (name: Name, request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const call = centreApi[name];
    const schema = request.headers['sync-schema'];
    if (schema !== undefined && !(Number(schema) >= MIN_SCHEMA)) {
      throw new ProblemError('schema-unsupported', `this centre speaks schema ${MIN_SCHEMA} to ${SCHEMA_VERSION}`);
    }
    // Before the body is looked at: who has no token learns nothing about what would be right.
    if (call.auth) signIn.authenticate(request.headers.authorization);
    const given: unknown = call.method === 'GET' ? request.query : request.body;
    const input = call.input.safeParse(given ?? {});
    if (!input.success) throw new ProblemError('invalid-request', z.prettifyError(input.error).slice(0, 1000));

    const gone = new AbortController();
    const hungUp = (): void => {
      if (!reply.raw.writableFinished) gone.abort();
    };
    reply.raw.on('close', hungUp);
    try {
      const caller: Caller = {
        source: request.ip,
        gone: gone.signal,
        device: () => {
          if (!call.auth) throw new Error(`${name} asks for the device but needs no token`);
          return signIn.authenticate(request.headers.authorization);
        },
      };
      const answer = await handlers[name](input.data, caller);
      // An answer that does not fit the contract is our mistake: the device must not have to find out.
      return call.output.parse(answer);
    } finally {
      reply.raw.off('close', hungUp);
    }
  };

  for (const name of Object.keys(centreApi) as Name[]) {
    const { method, path } = centreApi[name];
    app.route({
      method,
      url: API_PREFIX + path,
      exposeHeadRoute: false,
      bodyLimit: BODY_LIMIT,
      handler: async (request, reply) => {
        const n = gate?.arrive(method, path) ?? 0;
        const drop = (): FastifyReply => {
          reply.hijack();
          request.raw.socket.destroy();
          return reply;
        };
        const stop = await gate?.pass(n, method, path, 'before');
        if (stop === 'drop') return drop();
        if (stop) {
          reply.raw.once('finish', () => gate?.leave(n, method, path, stop.status));
          return stamp(context, reply)
            .code(stop.status)
            .type('application/problem+json')
            .send(JSON.stringify({ type: 'about:blank', title: 'Told to fail', status: stop.status }));
        }
        let answer: unknown;
        let failure: unknown = null;
        try {
          answer = await run(name, request, reply);
        } catch (error) {
          failure = error;
        }
        if ((await gate?.pass(n, method, path, 'after')) === 'drop') return drop();
        stamp(context, reply);
        reply.raw.once('finish', () => gate?.leave(n, method, path, reply.statusCode));
        if (failure !== null) void sendProblem(context, reply, failure);
        else
          void reply
            .code(name === 'enrol' ? 201 : 200)
            .type('application/json; charset=utf-8')
            .send(JSON.stringify(answer));
        return reply;
      },
    });
  }
};
