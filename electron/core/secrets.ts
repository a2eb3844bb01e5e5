import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { Secrets } from './ports.ts';

/**
 * Secrets in a file that only this user may read. Each change is written beside it, fsynced and renamed over it.
 * @throws Error when the file is there but is no JSON: a device with a damaged key must be enrolled anew, not silently
 */
export const fileSecrets = (file: string): Secrets => {
  const read = (): Record<string, string> => {
    if (!existsSync(file)) return {};
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    } catch (error) {
      throw new Error(`${file} is damaged: put it aside and enrol this device anew`, { cause: error });
    }
  };
  return {
    get: (name) => {
      const all = read();
      return Object.hasOwn(all, name) ? (all[name] ?? null) : null;
    },
    set: (name, value) => {
      const all = read();
      if (value === null) delete all[name];
      else all[name] = value;
      const beside = `${file}.new`;
      const fd = openSync(beside, 'w', 0o600);
      try {
        writeSync(fd, JSON.stringify(all));
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(beside, file);
    },
  };
};
