import { describe, expect, it } from 'vitest';
import { createPace, MAX_PER_SECOND } from '../../electron/core/sync/pace.ts';
import { createHandClock } from '../fixtures/hand-clock.ts';

describe("a device's pace", () => {
  it('begins no more than four requests in any second, whoever asks', async () => {
    const { clock, to } = createHandClock();
    const pace = createPace(clock);
    const begun: number[] = [];
    for (let n = 0; n < 40; n += 1) {
      void pace.run(`kind ${n}`, n % 3 === 0 ? 'visitor' : 'background', undefined, async () => {
        begun.push(clock.monotonic());
      });
    }
    await to(60_000);
    expect(begun).toHaveLength(40);
    for (const at of begun)
      expect(begun.filter((b) => b >= at && b < at + 1_000).length).toBeLessThanOrEqual(MAX_PER_SECOND);
  });

  it('keeps one place a second for a visitor', async () => {
    const { clock, to } = createHandClock();
    const pace = createPace(clock);
    for (let n = 0; n < 10; n += 1) void pace.run(`background ${n}`, 'background', undefined, async () => undefined);
    await to(100);
    let at = -1;
    void pace.run('lease', 'visitor', undefined, async () => {
      at = clock.monotonic();
    });
    await to(101);
    expect(at).toBe(100);
  });

  it('has one request of a kind under way, also after one that failed', async () => {
    const { clock, to } = createHandClock();
    const pace = createPace(clock);
    const ends: (() => void)[] = [];
    let open = 0;
    let most = 0;
    const one = (fails: boolean) =>
      pace
        .run('ops', 'background', undefined, async () => {
          open += 1;
          most = Math.max(most, open);
          await new Promise<void>((resolve) => ends.push(resolve));
          open -= 1;
          if (fails) throw new Error('no');
        })
        .catch(() => undefined);
    const all = [one(true), one(false), one(true)];
    for (let n = 0; n < 3; n += 1) {
      await to((n + 1) * 2_000);
      expect(ends).toHaveLength(n + 1);
      ends[n]?.();
    }
    await Promise.all(all);
    expect(most).toBe(1);
  });

  it('gives up waiting when it is stopped', async () => {
    const { clock } = createHandClock();
    const pace = createPace(clock);
    const stopping = new AbortController();
    stopping.abort(new Error('stopped'));
    await expect(pace.run('time', 'background', stopping.signal, async () => 1)).rejects.toThrow('stopped');
  });
});
