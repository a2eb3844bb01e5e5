import { appContract } from '../../shared/contracts/app.ts';
import type { Method, Role } from '../../shared/contracts/define.ts';
import { ERROR_CODES, fail } from '../../shared/contracts/result.ts';
import type { CallError, ErrorCode, Result } from '../../shared/contracts/result.ts';
import { eventMessage, response } from '../../shared/contracts/wire.ts';
import type { StartMessage } from '../../shared/contracts/wire.ts';
import type { Log } from './log.ts';

/**
 * Keeps one core process alive and carries calls to it. Knows no Electron and no real clock. Its promises:
 * every call settles; a call that may be repeated survives the death of the core; two cores never run at once.
 */

/** A started core process, whichever way it was started. */
export interface CoreProcess {
  /** Undefined until the system has given it one. */
  readonly pid: number | undefined;
  post(message: unknown): void;
  onMessage(listener: (raw: unknown) => void): void;
  /** Called once, also when the process could not be started at all (code null then). */
  onExit(listener: (code: number | null) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface SupervisorClock {
  /** Milliseconds that only ever grow. */
  now(): number;
  /** Calls once after `ms`; the returned function cancels. */
  after(ms: number, run: () => void): () => void;
}

/** All in milliseconds, except the counts. */
export interface SupervisorPolicy {
  /** Longest that a call may take, restarts included. */
  callLimit: number;
  /** At this many deaths under one call it is given up: it may be what kills the core. */
  deathsPerCall: number;
  pingEvery: number;
  /** Pings in a row without an answer until the core counts as hung. Counted, not timed: a sleep of the machine is none. */
  pingsMissed: number;
  /** Longest from spawn to the first answer: opening and migrating the database may take its time. */
  startLimit: number;
  backoffFirst: number;
  backoffMost: number;
  /** A core that lived this long starts the backoff anew. */
  stableAfter: number;
  /** More restarts than this within `restartWindow` mean `failed`. */
  restarts: number;
  restartWindow: number;
  /** This many starts refused by the core itself, one after another, mean `failed`. */
  startFailures: number;
  /** In `failed`, try again this often: a disk may have been freed, a file put back. */
  retryEvery: number;
  /** After being asked to stop, until it is killed. */
  stopLimit: number;
}

export const SUPERVISOR_POLICY: SupervisorPolicy = {
  callLimit: 30_000,
  deathsPerCall: 3,
  pingEvery: 2000,
  pingsMissed: 4,
  startLimit: 60_000,
  backoffFirst: 100,
  backoffMost: 5000,
  stableAfter: 30_000,
  restarts: 8,
  restartWindow: 60_000,
  startFailures: 3,
  retryEvery: 60_000,
  stopLimit: 3000,
};

/** `up` answers; `restarting` is not (yet) answering; `failed` could not be brought back and is retried rarely. */
export type LinkState = 'up' | 'restarting' | 'failed';

export interface SupervisorOptions {
  /** Starts a core process. May throw. */
  spawn: () => CoreProcess;
  start: StartMessage['start'];
  clock: SupervisorClock;
  log: Log;
  policy?: SupervisorPolicy;
}

export interface Supervisor {
  start: () => void;
  /** Never rejects; settles within `policy.callLimit`. */
  call: (role: Role, method: string, params: unknown) => Promise<Result<unknown>>;
  readonly state: LinkState;
  /** Why the core could not start, with the code for staff; null while there is nothing to say. */
  readonly failure: CallError | null;
  readonly pid: number | undefined;
  onState(listener: (state: LinkState) => void): () => void;
  onEvent(listener: (event: string, payload: unknown) => void): () => void;
  /** Ends the core and waits for its end; settles all calls. Can be called again. */
  stop: () => Promise<void>;
}

/** The id of all pings; those of calls are numbers. An answer to any of them says that the core lives. */
const PING = 'ping';

interface Pending {
  id: number;
  role: Role;
  method: string;
  params: unknown;
  repeatable: boolean;
  deaths: number;
  /** Whether the core that runs now has it. */
  sent: boolean;
  settle: (result: Result<unknown>) => void;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock, log, policy = SUPERVISOR_POLICY } = options;
  const pending = new Map<number, Pending>();
  const stateListeners = new Set<(state: LinkState) => void>();
  const eventListeners = new Set<(event: string, payload: unknown) => void>();

  let nextId = 1;
  let state: LinkState = 'restarting';
  let failure: CallError | null = null;
  let core: CoreProcess | null = null;
  let begun = false;
  let ending = false;
  let stopping: Promise<void> | null = null;
  /** Called at the end of the process while it is being stopped. */
  let stopped: (() => void) | null = null;
  /** Cancel functions of the timers of the running process, and of the one that waits to start the next. */
  let cancelHeartbeat = (): void => {};
  let cancelRestart = (): void => {};
  let spawnedAt = 0;
  let answered = false;
  let pingsOut = 0;
  let deathTimes: number[] = [];
  let backoff = policy.backoffFirst;
  let startFailures = 0;

  const setState = (next: LinkState): void => {
    if (state === next) return;
    state = next;
    log.info('core.link', { state });
    for (const listener of stateListeners) listener(state);
  };

  const send = (call: Pending): void => {
    if (core === null) return;
    call.sent = true;
    post({ id: call.id, method: call.method, params: call.params, role: call.role });
  };

  /** A channel that is already closed throws; the end of the process, which follows, is what counts. */
  const post = (message: unknown): void => {
    try {
      core?.post(message);
    } catch (error) {
      log.warn('core.post-failed', { error: String(error) });
    }
  };

  const giveUp = (): Result<unknown> =>
    failure === null
      ? fail('core-failed', 'the core could not be brought back; the log says why')
      : { ok: false, error: failure };

  const spawn = (): void => {
    spawnedAt = clock.now();
    answered = false;
    pingsOut = 0;
    let started: CoreProcess;
    try {
      started = options.spawn();
    } catch (error) {
      log.error('core.spawn-failed', { error: String(error) });
      failure = { code: 'core-failed', message: `the core process could not be started: ${String(error)}` };
      died(null);
      return;
    }
    core = started;
    started.onMessage((raw) => {
      if (core === started) receive(raw);
    });
    started.onExit((code) => {
      if (core === started) died(code);
    });
    post({ start: options.start });
    for (const call of pending.values()) send(call);
    beat(started);
  };

  const beat = (process: CoreProcess): void => {
    // The first ping goes out at once: its answer is what makes the link `up`. Later ones only ask whether it still is.
    if (pingsOut >= (answered ? policy.pingsMissed : policy.startLimit / policy.pingEvery)) {
      log.error('core.hung', { pid: process.pid, unanswered: pingsOut, started: answered });
      process.kill('SIGKILL');
      return;
    }
    pingsOut += 1;
    post({ id: PING, method: 'core.ping', params: {}, role: 'service' });
    cancelHeartbeat = clock.after(policy.pingEvery, () => beat(process));
  };

  const receive = (raw: unknown): void => {
    const answer = response.safeParse(raw);
    if (answer.success) {
      const { id } = answer.data;
      if (typeof id === 'string') {
        if (id === PING) alive();
        return;
      }
      // The first answer of any kind says that it serves.
      if (!answered) alive();
      // One that comes after its call's time limit has nobody waiting.
      const call = pending.get(id);
      if (call === undefined) return;
      call.settle(
        answer.data.ok ? { ok: true, value: answer.data.value } : { ok: false, error: knownError(answer.data.error) },
      );
      return;
    }
    const message = eventMessage.safeParse(raw);
    if (!message.success) {
      log.warn('core.message-dropped', {});
      return;
    }
    if (message.data.event === 'core.start-failed') {
      const { code, message: text } = (message.data.payload ?? {}) as { code?: unknown; message?: unknown };
      failure = knownError({ code: String(code), message: String(text) });
      log.error('core.start-failed', { code: failure.code, message: failure.message });
      startFailures += 1;
      return;
    }
    for (const listener of eventListeners) listener(message.data.event, message.data.payload);
  };

  const alive = (): void => {
    pingsOut = 0;
    answered = true;
    startFailures = 0;
    failure = null;
    if (!ending) setState('up');
  };

  const died = (code: number | null): void => {
    const now = clock.now();
    cancelHeartbeat();
    core = null;
    if (ending) {
      stopped?.();
      return;
    }
    log.warn('core.died', { code, livedMs: Math.round(now - spawnedAt) });
    if (answered && now - spawnedAt >= policy.stableAfter) backoff = policy.backoffFirst;
    deathTimes = [...deathTimes.filter((at) => now - at < policy.restartWindow), now];

    // A state of `failed` is left only by an answer: a retry that dies must not look like hope.
    const failed = state === 'failed' || deathTimes.length > policy.restarts || startFailures >= policy.startFailures;
    for (const call of pending.values()) {
      if (failed) {
        call.settle(giveUp());
        continue;
      }
      if (call.sent) call.deaths += 1;
      call.sent = false;
      if (!call.repeatable)
        call.settle(fail('core-restarting', `the core died under ${call.method}; it may have been done`));
      else if (call.deaths >= policy.deathsPerCall) {
        call.settle(fail('core-failed', `the core died ${call.deaths} times under ${call.method}`));
      }
    }
    setState(failed ? 'failed' : 'restarting');
    const wait = failed ? policy.retryEvery : backoff;
    backoff = failed ? policy.backoffFirst : Math.min(backoff * 2, policy.backoffMost);
    cancelRestart = clock.after(wait, spawn);
  };

  const call: Supervisor['call'] = (role, method, params) =>
    new Promise((resolve) => {
      if (!Object.hasOwn(appContract.methods, method)) {
        return resolve(fail('unknown-method', `there is no method ${method}`));
      }
      if (ending) return resolve(fail('core-failed', 'the app is closing'));
      if (state === 'failed') return resolve(giveUp());
      const spec: Method | undefined = appContract.methods[method as keyof typeof appContract.methods];
      const repeatable = spec.access === 'read' || spec.repeatable;
      if (core === null && !repeatable) return resolve(fail('core-restarting', 'the core is being brought back'));
      const id = nextId++;
      const cancelLimit = clock.after(policy.callLimit, () => {
        one.settle(fail('timeout', `no answer to ${method} within ${policy.callLimit / 1000} s`));
      });
      const one: Pending = {
        id,
        role,
        method,
        params,
        repeatable,
        deaths: 0,
        sent: false,
        settle: (result) => {
          cancelLimit();
          pending.delete(id);
          resolve(result);
        },
      };
      pending.set(id, one);
      send(one);
    });

  const stop = async (): Promise<void> => {
    ending = true;
    stopping ??= new Promise((resolve) => {
      cancelRestart();
      cancelHeartbeat();
      for (const one of pending.values()) one.settle(fail('core-failed', 'the app is closing'));
      const running = core;
      if (running === null) return resolve();
      const cancelKill = clock.after(policy.stopLimit, () => {
        log.warn('core.stop-slow', { pid: running.pid });
        running.kill('SIGKILL');
      });
      stopped = () => {
        cancelKill();
        resolve();
      };
      running.kill('SIGTERM');
    });
    return stopping;
  };

  return {
    start: () => {
      if (begun || ending) return;
      begun = true;
      spawn();
    },
    call,
    stop,
    get state() {
      return state;
    },
    get failure() {
      return failure;
    },
    get pid() {
      return core?.pid;
    },
    onState: (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    onEvent: (listener) => {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
  };
}

/** An error as the core sent it, its code one of ours whatever it was. */
function knownError(error: { code: string; message: string; details?: unknown }): CallError {
  const code: ErrorCode = ERROR_CODES.find((one) => one === error.code) ?? 'internal';
  return error.details === undefined
    ? { code, message: error.message }
    : { code, message: error.message, details: error.details };
}
