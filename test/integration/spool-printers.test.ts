import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCore } from '../tools/core-cli.ts';
import { readPaper } from '../tools/read-paper.ts';
import { openStage, Printer, until, type Stage } from '../tools/stage.ts';

/** Two printers at one kiosk, as processes, and the core as one that is killed. */

let dir: string;
let stage: Stage;
let lobby: Printer;
let spare: Printer;
let core: Awaited<ReturnType<typeof startCore>>;
let config: Record<string, unknown>;

const printer = (id: string, port: number, roles: readonly string[]): Record<string, unknown> => ({
  id,
  name: id,
  roles,
  link: { kind: 'tcp', host: '127.0.0.1', port },
  profile: 'epson',
  mode: 'raster',
  width: 576,
  codePage: null,
  answers: null,
  speedMmPerS: 150,
});

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-printers-'));
  stage = await openStage(dir, { printerArgs: ['--speed', 'max'] });
  lobby = stage.printer;
  spare = await Printer.start(['--speed', 'max', '--paper', 'near']);
  config = {
    version: 1,
    settings: {
      ...stage.config.settings,
      printers: [printer('lobby', lobby.port, ['kiosk', 'copy']), printer('spare', spare.port, ['kiosk', 'desk'])],
    },
  };
  core = await startCore(join(dir, 'core'), config);
  await until('live', async () => {
    const { sync } = (await core.call('system.state', {})) as { sync: { state: string } };
    return sync.state === 'live' ? true : null;
  });
});
afterEach(async () => {
  await core.stop();
  await Promise.all([stage.close(), spare.stop()]);
  await rm(dir, { recursive: true, force: true });
});

const killAndRestart = async (): Promise<void> => {
  process.kill(core.pid, 'SIGKILL');
  await core.ended;
  core = await startCore(join(dir, 'core'), config);
  await until('up', async () => ((await core.call('core.ping', {}))['pid'] === core.pid ? true : null));
};
const takeNumber = async (): Promise<{ visit: string; job: string }> => {
  const { services } = (await core.call('walkin.catalogue', {})) as {
    services: { id: number; unavailable: string | null }[];
  };
  const service = services.find(({ unavailable }) => unavailable === null);
  const taken = (await core.call('walkin.take', {
    attempt: v7(),
    services: [service?.id ?? services[0]?.id],
    language: 'ru',
    despiteQueue: true,
  })) as { outcome: string; visit: { id: string }; job: { id: string } };
  expect(taken.outcome).toBe('accepted');
  return { visit: taken.visit.id, job: taken.job.id };
};
const job = (id: string): Promise<Record<string, unknown>> => core.call('print.job', { job: id });
const jobIs = (id: string, ...states: string[]): Promise<Record<string, unknown>> =>
  until(`the job is ${states.join(' or ')}`, async () => {
    const now = await job(id);
    return states.includes(String(now['state'])) ? now : null;
  });
const stateOf = async (id: string): Promise<Record<string, unknown>> => {
  const { printers } = (await core.call('system.state', {})) as { printers: Record<string, unknown>[] };
  return printers.find((one) => one['id'] === id) ?? {};
};
/** Whose tickets a printer has cut, whole ones. */
const visitsOn = async (of: Printer): Promise<string[]> => {
  const visits: string[] = [];
  for (const { n, complete } of await of.papers()) {
    expect(complete).toBe(true);
    visits.push(...(await readPaper(await of.png(n))).visits);
  }
  return visits;
};

describe('two printers at one kiosk', () => {
  it('use the first while it can print, and each says how it is', async () => {
    const { visit, job: id } = await takeNumber();
    expect(await jobIs(id, 'printed')).toMatchObject({ grade: 'A', printer: 'lobby' });
    expect([await visitsOn(lobby), await visitsOn(spare)]).toEqual([[visit], []]);
    await until('low', async () => ((await stateOf('spare'))['paperLow'] === true ? true : null));
    expect(await stateOf('lobby')).toMatchObject({ name: 'lobby', state: 'ready', paperLow: false });
    const history = (await core.call('printers.history', {})) as unknown as {
      printer: { id: string };
      rolls: { mm: number; papers: number }[];
      faults: { kind: string }[];
      jobs: { id: string; grade: string }[];
    }[];
    expect(history.map(({ printer: { id: of }, rolls }) => [of, rolls[0]?.papers ?? 0])).toEqual([
      ['lobby', 1],
      ['spare', 0],
    ]);
    expect(history[0]?.rolls[0]?.mm).toBeGreaterThan(80);
    expect(history[0]?.jobs).toMatchObject([{ id, grade: 'A', number: { number: expect.any(Number) as number } }]);
    expect(history[1]?.faults).toMatchObject([{ kind: 'paper-low', until: null }]);
  });

  it('paper out before the first byte: the other prints it, once, also when there is paper again', async () => {
    await lobby.control({ paper: 'out' });
    const first = await takeNumber();
    await jobIs(first.job, 'blocked', 'printed');
    expect(await jobIs(first.job, 'printed')).toMatchObject({ printer: 'spare', grade: 'A' });
    // The kiosk has paper, and staff see which printer has none.
    const state = (await core.call('system.state', {})) as { printer: { state: string } };
    expect(state.printer.state).toBe('ready');
    expect(await stateOf('lobby')).toMatchObject({ state: 'blocked', reason: 'paper-out' });
    await lobby.control({ paper: 'ok' });
    const second = await takeNumber();
    expect(await jobIs(second.job, 'printed')).toMatchObject({ printer: 'lobby' });
    expect([await visitsOn(lobby), await visitsOn(spare)]).toEqual([[second.visit], [first.visit]]);
  });

  it('paper out in the middle of a ticket: it stays there, and the next one goes to the other', async () => {
    await lobby.control({ speed: 200, runOutAfterMm: 30 });
    const first = await takeNumber();
    await until('its end is seen', async () => ((await stateOf('lobby'))['reason'] === 'paper-out' ? true : null));
    const second = await takeNumber();
    expect(await jobIs(second.job, 'printed')).toMatchObject({ printer: 'spare' });
    expect(['sending', 'sent']).toContain((await job(first.job))['state']);
    await lobby.control({ paper: 'ok' });
    expect(await jobIs(first.job, 'printed')).toMatchObject({ printer: 'lobby', grade: 'A' });
    expect([await visitsOn(lobby), await visitsOn(spare)]).toEqual([[first.visit], [second.visit]]);
  });

  it('the core is killed around the moment at which the other takes over: one paper for each, never two', async () => {
    const all: { visit: string; job: string }[] = [];
    // Blocked; about to be taken; being taken and sent.
    for (const waitMs of [300, 3900, 4050, 4200]) {
      // It is well at first, so that nothing goes over at once.
      await lobby.control({ paper: 'ok' });
      const last = all.at(-1);
      if (last) {
        const copy = await core.call('ticket.copy', { attempt: v7(), visit: last.visit });
        expect(await jobIs(String(copy['id']), 'printed')).toMatchObject({ printer: 'lobby' });
      }
      await lobby.control({ paper: 'out' });
      const one = await takeNumber();
      all.push(one);
      await new Promise((resolve) => {
        setTimeout(resolve, waitMs);
      });
      await killAndRestart();
      await jobIs(one.job, 'printed', 'unknown');
    }
    const states = await Promise.all(all.map(async ({ job: id }) => (await job(id))['state']));
    const papers = [...(await visitsOn(lobby)), ...(await visitsOn(spare))];
    all.forEach(({ visit }, n) => {
      const copies = n < all.length - 1 ? 1 : 0;
      const found = papers.filter((one) => one === visit).length - copies;
      expect([n, states[n], found]).toEqual([n, states[n], states[n] === 'printed' ? 1 : expect.toBeOneOf([0, 1])]);
    });
    // Killed before its first byte it is printed by the next core.
    expect(states[0]).toBe('printed');
  }, 120_000);

  it('the core is killed with a ticket on its way: not known, until the visitor says that he has it', async () => {
    await lobby.control({ holdConfirm: true });
    const one = await takeNumber();
    await jobIs(one.job, 'sent');
    await killAndRestart();
    expect(await jobIs(one.job, 'unknown')).toMatchObject({ printer: 'lobby' });
    expect(await core.call('print.answer', { job: one.job, out: true })).toMatchObject({
      state: 'printed',
      grade: null,
      word: 'visitor',
    });
    await lobby.control({ holdConfirm: false });
    expect([await visitsOn(lobby), await visitsOn(spare)]).toEqual([[one.visit], []]);
  });

  it('nothing prints, the visit counts: the number is given, and the desk sees why there is no paper', async () => {
    for (const one of [lobby, spare]) await one.control({ paper: 'out' });
    const one = await takeNumber();
    expect(await jobIs(one.job, 'blocked')).toMatchObject({ reason: 'paper-out' });
    await until('the kiosk knows that there is no paper', async () => {
      const { ready, printer: of } = (await core.call('system.state', {})) as {
        ready: boolean;
        printer: { reason: string };
      };
      expect(ready).toBe(true);
      return of.reason === 'paper-out' ? true : null;
    });
    await until('the centre knows of the visit', async () =>
      (await stage.centre.visits()).some(({ visit_id: id }) => id === one.visit) ? true : null,
    );
    await spare.control({ paper: 'ok' });
    expect(await jobIs(one.job, 'printed')).toMatchObject({ printer: 'spare' });
  });
});
