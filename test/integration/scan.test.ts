import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import type { Bench } from '../fixtures/scan-page/page.ts';
import { CHROMIUM_ARGS, chromiumProgram } from '../tools/chromium.ts';
import { FakeCamera } from '../tools/fake-camera.ts';
import { ROOT } from '../tools/paths.ts';

/** The camera scanner, built as the product's pages are, in a real Chromium with a film for a camera. */

const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; " +
  "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; font-src 'self'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

let folder: string;
let server: Server;
let origin: string;
let camera: FakeCamera;
let browser: Browser;
let page: Page;
let foreign: string[];
/** Paths that the server pretends not to have. */
let absent: RegExp | null;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'talon-scan-'));
  await build({
    configFile: false,
    root: path.join(ROOT, 'test/fixtures/scan-page'),
    base: './',
    logLevel: 'error',
    build: { outDir: folder, emptyOutDir: true, target: 'chrome114', assetsInlineLimit: 0 },
  });
  server = createServer((request, response) => {
    const name = path.normalize(new URL(request.url ?? '/', 'http://x').pathname);
    const file = path.join(folder, name === '/' ? 'index.html' : name);
    const bytes = absent?.test(name) === true ? Promise.reject(new Error('absent')) : readFile(file);
    bytes.then(
      (body) =>
        response
          .writeHead(200, {
            'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
            'content-security-policy': CSP,
          })
          .end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  camera = await FakeCamera.create(null, { fps: 20 });
  // Playwright gives each browser a new user data folder and takes it away at the end.
  browser = await chromium.launch({
    executablePath: chromiumProgram(),
    args: [...CHROMIUM_ARGS, ...camera.args],
  });
});

afterAll(async () => {
  await browser?.close();
  camera?.remove();
  await new Promise((resolve) => server?.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const inPage = async <T>(look: (bench: Bench) => T): Promise<T> =>
  page.evaluate<T>(`(${look.toString()})(window.bench)`);
/** Waits until it holds in the page. Asked from here, as the policy forbids the `eval` of Playwright's own waiting. */
const until = async (holds: (bench: Bench, argument: string) => boolean, argument = '', timeout = 15_000) => {
  const look = `window.bench !== undefined && (${holds.toString()})(window.bench, ${JSON.stringify(argument)})`;
  await vi.waitUntil(async () => page.evaluate<boolean>(look), { timeout, interval: 50 });
};
const start = () => inPage((b) => b.scanner.start(b.video));
const stop = () => inPage((b) => b.scanner.stop());
const read = (text: string) => until((b, wanted) => b.reads.includes(wanted), text);
const live = () => until((b) => b.states.at(-1) === 'live');

describe('camera scanner', () => {
  beforeEach(async () => {
    absent = null;
    foreign = [];
    await camera.show(null);
    page = await browser.newPage();
    page.on('request', (request) => {
      if (!/^(blob|data):/.test(request.url()) && !request.url().startsWith(origin)) foreign.push(request.url());
    });
    await page.goto(origin);
    await until(() => true);
  });

  afterEach(async () => {
    const violations = await inPage((b) => b.violations);
    await page.close();
    // Not by `expect`: outside of a test it has no test to fail.
    if (violations.length > 0) throw new Error(`The content security policy is violated: ${violations.join(', ')}`);
    if (foreign.length > 0) throw new Error(`The page asked other hosts: ${foreign.join(', ')}`);
  });

  it('reads a code, the next one, and one that is held only once', async () => {
    await camera.show('EZ1:FIRST');
    await start();
    await read('EZ1:FIRST');
    await until((b) => b.seen >= 20);
    expect(await inPage((b) => b.reads)).toEqual(['EZ1:FIRST']);
    await camera.show('EZ1:SECOND');
    await read('EZ1:SECOND');
    expect(await inPage((b) => b.reads)).toEqual(['EZ1:FIRST', 'EZ1:SECOND']);
    expect(await inPage((b) => b.states)).toEqual(['starting', 'live']);
    expect(await inPage(() => performance.getEntriesByName('talon:decoded').length)).toBe(2);
    expect(await inPage((b) => b.faults)).toEqual([]);
  });

  it('stop turns the camera off at once; a new start reads the same code again', async () => {
    await camera.show('EZ1:AGAIN');
    await start();
    await read('EZ1:AGAIN');
    await stop();
    expect(
      await inPage((b) => [b.tracks.every((t) => t.readyState === 'ended'), b.video.srcObject, b.states.at(-1)]),
    ).toEqual([true, null, 'off']);
    await start();
    await until((b) => b.reads.length === 2);
  });

  it('start and stop in quick succession leave one camera, or none', async () => {
    await inPage((b) => {
      for (let i = 0; i < 20; i += 1) {
        b.scanner.start(b.video);
        b.scanner.start(b.video);
        b.scanner.stop();
        b.scanner.stop();
      }
      b.scanner.start(b.video);
    });
    await live();
    const running = () => inPage((b) => b.tracks.filter((t) => t.readyState === 'live').length);
    expect(await running()).toBe(1);
    // With the waits of a camera that opens in between.
    for (let i = 0; i < 10; i += 1) {
      await stop();
      await start();
    }
    await live();
    expect(await running()).toBe(1);
    await stop();
    expect(await running()).toBe(0);
    await start();
    await stop();
    // Nothing that was under way may come to life: the next start is the only camera.
    await start();
    await live();
    expect(await running()).toBe(1);
  });

  it('a camera that ends, stalls or is muted is opened again', async () => {
    await start();
    await live();
    const kill = async (how: (bench: Bench) => void) => {
      await inPage((b) => b.states.splice(0));
      await inPage(how);
      await until((b) => b.states.join() === 'broken,live');
      expect(await inPage((b) => b.tracks.filter((t) => t.readyState === 'live').length)).toBe(1);
    };
    await kill((b) => b.tracks.at(-1)?.dispatchEvent(new Event('ended')));
    // A stopped track says nothing: there are just no more pictures.
    await kill((b) => b.tracks.at(-1)?.stop());
    await kill((b) => b.tracks.at(-1)?.dispatchEvent(new Event('mute')));
    await camera.show('EZ1:ALIVE');
    await read('EZ1:ALIVE');
  });

  it('no camera and no permission are told, and end by themselves', async () => {
    await inPage((b) => void (b.refusal = 'NotFoundError'));
    await start();
    await until((b) => b.states.at(-1) === 'missing');
    await inPage((b) => {
      b.refusal = null;
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    });
    await until((b) => b.states.at(-1) === 'live', '', 2_000);
    await stop();
    await inPage((b) => void (b.refusal = 'NotAllowedError'));
    await start();
    await until((b) => b.states.at(-1) === 'denied');
    await inPage((b) => void (b.refusal = null));
    await live();
    // Nothing flickers while it is tried again.
    expect(await inPage((b) => b.states)).toEqual(['starting', 'missing', 'live', 'off', 'starting', 'denied', 'live']);
  });

  it('scanning keeps the page smooth', async () => {
    await start();
    await live();
    await inPage((b) => void (b.longestFrame = 0));
    await camera.show('EZ1:SMOOTH');
    await read('EZ1:SMOOTH');
    await until((b) => b.seen >= 40);
    // Three frames of slack over the aim of 33 ms, as the machine of a test run has other work too.
    expect(await inPage((b) => b.longestFrame)).toBeLessThan(133);
  });

  it('without its wasm it says so and reads with the fallback', async () => {
    absent = /\.wasm$/;
    await page.reload();
    await until(() => true);
    await camera.show('EZ1:FALLBACK');
    await start();
    await read('EZ1:FALLBACK');
    expect(await inPage((b) => b.faults.length)).toBeGreaterThan(0);
    expect(await inPage((b) => b.states.at(-1))).toBe('live');
  });

  it('without any decoder the camera is of no use: broken', async () => {
    absent = /\.wasm$|fallback/;
    await page.reload();
    await until(() => true);
    await start();
    await until((b) => b.states.at(-1) === 'broken');
    expect((await inPage((b) => b.faults)).join()).toContain('Nor does the fallback');
  });
});
