import { createRequire } from 'node:module';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK_SIZE, launchDesk, signIn } from '../tools/desk.ts';
import { withDisplay, type Display } from '../tools/display.ts';
import { callCore } from '../tools/kiosk.ts';
import { ROOT } from '../tools/paths.ts';
import { openStage, until, type Stage } from '../tools/stage.ts';
import { reportOnFailure, type Talon } from './harness/app.ts';

/** The ticket is changed at the desk by the keyboard, looked at, kept, and then printed so. Pictures in `out/screens/desk`. */

reportOnFailure();

const SHOTS = join(ROOT, 'out', 'screens', 'desk');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let dir: string;
let stage: Stage;
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
const choose = (action: string, value: string): Promise<unknown> =>
  page().locator(`[data-action="${action}"]`).selectOption(value);
const shoot = async (name: string): Promise<void> => {
  await page().screenshot({ path: join(SHOTS, `ticket-${name}.png`) });
};
const violations = (): Promise<string[]> =>
  page().evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: (on: Document, how: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
/** The dots of the paper on the screen, as a picture of it. */
const paper = (): Promise<{ width: number; height: number; black: number; url: string }> =>
  page()
    .locator('canvas.ticket-paper')
    .evaluate((node) => {
      const canvas = node as HTMLCanvasElement;
      const { width, height } = canvas;
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, width, height) ?? { data: new Uint8ClampedArray() };
      let black = 0;
      for (let at = 0; at < data.length; at += 4) if ((data[at] ?? 255) < 128) black += 1;
      return { width, height, black, url: canvas.toDataURL() };
    });
const other = (than: string): Promise<unknown> =>
  until('another picture', async () => ((await paper()).url === than ? null : true));

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-desk-ticket-'));
  await mkdir(SHOTS, { recursive: true });
  await mkdir(join(dir, 'desk'), { recursive: true });
  display = await withDisplay({ width: 1400, height: 1920, headless: true });
  stage = await openStage(dir, { printerArgs: ['--speed', 'max'] });
  talon = await launchDesk(stage, { userData: join(dir, 'desk'), display, forTests: true });
  await until('live', async () => {
    const { sync } = await callCore<{ sync: { state: string } }>(page(), 'system.state', {});
    return sync.state === 'live' ? true : null;
  });
  await page().context().addInitScript({ path: AXE });
  await page().reload();
  await signIn(page(), 'vera');
  await press('F7');
  await enter('settings-tab', 'ticket');
  await page().locator('[data-preview="picture"]').waitFor({ timeout: 15_000 });
});
afterAll(async () => {
  await talon.close();
  await stage.close();
  await display.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the ticket', () => {
  it('is shown as it is printed, and every change of it at once', async () => {
    const first = await paper();
    expect([first.width, first.black > 10_000]).toEqual([576, true]);
    await enter('ticket-down', 'office');
    await other(first.url);
    const moved = await paper();
    await enter('ticket-up', 'office');
    await other(moved.url);
    expect((await paper()).url).toBe(first.url);
    await enter('ticket-off', 'papers');
    await until('shorter', async () => ((await paper()).height < first.height ? true : null));
    await enter('ticket-on', 'text');
    await until('what is missing is said', async () =>
      (await page().locator('.ticket-problems').innerText()).includes('Свой текст') ||
      (await page().locator('.ticket-problems').innerText()).includes('свой текст')
        ? true
        : null,
    );
    await page().locator('[data-part="text"] [data-action="ticket-words"]').first().focus();
    await page().keyboard.type('Wi-Fi для гостей: talon');
    await until('nothing is wrong', async () =>
      (await page().locator('.ticket-problems li').count()) === 0 ? true : null,
    );
    await choose('ticket-language', 'ar');
    await choose('ticket-width', '384');
    await until('narrow', async () => ((await paper()).width === 384 ? true : null));
    await shoot('arabic');
    await choose('ticket-language', 'ru');
    await choose('ticket-width', '576');
    await choose('ticket-example', 'copy');
    await until('wide', async () => ((await paper()).width === 576 ? true : null));
    await choose('ticket-example', 'booking');
  });

  it('can be read and used in every look', async () => {
    for (const [theme, media] of [
      ['dark', { colorScheme: 'dark', contrast: 'no-preference' }],
      ['contrast', { colorScheme: 'dark', contrast: 'more' }],
      ['light', { colorScheme: 'light', contrast: 'no-preference' }],
    ] as const) {
      await page().emulateMedia(media);
      expect([theme, await violations()]).toEqual([theme, []]);
      await shoot(theme);
    }
    await enter('language');
    expect(await violations()).toEqual([]);
    await shoot('en');
    await enter('language');
    await page().setViewportSize({ width: Math.round(DESK_SIZE.width / 2), height: Math.round(DESK_SIZE.height / 2) });
    const wide = await page().evaluate(() =>
      Math.max(
        ...[document.documentElement, ...document.querySelectorAll('main')].map(
          (one) => one.scrollWidth - one.clientWidth,
        ),
      ),
    );
    expect(wide).toBe(0);
    await shoot('200');
    await page().setViewportSize(DESK_SIZE);
  });

  it('is kept, given out as text, read back, and taken away again', async () => {
    await enter('ticket-save');
    await page().locator('[data-waits="true"]').waitFor({ timeout: 10_000 });
    const kept = JSON.parse(await readFile(join(dir, 'desk', 'talon.json'), 'utf8')) as {
      settings: { 'ticket.template': { sections: { section: string; text?: { ru: string } }[] } };
    };
    const { sections } = kept.settings['ticket.template'];
    expect(sections.some(({ section }) => section === 'papers')).toBe(false);
    expect(sections.find(({ section }) => section === 'text')?.text?.ru).toBe('Wi-Fi для гостей: talon');
    await shoot('kept');
    await enter('ticket-json');
    const given = await page().locator('[data-action="ticket-json-text"]').inputValue();
    expect(JSON.parse(given)).toEqual(kept.settings['ticket.template']);
    await page().locator('[data-action="ticket-json-text"]').fill('{"version": 2}');
    await enter('ticket-paste');
    await until('refused', async () => ((await page().locator('.ticket-problems li').count()) > 0 ? true : null));
    await shoot('refused');
    await page().locator('[data-action="ticket-json-text"]').fill(given);
    await enter('ticket-paste');
    await until('read', async () => ((await page().locator('.ticket-problems li').count()) === 0 ? true : null));
    await enter('ticket-reset');
    await page().locator('[data-waits="false"]').waitFor({ timeout: 10_000 });
    const after = await readFile(join(dir, 'desk', 'talon.json'), 'utf8');
    expect(after).not.toContain('ticket.template');
  });
});
