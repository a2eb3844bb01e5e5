import type { Clock } from '../ports.ts';

/**
 * How fast this device asks: never more than four requests begin in any second. Background work takes three of them at
 * most, and chores that can wait two, so that a visitor's number does not queue behind them. And of one kind there is one
 * request at a time.
 */

export const MAX_PER_SECOND = 4;
/** `visitor`: somebody waits for it; `chore`: nobody would notice. */
export type Urgency = 'visitor' | 'background' | 'chore';
const PER_SECOND: Record<Urgency, number> = { visitor: MAX_PER_SECOND, background: 3, chore: 2 };
const SECOND_MS = 1_000;

export interface Pace {
  /**
   * Runs `work` when its turn has come.
   * @param kind one of a kind at a time
   */
  run: <T>(kind: string, urgency: Urgency, signal: AbortSignal | undefined, work: () => Promise<T>) => Promise<T>;
}

export const createPace = (clock: Clock): Pace => {
  const tails = new Map<string, Promise<unknown>>();
  let begun: number[] = [];

  /** Resolves when one more may begin. */
  const turn = async (urgency: Urgency, signal: AbortSignal | undefined): Promise<void> => {
    const most = PER_SECOND[urgency];
    for (;;) {
      signal?.throwIfAborted();
      const now = clock.monotonic();
      begun = begun.filter((at) => now - at < SECOND_MS);
      if (begun.length < most) {
        begun.push(now);
        return;
      }
      const free = (begun[begun.length - most] ?? now) + SECOND_MS;
      await new Promise<void>((resolve) => {
        clock.after(Math.max(1, free - now), resolve);
      });
    }
  };

  return {
    run: async (kind, urgency, signal, work) => {
      const before = tails.get(kind) ?? Promise.resolve();
      const mine = before.then(async () => {
        await turn(urgency, signal);
        return work();
      });
      // Who comes next waits for the end of this one, however it ends.
      const tail = mine.catch(() => undefined);
      tails.set(kind, tail);
      return mine.finally(() => {
        if (tails.get(kind) === tail) tails.delete(kind);
      });
    },
  };
};
