import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { hashInputs } from '../tools/build.ts';
import { displaySocket, missingLibraries } from '../tools/display.ts';
import { cacheFolder } from '../tools/paths.ts';
import { packedFile, resolveElectron } from '../tools/runtime.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'talon-runtime-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

describe('resolveElectron with ELECTRON_OVERRIDE_DIST_PATH', () => {
  test('names what is missing there', async () => {
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', folder);
    await expect(resolveElectron()).rejects.toThrow(/No Electron runtime could be had.*but there is no/);
  });

  test('takes what is there, whatever its version', async () => {
    const program = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[
      process.platform as string
    ];
    const executablePath = path.join(folder, program ?? 'electron');
    mkdirSync(path.dirname(executablePath), { recursive: true });
    writeFileSync(executablePath, '');
    writeFileSync(path.join(folder, 'version'), 'v1.2.3\n');
    vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', folder);
    expect(await resolveElectron()).toEqual({ executablePath, version: '1.2.3', kind: 'fallback' });
  });
});

test('packedFile reads every form of what npm pack prints', () => {
  expect(packedFile('[{"filename":"scope-name-1.0.0.tgz"}]')).toBe('scope-name-1.0.0.tgz');
  expect(packedFile('[{"filename":"@scope/name-1.0.0.tgz"}]')).toBe('scope-name-1.0.0.tgz');
  expect(packedFile('{"@scope/name":{"filename":"scope-name-1.0.0.tgz"}}')).toBe('scope-name-1.0.0.tgz');
  expect(() => packedFile('[]')).toThrow(/no file name/);
});

test.runIf(process.platform === 'linux')('cacheFolder follows the XDG rules on Linux', () => {
  vi.stubEnv('XDG_CACHE_HOME', folder);
  expect(cacheFolder()).toBe(path.join(folder, 'talon'));
  vi.stubEnv('XDG_CACHE_HOME', 'not/absolute');
  expect(path.isAbsolute(cacheFolder())).toBe(true);
});

test('missingLibraries finds what the loader did not', () => {
  const output = [
    '\tlinux-vdso.so.1 (0x00007ffc)',
    '\tlibgtk-3.so.0 => not found',
    '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
    '\tlibnss3.so => not found',
    '\tlibnss3.so => not found',
  ].join('\n');
  expect(missingLibraries(output)).toEqual(['libgtk-3.so.0', 'libnss3.so']);
  expect(missingLibraries('\tnot a dynamic executable')).toEqual([]);
});

test('displaySocket knows where a display listens', () => {
  expect(displaySocket(':0')).toEqual({ path: '/tmp/.X11-unix/X0' });
  expect(displaySocket('unix:7.1')).toEqual({ path: '/tmp/.X11-unix/X7' });
  expect(displaySocket('desk:10.0')).toEqual({ host: 'desk', port: 6010 });
  expect(displaySocket('')).toBe(null);
  expect(displaySocket('wayland-0')).toBe(null);
});

describe('hashInputs', () => {
  test('changes with a name or a byte, and with nothing else', async () => {
    mkdirSync(path.join(folder, 'src', 'deep'), { recursive: true });
    writeFileSync(path.join(folder, 'src', 'deep', 'a.ts'), 'one');
    writeFileSync(path.join(folder, 'single.json'), '{}');
    const inputs = ['src', 'single.json', 'absent'];
    const first = await hashInputs(folder, inputs);
    expect(await hashInputs(folder, inputs)).toBe(first);
    writeFileSync(path.join(folder, 'other.txt'), 'not an input');
    expect(await hashInputs(folder, inputs)).toBe(first);
    writeFileSync(path.join(folder, 'src', 'deep', 'a.ts'), 'two');
    const second = await hashInputs(folder, inputs);
    expect(second).not.toBe(first);
    writeFileSync(path.join(folder, 'src', 'b.ts'), '');
    expect(await hashInputs(folder, inputs)).not.toBe(second);
  });
});
