import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import react from '@vitejs/plugin-react';
import { chromium, type Browser, type Page } from 'playwright-core';
import { build } from 'vite';
import { CHROMIUM_ARGS, chromiumProgram } from './chromium.ts';
import { FakeCamera } from './fake-camera.ts';
import { ROOT } from './paths.ts';

/** The page of `test/fixtures/kiosk-gallery` in Debian's Chromium: the nearest thing here to the shipped one. */

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

export interface GalleryView {
  state: string;
  width: number;
  height: number;
  lang?: 'ru' | 'en';
  theme?: 'light' | 'contrast';
  text?: 1 | 1.5 | 2;
}

const serve = (folder: string): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
      const file = join(folder, path === '/' ? 'index.html' : path);
      readFile(file).then(
        (bytes) =>
          response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    server.listen(0, '127.0.0.1', () => resolve(server));
  });

export class Gallery {
  readonly #folder: string;
  readonly #server: Server;
  readonly #browser: Browser;
  readonly #camera: FakeCamera;

  private constructor(folder: string, server: Server, browser: Browser, camera: FakeCamera) {
    this.#folder = folder;
    this.#server = server;
    this.#browser = browser;
    this.#camera = camera;
  }

  static async open(): Promise<Gallery> {
    const folder = await mkdtemp(join(tmpdir(), 'talon-gallery-'));
    await build({
      configFile: false,
      root: join(ROOT, 'test/fixtures/kiosk-gallery'),
      plugins: [react()],
      logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: true, target: 'chrome114' },
    });
    const server = await serve(folder);
    const camera = await FakeCamera.create(null);
    const browser = await chromium.launch({
      executablePath: chromiumProgram(),
      args: [...CHROMIUM_ARGS, ...camera.args],
    });
    return new Gallery(folder, server, browser, camera);
  }

  /** A page that shows one state after the other. Close its context when done. */
  async #page(): Promise<Page> {
    const context = await this.#browser.newContext({ reducedMotion: 'reduce' });
    const page = await context.newPage();
    const address = this.#server.address();
    await page.goto(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`);
    await page.waitForFunction(() => document.documentElement.dataset['ready'] === 'true', undefined, {
      timeout: 15_000,
    });
    return page;
  }

  async #put(page: Page, { state, width, height, lang = 'ru', theme = 'light', text = 1 }: GalleryView): Promise<void> {
    await page.setViewportSize({ width, height });
    await page.evaluate(
      (look) => (globalThis as unknown as { showState: (l: typeof look) => Promise<void> }).showState(look),
      { state, lang, theme, text },
    );
    if (state === 'scan') await page.waitForSelector('[data-camera="live"]', { timeout: 15_000 });
  }

  /** Shows one view after the other to `look`, a few at a time. */
  async walk(views: readonly GalleryView[], look: (page: Page, view: GalleryView) => Promise<void>): Promise<void> {
    const rest = [...views];
    const one = async (): Promise<void> => {
      const page = await this.#page();
      for (let view = rest.shift(); view; view = rest.shift()) {
        await this.#put(page, view);
        await look(page, view);
      }
      await page.context().close();
    };
    await Promise.all([one(), one()]);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
    this.#camera.remove();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/**
 * What is wrong with the layout of the page as it stands: text that is cut off or runs out of its box, things on top of
 * each other, scroll bars, targets that are too small.
 * @param least smallest side of a target, CSS pixels
 */
export const layoutFaults = (page: Page, least: number): Promise<string[]> =>
  page.evaluate((minimum) => {
    const faults: string[] = [];
    const name = (e: Element): string =>
      `${e.tagName.toLowerCase()}.${(e.getAttribute('class') ?? '').replaceAll(' ', '.')} "${(e.textContent ?? '').slice(0, 30)}"`;
    const { clientWidth, clientHeight } = document.documentElement;
    for (const e of document.querySelectorAll('button')) {
      const r = e.getBoundingClientRect();
      if (r.width < minimum || r.height < minimum)
        faults.push(`${name(e)} is ${Math.round(r.width)}x${Math.round(r.height)}`);
    }
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const boxes: { e: Element; r: DOMRect }[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const e = node.parentElement;
      if (!e || (node.textContent ?? '').trim() === '' || e.closest('[aria-hidden="true"]')) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const r = range.getBoundingClientRect();
      if (r.width === 0) continue;
      if (r.left < -1 || r.top < -1 || r.right > clientWidth + 1 || r.bottom > clientHeight + 1)
        faults.push(`${name(e)} is out of the screen`);
      for (let box: Element | null = e; box; box = box.parentElement) {
        const b = box.getBoundingClientRect();
        if (
          getComputedStyle(box).overflow !== 'visible' &&
          (r.right > b.right + 1 || r.bottom > b.bottom + 1 || r.left < b.left - 1 || r.top < b.top - 1)
        ) {
          faults.push(`${name(e)} is cut by ${name(box).slice(0, 40)}`);
        }
      }
      if (!e.closest('.moment')) boxes.push({ e, r });
    }
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const wide = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left);
        const high = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
        // Line boxes may touch; letters on letters may not.
        if (wide > 2 && high > Math.min(a.r.height, b.r.height) * 0.25)
          faults.push(`${name(a.e)} lies on ${name(b.e)}`);
      }
    }
    const main = document.querySelector('main');
    const footer = document.querySelector('footer');
    if (main && footer) {
      for (const e of main.querySelectorAll('button, p, h1, h2, .tile, .ticket, .notice, .pill')) {
        const r = e.getBoundingClientRect();
        if (r.bottom > footer.getBoundingClientRect().top + 1) faults.push(`${name(e)} runs into the bar`);
        if (r.top < main.getBoundingClientRect().top - 1) faults.push(`${name(e)} runs into the header`);
      }
    }
    return [...new Set(faults)];
  }, least);
