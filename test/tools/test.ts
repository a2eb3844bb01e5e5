import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { ensureBuilt } from './build.ts';
import { ensureSystemLibraries, withDisplay } from './display.ts';
import { ROOT, TEST_OUTPUT } from './paths.ts';
import { dieWithParent, guard, release } from './proc.ts';
import { killTree, processTree, signalAll } from './processes.ts';
import { closingLine, countVitest, isGood, table, total } from './results.ts';
import type { StepResult } from './results.ts';
import { resolveElectron } from './runtime.ts';

/**
 * `npm test`: everything that says whether the project is sound, in the order of how soon it fails. The last line of the
 * output is `N passed, N failed`. `--only unit,integration` runs only the groups named; groups: see `GROUPS`.
 */

const GROUPS = ['check', 'unit', 'build', 'integration', 'e2e'] as const;
type Group = (typeof GROUPS)[number];

/** The npm scripts that look at the sources without running them; each counts as one test. */
const CHECKS = ['typecheck', 'lint', 'format:check', 'imports', 'deadcode'] as const;

/** A step that takes longer hangs: it is ended and counts as failed. */
const STEP_LIMIT_MS: Readonly<Record<Group, number>> = {
  check: 4 * 60_000,
  unit: 5 * 60_000,
  build: 4 * 60_000,
  integration: 12 * 60_000,
  e2e: 14 * 60_000,
};

/** All together: what a pipeline allows, less a minute to tell the result. */
const TOTAL_LIMIT_MS = 24 * 60_000;
const deadline = Date.now() + TOTAL_LIMIT_MS;

type Outcome = Omit<StepResult, 'name' | 'seconds'>;

const passedOnce: Outcome = { passed: 1, failed: 0, skipped: 0, notes: [] };
const failedOnce = (...notes: string[]): Outcome => ({ passed: 0, failed: 1, skipped: 0, notes });

/**
 * Runs a program of Node's in the root of the tree with its output on the terminal, and leaves none of its processes.
 * @returns its exit code, null when it was ended at the limit
 */
async function runNode(group: Group, args: readonly string[]): Promise<number | null> {
  const limit = Math.min(STEP_LIMIT_MS[group], deadline - Date.now());
  if (limit <= 0) return null;
  const [command, all] = dieWithParent(process.execPath, args);
  const child = spawn(command, all, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CI: process.env['CI'] ?? '1' },
  });
  const { pid } = child;
  const mortal = { killNow: () => (pid === undefined ? undefined : signalAll(processTree(pid), 'SIGKILL')) };
  guard(mortal);
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    console.log(`This step did not end within ${Math.round(limit / 1000)} s; it is ended now.`);
    if (pid !== undefined) void killTree(pid);
  }, limit);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode, signal) =>
      resolve(exitCode ?? (signal === null ? 1 : 128 + constants.signals[signal])),
    );
  });
  clearTimeout(timer);
  release(mortal);
  return hangs ? null : code;
}

/** Node itself runs the script of package.json (`node --run`): no npm in between, and .bin is on its PATH. */
async function runScript(name: string): Promise<Outcome> {
  const manifest = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const command = manifest.scripts[name];
  if (command === undefined) return failedOnce(`package.json has no script "${name}"`);
  const code = await runNode('check', ['--run', name]);
  if (code === 0) return passedOnce;
  return failedOnce(code === null ? 'it did not end in time' : `see its output above, or run: npm run ${name}`);
}

async function runVitest(project: 'unit' | 'integration' | 'e2e'): Promise<Outcome> {
  const file = path.join(TEST_OUTPUT, `${project}.json`);
  await rm(file, { force: true });
  const vitest = path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const code = await runNode(project, [vitest, 'run', '--project', project, ...reporters]);
  const counted = countVitest(await readJson(file), code);
  return code === null ? { ...counted, notes: [...counted.notes, 'it did not end in time'] } : counted;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
}

async function runBuild(): Promise<Outcome> {
  try {
    await ensureBuilt();
    return passedOnce;
  } catch (error) {
    return failedOnce(messageOf(error));
  }
}

/** @throws when a window could not open here, or no runtime can be had: what is missing, and what to do */
async function prepareSystem(): Promise<void> {
  const { executablePath } = await resolveElectron();
  await ensureSystemLibraries({ executablePath, forTests: true });
}

/** Most of these tests need no browser and run in any case; those that do say what they miss. */
async function runIntegration(): Promise<Outcome> {
  await prepareSystem().catch((error: unknown) => console.log(messageOf(error)));
  return runVitest('integration');
}

/** A missing runtime or display is a failure, never a reason to skip: an unseen window is an untested one. */
async function runE2e(buildFailed: boolean): Promise<Outcome> {
  if (buildFailed) return failedOnce('not run, because the build failed');
  try {
    await prepareSystem();
    const display = await withDisplay({ width: 800, height: 600, headless: true });
    await display.close();
  } catch (error) {
    return failedOnce(...messageOf(error).split('\n'));
  }
  return runVitest('e2e');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function wantedGroups(args: readonly string[]): readonly Group[] {
  const position = args.findIndex((argument) => argument === '--only' || argument.startsWith('--only='));
  if (position < 0) {
    if (args.length > 0) usage(`There is no option ${args[0]}.`);
    return GROUPS;
  }
  const value = args[position]?.startsWith('--only=') === true ? args[position].slice(7) : args[position + 1];
  const names = (value ?? '').split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !GROUPS.some((group) => group === name));
  if (names.length === 0 || unknown.length > 0) usage(`--only does not know "${unknown.join(', ')}".`);
  return GROUPS.filter((group) => names.includes(group));
}

function usage(problem: string): never {
  process.stderr.write(`${problem}\nUse: npm test [-- --only GROUP,GROUP...]; groups: ${GROUPS.join(', ')}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const wanted = wantedGroups(process.argv.slice(2));
  await mkdir(TEST_OUTPUT, { recursive: true });
  const results: StepResult[] = [];

  const step = async (name: string, work: () => Promise<Outcome>): Promise<boolean> => {
    console.log(`\n== ${name} ==`);
    const begin = performance.now();
    const outcome = await work().catch((error: unknown) => failedOnce(messageOf(error)));
    results.push({ name, seconds: (performance.now() - begin) / 1000, ...outcome });
    return outcome.failed === 0;
  };

  let built = true;
  for (const group of wanted) {
    if (group === 'check') for (const name of CHECKS) await step(name, async () => runScript(name));
    if (group === 'unit') await step(group, async () => runVitest(group));
    if (group === 'integration') await step(group, runIntegration);
    if (group === 'build') built = await step('build', runBuild);
    if (group === 'e2e') await step('e2e', async () => runE2e(!built));
  }

  const sum = total(results);
  await writeFile(path.join(TEST_OUTPUT, 'summary.json'), `${JSON.stringify({ ...sum, steps: results }, null, 2)}\n`);
  console.log(`\n${table(results)}\n\n${closingLine(sum)}`);
  process.exitCode = isGood(sum) ? 0 : 1;
}

await main();
