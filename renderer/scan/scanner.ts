import { CAMERA_OFF, cameraState, nextCamera, type CameraEvent, type CameraState } from './camera-state.ts';
import { cameraFault } from './camera-choice.ts';
import { closeCamera, openCamera } from './cameras.ts';
import { theDecoder, type Decoder } from './decoder.ts';
import { createHold, MAX_TEXT } from './hold.ts';

export type { CameraState } from './camera-state.ts';

/** Something that reads codes. Both may be called in any order, repeatedly and in quick succession. */
export interface Scanner {
  /** Opens the camera, shows it in the video and reads codes until `stop`. */
  start(video: HTMLVideoElement): void;
  /** Ends at once: the camera's light goes off, nothing is reported any more but `off`. */
  stop(): void;
}

export interface ScannerEvents {
  /** A code came into view. The same one again only when it has been out of view for 3 seconds, or after a new start. */
  onRead: (text: string) => void;
  /** Each change. A camera that is missing, denied or broken is tried again by itself. */
  onState: (state: CameraState) => void;
  /** Each frame with a code in it, also one that is held. */
  onSeen?: () => void;
  /** For the log: the decoder does not work as it should; scanning goes on with the fallback, where that works. */
  onFault?: (why: string) => void;
}

/** How often the clock is looked at: for retries, and for cameras that died without a word. */
const TICK_MS = 250;

/** Loads the decoder ahead of the first visitor. */
export const warmUp = (): void => void theDecoder();

/** Reads QR codes with the camera. The decoder is the page's and stays loaded; the camera is on between start and stop. */
export const createCameraScanner = ({ onRead, onState, onSeen, onFault }: ScannerEvents): Scanner => {
  const hold = createHold();
  let model = CAMERA_OFF;
  let video: HTMLVideoElement | null = null;
  let stream: MediaStream | null = null;
  let decoder: Decoder | null = null;
  let told: CameraState = 'off';
  let toldFault: string | null = null;
  /** Ends what belongs to the whole time from start to stop. */
  let run: AbortController | null = null;

  /** A picture without a decoder behind it is of no use to a visitor. */
  const visible = (): CameraState => {
    const state = cameraState(model);
    return state === 'live' && decoder?.status === 'failed' ? 'broken' : state;
  };
  const tell = (): void => {
    const why = decoder?.why ?? null;
    if (why !== null && why !== toldFault) onFault?.(why);
    toldFault = why;
    const state = visible();
    if (state === told) return;
    told = state;
    onState(state);
  };

  const release = (): void => {
    if (stream !== null) closeCamera(stream);
    if (video !== null && stream !== null && video.srcObject === stream) video.srcObject = null;
    stream = null;
  };

  const dispatch = (event: CameraEvent): void => {
    const before = model;
    model = nextCamera(before, event, performance.now());
    if (model.generation !== before.generation) {
      release();
      if (model.phase === 'opening') void open(model.generation);
    }
    tell();
  };

  const open = async (generation: number): Promise<void> => {
    const current = (): boolean => model.generation === generation;
    try {
      const opened = await openCamera(current);
      if (opened === null || video === null) return;
      stream = opened;
      attach(opened, video, generation);
    } catch (error) {
      if (current()) dispatch({ type: 'failed', generation, fault: cameraFault(error) });
    }
  };

  const attach = (opened: MediaStream, target: HTMLVideoElement, generation: number): void => {
    for (const track of opened.getVideoTracks()) {
      track.addEventListener('ended', () => dispatch({ type: 'ended', generation }));
      track.addEventListener('mute', () => dispatch({ type: 'muted', generation }));
      track.addEventListener('unmute', () => dispatch({ type: 'unmuted', generation }));
    }
    const onFrame = (): void => {
      if (model.generation !== generation) return;
      if (model.phase === 'opening') dispatch({ type: 'opened', generation });
      dispatch({ type: 'frame', generation });
      look(target, generation);
      target.requestVideoFrameCallback(onFrame);
    };
    target.muted = true;
    target.srcObject = opened;
    target.requestVideoFrameCallback(onFrame);
    // Refused only when another stream takes its place meanwhile. A video that is not shown may get no frame callbacks:
    // that it plays is enough for the page to show it again.
    target.play().then(
      () => dispatch({ type: 'opened', generation }),
      () => undefined,
    );
  };

  const look = (target: HTMLVideoElement, generation: number): void => {
    const answer = decoder?.decode(target, performance.now());
    if (!answer) return;
    void answer.then((text) => {
      if (model.generation !== generation || text === null || text === '' || text.length > MAX_TEXT) return;
      onSeen?.();
      // The hearer of onSeen may have stopped the scanner.
      if (model.generation !== generation || !hold.admit(text, performance.now())) return;
      performance.mark('talon:decoded');
      onRead(text);
    });
  };

  const tick = (): void => {
    // A page that is not shown gets no frames; that says nothing about the camera.
    if (document.visibilityState !== 'visible') dispatch({ type: 'frame', generation: model.generation });
    dispatch({ type: 'tick' });
  };

  const begin = (target: HTMLVideoElement): void => {
    run = new AbortController();
    const { signal } = run;
    video = target;
    decoder = theDecoder();
    const unsubscribe = decoder.onStatus(tell);
    const timer = setInterval(tick, TICK_MS);
    navigator.mediaDevices.addEventListener('devicechange', () => dispatch({ type: 'devices-changed' }), { signal });
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      unsubscribe();
    });
    hold.clear();
    dispatch({ type: 'start' });
  };

  const stop = (): void => {
    run?.abort();
    run = null;
    dispatch({ type: 'stop' });
    video = null;
  };

  return {
    start: (target) => {
      if (run !== null && target === video) return;
      if (run !== null) stop();
      begin(target);
    },
    stop,
  };
};
