import { mkdtempSync, rmSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import QRCode from 'qrcode';
import { guard, release } from './proc.ts';

/**
 * What a camera would see, as a file that Chromium plays in its place (`--use-file-for-fake-video-capture`).
 *
 * The format is YUV4MPEG2 (y4m): a line of text, then frames of plain I420, all of one size. Chromium reads each frame
 * from the file when it is due and starts over at the end, so bytes changed in place are seen at the next frame; that
 * is how `FakeCamera` changes the picture while the app runs.
 */

/** One stretch of the film: a QR code held before the camera (null: nobody there) for so long. */
interface Scene {
  readonly qr: string | null;
  readonly seconds: number;
}

interface FilmFormat {
  /** Pixels; both even, as I420 halves the colour planes. 640x480 unless told. */
  readonly width?: number;
  readonly height?: number;
  /** Frames per second, a whole number; 10 unless told. */
  readonly fps?: number;
}

/** The switches that make Chromium use the film as its only camera, and grant it without asking. */
export function fakeCamera(file: string): string[] {
  return [
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-video-capture=${file}`,
  ];
}

function header(format: Required<FilmFormat>): string {
  return `YUV4MPEG2 W${format.width} H${format.height} F${format.fps}:1 Ip A1:1 C420jpeg\n`;
}

const FRAME = 'FRAME\n';

function complete(format: FilmFormat): Required<FilmFormat> {
  const { width = 640, height = 480, fps = 10 } = format;
  if (width % 2 !== 0 || height % 2 !== 0)
    throw new Error(`A frame of ${width}x${height} has an odd side: use even ones.`);
  return { width, height, fps };
}

/**
 * Writes a film that is played in a loop. A scene has at least two frames, as a still picture is what a dead camera gives.
 * @param file path that ends in `.y4m` (Chromium goes by the ending)
 */
export async function writeY4m(file: string, scenes: readonly Scene[], format: FilmFormat = {}): Promise<void> {
  const full = complete(format);
  const parts: Buffer[] = [Buffer.from(header(full))];
  let seed = 1;
  for (const { qr, seconds } of scenes) {
    const count = Math.max(2, Math.round(seconds * full.fps));
    for (let i = 0; i < count; i++) parts.push(Buffer.from(FRAME), drawFrame(qr, full, seed++));
  }
  await writeFile(file, Buffer.concat(parts));
}

/**
 * Draws one frame: a grey room that gets darker to the edges, with the noise of a sensor; before it a white sheet with the
 * code, if there is one.
 * @param seed makes the noise; another one gives another frame of the same picture
 * @returns I420: the luma plane, then two colour planes of a quarter of its size (grey)
 */
export function drawFrame(qr: string | null, { width, height }: { width: number; height: number }, seed = 1): Buffer {
  const frame = Buffer.alloc((width * height * 3) / 2, 128);
  const noise = noiseFrom(seed);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const away = Math.hypot((x - width / 2) / width, (y - height / 2) / height);
      frame[y * width + x] = 150 - Math.round(away * 70) + noise();
    }
  }
  if (qr !== null) drawCode(frame, width, height, qr, noise);
  return frame;
}

function drawCode(frame: Buffer, width: number, height: number, text: string, noise: () => number): void {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: 'M' });
  const quiet = 4;
  const across = modules.size + 2 * quiet;
  const scale = Math.floor((Math.min(width, height) * 0.85) / across);
  if (scale < 2)
    throw new Error(`A code of ${modules.size} modules is too fine for ${width}x${height}: make the frame larger.`);
  const left = Math.floor((width - across * scale) / 2);
  const top = Math.floor((height - across * scale) / 2);
  for (let y = 0; y < across * scale; y++) {
    for (let x = 0; x < across * scale; x++) {
      const row = Math.floor(y / scale) - quiet;
      const column = Math.floor(x / scale) - quiet;
      const inside = row >= 0 && column >= 0 && row < modules.size && column < modules.size;
      const dark = inside && modules.get(row, column) !== 0;
      frame[(top + y) * width + left + x] = (dark ? 35 : 215) + noise();
    }
  }
}

/** @returns small whole numbers around 0, the same for the same seed (xorshift32) */
function noiseFrom(seed: number): () => number {
  let state = (seed * 2654435761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state & 7) - 4;
  };
}

/** Frames in the film of a `FakeCamera`: a few, for the noise to change. */
const LOOP = 4;

/** A camera whose picture can be changed while the app runs. */
export class FakeCamera {
  /** The film. */
  readonly file: string;
  readonly #format: Required<FilmFormat>;
  readonly #mortal: { killNow: () => void };
  #busy: Promise<void> = Promise.resolve();

  private constructor(folder: string, format: Required<FilmFormat>) {
    this.#format = format;
    this.file = path.join(folder, 'camera.y4m');
    this.#mortal = { killNow: () => rmSync(folder, { recursive: true, force: true }) };
    guard(this.#mortal);
  }

  /** @param qr what it shows at first; null: an empty room */
  static async create(qr: string | null = null, format: FilmFormat = {}): Promise<FakeCamera> {
    const full = complete(format);
    const camera = new FakeCamera(mkdtempSync(path.join(tmpdir(), 'talon-camera-')), full);
    await writeY4m(camera.file, [{ qr, seconds: LOOP / full.fps }], full);
    return camera;
  }

  /** The switches for the app, see `fakeCamera`. */
  get args(): string[] {
    return fakeCamera(this.file);
  }

  /**
   * Changes the picture, from the next frame on; a camera that is off shows it when it is switched on.
   * Calls take effect in order. Settles when it is written.
   */
  async show(qr: string | null): Promise<void> {
    this.#busy = this.#busy.then(async () => this.#write(qr));
    return this.#busy;
  }

  async #write(qr: string | null): Promise<void> {
    // In place: Chromium has this very file open.
    const file = await open(this.file, 'r+');
    try {
      let position = header(this.#format).length;
      for (let seed = 1; seed <= LOOP; seed++) {
        const frame = drawFrame(qr, this.#format, seed);
        position += FRAME.length;
        await file.write(frame, 0, frame.length, position);
        position += frame.length;
      }
    } finally {
      await file.close();
    }
  }

  /** Takes the file away. */
  remove(): void {
    this.#mortal.killNow();
    release(this.#mortal);
  }
}
