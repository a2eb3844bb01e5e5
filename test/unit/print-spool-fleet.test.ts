import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { isByWord, VISITOR } from '../../electron/core/printing/spool-rules.ts';
import { startFleet, type Fleet } from '../fixtures/print-fleet.ts';

/** Several printers at one machine: whose paper it is, who takes over, and what a power cut leaves. */

const fleets: Fleet[] = [];
const start = async (...of: Parameters<typeof startFleet>): Promise<Fleet> => {
  const fleet = await startFleet(...of);
  fleets.push(fleet);
  return fleet;
};
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.stop();
});

const LOBBY = { id: 'lobby', roles: ['kiosk', 'copy'] } as const;
const SPARE = { id: 'spare', roles: ['kiosk'] } as const;
const FRONT = { id: 'front', roles: ['desk', 'copy'] } as const;

describe('whose paper it is', () => {
  it('is the printer of the window that asked; a copy’s the printer for copies there', async () => {
    const fleet = await start([LOBBY, SPARE, FRONT]);
    const first = fleet.add();
    const again = fleet.add({ copy: 1 });
    const staff = fleet.add({ place: 'desk' });
    const staffAgain = fleet.add({ place: 'desk', copy: 2 });
    await fleet.pass(1000);
    expect(fleet.printer('lobby').printed).toEqual([first, again]);
    expect(fleet.printer('front').printed).toEqual([staff, staffAgain]);
    expect(fleet.printer('spare').got).toEqual([]);
  });

  it('is any printer’s where none has the role', async () => {
    const fleet = await start([LOBBY]);
    const staff = fleet.add({ place: 'desk' });
    await fleet.pass(1000);
    expect(fleet.job(staff)).toMatchObject({ state: 'printed', printer: 'lobby' });
  });

  it('is the first one’s while it can print, however many wait for it', async () => {
    const fleet = await start([LOBBY, SPARE]);
    fleet.printer('lobby').set({ holds: true });
    const jobs = [fleet.add(), fleet.add(), fleet.add()];
    await fleet.pass(4000);
    fleet.printer('lobby').set({ holds: false });
    await fleet.pass(4000);
    expect(fleet.printer('lobby').got).toEqual(jobs);
  });
});

describe('another printer takes over', () => {
  it('what is blocked for a while before its first byte, and it stays there', async () => {
    const fleet = await start([LOBBY, SPARE]);
    fleet.printer('lobby').set({ reason: 'paper-out' });
    const job = fleet.add();
    await fleet.pass(3500);
    expect(fleet.job(job)).toMatchObject({ state: 'blocked', reason: 'paper-out', printer: 'lobby' });
    await fleet.pass(1500);
    expect(fleet.job(job)).toMatchObject({ state: 'printed', grade: 'A', printer: 'spare' });
    fleet.printer('lobby').set({ reason: null });
    await fleet.pass(30_000);
    expect(fleet.printer('lobby').got).toEqual([]);
    expect(fleet.printer('spare').printed).toEqual([job]);
  });

  it('at once when the first one has been out of order for long', async () => {
    const fleet = await start([LOBBY, SPARE]);
    fleet.printer('lobby').set({ away: true });
    fleet.printer('lobby').hangUp();
    await fleet.pass(60_000);
    const job = fleet.add();
    await fleet.pass(200);
    expect(fleet.job(job)).toMatchObject({ state: 'printed', printer: 'spare' });
  });

  it('not when the trouble is short', async () => {
    const fleet = await start([LOBBY, SPARE]);
    fleet.printer('lobby').set({ reason: 'cover-open' });
    const job = fleet.add();
    await fleet.pass(1500);
    fleet.printer('lobby').set({ reason: null });
    await fleet.pass(5000);
    expect(fleet.job(job)).toMatchObject({ state: 'printed', printer: 'lobby' });
    expect(fleet.printer('spare').got).toEqual([]);
  });

  it('never after the first byte, though the paper ends in the middle; those behind it go to the other', async () => {
    const fleet = await start([LOBBY, SPARE]);
    fleet.printer('lobby').set({ holds: true });
    const begun = fleet.add();
    await fleet.pass(100);
    fleet.printer('lobby').set({ reason: 'paper-out' });
    await fleet.pass(2000);
    const behind = fleet.add();
    await fleet.pass(1000);
    expect(fleet.job(behind)).toMatchObject({ state: expect.stringMatching(/blocked|printed/) as string });
    await fleet.pass(20_000);
    expect(fleet.job(begun)).toMatchObject({ state: 'sent', printer: 'lobby' });
    expect(fleet.job(behind)).toMatchObject({ state: 'printed', printer: 'spare' });
    fleet.printer('lobby').set({ reason: null, holds: false });
    await fleet.pass(5000);
    expect(fleet.job(begun)).toMatchObject({ state: 'printed', grade: 'A' });
    expect([fleet.printer('lobby').got, fleet.printer('spare').got]).toEqual([[begun], [behind]]);
  });

  it('only when it can print itself, and only what is for it', async () => {
    const fleet = await start([LOBBY, SPARE, FRONT]);
    for (const id of ['lobby', 'spare']) fleet.printer(id).set({ reason: 'paper-out' });
    const job = fleet.add();
    await fleet.pass(30_000);
    expect(fleet.job(job)).toMatchObject({ state: 'blocked', printer: 'lobby' });
    expect(fleet.printer('front').got).toEqual([]);
    fleet.printer('spare').set({ reason: null });
    await fleet.pass(15_000);
    expect(fleet.job(job)).toMatchObject({ state: 'printed', printer: 'spare' });
  });

  it('nobody: the paper expires, on time and for all to see', async () => {
    const fleet = await start([LOBBY, SPARE]);
    for (const id of ['lobby', 'spare']) fleet.printer(id).set({ reason: 'paper-out' });
    const job = fleet.add();
    await fleet.pass(120_100);
    expect(fleet.job(job).state).toBe('expired');
    for (const id of ['lobby', 'spare']) fleet.printer(id).set({ reason: null });
    await fleet.pass(30_000);
    expect([...fleet.printer('lobby').got, ...fleet.printer('spare').got]).toEqual([]);
    expect(fleet.printers.history()[0]?.days[0]?.papers).toEqual({ expired: 1 });
  });

  it('what belonged to a printer that was taken away since', async () => {
    const fleet = await start([LOBBY, SPARE]);
    for (const id of ['lobby', 'spare']) fleet.printer(id).set({ reason: 'paper-out' });
    const job = fleet.add();
    await fleet.pass(1000);
    expect(fleet.job(job).printer).toBe('lobby');
    fleet.printer('spare').set({ reason: null });
    await fleet.restart([SPARE]);
    await fleet.pass(1000);
    expect(fleet.job(job)).toMatchObject({ state: 'printed', printer: 'spare' });
  });
});

describe('how it stands with papers', () => {
  it('is well at the kiosk while one of its printers prints, and each is shown', async () => {
    const fleet = await start([LOBBY, SPARE, FRONT]);
    fleet.printer('lobby').set({ reason: 'cutter' });
    fleet.printer('front').set({ low: true });
    await fleet.pass(21_000);
    expect(fleet.printers.at('kiosk')).toMatchObject({ state: 'ready', reason: null, paperLow: false });
    expect(fleet.printers.at('desk')).toMatchObject({ state: 'ready', paperLow: true });
    expect(fleet.printers.list()).toMatchObject([
      { id: 'lobby', roles: ['kiosk', 'copy'], state: 'blocked', reason: 'cutter' },
      { id: 'spare', state: 'ready' },
      { id: 'front', state: 'ready', paperLow: true },
    ]);
    fleet.printer('spare').set({ away: true });
    fleet.printer('spare').hangUp();
    await fleet.pass(21_000);
    expect(fleet.printers.at('kiosk')).toMatchObject({ state: 'blocked', reason: 'cutter' });
    fleet.printer('lobby').set({ reason: null });
    await fleet.pass(21_000);
    expect(fleet.printers.at('kiosk').state).toBe('ready');
  });
});

describe('a paper of which nobody knows', () => {
  const lose = async (fleet: Fleet, about: Parameters<Fleet['add']>[0] = {}): Promise<string> => {
    fleet.printer('lobby').set({ cuts: true });
    const job = fleet.add(about);
    await fleet.pass(100);
    fleet.printer('lobby').set({ cuts: false });
    expect(fleet.job(job).state).toBe('unknown');
    return job;
  };

  it('is told to the desk when the visitor says nothing for twenty seconds, once', async () => {
    const fleet = await start([LOBBY]);
    const job = await lose(fleet);
    await fleet.pass(19_000);
    expect(fleet.desk).toEqual([]);
    await fleet.pass(2000);
    expect(fleet.desk).toEqual([job]);
    await fleet.restart();
    await fleet.pass(60_000);
    expect(fleet.desk).toEqual([job]);
  });
  it('is told at once when he says no, and of a paper that staff have asked for', async () => {
    const fleet = await start([LOBBY]);
    const job = await lose(fleet);
    expect(fleet.printers.answer(job, false, VISITOR)).toMatchObject({ state: 'unknown' });
    await fleet.pass(1);
    expect(fleet.desk).toEqual([job]);
    const staff = await lose(fleet, { place: 'desk' });
    expect(fleet.desk).toEqual([job, staff]);
  });
  it('is printed by his word when he says yes, which is shown and counted as that', async () => {
    const fleet = await start([LOBBY]);
    const job = await lose(fleet);
    expect(fleet.printers.answer(job, true, VISITOR)).toMatchObject({ state: 'printed', grade: null, word: 'visitor' });
    await fleet.pass(60_000);
    expect(fleet.desk).toEqual([]);
    expect(fleet.printers.history()[0]?.days[0]?.papers).toEqual({ said: 1 });
    // Said twice it is the same; taken back by nobody.
    expect(fleet.printers.answer(job, true, VISITOR).state).toBe('printed');
    expect(fleet.printers.answer(job, false, VISITOR).state).toBe('printed');
    expect(() => fleet.printers.answer('none', true, VISITOR)).toThrow(/no such print job/);
  });
  it('is not told when a copy has come out meanwhile, and is when that does not', async () => {
    const fleet = await start([LOBBY]);
    const job = await lose(fleet);
    const copy = fleet.add({ copy: 1, of: fleet.job(job).paperId });
    await fleet.pass(60_000);
    expect(fleet.job(copy).state).toBe('printed');
    expect(fleet.desk).toEqual([]);
    const second = await lose(fleet);
    fleet.printer('lobby').set({ reason: 'paper-out' });
    fleet.add({ copy: 1, of: fleet.job(second).paperId });
    await fleet.pass(60_000);
    expect(fleet.desk).toEqual([]);
    await fleet.pass(120_000);
    expect(fleet.desk).toEqual([second]);
  });
  it('is told after a start too, when the program died before', async () => {
    const fleet = await start([LOBBY]);
    fleet.printer('lobby').set({ holds: true });
    const job = fleet.add();
    await fleet.pass(100);
    await fleet.restart();
    expect(fleet.job(job).state).toBe('unknown');
    await fleet.pass(10_000);
    await fleet.restart();
    await fleet.pass(11_000);
    expect(fleet.desk).toEqual([job]);
  });
});

describe('a disk that is full at the start', () => {
  it('keeps no printer from printing for long, and what one has begun is not taken for left over by the other', async () => {
    const fleet = await start([LOBBY, FRONT]);
    fleet.printer('front').set({ holds: true });
    // The first one cannot settle what was left, at its start and when it tries again; the second one can.
    fleet.fillDisk(2);
    await fleet.restart();
    fleet.fillDisk(1);
    const job = fleet.add({ place: 'desk' });
    await fleet.pass(3000);
    expect(fleet.job(job).state).toBe('sent');
    await fleet.pass(3000);
    expect(fleet.job(job).state).toBe('sent');
    fleet.printer('front').set({ holds: false });
    const other = fleet.add();
    await fleet.pass(2000);
    expect([fleet.job(job).state, fleet.job(other).state]).toEqual(['printed', 'printed']);
  });
});

// --- Whatever happens ---

const IDS = ['lobby', 'spare', 'front'] as const;
type Act =
  | { do: 'add'; place: 'kiosk' | 'desk'; copy: number }
  | { do: 'set'; id: (typeof IDS)[number]; to: Parameters<ReturnType<Fleet['printer']>['set']>[0] }
  | { do: 'hang-up'; id: (typeof IDS)[number] }
  | { do: 'pass'; ms: number }
  | { do: 'die'; at: number; committed: boolean }
  | { do: 'restart' }
  | { do: 'answer'; n: number; out: boolean };
const id = fc.constantFrom(...IDS);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    arbitrary: fc.record({ do: fc.constant('add' as const), place: fc.constantFrom('kiosk', 'desk'), copy: fc.nat(1) }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      id,
      to: fc.oneof(
        fc.record({ reason: fc.constantFrom('paper-out' as const, 'cover-open' as const, null, null) }),
        fc.record({ away: fc.boolean() }),
        fc.record({ holds: fc.boolean() }),
        fc.record({ cuts: fc.boolean() }),
      ),
    }),
    weight: 5,
  },
  { arbitrary: fc.record({ do: fc.constant('hang-up' as const), id }), weight: 1 },
  {
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 50, 1000, 3500, 20_000) }),
    weight: 6,
  },
  {
    arbitrary: fc.record({
      do: fc.constant('die' as const),
      at: fc.integer({ min: 1, max: 6 }),
      committed: fc.boolean(),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ do: fc.constant('restart' as const) }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant('answer' as const), n: fc.nat(9), out: fc.boolean() }), weight: 2 },
);

const happen = async (fleet: Fleet, one: Act, jobs: string[]): Promise<void> => {
  switch (one.do) {
    case 'add':
      jobs.push(fleet.add({ place: one.place, copy: one.copy }));
      return;
    case 'set':
      fleet.printer(one.id).set(one.to);
      return;
    case 'hang-up':
      fleet.printer(one.id).hangUp();
      return;
    case 'pass':
      await fleet.pass(one.ms);
      return;
    case 'die':
      fleet.dieAt(one.at, one.committed);
      return;
    case 'restart':
      await fleet.restart();
      return;
    default: {
      const job = jobs[one.n % Math.max(1, jobs.length)];
      // A visitor answers what he is asked.
      if (job !== undefined && !fleet.dead && fleet.job(job).state === 'unknown') {
        try {
          fleet.printers.answer(job, one.out, VISITOR);
        } catch (error) {
          if (!fleet.dead) throw error;
        }
      }
    }
  }
};

it('gives no paper to two printers and loses none unseen, whatever breaks and whenever the power is cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 45 }), async (acts) => {
      const fleet = await startFleet([LOBBY, SPARE, FRONT]);
      const jobs: string[] = [];
      for (const one of acts) {
        await happen(fleet, one, jobs);
        if (fleet.dead) await fleet.restart();
        const got = IDS.flatMap((name) => fleet.printer(name).got);
        // A first byte leaves once, to one printer.
        expect(new Set(got).size).toBe(got.length);
      }
      for (const name of IDS) fleet.printer(name).set({ reason: null, away: false, holds: false, cuts: false });
      await fleet.pass(200_000);
      if (fleet.dead) await fleet.restart();
      await fleet.pass(200_000);
      const got = IDS.flatMap((name) => fleet.printer(name).got);
      expect(new Set(got).size).toBe(got.length);
      for (const job of fleet.jobs()) {
        const where = IDS.filter((name) => fleet.printer(name).got.includes(job.jobId));
        // Everything is settled, and as what it is.
        expect(['printed', 'unknown', 'expired']).toContain(job.state);
        if (job.state === 'printed' && !isByWord(job)) {
          expect(job.grade).toBe('A');
          expect(where).toEqual([job.printer]);
          expect(fleet.printer(job.printer as 'lobby').printed).toContain(job.jobId);
        }
        // What a printer got is never called "not printed", and only that is ever doubted.
        if (where.length > 0) expect(job.state).not.toBe('expired');
        if (where.length > 0) expect(job.firstByteAt).not.toBeNull();
        if (job.state === 'expired') expect(job.firstByteAt).toBeNull();
        // Of what nobody knows the desk has heard.
        if (job.state === 'unknown') expect(fleet.desk).toContain(job.jobId);
      }
      await fleet.stop();
    }),
    { numRuns: 120 },
  );
}, 120_000);
