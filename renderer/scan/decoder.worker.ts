import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import type { FromDecoder, ToDecoder } from './messages.ts';
import { SELF_TEST_TEXT, selfTestImage } from './self-test.ts';

/** Decodes frames off the UI thread, one at a time. The wasm is ours: the library's default would ask a CDN for it. */

const OPTIONS: ReaderOptions = {
  formats: ['QRCode'],
  // The default rewrites GS1 texts.
  textMode: 'Plain',
  tryHarder: true,
  tryRotate: true,
  // Dark mode turns codes inside out.
  tryInvert: true,
  tryDownscale: true,
  maxNumberOfSymbols: 1,
};

const say = (message: FromDecoder): void => postMessage(message);
const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });

const pixelsOf = (frame: ImageBitmap): ImageData => {
  if (!context) throw new Error('no 2d context');
  if (canvas.width !== frame.width) canvas.width = frame.width;
  if (canvas.height !== frame.height) canvas.height = frame.height;
  context.drawImage(frame, 0, 0);
  frame.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
};

const decode = async (frame: ImageBitmap): Promise<void> => {
  try {
    const [found] = await readBarcodes(pixelsOf(frame), OPTIONS);
    say({ type: 'result', text: found && found.text !== '' ? found.text : null });
  } catch {
    // A frame that could not be read is a frame without a code; the self-test tells of a decoder that never works.
    say({ type: 'result', text: null });
  }
};

const start = async (): Promise<void> => {
  await prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true });
  const { data, width, height } = selfTestImage();
  const [found] = await readBarcodes(new ImageData(data, width, height), OPTIONS);
  if (found?.text !== SELF_TEST_TEXT) throw new Error('the self-test code was not read');
  addEventListener('message', ({ data: message }: MessageEvent<ToDecoder>) => void decode(message.frame));
  say({ type: 'ready' });
};

start().catch((error: unknown) => say({ type: 'fault', why: error instanceof Error ? error.message : String(error) }));
