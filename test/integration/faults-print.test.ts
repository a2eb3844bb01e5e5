import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { QUICK, trialsOf } from '../faults/printing/plan.ts';
import { ROOT } from '../tools/paths.ts';

const run = promisify(execFile);
const LIMIT_MS = 240_000;

/** `npm run faults:print` as it is called, with real processes: a core, a printer, a centre, a desk. */
const faults = (...args: string[]) =>
  run(process.execPath, ['test/faults/printing/cli.ts', ...args], { cwd: ROOT, timeout: LIMIT_MS });
const failed = z.looseObject({ code: z.number(), stderr: z.string() });

const written = z.object({
  trials: z.array(
    z.looseObject({
      fault: z.string(),
      setup: z.string(),
      outcome: z.string(),
      violations: z.array(z.string()),
      facts: z.looseObject({ papersEnd: z.array(z.unknown()) }).nullable(),
    }),
  ),
});

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-faults-print-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('faults of a printer', () => {
  it(
    'break no promise: none lost in silence, none twice, and the desk sees what lies before the printer',
    async () => {
      const file = join(dir, 'seen.json');
      // Also when promises were broken: what was seen says which.
      const ended = await faults('--quick', '--parallel', '3', '--json', file).then(
        () => 'well',
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      const text = await readFile(file, 'utf8').catch(() => null);
      if (text === null) throw new Error(`the run came to no end: ${ended}`);
      const { trials } = written.parse(JSON.parse(text));
      expect(
        trials.flatMap(({ fault, setup, violations }) => violations.map((what) => `${fault} on ${setup}: ${what}`)),
      ).toEqual([]);
      expect(trials.map(({ fault, setup }) => `${fault} on ${setup}`).toSorted()).toEqual(
        trialsOf(QUICK)
          .map(({ fault, setup }) => `${fault} on ${setup.id}`)
          .toSorted(),
      );
      // A fault that did nothing, or a printer that nobody looked at, would break no promise either.
      const outcomes = trials.map(({ outcome }) => outcome);
      for (const outcome of ['printed', 'waits, printed', 'asked, yes', 'asked, copy', 'sent'])
        expect(outcomes).toContain(outcome);
      for (const { facts } of trials) expect(facts?.papersEnd.length).toBeGreaterThan(0);
      expect(ended).toBe('well');
    },
    LIMIT_MS + 10_000,
  );

  it.each([
    [['--fault', 'no-such-fault'], /no such fault/],
    [['--parallel', '0'], /1 to 16/],
    [['--no-such-option'], /no-such-option/],
  ])('are not run when %j is asked for: a run of nothing would look well', async (args, why) => {
    const error = failed.parse(await faults(...args).catch((thrown: unknown) => thrown));
    expect(error.code).toBe(2);
    expect(error.stderr).toMatch(why);
  });
});
