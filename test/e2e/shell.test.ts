/* oxlint-disable eslint/no-extend-native, eslint/no-underscore-dangle, unicorn/prefer-add-event-listener -- this file attacks */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../../electron/main/assets.ts';
import { appContract } from '../../shared/contracts/app.ts';
import { eventsFor, methodsFor } from '../../shared/contracts/define.ts';
import { buildShellApp } from '../fixtures/core-double/build.ts';
import { launchTalon, reportOnFailure } from './harness/app.ts';
import type { Talon } from './harness/app.ts';

/** The shell in a real Electron, attacked from its page. The core is a scripted one, the page a probe. */

interface Bridge {
  methods: Record<string, (params?: unknown) => Promise<{ ok: boolean; value?: unknown; error?: { code: string } }>>;
  events: Record<string, (listener: (payload: unknown) => void) => () => void>;
}
declare global {
  interface Window {
    heard: { event: string; args: unknown[] }[];
  }
}
type ProbeWindow = Window & { talon: Bridge };

const ATTEMPT = '0198c5b0-0000-7000-8000-00000000000a';
const PAGE = 'app://kiosk/kiosk.html';

let appDir: string;
let data: string;
let talon: Talon;
let server: Server;
let site: string;
const visits: string[] = [];

const launch = (args: readonly string[] = [], env: Record<string, string> = {}): Promise<Talon> =>
  launchTalon({
    appDir,
    args: [`--data=${data}`, '--roles=kiosk', '--window=800x900', '--use-fake-device-for-media-stream', ...args],
    env: { TALON_NODE: process.execPath, ELECTRON_ENABLE_SECURITY_WARNINGS: '1', SECRET_OF_MAIN: 'x', ...env },
    display: { width: 1080, height: 1920 },
  });

reportOnFailure();

beforeAll(async () => {
  appDir = await buildShellApp();
  data = await mkdtemp(path.join(tmpdir(), 'talon-shell-'));
  server = createServer((request, response) => {
    visits.push(request.url ?? '');
    if (request.url === '/redirect') response.writeHead(302, { location: 'https://example.invalid/' }).end();
    else
      response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/html' }).end('<h1>evil</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  talon = await launch();
  await up();
});
afterAll(async () => {
  await talon?.close();
  server?.close();
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
});

const call = (method: string, params: unknown = {}) =>
  talon.page.evaluate(([name, given]) => (window as unknown as ProbeWindow).talon.methods[name]?.(given), [
    method,
    params,
  ] as const);
const scan = (text: string) => call('checkin.scan', { attempt: ATTEMPT, text, source: 'camera' });
const heard = (event: string) =>
  talon.page.evaluate((name) => window.heard.filter((one) => one.event === name).map((one) => one.args), event);
/** Not Playwright's own: that waits for navigations which were refused. */
const focus = (selector: string) =>
  talon.page.evaluate((wanted) => document.querySelector<HTMLElement>(wanted)?.focus(), selector);
/** The core answers; the page has been told. */
const up = async (): Promise<void> => {
  // While a page is being replaced there is nothing to evaluate in.
  await vi.waitUntil(async () => (await call('core.ping').catch(() => null))?.ok === true, {
    timeout: 20_000,
    interval: 50,
  });
};
/** The core's process id, as the core says. */
const corePid = async (): Promise<number> => ((await call('core.ping')) as { value: { pid: number } }).value.pid;
const nothingMoved = async (): Promise<void> => {
  expect(talon.page.url()).toBe(PAGE);
  expect(talon.app.windows()).toHaveLength(1);
  expect(await talon.page.evaluate(() => document.title)).toBe('Shell probe');
};

describe('the page', () => {
  test('has no Node and no Electron, and is sandboxed', async () => {
    const found = await talon.page.evaluate(() => ({
      names: [
        'require',
        'process',
        'Buffer',
        'global',
        'module',
        'exports',
        'electron',
        'ipcRenderer',
        'contextBridge',
        '__dirname',
        'setImmediate',
      ].filter((name) => name in window),
      top: Object.keys(window).filter((name) => /electron|node|ipc/i.test(name)),
    }));
    expect(found).toEqual({ names: [], top: [] });
    const preferences = await talon.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as
        { getLastWebPreferences(): Record<string, unknown>; session: { isPersistent(): boolean } } | undefined;
      const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } =
        contents?.getLastWebPreferences() ?? {};
      return {
        sandbox,
        contextIsolation,
        nodeIntegration,
        webSecurity,
        webviewTag,
        persistent: contents?.session.isPersistent(),
      };
    });
    expect(preferences).toEqual({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      persistent: false,
    });
  });

  test('finds functions of the contract of its role and nothing else, all frozen', async () => {
    const seen = await talon.page.evaluate(() => {
      const walked: { path: string; kind: string; frozen: boolean }[] = [];
      const objects = new Set<unknown>();
      const walk = (value: unknown, at: string): void => {
        if ((typeof value !== 'object' && typeof value !== 'function') || value === null || objects.has(value)) return;
        objects.add(value);
        walked.push({ path: at, kind: typeof value, frozen: Object.isFrozen(value) });
        for (const key of Reflect.ownKeys(value)) {
          if (typeof value === 'function' && ['length', 'name', 'prototype'].includes(String(key))) continue;
          walk((value as Record<PropertyKey, unknown>)[key], `${at}/${String(key)}`);
        }
      };
      walk((window as unknown as ProbeWindow).talon, '');
      const property = Object.getOwnPropertyDescriptor(window, 'talon');
      return { walked, fixed: property?.writable !== true && property?.configurable !== true };
    });
    expect(seen.fixed).toBe(true);
    expect(seen.walked.filter(({ kind }) => kind === 'object')).toEqual(
      ['', '/methods', '/events'].map((at) => ({ path: at, kind: 'object', frozen: true })),
    );
    expect(new Set(seen.walked.filter(({ kind }) => kind === 'function').map((one) => one.path))).toEqual(
      new Set([
        ...methodsFor(appContract, 'kiosk').map((name) => `/methods/${name}`),
        ...eventsFor(appContract, 'kiosk').map((name) => `/events/${name}`),
      ]),
    );
  });

  test('cannot reach the bridge by spoiling its own prototypes', async () => {
    const result = await talon.page.evaluate(async () => {
      const spoiled: string[] = [];
      // oxlint-disable-next-line typescript/unbound-method -- put back below
      const apply = Function.prototype.call;
      Object.defineProperty(Object.prototype, 'channel', { value: 'talon:service:device.enrol', configurable: true });
      Object.defineProperty(Object.prototype, 'role', { value: 'service', configurable: true });
      Function.prototype.call = function () {
        spoiled.push('call');
        return undefined;
      };
      Array.prototype.map = function () {
        spoiled.push('map');
        return [];
      } as never;
      try {
        return {
          result: await (window as unknown as ProbeWindow).talon.methods['core.ping']?.({}),
          spoiled,
        };
      } finally {
        Function.prototype.call = apply;
        delete (Object.prototype as Record<string, unknown>)['channel'];
        delete (Object.prototype as Record<string, unknown>)['role'];
      }
    });
    expect(result).toMatchObject({ result: { ok: true }, spoiled: [] });
    await talon.page.reload();
    await up();
  });

  test('gets payloads from its listeners and nothing of Electron; unsubscribing works', async () => {
    const send = (): Promise<void> =>
      talon.app.evaluate(({ BrowserWindow }) => {
        BrowserWindow.getAllWindows()[0]?.webContents.send('talon:kiosk:event:core.link', { state: 'up' });
      });
    await talon.page.evaluate(() => {
      const { events } = (window as unknown as ProbeWindow).talon;
      const counts = { stopped: 0, kept: 0 };
      Object.assign(window, { counts });
      const stop = events['core.link']?.(() => (counts.stopped += 1));
      events['core.link']?.(() => (counts.kept += 1));
      stop?.();
    });
    const before = (await heard('core.link')).length;
    await send();
    await expect
      .poll(() => talon.page.evaluate(() => (window as unknown as { counts: unknown }).counts))
      .toEqual({ stopped: 0, kept: 1 });
    expect((await heard('core.link')).slice(before)).toEqual([[{ state: 'up' }]]);
  });
});

describe('the gate', () => {
  test('has exactly the channels of the contract', async () => {
    const channels = await talon.app.evaluate(({ ipcMain }) => ({
      handled: [...(ipcMain as unknown as { _invokeHandlers: Map<string, unknown> })._invokeHandlers.keys()],
      // Electron itself listens for `error`.
      listened: ipcMain
        .eventNames()
        .map(String)
        .filter((name) => name !== 'error'),
    }));
    expect(channels.handled.sort()).toEqual(
      methodsFor(appContract, 'kiosk')
        .map((name) => `talon:kiosk:${name}`)
        .sort(),
    );
    expect(channels.listened).toEqual([]);
  });

  test('refuses parameters that do not fit, and answers that do not', async () => {
    expect(await call('print.job', { job: 'x' })).toMatchObject({ ok: false, error: { code: 'invalid-input' } });
    expect(
      await call('checkin.scan', { attempt: ATTEMPT, text: 'x', source: 'camera', role: 'service' }),
    ).toMatchObject({
      error: { code: 'invalid-input' },
    });
    const leak = await scan('BAD');
    expect(leak).toMatchObject({ ok: false, error: { code: 'invalid-output' } });
    expect(JSON.stringify(leak)).not.toContain('PATH');
  });

  test('refuses every frame that is not the main one', async () => {
    await talon.page.evaluate(async (url) => {
      const sources: ((frame: HTMLIFrameElement) => void)[] = [
        (frame) => (frame.srcdoc = '<p>srcdoc</p>'),
        (frame) => (frame.src = 'about:blank'),
        (frame) => (frame.src = 'data:text/html,<p>data</p>'),
        (frame) => (frame.src = url),
        (frame) => {
          frame.setAttribute('sandbox', 'allow-scripts');
          frame.srcdoc = '<p>sandboxed</p>';
        },
      ];
      for (const set of sources) {
        const frame = document.createElement('iframe');
        frame.className = 'hostile';
        set(frame);
        document.body.append(frame);
      }
      await new Promise((resolve) => setTimeout(resolve, 300));
    }, `${site}/frame`);
    const bridges = await Promise.all(
      talon.page
        .frames()
        .slice(1)
        .map((frame) =>
          frame.evaluate(() => ({ talon: 'talon' in window, require: 'require' in window })).catch(() => 'gone'),
        ),
    );
    expect(
      bridges.filter((one) => one !== 'gone' && JSON.stringify(one) !== '{"talon":false,"require":false}'),
    ).toEqual([]);
    expect(visits).not.toContain('/frame');
    // A message from such a frame, as a compromised renderer would forge it.
    const answers = await talon.app.evaluate(async ({ BrowserWindow, ipcMain }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      const handlers = (
        ipcMain as unknown as { _invokeHandlers: Map<string, (event: unknown, params: unknown) => unknown> }
      )._invokeHandlers;
      const results: unknown[] = [];
      for (const frame of contents?.mainFrame.framesInSubtree ?? []) {
        for (const [channel, handler] of handlers) {
          const result = (await handler({ sender: contents, senderFrame: frame }, {})) as { error?: { code: string } };
          results.push([frame === contents?.mainFrame ? 'main' : 'child', channel, result.error?.code ?? 'ok']);
        }
      }
      return results as [string, string, string][];
    });
    expect(answers.filter(([who]) => who === 'child').length).toBeGreaterThanOrEqual(3 * 5);
    expect(answers.filter(([who, , code]) => who === 'child' && code !== 'forbidden')).toEqual([]);
    expect(answers.find(([who, channel]) => who === 'main' && channel.endsWith('core.ping'))?.[2]).toBe('ok');
    await talon.page.evaluate(() => document.querySelectorAll('.hostile').forEach((frame) => frame.remove()));
  });

  test('refuses a window that it does not know, even with the right page, and knows no other channel', async () => {
    const preload = path.join(data, 'hostile-preload.cjs');
    await writeFile(preload, "window.ipc = require('electron').ipcRenderer;");
    const answers = await talon.app.evaluate(
      async ({ BrowserWindow }, given) => {
        const window = new BrowserWindow({
          show: false,
          webPreferences: { preload: given.preload, contextIsolation: false, partition: 'talon-kiosk' },
        });
        try {
          await window.loadURL(given.page);
          return (await window.webContents
            .executeJavaScript(`Promise.all(${JSON.stringify(given.channels)}.map((channel) =>
            window.ipc.invoke(channel, {}).then((r) => r.error ? r.error.code : 'ok', (e) => /No handler/.test(e.message) ? 'none' : e.message)))`)) as string[];
        } finally {
          window.destroy();
        }
      },
      {
        preload,
        page: PAGE,
        channels: [
          'talon:kiosk:core.ping',
          'talon:kiosk:checkin.scan',
          'talon:service:device.enrol',
          'talon:kiosk:sync.now',
          'talon:kiosk:__proto__',
          'talon',
        ],
      },
    );
    expect(answers).toEqual(['forbidden', 'forbidden', 'none', 'none', 'none', 'none']);
  });
});

describe('what the page tries', () => {
  test('the policy header is the one we mean, on every answer', async () => {
    const headers = await talon.page.evaluate(async () => {
      const answers = await Promise.all(['/kiosk.html', '/nothing.js'].map((url) => fetch(url)));
      return answers.map(({ status, headers: h }) => [
        status,
        h.get('content-security-policy'),
        h.get('x-content-type-options'),
      ]);
    });
    expect(headers).toEqual([
      [200, CONTENT_SECURITY_POLICY, 'nosniff'],
      [404, CONTENT_SECURITY_POLICY, 'nosniff'],
    ]);
  });

  test('inline script, inline style, eval and foreign scripts do not run', async () => {
    const violations = await talon.page.evaluate(async (url) => {
      const seen: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.pwned = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.pwned = true">');
      const style = document.createElement('style');
      style.textContent = 'body { background: red }';
      document.body.append(style);
      const foreign = document.createElement('script');
      foreign.src = `${url}/evil.js`;
      document.body.append(foreign);
      // In a turn of its own: what the debugger itself evaluates is exempt from the policy.
      setTimeout(() => {
        try {
          // oxlint-disable-next-line no-new-func, typescript/no-implied-eval
          new Function('window.pwned = true')();
        } catch {
          seen.push('eval refused');
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { seen, pwned: 'pwned' in window, background: getComputedStyle(document.body).backgroundColor };
    }, site);
    expect(violations.pwned).toBe(false);
    expect(violations.background).toBe('rgb(1, 2, 3)');
    expect(violations.seen).toEqual(
      expect.arrayContaining(['script-src-elem', 'script-src-attr', 'style-src-elem', 'eval refused']),
    );
    expect(visits).not.toContain('/evil.js');
  });

  test('requests to anything but its own files fail', async () => {
    const outcomes = await talon.page.evaluate(async (url) => {
      const targets = [
        `${url}/fetch`,
        'file:///etc/passwd',
        'app://kiosk.evil/kiosk.html',
        'app://kiosk/..%2f..%2fpackage.json',
        'app://kiosk/%2e%2e%2f%2e%2e%2fpackage.json',
        'app://kiosk/..%5c..%5cpackage.json',
        'app://kiosk//etc/passwd',
        'app://kiosk/kiosk.html%00.js',
      ];
      return Promise.all(
        targets.map((target) =>
          fetch(target).then(
            (r) => r.status,
            () => 'failed',
          ),
        ),
      );
    }, site);
    expect(outcomes.map((one) => (one === 404 ? 'failed' : one))).toEqual(outcomes.map(() => 'failed'));
    const beacon = await talon.page.evaluate((url) => {
      const socket = new Promise((resolve) => {
        try {
          const one = new WebSocket(url.replace('http', 'ws'));
          one.onerror = () => resolve('failed');
          one.onopen = () => resolve('open');
        } catch {
          resolve('failed');
        }
      });
      navigator.sendBeacon(`${url}/beacon`, 'x');
      const image = new Image();
      image.src = `${url}/image`;
      return socket;
    }, site);
    expect(beacon).toBe('failed');
    expect(visits).toEqual([]);
  });

  test('going elsewhere: nothing moves', async () => {
    const targets = [
      site,
      `${site}/redirect`,
      'https://example.invalid/',
      'file:///etc/passwd',
      'app://kiosk.evil/kiosk.html',
      'app://desk/desk.html',
      'app://kiosk/assets/',
      'data:text/html,<h1>x</h1>',
      'chrome://gpu',
      'view-source:app://kiosk/kiosk.html',
    ];
    for (const target of targets) {
      await talon.page.evaluate((url) => {
        try {
          location.href = url;
        } catch {
          // refused at once
        }
      }, target);
      await talon.page
        .evaluate((url) => window.open(url) === null, target)
        .then((refused) => expect([target, refused]).toEqual([target, true]));
    }
    for (const id of ['#away', '#blank'])
      await talon.page.evaluate((selector) => document.querySelector<HTMLElement>(selector)?.click(), id);
    const at = await talon.page.evaluate(() => {
      const box = document.querySelector('#blank')?.getBoundingClientRect();
      return { x: Math.round((box?.x ?? 0) + 5), y: Math.round((box?.y ?? 0) + 5) };
    });
    await talon.app.evaluate(({ BrowserWindow }, { x, y }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      for (const type of ['mouseDown', 'mouseUp'] as const)
        contents?.sendInputEvent({ type, x, y, button: 'middle', clickCount: 1 });
    }, at);
    await talon.page.evaluate((url) => {
      const form = document.createElement('form');
      form.action = url;
      form.method = 'post';
      document.body.append(form);
      form.submit();
    }, site);
    await talon.page.evaluate(() => {
      const view = document.createElement('webview');
      view.setAttribute('src', 'https://example.invalid/');
      document.body.append(view);
    });
    await delay(300);
    await nothingMoved();
    expect(visits).toEqual([]);
  });

  test('about:blank, about which Chromium asks nobody: it is back at once', async () => {
    await talon.page.evaluate(() => void setTimeout(() => (location.href = 'about:blank')));
    await expect.poll(() => talon.logs.some((line) => line.includes('window.astray'))).toBe(true);
    await expect.poll(() => talon.page.url()).toBe(PAGE);
    await up();
    await nothingMoved();
  });

  test('a download does not happen', async () => {
    await talon.page.evaluate(() => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(['x']));
      link.download = 'x.txt';
      document.body.append(link);
      link.click();
    });
    await expect.poll(() => talon.logs.some((line) => line.includes('download.refused'))).toBe(true);
    await nothingMoved();
  });

  test('of all permissions it gets the camera', async () => {
    const states = await talon.page.evaluate(async () => {
      const ask = (name: string) =>
        navigator.permissions.query({ name: name as PermissionName }).then(
          (s) => s.state,
          () => 'unknown',
        );
      const media = (constraints: MediaStreamConstraints) =>
        navigator.mediaDevices.getUserMedia(constraints).then(
          (stream) => {
            for (const track of stream.getTracks()) track.stop();
            return 'granted';
          },
          (error: Error) => error.name,
        );
      return {
        geolocation: await ask('geolocation'),
        notifications: await ask('notifications'),
        clipboard: await ask('clipboard-read'),
        midi: await ask('midi'),
        video: await media({ video: true }),
        audio: await media({ audio: true }),
        both: await media({ video: true, audio: true }),
        display: await navigator.mediaDevices.getDisplayMedia({ video: true }).then(
          () => 'granted',
          (error: Error) => error.name,
        ),
        notification: await Notification.requestPermission(),
        position: await new Promise((resolve) =>
          navigator.geolocation.getCurrentPosition(
            () => resolve('granted'),
            (error) => resolve(error.code),
          ),
        ),
      };
    });
    expect(states).toMatchObject({
      geolocation: 'denied',
      notifications: 'denied',
      clipboard: 'denied',
      midi: 'denied',
      video: 'granted',
      audio: 'NotAllowedError',
      both: 'NotAllowedError',
      notification: 'denied',
      position: 1,
    });
    expect(states.display).not.toBe('granted');
  });

  test('keys that leave the page do nothing; text reaches it', async () => {
    await focus('#text');
    const press = (keyCode: string, modifiers: ('control' | 'alt' | 'shift')[] = []) =>
      talon.app.evaluate(
        ({ BrowserWindow }, given) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          contents?.sendInputEvent({ type: 'keyDown', keyCode: given.keyCode, modifiers: given.modifiers });
          if (given.keyCode.length === 1 && given.modifiers.length === 0)
            contents?.sendInputEvent({ type: 'char', keyCode: given.keyCode });
          contents?.sendInputEvent({ type: 'keyUp', keyCode: given.keyCode, modifiers: given.modifiers });
        },
        { keyCode, modifiers },
      );
    await talon.page.evaluate(() => {
      Object.assign(window, { keys: [] as string[] });
      window.addEventListener('keydown', (event) => (window as unknown as { keys: string[] }).keys.push(event.key));
    });
    for (const [keyCode, ...modifiers] of [
      ['F5'],
      ['F12'],
      ['R', 'control'],
      ['W', 'control'],
      ['P', 'control'],
      ['Left', 'alt'],
      ['F4', 'alt'],
      ['J', 'control', 'shift'],
    ] as [string, ...('control' | 'alt' | 'shift')[]][]) {
      await press(keyCode, keyCode === 'R' ? ['control', 'alt'] : modifiers);
    }
    await delay(600);
    await press('a');
    await expect
      .poll(() => talon.page.evaluate(() => document.querySelector<HTMLInputElement>('#text')?.value))
      .toBe('a');
    expect(await talon.page.evaluate(() => (window as unknown as { keys: string[] }).keys)).toEqual(['a']);
    await nothingMoved();
  });

  test('what a scanner types becomes an event, and its Enter presses nothing', async () => {
    await focus('#button');
    await delay(600);
    await talon.app.evaluate(async ({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents;
      for (const keyCode of ['E', 'Z', '1', 'A', 'B', 'C', 'Enter']) {
        contents?.sendInputEvent({ type: 'keyDown', keyCode });
        contents?.sendInputEvent({ type: 'keyUp', keyCode });
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    });
    await expect
      .poll(() => heard('scan.read'))
      .toEqual([[{ text: expect.stringMatching(/^ez1abc$/i) as string, source: 'wedge' }]]);
    expect(await talon.page.evaluate(() => document.querySelector('#button')?.textContent)).toBe('0');
  });
});

describe('the core', () => {
  test('sees nothing of the environment that it does not need', async () => {
    const pid = await corePid();
    if (process.platform !== 'linux') return;
    const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .map((line) => line.split('=')[0] ?? '');
    expect(names).toContain('PATH');
    expect(names.filter((name) => /SECRET|NODE_OPTIONS|ELECTRON_ENABLE|DISPLAY/.test(name))).toEqual([]);
  });

  test('killed: the page is told, and a new one answers', async () => {
    const pid = await corePid();
    const before = (await heard('core.link')).length;
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () => (await heard('core.link')).slice(before))
      .toEqual([[{ state: 'restarting' }], [{ state: 'up' }]]);
    expect(await corePid()).not.toBe(pid);
  });

  test('killed by a call that may be repeated: the call ends well', async () => {
    expect(await scan('DIE-ONCE')).toMatchObject({ ok: true, value: { outcome: 'refused', reason: 'not-ours' } });
  });

  test('killed by the same call again and again: the call is given up, the core lives', async () => {
    expect(await scan('DIE')).toMatchObject({ ok: false, error: { code: 'core-failed' } });
    await up();
  });

  test('an error that nobody caught ends it too', async () => {
    const pid = await corePid();
    expect(await scan('THROW')).toMatchObject({ ok: false, error: { code: 'core-failed' } });
    await up();
    expect(await corePid()).not.toBe(pid);
    expect(talon.logs.some((line) => line.includes('core.uncaught-exception'))).toBe(true);
  });
});

describe('the window', () => {
  test('comes back when its page dies', async () => {
    const loaded = talon.app.evaluate(
      ({ BrowserWindow }) =>
        new Promise<string>((resolve) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          contents?.once('did-finish-load', () => resolve(contents.getURL()));
          contents?.forcefullyCrashRenderer();
        }),
    );
    expect(await loaded).toBe(PAGE);
  });

  test('no security warning of Electron was printed, in all of this', () => {
    expect(talon.logs.filter((line) => line.includes('Electron Security Warning'))).toEqual([]);
  });

  test('a second start ends at once; the first quits in order', async () => {
    await expect(launch()).rejects.toThrow(/closed|exit|launch/i);
    await talon.close();
    expect(existsSync(path.join(data, 'stopped-in-order'))).toBe(true);
  });

  test('a core that refuses to start: the page stands and is told the code', async () => {
    await writeFile(path.join(data, 'refuse-start'), '');
    talon = await launch();
    await expect.poll(async () => (await call('system.state'))?.error?.code, { timeout: 20_000 }).toBe('store-newer');
    await expect.poll(async () => (await heard('core.link')).at(-1)).toEqual([{ state: 'failed' }]);
    await rm(path.join(data, 'refuse-start'));
  });

  test('as a kiosk it fills the screen, does not let itself be closed, and ends in order when told to', async () => {
    await talon.close();
    talon = await launchTalon({
      appDir,
      args: [`--data=${data}`, '--roles=kiosk'],
      env: { TALON_NODE: process.execPath },
      display: { width: 1080, height: 1920 },
    });
    const look = () =>
      talon.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map((window) => ({
          kiosk: window.isKiosk(),
          onTop: window.isAlwaysOnTop(),
          visible: window.isVisible(),
          bounds: window.getBounds(),
        })),
      );
    const full = [{ kiosk: true, onTop: true, visible: true, bounds: { x: 0, y: 0, width: 1080, height: 1920 } }];
    await expect.poll(look).toEqual(full);
    const page = await talon.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.id);
    await talon.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
    await talon.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setKiosk(false));
    await talon.app.evaluate(({ BrowserWindow }) => void BrowserWindow.getAllWindows()[0]?.emit('blur'));
    await up();
    await expect.poll(look).toEqual(full);
    expect(await talon.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.id)).toBe(
      page,
    );
    // The page itself is not asked whether it may: a new window takes the place.
    await talon.page.evaluate(() => void setTimeout(() => window.close()));
    await expect.poll(() => talon.page.isClosed()).toBe(true);
    const next = await talon.window((one) => one.url() === PAGE);
    expect(await next.evaluate(() => (window as unknown as ProbeWindow).talon.methods['core.ping']?.())).toMatchObject({
      ok: true,
    });
    await expect.poll(look).toEqual(full);
    await rm(path.join(data, 'stopped-in-order'), { force: true });
    process.kill(talon.pid, 'SIGTERM');
    await expect.poll(() => talon.logs.some((line) => line.includes('app.stopped'))).toBe(true);
    await expect.poll(() => existsSync(path.join(data, 'stopped-in-order'))).toBe(true);
  });
});
