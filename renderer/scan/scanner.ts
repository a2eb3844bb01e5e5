import { MAX_SCAN_TEXT } from '../../shared/contracts/app.ts';
import { chooseCamera } from './cameras.ts';
import { createHold } from './hold.ts';
import type { FromDecoder, ToDecoder } from './messages.ts';
import { cameraFault, reopenAfter, STALL_MS } from './reopen.ts';

/** What a person can be told of the camera. */
export type CameraState = 'off' | 'starting' | 'live' | 'missing' | 'denied' | 'broken';

/** Something that reads codes. `start` and `stop` may be called in any order and in quick succession. */
export interface Scanner {
  start(video: HTMLVideoElement): void;
  stop(): void;
}

export interface ScannerEvents {
  /** A code was read; the same one again only after it has been away for a while. */
  onRead: (text: string) => void;
  onState: (state: CameraState) => void;
}

/** The decoder is kept for the life of the page: it takes a moment to load, and it tests itself when it does. */
let decoder: Worker | null = null;
let fault: string | null = null;
let ready = false;
const listeners = new Set<(message: FromDecoder) => void>();

const theDecoder = (): Worker => {
  if (decoder) return decoder;
  const made = new Worker(new URL('./decoder.worker.ts', import.meta.url), { type: 'module' });
  const hear = (message: FromDecoder): void => {
    if (message.type === 'ready') ready = true;
    if (message.type === 'fault') fault = message.why;
    for (const listener of listeners) listener(message);
  };
  made.addEventListener('message', ({ data }: MessageEvent<FromDecoder>) => hear(data));
  made.addEventListener('error', () => hear({ type: 'fault', why: 'the decoder did not load' }));
  decoder = made;
  return made;
};

/** Loads the decoder ahead of the first visitor. */
export const warmUp = (): void => void theDecoder();

/** Reads codes with the camera: the video is shown, its frames go to the Worker, one in flight. */
export const createCameraScanner = ({ onRead, onState }: ScannerEvents): Scanner => {
  const isNews = createHold();
  /** Everything of one `start`; what belongs to an earlier one has no effect any more. */
  let run: AbortController | null = null;
  let state: CameraState = 'off';
  const tell = (next: CameraState): void => {
    if (next === state) return;
    state = next;
    onState(next);
  };

  /** Opens the camera and pumps its frames until it dies or the run is over. */
  const session = async (video: HTMLVideoElement, over: AbortSignal): Promise<void> => {
    const worker = theDecoder();
    if (fault !== null) throw new Error(fault);
    const deviceId = await chooseCamera();
    if (over.aborted) return;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { deviceId: { exact: deviceId }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    const ended = new AbortController();
    const release = (): void => {
      ended.abort();
      for (const track of stream.getTracks()) track.stop();
      if (video.srcObject === stream) video.srcObject = null;
    };
    if (over.aborted) {
      release();
      return;
    }
    try {
      video.srcObject = stream;
      await video.play();
      await new Promise<void>((resolve, reject) => {
        over.addEventListener('abort', () => resolve(), { signal: ended.signal });
        let busy = false;
        let frameAt = performance.now();
        const listen = (message: FromDecoder): void => {
          if (message.type === 'fault') reject(new Error(message.why));
          if (message.type !== 'result') return;
          busy = false;
          const { text } = message;
          if (text === null || text.length > MAX_SCAN_TEXT || !isNews(text, performance.now())) return;
          performance.mark('talon:decoded');
          onRead(text);
        };
        listeners.add(listen);
        ended.signal.addEventListener('abort', () => listeners.delete(listen));
        const send = async (): Promise<void> => {
          busy = true;
          try {
            const frame = await createImageBitmap(video);
            if (ended.signal.aborted) frame.close();
            else worker.postMessage({ frame } satisfies ToDecoder, [frame]);
          } catch {
            // Between two sizes or streams there is no picture for a moment; the next frame will do.
            busy = false;
          }
        };
        const onFrame = (): void => {
          if (ended.signal.aborted) return;
          frameAt = performance.now();
          tell('live');
          if (ready && !busy) void send();
          video.requestVideoFrameCallback(onFrame);
        };
        video.requestVideoFrameCallback(onFrame);
        for (const track of stream.getVideoTracks()) {
          track.addEventListener('ended', () => reject(new Error('the camera went away')), { signal: ended.signal });
        }
        const watch = setInterval(() => {
          if (performance.now() - frameAt > STALL_MS) reject(new Error('the camera gives no pictures'));
        }, STALL_MS / 4);
        ended.signal.addEventListener('abort', () => clearInterval(watch));
      });
    } finally {
      release();
    }
  };

  const pause = (ms: number, over: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        navigator.mediaDevices.removeEventListener('devicechange', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      // A camera that was plugged in is tried at once.
      navigator.mediaDevices.addEventListener('devicechange', done);
      over.addEventListener('abort', done, { once: true });
    });

  const keepOpen = async (video: HTMLVideoElement, over: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!over.aborted) {
      const began = performance.now();
      try {
        await session(video, over);
      } catch (error) {
        if (over.aborted) return;
        failures = performance.now() - began > 10_000 ? 1 : failures + 1;
        tell(cameraFault(error));
        await pause(reopenAfter(failures), over);
      }
    }
  };

  return {
    start: (video) => {
      run?.abort();
      run = new AbortController();
      tell('starting');
      void keepOpen(video, run.signal);
    },
    stop: () => {
      run?.abort();
      run = null;
      tell('off');
    },
  };
};
