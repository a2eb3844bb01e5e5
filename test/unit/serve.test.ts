import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { serveCore } from '../../electron/core/serve.ts';
import type { ServedCore } from '../../electron/core/serve.ts';
import { CallFailure, fail, ok } from '../../shared/contracts/result.ts';
import type { FromCore } from '../../shared/contracts/wire.ts';

const START = { start: { dataDir: '/data', configFile: null, resourcesDir: '/resources' } };

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

function setUp(create?: () => Promise<ServedCore>) {
  const posted: FromCore[] = [];
  const exits: number[] = [];
  const calls: unknown[] = [];
  const log: string[] = [];
  let message: (raw: unknown) => void = () => {};
  let closed = (): void => {};
  let emit: (event: string, payload: unknown) => void = () => {};
  const core: ServedCore = {
    call: async (role, method, params) => {
      calls.push([role, method, params]);
      if (method === 'throws') throw new Error('broken');
      return method === 'refused' ? fail('not-found', 'none') : ok({ method });
    },
    onEvent: (listener) => {
      emit = listener;
      return () => {};
    },
    start: async () => void log.push('start'),
    stop: async () => void log.push('stop'),
  };
  const serving = serveCore(
    {
      post: (one) => void posted.push(one),
      onMessage: (listener) => {
        message = listener;
      },
      onClosed: (listener) => {
        closed = listener;
      },
    },
    create ?? (async () => core),
    (code) => void exits.push(code),
  );
  return {
    posted,
    exits,
    calls,
    log,
    serving,
    core,
    say: (raw: unknown) => message(raw),
    close: () => closed(),
    emit: (e: string, p: unknown) => emit(e, p),
  };
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('requests', () => {
  test('that come before the core is made wait for it; then each is answered', async () => {
    const { say, posted, calls, log } = setUp();
    say(START);
    say({ id: 1, method: 'a', params: { x: 1 }, role: 'kiosk' });
    expect(posted).toEqual([]);
    await turns();
    say({ id: 'two', method: 'refused' });
    await turns();
    expect(log).toEqual(['start']);
    expect(calls).toEqual([
      ['kiosk', 'a', { x: 1 }],
      ['service', 'refused', {}],
    ]);
    expect(posted).toEqual([
      { id: 1, ok: true, value: { method: 'a' } },
      { id: 'two', ok: false, error: { code: 'not-found', message: 'none' } },
    ]);
  });

  test('that are none are answered if they have an id, else dropped', async () => {
    const { say, posted } = setUp();
    say(START);
    await turns();
    for (const raw of [
      null,
      'x',
      1,
      [],
      {},
      { method: 'a' },
      { id: {}, method: 'a' },
      { id: 'x'.repeat(101), method: 'a' },
    ])
      say(raw);
    say({ id: 5 });
    say({ id: 6, method: 'a', role: 'root' });
    say({ id: 7, method: 'a', more: 1 });
    await turns();
    expect(posted.map((one) => ['id' in one && one.id, 'ok' in one && !one.ok && one.error.code])).toEqual([
      [5, 'invalid-input'],
      [6, 'invalid-input'],
      [7, 'invalid-input'],
    ]);
  });

  test('a core that throws answers internal and goes on', async () => {
    const { say, posted } = setUp();
    say(START);
    say({ id: 1, method: 'throws' });
    say({ id: 2, method: 'a' });
    await turns();
    expect(posted).toMatchObject([
      { id: 1, ok: false, error: { code: 'internal' } },
      { id: 2, ok: true },
    ]);
  });
});

test('events go out', async () => {
  const { say, posted, emit } = setUp();
  say(START);
  await turns();
  emit('print.changed', { id: 'x' });
  expect(posted).toEqual([{ event: 'print.changed', payload: { id: 'x' } }]);
});

describe('a start that fails', () => {
  test.each([
    ['with its code', new CallFailure('store-newer', 'newer'), { code: 'store-newer', message: 'newer' }],
    ['with a plain error', new Error('boom'), { code: 'internal', message: 'boom' }],
    [
      'with a foreign code',
      Object.assign(new Error('gone'), { code: 'ENOENT' }),
      { code: 'internal', message: 'gone' },
    ],
  ])('%s is told, then the process ends', async (_name, error, payload) => {
    const { say, posted, exits } = setUp(async () => Promise.reject(error));
    say(START);
    await vi.waitFor(() => expect(exits).toEqual([1]));
    expect(posted).toEqual([{ event: 'core.start-failed', payload }]);
  });

  test('a first message that is no start message', async () => {
    const { say, posted, exits } = setUp();
    say({ id: 1, method: 'core.ping' });
    await vi.waitFor(() => expect(exits).toEqual([1]));
    expect(posted).toMatchObject([{ event: 'core.start-failed', payload: { code: 'invalid-input' } }]);
  });
});

describe('stopping', () => {
  test('stops the core once, refuses what still comes, exits with 0', async () => {
    const { say, serving, log, exits, posted } = setUp();
    say(START);
    await turns();
    const first = serving.stop();
    say({ id: 9, method: 'a' });
    await Promise.all([first, serving.stop()]);
    expect([log, exits]).toEqual([['start', 'stop'], [0]]);
    expect(posted).toMatchObject([{ id: 9, ok: false, error: { code: 'core-restarting' } }]);
  });

  test('when nobody holds the other end', async () => {
    const { say, close, exits } = setUp();
    say(START);
    await turns();
    close();
    await vi.waitFor(() => expect(exits).toEqual([0]));
  });

  test('a core that does not stop is not waited for endlessly', async () => {
    vi.useFakeTimers();
    try {
      const { say, core, serving, exits } = setUp();
      core.stop = () => new Promise(() => {});
      say(START);
      await turns();
      void serving.stop();
      await vi.advanceTimersByTimeAsync(2500);
      expect(exits).toEqual([0]);
    } finally {
      vi.useRealTimers();
    }
  });
});
