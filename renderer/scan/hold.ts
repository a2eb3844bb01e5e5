/** A code that is held before the camera is read many times a second; it counts once while it stays. */
export const HOLD_MS = 3_000;

/** @returns a filter: whether a reading is news. `now` in ms of a clock that only grows. */
export const createHold = (): ((text: string, now: number) => boolean) => {
  let last: { text: string; at: number } | null = null;
  return (text, now) => {
    const news = last === null || last.text !== text || now - last.at > HOLD_MS;
    last = { text, at: now };
    return news;
  };
};
