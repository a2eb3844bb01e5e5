import type { NextStep, PrintJobView, Purpose, SystemState, VisitView } from '../../../shared/contracts/app.ts';
import type { BlockReason } from '../../../shared/domain/model.ts';
import type { Comfort, Effect, FlowState, Moving, Refused, Screen, Step, WalkIn } from '../steps.ts';

/** What the parts of the flow share: times, what a step looks like, and the ways in and out. All pure. */

/** Milliseconds on a screen without a touch. */
export const TIMES = {
  scan: 60_000,
  /** Typing, choosing, reading. */
  ask: 90_000,
  refused: 45_000,
  /** The paper is out. */
  done: 15_000,
  /** There is something to read or to answer. */
  attention: 40_000,
  /** Somebody is on the way. */
  help: 180_000,
  feedback: 60_000,
  thanks: 6_000,
  /** For an answer of the core. It gives one sooner; this is for the case that it was lost. */
  answer: 45_000,
  /** On `home`, until language and sizes go back to the defaults. */
  comfort: 60_000,
  /** From when a time-out is announced. */
  warn: 20_000,
  /** A job that has not come out after this long is spoken of. */
  print: 12_000,
  /** Waits are asked for anew this often, while somebody looks at them. */
  catalogue: 10_000,
} as const;

export interface Advanced {
  state: FlowState;
  effects: Effect[];
}
export const only = (state: FlowState): Advanced => ({ state, effects: [] });

/** What the paper of a visit is doing, as the visitor is told. */
export type Paper = 'printing' | 'out' | 'ask' | 'blocked';

/** @param waited milliseconds since the job was seen first */
export const paperOf = (job: PrintJobView, waited: number): Paper => {
  switch (job.state) {
    case 'printed':
      return 'out';
    case 'sent':
      // A printer that never answers has taken the ticket: that is all that can be known of it.
      if (job.grade !== null) return 'out';
      return waited > TIMES.print ? 'ask' : 'printing';
    case 'unknown':
      return 'ask';
    case 'blocked':
    case 'expired':
      return 'blocked';
    case 'queued':
    case 'sending':
      return waited > TIMES.print ? 'blocked' : 'printing';
    default:
      return 'ask';
  }
};

/** Why a paper does not come out, for the visitor. */
export const blockedBy = (job: PrintJobView): BlockReason | 'expired' | null =>
  job.state === 'expired' ? 'expired' : job.reason;

/** @returns why nobody can be served now, or null */
export const outOfOrder = (s: FlowState): 'starting' | 'core' | NonNullable<SystemState['notReady']> | null => {
  if (s.link === 'failed') return 'core';
  if (!s.system) return 'starting';
  return s.system.ready ? null : (s.system.notReady ?? 'no-data');
};

export const screenOf = (s: FlowState, now: number): Screen => {
  const { step } = s;
  switch (step.at) {
    case 'home':
    case 'scan':
      return outOfOrder(s) === null ? step.at : 'out-of-order';
    case 'checking':
    case 'copying':
      return 'printing';
    case 'ticket':
      return paperOf(step.job, now - step.since) === 'printing' ? 'printing' : 'done';
    case 'booked':
      return step.job && paperOf(step.job, now - step.since) === 'printing' ? 'printing' : 'done';
    default:
      return step.at;
  }
};

export const DEFAULT_COMFORT: Comfort = { language: 'ru', languageChosen: false, text: 1, contrast: false };

export const initialState = (now: number): FlowState => ({
  system: null,
  link: 'up',
  comfort: DEFAULT_COMFORT,
  step: { at: 'home' },
  trail: [],
  catalogue: null,
  catalogueAt: null,
  activeAt: now,
});

/** The visitor is gone: nothing of him stays. */
export const gone = (s: FlowState, now: number): FlowState => ({
  ...s,
  step: { at: 'home' },
  trail: [],
  catalogueAt: null,
  comfort: DEFAULT_COMFORT,
  activeAt: now,
});

/** What somebody who calls for help comes back to is still his: news of it are kept. */
export const shown = ({ step }: FlowState): Step => (step.at === 'help' ? step.from : step);
export const withShown = (s: FlowState, step: Step): FlowState =>
  s.step.at === 'help' ? { ...s, step: { ...s.step, from: step } } : { ...s, step };

/** The staff need not come any more; they are told also when the call seemed lost, because it is sent later then. */
export const helpOver = (step: Step): Effect[] =>
  step.at === 'help' ? [{ do: 'help-over', attempt: step.attempt }] : [];

export const patience = (job: PrintJobView | null): number =>
  job !== null && paperOf(job, 0) === 'out' ? TIMES.done : TIMES.attention;

/** How long a step stays without a touch; null when it does not go away by itself. */
const lasts = (step: Step): number | null => {
  switch (step.at) {
    case 'scan':
      return TIMES.scan;
    case 'refused':
      return TIMES.refused;
    case 'ticket':
    case 'booked':
      return patience(step.job);
    case 'help':
      return TIMES.help;
    case 'feedback':
      return step.sent ? TIMES.thanks : TIMES.feedback;
    case 'number':
    case 'factor':
    case 'choose':
    case 'services':
    case 'confirm':
    case 'slots':
      return TIMES.ask;
    default:
      return null;
  }
};

/** The step with its whole time before it. */
export const fresh = (step: Step, now: number): Step => {
  const time = lasts(step);
  return time === null || !('until' in step) ? step : { ...step, until: now + time };
};

/** When the present screen goes away by itself; null when it does not. */
export const deadlineOf = (step: Step): number | null => ('until' in step ? step.until : null);

/** A touch gives the screen its whole time again; thanks are short in any case. */
export const extend = (s: FlowState, now: number): FlowState =>
  s.step.at === 'feedback' && s.step.sent ? s : { ...s, step: fresh(s.step, now) };

/** Steps that `back` may lead to: those where a visitor decides something. */
const STAYS: ReadonlySet<Step['at']> = new Set([
  'scan',
  'number',
  'factor',
  'choose',
  'services',
  'confirm',
  'slots',
  'refused',
]);
const TRAIL_MOST = 12;

/** The trail with the present step, where that is one to come back to. */
export const trailWith = (s: FlowState): readonly Step[] =>
  STAYS.has(s.step.at) ? [...s.trail, s.step].slice(-TRAIL_MOST) : s.trail;

/** On to another step; the present one is where `back` leads. */
export const go = (s: FlowState, step: Step, now: number): FlowState => ({
  ...s,
  step: fresh(step, now),
  trail: trailWith(s),
  activeAt: now,
});

/** The same place, changed: `back` leads where it led before. */
export const change = (s: FlowState, step: Step, now: number): FlowState => ({
  ...s,
  step: fresh(step, now),
  activeAt: now,
});

/** The end of a way: there is no way back from it. */
export const arrive = (s: FlowState, step: Step, now: number): FlowState => ({
  ...s,
  step: fresh(step, now),
  trail: [],
  activeAt: now,
});

/** Not now, and why. What was asked of the core can be changed and asked again: `back` leads there. */
export const refuse = (s: FlowState, refused: Refused, purpose: Purpose, now: number): FlowState => {
  const back = s.step.at === 'checking' ? s.step.back : null;
  return go(
    back === null ? s : { ...s, trail: [...s.trail, back].slice(-TRAIL_MOST) },
    { at: 'refused', refused, purpose, until: 0 },
    now,
  );
};

const REFUSED_BY_ERROR: Omit<Refused, 'next'> = {
  reason: 'error',
  booking: null,
  number: null,
  until: null,
  message: null,
  case: null,
};

/** A booking that somebody has already is moved or cancelled there. */
export const own = (step: Step | null): boolean =>
  step?.at === 'confirm' && step.what !== 'walk-in' && step.moving !== null;

/** The core is given up on, or it could not be asked: the visitor is not kept waiting for ever. */
export const failed = (s: FlowState, now: number): FlowState => {
  const { step } = s;
  const staff: NextStep = { step: 'call-staff' };
  const to = (refused: Refused, purpose: Purpose = 'check-in'): FlowState =>
    arrive(s, { at: 'refused', refused, purpose, until: 0 }, now);
  // Whoever has a number keeps it before his eyes: no further copy does not undo the check-in.
  if (step.at === 'copying') {
    return to({ ...REFUSED_BY_ERROR, reason: 'already-used', number: step.visit.number, next: [staff] });
  }
  if (step.at !== 'checking') return to({ ...REFUSED_BY_ERROR, next: [staff] });
  switch (step.what) {
    case 'booking':
      return to({ ...REFUSED_BY_ERROR, next: [{ step: 'scan-again' }, staff] }, step.purpose);
    case 'walk-in':
      return to({ ...REFUSED_BY_ERROR, next: [{ step: 'walk-in', service: null }, staff] });
    default:
      // Whether it was done is not known. His own booking shows it; asking for a new one again could book a second one.
      return own(step.back)
        ? to({ ...REFUSED_BY_ERROR, next: [{ step: 'scan-again' }, staff] }, 'manage')
        : to({ ...REFUSED_BY_ERROR, next: [staff] });
  }
};

/** The job is asked for once more: what it did while the answer was on its way was news of a job not known here. */
export const ticket = (s: FlowState, visit: VisitView, job: PrintJobView, now: number): Advanced => ({
  state: arrive(s, { at: 'ticket', visit, job, since: now, until: 0 }, now),
  effects: [{ do: 'look', job: job.id }],
});

export const NOTHING: WalkIn = { services: [], claim: null, contact: null };

/** Services and their waits are shown: they are asked for now, and again while they are looked at. */
export const withCatalogue = (s: FlowState, now: number, more: Effect[] = []): Advanced => ({
  state: { ...s, catalogueAt: now },
  effects: [{ do: 'catalogue' }, ...more],
});

/** Waits are looked at, and it is time to ask for them anew. */
export const catalogueDue = ({ step, catalogueAt }: FlowState, now: number): boolean =>
  (step.at === 'services' || (step.at === 'confirm' && step.what === 'walk-in')) &&
  (catalogueAt === null || now - catalogueAt >= TIMES.catalogue);

/** Back on a step that was left: what it still waited for, or what is old by now, is asked for again. */
export const returnTo = (s: FlowState, step: Step, now: number): Advanced => {
  const state = change(s, step, now);
  if (step.at === 'slots' && step.days === null)
    return { state, effects: [{ do: 'slots', services: servicesOf(step) }] };
  return catalogueDue(state, now) ? withCatalogue(state, now) : only(state);
};

/** The services that times are looked for. */
export const servicesOf = ({ walkIn, moving }: Pick<Extract<Step, { at: 'slots' }>, 'walkIn' | 'moving'>) =>
  moving?.booking.serviceIds ?? walkIn?.services ?? [];

/** Free times are looked for. */
export const toSlots = (s: FlowState, walkIn: WalkIn | null, moving: Moving | null, now: number): Advanced => ({
  state: go(s, { at: 'slots', walkIn, moving, days: null, online: true, taken: false, until: 0 }, now),
  effects: [{ do: 'slots', services: servicesOf({ walkIn, moving }) }],
});

/** The number is fetched while he reads. */
export const toWalkIn = (s: FlowState, walkIn: WalkIn, now: number): Advanced =>
  withCatalogue(go(s, { at: 'confirm', what: 'walk-in', walkIn, part: 'main', manyWait: null, until: 0 }, now), now, [
    { do: 'prepare', services: walkIn.services },
  ]);
