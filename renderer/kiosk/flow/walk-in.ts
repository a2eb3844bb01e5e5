import { MOST_SERVICES } from '../chosen.ts';
import type { Effect, FlowEvent, FlowState, Step } from '../steps.ts';
import {
  arrive,
  change,
  failed,
  fresh,
  go,
  only,
  outOfOrder,
  NOTHING,
  own,
  refuse,
  servicesOf,
  shown,
  ticket,
  toSlots,
  toWalkIn,
  withCatalogue,
  withShown,
  type Advanced,
} from './parts.ts';

/** The way of somebody who has no booking, and of times: services, confirm, slots, requests. */

type Of<T extends FlowEvent['type']> = Extract<FlowEvent, { type: T }>;
type Confirm = Extract<Step, { at: 'confirm' }>;
type ConfirmWalkIn = Extract<Confirm, { what: 'walk-in' }>;

const walkInOf = (step: Step): ConfirmWalkIn | null => (step.at === 'confirm' && step.what === 'walk-in' ? step : null);
/** The whole of it is shown, not one of its parts. */
const wholeOf = (step: Step): ConfirmWalkIn | null => {
  const confirm = walkInOf(step);
  return confirm?.part === 'main' ? confirm : null;
};

export const onServices = (s: FlowState, e: Of<'services'>): Advanced => {
  if (outOfOrder(s) !== null || (s.step.at !== 'home' && s.step.at !== 'refused')) return only(s);
  return withCatalogue(go(s, { at: 'services', walkIn: null, until: 0 }, e.now), e.now);
};

export const onService = (s: FlowState, e: Of<'service'>): Advanced => {
  const { step } = s;
  const asked = wholeOf(step);
  // Many wait for what he chose, less for this one: it takes the place of what he chose.
  if (asked?.manyWait?.alternatives.some((a) => a.service === e.service) === true) {
    return toWalkIn(s, { ...asked.walkIn, services: [e.service] }, e.now);
  }
  if (step.at !== 'services') return only(s);
  const before = step.walkIn ?? NOTHING;
  const known = before.services.includes(e.service);
  const room = before.services.length < MOST_SERVICES;
  const services = known || !room ? before.services : [...before.services, e.service];
  // The list that one is added from is passed by: `back` leads to what there was before it.
  const from = step.walkIn === null ? s : { ...s, step: { at: 'home' } as const };
  return toWalkIn(from, { ...before, services }, e.now);
};

export const onAddService = (s: FlowState, e: Of<'add-service'>): Advanced => {
  const step = wholeOf(s.step);
  if (!step || step.walkIn.services.length >= MOST_SERVICES) return only(s);
  return withCatalogue(go(s, { at: 'services', walkIn: step.walkIn, until: 0 }, e.now), e.now);
};

export const onRemoveService = (s: FlowState, e: Of<'remove-service'>): Advanced => {
  const step = wholeOf(s.step);
  if (!step || step.walkIn.services.length < 2) return only(s);
  const services = step.walkIn.services.filter((id) => id !== e.service);
  if (services.length === 0 || services.length === step.walkIn.services.length) return only(s);
  const state = change(s, { ...step, walkIn: { ...step.walkIn, services }, manyWait: null }, e.now);
  return { state, effects: [{ do: 'prepare', services }] };
};

export const onPart = (s: FlowState, e: Of<'part'>): Advanced => {
  const { step } = s;
  if (step.at !== 'confirm' || step.what === 'cancel' || step.part === e.part) return only(s);
  if (e.part === 'main') return backToMain(s, { ...step, part: 'main' }, e.now);
  // From one part to the other without the whole between them there is no way.
  if (step.part !== 'main') return only(s);
  if (step.what === 'walk-in') return only(go(s, { ...step, part: e.part }, e.now));
  return e.part === 'claim' || step.moving ? only(s) : only(go(s, { ...step, part: e.part }, e.now));
};

/** Back from a part to the whole: the trail's last step was the whole. */
const backToMain = (s: FlowState, main: Step, now: number): Advanced =>
  only({ ...s, step: fresh(main, now), trail: s.trail.slice(0, -1), activeAt: now });

export const onClaim = (s: FlowState, e: Of<'claim'>): Advanced => {
  const step = walkInOf(s.step);
  if (!step || step.part !== 'claim') return only(s);
  return backToMain(s, { ...step, part: 'main', walkIn: { ...step.walkIn, claim: e.claim } }, e.now);
};

export const onContact = (s: FlowState, e: Of<'contact'>): Advanced => {
  const { step } = s;
  if (step.at !== 'confirm' || step.what === 'cancel' || step.part !== 'phone' || !step.walkIn) return only(s);
  return backToMain(s, { ...step, part: 'main', walkIn: { ...step.walkIn, contact: e.contact } }, e.now);
};

export const onTake = (s: FlowState, e: Of<'take'>): Advanced => {
  const step = wholeOf(s.step);
  if (!step) return only(s);
  const { attempt, now } = e;
  const { walkIn, manyWait } = step;
  const { language } = s.comfort;
  return {
    state: { ...s, step: { at: 'checking', what: 'walk-in', attempt, since: now, back: step }, activeAt: now },
    effects: [{ do: 'take', attempt, walkIn, language, despiteQueue: manyWait !== null }],
  };
};

const confirmed = (s: FlowState): Step | null => (s.step.at === 'checking' ? s.step.back : null);

export const onWalkInAnswered = (s: FlowState, e: Of<'walk-in-answered'>): Advanced => {
  const { step } = s;
  if (step.at !== 'checking' || step.attempt !== e.attempt) return only(s);
  if (!e.result.ok) return only(failed(s, e.now));
  const outcome = e.result.value;
  if (outcome.outcome === 'accepted') return ticket(s, outcome.visit, outcome.job, e.now);
  const back = confirmed(s);
  if (outcome.outcome === 'many-wait') {
    const whole = back && walkInOf(back);
    return whole
      ? only({ ...s, step: fresh({ ...whole, manyWait: outcome }, e.now), activeAt: e.now })
      : only(failed(s, e.now));
  }
  const { outcome: _, ...refused } = outcome;
  return only(refuse(s, refused, 'check-in', e.now));
};

// --- Times -----------------------------------------------------------------------------------------------------------

export const onSlots = (s: FlowState, e: Of<'slots'>): Advanced => {
  const step = wholeOf(s.step);
  return step ? toSlots(s, step.walkIn, null, e.now) : only(s);
};

const same = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((id, i) => id === other[i]);

export const onSlotsHeard = (s: FlowState, e: Of<'slots-heard'>): Advanced => {
  const step = shown(s);
  if (step.at !== 'slots' || !same(servicesOf(step), e.services)) return only(s);
  const { days, online } = e.result.ok ? e.result.value : { days: [], online: false };
  return only(withShown(s, { ...step, days, online }));
};

export const onSlot = (s: FlowState, e: Of<'slot'>): Advanced => {
  const { step } = s;
  if (step.at !== 'slots' || step.days?.some((d) => d.slots.some((slot) => slot.startsAt === e.startsAt)) !== true) {
    return only(s);
  }
  const { walkIn, moving } = step;
  return only(
    go(s, { at: 'confirm', what: 'slot', walkIn, moving, startsAt: e.startsAt, part: 'main', until: 0 }, e.now),
  );
};

export const onRequest = (s: FlowState, e: Of<'request'>): Advanced => {
  const { step } = s;
  if (step.at !== 'confirm' || step.what === 'walk-in') return only(s);
  const { attempt, now } = e;
  const { language } = s.comfort;
  const ask = (request: Extract<Effect, { do: 'request' }>['request']): Advanced => ({
    state: { ...s, step: { at: 'checking', what: 'request', attempt, since: now, back: step }, activeAt: now },
    effects: [{ do: 'request', attempt, request, language }],
  });
  if (step.what === 'cancel') {
    return ask({ kind: 'cancel', case: step.moving.case, booking: step.moving.booking.id });
  }
  if (step.part !== 'main') return only(s);
  const { moving, walkIn, startsAt } = step;
  if (moving) return ask({ kind: 'reschedule', case: moving.case, booking: moving.booking.id, startsAt });
  if (!walkIn) return only(s);
  return ask({ kind: 'create', services: walkIn.services, startsAt, contact: walkIn.contact });
};

export const onRequestAnswered = (s: FlowState, e: Of<'request-answered'>): Advanced => {
  const { step } = s;
  if (step.at !== 'checking' || step.attempt !== e.attempt) return only(s);
  if (!e.result.ok) return only(failed(s, e.now));
  const outcome = e.result.value;
  if (outcome.outcome !== 'refused') {
    const { job } = outcome;
    return {
      state: arrive(s, { at: 'booked', booked: outcome, job, since: e.now, until: 0 }, e.now),
      effects: job ? [{ do: 'look', job: job.id }] : [],
    };
  }
  const back = confirmed(s);
  if (outcome.reason === 'slot-taken' && back?.at === 'confirm' && back.what === 'slot') {
    // The list of times that he chose from is the last step of the trail.
    const { walkIn, moving } = back;
    const trail = s.trail.at(-1)?.at === 'slots' ? s.trail.slice(0, -1) : s.trail;
    return {
      state: {
        ...s,
        trail,
        step: fresh({ at: 'slots', walkIn, moving, days: null, online: true, taken: true, until: 0 }, e.now),
        activeAt: e.now,
      },
      effects: [{ do: 'slots', services: servicesOf(back) }],
    };
  }
  const { outcome: _, ...refused } = outcome;
  return only(refuse(s, refused, own(back) ? 'manage' : 'check-in', e.now));
};

/** News of services and waits. */
export const onCatalogue = (s: FlowState, e: Of<'catalogue'>): Advanced =>
  only(e.result.ok ? { ...s, catalogue: e.result.value } : s);
