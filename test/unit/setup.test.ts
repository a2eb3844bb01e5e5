import { beforeEach, describe, expect, it } from 'vitest';
import { createSetup } from '../../electron/core/desk/setup.ts';
import type { PrinterTools } from '../../electron/core/desk/printers-setup.ts';
import { printerConfig } from '../../electron/core/printing/printer-config.ts';
import { mergeSettings } from '../../electron/core/settings/settings.ts';
import { printersSetupMethods, setupPrintersMethods, type PrinterSet } from '../../shared/contracts/printers-setup.ts';
import type { TicketContent } from '../../electron/core/ports.ts';

/** The first start: what it may do, until when, and what it leaves behind. */

const HALL: PrinterSet = {
  id: 'printer',
  name: 'Зал',
  roles: ['kiosk'],
  link: { kind: 'serial', path: '/dev/ttyUSB0', baudRate: 19_200, rtscts: true },
  profile: 'generic',
  mode: 'auto',
  width: 576,
  codePage: null,
  answers: null,
  speedMmPerS: 150,
};
const DESK: PrinterSet = {
  ...HALL,
  id: 'printer-2',
  name: 'Стойка',
  link: { kind: 'tcp', host: '10.0.0.5', port: 9100 },
};

type Tried = [string, unknown, (TicketContent | undefined)?];
let isSetUp: boolean;
let device: Parameters<typeof mergeSettings>[1];
let file: Map<string, unknown>;
let tried: Tried[];
let restarts: number;
let paper: Awaited<ReturnType<PrinterTools['test']>>;
let setup: ReturnType<typeof createSetup>;

const begin = (): void => {
  const running = mergeSettings(new Map(), device);
  setup = createSetup({
    isSetUp: () => isSetUp,
    enrol: () => {
      isSetUp = true;
      return Promise.resolve({ office: 7 });
    },
    tools: {
      find: (addresses) => {
        tried.push(['find', addresses]);
        return Promise.resolve({ found: [], failed: [] });
      },
      probe: (link) => {
        tried.push(['probe', link]);
        return Promise.reject(new Error('nobody there'));
      },
      test: (printer, kind, content) => {
        tried.push([kind, printer, content]);
        return Promise.resolve(paper);
      },
    },
    settings: () => running,
    now: () => 1_800_000_000_000,
    save: (key, value) => {
      if (value === undefined) file.delete(key);
      else file.set(key, value);
    },
    restart: () => {
      restarts += 1;
    },
  });
};
/** A handler may also throw before there is a promise. */
const call = async (method: keyof typeof setup.handlers, input: object = {}): Promise<unknown> =>
  (setup.handlers[method] as (input: object) => unknown)(input);
const CALLS: readonly (readonly [keyof ReturnType<typeof createSetup>['handlers'], object])[] = [
  ['setup.printers', {}],
  ['setup.find', { addresses: [] }],
  ['setup.probe', { link: HALL.link }],
  ['setup.testPage', { printer: HALL, kind: 'width' }],
  ['setup.savePrinters', { printers: [HALL] }],
  ['setup.machine', { inches: 24 }],
  ['setup.trial', { printer: HALL }],
  ['setup.done', {}],
];

beforeEach(() => {
  isSetUp = false;
  device = {};
  file = new Map();
  tried = [];
  restarts = 0;
  paper = { outcome: 'sent', grade: 'A', lines: [] };
  begin();
});

describe('the first start', () => {
  it.each(CALLS)('of a machine that has its office is over: %s', async (method, input) => {
    isSetUp = true;
    await expect(call(method, input)).rejects.toMatchObject({ error: { code: 'conflict' } });
    expect([tried, [...file], restarts]).toEqual([[], [], 0]);
  });
  it.each(CALLS)('goes on behind the enrolment, until somebody signs in: %s', async (method, input) => {
    expect(await call('setup.enrol', { url: 'https://centre', code: 'ABCD1234' })).toEqual({ office: 7 });
    await call('setup.printers');
    setup.over();
    await expect(call(method, input)).rejects.toMatchObject({ error: { code: 'conflict' } });
    expect([tried, [...file], restarts]).toEqual([[], [], 0]);
  });
  it('ends with the restart', async () => {
    await call('setup.enrol', { url: 'https://centre', code: 'ABCD1234' });
    await call('setup.done');
    expect(restarts).toBe(1);
    await expect(call('setup.testPage', { printer: HALL, kind: 'width' })).rejects.toMatchObject({
      error: { code: 'conflict' },
    });
    expect(tried).toEqual([]);
  });
  it('does not enrol twice', async () => {
    await call('setup.enrol', { url: 'https://centre', code: 'ABCD1234' });
    await expect(call('setup.enrol', { url: 'https://centre', code: 'ABCD1234' })).rejects.toMatchObject({
      error: { code: 'conflict' },
    });
  });
});

describe('its printers', () => {
  const view = async () => setupPrintersMethods['setup.printers'].output.parse(await call('setup.printers'));

  it('are none at first, then those that were kept, as the settings hold them', async () => {
    expect(await view()).toMatchObject({ printers: [], simple: true });
    expect(await call('setup.savePrinters', { printers: [HALL, DESK] })).toEqual({ outcome: 'saved' });
    expect(file.get('printers')).toEqual([HALL, DESK]);
    expect(await view()).toMatchObject({ printers: [HALL, DESK], simple: false });
    expect((await view()).profiles.map(({ id }) => id)).toContain('generic');
  });
  it('are still there when the first start was broken off, or the machine has lost its office', async () => {
    device = { printers: [printerConfig.parse(HALL)] };
    begin();
    expect(await view()).toMatchObject({ printers: [HALL], simple: false });
    device = { 'printer.kind': 'tcp', 'printer.host': '10.0.0.9' };
    begin();
    expect(await view()).toMatchObject({ printers: [{ id: 'main', link: { host: '10.0.0.9' } }], simple: true });
  });
  it('are none when all are taken away, also one that simple keys tell of', async () => {
    await call('setup.savePrinters', { printers: [HALL] });
    await call('setup.savePrinters', { printers: [] });
    expect([...file]).toEqual([]);
    expect(await view()).toMatchObject({ printers: [], simple: false });
    device = { 'printer.kind': 'tcp', 'printer.host': '10.0.0.9' };
    begin();
    await call('setup.savePrinters', { printers: [] });
    expect([...file]).toEqual([['printer.kind', 'none']]);
    expect(await view()).toMatchObject({ printers: [] });
  });
  it('are not kept when one of them cannot be used, and it is said which and why', async () => {
    const answer = setupPrintersMethods['setup.savePrinters'].output.parse(
      await call('setup.savePrinters', { printers: [HALL, { ...DESK, link: HALL.link }] }),
    );
    expect(answer).toMatchObject({ outcome: 'wrong', at: 1, why: 'same' });
    expect([...file]).toEqual([]);
    expect(await view()).toMatchObject({ printers: [] });
  });
  it('are looked for, asked and tried by the tools of the desk', async () => {
    await call('setup.find', { addresses: [{ host: '10.0.0.5', port: 9100 }] });
    await expect(call('setup.probe', { link: HALL.link })).rejects.toThrow('nobody there');
    expect(await call('setup.testPage', { printer: HALL, kind: 'code-pages' })).toEqual(paper);
    expect(tried).toEqual([
      ['find', [{ host: '10.0.0.5', port: 9100 }]],
      ['probe', HALL.link],
      ['code-pages', HALL, undefined],
    ]);
  });
  it('take the same as at the desk', () => {
    for (const name of ['find', 'probe', 'testPage'] as const)
      expect(setupPrintersMethods[`setup.${name}`]).toBe(printersSetupMethods[`printers.${name}`]);
  });
});

describe('the visit on trial', () => {
  const trial = async () =>
    setupPrintersMethods['setup.trial'].output.parse(await call('setup.trial', { printer: HALL }));

  it('prints its code as a ticket, through the printer that was set up', async () => {
    const { code } = await trial();
    expect(code).toMatch(/^TALON-TEST-\d{4}$/);
    expect(tried).toEqual([['ticket', HALL, expect.objectContaining({ qr: code, printedAt: 1_800_000_000_000 })]]);
  });
  it.each([
    ['printed', { outcome: 'sent', grade: 'A', lines: [] }],
    ['printed', { outcome: 'sent', grade: 'B', lines: [] }],
    ['taken', { outcome: 'sent', grade: 'C', lines: [] }],
    ['taken', { outcome: 'sent', grade: 'D', lines: [] }],
    ['taken', { outcome: 'sent', grade: 'E', lines: [] }],
    ['failed', { outcome: 'blocked', reason: 'paper-out' }],
    ['failed', { outcome: 'lost' }],
    ['failed', { outcome: 'unsaid' }],
  ] as const)('is %s after %j', async (outcome, answer) => {
    paper = answer as typeof paper;
    expect((await trial()).outcome).toBe(outcome);
  });
});
