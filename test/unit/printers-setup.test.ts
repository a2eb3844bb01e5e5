import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../electron/core/audit/audit.ts';
import { createPrintersSetup } from '../../electron/core/desk/printers-setup.ts';
import { createSettingsView } from '../../electron/core/desk/settings-view.ts';
import { encodeIn } from '../../electron/core/printing/code-pages.ts';
import { printerConfig, type PrinterConfig } from '../../electron/core/printing/printer-config.ts';
import { PROFILES } from '../../electron/core/printing/profiles.ts';
import { codePageBytes, codePageLines, sampleTicket, widthRulers } from '../../electron/core/printing/test-papers.ts';
import { DEFAULT_TEMPLATE } from '../../electron/core/printing/template.ts';
import { textTicket } from '../../electron/core/printing/text-ticket.ts';
import { mergeSettings } from '../../electron/core/settings/settings.ts';
import { openBetterSqlite3 } from '../../electron/core/store/better-sqlite3.ts';
import { openStore, type Store } from '../../electron/core/store/store.ts';
import { readAddresses } from '../../renderer/desk/printers/addresses.ts';
import {
  addressOf,
  confirmsOf,
  draftOf,
  newDraft,
  NO_SEARCH,
  printerAt,
  verdictOf,
  withAddress,
  withDraft,
  withoutDraft,
  withPrinter,
  withProbe,
  withProfile,
  withWidth,
} from '../../renderer/desk/printers/draft.ts';
import {
  printerSet,
  printersSetupMethods,
  type PrinterSet,
  type ProbeView,
} from '../../shared/contracts/printers-setup.ts';
import { CallFailure } from '../../shared/contracts/result.ts';
import { exactly } from '../../shared/domain/decide.ts';
import { startFleet, type Fleet } from '../fixtures/print-fleet.ts';
import { memoryLog } from '../fixtures/sqlite.ts';

const NOW = Date.parse('2026-11-23T12:00:00+03:00');
const TCP = { kind: 'tcp', host: '10.0.0.5', port: 9100 } as const;
const one = (more: Partial<PrinterConfig> = {}): PrinterConfig => ({
  id: 'hall',
  name: 'Зал',
  roles: ['kiosk'],
  link: TCP,
  profile: 'epson',
  mode: 'auto',
  width: 576,
  codePage: null,
  answers: null,
  speedMmPerS: 150,
  ...more,
});
const profiles = Object.entries(PROFILES).map(([id, { name, dialect, widths, cutter }]) => ({
  id,
  name,
  dialect,
  widths: [...widths],
  cutter,
}));

describe('a printer of the contract', () => {
  it('can be everything that the settings can hold', () => {
    const config = one({
      link: { kind: 'serial', path: '/dev/ttyUSB0', baudRate: 230_400, rtscts: true },
      codePage: { page: 'kz1048', number: 255 },
      answers: { questions: [1, 20], processId: true, fence: true },
      speedMmPerS: 500,
      name: 'Я'.repeat(60),
      id: 'a'.repeat(20),
    });
    expect(printerSet.parse(printerConfig.parse(config))).toEqual(config);
  });
});

describe('saving printers', () => {
  let store: Store;
  let device: Parameters<typeof mergeSettings>[1];
  let saved: unknown[];
  let broken: boolean;
  let allowed: boolean;
  let restarts: number;
  let setup: ReturnType<typeof createPrintersSetup>;
  const begin = (): void => {
    const running = mergeSettings(new Map(), device);
    const actor = (): string => {
      if (!allowed) throw new CallFailure('forbidden', 'no');
      return 'st-boss';
    };
    const settingsView = createSettingsView({
      store,
      moment: () => exactly(NOW),
      settings: () => running,
      actor,
      saveDeviceSettings: (key, value) => {
        if (broken) throw new CallFailure('store-readonly', 'the file cannot be written');
        saved.push(value);
        device = { ...device, [key]: value };
        if (value === undefined) delete device[key];
      },
    });
    setup = createPrintersSetup({
      store,
      settings: () => running,
      settingsView,
      actor,
      restart: () => {
        restarts += 1;
      },
    });
  };
  beforeEach(() => {
    store = openStore(() => openBetterSqlite3(':memory:'), memoryLog());
    device = { 'printer.kind': 'tcp', 'printer.host': '10.0.0.9' };
    saved = [];
    broken = false;
    allowed = true;
    restarts = 0;
    begin();
  });
  afterEach(() => store.close());

  it('shows the one of the simple keys while there is no list', () => {
    const view = setup.list();
    expect(view).toMatchObject({ simple: true, waits: false, before: null });
    expect(view.printers).toMatchObject([{ id: 'main', link: { kind: 'tcp', host: '10.0.0.9' } }]);
    expect(printersSetupMethods['printers.list'].output.parse(view)).toEqual(view);
    device = {};
    begin();
    expect(setup.list().printers).toEqual([]);
  });

  it.each<[string, PrinterSet[], number | null, string]>([
    ['an id with capitals', [one(), one({ id: 'HALL' })], 1, 'id'],
    ['the same id twice', [one(), one({ link: { ...TCP, port: 9101 } })], 1, 'id'],
    ['the same line twice', [one(), one({ id: 'desk' })], 1, 'same'],
    ['no name', [one({ name: '' })], 0, 'name'],
    ['nothing to print', [one({ roles: [] })], 0, 'roles'],
    [
      'a baud rate that there is not',
      [{ ...one(), link: { kind: 'serial', path: '/dev/ttyS0', baudRate: 1234, rtscts: false } }],
      0,
      'link',
    ],
    [
      'a queue with a slash',
      [{ ...one(), link: { kind: 'cups', host: 'localhost', port: 631, queue: 'a/b' } }],
      0,
      'link',
    ],
    ['a model nobody knows', [one({ profile: 'constructor' })], 0, 'profile'],
    ['a width of no paper', [{ ...one(), width: 500 }], 0, 'width'],
    ['a page nobody knows', [one({ codePage: { page: 'koi8', number: 1 } })], 0, 'codePage'],
    ['too slow paper', [one({ speedMmPerS: 1 })], 0, 'other'],
    [
      'nine of them',
      Array.from({ length: 9 }, (_, i) => one({ id: `p${i}`, link: { ...TCP, port: 9000 + i } })),
      null,
      'many',
    ],
  ])('says which is wrong and why: %s', async (_what, printers, at, why) => {
    const outcome = await setup.save(printers);
    expect(outcome).toMatchObject({ outcome: 'wrong', at, why });
    expect(printersSetupMethods['printers.save'].output.parse(outcome)).toEqual(outcome);
    expect(saved).toEqual([]);
    expect(setup.list()).toMatchObject({ waits: false, before: null });
  });

  it('is taken back step by step, also after a start, and each step has its trace', async () => {
    const first = [one()];
    const second = [one(), one({ id: 'desk', link: { ...TCP, port: 9101 } })];
    expect(await setup.save(first)).toMatchObject({
      outcome: 'saved',
      set: { waits: true, before: 0, printers: first },
    });
    await setup.save(second);
    expect(setup.list()).toMatchObject({ before: 1, printers: second });
    begin();
    expect(setup.list()).toMatchObject({ waits: false, before: 1, printers: second });
    expect(await setup.undo()).toMatchObject({ printers: first, waits: true, before: 2 });
    expect(await setup.undo()).toMatchObject({ printers: second, waits: false });
    expect(saved).toEqual([first, second, first, second]);
    expect(store.read(verifyAudit)).toBeNull();
  });
  it('takes the key away again where there was none before', async () => {
    await setup.save([one()]);
    expect(await setup.undo()).toMatchObject({ simple: true, waits: false, printers: [{ id: 'main' }] });
    expect(saved).toEqual([[one()], undefined]);
    expect(device).not.toHaveProperty('printers');
  });
  it('changes nothing when the file cannot be written, and what was never written is not taken back', async () => {
    broken = true;
    await expect(setup.save([one()])).rejects.toThrow(CallFailure);
    expect(setup.list()).toMatchObject({ simple: true, waits: false, before: null });
    await expect(setup.undo()).rejects.toMatchObject({ error: { code: 'conflict' } });
  });
  it('is nobody’s without the right', async () => {
    allowed = false;
    expect(() => setup.list()).toThrow(CallFailure);
    expect(() => setup.restart()).toThrow(CallFailure);
    await expect(setup.save([one()])).rejects.toThrow(CallFailure);
    await expect(setup.undo()).rejects.toThrow(CallFailure);
    expect([saved, restarts]).toEqual([[], 0]);
    allowed = true;
    setup.restart();
    expect(restarts).toBe(1);
  });
});

describe('the page of codes', () => {
  it.each(Object.keys(PROFILES))('%s: each line once, its own pages first, all for Russian', (profile) => {
    const lines = codePageLines(profile);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.map(({ n }) => n)).toEqual(lines.map((_, i) => i + 1));
    expect(new Set(lines.map(({ page, number }) => `${page} ${number}`)).size).toBe(lines.length);
    const own = PROFILES[profile]?.codePages['cp866'];
    if (own !== undefined) expect(lines[0]).toMatchObject({ page: 'cp866', number: own });
    for (const { page } of lines) expect(encodeIn(page, 'АБВ абв ёЁ №')).not.toBeNull();
  });
  it('begins each line anew, so that a number nobody knows does not go on with the page before', () => {
    const lines = codePageLines('generic');
    const bytes = Buffer.from(codePageBytes('generic', lines));
    for (const { number } of lines)
      expect(bytes.includes(Buffer.from([0x1b, 0x40, 0x1c, 0x2e, 0x1b, 0x74, number]))).toBe(true);
    const star = codePageLines('star');
    for (const { number } of star)
      expect(
        Buffer.from(codePageBytes('star', star)).includes(Buffer.from([0x1b, 0x40, 0x1b, 0x1d, 0x74, number])),
      ).toBe(true);
  });
});

describe('the rulers and the ticket to try', () => {
  it('are as wide as paper is, the shortest first, black at both ends', () => {
    const rulers = widthRulers();
    expect(rulers.map(({ width }) => width)).toEqual([384, 512, 576, 640]);
    for (const { width, ops } of rulers) {
      const op = ops.at(-1);
      if (op?.op !== 'raster') throw new Error('no picture');
      const rowBytes = width / 8;
      expect(op.bitmap.bits).toHaveLength(rowBytes * op.bitmap.height);
      expect([op.bitmap.bits[0], op.bitmap.bits[rowBytes - 1]]).toEqual([0xff, 0xff]);
      expect(op.bitmap.bits[4]).toBe(0);
    }
  });
  it('can be said in every page for Russian, on wide paper and narrow', () => {
    for (const page of ['cp866', 'cp1251', 'kz1048', 'cp1125', 'cp855'])
      for (const width of [576, 384])
        expect(textTicket(sampleTicket(NOW, 'Europe/Moscow'), DEFAULT_TEMPLATE, { page, width })).not.toBeNull();
  });
});

describe('addresses as they are typed', () => {
  const read = (text: string) => readAddresses(text).addresses.map(({ host, port }) => `${host} ${port}`);
  it.each([
    ['192.168.1.50', ['192.168.1.50 9100']],
    ['10.0.0.5:9101, printer.local;  lp-1', ['10.0.0.5 9101', 'printer.local 9100', 'lp-1 9100']],
    ['10.0.0.8-10', ['10.0.0.8 9100', '10.0.0.9 9100', '10.0.0.10 9100']],
    ['10.0.0.8-9:515', ['10.0.0.8 515', '10.0.0.9 515']],
    ['fe80::1 [2001:db8::7]:9101', ['fe80::1 9100', '2001:db8::7 9101']],
    ['10.0.0.5 10.0.0.5', ['10.0.0.5 9100']],
    ['  ', []],
  ])('%s', (text, expected) => {
    expect(readAddresses(text).wrong).toBeNull();
    expect(read(text)).toEqual(expected);
  });
  it.each([
    '10.0.0.300',
    '10.0.0.9-8',
    '10.0.0',
    '10.0.0.5:0',
    '10.0.0.5:99999',
    '10.0.0.5:',
    'a b/c',
    '-x',
    '[10.0.0.5]:1',
    'http://x',
  ])('%s is none, and is told', (text) => {
    expect(readAddresses(text)).toMatchObject({ addresses: [], wrong: expect.any(String) as string });
  });
  it('never throws, and gives only what can be asked for', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        for (const { host, port } of readAddresses(text).addresses) {
          expect(host).toMatch(/^[\w.:%-]+$/);
          expect(port).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('what follows from what was found', () => {
  const probe = (more: Partial<ProbeView> = {}): ProbeView => ({
    found: 'talks',
    dialect: 'generic',
    answers: { questions: [1, 2, 3, 4], processId: false, fence: true },
    condition: { blocked: null, paperLow: false },
    complete: true,
    steady: true,
    names: { maker: null, model: null, firmware: null },
    steps: [],
    ...more,
  });
  const answers = (questions: number[], processId: boolean, fence: boolean) => ({ questions, processId, fence });
  it.each<[string, Partial<ProbeView>]>([
    ['each', { answers: answers([1], true, false) }],
    ['after', { answers: answers([1], false, true) }],
    ['state', { answers: answers([1], false, false) }],
    ['mute', { found: 'mute', dialect: null, condition: null, answers: answers([], false, false) }],
    ['blocked', { condition: { blocked: 'paper-out', paperLow: true }, complete: false }],
    ['unreachable', { found: 'unreachable', answers: null, condition: null, complete: false }],
  ])('%s', (verdict, more) => {
    expect(verdictOf(probe(more), TCP)).toBe(verdict);
  });
  it('is never more than a queue says of itself, behind one', () => {
    const queue = { kind: 'cups', host: 'localhost', port: 631, queue: 'a' } as const;
    expect(verdictOf(probe({ found: 'queue', dialect: null, answers: null }), queue)).toBe('queue');
    expect(confirmsOf({ link: queue, answers: answers([1], true, true) })).toBe('queue');
    expect(confirmsOf({ link: TCP, answers: null })).toBeNull();
  });
  const draft = newDraft(TCP, 'Зал', ['printer', 'printer-2']);
  it('a new one has an id that is free, and can be saved once it has a name', () => {
    expect(draft.id).toBe('printer-3');
    expect(printerConfig.safeParse(draft).success).toBe(true);
    expect(newDraft(TCP, 'x'.repeat(200), []).name).toHaveLength(60);
  });
  it('takes the language it was heard to speak, and keeps a model that speaks it', () => {
    expect(withProbe(draft, probe({ dialect: 'star' }), profiles)).toMatchObject({ profile: 'star', width: 576 });
    const rongta = withProfile(draft, 'rongta-rp80', profiles);
    expect(withProbe(rongta, probe(), profiles)).toMatchObject({ profile: 'rongta-rp80', answers: { fence: true } });
    expect(withProbe(draft, probe({ dialect: 'custom' }), profiles)).toMatchObject({ profile: 'custom', width: 576 });
  });
  it('learns nothing from one that could not answer', () => {
    const known = { ...draft, answers: answers([1], true, true) };
    for (const more of [{ complete: false }, { found: 'unreachable' as const }])
      expect(withProbe(known, probe(more), profiles)).toEqual(known);
  });
  it('forgets the line that was read when it is another model, and keeps it with another width', () => {
    const read = { ...draft, codePage: { page: 'cp866', number: 7 } };
    expect(withProfile(read, 'epson', profiles).codePage).toBeNull();
    expect(withProfile(read, 'generic', profiles).codePage).toEqual(read.codePage);
    expect(withWidth(read, 384, profiles)).toMatchObject({
      profile: 'generic-58',
      width: 384,
      codePage: read.codePage,
    });
    expect(withWidth(read, 640, profiles)).toMatchObject({ profile: 'generic', width: 640 });
    expect(withWidth({ ...read, profile: 'star' }, 384, profiles)).toMatchObject({ profile: 'star-58' });
    for (const { id } of profiles)
      for (const width of [384, 512, 576, 640] as const)
        expect(printerConfig.safeParse(withWidth({ ...draft, profile: id }, width, profiles)).success).toBe(true);
  });
  it('is moved to another address, where it has to be asked again', () => {
    const known = { ...draft, answers: answers([1], true, true) };
    expect(addressOf(known)).toBe('10.0.0.5:9100');
    expect(withAddress(known, ' 10.0.0.5:9100 ')).toBe(known);
    expect(withAddress(known, '10.0.0.6')).toMatchObject({ link: { host: '10.0.0.6', port: 9100 }, answers: null });
    const six = withAddress(known, '[fe80::1]:9101');
    expect(six && addressOf(six)).toBe('[fe80::1]:9101');
    for (const wrong of ['', '10.0.0.5-6', 'a b', '10.0.0.300']) expect(withAddress(known, wrong)).toBeNull();
    const usb = { ...draft, link: { kind: 'device', path: '/dev/usb/lp0' } as const };
    expect([addressOf(usb), withAddress(usb, '')]).toEqual(['', usb]);
  });
  it('is found again by its line, however it is set, and by no other', () => {
    const links: PrinterSet['link'][] = [
      TCP,
      { ...TCP, port: 9101 },
      { kind: 'device', path: '/dev/usb/lp0' },
      { kind: 'serial', path: '/dev/ttyS0', baudRate: 9600, rtscts: false },
      { kind: 'cups', host: 'localhost', port: 631, queue: 'a' },
      { kind: 'cups', host: 'localhost', port: 631, queue: 'b' },
      { kind: 'winspool', queue: 'a' },
    ];
    const all = links.map((link, n) => ({ ...draft, id: `p${n}`, link }));
    for (const [n, link] of links.entries()) expect(printerAt(all, link)?.id).toBe(`p${n}`);
    expect(printerAt(all, { kind: 'serial', path: '/dev/ttyS0', baudRate: 115_200, rtscts: true })?.id).toBe('p3');
    expect(printerAt(all, { ...TCP, host: '10.0.0.6' })).toBeNull();
  });
  it('goes on as it was begun, under an id that is still free; one that is kept is as it is kept', () => {
    const found = { link: TCP, label: '10.0.0.5:9100' };
    const first = draftOf(found, [], {});
    expect(first).toMatchObject({ id: 'printer', name: '', link: TCP });
    expect(draftOf({ link: { kind: 'device', path: '/dev/usb/lp0' }, label: 'EPSON TM (lp0)' }, [], {}).name).toBe(
      'EPSON TM',
    );
    // It has another address by now: it is still the one that was found there.
    const begun = { ...first, name: 'Холл', link: { ...TCP, port: 9101 } };
    const search = withDraft(NO_SEARCH, TCP, begun);
    expect(draftOf(found, [], search.drafts)).toBe(begun);
    const other = one({ id: 'printer', link: { ...TCP, host: '10.0.0.9' } });
    expect(draftOf(found, [other], search.drafts)).toEqual({ ...begun, id: 'printer-2' });
    const set = one({ id: 'printer' });
    expect(draftOf(found, [set], search.drafts)).toBe(set);
    expect(draftOf(found, [], withoutDraft(search, TCP).drafts)).toEqual(first);
  });
  it('stands where it stood', () => {
    const [a, b] = [one(), one({ id: 'desk', link: { ...TCP, port: 9101 } })];
    expect(withPrinter([a, b], { ...a, name: 'Холл' }).map(({ name }) => name)).toEqual(['Холл', 'Зал']);
    expect(withPrinter([a], b)).toEqual([a, b]);
  });
});

describe('a line that is lent', () => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await startFleet([{ id: 'p1', roles: ['kiosk'] }]);
    await fleet.pass(1000);
  });
  afterEach(() => fleet.stop());
  const lend = (run: () => Promise<string>, timeoutMs = 8000): Promise<string> =>
    fleet.printers.lend('p1', run, timeoutMs);
  const told = (promise: Promise<string>): Promise<unknown> =>
    promise.catch((error: unknown) => (error instanceof CallFailure ? error.error.code : error));

  it('is lent when the ticket on its way is out, and the next one waits until it is back', async () => {
    fleet.printer('p1').set({ holds: true });
    const first = fleet.add();
    await fleet.pass(100);
    expect(fleet.job(first).state).toMatch(/sending|sent/);
    let back = (): void => undefined;
    let begun = false;
    const lent = lend(() => {
      begun = true;
      return new Promise((resolve) => {
        back = () => resolve('tested');
      });
    });
    await fleet.pass(1000);
    expect(begun).toBe(false);
    fleet.printer('p1').set({ holds: false });
    await fleet.pass(1000);
    expect([fleet.job(first).state, begun]).toEqual(['printed', true]);
    const second = fleet.add();
    await fleet.pass(5000);
    expect([fleet.printer('p1').got, fleet.job(second).state]).toEqual([[first], 'queued']);
    back();
    expect(await lent).toBe('tested');
    await fleet.pass(1000);
    expect(fleet.job(second).state).toBe('printed');
  });
  it('is not lent while a ticket hangs in it, nor twice; that changes nothing for the ticket', async () => {
    fleet.printer('p1').set({ holds: true });
    const job = fleet.add();
    await fleet.pass(100);
    const [one, two] = [told(lend(() => Promise.resolve('one'), 2000)), told(lend(() => Promise.resolve('two')))];
    expect(await two).toBe('conflict');
    await fleet.pass(2500);
    expect(await one).toBe('conflict');
    fleet.printer('p1').set({ holds: false });
    await fleet.pass(100);
    expect(fleet.job(job).state).toBe('printed');
  });
  it('comes back also from whoever fails with it', async () => {
    const failed = told(lend(() => Promise.reject(new CallFailure('not-found', 'no'))));
    await fleet.pass(1000);
    expect(await failed).toBe('not-found');
    const job = fleet.add();
    await fleet.pass(1000);
    expect(fleet.job(job).state).toBe('printed');
  });
  it('of a printer that nobody here prints on needs no waiting', async () => {
    expect(await fleet.printers.lend('elsewhere', () => Promise.resolve('now'), 0)).toBe('now');
  });
});
