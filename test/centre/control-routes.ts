import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { controlSchema, type Control, type Gate } from './control.ts';
import type { ControlAnswer } from './knobs.ts';
import { ProblemError } from './problems.ts';
import { streamEvents } from './sse.ts';

/**
 * `GET /control` tells what is held and how often each path was asked and answered, `POST /control` turns the knobs,
 * `GET /control/events` tells of each request, each one that is held and each answer.
 */
export const addControlRoutes = (
  app: FastifyInstance,
  gate: Gate,
  turn: (change: Control) => Promise<ControlAnswer>,
  closing: AbortSignal,
): void => {
  app.get('/control', () => gate.state());
  const control = async (body: unknown) => {
    const change = controlSchema.safeParse(body);
    if (!change.success) throw new ProblemError('invalid-request', z.prettifyError(change.error).slice(0, 1000));
    const answer = await turn(change.data);
    return { ...gate.state(), ...answer };
  };
  // Fastify takes JSON only, which a page of another origin cannot send without asking first.
  app.post('/control', (request) => control(request.body));
  app.get('/control/events', (request, reply) =>
    streamEvents(request, reply, closing, (send) => gate.listen(({ type, ...data }) => send(type, data))),
  );
};
