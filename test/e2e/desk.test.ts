import { createRequire } from 'node:module';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playDesk } from '../tools/demo-desk.ts';
import { DESK_SIZE, findPerson, launchDesk, scanAt, signIn, ticketOf } from '../tools/desk.ts';
import { withDisplay, type Display } from '../tools/display.ts';
import { callCore } from '../tools/kiosk.ts';
import { ROOT } from '../tools/paths.ts';
import { readCodes } from '../tools/read-paper.ts';
import { openStage, until, type Stage } from '../tools/stage.ts';
import { FakeCamera, launchTalon, reportOnFailure, type Talon } from './harness/app.ts';

/**
 * A receptionist's jobs in the shipped app, by the keyboard alone: real windows, real core, the centre and the printer as
 * processes. What is on the screen is kept as pictures in `out/screens/desk`.
 */

reportOnFailure();

const OFFICE = 7701;
const MINUTE = 60_000;
const SHOTS = join(ROOT, 'out', 'screens', 'desk');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let dir: string;
let stage: Stage;
let display: Display;
let talon: Talon;

interface Made {
  id: string;
  number: string;
  token: string;
}
const book = async (minutes = 5): Promise<Made> => {
  const answer = (await stage.centre.control({
    book: { office_id: OFFICE, service_id: 101, starts_at: Date.now() + minutes * MINUTE },
  })) as { booking: Made };
  const { booking } = answer;
  await until('the booking is here', () => callCore<object | null>(page(), 'desk.card', { key: `b${booking.id}` }));
  return booking;
};
const page = () => talon.page;
const press = (key: string): Promise<void> => page().keyboard.press(key);
const type = (text: string): Promise<void> => page().keyboard.type(text);
/** Goes there by the keyboard's focus and presses Enter. */
const enter = async (action: string, id?: string): Promise<void> => {
  await page()
    .locator(`[data-action="${action}"]${id === undefined ? '' : `[data-id="${id}"]`}`)
    .first()
    .focus({ timeout: 10_000 });
  await press('Enter');
};
const fill = async (action: string, text: string): Promise<void> => {
  await page().locator(`[data-action="${action}"]`).first().focus({ timeout: 10_000 });
  await press('Control+a');
  await type(text);
};
const choose = async (action: string, value: string): Promise<void> => {
  await page().locator(`[data-action="${action}"]`).first().selectOption(value);
};
const said = (): Promise<string> =>
  until('words', async () => (await page().locator('aside .said').last().innerText()) || null);
const show = async (booking: Made): Promise<void> => {
  await press('F1');
  await scanAt(talon.app, page(), booking.token);
  await page().locator(`aside [data-key="b${booking.id}"]`).waitFor({ timeout: 10_000 });
};
const shoot = async (name: string): Promise<void> => {
  await page().screenshot({ path: join(SHOTS, `${name}.png`) });
};
/** The page draws a moment after the core has answered. */
const SOON = { timeout: 10_000 };
const count = (selector: string): Promise<number> => page().locator(selector).count();
const card = <T>(booking: Made): Promise<T> => callCore<T>(page(), 'desk.card', { key: `b${booking.id}` });
const become = async (id: string): Promise<void> => {
  await enter('sign-out');
  await enter('leave');
  await page().locator('.door').waitFor();
  await signIn(page(), id);
};
const papers = async (): Promise<number> => (await stage.printer.papers()).length;
const checkedIn = async (): Promise<Made> => {
  const booking = await book();
  await show(booking);
  await press('Enter');
  await ticketOf(page());
  return booking;
};

/** What axe-core finds wrong on the page as it stands; the page must have been loaded with it. */
const violations = (): Promise<string[]> =>
  page().evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: (of: Document, o: unknown) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
    return found.violations.map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html.slice(0, 160))
          .join(' | ')}`,
    );
  });
/** The page's policy lets no foreign script in: here it is part of the page before its policy is. */
const withAxe = async (): Promise<void> => {
  await page().context().addInitScript({ path: AXE });
  await page().reload();
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-desk-'));
  await mkdir(SHOTS, { recursive: true });
  display = await withDisplay({ width: 1400, height: 1920, headless: true });
  stage = await openStage(dir, {});
  // The hall of the demo stands still: nobody else calls anybody.
  await stage.centre.control({ counters: 'stop' });
  const userData = join(dir, 'desk');
  await mkdir(userData, { recursive: true });
  await mkdir(join(dir, 'tables'), { recursive: true });
  talon = await launchDesk(stage, {
    userData,
    display,
    forTests: true,
    env: { TALON_DOWNLOADS: join(dir, 'tables') },
  });
  await until('live', async () => {
    const { sync } = await callCore<{ sync: { state: string } }>(page(), 'system.state', {});
    return sync.state === 'live' ? true : null;
  });
});
afterAll(async () => {
  await talon.close();
  await stage.close();
  await display.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the door', () => {
  it('says no to a wrong PIN, and opens for the right one', async () => {
    await enter('person', 'anna');
    await type('0000');
    await press('Enter');
    await until('the words', async () => ((await page().locator('[role="alert"]').innerText()) === '' ? null : true));
    await shoot('door-wrong');
    await withAxe();
    await page().locator('[data-action="person"]').first().waitFor();
    expect(await violations()).toEqual([]);
    await enter('person', 'anna');
    expect(await violations()).toEqual([]);
    await shoot('door-pin');
    await enter('somebody-else');
    await signIn(page(), 'anna');
    await page().locator('[data-action="row"]').first().waitFor();
    expect(await callCore(page(), 'staff.state', {})).toMatchObject({ phase: 'signed-in', person: { id: 'anna' } });
  });
  it('is no way in for what the role may not do', async () => {
    for (const method of ['audit.list', 'settings.view', 'numbers.get', 'desk.order']) {
      const params = { 'audit.list': { filter: {}, before: null, limit: 10 } }[method] ?? {};
      await expect(callCore(page(), method, params)).rejects.toThrow(/forbidden|invalid-input/);
    }
    for (const method of ['checkin.scan', 'walkin.take', 'visit.undo', 'sync.now'])
      await expect(callCore(page(), method, {})).rejects.toThrow(/no method/);
    expect(await page().locator('[data-action="view"]').allInnerTexts()).toHaveLength(4);
  });
});

describe('one person', () => {
  it('is checked in, put first, noted, given another service, gets a copy, and is taken back', async () => {
    const booking = await checkedIn();
    const before = await papers();
    await enter('claim');
    await choose('claim-which', 'war-veteran');
    await fill('claim-document', 'удостоверение ветерана');
    await shoot('claim');
    await press('Enter');
    await until('the words', async () => ((await said()) === 'Льгота подтверждена' ? true : null));
    await enter('note');
    await fill('note-text', 'приходит с внуком');
    await page().locator('[data-action="note-companion"]').focus();
    await press('Space');
    await enter('panel-do');
    await until('the note', async () => ((await card<{ note: string | null }>(booking)).note === null ? null : true));
    await enter('services');
    await fill('service-find', 'загран');
    await press('Enter');
    await shoot('services');
    await enter('panel-do');
    await until('two services', async () =>
      (await card<{ services: unknown[] }>(booking)).services.length === 2 ? true : null,
    );
    await enter('copy');
    await until('the copy', async () => ((await papers()) > before ? true : null));
    await shoot('person');
    await enter('undo');
    await until('taken back', async () =>
      (await card<{ row: { visit: string | null } }>(booking)).row.visit === null ? true : null,
    );
    // He may come again.
    await until('he may', async () =>
      (await card<{ decision: { may: boolean } }>(booking)).decision.may ? true : null,
    );
    await expect.poll(() => count('aside [data-ticket]'), SOON).toBe(0);
  });
  it('is moved, cancelled, or noted as not come', async () => {
    const moved = await book(30);
    await show(moved);
    await enter('reschedule');
    await page().locator('[data-action="slot"]').first().waitFor();
    await enter('slot');
    await shoot('reschedule');
    await enter('panel-do');
    await until('moved', async () => ((await said()).startsWith('Записан') ? true : null));
    const cancelled = await book(30);
    await show(cancelled);
    await enter('cancel');
    await enter('panel-do');
    await until('cancelled', async () =>
      (await card<{ row: { state: string } }>(cancelled)).row.state === 'cancelled' ? true : null,
    );
    const late = await book(-20);
    await show(late);
    await enter('noShow');
    await until('not come', async () =>
      (await card<{ row: { state: string } }>(late)).row.state === 'no-show' ? true : null,
    );
    await expect.poll(() => count('[data-action="noShow"]'), SOON).toBe(0);
  });
  it('is let in against the rules by two', async () => {
    const booking = await book(30);
    await stage.centre.control({ cancel: booking.id });
    await until('cancelled', async () =>
      (await card<{ row: { state: string } }>(booking)).row.state === 'cancelled' ? true : null,
    );
    await show(booking);
    await enter('override');
    await choose('override-why', 'portal');
    await choose('second-person', 'boris');
    await fill('second-pin', '0000');
    await enter('panel-do');
    await until('refused', async () => ((await page().locator('.panel .said').innerText()) === '' ? null : true));
    await shoot('two');
    await fill('second-pin', '1470');
    await enter('panel-do');
    expect(await ticketOf(page())).toMatch(/^\S\s\d{3}$/);
  });
  it('comes without a booking, and without paper', async () => {
    await press('F1');
    await press('F8');
    await fill('service-find', 'паспорт');
    await press('Enter');
    await page().locator('summary').first().focus();
    await press('Enter');
    await fill('walk-in-people', '2');
    await page().locator('[data-action="walk-in-paper"]').focus();
    await press('Space');
    await shoot('walk-in');
    await enter('panel-do');
    await ticketOf(page());
    const key = (await page().locator('aside [data-key]').getAttribute('data-key')) ?? '';
    expect(await callCore(page(), 'desk.card', { key })).toMatchObject({ copies: 0, people: 2 });
    // The number goes to his phone instead.
    await enter('send');
    await fill('phone', '8 916 123-45-67');
    await page().locator('[data-action="phone-consent"]').focus();
    await press('Space');
    await shoot('send');
    await enter('panel-do');
    expect(await said()).toMatch(/СМС/);
  });
  it('is found by the middle of his name, by a slip of the keyboard layout, by phone and by ticket', async () => {
    const { rows } = await callCore<{ rows: { key: string; name: string | null }[] }>(page(), 'desk.list', {
      filter: 'all',
      from: 0,
      count: 200,
    });
    // Letters that are punctuation on a Latin keyboard aside.
    const somebody = rows.find(({ name }) => name !== null && /^[а-я ]+$/i.test(name) && !/[хъжэбюё]/i.test(name));
    if (!somebody?.name) throw new Error('nobody has a name');
    await findPerson(page(), somebody.name.split(' ').slice(0, 2).join(' ').toLowerCase(), somebody.key);
    const layout = {
      й: 'q',
      ц: 'w',
      у: 'e',
      к: 'r',
      е: 't',
      н: 'y',
      г: 'u',
      ш: 'i',
      щ: 'o',
      з: 'p',
      ф: 'a',
      ы: 's',
      в: 'd',
      а: 'f',
      п: 'g',
      р: 'h',
      о: 'j',
      л: 'k',
      д: 'l',
      я: 'z',
      ч: 'x',
      с: 'c',
      м: 'v',
      и: 'b',
      т: 'n',
      ь: 'm',
    };
    const slipped = Array.from(
      somebody.name.toLowerCase(),
      (letter) => layout[letter as keyof typeof layout] ?? letter,
    );
    const found = await callCore<{ key: string }[]>(page(), 'desk.find', { text: slipped.join('') });
    expect(found.map(({ key }) => key)).toContain(somebody.key);
  });
});

describe('the queue', () => {
  it('is called, served and finished at the desk’s own window', async () => {
    await checkedIn();
    await press('F2');
    await page().locator('[data-view="queue"]').waitFor();
    const queue = await until('a window with somebody to call', async () => {
      const now = await callCore<{ windows: { id: number; at: object | null; next: object | null }[] }>(
        page(),
        'desk.queue',
        {},
      );
      return now.windows.find(({ next }) => next !== null) ?? null;
    });
    await choose('own-window', String(queue.id));
    // Whoever is there is put back first.
    if (queue.at !== null) await enter('put-back');
    await enter('call-next');
    await page().locator('[data-action="serve"]').waitFor({ timeout: 10_000 });
    await shoot('queue');
    await enter('serve');
    await page().locator('[data-action="finish"]').waitFor({ timeout: 10_000 });
    await enter('finish');
    await until('done', async () => ((await page().locator('[data-action="finish"]').count()) === 0 ? true : null));
    const now = await callCore<{ windows: { id: number; at: object | null }[] }>(page(), 'desk.queue', {});
    expect(now.windows.find(({ id }) => id === queue.id)?.at).toBeNull();
  });
});

describe('a day without the centre', () => {
  it('is worked as any other in the window, and told when the centre is back', async () => {
    const made = [await book(), await book(), await book(-20)];
    const state = async (): Promise<{ state: string; waiting: number }> =>
      (await callCore<{ sync: { state: string; waiting: number } }>(page(), 'system.state', {})).sync;
    await until('told', async () => ((await state()).waiting === 0 ? true : null));
    // One is checked in and known at the centre before the line goes: taken back without it, he may come again.
    const [first, second, third] = made as [Made, Made, Made];
    await show(first);
    await press('Enter');
    await ticketOf(page());
    await until('used', async () =>
      (await callCore<{ decision: { reason?: string } }>(page(), 'desk.card', { key: `b${first.id}` })).decision
        .reason === 'already-used' && (await state()).waiting === 0
        ? true
        : null,
    );
    await stage.centre.stop();
    try {
      await until('offline', async () => ((await state()).state === 'offline' ? true : null));
      await show(first);
      await enter('undo');
      await until('taken back', async () =>
        (await card<{ row: { visit: string | null } }>(first)).row.visit === null ? true : null,
      );
      await show(first);
      await enter('check-in');
      await ticketOf(page());
      await show(second);
      await press('Enter');
      await ticketOf(page());
      await enter('note');
      await fill('note-text', 'ждёт у окна');
      await enter('panel-do');
      await until('the note', async () => ((await card<{ note: string | null }>(second)).note === null ? null : true));
      await show(third);
      await enter('noShow');
      await until('not come', async () =>
        (await card<{ row: { state: string } }>(third)).row.state === 'no-show' ? true : null,
      );
      await press('F1');
      await press('F8');
      await fill('service-find', 'паспорт');
      await press('Enter');
      await enter('panel-do');
      await ticketOf(page());
      await shoot('offline');
      // What waits for the centre is said, and how much.
      expect((await state()).waiting).toBeGreaterThanOrEqual(6);
    } finally {
      await stage.centre.restart();
    }
    await until(
      'all told',
      async () => {
        const now = await state();
        return now.state === 'live' && now.waiting === 0 ? true : null;
      },
      60_000,
    );
    expect(await card(third)).toMatchObject({ row: { state: 'no-show' } });
    expect(await card(second)).toMatchObject({ note: 'ждёт у окна' });
    expect(await callCore<{ type: string }[]>(page(), 'desk.tasks', {})).toEqual([]);
  });
});

describe('the machines, the numbers, the log and the settings', () => {
  it('are for who may see them; a senior closes a kiosk and shows a message on it', async () => {
    await become('boris');
    await press('F4');
    await page().locator('[data-view="kiosks"]').waitFor();
    await shoot('kiosks');
    await press('F5');
    await page().locator('[data-view="numbers"]').waitFor();
    await shoot('numbers');
    await expect.poll(() => count('[data-action="view"][data-id="audit"]'), SOON).toBe(0);
  });
  it('count the paper of a roll, anew when another one is in', async () => {
    await press('F4');
    const roll = page().locator('[data-roll="main"]');
    await roll.waitFor(SOON);
    expect(await roll.innerText()).toMatch(/С последнего рулона: (?!0 м)[\d,]+ м, талонов: [1-9]/);
    await enter('printer-roll', 'main');
    await page().locator('[data-action="printer-roll-sure"]:focus').waitFor(SOON);
    await press('Enter');
    await until('counted anew', async () =>
      (await roll.innerText()).includes('С последнего рулона: 0 м, талонов: 0') ? true : null,
    );
    expect(await roll.innerText()).toContain('Отмечено');
    const [history] = await callCore<{ rolls: { mm: number; until: number | null }[] }[]>(
      page(),
      'printers.history',
      {},
    );
    // What was on the one before is kept.
    expect(history?.rolls.map(({ mm, until: end }) => [mm > 0, end === null])).toEqual([
      [false, true],
      [true, false],
    ]);
  });
  it('are exported as a table that a spreadsheet opens', async () => {
    await become('vera');
    await press('F6');
    await page().locator('[data-view="audit"]').waitFor();
    await until('entries', async () =>
      (await page().locator('[data-view="audit"]').innerText()).length > 200 ? true : null,
    );
    await shoot('audit');
    await page()
      .locator('[data-view="audit"] button', { hasText: /таблиц|CSV/i })
      .first()
      .focus();
    await press('Enter');
    const file = await until(
      'the file',
      async () => (await readdir(join(dir, 'tables'))).find((name) => name.endsWith('.csv')) ?? null,
    );
    const text = await until('its text', async () => {
      const now = await readFile(join(dir, 'tables', file), 'utf8');
      return now.length > 100 ? now : null;
    });
    expect(text.startsWith('\uFEFF')).toBe(true);
    expect(text).toContain(';');
    await press('F7');
    await page().locator('[data-view="settings"]').waitFor();
    await shoot('settings');
  });
});

describe('every view', () => {
  const VIEWS = [
    ['boris', ['F1', 'F2', 'F3', 'F4', 'F5']],
    ['vera', ['F6', 'F7']],
  ] as const;
  const check = async (name: string): Promise<void> => expect([name, await violations()]).toEqual([name, []]);
  it('is accessible in light, dark and high contrast, in both languages and at 200 %', async () => {
    await withAxe();
    for (const [person, keys] of VIEWS) {
      const phase = await callCore<{ phase: string }>(page(), 'staff.state', {});
      if (phase.phase === 'signed-in') {
        await page().locator('[data-view]').waitFor();
        await become(person);
      } else await signIn(page(), person);
      for (const key of keys) {
        await press(key);
        await until('something', async () => ((await page().locator('main').count()) > 0 ? true : null));
        if (key === 'F1') {
          await page().locator('[data-action="row"]').first().waitFor();
          await press('ArrowDown');
          await page().locator('aside h2').waitFor();
        }
        for (const [theme, media] of [
          ['light', { colorScheme: 'light', contrast: 'no-preference' }],
          ['dark', { colorScheme: 'dark', contrast: 'no-preference' }],
          ['contrast', { colorScheme: 'dark', contrast: 'more' }],
        ] as const) {
          await page().emulateMedia(media);
          await check(`${key} ${theme}`);
          await shoot(`view-${key}-${theme}`);
        }
        await page().emulateMedia({ colorScheme: 'light', contrast: 'no-preference' });
        await enter('language');
        await shoot(`view-${key}-en`);
        await check(`${key} en`);
        await enter('language');
        await page().setViewportSize({
          width: Math.round(DESK_SIZE.width / 2),
          height: Math.round(DESK_SIZE.height / 2),
        });
        const wide = await page().evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect([key, wide <= 0]).toEqual([key, true]);
        await shoot(`view-${key}-200`);
        await page().setViewportSize(DESK_SIZE);
      }
    }
  });
});

describe('the first start', () => {
  const start = async (): Promise<string> => {
    const userData = join(dir, 'fresh');
    await mkdir(userData, { recursive: true });
    const camera = await FakeCamera.create('EZ1ABCDEFGH2345');
    // Neither a role nor settings: a new machine begins with its set-up.
    talon = await launchTalon({
      userData,
      args: [...camera.args, `--window=${DESK_SIZE.width}x${DESK_SIZE.height}`],
      display,
    });
    await withAxe();
    return userData;
  };
  const check = (id: string, mark: string): Promise<void> =>
    page().locator(`[data-check="${id}"][data-mark="${mark}"]`).waitFor({ timeout: 20_000 });

  it('asks what the machine is and what is connected, plays a visit on trial, and keeps what was said', async () => {
    await talon.close();
    const userData = await start();
    await page().locator('[data-setup="1"]').waitFor({ timeout: 20_000 });
    expect(await violations()).toEqual([]);
    await shoot('setup-1');
    await enter('setup-next');
    await page().locator('[data-id="both"]').focus();
    await press('Enter');
    await page().locator('[data-action="setup-display"][data-id="other"]').focus();
    await press('Enter');
    expect(await violations()).toEqual([]);
    await shoot('setup-2');
    await enter('setup-next');
    await page().locator('[data-setup="3"]').waitFor();
    expect(await violations()).toEqual([]);
    await shoot('setup-3');
    // Found at its address, asked at once, a paper on trial, and kept.
    await enter('printer-add');
    await fill('printer-addresses', `127.0.0.1:${stage.printer.port}`);
    await press('Enter');
    await page().locator('[data-action="printer-found"]').first().waitFor();
    expect(await violations()).toEqual([]);
    await shoot('setup-3-found');
    await press('Enter');
    await page().locator('[data-verdict="each"]').waitFor({ timeout: 20_000 });
    await fill('printer-name', 'Принтер киоска');
    const tried = await papers();
    await enter('printer-test', 'ticket');
    await until('a paper', async () => ((await papers()) > tried ? true : null));
    expect(await violations()).toEqual([]);
    await shoot('setup-3-printer');
    await enter('printer-save');
    await page().locator('.printers-card[data-printer="printer"]').waitFor();
    expect(await violations()).toEqual([]);
    await shoot('setup-3-kept');
    // A step back and forth again: it is as it was left.
    await enter('setup-back');
    await page().locator('[data-setup="2"]').waitFor();
    expect(await page().locator('[data-id="both"]').getAttribute('aria-pressed')).toBe('true');
    await enter('setup-next');
    await page().locator('.printers-card[data-printer="printer"]').waitFor();
    await enter('setup-next');
    await page().locator('[data-setup="4"]').waitFor();
    await scanAt(talon.app, page(), 'EZ1ABCDEFGH2345');
    await page().locator('[data-read="true"]').waitFor();
    await shoot('setup-4');
    await enter('setup-next');
    // Chromium's camera shows a code.
    await page().locator('[data-setup="5"] [data-read="true"]').waitFor({ timeout: 20_000 });
    const camera = await page().locator('[data-action="setup-camera"] option').nth(1).getAttribute('value');
    await page()
      .locator('[data-action="setup-camera"]')
      .selectOption(camera ?? '');
    await page().locator('[data-setup="5"] [data-read="true"]').waitFor({ timeout: 20_000 });
    expect(await violations()).toEqual([]);
    await shoot('setup-5');
    await enter('setup-next');
    await fill('setup-inches', '3');
    expect(await page().locator('[data-action="setup-next"]').isDisabled()).toBe(true);
    await fill('setup-inches', '23,8');
    expect(await violations()).toEqual([]);
    await shoot('setup-6');
    await press('Enter');
    await fill('setup-url', stage.centre.url);
    await fill('setup-code', 'XXXX0000');
    await press('Enter');
    await until('refused', async () => ((await page().locator('[role="alert"]').innerText()) === '' ? null : true));
    expect(await violations()).toEqual([]);
    await shoot('setup-7');
    await fill('setup-code', await stage.centre.code('desk'));
    await press('Enter');
    await page().locator('[data-setup="8"]').waitFor({ timeout: 20_000 });
    await check('centre', 'good');
    // Without paper it is told, and the printer can be looked after before the trial goes on.
    await stage.printer.control({ paper: 'out' });
    await enter('setup-trial');
    await check('printer', 'bad');
    expect(await violations()).toEqual([]);
    await shoot('setup-8-failed');
    await enter('setup-printers');
    await page().locator('[data-setup="3"] [data-printer="printer"]').waitFor();
    await stage.printer.control({ paper: 'ok' });
    await enter('setup-next');
    await page().locator('[data-setup="8"]').waitFor();
    // The office is joined once: going back passes that step over.
    await enter('setup-back');
    await page().locator('[data-setup="6"]').waitFor();
    expect(await page().locator('[data-action="setup-inches"]').inputValue()).toBe('23,8');
    await enter('setup-next');
    await page().locator('[data-setup="8"]').waitFor();
    await check('centre', 'good');
    const before = await papers();
    await enter('setup-trial');
    await check('printer', 'good');
    expect(await papers()).toBe(before + 1);
    // Another code is not the one on the paper.
    await scanAt(talon.app, page(), 'EZ1ABCDEFGH2345');
    await check('scanner', 'bad');
    const codes = await readCodes(await stage.printer.png((await stage.printer.papers()).length));
    await scanAt(talon.app, page(), codes[0] ?? '');
    await check('scanner', 'good');
    expect(await violations()).toEqual([]);
    await shoot('setup-8');
    const kept = JSON.parse(await readFile(join(userData, 'talon.json'), 'utf8')) as { settings: object };
    expect(kept.settings).toEqual({
      'windows.roles': ['kiosk', 'desk'],
      'windows.kioskDisplay': 'other',
      printers: [
        expect.objectContaining({
          id: 'printer',
          name: 'Принтер киоска',
          roles: ['kiosk', 'desk', 'copy'],
          profile: 'epson',
          width: 576,
          link: {
            kind: 'tcp',
            host: '127.0.0.1',
            port: stage.printer.port,
          },
          answers: {
            questions: [1, 2, 3, 4],
            processId: true,
            fence: true,
          },
        }),
      ],
      'scan.camera': camera,
      'screen.inches': 23.8,
    });
    // Once: whoever comes later changes nothing here.
    await expect(callCore(page(), 'setup.enrol', { url: stage.centre.url, code: 'ABCD1234' })).rejects.toThrow(
      /conflict/,
    );
  });
});

describe('a kiosk beside it', () => {
  it('calls, is taken over within two seconds, and a conflict between the two is decided', async () => {
    await talon.close();
    const jobs = await playDesk(stage, { out: dir, display, say: () => undefined });
    expect(jobs.map(({ job, problem }) => [job, problem])).toEqual(jobs.map(({ job }) => [job, null]));
    expect(jobs).toHaveLength(6);
    const waited = Number(/after (\d+) ms/.exec(jobs[3]?.outcome ?? '')?.[1]);
    expect(waited).toBeLessThan(2_000);
  });
});
