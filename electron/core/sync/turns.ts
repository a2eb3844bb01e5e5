import type { Clock } from '../ports.ts';

/** Lets everything else that is ready go first. */
export const yieldTurn = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** What is done in the background stands still for somebody at the screen, but not for longer than this at a time. */
const STANDS_STILL_MS = 100;

export interface Precedence {
  /** Somebody at a screen waits for `run`. */
  during<T>(run: () => Promise<T>): Promise<T>;
  /** To be awaited between two pieces of work in the background: resolves when nobody is waited for. */
  turn(): Promise<void>;
}

/** People before background work: a call takes several turns of the loop, and would wait for one piece in each of them. */
export const createPrecedence = (clock: Clock): Precedence => {
  let inHand = 0;
  const waiting = new Set<() => void>();
  return {
    during: async (run) => {
      inHand += 1;
      try {
        return await run();
      } finally {
        inHand -= 1;
        if (inHand === 0) for (const go of waiting) go();
      }
    },
    turn: async () => {
      await yieldTurn();
      if (inHand === 0) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          cancel();
          waiting.delete(go);
          resolve();
        };
        const cancel = clock.after(STANDS_STILL_MS, go);
        waiting.add(go);
      });
    },
  };
};
