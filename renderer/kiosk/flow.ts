import type {
  NextStep,
  PrintJobView,
  RefusalReason,
  ScanOutcome,
  ScanSource,
  SystemState,
  VisitView,
} from '../../shared/contracts/app.ts';
import type { Result } from '../../shared/contracts/result.ts';
import type { Language } from '../../shared/domain/language.ts';
import type { BlockReason } from '../../shared/domain/model.ts';

/**
 * The visitor's way through the screens: one pure state machine. Times are milliseconds of a clock that only grows; what
 * is to be done in the world comes back as effects. After `home` nothing of the last visitor is in the state.
 */

/** What a visitor chose for himself; reset when he is gone. */
export interface Comfort {
  language: Language;
  /** He chose it himself: the language of his booking does not change it then. */
  languageChosen: boolean;
  /** Text size: 1, 1.5 or 2. */
  text: 1 | 1.5 | 2;
  contrast: boolean;
}

export type Refused = Omit<Extract<ScanOutcome, { outcome: 'refused' }>, 'outcome' | 'reason'> & {
  /** `error`: the call itself failed. */
  reason: RefusalReason | 'error';
};

export type Step =
  | { at: 'home' }
  | { at: 'scan'; until: number }
  | { at: 'checking'; attempt: string; since: number }
  /** Checked in. Whether this is `printing` or `done` is told by the job and the time (`paperOf`). */
  | { at: 'ticket'; visit: VisitView; job: PrintJobView; since: number; until: number }
  /** A copy was asked for; the job's id comes with the answer. */
  | { at: 'copying'; attempt: string; visit: VisitView; since: number }
  | { at: 'refused'; refused: Refused; until: number };

export interface FlowState {
  system: SystemState | null;
  link: 'up' | 'restarting' | 'failed';
  comfort: Comfort;
  step: Step;
  /** The last touch or step, for going back to the defaults on `home`. */
  activeAt: number;
}

export type FlowEvent =
  | { type: 'system'; state: SystemState }
  | { type: 'link'; state: FlowState['link'] }
  | { type: 'scan'; now: number }
  | { type: 'home'; now: number }
  | { type: 'code'; text: string; source: ScanSource; attempt: string; now: number }
  | { type: 'answered'; attempt: string; result: Result<ScanOutcome>; now: number }
  | { type: 'copy'; attempt: string; now: number }
  | { type: 'copied'; attempt: string; result: Result<PrintJobView>; now: number }
  | { type: 'job'; job: PrintJobView; now: number }
  | { type: 'taken'; now: number }
  | { type: 'touched'; now: number }
  | { type: 'tick'; now: number }
  | { type: 'language'; language: Language; now: number }
  | { type: 'text'; now: number }
  | { type: 'contrast'; now: number };

export type Effect =
  | { do: 'scan'; attempt: string; text: string; source: ScanSource }
  | { do: 'copy'; attempt: string; visit: string }
  /** Ask how the job stands: what the core said while it was away was not heard. */
  | { do: 'look'; job: string };

/** Milliseconds on a screen without a touch. */
export const TIMES = {
  scan: 60_000,
  refused: 45_000,
  /** The paper is out. */
  done: 15_000,
  /** There is something to read or to answer. */
  attention: 40_000,
  /** For an answer of the core. It gives one sooner; this is for the case that it was lost. */
  answer: 45_000,
  /** On `home`, until language and sizes go back to the defaults. */
  comfort: 60_000,
  /** From when a time-out is announced. */
  warn: 20_000,
  /** A job that has not come out after this long is spoken of. */
  print: 12_000,
} as const;

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

export type Screen = 'home' | 'scan' | 'printing' | 'done' | 'refused' | 'out-of-order';

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
    case 'refused':
      return 'refused';
    default:
      return 'home';
  }
};

export const DEFAULT_COMFORT: Comfort = { language: 'ru', languageChosen: false, text: 1, contrast: false };

export const initialState = (now: number): FlowState => ({
  system: null,
  link: 'up',
  comfort: DEFAULT_COMFORT,
  step: { at: 'home' },
  activeAt: now,
});

/** The visitor is gone: nothing of him stays. */
const gone = (s: FlowState, now: number): FlowState => ({
  ...s,
  step: { at: 'home' },
  comfort: DEFAULT_COMFORT,
  activeAt: now,
});

const patience = (job: PrintJobView): number => (paperOf(job, 0) === 'out' ? TIMES.done : TIMES.attention);

const withJob = (s: FlowState, job: PrintJobView, now: number): FlowState => {
  const { step } = s;
  if (step.at !== 'ticket' || step.job.id !== job.id) return s;
  const news = step.job.state !== job.state;
  return { ...s, step: { ...step, job, until: news ? now + patience(job) : step.until } };
};

const REFUSED_BY_ERROR: Refused = { reason: 'error', next: [{ step: 'ask-staff' }], booking: null, number: null };

/** The core is given up on, or it could not be asked: the visitor is not kept waiting for ever. */
const failed = (s: FlowState, now: number): FlowState => {
  // Whoever has a number keeps it before his eyes: no further copy does not undo the check-in.
  const refused: Refused =
    s.step.at === 'copying'
      ? { reason: 'already-used', next: [{ step: 'ask-staff' }], booking: null, number: s.step.visit.number }
      : REFUSED_BY_ERROR;
  return { ...s, step: { at: 'refused', refused, until: now + TIMES.refused } };
};

/** The job is asked for once more: what it did while the answer was on its way was news of a job not known here. */
const ticket = (
  s: FlowState,
  visit: VisitView,
  job: PrintJobView,
  now: number,
): { state: FlowState; effects: Effect[] } => ({
  state: { ...s, step: { at: 'ticket', visit, job, since: now, until: now + patience(job) } },
  effects: [{ do: 'look', job: job.id }],
});

const copyTarget = (step: Step): VisitView | null => {
  if (step.at === 'ticket') return step.visit;
  if (step.at !== 'refused') return null;
  const copy = step.refused.next.find((n): n is Extract<NextStep, { step: 'copy' }> => n.step === 'copy');
  return copy?.visit ?? null;
};

/** How long the present screen stays without a touch; null when it does not go away by itself. */
export const deadlineOf = (step: Step): number | null => ('until' in step ? step.until : null);

/** One event. Never throws; an event that does not fit the present step changes nothing. */
export const advance = (s: FlowState, e: FlowEvent): { state: FlowState; effects: Effect[] } => {
  const only = (state: FlowState): { state: FlowState; effects: Effect[] } => ({ state, effects: [] });
  const { step } = s;
  switch (e.type) {
    case 'system':
      return only({ ...s, system: e.state });
    case 'link': {
      const back = e.state === 'up' && s.link !== 'up' && step.at === 'ticket';
      return { state: { ...s, link: e.state }, effects: back ? [{ do: 'look', job: step.job.id }] : [] };
    }
    case 'scan':
      if (outOfOrder(s) !== null || (step.at !== 'home' && step.at !== 'refused')) return only(s);
      return only({ ...s, step: { at: 'scan', until: e.now + TIMES.scan }, activeAt: e.now });
    case 'home':
      // While a check-in is being made it cannot be called back: the answer decides.
      if (step.at === 'checking' || step.at === 'copying') return only(s);
      if (step.at === 'home') return only(s);
      // He steps back, he does not leave: language and sizes stay until nobody has touched `home` for a while.
      if (step.at === 'scan' || step.at === 'refused') return only({ ...s, step: { at: 'home' }, activeAt: e.now });
      return only(gone(s, e.now));
    case 'code': {
      if (outOfOrder(s) !== null || step.at === 'checking' || step.at === 'copying') return only(s);
      if (step.at === 'ticket' && screenOf(s, e.now) === 'printing') return only(s);
      // A code on somebody else's ticket is the next visitor's; after a refusal the same one tries again, in his language.
      const fresh = step.at === 'ticket' ? gone(s, e.now) : s;
      return {
        state: { ...fresh, step: { at: 'checking', attempt: e.attempt, since: e.now }, activeAt: e.now },
        effects: [{ do: 'scan', attempt: e.attempt, text: e.text, source: e.source }],
      };
    }
    case 'answered': {
      if (step.at !== 'checking' || step.attempt !== e.attempt) return only(s);
      if (!e.result.ok) return only(failed(s, e.now));
      const outcome = e.result.value;
      if (outcome.outcome === 'refused') {
        const { outcome: _, ...refused } = outcome;
        return only({ ...s, step: { at: 'refused', refused, until: e.now + TIMES.refused } });
      }
      const { visit, job, language } = outcome;
      const comfort = language !== null && !s.comfort.languageChosen ? { ...s.comfort, language } : s.comfort;
      return ticket({ ...s, comfort }, visit, job, e.now);
    }
    case 'copy': {
      const visit = copyTarget(step);
      if (visit === null) return only(s);
      return {
        state: { ...s, step: { at: 'copying', attempt: e.attempt, visit, since: e.now }, activeAt: e.now },
        effects: [{ do: 'copy', attempt: e.attempt, visit: visit.id }],
      };
    }
    case 'copied': {
      if (step.at !== 'copying' || step.attempt !== e.attempt) return only(s);
      if (!e.result.ok) return only(failed(s, e.now));
      return ticket(s, step.visit, e.result.value, e.now);
    }
    case 'job':
      return only(withJob(s, e.job, e.now));
    case 'taken':
      // "Yes, I have it": the visitor is served, whatever the printer says.
      return only(step.at === 'ticket' ? gone(s, e.now) : s);
    case 'touched':
      return only(extend({ ...s, activeAt: e.now }, e.now));
    case 'tick': {
      if ((step.at === 'checking' || step.at === 'copying') && e.now - step.since >= TIMES.answer)
        return only(failed(s, e.now));
      const until = deadlineOf(step);
      if (until !== null && e.now >= until && screenOf(s, e.now) !== 'printing') return only(gone(s, e.now));
      const stale = step.at === 'home' && s.comfort !== DEFAULT_COMFORT && e.now - s.activeAt >= TIMES.comfort;
      return only(stale ? gone(s, e.now) : s);
    }
    case 'language':
      return only(
        extend({ ...s, comfort: { ...s.comfort, language: e.language, languageChosen: true }, activeAt: e.now }, e.now),
      );
    case 'text': {
      const text = s.comfort.text === 1 ? 1.5 : s.comfort.text === 1.5 ? 2 : 1;
      return only(extend({ ...s, comfort: { ...s.comfort, text }, activeAt: e.now }, e.now));
    }
    case 'contrast':
      return only(extend({ ...s, comfort: { ...s.comfort, contrast: !s.comfort.contrast }, activeAt: e.now }, e.now));
    default:
      return only(s);
  }
};

/** A touch gives the screen its whole time again. */
const extend = (s: FlowState, now: number): FlowState => {
  const { step } = s;
  switch (step.at) {
    case 'scan':
      return { ...s, step: { ...step, until: now + TIMES.scan } };
    case 'refused':
      return { ...s, step: { ...step, until: now + TIMES.refused } };
    case 'ticket':
      return { ...s, step: { ...step, until: now + patience(step.job) } };
    default:
      return s;
  }
};

/** Why a paper does not come out, for the visitor. */
export const blockedBy = (job: PrintJobView): BlockReason | 'expired' | null =>
  job.state === 'expired' ? 'expired' : job.reason;
