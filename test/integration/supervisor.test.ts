import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSupervisor } from '../../electron/main/supervisor.ts';
import type { LinkState, Supervisor } from '../../electron/main/supervisor.ts';
import { forkCore } from '../../electron/main/transport.ts';
import { fakeLog } from '../fixtures/core-double/fake.ts';
import { ROOT } from '../tools/paths.ts';

/** The supervisor with real processes: the scripted core as a child of plain Node. */

const ATTEMPT = '0198c5b0-0000-7000-8000-00000000000b';
const ENTRY = path.join(ROOT, 'test/fixtures/core-double/entry-scripted.ts');

let folder: string;
let supervisor: Supervisor;
let lines: string[];
let states: LinkState[];

const make = (entry = ENTRY, node = process.execPath): Supervisor =>
  createSupervisor({
    spawn: () =>
      forkCore({ entry, node, env: { PATH: process.env['PATH'] ?? '' }, onLine: (line) => lines.push(line) }),
    start: { dataDir: folder, configFile: null, resourcesDir: ROOT },
    clock: {
      now: () => performance.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
    log: fakeLog(),
  });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'talon-core-'));
  lines = [];
  states = [];
  supervisor = make();
});
afterEach(async () => {
  await supervisor.stop();
  await rm(folder, { recursive: true, force: true });
});

const start = (): void => {
  supervisor.onState((state) => states.push(state));
  supervisor.start();
};
const scan = (text: string) => supervisor.call('kiosk', 'checkin.scan', { attempt: ATTEMPT, text, source: 'camera' });
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('calls that came before it was up are answered; a stop is an orderly one', async () => {
  start();
  expect(await supervisor.call('kiosk', 'core.ping', {})).toMatchObject({ ok: true, value: { pid: supervisor.pid } });
  const pid = supervisor.pid ?? -1;
  await supervisor.stop();
  expect([alive(pid), existsSync(path.join(folder, 'stopped-in-order'))]).toEqual([false, true]);
});

test('SIGKILL: the next one answers, calls in flight end well', async () => {
  start();
  await supervisor.call('kiosk', 'core.ping', {});
  const first = supervisor.pid ?? -1;
  const calls = Array.from({ length: 50 }, () => supervisor.call('kiosk', 'system.state', {}));
  process.kill(first, 'SIGKILL');
  const more = Array.from({ length: 50 }, () => scan('anything'));
  const results = await Promise.all([...calls, ...more]);
  expect(results.filter((result) => !result.ok)).toEqual([]);
  expect(supervisor.pid).not.toBe(first);
  await vi.waitFor(() => expect(states).toEqual(['up', 'restarting', 'up']));
  expect(alive(first)).toBe(false);
});

test('a scan that was in flight when the core died is answered by the next', async () => {
  start();
  expect(await scan('DIE-ONCE')).toMatchObject({ ok: true, value: { outcome: 'refused' } });
  expect(existsSync(path.join(folder, 'died-once'))).toBe(true);
});

test('a scan that kills every core is given up after three', async () => {
  start();
  expect(await scan('DIE')).toMatchObject({ ok: false, error: { code: 'core-failed' } });
  expect(await supervisor.call('kiosk', 'core.ping', {})).toMatchObject({ ok: true });
});

test('a core that is stopped by the system (SIGSTOP) is found out and replaced', async () => {
  start();
  await supervisor.call('kiosk', 'core.ping', {});
  const first = supervisor.pid ?? -1;
  process.kill(first, 'SIGSTOP');
  const answer = supervisor.call('kiosk', 'system.state', {});
  expect(await answer).toMatchObject({ ok: true });
  expect(alive(first)).toBe(false);
});

test('a core that refuses to start says why', async () => {
  await writeFile(path.join(folder, 'refuse-start'), '');
  start();
  expect(await supervisor.call('kiosk', 'system.state', {})).toEqual({
    ok: false,
    error: { code: 'store-newer', message: 'the database is newer' },
  });
  expect(supervisor.state).toBe('failed');
});

test('a program that is not there ends as failed, not as an error nobody caught', async () => {
  supervisor = make(ENTRY, path.join(folder, 'no-node'));
  start();
  expect(await supervisor.call('kiosk', 'system.state', {})).toMatchObject({
    ok: false,
    error: { code: 'core-failed' },
  });
  expect(lines.join('\n')).toContain('ENOENT');
});

test('the core ends when its parent is gone', async () => {
  const script = path.join(folder, 'parent.mjs');
  await writeFile(
    script,
    `import { fork } from 'node:child_process';
     const child = fork(${JSON.stringify(ENTRY)}, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
     child.send({ start: { dataDir: ${JSON.stringify(folder)}, configFile: null, resourcesDir: '/' } });
     child.send({ id: 1, method: 'core.ping', role: 'service' });
     child.on('message', () => process.send(child.pid));
     process.on('message', () => process.kill(process.pid, 'SIGKILL'));`,
  );
  const { fork } = await import('node:child_process');
  const parent = fork(script, [], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(message as number)));
  parent.send('die');
  await vi.waitUntil(() => !alive(pid), { timeout: 10_000 });
  expect(existsSync(path.join(folder, 'stopped-in-order'))).toBe(true);
});
