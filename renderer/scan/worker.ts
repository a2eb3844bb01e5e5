import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { harderLookDue, NO_EFFORT } from './effort.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { SELF_TEST_TEXT, selfTestPicture } from './self-test.ts';

/** Decodes frames off the UI thread. The page sends the next frame when it has the answer to the last one. */

const OPTIONS: ReaderOptions = {
  formats: ['QRCode'],
  // The default rewrites texts that look like GS1.
  textMode: 'Plain',
  maxNumberOfSymbols: 1,
  tryHarder: true,
  tryRotate: true,
  // A phone in dark mode shows light modules on a dark ground.
  tryInvert: true,
  tryDownscale: true,
};
/** Small modules, far codes: below 2.2 pixels a module little is read, so the picture is made larger. */
const HARDER: ReaderOptions = { ...OPTIONS, tryDenoise: true };
const HARDER_SCALE = 1.5;

const say = (message: FromWorker): void => postMessage(message);

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });
let effort = NO_EFFORT;

const sizeOf = (frame: ImageBitmap | VideoFrame): { width: number; height: number } =>
  'displayWidth' in frame ? { width: frame.displayWidth, height: frame.displayHeight } : frame;

const pixels = (frame: ImageBitmap | VideoFrame, scale: number): ImageData => {
  if (context === null) throw new Error('The decoder has no 2D canvas: check that the graphics process runs.');
  const size = sizeOf(frame);
  const width = Math.round(size.width * scale);
  const height = Math.round(size.height * scale);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.drawImage(frame, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
};

const read = async (picture: ImageData, options: ReaderOptions): Promise<string | null> => {
  const [found] = await readBarcodes(picture, options);
  return found?.isValid === true && found.text !== '' ? found.text : null;
};

const decode = async (frame: ImageBitmap | VideoFrame): Promise<string | null> => {
  try {
    const quick = await read(pixels(frame, 1), OPTIONS);
    const begin = performance.now();
    if (quick !== null || !harderLookDue(effort, begin)) return quick;
    const text = await read(pixels(frame, HARDER_SCALE), HARDER);
    const endedAt = performance.now();
    effort = { endedAt, cost: endedAt - begin };
    return text;
  } catch {
    // A frame that could not be read is one without a code. That the decoder works at all, the self-test has shown.
    return null;
  } finally {
    // Cameras have few frame buffers: one that is kept stops the picture.
    frame.close();
  }
};

const start = async (): Promise<void> => {
  // The library's default would ask a CDN for the wasm.
  await prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
  const { data, width, height } = selfTestPicture();
  const text = await read(new ImageData(data, width, height), OPTIONS);
  if (text !== SELF_TEST_TEXT) throw new Error(`The decoder read ${JSON.stringify(text)} from its test picture.`);
  addEventListener('message', ({ data: { id, frame } }: MessageEvent<ToWorker>) => {
    void decode(frame).then((found) => say({ type: 'result', id, text: found }));
  });
  say({ type: 'ready' });
};

start().catch((error: unknown) => say({ type: 'failed', why: error instanceof Error ? error.message : String(error) }));
