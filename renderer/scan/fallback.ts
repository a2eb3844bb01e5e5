import { Html5QrcodeSupportedFormats } from 'html5-qrcode/esm/core';
import { ZXingHtml5QrcodeDecoder } from 'html5-qrcode/esm/zxing-html5-qrcode-decoder';
import { SELF_TEST_TEXT, selfTestPicture } from './self-test.ts';

/**
 * The decoder of html5-qrcode, for machines where the Worker or its wasm does not run. It reads far fewer codes and works
 * on the UI thread, so it is used only then, and seldom.
 */
export interface FallbackDecoder {
  /** @returns the text in the picture that the video shows now; null without a code */
  decode(video: HTMLVideoElement): Promise<string | null>;
}

const nothing = (): void => undefined;
const SILENT = { log: nothing, warn: nothing, logError: nothing, logErrors: nothing };

/** @throws Error when it does not read the test picture either */
export const createFallback = async (): Promise<FallbackDecoder> => {
  const decoder = new ZXingHtml5QrcodeDecoder([Html5QrcodeSupportedFormats.QR_CODE], false, SILENT);
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('The page has no 2D canvas: check that the graphics process runs.');
  const read = async (): Promise<string | null> => {
    try {
      return (await decoder.decodeAsync(canvas)).text || null;
    } catch {
      // It throws where there is no code.
      return null;
    }
  };

  const { data, width, height } = selfTestPicture();
  canvas.width = width;
  canvas.height = height;
  context.putImageData(new ImageData(data, width, height), 0, 0);
  const text = await read();
  if (text !== SELF_TEST_TEXT) throw new Error(`html5-qrcode read ${JSON.stringify(text)} from the test picture.`);

  return {
    decode: async (video) => {
      if (video.videoWidth === 0) return null;
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      context.drawImage(video, 0, 0);
      return read();
    },
  };
};
