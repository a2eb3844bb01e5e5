import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLadder, readEvents } from '../../electron/core/sync/live.ts';
import { createHandClock } from '../fixtures/hand-clock.ts';

/** A body that is written by hand. */
const stream = (type = 'text/event-stream; charset=utf-8') => {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (c) => {
      controller = c;
    },
    cancel: () => {
      cancelled = true;
    },
  });
  const response = new Response(body, { headers: { 'content-type': type } });
  return {
    response,
    send: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    bytes: (bytes: Uint8Array) => controller?.enqueue(bytes),
    end: () => controller?.close(),
    fail: () => controller?.error(new Error('cut off')),
    cancelled: () => cancelled,
  };
};

const listen = (type?: string) => {
  const hand = createHandClock();
  const line = stream(type);
  const told: string[] = [];
  let alive = 0;
  const abort = new AbortController();
  const done = readEvents(line.response, {
    clock: hand.clock,
    silentMs: 45_000,
    signal: abort.signal,
    onAlive: () => {
      alive += 1;
    },
    onEvent: (event) => told.push(event),
  }).then(
    () => 'ended',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return { ...line, ...hand, told, abort, done, alive: () => alive };
};

describe('the stream of events', () => {
  it('tells pokes and revocations, however they are cut, and nothing else', async () => {
    const s = listen();
    const text =
      ':hello\n\nevent: poke\ndata: {"office":"a"}\n\nevent: gossip\ndata: 1\n\nevent: revoke\ndata: {}\n\nevent: po';
    for (const letter of text) s.send(letter);
    await s.to(1);
    s.send('ke\r\ndata: {}\r\n\r\n');
    s.end();
    await expect(s.done).resolves.toBe('ended');
    expect(s.told).toEqual(['poke', 'revoke', 'poke']);
    expect(s.alive()).toBeGreaterThanOrEqual(5);
  });

  it('survives letters that are cut in two', async () => {
    const s = listen();
    const bytes = new TextEncoder().encode('event: poke\ndata: {"office":"Бауманская"}\n\n');
    for (const byte of bytes) s.bytes(Uint8Array.of(byte));
    s.end();
    await expect(s.done).resolves.toBe('ended');
    expect(s.told).toEqual(['poke']);
  });

  it('is dead when it says nothing for so long, although bytes dribble in', async () => {
    const s = listen();
    s.send(':beat\n\n');
    await s.to(44_000);
    s.send('data: never fin');
    await s.to(60_000);
    expect(s.alive()).toBe(1);
    await s.to(90_000);
    await expect(s.done).resolves.toMatch('no sign of life for 45 s');
    expect(s.cancelled()).toBe(true);
  });

  it('lives by heartbeats alone', async () => {
    const s = listen();
    for (let at = 0; at < 600_000; at += 15_000) {
      s.send(':beat\n\n');
      await s.to(at);
    }
    s.end();
    await expect(s.done).resolves.toBe('ended');
  });

  it.each([
    ['text/html', 'text/html instead of events'],
    ['application/json', 'application/json instead of events'],
    ['', 'instead of events'],
  ])('is none of type %j', async (type, words) => {
    const s = listen(type);
    await expect(s.done).resolves.toMatch(words);
    expect(s.cancelled()).toBe(true);
  });

  it('is none when it is a login page with the right type', async () => {
    const s = listen();
    s.send('<!doctype html>\n<html>\n');
    await expect(s.done).resolves.toMatch('HTML instead of events');
  });

  it.each([
    ['a line', 'x'.repeat(10_000)],
    ['an event', `data: ${'x'.repeat(10_000)}\n`],
  ])('is none when %s does not end', async (_, more) => {
    const s = listen();
    s.send('data: ');
    for (let n = 0; n < 9; n += 1) s.send(more);
    await expect(s.done).resolves.toMatch('endless line');
    expect(s.cancelled()).toBe(true);
  });

  it('keeps nothing of a line that means nothing, and is not kept alive by it', async () => {
    const s = listen();
    for (let n = 0; n < 90 && !s.cancelled(); n += 1) {
      s.send('x'.repeat(10_000));
      await s.to(n * 1_000);
    }
    await expect(s.done).resolves.toMatch('no sign of life for 45 s');
  });

  it('ends when it is cut off, and when it is given up', async () => {
    const cut = listen();
    cut.fail();
    await expect(cut.done).resolves.toBe('cut off');
    const given = listen();
    given.abort.abort(new Error('stopping'));
    await expect(given.done).resolves.toBe('stopping');
    expect(given.cancelled()).toBe(true);
  });
});

describe('the ways to follow the centre', () => {
  it('begin with events; two failures soon after each other lead one down, to the very end', () => {
    const ladder = createLadder(() => 0.5);
    expect(ladder.rung(0)).toBe('sse');
    ladder.failed('sse', 0);
    expect(ladder.rung(0)).toBe('sse');
    ladder.failed('sse', 1_000);
    expect(ladder.rung(1_000)).toBe('long-poll');
    ladder.failed('long-poll', 2_000);
    ladder.failed('long-poll', 3_000);
    expect(ladder.rung(3_000)).toBe('poll');
    for (let n = 0; n < 20; n += 1) ladder.failed('poll', 3_000);
    expect(ladder.rung(3_000)).toBe('poll');
  });

  it('stay where a single failure comes now and then', () => {
    const ladder = createLadder(() => 0.5);
    for (let now = 0; now < 86_400_000; now += 600_000) {
      ladder.worked('sse', now);
      ladder.worked('sse', now + 300_000);
      ladder.failed('sse', now + 301_000);
      expect(ladder.rung(now + 301_000)).toBe('sse');
    }
  });

  it('climb again after some time, less and less often while it does not hold', () => {
    const ladder = createLadder(() => 0.999);
    ladder.failed('sse', 0);
    ladder.failed('sse', 0);
    const tries: number[] = [];
    let last = 0;
    for (let now = 0; now < 6 * 3_600_000; now += 1_000) {
      if (ladder.rung(now) !== 'sse') continue;
      tries.push(now - last);
      last = now;
      // One failure of a rung that was only tried again is enough.
      ladder.failed('sse', now);
      expect(ladder.rung(now)).toBe('long-poll');
    }
    expect(tries[0]).toBeLessThan(80_000);
    for (let n = 1; n < tries.length; n += 1) expect(tries[n]).toBeGreaterThanOrEqual((tries[n - 1] ?? 0) - 1_000);
    expect(Math.max(...tries)).toBeLessThan(32 * 60_000);
    expect(tries.length).toBeGreaterThan(10);
  });

  it('count anew when the upper one has held', () => {
    const ladder = createLadder(() => 0);
    ladder.failed('sse', 0);
    ladder.failed('sse', 0);
    expect(ladder.rung(15_000)).toBe('sse');
    ladder.worked('sse', 15_000);
    ladder.worked('sse', 15_000 + 3 * 60_000);
    ladder.failed('sse', 15_000 + 3 * 60_000 + 1);
    expect(ladder.rung(15_000 + 3 * 60_000 + 1)).toBe('sse');
  });

  it('hear nothing of a rung that is not the present one, and are never anywhere else', () => {
    const rungs = ['sse', 'long-poll', 'poll'] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...rungs), fc.boolean(), fc.nat(600_000)), { maxLength: 200 }),
        (events) => {
          const ladder = createLadder(() => 0.3);
          let now = 0;
          for (const [rung, good, ms] of events) {
            now += ms;
            const before = ladder.rung(now);
            if (good) ladder.worked(rung, now);
            else ladder.failed(rung, now);
            const after = ladder.rung(now);
            expect(rungs).toContain(after);
            if (rung !== before || good) expect(after).toBe(before);
            expect(Math.abs(rungs.indexOf(after) - rungs.indexOf(before))).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
