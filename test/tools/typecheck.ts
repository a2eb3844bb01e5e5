import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { ROOT } from './paths.ts';
import { dieWithParent } from './proc.ts';

/**
 * `npm run typecheck`: compiles every environment with its own names (a page's, Node's, Electron's or none), so that a name
 * where it does not belong is an error. Names of environments as arguments check only those.
 */

export const ENVIRONMENTS = [
  'shared',
  'electron/core',
  'electron/main',
  'electron/preload',
  'renderer',
  'test',
] as const;

type Environment = (typeof ENVIRONMENTS)[number];

interface Result {
  readonly environment: Environment;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

async function check(environment: Environment): Promise<Result> {
  const begin = performance.now();
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const pretty = process.stdout.isTTY ? ['--pretty'] : [];
  const [command, args] = dieWithParent(process.execPath, [tsc, '--noEmit', '-p', environment, ...pretty]);
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { environment, passed: code === 0, output, seconds: (performance.now() - begin) / 1000 };
}

async function checkAll(environments: readonly Environment[]): Promise<Result[]> {
  // The largest first: tests and pages take the longest.
  const waiting = environments.toReversed();
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await check(next));
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return results;
}

if (import.meta.main) {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => !ENVIRONMENTS.some((environment) => environment === name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no environment ${unknown.join(', ')}; there are: ${ENVIRONMENTS.join(', ')}\n`);
    process.exit(1);
  }
  const wanted = named.length === 0 ? ENVIRONMENTS : ENVIRONMENTS.filter((environment) => named.includes(environment));
  const results = await checkAll(wanted);
  for (const { environment, passed, output, seconds } of results) {
    if (!passed) process.stdout.write(`${output.trimEnd()}\n`);
    process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${environment} (${seconds.toFixed(1)} s)\n`);
  }
  process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
}
