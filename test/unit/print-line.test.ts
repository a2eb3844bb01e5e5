import { describe, expect, it } from 'vitest';
import type { Clock, Log, PrinterLink, PrinterPort } from '../../electron/core/ports.ts';
import type { Dialect, Question } from '../../electron/core/printing/dialect.ts';
import { DIALECTS } from '../../electron/core/printing/dialects/index.ts';
import { createPrinterLine, type Look, type PrinterLine } from '../../electron/core/printing/printer-line.ts';
import type { PrinterCondition } from '../../electron/core/printing/status.ts';

/** A clock that stands until it is moved. */
const stoppedClock = () => {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
  };
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  const move = async (ms: number): Promise<void> => {
    now += ms;
    await settle();
    for (;;) {
      const due = timers.find(({ at }) => at <= now);
      if (!due) return;
      timers = timers.filter((one) => one !== due);
      due.run();
      await settle();
    }
  };
  return { clock, move, settle };
};

/** A printer at the other end, of which the test says every byte. */
const stand = () => {
  let data = (_bytes: Uint8Array): void => undefined;
  let closed = (_error: Error | null): void => undefined;
  const state = { refuses: false, opened: 0, written: [] as string[] };
  /** What is said at once to what, in hexadecimal. */
  const replies = new Map<string, string>();
  const printer: PrinterPort = {
    name: 'stand',
    open: () => {
      if (state.refuses) return Promise.reject(new Error('refused'));
      state.opened += 1;
      const link: PrinterLink = {
        write: (bytes) => {
          const hex = Buffer.from(bytes).toString('hex');
          state.written.push(hex);
          const reply = replies.get(hex);
          if (reply !== undefined) data(Buffer.from(reply, 'hex'));
          return Promise.resolve();
        },
        onData: (listener) => {
          data = listener;
        },
        onClose: (listener) => {
          closed = listener;
        },
        close: () => {
          closed(null);
          return Promise.resolve();
        },
      };
      return Promise.resolve(link);
    },
  };
  return {
    printer,
    state,
    replies,
    say: (hex: string): void => data(Buffer.from(hex, 'hex')),
    drop: (): void => closed(new Error('reset')),
  };
};

const silentLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const start = (id: Dialect['id'], known: readonly Question[] | null = null) => {
  const world = { ...stoppedClock(), ...stand() };
  const told: string[] = [];
  const conditions: PrinterCondition[] = [];
  const line: PrinterLine = createPrinterLine(
    {
      printer: world.printer,
      clock: world.clock,
      log: silentLog,
      timeouts: { connectMs: 100, preflightMs: 100, mutePreflightMs: 30, closeMs: 100 },
      dialect: DIALECTS[id],
      known,
    },
    {
      done: (jobId) => told.push(`${jobId} done`),
      fence: (jobId) => told.push(`${jobId} fence`),
      condition: (condition) => conditions.push(condition),
      closed: () => told.push('closed'),
    },
  );
  /** Looks, and lets all the time pass that it wants. */
  const look = async (): Promise<Look> => {
    const looking = line.look();
    await world.settle();
    for (let i = 0; i < 20 && line.looking; i += 1) await world.move(30);
    return looking;
  };
  return { ...world, line, look, told, conditions };
};

const ASK_ALL = '100401100402100403100404';
const ASK_STAR = '1b0601';
const packet = (counter: number, status = '00'): string =>
  `2306${status}00000000${(((counter & 7) << 1) | ((counter & 24) << 2)).toString(16).padStart(2, '0')}00`;
const idOf = (look: Look, dialect: Dialect): string | null =>
  look.ready ? dialect.nextProcessId(look.answers, 1) : null;

describe('what a printer was found to answer at set-up', () => {
  it('is asked, and nothing else', async () => {
    const { look, replies, state } = start('generic', [1, 4]);
    replies.set('100401100404', '121e');
    expect(await look()).toMatchObject({ ready: true, mute: false, paperLow: true });
    expect(state.written).toEqual(['100401100404']);
  });
  it('makes its silence a fault, however often: never mute, and no ticket is sent into the dark', async () => {
    const { look, line } = start('epson', [1, 2, 3, 4]);
    for (let i = 0; i < 4; i += 1) expect(await look()).toEqual({ ready: false, reason: 'offline', paperLow: null });
    expect(line.mute).toBe(false);
  });
  it('was nothing: it is mute from the start, waited for briefly, and listened to when it talks after all', async () => {
    const { look, line, replies } = start('epson', []);
    expect(line.mute).toBe(true);
    expect(await look()).toMatchObject({ ready: true, mute: true, paperLow: false });
    replies.set(ASK_ALL, '1a32127e');
    expect(await look()).toEqual({ ready: false, reason: 'paper-out', paperLow: true });
    expect(line.mute).toBe(false);
  });
  it('is not known: one that never says anything is mute, which is not without paper', async () => {
    const { look } = start('generic');
    expect(await look()).toMatchObject({ ready: true, mute: true, paperLow: false });
  });
  it('is not known: what it does answer is found by asking one by one', async () => {
    const { look, line, replies } = start('generic');
    replies.set(ASK_ALL, '1212');
    replies.set('100401', '12');
    replies.set('100404', '12');
    replies.set('100401100404', '127e');
    expect(await look()).toEqual({ ready: false, reason: 'paper-out', paperLow: true });
    expect(line.questions).toEqual([1, 4]);
  });
});

describe('a look', () => {
  it('carries the answers', async () => {
    const { look, replies } = start('epson');
    replies.set(ASK_ALL, '1612121e');
    const seen = await look();
    expect(seen.ready && [...seen.answers]).toEqual([
      [1, [0x16]],
      [2, [0x12]],
      [3, [0x12]],
      [4, [0x1e]],
    ]);
  });
  it('is not answered by what was said before it, nor by what is said too late', async () => {
    const { look, replies, say, settle, line, state } = start('custom');
    replies.set('100414', '100f00000000');
    expect(await look()).toMatchObject({ ready: true });
    // Unasked, with one answer that says all: it is as good as being told.
    say('100f01000000');
    replies.delete('100414');
    const looking = line.look();
    await settle();
    expect(line.looking).toBe(true);
    say('100f00020000');
    expect(await looking).toEqual({ ready: false, reason: 'cover-open', paperLow: false });
    expect(state.opened).toBe(1);
  });
  it('of a line that was dropped before it was ours is unreachable, not an error', async () => {
    const { clock } = stoppedClock();
    const dead: PrinterPort = {
      name: 'dead',
      open: () =>
        Promise.resolve({
          write: () => Promise.reject(new Error('gone')),
          onData: () => undefined,
          onClose: (listener) => listener(null),
          close: () => Promise.resolve(),
        }),
    };
    const line = createPrinterLine(
      {
        printer: dead,
        clock,
        log: silentLog,
        timeouts: { connectMs: 1, preflightMs: 1, mutePreflightMs: 1, closeMs: 1 },
        dialect: DIALECTS.star,
        known: null,
      },
      { done: () => undefined, fence: () => undefined, condition: () => undefined, closed: () => undefined },
    );
    expect(await line.look()).toEqual({ ready: false, reason: 'unreachable', paperLow: null });
    expect(line.current).toBeNull();
  });
});

describe('what is told unasked', () => {
  it('by a Star is heard: its packets say all', async () => {
    const { look, replies, say, conditions } = start('star');
    replies.set(ASK_STAR, packet(4));
    await look();
    say(packet(4, '28'));
    expect(conditions).toEqual([{ blocked: 'cover-open', paperLow: false }]);
  });
  it('by an Epson with one byte is not: nobody knows to which question it is the answer', async () => {
    const { look, replies, say, conditions } = start('epson');
    replies.set(ASK_ALL, '12121212');
    await look();
    say('1a127e');
    expect(conditions).toEqual([]);
    say('18000f00');
    expect(conditions).toEqual([{ blocked: 'paper-out', paperLow: true }]);
  });
});

describe("a Star's counter", () => {
  const print = async (world: ReturnType<typeof start>, jobId: string): Promise<string | null> => {
    const id = idOf(await world.look(), DIALECTS.star);
    if (id !== null) world.line.current?.expectDone(jobId, id);
    return id;
  };

  it('goes on from the last look, job after job', async () => {
    const world = start('star');
    for (const counter of [30, 31, 1, 2]) {
      world.replies.set(ASK_STAR, packet(counter));
      expect(await print(world, `job at ${counter}`)).toBe({ 30: '31', 31: '0-1', 1: '2', 2: '3' }[counter]);
      // Each end of a job is told.
      if (counter === 31) world.say(packet(0));
      world.say(packet(counter === 31 ? 1 : counter + 1));
    }
    expect(world.told).toEqual(['job at 30 done', 'job at 31 done', 'job at 1 done', 'job at 2 done']);
  });

  it('is not trusted while an earlier job may still be in the printer: that would be taken for the next', async () => {
    const world = start('star');
    world.replies.set(ASK_STAR, packet(4));
    expect(await print(world, 'first')).toBe('5');
    // Nothing more is heard of the first; a job that follows gets no id.
    expect(await print(world, 'second')).toBeNull();
    // The first is printed after all: told late, and all is well again.
    world.say(packet(5));
    expect(world.told).toEqual(['first done']);
    world.replies.set(ASK_STAR, packet(5));
    expect(await print(world, 'third')).toBe('6');
  });

  it('is not trusted after the line was lost with a job on it, until the printer has been quiet for long', async () => {
    const world = start('star');
    world.replies.set(ASK_STAR, packet(4));
    expect(await print(world, 'lost')).toBe('5');
    world.drop();
    expect(await print(world, 'next')).toBeNull();
    await world.move(9000);
    // It counts: something was still in it, and the quiet begins anew.
    world.replies.set(ASK_STAR, packet(5));
    expect(await print(world, 'next')).toBeNull();
    await world.move(9000);
    expect(await print(world, 'next')).toBeNull();
    await world.move(1500);
    expect(await print(world, 'next')).toBe('6');
    expect(world.told).toEqual(['closed']);
  });

  it('a printer that waits for paper is not quiet', async () => {
    const world = start('star');
    world.replies.set(ASK_STAR, packet(4));
    await print(world, 'lost');
    world.drop();
    await print(world, 'next');
    world.replies.set(ASK_STAR, packet(4, '28'));
    expect(await world.look()).toMatchObject({ ready: false, reason: 'cover-open' });
    await world.move(11_000);
    world.replies.set(ASK_STAR, packet(4));
    expect(await print(world, 'next')).toBeNull();
    await world.move(10_500);
    expect(await print(world, 'next')).toBe('5');
  });

  it('is not trusted when the program before this one may have left a job in it', async () => {
    const world = start('star');
    world.line.doubt();
    world.replies.set(ASK_STAR, packet(4));
    expect(await print(world, 'next')).toBeNull();
    await world.move(10_500);
    expect(await print(world, 'next')).toBe('5');
  });

  it('of Epson there is nothing to doubt: its ids are all different', async () => {
    const world = start('epson');
    world.replies.set(ASK_ALL, '12121212');
    world.line.doubt();
    expect(idOf(await world.look(), DIALECTS.epson)).toMatch(/^.{4}$/);
  });
});
