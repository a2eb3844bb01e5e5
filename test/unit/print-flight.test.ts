import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../electron/core/printing/conversation.ts';
import { type Flight, type Landing, takeOff } from '../../electron/core/printing/flight.ts';
import type { PrinterCondition } from '../../electron/core/printing/status.ts';
import { createHandClock } from '../fixtures/hand-clock.ts';

/** A printer that confirms nothing: when its status may stand for the paper (grade C), and when it may not. */

const CLEAN: PrinterCondition = { blocked: null, paperLow: false };
const OUT: PrinterCondition = { blocked: 'paper-out', paperLow: false };
const PAPER_MS = 900;

const fly = (): {
  flight: Flight;
  clock: ReturnType<typeof createHandClock>;
  is: (c: PrinterCondition) => void;
  landed: () => Landing | null;
  asked: () => number;
} => {
  const clock = createHandClock();
  let condition = CLEAN;
  let landing: Landing | null = null;
  let asked = 0;
  const conversation: Conversation = {
    alive: true,
    clean: true,
    owing: false,
    ask: () => {
      asked += 1;
      return Promise.resolve(new Map([[1, [0]]]));
    },
    write: () => Promise.resolve(),
    expectFence: () => undefined,
    expectDone: () => undefined,
    forgive: () => undefined,
    close: () => Promise.resolve(),
  };
  const flight = takeOff({
    jobId: 'job',
    conversation,
    clock: clock.clock,
    bytes: new Uint8Array(1),
    expects: { done: false, fence: false },
    mute: false,
    questions: [1],
    interpret: () => condition,
    jobMs: 5000,
    troubleMs: 60_000,
    askEveryMs: 1000,
    paperMs: PAPER_MS,
    graceMs: 0,
    written: () => undefined,
    condition: () => undefined,
  });
  void flight.landed.then((value) => {
    landing = value;
  });
  return {
    flight,
    clock,
    is: (next) => {
      condition = next;
    },
    landed: () => landing,
    asked: () => asked,
  };
};

describe('a job that only the status can tell of', () => {
  it('is settled when the paper can be out, not when the bytes are', async () => {
    const { clock, landed, asked } = fly();
    await clock.to(PAPER_MS - 1);
    expect([landed(), asked()]).toEqual([null, 1]);
    await clock.to(PAPER_MS);
    expect(landed()).toEqual({ end: 'settled', grade: 'C' });
  });

  it('is lost when something was missing on the way, also when it has been put right', async () => {
    const { clock, landed, is } = fly();
    is(OUT);
    await clock.to(5000);
    is(CLEAN);
    await clock.to(6000);
    // It may be printing the rest just now.
    expect(landed()).toBeNull();
    await clock.to(6000 + PAPER_MS);
    expect(landed()).toEqual({ end: 'lost', why: 'trouble' });
  });

  it('is lost when nobody puts it right', async () => {
    const { clock, landed, is } = fly();
    is(OUT);
    await clock.to(59_000);
    expect(landed()).toBeNull();
    await clock.to(61_000);
    expect(landed()).toEqual({ end: 'lost', why: 'timeout' });
  });
});
