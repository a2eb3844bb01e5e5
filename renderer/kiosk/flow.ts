import type { NextStep, PrintJobView, VisitView } from '../../shared/contracts/app.ts';
import {
  onAnswered,
  onBooking,
  onCode,
  onDigits,
  onManage,
  onNumber,
  onNumberDone,
  onScan,
  onTyped,
  checking,
  feedbackStep,
} from './flow/entry.ts';
import {
  arrive,
  catalogueDue,
  change,
  DEFAULT_COMFORT,
  deadlineOf,
  extend,
  failed,
  go,
  gone,
  helpOver,
  NOTHING,
  only,
  outOfOrder,
  paperOf,
  patience,
  returnTo,
  screenOf,
  shown,
  ticket,
  TIMES,
  toSlots,
  toWalkIn,
  withCatalogue,
  withShown,
  type Advanced,
} from './flow/parts.ts';
import {
  onAddService,
  onCatalogue,
  onClaim,
  onContact,
  onPart,
  onRemoveService,
  onRequest,
  onRequestAnswered,
  onService,
  onServices,
  onSlot,
  onSlots,
  onSlotsHeard,
  onTake,
  onWalkInAnswered,
} from './flow/walk-in.ts';
import type { Effect, FlowEvent, FlowState, Step } from './steps.ts';

export {
  blockedBy,
  DEFAULT_COMFORT,
  deadlineOf,
  initialState,
  outOfOrder,
  paperOf,
  screenOf,
  TIMES,
} from './flow/parts.ts';

/**
 * The visitor's way through the screens: one pure state machine, its parts in `flow/`. What is to be done in the world
 * comes back as effects. After `home` nothing of the last visitor is in the state.
 */

/** Reasons of a feedback, and letters of its words. */
const MOST_REASONS = 3;
const MOST_WORDS = 500;

const withJob = (s: FlowState, job: PrintJobView, now: number): FlowState => {
  const step = shown(s);
  if ((step.at !== 'ticket' && step.at !== 'booked') || step.job?.id !== job.id) return s;
  const news = step.job.state !== job.state;
  return withShown(s, { ...step, job, until: news ? now + patience(job) : step.until });
};

const copyTarget = (step: Step): VisitView | null => {
  if (step.at === 'ticket') return step.visit;
  if (step.at !== 'refused') return null;
  const copy = step.refused.next.find((n): n is Extract<NextStep, { step: 'copy' }> => n.step === 'copy');
  return copy?.visit ?? null;
};

const onCopy = (s: FlowState, attempt: string, now: number): Advanced => {
  const visit = copyTarget(s.step);
  // What is being printed already is waited for.
  if (visit === null || screenOf(s, now) === 'printing') return only(s);
  return {
    state: { ...s, step: { at: 'copying', attempt, visit, since: now }, trail: [], activeAt: now },
    effects: [{ do: 'copy', attempt, visit: visit.id }],
  };
};

/** A next step of a refusal. Those that only say something are no buttons. */
const onNext = (s: FlowState, { next, attempt, now }: Extract<FlowEvent, { type: 'next' }>): Advanced => {
  const { step } = s;
  if (step.at !== 'refused' || !step.refused.next.some((offered) => offered.step === next.step)) return only(s);
  // Nobody can be served any more: the first screen says so, whatever was touched.
  if (outOfOrder(s) !== null && next.step !== 'call-staff') return onHome(s, now);
  const { case: id } = step.refused;
  switch (next.step) {
    case 'copy':
      return onCopy(s, attempt, now);
    case 'scan-again':
      return onScan(s, { type: 'scan', purpose: step.purpose, now });
    case 'type-number':
      return onNumber(s, { type: 'number', now });
    case 'walk-in':
      if (next.service === null) return onServices(s, { type: 'services', now });
      return toWalkIn(s, { ...NOTHING, services: [next.service] }, now);
    case 'other-service':
      return toWalkIn(s, { ...NOTHING, services: [next.service] }, now);
    case 'slots': {
      const { state, effects } = toSlots(s, { ...NOTHING, services: next.services }, null, now);
      // The names of the services are in the catalogue, which somebody who has a booking has not seen yet.
      return withCatalogue(state, now, effects);
    }
    case 'reschedule':
      return id === null ? only(s) : toSlots(s, null, { case: id, booking: next.booking }, now);
    case 'check-in':
      if (id === null) return only(s);
      return checking(s, step.purpose, attempt, now, { do: 'booking', attempt, case: id, booking: next.booking });
    case 'feedback':
      return only(go(s, feedbackStep(next.visit, next.number, [], false), now));
    case 'call-staff':
      return onHelp(s, attempt, now);
    default:
      return only(s);
  }
};

const onHelp = (s: FlowState, attempt: string, now: number): Advanced => {
  const { step } = s;
  if (step.at === 'help' || screenOf(s, now) === 'printing') return only(s);
  const reason = step.at === 'refused' ? step.refused.reason : null;
  const shown = { case: step.at === 'refused' ? step.refused.case : step.at === 'choose' ? step.case : null };
  const visit = step.at === 'ticket' || step.at === 'copying' ? step.visit.id : null;
  return {
    state: change(s, { at: 'help', attempt, told: null, by: 'nobody', number: null, from: step, until: 0 }, now),
    effects: [{ do: 'help', attempt, screen: screenOf(s, now), reason, ...shown, visit }],
  };
};

/** The desk has something to say about a call of this kiosk. */
const onHelpNews = (s: FlowState, e: Extract<FlowEvent, { type: 'help-news' }>): Advanced => {
  const { step } = s;
  if (step.at !== 'help' || step.attempt !== e.help) return only(s);
  switch (e.state) {
    case 'taken':
      return only(change(s, { ...step, told: true, by: 'taken' }, e.now));
    case 'over':
      // Done for him: there is nothing to come back to.
      return e.number === null
        ? onHome(s, e.now)
        : only(change(s, { ...step, told: true, by: 'finished', number: e.number }, e.now));
    default:
      return only(s);
  }
};

const onBack = (s: FlowState, now: number): Advanced => {
  const { step } = s;
  switch (step.at) {
    case 'checking':
    case 'copying':
    case 'home':
    case 'ticket':
    case 'booked':
      return only(s);
    case 'help': {
      if (step.by === 'finished') return onHome(s, now);
      const { state, effects } = returnTo(s, step.from, now);
      return { state, effects: [...helpOver(step), ...effects] };
    }
    default: {
      const before = s.trail.at(-1);
      return before ? returnTo({ ...s, trail: s.trail.slice(0, -1) }, before, now) : onHome(s, now);
    }
  }
};

const onHome = (s: FlowState, now: number): Advanced => {
  const { step } = s;
  switch (step.at) {
    // While something is being made it cannot be called back: the answer decides.
    case 'checking':
    case 'copying':
    case 'home':
      return only(s);
    case 'ticket':
    case 'booked':
    case 'feedback':
      return only(gone(s, now));
    default:
      // He steps back, he does not leave: language and sizes stay until nobody has touched `home` for a while.
      return {
        state: { ...s, step: { at: 'home' }, trail: [], catalogueAt: null, activeAt: now },
        effects: helpOver(step),
      };
  }
};

const onTick = (s: FlowState, now: number): Advanced => {
  const { step } = s;
  if ((step.at === 'checking' || step.at === 'copying') && now - step.since >= TIMES.answer)
    return only(failed(s, now));
  const until = deadlineOf(step);
  if (until !== null && now >= until && screenOf(s, now) !== 'printing') {
    return { state: gone(s, now), effects: helpOver(step) };
  }
  if (step.at === 'home' && s.comfort !== DEFAULT_COMFORT && now - s.activeAt >= TIMES.comfort)
    return only(gone(s, now));
  return catalogueDue(s, now) ? withCatalogue(s, now) : only(s);
};

type Feedback = Extract<Step, { at: 'feedback' }>;
const feedback = (s: FlowState, now: number, set: (step: Feedback) => Partial<Feedback> | null): Advanced => {
  const { step } = s;
  const changed = step.at === 'feedback' && !step.sent ? set(step) : null;
  return step.at === 'feedback' && changed ? only(change(s, { ...step, ...changed }, now)) : only(s);
};

const onFeedback = (s: FlowState, e: FlowEvent): Advanced => {
  switch (e.type) {
    case 'score':
      return feedback(s, e.now, () => ({ score: e.score }));
    case 'feedback-reason':
      return feedback(s, e.now, ({ chosen, reasons }) => {
        if (chosen.includes(e.id)) return { chosen: chosen.filter((id) => id !== e.id) };
        const fits = chosen.length < MOST_REASONS && reasons.some((r) => r.id === e.id);
        return fits ? { chosen: [...chosen, e.id] } : null;
      });
    case 'words':
      return feedback(s, e.now, ({ words }) => (words ? { text: e.text.slice(0, MOST_WORDS) } : null));
    case 'writing':
      return feedback(s, e.now, ({ words }) => (words ? { writing: e.writing } : null));
    case 'feedback-send': {
      const { step } = s;
      if (step.at !== 'feedback' || step.sent || step.score === null) return only(s);
      const { visit, score, chosen, text } = step;
      const words = text.trim() === '' ? null : text.trim();
      return {
        // What he wrote has left the screen.
        state: arrive(s, { ...step, sent: true, writing: false, text: '' }, e.now),
        effects: [{ do: 'feedback', attempt: e.attempt, visit, score, reasons: chosen, words }],
      };
    }
    default:
      return only(s);
  }
};

const onComfort = (s: FlowState, now: number, set: Partial<FlowState['comfort']>): Advanced =>
  only(extend({ ...s, comfort: { ...s.comfort, ...set }, activeAt: now }, now));

/** He was asked whether it came out, and going home is his yes. */
const wasAsked = (step: Extract<Step, { at: 'ticket' | 'booked' }>, now: number): Effect[] =>
  step.job && paperOf(step.job, now - step.since) === 'ask' ? [{ do: 'has-paper', job: step.job.id }] : [];

/** One event. Never throws; an event that does not fit the present step changes nothing. */
export const advance = (s: FlowState, e: FlowEvent): Advanced => {
  const { step } = s;
  switch (e.type) {
    case 'system':
      return only({ ...s, system: e.state });
    case 'link': {
      const has = shown(s);
      const job = has.at === 'ticket' || has.at === 'booked' ? has.job : null;
      const back = e.state === 'up' && s.link !== 'up' && job !== null;
      return { state: { ...s, link: e.state }, effects: back ? [{ do: 'look', job: job.id }] : [] };
    }
    case 'job':
      return only(withJob(s, e.job, e.now));
    case 'touched':
      return only(extend({ ...s, activeAt: e.now }, e.now));
    case 'tick':
      return onTick(s, e.now);
    case 'language':
      return onComfort(s, e.now, { language: e.language, languageChosen: true });
    case 'text':
      return onComfort(s, e.now, { text: s.comfort.text === 1 ? 1.5 : s.comfort.text === 1.5 ? 2 : 1 });
    case 'contrast':
      return onComfort(s, e.now, { contrast: !s.comfort.contrast });
    case 'scan':
      return onScan(s, e);
    case 'number':
      return onNumber(s, e);
    case 'services':
      return onServices(s, e);
    case 'back':
      return onBack(s, e.now);
    case 'home':
      return onHome(s, e.now);
    case 'next':
      return onNext(s, e);
    case 'code':
      return onCode(s, e);
    case 'typed':
      return onTyped(s, e);
    case 'number-done':
      return onNumberDone(s, e);
    case 'digits':
      return onDigits(s, e);
    case 'answered':
      return onAnswered(s, e);
    case 'booking':
      return onBooking(s, e);
    case 'manage':
      return onManage(s, e);
    case 'catalogue':
      return onCatalogue(s, e);
    case 'service':
      return onService(s, e);
    case 'add-service':
      return onAddService(s, e);
    case 'remove-service':
      return onRemoveService(s, e);
    case 'part':
      return onPart(s, e);
    case 'claim':
      return onClaim(s, e);
    case 'contact':
      return onContact(s, e);
    case 'take':
      return onTake(s, e);
    case 'walk-in-answered':
      return onWalkInAnswered(s, e);
    case 'slots':
      return onSlots(s, e);
    case 'slots-heard':
      return onSlotsHeard(s, e);
    case 'slot':
      return onSlot(s, e);
    case 'request':
      return onRequest(s, e);
    case 'request-answered':
      return onRequestAnswered(s, e);
    case 'copy':
      return onCopy(s, e.attempt, e.now);
    case 'copied':
      if (step.at !== 'copying' || step.attempt !== e.attempt) return only(s);
      return e.result.ok ? ticket(s, step.visit, e.result.value, e.now) : only(failed(s, e.now));
    case 'taken':
      // "Yes, I have it": the visitor is served, whatever the printer says.
      if (screenOf(s, e.now) === 'printing') return only(s);
      if (step.at !== 'ticket' && step.at !== 'booked') return only(s);
      return { state: gone(s, e.now), effects: wasAsked(step, e.now) };
    case 'help':
      return onHelp(s, e.attempt, e.now);
    case 'helped':
      if (step.at !== 'help' || step.attempt !== e.attempt) return only(s);
      // Somebody may have taken it before the answer came.
      return only(change(s, { ...step, told: (e.result.ok && e.result.value.told) || step.by !== 'nobody' }, e.now));
    case 'help-news':
      return onHelpNews(s, e);
    case 'score':
    case 'feedback-reason':
    case 'words':
    case 'writing':
    case 'feedback-send':
      return onFeedback(s, e);
    default:
      return only(s);
  }
};

/** Of moving a booking: showing whose it is, by a code or by its number. */
const MANAGED = { step: 1, of: 4 };

/** How far the visitor is on his way, for the line at the top; null where there is no way to speak of. */
export const progressOf = (s: FlowState): { step: number; of: number } | null => {
  const { step } = s;
  switch (step.at) {
    case 'scan':
      return step.purpose === 'manage' ? MANAGED : null;
    case 'number':
      return step.purpose === 'manage' ? MANAGED : { step: 1, of: 3 };
    case 'factor':
      return step.purpose === 'manage' ? MANAGED : { step: 2, of: 3 };
    case 'services':
      return { step: 1, of: 3 };
    case 'slots':
      return { step: step.moving ? 3 : 2, of: 4 };
    case 'choose':
      return step.purpose === 'manage' ? { step: 2, of: 4 } : { step: 2, of: 3 };
    case 'confirm':
      if (step.what === 'cancel') return { step: 3, of: 3 };
      if (step.what === 'slot') return { step: step.moving ? 4 : 3, of: 4 };
      return { step: 2, of: 3 };
    default:
      return null;
  }
};
