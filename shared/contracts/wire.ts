import { z } from 'zod';
import { ROLES } from './define.ts';
import type { CallError } from './result.ts';

/**
 * The messages between the core and whoever holds its other end: main over a process port, or a program over
 * stdin/stdout as one JSON object a line. The command line leaves `role` out and is `service`.
 */
export const request = z.strictObject({
  id: z.union([z.string().max(100), z.int()]),
  method: z.string().max(100),
  params: z.unknown().optional(),
  role: z.enum(ROLES).optional(),
});
export type Request = z.output<typeof request>;

export type Response = { id: string | number } & ({ ok: true; value: unknown } | { ok: false; error: CallError });
export interface EventMessage {
  event: string;
  payload: unknown;
}
export type FromCore = Response | EventMessage;

/** What main hands to the core as its first message: everything that differs from machine to machine. */
export const startMessage = z.strictObject({
  start: z.strictObject({
    dataDir: z.string().min(1),
    configFile: z.string().nullable(),
    resourcesDir: z.string().min(1),
  }),
});
export type StartMessage = z.output<typeof startMessage>;

export const response = z.union([
  z.object({ id: z.union([z.string(), z.int()]), ok: z.literal(true), value: z.unknown() }),
  z.object({
    id: z.union([z.string(), z.int()]),
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }),
  }),
]);
export const eventMessage = z.object({ event: z.string(), payload: z.unknown() });
