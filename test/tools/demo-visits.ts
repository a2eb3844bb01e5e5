import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { parseTicketNumber } from '../../shared/domain/ticket-number.ts';
import { launchTalon } from './launch.ts';
import type { Display } from './display.ts';
import { FakeCamera } from './fake-camera.ts';
import { bookedAround, callCore, screenOf } from './kiosk.ts';
import { until, type DemoBooking, type OfficeVisit, type Paper, type Stage } from './stage.ts';

/** One visit of the demo, as it stands in `summary.json`. Times are milliseconds. */
interface VisitSummary {
  visit: string;
  /** What was held before the camera: the kind of code, and the booking's number where it has one. */
  code: string;
  outcome: string;
  ticketNumber: string | null;
  printGrade: string | null;
  decodeToFirstByteMs: number | null;
  decodeToConfirmedMs: number | null;
  /** What the centre knew at the end. */
  centre: string;
  ok: boolean;
  problems: string[];
}

export interface DemoSummary {
  ok: boolean;
  electron: string;
  visits: VisitSummary[];
  papers: number;
  seconds: number;
}

interface Job {
  state: string;
  grade: string | null;
}

/** The last moment at which the page's scanner had read a code, epoch ms. */
const decodedAt = (page: Page): Promise<number | null> =>
  page.evaluate(() => {
    const mark = performance.getEntriesByName('talon:decoded').at(-1);
    return mark ? performance.timeOrigin + mark.startTime : null;
  });

/**
 * Plays four visits in a real window with a fake camera: one accepted, the same code again, a foreign code, and one with
 * the centre switched off and on again. Writes papers and screenshots into `out`.
 */
export const playVisits = async (
  stage: Stage,
  { out, display, version, say }: { out: string; display: Display; version: string; say: (text: string) => void },
): Promise<DemoSummary> => {
  const started = Date.now();
  const { centre, printer } = stage;
  const bookings = await centre.bookings();
  const soon = bookedAround(bookings, started);
  const [first, second] = soon;
  if (!first || !second) throw new Error('the demo centre has no bookings of today');

  let firstByteAt: number | null = null;
  let confirmedAt: number | null = null;
  const unwatch = await printer.watch((event, data) => {
    const { first: isFirst } = data as { first?: boolean };
    if (event === 'bytes' && isFirst) firstByteAt = Date.now();
    if (event === 'confirm') confirmedAt ??= Date.now();
  });
  const camera = await FakeCamera.create(null);
  const userData = join(out, 'kiosk');
  await mkdir(userData, { recursive: true });
  const talon = await launchTalon({
    userData,
    config: stage.config,
    args: [...camera.args, '--window=1080x1920'],
    display,
    forTests: false,
  });
  const { page } = talon;
  const visits: VisitSummary[] = [];
  let shots = 0;
  const shoot = async (name: string): Promise<void> => {
    shots += 1;
    // Not in the middle of a movement; the endless ones (a turning circle) have no end to wait for.
    await page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((a) => a.effect?.getComputedTiming().iterations !== Infinity)
          .map((a) => a.finished),
      ).then(() => undefined),
    );
    await page.screenshot({ path: join(out, `screen-${shots}-${name}.png`) });
  };
  const call = <T>(method: string, params: unknown): Promise<T> => callCore<T>(page, method, params);

  /** Holds a code before the camera and waits until the kiosk has said all it has to say about it. */
  const visit = async (
    name: string,
    code: string,
    text: string,
    check: (v: VisitSummary) => Promise<void>,
  ): Promise<void> => {
    say(`${name}: ${code}`);
    firstByteAt = null;
    confirmedAt = null;
    const summary: VisitSummary = {
      visit: name,
      code,
      outcome: '',
      ticketNumber: null,
      printGrade: null,
      decodeToFirstByteMs: null,
      decodeToConfirmedMs: null,
      centre: '',
      ok: false,
      problems: [],
    };
    visits.push(summary);
    try {
      await screenOf(page, 'home');
      await page.evaluate(() => performance.clearMarks('talon:decoded'));
      await page.locator('[data-action="scan"]').click();
      await screenOf(page, 'scan');
      if (shots < 2) {
        await page.waitForSelector('[data-camera="live"]');
        await shoot('scan');
      }
      await camera.show(text);
      const end = await screenOf(page, 'done', 'refused');
      await camera.show(null);
      summary.outcome =
        end === 'done'
          ? 'accepted'
          : await page
              .locator('[data-screen]')
              .getAttribute('data-reason')
              .then((r) => `refused: ${r ?? '?'}`);
      const decoded = await decodedAt(page);
      await shoot(end === 'done' ? 'done' : `refused-${visits.length}`);
      if (end === 'done') {
        await until('the confirmation of the printer', () => confirmedAt);
        summary.ticketNumber = (await page.locator('[data-ticket]').first().getAttribute('data-ticket')) ?? null;
        const job = await until('the job printed', async () => {
          const found = await call<Job>('print.job', {
            job: await page.locator('[data-job]').getAttribute('data-job'),
          });
          return found.state === 'printed' ? found : null;
        });
        summary.printGrade = job.grade;
        if (decoded === null) summary.problems.push('the page did not mark when it had read the code');
        else {
          summary.decodeToFirstByteMs = firstByteAt === null ? null : Math.round(firstByteAt - decoded);
          summary.decodeToConfirmedMs = confirmedAt === null ? null : Math.round(confirmedAt - decoded);
        }
      }
      await check(summary);
      await page.locator('[data-action="home"]').first().click();
    } catch (error) {
      summary.problems.push(error instanceof Error ? error.message : String(error));
      await shoot(`problem-${visits.length}`);
    }
    summary.ok = summary.problems.length === 0;
    say(
      `  ${summary.ok ? 'ok' : 'WRONG'}: ${summary.outcome}${summary.ticketNumber ? `, ticket ${summary.ticketNumber}` : ''} ${summary.problems.join('; ')}`,
    );
  };
  const expect = (v: VisitSummary, right: boolean, what: string): void => {
    if (!right) v.problems.push(what);
  };
  const atCentre = (booking: DemoBooking): Promise<OfficeVisit> =>
    until(
      `the centre knows the visit of ${booking.number}`,
      async () => (await centre.visits()).find((v) => v.booking_id === booking.id) ?? null,
    );

  try {
    await screenOf(page, 'home');
    await until('contact with the centre', async () => {
      const state = await call<{ sync: { state: string } }>('system.state', {});
      return state.sync.state === 'live' ? true : null;
    });
    await shoot('home');

    await visit('accepted', `booking ${first.number}`, first.token, async (v) => {
      expect(v, v.outcome === 'accepted', 'not accepted');
      expect(v, v.printGrade === 'A', 'the print is not confirmed by its id');
      const known = await atCentre(first);
      expect(v, (parseTicketNumber(known.ticket)?.number ?? 999) < 700, 'the number was not leased one by one');
      v.centre = 'arrived';
    });
    await visit('the same code again', `booking ${first.number}`, first.token, async (v) => {
      expect(v, v.outcome === 'refused: already-used', 'not refused as already used');
      expect(v, (await printer.papers()).length === 1, 'something was printed');
      v.centre = 'unchanged';
    });
    await visit('a foreign code', 'https://pay.example/…', 'https://pay.example/i/19283746', async (v) => {
      expect(v, v.outcome === 'refused: not-ours', 'not refused as a code that is not ours');
      expect(v, (await printer.papers()).length === 1, 'something was printed');
      v.centre = 'unchanged';
    });
    await centre.stop();
    await visit('the centre is off', `booking ${second.number}`, second.token, async (v) => {
      expect(v, v.outcome === 'accepted', 'not accepted');
      expect(v, v.printGrade === 'A', 'the print is not confirmed by its id');
      const waiting = await call<{ sync: { state: string; waiting: number } }>('system.state', {});
      expect(v, waiting.sync.waiting > 0, 'the operation does not wait for the centre');
      await shoot('offline');
      await centre.restart();
      const known = await atCentre(second);
      expect(v, (parseTicketNumber(known.ticket)?.number ?? 0) >= 700, 'the number is not of the reserve');
      v.centre = 'arrived, told after it was back';
    });
    await until('nothing waits any more', async () => {
      const state = await call<{ sync: { waiting: number; parked: number } }>('system.state', {});
      return state.sync.waiting === 0 && state.sync.parked === 0 ? true : null;
    });
  } finally {
    unwatch();
    await talon.close();
    camera.remove();
  }
  const papers: Paper[] = await printer.papers();
  for (const p of papers) await writeFile(join(out, `ticket-${p.n}.png`), await printer.png(p.n));
  const summary: DemoSummary = {
    ok: visits.length === 4 && visits.every((v) => v.ok) && papers.length === 2 && papers.every((p) => p.complete),
    electron: version,
    visits,
    papers: papers.length,
    seconds: Math.round((Date.now() - started) / 1000),
  };
  return summary;
};
