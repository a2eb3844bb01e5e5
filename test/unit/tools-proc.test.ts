import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findProgram, startProcess } from '../tools/proc.ts';
import { eventually, processTree, signalPid } from '../tools/processes.ts';

/** A program as Node takes it on the command line. */
const node = (code: string): { cmd: string; args: string[]; name: string } => ({
  cmd: process.execPath,
  args: ['-e', code],
  name: 'probe',
});

const READY = `console.log(JSON.stringify({ event: 'ready', port: 1234 }));`;
const STAY = 'setInterval(() => {}, 1000);';

const isAlive = (pid: number): boolean => processTree(pid).some((one) => one.pid === pid);

describe('startProcess', () => {
  test('gives the ready line among others, and ends the process', async () => {
    const started = await startProcess({ ...node(`console.log('hello');${READY}${STAY}`), readyEvent: 'ready' });
    expect(started.ready).toEqual({ event: 'ready', port: 1234 });
    expect(started.stdoutLines[0]).toBe('hello');
    expect(isAlive(started.pid)).toBe(true);
    expect(await started.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(isAlive(started.pid)).toBe(false);
  });

  test('a program that ends by itself tells its code', async () => {
    const started = await startProcess(node(`process.exitCode = 7; console.error('bye')`));
    expect(await started.exited).toEqual({ code: 7, signal: null });
    expect(started.stderrLines).toEqual(['bye']);
    expect(await started.stop()).toEqual({ code: 7, signal: null });
  });

  test('one that ends before it is ready is an error with its output', async () => {
    const starting = startProcess({ ...node(`console.error('no such office'); process.exit(3)`), readyEvent: 'ready' });
    await expect(starting).rejects.toThrow(/probe ended \(code 3\) before its ready line "ready"[^]*no such office/);
  });

  test('one that is not ready in time is ended', async () => {
    const starting = startProcess({
      ...node(`console.log(process.pid);${STAY}`),
      readyEvent: 'ready',
      readyTimeoutMs: 700,
    });
    const message = await starting.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/did not print its ready line "ready" within 0.7 s/);
    const pid = Number(/^ {2}(\d+)$/m.exec(message)?.[1]);
    expect(pid).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
  });

  test('a program that is not there is an error', async () => {
    await expect(startProcess({ cmd: 'no-such-program-here' })).rejects.toThrow(/no program no-such-program-here/);
  });

  test('lines and events to come, and past ones', async () => {
    const code = `process.on('SIGUSR2', () => console.log(JSON.stringify({ event: 'again', n: 2 })));${READY}${STAY}`;
    const started = await startProcess({ ...node(code), readyEvent: 'ready' });
    const seen: string[] = [];
    const unsubscribe = started.onLine((line) => seen.push(line));
    const again = started.waitForEvent('again');
    signalPid(started.pid, 'SIGUSR2');
    expect(await again).toEqual({ event: 'again', n: 2 });
    unsubscribe();
    expect(seen).toEqual(['{"event":"again","n":2}']);
    expect(await started.waitForLine((line) => line.includes('port'))).toContain('1234');
    await expect(started.waitForEvent('never', 50)).rejects.toThrow(/the event "never" within 0.05 s/);
    await started.stop();
    await expect(started.waitForEvent('never')).rejects.toThrow(/ended/);
  });

  test('a child that it leaves behind is killed and named', async () => {
    const code = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', '${STAY}'], { detached: true, stdio: 'ignore' });
      child.unref();
      console.log(JSON.stringify({ event: 'ready', child: child.pid }));
      ${STAY}`;
    const started = await startProcess({ ...node(code), readyEvent: 'ready' });
    const child = Number(started.ready['child']);
    expect(isAlive(child)).toBe(true);
    await expect(started.stop()).rejects.toThrow(new RegExp(`left processes behind[^]*${child} `));
    expect(isAlive(child)).toBe(false);
  });

  test('SIGKILL ends the whole tree at once, without a complaint', async () => {
    const code = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', '${STAY}'], { stdio: 'ignore' });
      console.log(JSON.stringify({ event: 'ready', child: child.pid }));`;
    const started = await startProcess({ ...node(code), readyEvent: 'ready' });
    expect(await started.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(Number(started.ready['child']))).toBe(false);
  });

  test('the environment is added to, and can be taken from', async () => {
    const started = await startProcess({
      ...node(
        `console.log(JSON.stringify({ event: 'ready', a: process.env.TALON_A, path: process.env.PATH ?? null }))`,
      ),
      env: { TALON_A: 'x', PATH: undefined },
      readyEvent: 'ready',
    });
    expect(started.ready).toEqual({ event: 'ready', a: 'x', path: null });
    await started.stop();
  });
});

describe('nothing outlives the one who started it', () => {
  const helper = fileURLToPath(new URL('../tools/proc.ts', import.meta.url));
  const parent = (ending: string): string => `
    import { startProcess } from ${JSON.stringify(helper)};
    const started = await startProcess({ cmd: process.execPath, args: ['-e', ${JSON.stringify(READY + STAY)}], readyEvent: 'ready' });
    console.log(started.pid);
    ${ending}`;

  test.each([
    ['exit', 'process.exit(0)'],
    ['error', `throw new Error('x')`],
    ['SIGTERM', `process.kill(process.pid, 'SIGTERM')`],
    ['SIGINT', `process.kill(process.pid, 'SIGINT')`],
    ...(findProgram('setpriv') === null ? [] : [['SIGKILL', `process.kill(process.pid, 'SIGKILL')`]]),
  ])('%s', async (_name, ending) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', parent(ending)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    const pid = Number(output.trim());
    expect(pid).toBeGreaterThan(0);
    expect(await eventually(() => !isAlive(pid), 3000)).toBe(true);
  });
});
