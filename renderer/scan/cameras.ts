import { Html5Qrcode } from 'html5-qrcode/esm/html5-qrcode';
import { pickCamera, type CameraInfo } from './camera-choice.ts';

/** The camera that worked last; listing them opens one for a moment, so it is not done for every visitor. */
let known: string | null = null;
let listing: Promise<string> | null = null;
/** By its name, as it was chosen for this machine. */
let wanted: string | null = null;

/** @param name of the camera to open from now on, where it is connected; null: chosen by the names there are */
export const preferCamera = (name: string | null): void => {
  if (name === wanted) return;
  wanted = name;
  known = null;
};

/** @throws DOMException as `openCamera` does */
export const listCameras = (): Promise<readonly CameraInfo[]> => Html5Qrcode.getCameras();

const list = async (): Promise<string> => {
  const chosen = pickCamera(await listCameras(), wanted);
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
 * @param stillWanted asked after every wait: false ends the attempt, and whatever was opened is closed
 * @returns the stream, null if it was not wanted any more
 * @throws DOMException of `getUserMedia`, see `cameraFault` in camera-choice.ts
 */
export const openCamera = async (stillWanted: () => boolean): Promise<MediaStream | null> => {
  // A start that is stopped at once (React mounts effects twice) opens nothing.
  await Promise.resolve();
  if (!stillWanted()) return null;
  const id = known ?? (await choose());
  if (!stillWanted()) return null;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { deviceId: { exact: id }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    known = id;
    if (stillWanted()) return stream;
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
