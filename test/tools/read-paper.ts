import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createCanvas, loadImage } from '@napi-rs/canvas';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { parseVisitCode } from '../../shared/domain/visit-code.ts';

/** What a person sees on a paper: whose it is, and whether it says «ПОВТОР». */
export interface SeenPaper {
  /** Ids of the visits whose codes are on it: one, unless something went wrong. */
  visits: string[];
  /** It has the inverse bar that only copies have. */
  copy: boolean;
}

let ready: Promise<unknown> | null = null;
const prepare = (): Promise<unknown> => {
  const wasm = readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'));
  ready ??= prepareZXingModule({
    overrides: { wasmBinary: wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength) },
    fireImmediately: true,
  });
  return ready;
};

/** Rows of black in a row that make a bar; the largest type has no such rows. */
const BAR_ROWS = 10;
/** From edge to edge: the number itself and the heading of a mark leave a margin. */
const BAR_SHARE = 0.98;

const pixelsOf = async (png: Buffer) => {
  const image = await loadImage(png);
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, image.width, image.height);
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, image.width, image.height);
};

const codesIn = async (pixels: Awaited<ReturnType<typeof pixelsOf>>): Promise<string[]> => {
  await prepare();
  const found = await readBarcodes(pixels as unknown as ImageData, {
    formats: ['QRCode'],
    tryHarder: true,
    textMode: 'Plain',
    maxNumberOfSymbols: 4,
  });
  return found.map(({ text }) => text);
};

/** The texts of all codes on a paper. */
export const readCodes = async (png: Buffer): Promise<string[]> => codesIn(await pixelsOf(png));

export const readPaper = async (png: Buffer): Promise<SeenPaper> => {
  const pixels = await pixelsOf(png);
  const { width, height, data } = pixels;
  let rows = 0;
  let copy = false;
  for (let y = 0; y < height; y += 1) {
    let black = 0;
    for (let x = 0; x < width; x += 1) if ((data[(y * width + x) * 4] ?? 255) < 128) black += 1;
    rows = black / width > BAR_SHARE ? rows + 1 : 0;
    if (rows >= BAR_ROWS) copy = true;
  }
  return { visits: (await codesIn(pixels)).map((text) => parseVisitCode(text) ?? `unreadable: ${text}`), copy };
};
