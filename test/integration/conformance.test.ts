import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Centre } from '../centre/index.ts';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { closeCentres, start } from '../centre/test-stage.ts';
import { BROKEN } from '../conformance/broken.ts';
import { CHECKS } from '../conformance/checks.ts';
import { startProxy, type Proxy } from '../conformance/proxy.ts';
import { runChecks, type Check, type Result } from '../conformance/suite.ts';
import { createWorld } from '../conformance/world.ts';
import { ROOT } from '../tools/paths.ts';

/** The suite for centres: the reference centre passes it, and each check has a centre that fails it. */

/** It waits for half a minute: with the others it is run in the background. */
const SLOW = 'events.heartbeat';
const groupOf = ({ id }: Check): string => id.split('.')[0] ?? '';
const GROUPS = [...new Set(CHECKS.map(groupOf))];

interface Stage {
  centre: Centre;
  proxy: Proxy;
}

const proxies: Proxy[] = [];

/** A centre behind a proxy, by whose address devices know it. */
const stage = async (): Promise<Stage> => {
  const proxy = await startProxy();
  proxies.push(proxy);
  const centre = await start({ publicUrl: proxy.url });
  proxy.to(centre.url);
  return { centre, proxy };
};

const run = async ({ centre, proxy }: Stage, checks: readonly Check[]): Promise<Result[]> => {
  const codes = [centre.createCode(DEMO_OFFICE), centre.createCode(DEMO_OFFICE, ['desk'])];
  return runChecks(checks, createWorld({ url: proxy.url, codes }));
};

const failing = (results: readonly Result[]): string[] =>
  results.filter(({ result }) => result !== 'ok').map(({ id, result, why }) => `${id} ${result}: ${why}`);

const brokenRun = async (at: Stage, check: Check): Promise<Result | undefined> => {
  at.proxy.mutate(BROKEN[check.id]?.() ?? null);
  return (await run(at, [check]))[0];
};

afterAll(async () => {
  await Promise.all(proxies.map(async (proxy) => proxy.close()));
  await closeCentres();
});

describe('the conformance suite', () => {
  let slow: Promise<Result | undefined>;

  beforeAll(async () => {
    const at = await stage();
    const check = CHECKS.find(({ id }) => id === SLOW);
    slow = check ? brokenRun(at, check) : Promise.resolve(undefined);
  });

  it('has a broken centre for each check, and none for what is no check', () => {
    expect(Object.keys(BROKEN).toSorted()).toEqual(CHECKS.map(({ id }) => id).toSorted());
  });

  // It waits for a heartbeat, too.
  it('passes on the reference centre, with nothing left out', { timeout: 120_000 }, async () => {
    expect(failing(await run(await stage(), CHECKS))).toEqual([]);
  });

  describe.each(GROUPS)('%s', (group) => {
    let at: Stage;
    beforeAll(async () => {
      at = await stage();
    });
    it.each(
      CHECKS.filter((check) => groupOf(check) === group && check.id !== SLOW).map(
        (check) => [check.id, check] as const,
      ),
    )('%s notices a centre that does it wrong', async (id, check) => {
      // Wrong enrolments are counted: the next one begins with a centre that has seen none.
      if (group === 'enrol') at = await stage();
      const result = await brokenRun(at, check);
      expect(result).toMatchObject({ id, result: 'failed' });
      expect(result?.why).not.toMatch(/^no usable answer/);
    });
  });

  it(`${SLOW} notices a centre that does it wrong`, async () => {
    const result = await slow;
    expect(result).toMatchObject({ id: SLOW, result: 'failed' });
    expect(result?.why).toContain('no comment comes');
  });
});

describe('npm run conformance', () => {
  const cli = async (...args: string[]): Promise<{ code: number; text: string }> =>
    new Promise((resolve) => {
      execFile(process.execPath, [path.join(ROOT, 'test/conformance/cli.ts'), ...args], (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, text: out + err });
      });
    });

  it('prints a table and the results as JSON; its exit code says whether anything failed', async () => {
    const at = await stage();
    const folder = await mkdtemp(path.join(tmpdir(), 'conformance-'));
    const json = path.join(folder, 'results.json');
    const about = () => ['--url', at.proxy.url, '--code', at.centre.createCode(DEMO_OFFICE), '--only', 'time'];

    const fine = await cli(...about(), '--json', json);
    expect(fine.text).toMatch(/^time\.answer +ok +/m);
    expect(fine.text).toContain('2 checks: 2 ok, 0 failed, 0 skipped');
    expect(fine.code).toBe(0);
    const { results } = JSON.parse(await readFile(json, 'utf8')) as { results: Result[] };
    expect(results.map(({ id, result }) => [id, result])).toEqual([
      ['time.answer', 'ok'],
      ['time.forward', 'ok'],
    ]);
    await rm(folder, { recursive: true });

    at.proxy.mutate(BROKEN['time.answer']?.() ?? null);
    const broken = await cli(...about());
    expect(broken.text).toMatch(/^time\.answer +FAILED/m);
    expect(broken.text).toContain('use one');
    expect(broken.code).toBe(1);
  });

  it('skips with a reason what needs a desk when there is none', async () => {
    const { centre } = await stage();
    const { code, text } = await cli(
      '--url',
      centre.url,
      '--code',
      centre.createCode(DEMO_OFFICE),
      '--only',
      'roles.desk',
    );
    expect(text).toMatch(/^roles\.desk +skipped/m);
    expect(text).toContain('give a further --code');
    expect(code).toBe(0);
  });

  it('says how it is used', async () => {
    expect((await cli('--url', 'ftp://x', '--code', 'A')).code).toBe(2);
    expect((await cli('--what')).code).toBe(2);
    expect((await cli('--list')).text.trimEnd().split('\n')).toHaveLength(CHECKS.length);
  });
});
