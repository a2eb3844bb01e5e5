import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the source tree, and the folders of the tools. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the test run writes: results, screenshots, reports. */
export const TEST_OUTPUT = path.join(ROOT, 'out', 'test');

/** @returns the folder for what is fetched once and kept outside the tree (XDG base directory rules on Linux) */
export function cacheFolder(): string {
  const base =
    process.platform === 'win32'
      ? (process.env['LOCALAPPDATA'] ?? path.join(homedir(), 'AppData', 'Local'))
      : process.platform === 'darwin'
        ? path.join(homedir(), 'Library', 'Caches')
        : xdgCache();
  return path.join(base, 'talon');
}

function xdgCache(): string {
  const told = process.env['XDG_CACHE_HOME'];
  // A relative path there is invalid by the rules and must be ignored.
  return told !== undefined && path.isAbsolute(told) ? told : path.join(homedir(), '.cache');
}
