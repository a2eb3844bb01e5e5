import type { z } from 'zod';

/**
 * Who may call: the role of the window (given by main when it opens it, never claimed by the page), or `service`, the
 * command line of the core that support and integrators use on the machine itself.
 */
export const ROLES = ['kiosk', 'desk', 'service'] as const;
export type Role = (typeof ROLES)[number];

export interface Method<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  /** `read` changes nothing and may always be repeated. */
  access: 'read' | 'write';
  /**
   * A `write` that may be sent again after the core died: it carries an `attempt` id, and the core answers a repeated
   * attempt with what it answered the first time.
   */
  repeatable: boolean;
  roles: readonly Role[];
  input: I;
  output: O;
}

export interface EventSpec<P extends z.ZodType = z.ZodType> {
  roles: readonly Role[];
  payload: P;
}

export interface Contract {
  methods: Record<string, Method>;
  events: Record<string, EventSpec>;
}

export const read = <I extends z.ZodType, O extends z.ZodType>(
  roles: readonly Role[],
  input: I,
  output: O,
): Method<I, O> => ({ access: 'read', repeatable: true, roles, input, output });

export const write = <I extends z.ZodType, O extends z.ZodType>(
  roles: readonly Role[],
  input: I,
  output: O,
  options: { repeatable: boolean },
): Method<I, O> => ({ access: 'write', repeatable: options.repeatable, roles, input, output });

export const event = <P extends z.ZodType>(roles: readonly Role[], payload: P): EventSpec<P> => ({ roles, payload });

export type MethodName<C extends Contract> = keyof C['methods'] & string;
export type EventName<C extends Contract> = keyof C['events'] & string;
export type Input<C extends Contract, M extends MethodName<C>> = z.input<C['methods'][M]['input']>;
export type Parsed<C extends Contract, M extends MethodName<C>> = z.output<C['methods'][M]['input']>;
export type Output<C extends Contract, M extends MethodName<C>> = z.output<C['methods'][M]['output']>;
export type Payload<C extends Contract, E extends EventName<C>> = z.output<C['events'][E]['payload']>;

/** The names a role may use, in a stable order: the preload bridges and main's channels are made from these. */
export const methodsFor = <C extends Contract>(contract: C, role: Role): MethodName<C>[] =>
  Object.keys(contract.methods).filter((name) => contract.methods[name]?.roles.includes(role));

export const eventsFor = <C extends Contract>(contract: C, role: Role): EventName<C>[] =>
  Object.keys(contract.events).filter((name) => contract.events[name]?.roles.includes(role));
