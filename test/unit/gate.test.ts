import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventFor, methodChannel, refuse, routesFor } from '../../electron/main/gate-policy.ts';
import type { Sender } from '../../electron/main/gate-policy.ts';
import { isAppUrl, isEntryPage } from '../../electron/main/origin.ts';
import type { WindowRole } from '../../electron/main/origin.ts';
import { appContract } from '../../shared/contracts/app.ts';
import { event, read, write } from '../../shared/contracts/define.ts';
import type { Contract } from '../../shared/contracts/define.ts';
import { fail, ok } from '../../shared/contracts/result.ts';
import type { Result } from '../../shared/contracts/result.ts';
import { fakeLog } from '../fixtures/core-double/fake.ts';

const contract: Contract = {
  methods: {
    greet: read(['kiosk'], z.strictObject({ to: z.string().default('all') }), z.strictObject({ text: z.string() })),
    decide: write(['desk'], z.strictObject({}), z.strictObject({}), { repeatable: false }),
  },
  events: {
    changed: event(['kiosk'], z.strictObject({ n: z.int() })),
    alarm: event(['desk'], z.strictObject({})),
  },
};
const KIOSK = 7;
const roleOf = (contents: number): WindowRole | null => (contents === KIOSK ? 'kiosk' : null);
const good: Sender = { contents: KIOSK, frame: { url: 'app://kiosk/kiosk.html', origin: 'app://kiosk', isMain: true } };

function setUp(reply: Result<unknown> = ok({ text: 'hello' })) {
  const forwarded: unknown[] = [];
  const log = fakeLog();
  const routes = routesFor('kiosk', {
    contract,
    roleOf,
    forward: async (...call) => {
      forwarded.push(call);
      return reply;
    },
    log,
  });
  const greet = routes.find(({ channel }) => channel === 'talon:kiosk:greet');
  if (greet === undefined) throw new Error('no route');
  return { forwarded, log, routes, call: (sender: Sender, params: unknown) => greet.answer(sender, params) };
}

test('there is one channel per method of the role, and no other', () => {
  expect(setUp().routes.map(({ channel }) => channel)).toEqual(['talon:kiosk:greet']);
  const shipped = routesFor('kiosk', { contract: appContract, roleOf, forward: async () => ok(1), log: fakeLog() });
  expect(shipped.map(({ channel }) => channel)).toEqual(
    Object.entries(appContract.methods)
      .filter(([, spec]) => spec.roles.some((role) => role === 'kiosk'))
      .map(([name]) => methodChannel('kiosk', name)),
  );
});

test('a good call goes to the core with its role and parsed parameters, and comes back parsed', async () => {
  const { call, forwarded } = setUp();
  expect(await call(good, {})).toEqual(ok({ text: 'hello' }));
  expect(forwarded).toEqual([['kiosk', 'greet', { to: 'all' }]]);
});

describe('refused before the core hears of it', () => {
  const frame = good.frame ?? { url: '', origin: '', isMain: true };
  const senders: [string, Sender][] = [
    ['another window', { ...good, contents: 8 }],
    ['a frame that is gone', { ...good, frame: null }],
    ['a child frame', { ...good, frame: { ...frame, isMain: false } }],
    ['about:blank', { ...good, frame: { ...frame, url: 'about:blank' } }],
    ['a document of srcdoc', { ...good, frame: { ...frame, url: 'about:srcdoc' } }],
    ['a sandboxed document', { ...good, frame: { ...frame, origin: 'null' } }],
    ['a data document', { ...good, frame: { ...frame, url: 'data:text/html,x', origin: 'null' } }],
    ['a look-alike host', { ...good, frame: { ...frame, url: 'app://kiosk.evil/', origin: 'app://kiosk.evil' } }],
    ['the origin of another role', { ...good, frame: { ...frame, url: 'app://desk/', origin: 'app://desk' } }],
    ['a site', { ...good, frame: { ...frame, url: 'https://example.ru/?app://kiosk/', origin: 'https://example.ru' } }],
    ['a file', { ...good, frame: { ...frame, url: 'file:///kiosk/', origin: 'file://' } }],
  ];
  test.each(senders)('%s', async (_name, sender) => {
    const { call, forwarded, log } = setUp();
    expect(await call(sender, {})).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(forwarded).toEqual([]);
    expect(log.lines).toMatchObject([{ level: 'warn', event: 'gate.refused', fields: { method: 'greet' } }]);
  });

  test.each([undefined, null, 'x', [], { to: 1 }, { to: 'a', more: 1 }, { to: { toString: 1 } }])(
    'parameters %j',
    async (params) => {
      const { call, forwarded } = setUp();
      expect(await call(good, params)).toMatchObject({ ok: false, error: { code: 'invalid-input' } });
      expect(forwarded).toEqual([]);
    },
  );

  test('the error names the field and never repeats the value', async () => {
    const result = await setUp().call(good, { to: 12345678 });
    expect(JSON.stringify(result)).toContain('"path":"to"');
    expect(JSON.stringify(result)).not.toContain('12345678');
  });
});

test('errors of the core pass; an answer that does not fit the contract does not', async () => {
  expect(await setUp(fail('timeout', 'late')).call(good, {})).toEqual(fail('timeout', 'late'));
  const { call, log } = setUp(ok({ text: 'x', secret: 1 }));
  expect(await call(good, {})).toMatchObject({ ok: false, error: { code: 'invalid-output' } });
  expect(log.lines).toMatchObject([{ level: 'error', event: 'gate.invalid-output' }]);
});

test('events go to their roles only, and only if they fit', () => {
  const log = fakeLog();
  expect(eventFor('kiosk', 'changed', { n: 1 }, { contract, log })).toEqual({
    channel: 'talon:kiosk:event:changed',
    payload: { n: 1 },
  });
  expect(eventFor('kiosk', 'alarm', {}, { contract, log })).toBeNull();
  expect(eventFor('kiosk', '__proto__', {}, { contract, log })).toBeNull();
  expect(log.lines).toEqual([]);
  expect(eventFor('kiosk', 'changed', { n: 'x' }, { contract, log })).toBeNull();
  expect(log.lines).toMatchObject([{ event: 'gate.invalid-event' }]);
});

test('no refusal for the one good sender', () => {
  expect(refuse(good, 'kiosk', roleOf)).toBeNull();
});

test.each([
  ['app://kiosk/', true, false],
  ['app://kiosk/kiosk.html', true, true],
  ['app://kiosk/kiosk.html?x#y', true, true],
  ['app://kiosk/assets/x.js', true, false],
  ['APP://kiosk/kiosk.html', true, true],
  ['app://kiosk.evil/kiosk.html', false, false],
  ['app://kiosk:80/kiosk.html', false, false],
  ['app://user@kiosk/kiosk.html', false, false],
  ['app://kiosk@evil/kiosk.html', false, false],
  ['app:kiosk/kiosk.html', false, false],
  ['apps://kiosk/kiosk.html', false, false],
  ['https://kiosk/kiosk.html', false, false],
  ['blob:app://kiosk/x', false, false],
  ['', false, false],
  ['null', false, false],
])('%s: ours %s, the page %s', (url, ours, page) => {
  expect([isAppUrl(url, 'kiosk'), isEntryPage(url, 'kiosk')]).toEqual([ours, page]);
});
