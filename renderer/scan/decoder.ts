import type { FallbackDecoder } from './fallback.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/**
 * The decoder of the page: one Worker for its life, kept warm, as it takes a moment to load. A Worker that fails its
 * self-test, breaks or hangs is replaced; one that never works gives way to the fallback, and is tried again later.
 */

/** `loading`: no picture is decoded yet. `failed`: neither decoder works. */
export type DecoderStatus = 'loading' | 'worker' | 'fallback' | 'failed';

export interface Decoder {
  readonly status: DecoderStatus;
  /** Why the Worker does not work; null when it does. */
  readonly why: string | null;
  /** @returns the text in the video's picture or null; null at once (no promise) when it is busy or not ready */
  decode(video: HTMLVideoElement, now: number): Promise<string | null> | null;
  /** @returns a function that ends the subscription */
  onStatus(listener: () => void): () => void;
}

/** A frame takes some 10 ms, on a slow machine with a harder look 300: no answer for this long means a hang. */
const HANG_MS = 5_000;
const FALLBACK_EVERY_MS = 500;
const TRY_AGAIN_MS = 60_000;
/** Workers that break one after the other without an answer between. */
const MOST_DEATHS = 3;

/** @returns the picture to send, null where the video has none; it costs the UI thread no copy of pixels */
const grab = async (video: HTMLVideoElement): Promise<ImageBitmap | VideoFrame | null> => {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  return 'VideoFrame' in globalThis ? new VideoFrame(video) : createImageBitmap(video);
};

const createDecoder = (): Decoder => {
  let status: DecoderStatus = 'loading';
  let why: string | null = null;
  let worker: Worker | null = null;
  let fallback: FallbackDecoder | null = null;
  let deaths = 0;
  let lastId = 0;
  let asked: { id: number; at: number; answer: (text: string | null) => void } | null = null;
  /** Since when the fallback is in use, or the last try of the Worker while it is. */
  let triedAt = 0;
  let readAt = Number.NEGATIVE_INFINITY;
  const listeners = new Set<() => void>();

  const become = (next: DecoderStatus): void => {
    if (next === status) return;
    status = next;
    for (const listener of listeners) listener();
  };

  const answer = (id: number | null, text: string | null): void => {
    if (asked === null || (id !== null && asked.id !== id)) return;
    const { answer: give } = asked;
    asked = null;
    give(text);
  };

  const useFallback = async (): Promise<void> => {
    triedAt = performance.now();
    if (fallback === null) {
      try {
        // Half a megabyte that hardly any machine needs.
        const { createFallback } = await import('./fallback.ts');
        fallback = await createFallback();
      } catch (error) {
        why = `${why ?? ''} Nor does the fallback: ${error instanceof Error ? error.message : String(error)}`.trim();
      }
    }
    if (status !== 'worker') become(fallback === null ? 'failed' : 'fallback');
  };

  const lost = (dead: Worker, reason: string): void => {
    if (dead !== worker) return;
    dead.terminate();
    worker = null;
    why = reason;
    deaths += 1;
    answer(null, null);
    if (status === 'worker' && deaths < MOST_DEATHS) spawn();
    else {
      if (status === 'worker') become('loading');
      void useFallback();
    }
  };

  const spawn = (): void => {
    triedAt = performance.now();
    const made = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker = made;
    made.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (made !== worker) return;
      if (data.type === 'failed') lost(made, data.why);
      else if (data.type === 'ready') {
        why = null;
        become('worker');
      } else {
        deaths = 0;
        answer(data.id, data.text);
      }
    });
    made.addEventListener('error', (event) => {
      event.preventDefault();
      lost(made, event.message || 'The decoder did not load: check the content security policy and the build.');
    });
  };

  const ask = (target: Worker, video: HTMLVideoElement, now: number): Promise<string | null> =>
    new Promise((resolve) => {
      const id = (lastId += 1);
      asked = { id, at: now, answer: resolve };
      grab(video).then(
        (frame) => {
          if (frame === null) answer(id, null);
          else if (target !== worker || asked?.id !== id) frame.close();
          else target.postMessage({ id, frame } satisfies ToWorker, [frame]);
        },
        // Between two sizes or streams there is no picture for a moment; the next frame will do.
        () => answer(id, null),
      );
    });

  spawn();
  return {
    get status() {
      return status;
    },
    get why() {
      return why;
    },
    decode: (video, now) => {
      if (status === 'worker') {
        if (asked !== null && now - asked.at > HANG_MS && worker !== null) lost(worker, 'The decoder hangs.');
        return asked === null && worker !== null ? ask(worker, video, now) : null;
      }
      if (worker === null && status !== 'loading' && now - triedAt > TRY_AGAIN_MS) spawn();
      if (status !== 'fallback' || fallback === null || now - readAt < FALLBACK_EVERY_MS) return null;
      readAt = now;
      return fallback.decode(video);
    },
    onStatus: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

let shared: Decoder | null = null;

/** The decoder; the first call loads it. */
export const theDecoder = (): Decoder => (shared ??= createDecoder());
