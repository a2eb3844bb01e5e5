import { Html5Qrcode } from 'html5-qrcode';

/** No camera is there. */
class NoCameraError extends Error {
  override name = 'NoCameraError';
}

let known: Promise<string> | null = null;
const forget = (): void => {
  known = null;
};

/**
 * The camera to use: one that looks at the visitor, where its label tells, else the first. Asked once, and again when
 * devices come or go: asking opens a camera for a moment.
 * @throws NoCameraError | DOMException of `getUserMedia`
 */
export const chooseCamera = (): Promise<string> => {
  if (known) return known;
  navigator.mediaDevices.addEventListener('devicechange', forget, { once: true });
  known = (async () => {
    const cameras = await Html5Qrcode.getCameras();
    const chosen = cameras.find((c) => /front|user|фронт/i.test(c.label)) ?? cameras[0];
    if (!chosen) throw new NoCameraError('no camera');
    return chosen.id;
  })();
  // A failure is not remembered.
  known.catch(forget);
  return known;
};
