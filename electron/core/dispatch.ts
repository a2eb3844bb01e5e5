import { z } from 'zod';
import type { Contract, MethodName, Parsed, Role } from '../../shared/contracts/define.ts';
import { CallFailure, fail, ok, type Result } from '../../shared/contracts/result.ts';
import type { Log } from './ports.ts';

export type Handlers<C extends Contract> = {
  [M in MethodName<C>]: (params: Parsed<C, M>) => Returned<C, M> | Promise<Returned<C, M>>;
};
/** What a handler returns, before the output schema has looked at it. */
type Returned<C extends Contract, M extends MethodName<C>> = z.input<C['methods'][M]['output']>;

/**
 * The core's end of the contract: role, input schema, guard, handler, output schema; every failure becomes a `Result`.
 * @param guard throws a CallFailure when this role may not call the method now
 * Main has checked role and input before; the core does not rely on it, since the command line comes this way too.
 */
export const createDispatcher = <C extends Contract>(
  contract: C,
  handlers: Handlers<C>,
  log: Log,
  guard: (role: Role, method: string) => void = () => undefined,
) => {
  const table = new Map(Object.entries(handlers) as [string, (params: unknown) => unknown][]);
  return async (role: Role, method: string, params: unknown): Promise<Result<unknown>> => {
    const spec = Object.hasOwn(contract.methods, method) ? contract.methods[method] : undefined;
    const handler = table.get(method);
    if (!spec || !handler) return fail('unknown-method', `there is no method "${method.slice(0, 100)}"`);
    if (!spec.roles.includes(role)) return fail('forbidden', `${method} is not for the role ${role}`);
    const input = spec.input.safeParse(params ?? {});
    if (!input.success)
      return fail(
        'invalid-input',
        `${method}: ${z.prettifyError(input.error)}`,
        input.error.issues.map((i) => i.path),
      );
    try {
      guard(role, method);
      const output = spec.output.safeParse(await handler(input.data));
      if (output.success) return ok(output.data);
      log.error('core.invalid-output', { method, why: z.prettifyError(output.error) });
      return fail('invalid-output', `${method}: the answer did not fit its schema`);
    } catch (error) {
      if (error instanceof CallFailure) {
        log.warn('core.call-failed', { method, error: error.error });
        return { ok: false, error: error.error };
      }
      log.error('core.defect', {
        method,
        why: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      return fail('internal', `${method} failed; the log of the core tells why`);
    }
  };
};
