import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_OFFICE } from '../centre/demo-services.ts';
import { startCentre, type Centre } from '../centre/index.ts';
import { CALM, decideFault, FAULTS, type Fault } from '../faults/plan.ts';
import { startFaultProxy, type FaultProxy } from '../faults/proxy.ts';
import { closeDevices, startDevice, type CoreDevice } from '../fixtures/core-device.ts';
import { ROOT } from '../tools/paths.ts';
import { until } from '../tools/stage.ts';

/** Whole devices behind a proxy that does what networks do; each kind of fault, and all of them at once. */

let centre: Centre;
let proxy: FaultProxy;
beforeEach(async () => {
  centre = await startCentre({ db: ':memory:', seed: 'demo', control: true, log: () => undefined });
  proxy = await startFaultProxy({ target: centre.url, seed: 7 });
});
afterEach(async () => {
  await closeDevices();
  await proxy.close();
  await centre.close();
});

/** Devices sign assertions for the address that they know: the proxy's must be one that the centre answers to. */
const behind = async (): Promise<CoreDevice> => {
  const toProxy: typeof fetch = async (input, init) =>
    fetch((input instanceof Request ? input.url : String(new URL(input))).replace(centre.url, proxy.url), init);
  const device = await startDevice({
    centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE) },
    fetch: toProxy,
  });
  await device.live();
  return device;
};
const book = () => {
  const { booking } = centre.control({
    book: { office_id: DEMO_OFFICE, service_id: 101, starts_at: Date.now() + 300_000 },
  });
  if (!booking) throw new Error('no booking was made');
  return booking;
};
const checkIn = async (device: CoreDevice, token: string): Promise<string> => {
  const outcome = await device.call('checkin.scan', { attempt: v7(), text: token, source: 'camera' });
  if (outcome.outcome !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.visit.id;
};
const visitsAtCentre = (): string[] =>
  centre.context.db
    .prepare<[], { visit_id: string }>('SELECT visit_id FROM visit ORDER BY visit_id')
    .all()
    .map((row) => row.visit_id);

describe('a decision', () => {
  it('is none where nothing is to happen, and each kind comes where something is', () => {
    let n = 0;
    const random = (): number => (n += 0.618_034) % 1;
    const seen = new Set<Fault>();
    for (let i = 0; i < 2_000; i += 1) {
      expect(decideFault(CALM, random).fault).toBe('none');
      seen.add(decideFault({ rate: 0.9, weights: {}, delayMs: 100 }, random).fault);
    }
    expect([...seen].sort()).toEqual([...FAULTS].sort());
  });
});

describe('a push that meets', () => {
  it.each(FAULTS.filter((fault) => fault !== 'none' && fault !== 'lost-request' && fault !== 'lost-answer'))(
    '%s: the centre has the fact once, nothing is parked, and the device goes on',
    async (fault) => {
      const device = await behind();
      proxy.next('/sync/ops', fault);
      const visit = await checkIn(device, book().token);
      await until('it is told', () => (visitsAtCentre().includes(visit) ? true : null), 30_000);
      await until('all is well', async () => ((await device.sync()).state === 'live' ? true : null), 30_000);
      expect(visitsAtCentre()).toEqual([visit]);
      expect(centre.context.db.prepare('SELECT count(*) AS n FROM operation').get()).toEqual({ n: 1 });
      expect((await device.sync()).parked).toBe(0);
      expect(proxy.counts()[fault]).toBe(1);
    },
  );

  it.each(['lost-request', 'lost-answer'] as const)(
    '%s: after its time it is sent again, and is there once',
    async (fault) => {
      const device = await behind();
      proxy.next('/sync/ops', fault);
      const visit = await checkIn(device, book().token);
      await until('it is settled', async () => ((await device.sync()).waiting === 0 ? true : null), 60_000);
      expect(visitsAtCentre()).toEqual([visit]);
    },
    90_000,
  );
});

describe('a snapshot and a feed', () => {
  it('come whole through all of it', async () => {
    for (const fault of ['truncated', 'slow', 'portal', 'error', 'reset'] as const) proxy.next('/sync/snapshot', fault);
    for (const fault of ['truncated', 'gateway', 'wrong-type'] as const) proxy.next('/sync/changes', fault);
    const device = await behind().catch(() => null);
    const known = device ?? (await behind());
    const calm = await startDevice({ centre: { url: centre.url, code: centre.createCode(DEMO_OFFICE) } });
    await calm.live();
    for (const table of ['booking', 'slot', 'service']) {
      expect(known.rows(`SELECT * FROM ${table} ORDER BY 1`)).toEqual(calm.rows(`SELECT * FROM ${table} ORDER BY 1`));
    }
  }, 120_000);
});

describe('everything at once', () => {
  it('ends with each fact at the centre once, when the line is good again', async () => {
    const devices = [await behind(), await behind()];
    proxy.set({ rate: 0.35, weights: { 'lost-request': 0, 'lost-answer': 0.3 }, delayMs: 500 });
    const visits: string[] = [];
    for (let n = 0; n < 12; n += 1) {
      const device = devices[n % 2];
      if (device) visits.push(await checkIn(device, book().token));
    }
    proxy.cut(true);
    const [first] = devices;
    if (first) visits.push(await checkIn(first, book().token));
    proxy.cut(false);
    proxy.set(CALM);
    for (const device of devices) {
      await until('live', async () => ((await device.sync()).state === 'live' ? true : null), 60_000);
      expect((await device.sync()).parked).toBe(0);
    }
    expect(visitsAtCentre()).toEqual(visits.sort());
  }, 150_000);
});

describe('the program', () => {
  it('is told by lines what to do, and ends with them', async () => {
    const program = join(ROOT, 'test/faults/cli.ts');
    const child = spawn(process.execPath, [program, '--target', centre.url, '--rate', '1', '--only', 'gateway'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const next = async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
    const tell = async (order: unknown) => {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      return next();
    };
    const { url } = await next();
    const time = async (): Promise<number> => (await fetch(`${String(url)}/kiosk/v1/time`)).status;
    expect(await time()).toBe(502);
    expect(await tell({ rate: 0 })).toEqual({ ok: true });
    expect(await time()).toBe(200);
    expect(await tell({ next: '/time', fault: 'error' })).toEqual({ ok: true });
    expect([await time(), await time()]).toEqual([500, 200]);
    expect(await tell({ cut: true })).toEqual({ ok: true });
    await expect(time()).rejects.toThrow('fetch failed');
    expect(await tell({ rate: 2 })).toHaveProperty('error');
    child.stdin.end();
    expect(await next()).toEqual({ counts: { gateway: 1, none: 2, error: 1 } });
    await expect(ended).resolves.toEqual([0, null]);
  }, 30_000);
});
