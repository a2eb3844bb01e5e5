/**
 * The first thing `npm start` and `npm test` do: make sure that the dependencies are there and find the pinned Node.
 * Plain JavaScript without a dependency, because it runs before anything is installed, on the machine's own Node
 * (20 or newer).
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the source tree. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The oldest Node that runs the tools: the TypeScript files are run as they are, and Electron 45's tools need it. */
const OLDEST_NODE = [22, 12];

/** What is wrong and what to do about it, for a person at a terminal: printed without a stack. */
class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

/**
 * @param {string} version like `v24.21.0` or `24.21.0`
 * @returns {boolean} whether it is new enough for the tools
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = OLDEST_NODE;
  return major > needMajor || (major === needMajor && minor >= needMinor);
}

/**
 * Compares the lock file with npm's own record of what it installed (`node_modules/.package-lock.json`), so that a
 * plain `npm ci` or `npm install` done by hand counts too. Optional packages may be absent (another platform's
 * binaries), but not present in another version.
 *
 * @param {unknown} wanted parsed `package-lock.json`
 * @param {unknown} installed parsed `node_modules/.package-lock.json`
 * @returns {boolean} whether everything wanted is installed
 */
export function isInstalled(wanted, installed) {
  const want = packagesOf(wanted);
  const have = packagesOf(installed);
  if (want === null || have === null) return false;
  for (const [location, entry] of Object.entries(want)) {
    if (location === '' || entry.link === true) continue;
    const found = have[location];
    if (found === undefined) {
      if (entry.optional === true || entry.devOptional === true) continue;
      return false;
    }
    if (found.version !== entry.version || (entry.integrity ?? found.integrity) !== found.integrity) return false;
  }
  return true;
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockEntry
 * @param {unknown} lock
 * @returns {Record<string, LockEntry> | null}
 */
function packagesOf(lock) {
  if (typeof lock !== 'object' || lock === null || !('packages' in lock)) return null;
  return /** @type {Record<string, LockEntry>} */ (lock.packages);
}

/**
 * Installs the dependencies if they are missing or the lock file has changed, and finds the pinned Node.
 *
 * @param {{ quiet?: boolean, root?: string }} [options] quiet: no line about what is being done (npm's own output stays)
 * @returns {string} path of a Node that is new enough (`OLDEST_NODE`)
 * @throws {SetupError} when the install failed or no usable Node was found
 */
export function ensureInstalled(options = {}) {
  const root = options.root ?? ROOT;
  const say = options.quiet === true ? () => {} : (/** @type {string} */ text) => process.stderr.write(`${text}\n`);
  const lockFile = path.join(root, 'package-lock.json');
  if (!existsSync(lockFile)) {
    throw new SetupError(
      `There is no ${lockFile}: this is not a whole source tree. Get a complete copy of the project.`,
    );
  }
  const lockText = readFileSync(lockFile);
  const lockHash = createHash('sha256').update(lockText).digest('hex');
  const marker = path.join(root, 'node_modules', '.talon-lock');

  if (readText(marker) !== lockHash) {
    const record = readText(path.join(root, 'node_modules', '.package-lock.json'));
    if (record === null || !isInstalled(parse(lockText.toString()), parse(record))) {
      say('Installing the dependencies (npm ci) ...');
      npmCi(root);
    }
    mkdirSync(path.dirname(marker), { recursive: true });
    writeFileSync(marker, lockHash);
  }
  return findNode(root);
}

/** @param {string} root */
function npmCi(root) {
  // When npm started us, the same npm continues; otherwise the one on PATH (a .cmd file on Windows needs a shell).
  const npmScript = process.env.npm_execpath;
  const [command, args] =
    npmScript !== undefined && /\.[cm]?js$/.test(npmScript)
      ? [process.execPath, [npmScript, 'ci']]
      : [process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci']];
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: command.endsWith('.cmd'),
    env: environmentForInstall(),
  });
  if (result.error === undefined && result.status === 0) return;
  const reason =
    result.error?.message ?? (result.signal ? `stopped by ${result.signal}` : `exit code ${result.status}`);
  throw new SetupError(
    `The dependencies could not be installed: "npm ci" in ${root} failed (${reason}).\n` +
      'What npm says above names the cause. Usually it is the network or the registry: check `npm ping`, the proxy and\n' +
      'the `registry` of your npm configuration, that the disk has 2 GB free, then run the same command again.',
  );
}

/** `npm test --silent` and the like must not silence or filter the install. */
function environmentForInstall() {
  const env = { ...process.env };
  delete env.npm_config_loglevel;
  // With NODE_ENV=production npm would leave out everything the tools are made of.
  delete env.NODE_ENV;
  return env;
}

/**
 * @param {string} root
 * @returns {string}
 */
function findNode(root) {
  const windows = process.platform === 'win32';
  const modules = path.join(root, 'node_modules');
  const platformName = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const pinned = path.join(modules, platformName, 'bin', windows ? 'node.exe' : 'node');
  const seen = [];
  if (existsSync(pinned)) {
    const version = versionOf(pinned);
    if (version !== null && isNewEnough(version)) return pinned;
    seen.push(`${pinned}: ${version ?? 'does not run on this system'}`);
  }
  if (isNewEnough(process.versions.node)) return process.execPath;
  seen.push(`${process.execPath}: ${process.versions.node}`);
  throw new SetupError(
    `Talon's tools need Node ${OLDEST_NODE.join('.')} or newer, and none was found:\n  ${seen.join('\n  ')}\n` +
      `Usually the package ${platformName} brings it; on this system (${process.platform} ${process.arch}) it is not there\n` +
      'or does not run. Install Node 24 (nodejs.org or your package manager) and run the same command again.',
  );
}

/**
 * @param {string} node
 * @returns {string | null} its version, null if it does not run
 */
function versionOf(node) {
  const result = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000 });
  return result.status === 0 ? result.stdout.trim() : null;
}

/**
 * Runs one of the TypeScript tools on the pinned Node with this process's standard streams, and exits as it exits.
 * Signals are passed on; one that comes from the keyboard reaches the child anyway and is not sent twice.
 *
 * @param {string} node from `ensureInstalled`
 * @param {string} script path relative to the root of the tree
 * @param {readonly string[]} args
 */
function runAndExit(node, script, args) {
  const bin = path.join(ROOT, 'node_modules', '.bin');
  const child = spawn(node, [path.join(ROOT, script), ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      // The folder of the Node itself first: .bin has no `node` where the running Node is the one that was accepted.
      PATH: [path.dirname(node), bin, process.env.PATH ?? ''].join(path.delimiter),
    },
  });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (signal === null ? 1 : constants.signals[signal]));
  });
}

/**
 * The whole of `npm start` and `npm test`: install if needed, then run `script` on the pinned Node.
 *
 * @param {string} script path relative to the root of the tree
 */
export function main(script) {
  try {
    runAndExit(ensureInstalled(), script, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
