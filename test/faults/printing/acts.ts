import { until } from '../../tools/stage.ts';
import { DROP_AT, type Fault } from './plan.ts';
import type { Taken, World } from './world.ts';

/** What is done to a printer, its line and the program around one ticket. */

/** Longer than any time limit of the spool but that for trouble it has seen, which is not waited for. */
const NOTICED_MS = 90_000;
const SOON_MS = 20_000;
/** Slow enough that a poll every 25 ms meets the middle of a ticket. */
const SLOW_MM_PER_S = 80;
const MIDDLE_MM = 20;
/** A picture takes some two seconds. */
const SLOW_BYTES = 20_000;
const SOME_BYTES = 6000;
const EXPIRY_MS = 150_000;

const FINAL = new Set(['printed', 'unknown', 'expired']);

/** Nothing more is expected to happen to the job. */
export const isDone = async (w: World, job: string): Promise<boolean> => {
  const { state } = await w.state(job);
  if (FINAL.has(state)) return true;
  return state === 'sent' && ((await w.atDesk(job))?.finished ?? false);
};

/** The program has noticed, or has done what it can without noticing. */
const noticed = async (w: World, { job }: Taken): Promise<void> => {
  await until(
    'the trouble is noticed',
    async () => ((await w.trouble()) !== null || (await isDone(w, job)) ? true : null),
    NOTICED_MS,
  );
};
const isWaiting = async (w: World, { job }: Taken): Promise<void> => {
  await until(
    'it waits',
    async () => ((await w.state(job)).state === 'blocked' || (await isDone(w, job)) ? true : null),
    NOTICED_MS,
  );
};

const received = async (w: World): Promise<number> => Number((await w.printer.state())['bytesReceived']);
/** Some of the job has arrived; a short job may be over before that is seen. */
const arriving = async (w: World, before: number, { job }: Taken): Promise<void> => {
  await until(
    'the job arrives',
    async () => ((await received(w)) > before + SOME_BYTES || (await isDone(w, job)) ? true : null),
    SOON_MS,
  );
};
const printing = async (w: World, { job }: Taken): Promise<void> => {
  await until(
    'the middle of the ticket',
    async () => {
      const pending = (await w.printer.state())['pending'] as { lengthMm: number } | null;
      return (pending?.lengthMm ?? 0) >= MIDDLE_MM || (await isDone(w, job)) ? true : null;
    },
    SOON_MS,
  );
};
const cut = async (w: World, before: number): Promise<void> => {
  await until('it is cut', async () => ((await w.count()) > before ? true : null), SOON_MS);
};

type Act = (w: World) => Promise<Taken>;

/** Wrong already when the visitor comes. */
const before =
  (change: Record<string, unknown>, wait = isWaiting): Act =>
  async (w) => {
    await w.printer.control(change);
    const one = await w.take();
    await wait(w, one);
    return one;
  };
/** Goes wrong by itself on the way. */
const during = (change: Record<string, unknown>): Act => before(change, noticed);
/** Goes wrong in the middle of the paper. */
const midPaper =
  (then: (w: World) => Promise<unknown>, wait = noticed): Act =>
  async (w) => {
    await w.printer.control({ speed: SLOW_MM_PER_S });
    const one = await w.take();
    await printing(w, one);
    await then(w);
    await wait(w, one);
    return one;
  };
/** Goes wrong while the bytes arrive. */
const midBytes =
  (then: (w: World) => Promise<unknown>): Act =>
  async (w) => {
    await w.printer.control({ bytesPerSecond: SLOW_BYTES });
    const start = await received(w);
    const one = await w.take();
    await arriving(w, start, one);
    await then(w);
    await noticed(w, one);
    return one;
  };
/** Goes wrong between the cut and the printer's word. */
const unconfirmed =
  (then: (w: World) => Promise<unknown>): Act =>
  async (w) => {
    const papers = await w.count();
    await w.printer.control({ holdConfirm: true });
    const one = await w.take();
    await cut(w, papers);
    await then(w);
    await noticed(w, one);
    return one;
  };

const control = (change: Record<string, unknown>) => (w: World) => w.printer.control(change);
const killCore = async (w: World): Promise<void> => {
  await w.killCore();
  await w.startCore();
};
const killPrinter = async (w: World): Promise<void> => {
  await w.killPrinter();
  await w.startPrinter();
};
const killBoth = async (w: World): Promise<void> => {
  await Promise.all([w.killCore(), w.killPrinter()]);
  await w.startPrinter();
  await w.startCore();
};

const DROPS = Object.fromEntries(
  DROP_AT.map((at): [Fault, Act] => [`drop-${at}`, during(at === 'question' ? { dropAfterBytes: 1 } : { dropAt: at })]),
);

const ACTS: Partial<Record<Fault, Act>> = {
  ...DROPS,
  none: (w) => w.take(),
  'paper-before': before({ paper: 'out' }),
  'paper-mid': during({ speed: SLOW_MM_PER_S, runOutAfterMm: 40 }),
  'paper-mid-buffer-lost': during({ speed: SLOW_MM_PER_S, runOutAfterMm: 40, loseBuffer: true }),
  'paper-after': unconfirmed(control({ paper: 'out', holdConfirm: false })),
  'paper-until-expiry': async (w) => {
    // What a queue hands to a printer without paper cannot be taken back; from one that is off it can.
    await w.printer.control(w.setup.link === 'cups' ? { refuse: true } : { paper: 'out' });
    const one = await w.take();
    await until('it expires', async () => ((await isDone(w, one.job)) ? true : null), EXPIRY_MS);
    return one;
  },
  'cover-before': before({ cover: 'open' }),
  'cover-mid': midPaper(control({ cover: 'open' })),
  'head-mid': midPaper(control({ head: 'hot' })),
  'cutter-before': before({ cutter: 'jammed' }),
  'cutter-at-cut': during({ jamAtCut: true }),
  'drop-printing': midPaper(control({ drop: true })),
  'half-open-before': before({ halfOpen: true }),
  'half-open-mid': midBytes(control({ halfOpen: true })),
  stall: during({ stall: true }),
  'mute-before': before({ mute: true }),
  'mute-mid': midBytes(control({ mute: true })),
  'power-off-before': before({ power: 'off' }, noticed),
  'power-cycle-mid': midPaper(control({ powerCycle: true })),
  'power-cycle-after-cut': unconfirmed(control({ powerCycle: true })),
  'kill-core-waiting': async (w) => {
    await w.printer.control({ refuse: true, drop: true });
    const one = await w.take();
    await noticed(w, one);
    await killCore(w);
    return one;
  },
  'kill-core-sending': midBytes(killCore),
  'kill-core-printing': midPaper(killCore),
  'kill-core-unconfirmed': unconfirmed(killCore),
  'kill-printer-printing': midPaper(killPrinter),
  'kill-printer-unconfirmed': unconfirmed(killPrinter),
  'kill-both-sending': midBytes(killBoth),
  'kill-both-printing': midPaper(killBoth),
};

/** Lets the fault happen to a ticket that is taken meanwhile. */
export const act = (fault: Fault, w: World): Promise<Taken> => {
  const found = ACTS[fault];
  if (!found) throw new Error(`nobody has said how ${fault} is done`);
  return found(w);
};

/** Somebody puts everything right. */
export const putRight = async (w: World): Promise<void> => {
  await w.printer.control({
    paper: 'ok',
    cover: 'closed',
    cutter: 'ok',
    head: 'ok',
    power: 'on',
    refuse: false,
    mute: w.setup.make === 'mute',
    stall: false,
    stallStatus: false,
    holdConfirm: false,
    halfOpen: false,
    jamAtCut: false,
    loseBuffer: false,
    bytesPerSecond: null,
    speed: 'max',
    runOutAfterMm: 1e6,
    dropAt: null,
    dropAfterBytes: 1e9,
  });
};
