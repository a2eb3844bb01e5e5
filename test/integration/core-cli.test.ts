import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCore } from '../tools/core-cli.ts';
import { bookedAround } from '../tools/kiosk.ts';
import { readPaper } from '../tools/read-paper.ts';
import { openStage, until, type Stage } from '../tools/stage.ts';

/** `npm run core` as an integrator uses it, with the centre and the printer as processes. */

let dir: string;
let stage: Stage;
let core: Awaited<ReturnType<typeof startCore>>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'talon-cli-'));
  stage = await openStage(dir);
  core = await startCore(join(dir, 'core'), stage.config);
  await until('live', async () => {
    const { sync } = (await core.call('system.state', {})) as { sync: { state: string } };
    return sync.state === 'live' ? true : null;
  });
});
afterEach(async () => {
  await core.stop();
  await stage.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the core alone', () => {
  it('enrols by its settings, checks in, prints, and tells the centre', async () => {
    const [booking] = bookedAround(await stage.centre.bookings(), Date.now());
    const scan = { attempt: v7(), text: booking?.token ?? '', source: 'wedge' };
    const first = (await core.call('checkin.scan', scan)) as {
      outcome: string;
      visit: { id: string };
      job: { id: string };
    };
    expect(first.outcome).toBe('accepted');
    // The same attempt, as after a crash: the same visit and the same paper.
    const again = (await core.call('checkin.scan', scan)) as typeof first;
    expect([again.visit.id, again.job.id]).toEqual([first.visit.id, first.job.id]);
    await until('printed', async () =>
      (await core.call('print.job', { job: first.job.id }))['state'] === 'printed' ? true : null,
    );
    const [paper] = await stage.printer.papers();
    expect(await readPaper(await stage.printer.png(paper?.n ?? 0))).toEqual({ visits: [first.visit.id], copy: false });
    const copy = await core.call('ticket.copy', { attempt: v7(), visit: first.visit.id });
    await until('the copy', async () =>
      (await core.call('print.job', { job: copy['id'] }))['state'] === 'printed' ? true : null,
    );
    const papers = await stage.printer.papers();
    expect(papers).toHaveLength(2);
    expect(await readPaper(await stage.printer.png(papers[1]?.n ?? 0))).toEqual({
      visits: [first.visit.id],
      copy: true,
    });
    await until(
      'the centre knows',
      async () => (await stage.centre.visits()).find((v) => v.visit_id === first.visit.id) ?? null,
    );
    expect(core.lines.some((line) => line.startsWith('{"event":"print.changed"'))).toBe(true);
  });

  it('answers nonsense with an error that names it, and goes on', async () => {
    for (const line of ['not json', '[]', '{"id":"x"}', '{"id":1,"method":"core.ping","params":{"more":1}}'])
      core.raw(line);
    await expect(core.call('nothing.there', {})).rejects.toThrow(/unknown-method/);
    await expect(core.call('checkin.scan', { attempt: 'x', text: '', source: 'y' })).rejects.toThrow(/invalid-input/);
    expect(await core.call('core.ping', {})).toHaveProperty('pid', core.pid);
    const errors = core.lines.filter((line) => line.includes('"invalid-input"'));
    expect(errors).toHaveLength(5);
  });

  it('keeps names, codes and secrets out of its log and its settings', async () => {
    const [booking] = bookedAround(await stage.centre.bookings(), Date.now());
    await core.call('checkin.scan', { attempt: v7(), text: booking?.token ?? '', source: 'camera' });
    const settings = JSON.stringify(await core.call('settings.list', {}));
    const log = await readFile(join(dir, 'core', 'logs', 'core.log'), 'utf8');
    for (const secret of [booking?.token ?? '', booking?.number ?? '', stage.centre.enrolment[0] ?? '']) {
      expect(secret).not.toBe('');
      expect(log + settings).not.toContain(secret);
    }
  });
});
