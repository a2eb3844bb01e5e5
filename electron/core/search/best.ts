/** The best few of many, without sorting them all. */

export interface Candidate {
  slot: number;
  order: number;
  fit: number;
}

/**
 * @param most how many are kept
 * @param idOf decides between those of the same order, so that it does not matter in which order they came
 */
export const createBest = (most: number, idOf: (slot: number) => string) => {
  /** A heap, the worst of those kept at its top. */
  const heap: Candidate[] = [];

  const isWorse = (a: Candidate, b: Candidate): boolean =>
    a.order > b.order || (a.order === b.order && idOf(a.slot) > idOf(b.slot));

  const swap = (i: number, j: number): void => {
    const [a, b] = [heap[i], heap[j]];
    if (a && b) [heap[i], heap[j]] = [b, a];
  };
  const worseAt = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]];
    return a !== undefined && (b === undefined || isWorse(a, b));
  };
  const up = (from: number): void => {
    for (let i = from; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!worseAt(i, parent)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const down = (): void => {
    for (let i = 0; ;) {
      const left = 2 * i + 1;
      if (left >= heap.length) return;
      const worse = left + 1 < heap.length && worseAt(left + 1, left) ? left + 1 : left;
      if (!worseAt(worse, i)) return;
      swap(i, worse);
      i = worse;
    }
  };

  return {
    add: (slot: number, order: number, fit: number): void => {
      if (heap.length < most) {
        heap.push({ slot, order, fit });
        up(heap.length - 1);
        return;
      }
      const worst = heap[0];
      if (!worst || order > worst.order) return;
      const candidate = { slot, order, fit };
      if (!isWorse(worst, candidate)) return;
      heap[0] = candidate;
      down();
    },
    /** The best first. */
    all: (): Candidate[] => heap.toSorted((a, b) => (isWorse(a, b) ? 1 : -1)),
  };
};
