import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { FakeCamera, drawFrame, fakeCamera, writeY4m } from '../tools/fake-camera.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'talon-film-'));
beforeAll(() => {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  prepareZXingModule({ overrides: { wasmBinary: readFileSync(wasm).buffer } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Reads the code from the luma plane of one frame. */
async function read(frame: Uint8Array, width: number, height: number): Promise<string | null> {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) data.fill(frame[i] ?? 0, i * 4, i * 4 + 3).fill(255, i * 4 + 3, i * 4 + 4);
  const [code] = await readBarcodes({ data, width, height, colorSpace: 'srgb' }, { formats: ['QRCode'] });
  return code?.text ?? null;
}

/** The frames of a film, as Chromium reads them. */
function framesOf(file: string): { header: string; frames: Uint8Array[]; width: number; height: number } {
  const bytes = readFileSync(file);
  const end = bytes.indexOf('\n');
  const header = bytes.subarray(0, end).toString();
  const width = Number(/ W(\d+)/.exec(header)?.[1]);
  const height = Number(/ H(\d+)/.exec(header)?.[1]);
  const size = (width * height * 3) / 2;
  const frames: Uint8Array[] = [];
  for (let at = end + 1; at < bytes.length; at += 6 + size) {
    expect(bytes.subarray(at, at + 6).toString()).toBe('FRAME\n');
    frames.push(bytes.subarray(at + 6, at + 6 + size));
  }
  expect(frames.at(-1)).toHaveLength(size);
  return { header, frames, width, height };
}

const CONFIRMATION = 'EZ1'.padEnd(154, 'A7');

test('a frame shows a confirmation of full length that can be read', async () => {
  expect(await read(drawFrame(CONFIRMATION, { width: 640, height: 480 }), 640, 480)).toBe(CONFIRMATION);
  expect(await read(drawFrame(null, { width: 640, height: 480 }), 640, 480)).toBe(null);
});

test('a code too fine for the frame is refused', () => {
  expect(() => drawFrame(CONFIRMATION, { width: 64, height: 48 })).toThrow(/too fine for 64x48/);
});

test('a film has its scenes one after the other, and no two frames alike', async () => {
  const file = path.join(folder, 'film.y4m');
  const scenes = [
    { qr: null, seconds: 0.4 },
    { qr: 'one', seconds: 0.6 },
    { qr: 'two', seconds: 0 },
  ];
  await writeY4m(file, scenes, { width: 320, height: 240, fps: 5 });
  const { header, frames, width, height } = framesOf(file);
  expect(header).toBe('YUV4MPEG2 W320 H240 F5:1 Ip A1:1 C420jpeg');
  const texts = await Promise.all(frames.map(async (frame) => read(frame, width, height)));
  expect(texts).toEqual([null, null, 'one', 'one', 'one', 'two', 'two']);
  expect(new Set(frames.map((frame) => Buffer.from(frame).toString('base64'))).size).toBe(frames.length);
});

test('an odd size is refused', async () => {
  await expect(writeY4m(path.join(folder, 'odd.y4m'), [], { width: 641, height: 480 })).rejects.toThrow(/odd side/);
});

test('the picture changes in place: the same file, the same size', async () => {
  const camera = await FakeCamera.create();
  const before = statSync(camera.file);
  await Promise.all([camera.show('first'), camera.show('second')]);
  const after = statSync(camera.file);
  expect([after.ino, after.size]).toEqual([before.ino, before.size]);
  const { frames, width, height } = framesOf(camera.file);
  for (const frame of frames) expect(await read(frame, width, height)).toBe('second');
  expect(camera.args).toEqual(fakeCamera(camera.file));
  camera.remove();
  expect(existsSync(camera.file)).toBe(false);
});
