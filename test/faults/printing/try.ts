import { until } from '../../tools/stage.ts';
import { act, isDone, putRight } from './acts.ts';
import type { Ground } from './ground.ts';
import type { TrialFacts } from './judge.ts';
import type { Fault } from './plan.ts';
import type { World } from './world.ts';

const SETTLES_MS = 90_000;
/** A late answer of the printer's may still change what nobody knew. */
const LATE_MS = 500;

/** Nothing moves any more; what hangs half printed out of the printer is torn off. */
const quiet = async (w: World): Promise<void> => {
  let last = '';
  await until(
    'the printer is quiet',
    async () => {
      const { queuedBytes, pending, tickets } = await w.printer.state();
      const now = JSON.stringify([queuedBytes, pending, tickets]);
      const still = now === last && queuedBytes === 0 && (await w.lineEmpty());
      last = now;
      return still ? true : null;
    },
    SETTLES_MS,
  );
  if ((await w.printer.state())['pending'] !== null) await w.printer.control({ tear: true });
};

const settle = async (w: World, job: string): Promise<void> => {
  await until(`${job} settles`, async () => ((await isDone(w, job)) ? true : null), SETTLES_MS);
  await quiet(w);
};

/** One ticket through one fault, and what people do afterwards. @throws when something does not come to an end */
export const tryFault = async (fault: Fault, w: World, ground: Ground): Promise<TrialFacts> => {
  const from = (await w.papers()).length;
  const since = async () => (await w.papers()).slice(from);
  if (w.setup.counts) {
    // A new run of the program with nothing on its way has no doubts left of the trial before: this ticket gets no excuse.
    await w.killCore();
    await w.startCore();
    // One that was silent at first, since the machine was busy, is asked again after a minute.
    await until('the printer is heard', async () => ((await w.heard()) ? true : null), SETTLES_MS);
  }
  const { visit, job } = await act(fault, w);
  await putRight(w);
  await settle(w, job);
  if ((await w.state(job)).state === 'unknown') {
    await until('a late answer', async () => ((await w.state(job)).state === 'printed' ? true : null), LATE_MS).catch(
      () => null,
    );
  }
  const settled = await w.state(job);
  const papers = await since();
  const out = papers.some((one) => one.whole && !one.copy && one.visits.includes(visit));

  const asked = settled.state === 'unknown';
  const answered = asked ? await w.answer(job, out) : null;
  const deskCalled = asked && !out ? await ground.deskHears(job) : null;
  // The told states end where the person's word begins.
  const told = asked
    ? w.told(job).slice(0, w.told(job).findLastIndex(({ state }) => state === 'unknown') + 1)
    : w.told(job);
  let copy: TrialFacts['copy'] = null;
  if (asked && !out) {
    const second = await w.copyOf(visit);
    await settle(w, second);
    copy = await w.state(second);
  }
  const desk = (await w.atDesk(job))?.state ?? null;
  const next = await w.take();
  await settle(w, next.job);
  return {
    grade: w.setup.grade,
    counts: w.setup.counts ?? false,
    visit,
    told,
    settled,
    papers,
    answer: asked ? (out ? 'yes' : 'no') : null,
    answered,
    deskCalled,
    copy,
    desk,
    next: {
      visit: next.visit,
      state: await w.state(next.job),
    },
    papersEnd: await since(),
  };
};
