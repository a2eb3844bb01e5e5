import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { visitCode } from '../../shared/domain/visit-code.ts';
import { withDisplay, type Display } from '../tools/display.ts';
import { callCore, press, pressOn, screenOf, typeKeys } from '../tools/kiosk.ts';
import { ROOT } from '../tools/paths.ts';
import { openStage, until, type Stage } from '../tools/stage.ts';
import { FakeCamera, launchTalon, reportOnFailure, type Talon } from './harness/app.ts';

/**
 * Every way that a visitor can go (DESIGN 5), once in the shipped app: real window, real core, the centre and the printer
 * as processes. Each test makes the bookings it needs; what is on the screen is kept as pictures in `out/screens/flows`.
 */

reportOnFailure();

const OFFICE = 7701;
const MINUTE = 60_000;
const SHOTS = join(ROOT, 'out', 'screens', 'flows');

let dir: string;
let stage: Stage;
let talon: Talon;
let camera: FakeCamera;
let display: Display;

interface Made {
  id: string;
  number: string;
  token: string;
}
const book = async (more: Record<string, unknown> = {}): Promise<Made> => {
  const answer = (await stage.centre.control({
    book: { office_id: OFFICE, service_id: 101, starts_at: Date.now() + 5 * MINUTE, ...more },
  })) as { booking: Made };
  return answer.booking;
};
const sync = () =>
  callCore<{ sync: { state: string; waiting: number } }>(talon.page, 'system.state', {}).then((s) => s.sync);
const live = () => until('live', async () => ((await sync()).state === 'live' ? true : null));
/** The device has heard of these bookings: they can be shown to move them. Nothing becomes of that. */
const heardOf = async (...bookings: Made[]): Promise<void> => {
  for (const { token: text } of bookings) {
    await until('the booking is known', async () => {
      const about = { attempt: crypto.randomUUID(), text, source: 'camera', purpose: 'manage' };
      const { outcome } = await callCore<{ outcome: string }>(talon.page, 'checkin.scan', about);
      return outcome === 'choose' ? true : null;
    });
  }
};

let shots = 0;
const shoot = async (name: string): Promise<void> => {
  shots += 1;
  // Not in the middle of a movement; the endless ones (a turning circle) have no end to wait for.
  await talon.page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((a) => a.effect?.getComputedTiming().iterations !== Infinity)
        .map((a) => a.finished),
    ).then(() => undefined),
  );
  await talon.page.screenshot({ path: join(SHOTS, `${String(shots).padStart(2, '0')}-${name}.png`) });
};
const home = async (): Promise<void> => {
  for (let n = 0; n < 6; n += 1) {
    if ((await talon.page.locator('[data-screen]').getAttribute('data-screen')) === 'home') return;
    await screenOf(
      talon.page,
      'home',
      'done',
      'refused',
      'choose',
      'help',
      'feedback',
      'slots',
      'confirm',
      'number',
      'factor',
      'services',
      'scan',
    );
    await press(talon.page, (await talon.page.locator('[data-screen="help"]').count()) > 0 ? 'back' : 'home');
  }
  await screenOf(talon.page, 'home');
};
/** Shows a code to the camera. @returns the screen that it leads to */
const show = async (text: string, by: 'scan' | 'manage' = 'scan'): Promise<string> => {
  await press(talon.page, by);
  await screenOf(talon.page, 'scan');
  await camera.show(text);
  const end = await screenOf(talon.page, 'done', 'refused', 'choose', 'factor', 'feedback');
  await camera.show(null);
  return end;
};
const reason = () => talon.page.locator('[data-screen]').getAttribute('data-reason');
const papers = () => stage.printer.papers();
const ticketOnScreen = () => talon.page.locator('[data-ticket]').first().getAttribute('data-ticket');
const printed = async (before: number): Promise<void> => {
  await until('the paper', async () => ((await papers()).length > before ? true : null));
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-lobby-'));
  await rm(SHOTS, { recursive: true, force: true });
  await mkdir(SHOTS, { recursive: true });
  stage = await openStage(dir);
  camera = await FakeCamera.create(null);
  display = await withDisplay({ width: 1080, height: 1920, headless: true });
  talon = await launchTalon({ config: stage.config, args: [...camera.args, '--window=1080x1920'], display });
  await screenOf(talon.page, 'home');
  await live();
}, 120_000);
afterAll(async () => {
  await talon?.close();
  camera?.remove();
  await stage?.close();
  await display?.close();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(home);

describe('with a booking', () => {
  it('by its number and the last digits of the phone, typed; O for 0 and so on do no harm', async () => {
    const { number } = await book({ factors: { phone4: '4567', birth_year: '1961' } });
    const before = (await papers()).length;
    await press(talon.page, 'scan');
    await press(talon.page, 'number');
    await screenOf(talon.page, 'number');
    await typeKeys(talon.page, number);
    await shoot('number');
    await press(talon.page, 'next');
    await screenOf(talon.page, 'factor');
    await typeKeys(talon.page, '000');
    await shoot('factor');
    await typeKeys(talon.page, '0');
    // Wrong: it is asked again, and not told which of the two was wrong.
    await until('asked again', async () => ((await talon.page.locator('.is-wrong').count()) > 0 ? true : null));
    await shoot('factor-wrong');
    await typeKeys(talon.page, '1961');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await shoot('number-done');
    await printed(before);
  });

  it('two of one person: which one? The other one afterwards', async () => {
    const person = 'ab'.repeat(16);
    const first = await book({ person, masked: 'И. П.' });
    const second = await book({ person, masked: 'И. П.', service_id: 401, starts_at: Date.now() + 20 * MINUTE });
    await heardOf(first, second);
    expect(await show(first.token)).toBe('choose');
    await shoot('choose');
    await pressOn(talon.page, 'booking', second.id);
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    expect(await ticketOnScreen()).toMatch(/^К/);
    await home();
    // Only one is left now.
    expect(await show(first.token)).toBe('done');
  });

  it('of several services: one ticket, the order of stations on it', async () => {
    const { token } = await book({ service_id: 102, further_services: [103, 402] });
    const before = (await papers()).length;
    expect(await show(token)).toBe('done');
    await shoot('several-services');
    await printed(before);
    expect(await papers()).toHaveLength(before + 1);
  });

  it.each([
    ['too-early', 90],
    ['too-late', -120],
  ] as const)('%s: refused with what to do', async (expected, minutes) => {
    const { token } = await book({ starts_at: Date.now() + minutes * MINUTE });
    expect(await show(token)).toBe('refused');
    expect(await reason()).toBe(expected);
    await shoot(`refused-${expected}`);
  });

  it('the paper of the old time of a moved booking: the new time, and one touch checks in', async () => {
    const made = await book({ starts_at: Date.now() + 6 * 60 * MINUTE });
    await stage.centre.control({ move: { booking: made.id, starts_at: Date.now() + 10 * MINUTE } });
    await until('the new time', async () => {
      const end = await show(made.token);
      const why = await reason();
      if (end === 'refused' && why === 'superseded') return true;
      await home();
      return null;
    });
    await shoot('refused-superseded');
    await press(talon.page, 'check-in');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
  });

  it('moved to another time, and cancelled, after it was shown to be his', async () => {
    const made = await book({ starts_at: Date.now() + 3 * 60 * MINUTE });
    const before = (await papers()).length;
    expect(await show(made.token, 'manage')).toBe('choose');
    await shoot('manage');
    await pressOn(talon.page, 'reschedule', made.id);
    await screenOf(talon.page, 'slots');
    await until('times', async () => ((await talon.page.locator('[data-action="slot"]').count()) > 0 ? true : null));
    await shoot('slots-moving');
    await talon.page.locator('[data-action="slot"]').last().click();
    await screenOf(talon.page, 'confirm');
    await shoot('confirm-moving');
    await press(talon.page, 'confirm');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await shoot('moved');
    await printed(before);
    await home();
    expect(await show(made.token, 'manage')).toBe('choose');
    await pressOn(talon.page, 'cancel-booking', made.id);
    await screenOf(talon.page, 'confirm');
    await shoot('confirm-cancel');
    await press(talon.page, 'confirm');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await shoot('cancelled');
    await home();
    await until('cancelled', async () => {
      const end = await show(made.token);
      const why = await reason();
      await home();
      return end === 'refused' && why === 'cancelled' ? true : null;
    });
  });
});

describe('without a booking', () => {
  it('one service: three touches from home to paper', async () => {
    const before = (await papers()).length;
    await shoot('home');
    let touches = 0;
    const touch = async (action: string, id?: string): Promise<void> => {
      touches += 1;
      await (id === undefined ? press(talon.page, action) : pressOn(talon.page, action, id));
    };
    await touch('services');
    await screenOf(talon.page, 'services');
    await until('services', async () =>
      (await talon.page.locator('[data-action="service"]').count()) > 0 ? true : null,
    );
    await shoot('services');
    await touch('service', '101');
    await screenOf(talon.page, 'confirm');
    await shoot('confirm');
    await touch('take');
    await screenOf(talon.page, 'done', 'confirm');
    if ((await talon.page.locator('[data-screen="confirm"]').count()) > 0) throw new Error('the hall is too full');
    await shoot('walk-in-done');
    expect(touches).toBe(3);
    await printed(before);
  });

  it('the same in English', async () => {
    await press(talon.page, 'language');
    await press(talon.page, 'services');
    await until('services', async () =>
      (await talon.page.locator('[data-action="service"]').count()) > 0 ? true : null,
    );
    await shoot('services-en');
    await pressOn(talon.page, 'service', '101');
    await screenOf(talon.page, 'confirm');
    await shoot('confirm-en');
    await press(talon.page, 'take');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await shoot('walk-in-done-en');
    expect(await talon.page.evaluate(() => document.documentElement.lang)).toBe('en');
  });

  it('several services, a claim and a phone: the phone is in no file of the device', async () => {
    await press(talon.page, 'services');
    await until('services', async () =>
      (await talon.page.locator('[data-action="service"]').count()) > 0 ? true : null,
    );
    await pressOn(talon.page, 'service', '101');
    await screenOf(talon.page, 'confirm');
    await press(talon.page, 'claim');
    await until('claims', async () =>
      (await talon.page.locator('[data-action="claim"][data-id]').count()) > 1 ? true : null,
    );
    await shoot('claims');
    await talon.page.locator('[data-action="claim"]').first().click();
    await press(talon.page, 'phone');
    await typeKeys(talon.page, '9165550123');
    await press(talon.page, 'consent');
    await shoot('phone');
    await press(talon.page, 'save-phone');
    await press(talon.page, 'add-service');
    await screenOf(talon.page, 'services');
    await pressOn(talon.page, 'service', '103');
    await screenOf(talon.page, 'confirm');
    await shoot('confirm-two');
    await press(talon.page, 'take');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await shoot('walk-in-claim');
    expect(await talon.page.content()).not.toContain('5550123');
  });

  it('a free time instead of waiting: confirmed by the centre, with a slip', async () => {
    const before = (await papers()).length;
    await press(talon.page, 'services');
    await until('services', async () =>
      (await talon.page.locator('[data-action="service"]').count()) > 0 ? true : null,
    );
    await pressOn(talon.page, 'service', '101');
    await screenOf(talon.page, 'confirm');
    await press(talon.page, 'slots');
    await screenOf(talon.page, 'slots');
    await until('times', async () => ((await talon.page.locator('[data-action="slot"]').count()) > 0 ? true : null));
    await shoot('slots');
    await talon.page.locator('[data-action="slot"]').last().click();
    await screenOf(talon.page, 'confirm');
    await shoot('confirm-slot');
    await press(talon.page, 'confirm');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await shoot('booked');
    await printed(before);
  });
});

describe('a member of staff, and how it was', () => {
  it('is called from any screen, and comes', async () => {
    await press(talon.page, 'services');
    await screenOf(talon.page, 'services');
    await press(talon.page, 'help');
    await screenOf(talon.page, 'help');
    await until('told', async () => ((await talon.page.locator('[data-told="true"]').count()) > 0 ? true : null));
    await shoot('help');
    await press(talon.page, 'back');
    expect(await screenOf(talon.page, 'services', 'home')).toBe('services');
  });

  it('is asked for by the ticket after the visit, once for a visit', async () => {
    const { token } = await book();
    expect(await show(token)).toBe('done');
    const visits = await callCore<{ visit: { id: string } }[]>(talon.page, 'visit.list', { limit: 1 }).catch(
      () => null,
    );
    // A window may not list visits: the centre knows it.
    expect(visits).toBeNull();
    const number = await ticketOnScreen();
    const visit = await until(
      'the visit at the centre',
      async () => (await stage.centre.visits()).find((v) => v.ticket === number) ?? null,
    );
    await stage.centre.control({ visit: { visit: visit.visit_id, to: 'serving' } });
    await stage.centre.control({ visit: { visit: visit.visit_id, to: 'done' } });
    await home();
    await until('feedback', async () => {
      const end = await show(visitCode(visit.visit_id));
      if (end === 'feedback') return true;
      await home();
      return null;
    });
    await shoot('feedback');
    await pressOn(talon.page, 'score', '4');
    await press(talon.page, 'reason');
    await shoot('feedback-chosen');
    await press(talon.page, 'send');
    await until('thanks', async () => ((await talon.page.locator('[data-sent="true"]').count()) > 0 ? true : null));
    await shoot('feedback-sent');
  });
});

describe('with the centre away', () => {
  it('numbers are given, manual entry works, times are not promised, and everything is told later', async () => {
    const { number } = await book({ factors: { phone4: '7788' }, starts_at: Date.now() + 3 * MINUTE });
    await live();
    const sure = await book({ starts_at: Date.now() + 4 * 60 * MINUTE });
    const strict = await book({ service_id: 402, starts_at: Date.now() + 4 * 60 * MINUTE });
    await heardOf(sure, strict);
    await live();
    await stage.centre.stop();
    await until('offline', async () => ((await sync()).state === 'offline' ? true : null));

    await press(talon.page, 'services');
    await until('services', async () =>
      (await talon.page.locator('[data-action="service"]').count()) > 0 ? true : null,
    );
    await shoot('offline-services');
    await pressOn(talon.page, 'group', '4');
    await pressOn(talon.page, 'service', '402');
    await screenOf(talon.page, 'confirm');
    await shoot('offline-confirm');
    expect(await talon.page.locator('[data-action="slots"]').count()).toBe(0);
    await press(talon.page, 'take');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    expect(Number((await ticketOnScreen())?.slice(-3))).toBeGreaterThanOrEqual(700);
    await shoot('offline-walk-in');
    await home();

    await press(talon.page, 'scan');
    await press(talon.page, 'number');
    await typeKeys(talon.page, number);
    await press(talon.page, 'next');
    await screenOf(talon.page, 'factor');
    await typeKeys(talon.page, '7788');
    expect(await screenOf(talon.page, 'done', 'refused')).toBe('done');
    await home();

    const cancel = async ({ id, token }: Made): Promise<string> => {
      expect(await show(token, 'manage')).toBe('choose');
      await pressOn(talon.page, 'cancel-booking', id);
      await screenOf(talon.page, 'confirm');
      await press(talon.page, 'confirm');
      return screenOf(talon.page, 'done', 'refused');
    };
    // The service allows it: taken, and said plainly to be unconfirmed.
    expect(await cancel(sure)).toBe('done');
    await expect.poll(() => talon.page.locator('[data-booked="unconfirmed"]').count(), { timeout: 10_000 }).toBe(1);
    await shoot('offline-unconfirmed');
    await home();
    // This one does not.
    expect(await cancel(strict)).toBe('refused');
    expect(await reason()).toBe('centre-away');
    await shoot('offline-request');
    await home();

    await press(talon.page, 'help');
    await until('not told', async () => ((await talon.page.locator('[data-told="false"]').count()) > 0 ? true : null));
    await shoot('offline-help');
    await press(talon.page, 'back');

    await stage.centre.restart();
    await until('all told', async () => {
      const s = await sync();
      return s.state === 'live' && s.waiting === 0 ? true : null;
    });
  });
});
