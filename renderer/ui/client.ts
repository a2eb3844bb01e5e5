import type { AppContract } from '../../shared/contracts/app.ts';
import type { EventName, Input, MethodName, Output, Payload } from '../../shared/contracts/define.ts';
import { fail, type Result } from '../../shared/contracts/result.ts';

/** What the preload puts into the page (`electron/preload`): a function for each method and event of the window's role. */
export interface Bridge {
  methods: Readonly<Record<string, (params: unknown) => Promise<unknown>>>;
  events: Readonly<Record<string, (listener: (payload: unknown) => void) => () => void>>;
}

/** The bridge with the types of the contract. What comes through it has passed main's schemas. */
export interface Client {
  call<M extends MethodName<AppContract>>(
    method: M,
    params: Input<AppContract, M>,
  ): Promise<Result<Output<AppContract, M>>>;
  /** @returns stops listening */
  on<E extends EventName<AppContract>>(event: E, listener: (payload: Payload<AppContract, E>) => void): () => void;
}

/** @throws Error when the window's role has no such method or event: a defect of the page */
export const createClient = (bridge: Bridge): Client => ({
  call: async (method, params) => {
    const run = bridge.methods[method];
    if (!run) throw new Error(`this window has no method ${method}`);
    try {
      return (await run(params)) as Awaited<ReturnType<Client['call']>> as never;
    } catch (error) {
      // Main went away under the call, or its gate fell: for whoever asked that is an answer like another.
      return fail('internal', `${method}: ${error instanceof Error ? error.message : String(error)}`);
    }
  },
  on: (event, listener) => {
    const subscribe = bridge.events[event];
    if (!subscribe) throw new Error(`this window has no event ${event}`);
    return subscribe((payload) => listener(payload as never));
  },
});
