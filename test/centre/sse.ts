import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from './context.ts';
import type { Device } from './devices.ts';
import { concerns } from './feed.ts';

/** Often enough that proxies and laptops do not take the line for dead. */
const HEARTBEAT_MS = 25_000;
/** Commits come in dozens; one poke stands for all of this time. */
const POKE_MS = 100;

type Send = (event: string, data: unknown) => void;

/**
 * Answers with a stream of server-sent events until the reader leaves or the server ends.
 * @param subscribe gets the functions that send and that end the stream; returns the one that ends the subscription
 * @param headers of the answer, beside those of every stream
 */
export const streamEvents = (
  request: FastifyRequest,
  reply: FastifyReply,
  closing: AbortSignal,
  subscribe: (send: Send, end: () => void) => () => void,
  headers: Record<string, number | string | string[] | undefined> = {},
): FastifyReply => {
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, {
    ...headers,
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  out.write('retry: 1000\n\n');
  let over = false;
  let stop = (): void => undefined;
  const heartbeat = setInterval(() => out.write(': alive\n\n'), HEARTBEAT_MS);
  const end = (): void => {
    over = true;
    clearInterval(heartbeat);
    stop();
    closing.removeEventListener('abort', end);
    out.end();
  };
  stop = subscribe((event, data) => {
    if (!over) out.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }, end);
  closing.addEventListener('abort', end);
  request.raw.socket.once('close', end);
  if (closing.aborted) end();
  return reply;
};

/** Tells a device that there is something to ask for, or that its access has ended, which also ends what it listens to. */
export const subscribeDevice =
  (context: Context, device: Device) =>
  (send: Send, end: () => void): (() => void) => {
    let timer: NodeJS.Timeout | null = null;
    let missed = false;
    const poke = (): void => {
      if (timer) {
        missed = true;
        return;
      }
      send('poke', {});
      timer = setTimeout(() => {
        timer = null;
        const again = missed;
        missed = false;
        if (again) poke();
      }, POKE_MS);
    };
    const stop = context.listen((happening) => {
      if (happening.type === 'revoked' && happening.deviceId === device.id) {
        send('revoke', {});
        end();
      } else if (concerns(happening, device)) poke();
    });
    return () => {
      if (timer) clearTimeout(timer);
      stop();
    };
  };
