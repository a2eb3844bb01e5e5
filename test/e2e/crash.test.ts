import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPaper } from '../tools/read-paper.ts';
import { openStage, until, type DemoBooking, type Stage } from '../tools/stage.ts';
import { FakeCamera, launchTalon, reportOnFailure, type Talon } from './harness/app.ts';
import { bookedAround, callCore, press, screenOf } from '../tools/kiosk.ts';

/**
 * SIGKILL for the core at ten points between the scan and the paper, found from outside: the centre or the printer is
 * held still at the point, so the shipped program runs unchanged. Afterwards: one number for one booking, a paper for
 * everybody who is checked in, and no second paper that does not say so.
 */

reportOnFailure();

interface Point {
  name: string;
  /** Sets the trap. */
  before: (s: Stage) => Promise<unknown>;
  /** Whether the point is reached, from what centre and printer told since the trap was set. */
  reached: (seen: readonly Seen[]) => boolean;
  /** Takes the trap away. */
  after: (s: Stage) => Promise<unknown>;
}
interface Seen {
  from: 'centre' | 'printer';
  event: string;
  data: Record<string, unknown>;
}
const centre = (event: string, path: string) => (seen: readonly Seen[]) =>
  seen.some((s) => s.from === 'centre' && s.event === event && s.data['path'] === path);
const printer =
  (event: string, fits: (data: Record<string, unknown>) => boolean = () => true) =>
  (seen: readonly Seen[]) =>
    seen.some((s) => s.from === 'printer' && s.event === event && fits(s.data));
const hold = (path: string, at: 'before' | 'after') => (s: Stage) => s.centre.control({ hold: { path, at } });
const release = (path: string, at: 'before' | 'after') => (s: Stage) =>
  s.centre.control({ hold: { path, at, release: true } });
const nothing = () => Promise.resolve();

const POINTS: Point[] = [
  {
    name: 'a number is asked for, nothing is written',
    before: hold('/leases', 'before'),
    reached: centre('held', '/leases'),
    after: release('/leases', 'before'),
  },
  {
    name: 'the number is given at the centre, nothing is written',
    before: hold('/leases', 'after'),
    reached: centre('held', '/leases'),
    after: release('/leases', 'after'),
  },
  {
    name: 'committed, the printer does not answer',
    before: (s) => s.printer.control({ refuse: true, powerCycle: true }),
    reached: centre('request', '/sync/ops'),
    after: (s) => s.printer.control({ refuse: false }),
  },
  {
    name: 'connected, the status is awaited',
    before: (s) => s.printer.control({ stallStatus: true }),
    reached: (seen) => centre('request', '/sync/ops')(seen) && printer('status-request')(seen),
    after: (s) => s.printer.control({ stallStatus: false }),
  },
  {
    name: 'the first byte has left',
    before: (s) => s.printer.control({ bytesPerSecond: 3000, loseUnread: true }),
    reached: printer('bytes', (d) => d['first'] === true),
    after: (s) => s.printer.control({ bytesPerSecond: null, loseUnread: false, tear: true }),
  },
  {
    name: 'in the middle of the job',
    before: (s) => s.printer.control({ bytesPerSecond: 12_000, loseUnread: true }),
    reached: printer('bytes', (d) => Number(d['jobBytes']) > 8000),
    after: (s) => s.printer.control({ bytesPerSecond: null, loseUnread: false, tear: true }),
  },
  {
    name: 'cut, the confirmation is held back',
    before: (s) => s.printer.control({ holdConfirm: true }),
    reached: printer('ticket'),
    after: (s) => s.printer.control({ holdConfirm: false }),
  },
  { name: 'the confirmation is on its way', before: nothing, reached: printer('confirm'), after: nothing },
  {
    name: 'printed, the centre has not answered',
    before: hold('/sync/ops', 'after'),
    reached: (seen) => centre('held', '/sync/ops')(seen) && printer('confirm')(seen),
    after: release('/sync/ops', 'after'),
  },
  {
    name: 'the paper ran out in the middle of the job',
    before: (s) => s.printer.control({ runOutAfterMm: 40 }),
    reached: printer('status', (d) => d['online'] === false),
    after: (s) => s.printer.control({ paper: 'ok', tear: true, powerCycle: true }),
  },
];

const GROUPS = [POINTS.slice(0, 5), POINTS.slice(5)];

describe.each(GROUPS.map((points, n) => ({ n, points })))('the core is killed (group $n)', ({ points }) => {
  let dir: string;
  let stage: Stage;
  let camera: FakeCamera;
  let talon: Talon;
  let bookings: DemoBooking[];
  const seen: Seen[] = [];
  const stops: (() => void)[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'talon-crash-'));
    stage = await openStage(dir);
    bookings = bookedAround(await stage.centre.bookings(), Date.now());
    for (const [from, source] of [
      ['centre', stage.centre],
      ['printer', stage.printer],
    ] as const) {
      stops.push(
        await source.watch((event, data) => seen.push({ from, event, data: data as Record<string, unknown> })),
      );
    }
    camera = await FakeCamera.create(null);
    talon = await launchTalon({ config: stage.config, args: [...camera.args, '--window=1080x1920'] });
    await screenOf(talon.page, 'home');
    await until('live', async () => {
      const state = await callCore<{ sync: { state: string } }>(talon.page, 'system.state', {});
      return state.sync.state === 'live' ? true : null;
    });
  });
  afterAll(async () => {
    for (const stop of stops) stop();
    await talon?.close();
    camera?.remove();
    await stage?.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** The core answers again, and the page is at rest. */
  const upAgain = (old: number) =>
    until('a new core', async () => {
      const { pid } = await callCore<{ pid: number }>(talon.page, 'core.ping', {}).catch(() => ({ pid: old }));
      return pid === old ? null : true;
    });

  it.each(points)('$name', async (point) => {
    const { page } = talon;
    const booking = bookings.shift();
    if (!booking) throw new Error('no booking left');
    await press(page, 'home');
    await screenOf(page, 'home');
    const { pid } = await callCore<{ pid: number }>(page, 'core.ping', {});
    seen.length = 0;
    await point.before(stage);
    await press(page, 'scan');
    await screenOf(page, 'scan');
    await camera.show(booking.token);
    await until(point.name, () => (point.reached(seen) ? true : null));
    process.kill(pid, 'SIGKILL');
    await camera.show(null);
    await upAgain(pid);
    await point.after(stage);

    // Whatever the page has come to: the visitor goes away and comes again with the same code.
    await screenOf(page, 'done', 'refused', 'home', 'scan');
    await press(page, 'home');
    await screenOf(page, 'home');
    const isHis = async () => (await stage.centre.visits()).filter((v) => v.booking_id === booking.id);
    const papersOf = async (visit: string) => {
      const mine = [];
      for (const paper of await stage.printer.papers()) {
        const read = await readPaper(await stage.printer.png(paper.n));
        if (paper.complete && read.visits.includes(visit)) mine.push(read);
      }
      return mine;
    };
    await press(page, 'scan');
    await screenOf(page, 'scan');
    await camera.show(booking.token);
    const end = await screenOf(page, 'done', 'refused');
    await camera.show(null);
    const [visit, ...more] = await until('the centre knows', async () => {
      const his = await isHis();
      return his.length > 0 ? his : null;
    });
    expect(more).toEqual([]);
    if (!visit) throw new Error('no visit');
    if (end === 'refused') {
      expect(await page.locator('[data-screen]').getAttribute('data-reason')).toBe('already-used');
      // Nobody who is checked in goes without a paper.
      if ((await papersOf(visit.visit_id)).length === 0) await press(page, 'copy');
    }
    const papers = await until('a paper', async () => {
      const mine = await papersOf(visit.visit_id);
      return mine.length > 0 ? mine : null;
    });
    expect(papers.filter((p) => !p.copy).length).toBeLessThanOrEqual(1);
    for (const p of papers) expect(p.visits).toEqual([visit.visit_id]);
    const rows = await stage.centre.visits();
    expect(new Set(rows.map((r) => r.ticket)).size).toBe(rows.length);
  });
});
