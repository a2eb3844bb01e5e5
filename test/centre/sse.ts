import type { FastifyReply, FastifyRequest } from 'fastify';

/** Often enough that proxies and laptops do not take the line for dead. */
const HEARTBEAT_MS = 25_000;

/**
 * Answers with a stream of server-sent events until the reader leaves or the server ends.
 * @param subscribe gets the function that sends; returns the one that ends the subscription
 */
export const streamEvents = (
  request: FastifyRequest,
  reply: FastifyReply,
  closing: AbortSignal,
  subscribe: (send: (event: string, data: unknown) => void) => () => void,
): FastifyReply => {
  reply.hijack();
  const out = reply.raw;
  out.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  out.write('retry: 1000\n\n');
  const stop = subscribe((event, data) => out.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  const heartbeat = setInterval(() => out.write(': alive\n\n'), HEARTBEAT_MS);
  const end = (): void => {
    clearInterval(heartbeat);
    stop();
    closing.removeEventListener('abort', end);
    out.end();
  };
  closing.addEventListener('abort', end);
  request.raw.socket.once('close', end);
  if (closing.aborted) end();
  return reply;
};
