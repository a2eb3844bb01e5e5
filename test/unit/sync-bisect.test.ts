import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bisectFailed, bisectWorked, WHOLE, type Bisect } from '../../electron/core/sync/bisect.ts';
import { MAX_OPS } from '../../shared/contracts/centre/schemas.ts';

/** Sends operations 1..n in order to a centre that fails with every batch that has one of `poison` in it. */
const run = (n: number, poison: ReadonlySet<number>, hopeless = false) => {
  let state: Bisect = WHOLE;
  const waiting = Array.from({ length: n }, (_, i) => i + 1);
  const delivered: number[] = [];
  const withheld: number[] = [];
  let calls = 0;
  let waits = 0;
  while (waiting.length > 0) {
    calls += 1;
    if (calls > 20_000) throw new Error('it goes on for ever');
    const batch = waiting.slice(0, state.size);
    if (!batch.some((op) => poison.has(op))) {
      delivered.push(...batch);
      waiting.splice(0, batch.length);
      state = bisectWorked(state);
      continue;
    }
    const { next, step } = bisectFailed(state, batch.length, hopeless);
    state = next;
    if (step === 'wait') waits += 1;
    if (step === 'withhold') withheld.push(...waiting.splice(0, 1));
  }
  return { delivered, withheld, calls, waits };
};

describe('finding the operation that makes the centre fail', () => {
  it('withholds exactly the bad ones, and delivers all others in order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 450 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 450 }), { maxLength: 6 }),
        fc.boolean(),
        (n, bad, hopeless) => {
          const poison = new Set(bad.filter((op) => op <= n));
          const { delivered, withheld } = run(n, poison, hopeless);
          expect(withheld).toEqual([...poison].sort((a, b) => a - b));
          expect(delivered).toEqual(Array.from({ length: n }, (_, i) => i + 1).filter((op) => !poison.has(op)));
        },
      ),
    );
  });

  it('waits as after any failure before it halves: a centre that is only busy loses nothing', () => {
    let state = WHOLE;
    for (let n = 0; n < 4; n += 1) {
      const { next, step } = bisectFailed(state, MAX_OPS, false);
      expect(step).toBe('wait');
      state = next;
    }
    expect(bisectWorked(state)).toEqual(WHOLE);
  });

  it('finds one among two hundred with a few calls', () => {
    const { calls, waits } = run(200, new Set([137]));
    expect(waits).toBe(4);
    expect(calls).toBeLessThan(40);
  });

  it('does not wait for what will not get better by itself', () => {
    expect(run(200, new Set([1]), true).waits).toBe(0);
  });

  it('tries a single one as often as a whole batch', () => {
    let state = WHOLE;
    const steps: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const { next, step } = bisectFailed(state, 1, false);
      steps.push(step);
      state = next;
    }
    expect(steps).toEqual(['wait', 'wait', 'wait', 'wait', 'withhold']);
  });
});
