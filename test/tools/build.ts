import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from './paths.ts';
import { dieWithParent } from './proc.ts';

/** The build of the app into `out/`, done only when something that goes into it has changed. */

/** Everything that the build reads: a change in any of it means a new build. */
const INPUTS = [
  'electron',
  'renderer',
  'shared',
  'resources',
  'electron.vite.config.ts',
  'tsconfig.base.json',
  'package.json',
  'package-lock.json',
];

const HASH_FILE = path.join(ROOT, 'out', '.build-hash');

/** What must be there for the app to start. */
const ENTRY = path.join(ROOT, 'out', 'main', 'index.cjs');

/**
 * @param root folder that `inputs` are relative to
 * @returns a hash over the names and bytes of all files in them, in a fixed order; missing inputs count as absent
 */
export async function hashInputs(root: string, inputs: readonly string[] = INPUTS): Promise<string> {
  const files: string[] = [];
  for (const input of inputs) files.push(...(await filesIn(root, input)));
  const hash = createHash('sha256');
  for (const file of files.sort()) {
    const bytes = await readFile(path.join(root, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

async function filesIn(root: string, input: string): Promise<string[]> {
  const full = path.join(root, input);
  try {
    const entries = await readdir(full, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR') return [input];
    if (code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Builds the app, whether needed or not.
 * @throws when the build fails; its output is on the terminal
 */
export async function build(): Promise<void> {
  // Taken before: a file that changes while the build runs makes the next build needed.
  const hash = await hashInputs(ROOT);
  await rm(HASH_FILE, { force: true });
  const script = path.join(ROOT, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  const [command, args] = dieWithParent(process.execPath, [script, 'build', '--logLevel', 'warn']);
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`The build failed (electron-vite, code ${code}); its messages are above.`);
  await mkdir(path.dirname(HASH_FILE), { recursive: true });
  await writeFile(HASH_FILE, hash);
}

/** Builds the app unless `out/` was made from exactly the sources there are now. */
export async function ensureBuilt(): Promise<void> {
  const [wanted, there, entry] = await Promise.all([hashInputs(ROOT), readText(HASH_FILE), readText(ENTRY)]);
  if (wanted === there && entry !== null) return;
  process.stderr.write('Building the app ...\n');
  await build();
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.main) {
  try {
    await (process.argv.includes('--if-needed') ? ensureBuilt() : build());
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
