import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Core } from '../../electron/core/core.ts';
import { createShippedCore } from '../../electron/core/shipped.ts';
import { totpAt } from '../../electron/core/staff/totp.ts';
import type { AppContract, SystemState } from '../../shared/contracts/app.ts';
import type { MethodName, Role } from '../../shared/contracts/define.ts';
import type { PrinterSet, ProbeView, TestView } from '../../shared/contracts/printers-setup.ts';
import type { Result } from '../../shared/contracts/result.ts';
import { DEMO_STAFF } from '../centre/demo-staff.ts';
import { ROOT } from '../tools/paths.ts';
import { openStage, Printer, until, type Stage } from '../tools/stage.ts';

/** The whole set-up of a printer through the core as it ships, with virtual printers as processes. */

type In<M extends MethodName<AppContract>> = z.input<AppContract['methods'][M]['input']>;
type Out<M extends MethodName<AppContract>> = z.output<AppContract['methods'][M]['output']>;

let dir: string;
let stage: Stage;
let core: Core;
const printers: Printer[] = [];

const ask = <M extends MethodName<AppContract>>(method: M, input: In<M>, role: Role = 'desk') =>
  core.call(role, method, input) as Promise<Result<Out<M>>>;
const call = async <M extends MethodName<AppContract>>(method: M, input: In<M>, role: Role = 'desk') => {
  const answer = await ask(method, input, role);
  if (!answer.ok) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`);
  return answer.value;
};
const begin = async (): Promise<void> => {
  core = await createShippedCore({
    dataDir: join(dir, 'device'),
    configFile: join(dir, 'talon.json'),
    resourcesDir: join(ROOT, 'resources'),
  });
  await core.start();
  await until('live', async () => ((await call('system.state', {})).sync.state === 'live' ? true : null));
};
let codes = 0;
const signIn = async (person: 'anna' | 'vera'): Promise<void> => {
  const who = DEMO_STAFF.find(({ id }) => id === person);
  if (!who) throw new Error(person);
  // Each code opens once.
  const totp = who.totp === null ? null : totpAt(who.totp, Date.now() + 30_000 * codes++);
  expect(await call('staff.signIn', { person, pin: who.pin, totp })).toMatchObject({ outcome: 'in' });
};
const startPrinter = async (...args: string[]): Promise<Printer> => {
  const printer = await Printer.start(['--speed', 'max', ...args]);
  printers.push(printer);
  return printer;
};

beforeEach(async () => {
  codes = 0;
  dir = await mkdtemp(join(tmpdir(), 'talon-setup-'));
  stage = await openStage(dir, { printerArgs: ['--speed', 'max', '--one-session'] });
  const settings = { ...stage.config.settings, 'centre.enrolmentCode': await stage.centre.code('desk') };
  await writeFile(join(dir, 'talon.json'), JSON.stringify({ version: 1, settings }));
  await begin();
  await signIn('vera');
});
afterEach(async () => {
  await core.stop();
  await Promise.all([stage.close(), ...printers.splice(0).map((one) => one.stop())]);
  await rm(dir, { recursive: true, force: true });
});

const at = (printer: Printer) => ({ host: '127.0.0.1', port: printer.port });
const setOf = (printer: Printer, more: Partial<PrinterSet> = {}): PrinterSet => ({
  id: 'hall',
  name: 'Зал',
  roles: ['kiosk', 'desk', 'copy'],
  link: { kind: 'tcp', ...at(printer) },
  profile: 'generic',
  mode: 'auto',
  width: 576,
  codePage: null,
  answers: null,
  speedMmPerS: 150,
  ...more,
});
const probe = (printer: Printer): Promise<ProbeView> =>
  call('printers.probe', { link: { kind: 'tcp', ...at(printer) } });
const sent = (view: TestView): Extract<TestView, { outcome: 'sent' }> => {
  if (view.outcome !== 'sent') throw new Error(JSON.stringify(view));
  return view;
};
interface Cut {
  text: string;
  complete: boolean;
  codePages: string[];
  garbage: { count: number };
}
const lastPaper = async (printer: Printer): Promise<Cut> => {
  const found = (await printer.papers()).at(-1) as unknown as Cut | undefined;
  if (!found) throw new Error('no paper has come out');
  return found;
};
/** As somebody who looks at the paper does it: the first line on which all letters are right. */
const readable = (paper: Cut, sample = 'АБВ абв ёЁ №'): number => {
  const line = paper.text.split('\n').find((one) => one.includes(sample));
  const n = /^\s*(\d+)\)/.exec(line ?? '')?.[1];
  if (n === undefined) throw new Error(`no line can be read:\n${paper.text}`);
  return Number(n);
};
const state = (): Promise<SystemState> => call('system.state', {});

describe('looking for printers', () => {
  it('finds those at given addresses, and tells which of them is here already', async () => {
    const other = await startPrinter();
    const nobody = await startPrinter();
    await nobody.stop();
    const { found } = await call('printers.find', { addresses: [other, nobody, stage.printer].map(at) });
    const network = found.filter(({ link }) => link.kind === 'tcp');
    expect(network.map(({ link, printer }) => [link, printer])).toEqual([
      [{ kind: 'tcp', ...at(stage.printer) }, 'main'],
      [{ kind: 'tcp', ...at(other) }, null],
    ]);
  });
  it('is for whoever may set things', async () => {
    await call('staff.signOut', { handover: null });
    await signIn('anna');
    for (const method of ['printers.list', 'printers.undo', 'printers.restart'] as const)
      expect(await ask(method, {})).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(await ask('printers.find', { addresses: [] })).toMatchObject({ error: { code: 'forbidden' } });
  });
});

describe('what a printer is', () => {
  it.each([
    ['an Epson', [], { found: 'talks', dialect: 'epson', answers: { processId: true, fence: true } }],
    [
      'a clone',
      ['--profile', 'clone'],
      { found: 'talks', dialect: 'generic', answers: { processId: false, fence: true } },
    ],
    ['a Star', ['--profile', 'star'], { found: 'talks', dialect: 'star', answers: { processId: true } }],
    ['one that is mute', ['--profile', 'mute'], { found: 'mute', dialect: null, answers: { questions: [] } }],
  ] as const)('%s', async (_name, args, expected) => {
    const printer = await startPrinter(...args);
    expect(await probe(printer)).toMatchObject(expected);
    expect(await printer.papers()).toHaveLength(0);
  });
  it('is asked also of the one that tickets go to, though it serves a single line', async () => {
    await until('ready', async () => ((await state()).printer.state === 'ready' ? true : null));
    expect(await probe(stage.printer)).toMatchObject({ found: 'talks', dialect: 'epson', complete: true });
    await until('its own line is back', async () => {
      const { connections } = await stage.printer.state();
      return connections === 1 && (await state()).printer.state === 'ready' ? true : null;
    });
  });
});

describe('the page of codes', () => {
  it.each([
    ['an Epson', [], 'epson', 'cp866', 17, 'A'],
    ['a clone with other numbers', ['--profile', 'clone'], 'generic', 'cp866', 7, 'B'],
    ['a Star', ['--profile', 'star'], 'star', 'cp866', 10, 'A'],
    ['one that is mute', ['--profile', 'mute'], 'generic', 'cp866', 17, 'E'],
  ] as const)('of %s: the line that can be read makes a ticket in text whose letters are right', async (...row) => {
    const [, args, profile, page, number, grade] = row;
    const printer = await startPrinter(...args);
    const { answers } = await probe(printer);
    const draft = setOf(printer, { profile, answers });
    const test = sent(await call('printers.testPage', { printer: draft, kind: 'code-pages' }));
    expect(test.grade).toBe(grade);
    const paper = await until('the paper', async () =>
      (await printer.papers()).length > 0 ? lastPaper(printer) : null,
    );
    expect([paper.complete, paper.garbage.count]).toEqual([true, 0]);
    const line = test.lines.find(({ n }) => n === readable(paper));
    expect(line).toMatchObject({ page, number });
    if (!line) throw new Error('the line is not in the list');
    // No other page was taken along from the line before: what is not known there reads as nothing good.
    const chosen = { ...draft, codePage: { page: line.page, number: line.number } };
    expect(sent(await call('printers.testPage', { printer: chosen, kind: 'text' })).grade).toBe(grade);
    const ticket = await until('the ticket', async () =>
      (await printer.papers()).length > 1 ? lastPaper(printer) : null,
    );
    expect(ticket.text.replaceAll(/\s+/g, ' ')).toContain('Съешь ещё этих мягких французских булок');
    expect(ticket).toMatchObject({ complete: true, codePages: [page], garbage: { count: 0 } });
  });
  it('is not guessed: without one there is no text', async () => {
    const printer = await startPrinter();
    expect(await call('printers.testPage', { printer: setOf(printer), kind: 'text' })).toEqual({ outcome: 'unsaid' });
    expect(await printer.papers()).toHaveLength(0);
  });
});

describe('a paper to try', () => {
  it.each(['width', 'ticket'] as const)('%s: comes out whole, and is nobody’s', async (kind) => {
    const printer = await startPrinter('--one-session');
    expect(sent(await call('printers.testPage', { printer: setOf(printer, { profile: 'epson' }), kind })).grade).toBe(
      'A',
    );
    expect(await lastPaper(printer)).toMatchObject({ complete: true, garbage: { count: 0 } });
    expect(await call('print.list', { limit: 10 }, 'service')).toEqual([]);
    if (kind === 'width') expect((await lastPaper(printer)).text).toMatch(/384[^]*512[^]*576[^]*640/);
  });
  it('is not sent to one that has no paper', async () => {
    const printer = await startPrinter('--paper', 'out');
    const answer = await call('printers.testPage', { printer: setOf(printer), kind: 'ticket' });
    expect(answer).toEqual({ outcome: 'blocked', reason: 'paper-out' });
    expect(await printer.papers()).toHaveLength(0);
  });
  it('waits for the ticket that is being printed, on a line of its own', async () => {
    await stage.printer.control({ speed: 60 });
    const { services } = await call('walkin.catalogue', {}, 'service');
    const service = services.find(({ unavailable }) => unavailable === null);
    const taken = await call(
      'walkin.take',
      { attempt: v7(), services: [service?.id ?? 0], language: 'ru', despiteQueue: true },
      'service',
    );
    if (taken.outcome !== 'accepted' || !taken.job) throw new Error(JSON.stringify(taken));
    const job = taken.job.id;
    await until('it is printing', async () => {
      const now = await call('print.job', { job }, 'service');
      return now.state === 'sending' || now.state === 'sent' ? true : null;
    });
    const list = await call('printers.list', {});
    const [main] = list.printers;
    if (!main) throw new Error('there is no main printer');
    const test = sent(await call('printers.testPage', { printer: main, kind: 'width' }));
    expect(test.grade).toBe('A');
    expect(await call('print.job', { job }, 'service')).toMatchObject({ state: 'printed', grade: 'A' });
    const papers = (await stage.printer.papers()) as unknown as { complete: boolean; connections: number[] }[];
    expect(papers.map(({ complete }) => complete)).toEqual([true, true]);
    // One behind the other.
    expect(papers[0]?.connections).not.toEqual(papers[1]?.connections);
  });
});

describe('saving', () => {
  it('writes the device’s own file, holds from the next start on, and is taken back', async () => {
    const kept = async (): Promise<unknown> =>
      (JSON.parse(await readFile(join(dir, 'talon.json'), 'utf8')) as { settings: { printers?: unknown } }).settings
        .printers;
    const clone = await startPrinter('--profile', 'clone');
    const { answers } = await probe(clone);
    const hall = setOf(clone, {
      answers,
      profile: 'rongta-rp80',
      codePage: { page: 'cp866', number: 7 },
      mode: 'text',
    });
    expect(await call('printers.list', {})).toMatchObject({
      simple: true,
      waits: false,
      before: null,
      printers: [{ id: 'main' }],
    });
    expect(await call('printers.save', { printers: [hall] })).toMatchObject({
      outcome: 'saved',
      set: { simple: false, waits: true, before: 0, printers: [hall] },
    });
    expect(await kept()).toEqual([hall]);
    const rows = await call('settings.view', {});
    expect(rows.find(({ key }) => key === 'printers')).toMatchObject({
      editable: 'machine',
      pending: { source: 'device' },
    });

    await core.stop();
    await begin();
    await signIn('vera');
    expect(await call('printers.list', {})).toMatchObject({ waits: false, before: 0, printers: [hall] });
    await until('it is ready', async () => {
      const { printers: now } = await state();
      return now.length === 1 && now[0]?.id === 'hall' && now[0].state === 'ready' ? true : null;
    });
    const { services } = await call('walkin.catalogue', {}, 'service');
    const service = services.find(({ unavailable }) => unavailable === null);
    await call(
      'walkin.take',
      { attempt: v7(), services: [service?.id ?? 0], language: 'ru', despiteQueue: true },
      'service',
    );
    const ticket = await until('a ticket', async () => ((await clone.papers()).length > 0 ? lastPaper(clone) : null));
    expect(ticket).toMatchObject({ complete: true, codePages: ['cp866'], garbage: { count: 0 } });

    expect(await call('printers.undo', {})).toMatchObject({ simple: true, waits: true, printers: [{ id: 'main' }] });
    expect(await kept()).toBeUndefined();
    // And that is taken back too.
    expect(await call('printers.undo', {})).toMatchObject({ waits: false, printers: [hall] });
    expect(await kept()).toEqual([hall]);
    const { entries } = await call('audit.list', { filter: { action: 'settings.set' }, before: null, limit: 10 });
    expect(entries.filter(({ entity }) => entity === 'printers').map(({ actorName }) => actorName)).toEqual(
      Array(3).fill('Вера Седова'),
    );
  });
});
