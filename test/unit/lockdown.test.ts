import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FORBIDDEN_SWITCHES, forbiddenSwitch, parseArgs } from '../../electron/main/args.ts';
import { CONTENT_SECURITY_POLICY, resolveAsset } from '../../electron/main/assets.ts';
import {
  isBlockedKey,
  mayNavigate,
  mayRequest,
  mayUse,
  reloadDelay,
  webPreferences,
} from '../../electron/main/lockdown.ts';
import { chooseTransport, coreEnvironment, findPinnedNode } from '../../electron/main/transport.ts';
import { ROOT } from '../tools/paths.ts';

const sources = (folder: string): [string, string][] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [`${folder}/${name}`, readFileSync(path.join(ROOT, folder, name), 'utf8')]);
const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

describe('windows', () => {
  test('a release window', () => {
    expect(webPreferences({ preload: '/p.cjs', partition: 'talon', developer: false })).toEqual({
      preload: '/p.cjs',
      partition: 'talon',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
      autoplayPolicy: 'no-user-gesture-required',
      backgroundThrottling: false,
    });
  });

  test.each([
    'webSecurity',
    'allowRunningInsecureContent',
    'experimentalFeatures',
    'enableBlinkFeatures',
    'openExternal',
    'executeJavaScript',
    'bypassCSP',
    'persist:',
    'setSecure',
  ])('nothing in main or preload says %s', (word) => {
    const found = [...sources('electron/main'), ...sources('electron/preload')].filter(([, text]) =>
      code(text).includes(word),
    );
    expect(found.map(([file]) => file)).toEqual([]);
  });

  test('one module opens the gate, one knows ipcRenderer, none knows Node in the preload', () => {
    const using = (folder: string, word: RegExp): string[] =>
      sources(folder)
        .filter(([, text]) => word.test(code(text)))
        .map(([file]) => file);
    expect(using('electron/main', /\bipcMain\b/)).toEqual(['electron/main/gate.ts']);
    expect(using('electron/preload', /\bipcRenderer\b.*from 'electron'/)).toEqual(['electron/preload/bridge.ts']);
    expect(using('electron/preload', /from 'node:|require\(|process\./)).toEqual([]);
  });
});

test('the content security policy', () => {
  expect(CONTENT_SECURITY_POLICY).toBe(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
});

describe('files behind app://', () => {
  const root = path.resolve('/srv/renderer');
  test.each([
    ['app://kiosk/', 'kiosk.html', 'text/html; charset=utf-8'],
    ['app://kiosk/kiosk.html?x=1#y', 'kiosk.html', 'text/html; charset=utf-8'],
    ['app://kiosk/assets/reader.wasm', 'assets/reader.wasm', 'application/wasm'],
    ['app://kiosk/assets/a%20b.js', 'assets/a b.js', 'text/javascript; charset=utf-8'],
    ['app://kiosk/a/../kiosk.html', 'kiosk.html', 'text/html; charset=utf-8'],
    ['app://kiosk/..foo.js', '..foo.js', 'text/javascript; charset=utf-8'],
  ])('%s', (url, file, type) => {
    expect(resolveAsset(root, url, 'kiosk')).toEqual({ file: path.join(root, file), type });
  });

  test.each([
    'app://kiosk/..%2f..%2fpackage.json',
    'app://kiosk/%2e%2e%2f%2e%2e%2fpackage.json',
    'app://kiosk/..%5c..%5cpackage.json',
    'app://kiosk/..%2frenderer-other%2fx.js',
    'app://kiosk/%2fetc%2fpasswd',
    'app://kiosk//etc/passwd',
    'app://kiosk/kiosk.html%00.js',
    'app://kiosk/c:%2fwindows%2fwin.ini',
    'app://kiosk/kiosk.html:stream.js',
    'app://kiosk/%zz.js',
    'app://kiosk/assets/',
    'app://kiosk/assets/x.map',
    'app://kiosk/assets/x.node',
    'app://kiosk.evil/kiosk.html',
    'app://desk/kiosk.html',
    'file:///srv/renderer/kiosk.html',
    'nonsense',
  ])('not %s', (url) => {
    expect(resolveAsset(root, url, 'kiosk')).toBeNull();
  });
});

describe('where pages go and ask', () => {
  test('only to themselves', () => {
    expect(mayNavigate('app://kiosk/kiosk.html', 'kiosk', true)).toBe(true);
    expect(mayNavigate('app://kiosk/kiosk.html', 'kiosk', false)).toBe(false);
    const others = [
      'app://kiosk/assets/x.js',
      'https://example.ru/',
      'file:///',
      'data:text/html,',
      'blob:app://kiosk/1',
      'app://desk/kiosk.html',
    ];
    for (const url of others) expect(mayNavigate(url, 'kiosk', true)).toBe(false);
  });

  test('only their own files', () => {
    for (const url of ['app://kiosk/x.js', 'blob:app://kiosk/1', 'data:image/png;base64,']) {
      expect(mayRequest(url, 'kiosk', false)).toBe(true);
    }
    const others = [
      'http://127.0.0.1/',
      'https://example.ru/',
      'ws://x/',
      'file:///etc/passwd',
      'blob:app://kiosk.evil/1',
      'devtools://x',
      'app://desk/x',
    ];
    for (const url of others) expect(mayRequest(url, 'kiosk', false)).toBe(false);
    expect(mayRequest('devtools://x', 'kiosk', true)).toBe(true);
  });
});

test('of all permissions only the camera, only for the main frame of the kiosk', () => {
  const camera = { permission: 'media', origin: 'app://kiosk/', isMainFrame: true, media: ['video'] };
  expect(mayUse(camera, 'kiosk')).toBe(true);
  for (const media of [[], ['audio'], ['video', 'audio'], ['unknown']])
    expect(mayUse({ ...camera, media }, 'kiosk')).toBe(false);
  expect(mayUse({ ...camera, isMainFrame: false }, 'kiosk')).toBe(false);
  for (const origin of ['', 'null', 'https://example.ru/', 'app://kiosk.evil/', 'app://desk/']) {
    expect(mayUse({ ...camera, origin }, 'kiosk')).toBe(false);
  }
  const types = readFileSync(path.join(ROOT, 'node_modules/electron/electron.d.ts'), 'utf8');
  const handlers = [
    ...types.matchAll(
      /setPermission(?:Request|Check)Handler\(handler[\s\S]*?permission: ([^)]*?),? *(?:callback|requestingOrigin)/g,
    ),
  ];
  const permissions = [
    ...new Set(handlers.flatMap((m) => [...(m[1] ?? '').matchAll(/'([\w-]+)'/g)].map((one) => one[1] ?? ''))),
  ];
  expect(permissions.length).toBeGreaterThan(10);
  for (const permission of permissions) {
    if (permission !== 'media')
      expect([permission, mayUse({ ...camera, permission }, 'kiosk')]).toEqual([permission, false]);
  }
});

describe('keys', () => {
  const key = (name: string, mods: { control?: boolean; alt?: boolean; meta?: boolean } = {}, code = name) => ({
    key: name,
    code,
    control: false,
    alt: false,
    meta: false,
    ...mods,
  });
  test.each([
    'a',
    'Я',
    '7',
    'Enter',
    'Tab',
    ' ',
    'Escape',
    'Backspace',
    'ArrowUp',
    'Home',
    'PageDown',
    'F13',
    'F24',
    'Shift',
    'Control',
    'Alt',
  ])('%s passes', (name) => expect(isBlockedKey(key(name), 'kiosk', false)).toBe(false));
  test.each([
    'F1',
    'F5',
    'F10',
    'F11',
    'F12',
    'Meta',
    'ContextMenu',
    'PrintScreen',
    'BrowserBack',
    'BrowserHome',
    'LaunchMail',
    'MediaPlayPause',
    'AudioVolumeUp',
    'ZoomIn',
    'Power',
  ])('%s is kept', (name) => expect(isBlockedKey(key(name), 'kiosk', false)).toBe(true));
  test('a desk types, reloads nothing and inspects nothing', () => {
    for (const name of ['c', 'v', 'x', 'a', 'z'])
      expect([name, isBlockedKey(key(name, { control: true }, `Key${name.toUpperCase()}`), 'desk', false)]).toEqual([
        name,
        false,
      ]);
    expect(isBlockedKey(key('F2'), 'desk', false)).toBe(false);
    for (const name of ['F11', 'F12']) expect(isBlockedKey(key(name), 'desk', false)).toBe(true);
    expect(isBlockedKey(key('r', { control: true }, 'KeyR'), 'desk', false)).toBe(true);
    expect(isBlockedKey(key('F4', { alt: true }), 'desk', false)).toBe(true);
  });
  test('nothing with Ctrl, Alt or the system key; a developer may reload and inspect', () => {
    for (const name of ['a', 'r', 'w', 'q', 'p', 'l', '+', '-', '0', 'Tab', 'F4', 'ArrowLeft', 'Delete']) {
      for (const mods of [{ control: true }, { alt: true }, { meta: true }, { control: true, alt: true }]) {
        expect([name, mods, isBlockedKey(key(name, mods), 'kiosk', false)]).toEqual([name, mods, true]);
      }
    }
    expect(isBlockedKey(key('r', { control: true }, 'KeyR'), 'kiosk', true)).toBe(false);
    expect(isBlockedKey(key('I', { control: true }, 'KeyI'), 'kiosk', true)).toBe(false);
    expect(isBlockedKey(key('w', { control: true }, 'KeyW'), 'kiosk', true)).toBe(true);
  });
});

test('a page that keeps dying is loaded ever more rarely, and always again', () => {
  expect(
    [0, 1, 2, 3, 4, 5, 50].map((n) =>
      reloadDelay(
        Array.from({ length: n }, () => 1000),
        1000,
      ),
    ),
  ).toEqual([0, 250, 750, 1750, 3750, 60_000, 60_000]);
  expect(reloadDelay([0, 0, 0, 0, 0, 0], 60_000)).toBe(0);
});

describe('the command line', () => {
  const parse = (argv: string[], strict = true) => parseArgs(argv, { strict, cwd: path.resolve('/cwd') });
  test('paths and sizes', () => {
    expect(parse([])).toEqual({ ok: true, args: { data: null, config: null, window: null, roles: null } });
    expect(parse(['--data=d', '--config=/etc/talon.json', '--window=1080x1920'])).toEqual({
      ok: true,
      args: {
        data: path.resolve('/cwd/d'),
        config: path.resolve('/etc/talon.json'),
        window: { width: 1080, height: 1920 },
        roles: null,
      },
    });
    expect(parse(['--roles=desk,kiosk'])).toMatchObject({ ok: true, args: { roles: ['kiosk', 'desk'] } });
  });
  test.each([
    [['--data'], '--data needs a value'],
    [['--config='], '--config needs a value'],
    [['--window=big'], '--window=big is not a size'],
    [['--window=100x9000'], 'is not a size'],
    [['--data=a', '--data=b'], 'given twice'],
    [['--kiosk'], '"--kiosk" is not known'],
    [['file.txt'], '"file.txt" is not known'],
  ])('%j is refused with a reason', (argv, reason) => {
    expect(parse(argv)).toEqual({ ok: false, message: expect.stringContaining(reason) as unknown });
  });
  test('development lets the switches of others pass, not wrong ones of ours', () => {
    expect(parse(['--no-sandbox', '/app', '--window=800x600'], false)).toMatchObject({
      ok: true,
      args: { window: { width: 800 } },
    });
    expect(parse(['--window=8'], false).ok).toBe(false);
  });
  test('a release does not run with a switch that opens it up', () => {
    expect(forbiddenSwitch(() => false)).toBeNull();
    for (const name of FORBIDDEN_SWITCHES) expect(forbiddenSwitch((one) => one === name)).toBe(name);
  });
});

describe('the core process', () => {
  test('runs in a utility process; a child of plain Node is for development runtimes only', () => {
    expect(chooseTransport({ napi: '10', packaged: true })).toBe('utility');
    expect(chooseTransport({ napi: '10', packaged: false })).toBe('utility');
    expect(chooseTransport({ napi: '8', packaged: false })).toBe('fork');
    expect(() => chooseTransport({ napi: '8', packaged: true })).toThrow(/Node-API 8.*pinned Electron/s);
  });
  test('sees few variables', () => {
    const env = {
      PATH: '/bin',
      HOME: '/h',
      LC_ALL: 'C',
      NODE_OPTIONS: '--inspect',
      ELECTRON_RUN_AS_NODE: '1',
      AWS_SECRET: 'x',
      LD_PRELOAD: 'y',
      NODE_EXTRA_CA_CERTS: 'z',
      TALON_X: '1',
    };
    expect(coreEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/h', LC_ALL: 'C', TALON_X: '1' });
  });
  test('finds the pinned Node or says where it looked', () => {
    expect(findPinnedNode(ROOT, { TALON_NODE: process.execPath })).toBe(process.execPath);
    expect(findPinnedNode(ROOT, {})).toContain('node_modules');
    expect(() => findPinnedNode('/nowhere', {})).toThrow(/not at .*nowhere.*npm ci/);
  });
});
