/** Time as the virtual printer sees it: injected, so that tests of print times need not wait for them. */
export interface Clock {
  /** Milliseconds from any fixed origin, never going back. */
  now(): number;
  /** Runs `action` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock which moves only when told to: timers fire in order of their time inside `advance`. */
export class ManualClock implements Clock {
  #now = 0;
  #sequence = 0;
  readonly #timers = new Map<number, { at: number; action: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, action: () => void): () => void {
    const id = this.#sequence++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), action });
    return () => this.#timers.delete(id);
  }

  /** Moves time by `ms`, running every timer that falls due on the way, including those set by other timers. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      let next: [number, { at: number; action: () => void }] | undefined;
      for (const entry of this.#timers) {
        if (entry[1].at <= end && (next === undefined || entry[1].at < next[1].at)) next = entry;
      }
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].action();
    }
    this.#now = end;
  }
}
