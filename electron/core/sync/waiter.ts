import type { Clock } from '../ports.ts';

/** A pause that can be cut short. A wake that comes while nobody waits is kept for the next wait. */
export const createWaiter = (clock: Clock) => {
  let woken = false;
  let closed = false;
  let current: (() => void) | null = null;
  let finish: (() => void) | null = null;
  return {
    /** Ends the present wait and every later one at once. */
    close: (): void => {
      closed = true;
      finish?.();
    },
    wake: (): void => {
      woken = true;
      current?.();
    },
    /**
     * Waits `ms` (null: until woken).
     * @param least a wake does not end it before this many ms
     */
    wait: (ms: number | null, least: number): Promise<void> =>
      new Promise((resolve) => {
        if (closed) {
          resolve();
          return;
        }
        const started = clock.monotonic();
        const cancels: (() => void)[] = [];
        const end = (): void => {
          for (const cancel of cancels) cancel();
          current = null;
          finish = null;
          woken = false;
          resolve();
        };
        const onWake = (): void => {
          const left = least - (clock.monotonic() - started);
          if (left <= 0) end();
          else cancels.push(clock.after(left, end));
        };
        current = onWake;
        finish = end;
        if (ms !== null) cancels.push(clock.after(ms, end));
        if (woken) onWake();
      }),
  };
};
