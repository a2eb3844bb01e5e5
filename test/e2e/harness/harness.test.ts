import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { processTree } from '../../tools/processes.ts';
import { FakeCamera, launchTalon, reportOnFailure } from './app.ts';

/** Does the harness itself keep its promises? Tried with the smallest app there is. */

const appDir = path.join(import.meta.dirname, 'probe-app');
const small = { width: 800, height: 600 };

reportOnFailure();

const cameras: FakeCamera[] = [];
afterEach(() => {
  for (const camera of cameras.splice(0)) camera.remove();
});

test('opens a window on a display of its own and leaves nothing behind', async () => {
  const talon = await launchTalon({ appDir, display: small, args: ['first', '--force-color-profile=srgb', 'second'] });
  expect(await talon.page.textContent('h1')).toBe('Probe');
  const picture = await talon.page.screenshot();
  expect(picture.subarray(1, 4).toString()).toBe('PNG');
  // The app sees the command line, name and version as the ordinary electron program gives them.
  await expect.poll(() => talon.logs.join('\n')).toContain('"wishes":["first","second"]');
  expect(talon.logs.join('\n')).toContain('"name":"talon-harness-probe","version":"1.2.3"');
  const alive = processTree(talon.pid);
  expect(alive.length).toBeGreaterThan(2);
  await talon.close();
  expect(processTree(talon.pid)).toEqual([]);
  expect(existsSync(talon.userData)).toBe(false);
});

test('keeps what the page said for the report', async () => {
  const talon = await launchTalon({ appDir, display: small });
  await talon.page.evaluate(() => {
    console.warn('a warning from the page');
    setTimeout(() => {
      throw new Error('an error from the page');
    });
  });
  await expect.poll(() => talon.report()).toContain('an error from the page');
  expect(talon.report()).toContain('[page warning] a warning from the page');
  await talon.close();
});

test('a process that is left behind is an error, and is killed', async () => {
  const talon = await launchTalon({ appDir, display: small, args: ['orphan'] });
  await expect.poll(() => processTree(talon.pid).some(({ command }) => command === 'sleep 600')).toBe(true);
  const orphan = processTree(talon.pid).find(({ command }) => command === 'sleep 600');
  await expect(talon.close()).rejects.toThrow(/left processes behind[^]*sleep 600/);
  expect(processTree(orphan?.pid ?? -1)).toEqual([]);
});

test('a crash keeps the data for the next start', async () => {
  const talon = await launchTalon({ appDir, display: small, config: { a: 1 } });
  await talon.crash();
  expect(processTree(talon.pid)).toEqual([]);
  expect(JSON.parse(await readFile(path.join(talon.userData, 'talon.json'), 'utf8'))).toEqual({ a: 1 });
  await talon.close();
  expect(existsSync(talon.userData)).toBe(false);
});

test('the picture of the fake camera changes while the app runs', async () => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  prepareZXingModule({ overrides: { wasmBinary: (await readFile(wasm)).buffer } });
  const camera = await FakeCamera.create('EZ1 first');
  cameras.push(camera);
  const talon = await launchTalon({ appDir, display: small, args: camera.args });
  await talon.page.evaluate(async () => {
    const video = document.querySelector('video');
    if (video !== null) video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  });
  const limit = { timeout: 10_000, interval: 50 };
  await expect.poll(async () => readCode(talon.page), limit).toBe('EZ1 first');
  await camera.show(null);
  await expect.poll(async () => readCode(talon.page), limit).toBe(null);
  await camera.show('EZ1 second '.padEnd(154, '2'));
  await expect.poll(async () => readCode(talon.page), limit).toBe('EZ1 second '.padEnd(154, '2'));
  await talon.close();
});

/** The text of the code in the frame that the page's video shows now; null if there is none, undefined without a frame. */
async function readCode(page: Page): Promise<string | null | undefined> {
  const frame = await page.evaluate(() => {
    const video = document.querySelector('video');
    const canvas = document.createElement('canvas');
    canvas.width = video?.videoWidth ?? 0;
    canvas.height = video?.videoHeight ?? 0;
    const context = canvas.getContext('2d');
    if (video === null || context === null || canvas.width === 0) return null;
    context.drawImage(video, 0, 0);
    return canvas.toDataURL('image/png');
  });
  if (frame === null) return undefined;
  const codes = await readBarcodes(new Uint8Array(Buffer.from(frame.split(',')[1] ?? '', 'base64')), {
    formats: ['QRCode'],
  });
  return codes[0]?.text ?? null;
}
