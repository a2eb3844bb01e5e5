import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withDisplay, type Display } from '../tools/display.ts';
import { playVisits } from '../tools/demo-visits.ts';
import { bookedAround, callCore, press, screenOf } from '../tools/kiosk.ts';
import { openStage, until, type DemoBooking, type Stage } from '../tools/stage.ts';
import { FakeCamera, launchTalon, reportOnFailure, type Talon } from './harness/app.ts';

/** Visits in the shipped app: real window, real camera pipeline, real core, centre and printer as processes. */

reportOnFailure();

let dir: string;
let stage: Stage;
let talon: Talon | null;
let camera: FakeCamera | null;
let display: Display | null;

beforeEach(async () => {
  talon = null;
  camera = null;
  display = null;
  dir = await mkdtemp(join(tmpdir(), 'talon-visits-'));
  stage = await openStage(dir);
});
afterEach(async () => {
  await talon?.close();
  camera?.remove();
  await stage.close();
  await display?.close();
  await rm(dir, { recursive: true, force: true });
});

const live = (t: Talon) =>
  until('live', async () => {
    const state = await callCore<{ sync: { state: string } }>(t.page, 'system.state', {});
    return state.sync.state === 'live' ? true : null;
  });
const open = async (size: string): Promise<Talon> => {
  camera = await FakeCamera.create(null);
  display = await withDisplay({ width: 1920, height: 1920, headless: true });
  const opened = await launchTalon({ config: stage.config, args: [...camera.args, `--window=${size}`], display });
  talon = opened;
  await screenOf(opened.page, 'home');
  await live(opened);
  return opened;
};
const todays = async (): Promise<DemoBooking[]> => bookedAround(await stage.centre.bookings(), Date.now());
const aBooking = async (): Promise<DemoBooking> => {
  const [first] = await todays();
  if (!first) throw new Error('no bookings today');
  return first;
};
const reason = (t: Talon) => t.page.locator('[data-screen]').getAttribute('data-reason');

describe('visits', () => {
  it('of the demo: accepted, the same again, a foreign code, one with the centre off and on', async () => {
    display = await withDisplay({ width: 1080, height: 1920, headless: true });
    const summary = await playVisits(stage, { out: dir, display, version: 'test', say: () => undefined });
    expect(summary.visits.map((v) => [v.visit, v.outcome, v.printGrade, v.problems])).toEqual([
      ['accepted', 'accepted', 'A', []],
      ['the same code again', 'refused: already-used', null, []],
      ['a foreign code', 'refused: not-ours', null, []],
      ['the centre is off', 'accepted', 'A', []],
    ]);
    expect(summary.ok).toBe(true);
  });

  it('by a keyboard-wedge scanner, real keys of the X server, straight from home, in a landscape window', async () => {
    const t = await open('1280x1024');
    const { token } = await aBooking();
    const env = { ...process.env, ...t.display.env };
    const run = promisify(execFile);
    const found = await run('xdotool', ['search', '--onlyvisible', '--name', 'Talon'], { env });
    const id = found.stdout.trim().split('\n')[0] ?? '';
    await run('xdotool', ['windowfocus', '--sync', id], { env });
    await run('xdotool', ['type', '--delay', '12', `${token}\n`], { env });
    expect(await screenOf(t.page, 'done', 'refused')).toBe('done');
    const papers = await until('the paper', async () => {
      const all = await stage.printer.papers();
      return all.length > 0 ? all : null;
    });
    expect(papers).toHaveLength(1);
  });

  it.each([
    ['other-office', 'other-office'],
    ['other-day', 'other-day'],
    ['cancelled', 'cancelled'],
    ['forged', 'not-ours'],
  ] as const)('refuses a code of kind %s', async (kind, expected) => {
    const t = await open('1080x1920');
    const booking = (await stage.centre.bookings()).find((b) => b.kind === kind);
    if (!booking) throw new Error(`the demo has no ${kind}`);
    await press(t.page, 'scan');
    await camera?.show(booking.token);
    expect(await screenOf(t.page, 'done', 'refused')).toBe('refused');
    expect(await reason(t)).toBe(expected);
    expect(await stage.printer.papers()).toEqual([]);
  });

  it('accepts a booking that the device has not heard of, and tells the centre', async () => {
    const t = await open('1080x1920');
    const booking = (await stage.centre.bookings()).find((b) => b.kind === 'unknown');
    if (!booking) throw new Error('the demo has none');
    await press(t.page, 'scan');
    await camera?.show(booking.token);
    expect(await screenOf(t.page, 'done', 'refused')).toBe('done');
    const visit = await until(
      'the centre knows',
      async () => (await stage.centre.visits()).find((v) => v.booking_id === booking.id) ?? null,
    );
    expect(visit.provisional).toBe(true);
  });

  it('without paper: the number stands on the screen, the ticket comes when there is paper again', async () => {
    await stage.printer.control({ paper: 'out' });
    const t = await open('1080x1920');
    await press(t.page, 'scan');
    await camera?.show((await aBooking()).token);
    await screenOf(t.page, 'done');
    await camera?.show(null);
    expect(await t.page.locator('[data-paper]').getAttribute('data-paper')).toBe('blocked');
    expect(await t.page.locator('[data-ticket]').getAttribute('data-ticket')).toMatch(/^\S\s\d{3}$/);
    await stage.printer.control({ paper: 'ok' });
    await until('the ticket', async () => ((await t.page.locator('[data-paper="out"]').count()) > 0 ? true : null));
    expect(await stage.printer.papers()).toHaveLength(1);
  });

  it('says "one moment" while a core that died is brought back, and goes on', async () => {
    const t = await open('1080x1920');
    const { pid } = await callCore<{ pid: number }>(t.page, 'core.ping', {});
    await t.page.evaluate(() => {
      const seen = globalThis as unknown as { moments: number };
      seen.moments = 0;
      new MutationObserver(() => {
        if (document.querySelector('.moment')) seen.moments += 1;
      }).observe(document.body, { childList: true, subtree: true });
    });
    process.kill(pid, 'SIGKILL');
    await until('the words on the screen', async () =>
      (await t.page.evaluate(() => (globalThis as unknown as { moments: number }).moments)) > 0 ? true : null,
    );
    await until('them gone', async () => ((await t.page.locator('.moment').count()) === 0 ? true : null));
    expect(await screenOf(t.page, 'home')).toBe('home');
    await press(t.page, 'scan');
    await camera?.show((await aBooking()).token);
    expect(await screenOf(t.page, 'done', 'refused')).toBe('done');
  });

  it('has nothing of Node or Electron in the page, keeps to its security policy, and switches language, size and contrast in place', async () => {
    const t = await open('1080x1920');
    expect(
      await t.page.evaluate(() => ({
        names: ['require', 'process', 'Buffer', 'module', 'electron', 'ipcRenderer'].filter((n) => n in globalThis),
        talon: Object.keys((globalThis as unknown as { talon: object }).talon).toSorted((a, b) => a.localeCompare(b)),
        frozen: Object.isFrozen((globalThis as unknown as { talon: { methods: object } }).talon.methods),
        scheme: location.protocol,
      })),
    ).toEqual({ names: [], talon: ['events', 'methods'], frozen: true, scheme: 'app:' });
    expect(t.logs.filter((line) => /Content Security Policy|Refused to|Security Warning/i.test(line))).toEqual([]);
    await press(t.page, 'language');
    await until('English', async () => ((await t.page.locator('h1').textContent()) === 'Welcome!' ? true : null));
    expect(await t.page.evaluate(() => document.documentElement.lang)).toBe('en');
    await press(t.page, 'text');
    await press(t.page, 'contrast');
    await expect
      .poll(() => t.page.locator('[data-screen="home"][data-text="1.5"][data-theme="contrast"]').count(), {
        timeout: 10_000,
      })
      .toBe(1);
  });
});
