import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Rig } from '../printer/rig.ts';
import { bytes, confirmRequest, CUT, INIT, inPage, qrCode, raster, textTicket } from '../printer/sample-jobs.ts';

const status = (n: number): Buffer => bytes(0x10, 0x04, n);
const confirmed = (id: string): string => `3722${Buffer.from(id).toString('hex')}00`;

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('printing', () => {
  it('prints a ticket: text in its code page, the QR code, the length from cut to cut', () => {
    rig.print(textTicket('А-042', 'Приём документов, ёлка № 5'));
    const ticket = rig.ticket();
    expect(ticket).toMatchObject({ complete: true, interruptions: [], skipped: {}, realtimeInsideData: 0 });
    expect(ticket.text).toBe('Ваш номер\nА-042\nПриём документов, ёлка № 5');
    expect(ticket.qr).toEqual(['https://example.org/t/5']);
    expect(ticket.garbage).toEqual({ count: 0, sample: '' });
    expect(ticket.bytes).toBe(textTicket('А-042', 'Приём документов, ёлка № 5').length);
    expect(ticket.lengthMm).toBeGreaterThan(50);
  });

  it('shows a page it does not have as the wrong letters, not as an error', () => {
    rig.print(bytes(INIT, 0x1b, 't', 99, inPage(17, 'МФЦ\n'), CUT));
    expect(rig.ticket().text).toBe('îöû');
    rig.print(bytes(INIT, 0x1b, 't', 46, inPage(46, 'МФЦ\n'), CUT));
    expect(rig.ticket(2).text).toBe('МФЦ');
  });

  it('prints two equal jobs as two equal pictures, with the bytes of each', () => {
    const job = bytes(textTicket('А-1', 'Справка'));
    rig.print(bytes(job, confirmRequest('0001')));
    rig.print(bytes(status(1), job, confirmRequest('0002')));
    expect(rig.ticket(2).sha256).toBe(rig.ticket(1).sha256);
    expect(rig.ticket(2).bytes).toBe(job.length);
    expect(rig.ticket(2).lengthMm).toBe(rig.ticket(1).lengthMm);
  });

  it('cuts by ESC i and ESC m where the paper is', () => {
    rig.print(bytes(INIT, 0x1b, 'J', 160, 'A\n', 0x1b, 'i'));
    rig.print(bytes(INIT, 0x1b, 'J', 200, 0x1b, 'm'));
    expect(rig.store.list.map((ticket) => ticket.complete)).toEqual([true, true]);
  });

  it('feeds in the steps that GS P sets', () => {
    const length = (...setting: number[]): number => {
      const one = new Rig();
      one.print(bytes(INIT, ...setting, 'A\n', 0x1b, 'J', 200, CUT));
      return one.ticket().lengthMm;
    };
    expect(length()).toBe(length(0x1d, 0x50, 203, 203));
    // 200 steps of 1/255 inch are 159 dots; lengths are told to a tenth of a millimetre.
    expect(Math.abs(length() - length(0x1d, 0x50, 203, 255) - (200 - 159) / 8)).toBeLessThan(0.11);
  });

  it('leaves the last lines on the next ticket when it cuts without feeding to the cutter', () => {
    rig.print(bytes(INIT, 'first\nsecond\n', 0x1b, 'd', 3, 'third\n', 0x1d, 'V', 0));
    expect(rig.ticket().text).not.toContain('third');
    rig.print(bytes(CUT));
    expect(rig.ticket(2).text).toContain('third');
  });

  it('counts what it steps over and what it does not understand', () => {
    rig.print(bytes(INIT, 0x1d, 'h', 80, 0x1d, '(A', 2, 0, 0, 2, 0x1b, 0x7e, 'A\n', CUT));
    expect(rig.ticket()).toMatchObject({
      skipped: { 'GS h': 1, 'GS ( A': 1 },
      garbage: { count: 2, sample: '1b7e' },
      text: 'A',
    });
  });

  it('is the same for any split of the stream', () => {
    const data = Uint8Array.from([10, 20, 0x10, 0x04, 0x01, 30, 40, 50, 0x10, 0x04, 0x02, 60]);
    const job = bytes(
      status(4),
      textTicket('Б-7', 'Консультация'),
      status(1),
      raster(2, 6, data),
      qrCode('x'),
      CUT,
      confirmRequest('0007'),
    );
    rig.device.behaviour.speed = Infinity;
    rig.print(job);
    const outcome = (r: Rig): unknown => [r.answers, r.store.list.map((ticket) => ({ ...ticket, at: '' }))];
    const whole = outcome(rig);
    expect(rig.ticket(2).realtimeInsideData).toBe(2);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: job.length }), { maxLength: 30 }), (cuts) => {
        const other = new Rig({ speed: Infinity });
        let from = 0;
        for (const cut of [...cuts, job.length].sort((a, b) => a - b)) {
          other.device.receive(1, job.subarray(from, cut));
          from = cut;
        }
        other.clock.advance(1000);
        expect(outcome(other)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (data) => {
        const other = new Rig({ speed: Infinity });
        other.print(data);
        // Everything was taken, and a real-time request is still answered.
        expect(other.device.queuedBytes).toBe(0);
        other.sent.length = 0;
        other.print(bytes(Buffer.alloc(8), status(1)));
        // Not always last: the bytes before may have been the beginning of a question that waits in the queue.
        expect(other.answers).toContain('12');
      }),
      { numRuns: 150 },
    );
  });
});

describe('time', () => {
  it('takes the time of the paper: 800 rows at 250 mm/s are 400 ms, and GS ( H waits for the last of them', () => {
    rig.print(bytes(INIT, raster(8, 800), confirmRequest('AB12')), 395);
    expect(rig.answers).toEqual([]);
    rig.clock.advance(10);
    expect(rig.answers).toEqual([confirmed('AB12')]);
  });

  it('counts the feed to the cutter, and cuts when it is done', () => {
    rig.print(bytes(INIT, raster(8, 80), CUT), 95);
    expect(rig.store.list).toHaveLength(0);
    rig.clock.advance(10); // 10 mm + 15 mm at 250 mm/s = 100 ms
    expect(rig.ticket().lengthMm).toBe(25);
  });

  it('does not count the time in which it had nothing to print', () => {
    rig.print(bytes(INIT, raster(8, 80)), 5000);
    rig.print(bytes(raster(8, 80), confirmRequest('0001')), 35);
    expect(rig.answers).toEqual([]);
    rig.clock.advance(10);
    expect(rig.answers).toEqual([confirmed('0001')]);
  });

  it('without a speed limit answers at once', () => {
    rig.device.behaviour.speed = Infinity;
    rig.print(bytes(INIT, raster(8, 800), CUT, confirmRequest('0001')), 0);
    expect(rig.answers).toEqual([confirmed('0001')]);
  });
});

describe('status answers', () => {
  it('answers DLE EOT at receipt, in the midst of queued data', () => {
    rig.print(bytes(INIT, raster(8, 8000), status(1)), 0);
    expect(rig.answers).toEqual(['12']);
  });

  it.each([
    ['paper out', { paper: 'out' }, ['1a', '32', '12', '7e']],
    ['cover open', { cover: 'open' }, ['1a', '16', '12', '12']],
  ] as const)('answers DLE EOT while offline: %s', (_name, sensors, expected) => {
    rig.device.sense(sensors);
    rig.print(bytes(INIT, 'text\n', status(1), status(2), status(3), status(4)));
    expect(rig.answers).toEqual(expected);
    expect(rig.device.queuedBytes).toBeGreaterThan(0);
  });

  it('answers also the request that stands in image data, prints the image whole, and reports it', () => {
    rig.print(bytes(INIT, raster(4, 2, Uint8Array.of(0xff, 0x10, 0x04, 0x01, 0, 0, 0, 0xff)), CUT));
    expect(rig.answers).toEqual(['12']);
    expect(rig.ticket()).toMatchObject({ realtimeInsideData: 1, garbage: { count: 0 } });
  });

  it('GS r is answered in order, and not at all while out of paper', () => {
    rig.device.sense({ paper: 'near' });
    rig.print(bytes(0x1d, 'r', 1));
    expect(rig.answers).toEqual(['03']);
    rig.device.sense({ paper: 'out' });
    rig.print(bytes(0x1d, 'r', 1));
    expect(rig.answers).toEqual(['03']);
    rig.device.sense({ paper: 'ok' });
    rig.clock.advance(1);
    expect(rig.answers).toEqual(['03', '00']);
  });

  it('GS a tells the state when enabled and on every change it was asked for', () => {
    rig.print(bytes(0x1d, 'a', 0x0e));
    rig.device.sense({ cover: 'open' });
    rig.device.sense({ cover: 'open' });
    rig.device.sense({ cover: 'closed' });
    rig.device.sense({ paper: 'near' });
    rig.print(bytes(0x1d, 'a', 0));
    rig.device.sense({ paper: 'out' });
    expect(rig.answers).toEqual(['10000000', '38000000', '10000000', '10000300']);
  });

  it('GS I names the model', () => {
    rig.print(bytes(0x1d, 'I', 67, 0x1d, 'I', 66));
    expect(rig.sent.map((one) => Buffer.from(one.bytes).toString())).toEqual(['_TM-T20II\0', '_EPSON\0']);
  });

  it('GS ( H fn 49 tells of going offline', () => {
    rig.print(bytes(0x1d, '(H', 3, 0, '10', '1'));
    rig.device.sense({ cover: 'open' });
    expect(rig.answers).toEqual(['372300']);
  });

  it('a mute printer prints and says nothing; one without GS ( H only counts it', () => {
    const mute = new Rig({ mute: true });
    mute.print(bytes(status(1), INIT, 'A\n', 0x1d, 'r', 1, CUT, confirmRequest('0001')));
    expect(mute.answers).toEqual([]);
    expect(mute.store.list).toHaveLength(1);
    const old = new Rig({ gsH: false });
    old.print(bytes(INIT, 'A\n', confirmRequest('0001'), CUT, 0x1d, 'r', 1));
    expect(old.answers).toEqual(['00']);
    expect(old.ticket().skipped).toEqual({ 'GS ( H': 1 });
  });

  it('stalled status is dropped, not late', () => {
    rig.device.behaviour.stallStatus = true;
    rig.print(status(1));
    rig.device.behaviour.stallStatus = false;
    rig.print(status(4));
    expect(rig.answers).toEqual(['12']);
    expect(rig.events.history.filter((event) => event.type === 'status-request')).toMatchObject([
      { n: 1, answer: null },
      { n: 4, answer: 0x12 },
    ]);
  });

  it('held confirmations are sent at release, of several GS ( H the latest', () => {
    rig.device.behaviour.holdConfirm = true;
    rig.print(bytes(confirmRequest('0001'), confirmRequest('0002'), 0x1d, 'r', 1));
    expect(rig.answers).toEqual([]);
    rig.device.behaviour.holdConfirm = false;
    rig.device.releaseConfirmations();
    expect(rig.answers).toEqual([confirmed('0002'), '00']);
  });
});

describe('faults', () => {
  it('runs out of paper in the middle of a job, waits, and goes on where it stopped', () => {
    rig.device.runOutAfter(50);
    rig.print(bytes(INIT, raster(8, 800), CUT, confirmRequest('0001')));
    expect(rig.device.sensors.paper).toBe('out');
    expect(rig.store.list).toHaveLength(0);
    expect(rig.device.pending).toMatchObject({ lengthMm: 50 });
    expect(rig.answers).toEqual([]);
    rig.device.sense({ paper: 'ok' });
    rig.clock.advance(60_000);
    expect(rig.answers).toEqual([confirmed('0001')]);
    expect(rig.ticket()).toMatchObject({ complete: true, lengthMm: 115, interruptions: ['paper-out'] });
  });

  it('loses buffer and modes in a power cycle, but not the paper', () => {
    rig.print(bytes(0x1d, 'a', 0xff, INIT, 0x1d, '!', 0x77, 'ONE\n', raster(8, 2000)), 100);
    rig.device.powerCycle();
    expect(rig.device.queuedBytes).toBe(0);
    rig.print(bytes(INIT, 'TWO\n', CUT));
    expect(rig.ticket()).toMatchObject({ text: 'ONE\nTWO', interruptions: ['power-cycle'], complete: true });
    rig.device.sense({ paper: 'near' });
    expect(rig.answers).toEqual(['10000000']);
  });

  it('prints on after a job that was broken off, and says so', () => {
    rig.print(bytes(INIT, 'half\n', raster(8, 100).subarray(0, 30)));
    rig.device.disconnected(1);
    rig.device.receive(2, bytes(INIT, 'whole\n', CUT));
    rig.clock.advance(60_000);
    expect(rig.ticket()).toMatchObject({ text: 'half\nwhole', interruptions: ['disconnect'], connections: [1, 2] });
  });

  it('can keep the half command, as some printers do: it eats the next job', () => {
    rig = new Rig({}, { resyncOnDisconnect: false });
    rig.print(bytes(INIT, raster(8, 100).subarray(0, 30)));
    rig.device.disconnected(1);
    rig.device.receive(2, bytes(INIT, 'whole\n', CUT));
    rig.clock.advance(60_000);
    expect(rig.store.list).toHaveLength(0);
  });

  it('torn off paper is an incomplete ticket', () => {
    rig.print(bytes(INIT, 'half\n'));
    rig.device.tear();
    expect(rig.ticket()).toMatchObject({ complete: false, text: 'half', interruptions: ['torn-off'] });
    expect(rig.device.pending).toBeNull();
  });

  it('a jammed cutter stops it until it is told to recover', () => {
    rig.device.sense({ cutter: 'jammed' });
    rig.print(bytes(INIT, 'A\n', CUT, status(3)));
    expect(rig.store.list).toHaveLength(0);
    expect(rig.answers).toEqual(['1a']);
    rig.print(bytes(0x10, 0x05, 1));
    expect(rig.store.list).toHaveLength(1);
  });

  it('DLE DC4 8 clears the buffer of a printer that is out of paper', () => {
    rig.device.sense({ paper: 'out' });
    rig.print(bytes(INIT, 'A\n', CUT, 0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8));
    expect(rig.answers).toEqual(['372500']);
    rig.device.sense({ paper: 'ok' });
    rig.clock.advance(1000);
    expect(rig.store.list).toHaveLength(0);
  });

  it('a head that is too hot stops it until it has cooled down', () => {
    rig.print(bytes(0x1d, 'a', 0x0e));
    rig.device.sense({ head: 'hot' });
    rig.print(bytes(INIT, 'A\n', CUT, status(2), status(3)));
    expect(rig.answers).toEqual(['10000000', '18400000', '52', '52']);
    expect(rig.store.list).toHaveLength(0);
    rig.device.sense({ head: 'ok' });
    rig.clock.advance(1000);
    expect(rig.store.list).toHaveLength(1);
  });

  it('a cutter that jams at a cut cuts when the jam is cleared: one paper', () => {
    rig.device.behaviour.jamAtCut = true;
    rig.print(bytes(INIT, 'A\n', CUT, confirmRequest('0001')));
    expect(rig.device.sensors.cutter).toBe('jammed');
    expect([rig.store.list.length, rig.answers]).toEqual([0, []]);
    rig.device.sense({ cutter: 'ok' });
    rig.clock.advance(1000);
    expect(rig.ticket()).toMatchObject({ complete: true, text: 'A', interruptions: ['cutter-error'] });
    expect(rig.answers).toEqual([confirmed('0001')]);
  });

  it('can lose its buffer, and what it is sent, when it is out of paper: the rest of the job never comes', () => {
    rig = new Rig({ loseBuffer: true });
    rig.device.runOutAfter(50);
    rig.print(bytes(INIT, raster(8, 800), CUT, confirmRequest('0001')));
    expect([rig.device.queuedBytes, rig.device.room]).toEqual([0, 65_536]);
    rig.print(bytes('late\n', status(4)));
    expect([rig.device.queuedBytes, rig.answers]).toEqual([0, ['7e']]);
    rig.device.sense({ paper: 'ok' });
    rig.clock.advance(60_000);
    expect(rig.store.list).toHaveLength(0);
    rig.print(bytes(INIT, 'next\n', CUT, confirmRequest('0002')));
    // What had been printed is still on the paper: the next ticket hangs on it.
    expect(rig.ticket()).toMatchObject({ text: 'next', interruptions: ['paper-out'], complete: true });
    expect(rig.ticket().lengthMm).toBeGreaterThan(65);
    expect(rig.answers).toEqual(['7e', confirmed('0002')]);
  });

  it('stands still while stalled, with status answers that say that all is well', () => {
    rig.device.behaviour.stall = true;
    rig.print(bytes(INIT, 'A\n', CUT, status(1), confirmRequest('0001')));
    expect([rig.store.list.length, rig.answers]).toEqual([0, ['12']]);
    rig.device.behaviour.stall = false;
    rig.device.pump();
    rig.clock.advance(1000);
    expect([rig.store.list.length, rig.answers]).toEqual([1, ['12', confirmed('0001')]]);
  });

  it('tells of changes from power-on when a switch inside is set so', () => {
    rig = new Rig({ asb: true });
    rig.device.connected(1);
    rig.device.sense({ paper: 'near' });
    rig.print(bytes(0x1d, 'a', 0));
    rig.device.sense({ paper: 'ok' });
    rig.device.powerCycle();
    rig.device.sense({ cover: 'open' });
    expect(rig.answers).toEqual(['10000000', '10000300', '38000000']);
  });

  it('takes away paper that is never cut', () => {
    rig.device.behaviour.speed = Infinity;
    for (let index = 0; index < 5; index += 1) rig.print(bytes(raster(1, 8000)));
    expect(rig.ticket()).toMatchObject({ complete: false, interruptions: ['runaway'] });
  });
});
