import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './paths.ts';

/**
 * Completes package-lock.json with the packages of other platforms (run it after every `npm install NAME`).
 *
 * npm writes an optional package into the lock file only if the registry in use has it. Many private registries mirror
 * no binaries for platforms that nobody there uses, and `npm ci` then refuses the very file that `npm install` wrote
 * ("Missing: ...-darwin-arm64@ from lock file"), or another platform installs without its binary. The name and the exact
 * version are known from the package that wants them, and the platform stands in the name.
 */

interface LockEntry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
  [other: string]: unknown;
}

interface Lock {
  packages: Record<string, LockEntry>;
}

const SYSTEMS: Readonly<Record<string, string>> = {
  aix: 'aix',
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  win32: 'win32',
  windows: 'win32',
};

const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * @param name like `@scope/thing-linux-arm-gnueabihf`
 * @returns npm's `os`, `cpu` and `libc` of that package; null when its name tells no platform
 */
export function platformOf(name: string): Pick<LockEntry, 'os' | 'cpu' | 'libc'> | null {
  const words = (name.split('/').at(-1) ?? '').split('-');
  const system = words.map((word) => SYSTEMS[word]).find((word) => word !== undefined);
  const processor =
    words.find((word) => PROCESSORS.includes(word)) ?? (words.includes('ppc64le') ? 'ppc64' : undefined);
  if (system === undefined && processor !== 'wasm32') return null;
  const libc = words.some((word) => word.startsWith('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return {
    ...(processor === undefined ? {} : { cpu: [processor] }),
    ...(libc === undefined || system !== 'linux' ? {} : { libc: [libc] }),
    ...(system === undefined ? {} : { os: [system] }),
  };
}

/** @returns whether `name` is found from `location`, as Node looks for it: in its own folder, then in each above */
function isLocked(lock: Lock, location: string, name: string): boolean {
  for (let at = location; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in lock.packages) return true;
    if (at === '') return false;
  }
}

/** @returns the packages of exact versions for other platforms that the lock file lacks, by name */
export function missingFromLock(lock: Lock): Map<string, LockEntry> {
  const missing = new Map<string, LockEntry>();
  for (const [location, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      if (platform === null || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version) || isLocked(lock, location, name)) continue;
      const { cpu, libc, os } = platform;
      missing.set(name, {
        version,
        ...(cpu === undefined ? {} : { cpu }),
        ...(entry.dev === true ? { dev: true } : {}),
        ...(libc === undefined ? {} : { libc }),
        optional: true,
        ...(os === undefined ? {} : { os }),
      });
    }
  }
  return missing;
}

/** @returns the lock file with what it lacks, in npm's own order */
export function completeLock(lock: Lock): Lock {
  const packages = { ...lock.packages };
  for (const [name, entry] of missingFromLock(lock)) packages[`node_modules/${name}`] = entry;
  const ordered = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
  return { ...lock, packages: Object.fromEntries(ordered) };
}

/** @throws when there is no readable package-lock.json */
export function readLock(): Lock {
  return JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
}

if (import.meta.main) {
  const lock = readLock();
  const missing = missingFromLock(lock);
  if (missing.size > 0) {
    writeFileSync(path.join(ROOT, 'package-lock.json'), `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  }
  process.stdout.write(`package-lock.json: ${missing.size} packages of other platforms added\n`);
}
