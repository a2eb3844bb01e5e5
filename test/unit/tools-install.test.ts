import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { completeLock, missingFromLock, platformOf, readLock } from '../tools/install-lock.ts';
import { ensureInstalled, isInstalled, isNewEnough } from '../tools/install.mjs';

describe('isNewEnough', () => {
  test.each(['22.12.0', 'v22.12.0', 'v22.20.1', 'v24.0.0', 'v100.1.0'])('%s is', (version) => {
    expect(isNewEnough(version)).toBe(true);
  });
  test.each(['20.19.5', 'v22.11.9', '18.0.0', '', 'nonsense'])('"%s" is not', (version) => {
    expect(isNewEnough(version)).toBe(false);
  });
});

const lock = (packages: Record<string, object>): unknown => ({ lockfileVersion: 3, packages });

describe('isInstalled', () => {
  const wanted = lock({
    '': { name: 'talon' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b-win32': { version: '2.0.0', optional: true },
  });

  test('without the packages of other platforms', () => {
    expect(isInstalled(wanted, lock({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } }))).toBe(true);
  });
  test('not with a package missing', () => {
    expect(isInstalled(wanted, lock({ 'node_modules/b-win32': { version: '2.0.0' } }))).toBe(false);
  });
  test('not with another version or other bytes', () => {
    expect(isInstalled(wanted, lock({ 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }))).toBe(false);
    expect(isInstalled(wanted, lock({ 'node_modules/a': { version: '1.0.0', integrity: 'sha512-z' } }))).toBe(false);
  });
  test('not with another version of an optional package', () => {
    const installed = lock({
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
      'node_modules/b-win32': { version: '1.9.0' },
    });
    expect(isInstalled(wanted, installed)).toBe(false);
  });
  test('not when either file says nothing', () => {
    expect(isInstalled(wanted, null)).toBe(false);
    expect(isInstalled(null, lock({}))).toBe(false);
  });
});

describe('ensureInstalled', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'talon-install-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('takes over what npm installed by hand, remembers it, and gives a Node that is new enough', () => {
    const text = JSON.stringify(lock({ 'node_modules/a': { version: '1.0.0' } }));
    writeFileSync(path.join(root, 'package-lock.json'), text);
    mkdirSync(path.join(root, 'node_modules'));
    writeFileSync(path.join(root, 'node_modules', '.package-lock.json'), text);
    expect(ensureInstalled({ root, quiet: true })).toBe(process.execPath);
    expect(readFileSync(path.join(root, 'node_modules', '.talon-lock'), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
    // From now on the record of npm is not needed.
    rmSync(path.join(root, 'node_modules', '.package-lock.json'));
    expect(ensureInstalled({ root, quiet: true })).toBe(process.execPath);
  });

  test('without a lock file it says that the tree is not whole', () => {
    expect(() => ensureInstalled({ root, quiet: true })).toThrow(/not a whole source tree/);
  });
});

describe('the lock file', () => {
  test('names the packages of every platform, so that npm ci accepts it everywhere', () => {
    const missing = [...missingFromLock(readLock()).keys()];
    expect(missing, 'run: node test/tools/install-lock.ts').toEqual([]);
  });

  test.each([
    ['@scope/thing-linux-x64-gnu', { cpu: ['x64'], libc: ['glibc'], os: ['linux'] }],
    ['@scope/thing-linux-arm-musleabihf', { cpu: ['arm'], libc: ['musl'], os: ['linux'] }],
    ['@scope/thing-win32-arm64-msvc', { cpu: ['arm64'], os: ['win32'] }],
    ['thing-darwin-universal', { os: ['darwin'] }],
    ['@scope/binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['@scope/linuxish', null],
    ['fsevents', null],
  ])('platformOf %s', (name, expected) => {
    expect(platformOf(name)).toEqual(expected);
  });

  test('is completed for what is wanted and not there, also from a nested place', () => {
    const there = { version: '1.0.0', optional: true };
    const lock = {
      packages: {
        '': { optionalDependencies: { 'own-linux-x64': '^1.0.0' } },
        'node_modules/a': { dev: true, optionalDependencies: { 'a-linux-x64': '1.0.0', 'a-darwin-x64': '1.0.0' } },
        'node_modules/a-linux-x64': there,
        'node_modules/a/node_modules/b': {
          optionalDependencies: { 'a-linux-x64': '1.0.0', 'not-a-platform': '2.0.0' },
        },
      },
    };
    const { packages } = completeLock(lock);
    expect(Object.keys(packages).filter((location) => !(location in lock.packages))).toEqual([
      'node_modules/a-darwin-x64',
    ]);
    expect(packages['node_modules/a-darwin-x64']).toEqual({
      version: '1.0.0',
      cpu: ['x64'],
      dev: true,
      optional: true,
      os: ['darwin'],
    });
  });
});
