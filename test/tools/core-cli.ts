import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './paths.ts';

interface Reply {
  id?: number;
  ok?: boolean;
  value?: Record<string, unknown>;
  error?: unknown;
  event?: string;
  payload?: Record<string, unknown>;
}

/**
 * The core behind its command line (`npm run core`): requests to its stdin, answers and events from its stdout.
 * `call` rejects with the error of the answer.
 */
export const startCore = async (dir: string, config: Record<string, unknown>) => {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'talon.json'), JSON.stringify(config));
  const child = spawn(
    process.execPath,
    [join(ROOT, 'electron/core/cli.ts'), '--data', dir, '--config', join(dir, 'talon.json')],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  const listeners = new Set<(event: string, payload: Record<string, unknown>) => void>();
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const reply = JSON.parse(line) as Reply;
    if (reply.event !== undefined) for (const l of listeners) l(reply.event, reply.payload ?? {});
    if (reply.id === undefined) return;
    const waiter = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok === true) waiter?.resolve(reply.value ?? {});
    else waiter?.reject(new Error(JSON.stringify(reply.error)));
  });
  let last = 0;
  let alive = true;
  const ended = once(child, 'exit').then(() => {
    alive = false;
    for (const waiter of waiting.values()) waiter.reject(new Error('the core ended'));
    return null;
  });
  // What is written to a core that has gone is lost; its callers are told by `ended`.
  child.stdin.on('error', () => undefined);
  return {
    pid: child.pid ?? 0,
    /** Resolves when the process is gone, however that came about. */
    ended,
    alive: () => alive,
    listeners,
    /** @param role as whom; the service's unless it is said */
    call: (method: string, params: unknown, role?: 'kiosk' | 'desk'): Promise<Record<string, unknown>> => {
      if (!alive) return Promise.reject(new Error('the core ended'));
      last += 1;
      const waiter = Promise.withResolvers<Record<string, unknown>>();
      waiting.set(last, waiter);
      child.stdin.write(`${JSON.stringify({ id: last, method, params, ...(role ? { role } : {}) })}
`);
      return waiter.promise;
    },
    /** Writes a line as it is. */
    raw: (line: string): void =>
      void child.stdin.write(`${line}
`),
    lines,
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
};
