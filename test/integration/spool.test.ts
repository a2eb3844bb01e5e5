import { afterEach, describe, expect, it } from 'vitest';
import type { PrintJobView } from '../../shared/contracts/app.ts';
import type { SpoolOptions } from '../../electron/core/printing/spool.ts';
import { bundledFonts, createTicketRenderer } from '../../electron/core/printing/ticket.ts';
import { startVirtualPrinter, type VirtualPrinter, type VirtualPrinterOptions } from '../printer/index.ts';
import { SAMPLES } from '../tools/ticket-samples.ts';
import { type SpoolBench, startBench, view } from './spool-bench.ts';

let printer: VirtualPrinter | undefined;
const benches: SpoolBench[] = [];

const start = async (make: VirtualPrinterOptions = {}, options: Partial<SpoolOptions> = {}) => {
  printer = await startVirtualPrinter({ speed: 'max', httpPort: null, ...make });
  const bench = startBench(printer.port, options);
  benches.push(bench);
  await bench.spool.start();
  return { printer, bench };
};
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
  await printer?.close();
  printer = undefined;
});

const isState = (state: PrintJobView['state']) => (job: PrintJobView) => job.state === state;
const finished = (job: PrintJobView): boolean =>
  ['printed', 'unknown', 'expired'].includes(job.state) || job.grade !== null;

describe('a printer that is well', () => {
  it('prints, confirms by its own word (A), and what came out is what was drawn', async () => {
    // Cut at the head, so that the paper begins where the picture does.
    const { printer, bench } = await start({ cutterMm: 0 });
    const id = bench.print();
    expect(view(await bench.until(id, finished))).toBe('printed/A');
    expect(bench.told).toEqual(['sending', 'sent', 'printed/A']);
    expect(printer.tickets).toHaveLength(1);
    const [ticket] = printer.tickets;
    expect(ticket).toMatchObject({ complete: true, realtimeInsideData: 0, garbage: { count: 0 }, interruptions: [] });
    const booking = SAMPLES['booking'];
    if (!booking) throw new Error('no sample');
    const drawn = createTicketRenderer(bundledFonts()).draw(booking, 576);
    const paper = printer.bitmap(1);
    if (!paper) throw new Error('no picture');
    let different = 0;
    for (let y = 0; y < drawn.height; y += 1) {
      for (let i = 0; i < 72; i += 1) if (drawn.bits[y * 72 + i] !== paper.bits[y * 72 + i]) different += 1;
    }
    // Only dots that defuse a real-time command may differ.
    expect(different).toBeLessThan(20);
    const job = bench.job(id);
    expect(job.processId).toHaveLength(4);
    expect(job.firstByteAt).not.toBeNull();
    const timing = await bench.untilLogged('print.timing');
    expect(timing).toMatchObject({ jobId: id });
    expect(bench.spool.status()).toMatchObject({ state: 'ready', reason: null });
  });

  it('is given only its lesser word (B) when it does not know GS ( H, and is waited for less the next time', async () => {
    const { bench } = await start({ gsH: false });
    const first = bench.print();
    expect(view(await bench.until(first, finished))).toBe('printed/B');
    const second = bench.print();
    expect(view(await bench.until(second, finished))).toBe('printed/B');
  });

  it('prints many in the order they were queued, one at a time, over one connection', async () => {
    const { printer, bench } = await start();
    const ids = [1, 2, 3, 4, 5].map(() => bench.print({ kick: false }));
    bench.spool.kick();
    for (const id of ids) await bench.until(id, isState('printed'));
    expect(bench.told).toEqual(ids.flatMap(() => ['sending', 'sent', 'printed/A']));
    const sending = bench.logged.filter((l) => l.event === 'print.sending').map((l) => l.fields['jobId']);
    expect(sending).toEqual(ids);
    expect(printer.tickets).toHaveLength(5);
    expect(new Set(printer.tickets.flatMap((t) => t.connections)).size).toBe(1);
  });

  it('lets go of a line that is not used', async () => {
    const { printer, bench } = await start({ oneSession: true }, { timeouts: { keepOpenMs: 60 } });
    await bench.until(bench.print(), isState('printed'));
    if (printer.state().connections > 0) await printer.events.next('disconnect');
    await bench.until(bench.print(), isState('printed'));
    expect(printer.tickets).toHaveLength(2);
  });

  it('is seen to run low on paper', async () => {
    const { printer, bench } = await start();
    await bench.untilPrinter((s) => s.state === 'ready' && !s.paperLow);
    await printer.control({ paper: 'near' });
    await bench.untilPrinter((s) => s.state === 'ready' && s.paperLow);
    expect(view(await bench.until(bench.print(), finished))).toBe('printed/A');
  });
});

describe('a printer that says nothing', () => {
  it('gets the ticket, and it is called sent, never printed', async () => {
    const { printer, bench } = await start({ mute: true });
    const id = bench.print();
    const job = await bench.until(id, finished);
    expect(view(job)).toBe('sent/E');
    await printer.waitForTickets(1);
    await bench.untilPrinter((s) => s.state === 'mute');
    // The next does not wait for it.
    expect(view(await bench.until(bench.print(), finished))).toBe('sent/E');
    await printer.waitForTickets(2);
    expect(bench.told).not.toContain('printed/A');
  });

  it('is never called mute when it has talked before: its ticket waits, and comes out when it talks again', async () => {
    const { printer, bench } = await start();
    await bench.untilPrinter((s) => s.state === 'ready');
    await printer.control({ mute: true });
    const id = bench.print();
    await bench.until(id, (job) => job.reason === 'offline');
    // A second look, which it does not answer either.
    bench.spool.kick();
    await bench.untilPrinter((s) => s.reason === 'offline');
    await printer.control({ mute: false });
    bench.spool.kick();
    expect(view(await bench.until(id, finished))).toBe('printed/A');
    expect(printer.tickets).toHaveLength(1);
    expect(bench.spool.status().state).toBe('ready');
  });

  it('without any way of confirming, a clean status afterwards makes it C', async () => {
    const { bench } = await start({ gsH: false }, { confirms: { processId: false, fence: false } });
    expect(view(await bench.until(bench.print(), finished))).toBe('sent/C');
  });
});

describe('something is missing before', () => {
  it.each([
    ['paper-out', { paper: 'out' }, { paper: 'ok' }],
    ['cover-open', { cover: 'open' }, { cover: 'closed' }],
    ['cutter', { cutter: 'jammed' }, { cutter: 'ok' }],
  ] as const)('%s: the ticket waits, and comes out once when it is seen to', async (reason, wrong, right) => {
    const { printer, bench } = await start();
    await printer.control(wrong);
    const id = bench.print();
    await bench.until(id, (job) => job.state === 'blocked' && job.reason === reason);
    expect(bench.job(id).firstByteAt).toBeNull();
    await bench.untilPrinter((s) => s.state === 'blocked' && s.reason === reason);
    await printer.control(right);
    await bench.until(id, (job) => job.grade === 'A');
    expect(printer.tickets).toHaveLength(1);
    expect(printer.tickets[0]?.interruptions).toEqual([]);
    expect(bench.spool.status().state).toBe('ready');
  });

  it('nobody answers: it waits, and is printed when the printer is back in time', async () => {
    const { printer, bench } = await start();
    await printer.control({ refuse: true });
    const id = bench.print();
    await bench.until(id, (job) => job.reason === 'unreachable');
    await printer.control({ refuse: false });
    await bench.until(id, (job) => job.grade === 'A');
    expect(printer.tickets).toHaveLength(1);
  });

  it('its time is over: it expires by itself and is never printed', async () => {
    const { printer, bench } = await start();
    await printer.control({ paper: 'out' });
    const id = bench.print({ ttlMs: 120_000 });
    await bench.until(id, (job) => job.reason === 'paper-out');
    bench.jump(120_001);
    bench.spool.kick();
    expect(view(await bench.until(id, finished))).toBe('expired');
    await printer.control({ paper: 'ok' });
    const next = bench.print();
    await bench.until(next, isState('printed'));
    expect(printer.tickets).toHaveLength(1);
  });

  it('expires on time without anybody kicking', async () => {
    const { printer, bench } = await start({ paper: 'out' });
    const id = bench.print({ ttlMs: 150 });
    expect(view(await bench.until(id, finished))).toBe('expired');
    expect(printer.tickets).toHaveLength(0);
  });

  it('a ticket that cannot be drawn lets the others go first', async () => {
    let broken = '';
    const booking = SAMPLES['booking'];
    if (!booking) throw new Error('no sample');
    const { printer, bench } = await start(
      {},
      {
        content: (_db, jobId) => {
          if (jobId === broken) throw new Error('no such service');
          return booking;
        },
      },
    );
    broken = bench.print({ kick: false });
    const good = bench.print();
    await bench.until(broken, (job) => job.reason === 'render');
    await bench.until(good, isState('printed'));
    expect(bench.job(broken).firstByteAt).toBeNull();
    expect(printer.tickets).toHaveLength(1);
  });
});

describe('something happens in the middle of a ticket', () => {
  it('paper out: the line is kept, and the ticket ends when there is paper again', async () => {
    const { printer, bench } = await start({ speed: 400 });
    await printer.control({ runOutAfterMm: 40 });
    const id = bench.print();
    await bench.untilPrinter((s) => s.reason === 'paper-out');
    expect(['sending', 'sent']).toContain(bench.job(id).state);
    await printer.control({ paper: 'ok' });
    expect(view(await bench.until(id, finished))).toBe('printed/A');
    expect(printer.tickets).toHaveLength(1);
    expect(bench.told.filter((t) => t === 'sending')).toHaveLength(1);
    await bench.untilPrinter((s) => s.state === 'ready');
  });

  it('paper out, with a buffer too small for the ticket: the printer tells of it by itself', async () => {
    const { printer, bench } = await start({ speed: 400, bufferBytes: 4096 });
    await printer.control({ runOutAfterMm: 40 });
    const id = bench.print();
    await bench.untilPrinter((s) => s.reason === 'paper-out');
    expect(['sending', 'sent']).toContain(bench.job(id).state);
    await printer.control({ paper: 'ok' });
    expect(view(await bench.until(id, finished))).toBe('printed/A');
    expect(printer.tickets).toHaveLength(1);
  });

  it('paper out for too long: unknown, and printed after all when it says so later', async () => {
    const { printer, bench } = await start({ speed: 400 }, { timeouts: { troubleMs: 200 } });
    await printer.control({ runOutAfterMm: 40 });
    const id = bench.print();
    expect(view(await bench.until(id, finished))).toBe('unknown');
    await printer.control({ paper: 'ok' });
    expect(view(await bench.until(id, isState('printed')))).toBe('printed/A');
    expect(printer.tickets).toHaveLength(1);
  });

  it('no answer in time: unknown; a late answer makes it printed', async () => {
    const { printer, bench } = await start({}, { timeouts: { jobMs: 100 } });
    await printer.control({ holdConfirm: true, speed: 'max' });
    const id = bench.print();
    expect(view(await bench.until(id, finished))).toBe('unknown');
    await printer.control({ holdConfirm: false });
    expect(view(await bench.until(id, isState('printed')))).toMatch(/^printed/);
    expect(printer.tickets).toHaveLength(1);
  });

  it.each([1, 15, 300, 5000, 20_000])('the line is reset after %i bytes: unknown, never sent again', async (count) => {
    const { printer, bench } = await start(
      { bufferBytes: 1024, speed: 2000 },
      { timeouts: { idlePollMs: 60_000, keepOpenMs: 60_000 } },
    );
    await bench.until(bench.print(), isState('printed'));
    const id = bench.print({ kick: false });
    // On the kept line come four questions of three bytes, then the job.
    await printer.control({ dropAfterBytes: 12 + count });
    bench.spool.kick();
    expect(view(await bench.until(id, finished))).toBe('unknown');
    await bench.until(bench.print(), isState('printed'));
    expect(bench.job(id)).toMatchObject({ state: 'unknown', grade: null });
    expect(bench.logged.filter((l) => l.event === 'print.sending' && l.fields['jobId'] === id)).toHaveLength(1);
  });

  it.each([1, 11])(
    'the line is reset after %i bytes of the questions before: nothing has left, it is printed',
    async (count) => {
      const { printer, bench } = await start({}, { timeouts: { idlePollMs: 60_000, keepOpenMs: 60_000 } });
      await bench.until(bench.print(), isState('printed'));
      const id = bench.print({ kick: false });
      await printer.control({ dropAfterBytes: count });
      bench.spool.kick();
      expect(view(await bench.until(id, finished))).toBe('printed/A');
      expect(printer.tickets).toHaveLength(2);
    },
  );

  it('the cable is out: unknown', async () => {
    const { printer, bench } = await start({ speed: 200 });
    await bench.untilPrinter((s) => s.state === 'ready');
    const id = bench.print();
    await bench.until(id, isState('sending'));
    await printer.control({ halfOpen: true });
    expect(view(await bench.until(id, finished))).toBe('unknown');
    expect(bench.spool.status()).toMatchObject({ state: 'blocked', reason: 'offline' });
  });
});

describe('the program', () => {
  it('crashes with a ticket on its way: unknown at the next start, and the others are printed', async () => {
    const { printer, bench } = await start();
    await printer.control({ holdConfirm: true });
    const lost = bench.print();
    await bench.until(lost, isState('sent'));
    const waiting = bench.print({ kick: false });
    const again = await bench.crash();
    benches.push(again);
    expect(view(await again.until(lost, finished))).toBe('unknown');
    await printer.control({ holdConfirm: false });
    await again.until(waiting, isState('printed'));
    expect(printer.tickets).toHaveLength(2);
    expect(again.logged.filter((l) => l.event === 'print.sending').map((l) => l.fields['jobId'])).toEqual([waiting]);
  });

  it('leaves a finished ticket of a mute printer as it is at the next start', async () => {
    const { bench } = await start({ mute: true });
    const id = bench.print();
    await bench.until(id, finished);
    const again = await bench.crash();
    benches.push(again);
    expect(again.job(id)).toMatchObject({ state: 'sent', grade: 'E' });
  });

  it('stops in time with a ticket on its way, and does not begin another', async () => {
    const { printer, bench } = await start();
    await printer.control({ holdConfirm: true });
    const id = bench.print();
    await bench.until(id, isState('sent'));
    const next = bench.print();
    await bench.spool.stop();
    expect(bench.job(id).state).toBe('unknown');
    expect(bench.job(next).state).toBe('queued');
    expect(printer.state().connections).toBe(0);
  });

  it('goes on when a listener throws', async () => {
    const { printer, bench } = await start(
      {},
      {
        onPrinter: () => {
          throw new Error('the window is gone');
        },
      },
    );
    await bench.until(bench.print(), isState('printed'));
    expect(printer.tickets).toHaveLength(1);
    expect(bench.logged.some((l) => l.event === 'print.listener')).toBe(true);
  });

  it('one that answers fences alone, asked for both, says so of every ticket of a busy hour', async () => {
    const { bench } = await start({ gsH: false });
    const seen: string[] = [];
    for (let i = 0; i < 4; i += 1) seen.push(view(await bench.until(bench.print(), finished)));
    expect(seen).toEqual(Array(4).fill('printed/B'));
  });
});
