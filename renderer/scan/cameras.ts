import { Html5Qrcode } from 'html5-qrcode/esm/html5-qrcode';
import { pickCamera } from './camera-choice.ts';

/** The camera that worked last; listing them opens one for a moment, so it is not done for every visitor. */
let known: string | null = null;
let listing: Promise<string> | null = null;

const list = async (): Promise<string> => {
  const chosen = pickCamera(await Html5Qrcode.getCameras());
  if (chosen === null) throw new DOMException('No camera is connected: connect one.', 'NotFoundError');
  return chosen.id;
};

/** One listing at a time: those who ask meanwhile get the same answer. */
const choose = async (): Promise<string> => {
  listing ??= list().finally(() => (listing = null));
  return listing;
};

const stopAll = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop();
};

/**
 * Opens the camera for the visitor's code, in 1280x720 where it can.
 * @param wanted asked after every wait: false ends the attempt, and whatever was opened is closed
 * @returns the stream, null if it was not wanted any more
 * @throws DOMException of `getUserMedia`, see `cameraFault` in camera-choice.ts
 */
export const openCamera = async (wanted: () => boolean): Promise<MediaStream | null> => {
  // A start that is stopped at once (React mounts effects twice) opens nothing.
  await Promise.resolve();
  if (!wanted()) return null;
  const id = known ?? (await choose());
  if (!wanted()) return null;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { deviceId: { exact: id }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    known = id;
    if (wanted()) return stream;
    stopAll(stream);
    return null;
  } catch (error) {
    // It may be another camera by now: the next attempt looks again.
    known = null;
    throw error;
  }
};

/** Ends the tracks: the camera's light goes off. */
export const closeCamera = stopAll;
