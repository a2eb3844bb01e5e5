import type { Purpose } from '../../../shared/contracts/app.ts';
import { parseBookingNumber } from '../../../shared/domain/booking-number.ts';
import type { Effect, FlowEvent, FlowState, Step } from '../steps.ts';
import {
  arrive,
  change,
  failed,
  fresh,
  go,
  only,
  outOfOrder,
  refuse,
  screenOf,
  gone,
  helpOver,
  shown,
  ticket,
  toSlots,
  trailWith,
  type Advanced,
} from './parts.ts';

/** The way of somebody who has a booking: a code or a number, which of his bookings, and what the core said. */

const MOST_TYPED = 12;
const FACTOR = 4;

type Of<T extends FlowEvent['type']> = Extract<FlowEvent, { type: T }>;

export const onScan = (s: FlowState, e: Of<'scan'>): Advanced => {
  if (outOfOrder(s) !== null || (s.step.at !== 'home' && s.step.at !== 'refused')) return only(s);
  return only(go(s, { at: 'scan', purpose: e.purpose, until: 0 }, e.now));
};

export const onNumber = (s: FlowState, e: Of<'number'>): Advanced => {
  if (s.step.at !== 'scan' && s.step.at !== 'refused') return only(s);
  return only(go(s, { at: 'number', purpose: s.step.purpose, text: '', wrong: false, until: 0 }, e.now));
};

export const onTyped = (s: FlowState, e: Of<'typed'>): Advanced =>
  s.step.at === 'number'
    ? only(change(s, { ...s.step, text: e.text.slice(0, MOST_TYPED), wrong: false }, e.now))
    : only(s);

export const onNumberDone = (s: FlowState, e: Of<'number-done'>): Advanced => {
  const { step } = s;
  if (step.at !== 'number') return only(s);
  const parsed = parseBookingNumber(step.text);
  if (!parsed.ok) return only(change(s, { ...step, wrong: true }, e.now));
  return only(
    go(s, { at: 'factor', purpose: step.purpose, number: parsed.number, digits: '', wrong: false, until: 0 }, e.now),
  );
};

export const onDigits = (s: FlowState, e: Of<'digits'>): Advanced => {
  const { step } = s;
  if (step.at !== 'factor') return only(s);
  const digits = e.digits.replaceAll(/\D/g, '').slice(0, FACTOR);
  if (digits.length < FACTOR) return only(change(s, { ...step, digits, wrong: false }, e.now));
  const { number, purpose } = step;
  const { attempt, now } = e;
  const back = { ...step, digits: '' };
  return {
    state: { ...s, step: { at: 'checking', what: 'booking', purpose, attempt, since: now, back }, activeAt: now },
    effects: [{ do: 'number', attempt, number, factor: digits, purpose }],
  };
};

/** A booking is asked for. The present step is where `back` leads, whatever comes of it. */
export const checking = (s: FlowState, purpose: Purpose, attempt: string, now: number, effect: Effect): Advanced => ({
  state: {
    ...s,
    step: { at: 'checking', what: 'booking', purpose, attempt, since: now, back: null },
    trail: trailWith(s),
    activeAt: now,
  },
  effects: [effect],
});

export const onCode = (s: FlowState, e: Of<'code'>): Advanced => {
  if (outOfOrder(s) !== null || screenOf(s, e.now) === 'printing') return only(s);
  const step = shown(s);
  // A code on somebody else's ticket is the next visitor's; before that the same one tries again, in his language.
  const over = step.at === 'ticket' || step.at === 'booked' || (step.at === 'feedback' && step.sent);
  const from = over ? gone(s, e.now) : { ...s, step };
  const purpose = 'purpose' in step ? step.purpose : 'check-in';
  const { attempt, text, source, now } = e;
  const { state, effects } = checking(from, purpose, attempt, now, { do: 'scan', attempt, text, source, purpose });
  return { state, effects: [...helpOver(s.step), ...effects] };
};

export const onAnswered = (s: FlowState, e: Of<'answered'>): Advanced => {
  const { step } = s;
  if (step.at !== 'checking' || step.what !== 'booking' || step.attempt !== e.attempt) return only(s);
  if (!e.result.ok) return only(failed(s, e.now));
  const outcome = e.result.value;
  const spoken = (language: FlowState['comfort']['language'] | null): FlowState =>
    language !== null && !s.comfort.languageChosen ? { ...s, comfort: { ...s.comfort, language } } : s;
  switch (outcome.outcome) {
    case 'accepted':
      return ticket(spoken(outcome.language), outcome.visit, outcome.job, e.now);
    case 'choose': {
      const { case: id, bookings, purpose } = outcome;
      return only(go(spoken(outcome.language), { at: 'choose', purpose, case: id, bookings, until: 0 }, e.now));
    }
    case 'factor':
      return only(
        go(
          s,
          { at: 'factor', purpose: step.purpose, number: outcome.number, digits: '', wrong: false, until: 0 },
          e.now,
        ),
      );
    case 'feedback': {
      const { visit, number, reasons, words } = outcome;
      return only(arrive(s, feedbackStep(visit, number, reasons, words), e.now));
    }
    case 'refused': {
      // The digits are asked for again; which of the two was wrong nobody is told.
      if (outcome.reason === 'no-match' && step.back?.at === 'factor') {
        return only({ ...s, step: fresh({ ...step.back, wrong: true }, e.now), activeAt: e.now });
      }
      const { outcome: _, ...refused } = outcome;
      return only(refuse(s, refused, step.purpose, e.now));
    }
    default:
      return only(s);
  }
};

export const feedbackStep = (
  visit: string,
  number: Extract<Step, { at: 'feedback' }>['number'],
  reasons: Extract<Step, { at: 'feedback' }>['reasons'],
  words: boolean,
): Step => ({
  at: 'feedback',
  visit,
  number,
  reasons,
  words,
  score: null,
  chosen: [],
  text: '',
  writing: false,
  sent: false,
  until: 0,
});

export const onBooking = (s: FlowState, e: Of<'booking'>): Advanced => {
  const { step } = s;
  if (step.at !== 'choose' || !step.bookings.some((b) => b.id === e.booking)) return only(s);
  const { attempt, booking } = e;
  return checking(s, step.purpose, attempt, e.now, { do: 'booking', attempt, case: step.case, booking });
};

export const onManage = (s: FlowState, e: Of<'manage'>): Advanced => {
  const { step } = s;
  if (step.at !== 'choose') return only(s);
  const booking = step.bookings.find((b) => b.id === e.booking);
  if (!booking?.movable) return only(s);
  const moving = { case: step.case, booking };
  if (e.action === 'cancel') return only(go(s, { at: 'confirm', what: 'cancel', moving, until: 0 }, e.now));
  return toSlots(s, null, moving, e.now);
};
