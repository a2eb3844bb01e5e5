import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SUPERVISOR_POLICY, createSupervisor } from '../../electron/main/supervisor.ts';
import type { LinkState } from '../../electron/main/supervisor.ts';
import type { Result } from '../../shared/contracts/result.ts';
import { FakeClock, FakeCore, fakeLog } from '../fixtures/core-double/fake.ts';

const START = { dataDir: '/data', configFile: null, resourcesDir: '/resources' };
const SCAN = { attempt: '0198c5b0-0000-7000-8000-000000000000', text: 'EZ1', source: 'camera' };

function setUp({ answersPings = true }: { answersPings?: boolean } = {}) {
  const clock = new FakeClock();
  const cores: FakeCore[] = [];
  const log = fakeLog();
  const control = { answersPings, spawnError: null as Error | null };
  const supervisor = createSupervisor({
    spawn: () => {
      if (control.spawnError !== null) throw control.spawnError;
      const core = new FakeCore(100 + cores.length, control.answersPings);
      cores.push(core);
      return core;
    },
    start: START,
    clock,
    log,
  });
  const states: LinkState[] = [];
  supervisor.onState((state) => states.push(state));
  const core = (): FakeCore => {
    const last = cores.at(-1);
    if (last === undefined) throw new Error('no core was started');
    return last;
  };
  return { clock, cores, core, control, log, states, supervisor };
}

/** The result of a call, null while it has none. */
function watch(promise: Promise<Result<unknown>>): { result: Result<unknown> | null } {
  const watched: { result: Result<unknown> | null } = { result: null };
  void promise.then((result) => {
    watched.result = result;
  });
  return watched;
}
const settle = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};
const codeOf = (watched: { result: Result<unknown> | null }): string | null =>
  watched.result === null ? null : watched.result.ok ? 'ok' : watched.result.error.code;

describe('a core that lives', () => {
  test('gets the start message first, and is up when it answers', () => {
    const { core, supervisor, states } = setUp();
    expect(supervisor.state).toBe('restarting');
    supervisor.start();
    expect(core().posted[0]).toEqual({ start: START });
    expect(states).toEqual(['up']);
    expect(supervisor.pid).toBe(100);
  });

  test('answers each call once, in its own order, with the role', async () => {
    const { core, supervisor } = setUp();
    supervisor.start();
    const first = watch(supervisor.call('kiosk', 'system.state', {}));
    const second = watch(supervisor.call('kiosk', 'checkin.scan', SCAN));
    expect(core().calls.map(({ method, role }) => [method, role])).toEqual([
      ['system.state', 'kiosk'],
      ['checkin.scan', 'kiosk'],
    ]);
    const [a, b] = core().calls;
    core().answer(b?.id ?? -1, 'second');
    core().say({ id: a?.id, ok: false, error: { code: 'store-busy', message: 'busy' } });
    core().answer(b?.id ?? -1, 'again');
    await settle();
    expect(second.result).toEqual({ ok: true, value: 'second' });
    expect(first.result).toEqual({ ok: false, error: { code: 'store-busy', message: 'busy' } });
  });

  test('a code that is not one of ours becomes internal; nonsense is dropped', async () => {
    const { core, supervisor, log } = setUp();
    supervisor.start();
    const call = watch(supervisor.call('kiosk', 'system.state', {}));
    core().say({ id: core().calls[0]?.id, ok: false, error: { code: 'EVIL', message: 'x' } });
    for (const raw of [null, 7, 'x', [], { id: {} }, { ok: true }]) core().say(raw);
    await settle();
    expect(codeOf(call)).toBe('internal');
    expect(log.lines.filter((line) => line.event === 'core.message-dropped')).toHaveLength(6);
  });

  test('passes events on', () => {
    const { core, supervisor } = setUp();
    const events: unknown[] = [];
    supervisor.onEvent((event, payload) => events.push([event, payload]));
    supervisor.start();
    core().say({ event: 'system.changed', payload: { now: 1 } });
    expect(events).toEqual([['system.changed', { now: 1 }]]);
  });

  test('a method that is not in the contract, or only on a prototype, is refused here', async () => {
    const { core, supervisor } = setUp();
    supervisor.start();
    for (const name of ['nope', 'toString', '__proto__', 'constructor']) {
      expect(await supervisor.call('kiosk', name, {})).toMatchObject({ ok: false, error: { code: 'unknown-method' } });
    }
    expect(core().calls).toEqual([]);
  });

  test('a call without an answer ends with its time limit; a late answer goes nowhere', async () => {
    const { clock, core, supervisor } = setUp();
    supervisor.start();
    const call = watch(supervisor.call('kiosk', 'checkin.scan', SCAN));
    clock.advance(SUPERVISOR_POLICY.callLimit - 1);
    await settle();
    expect(call.result).toBeNull();
    clock.advance(1);
    await settle();
    expect(codeOf(call)).toBe('timeout');
    core().answer(core().calls[0]?.id ?? -1, 'late');
    expect(supervisor.state).toBe('up');
  });
});

describe('a core that dies', () => {
  test('is restarted; what may be repeated is sent again, with the same id and parameters', async () => {
    const { clock, core, cores, supervisor, states } = setUp();
    supervisor.start();
    const read = watch(supervisor.call('kiosk', 'system.state', {}));
    const scan = watch(supervisor.call('kiosk', 'checkin.scan', SCAN));
    const enrol = watch(supervisor.call('service', 'device.enrol', {}));
    const before = core().calls;
    core().die(1);
    await settle();
    expect(codeOf(enrol)).toBe('core-restarting');
    expect([read.result, scan.result]).toEqual([null, null]);
    // Between two lives: what may be repeated waits, the rest is told at once.
    const waiting = watch(supervisor.call('kiosk', 'system.state', {}));
    const refused = watch(supervisor.call('service', 'device.enrol', {}));
    await settle();
    expect([codeOf(waiting), codeOf(refused)]).toEqual([null, 'core-restarting']);
    clock.advance(100);
    expect(cores).toHaveLength(2);
    expect(core().calls.slice(0, 2)).toEqual(before.slice(0, 2));
    for (const { id, method } of core().calls) core().answer(id, method);
    await settle();
    expect([codeOf(read), codeOf(scan), codeOf(waiting)]).toEqual(['ok', 'ok', 'ok']);
    expect(states).toEqual(['up', 'restarting', 'up']);
  });

  test('three times under the same call: the call is given up, others are not harmed', async () => {
    const { clock, core, supervisor } = setUp();
    supervisor.start();
    const poison = watch(supervisor.call('kiosk', 'checkin.scan', SCAN));
    for (let death = 1; death <= 3; death++) {
      expect(codeOf(poison)).toBeNull();
      core().die(139);
      await settle();
      clock.advance(5000);
    }
    expect(codeOf(poison)).toBe('core-failed');
    const other = watch(supervisor.call('kiosk', 'system.state', {}));
    core().answer(core().calls.at(-1)?.id ?? -1, {});
    await settle();
    expect(codeOf(other)).toBe('ok');
  });

  test('waits longer each time, then fails, tells everybody, and tries again rarely', async () => {
    const { clock, core, cores, supervisor, states, control } = setUp();
    supervisor.start();
    const waits: number[] = [];
    for (;;) {
      core().die(1);
      if (supervisor.state === 'failed') break;
      const before = cores.length;
      const from = clock.now();
      while (cores.length === before) clock.advance(10);
      waits.push(clock.now() - from);
      expect(waits.length).toBeLessThan(20);
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    expect(await supervisor.call('kiosk', 'system.state', {})).toMatchObject({ error: { code: 'core-failed' } });
    // A retry that dies again is no hope.
    control.answersPings = false;
    clock.advance(SUPERVISOR_POLICY.retryEvery);
    expect(cores).toHaveLength(10);
    core().die(1);
    expect(supervisor.state).toBe('failed');
    control.answersPings = true;
    clock.advance(SUPERVISOR_POLICY.retryEvery);
    expect(supervisor.state).toBe('up');
    expect(states.slice(-3)).toEqual(['up', 'failed', 'up']);
  });

  test('once in a long while is not a failing core: the backoff starts anew', () => {
    const { clock, core, cores, supervisor } = setUp();
    supervisor.start();
    for (let i = 0; i < 30; i++) {
      clock.advance(SUPERVISOR_POLICY.stableAfter);
      core().die(1);
      clock.advance(100);
      expect([cores.length, supervisor.state]).toEqual([i + 2, 'up']);
    }
  });

  test('the dead one is not listened to any more', async () => {
    const { clock, cores, supervisor } = setUp();
    supervisor.start();
    const call = watch(supervisor.call('kiosk', 'system.state', {}));
    const id = cores[0]?.calls[0]?.id ?? -1;
    cores[0]?.die(1);
    cores[0]?.answer(id, 'from the grave');
    await settle();
    expect(call.result).toBeNull();
    clock.advance(100);
    cores[1]?.answer(id, 'alive');
    await settle();
    expect(call.result).toEqual({ ok: true, value: 'alive' });
  });
});

describe('a core that hangs', () => {
  test('is killed after four pings without an answer, and replaced once it is gone', () => {
    const { clock, core, cores, supervisor } = setUp();
    supervisor.start();
    core().answersPings = false;
    core().diesOf = [];
    clock.advance(9_999);
    expect(core().kills).toEqual([]);
    clock.advance(1);
    expect(core().kills).toEqual(['SIGKILL']);
    clock.advance(120_000);
    // Two cores on one database never.
    expect(cores).toHaveLength(1);
    core().die(null);
    clock.advance(100);
    expect(cores).toHaveLength(2);
  });

  test('a slow answer is an answer', () => {
    const { clock, core, supervisor } = setUp();
    supervisor.start();
    core().answersPings = false;
    for (let i = 0; i < 20; i++) {
      clock.advance(5000);
      core().answer('ping', {});
    }
    expect([core().kills, supervisor.state]).toEqual([[], 'up']);
  });

  test('a sleep of the machine is no hang', () => {
    const { clock, core, supervisor } = setUp();
    supervisor.start();
    core().answersPings = false;
    clock.sleep(8 * 3_600_000);
    core().answersPings = true;
    clock.advance(2000);
    expect([core().kills, supervisor.state]).toEqual([[], 'up']);
  });

  test('a long start is allowed, an endless one is not', () => {
    const { clock, core, supervisor } = setUp({ answersPings: false });
    supervisor.start();
    clock.advance(SUPERVISOR_POLICY.startLimit - 1);
    expect([core().kills, supervisor.state]).toEqual([[], 'restarting']);
    clock.advance(1);
    expect(core().kills).toEqual(['SIGKILL']);
  });
});

describe('a core that cannot start', () => {
  test('says why: after three refusals every call gets that code', async () => {
    const { clock, core, control, supervisor } = setUp({ answersPings: false });
    supervisor.start();
    const early = watch(supervisor.call('kiosk', 'system.state', {}));
    for (let i = 0; i < 3; i++) {
      core().say({ event: 'core.start-failed', payload: { code: 'store-newer', message: 'the database is newer' } });
      core().die(1);
      await settle();
      if (i < 2) clock.advance(5000);
    }
    expect(supervisor.state).toBe('failed');
    expect(codeOf(early)).toBe('store-newer');
    expect(await supervisor.call('kiosk', 'system.state', {})).toMatchObject({
      error: { code: 'store-newer', message: 'the database is newer' },
    });
    control.answersPings = true;
    clock.advance(SUPERVISOR_POLICY.retryEvery);
    expect([supervisor.state, supervisor.failure]).toEqual(['up', null]);
  });

  test('a spawn that throws is a death like any other', async () => {
    const { clock, control, supervisor } = setUp();
    control.spawnError = new Error('no such file');
    supervisor.start();
    const call = watch(supervisor.call('kiosk', 'system.state', {}));
    clock.advance(60_000);
    await settle();
    expect([supervisor.state, codeOf(call)]).toEqual(['failed', 'core-failed']);
    expect(supervisor.failure?.message).toContain('no such file');
    control.spawnError = null;
    clock.advance(SUPERVISOR_POLICY.retryEvery);
    expect(supervisor.state).toBe('up');
  });
});

describe('stopping', () => {
  test('asks, waits, settles every call, starts nothing any more', async () => {
    const { clock, core, cores, supervisor } = setUp();
    supervisor.start();
    core().diesOf = ['SIGKILL'];
    const call = watch(supervisor.call('kiosk', 'system.state', {}));
    const ended = { done: false };
    void supervisor.stop().then(() => {
      ended.done = true;
    });
    await settle();
    expect([codeOf(call), core().kills, ended.done]).toEqual(['core-failed', ['SIGTERM'], false]);
    clock.advance(SUPERVISOR_POLICY.stopLimit);
    await settle();
    expect([core().kills, ended.done]).toEqual([['SIGTERM', 'SIGKILL'], true]);
    expect(await supervisor.call('kiosk', 'system.state', {})).toMatchObject({ error: { code: 'core-failed' } });
    clock.advance(600_000);
    expect([cores.length, clock.waiting]).toEqual([1, 0]);
    await supervisor.stop();
  });

  test('in the pause before a restart', async () => {
    const { clock, core, cores, supervisor } = setUp();
    supervisor.start();
    core().die(1);
    await supervisor.stop();
    clock.advance(600_000);
    expect(cores).toHaveLength(1);
  });
});

/** Whatever happens to the core in whatever order, every call settles exactly once, within its limit. */
test('every call settles', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('read', 'scan', 'enrol') },
    fc.constantFrom('die', 'answer', 'answer-wrong', 'deaf', 'hear', 'refuse-start', 'spawn-error', 'spawn-ok', 'stop'),
    fc.integer({ min: 1, max: 20_000 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { clock, cores, control, supervisor } = setUp();
      supervisor.start();
      const calls: { at: number; settled: number }[] = [];
      const call = (method: string): void => {
        const made = { at: clock.now(), settled: 0 };
        calls.push(made);
        void supervisor.call('kiosk', method, {}).then(() => {
          made.settled += 1;
        });
      };
      for (const one of steps) {
        const core = cores.at(-1);
        if (typeof one === 'number') clock.advance(one);
        else if (one === 'read') call('system.state');
        else if (one === 'scan') call('checkin.scan');
        else if (one === 'enrol') call('device.enrol');
        else if (one === 'die') core?.die(1);
        else if (one === 'answer' && core?.alive === true) for (const { id } of core.calls) core.answer(id, {});
        else if (one === 'answer-wrong') core?.say({ id: 10_000, ok: true });
        else if (one === 'deaf' || one === 'hear') control.answersPings = one === 'hear';
        else if (one === 'refuse-start' && core?.alive === true) {
          core.say({ event: 'core.start-failed', payload: { code: 'store-full' } });
          core.die(1);
        } else if (one === 'spawn-error' || one === 'spawn-ok') {
          control.spawnError = one === 'spawn-error' ? new Error('no') : null;
        } else if (one === 'stop') void supervisor.stop();
        await settle();
        expect(cores.filter((each) => each.alive).length).toBeLessThanOrEqual(1);
        const late = calls.filter(
          ({ at, settled }) => settled === 0 && clock.now() - at >= SUPERVISOR_POLICY.callLimit,
        );
        expect(late).toEqual([]);
      }
      clock.advance(SUPERVISOR_POLICY.callLimit);
      await settle();
      expect(calls.filter(({ settled }) => settled !== 1)).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
