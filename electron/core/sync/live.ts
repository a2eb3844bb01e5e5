import { createParser } from 'eventsource-parser';
import type { Clock } from '../ports.ts';

/** News of the centre as they come: the reader of its event stream, and what is done instead where there is none. */

export interface EventOptions {
  clock: Clock;
  /** No event and no heartbeat for so long, ms: the line is dead, however many bytes dribble in. */
  silentMs: number;
  signal: AbortSignal;
  /** An event or a heartbeat came. */
  onAlive: () => void;
  /** Events of other names are not told. */
  onEvent: (event: 'poke' | 'revoke') => void;
}

/** A line or an event that is longer is not the centre's; characters. */
const MAX_EVENT_CHARACTERS = 64 * 1024;

/**
 * Reads events until the stream ends; the body is cancelled when it leaves.
 * @returns when the centre has ended the stream
 * @throws Error why it is none: another type, HTML in it, an endless line, silence for too long, cut off, aborted
 */
export const readEvents = async (response: Response, options: EventOptions): Promise<void> => {
  const { clock, silentMs, signal, onAlive, onEvent } = options;
  const type = response.headers.get('content-type') ?? '';
  if (!response.body) throw new Error('the stream of events is empty');
  const reader = response.body.getReader();
  let why: unknown = null;
  /** Cancelling ends the read that waits, as if the stream had ended. */
  const end = (reason: unknown): void => {
    why ??= reason;
    reader.cancel().catch(() => undefined);
  };
  let cancelSilence = (): void => undefined;
  const listen = (): void => {
    cancelSilence();
    cancelSilence = clock.after(silentMs, () => end(new Error(`no sign of life for ${silentMs / 1000} s`)));
  };
  const alive = (): void => {
    listen();
    onAlive();
  };
  const decoder = new TextDecoder();
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ event }) => {
      alive();
      if (event === 'poke' || event === 'revoke') onEvent(event);
    },
    onComment: alive,
    onRetry: alive,
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') end(new Error('an endless line in the stream of events'));
      else if (error.line?.trimStart().startsWith('<'))
        end(new Error('HTML instead of events (a proxy or a login page?)'));
    },
  });
  const onAbort = (): void => end(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    if (type.split(';')[0]?.trim().toLowerCase() !== 'text/event-stream')
      throw new Error(`${type || 'nothing'} instead of events (a proxy or a login page?)`);
    signal.throwIfAborted();
    listen();
    while (why === null) {
      const { done, value } = await reader.read();
      if (why !== null) break;
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
    throw why;
  } finally {
    cancelSilence();
    signal.removeEventListener('abort', onAbort);
    reader.cancel().catch(() => undefined);
  }
};

/** Ways to follow the centre, from the best to the one that works everywhere. */
export type Rung = 'sse' | 'long-poll' | 'poll';
const RUNGS = ['sse', 'long-poll', 'poll'] as const satisfies readonly Rung[];
const LOWEST = RUNGS.length - 1;

/**
 * A rung that worked for so long holds: its failures are counted anew. Longer than a dead stream takes to be noticed,
 * or one that is always dead would never fail twice in a row.
 */
const HOLDS_MS = 3 * 60_000;
const AGAIN_LEAST_MS = 15_000;
const AGAIN_FIRST_MS = 60_000;
const AGAIN_LAST_MS = 30 * 60_000;

export interface Ladder {
  /** The way to follow the centre now. */
  rung: (now: number) => Rung;
  /** It did not bring an answer, or ended. About another rung than the present one it says nothing. */
  failed: (rung: Rung, now: number) => void;
  /** It brought something. */
  worked: (rung: Rung, now: number) => void;
}

/**
 * Which way of following the centre works here. Two failures of a rung soon after each other lead one down, and one
 * failure of a rung that was only tried again; the upper one is tried anew after 15 s and a random part of a limit that
 * doubles from a minute to half an hour for as long as it does not hold. `now` is monotonic ms.
 * @param random from 0 to below 1
 */
export const createLadder = (random: () => number): Ladder => {
  let at = 0;
  /** The present rung, as it stands: since when it has not failed, and whether its next failure is the last. */
  let goodSince: number | null = null;
  let shaky = false;
  let climbAt = Number.POSITIVE_INFINITY;
  /** How often each rung has been left because it did not hold. */
  const falls = RUNGS.map(() => 0);

  const step = (to: number, now: number): void => {
    shaky = to < at;
    at = to;
    goodSince = null;
    if (to === 0) {
      climbAt = Number.POSITIVE_INFINITY;
      return;
    }
    const doublings = Math.max(0, (falls[to - 1] ?? 0) - 1);
    climbAt = now + AGAIN_LEAST_MS + random() * Math.min(AGAIN_LAST_MS, AGAIN_FIRST_MS * 2 ** Math.min(10, doublings));
  };
  /** Worked for long enough by now that what was before does not count. */
  const settle = (now: number): void => {
    if (goodSince === null || now - goodSince < HOLDS_MS) return;
    shaky = false;
    falls[at] = 0;
  };

  return {
    rung: (now) => {
      if (now >= climbAt) step(at - 1, now);
      return RUNGS[at] ?? 'poll';
    },
    failed: (rung, now) => {
      if (rung !== RUNGS[at]) return;
      settle(now);
      goodSince = null;
      if (!shaky || at === LOWEST) {
        shaky = true;
        return;
      }
      falls[at] = (falls[at] ?? 0) + 1;
      step(at + 1, now);
    },
    worked: (rung, now) => {
      if (rung !== RUNGS[at]) return;
      goodSince ??= now;
      settle(now);
    },
  };
};
