import type { Role } from '../../shared/contracts/define.ts';
import { ERROR_CODES, fail } from '../../shared/contracts/result.ts';
import type { CallError, ErrorCode, Result } from '../../shared/contracts/result.ts';
import { request, startMessage } from '../../shared/contracts/wire.ts';
import type { FromCore, Request, StartMessage } from '../../shared/contracts/wire.ts';

/** The end of a message channel: a process port, or anything that carries structured messages in order. */
export interface CoreEndpoint {
  post(message: FromCore): void;
  onMessage(listener: (raw: unknown) => void): void;
  /** Called once when nobody holds the other end any more. */
  onClosed(listener: () => void): void;
  /** Resolves when what was posted has left this process, as far as that can be known. */
  flush?(): Promise<void>;
}

/** What of the core the channel needs. */
export interface ServedCore {
  call(role: Role, method: string, params: unknown): Promise<Result<unknown>>;
  onEvent(listener: (event: string, payload: unknown) => void): () => void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Exit codes of the core process: 0 asked to stop, 1 could not start, 70 (EX_SOFTWARE) an error nobody caught. */
export const EXIT = { stopped: 0, startFailed: 1, defect: 70 } as const;

/** Longest that an orderly stop may take before the process ends anyway, in milliseconds. */
const STOP_LIMIT_MS = 2500;
/** Requests that arrive while the core is being made wait; more than this many is a defect of the other side. */
const MAX_WAITING = 1000;

export interface Serving {
  /** Stops the core in order, then exits with 0. Can be called again. */
  stop(): Promise<void>;
}

/**
 * Serves a core over a channel. The first message must be the start message; requests are answered in the order in
 * which they are done, each exactly once; events go out as they happen. When the core cannot be made, the event
 * `core.start-failed` `{ code, message }` goes out and the process exits with 1.
 *
 * @param exit ends the process; called once
 */
export function serveCore(
  endpoint: CoreEndpoint,
  create: (start: StartMessage['start']) => Promise<ServedCore>,
  exit: (code: number) => void,
): Serving {
  let state: 'new' | 'starting' | 'serving' | 'stopping' = 'new';
  let core: ServedCore | null = null;
  let stopping: Promise<void> | null = null;
  let waiting: Request[] = [];

  const answer = (id: string | number, result: Result<unknown>): void => {
    endpoint.post(result.ok ? { id, ok: true, value: result.value } : { id, ok: false, error: result.error });
  };

  const run = async (served: ServedCore, { id, method, params, role }: Request): Promise<void> => {
    let result: Result<unknown>;
    try {
      result = await served.call(role ?? 'service', method, params ?? {});
    } catch (error) {
      logLine('error', 'core.call-threw', { method, error: describeError(error) });
      result = fail('internal', `${method} failed inside the core; its log names the reason`);
    }
    answer(id, result);
  };

  const begin = async (raw: unknown): Promise<void> => {
    state = 'starting';
    const parsed = startMessage.safeParse(raw);
    if (!parsed.success) {
      return startFailed({ code: 'invalid-input', message: 'the first message to the core must be its start message' });
    }
    try {
      const made = await create(parsed.data.start);
      made.onEvent((event, payload) => endpoint.post({ event, payload }));
      core = made;
      await made.start();
    } catch (error) {
      return startFailed(asCallError(error));
    }
    // It may have been told to stop meanwhile.
    if (stopping !== null) return;
    state = 'serving';
    const held = waiting;
    waiting = [];
    for (const one of held) void run(core, one);
  };

  const startFailed = async (error: CallError): Promise<void> => {
    if (stopping !== null) return;
    state = 'stopping';
    logLine('error', 'core.start-failed', { code: error.code, message: error.message });
    endpoint.post({ event: 'core.start-failed', payload: { code: error.code, message: error.message } });
    await withLimit(endpoint.flush?.() ?? Promise.resolve(), 1000);
    exit(EXIT.startFailed);
  };

  const take = (raw: unknown): void => {
    const parsed = request.safeParse(raw);
    if (!parsed.success) {
      const id = idOf(raw);
      if (id === null) logLine('warn', 'core.message-dropped', { reason: 'neither a request nor an id to answer to' });
      else answer(id, fail('invalid-input', 'the request is not { id, method, params?, role? }'));
      return;
    }
    if (state === 'stopping') return answer(parsed.data.id, fail('core-restarting', 'the core is stopping'));
    if (core !== null && state === 'serving') return void run(core, parsed.data);
    if (waiting.length >= MAX_WAITING) {
      return answer(parsed.data.id, fail('core-restarting', 'the core is still starting and too many requests wait'));
    }
    waiting.push(parsed.data);
  };

  const stop = async (): Promise<void> => {
    stopping ??= (async () => {
      state = 'stopping';
      for (const { id } of waiting) answer(id, fail('core-restarting', 'the core is stopping'));
      waiting = [];
      try {
        await withLimit(core?.stop() ?? Promise.resolve(), STOP_LIMIT_MS);
      } catch (error) {
        logLine('error', 'core.stop-failed', { error: describeError(error) });
      }
      exit(EXIT.stopped);
    })();
    return stopping;
  };

  endpoint.onMessage((raw) => {
    if (state === 'new') void begin(raw);
    else take(raw);
  });
  endpoint.onClosed(() => void stop());
  return { stop };
}

/** The id of something that is not a valid request, if it has one of the right kind: its sender may be waiting. */
function idOf(raw: unknown): string | number | null {
  if (typeof raw !== 'object' || raw === null || !('id' in raw)) return null;
  const { id } = raw;
  if (typeof id === 'string') return id.length <= 100 ? id : null;
  return Number.isSafeInteger(id) ? (id as number) : null;
}

/** What made the start fail, with its code if it carries one of ours (`{ error: { code } }` or `{ code }`). */
function asCallError(error: unknown): CallError {
  const message = error instanceof Error ? error.message : String(error);
  if (typeof error === 'object' && error !== null) {
    const inner = 'error' in error ? (error.error as { code?: unknown } | null)?.code : undefined;
    const own = 'code' in error ? error.code : undefined;
    const code = ERROR_CODES.find((one) => one === inner || one === own);
    if (code !== undefined) return { code, message };
  }
  return { code: 'internal' satisfies ErrorCode, message };
}

async function withLimit(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** One JSON line on standard error: this runs before the core's own log exists and after it is gone. */
export function logLine(level: 'warn' | 'error', event: string, fields: Record<string, unknown>): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields })}\n`);
}
