/** A code held before the camera is read up to thirty times a second; it counts once while it stays in view. */
export const HOLD_MS = 3_000;

/**
 * Longer texts are dropped. The same number as in the contract of the core, which is not imported here: with it came zod,
 * whose probe for `eval` at load breaks the page's content security policy.
 */
export const MAX_TEXT = 4_096;

export interface Hold {
  /**
   * @param now ms of a clock that only grows
   * @returns whether this sighting is news: the text was not seen in the last `HOLD_MS`
   */
  admit(text: string, now: number): boolean;
  /** Forgets everything: the next sighting of anything is news. */
  clear(): void;
}

/** Each text has its own time: two phones side by side, read in turn, are two codes and not a new one every time. */
export const createHold = (holdMs: number = HOLD_MS): Hold => {
  const seen = new Map<string, number>();
  return {
    admit: (text, now) => {
      for (const [other, at] of seen) if (now - at >= holdMs) seen.delete(other);
      const news = !seen.has(text);
      seen.set(text, now);
      return news;
    },
    clear: () => seen.clear(),
  };
};
