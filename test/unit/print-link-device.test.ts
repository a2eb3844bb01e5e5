import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { devicePrinter } from '../../electron/core/printing/link-device.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'device-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('devicePrinter', () => {
  it('names itself', () => {
    expect(devicePrinter({ path: '/dev/usb/lp0' }).name).toBe('device /dev/usb/lp0');
  });
  it.each([[''], ['lp0'], ['./lp0'], ['/dev/\0']])('refuses the path %j', (path) => {
    expect(() => devicePrinter({ path })).toThrow(RangeError);
  });
  it('says that the printer is not there, and makes no file of that name', async () => {
    const path = join(folder, 'lp0');
    await expect(devicePrinter({ path }).open(1000)).rejects.toThrow(/is the printer plugged in/);
    expect(existsSync(path)).toBe(false);
  });
  it('refuses an ordinary file and leaves it as it was, also behind a link', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'kept');
    symlinkSync(path, join(folder, 'lp0'));
    await expect(devicePrinter({ path }).open(1000)).rejects.toThrow(/an ordinary file, no printer/);
    await expect(devicePrinter({ path: join(folder, 'lp0') }).open(1000)).rejects.toThrow(/an ordinary file/);
    expect(readFileSync(path, 'utf8')).toBe('kept');
  });
  it('refuses a folder', async () => {
    await expect(devicePrinter({ path: folder }).open(1000)).rejects.toThrow(/a directory, no printer/);
  });
  it('refuses what swallows everything', async () => {
    await expect(devicePrinter({ path: '/dev/null' }).open(1000)).rejects.toThrow(/keeps nothing, no printer/);
  });
});
