import { createRequire } from 'node:module';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PrinterSet } from '../../shared/contracts/printers-setup.ts';
import { DESK_SIZE, launchDesk, signIn } from '../tools/desk.ts';
import { withDisplay, type Display } from '../tools/display.ts';
import { callCore } from '../tools/kiosk.ts';
import { ROOT } from '../tools/paths.ts';
import { openStage, Printer, until, type Stage } from '../tools/stage.ts';
import { launchTalon, reportOnFailure, type Talon } from './harness/app.ts';

/**
 * A printer is set up at the desk, by the keyboard alone, in the shipped app: found, asked, tried on paper, kept, taken
 * back. What is on the screen is kept as pictures in `out/screens/desk`.
 */

reportOnFailure();

const SHOTS = join(ROOT, 'out', 'screens', 'desk');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let dir: string;
let stage: Stage;
let clone: Printer;
let mute: Printer;
let display: Display;
let talon: Talon;

const page = () => talon.page;
const press = (key: string): Promise<void> => page().keyboard.press(key);
const focus = (action: string, id?: string): Promise<void> =>
  page()
    .locator(`[data-action="${action}"]${id === undefined ? '' : `[data-id="${id}"]`}`)
    .first()
    .focus({ timeout: 15_000 });
const enter = async (action: string, id?: string): Promise<void> => {
  await focus(action, id);
  await press('Enter');
};
const focused = (): Promise<string | null | undefined> =>
  page().evaluate(() => document.activeElement?.getAttribute('data-action'));
const fill = async (action: string, text: string): Promise<void> => {
  await focus(action);
  await press('Control+a');
  await page().keyboard.type(text);
};
const words = (action: string): Promise<string> =>
  until(`words of ${action}`, async () => {
    const said = await page().locator(`[data-test="${action}"]`).innerText();
    return said === '' || said.endsWith('…') ? null : said;
  });
const verdict = (of: string): Promise<void> => page().locator(`[data-verdict="${of}"]`).waitFor({ timeout: 20_000 });
const shoot = async (name: string): Promise<void> => {
  await page().screenshot({ path: join(SHOTS, `printers-${name}.png`) });
};
const check = async (name: string): Promise<void> => {
  const violations = await page().evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (of: Document, o: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
  expect([name, violations]).toEqual([name, []]);
};
/** In every look, at 200 %, and in both languages where there is a switch for them. */
const looks = async (name: string, languages = true): Promise<void> => {
  for (const [theme, media] of [
    ['dark', { colorScheme: 'dark', contrast: 'no-preference' }],
    ['contrast', { colorScheme: 'dark', contrast: 'more' }],
    ['light', { colorScheme: 'light', contrast: 'no-preference' }],
  ] as const) {
    await page().emulateMedia(media);
    await check(`${name} ${theme}`);
    await shoot(`${name}-${theme}`);
  }
  if (languages) {
    await enter('language');
    await check(`${name} en`);
    await shoot(`${name}-en`);
    await enter('language');
  }
  await page().setViewportSize({ width: Math.round(DESK_SIZE.width / 2), height: Math.round(DESK_SIZE.height / 2) });
  const wide = await page().evaluate(() =>
    Math.max(
      ...[document.documentElement, ...document.querySelectorAll('main, main *')]
        .filter((one) => getComputedStyle(one).overflowX !== 'visible' || one === document.documentElement)
        .map((one) => one.scrollWidth - one.clientWidth),
    ),
  );
  expect([name, wide]).toEqual([name, 0]);
  await shoot(`${name}-200`);
  await page().setViewportSize(DESK_SIZE);
};
const kept = async (machine = 'desk'): Promise<PrinterSet[] | undefined> => {
  const file = await readFile(join(dir, machine, 'talon.json'), 'utf8');
  return (JSON.parse(file) as { settings: { printers?: PrinterSet[] } }).settings.printers;
};
const lastText = async (printer: Printer, n: number): Promise<string> =>
  until(`paper ${n}`, async () => {
    const papers = (await printer.papers()) as unknown as { text: string }[];
    return papers[n - 1]?.text ?? null;
  });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-desk-printers-'));
  await mkdir(SHOTS, { recursive: true });
  await mkdir(join(dir, 'desk'), { recursive: true });
  display = await withDisplay({ width: 1400, height: 1920, headless: true });
  stage = await openStage(dir, { printerArgs: ['--speed', 'max', '--paper', 'near'] });
  clone = await Printer.start(['--speed', 'max', '--profile', 'clone']);
  mute = await Printer.start(['--speed', 'max', '--profile', 'mute']);
  talon = await launchDesk(stage, { userData: join(dir, 'desk'), display, forTests: true });
  await until('live', async () => {
    const { sync } = await callCore<{ sync: { state: string } }>(page(), 'system.state', {});
    return sync.state === 'live' ? true : null;
  });
  // The page's policy lets no foreign script in: here it is part of the page before its policy is.
  await page().context().addInitScript({ path: AXE });
  await page().reload();
  await signIn(page(), 'vera');
  await press('F7');
  await enter('settings-tab', 'printers');
  await page().locator('[data-printer="main"]').waitFor({ timeout: 15_000 });
});
afterAll(async () => {
  await talon.close();
  await Promise.all([stage.close(), clone.stop(), mute.stop()]);
  await display.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the printers', () => {
  it('are shown with how they are, what they have done, and a new roll', async () => {
    await until('low', async () => ((await page().locator('.pill').count()) > 1 ? true : null));
    await enter('printer-history', 'main');
    await page().locator('[data-fault="paper-low"]').waitFor();
    await enter('printer-roll', 'main');
    await until('asked', async () => ((await focused()) === 'printer-roll-sure' ? true : null));
    await press('Enter');
    await until('noted', async () =>
      (await page().locator('[data-printer="main"] .said').innerText()).includes('рулон') ? true : null,
    );
    expect(await page().locator('[data-printer="main"] dd').allInnerTexts()).toContain('80 мм');
    await looks('list');
  });

  it('have their metres and the button for a new roll on the machine’s card as well, which says what it does', async () => {
    await press('F4');
    const roll = page().locator('[data-roll="main"]');
    await roll.waitFor({ timeout: 10_000 });
    expect(await roll.innerText()).toContain('С последнего рулона: 0 м');
    await enter('printer-roll', 'main');
    await until('asked', async () => ((await focused()) === 'printer-roll-sure' ? true : null));
    expect(await roll.innerText()).toMatch(/с нуля/);
    await looks('roll');
    await enter('printer-roll-not');
    expect(await roll.innerText()).not.toMatch(/с нуля/);
    await press('F7');
    await enter('settings-tab', 'printers');
    await page().locator('[data-printer="main"]').waitFor();
  });

  it('are found at addresses; what is no address is said', async () => {
    await enter('printer-add');
    await until('the field', async () => ((await focused()) === 'printer-addresses' ? true : null));
    await page().keyboard.type('192.168.1.300');
    await press('Enter');
    await until('wrong', async () =>
      (await page().locator('[role="status"]').allInnerTexts()).some((one) => one.includes('192.168.1.300'))
        ? true
        : null,
    );
    const all = [stage.printer, clone, mute].map(({ port }) => `127.0.0.1:${port}`);
    await fill('printer-addresses', all.join(', '));
    await press('Enter');
    await page().locator('[data-action="printer-found"]').nth(2).waitFor({ timeout: 20_000 });
    expect(await page().locator('[data-action="printer-found"] .pill').count()).toBe(1);
    await looks('found');
  });

  it('one that answers nothing is told from one without paper, in plain words', async () => {
    await enter('printer-found', `127.0.0.1:${mute.port}`);
    await verdict('mute');
    expect(await page().locator('[data-verdict]').innerText()).toMatch(/не значит, что бумаги нет/);
    await shoot('mute');
    await enter('printer-cancel');
  });

  it('one is set up: asked, its line of letters chosen, its width, its ticket; and kept', async () => {
    await fill('printer-addresses', `127.0.0.1:${clone.port}`);
    await press('Enter');
    await enter('printer-found', `127.0.0.1:${clone.port}`);
    await verdict('after');
    await enter('printer-steps');
    await shoot('report');
    await enter('printer-steps');
    // Without a name it is not kept.
    await enter('printer-save');
    await until('the words', async () =>
      (await page().locator('.printers-end .bad').innerText()) === '' ? null : true,
    );
    await fill('printer-name', 'Зал, у входа');
    await enter('printer-test', 'code-pages');
    expect(await words('code-pages')).toBe('Принтер сообщил, что лист напечатан.');
    const lines = (await lastText(clone, 1)).split('\n');
    const n = /^\s*(\d+)\)/.exec(lines.find((line) => line.includes('АБВ абв ёЁ №')) ?? '')?.[1];
    expect(n).toBeDefined();
    await focus('printer-line', n);
    await press('Space');
    await enter('printer-test', 'width');
    expect(await words('width')).toMatch(/напечатан/);
    await focus('printer-width', '512');
    await press('Space');
    await press('ArrowRight');
    await focus('printer-mode');
    await page().locator('[data-action="printer-mode"]').selectOption('text');
    await enter('printer-test', 'text');
    expect(await words('ticket')).toBe('Принтер сообщил, что лист напечатан.');
    expect((await lastText(clone, 3)).replaceAll(/\s+/g, ' ')).toContain('Съешь ещё этих мягких французских булок');
    await looks('set');
    await enter('printer-save');
    await page().locator('[data-waits="true"]').waitFor({ timeout: 10_000 });
    const printers = await kept();
    expect(printers?.map(({ id }) => id)).toEqual(['main', 'printer']);
    expect(printers?.[1]).toMatchObject({
      name: 'Зал, у входа',
      link: { kind: 'tcp', port: clone.port },
      profile: 'generic',
      mode: 'text',
      width: 576,
      codePage: { page: 'cp866', number: 7 },
      answers: { processId: false, fence: true },
    });
    await looks('saved');
  });

  it('one that has moved is asked at its new address', async () => {
    await enter('printer-edit', 'printer');
    await verdict('after');
    await fill('printer-address', `127.0.0.1:${mute.port}`);
    await press('Tab');
    await verdict('mute');
    await fill('printer-address', 'нет такого');
    await press('Enter');
    await until('the words', async () =>
      (await page().locator('.printers-end .bad').innerText()) === '' ? null : true,
    );
    expect((await kept())?.[1]).toMatchObject({ link: { port: clone.port } });
    await enter('printer-cancel');
  });

  it('are taken back as they were', async () => {
    await enter('printers-undo');
    await page().locator('[data-waits="false"]').waitFor({ timeout: 10_000 });
    expect(await kept()).toBeUndefined();
    expect(await page().locator('[data-printer]').count()).toBe(1);
    await shoot('undone');
  });
});

describe('in a first start', () => {
  const step = (n: number): Promise<void> => page().locator(`[data-setup="${n}"]`).waitFor({ timeout: 20_000 });
  const found = (): Promise<void> =>
    page().locator('[data-action="printer-found"]').nth(1).waitFor({ timeout: 20_000 });
  const typed = (action: string): Promise<string> => page().locator(`[data-action="${action}"]`).inputValue();
  const card = (id: string) => page().locator(`.printers-card[data-printer="${id}"]`);
  const toPrinters = async (): Promise<void> => {
    await enter('setup-next');
    await step(2);
    await enter('setup-next');
    await step(3);
  };

  it('they are looked for and begun in English as well, and going back loses nothing', async () => {
    await talon.close();
    await mkdir(join(dir, 'fresh'), { recursive: true });
    talon = await launchTalon({
      userData: join(dir, 'fresh'),
      args: [`--window=${DESK_SIZE.width}x${DESK_SIZE.height}`],
      display,
    });
    await page().context().addInitScript({ path: AXE });
    await page().reload();
    await step(1);
    await enter('setup-language', 'en');
    await toPrinters();
    await check('first none en');
    await shoot('first-none-en');
    await enter('printer-add');
    await fill('printer-addresses', [clone, mute].map(({ port }) => `127.0.0.1:${port}`).join(', '));
    await press('Enter');
    await found();
    await check('first found en');
    await shoot('first-found-en');
    await enter('printer-found', `127.0.0.1:${clone.port}`);
    await verdict('after');
    await fill('printer-name', 'Hall');
    await enter('printer-test', 'code-pages');
    expect(await words('code-pages')).toMatch(/^The printer/);
    await check('first set en');
    await shoot('first-set-en');
    // Three ways back, and forth again.
    await enter('printer-cancel');
    await found();
    await enter('printers-back');
    await enter('setup-back');
    await step(2);
    await enter('setup-roles', 'both');
    await enter('setup-back');
    await step(1);
    await enter('setup-language', 'ru');
    await enter('setup-next');
    await step(2);
    expect(await page().locator('[data-id="both"]').getAttribute('aria-pressed')).toBe('true');
    await enter('setup-next');
    await step(3);
    await looks('first-none', false);
    await enter('printer-add');
    await found();
    expect(await typed('printer-addresses')).toContain(String(mute.port));
    await looks('first-found', false);
    await enter('printer-found', `127.0.0.1:${clone.port}`);
    await verdict('after');
    expect(await typed('printer-name')).toBe('Hall');
    await fill('printer-name', 'Зал');
  });

  it('one is tried on paper and kept, and another one beside it', async () => {
    const before = (await clone.papers()).length;
    await enter('printer-test', 'code-pages');
    expect(await words('code-pages')).toBe('Принтер сообщил, что лист напечатан.');
    await enter('printer-test', 'width');
    expect(await words('width')).toMatch(/напечатан/);
    await enter('printer-test', 'ticket');
    expect(await words('ticket')).toBe('Принтер сообщил, что лист напечатан.');
    expect((await clone.papers()).length).toBe(before + 3);
    await looks('first-set', false);
    await enter('printer-save');
    await card('printer').waitFor();
    await enter('printer-add');
    await found();
    // That one is told to be there.
    expect(await page().locator('[data-action="printer-found"] .pill').count()).toBe(1);
    await enter('printer-found', `127.0.0.1:${mute.port}`);
    await verdict('mute');
    await looks('first-mute', false);
    await fill('printer-name', 'Запасной');
    await enter('printer-save');
    await card('printer-2').waitFor();
    expect(await kept('fresh')).toMatchObject([
      { id: 'printer', name: 'Зал', link: { port: clone.port }, answers: { fence: true } },
      { id: 'printer-2', name: 'Запасной', link: { port: mute.port }, answers: { questions: [] } },
    ]);
    await looks('first-kept', false);
  });

  it('one that was taken away can be put back; what is kept is there also when it begins anew', async () => {
    await enter('printer-remove', 'printer');
    // Whoever works by the keyboard is where he can take it back.
    await page().locator('[data-action="printers-put-back"]:focus').waitFor();
    expect((await kept('fresh'))?.map(({ id }) => id)).toEqual(['printer-2']);
    await looks('first-removed', false);
    await enter('printers-put-back');
    await card('printer').waitFor();
    expect((await kept('fresh'))?.map(({ id }) => id)).toEqual(['printer', 'printer-2']);
    await page().reload();
    await step(1);
    await toPrinters();
    await card('printer-2').waitFor();
    await enter('printer-remove', 'printer');
    await card('printer').waitFor({ state: 'detached' });
    await enter('printer-remove', 'printer-2');
    await page().locator('[data-action="setup-none"]').waitFor();
    expect(await kept('fresh')).toBeUndefined();
    await enter('setup-none');
    await step(4);
  });
});
