import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildUtilityApp } from '../fixtures/core-double/build.ts';
import { ensureSystemLibraries, withDisplay } from '../tools/display.ts';
import type { Display } from '../tools/display.ts';
import { startProcess } from '../tools/proc.ts';
import { resolveElectron } from '../tools/runtime.ts';

/** The way of the release: the core in a utility process of Electron itself, under the product's supervisor. */

let display: Display;
let folder: string;

beforeAll(async () => {
  const { executablePath } = await resolveElectron();
  await ensureSystemLibraries({ executablePath, forTests: true });
  display = await withDisplay({ width: 800, height: 600, headless: true });
  folder = await mkdtemp(path.join(tmpdir(), 'talon-utility-'));
});
afterAll(async () => {
  await display?.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('the core answers, is killed, comes back with its data, stops in order', async () => {
  const appDir = await buildUtilityApp();
  const { executablePath } = await resolveElectron();
  const app = await startProcess({
    cmd: executablePath,
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), `--user-data-dir=${folder}/profile`, appDir],
    env: {
      ...display.env,
      TALON_TEST_DATA: path.join(folder, 'data'),
      NODE_OPTIONS: undefined,
      ELECTRON_RUN_AS_NODE: undefined,
    },
    name: 'utility-app',
    readyEvent: 'stopped',
    readyTimeoutMs: 60_000,
  });
  const said = new Map<unknown, Record<string, unknown>>();
  const states: unknown[] = [];
  for (const line of app.stdoutLines.filter((one) => one.startsWith('{'))) {
    const value = JSON.parse(line) as Record<string, unknown>;
    said.set(value['event'], value);
    if (value['event'] === 'state') states.push(value['state']);
  }
  expect(await app.exited).toMatchObject({ code: 0 });
  const first = said.get('ping')?.['pid'];
  expect(said.get('ping')).toMatchObject({ result: { ok: true, value: { pid: first } } });
  expect(said.get('system.state')).toMatchObject({
    result: { ok: true, value: { enrolled: false, ready: false, notReady: 'not-enrolled' } },
  });
  expect(said.get('forbidden')).toMatchObject({ result: { ok: false, error: { code: 'forbidden' } } });
  const after = said.get('after-kill');
  expect(after).toMatchObject({ first, result: { ok: true, value: { pid: after?.['second'] } } });
  expect(after?.['second']).not.toBe(first);
  expect(states).toEqual(['up', 'restarting', 'up']);
  expect(said.get('stopped')).toMatchObject({ alive: false });
  const did = await readFile(path.join(folder, 'data', 'said.log'), 'utf8');
  expect(did.match(/core\.started/g)).toHaveLength(2);
  // The first one was killed, the second one stopped in order.
  expect(did.match(/core\.stopped/g)).toHaveLength(1);
  expect(app.stdoutLines.join('\n')).not.toContain('core.stop-slow');
});
