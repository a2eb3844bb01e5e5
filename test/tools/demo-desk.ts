import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { findPerson, launchDesk, scanAt, shootDesk, signIn, ticketOf } from './desk.ts';
import type { Display } from './display.ts';
import { FakeCamera } from './fake-camera.ts';
import { callCore, press, screenOf } from './kiosk.ts';
import { launchTalon } from './launch.ts';
import { until, type Stage } from './stage.ts';

/** One thing that the demo does at the desk, as it stands in `summary.json`. */
export interface DeskSummary {
  job: string;
  /** What came of it: a ticket number, a state. */
  outcome: string;
  ms: number;
  ok: boolean;
  problem: string | null;
}

const made = z.looseObject({ booking: z.looseObject({ id: z.string(), number: z.string(), token: z.string() }) });
const MINUTE = 60_000;

/**
 * Plays a receptionist's jobs beside a kiosk of the same office: signs in, checks in by scan and by name, takes over a
 * call from the kiosk and finishes it, and decides a conflict. Two devices, each a program of its own.
 */
export const playDesk = async (
  stage: Stage,
  { out, display, say }: { out: string; display: Display; say: (text: string) => void },
): Promise<DeskSummary[]> => {
  const { centre, printer } = stage;
  const book = async (minutes: number) => {
    const about = { office_id: 7701, service_id: 101, starts_at: Date.now() + minutes * MINUTE };
    return made.parse(await centre.control({ book: about })).booking;
  };
  const userData = join(out, 'desk');
  await mkdir(userData, { recursive: true });
  const camera = await FakeCamera.create(null);
  const kiosk = await launchTalon({
    config: {
      ...stage.config,
      settings: { ...stage.config.settings, 'centre.enrolmentCode': await centre.code('kiosk') },
    },
    args: [...camera.args, '--window=1080x1920'],
    display,
    forTests: false,
  });
  const desk = await launchDesk(stage, { userData, display, forTests: false });
  const { page } = desk;
  const jobs: DeskSummary[] = [];
  const job = async (name: string, run: () => Promise<string>): Promise<void> => {
    say(`desk: ${name}`);
    const begun = performance.now();
    let problem: string | null = null;
    let outcome = '';
    try {
      outcome = await run();
    } catch (error) {
      problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      await shootDesk(page, out, `problem-${jobs.length + 1}`);
    }
    const ms = Math.round(performance.now() - begun);
    jobs.push({ job: name, outcome, ms, ok: problem === null, problem });
    say(`  ${problem === null ? 'ok' : 'WRONG'}: ${outcome}${problem ?? ''}`);
  };
  const kioskSync = (): Promise<{ state: string; waiting: number }> =>
    callCore<{ sync: { state: string; waiting: number } }>(kiosk.page, 'system.state', {}).then((s) => s.sync);
  const deskSync = (): Promise<{ state: string; waiting: number }> =>
    callCore<{ sync: { state: string; waiting: number } }>(page, 'system.state', {}).then((s) => s.sync);

  try {
    await screenOf(kiosk.page, 'home');
    await until('the kiosk is live', async () => ((await kioskSync()).state === 'live' ? true : null));
    await until('the desk is live', async () => ((await deskSync()).state === 'live' ? true : null));
    await job('sign in', async () => {
      await signIn(page, 'anna');
      await page.locator('[data-action="row"]').first().waitFor();
      await shootDesk(page, out, 'today');
      return 'Анна Ковалёва';
    });
    await job('check in by scan', async () => {
      const booking = await book(5);
      await until('the booking', async () => {
        await scanAt(desk.app, page, booking.token);
        return (await page.locator(`aside [data-key="b${booking.id}"]`).count()) > 0 ? true : null;
      });
      await shootDesk(page, out, 'scan');
      const before = (await printer.papers()).length;
      await page.keyboard.press('Enter');
      const ticket = await ticketOf(page);
      await until('the paper', async () => ((await printer.papers()).length > before ? true : null));
      await shootDesk(page, out, 'checked-in');
      return ticket;
    });
    await job('check in by name', async () => {
      const row = await until('somebody who is expected', async () => {
        const list = await callCore<{ rows: { key: string; name: string | null; state: string; at: number }[] }>(
          page,
          'desk.list',
          { filter: 'expected', from: 0, count: 200 },
        );
        const near = list.rows.find(({ name, at }) => name !== null && Math.abs(at - Date.now()) < 10 * MINUTE);
        return near ?? null;
      });
      await findPerson(page, (row.name ?? '').toLowerCase(), row.key);
      await shootDesk(page, out, 'found');
      await page.keyboard.press('Enter');
      return ticketOf(page);
    });
    await job('take over a call from the kiosk', async () => {
      const early = await book(55);
      await until('the kiosk knows the booking', async () => {
        const about = { attempt: crypto.randomUUID(), text: early.token, source: 'camera', purpose: 'manage' };
        const { outcome } = await callCore<{ outcome: string }>(kiosk.page, 'checkin.scan', about);
        return outcome === 'choose' ? true : null;
      });
      await press(kiosk.page, 'scan');
      await camera.show(early.token);
      await screenOf(kiosk.page, 'refused');
      await camera.show(null);
      const called = performance.now();
      await press(kiosk.page, 'help');
      await screenOf(kiosk.page, 'help');
      const bar = page.locator('[data-action="take-help"]').first();
      await bar.waitFor({ timeout: 10_000 });
      const waited = Math.round(performance.now() - called);
      await shootDesk(page, out, 'help');
      await bar.focus();
      await page.keyboard.press('Enter');
      await page.locator(`aside [data-key="b${early.id}"]`).waitFor({ timeout: 10_000 });
      await until('the kiosk says that somebody comes', async () =>
        (await kiosk.page.locator('[data-by="taken"]').count()) > 0 ? true : null,
      );
      await page.locator('[data-action="override"]').focus();
      await page.keyboard.press('Enter');
      await page.locator('[data-action="override-why"]').waitFor();
      await shootDesk(page, out, 'override');
      await page.locator('[data-action="panel-do"]').focus();
      await page.keyboard.press('Enter');
      const ticket = await ticketOf(page);
      await until('the number on the kiosk', async () =>
        (await kiosk.page.locator('[data-by="finished"]').count()) > 0 ? true : null,
      );
      await kiosk.page.screenshot({ path: join(out, 'desk-help-kiosk.png') });
      await press(kiosk.page, 'back');
      return `${ticket}, at the desk after ${waited} ms`;
    });
    await job('decide a conflict', async () => {
      const twice = await book(5);
      await until('both know the booking', async () => {
        const about = { attempt: crypto.randomUUID(), text: twice.token, source: 'camera', purpose: 'manage' };
        const { outcome } = await callCore<{ outcome: string }>(kiosk.page, 'checkin.scan', about);
        const card = await callCore<object | null>(page, 'desk.card', { key: `b${twice.id}` });
        return outcome === 'choose' && card !== null ? true : null;
      });
      await centre.stop();
      await until('both are alone', async () =>
        (await kioskSync()).state === 'offline' && (await deskSync()).state === 'offline' ? true : null,
      );
      await scanAt(desk.app, page, twice.token);
      await page.locator(`aside [data-key="b${twice.id}"]`).waitFor();
      await page.keyboard.press('Enter');
      await ticketOf(page);
      await screenOf(kiosk.page, 'home');
      await press(kiosk.page, 'scan');
      await camera.show(twice.token);
      await screenOf(kiosk.page, 'done');
      await camera.show(null);
      await centre.restart();
      await page.keyboard.press('F3');
      const task = page.locator('[data-type="double-checkin"]').first();
      await task.waitFor({ timeout: 30_000 });
      await shootDesk(page, out, 'decide');
      await task.locator('[data-action="decide"]').first().focus();
      await page.keyboard.press('Enter');
      await until('it is decided', async () => ((await task.count()) === 0 ? true : null));
      return 'one person';
    });
    for (const [key, name] of [
      ['F2', 'queue'],
      ['F4', 'kiosks'],
    ] as const) {
      await page.keyboard.press(key);
      await page.locator(`[data-view="${name}"]`).waitFor();
      await shootDesk(page, out, name);
    }
    await job('hand over', async () => {
      await page.locator('[data-action="sign-out"]').focus();
      await page.keyboard.press('Enter');
      await page.locator('[data-action="handover"]').focus();
      await page.keyboard.type('Киоск 1 звал один раз, всё решено.');
      await page.locator('[data-action="leave"]').focus();
      await page.keyboard.press('Enter');
      await page.locator('.door').waitFor();
      return 'signed out';
    });
    await until('nothing waits any more', async () =>
      (await kioskSync()).waiting === 0 && (await deskSync()).waiting === 0 ? true : null,
    );
  } finally {
    await desk.close();
    await kiosk.close();
    camera.remove();
  }
  return jobs;
};
