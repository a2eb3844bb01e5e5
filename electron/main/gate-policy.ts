import { eventsFor, methodsFor } from '../../shared/contracts/define.ts';
import type { Contract, Role } from '../../shared/contracts/define.ts';
import { fail, ok } from '../../shared/contracts/result.ts';
import type { Result } from '../../shared/contracts/result.ts';
import type { Log } from './log.ts';
import { APP_SCHEME, isAppUrl } from './origin.ts';
import type { WindowRole } from './origin.ts';

/** The gate between pages and core, as far as it needs no Electron: who may call what with which parameters. */

/** What is known of the frame that sent a message. */
export interface Sender {
  /** Id of the web contents, which main gave a role to when it made the window. */
  contents: number;
  /** Null when the frame is gone already. */
  frame: { url: string; origin: string; isMain: boolean } | null;
}

export interface GateOptions {
  contract: Contract;
  /** @returns the role of a window of ours; null for any other web contents */
  roleOf: (contents: number) => WindowRole | null;
  forward: (role: Role, method: string, params: unknown) => Promise<Result<unknown>>;
  log: Log;
}

export interface Route {
  channel: string;
  answer: (sender: Sender, params: unknown) => Promise<Result<unknown>>;
}

export const methodChannel = (role: WindowRole, method: string): string => `talon:${role}:${method}`;
export const eventChannel = (role: WindowRole, event: string): string => `talon:${role}:event:${event}`;

/** One route per method that the role has. There is no route that takes a method's name. */
export function routesFor(role: WindowRole, options: GateOptions): Route[] {
  const { contract, forward, log } = options;
  return methodsFor(contract, role).map((name) => {
    const spec = contract.methods[name];
    if (spec === undefined) throw new Error(`the contract lost its method ${name}`);
    return {
      channel: methodChannel(role, name),
      answer: async (sender, params) => {
        const refusal = refuse(sender, role, options.roleOf);
        if (refusal !== null) {
          log.warn('gate.refused', { method: name, reason: refusal });
          return fail('forbidden', `${name}: ${refusal}`);
        }
        const input = spec.input.safeParse(params);
        if (!input.success) {
          return fail('invalid-input', `${name}: the parameters do not fit`, input.error.issues.map(issue));
        }
        const result = await forward(role, name, input.data);
        if (!result.ok) return result;
        const output = spec.output.safeParse(result.value);
        if (output.success) return ok(output.data);
        const details = output.error.issues.map(issue);
        log.error('gate.invalid-output', { method: name, details });
        return fail('invalid-output', `${name}: the answer of the core does not fit its contract`, details);
      },
    };
  });
}

/** @returns why this sender may not call as `role`; null if it may */
export function refuse(sender: Sender, role: WindowRole, roleOf: GateOptions['roleOf']): string | null {
  const { frame } = sender;
  if (roleOf(sender.contents) !== role) return 'the window does not have this role';
  if (frame === null) return 'the frame is gone';
  if (!frame.isMain) return 'only the main frame may call';
  // The URL and the origin may differ (about:blank, sandboxed documents): both must be ours.
  if (!isAppUrl(frame.url, role) || frame.origin !== `${APP_SCHEME}://${role}`) return 'the page is not of the app';
  return null;
}

/**
 * @returns the payload to send to windows of `role`, null if they do not get this event or it does not fit
 */
export function eventFor(
  role: WindowRole,
  event: string,
  payload: unknown,
  { contract, log }: Pick<GateOptions, 'contract' | 'log'>,
): { channel: string; payload: unknown } | null {
  if (!eventsFor(contract, role).includes(event)) return null;
  const parsed = contract.events[event]?.payload.safeParse(payload);
  if (parsed?.success === true) return { channel: eventChannel(role, event), payload: parsed.data };
  log.error('gate.invalid-event', { event, details: parsed?.error.issues.map(issue) });
  return null;
}

/** Where and what was wrong, without the value: it may be a visitor's. */
const issue = (one: { path: PropertyKey[]; code?: string | undefined }): { path: string; code: string } => ({
  path: one.path.map(String).join('.'),
  code: one.code ?? 'custom',
});
